//! The mappings that are compiled in: the default one, and examples to start from.
//!
//! In: a name. Out: the text of a mapping file, as it lies in `load/mappings/`. They are data like any other mapping: no code
//! anywhere knows one of them but for its name here, and a test sees to that.

/// A mapping that is compiled in.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The file.
    pub text: &'static str,
}

/// All of them; the first is the default.
pub const MAPPINGS: [Shipped; 4] = [
    Shipped {
        name: "learners",
        about: "one wide table of learners: JSON, lists, timelines (docs/learner-graph.md)",
        text: include_str!("../../mappings/learners.yaml"),
    },
    Shipped {
        name: "books",
        about: "a small table with a list: the example of docs/mapping.md",
        text: include_str!("../../mappings/examples/books.yaml"),
    },
    Shipped {
        name: "shop",
        about: "several tables with keys and foreign keys: customers, orders, products, employees",
        text: include_str!("../../mappings/examples/shop.yaml"),
    },
    Shipped {
        name: "log",
        about: "one wide log table with lists and JSON: requests, users, sessions, services",
        text: include_str!("../../mappings/examples/log.yaml"),
    },
];

/// The text of a mapping, by its name.
pub fn text(name: &str) -> Option<&'static str> {
    MAPPINGS.iter().find(|shipped| shipped.name == name).map(|shipped| shipped.text)
}

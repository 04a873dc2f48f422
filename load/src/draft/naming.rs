//! Names: of tables and columns as people give them come in; words, labels, types and property names go out.
//!
//! `order_details`, `OrderDetails` and `ORDER-DETAILS` are the same two words. A name without letters or digits stays as it
//! is. The plural is English's; a word that only looks like one must stay whole (`address`, `status`, `news`).

use std::collections::BTreeSet;

use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// What the name of a column ends with that holds a key.
const KEY_WORDS: [&str; 13] =
    ["id", "ids", "key", "code", "no", "nr", "num", "number", "uuid", "guid", "ref", "fk", "pk"];

/// Words that are no plural, though they end as one.
const WHOLE: [&str; 14] = [
    "news", "series", "species", "sms", "gps", "dns", "aws", "sales", "goods", "analysis", "basis", "gas", "bus",
    "atlas",
];

/// Plurals that follow no rule here.
const IRREGULAR: [(&str, &str); 20] = [
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("mice", "mouse"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("criteria", "criterion"),
    ("analyses", "analysis"),
    ("statuses", "status"),
    ("bonuses", "bonus"),
    ("campuses", "campus"),
    ("buses", "bus"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("caches", "cache"),
    ("quizzes", "quiz"),
    ("heroes", "hero"),
];

/// The words of a name, in small letters.
pub fn words(name: &str) -> Vec<String> {
    name.to_snake_case().split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A word for one of what the word stands for.
pub fn singular(word: &str) -> String {
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    if WHOLE.contains(&word) || ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) || word.len() < 3 {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    if let Some(stem) = ["sses", "shes", "ches", "xes"].iter().find_map(|end| {
        let stem = word.strip_suffix("es")?;
        word.ends_with(end).then_some(stem)
    }) {
        return stem.to_owned();
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// The words of a name, the last one in the singular: of a table, what one row of it is.
pub fn singular_words(name: &str) -> Vec<String> {
    let mut words = words(name);
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    words
}

fn or_raw(made: String, raw: &str) -> String {
    if made.is_empty() { raw.to_owned() } else { made }
}

/// `order_details` as a label: `OrderDetail`.
pub fn label(table: &str) -> String {
    or_raw(singular_words(table).join("_").to_upper_camel_case(), table)
}

/// `order_details` as the name of a node target: `order_detail`.
pub fn node_name(table: &str) -> String {
    or_raw(singular_words(table).join("_"), table)
}

/// `unit_price` as a property: `unitPrice`.
pub fn property(column: &str) -> String {
    or_raw(column.to_lower_camel_case(), column)
}

/// `order details` as a type: `ORDER_DETAIL`.
pub fn rel_type(name: &str) -> String {
    or_raw(singular_words(name).join("_").to_shouty_snake_case(), name)
}

/// The type of a relationship that a column stands for: `customer_id` is `HAS_CUSTOMER`; a name that ends with no word for a
/// key says itself what it means, as `reports_to` does: `REPORTS_TO`.
pub fn rel_type_of_column(column: &str) -> String {
    match stem(column) {
        Some(stem) if !stem.is_empty() => format!("HAS_{}", stem.join("_").to_shouty_snake_case()),
        _ => or_raw(column.to_shouty_snake_case(), column),
    }
}

/// The words of a column's name before those that say that it holds a key; `None` where none says so.
pub fn stem(column: &str) -> Option<Vec<String>> {
    let mut words = words(column);
    let all = words.len();
    while words.last().is_some_and(|word| KEY_WORDS.contains(&word.as_str())) {
        words.pop();
    }
    while words.first().is_some_and(|word| word == "fk" || (word == "id" && words.len() > 1)) {
        words.remove(0);
    }
    (words.len() < all).then_some(words)
}

/// Whether a name is nothing but a word for a key, such as `id`.
pub fn is_bare_key(column: &str) -> bool {
    stem(column).is_some_and(|stem| stem.is_empty())
}

/// Whether a column's name is that of a table's row with a word for a key: `order_id`, `OrderID` and `orderid` of `orders`.
pub fn is_key_of(column: &str, table: &[String]) -> bool {
    if table.is_empty() {
        return false;
    }
    if stem(column).is_some_and(|stem| stem == table) {
        return true;
    }
    let (column, table) = (words(column).concat(), table.concat());
    column.strip_prefix(&table).is_some_and(|rest| KEY_WORDS.contains(&rest))
}

/// Whether a column's name is that of a table's row, cut short, with a word for a key: `dept_no` of `departments`.
pub fn is_short_key_of(column: &str, table: &[String]) -> bool {
    match (stem(column).as_deref(), table) {
        (Some([short]), [row]) => is_short_for(short, row),
        _ => false,
    }
}

/// Whether a word is another one with letters left out: `dept` of `department`.
fn is_short_for(short: &str, word: &str) -> bool {
    let mut letters = word.chars();
    short.len() >= 3
        && short.len() < word.len()
        && short.chars().next() == word.chars().next()
        && short.chars().all(|letter| letters.any(|other| other == letter))
}

/// The words that the names of all these tables begin with; none where there is one table.
pub fn common_prefix(tables: &[Vec<String>]) -> usize {
    let [first, others @ ..] = tables else { return 0 };
    if others.is_empty() {
        return 0;
    }
    // The last word of a name is what its rows are, never a prefix.
    let longest = tables.iter().map(|words| words.len().saturating_sub(1)).min().unwrap_or_default();
    (0..longest).take_while(|at| others.iter().all(|words| words[*at] == first[*at])).count()
}

/// Names that are given once each.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// The name, or where it is taken the name with a number behind it.
    pub fn give(&mut self, wanted: &str) -> String {
        let numbered = (2u32..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = free.expect("there is always a larger number");
        self.0.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many() {
        for (many, one) in [
            ("customers", "customer"),
            ("categories", "category"),
            ("addresses", "address"),
            ("address", "address"),
            ("boxes", "box"),
            ("branches", "branch"),
            ("sizes", "size"),
            ("houses", "house"),
            ("status", "status"),
            ("statuses", "status"),
            ("people", "person"),
            ("news", "news"),
            ("data", "data"),
            ("movies", "movie"),
            ("os", "os"),
        ] {
            assert_eq!(singular(many), one, "{many}");
        }
    }

    #[test]
    fn names_of_any_style_become_neo4js() {
        for name in ["order_details", "OrderDetails", "ORDER-DETAILS", "order details"] {
            assert_eq!((label(name), property(name)), ("OrderDetail".to_owned(), "orderDetails".to_owned()), "{name}");
            assert_eq!(rel_type(name), "ORDER_DETAIL");
        }
        assert_eq!((label("städte"), property("Straße")), ("Städte".to_owned(), "straße".to_owned()));
        assert_eq!((label("***"), property("1st")), ("***".to_owned(), "1st".to_owned()));
    }

    #[test]
    fn columns_tell_what_they_refer_to() {
        for (column, named) in [
            ("customer_id", "HAS_CUSTOMER"),
            ("CustomerID", "HAS_CUSTOMER"),
            ("billing_customer_no", "HAS_BILLING_CUSTOMER"),
            ("reports_to", "REPORTS_TO"),
            ("fk_product", "HAS_PRODUCT"),
            ("ship_via", "SHIP_VIA"),
        ] {
            assert_eq!(rel_type_of_column(column), named, "{column}");
        }
        let order = singular_words("orders");
        assert!(["order_id", "OrderID", "orderid", "ORDER_NO"].iter().all(|column| is_key_of(column, &order)));
        assert!(!["id", "reorder_id", "order_date"].iter().any(|column| is_key_of(column, &order)));
        assert!(is_bare_key("ID") && is_bare_key("code") && !is_bare_key("paid"));
    }

    #[test]
    fn a_word_is_cut_short_by_leaving_letters_out() {
        let department = singular_words("departments");
        assert!(["dept_no", "dep_id", "dprtmnt_key"].iter().all(|column| is_short_key_of(column, &department)));
        let others = ["de_id", "part_id", "department_id", "dx_id", "depz_id", "dept"];
        assert!(!others.iter().any(|column| is_short_key_of(column, &department)));
    }

    #[test]
    fn a_common_prefix_is_no_part_of_a_name() {
        let tables = ["shop_orders", "shop_order_details"].map(words);
        assert_eq!(common_prefix(&tables), 1);
        assert_eq!(common_prefix(&tables[..1]), 0);
        assert_eq!(common_prefix(&["orders", "order_details"].map(words)), 0);
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        assert_eq!([names.give("a"), names.give("a"), names.give("a_2")], ["a", "a_2", "a_2_2"].map(str::to_owned));
    }
}

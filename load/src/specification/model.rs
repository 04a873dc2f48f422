//! What a document says, as far as its shape can be trusted.
//!
//! In: a document and the faults of its shape. Out: sources, targets and actions with their places. What has a fault is left
//! out and known to be incomplete, so that no rule calls a name unknown only because the place that gives it cannot be read.

mod definition;

use std::collections::HashSet;

use serde_json::Value as Json;

use super::finding::Finding;
pub use definition::{Definition, DefinitionKind};

/// A text and its place.
#[derive(Debug, Clone)]
pub struct Text<'d> {
    pub path: String,
    pub text: &'d str,
}

/// A document.
pub struct Model<'d> {
    pub sources: Vec<Option<Text<'d>>>,
    pub targets: Vec<Target<'d>>,
    pub actions: Vec<Action<'d>>,
    /// Whether the names of all sources are known.
    pub sources_known: bool,
    /// Whether all targets of a kind are known by name.
    pub nodes_known: bool,
    pub targets_known: bool,
    /// `config.enable_graph_type`.
    pub graph_type: bool,
}

/// Kind of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    Node,
    Relationship,
    Query,
}

/// A target.
pub struct Target<'d> {
    pub kind: TargetKind,
    pub path: String,
    pub name: Option<Text<'d>>,
    pub source: Option<Text<'d>>,
    pub active: bool,
    pub depends_on: Vec<Text<'d>>,
    /// Labels of a node target.
    pub labels: Vec<Text<'d>>,
    pub labels_known: bool,
    /// Type of a relationship target.
    pub rel_type: Option<Text<'d>>,
    pub properties: Vec<Property<'d>>,
    pub properties_known: bool,
    /// Start and end of a relationship target.
    pub ends: Vec<Reference<'d>>,
    pub definitions: Vec<Definition<'d>>,
    pub definitions_known: bool,
    /// Field names of `source_transformations.aggregations`.
    pub aggregates: Vec<Text<'d>>,
}

/// A property mapping.
pub struct Property<'d> {
    pub target: Text<'d>,
    /// Name of the type, in capitals; empty where it cannot be read.
    pub kind: Option<String>,
    /// Place of a dimension.
    pub dimension: Option<String>,
}

/// A reference to a node target.
pub struct Reference<'d> {
    pub path: String,
    pub name: Text<'d>,
    /// Node properties of its key mappings.
    pub keys: Vec<Text<'d>>,
}

/// An action.
pub struct Action<'d> {
    pub path: String,
    pub name: Option<Text<'d>>,
    pub kind: Option<&'d str>,
    pub query: Option<&'d Json>,
    pub execution_mode: Option<&'d Json>,
}

/// Places with a fault, and all places that hold one.
struct Faults(HashSet<String>);

impl Faults {
    fn of(findings: &[Finding]) -> Self {
        let mut places = HashSet::new();
        for finding in findings {
            let mut path = finding.path.as_str();
            while !path.is_empty() && places.insert(path.to_owned()) {
                path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
            }
        }
        Self(places)
    }

    fn in_place(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}

impl<'d> Model<'d> {
    pub fn of(document: &'d Json, findings: &[Finding]) -> Self {
        let faults = Faults::of(findings);
        let sources: Vec<_> =
            items(document, "$", "sources").map(|(path, source)| text(source, &path, "name")).collect();
        let mut targets = Vec::new();
        let all = document.get("targets").unwrap_or(&Json::Null);
        for (kind, key) in
            [(TargetKind::Node, "nodes"), (TargetKind::Relationship, "relationships"), (TargetKind::Query, "queries")]
        {
            targets.extend(items(all, "$.targets", key).map(|(path, target)| Target::of(kind, path, target, &faults)));
        }
        let known = |key: &str, kind: Option<TargetKind>| {
            let whole = all.get(key).is_none_or(Json::is_array);
            whole
                && targets.iter().filter(|target| kind.is_none_or(|kind| target.kind == kind)).all(|t| t.name.is_some())
        };
        let graph_type = document.get("config").and_then(|config| config.get("enable_graph_type"));
        Self {
            sources_known: !sources.is_empty() && sources.iter().all(Option::is_some),
            nodes_known: known("nodes", Some(TargetKind::Node)),
            targets_known: known("nodes", None) && known("relationships", None) && known("queries", None),
            sources,
            actions: items(document, "$", "actions").map(|(path, action)| Action::of(path, action)).collect(),
            graph_type: graph_type == Some(&Json::Bool(true)),
            targets,
        }
    }

    pub fn of_kind(&self, kind: TargetKind) -> impl Iterator<Item = &Target<'d>> {
        self.targets.iter().filter(move |target| target.kind == kind)
    }

    /// The one node target of a name; `None` where there is none, or more than one.
    pub fn node(&self, name: &str) -> Option<&Target<'d>> {
        let mut found = self.of_kind(TargetKind::Node).filter(|node| node.has_name(name));
        found.next().filter(|_| found.next().is_none())
    }
}

impl<'d> Target<'d> {
    fn of(kind: TargetKind, path: String, target: &'d Json, faults: &Faults) -> Self {
        let properties_path = format!("{path}.properties");
        let schema_path = format!("{path}.schema");
        let ends = ["start_node_reference", "end_node_reference"].into_iter().filter_map(|key| {
            let path = format!("{path}.{key}");
            let reference = target.get(key).filter(|_| !faults.in_place(&path))?;
            Reference::of(path, reference)
        });
        let transformations = target.get("source_transformations").unwrap_or(&Json::Null);
        let transformations_path = format!("{path}.source_transformations");
        Self {
            kind,
            name: text(target, &path, "name"),
            source: text(target, &path, "source"),
            active: target.get("active").and_then(Json::as_bool).unwrap_or(true),
            depends_on: [texts(target, &path, "depends_on"), texts(target, &path, "dependencies")].concat(),
            labels: texts(target, &path, "labels"),
            labels_known: target.get("labels").is_some() && !faults.in_place(&format!("{path}.labels")),
            rel_type: text(target, &path, "type"),
            properties: items(target, &path, "properties")
                .filter_map(|(path, item)| Property::of(&path, item))
                .collect(),
            // Relationships may have none; a node target without has a fault already.
            properties_known: !faults.in_place(&properties_path)
                && (kind == TargetKind::Relationship || target.get("properties").is_some()),
            ends: if kind == TargetKind::Relationship { ends.collect() } else { Vec::new() },
            definitions: definition::all(target, &schema_path, |path| faults.in_place(path)),
            definitions_known: !faults.in_place(&schema_path),
            aggregates: items(transformations, &transformations_path, "aggregations")
                .filter_map(|(path, item)| text(item, &path, "field_name"))
                .collect(),
            path,
        }
    }

    pub fn has_name(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.text == name)
    }

    pub fn maps(&self, property: &str) -> bool {
        self.properties.iter().any(|own| own.target.text == property)
    }
}

impl<'d> Property<'d> {
    fn of(path: &str, item: &'d Json) -> Option<Self> {
        let kind = item.get("target_property_type");
        // A type that cannot be read is one all the same.
        let name = kind.map(|kind| kind.as_str().or_else(|| kind.get("name")?.as_str()).unwrap_or_default());
        let dimension = kind.and_then(|kind| kind.get("dimension"));
        Some(Self {
            target: text(item, path, "target_property")?,
            kind: name.map(str::to_uppercase),
            dimension: dimension.map(|_| format!("{path}.target_property_type.dimension")),
        })
    }
}

impl<'d> Reference<'d> {
    fn of(path: String, reference: &'d Json) -> Option<Self> {
        if let Some(name) = reference.as_str() {
            return Some(Self { name: Text { path: path.clone(), text: name }, path, keys: Vec::new() });
        }
        let keys = items(reference, &path, "key_mappings").filter_map(|(path, key)| text(key, &path, "node_property"));
        Some(Self { name: text(reference, &path, "name")?, keys: keys.collect(), path })
    }
}

impl<'d> Action<'d> {
    fn of(path: String, action: &'d Json) -> Self {
        Self {
            name: text(action, &path, "name"),
            kind: action.get("type").and_then(Json::as_str).filter(|kind| !kind.trim().is_empty()),
            query: action.get("query"),
            execution_mode: action.get("execution_mode"),
            path,
        }
    }
}

fn items<'d>(object: &'d Json, path: &str, key: &str) -> impl Iterator<Item = (String, &'d Json)> {
    let path = format!("{path}.{key}");
    let list = object.get(key).and_then(Json::as_array);
    list.into_iter().flatten().enumerate().map(move |(at, item)| (format!("{path}[{at}]"), item))
}

fn text<'d>(object: &'d Json, path: &str, key: &str) -> Option<Text<'d>> {
    let text = object.get(key)?.as_str().filter(|text| !text.trim().is_empty())?;
    Some(Text { path: format!("{path}.{key}"), text })
}

fn texts<'d>(object: &'d Json, path: &str, key: &str) -> Vec<Text<'d>> {
    let texts = items(object, path, key).filter_map(|(path, item)| Some(Text { path, text: item.as_str()? }));
    texts.filter(|text| !text.text.trim().is_empty()).collect()
}

//! What becomes of each table: a node, with a relationship for each column that refers to another one; or, where a table only
//! ties two others together, a relationship between those. Lists of objects in a JSON column become nodes of their own.
//!
//! In: tables, their keys and references. Out: every name that the draft needs, each given once, in the order of the tables.
//! Nothing is written here.

use std::collections::BTreeSet;

use super::column::{ColumnProfile, Holds};
use super::key::Key;
use super::naming::{self, Names};
use super::profile::TableProfile;
use super::reference::Reference;
use super::wide_link::{self, WideReference};

/// More own columns make a table that ties two others a thing of its own.
const MOST_TIE_COLUMNS: usize = 8;

/// The whole draft.
#[derive(Debug)]
pub struct Graph<'t> {
    /// One entry a table, in their order.
    pub tables: Vec<TableDraft<'t>>,
}

/// What becomes of a table.
#[derive(Debug)]
pub struct TableDraft<'t> {
    /// The table.
    pub profile: &'t TableProfile,
    /// Name of its source.
    pub source: String,
    /// What its rows become.
    pub becomes: Becomes,
    /// Columns that refer to other tables.
    pub links: Vec<Link>,
    /// Several columns together that do.
    pub wide_links: Vec<WideLink>,
    /// Lists of objects.
    pub lists: Vec<List>,
}

/// What rows become.
#[derive(Debug)]
pub enum Becomes {
    /// Nodes.
    Node(Node),
    /// Relationships between the ends of the first two links.
    Tie(Tie),
    /// Nothing, as no property can hold what is in it.
    Nothing,
}

/// A node target.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Fields and properties of its key.
    pub key: Vec<(String, String)>,
    /// Whether the key is made of the whole row.
    pub is_row: bool,
    /// Other columns, by place, and their properties.
    pub properties: Vec<(usize, String)>,
}

/// A table that ties two others together.
#[derive(Debug)]
pub struct Tie {
    /// Name of the target.
    pub name: String,
    /// Type.
    pub rel_type: String,
    /// Other columns, by place, and their properties.
    pub properties: Vec<(usize, String)>,
    /// The column that tells several of one pair apart, by its property.
    pub identity: Option<String>,
}

/// A column that refers to another table, as a relationship.
#[derive(Debug)]
pub struct Link {
    /// Name of the target.
    pub name: String,
    /// Type.
    pub rel_type: String,
    /// What was found.
    pub reference: Reference,
    /// Node target at its end.
    pub node: String,
    /// Key property of that.
    pub node_property: String,
}

/// Several columns that together refer to another table, as a relationship.
#[derive(Debug)]
pub struct WideLink {
    /// Name of the target.
    pub name: String,
    /// Type.
    pub rel_type: String,
    /// The columns, by place, and the key properties that they hold.
    pub columns: Vec<(usize, String)>,
    /// Node target at its end.
    pub node: String,
}

/// A list of objects in a column.
#[derive(Debug)]
pub struct List {
    /// The column.
    pub column: usize,
    /// Name of the source.
    pub source: String,
    /// Name of the node target.
    pub node: String,
    /// Label.
    pub label: String,
    /// Name of the relationship target.
    pub relationship: String,
    /// Its type.
    pub rel_type: String,
    /// Name of the field that numbers the objects.
    pub index_field: String,
    /// Its property.
    pub index_property: String,
    /// Whether the objects have a number of their own, in the member `index`.
    pub numbers_itself: bool,
    /// Fields of the record's key, and their properties here.
    pub key: Vec<(String, String)>,
    /// Members: field, name in the JSON, property, type.
    pub members: Vec<(String, String, String, Option<&'static str>)>,
}

impl TableDraft<'_> {
    /// Whether anything becomes of it.
    pub fn is_something(&self) -> bool {
        !matches!(self.becomes, Becomes::Nothing)
    }

    /// A column.
    pub fn column(&self, at: usize) -> &ColumnProfile {
        &self.profile.columns[at]
    }

    /// The node, where it is one.
    pub fn node(&self) -> Option<&Node> {
        match &self.becomes {
            Becomes::Node(node) => Some(node),
            Becomes::Tie(_) | Becomes::Nothing => None,
        }
    }
}

impl Graph<'_> {
    /// Labels, each once.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().flat_map(|table| {
            let own = table.node().map(|node| node.label.as_str());
            own.into_iter().chain(table.lists.iter().map(|list| list.label.as_str()))
        })
    }

    /// Relationship targets.
    pub fn relationships(&self) -> usize {
        let of = |table: &TableDraft<'_>| match table.becomes {
            Becomes::Tie(_) => 1,
            Becomes::Node(_) => table.links.len() + table.wide_links.len() + table.lists.len(),
            Becomes::Nothing => 0,
        };
        self.tables.iter().map(of).sum()
    }
}

/// Decides what becomes of each table, and names it.
pub fn draw<'t>(tables: &'t [TableProfile], keys: &[Key], references: Vec<Vec<Reference>>) -> Graph<'t> {
    // Sources, targets and actions share one space of names.
    let mut names = Names::default();
    let mut labels = Names::default();
    let sources: Vec<String> = tables.iter().map(|table| names.give(&table.name.replace('.', "_"))).collect();
    let wide: Vec<Vec<WideReference>> = (0..tables.len()).map(|at| wide_link::find(tables, keys, at)).collect();
    let mut drafts = Vec::new();
    for (at, ((profile, key), source)) in tables.iter().zip(keys).zip(sources).enumerate() {
        let becomes = if profile.readable().next().is_none() {
            Becomes::Nothing
        } else if is_tie(profile, key, &references[at]) && wide[at].is_empty() {
            Becomes::Tie(tie(profile, key, &references[at], &mut names))
        } else {
            Becomes::Node(node(profile, key, &references[at], &mut names, &mut labels))
        };
        let (links, wide_links, lists) = Default::default();
        drafts.push(TableDraft { profile, source, becomes, links, wide_links, lists });
    }
    for (at, (references, wide)) in references.into_iter().zip(wide).enumerate() {
        let lists = lists(&drafts[at], &mut names, &mut labels);
        let links = links(&drafts, at, references, &mut names);
        let wide_links = wide_links(&drafts, at, wide, &links, &mut names);
        drafts[at].lists = lists;
        drafts[at].links = links;
        drafts[at].wide_links = wide_links;
    }
    Graph { tables: drafts }
}

/// Whether a table only ties two others together: two references, which are its key, alone or with one column more.
fn is_tie(table: &TableProfile, key: &Key, references: &[Reference]) -> bool {
    let Key::Columns(key) = key else { return false };
    let others = table.readable().count().saturating_sub(2);
    references.len() == 2
        && matches!(key.len(), 2 | 3)
        && references.iter().all(|reference| key.contains(&reference.column))
        && others <= MOST_TIE_COLUMNS
        && !table.columns.iter().any(|column| column.json.is_list_of_objects())
}

fn tie(table: &TableProfile, key: &Key, references: &[Reference], names: &mut Names) -> Tie {
    let ends: Vec<usize> = references.iter().map(|reference| reference.column).collect();
    let properties = properties(table, |at| !ends.contains(&at), &mut Names::default());
    let Key::Columns(key) = key else { unreachable!("a table without a key ties nothing") };
    let identity = key.iter().find(|at| !ends.contains(at));
    let identity = identity.and_then(|at| properties.iter().find(|(column, _)| column == at));
    Tie {
        name: names.give(&format!("{}_relationship", naming::node_name(&table.table))),
        rel_type: naming::rel_type(&table.table),
        identity: identity.map(|(_, property)| property.clone()),
        properties,
    }
}

fn node(table: &TableProfile, key: &Key, references: &[Reference], names: &mut Names, labels: &mut Names) -> Node {
    let mut taken = Names::default();
    let columns: &[usize] = match key {
        Key::Columns(columns) => columns,
        Key::Row => &[],
    };
    let is_row = *key == Key::Row;
    let mut of_key: Vec<(String, String)> = Vec::new();
    if is_row {
        of_key.push((free_field(table, "row_hash"), taken.give("rowHash")));
    }
    for at in columns {
        let name = &table.columns[*at].name;
        of_key.push((name.clone(), taken.give(&naming::property(name))));
    }
    // What a relationship tells need not be told by a property; where values refer to nothing, only the property tells them.
    let is_told = |at: usize| {
        references.iter().any(|reference| reference.column == at && reference.found == reference.values)
            || table.columns[at].json.is_list_of_objects()
    };
    let properties = properties(table, |at| !columns.contains(&at) && !is_told(at), &mut taken);
    Node {
        name: names.give(&naming::node_name(&table.table)),
        label: labels.give(&naming::label(&table.table)),
        key: of_key,
        is_row,
        properties,
    }
}

/// A name that no column of a table has.
pub fn free_field(table: &TableProfile, wanted: &str) -> String {
    let mut names = Names::default();
    table.columns.iter().for_each(|column| drop(names.give(&column.name)));
    names.give(wanted)
}

fn properties(table: &TableProfile, wanted: impl Fn(usize) -> bool, taken: &mut Names) -> Vec<(usize, String)> {
    let columns = table.readable().filter(|at| wanted(*at));
    columns.map(|at| (at, taken.give(&naming::property(&table.columns[at].name)))).collect()
}

fn links(drafts: &[TableDraft<'_>], at: usize, references: Vec<Reference>, names: &mut Names) -> Vec<Link> {
    let mut known: BTreeSet<(String, usize)> = BTreeSet::new();
    let mut links = Vec::new();
    for reference in references {
        // What ties two others together has no single key, so nothing refers to it.
        let Some(node) = drafts[reference.to].node() else { continue };
        let Some((_, node_property)) = node.key.first() else { continue };
        let column = &drafts[at].column(reference.column).name;
        let mut rel_type = naming::rel_type_of_column(column);
        if !known.insert((rel_type.clone(), reference.to)) {
            rel_type = format!("HAS_{}", naming::rel_type(column));
        }
        let name = names.give(&format!("{}_{}", drafts[at].source, column));
        let (node, node_property) = (node.name.clone(), node_property.clone());
        links.push(Link { name, rel_type, reference, node, node_property });
    }
    links
}

fn wide_links(
    drafts: &[TableDraft<'_>],
    at: usize,
    references: Vec<WideReference>,
    links: &[Link],
    names: &mut Names,
) -> Vec<WideLink> {
    if drafts[at].node().is_none() {
        return Vec::new();
    }
    let mut wide: Vec<WideLink> = Vec::new();
    for reference in references {
        let Some(node) = drafts[reference.to].node() else { continue };
        let property_of = |field: &str| node.key.iter().find(|(name, _)| name == field).map(|(_, property)| property);
        let columns = reference
            .columns
            .iter()
            .map(|(own, theirs)| Some((*own, property_of(&drafts[reference.to].column(*theirs).name)?.clone())));
        let Some(columns) = columns.collect() else { continue };
        let mut rel_type = format!("HAS_{}", naming::rel_type(&drafts[reference.to].profile.table));
        let is_taken = |rel_type: &str| {
            let of_links = links.iter().map(|link| (&link.rel_type, &link.node));
            let all = of_links.chain(wide.iter().map(|link| (&link.rel_type, &link.node)));
            all.into_iter().any(|(name, end)| name == rel_type && *end == node.name)
        };
        if is_taken(&rel_type) {
            let by: Vec<&str> =
                reference.columns.iter().map(|(own, _)| drafts[at].column(*own).name.as_str()).collect();
            rel_type = format!("{rel_type}_BY_{}", naming::rel_type(&by.join("_")));
        }
        let name = names.give(&format!("{}_{}", drafts[at].source, node.name));
        wide.push(WideLink { name, rel_type, columns, node: node.name.clone() });
    }
    wide
}

fn lists(draft: &TableDraft<'_>, names: &mut Names, labels: &mut Names) -> Vec<List> {
    let Some(node) = draft.node() else { return Vec::new() };
    let columns = draft.profile.columns.iter().enumerate();
    let columns = columns.filter(|(_, column)| column.holds() == Holds::Text && column.json.is_list_of_objects());
    columns.map(|(at, column)| list(draft, node, at, column, names, labels)).collect()
}

fn list(
    draft: &TableDraft<'_>,
    node: &Node,
    at: usize,
    column: &ColumnProfile,
    names: &mut Names,
    labels: &mut Names,
) -> List {
    let item = naming::node_name(&column.name);
    let members: Vec<_> = column.json.members.iter().filter(|(_, kinds)| !kinds.is_nested()).collect();
    let numbers_itself = members.iter().any(|(name, kinds)| *name == "index" && kinds.type_word() == Some("integer"));
    // The record's key is read by its fields' names, which no field of an object may have.
    let mut fields = Names::default();
    node.key.iter().for_each(|(field, _)| drop(fields.give(field)));
    let index_field = fields.give("index");
    let mut properties = Names::default();
    let key = node.key.iter().map(|(field, property)| {
        let property = match naming::is_bare_key(field) {
            true => naming::property(&format!("{}_{field}", node.name)),
            false => property.clone(),
        };
        (field.clone(), properties.give(&property))
    });
    let key: Vec<_> = key.collect();
    let index_property = properties.give("index");
    let members = members.into_iter().filter(|(name, _)| !(numbers_itself && *name == "index")).map(|(name, kinds)| {
        (fields.give(name), name.clone(), properties.give(&naming::property(name)), kinds.type_word())
    });
    let members = members.collect();
    List {
        column: at,
        source: names.give(&format!("{}_{}", draft.source, column.name)),
        node: names.give(&format!("{}_{item}", node.name)),
        label: labels.give(&naming::label(&format!("{}_{item}", node.name))),
        relationship: names.give(&format!("{}_has_{item}", node.name)),
        rel_type: format!("HAS_{}", naming::rel_type(&column.name)),
        index_field,
        index_property,
        numbers_itself,
        key,
        members,
    }
}

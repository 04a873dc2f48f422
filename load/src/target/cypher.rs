//! All Cypher text of the program.
//!
//! In: graph tables and names. Out: statements whose text is the same for every batch of a table, so that the server plans
//! each once; values travel as parameters only. Every reading statement returns one field `row`, a list.
//!
//! **The fence.** A data statement first matches the open run with its own epoch, then creates its ledger nodes, and only
//! then matches the run again. The ledger's constraint makes a second attempt at a unit wait for the first; because the
//! run is read again *after* that lock is held, a statement of an owner who was replaced meanwhile writes nothing, even
//! when it was held up so long that the ledger was removed already.

use std::fmt::Write as _;

use crate::graph_table::manifest::{EndPoint, NodeTable, RelationshipTable, SchemaItem, SchemaKind, SchemaOn};

/// The constraint that allows one open run a database.
pub const SLOT_CONSTRAINT: &str = "_rowgraph_run_slot";
/// The constraint that applies each unit once.
pub const BATCH_CONSTRAINT: &str = "_rowgraph_batch_id";

/// Creates the constraints of run and ledger; each is a transaction of its own.
pub const CREATE_LEDGER_SCHEMA: [&str; 2] = [
    "CREATE CONSTRAINT _rowgraph_run_slot IF NOT EXISTS FOR (r:_RowgraphRun) REQUIRE r.slot IS UNIQUE",
    "CREATE CONSTRAINT _rowgraph_batch_id IF NOT EXISTS FOR (b:_RowgraphBatch) REQUIRE b.id IS UNIQUE",
];

/// Version and edition of the server.
pub const SERVER: &str = "CALL dbms.components() YIELD name, versions, edition WITH * WHERE name = 'Neo4j Kernel' \
     RETURN [versions[0], edition] AS row";
/// Name of the database.
pub const DATABASE: &str = "CALL db.info() YIELD name RETURN name AS row";
/// Addresses of the members of a cluster.
pub const MEMBERS: &str = "CALL dbms.routing.getRoutingTable({}) YIELD servers UNWIND servers AS server \
     UNWIND server.addresses AS address RETURN DISTINCT address AS row";
/// Indexes and whether they are built.
pub const INDEX_STATES: &str = "SHOW INDEXES YIELD name, state RETURN [name, state] AS row";

/// Constraints of the database.
pub const CONSTRAINTS: &str = "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties \
     RETURN [name, type, labelsOrTypes, properties] AS row";
/// Indexes of the database.
pub const INDEXES: &str = "SHOW INDEXES YIELD name, type, labelsOrTypes, properties, owningConstraint \
     RETURN [name, type, labelsOrTypes, properties, owningConstraint] AS row";

/// All runs that the database knows, the one done last at the end.
pub const RUNS: &str = "MATCH (r:_RowgraphRun) WITH r ORDER BY r.doneOrder \
     RETURN [r.id, r.slot, r.state, r.mode, r.graphDigest, r.mapping, r.mappingDigest, r.sources, r.asOf, r.sample, \
     r.labels, r.types, r.units, r.baselineCounts, r.epoch, r.owner, timestamp() - r.heartbeat, r.createdSchema, \
     r.refused, r.doneOrder, r.rejectsWritten, r.program, r.started, r.finished, r.finalCounts] AS row";

/// Creates the open run. Its uniqueness constraint makes a second one wait, then fail. The first epoch is the time, so
/// that a run which was cleared and begun anew has none of its former epochs. A done run of the same graph stays under
/// another id: `load clear` must still know what it wrote.
pub const CREATE_RUN: &str = "OPTIONAL MATCH (old:_RowgraphRun {id: $id}) WHERE old.slot IS NULL \
     SET old.id = old.id + '#' + toString(old.doneOrder) \
     WITH count(*) AS ignored \
     CREATE (r:_RowgraphRun {id: $id, slot: 'open', state: 'writing', mode: $mode, snapshot: $snapshot, \
     contentDigest: $contentDigest, graphDigest: $graphDigest, mapping: $mapping, mappingDigest: $mappingDigest, \
     sources: $sources, asOf: $asOf, sample: $sample, labels: $labels, types: $types, units: $units, \
     createdSchema: $createdSchema, epoch: timestamp(), owner: $owner, heartbeat: timestamp(), started: timestamp(), \
     program: $program}) RETURN r.epoch AS row";
/// Adds what the database held before the first write.
pub const SET_BASELINE: &str =
    "MATCH (r:_RowgraphRun {slot: 'open'}) WHERE r.id = $id SET r.baselineCounts = $baselineCounts RETURN r.id AS row";

/// Statements about the open run lock its node first and look at it only then: two of them never act on the same state.
macro_rules! open_run {
    ($condition:literal, $change:literal) => {
        concat!(
            "MATCH (r:_RowgraphRun {slot: 'open'}) SET r.locked = true WITH r WHERE r.id = $run AND ",
            $condition,
            " SET ",
            $change,
            ", r.locked = null RETURN r.epoch AS row"
        )
    };
}

/// Takes the open run over from the owner that was seen.
pub const TAKE_OVER: &str = open_run!(
    "((r.epoch = $epoch AND timestamp() - r.heartbeat >= $silence) OR (r.epoch = $epoch + 1 AND r.owner = $owner))",
    "r.epoch = $epoch + 1, r.owner = $owner, r.heartbeat = timestamp()"
);
/// Shows that the owner lives.
pub const HEARTBEAT: &str = open_run!("r.epoch = $epoch", "r.heartbeat = timestamp()");
/// From `writing` to `verified`.
pub const SET_VERIFIED: &str =
    open_run!("r.epoch = $epoch AND r.state IN ['writing', 'verified']", "r.state = 'verified', r.refused = $refused");
/// The refused rows are on disk: their ledger nodes may go.
pub const SET_REJECTS_WRITTEN: &str = open_run!("r.epoch = $epoch AND r.state = 'verified'", "r.rejectsWritten = true");
/// From `verified` to `done`, which frees the slot.
pub const SET_DONE: &str = "MATCH (r:_RowgraphRun {slot: 'open'}) SET r.locked = true \
     WITH r WHERE r.id = $run AND r.epoch = $epoch AND r.state = 'verified' \
     OPTIONAL MATCH (d:_RowgraphRun) WITH r, coalesce(max(d.doneOrder), 0) AS last \
     SET r.state = 'done', r.doneOrder = last + 1, r.finished = timestamp(), r.finalCounts = $finalCounts, \
     r.slot = null, r.owner = null, r.heartbeat = null, r.locked = null RETURN r.epoch AS row";
/// Names of the constraints and indexes that the run is about to create, before it does.
pub const SET_CREATED_SCHEMA: &str = open_run!("r.epoch = $epoch", "r.createdSchema = $createdSchema");
/// Begins to clear the open run, whoever wrote it.
pub const SET_CLEARING: &str = open_run!(
    "(r.epoch = $epoch OR (r.epoch = $epoch + 1 AND r.owner = $owner))",
    "r.state = 'clearing', r.epoch = $epoch + 1, r.owner = $owner, r.heartbeat = timestamp()"
);
/// Begins to clear a run that is done: it takes the slot again.
pub const REOPEN_FOR_CLEARING: &str = "MATCH (r:_RowgraphRun {id: $run}) SET r.locked = true \
     WITH r WHERE (r.state = 'done' AND r.epoch = $epoch) OR (r.state = 'clearing' AND r.owner = $owner) \
     SET r.slot = 'open', r.state = 'clearing', r.epoch = $epoch + 1, r.owner = $owner, r.heartbeat = timestamp(), \
     r.locked = null RETURN r.epoch AS row";
/// The state of a run after an answer was lost.
pub const RUN_STATE: &str = "MATCH (r:_RowgraphRun {id: $run}) RETURN [r.state, r.epoch, r.owner, r.doneOrder] AS row";
/// Removes the node of a run whose clearing is complete.
pub const DELETE_RUN: &str = "MATCH (r:_RowgraphRun {slot: 'open'}) SET r.locked = true \
     WITH r WHERE r.id = $run AND r.epoch = $epoch AND r.state = 'clearing' DELETE r RETURN 1 AS row";
/// Whether runs are left.
pub const COUNT_RUNS: &str = "MATCH (r:_RowgraphRun) RETURN count(r) AS row";

/// Ledger nodes of a run or of a table, by the start of their ids.
pub const LEDGER: &str = "MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix \
     RETURN [b.id, b.rows, b.refused, b.reasons] AS row";
/// Ledger nodes that stand for refused rows.
pub const LEDGER_REFUSED: &str = "MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix AND b.refused IS NOT NULL \
     RETURN [b.id, b.rows, b.refused, b.reasons] AS row";
/// Which units of a batch are applied.
pub const LEDGER_OF_UNITS: &str = "UNWIND $ids AS id MATCH (b:_RowgraphBatch {id: id}) \
     RETURN [b.id, b.rows, b.refused, b.reasons] AS row";
/// Units and rows applied so far.
pub const LEDGER_SUMS: &str = "MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix \
     WITH split(b.id, '/')[1] AS table, count(b) AS units, sum(b.rows) AS rows RETURN [table, units, rows] AS row";
/// Removes some of the ledger of a verified run, first what stands for no refused row.
pub const DELETE_LEDGER: &str = "MATCH (o:_RowgraphRun {slot: 'open'}) \
     WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'verified' \
     MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix AND b.refused IS NULL \
     WITH b LIMIT $limit DELETE b RETURN count(*) AS row";
/// Removes some of the rest of the ledger, once the refused rows are on disk.
pub const DELETE_LEDGER_REFUSED: &str = "MATCH (o:_RowgraphRun {slot: 'open'}) \
     WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'verified' AND o.rejectsWritten \
     MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix WITH b LIMIT $limit DELETE b RETURN count(*) AS row";
/// Removes some of the ledger of a run that is being cleared.
pub const CLEAR_LEDGER: &str = "MATCH (o:_RowgraphRun {slot: 'open'}) \
     WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'clearing' \
     MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix WITH b LIMIT $limit DELETE b RETURN count(*) AS row";
/// Removes the ledger of a run with this id whose node somebody deleted: its units would seem applied. Only inside the
/// transaction that creates the run anew, while nobody else can hold the slot.
pub const DELETE_ORPHANS: &str =
    "MATCH (b:_RowgraphBatch) WHERE b.id STARTS WITH $prefix DELETE b RETURN count(*) AS row";

/// Ends what transactions of earlier owners of a run are still open: a client that hangs or lost its network would hold
/// their locks for a long time. Whether one of them was applied is for the ledger to say.
pub const TERMINATE_EARLIER: &str = "SHOW TRANSACTIONS YIELD transactionId AS id, metaData \
     WHERE metaData.rowgraphRun = $run AND metaData.rowgraphEpoch < $epoch \
     TERMINATE TRANSACTIONS id YIELD message RETURN message AS row";
/// Ends the transaction that a writer left on a connection that it lost.
pub const TERMINATE_OWN: &str = "SHOW TRANSACTIONS YIELD transactionId AS id, metaData \
     WHERE metaData.rowgraphRun = $run AND metaData.rowgraphEpoch = $epoch AND metaData.rowgraphWriter = $writer \
     TERMINATE TRANSACTIONS id YIELD message RETURN message AS row";

/// What every data statement starts with (see the fence, above). The transaction is marked, so that it can be found and
/// ended when its client is gone.
const FENCE_AND_LEDGER: &str = "CALL tx.setMetaData(\
     {rowgraphRun: $run, rowgraphEpoch: $epoch, rowgraphWriter: $writer}) WITH 1 AS marked \
     MATCH (o:_RowgraphRun {slot: 'open'}) \
     WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'writing' \
     UNWIND $units AS unit \
     CREATE (:_RowgraphBatch {id: unit[0], rows: unit[1], refused: unit[2], reasons: unit[3]}) \
     WITH count(*) AS units \
     MATCH (f:_RowgraphRun {slot: 'open'}) WHERE f.id = $run AND f.epoch = $epoch AND f.state = 'writing' ";

/// The ledger nodes alone, with the answer whether the fence still stands.
pub fn create_ledger() -> String {
    format!("{FENCE_AND_LEDGER}RETURN units AS row")
}

/// Creates the nodes of a batch.
pub fn create_nodes(table: &NodeTable) -> String {
    let properties = property_map(table.properties.iter().map(|property| property.name.as_str()), 0);
    format!("{FENCE_AND_LEDGER}UNWIND $rows AS r CREATE (n{} {properties})", labels(&table.labels))
}

/// Creates the relationships of a batch; a row whose end does not exist creates nothing.
pub fn create_relationships(table: &RelationshipTable) -> String {
    format!("{FENCE_AND_LEDGER}{}", create_grouped(table))
}

/// Creates or updates the nodes of a batch, inside a transaction that [`create_ledger`] has fenced; answers how many.
pub fn merge_nodes(table: &NodeTable) -> String {
    let (first, others) = table.labels.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let mut sets = Vec::new();
    if !others.is_empty() {
        sets.push(format!("n{}", labels(others)));
    }
    for (index, property) in table.properties.iter().enumerate().skip(table.key.len()) {
        sets.push(format!("n.{} = r[{index}]", quote(&property.name)));
    }
    let set = if sets.is_empty() { String::new() } else { format!("SET {} ", sets.join(", ")) };
    let key = property_map(table.key.iter().map(String::as_str), 0);
    format!("UNWIND $rows AS r MERGE (n:{} {key}) {set}RETURN count(n) AS row", quote(first))
}

/// Creates relationships, inside a transaction that [`create_ledger`] has fenced.
pub fn add_relationships(table: &RelationshipTable) -> String {
    create_grouped(table)
}

/// The relationships of a table that start at one of `$starts`, with their ids: `[id, start key, end key, properties]`.
pub fn relationships_of_starts(table: &RelationshipTable) -> String {
    format!(
        "UNWIND $starts AS s MATCH (a:{} {})-[x:{}]->(b:{}) RETURN [elementId(x)] + {} AS row",
        quote(&table.start.label),
        key_map(&table.start, "s", 0),
        quote(&table.rel_type),
        quote(&table.end.label),
        relationship_fields(table),
    )
}

/// Sets the properties of relationships by id: rows are `[id, property, ...]`.
pub fn update_relationships(table: &RelationshipTable) -> String {
    let sets: Vec<String> = table
        .properties
        .iter()
        .enumerate()
        .map(|(index, property)| format!("x.{} = r[{}]", quote(&property.name), index + 1))
        .collect();
    format!(
        "UNWIND $changes AS r MATCH ()-[x]->() WHERE elementId(x) = r[0] SET {} RETURN count(x) AS row",
        sets.join(", ")
    )
}

/// Deletes all relationships of a table that start at one of `$starts`: `[start nodes, deleted]`, the first 0 when the
/// run is not ours any more. The run's node stays locked meanwhile, so that nobody takes over in between.
pub fn delete_of_starts(table: &RelationshipTable) -> String {
    format!(
        "MATCH (o:_RowgraphRun {{slot: 'open'}}) SET o.locked = true \
         WITH o WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'writing' \
         UNWIND $starts AS s OPTIONAL MATCH (a:{} {})-[x:{}]->(b:{}) DELETE x RETURN [count(o), count(x)] AS row",
        quote(&table.start.label),
        key_map(&table.start, "s", 0),
        quote(&table.rel_type),
        quote(&table.end.label),
    )
}

/// Deletes relationships by id.
pub const DELETE_RELATIONSHIPS: &str =
    "UNWIND $ids AS id MATCH ()-[x]->() WHERE elementId(x) = id DELETE x RETURN count(x) AS row";

/// Rows of a batch of which an end does not exist: `[place in $rows, start is missing, end is missing]`.
pub fn missing_ends(table: &RelationshipTable) -> String {
    format!(
        "UNWIND range(0, size($rows) - 1) AS i WITH i, $rows[i] AS r \
         OPTIONAL MATCH (a:{} {}) OPTIONAL MATCH (b:{} {}) WITH i, a, b WHERE a IS NULL OR b IS NULL \
         RETURN [i, a IS NULL, b IS NULL] AS row",
        quote(&table.start.label),
        key_map(&table.start, "r", 0),
        quote(&table.end.label),
        key_map(&table.end, "r", table.start.key.len()),
    )
}

/// All nodes of a table, without those that have a label of another one: `[property, ..., number of properties]`.
pub fn read_nodes(table: &NodeTable, others: &[String]) -> String {
    let others: Vec<String> = others.iter().map(|label| format!("NOT n:{}", quote(label))).collect();
    let filter = if others.is_empty() { String::new() } else { format!("WHERE {} ", others.join(" AND ")) };
    format!("MATCH (n{}) {filter}RETURN {} AS row", labels(&table.labels), node_fields(table))
}

/// The nodes with the keys of `$rows`, as [`read_nodes`].
pub fn look_up_nodes(table: &NodeTable) -> String {
    let key = property_map(table.key.iter().map(String::as_str), 0);
    let first = table.labels.first().map_or("", String::as_str);
    let others = labels(table.labels.get(1..).unwrap_or_default());
    let filter = if others.is_empty() { String::new() } else { format!("WHERE n{others} ") };
    format!("UNWIND $rows AS r MATCH (n:{} {key}) {filter}RETURN {} AS row", quote(first), node_fields(table))
}

/// All relationships of a table: `[start key, end key, property, ..., number of properties]`.
pub fn read_relationships(table: &RelationshipTable) -> String {
    format!(
        "MATCH (a:{})-[x:{}]->(b:{}) RETURN {} AS row",
        quote(&table.start.label),
        quote(&table.rel_type),
        quote(&table.end.label),
        relationship_fields(table),
    )
}

/// Number of nodes with a label, from the count store.
pub fn count_label(label: &str) -> String {
    format!("MATCH (n:{}) RETURN count(n) AS row", quote(label))
}

/// Number of relationships of a type, from the count store.
pub fn count_type(rel_type: &str) -> String {
    format!("MATCH ()-[x:{}]->() RETURN count(x) AS row", quote(rel_type))
}

/// Deletes some relationships of a type between nodes of a run that is being cleared.
pub fn clear_relationships(rel_type: &str, run_labels: &[String]) -> String {
    let of =
        |node: &str| run_labels.iter().map(|label| format!("{node}:{}", quote(label))).collect::<Vec<_>>().join(" OR ");
    format!(
        "MATCH (o:_RowgraphRun {{slot: 'open'}}) WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'clearing' \
         MATCH (a)-[x:{}]->(b) WHERE ({}) AND ({}) WITH x LIMIT $limit DELETE x RETURN count(*) AS row",
        quote(rel_type),
        of("a"),
        of("b"),
    )
}

/// Deletes some nodes of a run that is being cleared; one that still has relationships stays.
pub fn clear_nodes(label: &str) -> String {
    format!(
        "MATCH (o:_RowgraphRun {{slot: 'open'}}) WHERE o.id = $run AND o.epoch = $epoch AND o.state = 'clearing' \
         MATCH (n:{}) WHERE NOT EXISTS {{ (n)--() }} WITH n LIMIT $limit DELETE n RETURN count(*) AS row",
        quote(label),
    )
}

/// Creates a constraint or an index.
pub fn create_schema(item: &SchemaItem) -> String {
    let (pattern, key) = match &item.on {
        SchemaOn::Label(label) => (format!("(e:{})", quote(label)), "NODE KEY"),
        SchemaOn::Type(rel_type) => (format!("()-[e:{}]-()", quote(rel_type)), "RELATIONSHIP KEY"),
    };
    let properties: Vec<String> = item.properties.iter().map(|property| format!("e.{}", quote(property))).collect();
    let (name, properties) = (quote(&item.name), properties.join(", "));
    match item.kind {
        SchemaKind::UniqueConstraint => {
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS UNIQUE")
        }
        SchemaKind::KeyConstraint => {
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS {key}")
        }
        SchemaKind::ExistenceConstraint => {
            format!("CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({properties}) IS NOT NULL")
        }
        SchemaKind::RangeIndex => format!("CREATE RANGE INDEX {name} IF NOT EXISTS FOR {pattern} ON ({properties})"),
        SchemaKind::TextIndex => format!("CREATE TEXT INDEX {name} IF NOT EXISTS FOR {pattern} ON ({properties})"),
    }
}

/// Drops a constraint.
pub fn drop_constraint(name: &str) -> String {
    format!("DROP CONSTRAINT {} IF EXISTS", quote(name))
}

/// Drops an index.
pub fn drop_index(name: &str) -> String {
    format!("DROP INDEX {} IF EXISTS", quote(name))
}

/// A name in back quotes. The server reads `\uXXXX` everywhere in a statement, so a backslash is written as such.
fn quote(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\u005C").replace('`', "``"))
}

fn labels(labels: &[String]) -> String {
    labels.iter().fold(String::new(), |mut text, label| {
        let _ = write!(text, ":{}", quote(label));
        text
    })
}

/// `{a: r[0], b: r[1]}`; a null leaves the property out.
fn property_map<'a>(names: impl Iterator<Item = &'a str>, first: usize) -> String {
    let entries: Vec<String> =
        names.enumerate().map(|(index, name)| format!("{}: r[{}]", quote(name), first + index)).collect();
    format!("{{{}}}", entries.join(", "))
}

fn key_map(end: &EndPoint, row: &str, first: usize) -> String {
    let entries: Vec<String> = end
        .key
        .iter()
        .enumerate()
        .map(|(index, property)| format!("{}: {row}[{}]", quote(&property.name), first + index))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

/// Creates relationships from rows grouped by end node, so that each end is looked up and locked once a batch: that saves
/// the server an eighth of its work (5.26, 3,000 ends in batches of 10,000).
fn create_grouped(table: &RelationshipTable) -> String {
    let properties =
        property_map(table.properties.iter().map(|property| property.name.as_str()), table.start.key.len());
    format!(
        "UNWIND $rows AS g MATCH (b:{} {}) UNWIND g[{}] AS r MATCH (a:{} {}) CREATE (a)-[:{} {properties}]->(b)",
        quote(&table.end.label),
        key_map(&table.end, "g", 0),
        table.end.key.len(),
        quote(&table.start.label),
        key_map(&table.start, "r", 0),
        quote(&table.rel_type),
    )
}

fn node_fields(table: &NodeTable) -> String {
    let mut fields: Vec<String> =
        table.properties.iter().map(|property| format!("n.{}", quote(&property.name))).collect();
    fields.push("size(keys(n))".to_owned());
    format!("[{}]", fields.join(", "))
}

fn relationship_fields(table: &RelationshipTable) -> String {
    let mut fields: Vec<String> = Vec::new();
    fields.extend(table.start.key.iter().map(|property| format!("a.{}", quote(&property.name))));
    fields.extend(table.end.key.iter().map(|property| format!("b.{}", quote(&property.name))));
    fields.extend(table.properties.iter().map(|property| format!("x.{}", quote(&property.name))));
    fields.push("size(keys(x))".to_owned());
    format!("[{}]", fields.join(", "))
}

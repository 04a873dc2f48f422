//! All Cypher text of the program: here that about servers, runs and the ledger, below that about the graph and its schema.
//!
//! In: graph tables and names. Out: statements whose text is the same for every batch of a table, so that the server plans
//! each once; values travel as parameters only. Every reading statement returns one field `row`, a list.

mod elements;
mod schema;

pub use elements::*;
pub use schema::*;

/// The constraint that allows one open run a database.
pub const SLOT_CONSTRAINT: &str = "_rowgraph_run_slot";
/// The constraint that applies each unit once.
pub const BATCH_CONSTRAINT: &str = "_rowgraph_batch_id";

/// Creates the constraints of run and ledger; each is a transaction of its own.
pub const CREATE_LEDGER_SCHEMA: [&str; 2] = [
    "CREATE CONSTRAINT _rowgraph_run_slot IF NOT EXISTS FOR (r:_RowgraphRun) REQUIRE r.slot IS UNIQUE",
    "CREATE CONSTRAINT _rowgraph_batch_id IF NOT EXISTS FOR (b:_RowgraphBatch) REQUIRE b.id IS UNIQUE",
];

/// What the server says of a constraint while its own index is being made, or was left behind.
pub const INDEX_IN_THE_WAY: &[&str] = &["IndexWithNameAlreadyExists", "IndexAlreadyExists"];

/// Version and edition of the server.
pub const SERVER: &str = "CALL dbms.components() YIELD name, versions, edition WITH * WHERE name = 'Neo4j Kernel' \
     RETURN [versions[0], edition] AS row";
/// Name of the database.
pub const DATABASE: &str = "CALL db.info() YIELD name RETURN name AS row";
/// Addresses of the members of a cluster. A server alone names the address by which it was reached.
pub const MEMBERS: &str = "CALL dbms.routing.getRoutingTable({address: $address}, $database) YIELD servers UNWIND servers AS server \
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
pub const LEDGER_OF_UNITS: &str = "UNWIND $lists.ids AS id MATCH (b:_RowgraphBatch {id: id}) \
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

/// A name in back quotes. The server reads `\uXXXX` everywhere in a statement, so a backslash is written as such.
fn quote(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\u005C").replace('`', "``"))
}

//! A target in memory: it keeps keys and a ledger, and does to commits what it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, RecordBatch};

use crate::ledger::{self, AppliedUnit};
use crate::target::cypher;
use crate::target::failure::{Class, Failure};
use crate::target::sink::{Counts, GraphSink, GraphTxn, Statement};
use crate::target::value::{Record, Value};

/// What goes wrong, once each, in order, at the next commit of data; and what always does.
#[derive(Default)]
pub struct Faults {
    pub commits: Vec<Commit>,
    pub most_rows: Option<usize>,
    pub refused_keys: BTreeSet<String>,
    pub is_taken_over: bool,
    /// What an earlier process had under way and commits now: a unit of a table, and its keys.
    pub late: Option<(&'static str, u32, Vec<String>)>,
    /// Statements that write several tables.
    pub stars: usize,
}

/// What becomes of a commit.
#[derive(Clone, Copy)]
pub enum Commit {
    AppliedButAnswerLost,
    LostBeforeApplied,
    Deadlock,
}

/// What is committed, and what is to go wrong.
#[derive(Default)]
pub struct Store {
    pub ledger: BTreeMap<String, Record>,
    pub keys: Vec<String>,
    pub faults: Faults,
}

/// Connections to one store.
#[derive(Clone, Default)]
pub struct FakeSink(pub Arc<Mutex<Store>>);

/// A transaction under way.
pub struct FakeTxn {
    store: Arc<Mutex<Store>>,
    ledger: Vec<Record>,
    keys: Vec<String>,
}

impl GraphSink for FakeSink {
    type Txn = FakeTxn;

    async fn begin(&mut self) -> Result<FakeTxn, Failure> {
        Ok(FakeTxn { store: Arc::clone(&self.0), ledger: Vec::new(), keys: Vec::new() })
    }

    async fn release(&mut self) {}
}

impl FakeTxn {
    fn write(&mut self, statement: &Statement) -> Result<Counts, Failure> {
        let mut store = self.store.lock().unwrap();
        if store.faults.is_taken_over {
            return Ok(Counts::default());
        }
        if let Some((table, unit, keys)) = store.faults.late.take() {
            let applied = AppliedUnit { table: table.to_owned(), unit, rows: keys.len() as u64, refused: Vec::new() };
            let record = ledger::parameter("run", &applied).as_list().unwrap().to_vec();
            store.ledger.insert(ledger::id("run", table, unit), record);
            store.keys.extend(keys);
        }
        let list = |name: &str| statement.lists.iter().find(|(n, _)| *n == name).map(|(_, value)| value);
        let units = list("units").and_then(Value::as_list).unwrap();
        let units: Vec<Record> = units.iter().map(|unit| unit.as_list().unwrap().to_vec()).collect();
        if units.iter().any(|unit| store.ledger.contains_key(unit[0].as_text().unwrap())) {
            return Err(Failure::new(Class::Constraint, "a ledger node exists already"));
        }
        let rows = statement.rows.as_ref().unwrap();
        let nodes_or_relationships = rows.order.iter().map(|row| key(&rows.batch, *row as usize));
        let mut keys: Vec<String> = nodes_or_relationships.collect();
        let is_of_nodes = rows.batch.num_columns() == 1;
        let own = if is_of_nodes { keys.len() } else { 0 };
        for attached in &rows.attached {
            store.faults.stars += 1;
            for (node, own) in rows.order.iter().zip(&attached.of_row) {
                let relationships = own.clone().map(|row| key(&attached.batch, row as usize));
                let start = key(&rows.batch, *node as usize);
                keys.extend(relationships.inspect(|key| assert!(key.starts_with(&format!("{start}>")), "{key}")));
            }
        }
        if store.faults.most_rows.is_some_and(|most| keys.len() > most) {
            return Err(Failure::new(Class::TooLarge, "out of memory"));
        }
        if let Some(key) = keys.iter().find(|key| store.faults.refused_keys.contains(*key)) {
            return Err(Failure::new(Class::Row, format!("{key} cannot be stored")));
        }
        let (nodes, relationships) = ((units.len() + own) as u64, (keys.len() - own) as u64);
        drop(store);
        (self.ledger, self.keys) = (units, keys);
        Ok(Counts { nodes_created: nodes, relationships_created: relationships, ..Counts::default() })
    }

    fn apply(self) {
        let mut store = self.store.lock().unwrap();
        for unit in self.ledger {
            let id = unit[0].as_text().unwrap().to_owned();
            assert!(store.ledger.insert(id, unit).is_none(), "a unit was applied twice");
        }
        store.keys.extend(self.keys);
    }
}

impl GraphTxn for FakeTxn {
    async fn run(&mut self, statement: Statement) -> Result<Counts, Failure> {
        self.write(&statement)
    }

    async fn stream(
        &mut self,
        statement: Statement,
        on_record: &mut (dyn FnMut(Record) + Send),
    ) -> Result<Counts, Failure> {
        let store = self.store.lock().unwrap();
        let is_asked = |id: &str| match &*statement.text {
            cypher::LEDGER => true,
            cypher::LEDGER_OF_UNITS => statement.lists[0].1.as_list().unwrap().contains(&id.into()),
            _ => false,
        };
        store.ledger.iter().filter(|(id, _)| is_asked(id)).for_each(|(_, record)| on_record(record.clone()));
        Ok(Counts::default())
    }

    async fn commit(self) -> Result<(), Failure> {
        let fault = if self.ledger.is_empty() { None } else { self.store.lock().unwrap().faults.commits.pop() };
        match fault {
            None => self.apply(),
            Some(Commit::AppliedButAnswerLost) => {
                self.apply();
                return Err(Failure::new(Class::Connection, "the answer was lost"));
            }
            Some(Commit::LostBeforeApplied) => return Err(Failure::new(Class::Connection, "the request was lost")),
            Some(Commit::Deadlock) => return Err(Failure::new(Class::Transient, "deadlock")),
        }
        Ok(())
    }

    async fn rollback(self) -> Result<(), Failure> {
        Ok(())
    }
}

/// The key of a node, or start and end of a relationship.
fn key(batch: &RecordBatch, row: usize) -> String {
    let values: Vec<&str> = batch.columns().iter().map(|column| column.as_string::<i32>().value(row)).collect();
    values.join(">")
}

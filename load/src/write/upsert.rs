//! The relationships of some start nodes, made equal to those of the graph tables.
//!
//! In: rows of whole start nodes, and the relationships of that type and table which the target has for them. Out: those
//! that are equal stay, differing ones are updated, absent ones are created, vanished ones are deleted where the mapping
//! says so. `MERGE` is never used: it locks hubs. All of it happens in the unit's own transaction.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::graph_table::manifest::{OnUpsert, RelationshipTable};
use crate::graph_table::row;
use crate::target::cypher;
use crate::target::failure::Failure;
use crate::target::sink::{GraphTxn, RowBlock, Statement};
use crate::target::value::{Record, Value};
use crate::write::attempt::count;

/// Upserts the rows of a block and tells how many of them now stand in the graph.
///
/// # Errors
/// As the driver says.
pub async fn relationships<T: GraphTxn>(
    txn: &mut T,
    table: &RelationshipTable,
    add: Arc<str>,
    rows: RowBlock,
) -> Result<u64, Failure> {
    let keys = table.start.key.len();
    let mut starts: Vec<Value> = Vec::new();
    for index in 0..rows.batch.num_rows() {
        let start = Value::List(row::values(&rows.batch, index, 0..keys));
        if starts.last() != Some(&start) {
            starts.push(start);
        }
    }
    let statement = Statement::new(cypher::relationships_of_starts(table)).with_list("starts", Value::List(starts));
    let found = txn.fetch(statement).await?;
    let plan = Plan::new(table, &rows, found);
    let updated = plan.updates.len() as u64;
    if updated > 0 {
        let statement =
            Statement::new(cypher::update_relationships(table)).with_list("changes", Value::List(plan.updates));
        let counted = count(&txn.fetch(statement).await?);
        if counted != updated {
            return Ok(plan.equal + counted);
        }
    }
    if !plan.deletions.is_empty() {
        txn.fetch(Statement::new(cypher::DELETE_RELATIONSHIPS).with_list("ids", Value::List(plan.deletions))).await?;
    }
    let mut created = 0;
    if !plan.absent.is_empty() {
        let block = RowBlock { order: plan.absent, ..rows };
        created = txn.run(Statement::new(add).with_rows(block)).await?.relationships_created;
    }
    Ok(plan.equal + updated + created)
}

/// What has to change.
#[derive(Debug, Default, PartialEq)]
struct Plan {
    equal: u64,
    /// `[id, property, ...]`.
    updates: Vec<Value>,
    /// Rows of the block.
    absent: Vec<u32>,
    /// Ids.
    deletions: Vec<Value>,
}

impl Plan {
    /// Compares the rows of a block with what was found: `[id, start key, end key, property, ..., number of properties]`.
    fn new(table: &RelationshipTable, rows: &RowBlock, found: Vec<Record>) -> Self {
        let ends = table.start.key.len() + table.end.key.len();
        let identity: Vec<usize> = table
            .properties
            .iter()
            .enumerate()
            .filter(|(_, property)| table.identity.contains(&property.name))
            .map(|(index, _)| ends + index)
            .collect();
        let fields = ends + table.properties.len();
        let mut present: HashMap<Vec<u8>, Vec<Record>> = HashMap::with_capacity(found.len());
        for record in found {
            let Some(values) = record.get(1..=fields) else { continue };
            present.entry(row::identity(values, ends, &identity)).or_default().push(record);
        }
        let mut plan = Self::default();
        for index in &rows.order {
            let wanted = values_of(&rows.batch, *index as usize);
            let candidates = present.get_mut(&row::identity(&wanted, ends, &identity));
            match candidates.and_then(Vec::pop) {
                Some(record) if row::is_same(&record[1..=fields], &wanted) => plan.equal += 1,
                Some(mut record) => {
                    let mut change = vec![std::mem::replace(&mut record[0], Value::Null)];
                    change.extend(wanted.into_iter().skip(ends));
                    plan.updates.push(Value::List(change));
                }
                None => plan.absent.push(*index),
            }
        }
        if table.on_upsert == OnUpsert::Replace {
            plan.deletions = present.into_values().flatten().filter_map(|record| record.into_iter().next()).collect();
        }
        plan
    }
}

fn values_of(batch: &RecordBatch, index: usize) -> Vec<Value> {
    row::values(batch, index, 0..batch.num_columns())
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;
    use crate::graph_table::manifest::{EndPoint, Property, PropertyType};

    fn table(on_upsert: OnUpsert) -> RelationshipTable {
        let text = |name: &str| Property { name: name.into(), kind: PropertyType::String };
        RelationshipTable {
            table: "T".into(),
            rel_type: "T".into(),
            start: EndPoint { label: "A".into(), key: vec![text("k")] },
            end: EndPoint { label: "B".into(), key: vec![text("k")] },
            identity: vec!["index".into()],
            properties: vec![Property { name: "index".into(), kind: PropertyType::Integer }, text("title")],
            on_upsert,
            rows: 0,
            files: Vec::new(),
            follows: None,
            unit_rows: Vec::new(),
        }
    }

    fn block() -> RowBlock {
        let text = |values: [Option<&str>; 3]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("source.k", text([Some("a"); 3]), true),
            ("target.k", text([Some("x"), Some("x"), Some("y")]), true),
            ("rel.index", Arc::new(Int64Array::from(vec![1, 2, 1])) as ArrayRef, true),
            ("rel.title", text([Some("one"), None, Some("three")]), true),
        ]);
        RowBlock::flat(batch.unwrap(), vec![0, 1, 2])
    }

    fn found(id: &str, end: &str, index: i64, title: Option<&str>) -> Record {
        let count = 1 + i64::from(title.is_some());
        vec![id.into(), "a".into(), end.into(), index.into(), title.into(), count.into()]
    }

    #[test]
    fn equal_ones_stay_differing_ones_change_absent_ones_come_and_vanished_ones_go() {
        let present = vec![found("1", "x", 1, Some("one")), found("2", "x", 2, Some("two")), found("9", "z", 1, None)];
        let plan = Plan::new(&table(OnUpsert::Replace), &block(), present.clone());
        assert_eq!(plan.equal, 1);
        assert_eq!(plan.updates, [Value::List(vec!["2".into(), Value::Integer(2), Value::Null])]);
        assert_eq!(plan.absent, [2]);
        assert_eq!(plan.deletions, ["9".into()]);
        assert!(Plan::new(&table(OnUpsert::Keep), &block(), present).deletions.is_empty());
    }

    #[test]
    fn of_two_with_one_identity_the_second_has_vanished() {
        let present = vec![found("1", "y", 1, Some("three")), found("2", "y", 1, Some("three"))];
        let plan = Plan::new(&table(OnUpsert::Replace), &block(), present);
        assert_eq!((plan.equal, plan.absent.as_slice(), plan.deletions.len()), (1, &[0, 1][..], 1));
    }
}

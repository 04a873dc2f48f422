//! Rows that the server refuses, and relationships that lose an end by that.
//!
//! In: a unit that cannot be written as it is. Out: the rows of it that are at fault, with what the server said, so that the
//! unit can be written without them. Trials are rolled back: nothing is half applied while we search.

use std::sync::atomic::Ordering;

use super::attempt::{Outcome, Purpose, Sent, attempt};
use super::batch::{Batch, key_text};
use super::error::WriteError;
use super::table::Kind;
use super::writer::Writer;
use crate::ledger;
use crate::target::cypher;
use crate::target::error::TargetError;
use crate::target::failure::{Class, Failure};
use crate::target::sink::{GraphSink, RowBlock, Statement, update};
use crate::target::value::Value;

impl<S: GraphSink> Writer<S> {
    /// Finds the rows of a unit that the server refuses: each time the shortest run of rows from the start that fails, of
    /// which the last is at fault.
    pub(super) async fn find_refused(&mut self, batch: &mut Batch, failure: &Failure) -> Result<(), WriteError> {
        let mut good: Vec<u32> = Vec::new();
        let mut rest = batch.order(self.work.end_key());
        let mut found = false;
        while let Some(reason) = self.trial(batch, good.iter().chain(&rest).copied().collect()).await? {
            // `passing` rows of the rest go well, `failing` do not.
            let (mut passing, mut failing, mut reason) = (0, rest.len(), reason);
            while failing - passing > 1 {
                let middle = passing + (failing - passing) / 2;
                match self.trial(batch, good.iter().chain(&rest[..middle]).copied().collect()).await? {
                    Some(said) => (failing, reason) = (middle, said),
                    None => passing = middle,
                }
            }
            // Another writer may have committed what one of the good rows conflicts with since they went well.
            if passing == 0 && self.trial(batch, good.clone()).await?.is_some() {
                // Not even the ledger alone can be written (a full disk, for example): no row is at fault.
                if good.is_empty() {
                    break;
                }
                good.append(&mut rest);
                rest = std::mem::take(&mut good);
                continue;
            }
            let Some(row) = rest.get(passing).copied() else { break };
            self.refuse(batch, row, &reason)?;
            found = true;
            good.extend(rest.drain(..passing));
            rest.remove(0);
        }
        if found {
            return Ok(());
        }
        // Every row can be written, but not committed: no single row is at fault that we could name.
        Err(TargetError::during(format!("write {}", self.work.name), failure.clone()).into())
    }

    /// What the server says against these rows; `None` when it takes them.
    async fn trial(&mut self, batch: &Batch, order: Vec<u32>) -> Result<Option<String>, WriteError> {
        loop {
            let sender = self.sender.clone();
            let sent = Sent::of_table(&self.work, batch, order.clone());
            match attempt(&mut self.sink, &sender, &self.work, batch, sent, Purpose::Trial).await {
                // A relationship without an end is not the server's refusal: it is settled when the rest is written.
                Outcome::Applied | Outcome::Miscounted { .. } => return Ok(None),
                Outcome::Fenced => return Err(self.taken_over()),
                Outcome::NotBegun(failure) | Outcome::Failed(failure) | Outcome::InDoubt(failure) => {
                    self.sink.release().await;
                    if matches!(failure.class, Class::Constraint | Class::Row) {
                        return Ok(Some(failure.to_string()));
                    }
                    self.pause(&failure).await?;
                }
            }
        }
    }

    /// Sets a row aside, if we were told to bear that.
    fn refuse(&self, batch: &mut Batch, row: u32, reason: &str) -> Result<(), WriteError> {
        let (unit, row_of_unit) = batch.locate(row);
        let number = batch.units[unit].number;
        let refused = self.shared.refused.fetch_add(1, Ordering::SeqCst) + 1;
        if refused > self.shared.max_rejects {
            return Err(WriteError::TooManyRefused {
                table: self.work.name.clone(),
                row: self.work.ordinal(number, row_of_unit),
                reason: reason.to_owned(),
                limit: self.shared.max_rejects,
            });
        }
        batch.refuse(row, reason.to_owned());
        Ok(())
    }

    /// Fewer relationships than rows: those of a refused node are refused too; anything else stops the load.
    pub(super) async fn refuse_loose_ends(
        &mut self,
        batch: &mut Batch,
        order: &[u32],
        sent: u64,
        written: u64,
    ) -> Result<(), WriteError> {
        self.check_lease().await?;
        let numbers = batch.numbers();
        let miscounted = WriteError::Miscounted {
            table: self.work.name.clone(),
            sent,
            written,
            first: numbers.first().copied().unwrap_or_default(),
            last: numbers.last().copied().unwrap_or_default(),
        };
        let work = std::sync::Arc::clone(&self.work);
        let Kind::Relationships(table) = &work.kind else { return Err(miscounted) };
        let block = RowBlock::flat(batch.rows.clone(), order.to_vec());
        let statement = Statement::new(cypher::missing_ends(table)).with_rows(block);
        let missing = loop {
            match update(&mut self.sink, statement.clone()).await {
                Ok(records) => break records,
                Err(failure) => {
                    self.sink.release().await;
                    self.pause(&failure).await?;
                }
            }
        };
        if missing.is_empty() {
            return Err(miscounted);
        }
        let (start_keys, end_keys) = (table.start.key.len(), table.end.key.len());
        let ends = [
            ("start", 1, &table.start.label, 0..start_keys),
            ("end", 2, &table.end.label, start_keys..start_keys + end_keys),
        ];
        for record in missing {
            let Some(row) =
                record.first().and_then(Value::as_count).and_then(|place| order.get(usize::try_from(place).ok()?))
            else {
                continue;
            };
            for (end, field, label, columns) in &ends {
                if record.get(*field) != Some(&Value::Boolean(true)) {
                    continue;
                }
                let key = key_text(&batch.rows.columns()[columns.clone()], *row as usize);
                if !self.shared.refused_nodes.contains(&(label.to_string(), key)) {
                    let (unit, row_of_unit) = batch.locate(*row);
                    let row = self.work.ordinal(batch.units[unit].number, row_of_unit);
                    return Err(WriteError::EndMissing { table: self.work.name.clone(), row, end });
                }
                batch.refuse(*row, ledger::loose_end(end));
                break;
            }
        }
        Ok(())
    }
}

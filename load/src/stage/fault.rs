//! Faults: values that a step gave up in a field whose mapping asks for more than to leave them out (`on_error`).
//!
//! In: a strict field's step and the value that it was given. Out: a reject of the record, or the failure that ends the load;
//! nothing where nobody wants the record anyway. The value itself must never stand in a reject: it may be personal. A field that
//! is not strict never comes here.

use super::cell::as_text;
use super::field::{Scope, apply};
use super::seal::shortened;
use super::setting::Setting;
use super::tally::{Reject, Tally};
use super::value::Value;
use crate::mapping::resolved::{Step, Strict};

/// A value that a step of a strict field gave up.
#[derive(Debug)]
pub struct Fault {
    /// Says which field it is, and why the value cannot be used.
    counter: usize,
    column: String,
    ends_load: bool,
    decides: bool,
    value: String,
}

/// A value that ends the load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{value:?} in row {row} (the first is row 0) of table {table}, column {column}{}, cannot be used: {reason} (field \
     {field}, `on_error: fail`)",
    place.map_or_else(String::new, |place| format!(", item {place}"))
)]
pub struct Failure {
    /// Table of the row.
    pub table: String,
    /// Place of the row in the table, from 0.
    pub row: u64,
    /// The column.
    pub column: String,
    /// Place in the cell's list or array, from 0.
    pub place: Option<u32>,
    /// Source and field.
    pub field: String,
    /// What is wrong with the value.
    pub reason: String,
    /// The value, shortened.
    pub value: String,
}

/// Which faults of a record are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Those that must be known before the record is joined, chosen or told apart: then all of them, else none yet.
    Deciding,
    /// All.
    All,
}

/// Applies a step of a strict field, and remembers the value that it gives up.
pub fn apply_strictly<'a>(
    strict: &Strict,
    step: &'a Step,
    given: Value<'a>,
    scope: &Scope<'_, 'a>,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> Value<'a> {
    let Some(counter) = step.gives_up() else { return apply(step, given, scope, setting, tally) };
    let before = tally.counts()[counter];
    let value = apply(step, given, scope, setting, tally);
    if value.is_missing() && tally.counts()[counter] > before {
        tally.take_back(counter);
        let text = as_text(given, scope.bump).text().unwrap_or_default();
        tally.faults.push(Fault {
            counter,
            column: strict.column.clone(),
            ends_load: strict.ends_load,
            decides: strict.decides,
            value: shortened(text),
        });
    }
    value
}

/// Whether a record is not to be loaded for its faults: then it is rejected, a reject for each of its rows, or it ends the load.
#[inline]
pub fn sets_aside(
    judged: Judged,
    tally: &mut Tally,
    table: &str,
    rows: impl Iterator<Item = u64>,
    place: Option<u32>,
    setting: &Setting<'_>,
) -> bool {
    // Asked of every record and item, and nearly none has a fault.
    !tally.faults.is_empty() && judge(judged, tally, table, rows, place, setting)
}

#[cold]
fn judge(
    judged: Judged,
    tally: &mut Tally,
    table: &str,
    rows: impl Iterator<Item = u64>,
    place: Option<u32>,
    setting: &Setting<'_>,
) -> bool {
    if judged == Judged::Deciding && !tally.faults.iter().any(|fault| fault.decides) {
        return false;
    }
    let mut faults = std::mem::take(&mut tally.faults);
    let counted = |fault: &Fault| setting.mapping.counters[fault.counter].clone();
    let mut rows = rows.peekable();
    if let Some(at) = faults.iter().position(|fault| fault.ends_load) {
        let ((field, reason), fault) = (counted(&faults[at]), faults.swap_remove(at));
        let row = rows.peek().copied().unwrap_or_default();
        let (table, column, value) = (table.to_owned(), fault.column, fault.value);
        tally.failure.get_or_insert_with(|| Box::new(Failure { table, row, column, place, field, reason, value }));
        return true;
    }
    let reasons: Vec<String> = faults
        .iter()
        .map(|fault| {
            let (field, reason) = counted(fault);
            format!("{field}: {reason}")
        })
        .collect();
    let (column, reason) = (&faults[0].column, reasons.join("; "));
    tally.rejects.extend(rows.map(|row| Reject {
        table: table.to_owned(),
        row,
        column: column.clone(),
        place,
        reason: reason.clone(),
    }));
    true
}

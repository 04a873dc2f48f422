//! The reader thread: rows off the socket, into batches, onto a queue. Nothing else.
//!
//! In: an open source inside its transaction. Out: batches bounded in bytes, and at the end the totals. Success comes only
//! after the server's final packet; after the last table the connection is then closed at once, while the encoder works. Whatever else
//! ends the stream is an error with the rows received until then, and nothing is drained.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use jiff::Timestamp;
use mysql::prelude::{Protocol as WireProtocol, Queryable};
use mysql::{Binary, QueryResult, Text};

use crate::args::Protocol;
use crate::batch::{RowBatch, Spent};
use crate::layout::Layout;
use crate::plan::Plan;
use crate::source::{Abort, Source, SourceError};
use crate::time_split::ReaderClock;

/// Bytes of values in a batch. With the queue and the batches in work it bounds what lies between socket and encoder; small
/// enough for a core's cache, large enough that the hand-over does not count (measured: 1 to 8 MB are alike).
pub const BATCH_BYTES: usize = 4 << 20;

/// Rows in a batch, for tables of very short rows.
const BATCH_ROWS: usize = 64 * 1024;

/// What travels to the encoder.
pub enum Piece {
    /// The next rows of a statement.
    Rows(RowBatch),
    /// A statement has given all its rows, by the server's final packet.
    End,
}

/// The reader's ends of the way to the encoder and back.
pub struct Queue {
    /// Full batches and ends of statements, to the encoder.
    pub full: Sender<Piece>,
    /// The memory of those that it has written.
    pub spent: Receiver<Spent>,
}

/// What the reader has seen when the stream ended well.
pub struct Received {
    /// When the last row had been read, and the connection closed if nobody needs it any more.
    pub ended_at: Timestamp,
    /// The connections, for the next table.
    pub sources: Vec<Source>,
}

/// How the result is read.
pub struct Reading<'a> {
    layout: &'a Layout,
    protocol: Protocol,
    read_timeout: Duration,
    batch_bytes: usize,
    abort: Abort,
    is_last: bool,
}

impl<'a> Reading<'a> {
    /// As the plan says. A batch is never larger than a row group should be.
    pub fn of(plan: &Plan, layout: &'a Layout, abort: Abort, is_last: bool) -> Self {
        let group_bytes = usize::try_from(plan.cut.row_group_bytes).unwrap_or(usize::MAX);
        Self {
            layout,
            protocol: plan.protocol,
            read_timeout: plan.endpoint.read_timeout,
            batch_bytes: BATCH_BYTES.min(group_bytes),
            abort,
            is_last,
        }
    }
}

/// Reads the results of the statements, one after the other, and sends them batch by batch.
///
/// # Errors
/// When the stream ends in any way but the server's final packet, or nobody takes the batches any more.
pub fn read(
    source: Source,
    reading: &Reading<'_>,
    statements: &[String],
    queue: &Queue,
    clock: &mut ReaderClock,
) -> Result<Received, SourceError> {
    let mut source = source;
    let conn = &mut source.conn;
    for statement in statements {
        match reading.protocol {
            Protocol::Binary => {
                let result = conn.exec_iter(statement, ());
                reading.take_all::<Binary>(result, queue, clock)?;
            }
            Protocol::Text => {
                let result = conn.query_iter(statement);
                reading.take_all::<Text>(result, queue, clock)?;
            }
        }
    }
    // The last row is here: the server is let go before anything is sealed.
    let sources: Vec<Source> = (!reading.is_last).then_some(source).into_iter().collect();
    Ok(Received { ended_at: Timestamp::now(), sources })
}

impl Reading<'_> {
    fn take_all<P: WireProtocol>(
        &self,
        result: mysql::Result<QueryResult<'_, '_, '_, P>>,
        queue: &Queue,
        clock: &mut ReaderClock,
    ) -> Result<(), SourceError> {
        let mut result = result.map_err(|error| self.failed(0, error))?;
        let taken = self.take_rows(&mut result, queue, clock);
        if taken.is_err() {
            // Dropping the result would read the rest of the table.
            self.abort.now();
        }
        taken
    }

    fn take_rows<P: WireProtocol>(
        &self,
        result: &mut QueryResult<'_, '_, '_, P>,
        queue: &Queue,
        clock: &mut ReaderClock,
    ) -> Result<(), SourceError> {
        let received = result.columns().as_ref().len();
        if received != self.layout.columns.len() {
            return Err(self.garbled(0, format!("{received} columns instead of {}", self.layout.columns.len())));
        }
        let mut batch = RowBatch::new(self.layout, 0, None);
        // The iterator ends after an error too, so both ends are told apart here.
        for row in result.by_ref() {
            let ordinal = batch.first_row + batch.rows as u64;
            let row = row.map_err(|error| self.failed(ordinal, error))?;
            batch
                .push(row.unwrap_raw())
                .map_err(|unexpected| self.garbled(ordinal, self.unexpected(unexpected.column)))?;
            if batch.bytes >= self.batch_bytes || batch.rows >= BATCH_ROWS {
                let next = RowBatch::new(self.layout, ordinal + 1, queue.spent.try_recv().ok());
                let full = std::mem::replace(&mut batch, next);
                if clock.blocked(|| queue.full.send(Piece::Rows(full))).is_err() {
                    // The encoder has failed and says why; this only ends the reading.
                    return Err(self.garbled(ordinal + 1, "nobody takes the rows any more".into()));
                }
            }
        }
        if batch.rows > 0 {
            // As above: a missing receiver has its own error.
            drop(clock.blocked(|| queue.full.send(Piece::Rows(batch))));
        }
        drop(clock.blocked(|| queue.full.send(Piece::End)));
        Ok(())
    }

    fn failed(&self, rows: u64, error: mysql::Error) -> SourceError {
        SourceError::in_read(&self.layout.table, rows, self.read_timeout, error)
    }

    fn garbled(&self, rows: u64, detail: String) -> SourceError {
        SourceError::Garbled { table: self.layout.table.clone(), rows, detail }
    }

    fn unexpected(&self, column: usize) -> String {
        match self.layout.columns.get(column) {
            Some(column) => format!("column {} is not of type {}", column.source.name, column.source.declared),
            None => "a row of another width".into(),
        }
    }
}

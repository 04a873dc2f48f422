//! One table on its way into a snapshot: staged, then complete, then published.
//!
//! In: a described table, and an open source for each pass over it. Out: a sealed snapshot. What a pass has staged is never
//! trusted after a new moment: the next pass compares it row by row, and keeps the parts that still hold.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::memory::peak_rss_bytes;
use shared::snapshot::{self, Complete, Manifest, Staging, Writing};
use shared::telemetry::{self, Event};

use crate::encoder::{Encoded, Left};
use crate::error::ExtractError;
use crate::layout::Layout;
use crate::moment::Facts;
use crate::pass::{Context, Outcome, Pass};
use crate::plan::Plan;
use crate::source::{Source, SourceError, Table};
use crate::summary::{Summary, Timing};
use crate::time_split::TimeSplit;

/// A table that is being staged.
pub struct TableExtract {
    table: Table,
    layout: Layout,
    staging: Staging<Writing>,
    state: State,
    time: TimeSplit,
}

enum State {
    /// Nothing is staged.
    Fresh,
    /// The connection broke in the middle.
    Broken(Left),
    /// All rows are staged.
    Whole { encoded: Encoded, ended_at: Timestamp },
}

impl TableExtract {
    /// Makes room for the table's snapshot.
    ///
    /// # Errors
    /// When it cannot be laid out, or its folder cannot be made.
    pub fn new(plan: &Plan, table: &Table, facts: &Facts) -> Result<Self, ExtractError> {
        let layout = Layout::of(table, plan.protocol, plan.on_bad_value).map_err(SourceError::from)?;
        let staging = Staging::create(&plan.out, &table.database, &table.name, facts.started_at)?;
        Ok(Self { table: table.clone(), layout, staging, state: State::Fresh, time: TimeSplit::default() })
    }

    /// How the table is read and stored.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The start of the moment that will give the rows.
    pub fn restart_at(&mut self, started_at: Timestamp) {
        self.staging.restart_at(started_at);
    }

    /// Reads the whole table. The inner error is a lost connection; what is staged then waits for the next pass. Unless this
    /// is the last table, the sources come back.
    ///
    /// # Errors
    /// Whatever a new pass would not cure.
    pub fn stage(
        &mut self,
        sources: Vec<Source>,
        table: &Table,
        is_last: bool,
        context: &Context<'_>,
    ) -> Result<Result<Vec<Source>, SourceError>, ExtractError> {
        let left = match std::mem::replace(&mut self.state, State::Fresh) {
            State::Fresh => Left::default(),
            State::Broken(left) => left,
            State::Whole { encoded, .. } => Left::of_whole(encoded),
        };
        let pass = Pass { context, layout: &self.layout, staging: &self.staging, is_last };
        Ok(match pass.run(sources, table, left, &mut self.time)? {
            Outcome::Whole(received, encoded) => {
                self.state = State::Whole { encoded, ended_at: received.ended_at };
                Ok(received.sources)
            }
            Outcome::Lost(error, left) => {
                self.state = State::Broken(left);
                Err(error)
            }
        })
    }

    /// All rows of all tables are staged: writes the checksums.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn complete(self, plan: &Plan, facts: &Facts) -> Result<CompleteTable, ExtractError> {
        let State::Whole { encoded, ended_at } = self.state else {
            let (table, detail) = (self.layout.table, "the rows ended before the table".into());
            return Err(SourceError::Garbled { table, rows: 0, detail }.into());
        };
        let manifest = manifest(plan, &self.table, &self.layout, facts, encoded, ended_at);
        let staging = self.staging.complete(manifest.parts.clone());
        let staging =
            staging.map_err(|error| ExtractError::from(error).after_rows(&self.layout.table, manifest.rows))?;
        Ok(CompleteTable { staging, manifest, time: self.time })
    }
}

/// A table of which only the seal is missing.
pub struct CompleteTable {
    staging: Staging<Complete>,
    manifest: Manifest,
    time: TimeSplit,
}

impl CompleteTable {
    /// Seals the snapshot.
    ///
    /// # Errors
    /// When it cannot be written or renamed.
    pub fn publish(self, timing: Timing) -> Result<Summary, ExtractError> {
        let source = &self.manifest.source;
        let connected = Duration::try_from(source.ended_at.duration_since(source.started_at)).unwrap_or_default();
        let (table, rows) = (format!("{}.{}", source.database, source.table), self.manifest.rows);
        let snapshot = self.staging.publish(self.manifest);
        let snapshot = snapshot.map_err(|error| ExtractError::from(error).after_rows(&table, rows))?;
        let time = self.time;
        let (elapsed, peak_rss_bytes) = (timing.started.elapsed(), peak_rss_bytes());
        let manifest = &snapshot.manifest;
        telemetry::emit(&Event::Sealed {
            table: &format!("{}.{}", manifest.source.database, manifest.source.table),
            path: &snapshot.path,
            rows: manifest.rows,
            source_bytes: manifest.source_bytes,
            bytes: manifest.parts.iter().map(|part| part.bytes).sum(),
            parts: manifest.parts.len(),
            content_digest: &manifest.content_digest.to_string(),
            started_at: manifest.source.started_at,
            passes: timing.passes,
            elapsed,
            peak_rss_bytes,
            waiting_for_server: time.waiting_for_server,
            reading: time.reading,
            waiting_for_encoder: time.waiting_for_encoder,
            encoding: time.encoding,
            writing: time.writing,
        });
        Ok(Summary { snapshot, elapsed, connected, passes: timing.passes, peak_rss_bytes, time, removed: Vec::new() })
    }
}

fn manifest(
    plan: &Plan,
    table: &Table,
    layout: &Layout,
    facts: &Facts,
    encoded: Encoded,
    ended_at: Timestamp,
) -> Manifest {
    let Encoded { parts, rows, source_bytes, bad_values, content_digest, .. } = encoded;
    Manifest {
        format_version: snapshot::FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").into(),
        source: snapshot::Source {
            server_kind: facts.server.kind.into(),
            server_version: facts.server.version.clone(),
            database: table.database.clone(),
            table: table.name.clone(),
            statement: layout.statement.clone(),
            started_at: facts.started_at,
            ended_at,
            consistent_read: table.consistent,
            binlog: facts.position.clone(),
            protocol: plan.protocol.to_string(),
            on_bad_value: plan.on_bad_value.to_string(),
            ordered_by: table.split.as_ref().map(|split| split.key.clone()),
        },
        selection: table.selection.clone(),
        as_of_date: facts.started_at.to_zoned(TimeZone::UTC).date(),
        columns: layout.manifest_columns(),
        keys: table.keys.clone(),
        rows,
        source_bytes,
        parts,
        bad_values,
        content_digest,
    }
}

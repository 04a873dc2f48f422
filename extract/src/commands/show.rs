//! `extract show`: one snapshot's manifest, for people or as it is; or a page of what is in its columns.
//!
//! In: a snapshot's folder, or one that holds snapshots of one table: then the newest. Out: text on standard output. Parts are
//! read for the page alone; what else is shown is what the manifest says.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use shared::exit::Diagnosis;
use shared::interrupt::Interrupt;
use shared::progress::{Progress, human_bytes, human_count};
use shared::snapshot::{MANIFEST_FILE, SealedSnapshot, SnapshotError, Survey};

use super::{Done, boxed, find, leave_at_once, print, show_page};
use crate::args::ShowArgs;
use crate::profile::profile;

pub(super) fn run(args: &ShowArgs, interrupt: &Interrupt, progress: &dyn Progress) -> Done {
    let snapshot = newest(&args.path).map_err(boxed)?;
    if args.html {
        let _leave = leave_at_once(interrupt);
        let columns = profile(&snapshot, progress).map_err(boxed)?;
        return print(show_page::page(&snapshot, &columns).as_bytes());
    }
    if !args.json {
        return print(for_people(&snapshot).as_bytes());
    }
    let path = snapshot.path.join(MANIFEST_FILE);
    let text = std::fs::read(&path).map_err(|source| SnapshotError::Unreadable { path, source });
    print(&text.map_err(|error| -> Box<dyn Diagnosis> { boxed(error) })?)
}

fn newest(path: &Path) -> Result<SealedSnapshot, SnapshotError> {
    let Survey { mut sealed, damaged } = find(path)?;
    if let Some((_, error)) = damaged.into_iter().next() {
        return Err(error);
    }
    let tables: BTreeSet<String> = sealed
        .iter()
        .map(|snapshot| format!("{}.{}", snapshot.manifest.source.database, snapshot.manifest.source.table))
        .collect();
    if tables.len() > 1 {
        return Err(SnapshotError::SeveralTables { path: path.to_path_buf(), tables: tables.into_iter().collect() });
    }
    sealed.pop().ok_or_else(|| SnapshotError::NoneSealed { from: path.to_path_buf() })
}

fn for_people(snapshot: &SealedSnapshot) -> String {
    let manifest = &snapshot.manifest;
    let source = &manifest.source;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("snapshot", snapshot.path.display().to_string());
    line("table", format!("{}.{}", source.database, source.table));
    if !manifest.selection.is_all() {
        line("selection", manifest.selection.to_string());
    }
    line("server", format!("{} {}", source.server_kind, source.server_version));
    line("read", format!("{} to {}", source.started_at, source.ended_at));
    line("one moment", if source.consistent_read { "yes".into() } else { "not certain".into() });
    if let Some(binlog) = &source.binlog {
        let gtid = binlog.gtid.as_deref().map_or(String::new(), |gtid| format!(", GTID {gtid}"));
        line("binlog", format!("{} at {}{gtid}", binlog.file, binlog.position));
    }
    line("as of", manifest.as_of_date.to_string());
    line("rows", human_count(manifest.rows));
    let bytes = manifest.parts.iter().map(|part| part.bytes).sum();
    let parts = manifest.parts.len();
    let files = format!("{} in {parts} {}", human_bytes(bytes), if parts == 1 { "part" } else { "parts" });
    line("size", format!("{files} ({} of values)", human_bytes(manifest.source_bytes)));
    line("content", manifest.content_digest.to_string());
    line("written by", format!("extract {}, format {}", manifest.tool_version, manifest.format_version));
    line("statement", source.statement.clone());
    for bad in &manifest.bad_values {
        let (count, first) = (human_count(bad.count), bad.first_row);
        line(
            "bad values",
            format!("{count} in {}: {}, stored as {}, first in row {first}", bad.column, bad.reason, bad.stored_as),
        );
    }
    let width = manifest.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    for column in &manifest.columns {
        let charset = column.charset.as_deref().map_or(String::new(), |charset| format!(" {charset}"));
        let required = if column.nullable { "" } else { " NOT NULL" };
        let _ = writeln!(
            text,
            "  {:<width$}  {}{charset}{required} as {}",
            column.name, column.mysql_type, column.arrow_type
        );
    }
    text
}

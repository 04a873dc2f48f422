//! `extract list`: the snapshots in a folder, a line or an object each.
//!
//! In: a folder. Out: what the manifests say, by table, the oldest first; no part is read. A folder whose manifest cannot be
//! understood is reported on standard error, and decides the exit code.

use std::fmt::Write as _;

use serde_json::json;
use shared::exit::{ExitCode, report};
use shared::progress::{human_bytes, human_count};
use shared::snapshot::{SealedSnapshot, Survey};

use super::{Done, boxed, find, print};
use crate::args::ListArgs;

pub(super) fn run(args: &ListArgs) -> Done {
    let found = find(&args.folder);
    if args.json && found.is_err() {
        print(b"[]\n")?;
    }
    let Survey { sealed, damaged } = found.map_err(boxed)?;
    let text = if args.json { for_programs(&sealed) } else { for_people(&sealed) };
    let code = print(text.as_bytes())?;
    Ok(damaged.iter().fold(code, |code, (_, error)| match (code, report(error)) {
        (ExitCode::Done, damaged) => damaged,
        (code, _) => code,
    }))
}

fn table(snapshot: &SealedSnapshot) -> String {
    let source = &snapshot.manifest.source;
    format!("{}.{}", source.database, source.table)
}

fn bytes(snapshot: &SealedSnapshot) -> u64 {
    snapshot.manifest.parts.iter().map(|part| part.bytes).sum()
}

fn for_programs(snapshots: &[SealedSnapshot]) -> String {
    let objects: Vec<_> = snapshots
        .iter()
        .map(|snapshot| {
            let manifest = &snapshot.manifest;
            json!({
                "path": snapshot.path.to_string_lossy(),
                "database": manifest.source.database,
                "table": manifest.source.table,
                "started_at": manifest.source.started_at,
                "as_of_date": manifest.as_of_date,
                "rows": manifest.rows,
                "parts": manifest.parts.len(),
                "bytes": bytes(snapshot),
                "source_bytes": manifest.source_bytes,
                "content_digest": manifest.content_digest,
                "selection": (!manifest.selection.is_all()).then_some(&manifest.selection),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(objects))
}

fn for_people(snapshots: &[SealedSnapshot]) -> String {
    let head = ["TABLE", "START (UTC)", "ROWS", "SIZE", "CONTENT", "FOLDER"].map(str::to_owned);
    let lines = snapshots.iter().map(|snapshot| {
        let manifest = &snapshot.manifest;
        let selected = if manifest.selection.is_all() { "" } else { " (selection)" };
        [
            format!("{}{selected}", table(snapshot)),
            manifest.source.started_at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            human_count(manifest.rows),
            human_bytes(bytes(snapshot)),
            manifest.content_digest.short(),
            snapshot.path.display().to_string(),
        ]
    });
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(lines).collect();
    let widths: Vec<usize> =
        (0..6).map(|place| lines.iter().map(|line| line[place].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for [table, start, rows, size, content, folder] in &lines {
        let [a, b, c, d, e] = [widths[0], widths[1], widths[2], widths[3], widths[4]];
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{table:<a$}  {start:<b$}  {rows:>c$}  {size:>d$}  {content:<e$}  {folder}");
    }
    text
}

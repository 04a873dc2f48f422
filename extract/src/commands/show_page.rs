//! `extract show --html`: a snapshot and its columns as one page.
//!
//! In: a snapshot and the profiles of its columns. Out: HTML that is complete by itself. It shows values of rows, so it is as
//! private as the snapshot.

use serde::Serialize;
use shared::page::render;
use shared::snapshot::{Manifest, SealedSnapshot};

use crate::profile::ColumnProfile;

const TEMPLATE: &str = include_str!("show_page.html");

#[derive(Serialize)]
struct Page<'a> {
    path: String,
    manifest: &'a Manifest,
    /// What of the table it is, where it is not all of it.
    selection: Option<String>,
    stored_bytes: u64,
    seconds: f64,
    columns: Vec<ShownColumn<'a>>,
}

#[derive(Serialize)]
struct ShownColumn<'a> {
    name: &'a str,
    mysql_type: &'a str,
    arrow_type: &'a str,
    nullable: bool,
    profile: &'a ColumnProfile,
    missing_share: f64,
    /// Of the distinct values among all that are there.
    distinct_share: f64,
    /// Of the column in the bytes of the snapshot, and of that in the largest column's.
    size_share: f64,
    bar: f64,
    bad_values: Vec<String>,
}

/// Makes the page.
pub(super) fn page(snapshot: &SealedSnapshot, profiles: &[ColumnProfile]) -> String {
    let manifest = &snapshot.manifest;
    let all: u64 = profiles.iter().map(|profile| profile.stored_bytes).sum();
    let largest = profiles.iter().map(|profile| profile.stored_bytes).max().unwrap_or(0);
    let part = |one: u64, of: u64| one as f64 / of.max(1) as f64;
    let columns = manifest.columns.iter().zip(profiles).map(|(column, profile)| {
        let bad = manifest.bad_values.iter().filter(|bad| bad.column == column.name);
        ShownColumn {
            name: &column.name,
            mysql_type: &column.mysql_type,
            arrow_type: &column.arrow_type,
            nullable: column.nullable,
            profile,
            missing_share: part(profile.missing, profile.rows),
            distinct_share: part(profile.distinct, profile.rows - profile.missing),
            size_share: part(profile.stored_bytes, all),
            bar: part(profile.stored_bytes, largest),
            bad_values: bad
                .map(|bad| format!("{} of {}, stored as {}", bad.count, bad.reason, bad.stored_as))
                .collect(),
        }
    });
    let took = manifest.source.ended_at.duration_since(manifest.source.started_at);
    let page = Page {
        path: snapshot.path.display().to_string(),
        manifest,
        selection: (!manifest.selection.is_all()).then(|| manifest.selection.to_string()),
        stored_bytes: manifest.parts.iter().map(|part| part.bytes).sum(),
        seconds: took.as_secs_f64(),
        columns: columns.collect(),
    };
    render(TEMPLATE, page).expect("the template fits every snapshot")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::FrequentValue;

    fn manifest(columns: &serde_json::Value) -> Manifest {
        let json = json!({
            "format_version": 1, "tool_version": "0.1.0", "as_of_date": "2026-11-22", "rows": 4, "source_bytes": 100,
            "source": {"server_kind": "MariaDB", "server_version": "10.11", "database": "d", "table": "<t>",
                       "statement": "SELECT 1", "started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:00:02Z",
                       "consistent_read": true, "protocol": "binary", "on_bad_value": "null"},
            "columns": columns, "parts": [{"file": "part-00000.parquet", "rows": 4, "first_row": 0, "bytes": 900, "sha256": "00"}],
            "bad_values": [{"column": "a", "reason": "zero date", "stored_as": "null", "count": 3, "first_row": 1}],
            "content_digest": "0".repeat(64)
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn columns_are_shown_and_values_are_never_markup() {
        let columns = json!([{"name": "a", "mysql_type": "text", "nullable": true, "arrow_type": "utf8", "parquet_type": "x", "rule": "y"}]);
        let snapshot = SealedSnapshot { path: "data/d.t/x".into(), manifest: manifest(&columns) };
        let value = "<script>alert(1)</script>".to_owned();
        let profile = ColumnProfile {
            rows: 4,
            missing: 1,
            distinct: 2,
            distinct_is_exact: true,
            least: Some(value.clone()),
            frequent: vec![FrequentValue { value, count: 2, is_exact: false }],
            stored_bytes: 500,
            ..ColumnProfile::default()
        };
        let html = page(&snapshot, &[profile]);
        for shown in ["25 %", "&lt;script&gt;", "≥ 2", "zero date", "d.&lt;t&gt;", "SELECT 1"] {
            assert!(html.contains(shown), "{shown}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
        let empty = SealedSnapshot { path: "x".into(), manifest: manifest(&json!([])) };
        assert!(page(&empty, &[]).contains("No columns"));
    }
}

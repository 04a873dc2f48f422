//! Writes made-up graph tables into a Neo4j and prints the rates by table: how fast is this server with so many writers?
//!
//! In: `NEO4J_URI`, `NEO4J_PASSWORD` ..., learners, writers. Out: a table of rates on standard error. The target must be
//! empty; `load clear` empties it again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use jiff::civil::date;
use load::graph_table::manifest::{
    EndPoint, GraphManifest, GraphTables, Inputs, NodeTable, OnUpsert, Property, PropertyType, RelationshipTable,
    SchemaItem, SchemaKind, SchemaOn, SourceInput, TableFile,
};
use load::graph_table::writer::TableWriter;
use load::journal::{Journal, Stage};
use load::load::{LoadOptions, Loaded, load};
use load::run::Mode;
use load::run::admission::Wanted;
use load::target::check;
use load::target::endpoint::{Endpoint, EndpointFlags};
use load::write::Holds;
use load::write::crew::Writers;
use shared::env_file::Settings;
use shared::interrupt::Interrupt;
use shared::progress::Style;

const SKILLS: i64 = 3_000;
const PROGRAMS: i64 = 120;
const STATES: i64 = 4;

fn property(name: &str, kind: PropertyType) -> Property {
    Property { name: name.to_owned(), kind }
}

/// A column of made-up values.
fn column(kind: PropertyType, rows: i64, value: impl Fn(i64) -> i64, prefix: &str) -> ArrayRef {
    match kind {
        PropertyType::Integer => Arc::new(Int64Array::from_iter_values((0..rows).map(value))),
        PropertyType::Float => Arc::new(Float64Array::from_iter(
            (0..rows).map(|row| (value(row) % 5 != 0).then(|| value(row) as f64 / 7.0)),
        )),
        PropertyType::Date => Arc::new(Date32Array::from_iter(
            (0..rows).map(|row| (value(row) % 4 != 0).then(|| 18_000 + (value(row) % 2_000) as i32)),
        )),
        _ => Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("{prefix}{}", value(row))))),
    }
}

fn hash(number: i64) -> i64 {
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64) >> 17) & 0x7FFF_FFFF
}

struct Maker<'a> {
    dir: &'a Path,
}

impl Maker<'_> {
    fn write(
        &self,
        stem: &str,
        columns: Vec<(String, ArrayRef)>,
        owner_columns: usize,
    ) -> (u64, Vec<TableFile>, Vec<u32>) {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
            .expect("columns of one length");
        let mut writer = TableWriter::new(self.dir, stem, batch.schema(), owner_columns);
        writer.append(&batch).expect("a folder that can be written");
        let written = writer.finish().expect("a folder that can be written");
        (written.rows, written.files, written.unit_rows)
    }

    fn nodes(&self, label: &str, rows: i64, key: &str, prefix: &str, texts: i64) -> NodeTable {
        let mut properties = vec![property(key, PropertyType::String)];
        let mut columns = vec![(key.to_owned(), column(PropertyType::String, rows, |row| row, prefix))];
        for text in 0..texts {
            let name = format!("text{text}");
            columns.push((
                name.clone(),
                column(PropertyType::String, rows, move |row| hash(row + text) % 1_000, "some text "),
            ));
            properties.push(property(&name, PropertyType::String));
        }
        let (rows, files, unit_rows) = self.write(&format!("nodes/{label}"), columns, 0);
        NodeTable {
            table: label.into(),
            labels: vec![label.into()],
            key: vec![key.into()],
            properties,
            rows,
            files,
            unit_rows,
        }
    }

    fn relationships(
        &self,
        rel_type: &str,
        learners: i64,
        per_learner: i64,
        end: (&str, &str, &str, i64),
        kinds: &[PropertyType],
    ) -> RelationshipTable {
        let rows = learners * per_learner;
        let mut columns = vec![
            ("source.key".to_owned(), column(PropertyType::String, rows, |row| row / per_learner, LEARNER)),
            (
                format!("target.{}", end.1),
                column(PropertyType::String, rows, |row| (hash(row / per_learner) + row % per_learner) % end.3, end.2),
            ),
        ];
        let mut properties = Vec::new();
        for (index, kind) in kinds.iter().enumerate() {
            let name = format!("p{index}");
            columns.push((
                format!("rel.{name}"),
                column(*kind, rows, move |row| hash(row + index as i64) % 1_000, "value "),
            ));
            properties.push(property(&name, *kind));
        }
        let (rows, files, unit_rows) = self.write(&format!("relationships/{rel_type}"), columns, 1);
        RelationshipTable {
            follows: None,
            table: rel_type.into(),
            rel_type: rel_type.into(),
            start: EndPoint { label: "Learner".into(), key: vec![property("key", PropertyType::String)] },
            end: EndPoint { label: end.0.into(), key: vec![property(end.1, PropertyType::String)] },
            identity: Vec::new(),
            properties,
            on_upsert: OnUpsert::Replace,
            rows,
            files,
            unit_rows,
        }
    }
}

const LEARNER: &str = "0123456789abcdef0123456789";

fn make(dir: &Path, learners: i64) -> GraphTables {
    use PropertyType::{Date, Float, Integer, String as Text};
    let maker = Maker { dir };
    let companies = (learners / 5).max(1);
    let nodes = vec![
        maker.nodes("Skill", SKILLS, "id", "skill-", 2),
        maker.nodes("Program", PROGRAMS, "id", "program-", 2),
        maker.nodes("Company", companies, "id", "company-", 1),
        maker.nodes("State", STATES, "state", "state-", 0),
        maker.nodes("Learner", learners, "key", LEARNER, 12),
    ];
    let enrolment = [Integer, Text, Text, Date, Date, Date, Float, Float, Integer, Integer, Integer, Float, Integer];
    let relationships = vec![
        maker.relationships("HAS_SKILL", learners, 3, ("Skill", "id", "skill-", SKILLS), &[Text]),
        maker.relationships("ENROLLED_IN", learners, 1, ("Program", "id", "program-", PROGRAMS), &enrolment),
        maker.relationships(
            "WORKS_FOR",
            learners / 2,
            1,
            ("Company", "id", "company-", companies),
            &[Text, Integer, Text, Date, Date, Integer],
        ),
        maker.relationships(
            "HAS_STATE",
            learners,
            2,
            ("State", "state", "state-", STATES),
            &[Integer, Date, Date, Text],
        ),
    ];
    let schema = nodes
        .iter()
        .map(|table| SchemaItem {
            kind: SchemaKind::UniqueConstraint,
            name: format!("write_rate_{}", table.table),
            on: SchemaOn::Label(table.labels[0].clone()),
            properties: table.key.clone(),
            options: None,
            property_type: None,
        })
        .chain((0..4).map(|index| SchemaItem {
            kind: SchemaKind::RangeIndex,
            name: format!("write_rate_text{index}"),
            on: SchemaOn::Label("Learner".into()),
            properties: vec![format!("text{index}")],
            options: None,
            property_type: None,
        }))
        .collect();
    let inputs = Inputs {
        sources: vec![SourceInput {
            table: "made_up".into(),
            content_digest: format!("{learners:064}"),
            rows: learners as u64,
        }],
        mapping: "write_rate".into(),
        mapping_digest: "0".repeat(64),
        as_of: date(2026, 11, 22),
        sample: None,
        rules_version: 1,
    };
    let rejects = TableFile { file: "rejects.parquet".into(), rows: 0, bytes: 0, sha256: String::new() };
    let manifest = GraphManifest {
        format_version: 1,
        inputs,
        nodes,
        relationships,
        queries: Vec::new(),
        schema,
        actions: Vec::new(),
        rejects,
        counts: BTreeMap::new(),
        notes: BTreeMap::new(),
    };
    GraphTables { dir: dir.to_owned(), manifest }
}

fn rate(rows: u64, time: Duration) -> u64 {
    (rows as f64 / time.as_secs_f64().max(1e-9)) as u64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    drop(rustls::crypto::ring::default_provider().install_default());
    shared::telemetry::install(0, shared::telemetry::LogFormat::Text);
    let number =
        |name: &str, default: i64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (learners, writers) = (number("LEARNERS", 150_000), number("WRITERS", 2));
    let dir = tempfile::tempdir()?;
    let tables = make(dir.path(), learners);
    let endpoint = Endpoint::resolve(&EndpointFlags::default(), &Settings::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build()?;
    let mode = if number("UPSERT", 0) == 1 { Mode::Upsert } else { Mode::Create };
    let inputs = &tables.manifest.inputs;
    let wanted = Wanted::new(inputs, "made up".into(), number("RESUME", 0) == 1, Some(mode));
    let options = LoadOptions {
        writers: Writers::Fixed(usize::try_from(writers)?),
        batch_rows: usize::try_from(number("BATCH", 0)).ok().filter(|rows| *rows > 0),
        apart: number("APART", 0) == 1,
        max_rejects: u64::try_from(number("REJECTS", 0))?,
        interrupt: Interrupt::install()?,
        progress: Arc::from(Style::Plain.reporter()),
        journal: Journal::begin(),
    };
    let report = runtime.block_on(async {
        let server = check::look(&endpoint).await?;
        check::create_ledger_schema(&mut check::connect(&endpoint, &server)?).await?;
        let loaded = load(&endpoint, &server, &tables, &wanted, dir.path(), &options).await;
        loaded.map_err(|error| {
            shared::exit::report(&error);
            Box::<dyn std::error::Error>::from(error.to_string())
        })
    })?;
    let Loaded::Done(report) = report else { return Err("already loaded: run load clear".into()) };
    for table in &report.graph.tables {
        eprintln!(
            "{:12} {:>9} rows {:>8.2} s {:>8} rows/s {:>5} batches, waited {:.0} %",
            table.table,
            table.rows,
            table.elapsed.as_secs_f64(),
            rate(table.rows, table.elapsed),
            table.batches,
            100.0 * table.waited.as_secs_f64() / table.writer_time.as_secs_f64().max(1e-9),
        );
    }
    let entries = options.journal.entries();
    let relationships: Vec<_> =
        report.graph.tables.iter().filter(|table| table.holds == Holds::Relationships).collect();
    let rows = relationships.iter().map(|table| table.rows).sum();
    let time = relationships.iter().map(|table| table.elapsed).sum();
    eprintln!(
        "relationships {} rows/s; write {:?}, verify {:?}; retries {:?}",
        rate(rows, time),
        entries.time(Stage::Writing),
        entries.time(Stage::Verification),
        report.graph.retries
    );
    Ok(())
}

//! Passes over a made-up table: whole, cut at any point, cut again, and changed in between.

use std::path::Path;

use mysql::Value;
use parquet::basic::Compression;
use rayon::ThreadPoolBuilder;
use shared::snapshot::{Selection, folder_name};
use shared::type_map::OnBadValue;

use super::*;
use crate::args::Protocol;
use crate::plan::PageCompression;
use crate::source::{SourceColumn, Table};

const BATCH_ROWS: u64 = 50;

/// Cut small: a row group after every second batch or so, a part after every fourth.
const SMALL: Cut =
    Cut { part_bytes: 4_000, row_group_bytes: 2_000, compression: PageCompression::As(Compression::SNAPPY) };

fn layout() -> Layout {
    let column = |name: &str, declared: &str| SourceColumn {
        name: name.into(),
        declared: declared.into(),
        nullable: true,
        charset: None,
    };
    let table = Table {
        database: "d".into(),
        name: "t".into(),
        columns: vec![column("id", "bigint(20)"), column("name", "text"), column("at", "timestamp")],
        consistent: true,
        estimated_rows: None,
        estimated_bytes: None,
        selection: Selection::default(),
        split: None,
        keys: shared::snapshot::DeclaredKeys::default(),
    };
    Layout::of(&table, Protocol::Binary, OnBadValue::Null).unwrap()
}

/// The row `n`, or another one in its place from `changed_from` on.
fn row(n: u64, changed_from: u64) -> Vec<Option<Value>> {
    let name = if n >= changed_from { format!("other {n}") } else { format!("name {n}") };
    let id = i64::try_from(n).unwrap();
    let at = if n.is_multiple_of(10) { Value::Date(0, 0, 0, 0, 0, 0, 0) } else { Value::Date(2020, 1, 1, 0, 0, 0, 0) };
    vec![Some(Value::Int(id)), (!n.is_multiple_of(7)).then(|| Value::Bytes(name.into_bytes())), Some(at)]
}

/// The batches that the reader would make of rows 0 to `rows`.
fn batches(layout: &Layout, rows: u64, changed_from: u64) -> Vec<RowBatch> {
    let starts = (0..rows).step_by(usize::try_from(BATCH_ROWS).unwrap());
    let batch = |first_row| {
        let mut batch = RowBatch::new(layout, first_row, None);
        (first_row..rows.min(first_row + BATCH_ROWS)).for_each(|n| batch.push(row(n, changed_from)).unwrap());
        batch
    };
    starts.map(batch).collect()
}

struct Run {
    layout: Layout,
    pool: ThreadPool,
    staging: Staging<Writing>,
    cut: Cut,
}

impl Run {
    fn new(out: &Path, cut: Cut) -> Self {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let staging = Staging::create(out, "d", "t", "2026-11-22T11:15:30Z".parse().unwrap()).unwrap();
        Self { layout: layout(), pool, staging, cut }
    }

    /// A pass that breaks after `rows` rows: the reader never hands on the batch that it was filling then.
    fn broken(&self, left: Left, rows: u64, changed_from: u64) -> Left {
        let mut encoder = Encoder::new(&self.layout, self.cut, &self.pool, &self.staging, left);
        let rows = rows - rows % BATCH_ROWS;
        for batch in batches(&self.layout, rows, changed_from) {
            encoder.take(batch).unwrap();
        }
        encoder.give_up()
    }

    fn whole(&self, left: Left, rows: u64, changed_from: u64) -> Encoded {
        let mut encoder = Encoder::new(&self.layout, self.cut, &self.pool, &self.staging, left);
        for batch in batches(&self.layout, rows, changed_from) {
            encoder.take(batch).unwrap();
        }
        encoder.finish().unwrap()
    }

    /// Reads all parts back and shows their rows.
    fn rows(&self, encoded: &Encoded) -> Vec<String> {
        let mut shown = Vec::new();
        for part in &encoded.parts {
            assert_eq!(part.first_row, shown.len() as u64, "{part:?}");
            let file = File::open(self.staging.path().join(&part.file)).unwrap();
            assert_eq!(file.metadata().unwrap().len(), part.bytes, "{part:?}");
            for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                let cell = |column: usize, row: usize| {
                    let naive = arrow::compute::cast(batch.column(column), &arrow::datatypes::DataType::Int64);
                    let column = if column == 2 { naive.unwrap() } else { batch.column(column).clone() };
                    arrow::util::display::array_value_to_string(&column, row).unwrap()
                };
                shown.extend((0..batch.num_rows()).map(|row| [0, 1, 2].map(|column| cell(column, row)).join("|")));
            }
            assert_eq!(part.first_row + part.rows, shown.len() as u64, "{part:?}");
        }
        shown
    }
}

fn undisturbed(rows: u64, changed_from: u64, cut: Cut) -> (Encoded, Vec<String>) {
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(out.path(), cut);
    let encoded = run.whole(Left::default(), rows, changed_from);
    let shown = run.rows(&encoded);
    (encoded, shown)
}

#[test]
fn a_pass_gives_every_row_in_order_and_counts_bad_values() {
    let (encoded, shown) = undisturbed(777, u64::MAX, SMALL);
    assert_eq!(shown.len(), 777);
    assert_eq!(shown[1], "1|name 1|1577836800000000");
    assert_eq!(shown[770], "770||");
    assert!(encoded.parts.len() > 3, "{}", encoded.parts.len());
    assert_eq!(encoded.bad_values.len(), 1);
    assert_eq!((encoded.bad_values[0].count, encoded.bad_values[0].reason.as_str()), (78, "zero date"));
}

#[test]
fn the_digest_does_not_depend_on_the_cut() {
    let large = Cut {
        part_bytes: u64::MAX,
        row_group_bytes: u64::MAX,
        compression: PageCompression::As(Compression::UNCOMPRESSED),
    };
    let (small, _) = undisturbed(777, u64::MAX, SMALL);
    let (large, _) = undisturbed(777, u64::MAX, large);
    assert_eq!(small.content_digest, large.content_digest);
    assert_eq!(small.source_bytes, large.source_bytes);
    assert_ne!(small.content_digest, undisturbed(776, u64::MAX, SMALL).0.content_digest);
    assert_ne!(small.content_digest, undisturbed(777, 776, SMALL).0.content_digest);
}

#[test]
fn a_table_without_rows_still_has_a_part_with_the_schema() {
    let (encoded, shown) = undisturbed(0, u64::MAX, SMALL);
    assert!(shown.is_empty());
    assert_eq!(encoded.parts.len(), 1);
    assert_eq!((encoded.rows, encoded.parts[0].rows), (0, 0));
}

#[test]
fn a_pass_after_a_cut_equals_an_undisturbed_one_wherever_the_cut_was() {
    let (expected, expected_rows) = undisturbed(777, u64::MAX, SMALL);
    for cut_at in [0, 50, 150, 200, 250, 400, 750, 777] {
        let out = tempfile::tempdir().unwrap();
        let run = Run::new(out.path(), SMALL);
        let left = run.broken(Left::default(), cut_at, u64::MAX);
        let kept = left.kept.as_ref().map_or(0, |kept| kept.parts.len());
        // Broken once more on the way, before, at or after the end of what is kept.
        let left = run.broken(left, cut_at / 2, u64::MAX);
        assert_eq!(left.kept.as_ref().map_or(0, |kept| kept.parts.len()), kept, "cut at {cut_at}");
        let encoded = run.whole(left, 777, u64::MAX);
        assert_eq!(encoded.content_digest, expected.content_digest, "cut at {cut_at}");
        assert_eq!(encoded.parts, expected.parts, "cut at {cut_at}");
        assert_eq!(encoded.bad_values, expected.bad_values, "cut at {cut_at}");
        assert_eq!(run.rows(&encoded), expected_rows, "cut at {cut_at}");
    }
}

#[test]
fn parts_that_are_kept_are_not_written_again() {
    use std::os::unix::fs::MetadataExt;
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(out.path(), SMALL);
    let left = run.broken(Left::default(), 500, u64::MAX);
    let kept: Vec<Part> = left.kept.as_ref().unwrap().parts.clone();
    let inode = |part: &Part| std::fs::metadata(run.staging.path().join(&part.file)).unwrap().ino();
    let before: Vec<u64> = kept.iter().map(inode).collect();
    let encoded = run.whole(left, 777, u64::MAX);
    assert!(kept.len() > 1);
    assert_eq!(encoded.parts[..kept.len()], kept);
    assert_eq!(encoded.parts[..kept.len()].iter().map(inode).collect::<Vec<_>>(), before);
}

#[test]
fn from_the_first_changed_row_on_all_is_written_anew() {
    for (changed_from, rows) in
        [(0, 777), (49, 777), (120, 777), (333, 777), (600, 777), (u64::MAX, 333), (u64::MAX, 0)]
    {
        let out = tempfile::tempdir().unwrap();
        let run = Run::new(out.path(), SMALL);
        let left = run.broken(Left::default(), 700, u64::MAX);
        let encoded = run.whole(left, rows, changed_from);
        let (expected, expected_rows) = undisturbed(rows, changed_from, SMALL);
        assert_eq!(encoded.content_digest, expected.content_digest, "changed from {changed_from}, {rows} rows");
        assert_eq!(run.rows(&encoded), expected_rows, "changed from {changed_from}, {rows} rows");
        let mut files: Vec<_> = std::fs::read_dir(run.staging.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .collect();
        files.sort();
        assert_eq!(files, encoded.parts.iter().map(|part| part.file.clone()).collect::<Vec<_>>());
        assert!(run.staging.path().parent().unwrap().ends_with(folder_name("d", "t")));
    }
}

#[test]
fn a_bad_value_ends_the_pass_where_none_is_allowed() {
    let out = tempfile::tempdir().unwrap();
    let mut run = Run::new(out.path(), SMALL);
    run.layout.on_bad_value = OnBadValue::Fail;
    let mut encoder = Encoder::new(&run.layout, run.cut, &run.pool, &run.staging, Left::default());
    let batch = batches(&run.layout, 50, u64::MAX).remove(0);
    let error = encoder.take(batch).err().unwrap();
    assert_eq!(error.to_string(), "row 0 of d.t has a value in column at that cannot be stored: zero date");
}

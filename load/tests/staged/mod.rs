//! What tests of staging share: batches come in and are sealed as `extract` would seal them; rows of graph tables go out as
//! JSON. Nothing here judges anything.

use std::fs::{self, File};
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use load::graph_table::manifest::TableFile;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use shared::snapshot::SealedSnapshot;

/// A snapshot of these rows.
pub fn seal(dir: &Path, table: &str, batch: &RecordBatch) -> SealedSnapshot {
    let path = dir.join("part-00000.parquet");
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    let bytes = fs::read(&path).unwrap();
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let manifest = json!({
        "format_version": shared::snapshot::FORMAT_VERSION, "tool_version": "0", "as_of_date": "2000-01-01", "columns": [],
        "rows": batch.num_rows(), "source_bytes": 0, "bad_values": [], "content_digest": sha256,
        "parts": [{"file": "part-00000.parquet", "rows": batch.num_rows(), "first_row": 0, "bytes": bytes.len(), "sha256": sha256}],
        "source": {"server_kind": "MariaDB", "server_version": "10", "database": "d", "table": table,
            "statement": "", "started_at": "2000-01-01T00:00:00Z", "ended_at": "2000-01-01T00:00:00Z",
            "consistent_read": true, "protocol": "binary", "on_bad_value": "null"},
    });
    SealedSnapshot { path: dir.to_owned(), manifest: serde_json::from_value(manifest).unwrap() }
}

fn value(array: &ArrayRef, row: usize) -> Json {
    if array.is_null(row) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => json!(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Date32 => json!({"date": array.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string()}),
        other => panic!("no case expects a {other}"),
    }
}

/// The rows of a graph table; missing properties are absent.
pub fn rows(dir: &Path, files: &[TableFile]) -> Vec<Map<String, Json>> {
    let mut rows = Vec::new();
    for file in files {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(dir.join(&file.file)).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            for row in 0..batch.num_rows() {
                let schema = batch.schema();
                let members = schema.fields().iter().zip(batch.columns());
                let members = members.map(|(field, array)| (field.name().clone(), value(array, row)));
                rows.push(members.filter(|(_, value)| !value.is_null()).collect());
            }
        }
    }
    rows
}

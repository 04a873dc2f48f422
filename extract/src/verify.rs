//! A sealed snapshot, checked to its last value.
//!
//! In: a snapshot's folder. Out: that everything in it is as it was sealed, or the first thing that is not. Size, SHA-256 and
//! rows of each part come first, then the list of checksums, then what readers would take for a part and is none; then
//! every page of every part is decoded, and the content digest is worked out anew from the values. Nothing is written.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use shared::progress::{Progress, Total, Unit};
use shared::snapshot::{CHECKSUMS_FILE, ContentHasher, Part, SealedSnapshot, SnapshotError};
use shared::type_map::Stored;

/// Bytes of values that are decoded at a time, about.
const BATCH_BYTES: i64 = 4 << 20;

/// Rows that are decoded at a time, at most.
const BATCH_ROWS: i64 = 8192;

/// Row groups that are decoded side by side, at most: each is held as a whole until it is its turn.
const SIDE_BY_SIDE: usize = 4;

/// Checks everything.
///
/// # Errors
/// The first thing that is not as it was sealed.
pub fn verify(snapshot: &SealedSnapshot, progress: &dyn Progress) -> Result<(), SnapshotError> {
    snapshot.verify(progress)?;
    compare_checksums(snapshot)?;
    find_strays(snapshot)?;
    let manifest = &snapshot.manifest;
    progress.start("reading every value", Total::Exact(manifest.rows), Unit::Count("rows"));
    let mut content = ContentHasher::new(&manifest.columns);
    for part in &manifest.parts {
        read_part(snapshot, part, &mut content, progress)?;
    }
    progress.finish();
    let (found, expected) = (content.digest(), manifest.content_digest);
    if found == expected {
        return Ok(());
    }
    let path = snapshot.path.clone();
    Err(SnapshotError::ContentDiffers { path, found: found.to_string(), expected: expected.to_string() })
}

fn compare_checksums(snapshot: &SealedSnapshot) -> Result<(), SnapshotError> {
    let path = snapshot.path.join(CHECKSUMS_FILE);
    let text = std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => {
            SnapshotError::ChecksumsDiffer { path: path.clone(), detail: "it is missing".into() }
        }
        _ => SnapshotError::Unreadable { path: path.clone(), source },
    })?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    for part in &snapshot.manifest.parts {
        let line = lines.next().unwrap_or_default();
        if line != format!("{}  {}", part.sha256, part.file) {
            let detail = format!("it has no line for {} with the same checksum in its place", part.file);
            return Err(SnapshotError::ChecksumsDiffer { path, detail });
        }
    }
    match lines.next() {
        Some(line) => Err(SnapshotError::ChecksumsDiffer { path, detail: format!("it has a line too many: {line}") }),
        None => Ok(()),
    }
}

/// Readers of folders take every file whose name does not start with `_` or a dot.
fn find_strays(snapshot: &SealedSnapshot) -> Result<(), SnapshotError> {
    let unreadable = |source| SnapshotError::Unreadable { path: snapshot.path.clone(), source };
    for entry in std::fs::read_dir(&snapshot.path).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let is_passed_over = matches!(name.as_encoded_bytes().first(), Some(b'_' | b'.'));
        if !is_passed_over && !snapshot.manifest.parts.iter().any(|part| name == part.file.as_str()) {
            return Err(SnapshotError::StrayPart { path: snapshot.path.join(name) });
        }
    }
    Ok(())
}

/// Names and types, in order, as the reader of Parquet finds them.
fn compare_schema(snapshot: &SealedSnapshot, path: &Path, schema: &Schema) -> Result<(), SnapshotError> {
    let differs = |detail| Err(SnapshotError::SchemaDiffers { path: path.to_path_buf(), detail });
    let (columns, fields) = (&snapshot.manifest.columns, schema.fields());
    if columns.len() != fields.len() {
        return differs(format!("it has {} columns and the manifest {}", fields.len(), columns.len()));
    }
    for (column, field) in columns.iter().zip(fields) {
        let found = Stored::of_arrow(field.data_type()).map(Stored::arrow_name);
        if column.name != *field.name() || found.as_deref() != Some(column.arrow_type.as_str()) {
            let found = found.unwrap_or_else(|| field.data_type().to_string());
            let (name, expected) = (&column.name, &column.arrow_type);
            return differs(format!("{} {found} stands where the manifest has {name} {expected}", field.name()));
        }
    }
    Ok(())
}

fn read_part(
    snapshot: &SealedSnapshot,
    part: &Part,
    content: &mut ContentHasher,
    progress: &dyn Progress,
) -> Result<(), SnapshotError> {
    let path = snapshot.path.join(&part.file);
    let unreadable = |source: ParquetError| SnapshotError::PartUnreadable { path: path.clone(), source };
    let file = open(&path)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(unreadable)?;
    compare_schema(snapshot, &path, metadata.schema())?;
    let groups: Vec<usize> = (0..metadata.metadata().num_row_groups()).collect();
    let mut rows = 0;
    for some in groups.chunks(rayon::current_num_threads().min(SIDE_BY_SIDE)) {
        let decoded: Vec<Result<Vec<RecordBatch>, SnapshotError>> =
            some.into_par_iter().map(|group| decode_group(&path, &metadata, *group)).collect();
        // The digest is of the rows in order, so they are added in order.
        for batches in decoded {
            for batch in batches? {
                content.add(batch.columns());
                rows += batch.num_rows() as u64;
                progress.advance(batch.num_rows() as u64);
            }
        }
    }
    if rows == part.rows {
        return Ok(());
    }
    let (found, expected) = (rows.to_string(), part.rows.to_string());
    Err(SnapshotError::PartDiffers { path, what: "number of rows", found, expected })
}

fn decode_group(path: &Path, metadata: &ArrowReaderMetadata, group: usize) -> Result<Vec<RecordBatch>, SnapshotError> {
    let unreadable = |source: ParquetError| SnapshotError::PartUnreadable { path: path.to_path_buf(), source };
    let described = metadata.metadata().row_group(group);
    let row_bytes = described.total_byte_size() / described.num_rows().max(1) + 1;
    let batch_rows = usize::try_from((BATCH_BYTES / row_bytes).clamp(1, BATCH_ROWS)).unwrap_or(1);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open(path)?, metadata.clone())
        .with_row_groups(vec![group])
        .with_batch_size(batch_rows)
        .build()
        .map_err(unreadable)?;
    reader.map(|batch| batch.map_err(|error| unreadable(ParquetError::External(Box::new(error))))).collect()
}

fn open(path: &Path) -> Result<File, SnapshotError> {
    File::open(path).map_err(|source| SnapshotError::Unreadable { path: path.to_path_buf(), source })
}

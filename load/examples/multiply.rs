//! Makes a snapshot COPIES times as long as another, with keys of its own in every copy: what staging is given to show that it
//! keeps within its memory. All columns but the key's are copied as they lie in the file, so it is as quick as the disk.
//! Its content digest stands for its parts and not for its values: `extract verify` would refuse it, and `load` does not care.
//! Usage: `multiply SNAPSHOT OUT COPIES [KEY_COLUMN]`.

use std::fs::File;
use std::path::Path;

use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use sha2::{Digest, Sha256};
use shared::snapshot::{ContentDigest, SealedSnapshot, Staging, find_newest};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snapshot, out, copies, ..] = arguments.as_slice() else {
        return Err("usage: multiply SNAPSHOT OUT COPIES [KEY_COLUMN]".into());
    };
    let key_column = arguments.get(3).map_or("hashed_email", String::as_str);
    let made = multiply(&find_newest(Path::new(snapshot), "")?, Path::new(out), copies.parse()?, key_column)?;
    println!("{} {} rows", made.path.display(), made.manifest.rows);
    Ok(())
}

fn multiply(from: &SealedSnapshot, out: &Path, copies: u16, key_column: &str) -> Result<SealedSnapshot, Failure> {
    let mut manifest = from.manifest.clone();
    let source = &manifest.source;
    let staging = Staging::create(out, &source.database, &source.table, source.started_at)?;
    let mut parts = Vec::new();
    let mut rows = 0;
    for copy in 0..copies {
        for part in &from.manifest.parts {
            let mut file = staging.part(parts.len())?;
            let input = File::open(from.path.join(&part.file))?;
            let reader = SerializedFileReader::new(input.try_clone()?)?;
            let metadata = reader.metadata().file_metadata();
            let properties = WriterProperties::builder().set_key_value_metadata(metadata.key_value_metadata().cloned());
            let schema = metadata.schema_descr().root_schema_ptr();
            let mut writer = SerializedFileWriter::new(&mut file, schema, properties.build().into())?;
            for number in 0..reader.num_row_groups() {
                let group = reader.get_row_group(number)?;
                let mut written = writer.next_row_group()?;
                for (index, column) in group.metadata().columns().iter().enumerate() {
                    if column.column_path().string() == key_column {
                        copy_key(group.as_ref(), index, copy, &mut written)?;
                    } else {
                        let as_it_is = ColumnCloseResult {
                            bytes_written: u64::try_from(column.compressed_size())?,
                            rows_written: u64::try_from(group.metadata().num_rows())?,
                            metadata: column.clone(),
                            bloom_filter: None,
                            column_index: None,
                            offset_index: None,
                        };
                        written.append_column(&input, as_it_is)?;
                    }
                }
                written.close()?;
            }
            writer.close()?;
            parts.push(file.finish(rows, part.rows)?);
            rows += part.rows;
        }
    }
    let digest = parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(&part.sha256));
    manifest.content_digest = ContentDigest::from_bytes(digest.finalize().into());
    manifest.rows = rows;
    manifest.source_bytes *= u64::from(copies);
    manifest.parts = parts.clone();
    Ok(staging.complete(parts)?.publish(manifest)?)
}

/// The key of a copy: the same with the number of the copy in place of its first four characters.
fn copy_key(
    group: &dyn RowGroupReader,
    index: usize,
    copy: u16,
    written: &mut SerializedRowGroupWriter<'_, &mut shared::snapshot::PartFile>,
) -> Result<(), Failure> {
    let rows = usize::try_from(group.metadata().num_rows())?;
    let ColumnReader::ByteArrayColumnReader(mut reader) = group.get_column_reader(index)? else {
        return Err("the key column is no text".into());
    };
    let (mut values, mut levels) = (Vec::<ByteArray>::new(), Vec::<i16>::new());
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(rows - read, Some(&mut levels), None, &mut values)?;
        read += records;
    }
    for value in &mut values {
        if let Some(rest) = value.data().get(4..).filter(|_| copy > 0) {
            *value = [format!("{copy:04x}").as_bytes(), rest].concat().into();
        }
    }
    let mut column = written.next_column()?.ok_or("the row group lacks a column")?;
    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
    Ok(column.close()?)
}

//! How each column is encoded, decided once, from the first rows.
//!
//! In: the first batch. Out: the writer's properties for the whole snapshot. Dictionaries go by how many values are new,
//! encodings and, where none was asked for, levels by trying them on those rows. The choice changes size and speed and nothing
//! else: values and content digest are the same. Where the first rows mislead, files are larger, not wrong.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterPropertiesPtr, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use shared::snapshot::value_bytes;

use crate::cursor::BATCH_BYTES;
use crate::plan::PageCompression;

/// Rows looked at: enough to tell a flag from a key, few enough to cost nothing.
const SAMPLE_ROWS: usize = 4096;

/// Bytes of a column looked at: those of a whole batch, which only a single large value can exceed. The sample is encoded up to
/// three times, and a value of 64 MB must not be.
const SAMPLE_BYTES: usize = BATCH_BYTES;

/// A dictionary pays while at most every third value is new; beyond that it is built only to be thrown away. Counted in the
/// second half of the sample: names of places are all new at first.
const DICTIONARY_SHARE: f64 = 0.3;

/// A page is built, copied and compressed as a whole, and zstd sees no further. Long texts repeat themselves over more than a
/// quarter of a megabyte (measured: learning_details 3 %, employment_details 5 % smaller); short columns need no such pages,
/// and smaller ones save memory.
const PAGE_BYTES: usize = 256 * 1024;
const LONG_PAGE_BYTES: usize = 1024 * 1024;

/// A text that is longer than this on average has long pages.
const LONG_TEXT_BYTES: u64 = 64;

/// What zstd is tried at besides the quickest level, where none was asked for.
const BETTER_LEVEL: i32 = 3;

/// A better level is taken where it saves more than this share: elsewhere it would only cost time.
const BETTER_SHARE: f64 = 0.05;

/// Decides from the arrays of the first batch.
pub fn decide_properties(schema: &SchemaRef, arrays: &[ArrayRef], pages: PageCompression) -> WriterPropertiesPtr {
    let mut properties = base_properties().set_compression(pages.quickest());
    let columns: Vec<_> = schema.fields().iter().zip(0..).collect();
    let choose = |(field, place): (&FieldRef, usize)| {
        let sample = arrays.get(place).map(sample);
        Choice::of(field, sample.as_ref(), pages)
    };
    let choices: Vec<Choice> = columns.into_par_iter().with_max_len(1).map(choose).collect();
    for (field, choice) in schema.fields().iter().zip(choices) {
        properties = choice.apply(properties, &ColumnPath::new(vec![field.name().clone()]));
    }
    Arc::new(properties.build())
}

/// The first values of a column, as many as may be looked at: none, where the very first is too large.
fn sample(array: &ArrayRef) -> ArrayRef {
    let rows = array.len().min(SAMPLE_ROWS);
    let rows = match array.data_type() {
        DataType::Utf8 | DataType::Binary => {
            let data = array.to_data();
            let ends = &data.buffer::<i32>(0)[..=rows];
            let limit = ends[0].saturating_add(i32::try_from(SAMPLE_BYTES).unwrap_or(i32::MAX));
            ends[1..].partition_point(|end| *end <= limit)
        }
        // Sixteen bytes at most.
        _ => rows,
    };
    array.slice(0, rows)
}

fn base_properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("rowgraph extract ", env!("CARGO_PKG_VERSION")).to_owned())
        // We close row groups ourselves, by bytes of values.
        .set_max_row_group_row_count(None)
        .set_offset_index_disabled(true)
}

/// How one column is encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Choice {
    /// Also what a dictionary falls back to when it grows too large after all.
    encoding: Encoding,
    compression: Compression,
    with_dictionary: bool,
    statistics: EnabledStatistics,
    page_bytes: usize,
}

impl Choice {
    fn of(field: &FieldRef, sample: Option<&ArrayRef>, pages: PageCompression) -> Self {
        let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::Binary);
        let encoding = match field.data_type() {
            DataType::Utf8 | DataType::Binary => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            DataType::Float32 | DataType::Float64 | DataType::Decimal128(19.., _) => Encoding::PLAIN,
            _ => Encoding::DELTA_BINARY_PACKED,
        };
        // A column whose first value alone is too large to look at has long values, and few of them twice.
        let is_huge = sample.is_some_and(|sample| sample.is_empty());
        let is_long = is_text
            && sample.is_some_and(|sample| {
                let values = sample.len() - sample.null_count();
                is_huge || value_bytes(sample) > LONG_TEXT_BYTES * values as u64
            });
        let first = Self {
            encoding,
            compression: pages.quickest(),
            with_dictionary: !is_huge && sample.is_none_or(|sample| new_share(sample) <= DICTIONARY_SHARE),
            // The least and the greatest text of thousands of unsorted rows tell a reader nothing, and comparing them all
            // takes time (measured: a twentieth of it).
            statistics: if is_text { EnabledStatistics::None } else { EnabledStatistics::Chunk },
            page_bytes: if is_long { LONG_PAGE_BYTES } else { PAGE_BYTES },
        };
        match sample {
            Some(sample) if !is_huge => first.tried(field, sample, is_text, pages),
            _ => first,
        }
    }

    /// The better of this and its variants, by the bytes that the sample takes.
    fn tried(self, field: &FieldRef, sample: &ArrayRef, is_text: bool, pages: PageCompression) -> Self {
        let bytes = |choice: &Self| choice.bytes_of(field, sample);
        // Lengths apart from the text serve short unlike texts; lengths among it serve long ones that repeat.
        let plain = Self { encoding: Encoding::PLAIN, ..self };
        let mut encoded = (bytes(&self), self);
        if is_text {
            encoded = std::cmp::min_by_key(encoded, (bytes(&plain), plain), |(bytes, _)| *bytes);
        }
        let (encoded_bytes, encoded) = encoded;
        if let PageCompression::As(_) = pages {
            return encoded;
        }
        let better = ZstdLevel::try_new(BETTER_LEVEL).map_or(encoded.compression, Compression::ZSTD);
        let smaller = Self { compression: better, ..encoded };
        let limit = encoded_bytes as f64 * (1.0 - BETTER_SHARE);
        if (bytes(&smaller) as f64) < limit { smaller } else { encoded }
    }

    /// The size of the sample written so. A sample is too small for what a dictionary saves, so there is none.
    fn bytes_of(&self, field: &FieldRef, sample: &ArrayRef) -> usize {
        let path = ColumnPath::new(vec![field.name().clone()]);
        let properties = self.apply(base_properties(), &path).set_column_dictionary_enabled(path, false).build();
        let written = || {
            let schema = Arc::new(Schema::new(vec![Arc::clone(field)]));
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(sample)])?;
            let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
            writer.write(&batch)?;
            writer.into_inner().map(|bytes| bytes.len())
        };
        // What cannot be written is not chosen here, and says why where it is written for good.
        written().unwrap_or(usize::MAX)
    }

    fn apply(&self, properties: WriterPropertiesBuilder, path: &ColumnPath) -> WriterPropertiesBuilder {
        properties
            .set_column_encoding(path.clone(), self.encoding)
            .set_column_compression(path.clone(), self.compression)
            .set_column_dictionary_enabled(path.clone(), self.with_dictionary)
            .set_column_statistics_enabled(path.clone(), self.statistics)
            .set_column_data_page_size_limit(path.clone(), self.page_bytes)
    }
}

/// Which share of the values that are not NULL has not been seen before, in the second half of them.
fn new_share(sample: &ArrayRef) -> f64 {
    let data = sample.to_data();
    let mut seen: HashSet<&[u8]> = HashSet::new();
    let half = (sample.len() - sample.null_count()) / 2;
    let (mut values, mut new) = (0, 0);
    for row in (0..sample.len()).filter(|row| sample.is_valid(*row)) {
        let value = match data.data_type().primitive_width() {
            Some(width) => {
                let start = (data.offset() + row) * width;
                &data.buffers()[0].as_slice()[start..start + width]
            }
            None => {
                let ends = data.buffer::<i32>(0);
                &data.buffers()[1].as_slice()[ends[row].unsigned_abs() as usize..ends[row + 1].unsigned_abs() as usize]
            }
        };
        let is_new = seen.insert(value);
        values += 1;
        new += usize::from(is_new && values > half);
    }
    if values == 0 { 0.0 } else { new as f64 / (values - half) as f64 }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::Field;

    use super::*;

    #[test]
    fn flags_get_a_dictionary_and_statistics_and_keys_get_neither() {
        let flags: ArrayRef = Arc::new((0..1000).map(|n| Some(n % 2)).collect::<Int64Array>());
        let keys: ArrayRef = Arc::new((0..1000).map(|n| Some(format!("{n:032x}"))).collect::<StringArray>());
        let field = |name, array: &ArrayRef| Field::new(name, array.data_type().clone(), true);
        let schema = Arc::new(Schema::new(vec![field("flag", &flags), field("key", &keys)]));
        let properties = decide_properties(&schema, &[flags, keys], PageCompression::As(Compression::SNAPPY));
        let column = |name: &str| ColumnPath::new(vec![name.into()]);
        assert!(properties.dictionary_enabled(&column("flag")));
        assert!(!properties.dictionary_enabled(&column("key")));
        assert_eq!(properties.statistics_enabled(&column("flag")), EnabledStatistics::Chunk);
        assert_eq!(properties.statistics_enabled(&column("key")), EnabledStatistics::None);
    }

    #[test]
    fn names_that_come_back_later_get_a_dictionary_too() {
        // A few hundred places, most of them met for the first time in the first half of the sample.
        let places = (0..3000_u64).map(|n| Some(format!("place {}", n * n * 2_654_435_761 % 1_500)));
        let places: ArrayRef = Arc::new(places.collect::<StringArray>());
        assert!(new_share(&places) <= DICTIONARY_SHARE, "{}", new_share(&places));
        assert!(new_share(&places.slice(0, 0)) <= f64::EPSILON);
    }

    #[test]
    fn a_variant_is_taken_only_where_it_is_smaller() {
        let keys: ArrayRef = Arc::new((0..1000_u128).map(|n| Some(blake(n))).collect::<StringArray>());
        let field: FieldRef = Arc::new(Field::new("key", DataType::Utf8, true));
        let choice = Choice::of(&field, Some(&keys), PageCompression::ByColumn);
        assert_eq!((choice.encoding, choice.compression), (Encoding::DELTA_LENGTH_BYTE_ARRAY, zstd(1)));
        assert!(
            choice.bytes_of(&field, &keys) <= Choice { encoding: Encoding::PLAIN, ..choice }.bytes_of(&field, &keys)
        );
    }

    #[test]
    fn a_level_that_was_asked_for_is_that_of_every_column() {
        // Words of five letters with another one between them: matches that the quickest level is too hasty to see.
        let word = |n: u128| {
            let random = blake(n);
            let of_many = u128::from_str_radix(&random[..6], 16).unwrap() % 300;
            format!("{}{}", &blake(of_many)[..5], char::from(b'g' + random.as_bytes()[20] % 16))
        };
        let text = |n: u128| (0..40).map(|place| word(n * 1_000 + place)).collect::<String>();
        let texts: ArrayRef = Arc::new((0..500).map(|n| Some(text(n))).collect::<StringArray>());
        let field: FieldRef = Arc::new(Field::new("text", DataType::Utf8, true));
        let level = |pages| Choice::of(&field, Some(&texts), pages).compression;
        assert_eq!(level(PageCompression::ByColumn), zstd(3), "where nothing was asked for");
        for asked in [zstd(1), zstd(3), zstd(9), Compression::SNAPPY, Compression::UNCOMPRESSED] {
            assert_eq!(level(PageCompression::As(asked)), asked);
        }
        let schema = Arc::new(Schema::new(vec![field]));
        let properties = decide_properties(&schema, &[texts], PageCompression::As(zstd(1)));
        assert_eq!(properties.compression(&ColumnPath::new(vec!["text".into()])), zstd(1));
    }

    #[test]
    fn a_sample_is_bounded_in_rows_and_in_bytes() {
        let of = |values: &[&str]| sample(&(Arc::new(StringArray::from(values.to_vec())) as ArrayRef)).len();
        let (huge, half) = ("x".repeat(64 << 20), "x".repeat(SAMPLE_BYTES / 2));
        assert_eq!(of(&["a"; 3]), 3);
        assert_eq!(of(&["a"; SAMPLE_ROWS + 1]), SAMPLE_ROWS);
        assert_eq!(of(&["a", "b", &huge, "c"]), 2);
        assert_eq!(of(&[&half, &half, "a"]), 2);
        assert_eq!(of(&[&huge]), 0);
        let sliced = (Arc::new(StringArray::from(vec![huge.as_str(), "a", "b"])) as ArrayRef).slice(1, 2);
        assert_eq!(sample(&sliced).len(), 2);
        assert_eq!(of(&[]), 0);

        let huge: ArrayRef = Arc::new(StringArray::from(vec![huge.as_str()]));
        let field: FieldRef = Arc::new(Field::new("huge", DataType::Utf8, true));
        let choice = Choice::of(&field, Some(&sample(&huge)), PageCompression::ByColumn);
        assert_eq!((choice.compression, choice.with_dictionary, choice.page_bytes), (zstd(1), false, LONG_PAGE_BYTES));
    }

    fn zstd(level: i32) -> Compression {
        Compression::ZSTD(ZstdLevel::try_new(level).unwrap())
    }

    /// 32 hex digits without a pattern.
    fn blake(n: u128) -> String {
        format!(
            "{:032x}",
            (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).rotate_left(61).wrapping_mul(n | 3)
        )
    }
}

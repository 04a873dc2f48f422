//! How the content digest is made: one number for what a snapshot says, however its parts are cut.
//!
//! In: column names and types, then the values as stored, in row order, in runs of any length. Out: SHA-256 over the former
//! and over two BLAKE3 hashes a column. Part size, batches, threads, compression and retries do not change it; the order of
//! rows does. Whole runs of memory are hashed, column by column: no value is copied, and cores share the columns.
//!
//! A column's first hash is over one mark a row, its second over its values one after the other. Types of fixed width have
//! marks of one byte (0 for NULL, else 1) and little-endian values, zeros for NULL; texts and bytes have their length as
//! mark (4 bytes, little endian, all ones for NULL) and nothing as the value of NULL. `docs/snapshot-format.md` says it all.

use arrow::array::{Array, ArrayData, ArrayRef};
use arrow::buffer::NullBuffer;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};
use sha2::{Digest, Sha256};

use super::{Column, ContentDigest};

/// The mark of a text or of bytes that are NULL; a MySQL value is shorter.
const NULL_LENGTH: u32 = u32::MAX;

/// Hashes a table column by column.
#[derive(Clone)]
pub struct ContentHasher {
    head: Sha256,
    columns: Vec<ColumnHasher>,
}

/// The two hashes of one column, with memory that serves every run.
#[derive(Clone, Default)]
struct ColumnHasher {
    marks: blake3::Hasher,
    values: blake3::Hasher,
    scratch: Vec<u8>,
}

impl ContentHasher {
    /// Starts with names and stored types of the columns; the declared MySQL type is not content.
    #[must_use]
    pub fn new(columns: &[Column]) -> Self {
        let mut head = Sha256::new();
        head.update(b"rowgraph content 1\n");
        head.update((columns.len() as u64).to_le_bytes());
        for column in columns {
            for text in [&column.name, &column.arrow_type] {
                head.update((text.len() as u64).to_le_bytes());
                head.update(text.as_bytes());
            }
        }
        Self { head, columns: vec![ColumnHasher::default(); columns.len()] }
    }

    /// The next rows: one array a column, on rayon's current pool. Values are taken from memory as they are: Arrow's layout
    /// and the digest's definition agree on a little-endian machine, and no other builds this.
    pub fn add(&mut self, arrays: &[ArrayRef]) {
        const { assert!(cfg!(target_endian = "little"), "the digest takes little-endian values from memory") };
        debug_assert_eq!(arrays.len(), self.columns.len());
        self.columns.par_iter_mut().with_max_len(1).zip(arrays.par_iter()).for_each(|(column, array)| {
            column.add(&array.to_data());
        });
    }

    /// The digest of all rows so far.
    #[must_use]
    pub fn digest(&self) -> ContentDigest {
        let mut sha256 = self.head.clone();
        for column in &self.columns {
            sha256.update(column.marks.finalize().as_bytes());
            sha256.update(column.values.finalize().as_bytes());
        }
        ContentDigest::from_bytes(sha256.finalize().into())
    }
}

impl ColumnHasher {
    fn add(&mut self, data: &ArrayData) {
        match data.data_type().primitive_width() {
            Some(width) => self.add_fixed(data, width),
            // Texts and bytes are the only other types that are stored.
            None => self.add_variable(data),
        }
    }

    fn add_fixed(&mut self, data: &ArrayData, width: usize) {
        let (start, rows) = (data.offset(), data.len());
        let values = &data.buffers()[0].as_slice()[start * width..(start + rows) * width];
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        self.scratch.clear();
        self.scratch.extend((0..rows).map(|row| u8::from(nulls.is_none_or(|nulls| nulls.is_valid(row)))));
        self.marks.update(&self.scratch);
        let Some(nulls) = nulls else {
            self.values.update(values);
            return;
        };
        // What memory holds behind a NULL is anybody's guess.
        self.scratch.clear();
        self.scratch.extend_from_slice(values);
        for row in (0..rows).filter(|row| nulls.is_null(*row)) {
            self.scratch[row * width..(row + 1) * width].fill(0);
        }
        self.values.update(&self.scratch);
    }

    fn add_variable(&mut self, data: &ArrayData) {
        let ends = &data.buffer::<i32>(0)[..=data.len()];
        let bytes = data.buffers()[1].as_slice();
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        let is_null = |row| nulls.is_some_and(|nulls: &NullBuffer| nulls.is_null(row));
        // Offsets only grow, and are not negative.
        let at = |row: usize| ends[row].unsigned_abs();
        self.scratch.clear();
        let mut hidden = false;
        for row in 0..data.len() {
            let length = at(row + 1) - at(row);
            hidden |= is_null(row) && length > 0;
            let mark = if is_null(row) { NULL_LENGTH } else { length };
            self.scratch.extend_from_slice(&mark.to_le_bytes());
        }
        self.marks.update(&self.scratch);
        let range = |from: usize, to: usize| &bytes[at(from) as usize..at(to) as usize];
        if !hidden {
            self.values.update(range(0, data.len()));
            return;
        }
        // Bytes behind a NULL are allowed in Arrow, though nobody here makes such arrays.
        for row in (0..data.len()).filter(|row| !is_null(*row)) {
            self.values.update(range(row, row + 1));
        }
    }
}

/// Bytes of a column's values: texts and bytes by their length, others by their width; NULL counts nothing.
#[must_use]
pub fn value_bytes(array: &ArrayRef) -> u64 {
    let data = array.to_data();
    let bytes = match data.data_type().primitive_width() {
        Some(width) => (data.len() - data.null_count()) * width,
        None => match data.buffer::<i32>(0)[..=data.len()] {
            [first, .., last] => first.abs_diff(last) as usize,
            _ => 0,
        },
    };
    bytes as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BinaryArray, Int16Array, StringArray};
    use arrow::buffer::{Buffer, OffsetBuffer};

    use super::*;

    fn columns(count: usize) -> Vec<Column> {
        let column = Column {
            name: "c".into(),
            mysql_type: "x".into(),
            nullable: true,
            charset: None,
            arrow_type: "Utf8".into(),
            parquet_type: "x".into(),
            rule: "x".into(),
        };
        vec![column; count]
    }

    fn digest(runs: &[&[ArrayRef]]) -> ContentDigest {
        let mut hasher = ContentHasher::new(&columns(runs[0].len()));
        runs.iter().for_each(|run| hasher.add(run));
        hasher.digest()
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().collect::<StringArray>())
    }

    #[test]
    fn order_null_and_borders_of_values_all_count() {
        let both = digest(&[&[texts(&[Some("a"), None, Some("bc")])]]);
        assert_eq!(both, digest(&[&[texts(&[Some("a"), None, Some("bc")])]]));
        for other in [
            [Some("bc"), None, Some("a")],
            [Some("a"), Some(""), Some("bc")],
            [Some("ab"), None, Some("c")],
            [None, Some("a"), Some("bc")],
        ] {
            assert_ne!(both, digest(&[&[texts(&other)]]), "{other:?}");
        }
        let (a, b) = (texts(&[Some("a")]), texts(&[Some("b")]));
        assert_ne!(digest(&[&[a.clone(), b.clone()]]), digest(&[&[b, a]]), "columns have an order");
        let numbers = |values: [Option<i16>; 2]| digest(&[&[Arc::new(Int16Array::from_iter(values))]]);
        assert_ne!(numbers([Some(0), Some(1)]), numbers([None, Some(1)]));
        assert_ne!(numbers([Some(256), Some(0)]), numbers([Some(0), Some(256)]));
    }

    #[test]
    fn it_does_not_depend_on_how_runs_are_cut() {
        let rows = 3003;
        let numbers: ArrayRef = Arc::new((0..rows).map(|n| (n % 3 != 0).then_some(n as i16)).collect::<Int16Array>());
        let names: ArrayRef =
            Arc::new((0..rows).map(|n| (n % 2 != 0).then(|| format!("é{n}"))).collect::<StringArray>());
        let arrays = [numbers, names];
        let whole = digest(&[&arrays]);
        let run = |from: usize, to: usize| arrays.each_ref().map(|array| array.slice(from, to - from));
        assert_eq!(whole, digest(&[&run(0, 1), &run(1, 1024), &run(1024, 1024), &run(1024, rows)]));
        assert_ne!(whole, digest(&[&run(0, rows - 1)]));
    }

    #[test]
    fn what_lies_behind_a_null_does_not_count() {
        let nulls = Some(NullBuffer::from(vec![true, false]));
        let hidden: ArrayRef = Arc::new(Int16Array::new(vec![1, 99].into(), nulls.clone()));
        let clean: ArrayRef = Arc::new(Int16Array::from_iter([Some(1), None]));
        assert_eq!(digest(&[&[hidden]]), digest(&[&[clean]]));
        let ends = OffsetBuffer::new(vec![0, 1, 3].into());
        let hidden: ArrayRef = Arc::new(BinaryArray::new(ends, Buffer::from_vec(b"abc".to_vec()), nulls));
        let clean: ArrayRef = Arc::new([Some(b"a"), None].into_iter().collect::<BinaryArray>());
        assert_eq!(digest(&[&[hidden]]), digest(&[&[clean]]));
    }

    /// The definition in `docs/snapshot-format.md`, written out once more and value by value.
    #[test]
    fn it_is_what_the_document_says() {
        let arrays: [ArrayRef; 2] = [Arc::new(Int16Array::from_iter([Some(-2), None])), texts(&[None, Some("é")])];
        let mut expected = Sha256::new();
        expected.update(b"rowgraph content 1\n\x02\0\0\0\0\0\0\0");
        (0..2).for_each(|_| expected.update(b"\x01\0\0\0\0\0\0\0c\x04\0\0\0\0\0\0\0Utf8"));
        for stream in [&b"\x01\x00"[..], b"\xfe\xff\0\0", b"\xff\xff\xff\xff\x02\0\0\0", "é".as_bytes()] {
            expected.update(blake3::hash(stream).as_bytes());
        }
        assert_eq!(digest(&[&arrays]), ContentDigest::from_bytes(expected.finalize().into()));
    }

    #[test]
    fn values_are_counted_by_their_bytes() {
        let numbers: ArrayRef = Arc::new(Int16Array::from_iter([Some(1), None, Some(3)]));
        assert_eq!(value_bytes(&numbers), 4);
        let names = texts(&[Some("ab"), None, Some("é"), Some("xyz")]);
        assert_eq!(value_bytes(&names), 7);
        assert_eq!(value_bytes(&names.slice(2, 1)), 2);
    }
}

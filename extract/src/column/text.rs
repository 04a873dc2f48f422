//! Texts: UTF-8 as it comes, checked once for the whole batch; value by value only where that fails.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use shared::type_map::OnBadValue;

use super::bad_value::{BadValue, Reason, Sink};

/// The array of a text column.
pub fn texts(
    bytes: Vec<u8>,
    ends: Vec<i32>,
    nulls: Option<&NullBuffer>,
    sink: &mut Sink<'_>,
) -> Result<ArrayRef, BadValue> {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    let bytes = Buffer::from_vec(bytes);
    match StringArray::try_new(offsets.clone(), bytes.clone(), nulls.cloned()) {
        Ok(array) => Ok(Arc::new(array)),
        Err(_) => one_by_one(&offsets, &bytes, nulls, sink),
    }
}

fn one_by_one(
    offsets: &OffsetBuffer<i32>,
    bytes: &[u8],
    nulls: Option<&NullBuffer>,
    sink: &mut Sink<'_>,
) -> Result<ArrayRef, BadValue> {
    let mut texts = Vec::with_capacity(offsets.len() - 1);
    for (row, range) in offsets.windows(2).enumerate() {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            texts.push(None);
            continue;
        }
        let value = &bytes[range[0].unsigned_abs() as usize..range[1].unsigned_abs() as usize];
        texts.push(match std::str::from_utf8(value) {
            Ok(text) => Some(text.to_owned()),
            Err(_) if sink.on_bad_value == OnBadValue::Text => {
                sink.bad(row, Reason::InvalidUtf8, "text")?;
                Some(escaped(value))
            }
            Err(_) => {
                sink.bad(row, Reason::InvalidUtf8, "null")?;
                None
            }
        });
    }
    Ok(super::string_array(texts.into_iter()))
}

/// Each bad byte as `\xNN`; backslashes are doubled, so that the bytes can be had back.
fn escaped(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len() + 16);
    for chunk in value.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn bad_bytes_are_escaped_and_can_be_had_back() {
        assert_eq!(escaped(b"a\xffb\\n\xc3"), "a\\xFFb\\\\n\\xC3");
        assert_eq!(escaped("é\u{1f600}".as_bytes()), "é\u{1f600}");
    }
}

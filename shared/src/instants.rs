//! Instants as people read them.
//!
//! In: a column of any type. Out: the same; instants in the time zone `UTC`, which is how snapshots name it, have the offset `+00:00`
//! instead: Arrow shows that without a table of all time zones.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, make_array};
use arrow::datatypes::DataType;

/// The column, fit to be shown.
pub fn with_offset(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Timestamp(unit, Some(zone)) if zone.as_ref() == "UTC" => {
            let zoned = DataType::Timestamp(*unit, Some("+00:00".into()));
            make_array(
                column.to_data().into_builder().data_type(zoned).build().expect("only the zone has another name"),
            )
        }
        _ => Arc::clone(column),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::TimestampMicrosecondArray;
    use arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::*;

    #[test]
    fn instants_are_shown() {
        let instants = TimestampMicrosecondArray::from(vec![Some(1_700_000_000_000_000), None]).with_timezone("UTC");
        let column = with_offset(&(Arc::new(instants) as ArrayRef));
        let (options, column) = (FormatOptions::default(), column.as_ref());
        let texts = ArrayFormatter::try_new(column, &options).unwrap();
        assert_eq!((texts.value(0).to_string().as_str(), column.is_null(1)), ("2023-11-14T22:13:20Z", true));
    }
}

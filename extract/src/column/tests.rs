//! Columns of every stored type, from cells to arrays.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Int8Type, Int64Type, TimestampMicrosecondType};

use shared::snapshot::Selection;

use super::*;
use crate::args::Protocol;
use crate::batch::{RowBatch, Spent};
use crate::layout::Layout;
use crate::source::{SourceColumn, Table};

fn column(declared: &str, protocol: Protocol, on_bad_value: OnBadValue) -> Layout {
    let source = SourceColumn { name: "c".into(), declared: declared.into(), nullable: true, charset: None };
    let table = Table {
        database: "d".into(),
        name: "t".into(),
        columns: vec![source],
        consistent: true,
        estimated_rows: None,
        estimated_bytes: None,
        selection: Selection::default(),
        split: None,
        keys: shared::snapshot::DeclaredKeys::default(),
    };
    Layout::of(&table, protocol, on_bad_value).unwrap()
}

fn try_decode(layout: &Layout, values: Vec<mysql::Value>) -> Result<(ArrayRef, Tally), BadValue> {
    let mut batch = RowBatch::new(layout, 100, None);
    for value in values {
        batch.push(vec![Some(value)]).unwrap();
    }
    let mut tally = Tally::default();
    let cells = batch.columns.pop().unwrap();
    decode(&layout.columns[0], cells, batch.first_row, layout.on_bad_value, &mut tally)
        .map(|decoded| (decoded.array, tally))
}

fn shown(declared: &str, protocol: Protocol, values: Vec<mysql::Value>) -> Vec<String> {
    let (array, tally) = try_decode(&column(declared, protocol, OnBadValue::Null), values).unwrap();
    assert_eq!(tally, Tally::default(), "{declared}");
    // Arrow's display knows no names of zones, so an instant is shown by its offset.
    let array = match array.data_type() {
        DataType::Timestamp(unit, Some(zone)) => {
            assert_eq!(zone.as_ref(), "UTC");
            let offset = DataType::Timestamp(*unit, Some("+00:00".into()));
            Arc::new(array.as_primitive::<TimestampMicrosecondType>().clone().with_data_type(offset))
        }
        _ => array,
    };
    let shown = |row| match array.is_null(row) {
        true => "NULL".to_owned(),
        false => arrow::util::display::array_value_to_string(&array, row).unwrap(),
    };
    (0..array.len()).map(shown).collect()
}

fn bytes(text: &[u8]) -> mysql::Value {
    mysql::Value::Bytes(text.to_vec())
}

#[test]
fn both_protocols_give_the_same_values() {
    use mysql::Value::{Date, Double, Float, Int, NULL, Time, UInt};
    let moment = Date(2020, 2, 29, 23, 59, 58, 120_000);
    for (declared, binary, text, expected) in [
        ("tinyint", Int(-128), "-128", "-128"),
        ("tinyint unsigned", Int(255), "255", "255"),
        ("smallint", Int(-32_768), "-32768", "-32768"),
        ("int unsigned", Int(4_294_967_295), "4294967295", "4294967295"),
        ("bigint", Int(i64::MIN), "-9223372036854775808", "-9223372036854775808"),
        ("bigint unsigned", UInt(u64::MAX), "18446744073709551615", "18446744073709551615"),
        ("bigint unsigned", Int(5), "5", "5"),
        ("year", Int(2155), "2155", "2155"),
        ("float", Float(0.1), "0.10000000149011612", "0.1"),
        ("double", Double(f64::MIN_POSITIVE), "2.2250738585072014e-308", "2.2250738585072014e-308"),
        ("decimal(38,6)", bytes(b"-1.500000"), "-1.500000", "-1.500000"),
        ("decimal(65,30)", bytes(b"1.5"), "1.5", "1.5"),
        ("date", Date(2020, 2, 29, 0, 0, 0, 0), "2020-02-29", "2020-02-29"),
        ("datetime(2)", moment.clone(), "2020-02-29 23:59:58.12", "2020-02-29T23:59:58.120"),
        ("timestamp(2)", moment, "2020-02-29 23:59:58.12", "2020-02-29T23:59:58.120Z"),
        ("time(1)", Time(true, 34, 22, 59, 59, 900_000), "-838:59:59.9", "-838:59:59.9"),
        ("varchar(9)", bytes("h\u{e9}".as_bytes()), "h\u{e9}", "h\u{e9}"),
    ] {
        let expected = [expected, "NULL"];
        assert_eq!(shown(declared, Protocol::Binary, vec![binary, NULL]), expected, "{declared}, binary");
        assert_eq!(shown(declared, Protocol::Text, vec![bytes(text.as_bytes()), NULL]), expected, "{declared}, text");
    }
}

#[test]
fn blobs_and_bits_keep_every_byte() {
    let layout = column("bit(10)", Protocol::Binary, OnBadValue::Fail);
    let (array, _) = try_decode(&layout, vec![bytes(b"\x03\xff"), bytes(b"")]).unwrap();
    assert_eq!(array.as_binary::<i32>().value(0), b"\x03\xff");
    assert!(array.is_valid(1) && array.as_binary::<i32>().value(1).is_empty());
}

#[test]
fn bad_values_become_null_and_are_counted_by_reason() {
    let layout = column("date", Protocol::Binary, OnBadValue::Null);
    let date = |year, month, day| mysql::Value::Date(year, month, day, 0, 0, 0, 0);
    let values = vec![date(2020, 1, 1), date(0, 0, 0), mysql::Value::NULL, date(2020, 0, 1), date(0, 0, 0)];
    let (array, tally) = try_decode(&layout, values).unwrap();
    let nulls: Vec<_> = (0..5).map(|row| array.is_null(row)).collect();
    assert_eq!(nulls, [false, true, true, true, true]);
    let counts: Vec<_> = tally.describe("c").map(|bad| (bad.reason, bad.count, bad.first_row)).collect();
    assert_eq!(counts, [("zero date".to_owned(), 2, 101), ("partial date".to_owned(), 1, 103)]);
}

#[test]
fn invalid_utf8_is_null_text_or_the_end() {
    let values = || vec![bytes(b"good \\"), bytes(b"bad \xff\\"), mysql::Value::NULL];
    let (array, tally) = try_decode(&column("text", Protocol::Binary, OnBadValue::Null), values()).unwrap();
    assert!(array.is_valid(0) && array.is_null(1) && array.is_null(2));
    assert_eq!(tally.describe("c").map(|bad| (bad.stored_as, bad.count)).collect::<Vec<_>>(), [("null".to_owned(), 1)]);

    let (array, tally) = try_decode(&column("text", Protocol::Binary, OnBadValue::Text), values()).unwrap();
    assert_eq!(array.as_string::<i32>().value(0), "good \\");
    assert_eq!(array.as_string::<i32>().value(1), "bad \\xFF\\\\");
    assert_eq!(tally.describe("c").map(|bad| (bad.stored_as, bad.count)).collect::<Vec<_>>(), [("text".to_owned(), 1)]);

    let error = try_decode(&column("text", Protocol::Binary, OnBadValue::Fail), values()).unwrap_err();
    assert_eq!(error, BadValue { row: 101, reason: "invalid UTF-8" });
}

#[test]
fn narrow_integers_and_decimals_are_never_wrapped() {
    let layout = column("tinyint", Protocol::Binary, OnBadValue::Null);
    let (array, tally) = try_decode(&layout, vec![mysql::Value::Int(127), mysql::Value::Int(128)]).unwrap();
    assert_eq!(array.as_primitive::<Int8Type>().value(0), 127);
    assert!(array.is_null(1));
    assert_eq!(tally.describe("c").next().unwrap().reason, "not a value of its type");

    let layout = column("decimal(3,1)", Protocol::Binary, OnBadValue::Null);
    let (array, _) = try_decode(&layout, vec![bytes(b"99.9"), bytes(b"100.0")]).unwrap();
    assert_eq!(array.as_primitive::<Decimal128Type>().value(0), 999);
    assert!(array.is_null(1));

    let layout = column("bigint", Protocol::Text, OnBadValue::Null);
    let (array, _) = try_decode(&layout, vec![bytes(b"1"), bytes(b"one")]).unwrap();
    assert_eq!(array.as_primitive::<Int64Type>().value(0), 1);
    assert!(array.is_null(1));
}

#[test]
fn a_value_of_another_form_is_refused_by_the_batch() {
    let layout = column("bigint", Protocol::Binary, OnBadValue::Null);
    let mut batch = RowBatch::new(&layout, 0, None);
    assert!(batch.push(vec![Some(bytes(b"1"))]).is_err());
    assert!(batch.push(vec![]).is_err());
    assert!(batch.push(vec![Some(mysql::Value::Int(1)), Some(mysql::Value::Int(1))]).is_err());
}

#[test]
fn the_memory_of_a_written_batch_is_used_again() {
    for (declared, value) in
        [("text", bytes(b"abc")), ("bigint", mysql::Value::Int(7)), ("decimal(9,2)", bytes(b"1.20"))]
    {
        let layout = column(declared, Protocol::Binary, OnBadValue::Null);
        let mut batch = RowBatch::new(&layout, 0, None);
        (0..100).for_each(|_| batch.push(vec![Some(value.clone())]).unwrap());
        let cells = batch.columns.pop().unwrap();
        let decoded = decode(&layout.columns[0], cells, 0, OnBadValue::Null, &mut Tally::default()).unwrap();
        let spent = Spent(vec![Some(decoded.spend().expect("nobody else holds it"))]);
        let mut batch = RowBatch::new(&layout, 100, Some(spent));
        batch.push(vec![Some(value.clone())]).unwrap();
        let cells = batch.columns.pop().unwrap();
        let decoded = decode(&layout.columns[0], cells, 100, OnBadValue::Null, &mut Tally::default()).unwrap();
        assert_eq!(decoded.array.len(), 1, "{declared}");
    }
}

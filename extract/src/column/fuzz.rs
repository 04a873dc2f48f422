//! Cells that no honest server sends: any bytes and numbers, in any column, by both protocols. None may panic.
//!
//! `ROWGRAPH_FUZZ_SECONDS` lets it run longer; the seed of a case is printed when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use fastrand::Rng;
use mysql::Value;
use shared::snapshot::Selection;
use shared::type_map::OnBadValue;

use crate::args::Protocol;
use crate::batch::RowBatch;
use crate::column::{Tally, decode};
use crate::layout::{CellKind, Layout};
use crate::source::{SourceColumn, Table};

const DECLARED: [&str; 34] = [
    "tinyint(4)",
    "tinyint(3) unsigned",
    "smallint(6)",
    "smallint(5) unsigned",
    "mediumint(9)",
    "int(11)",
    "int(10) unsigned",
    "bigint(20)",
    "bigint(20) unsigned",
    "decimal(38,6)",
    "decimal(65,30)",
    "decimal(1,0)",
    "decimal(38,38)",
    "float",
    "double",
    "date",
    "datetime",
    "datetime(6)",
    "timestamp",
    "timestamp(3)",
    "time",
    "time(6)",
    "year(4)",
    "bit(64)",
    "char(10)",
    "varchar(10)",
    "text",
    "longtext",
    "binary(16)",
    "longblob",
    "enum('a','b')",
    "set('a','b')",
    "json",
    "point",
];

fn layout(random: &mut Rng) -> Layout {
    let column = |number: usize, declared: &str, random: &mut Rng| SourceColumn {
        name: format!("c{number}"),
        declared: declared.into(),
        nullable: true,
        charset: random.bool().then(|| "utf8mb4".into()),
    };
    let count = random.usize(1..=6);
    let columns = (0..count).map(|number| {
        let declared = DECLARED[random.usize(..DECLARED.len())];
        column(number, declared, random)
    });
    let table = Table {
        database: "d".into(),
        name: "t".into(),
        columns: columns.collect(),
        consistent: true,
        estimated_rows: None,
        estimated_bytes: None,
        selection: Selection::default(),
        split: None,
        keys: shared::snapshot::DeclaredKeys::default(),
    };
    let protocol = if random.bool() { Protocol::Binary } else { Protocol::Text };
    let on_bad_value = [OnBadValue::Null, OnBadValue::Text, OnBadValue::Fail][random.usize(..3)];
    Layout::of(&table, protocol, on_bad_value).expect("a layout")
}

/// Text that is nearly right for some type, or no text at all.
fn bytes(random: &mut Rng) -> Vec<u8> {
    let near: [&[u8]; 12] = [
        b"",
        b"-",
        b"-9223372036854775809",
        b"18446744073709551616",
        b"99999999999999999999999999999999999999999999999999999999999999999.9",
        b"1e400",
        b"nan",
        b"0000-00-00 00:00:00.0000000",
        b"9999-12-31 23:59:59.999999",
        b"-838:59:59.999999",
        b"65536-13-32 24:60:61",
        b"\xff\xfe\xc3\x28\xed\xa0\x80",
    ];
    let mut bytes = near[random.usize(..near.len())].to_vec();
    for _ in 0..random.usize(..4) {
        let place = random.usize(..=bytes.len());
        match random.u8(..3) {
            0 => bytes.insert(place, random.u8(..)),
            1 => bytes.insert(place, b"0123456789-:. +e"[random.usize(..16)]),
            _ => drop((place < bytes.len()).then(|| bytes.remove(place))),
        }
    }
    if random.u8(..8) == 0 { (0..random.usize(..300)).map(|_| random.u8(..)).collect() } else { bytes }
}

fn value(kind: CellKind, random: &mut Rng) -> Option<Value> {
    let edge = |random: &mut Rng| [i64::MIN, -1, 0, 1, i64::MAX, random.i64(..)][random.usize(..6)];
    // Once in a while a value of another form than announced.
    let form = if random.u8(..64) == 0 { random.u8(..8) } else { kind_number(kind) };
    Some(match form {
        _ if random.u8(..10) == 0 => Value::NULL,
        0 if random.bool() => Value::Int(edge(random)),
        0 | 1 => Value::UInt(edge(random).unsigned_abs().wrapping_mul(random.u64(1..3))),
        2 => Value::Float(f32::from_bits(random.u32(..))),
        3 => Value::Double(f64::from_bits(random.u64(..))),
        4 => {
            let small = |random: &mut Rng| if random.bool() { random.u8(..13) } else { random.u8(..) };
            let year = if random.bool() { random.u16(..) } else { random.u16(1969..2039) };
            let (month, day, hour) = (small(random), small(random), small(random));
            Value::Date(year, month, day, hour, small(random), small(random), random.u32(..))
        }
        5 => Value::Time(random.bool(), random.u32(..), random.u8(..), random.u8(..), random.u8(..), random.u32(..)),
        6 => Value::Bytes(bytes(random)),
        _ => return None,
    })
}

fn kind_number(kind: CellKind) -> u8 {
    match kind {
        CellKind::Integers => 0,
        CellKind::Unsigned => 1,
        CellKind::Floats => 2,
        CellKind::Doubles => 3,
        CellKind::Moments => 4,
        CellKind::Times { .. } => 5,
        CellKind::Bytes => 6,
    }
}

/// One batch of one layout; a batch that is refused, as a row or as a value, is as good as one that is taken.
fn case(seed: u64) {
    let mut random = Rng::with_seed(seed);
    let layout = layout(&mut random);
    let mut batch = RowBatch::new(&layout, random.u64(..1 << 40), None);
    for _ in 0..random.usize(..40) {
        let width = if random.u8(..200) == 0 { random.usize(..8) } else { layout.columns.len() };
        let row = (0..width).map(|column| {
            let kind = layout.columns.get(column).map_or(CellKind::Bytes, |column| column.cells);
            value(kind, &mut random)
        });
        if batch.push(row.collect()).is_err() {
            return;
        }
    }
    let RowBatch { first_row, rows, columns, .. } = batch;
    for (column, cells) in layout.columns.iter().zip(columns) {
        let mut tally = Tally::default();
        let Ok(decoded) = decode(column, cells, first_row, layout.on_bad_value, &mut tally) else { continue };
        assert_eq!(decoded.array.len(), rows, "{}", column.source.declared);
        assert_eq!(decoded.array.data_type(), &column.stored.arrow(), "{}", column.source.declared);
        decoded.array.to_data().validate_full().expect("an array of its type");
    }
}

#[test]
fn cells_from_a_hostile_server_never_panic() {
    let seconds = std::env::var("ROWGRAPH_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let since = Instant::now();
    let mut seed = 0;
    while since.elapsed() < Duration::from_secs(seconds) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case(seed))) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
        seed += 1;
    }
    eprintln!("{seed} cases in {seconds} s");
}

//! Points in the four coordinate systems that Neo4j has.
//!
//! In: well-known text, with `SRID=4326;` in front or without (then plain coordinates), or a JSON object with `longitude` and
//! `latitude` (and `height`), or `x` and `y` (and `z`). Out: the value, and extended well-known text. Degrees outside their
//! range are no point.

use serde_json::Value as Json;

use crate::target::value::Value;

/// WGS 84, with and without height; plain coordinates in two and three dimensions.
const WGS_84: i64 = 4_326;
const WGS_84_3D: i64 = 4_979;
const CARTESIAN: i64 = 7_203;
const CARTESIAN_3D: i64 = 9_157;

/// Reads a point.
pub fn parse(text: &str) -> Option<Value> {
    if text.starts_with('{') {
        return object(&serde_json::from_str(text).ok()?);
    }
    let upper = text.to_ascii_uppercase();
    let (srid, rest) = match upper.strip_prefix("SRID=") {
        Some(rest) => {
            let (srid, rest) = rest.split_once(';')?;
            (Some(srid.trim().parse::<i64>().ok()?), rest.trim().to_owned())
        }
        None => (None, upper),
    };
    let rest = rest.strip_prefix("POINT")?.trim_start();
    let rest = rest.strip_prefix('Z').unwrap_or(rest).trim();
    let inside = rest.strip_prefix('(')?.strip_suffix(')')?;
    let coordinates = inside.split_whitespace().map(|number| number.parse::<f64>().ok()).collect::<Option<Vec<_>>>()?;
    point(srid, coordinates)
}

fn object(object: &Json) -> Option<Value> {
    let number = |key: &str| object.get(key).and_then(Json::as_f64);
    let (first, second, third, degrees) = match (number("longitude"), number("latitude")) {
        (Some(longitude), Some(latitude)) => (longitude, latitude, number("height"), true),
        _ => (number("x")?, number("y")?, number("z"), false),
    };
    let srid = match object.get("srid") {
        Some(srid) => Some(srid.as_i64()?),
        None => degrees.then_some(if third.is_some() { WGS_84_3D } else { WGS_84 }),
    };
    point(srid, [Some(first), Some(second), third].into_iter().flatten().collect())
}

fn point(srid: Option<i64>, coordinates: Vec<f64>) -> Option<Value> {
    let plain = if coordinates.len() == 3 { CARTESIAN_3D } else { CARTESIAN };
    let srid = srid.filter(|srid| *srid != 0).unwrap_or(plain);
    let dimensions = match srid {
        WGS_84 | CARTESIAN => 2,
        WGS_84_3D | CARTESIAN_3D => 3,
        _ => return None,
    };
    let in_range = srid == CARTESIAN
        || srid == CARTESIAN_3D
        || (coordinates.first()?.abs() <= 180.0 && coordinates.get(1)?.abs() <= 90.0);
    let sound = coordinates.len() == dimensions && coordinates.iter().all(|number| number.is_finite()) && in_range;
    sound.then_some(Value::Point { srid, coordinates })
}

/// The text that graph tables keep.
pub fn text(point: &Value) -> Option<String> {
    let Value::Point { srid, coordinates } = point else { return None };
    let numbers: Vec<String> = coordinates.iter().map(f64::to_string).collect();
    let z = if coordinates.len() == 3 { " Z" } else { "" };
    Some(format!("SRID={srid};POINT{z}({})", numbers.join(" ")))
}

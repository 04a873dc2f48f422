//! Conditions on the fields of a record. A comparison with a missing value never holds.

use std::cmp::Ordering;

use super::field::Scope;
use super::setting::Setting;
use super::value::{Value, compare};
use crate::mapping::resolved::{Bound, Ref, Test};

/// Whether a condition holds.
pub fn holds<'a>(test: &'a Test, scope: &Scope<'_, 'a>, setting: &Setting<'_>) -> bool {
    let text = |field: &Ref| scope.get(*field, setting).text();
    match test {
        Test::All(tests) => tests.iter().all(|test| holds(test, scope, setting)),
        Test::Any(tests) => tests.iter().any(|test| holds(test, scope, setting)),
        Test::Not(test) => !holds(test, scope, setting),
        Test::Present(field) => !scope.get(*field, setting).is_missing(),
        Test::True(field) => scope.get(*field, setting).is_true(),
        Test::Equals(field, bounds) => {
            let value = scope.get(*field, setting);
            bounds.iter().any(|bound| are_equal(value, scope.bound(bound, setting)))
        }
        Test::Contains(field, parts) => text(field).is_some_and(|text| parts.iter().any(|part| text.contains(part))),
        Test::StartsWith(field, parts) => {
            text(field).is_some_and(|text| parts.iter().any(|part| text.starts_with(part)))
        }
        Test::AtLeast(field, bound) => is(Ordering::is_ge, *field, bound, scope, setting),
        Test::AtMost(field, bound) => is(Ordering::is_le, *field, bound, scope, setting),
        Test::LessThan(field, bound) => is(Ordering::is_lt, *field, bound, scope, setting),
        Test::MoreThan(field, bound) => is(Ordering::is_gt, *field, bound, scope, setting),
    }
}

fn are_equal(one: Value<'_>, other: Value<'_>) -> bool {
    match (one, other) {
        (Value::Missing, _) | (_, Value::Missing) => false,
        // Mostly their lengths differ already, which an order would not ask first.
        (Value::Text(one), Value::Text(other)) => one == other,
        _ => compare(one, other).is_eq(),
    }
}

fn is<'a>(
    expected: fn(Ordering) -> bool,
    field: Ref,
    bound: &'a Bound,
    scope: &Scope<'_, 'a>,
    setting: &Setting<'_>,
) -> bool {
    match (scope.get(field, setting), scope.bound(bound, setting)) {
        (Value::Missing, _) | (_, Value::Missing) => false,
        (one, other) => expected(compare(one, other)),
    }
}

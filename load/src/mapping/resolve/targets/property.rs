//! Properties of a target: each has a field and one type in its table.
//!
//! In: properties as typed. Out: the places of their values and their types; a type that is not the field's makes a field of
//! its own. One property must never have two types in one table, and a number must never lose a digit on its way.

use super::super::conditions::word;
use super::super::{Resolver, Slot};
use crate::graph_table::manifest::{Property, PropertyType};
use crate::mapping::field::{FieldSpec, FieldType};
use crate::mapping::resolved::{Origin, Ref};
use crate::mapping::spec::{PropertySpec, PropertyTypeSpec};
use crate::specification::Code;

impl Resolver<'_> {
    /// Adds a target's properties to those of its table, which is the one of label or type `of`.
    pub(super) fn add_properties<'s>(
        &mut self,
        known: &mut Vec<Property>,
        source: usize,
        specs: impl IntoIterator<Item = &'s PropertySpec>,
        of: &str,
        place: &str,
    ) {
        for spec in specs {
            let Some((_, kind)) = self.property(source, spec, place) else { continue };
            let name = &spec.target_property;
            match known.iter().find(|known| &known.name == name) {
                None => known.push(Property { name: name.clone(), kind }),
                Some(known) if known.kind != kind => {
                    let (one, other) = (word(known.kind), word(kind));
                    self.finding(
                        Code::DifferingTargets,
                        place,
                        format!("property `{name}` of `{of}` is a {one} in one target and a {other} here"),
                    );
                }
                Some(_) => {}
            }
        }
    }

    /// For each property of a table, where this target has its value.
    pub(super) fn values(
        &mut self,
        source: usize,
        names: &[String],
        specs: &[PropertySpec],
        place: &str,
    ) -> Option<Vec<Option<Ref>>> {
        names
            .iter()
            .map(|name| match specs.iter().find(|property| &property.target_property == name) {
                None => Some(None),
                Some(property) => self.property(source, property, place).map(|(field, _)| Some(field)),
            })
            .collect()
    }

    /// Place and type of a property's value; a type that differs from the field's makes a field of its own.
    fn property(&mut self, source: usize, spec: &PropertySpec, place: &str) -> Option<(Ref, PropertyType)> {
        let field = self.field(source, &spec.source_field, place)?;
        let kind = self.kind_of(source, field);
        let wanted = match &spec.target_property_type {
            None => return Some((field, kind)),
            Some(PropertyTypeSpec::Known(wanted)) if *wanted == kind => return Some((field, kind)),
            Some(PropertyTypeSpec::Known(wanted)) => *wanted,
            Some(PropertyTypeSpec::Other(word)) => {
                let advice = if word.ends_with("_vector") {
                    "; a vector index takes the numbers of a `float_array`"
                } else {
                    ""
                };
                let message = format!("this program writes no property of type `{word}`{advice}");
                self.finding(Code::NotHonoured, place, message);
                return None;
            }
        };
        let to = match wanted {
            PropertyType::String => FieldType::Text,
            PropertyType::Boolean => FieldType::Boolean,
            PropertyType::Integer => FieldType::Integer,
            PropertyType::Float => FieldType::Float,
            PropertyType::Date => FieldType::Date,
            other => FieldType::Other(other),
        };
        let name = format!("{} as {}", spec.source_field, word(wanted));
        if let Some(known) = self.sources[source].slots.get(&name) {
            return match known {
                Slot::Done(slot) => Some((Ref::Own(*slot), wanted)),
                _ => None,
            };
        }
        // A decimal or a number of a column is read anew, so that no digit is lost on the way. One with a default is not, as
        // the default is of the field's type.
        let reread = match field {
            Ref::Own(slot) => slot.checked_sub(self.sources[source].own.len()).and_then(|at| {
                let field = &self.sources[source].fields[at];
                matches!(field.origin, Origin::Column { .. } if field.steps.is_empty() && field.default.is_none())
                    .then(|| self.column_of(source, Ref::Own(slot)))
            }),
            _ => None,
        };
        // What the field says of values that cannot be used holds for this reading of it too.
        let on_error = self.on_error(source, &spec.source_field);
        let typed = FieldSpec { kind: Some(to), on_error, ..FieldSpec::default() };
        let spec = match reread {
            Some(column) => FieldSpec { column: Some(column), ..typed },
            None => FieldSpec { field: Some(spec.source_field.clone()), ..typed },
        };
        self.add_field(source, &name, &spec).map(|field| (field, wanted))
    }
}

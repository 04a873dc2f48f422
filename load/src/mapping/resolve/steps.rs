//! Steps: what is done to a value, in the one order that the vocabulary has, and the type that comes of it.

use std::sync::Arc;

use super::conditions::word;
use super::{Resolver, nearest};
use crate::graph_table::manifest::PropertyType;
use crate::mapping::field::{CleanStep, FieldSpec, FieldType, Keyword, Scalar};
use crate::mapping::resolved::{Ref, Step};
use crate::specification::Code;
use crate::stage::date::parse_date;
use crate::stage::text::{CharClass, CharSet, case_fold};

impl Resolver<'_> {
    /// The steps of a field whose origin gives a `kind`, and the type after them.
    pub(super) fn steps(
        &mut self,
        source: usize,
        spec: &FieldSpec,
        kind: PropertyType,
        place: &str,
    ) -> Option<(Vec<Step>, PropertyType)> {
        let what = place.trim_start_matches("sources.").replace(".fields.", ".");
        let mut steps: Vec<Step> = Vec::new();
        let mut kind = kind;
        for step in &spec.clean {
            steps.push(match step {
                CleanStep::Trim => Step::Trim,
                CleanStep::Nothing => Step::Nothing,
                CleanStep::Lower => Step::Lower,
                CleanStep::Upper => Step::Upper,
                CleanStep::Nfkc => Step::Nfkc,
                CleanStep::CaseFold => Step::CaseFold,
                CleanStep::CollapseBlanks => Step::CollapseBlanks,
                CleanStep::Keep(characters) => Step::Keep(char_set(characters)),
                CleanStep::ReplaceRuns { of, with } => Step::ReplaceRuns(char_set(of), with.clone()),
                CleanStep::TrimOf(characters) => Step::TrimOf(characters.chars().collect()),
            });
        }
        if let Some(keywords) = &spec.keywords {
            let also: Option<Vec<Ref>> = keywords.also.iter().map(|name| self.field(source, name, place)).collect();
            let classes = keywords.classes.iter().map(|(class, words)| {
                let words = words.iter().map(|keyword| match keyword {
                    Keyword::Word(word) => (case_fold(word).into_owned(), Vec::new()),
                    Keyword::NotAfter { word, not_after } => (case_fold(word).into_owned(), not_after.clone()),
                });
                (class.clone(), words.collect())
            });
            steps.push(Step::Keywords {
                also: also?,
                classes: classes.collect(),
                otherwise: keywords.otherwise.clone(),
            });
        }
        if let Some(words) = &spec.words {
            let classes = words.classes.iter().map(|(class, words)| {
                let neighbours = |words: &String| words.split_whitespace().map(str::to_owned).collect();
                (class.clone(), words.iter().map(neighbours).collect())
            });
            steps.push(Step::Words {
                separator: words.separator.clone(),
                classes: classes.collect(),
                otherwise: words.otherwise.clone(),
            });
        }
        if let Some(values) = &spec.one_of {
            let counter = self.counter(what.clone(), "value outside the list");
            steps.push(Step::OneOf { values: values.clone(), counter });
        }
        if let Some(values) = &spec.spelling {
            steps.push(Step::Spelling(values.clone()));
        }
        if let Some(lookup) = &spec.lookup {
            let Some(table) = self.mapping.lookups.get(&lookup.table) else {
                let nearest = nearest(&lookup.table, self.mapping.lookups.keys().map(String::as_str));
                let message = format!("there is no lookup table `{}` in config.lookups", lookup.table);
                self.finding_near(Code::UnknownLookup, place, message, nearest);
                return None;
            };
            let index = match table.index(&lookup.by, &lookup.get) {
                Ok(index) => Arc::new(index),
                Err(column) => {
                    let columns = table.columns().join("`, `");
                    self.finding(
                        Code::UnknownLookup,
                        place,
                        format!("lookup table `{}` has columns `{columns}`, no `{column}`", lookup.table),
                    );
                    return None;
                }
            };
            let counter = self.counter(what.clone(), "value that the lookup table does not have");
            steps.push(Step::Lookup {
                index,
                unknown_prefix: lookup.unknown_prefix.clone(),
                optional: lookup.optional,
                counter,
            });
        }
        if spec.slug {
            steps.push(Step::Slug);
        }
        if let Some(digits) = spec.hash {
            steps.push(Step::Hash(digits.clamp(1, 64)));
        }
        if let Some(split) = &spec.split {
            steps.push(Step::Split {
                by: split.by.clone(),
                trim: split.trim,
                drop_empty: split.drop_empty,
                distinct: split.distinct,
            });
        }
        // Everything so far works on texts; a number or a day that comes from elsewhere is written as one first.
        if kind != PropertyType::String && steps.iter().any(|step| !matches!(step, Step::Trim | Step::Nothing)) {
            steps.insert(0, Step::ToText);
            kind = PropertyType::String;
        }
        if spec.split.is_some() {
            kind = PropertyType::StringArray;
            if spec.max_bytes.is_some() {
                self.finding(Code::Misplaced, place, "`max_bytes` measures a text, and `split` makes a list");
            }
        }
        if let Some(target) = spec.kind {
            kind = self.typed(&mut steps, spec, kind, target, &what, place)?;
        }
        if matches!(spec.kind, None | Some(FieldType::Text)) && !spec.nothing.is_empty() {
            self.finding(
                Code::Misplaced,
                place,
                "`nothing` lists values of a `type`; texts that mean nothing are in config.nothing",
            );
        }
        let lists = !spec.true_values.is_empty() || !spec.false_values.is_empty();
        if lists && spec.kind != Some(FieldType::Boolean) {
            self.finding(Code::Misplaced, place, "`true_values` and `false_values` go with `type: boolean`");
        }
        if let Some(bytes) = spec.max_bytes {
            let counter = self.counter(what, "longer than the limit of bytes");
            steps.push(Step::MaxBytes { bytes, counter });
        }
        Some((steps, kind))
    }

    fn typed(
        &mut self,
        steps: &mut Vec<Step>,
        spec: &FieldSpec,
        from: PropertyType,
        to: FieldType,
        what: &str,
        place: &str,
    ) -> Option<PropertyType> {
        let numbers = || spec.nothing.iter().map(scalar_text).collect();
        let (step, kind) = match to {
            FieldType::Other(kind) if spec.split.is_some() && kind == from => return Some(kind),
            FieldType::Text | FieldType::Other(PropertyType::String) => {
                if spec.split.is_some() {
                    self.finding(Code::WrongFieldType, place, "a list cannot be read as a text");
                }
                if from != PropertyType::String {
                    steps.insert(0, Step::ToText);
                }
                return Some(PropertyType::String);
            }
            FieldType::Boolean => {
                let counter = self.counter(what.to_owned(), "not a boolean");
                let lower = |list: &[String], usual: &[&str]| {
                    list.iter()
                        .map(|text| text.to_lowercase())
                        .chain(usual.iter().map(|text| (*text).to_owned()))
                        .collect()
                };
                let true_values = lower(&spec.true_values, &["1", "true", "yes", "y"]);
                let false_values = lower(&spec.false_values, &["0", "false", "no", "n"]);
                (Step::ToBoolean { true_values, false_values, nothing: numbers(), counter }, PropertyType::Boolean)
            }
            FieldType::Integer => {
                let counter = self.counter(what.to_owned(), "not a whole number of 64 bits");
                (Step::ToInteger { nothing: numbers(), counter }, PropertyType::Integer)
            }
            FieldType::Float => {
                let counter = self.counter(what.to_owned(), "not a finite number");
                (Step::ToFloat { nothing: numbers(), counter }, PropertyType::Float)
            }
            FieldType::Date => {
                let counter = self.counter(what.to_owned(), "not a date in the years that are taken");
                let days: Vec<Option<i32>> = spec.nothing.iter().map(|text| parse_date(&scalar_text(text))).collect();
                if days.contains(&None) {
                    self.finding(Code::WrongValue, place, "`nothing` of a date lists dates (YYYY-MM-DD)");
                    return None;
                }
                (Step::ToDate { nothing: days.into_iter().flatten().collect(), counter }, PropertyType::Date)
            }
            FieldType::Other(kind) => {
                if !spec.nothing.is_empty() {
                    let message = format!("`nothing` lists no values of type {}; use `clean: [nothing]`", word(kind));
                    self.finding(Code::Misplaced, place, message);
                }
                let counter = self.counter(what.to_owned(), "not a value of its type");
                (Step::ToTyped { kind, counter }, kind)
            }
        };
        let fits = match to {
            FieldType::Date => {
                matches!(
                    from,
                    PropertyType::String
                        | PropertyType::Date
                        | PropertyType::LocalDatetime
                        | PropertyType::ZonedDatetime
                )
            }
            FieldType::Other(_) => {
                // Of a list of texts each is read.
                let member_by_member = from == PropertyType::StringArray && kind.element().is_some();
                from == PropertyType::String || from == kind || member_by_member
            }
            _ => {
                !from.is_typed_text()
                    && !matches!(from, PropertyType::Date | PropertyType::LocalDatetime | PropertyType::ZonedDatetime)
            }
        };
        if !fits {
            self.finding(Code::WrongFieldType, place, format!("a {} cannot be read as a {}", word(from), word(kind)));
        }
        steps.push(step);
        Some(kind)
    }
}

fn scalar_text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Integer(number) => number.to_string(),
        Scalar::Float(number) => number.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

/// Names of classes stand for the classes, anything else for its own characters.
fn char_set(names: &[String]) -> CharSet {
    let classes: Vec<CharClass> = names.iter().filter_map(|name| CharClass::named(name)).collect();
    let listed: String = names.iter().filter(|name| CharClass::named(name).is_none()).map(String::as_str).collect();
    CharSet::new(&classes, &listed)
}

//! Properties: their types, by the names of the import specification, and the columns of graph tables that hold them.
//!
//! In: nothing; these are plain structures, read and written as part of `_graph.json`. Out: the Arrow column of each type, and
//! the type of a column. Two types must never have columns that cannot be told apart.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field, TimeUnit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Type of a property in Neo4j, named as in the import specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    /// Arrow `Boolean`.
    Boolean,
    /// Arrow `Int64`.
    Integer,
    /// Arrow `Float64`.
    Float,
    /// Arrow `Utf8`.
    String,
    /// Arrow `Date32`: days since 1970-01-01.
    Date,
    /// Arrow `Timestamp(Microsecond, None)`.
    LocalDatetime,
    /// Arrow `Timestamp(Microsecond, "UTC")`.
    ZonedDatetime,
    /// Arrow `Utf8`: `07:05:00.5`. This and all that follow are texts as [`crate::graph_table::typed_text`] writes them.
    LocalTime,
    /// `07:05:00+02:00`.
    ZonedTime,
    /// `P<months>M<days>DT<seconds>S`.
    Duration,
    /// `SRID=4326;POINT(12.5 41.9)`.
    Point,
    /// A JSON array, as all lists.
    BooleanArray,
    /// Whole numbers.
    IntegerArray,
    /// Numbers.
    FloatArray,
    /// Texts.
    StringArray,
    /// Days.
    DateArray,
    /// Dates and times.
    LocalDatetimeArray,
    /// Moments.
    ZonedDatetimeArray,
    /// Times of day.
    LocalTimeArray,
    /// Times of day with an offset.
    ZonedTimeArray,
    /// Durations.
    DurationArray,
    /// Points.
    PointArray,
}

impl PropertyType {
    /// What the members of a list are; `None` for a type that is no list.
    pub fn element(self) -> Option<Self> {
        Some(match self {
            Self::BooleanArray => Self::Boolean,
            Self::IntegerArray => Self::Integer,
            Self::FloatArray => Self::Float,
            Self::StringArray => Self::String,
            Self::DateArray => Self::Date,
            Self::LocalDatetimeArray => Self::LocalDatetime,
            Self::ZonedDatetimeArray => Self::ZonedDatetime,
            Self::LocalTimeArray => Self::LocalTime,
            Self::ZonedTimeArray => Self::ZonedTime,
            Self::DurationArray => Self::Duration,
            Self::PointArray => Self::Point,
            _ => return None,
        })
    }

    /// Whether graph tables hold it as a text that [`crate::graph_table::typed_text`] reads.
    pub fn is_typed_text(self) -> bool {
        matches!(self, Self::LocalTime | Self::ZonedTime | Self::Duration | Self::Point) || self.element().is_some()
    }

    /// Type of its column, and what tells the reader of the column that a text stands for something else.
    pub fn arrow_field(self, name: String) -> Field {
        let data_type = match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::LocalDatetime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::ZonedDatetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            _ => DataType::Utf8,
        };
        let field = Field::new(name, data_type, true);
        if !self.is_typed_text() {
            return field;
        }
        let word = serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned));
        let metadata: HashMap<String, String> = word.map(|word| (TYPE_KEY.to_owned(), word)).into_iter().collect();
        field.with_metadata(metadata)
    }

    /// The type that a column of texts stands for, where it is not just text.
    pub fn of_typed_text(field: &Field) -> Option<Self> {
        let word = field.metadata().get(TYPE_KEY)?;
        serde_json::from_value(serde_json::Value::from(word.as_str())).ok()
    }
}

/// Key of a column's metadata with the type that its texts stand for.
const TYPE_KEY: &str = "rowgraph.type";

/// One property of a graph table: its name in Neo4j and its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Name in Neo4j.
    pub name: String,
    /// Type in Neo4j.
    #[serde(rename = "type")]
    pub kind: PropertyType,
}

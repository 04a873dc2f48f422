//! Rows of a graph table in the making: values come in one row at a time, record batches go out.
//!
//! A batch is closed before its texts could overflow Arrow's 32-bit offsets, whatever the cells hold.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::value::Value;
use crate::graph_table::manifest::Property;
use crate::mapping::resolved::{NodePlan, QueryPlan, RelationshipPlan};

/// Rows of a batch at most.
const BATCH_ROWS: usize = 65_536;
/// Bytes of text of a batch at most: a quarter of what 32-bit offsets reach, so that one more row of 1 GiB still fits.
const BATCH_TEXT_BYTES: usize = 512 << 20;

/// Rows being collected.
pub struct Rows {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
    text_bytes: usize,
    batches: Vec<RecordBatch>,
}

enum Column {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
    Date(Date32Builder),
    Local(TimestampMicrosecondBuilder),
    Zoned(TimestampMicrosecondBuilder),
}

/// Arrow schema of a node table.
pub fn node_schema(plan: &NodePlan) -> SchemaRef {
    Arc::new(Schema::new(plan.properties.iter().map(|property| arrow_field("", property)).collect::<Vec<_>>()))
}

/// Arrow schema of a relationship table.
pub fn relationship_schema(plan: &RelationshipPlan) -> SchemaRef {
    let start = plan.start.key.iter().map(|property| arrow_field("source.", property));
    let end = plan.end.key.iter().map(|property| arrow_field("target.", property));
    let properties = plan.properties.iter().map(|property| arrow_field("rel.", property));
    Arc::new(Schema::new(start.chain(end).chain(properties).collect::<Vec<_>>()))
}

/// Arrow schema of a table of rows for a query.
pub fn query_schema(plan: &QueryPlan) -> SchemaRef {
    Arc::new(Schema::new(plan.fields.iter().map(|field| arrow_field("", field)).collect::<Vec<_>>()))
}

fn arrow_field(prefix: &str, property: &Property) -> Field {
    property.kind.arrow_field(format!("{prefix}{}", property.name))
}

impl Rows {
    /// No rows yet.
    pub fn new(schema: SchemaRef) -> Self {
        let columns = columns(&schema);
        Self { schema, columns, rows: 0, text_bytes: 0, batches: Vec::new() }
    }

    /// Adds a row: one value a column, each of the column's type or missing.
    pub fn push<'a>(&mut self, values: impl Iterator<Item = Value<'a>>) {
        for (column, value) in self.columns.iter_mut().zip(values) {
            if let Value::Text(text) = value {
                self.text_bytes += text.len();
            }
            column.push(value);
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS || self.text_bytes >= BATCH_TEXT_BYTES {
            self.close_batch();
        }
    }

    fn close_batch(&mut self) {
        if self.rows == 0 {
            return;
        }
        let arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Column::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        self.batches.push(batch.expect("one value a column and row, each of the column's type"));
        self.rows = 0;
        self.text_bytes = 0;
    }

    /// All rows.
    pub fn finish(mut self) -> Vec<RecordBatch> {
        self.close_batch();
        self.batches
    }
}

fn columns(schema: &Schema) -> Vec<Column> {
    let fields = schema.fields().iter();
    fields
        .map(|field| match field.data_type() {
            DataType::Boolean => Column::Boolean(BooleanBuilder::new()),
            DataType::Int64 => Column::Integer(Int64Builder::new()),
            DataType::Float64 => Column::Float(Float64Builder::new()),
            DataType::Date32 => Column::Date(Date32Builder::new()),
            DataType::Timestamp(_, None) => Column::Local(TimestampMicrosecondBuilder::new()),
            DataType::Timestamp(_, Some(zone)) => {
                Column::Zoned(TimestampMicrosecondBuilder::new().with_timezone(Arc::clone(zone)))
            }
            _ => Column::Text(StringBuilder::new()),
        })
        .collect()
}

impl Column {
    fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::Boolean(builder), Value::Boolean(truth)) => builder.append_value(truth),
            (Self::Integer(builder), Value::Integer(number)) => builder.append_value(number),
            (Self::Float(builder), Value::Float(number)) => builder.append_value(number),
            (Self::Float(builder), Value::Integer(number)) => builder.append_value(number as f64),
            (Self::Text(builder), Value::Text(text)) => builder.append_value(text),
            (Self::Date(builder), Value::Date(day)) => builder.append_value(day),
            (Self::Local(builder), Value::LocalDatetime(micros)) => builder.append_value(micros),
            (Self::Zoned(builder), Value::ZonedDatetime(micros)) => builder.append_value(micros),
            (column, value) => {
                debug_assert!(value.is_missing(), "types are settled when the mapping is resolved: {value:?}");
                column.push_null();
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Local(builder) | Self::Zoned(builder) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Local(builder) | Self::Zoned(builder) => Arc::new(builder.finish()),
        }
    }
}

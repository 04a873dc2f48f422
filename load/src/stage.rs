//! Staging: a snapshot and a mapping come in, graph tables go out.

pub mod date;
pub mod json_cell;
pub mod number;
pub mod text;

//! What may be typed of the commands that deal with mappings and need no server: `mapping`, `init`, `model`, `check`, `preview`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args as ClapArgs, ValueEnum};
use jiff::civil::Date;

use crate::mapping::shipped;
use crate::specification::ServerKind;

/// `load mapping`.
#[derive(Debug, ClapArgs)]
pub struct MappingArgs {
    /// Which one
    #[arg(value_name = "NAME", default_value = "learners", value_parser = mapping_names())]
    pub name: String,
}

fn mapping_names() -> PossibleValuesParser {
    PossibleValuesParser::new(shipped::MAPPINGS.map(|shipped| PossibleValue::new(shipped.name).help(shipped.about)))
}

/// `load init`.
#[derive(Debug, ClapArgs)]
pub struct InitArgs {
    /// Folder of snapshots (the --out of extract), or one snapshot's own folder
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,

    /// Only this table; may be given several times [default: every table that has a snapshot]
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<String>,
}

/// `load preview`.
#[derive(Debug, ClapArgs)]
pub struct PreviewArgs {
    /// Folder of snapshots (the --out of extract), or one snapshot's own folder
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,

    /// Mapping file [default: the one that `load mapping` prints]
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,

    /// The first rows of each table
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub rows: u64,

    /// Just this row, as rejects name it: the first is 0. Rows elsewhere that are one record with it are not joined to it
    #[arg(long, value_name = "ROW", conflicts_with = "rows", value_parser = clap::value_parser!(u64).range(..u64::MAX))]
    pub row: Option<u64>,

    /// Only rows of this table of the mapping
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,

    /// What "today" is for the rules [default: the date on which the snapshot was read]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<Date>,

    /// Text for people, or one JSON object with everything
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
}

/// `load check`.
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Mapping file [default: the one that `load mapping` prints]
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,

    /// Judge by the public import specification alone: sources of any type, no words of ours (exit 0 valid, 1 not)
    #[arg(long)]
    pub spec_only: bool,

    /// Folder of snapshots that the mapping is to fit
    #[arg(long, value_name = "DIR", conflicts_with = "spec_only")]
    pub from: Option<PathBuf>,

    /// Also refuse what a server does not have: community-5.26, enterprise-5.26, aura-5.27
    #[arg(long, value_name = "EDITION-VERSION", value_parser = clap::value_parser!(ServerKind))]
    pub server: Option<ServerKind>,

    /// Text for people, or JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Lines.
    Text,
    /// One object.
    Json,
}

/// `load model`.
#[derive(Debug, ClapArgs)]
pub struct ModelArgs {
    /// Mapping file [default: the one that `load mapping` prints]
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,

    /// How it is drawn
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    pub format: ModelFormat,
}

/// The values of `load model --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModelFormat {
    /// A picture for browsers, light and dark
    Svg,
    /// Text that GitHub and many editors draw
    Mermaid,
    /// One line a relationship, as Cypher writes patterns
    Text,
}

//! What may be typed after `load model`.
//!
//! In: the command line. Out: which mapping is drawn, and how. Nothing is read or checked here.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

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

//! What may be typed. What it means is decided in [`crate::plan`].
//!
//! Nothing is read from the environment here, so that a flag, the environment and an env file are told apart in one place.

mod mapping;

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand};
use jiff::civil::Date;
use shared::command_line::{CompletionsArgs, ManArgs};
use shared::progress::Style;
use shared::telemetry::LogFormat;

pub use mapping::{CheckArgs, CheckFormat, InitArgs, MappingArgs, ModelArgs, ModelFormat, PreviewArgs};

use crate::run::Mode;

/// Turns a sealed snapshot into a graph in Neo4j, each batch applied exactly once.
///
/// A summary line is printed to standard output, everything else to standard error. The target comes from flags, else from
/// the environment (NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE), else from the file given by --env-file.
#[derive(Debug, Parser)]
#[command(name = "load", version, max_term_width = 120, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true)]
pub struct Args {
    /// Something else than to load.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// To load.
    #[command(flatten)]
    pub load: LoadArgs,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a mapping that is compiled in
    Mapping(MappingArgs),
    /// Draft a mapping of the tables in a folder of snapshots
    Init(InitArgs),
    /// Show the nodes and relationships that come of a few rows, and every reject, without a server
    Preview(PreviewArgs),
    /// Print the JSON Schema of mapping files, for editors
    Schema,
    /// Draw the graph model of a mapping
    Model(ModelArgs),
    /// Say everything that is wrong with a mapping, without a server
    Check(CheckArgs),
    /// Say what the target holds: runs, finished or not, and what is done of them
    Status(StatusArgs),
    /// Remove what a run wrote
    Clear(ClearArgs),
    /// Compare the target with the graph tables of a snapshot
    Verify(VerifyArgs),
    /// Print what a load would do: tables, rows, batches, statements, time, size. Nothing is written into the target
    Plan(PlanArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one a command into a folder
    Man(ManArgs),
}

/// Which graph.
#[derive(Debug, ClapArgs)]
pub struct GraphArgs {
    /// Folder of snapshots (the --out of extract), or one snapshot's own folder
    #[arg(long, value_name = "DIR", required = true)]
    pub from: Option<PathBuf>,

    /// Mapping file [default: the one that `load mapping` prints]
    #[arg(long, value_name = "FILE", help_heading = "Graph")]
    pub mapping: Option<PathBuf>,

    /// What "today" is for the rules [default: the date on which the snapshot was read]
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Graph")]
    pub as_of: Option<Date>,

    /// Take only the first rows of each table
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Graph")]
    pub sample: Option<u64>,

    /// Folder for graph tables [default: .graph in the folder of snapshots]
    #[arg(long, value_name = "DIR", help_heading = "Graph")]
    pub work: Option<PathBuf>,

    /// Threads for staging [default: all cores]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = "Graph")]
    pub threads: usize,
}

/// Where to.
#[derive(Debug, ClapArgs)]
pub struct TargetArgs {
    /// Address: neo4j+s://HOST, bolt+s://HOST, or on this machine neo4j:// and bolt://
    #[arg(long, help_heading = "Target")]
    pub uri: Option<String>,

    /// User [default: neo4j]
    #[arg(long, help_heading = "Target")]
    pub user: Option<String>,

    /// File whose first line is the password
    #[arg(long, value_name = "FILE", help_heading = "Target")]
    pub password_file: Option<PathBuf>,

    /// Database [default: the user's home database]
    #[arg(long, help_heading = "Target")]
    pub database: Option<String>,

    /// PEM file of certificate authorities to trust instead of the system's
    #[arg(long, value_name = "FILE", help_heading = "Target")]
    pub ca: Option<PathBuf>,

    /// Allow an address without TLS that is not on this machine
    #[arg(long, help_heading = "Target")]
    pub plaintext: bool,

    /// File of NAME=value lines with the settings named above
    #[arg(long, value_name = "FILE", help_heading = "Target")]
    pub env_file: Option<PathBuf>,
}

/// What is shown.
#[derive(Debug, Default, ClapArgs)]
pub struct OutputArgs {
    /// How progress is shown
    #[arg(long, value_name = "STYLE", default_value = "auto", help_heading = "Output")]
    pub progress: Style,

    /// Text for people, or JSON: one object a line for everything that is said (docs/log-format.md)
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub log: LogFormat,

    /// More log lines (-v information, -vv details)
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    /// No report and no progress, only errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
}

/// `load`.
#[derive(Debug, ClapArgs)]
pub struct LoadArgs {
    /// Which graph.
    #[command(flatten)]
    pub graph: GraphArgs,

    /// Go on with the unfinished load of this graph
    #[arg(long)]
    pub resume: bool,

    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// create: the labels must be empty; upsert: nodes are found by key and updated [default: create]
    #[arg(long, value_name = "MODE", help_heading = "Writing")]
    pub mode: Option<Mode>,

    /// Rows that the server may refuse before the load stops
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Writing")]
    pub max_rejects: u64,

    /// Connections that write at the same time, or auto
    #[arg(long, value_name = "N", default_value = "auto", value_parser = crate::plan::parse_writers)]
    #[arg(help_heading = "Writing")]
    pub writers: crate::write::crew::Writers,

    /// Rows of a batch at most; slow or small servers get fewer [default: 5000 nodes, 10000 relationships, 10000 of both together]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Writing")]
    pub batch_rows: Option<u32>,

    /// Write each table by itself: nodes, then relationships; without it, relationships go with their start nodes where they can
    #[arg(long, help_heading = "Writing")]
    pub apart: bool,

    /// Seconds for which a lost or overloaded target is tried again
    #[arg(long, value_name = "SECONDS", default_value_t = 120, help_heading = "Writing")]
    pub retry_for: u64,

    /// End with code 3 when cleaning set anything aside
    #[arg(long, help_heading = "Writing")]
    pub strict: bool,

    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `load status`.
#[derive(Debug, ClapArgs)]
pub struct StatusArgs {
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `load clear`.
#[derive(Debug, ClapArgs)]
pub struct ClearArgs {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,

    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The values of `load plan --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum PlanFormat {
    /// Text for people
    #[default]
    Text,
    /// One JSON object (docs/run-report.md)
    Json,
}

/// `load plan`.
#[derive(Debug, ClapArgs)]
pub struct PlanArgs {
    /// Which graph.
    #[command(flatten)]
    pub graph: GraphArgs,

    /// As `load` would be given it
    #[arg(long)]
    pub resume: bool,

    /// As `load` would be given it [default: create]
    #[arg(long, value_name = "MODE", help_heading = "Writing")]
    pub mode: Option<Mode>,

    /// As `load` would be given it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Writing")]
    pub batch_rows: Option<u32>,

    /// As `load` would be given it
    #[arg(long, help_heading = "Writing")]
    pub apart: bool,

    /// Make the graph tables, which the load then finds, for exact numbers; without it, and where they are not there, the
    /// first 20,000 rows of each table are staged in a temporary folder that goes again, and the numbers are estimates
    #[arg(long, help_heading = "Graph")]
    pub stage: bool,

    /// How the plan is printed
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: PlanFormat,

    /// Where to; without an address no target is asked.
    #[command(flatten)]
    pub target: TargetArgs,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `load verify`.
#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    /// Which graph.
    #[command(flatten)]
    pub graph: GraphArgs,

    /// Read everything back and compare every property
    #[arg(long)]
    pub deep: bool,

    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

impl Args {
    /// What is shown, whatever is done.
    pub fn output(&self) -> &OutputArgs {
        const DEFAULT: &OutputArgs =
            &OutputArgs { progress: Style::Auto, log: LogFormat::Text, verbose: 0, quiet: false };
        match &self.command {
            None => &self.load.output,
            Some(
                Command::Mapping(_)
                | Command::Init(_)
                | Command::Preview(_)
                | Command::Schema
                | Command::Model(_)
                | Command::Check(_)
                | Command::Completions(_)
                | Command::Man(_),
            ) => DEFAULT,
            Some(Command::Status(status)) => &status.output,
            Some(Command::Clear(clear)) => &clear.output,
            Some(Command::Verify(verify)) => &verify.output,
            Some(Command::Plan(plan)) => &plan.output,
        }
    }
}

impl Args {
    /// The word for what is done.
    pub fn command_name(&self) -> &'static str {
        match &self.command {
            None => "load",
            Some(Command::Mapping(_)) => "mapping",
            Some(Command::Init(_)) => "init",
            Some(Command::Preview(_)) => "preview",
            Some(Command::Schema) => "schema",
            Some(Command::Model(_)) => "model",
            Some(Command::Check(_)) => "check",
            Some(Command::Status(_)) => "status",
            Some(Command::Clear(_)) => "clear",
            Some(Command::Verify(_)) => "verify",
            Some(Command::Plan(_)) => "plan",
            Some(Command::Completions(_)) => "completions",
            Some(Command::Man(_)) => "man",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let args = Args::try_parse_from(["load", "--from", "data", "--resume", "--writers", "4"]).unwrap();
        assert!(args.command.is_none() && args.load.resume);
        assert!(Args::try_parse_from(["load", "--resume"]).is_err());
        let mapping = |arguments: &[&str]| match Args::try_parse_from(arguments).unwrap().command {
            Some(Command::Mapping(mapping)) => mapping.name,
            other => panic!("{other:?}"),
        };
        assert_eq!([mapping(&["load", "mapping"]), mapping(&["load", "mapping", "shop"])], ["learners", "shop"]);
        assert!(Args::try_parse_from(["load", "mapping", "shops"]).is_err());
        assert!(Args::try_parse_from(["load", "preview", "--from", "data", "--row", "3", "--rows", "4"]).is_err());
        let verify = Args::try_parse_from(["load", "verify", "--from", "data", "--deep", "--uri", "bolt://localhost"]);
        assert!(matches!(verify.unwrap().command, Some(Command::Verify(verify)) if verify.deep));
        assert!(Args::try_parse_from(["load", "verify", "--deep"]).is_err());
        assert!(Args::try_parse_from(["load", "status", "--env-file", "x.env", "-v"]).is_ok());
    }
}

//! What may be typed. What it means is decided in [`crate::plan`].
//!
//! Without a command the program extracts; the commands look at snapshots that are there, and need no server. Nothing is
//! read from the environment here, so that a flag, the environment and an env file are told apart in one place.

mod connection;
mod selection;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand};
use shared::command_line::{CompletionsArgs, ManArgs};
use shared::progress::Style;
use shared::telemetry::LogFormat;
use shared::type_map::OnBadValue;

pub use connection::{ConnectionArgs, Protocol, SslMode};
pub use selection::{SelectionArgs, TableArgs};

use crate::plan::{CompressionKind, parse_size};

/// Streams MySQL tables once into sealed snapshots of Parquet files, and closes the connection.
///
/// Each snapshot's folder is printed to standard output, everything else to standard error. Settings come from flags, else
/// from the environment (MYSQL_HOST, MYSQL_PORT, MYSQL_SOCKET, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE, MYSQL_TABLE,
/// MYSQL_SSL_MODE, MYSQL_SSL_CA, MYSQL_SSL_CERT, MYSQL_SSL_KEY), else from the file given by --env-file.
#[derive(Debug, Parser)]
#[command(name = "extract", version, max_term_width = 120, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true)]
pub struct Args {
    /// Something else than to extract.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// To extract.
    #[command(flatten)]
    pub extract: ExtractArgs,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check snapshots to the last value: checksums, rows, schema, content digest
    Verify(VerifyArgs),
    /// Say what a snapshot is: its manifest for people, or --json for programs
    Show(ShowArgs),
    /// List the snapshots in a folder
    List(ListArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one a command into a folder
    Man(ManArgs),
}

/// `extract`.
#[derive(Debug, ClapArgs)]
pub struct ExtractArgs {
    /// Folder for snapshots; one goes to DIR/<database>.<table>/<start>-<digest>
    #[arg(long, value_name = "DIR", required = true)]
    pub out: Option<PathBuf>,

    /// Which tables.
    #[command(flatten)]
    pub tables: TableArgs,

    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// What of them.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// From where.
    #[command(flatten)]
    pub connection: ConnectionArgs,

    /// How it is stored.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How rows are stored.
#[derive(Debug, ClapArgs)]
pub struct SnapshotArgs {
    /// What to do with zero and partial dates and with invalid UTF-8
    #[arg(long, value_name = "HOW", default_value = "null", help_heading = "Snapshot")]
    pub on_bad_value: OnBadValue,

    /// How the Parquet files are compressed
    #[arg(long, value_name = "KIND", default_value = "zstd", help_heading = "Snapshot")]
    pub compression: CompressionKind,

    /// Level of zstd in every column, 1 to 22 [default: 1, or 3 in columns where that saves much]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=22), help_heading = "Snapshot")]
    pub level: Option<i32>,

    /// Bytes of values in a part (before compression), as 512MB
    #[arg(long, value_name = "SIZE", default_value = "512MB", value_parser = parse_size, help_heading = "Snapshot")]
    pub part_size: u64,

    /// Bytes of values in a row group (before compression); memory grows with it
    #[arg(long, value_name = "SIZE", default_value = "64MB", value_parser = parse_size, help_heading = "Snapshot")]
    pub row_group: u64,

    /// Keep the newest N snapshots of each table, the new one among them, and remove older ones of the same selection
    #[arg(long, value_name = "N", help_heading = "Snapshot")]
    pub keep: Option<NonZeroUsize>,
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

    /// No summary and no progress, only errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
}

/// `extract verify`.
#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    /// Snapshots, or folders that hold some: each that is found is checked
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `extract show`.
#[derive(Debug, ClapArgs)]
pub struct ShowArgs {
    /// A snapshot, or a folder that holds snapshots of one table: then the newest
    #[arg(value_name = "PATH")]
    pub path: PathBuf,

    /// The manifest as it is, for programs
    #[arg(long)]
    pub json: bool,

    /// A page for browsers on standard output: columns with missing, distinct, smallest, largest and most frequent values.
    /// Reads every part, and shows values of rows
    #[arg(long, conflicts_with = "json")]
    pub html: bool,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `extract list`.
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// Folder of snapshots (what is given to --out), or of one table
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// An array of objects, for programs
    #[arg(long)]
    pub json: bool,

    /// What is shown.
    #[command(flatten)]
    pub output: OutputArgs,
}

impl Args {
    /// What is shown, whatever is done.
    #[must_use]
    pub fn output(&self) -> &OutputArgs {
        const DEFAULT: &OutputArgs =
            &OutputArgs { progress: Style::Auto, log: LogFormat::Text, verbose: 0, quiet: false };
        match &self.command {
            None => &self.extract.output,
            Some(Command::Verify(args)) => &args.output,
            Some(Command::Show(args)) => &args.output,
            Some(Command::List(args)) => &args.output,
            Some(Command::Completions(_) | Command::Man(_)) => DEFAULT,
        }
    }

    /// The word for what is done.
    #[must_use]
    pub fn command_name(&self) -> &'static str {
        match &self.command {
            None => "extract",
            Some(Command::Verify(_)) => "verify",
            Some(Command::Show(_)) => "show",
            Some(Command::List(_)) => "list",
            Some(Command::Completions(_)) => "completions",
            Some(Command::Man(_)) => "man",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once("extract").chain(arguments.split_whitespace()))
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let args = parse("--out data --table a --table b --row-group 8MB --part-size 1GB --level 3").unwrap();
        assert!(args.command.is_none());
        assert_eq!(args.extract.tables.table, ["a", "b"]);
        assert!(parse("").is_err(), "--out is needed");
        assert!(parse("--out data --compression lzma").is_err());
        assert!(parse("--out data verify data").is_err());
        assert!(
            matches!(parse("verify a b -q").unwrap().command, Some(Command::Verify(args)) if args.paths.len() == 2)
        );
        assert!(matches!(parse("list data --json").unwrap().command, Some(Command::List(args)) if args.json));
        assert!(parse("verify").is_err() && parse("show a b").is_err());
    }

    #[test]
    fn what_excludes_each_other_is_refused() {
        for arguments in [
            "--columns a --exclude b",
            "--query x --columns a",
            "--query x --where a",
            "--query x --limit 3",
            "--query x --exclude a",
            "--query x --all-tables",
            "--table a --all-tables",
            "--limit 0",
            "--limit -1",
            "--keep 0",
            "--query x --readers 2",
            "--readers 0",
            "--readers 2 --limit 5",
            "--name x",
            "--level 23",
        ] {
            assert!(parse(&format!("--out data {arguments}")).is_err(), "{arguments}");
        }
        assert!(parse("--out data --columns a,b --where a --limit 3").is_ok());
        assert!(parse("--out data --query x --name y").is_ok());
    }
}

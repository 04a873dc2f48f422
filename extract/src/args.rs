//! What may be typed. What it means is decided in [`crate::plan`].
//!
//! Nothing is read from the environment here, so that a flag, the environment and an env file are told apart in one place.

use std::path::PathBuf;

use clap::{ArgAction, Parser, ValueEnum};
use shared::progress::Style;
use shared::type_map::OnBadValue;

/// Streams a MySQL table once into a sealed snapshot of Parquet files, and closes the connection.
///
/// The snapshot's folder is printed to standard output, everything else to standard error. Settings come from flags, else
/// from the environment (MYSQL_HOST, MYSQL_PORT, MYSQL_SOCKET, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE, MYSQL_TABLE,
/// MYSQL_SSL_MODE, MYSQL_SSL_CA), else from the file given by --env-file.
#[derive(Debug, Parser)]
#[command(name = "extract", version, max_term_width = 120)]
pub struct Args {
    /// Folder for snapshots; this one goes to DIR/<database>.<table>/<start>-<digest>
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Table to read
    #[arg(long)]
    pub table: Option<String>,

    /// Database that holds the table
    #[arg(long)]
    pub database: Option<String>,

    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Server, account and database in one: mysql://user@host:3306/database
    #[arg(long, help_heading = "Connection")]
    pub url: Option<String>,

    /// Server [default: 127.0.0.1]
    #[arg(long, help_heading = "Connection")]
    pub host: Option<String>,

    /// Port [default: 3306]
    #[arg(long, help_heading = "Connection")]
    pub port: Option<u16>,

    /// Unix socket of a server on this machine, instead of host and port
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"], help_heading = "Connection")]
    pub socket: Option<PathBuf>,

    /// Account
    #[arg(long, help_heading = "Connection")]
    pub user: Option<String>,

    /// Password; others on this machine can see it: prefer --password-file, MYSQL_PASSWORD or --env-file
    #[arg(long, conflicts_with = "password_file", help_heading = "Connection")]
    pub password: Option<String>,

    /// File whose first line is the password
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub password_file: Option<PathBuf>,

    /// File of NAME=value lines with the settings named above
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub env_file: Option<PathBuf>,

    /// TLS [default: verify-identity; disabled on loopback and sockets]
    #[arg(long, value_name = "MODE", help_heading = "Connection")]
    pub ssl_mode: Option<SslMode>,

    /// PEM file of certificate authorities to trust besides the public ones (for Amazon RDS: its global bundle)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_ca: Option<PathBuf>,

    /// Binary is faster and exact; text is for proxies that know no prepared statements
    #[arg(long, value_name = "PROTOCOL", default_value = "binary", help_heading = "Connection")]
    pub protocol: Protocol,

    /// How often a lost connection is opened again, each time with a new pass over the table
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Connection")]
    pub retries: usize,

    /// How long the server may send nothing before the connection counts as lost, as 90s, 5m or seconds
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = crate::plan::parse_duration)]
    #[arg(help_heading = "Connection")]
    pub read_timeout: std::time::Duration,

    /// What to do with zero and partial dates and with invalid UTF-8
    #[arg(long, value_name = "HOW", default_value = "null", help_heading = "Snapshot")]
    pub on_bad_value: OnBadValue,

    /// zstd level of the Parquet files, 1 to 22
    #[arg(long, value_name = "LEVEL", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=22))]
    #[arg(help_heading = "Snapshot")]
    pub compression_level: i32,

    /// Bytes of values in a part (before compression), as 512MB
    #[arg(long, value_name = "SIZE", default_value = "512MB", value_parser = crate::plan::parse_size)]
    #[arg(help_heading = "Snapshot")]
    pub part_size: u64,

    /// Bytes of values in a row group (before compression); memory grows with it
    #[arg(long, value_name = "SIZE", default_value = "64MB", value_parser = crate::plan::parse_size)]
    #[arg(help_heading = "Snapshot")]
    pub row_group_size: u64,

    /// How progress is shown
    #[arg(long, value_name = "STYLE", default_value = "auto", help_heading = "Output")]
    pub progress: Style,

    /// More log lines (-v information, -vv details)
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    /// No summary and no progress, only errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
}

/// How the connection is encrypted and what is checked of the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SslMode {
    /// Plain text
    Disabled,
    /// Encrypted, and any certificate will do: keeps listeners out, not impostors
    Required,
    /// Encrypted, with a certificate from a trusted authority
    VerifyCa,
    /// As verify-ca, and the certificate is for this host
    VerifyIdentity,
}

impl std::fmt::Display for SslMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Disabled => "disabled",
            Self::Required => "required",
            Self::VerifyCa => "verify-ca",
            Self::VerifyIdentity => "verify-identity",
        })
    }
}

/// How the server sends values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// A prepared statement: numbers and dates arrive as they are
    Binary,
    /// A plain query: everything arrives as text
    Text,
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary",
            Self::Text => "text",
        })
    }
}

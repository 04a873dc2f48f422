//! Where the server is, who we are to it, and how it is spoken to.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

/// From where, and how.
#[derive(Debug, ClapArgs)]
pub struct ConnectionArgs {
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

    /// TLS [default: verify-identity; disabled on sockets, and on loopback without a certificate]
    #[arg(long, value_name = "MODE", help_heading = "Connection")]
    pub ssl_mode: Option<SslMode>,

    /// PEM file of certificate authorities to trust besides the public ones; `rds` trusts those of Amazon RDS
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_ca: Option<PathBuf>,

    /// PEM file of our own certificate, for accounts that want one
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_cert: Option<PathBuf>,

    /// PEM file of its private key
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_key: Option<PathBuf>,

    /// Binary is faster and exact; text is for proxies that know no prepared statements
    #[arg(long, value_name = "PROTOCOL", default_value = "binary", help_heading = "Connection")]
    pub protocol: Protocol,

    /// How often a lost connection is opened again, each time with a new pass over the table; a refusal is told at once
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Connection")]
    pub retries: usize,

    /// How long the server may send nothing before the connection counts as lost, as 90s, 5m or seconds
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = crate::plan::parse_duration)]
    #[arg(help_heading = "Connection")]
    pub read_timeout: Duration,

    /// Read each table with an integer primary key in the order of that key, by N connections side by side, all of one moment
    /// (two or more need the right LOCK TABLES, to make that moment)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    #[arg(conflicts_with_all = ["limit", "query"], help_heading = "Connection")]
    pub readers: Option<u8>,
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

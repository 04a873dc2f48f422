//! What will be done, decided and checked before anything connects.
//!
//! In: [`ExtractArgs`], the environment and an env file. Out: a [`Plan`] without gaps, which `--dry-run` prints. The
//! password is never shown.

mod amount;
mod endpoint;
mod error;
mod tables;
mod tls;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use parquet::basic::{Compression, ZstdLevel};
use shared::env_file::Settings;
use shared::progress::human_bytes;
use shared::snapshot::Selection;
use shared::type_map::OnBadValue;

pub use amount::{parse_duration, parse_size};
pub use endpoint::{Address, Endpoint};
pub use error::PlanError;
pub use tables::{TableName, Wanted};
pub use tls::{Authorities, Identity, Tls};

use crate::args::{ExtractArgs, Protocol, SelectionArgs, SnapshotArgs};
use crate::source::NO_USER;

/// What is read from the environment and the env file, in `docs/reference/settings.md` too.
const SETTINGS: [&str; 11] = [
    "MYSQL_HOST",
    "MYSQL_PORT",
    "MYSQL_SOCKET",
    "MYSQL_USER",
    "MYSQL_PASSWORD",
    "MYSQL_DATABASE",
    "MYSQL_TABLE",
    "MYSQL_SSL_MODE",
    "MYSQL_SSL_CA",
    "MYSQL_SSL_CERT",
    "MYSQL_SSL_KEY",
];

/// Everything an extraction needs to know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folder for snapshots.
    pub out: PathBuf,
    /// The server and the account.
    pub endpoint: Endpoint,
    /// The database of the tables.
    pub database: String,
    /// Which tables.
    pub wanted: Wanted,
    /// What of each of them; nothing is selected when it is all.
    pub selection: Selection,
    /// How values are sent.
    pub protocol: Protocol,
    /// What becomes of values that a type cannot hold.
    pub on_bad_value: OnBadValue,
    /// How many connections read a table by its key; it is read as it comes when it is not said.
    pub readers: Option<usize>,
    /// How often a lost connection is opened again.
    pub retries: usize,
    /// How the parts are cut and compressed.
    pub cut: Cut,
    /// How many snapshots of a table stay; all when it is not said.
    pub keep: Option<NonZeroUsize>,
}

/// How parts are cut and compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of values in a part.
    pub part_bytes: u64,
    /// Bytes of values in a row group.
    pub row_group_bytes: u64,
    /// How pages are compressed.
    pub compression: PageCompression,
}

/// How pages are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageCompression {
    /// By zstd, at its quickest level, and at a better one in columns where that saves much.
    ByColumn,
    /// As was asked for, every column alike.
    As(Compression),
}

impl PageCompression {
    /// What is used where nothing better was found.
    #[must_use]
    pub fn quickest(self) -> Compression {
        match self {
            Self::ByColumn => Compression::ZSTD(ZstdLevel::default()),
            Self::As(compression) => compression,
        }
    }
}

impl fmt::Display for PageCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByColumn => f.write_str("zstd level 1, or 3 in columns where that saves much"),
            Self::As(Compression::ZSTD(level)) => write!(f, "zstd level {}", level.compression_level()),
            Self::As(Compression::SNAPPY) => f.write_str("snappy"),
            Self::As(_) => f.write_str("no compression"),
        }
    }
}

/// The values of `--compression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompressionKind {
    /// Small and fast; every reader of today has it
    Zstd,
    /// For old readers; about twice the size
    Snappy,
    /// Not at all
    None,
}

impl Plan {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// When something is missing, contradictory or unreadable.
    pub fn resolve(args: &ExtractArgs) -> Result<Self, PlanError> {
        let connection = &args.connection;
        let settings = Settings::load(connection.env_file.as_deref(), &SETTINGS)?;
        let url = connection.url.as_deref().map(endpoint::parse_url).transpose()?.unwrap_or_default();
        let database = args.tables.database.clone().or(url.database.clone()).or_else(|| settings.get("MYSQL_DATABASE"));
        Ok(Self {
            out: args.out.clone().ok_or(PlanError::Missing { what: "folder", hint: "give it by --out" })?,
            endpoint: endpoint::endpoint(connection, url, &settings)?,
            database: database.ok_or(PlanError::Missing {
                what: "database",
                hint: "give it by --database, at the end of --url, or as MYSQL_DATABASE",
            })?,
            wanted: Wanted::resolve(&args.tables, &args.selection, settings.get("MYSQL_TABLE"))?,
            selection: selection(&args.selection)?,
            protocol: connection.protocol,
            on_bad_value: args.snapshot.on_bad_value,
            readers: connection.readers.map(usize::from),
            retries: connection.retries,
            cut: cut(&args.snapshot)?,
            keep: args.snapshot.keep,
        })
    }
}

fn selection(args: &SelectionArgs) -> Result<Selection, PlanError> {
    let names = |flag: &'static str, typed: &[String]| {
        let names: Vec<String> = typed.iter().map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) { Err(PlanError::Empty { flag }) } else { Ok(names) }
    };
    let text = |flag: &'static str, typed: &Option<String>| match typed.as_deref().map(str::trim) {
        Some("") => Err(PlanError::Empty { flag }),
        text => Ok(text.map(str::to_owned)),
    };
    let query = text("--query", &args.query)?.map(|query| tables::one_select(&query)).transpose()?;
    Ok(Selection {
        columns: names("--columns", &args.columns)?,
        excluded: names("--exclude", &args.exclude)?,
        condition: text("--where", &args.condition)?,
        limit: args.limit,
        query,
    })
}

fn cut(args: &SnapshotArgs) -> Result<Cut, PlanError> {
    if args.row_group > args.part_size {
        return Err(PlanError::Sizes);
    }
    let compression = match (args.compression, args.level) {
        (CompressionKind::Zstd, None) => PageCompression::ByColumn,
        (CompressionKind::Zstd, Some(level)) => {
            PageCompression::As(Compression::ZSTD(ZstdLevel::try_new(level).unwrap_or_default()))
        }
        (_, Some(_)) => return Err(PlanError::Level),
        (CompressionKind::Snappy, None) => PageCompression::As(Compression::SNAPPY),
        (CompressionKind::None, None) => PageCompression::As(Compression::UNCOMPRESSED),
    };
    Ok(Cut { part_bytes: args.part_size, row_group_bytes: args.row_group, compression })
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { address, user, password, tls, read_timeout } = &self.endpoint;
        writeln!(f, "read      {} of database {} from {address}", self.wanted, self.database)?;
        if !self.selection.is_all() {
            writeln!(f, "select    {}", self.selection)?;
        }
        let user = user.as_deref().unwrap_or(NO_USER);
        writeln!(f, "as        {user}, {} password", if password.is_some() { "with a" } else { "without" })?;
        writeln!(f, "tls       {tls}")?;
        writeln!(f, "protocol  {}, silent for at most {} s", self.protocol, read_timeout.as_secs())?;
        if let Some(readers) = self.readers {
            writeln!(f, "readers   {readers}, by the integer primary key of tables that have one")?;
        }
        writeln!(f, "retries   {}", self.retries)?;
        writeln!(f, "bad value {}", self.on_bad_value)?;
        let Cut { part_bytes, row_group_bytes, compression } = self.cut;
        let (part, group) = (human_bytes(part_bytes), human_bytes(row_group_bytes));
        writeln!(f, "parts     of {part}, row groups of {group} (before compression), {compression}")?;
        let folder = match self.wanted.single() {
            Some(table) => self.out.join(shared::snapshot::folder_name(&self.database, table)),
            None => self.out.clone(),
        };
        let what = if self.wanted.single().is_some() { "a snapshot" } else { "a snapshot of each table" };
        writeln!(f, "write     {what} into {}", folder.display())?;
        if let Some(keep) = self.keep {
            writeln!(f, "keep      the newest {keep} of each table, and remove older ones")?;
        }
        writeln!(f, "connected to nothing: whether the server lets us in and has these tables was not asked")
    }
}

#[cfg(test)]
mod tests;

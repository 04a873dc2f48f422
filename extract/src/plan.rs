//! What will be done, decided and checked before anything connects.
//!
//! In: [`Args`], the environment and an env file. Out: a [`Plan`] without gaps, which `--dry-run` prints. A flag beats the
//! URL, the URL the environment, the environment the env file. The password is never shown.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use shared::env_file::{EnvFileError, Settings};
use shared::exit::{Diagnosis, ExitCode};
use shared::secret::Secret;
use shared::type_map::OnBadValue;

use crate::args::{Args, Protocol, SslMode};

/// Everything an extraction needs to know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folder for snapshots.
    pub out: PathBuf,
    /// The server and the account.
    pub endpoint: Endpoint,
    /// The database of the table.
    pub database: String,
    /// The table.
    pub table: String,
    /// How values are sent.
    pub protocol: Protocol,
    /// What becomes of values that a type cannot hold.
    pub on_bad_value: OnBadValue,
    /// How often a lost connection is opened again.
    pub retries: usize,
    /// How the parts are cut and compressed.
    pub cut: Cut,
}

/// Where the server is and who we are to it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its address.
    pub address: Address,
    /// The account.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// What is encrypted and verified.
    pub ssl_mode: SslMode,
    /// Authorities to trust besides the public ones.
    pub ssl_ca: Option<PathBuf>,
    /// How long the server may be silent.
    pub read_timeout: Duration,
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A host, by name or number, and a port.
    Tcp {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket.
    Socket(PathBuf),
}

/// Sizes of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of values in a part.
    pub part_bytes: u64,
    /// Bytes of values in a row group.
    pub row_group_bytes: u64,
    /// The zstd level.
    pub compression_level: i32,
}

/// What is wrong with the command line, the environment or a file named there.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The env file cannot be used.
    #[error(transparent)]
    EnvFile(#[from] EnvFileError),
    /// A setting is missing that has no default.
    #[error("no {what} is given")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// How to give it.
        hint: &'static str,
    },
    /// The URL is none of ours. It may hold a password, so it is not shown.
    #[error("the URL is not of the form mysql://user@host:3306/database: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// A setting from the environment or the env file has a value that it cannot have.
    #[error("{name} is `{value}`, and it must be {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value; never a secret.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A file named on the command line cannot be read.
    #[error("cannot read {}, given by {flag}", path.display())]
    File {
        /// The flag.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The sizes contradict each other.
    #[error("--row-group-size is larger than --part-size")]
    Sizes,
}

impl Diagnosis for PlanError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::EnvFile(error) => error.hint(),
            Self::Missing { hint, .. } => Some((*hint).into()),
            Self::Url { .. } => {
                Some("write special characters of a password as %XX, or give it by --password-file".into())
            }
            Self::Setting { .. } | Self::Sizes => Some("`extract --help` lists what may be given".into()),
            Self::File { flag, .. } => Some(format!("check the path and the rights of the file given by {flag}")),
        }
    }
}

impl Plan {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// When something is missing, contradictory or unreadable.
    pub fn resolve(args: &Args) -> Result<Self, PlanError> {
        let settings = Settings::load(args.env_file.as_deref())?;
        let url = args.url.as_deref().map(parse_url).transpose()?.unwrap_or_default();
        let database = args.database.clone().or(url.database.clone()).or_else(|| settings.get("MYSQL_DATABASE"));
        let table = args.table.clone().or_else(|| settings.get("MYSQL_TABLE"));
        if args.row_group_size > args.part_size {
            return Err(PlanError::Sizes);
        }
        Ok(Self {
            out: args.out.clone(),
            endpoint: endpoint(args, url, &settings)?,
            database: database.ok_or(PlanError::Missing {
                what: "database",
                hint: "give it by --database, at the end of --url, or as MYSQL_DATABASE",
            })?,
            table: table.ok_or(PlanError::Missing { what: "table", hint: "give it by --table, or as MYSQL_TABLE" })?,
            protocol: args.protocol,
            on_bad_value: args.on_bad_value,
            retries: args.retries,
            cut: Cut {
                part_bytes: args.part_size,
                row_group_bytes: args.row_group_size,
                compression_level: args.compression_level,
            },
        })
    }

    /// The table with its database, for messages.
    #[must_use]
    pub fn table_name(&self) -> String {
        format!("{}.{}", self.database, self.table)
    }
}

#[derive(Default)]
struct Url {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<Secret>,
    database: Option<String>,
}

fn parse_url(url: &str) -> Result<Url, PlanError> {
    let opts = mysql::Opts::from_url(url).map_err(|error| PlanError::Url { reason: error.to_string() })?;
    Ok(Url {
        host: Some(opts.get_ip_or_hostname().trim_matches(['[', ']']).to_owned()),
        port: Some(opts.get_tcp_port()),
        user: opts.get_user().filter(|user| !user.is_empty()).map(str::to_owned),
        password: opts.get_pass().map(Secret::new),
        database: opts.get_db_name().map(str::to_owned),
    })
}

fn endpoint(args: &Args, url: Url, settings: &Settings) -> Result<Endpoint, PlanError> {
    let password = password(args, url.password, settings)?;
    let address = address(args, url.host, url.port, settings)?;
    let ssl_mode = match args.ssl_mode {
        Some(mode) => mode,
        None => match settings.get("MYSQL_SSL_MODE") {
            Some(value) => SslMode::from_str(&value, true).map_err(|_| PlanError::Setting {
                name: "MYSQL_SSL_MODE",
                value,
                expected: "disabled, required, verify-ca or verify-identity",
            })?,
            None if address.is_local() => SslMode::Disabled,
            None => SslMode::VerifyIdentity,
        },
    };
    let ssl_ca = args.ssl_ca.clone().or_else(|| settings.get("MYSQL_SSL_CA").map(PathBuf::from));
    if let Some(path) = &ssl_ca {
        // Tried now: in the handshake the driver would not say which file it was.
        std::fs::read(path).map_err(|source| PlanError::File { flag: "--ssl-ca", path: path.clone(), source })?;
    }
    let user = args.user.clone().or(url.user).or_else(|| settings.get("MYSQL_USER"));
    Ok(Endpoint { address, user, password, ssl_mode, ssl_ca, read_timeout: args.read_timeout })
}

fn address(
    args: &Args,
    url_host: Option<String>,
    url_port: Option<u16>,
    settings: &Settings,
) -> Result<Address, PlanError> {
    if let Some(path) = &args.socket {
        return Ok(Address::Socket(path.clone()));
    }
    let host = args.host.clone().or(url_host);
    if host.is_none()
        && args.port.is_none()
        && let Some(path) = settings.get("MYSQL_SOCKET")
    {
        return Ok(Address::Socket(path.into()));
    }
    let port = match args.port.or(url_port) {
        Some(port) => port,
        None => match settings.get("MYSQL_PORT") {
            None => 3306,
            Some(value) => value.parse().map_err(|_| PlanError::Setting {
                name: "MYSQL_PORT",
                value,
                expected: "a number from 0 to 65535",
            })?,
        },
    };
    let host = host.or_else(|| settings.get("MYSQL_HOST")).unwrap_or_else(|| "127.0.0.1".into());
    Ok(Address::Tcp { host, port })
}

fn password(args: &Args, url: Option<Secret>, settings: &Settings) -> Result<Option<Secret>, PlanError> {
    if let Some(password) = &args.password {
        tracing::warn!("a password on the command line can be seen by others on this machine; prefer --password-file");
        return Ok(Some(Secret::new(password)));
    }
    if let Some(path) = &args.password_file {
        let text = std::fs::read_to_string(path).map_err(|source| PlanError::File {
            flag: "--password-file",
            path: path.clone(),
            source,
        })?;
        return Ok(Some(Secret::new(text.lines().next().unwrap_or_default())));
    }
    Ok(url.or_else(|| settings.get_secret("MYSQL_PASSWORD")))
}

impl Address {
    /// Whether the server is on this machine, so that nobody can listen on the way.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp { host, .. } => {
                let host = host.trim_matches(['[', ']']);
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { address, user, password, ssl_mode, ssl_ca, read_timeout } = &self.endpoint;
        let folder = self.out.join(shared::snapshot::folder_name(&self.database, &self.table));
        writeln!(f, "read      table {} from {address}", self.table_name())?;
        let user = user.as_deref().unwrap_or("(none)");
        writeln!(f, "as        {user}, {} password", if password.is_some() { "with a" } else { "without" })?;
        let ca = ssl_ca.as_ref().map_or(String::new(), |path| format!(", authorities of {}", path.display()));
        writeln!(f, "tls       {ssl_mode}{ca}")?;
        writeln!(f, "protocol  {}, silent for at most {} s", self.protocol, read_timeout.as_secs())?;
        writeln!(f, "retries   {}", self.retries)?;
        writeln!(f, "bad value {}", self.on_bad_value)?;
        let human = shared::progress::human_bytes;
        let Cut { part_bytes, row_group_bytes, compression_level } = self.cut;
        let (part, group) = (human(part_bytes), human(row_group_bytes));
        writeln!(f, "parts     of {part}, row groups of {group} (before compression), zstd level {compression_level}")?;
        writeln!(f, "write     a snapshot into {}", folder.display())
    }
}

/// A time such as `90s`, `5m` or a number of seconds.
///
/// # Errors
/// When it is none, or not above zero.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => text
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|duration| Duration::try_from(duration).ok())
            .ok_or("expected a time such as 90s, 5m or a number of seconds")?,
    };
    if duration.is_zero() { Err("it must be above zero".into()) } else { Ok(duration) }
}

/// A size such as `512MB`, `64MiB` or a number of bytes.
///
/// # Errors
/// When it is none, or below 1 MB: files of a few rows are of no use to anybody.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err("expected a size such as 512MB, 64MiB or a number of bytes".into()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    let bytes = bytes.ok_or("expected a size such as 512MB, 64MiB or a number of bytes")?;
    if bytes < 1_000_000 { Err("it must be at least 1MB".into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;

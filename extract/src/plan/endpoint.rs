//! Where the server is, who we are to it and what is verified, decided from flags, URL, environment and env file.
//!
//! A flag beats the URL, the URL the environment, the environment the env file. The password is never shown.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use shared::env_file::Settings;
use shared::secret::Secret;

use super::{PlanError, Tls};
use crate::args::ConnectionArgs;

/// Where the server is and who we are to it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its address.
    pub address: Address,
    /// The account.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// What is encrypted, whom we trust, who we are.
    pub tls: Tls,
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

/// What a URL says.
#[derive(Default)]
pub struct Url {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<Secret>,
    pub database: Option<String>,
}

pub fn parse_url(url: &str) -> Result<Url, PlanError> {
    let opts = mysql::Opts::from_url(url).map_err(|error| PlanError::Url { reason: error.to_string() })?;
    Ok(Url {
        host: Some(opts.get_ip_or_hostname().trim_matches(['[', ']']).to_owned()),
        port: Some(opts.get_tcp_port()),
        user: opts.get_user().filter(|user| !user.is_empty()).map(str::to_owned),
        password: opts.get_pass().map(Secret::new),
        database: opts.get_db_name().map(str::to_owned),
    })
}

pub fn endpoint(args: &ConnectionArgs, url: Url, settings: &Settings) -> Result<Endpoint, PlanError> {
    let password = password(args, url.password, settings)?;
    let address = address(args, url.host, url.port, settings)?;
    let tls = Tls::resolve(args, &address, settings)?;
    let user = args.user.clone().or(url.user).or_else(|| settings.get("MYSQL_USER"));
    Ok(Endpoint { address, user, password, tls, read_timeout: args.read_timeout })
}

fn address(
    args: &ConnectionArgs,
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

fn password(args: &ConnectionArgs, url: Option<Secret>, settings: &Settings) -> Result<Option<Secret>, PlanError> {
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

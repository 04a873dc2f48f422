//! Where the target is and who we are there.
//!
//! In: address, user, password and database from flags, the environment or an env file. Out: an endpoint that was checked
//! before anything connects. The password travels as a `Secret`, and an address with a password in it is refused, so
//! that neither is ever printed. Plain text to another machine has to be asked for.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use shared::env_file::Settings;
use shared::exit::{Diagnosis, ExitCode};
use shared::secret::Secret;
use url::{Host, Url};

use super::retry::Patience;

/// The port of Bolt where the address names none.
const BOLT_PORT: u16 = 7687;

/// What is read from the environment and the env file, in `docs/reference/settings.md` too.
pub const SETTINGS: [&str; 4] = ["NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_DATABASE"];

/// What was given on the command line; the environment and the env file fill the gaps.
#[derive(Debug, Clone, Default)]
pub struct EndpointFlags {
    /// `--uri`.
    pub uri: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--password-file`.
    pub password_file: Option<PathBuf>,
    /// `--database`.
    pub database: Option<String>,
    /// `--ca`.
    pub ca: Option<PathBuf>,
    /// `--plaintext`.
    pub plaintext: bool,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// TLS with a verified certificate.
    Verified,
    /// TLS with whatever certificate the server shows.
    Unverified,
}

/// A checked endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Host as in the address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether the server is asked which member of a cluster takes writes (`neo4j` schemes).
    pub routed: bool,
    /// Protection.
    pub encryption: Encryption,
    /// Certificate authorities other than the system's, as PEM.
    pub ca: Option<PathBuf>,
    /// User.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// Database; the user's home database where none is named.
    pub database: Option<String>,
    /// How long failures in a row are borne.
    pub patience: Patience,
}

/// Why the endpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// No address.
    #[error("no address of the Neo4j target")]
    NoAddress,
    /// No password.
    #[error("no password for the Neo4j target")]
    NoPassword,
    /// The password file cannot be read.
    #[error("cannot read the password file {}", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file of certificate authorities cannot be read, or holds none.
    #[error("{} {what}", path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Not an address of Neo4j.
    #[error("the address of the Neo4j target {0}")]
    Address(String),
    /// Plain text to another machine.
    #[error("{scheme}:// sends the password and the data to {host} in plain text")]
    Plaintext {
        /// Scheme.
        scheme: String,
        /// Host.
        host: String,
    },
    /// `--ca` with a scheme that verifies nothing.
    #[error("--ca is of no use with {0}://")]
    CaWithoutVerification(String),
}

impl Diagnosis for EndpointError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoAddress => {
                "give --uri, or set NEO4J_URI in the environment or in the file given by --env-file".into()
            }
            Self::NoPassword => {
                "set NEO4J_PASSWORD in the environment or in the file given by --env-file, or give --password-file"
                    .into()
            }
            Self::PasswordFile { .. } => "check the path and the rights of the file given by --password-file".into(),
            Self::Ca { .. } => "--ca takes a PEM file with the certificates of the authorities to trust".into(),
            Self::Address(_) => {
                "use neo4j+s://HOST (Aura, clusters), bolt+s://HOST, or on this machine neo4j:// or bolt://".into()
            }
            Self::Plaintext { scheme, .. } => {
                format!("use {scheme}+s://, or give --plaintext where the network between is trusted")
            }
            Self::CaWithoutVerification(scheme) => {
                format!("use {}+s://, which verifies the server's certificate", scheme.trim_end_matches("+ssc"))
            }
        })
    }
}

impl Endpoint {
    /// Puts the endpoint together: a flag beats the environment, which beats the env file.
    ///
    /// # Errors
    /// When something is missing, cannot be read, or would send a password in plain text without being asked to.
    pub fn resolve(flags: &EndpointFlags, settings: &Settings) -> Result<Self, EndpointError> {
        let address = flags.uri.clone().or_else(|| settings.get("NEO4J_URI")).ok_or(EndpointError::NoAddress)?;
        let (scheme, host, port) = parse(&address)?;
        let (routed, encryption) = match scheme.as_str() {
            "neo4j" => (true, Encryption::None),
            "bolt" => (false, Encryption::None),
            "neo4j+s" => (true, Encryption::Verified),
            "bolt+s" => (false, Encryption::Verified),
            "neo4j+ssc" => (true, Encryption::Unverified),
            "bolt+ssc" => (false, Encryption::Unverified),
            _ => return Err(EndpointError::Address(format!("has the unknown scheme {scheme}://"))),
        };
        if encryption == Encryption::None && !flags.plaintext && !is_loopback(&host) {
            return Err(EndpointError::Plaintext { scheme, host });
        }
        if let Some(path) = &flags.ca {
            if encryption != Encryption::Verified {
                return Err(EndpointError::CaWithoutVerification(scheme));
            }
            check_ca(path)?;
        }
        let password = match &flags.password_file {
            Some(path) => {
                let content = std::fs::read_to_string(path)
                    .map_err(|source| EndpointError::PasswordFile { path: path.clone(), source })?;
                Some(Secret::new(content.trim_end_matches(['\r', '\n'])))
            }
            None => settings.get_secret("NEO4J_PASSWORD"),
        };
        Ok(Self {
            host,
            port,
            routed,
            encryption,
            ca: flags.ca.clone(),
            user: flags.user.clone().or_else(|| settings.get("NEO4J_USERNAME")).unwrap_or_else(|| "neo4j".to_owned()),
            password: password.ok_or(EndpointError::NoPassword)?,
            database: flags.database.clone().or_else(|| settings.get("NEO4J_DATABASE")),
            patience: Patience::default(),
        })
    }

    /// The address for the driver; `routed` false goes to this very server.
    pub fn uri(&self, routed: bool) -> String {
        let scheme = if routed { "neo4j" } else { "bolt" };
        let suffix = match self.encryption {
            Encryption::None => "",
            Encryption::Verified => "+s",
            Encryption::Unverified => "+ssc",
        };
        format!("{scheme}{suffix}://{}:{}", self.host, self.port)
    }

    /// The same at `member`, a `host:port` of the server's own routing table, without routing.
    #[must_use]
    pub fn at(&self, member: &str) -> Self {
        let (host, port) = member.rsplit_once(':').unwrap_or((member, ""));
        Self { host: host.to_owned(), port: port.parse().unwrap_or(BOLT_PORT), routed: false, ..self.clone() }
    }

    /// Whether the target is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// What to warn of before connecting.
    pub fn warning(&self) -> Option<String> {
        (self.encryption == Encryption::Unverified).then(|| {
            format!(
                "the certificate of {} is not verified (+ssc): anybody in between could read password and data",
                self.host
            )
        })
    }

    /// The socket addresses of the host; none where the name cannot be resolved now.
    pub fn socket_addresses(&self) -> Vec<SocketAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        (host, self.port).to_socket_addrs().map(Iterator::collect).unwrap_or_default()
    }
}

/// The endpoint for people: no user, no password.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri(self.routed))?;
        if let Some(database) = &self.database {
            write!(f, " (database {database})")?;
        }
        Ok(())
    }
}

/// Scheme, host (brackets around IPv6) and port of an address.
fn parse(address: &str) -> Result<(String, String, u16), EndpointError> {
    let refuse = |what: &str| EndpointError::Address(what.to_owned());
    if !address.contains("://") {
        return Err(refuse("has no scheme"));
    }
    // The text itself is never quoted: a password may stand in it.
    let url = Url::parse(address.trim()).map_err(|error| EndpointError::Address(format!("is not a URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a user or password, which belong in NEO4J_USERNAME and NEO4J_PASSWORD"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(
            "holds more than scheme, host and port (the database goes in --database or NEO4J_DATABASE)",
        ));
    }
    let host = match url.host() {
        Some(Host::Ipv6(ip)) => format!("[{ip}]"),
        Some(host) => host.to_string(),
        None => return Err(refuse("names no host")),
    };
    if host.is_empty() {
        return Err(refuse("names no host"));
    }
    Ok((url.scheme().to_owned(), host, url.port().unwrap_or(BOLT_PORT)))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = bare.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || bare.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

/// The driver skips what it cannot parse in the file and would then trust nobody, so the file is looked at first.
fn check_ca(path: &PathBuf) -> Result<(), EndpointError> {
    let refuse = |what: String| EndpointError::Ca { path: path.clone(), what };
    let content = std::fs::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    if memchr::memmem::find(&content, b"-----BEGIN CERTIFICATE-----").is_none() {
        return Err(refuse("holds no certificate in PEM form".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_documented() {
        let page = include_str!("../../../docs/reference/settings.md");
        SETTINGS.iter().for_each(|name| assert!(page.contains(&format!("`{name}`")), "{name}"));
    }

    fn resolve(uri: &str, plaintext: bool) -> Result<Endpoint, EndpointError> {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, "tiger\n").unwrap();
        let flags = EndpointFlags {
            uri: Some(uri.to_owned()),
            password_file: Some(password),
            plaintext,
            ..EndpointFlags::default()
        };
        Endpoint::resolve(&flags, &Settings::default())
    }

    #[test]
    fn plain_text_to_another_machine_has_to_be_asked_for() {
        assert!(matches!(resolve("bolt://db.example.org", false), Err(EndpointError::Plaintext { .. })));
        assert!(resolve("bolt://db.example.org", true).is_ok());
        for loopback in ["bolt://localhost", "neo4j://127.0.0.1:7999", "bolt://[::1]:7687"] {
            assert!(resolve(loopback, false).is_ok(), "{loopback}");
        }
    }

    #[test]
    fn an_address_shows_no_secret() {
        let error = resolve("neo4j+s://neo4j:tiger@db.example.org", false).unwrap_err();
        assert!(!shared::exit::describe(&error).contains("tiger"));
        let endpoint = resolve("neo4j+s://db.example.org", false).unwrap();
        assert_eq!(endpoint.password.expose(), "tiger");
        assert_eq!(endpoint.to_string(), "neo4j+s://db.example.org:7687");
        assert_eq!(endpoint.uri(false), "bolt+s://db.example.org:7687");
        assert!(!format!("{endpoint:?}").contains("tiger"));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for uri in ["db.example.org", "http://localhost:7474", "bolt://localhost/graph", "bolt://localhost?policy=eu"] {
            assert!(matches!(resolve(uri, true), Err(EndpointError::Address(_))), "{uri}");
        }
    }
}

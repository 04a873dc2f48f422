//! What is encrypted, whose certificates are trusted, and which one is our own.
//!
//! In: what was typed and the settings. Out: a [`Tls`] whose files have been read and understood: in the handshake the driver
//! would not say which file it was. Private keys are never shown, and not kept.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use shared::env_file::Settings;

use super::{Address, PlanError};
use crate::args::{ConnectionArgs, SslMode};

/// The name by which `--ssl-ca` means the authorities that are shipped for Amazon RDS.
const AMAZON_RDS: &str = "rds";

/// Settings of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// What is encrypted and verified.
    pub mode: SslMode,
    /// Whom to trust besides the public authorities.
    pub authorities: Authorities,
    /// What we show of ourselves.
    pub identity: Option<Identity>,
}

/// Authorities to trust besides the public ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorities {
    /// None.
    Public,
    /// Those of a file.
    File(PathBuf),
    /// Amazon's for RDS and Aurora, which are shipped with the program.
    AmazonRds,
}

/// A client's certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// File with the certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// File with its private key.
    pub key: PathBuf,
}

impl Tls {
    /// Resolves what was typed, and reads the files.
    ///
    /// # Errors
    /// When a setting contradicts another, or a file is not what its flag wants.
    pub(super) fn resolve(args: &ConnectionArgs, address: &Address, settings: &Settings) -> Result<Self, PlanError> {
        let authorities = args.ssl_ca.clone().or_else(|| settings.get("MYSQL_SSL_CA").map(PathBuf::from));
        let authorities = match authorities {
            None => Authorities::Public,
            Some(name) if name.as_os_str() == AMAZON_RDS => Authorities::AmazonRds,
            Some(path) => {
                read_certificates("--ssl-ca", &path)?;
                Authorities::File(path)
            }
        };
        let certificate = args.ssl_cert.clone().or_else(|| settings.get("MYSQL_SSL_CERT").map(PathBuf::from));
        let key = args.ssl_key.clone().or_else(|| settings.get("MYSQL_SSL_KEY").map(PathBuf::from));
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(read_identity(certificate, key)?),
            (Some(_), None) => return Err(PlanError::Missing { what: "key of the client certificate", hint: BOTH }),
            (None, Some(_)) => return Err(PlanError::Missing { what: "certificate of the client key", hint: BOTH }),
        };
        let asked_for = authorities != Authorities::Public || identity.is_some();
        let mode = match args.ssl_mode {
            Some(mode) => mode,
            None => match settings.get("MYSQL_SSL_MODE") {
                Some(value) => SslMode::from_str(&value, true).map_err(|_| PlanError::Setting {
                    name: "MYSQL_SSL_MODE",
                    value,
                    expected: "disabled, required, verify-ca or verify-identity",
                })?,
                // Whoever names certificates wants them used, on loopback too; the driver has no TLS for sockets.
                None if matches!(address, Address::Socket(_)) || (address.is_local() && !asked_for) => {
                    SslMode::Disabled
                }
                None => SslMode::VerifyIdentity,
            },
        };
        if asked_for && (mode == SslMode::Disabled || matches!(address, Address::Socket(_))) {
            tracing::warn!("the connection is not encrypted (--ssl-mode {mode}, {address}): no certificate is used");
        }
        Ok(Self { mode, authorities, identity })
    }
}

const BOTH: &str = "a client certificate needs --ssl-cert and --ssl-key (MYSQL_SSL_CERT, MYSQL_SSL_KEY)";

fn read(flag: &'static str, path: &Path) -> Result<Vec<u8>, PlanError> {
    std::fs::read(path).map_err(|source| PlanError::File { flag, path: path.into(), source })
}

fn read_certificates(flag: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, PlanError> {
    let bytes = read(flag, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| PlanError::Pem { flag, path: path.into(), detail: error.to_string() })?;
    if found.is_empty() {
        return Err(PlanError::Pem { flag, path: path.into(), detail: "it holds no PEM certificate".into() });
    }
    Ok(found)
}

fn read_identity(certificate: PathBuf, key: PathBuf) -> Result<Identity, PlanError> {
    let chain = read_certificates("--ssl-cert", &certificate)?;
    let bytes = read("--ssl-key", &key)?;
    let wrong = |detail: String| PlanError::Pem { flag: "--ssl-key", path: key.clone(), detail };
    if bytes.windows(9).any(|window| window == b"ENCRYPTED") {
        return Err(wrong("the key is encrypted; write a plain one with `openssl pkey -in KEY -out PLAIN`".into()));
    }
    let private = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| wrong("it holds no PEM private key".into()))?;
    // The ring provider is what the connection uses; here none need be the process's default yet.
    let provider = rustls::crypto::ring::default_provider();
    match CertifiedKey::from_der(chain, private, &provider) {
        Ok(_) => Ok(Identity { certificate, key }),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(wrong(format!("it is not the key of the certificate in {}", certificate.display())))
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}

impl fmt::Display for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => write!(f, "public authorities"),
            Self::File(path) => write!(f, "public authorities and those of {}", path.display()),
            Self::AmazonRds => write!(f, "public authorities and those of Amazon RDS"),
        }
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.mode)?;
        if matches!(self.mode, SslMode::VerifyCa | SslMode::VerifyIdentity) {
            write!(f, ", {}", self.authorities)?;
        }
        match &self.identity {
            Some(identity) if self.mode != SslMode::Disabled => {
                write!(f, ", our certificate {}", identity.certificate.display())
            }
            _ => Ok(()),
        }
    }
}

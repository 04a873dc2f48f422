//! Certificates of a test, and the source servers that show them.
//! In: what a certificate should be (expired, for another name, for a client). Out: PEM files in a folder of the test, and a
//! server that has loaded them. Loading changes a server that all share: whoever does so holds the only [`TlsServer`] of its
//! kind, and the server's own certificates come back when that is dropped. Tests without TLS notice nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use mysql::Conn;
use mysql::prelude::Queryable;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tempfile::TempDir;

use crate::servers::Engine;

/// A certificate's file and its key's.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl Identity {
    /// The certificate's path as text.
    pub fn certificate(&self) -> &str {
        self.certificate.to_str().expect("a plain path")
    }

    /// The key's path as text.
    pub fn key(&self) -> &str {
        self.key.to_str().expect("a plain path")
    }
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    /// For decades, from 2020 on.
    Now,
    /// It was, until 2021. (A server may refuse to load such a one.)
    Past,
    /// For as long as this from now on.
    For(Duration),
    /// It will be, from 2090 on.
    Future,
}

/// An authority of a test's own, with a folder for what it signs.
pub struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let mut params = params(name, &[], Valid::Now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate of its own");
        let folder = tempfile::Builder::new().prefix("rowgraph-tls-").tempdir().expect("a folder for certificates");
        fs::write(folder.path().join("ca.pem"), certificate.pem()).expect("a file");
        Self { folder, issuer: Issuer::new(params, key) }
    }

    /// Its certificate's file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Its certificate's file as text.
    pub fn text(&self) -> String {
        self.file().to_str().expect("a plain path").to_owned()
    }

    /// Signs a certificate for a server or a client with these names.
    pub fn sign(&self, label: &str, names: &[&str], valid: Valid) -> Identity {
        let mut params = params(label, names, valid);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a signed certificate");
        let identity = Identity {
            certificate: self.folder.path().join(format!("{label}.pem")),
            key: self.folder.path().join(format!("{label}.key")),
        };
        fs::write(&identity.certificate, certificate.pem()).expect("a file");
        fs::write(&identity.key, key.serialize_pem()).expect("a file");
        identity
    }
}

fn params(name: &str, names: &[&str], valid: Valid) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names of hosts");
    params.distinguished_name.push(DnType::CommonName, name);
    let start_of = |year| date_time_ymd(year, 1, 1);
    (params.not_before, params.not_after) = match valid {
        Valid::Now => (start_of(2020), start_of(2080)),
        Valid::Past => (start_of(2020), start_of(2021)),
        Valid::For(time) => (start_of(2020), start_of(1970) + since_1970() + time),
        Valid::Future => (start_of(2090), start_of(2099)),
    };
    params
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970")
}

static SERVERS: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];

/// The files in which a server's certificates stand, as `scripts/servers` has set them.
const FILES: [&str; 3] = ["ca.pem", "cert.pem", "key.pem"];

/// A source server whose certificates are a test's to choose.
pub struct TlsServer {
    engine: Engine,
    own: Vec<(PathBuf, Vec<u8>)>,
    _only: MutexGuard<'static, ()>,
}

impl TlsServer {
    /// Takes the server; waits for another test that has it.
    pub fn take(engine: Engine) -> Self {
        let only = SERVERS[engine as usize].lock().unwrap_or_else(PoisonError::into_inner);
        let folder = engine.folder().join("tls");
        let read = |name: &str| (folder.join(name), fs::read(folder.join(name)).expect("the server's certificates"));
        Self { engine, own: FILES.map(read).into(), _only: only }
    }

    /// The kind of server.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Has the server show this certificate, and take those of clients that `authority` has signed.
    pub fn show(&self, identity: &Identity, authority: &Authority) {
        let files = [authority.file(), identity.certificate.clone(), identity.key.clone()];
        for ((own, _), file) in self.own.iter().zip(files) {
            fs::copy(&file, own).expect("a certificate for the server");
        }
        self.reload();
    }

    fn reload(&self) {
        let statement = match self.engine {
            Engine::MariaDb => "FLUSH SSL",
            Engine::MySql => "ALTER INSTANCE RELOAD TLS",
        };
        self.connect().query_drop(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// A connection with the account that may do all.
    pub fn connect(&self) -> Conn {
        self.engine.server().destination("").connect().expect("a connection")
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        for (path, content) in &self.own {
            write_back(path, content);
        }
        self.reload();
    }
}

fn write_back(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap_or_else(|error| eprintln!("{}: {error}", path.display()));
}

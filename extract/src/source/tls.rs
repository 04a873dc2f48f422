//! TLS as the driver wants it, and what went wrong with it.
//!
//! In: the plan's [`Tls`]. Out: the driver's options; and of a failed handshake the one reason, of those that have each a
//! way out of their own.

use std::io::Write as _;
use std::path::Path;

use mysql::{ClientIdentity, SslOpts};
use rustls::{AlertDescription, Error as RustlsError};
use shared::certificate::CertificateFault;
use tempfile::NamedTempFile;

use super::error::SourceError;
use crate::args::SslMode;
use crate::plan::{Authorities, Identity, Tls};

/// The root certificates of Amazon RDS, by region; where they are from stands beside them.
const AMAZON_RDS: &str = include_str!("../../certificates/amazon-rds.pem");

/// The driver's options, with the file that they name where it is ours. It must outlive the connecting.
pub struct DriverTls {
    /// The options; `None` is plain text.
    pub options: Option<SslOpts>,
    _bundle: Option<NamedTempFile>,
}

impl DriverTls {
    /// What the driver is told.
    ///
    /// # Errors
    /// When the shipped certificates cannot be put where the driver reads them.
    pub fn of(tls: &Tls) -> Result<Self, SourceError> {
        if tls.mode == SslMode::Disabled {
            return Ok(Self { options: None, _bundle: None });
        }
        let bundle = match tls.authorities {
            Authorities::AmazonRds => Some(shipped_bundle().map_err(|source| SourceError::NoBundle { source })?),
            _ => None,
        };
        let authorities = match &tls.authorities {
            Authorities::File(path) => Some(path.as_path()),
            _ => bundle.as_ref().map(NamedTempFile::path),
        };
        let identity = tls.identity.clone().map(|Identity { certificate, key }| ClientIdentity::new(certificate, key));
        let options =
            SslOpts::default().with_root_cert_path(authorities.map(Path::to_path_buf)).with_client_identity(identity);
        let any = tls.mode == SslMode::Required;
        let options = options
            .with_danger_accept_invalid_certs(any)
            .with_danger_skip_domain_validation(any || tls.mode == SslMode::VerifyCa);
        Ok(Self { options: Some(options), _bundle: bundle })
    }
}

fn shipped_bundle() -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(AMAZON_RDS.as_bytes())?;
    Ok(file)
}

/// Why there is no TLS connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFailure {
    /// The server's certificate is not taken.
    Certificate(CertificateFault),
    /// The server refuses our certificate.
    OursRefused,
    /// The server wants a certificate of ours, and has got none.
    OursMissing,
    /// Anything else.
    Other,
}

impl TlsFailure {
    /// The diagnosis of what the TLS library says.
    pub fn of(error: &RustlsError) -> Self {
        match error {
            RustlsError::InvalidCertificate(error) => Self::Certificate(CertificateFault::of(error)),
            RustlsError::AlertReceived(alert) => Self::of_alert(*alert),
            _ => Self::Other,
        }
    }

    /// What the server says of us: it has seen nothing of ours but, perhaps, a certificate.
    fn of_alert(alert: AlertDescription) -> Self {
        use AlertDescription as A;
        match alert {
            A::CertificateRequired | A::NoCertificate => Self::OursMissing,
            A::UnknownCA
            | A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::AccessDenied => Self::OursRefused,
            _ => Self::Other,
        }
    }

    /// The reason in words, about the server at `address`.
    pub fn describe(self, address: &str) -> String {
        match self {
            Self::Certificate(fault) => fault.describe(address),
            Self::OursRefused => format!("the server at {address} refuses our certificate (--ssl-cert)"),
            Self::OursMissing => format!("the server at {address} wants a client certificate (--ssl-cert)"),
            Self::Other => format!("no TLS connection to {address}"),
        }
    }

    /// The way out.
    pub fn hint(self, tls: &Tls, address: &str) -> String {
        use CertificateFault as F;
        let amazon = address.contains(".rds.amazonaws.com");
        match self {
            Self::Certificate(F::UnknownAuthority) if amazon && tls.authorities == Authorities::AmazonRds => {
                "the region is newer than this program: give --ssl-ca Amazon's bundle \
                 (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem)"
                    .into()
            }
            Self::Certificate(F::UnknownAuthority) if amazon => "use --ssl-ca rds: it trusts Amazon's authorities".into(),
            Self::Certificate(F::UnknownAuthority) => match &tls.authorities {
                Authorities::Public => {
                    "give the certificate of the server's own authority as --ssl-ca FILE (Amazon RDS: --ssl-ca rds)"
                        .into()
                }
                _ => format!("it is not of the {} (--ssl-ca): ask for the right file", tls.authorities),
            },
            Self::Certificate(F::Expired) => "have the server's certificate renewed; --ssl-mode required would take any".into(),
            Self::Certificate(F::NotYetValid) => "check this machine's clock and the server's certificate".into(),
            Self::Certificate(F::OtherName) => {
                "use a name of the certificate as --host, or --ssl-mode verify-ca to leave the name unchecked".into()
            }
            Self::Certificate(F::Unusable) => {
                "the server must show a certificate that its authority has signed, of X.509 version 3, not the authority's \
                 own; --ssl-mode required would take any"
                    .into()
            }
            Self::OursRefused => {
                "--ssl-cert must be signed by an authority of the server's ssl_ca, and be valid today".into()
            }
            Self::OursMissing => "give --ssl-cert and --ssl-key".into(),
            Self::Other => {
                "check that the server speaks TLS 1.2 or later; a proxy in between may not pass it on".into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_shipped_certificates_are_authorities() {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(AMAZON_RDS.as_bytes()).collect::<Result<_, _>>().unwrap();
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).unwrap();
        }
        assert!(store.len() > 80, "{}", store.len());
        for region in ["us-east-1", "eu-west-1", "af-south-1", "ap-southeast-2"] {
            assert!(AMAZON_RDS.contains(&format!("Amazon RDS {region} Root CA")), "{region}");
        }
    }
}

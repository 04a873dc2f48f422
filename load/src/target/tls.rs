//! Why there is no TLS with the server, told apart by what can be done about it.
//!
//! In: the error of the stream on which TLS was to be set up. Out: one reason, in words, with the flag that is its way out.
//! The names that a certificate is for stand in the library's own message, which is kept as the cause.

use std::io;
use std::path::Path;

use rustls::{AlertDescription, Error as RustlsError};
use shared::certificate::CertificateFault;

/// The reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFailure {
    /// The server's certificate is not taken.
    Certificate(CertificateFault),
    /// The server hangs up when TLS is begun: it has none.
    NotOffered,
    /// The server wants a certificate of ours.
    OursMissing,
    /// The system has no certificate authorities.
    NoAuthorities,
    /// Anything else.
    Other,
}

impl TlsFailure {
    /// The reason of an error of the stream, where it is one of TLS. The library wraps its own errors; a server without TLS
    /// hangs up.
    pub fn of(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        match inner.downcast_ref::<RustlsError>() {
            Some(error) => Some(Self::of_library(error)),
            None => (inner.to_string() == "tls handshake eof").then_some(Self::NotOffered),
        }
    }

    fn of_library(error: &RustlsError) -> Self {
        use AlertDescription as A;
        match error {
            RustlsError::InvalidCertificate(error) => Self::Certificate(CertificateFault::of(error)),
            RustlsError::AlertReceived(A::CertificateRequired | A::NoCertificate) => Self::OursMissing,
            _ => Self::Other,
        }
    }

    /// The reason in words, about the server at `address`.
    pub fn describe(self, address: &str) -> String {
        match self {
            Self::Certificate(fault) => fault.describe(address),
            Self::NotOffered => format!("the server at {address} offers no TLS: it hung up when it was begun"),
            Self::OursMissing => format!("the server at {address} wants a certificate of its clients"),
            Self::NoAuthorities => format!("this machine has no certificate authorities by which to trust {address}"),
            Self::Other => format!("no TLS connection to {address}"),
        }
    }

    /// The way out; `ca` is what was given as `--ca`.
    pub fn hint(self, ca: Option<&Path>) -> String {
        use CertificateFault as F;
        match (self, ca) {
            (Self::Certificate(F::UnknownAuthority), None) => {
                "give the certificate of the server's own authority as --ca FILE; Aura's is public and needs none".into()
            }
            (Self::Certificate(F::UnknownAuthority), Some(file)) => {
                format!("it is not of the authorities in {} (--ca): ask for the right file; Aura needs no --ca", file.display())
            }
            (Self::Certificate(F::Expired), _) => "have the server's certificate renewed; neo4j+ssc:// or bolt+ssc:// (--uri) would take any".into(),
            (Self::Certificate(F::NotYetValid), _) => "check this machine's clock and the server's certificate".into(),
            (Self::Certificate(F::OtherName), _) => {
                "use a name of the certificate as host of --uri (NEO4J_URI); +ssc would leave certificate and name unchecked".into()
            }
            (Self::Certificate(F::Unusable), _) => {
                "the file for --ca is that of the authority, not the server's own certificate; see the cause for what is wrong".into()
            }
            (Self::NotOffered, _) => {
                "check host and port of --uri (NEO4J_URI); a server without TLS needs neo4j:// or bolt://, which to another machine needs --plaintext".into()
            }
            (Self::OursMissing, _) => "set dbms.ssl.policy.bolt.client_auth=NONE at the server: load shows no certificate".into(),
            (Self::NoAuthorities, _) => "install the system's (Debian: ca-certificates), or give --ca FILE".into(),
            (Self::Other, _) => "check that --uri (NEO4J_URI) names the port of Bolt, and see the cause; --ca FILE is for an authority of your own".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn each_reason_has_a_way_out_of_its_own() {
        let of = |error: RustlsError| TlsFailure::of(&io::Error::new(io::ErrorKind::InvalidData, error));
        let certificate = |error| of(RustlsError::InvalidCertificate(error));
        assert_eq!(certificate(CertificateError::Expired), Some(TlsFailure::Certificate(CertificateFault::Expired)));
        assert_eq!(
            certificate(CertificateError::NotValidForName),
            Some(TlsFailure::Certificate(CertificateFault::OtherName))
        );
        assert_eq!(
            certificate(CertificateError::BadEncoding),
            Some(TlsFailure::Certificate(CertificateFault::Unusable))
        );
        assert_eq!(
            of(RustlsError::AlertReceived(AlertDescription::CertificateRequired)),
            Some(TlsFailure::OursMissing)
        );
        assert_eq!(of(RustlsError::DecryptError), Some(TlsFailure::Other));
        let eof = io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof");
        assert_eq!(TlsFailure::of(&eof), Some(TlsFailure::NotOffered));
        assert_eq!(TlsFailure::of(&io::Error::other("no route to host")), None);
        let unknown = TlsFailure::Certificate(CertificateFault::UnknownAuthority);
        assert!(unknown.hint(None).contains("--ca FILE"));
        assert!(unknown.hint(Some(Path::new("mine.pem"))).contains("mine.pem"));
    }
}

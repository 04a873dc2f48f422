//! What is wrong with the certificate that a server shows: one reason, of those that have each a way out of their own.
//!
//! In: the error of the TLS library. Out: the reason, and the same in words. Which flag is the way out is each program's to say.

use rustls::CertificateError;

/// Why the server's certificate is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// No authority that we trust has signed it.
    UnknownAuthority,
    /// It has expired.
    Expired,
    /// It is not valid yet, or our clock is wrong.
    NotYetValid,
    /// It is for another name.
    OtherName,
    /// It cannot be used, for another reason.
    Unusable,
}

impl CertificateFault {
    /// The reason of an error of the library.
    pub fn of(error: &CertificateError) -> Self {
        use CertificateError as E;
        match error {
            E::UnknownIssuer => Self::UnknownAuthority,
            E::Expired | E::ExpiredContext { .. } => Self::Expired,
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotYetValid,
            E::NotValidForName | E::NotValidForNameContext { .. } => Self::OtherName,
            _ => Self::Unusable,
        }
    }

    /// The reason in words, about the server at `address`.
    pub fn describe(self, address: &str) -> String {
        let what = match self {
            Self::UnknownAuthority => "is signed by no authority that is trusted",
            Self::Expired => "has expired",
            Self::NotYetValid => "is not valid yet",
            Self::OtherName => "is for another name",
            Self::Unusable => "cannot be used",
        };
        format!("the certificate of the server at {address} {what}")
    }
}

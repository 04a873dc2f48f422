//! What is behind an error, in the words of whoever said it.
//!
//! In: the driver's error, which wraps those of server, network and TLS in several ways. Out: which of these it was. Here alone
//! the driver's wrapping is known.

use std::io;

use mysql::DriverError;
use mysql::error::tls::TlsError;

use super::tls::TlsFailure;

/// The cause of an error.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The server.
    #[error("{0}")]
    Server(mysql::MySqlError),
    /// The system or the network.
    #[error("{0}")]
    Io(io::Error),
    /// TLS, on the way.
    #[error("{said}")]
    Tls {
        /// Its diagnosis.
        failure: TlsFailure,
        /// What the library said.
        said: String,
    },
    /// The driver.
    #[error("{0}")]
    Driver(String),
}

impl From<mysql::Error> for Cause {
    fn from(error: mysql::Error) -> Self {
        use mysql::Error as E;
        match error {
            E::MySqlError(error) => Self::Server(error),
            E::IoError(error) => Self::of_io(&error).unwrap_or(Self::Io(error)),
            E::TlsError(TlsError::Tls(error)) => Self::of_tls(&error),
            E::TlsError(error) => Self::Tls { failure: TlsFailure::Other, said: error.to_string() },
            // The driver's framing wraps what the network said, and does not let go of it.
            E::CodecError(error) => {
                match std::error::Error::source(&error).and_then(|inner| inner.downcast_ref::<io::Error>()) {
                    Some(inner) => {
                        Self::of_io(inner).unwrap_or_else(|| Self::Io(io::Error::new(inner.kind(), inner.to_string())))
                    }
                    None => Self::Driver(error.to_string()),
                }
            }
            // Somebody took the connection: the driver still calls that connecting when the reset is there before it looks.
            E::DriverError(DriverError::CouldNotConnect(Some((_, said, kind))))
                if matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted) =>
            {
                Self::Io(io::Error::new(kind, said))
            }
            E::DriverError(error) => Self::Driver(error.to_string()),
            E::UrlError(error) => Self::Driver(error.to_string()),
            E::FromValueError(_) | E::FromRowError(_) => Self::Driver("an answer of an unexpected type".into()),
        }
    }
}

impl Cause {
    /// What TLS said, where it is behind an error of the network.
    fn of_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<rustls::Error>().map(Self::of_tls)
    }

    fn of_tls(error: &rustls::Error) -> Self {
        Self::Tls { failure: TlsFailure::of(error), said: error.to_string() }
    }

    /// The server's error number.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Server(error) => Some(error.code),
            Self::Io(_) | Self::Tls { .. } | Self::Driver(_) => None,
        }
    }

    /// Whether the connection is gone: the network or the driver says so, or the server in its last words.
    pub fn is_loss(&self) -> bool {
        self.code().is_none_or(|code| LOST_CODES.contains(&code))
    }
}

/// Errors with which a server says that the connection is over: shutdown, connection killed, restart.
const LOST_CODES: [u16; 4] = [1053, 1077, 1079, 1927];

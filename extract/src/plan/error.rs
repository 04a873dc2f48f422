//! What is wrong before anything connects.

use std::path::PathBuf;

use shared::env_file::EnvFileError;
use shared::exit::{Diagnosis, ExitCode};

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
    /// A file named on the command line does not hold what its flag wants.
    #[error("cannot use {}, given by {flag}: {detail}", path.display())]
    Pem {
        /// The flag.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it; never its content.
        detail: String,
    },
    /// The sizes contradict each other.
    #[error("--row-group is larger than --part-size")]
    Sizes,
    /// Only zstd has levels.
    #[error("--level is for --compression zstd")]
    Level,
    /// A flag has nothing in it.
    #[error("{flag} is empty, or has an empty name")]
    Empty {
        /// The flag.
        flag: &'static str,
    },
    /// What selects from one table is given with several.
    #[error("{flag} selects from one table, and several are asked for")]
    OneTable {
        /// The flag.
        flag: &'static str,
    },
    /// A query has one snapshot.
    #[error("a query gives one snapshot, and several names are given for it")]
    OneName,
    /// A table is named and left out.
    #[error("--exclude-table leaves tables out of --all-tables or of a --table with * or ?, and there is neither")]
    ExcludedFromNames,
    /// The query changes something, or is none.
    #[error("--query is not a SELECT{}", if first.is_empty() { String::new() } else { format!(": it starts with {first}") })]
    NotASelect {
        /// Its first word.
        first: String,
    },
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
            Self::OneTable { .. } => Some("run extract once for each table that you select from".into()),
            Self::OneName => Some("name it by --name".into()),
            Self::NotASelect { .. } => {
                Some("give one SELECT, WITH, TABLE or VALUES statement: nothing else is run".into())
            }
            Self::Setting { .. } | Self::Sizes | Self::Level | Self::Empty { .. } | Self::ExcludedFromNames => {
                Some("`extract --help` lists what may be given".into())
            }
            Self::Pem { .. } => Some(
                "certificates and keys must be PEM: --ssl-ca the server's authority, --ssl-cert and --ssl-key our own"
                    .into(),
            ),
            Self::File { flag, .. } => Some(format!("check the path and the rights of the file given by {flag}")),
        }
    }
}

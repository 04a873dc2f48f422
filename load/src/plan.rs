//! What the arguments mean, checked before anything connects.
//!
//! In: what was typed, the environment and the env file. Out: which graph goes where and how; `--dry-run` prints it. No
//! secret is in what is printed.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use shared::env_file::{EnvFileError, Settings};
use shared::exit::{Diagnosis, ExitCode};

use crate::args::{GraphArgs, LoadArgs, PlanArgs, TargetArgs};
use crate::forecast::ForecastPlan;
use crate::mapping::{Mapping, MappingError};
use crate::run::Mode;
use crate::target::endpoint::{self, Encryption, Endpoint, EndpointError, EndpointFlags};
use crate::target::retry::Patience;
use crate::write::crew::Writers;

/// Reads `--writers`.
///
/// # Errors
/// When it is neither a number from 1 to 64 nor `auto`.
pub fn parse_writers(text: &str) -> Result<Writers, String> {
    match text.parse::<usize>() {
        Ok(number @ 1..=64) => Ok(Writers::Fixed(number)),
        _ if text == "auto" => Ok(Writers::Auto),
        _ => Err("a number from 1 to 64, or auto".to_owned()),
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The env file cannot be read.
    #[error(transparent)]
    EnvFile(#[from] EnvFileError),
    /// There is no usable endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The mapping cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl Diagnosis for PlanError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::EnvFile(error) => error.exit_code(),
            Self::Endpoint(error) => error.exit_code(),
            Self::Mapping(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::EnvFile(error) => error.hint(),
            Self::Endpoint(error) => error.hint(),
            Self::Mapping(error) => error.hint(),
        }
    }
}

/// Which graph.
#[derive(Debug)]
pub struct GraphPlan {
    /// Folder of snapshots, or of one.
    pub from: PathBuf,
    /// Mapping.
    pub mapping: Mapping,
    /// "Today", where it was given.
    pub as_of: Option<Date>,
    /// Rows of each table, where not all.
    pub sample: Option<u64>,
    /// Folder of graph tables, where it was given.
    pub work: Option<PathBuf>,
    /// Threads for staging; 0 for all cores.
    pub threads: usize,
}

impl GraphPlan {
    /// Reads the mapping.
    ///
    /// # Errors
    /// When the mapping cannot be used.
    pub fn resolve(args: &GraphArgs) -> Result<Self, PlanError> {
        Ok(Self {
            from: args.from.clone().unwrap_or_default(),
            mapping: Mapping::load(args.mapping.as_deref())?,
            as_of: args.as_of,
            sample: args.sample,
            work: args.work.clone(),
            threads: args.threads,
        })
    }
}

/// The endpoint, from flags, environment and env file.
///
/// # Errors
/// When something is missing or cannot be read.
pub fn endpoint(args: &TargetArgs) -> Result<Endpoint, PlanError> {
    let settings = Settings::load(args.env_file.as_deref(), &endpoint::SETTINGS)?;
    let flags = EndpointFlags {
        uri: args.uri.clone(),
        user: args.user.clone(),
        password_file: args.password_file.clone(),
        database: args.database.clone(),
        ca: args.ca.clone(),
        plaintext: args.plaintext,
    };
    Ok(Endpoint::resolve(&flags, &settings)?)
}

/// What `load plan` is about. Without an address there is no target to ask.
///
/// # Errors
/// See [`PlanError`].
pub fn forecast_plan(args: &PlanArgs) -> Result<ForecastPlan, PlanError> {
    let endpoint = match endpoint(&args.target) {
        Err(PlanError::Endpoint(EndpointError::NoAddress)) => None,
        endpoint => Some(endpoint?),
    };
    Ok(ForecastPlan {
        graph: GraphPlan::resolve(&args.graph)?,
        endpoint,
        mode: args.mode,
        resume: args.resume,
        batch_rows: args.batch_rows.map(|rows| rows as usize),
        apart: args.apart,
        stage: args.stage,
    })
}

/// A load.
#[derive(Debug)]
pub struct LoadPlan {
    /// Which graph.
    pub graph: GraphPlan,
    /// Where to.
    pub endpoint: Endpoint,
    /// `--resume`.
    pub resume: bool,
    /// Mode, where it was given.
    pub mode: Option<Mode>,
    /// Whether each table is written by itself.
    pub apart: bool,
    /// Rows that the server may refuse.
    pub max_rejects: u64,
    /// Connections.
    pub writers: Writers,
    /// Rows of the first batch of a table, where they were given.
    pub batch_rows: Option<usize>,
    /// `--strict`.
    pub strict: bool,
}

impl LoadPlan {
    /// Resolves the arguments of `load`.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn resolve(args: &LoadArgs) -> Result<Self, PlanError> {
        let mut endpoint = endpoint(&args.target)?;
        endpoint.patience = Patience(Duration::from_secs(args.retry_for));
        Ok(Self {
            graph: GraphPlan::resolve(&args.graph)?,
            endpoint,
            resume: args.resume,
            mode: args.mode,
            apart: args.apart,
            max_rejects: args.max_rejects,
            writers: args.writers,
            batch_rows: args.batch_rows.map(|rows| rows as usize),
            strict: args.strict,
        })
    }
}

impl fmt::Display for LoadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = &self.graph;
        writeln!(
            f,
            "from:     {}, the newest sealed snapshot of {}",
            graph.from.display(),
            graph.mapping.tables().join(", ")
        )?;
        if self.resume {
            writeln!(
                f,
                "          or, where a load of this mapping is unfinished in the target, the snapshot of that load"
            )?;
        }
        writeln!(f, "mapping:  {} ({})", graph.mapping.name(), &graph.mapping.digest()[..12])?;
        let as_of = graph.as_of.map_or_else(|| "the date of the snapshot".to_owned(), |date| date.to_string());
        writeln!(f, "as of:    {as_of}")?;
        if let Some(rows) = graph.sample {
            writeln!(f, "sample:   the first {rows} rows")?;
        }
        let work = graph
            .work
            .as_ref()
            .map_or_else(|| ".graph beside the snapshots".to_owned(), |work| work.display().to_string());
        writeln!(f, "staging:  graph tables in {work}")?;
        let tls = match self.endpoint.encryption {
            Encryption::None => "no TLS",
            Encryption::Verified => "TLS, certificate verified",
            Encryption::Unverified => "TLS, certificate not verified",
        };
        writeln!(f, "target:   {} as {} ({tls})", self.endpoint, self.endpoint.user)?;
        let mode = self.mode.unwrap_or_default().name();
        let writers = match self.writers {
            Writers::Auto => "as many writers as the server can use".to_owned(),
            Writers::Fixed(writers) => format!("{writers} writers"),
        };
        writeln!(f, "writing:  mode {mode}, {writers}, at most {} refused rows", self.max_rejects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_are_a_number_or_auto() {
        assert_eq!(parse_writers("auto"), Ok(Writers::Auto));
        assert_eq!(parse_writers("8"), Ok(Writers::Fixed(8)));
        assert!(parse_writers("0").is_err() && parse_writers("65").is_err() && parse_writers("many").is_err());
    }
}

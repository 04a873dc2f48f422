//! Settings from an env file, below the environment, below flags.
//!
//! In: a file of `NAME=value` lines, as Aura gives its users one. Out: a lookup in which the environment beats the file
//! (a flag beats both, which the caller decides). Errors name the line and never show what stands in it: it may be a
//! password. The process environment itself is never changed, so no child process inherits a secret from the file.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::{Diagnosis, ExitCode};
use crate::secret::Secret;

/// Why an env file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvFileError {
    /// The file cannot be opened or read.
    #[error("cannot read the env file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line is not of the form `NAME=value`.
    #[error("line {line} of the env file {} is not of the form NAME=value", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl Diagnosis for EnvFileError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } => "check the path and the rights of the file given by --env-file".into(),
            Self::Malformed { .. } => "put a value with blanks, quotes, # or $ in single quotes: NAME='value'".into(),
        })
    }
}

/// The environment and, below it, at most one env file.
#[derive(Default)]
pub struct Settings {
    file: HashMap<String, Secret>,
}

impl Settings {
    /// The environment alone, or with the file named by `--env-file`.
    ///
    /// # Errors
    /// When the file cannot be read or a line of it is malformed.
    pub fn load(env_file: Option<&Path>) -> Result<Self, EnvFileError> {
        let Some(path) = env_file else { return Ok(Self::default()) };
        let content = std::fs::read_to_string(path)
            .map_err(|source| EnvFileError::Unreadable { path: path.to_path_buf(), source })?;
        let mut file = HashMap::new();
        for entry in dotenvy::from_read_iter(content.as_bytes()) {
            match entry {
                Ok((name, value)) => file.insert(name, Secret::new(value)),
                Err(error) => {
                    let line = line_of(&content, &error);
                    return Err(EnvFileError::Malformed { path: path.to_path_buf(), line });
                }
            };
        }
        Ok(Self { file })
    }

    /// The value of a setting: from the environment, else from the file. An empty value counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let from_environment = std::env::var(name).ok().filter(|value| !value.is_empty());
        from_environment
            .or_else(|| self.file.get(name).map(|value| value.expose().to_owned()).filter(|v| !v.is_empty()))
    }

    /// As [`Settings::get`], for what must not be shown.
    #[must_use]
    pub fn get_secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }
}

/// The number of the line that the parser refused. It tells us the text of the line only, which we look up again.
fn line_of(content: &str, error: &dotenvy::Error) -> usize {
    let dotenvy::Error::LineParse(text, _) = error else { return 1 };
    let at = content.find(text.as_str()).unwrap_or_default();
    content[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(content: &str) -> Result<Settings, EnvFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.env");
        std::fs::write(&path, content).unwrap();
        Settings::load(Some(&path))
    }

    #[test]
    fn the_environment_beats_the_file() {
        let settings = load("# a comment\nPATH=nowhere\nexport ROWGRAPH_TEST_ONLY='a # $b'\nEMPTY=\n").unwrap();
        assert_eq!(settings.get("PATH"), std::env::var("PATH").ok());
        assert_eq!(settings.get("ROWGRAPH_TEST_ONLY").as_deref(), Some("a # $b"));
        assert_eq!(settings.get("EMPTY"), None);
    }

    #[test]
    fn a_bad_line_is_named_by_number_and_not_shown() {
        let error = load("A=1\n\nMYSQL_PASSWORD 'tiger'\nB=2\n").err().unwrap();
        let text = crate::exit::describe(&error);
        assert!(text.contains("line 3 of the env file"), "{text}");
        assert!(!text.contains("tiger"), "{text}");
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let error = Settings::load(Some(Path::new("/nowhere/at.env"))).err().unwrap();
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}

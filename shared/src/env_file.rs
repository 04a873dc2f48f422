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

/// What other programs call the same: the rest of a name behind its family.
const ALIASES: [(&str, &str); 7] = [
    ("USER", "USERNAME"),
    ("USERNAME", "USER"),
    ("PWD", "PASSWORD"),
    ("PASS", "PASSWORD"),
    ("DB", "DATABASE"),
    ("HOSTNAME", "HOST"),
    ("URL", "URI"),
];

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
    /// The environment alone, or with the file named by `--env-file`. A name in it that looks like one of `names`, which is
    /// missing, gives a warning; a file may serve other programs too.
    ///
    /// # Errors
    /// When the file cannot be read or a line of it is malformed.
    pub fn load(env_file: Option<&Path>, names: &[&'static str]) -> Result<Self, EnvFileError> {
        let Some(path) = env_file else { return Ok(Self::default()) };
        let content = std::fs::read_to_string(path)
            .map_err(|source| EnvFileError::Unreadable { path: path.to_path_buf(), source })?;
        let mut content = content.trim_start_matches('\u{feff}').to_owned();
        loop {
            match read(&content) {
                Ok(file) => {
                    let settings = Self { file };
                    for (name, meant) in settings.mistyped(names, |name| settings.get(name).is_some()) {
                        let path = path.display();
                        tracing::warn!("{name} in the env file {path} is not read; {meant} may be meant");
                    }
                    return Ok(settings);
                }
                Err(error) => match quoted(&content, &error) {
                    Some(mended) => content = mended,
                    None => {
                        let line = line_of(&content, &error);
                        return Err(EnvFileError::Malformed { path: path.to_path_buf(), line });
                    }
                },
            }
        }
    }

    /// The value of a setting: from the environment, else from the file. An empty value counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let from_environment = std::env::var(name).ok().filter(|value| !value.is_empty());
        from_environment
            .or_else(|| self.file.get(name).map(|value| value.expose().to_owned()).filter(|v| !v.is_empty()))
    }

    /// Names in the file that nobody reads, with the setting of the same family that is missing and may be meant.
    fn mistyped(&self, names: &[&'static str], is_set: impl Fn(&str) -> bool) -> Vec<(&str, &'static str)> {
        let meant = |name: &str| {
            let (family, rest) = name.split_once('_')?;
            let missing = names.iter().copied().filter(|known| !is_set(known));
            let of_family = missing.filter_map(|known| {
                let (known_family, known_rest) = known.split_once('_')?;
                (family.eq_ignore_ascii_case(known_family) && is_like(&rest.to_ascii_uppercase(), known_rest))
                    .then_some(known)
            });
            of_family.min_by_key(|known| strsim::damerau_levenshtein(name, known))
        };
        let unread = self.file.keys().filter(|name| !names.contains(&name.as_str()));
        let mut found: Vec<_> = unread.filter_map(|name| Some((name.as_str(), meant(name)?))).collect();
        found.sort_unstable();
        found
    }

    /// As [`Settings::get`], for what must not be shown.
    #[must_use]
    pub fn get_secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }
}

/// Whether one name is another mistyped, or what others call it.
fn is_like(name: &str, known: &str) -> bool {
    let slips = if known.len() < 6 { 1 } else { 2 };
    ALIASES.contains(&(name, known)) || strsim::damerau_levenshtein(name, known) <= slips
}

fn read(content: &str) -> Result<HashMap<String, Secret>, dotenvy::Error> {
    dotenvy::from_read_iter(content.as_bytes())
        .map(|entry| entry.map(|(name, value)| (name, Secret::new(value))))
        .collect()
}

/// The same content with the refused line's value in quotes, where that is all it lacks: Aura writes the name that its user
/// gave an instance as it is (`AURA_INSTANCENAME=My first one`).
fn quoted(content: &str, error: &dotenvy::Error) -> Option<String> {
    let (_, at, line) = refused(content, error)?;
    let end = at + line.len();
    let line = line.trim();
    let (name, value) = line.split_once('=')?;
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let has_blank = value.trim() == value && value.contains(' ');
    if !is_name(name.trim_start_matches("export ").trim()) || !has_blank || value.starts_with(['\'', '"']) {
        return None;
    }
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '\\' | '"' | '$') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    Some(format!("{}{name}=\"{escaped}\"\n{}", &content[..at], content[end..].trim_start_matches(['\r', '\n'])))
}

/// The number of the line that the parser refused.
fn line_of(content: &str, error: &dotenvy::Error) -> usize {
    refused(content, error).map_or(1, |(number, ..)| number)
}

/// Number, place and text of the line that the parser refused. It tells us the text of the line, or of its value, only.
fn refused<'a>(content: &'a str, error: &dotenvy::Error) -> Option<(usize, usize, &'a str)> {
    let dotenvy::Error::LineParse(text, _) = error else { return None };
    let text = text.trim();
    let mut at = 0;
    let lines = content.split_inclusive('\n').zip(1..).map(|(line, number)| {
        let start = at;
        at += line.len();
        (number, start, line)
    });
    let is_it = |line: &str| {
        let value = line.split_once('=').map(|(_, value)| value.trim());
        !line.starts_with('#') && (line == text || value == Some(text))
    };
    let lines: Vec<_> = lines.collect();
    let found = lines.iter().find(|(.., line)| is_it(line.trim()));
    // A text in quotes may go over several lines.
    found.or_else(|| lines.iter().find(|(.., line)| text.contains(line.trim()) && !line.trim().is_empty())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(content: &str) -> Result<Settings, EnvFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.env");
        std::fs::write(&path, content).unwrap();
        Settings::load(Some(&path), &[])
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
    fn the_file_that_aura_hands_out_is_taken_as_it_is() {
        let aura = "# Wait 60 seconds before connecting using these details, or login to https://console.neo4j.io to \
                    validate the Aura Instance is available\n\
                    NEO4J_URI=neo4j+s://12ab34cd.databases.neo4j.io\nNEO4J_USERNAME=neo4j\nNEO4J_PASSWORD=aB-3_x=\n\
                    NEO4J_DATABASE=neo4j\nAURA_INSTANCEID=12ab34cd\nAURA_INSTANCENAME=Bob's \"first\" one, 5 $ a day";
        assert!(load("# My first one\nA=My first one\nB=2\n").unwrap().get("A").as_deref() == Some("My first one"));
        for content in [aura.to_owned(), aura.replace('\n', "\r\n"), format!("\u{feff}{aura}\n")] {
            let settings = load(&content).unwrap();
            let read = |name: &str| settings.file.get(name).map(|value| value.expose().to_owned());
            assert_eq!(read("NEO4J_URI").as_deref(), Some("neo4j+s://12ab34cd.databases.neo4j.io"));
            assert_eq!(read("NEO4J_PASSWORD").as_deref(), Some("aB-3_x="));
            assert_eq!(read("NEO4J_DATABASE").as_deref(), Some("neo4j"));
            assert_eq!(read("AURA_INSTANCENAME").as_deref(), Some("Bob's \"first\" one, 5 $ a day"));
        }
    }

    #[test]
    fn a_mistyped_name_is_noticed_where_the_right_one_is_missing() {
        let names =
            ["MYSQL_HOST", "MYSQL_PASSWORD", "MYSQL_SSL_CERT", "MYSQL_SSL_KEY", "NEO4J_USERNAME", "NEO4J_PASSWORD"];
        let file = "NEO4J_USER=n\nNEO4J_PASWORD=x\nMYSQL_PWD=y\nMYSQL_SSL_CIPHER=z\nNEO4J_HEAP=1g\nOTHER_USER=o\n";
        let all =
            [("MYSQL_PWD", "MYSQL_PASSWORD"), ("NEO4J_PASWORD", "NEO4J_PASSWORD"), ("NEO4J_USER", "NEO4J_USERNAME")];
        assert_eq!(load(file).unwrap().mistyped(&names, |_| false), all);
        assert_eq!(load(file).unwrap().mistyped(&names[..1], |_| false), [], "another program's");
        let settings = load("MYSQL_ROOT_PASSWORD=x\nMYSQL_PASSWORD=y\nMYSQL_PASS=z\nAURA_INSTANCEID=i\n").unwrap();
        assert_eq!(settings.mistyped(&names, |name| name == "MYSQL_PASSWORD"), []);
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let error = Settings::load(Some(Path::new("/nowhere/at.env")), &[]).err().unwrap();
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}

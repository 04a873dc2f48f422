//! Lookup tables: CSV files that say what a text stands for.
//!
//! In: a CSV file with a header. Out: an index from one column, compared as slugs without `-`, to another. Of equal slugs
//! the first line counts. `countries.csv` is shipped with the program, and a file of that name beside the mapping replaces it.

use std::collections::HashMap;
use std::path::Path;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::MappingError;
use super::spec::LookupSpec;
use crate::stage::text::squeezed_slug;

/// The countries of ISO 3166-1: code and spellings.
const COUNTRIES_CSV: &str = include_str!("../../mappings/countries.csv");

/// A lookup table as read.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Column names.
    header: Vec<String>,
    lines: Vec<Vec<String>>,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// From the slug of one column to another.
#[derive(Debug)]
pub struct LookupIndex(HashMap<String, String>);

impl LookupIndex {
    /// What the text stands for.
    pub fn get(&self, text: &str) -> Option<&str> {
        self.0.get(&squeezed_slug(text)).map(String::as_str)
    }
}

impl Lookup {
    fn parse(name: &str, bytes: &[u8]) -> Result<Self, MappingError> {
        let fault = |source| MappingError::Lookup { name: name.to_owned(), source };
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().map_err(fault)?.iter().map(str::to_owned).collect();
        let lines = reader
            .records()
            .map(|record| Ok(record.map_err(fault)?.iter().map(str::to_owned).collect()))
            .collect::<Result<Vec<_>, MappingError>>()?;
        Ok(Self { header, lines, sha256: hex::encode(Sha256::digest(bytes)) })
    }

    /// The index from column `by` to column `get`; the name of the column that is not there as the error.
    pub fn index(&self, by: &str, get: &str) -> Result<LookupIndex, String> {
        let place = |column: &str| self.header.iter().position(|name| name == column).ok_or_else(|| column.to_owned());
        let (by, get) = (place(by)?, place(get)?);
        let mut index = HashMap::with_capacity(self.lines.len());
        for line in &self.lines {
            index.entry(squeezed_slug(&line[by])).or_insert_with(|| line[get].clone());
        }
        Ok(LookupIndex(index))
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.header
    }
}

/// Reads all lookup tables of a mapping that lies in `folder`.
pub fn read_all(
    specs: &IndexMap<String, LookupSpec>,
    folder: Option<&Path>,
) -> Result<IndexMap<String, Lookup>, MappingError> {
    specs.iter().map(|(name, spec)| Ok((name.clone(), read(spec, folder)?))).collect()
}

fn read(spec: &LookupSpec, folder: Option<&Path>) -> Result<Lookup, MappingError> {
    let path = folder.unwrap_or_else(|| Path::new(".")).join(&spec.file);
    if spec.file == "countries.csv" && (folder.is_none() || !path.is_file()) {
        return Lookup::parse("countries.csv", COUNTRIES_CSV.as_bytes());
    }
    let bytes = std::fs::read(&path).map_err(|source| MappingError::Read { path: path.clone(), source })?;
    Lookup::parse(&path.display().to_string(), &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_slugs_the_first_line_counts() {
        let lookup =
            Lookup::parse("t", "code,name\nCI,Côte d'Ivoire\nCI,Ivory Coast\nXX,ivory-coast\n".as_bytes()).unwrap();
        let codes = lookup.index("name", "code").unwrap();
        assert_eq!(codes.get("COTE D’IVOIRE"), Some("CI"));
        assert_eq!(codes.get("Ivory  Coast"), Some("CI"));
        assert_eq!(codes.get("Atlantis"), None);
        assert_eq!(lookup.index("code", "name").unwrap().get("ci"), Some("Côte d'Ivoire"));
        assert_eq!(lookup.index("name", "kode").unwrap_err(), "kode");
    }

    #[test]
    fn the_shipped_countries_are_there() {
        let countries = Lookup::parse("countries.csv", COUNTRIES_CSV.as_bytes()).unwrap();
        let codes = countries.index("name", "code").unwrap();
        assert_eq!(codes.get("Norway"), Some("NO"));
        assert_eq!(codes.get("cote d ivoire"), Some("CI"));
    }
}

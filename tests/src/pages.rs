//! The project's pages: what a reader is told to run, and where he is sent.
//!
//! In: every `*.md` file of the working tree. Out: fenced blocks, links and headings, with their lines. It reads Markdown as
//! a browser shows it, and never a page that the programs or the tests have made.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::servers::project;

/// Folders without pages of ours: what is built, and what the programs write.
const LEFT_OUT: [&str; 3] = ["target", "bin", "node_modules"];

/// A fenced block.
pub struct Block {
    /// Where it begins, from 1.
    pub line: usize,
    /// What stands behind the fence.
    pub info: String,
    /// What stands in it.
    pub text: String,
}

/// A link or a picture.
pub struct Link {
    /// Where it stands, from 1.
    pub line: usize,
    /// Where it leads.
    pub target: String,
}

/// A page.
pub struct Page {
    /// Its path below the project.
    pub path: PathBuf,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    /// Its links.
    pub links: Vec<Link>,
    /// The names by which links may lead to its headings.
    pub anchors: BTreeSet<String>,
}

impl Page {
    /// All pages, by path.
    pub fn all() -> Vec<Self> {
        let mut paths = Vec::new();
        find(project(), &mut paths);
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Reads a page.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let below = path.strip_prefix(project()).unwrap_or(path).to_owned();
        let mut page = Self { path: below, blocks: Vec::new(), links: Vec::new(), anchors: BTreeSet::new() };
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let (mut block, mut heading) = (None::<Block>, None::<String>);
        for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.trim().to_owned(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    block = Some(Block { line: line(range.start), info, text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some(heading) = heading.take() {
                        page.add_anchor(&heading);
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(Link { line: line(range.start), target: dest_url.into_string() });
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(into) = block.as_mut().map(|block| &mut block.text).or(heading.as_mut()) {
                        into.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The second heading of one name gets `-1`, the third `-2`.
    fn add_anchor(&mut self, heading: &str) {
        let name = anchor(heading);
        let mut numbered = name.clone();
        let mut number = 0;
        while !self.anchors.insert(numbered) {
            number += 1;
            numbered = format!("{name}-{number}");
        }
    }
}

/// As code forges name headings: small letters, digits, `-` and `_`; blanks are `-`, all else goes.
fn anchor(heading: &str) -> String {
    let stays = |letter: &char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' ');
    heading.trim().to_lowercase().chars().filter(stays).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // Snapshots lie in `data`, of which only the page itself is ours.
        let is_left_out = name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) || folder.ends_with("data");
        if is_folder && !is_left_out {
            find(&path, found);
        } else if !is_folder && name.ends_with(".md") {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_a_browser_shows_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        let text = "# `_graph.json`, *and* more\n\n[a](b.md#c)\n\n```sh no-run: why\none # no heading\ntwo\n```\n\n# More\n# More\n";
        fs::write(&path, text).unwrap();
        let page = Page::read(&path);
        let block = &page.blocks[0];
        assert_eq!(
            (block.line, block.info.as_str(), block.text.as_str()),
            (5, "sh no-run: why", "one # no heading\ntwo\n")
        );
        assert_eq!((page.links[0].line, page.links[0].target.as_str()), (3, "b.md#c"));
        let anchors: Vec<&str> = page.anchors.iter().map(String::as_str).collect();
        assert_eq!(anchors, ["_graphjson-and-more", "more", "more-1"]);
    }
}

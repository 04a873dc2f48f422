//! Pages that people open in a browser: a snapshot's columns, a load's report.
//!
//! In: a template and plain data. Out: one HTML file that is complete by itself: no script, no request, one stylesheet, light
//! and dark, fit for print. Every value is escaped unless a template says `safe`, which it may only do with pictures of our
//! own drawing. Nothing here reads or writes a file.

use std::time::Duration;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::progress::{human_bytes, human_count, human_duration};

/// The frame of every page: head, stylesheet, and what a browser may do with it (nothing).
const FRAME: &str = include_str!("page/frame.html");
/// The look of every page.
const STYLE: &str = include_str!("page/style.css");

/// A page could not be made: its template does not fit its data.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be made of its template")]
pub struct PageError(#[from] minijinja::Error);

/// Makes a page. The template extends `frame.html` and fills its blocks `title` and `content`.
///
/// # Errors
/// When the template does not fit the data.
pub fn render(template: &str, data: impl Serialize) -> Result<String, PageError> {
    let mut environment = environment();
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    environment.add_template("frame.html", FRAME)?;
    made(environment, template, data)
}

/// Makes a piece of a page, or a picture, without the frame.
///
/// # Errors
/// When the template does not fit the data.
pub fn render_piece(template: &str, data: impl Serialize) -> Result<String, PageError> {
    made(environment(), template, data)
}

fn made<'t>(mut environment: Environment<'t>, template: &'t str, data: impl Serialize) -> Result<String, PageError> {
    environment.add_template("page.html", template)?;
    Ok(environment.get_template("page.html")?.render(data)?)
}

/// What every template may use: figures as the terminal shows them.
fn environment<'t>() -> Environment<'t> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("number", human_count);
    environment.add_filter("bytes", human_bytes);
    environment.add_filter("seconds", |seconds: f64| human_duration(Duration::from_secs_f64(seconds.max(0.0))));
    environment.add_filter("share", share);
    environment.add_filter("pointer", |name: String| pointer(&name));
    environment
}

/// A share of 0 to 1 in percent: never `0 %` for something, never `100 %` for less than all.
#[must_use]
pub fn share(share: f64) -> String {
    match share {
        share if share <= 0.0 => "0 %".to_owned(),
        share if share >= 1.0 => "100 %".to_owned(),
        share if share < 0.001 => "< 0.1 %".to_owned(),
        share if share > 0.999 => "> 99.9 %".to_owned(),
        share if !(0.1..=0.99).contains(&share) => format!("{:.1} %", 100.0 * share),
        share => format!("{:.0} %", 100.0 * share),
    }
}

/// A name as a step of a JSON pointer.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A text for a page: one line, at most so many characters, with an ellipsis where it goes on.
#[must_use]
pub fn shortened(text: &str, characters: usize) -> String {
    // A value may be megabytes; no more of it is looked at than can be shown.
    let end = text.char_indices().nth(characters * 4).map_or(text.len(), |(end, _)| end);
    let mut line = String::with_capacity(characters);
    let mut blank = false;
    for character in text[..end].chars() {
        if character.is_whitespace() || character.is_control() {
            blank = !line.is_empty();
            continue;
        }
        if blank {
            line.push(' ');
            blank = false;
        }
        line.push(character);
    }
    match line.char_indices().nth(characters) {
        Some((cut, _)) => {
            line.truncate(cut);
            line.push('…');
        }
        None if end < text.len() => line.push('…'),
        None => {}
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_whole_and_asks_for_nothing() {
        let template = "{% extends 'frame.html' %}{% block title %}{{ name }}{% endblock %}
                        {% block content %}<p>{{ rows|number }} {{ size|bytes }} {{ time|seconds }} {{ part|share }}</p>{% endblock %}";
        let data = json!({"name": "<script>alert(1)</script>", "rows": 1_617_360, "size": 1_800_000_000_u64,
                          "time": 65.2, "part": 0.0004});
        let page = render(template, data).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{page}");
        assert!(page.contains("1,617,360 1.80 GB 1 min 05 s &lt; 0.1 %"), "{page}");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        for asking in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(asking), "{asking}");
        }
        assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
    }

    #[test]
    fn a_long_value_is_cut_into_one_line() {
        assert_eq!(shortened("a\n  b\tc", 10), "a b c");
        assert_eq!(shortened("äöüäöü", 3), "äöü…");
        assert_eq!(shortened("\u{0}\u{1b}[31mred", 10), "[31mred");
        assert_eq!(shortened(&" ".repeat(100), 5), "…");
        assert_eq!(shortened("", 5), "");
    }

    #[test]
    fn shares_are_never_rounded_to_nothing_or_all() {
        let shares = [0.0, 0.0001, 0.05, 0.5, 0.996, 0.9999, 1.0].map(share);
        assert_eq!(shares, ["0 %", "< 0.1 %", "5.0 %", "50 %", "99.6 %", "> 99.9 %", "100 %"]);
    }
}

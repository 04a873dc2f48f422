//! A real browser that looks at a page from a file, as a person would who opens it.
//! In: a page, the size of the window, light or dark. Out: what came of it: sizes, colours, texts, what it asked for. The page
//! is measured by a script of ours that is put into a copy of it; the page's own ban on scripts and requests is taken out of
//! the copy, so that a request that it would have stopped is seen.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::servers::project;

/// Longer than any page takes, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// What a page must forbid.
const BAN: &str = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">"#;

/// Measures the page once it is laid out.
const MEASURE: &str = r#"<script>
addEventListener('load', () => {
const figures = [...document.querySelectorAll('[data-at]')].map(e => ({at: e.dataset.at, kind: e.dataset.as || 'number', text: e.textContent.trim()}));
const wide = [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120));
const style = getComputedStyle(document.body);
const seen = {width: innerWidth, page_width: document.documentElement.scrollWidth, wide, ground: style.backgroundColor, ink: style.color,
  sections: [...document.querySelectorAll('section[id]')].map(e => e.id), text: document.body.innerText,
  plots: document.querySelectorAll('.plot svg rect').length, picture: [...document.querySelectorAll('.model text')].map(e => e.textContent),
  figures, asked: performance.getEntriesByType('resource').map(e => e.name), scripts: document.scripts.length - 1};
const out = document.createElement('pre'); out.id = 'seen'; out.textContent = JSON.stringify(seen); document.body.append(out);
});
</script>"#;

static BROWSER: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = project().join("scripts/browser");
    let output =
        Command::new(script).stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("bash runs scripts/browser");
    assert!(output.status.success(), "no test of a page without a browser: scripts/browser failed");
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
});

/// A figure on a page, with the place in the report that it is of.
#[derive(Debug, Clone, Deserialize)]
pub struct Figure {
    /// JSON pointer.
    pub at: String,
    /// `number` or `seconds`.
    pub kind: String,
    /// As it is shown.
    pub text: String,
}

/// What a browser made of a page.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    /// Width of the window.
    pub width: f64,
    /// Width of the page, which is more where it has to be scrolled sideways.
    pub page_width: f64,
    /// Elements that reach out of the window.
    pub wide: Vec<String>,
    /// Colour of the background.
    pub ground: String,
    /// Colour of the text.
    pub ink: String,
    /// Ids of sections, in order.
    pub sections: Vec<String>,
    /// All that can be read.
    pub text: String,
    /// Bars in plots.
    pub plots: usize,
    /// Texts in the picture of the model.
    pub picture: Vec<String>,
    /// Figures with their places.
    pub figures: Vec<Figure>,
    /// Addresses that it asked for.
    pub asked: Vec<String>,
    /// Scripts in it.
    pub scripts: usize,
}

impl Seen {
    /// Looks at a page in a window of so many pixels.
    #[track_caller]
    pub fn at(page: &Path, width: u32, is_dark: bool) -> Self {
        let html = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(html.contains(BAN), "the page does not forbid requests and scripts");
        Self::of(&html.replace(BAN, ""), width, is_dark)
    }

    /// The same for a page that forbids nothing.
    #[track_caller]
    pub fn of(html: &str, width: u32, is_dark: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("page.html");
        let end = html.rfind("</body>").expect("a page with a body");
        std::fs::write(&copy, format!("{}{MEASURE}{}", &html[..end], &html[end..])).expect("a copy of the page");
        let dom = dump(folder.path(), &copy, width, is_dark);
        let seen = dom.rsplit_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
        let (seen, _) = seen.unwrap_or_else(|| panic!("the page was not measured: {dom:.2000}"));
        let json = seen.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json:.2000}"))
    }
}

/// The page's elements after everything has run.
fn dump(folder: &Path, page: &Path, width: u32, is_dark: bool) -> String {
    let mut command = Command::new(BROWSER.as_path());
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--dump-dom",
    ]);
    command.args(["--disable-background-networking", "--disable-component-update", "--no-first-run"]);
    command
        .arg(format!("--window-size={width},900"))
        .arg(format!("--user-data-dir={}", folder.join("browser").display()));
    // 0 is dark, 1 is light.
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!is_dark)));
    command.arg(format!("file://{}", page.display()));
    let (out, err) = (folder.join("dom"), folder.join("log"));
    let file = |path: &Path| std::fs::File::create(path).expect("a file");
    let mut child =
        command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err)).spawn().expect("the browser starts");
    let since = Instant::now();
    let status = loop {
        match child.try_wait().expect("the browser's status") {
            Some(status) => break status,
            None if since.elapsed() > LIMIT => {
                child.kill().unwrap_or_default();
                panic!("the browser did not end within {LIMIT:?}");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let log = std::fs::read_to_string(err).unwrap_or_default();
    assert!(status.success(), "the browser ended with {status}: {log:.2000}");
    String::from_utf8_lossy(&std::fs::read(out).expect("what it wrote")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_should_not_do_is_seen() {
        let page = r#"<!doctype html><body style="margin:0"><main><p style="width:600px">wide</p>
            <img src="http://127.0.0.1:9/x.png"><script>1</script></main></body>"#;
        let seen = Seen::of(page, 400, false);
        assert!((seen.width - 400.0).abs() < 1.0 && seen.page_width > 599.0 && !seen.wide.is_empty(), "{seen:?}");
        assert_eq!((seen.asked.len(), seen.scripts), (1, 1), "{seen:?}");
        let style = "<style>@media (prefers-color-scheme: dark) { body { background: #000000 } }</style>";
        let page = format!("<!doctype html><html><head>{style}</head><body><main></main></body></html>");
        assert_eq!(Seen::of(&page, 500, true).ground, "rgb(0, 0, 0)");
        assert_ne!(Seen::of(&page, 500, false).ground, "rgb(0, 0, 0)");
    }
}

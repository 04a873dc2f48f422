//! Named points at which a test can make the program die as `kill -9` would.
//!
//! In: `ROWGRAPH_FAILPOINT=name` or `name:3` (the third time). Out: the process aborts there; without the variable a point
//! costs nothing. No clean-up runs, which is the purpose.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Armed {
    name: String,
    left: AtomicU64,
}

/// Dies here, if this point is armed and its time has come.
pub fn reach(name: &str) {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| parse(&std::env::var("ROWGRAPH_FAILPOINT").ok()?));
    if let Some(armed) = armed
        && armed.name == name
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        eprintln!("failpoint {name}: aborting");
        std::process::abort();
    }
}

fn parse(text: &str) -> Option<Armed> {
    let (name, times) = text.split_once(':').unwrap_or((text, "1"));
    let left = times.parse().ok().filter(|times| *times > 0)?;
    (!name.is_empty()).then(|| Armed { name: name.to_owned(), left: AtomicU64::new(left) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_may_be_armed_for_a_later_time() {
        let armed = parse("batch-committed:3").unwrap();
        assert_eq!((armed.name.as_str(), armed.left.into_inner()), ("batch-committed", 3));
        assert_eq!(parse("x").unwrap().left.into_inner(), 1);
        assert!(parse("").is_none() && parse("x:0").is_none());
    }
}

//! How many files this process may have open.
//!
//! Many tables of one moment are staged side by side, each held by a lock on its folder until all are read. The usual limit
//! of 1,024 is one of habit: the system allows a process to raise it as far as its hard limit, which is what is done here.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process needs besides: its connections, its parts, its libraries.
const BESIDES: u64 = 100;

/// Raises the limit, where it is below `count` and what is needed besides. What the system refuses is left as it is: whoever
/// opens a file too many is told so then.
pub fn allow(count: usize) {
    let wanted = count as u64 + BESIDES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
        tracing::debug!("the limit of open files stays: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes_and_never_lowered() {
        let before = getrlimit(Resource::Nofile);
        allow(0);
        assert_eq!(getrlimit(Resource::Nofile).current, before.current);
        let Some(current) = before.current else { return };
        allow(usize::try_from(current).unwrap());
        let after = getrlimit(Resource::Nofile).current.unwrap();
        assert!(after > current || before.maximum == Some(current));
        assert_eq!(getrlimit(Resource::Nofile).maximum, before.maximum);
    }
}

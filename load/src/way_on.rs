//! How to go on with a load that stopped: the command as it was given, with `--resume`.
//!
//! Whatever stops a load says so in its hint, so the command is known to the whole program.

use std::ffi::OsString;
use std::sync::OnceLock;

static COMMAND: OnceLock<String> = OnceLock::new();

/// Remembers the arguments of this process, the program's name first, which are those of a load. None of them is a secret:
/// passwords come from files and from the environment, and an address with a password in it is refused.
pub fn remember(arguments: impl IntoIterator<Item = OsString>) {
    if let Some(command) = resuming(arguments) {
        let _ = COMMAND.set(command);
    }
}

/// The command to type, ready for a shell; words instead where this process does not load.
pub fn command() -> &'static str {
    COMMAND.get().map_or("load --resume and the flags of before", String::as_str)
}

/// For hints: `go on with: COMMAND`.
pub fn go_on() -> String {
    format!("go on with: {}", command())
}

fn resuming(arguments: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut words: Vec<String> = arguments.into_iter().map(|word| word.into_string().ok()).collect::<Option<_>>()?;
    if words.is_empty() {
        return None;
    }
    if !words.iter().any(|word| word == "--resume") {
        words.insert(1, "--resume".to_owned());
    }
    shlex::try_join(words.iter().map(String::as_str)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_ready_for_a_shell() {
        let resuming = |words: &[&str]| resuming(words.iter().map(OsString::from));
        assert_eq!(resuming(&["load", "--from", "my data"]).unwrap(), "load --resume --from 'my data'");
        assert_eq!(resuming(&["bin/load", "--from", "d", "--resume"]).unwrap(), "bin/load --from d --resume");
        assert_eq!(resuming(&[]), None);
    }
}

//! How to go on with a load that stopped: the command as it was given, with `--resume`.
//!
//! Whatever stops a load says so in its hint, so the command is known to the whole program. It is what was typed: settings from
//! the environment and the folder that it was typed in are those of before.

use std::ffi::OsString;
use std::sync::OnceLock;

const RESUME: &str = "--resume";
/// What a shell puts in place of `<(command)`: nothing is behind it any more when somebody types the command again.
const GONE_AFTERWARDS: [&str; 2] = ["/dev/fd/", "/proc/self/fd/"];

static COMMAND: OnceLock<String> = OnceLock::new();

/// Remembers the arguments of this process, the program's name first, which loads. To be called once it is known that they hold
/// no secret: an address with a password in it must have been refused.
pub fn remember(arguments: impl IntoIterator<Item = OsString>) {
    if let Some(command) = resuming(arguments) {
        let _ = COMMAND.set(command);
    }
}

/// The command that goes on with a load, ready for a shell; words where this process does not load.
pub fn resume() -> &'static str {
    COMMAND.get().map_or("load --resume and the flags of before", String::as_str)
}

/// What to do about whatever this process was doing.
pub fn go_on() -> String {
    match COMMAND.get() {
        Some(command) => format!("go on with: {command}"),
        None => format!("give the same command again (a load goes on with: {})", resume()),
    }
}

fn resuming(arguments: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut words: Vec<String> = arguments.into_iter().map(|word| word.into_string().ok()).collect::<Option<_>>()?;
    if words.is_empty() || words.iter().any(|word| GONE_AFTERWARDS.iter().any(|gone| word.contains(gone))) {
        return None;
    }
    words.retain(|word| word != RESUME);
    words.insert(1, RESUME.to_owned());
    shlex::try_join(words.iter().map(String::as_str)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_ready_for_a_shell() {
        let resuming = |words: &[&str]| resuming(words.iter().map(OsString::from));
        assert_eq!(resuming(&["load", "--from", "my data"]).unwrap(), "load --resume --from 'my data'");
        assert_eq!(resuming(&["bin/load", "--from", "d", "--resume"]).unwrap(), "bin/load --resume --from d");
        assert_eq!(resuming(&["load", "--from", "d", "--password-file", "/dev/fd/63"]), None);
        assert_eq!(resuming(&[]), None);
    }
}

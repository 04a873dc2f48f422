//! What every command line of ours has: completions, manual pages, and errors that programs can read too.
//!
//! In: a program's arguments as clap knows them. Out: text that is generated from them, so that it cannot differ from what
//! the program takes. Nothing here knows a flag by name but `--log`.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, Command, CommandFactory, Parser};

use crate::exit::ExitCode;
use crate::progress::write_stderr;
use crate::telemetry::{self, Event};
use crate::version::{self, Commit};

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page a command into this folder, instead of the main one to standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Reads this process's arguments. Help and version (`-V` the number, `--version` what it was built of, too) are printed as
/// usual; what is wrong is printed for people, or as a `failed` event where `--log json` stands among the arguments.
#[must_use]
pub fn parse<A: Parser>(commit: Option<Commit>) -> A {
    try_parse(commit).unwrap_or_else(|error| {
        let wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        if wanted || !asks_for_json(std::env::args_os()) {
            error.exit();
        }
        telemetry::install(-1, telemetry::LogFormat::Json);
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let hint = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        let exit_code = ExitCode::Usage.number();
        telemetry::emit(&Event::Failed { exit_code, message, causes: Vec::new(), hint: Some(&hint) });
        std::process::exit(i32::from(exit_code));
    })
}

fn try_parse<A: Parser>(commit: Option<Commit>) -> Result<A, clap::Error> {
    // The text lives as long as the program: clap borrows it for good.
    let long_version: &'static str = version::long(commit).leak();
    let mut command = A::command().long_version(long_version);
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    A::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

fn asks_for_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let arguments: Vec<OsString> = arguments.take_while(|argument| argument != "--").collect();
    arguments.iter().any(|argument| argument == "--log=json")
        || arguments.windows(2).any(|pair| pair[0] == "--log" && pair[1] == "json")
}

/// Completions for a shell.
#[must_use]
pub fn completions<A: CommandFactory>(args: &CompletionsArgs) -> Vec<u8> {
    let mut command = A::command();
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    text
}

/// The main page where no folder is given; else writes all pages there and returns their paths, one a line.
///
/// # Errors
/// When the folder cannot be written.
pub fn man<A: CommandFactory>(args: &ManArgs) -> io::Result<Vec<u8>> {
    let mut command = A::command();
    command.build();
    let Some(folder) = &args.out else {
        return page(command);
    };
    std::fs::create_dir_all(folder)?;
    let name = command.get_name().to_owned();
    let mut written = Vec::new();
    let commands: Vec<Command> = command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned().collect();
    write_page(folder, &name, command, &mut written)?;
    for sub in commands {
        let title = format!("{name}-{}", sub.get_name());
        write_page(folder, &title, sub.display_name(title.clone()), &mut written)?;
    }
    Ok(written)
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(text)
}

fn write_page(folder: &Path, title: &str, command: Command, written: &mut Vec<u8>) -> io::Result<()> {
    let path = folder.join(format!("{title}.1"));
    std::fs::write(&path, page(command)?)?;
    writeln!(written, "{}", path.display())
}

/// Writes to standard output what was asked for. That the reader has gone is no failure.
pub fn print(bytes: &[u8]) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever reads us has enough, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            write_stderr(&format!("error: cannot write to standard output: {error}\n"));
            ExitCode::Failed
        }
        _ => ExitCode::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_asked_for_in_both_spellings() {
        let asks = |arguments: &[&str]| asks_for_json(arguments.iter().map(OsString::from));
        assert!(asks(&["x", "--log", "json"]) && asks(&["x", "--log=json", "--out"]));
        assert!(!asks(&["x", "--log", "text"]) && !asks(&["x", "--", "--log=json"]) && !asks(&["--log"]));
    }
}

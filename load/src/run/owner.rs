//! Who writes a run: a process on a host.
//!
//! In: this process, or the text on a run's node. Out: a text that tells one process from every other one that ever was, and
//! whether that process is gone. A process on another host, or in another container, cannot be asked: there the
//! heartbeat decides.

use std::fmt;
use std::fs;

/// The owner of a run, as `host=.. boot=.. pidns=.. pid=.. start=..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Host, boot and process namespace.
    place: String,
    pid: u32,
    /// When the process started, in ticks since the host did: process ids are used again.
    start: String,
}

impl Owner {
    /// This process.
    pub fn this_process() -> Self {
        let host = hostname::get().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace =
            fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
        let pid = std::process::id();
        let place = format!("host={} boot={} pidns={}", blankless(&host), blankless(&boot), blankless(&namespace));
        Self { place, pid, start: start_of(pid).unwrap_or_default() }
    }

    /// Reads the text on a run's node; what cannot be understood is an owner of whom nothing is known.
    pub fn parse(text: &str) -> Self {
        let (place, rest) = text.split_once(" pid=").unwrap_or((text, ""));
        let (pid, start) = rest.split_once(" start=").unwrap_or((rest, ""));
        Self { place: place.to_owned(), pid: pid.parse().unwrap_or_default(), start: start.to_owned() }
    }

    /// Whether the process ran here and runs no more. False where that cannot be known.
    pub fn is_gone(&self) -> bool {
        let here = Self::this_process();
        let is_known = !self.start.is_empty() && self.pid != 0 && !here.start.is_empty();
        is_known && self.place == here.place && start_of(self.pid).as_deref() != Some(&self.start)
    }

    /// The owner for people.
    pub fn describe(&self) -> String {
        let host =
            self.place.strip_prefix("host=").and_then(|rest| rest.split(' ').next()).unwrap_or("an unknown host");
        format!("process {} on {host}", self.pid)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pid={} start={}", self.place, self.pid, self.start)
    }
}

/// Field 22 of `/proc/<pid>/stat`, counted after the name, which may hold blanks and brackets. A zombie is gone.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

fn blankless(text: &str) -> String {
    text.trim().replace(char::is_whitespace, "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_not_gone_and_one_that_ended_is() {
        let here = Owner::this_process();
        assert_eq!(Owner::parse(&here.to_string()), here);
        assert!(!here.is_gone());
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let start = start_of(child.id()).unwrap();
        let other = Owner { pid: child.id(), start, ..here.clone() };
        assert!(!other.is_gone());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(other.is_gone());
        // The same process id in another process than the one that owned the run.
        assert!(Owner { start: "1".into(), ..here }.is_gone());
    }

    #[test]
    fn nothing_is_known_of_a_process_elsewhere() {
        let here = Owner::this_process();
        assert!(!Owner { place: "host=elsewhere boot=b pidns=p".into(), ..here.clone() }.is_gone());
        assert!(!Owner::parse("nonsense").is_gone());
        assert!(here.describe().starts_with("process "));
    }
}

//! A hostile server: it says again what a real one has said, with something wrong in it.
//! In: a recorded conversation. Out: an address; whoever connects there hears the conversation as it was changed last.
//! [`fuzz`] lets the extractor's own library listen to one changed conversation after the other.

mod mutation;

use std::io::{BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use shared::interrupt::Interrupt;
use shared::progress::Silent;

pub use mutation::mutate;

use crate::programs::Program;
use crate::proxy::{Answer, Exchange, Framing, Proxy, mysql_address};
use crate::servers::Environment;
use crate::snapshots::DataFolder;

/// A server that repeats a conversation.
pub struct Hostile {
    address: SocketAddr,
    conversation: Arc<Mutex<Arc<Vec<Exchange>>>>,
}

impl Hostile {
    /// Starts one. It lives as long as the process.
    pub fn start(conversation: Vec<Exchange>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its own address");
        let conversation = Arc::new(Mutex::new(Arc::new(conversation)));
        let shared = Arc::clone(&conversation);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let conversation = Arc::clone(&shared.lock().unwrap_or_else(PoisonError::into_inner));
                thread::spawn(move || repeat(&client, &conversation));
            }
        });
        Self { address, conversation }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it says from now on.
    pub fn say(&self, conversation: Vec<Exchange>) {
        *self.conversation.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(conversation);
    }
}

/// Says each answer when its request has come, whatever the request is now.
fn repeat(client: &TcpStream, conversation: &[Exchange]) {
    let mut requests = BufReader::new(client);
    let longest = (0..conversation.len()).max_by_key(|index| conversation[*index].answer.len()).unwrap_or(0);
    // Nothing is waited for after the rows.
    for exchange in &conversation[..=longest] {
        if !exchange.request.is_empty() && !matches!(Framing::MySql.next(&mut requests), Ok(Some(_))) {
            break;
        }
        if (&mut &*client).write_all(&exchange.answer.concat()).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Write));
    // What is not read would become a reset, and take back what was said.
    while matches!(Framing::None.next(&mut requests), Ok(Some(_))) {}
}

/// Lets `extract` read the table that `environment` names, and keeps what the server says.
pub fn record(environment: &Environment, protocol: &str) -> Vec<Exchange> {
    let proxy = Proxy::recording(mysql_address(environment), Framing::MySql);
    let data = DataFolder::new();
    let arguments = ["--out", data.text(), "--progress", "none", "--protocol", protocol];
    Program::extract(&arguments).with(&proxy.mysql_environment(environment)).run().expect_code(0);
    proxy.recorded()
}

/// Frames of an answer before its first row. Servers describe rows in more or fewer of them.
pub fn frames_before_rows(answer: &[Vec<u8>]) -> usize {
    let mut passed = Answer::default();
    answer.iter().take_while(|frame| !passed.takes_row(Framing::MySql, frame)).count()
}

/// What a run of [`fuzz`] has seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Conversations.
    pub cases: u64,
    /// Of these, ended by an error.
    pub refused: u64,
    /// Of these, taken for good: a changed value is a value.
    pub taken: u64,
    /// Of those refused, the ones in which the driver panicked.
    pub driver_panics: u64,
    /// Cases that must not be: a panic of our own, with the seed that gives it again.
    pub failures: Vec<String>,
}

/// Where the last panic of this process was; the driver's are caught by the extractor, and ours must not hide behind that.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Lets the extractor's library listen to changed conversations until `time` is over. Case `n` is made from `seed + n` alone.
pub fn fuzz(environment: &Environment, conversation: &[Exchange], protocol: &str, time: Duration, seed: u64) -> Tally {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(|| "nowhere".into(), ToString::to_string);
        // Other tests of this process may fail meanwhile.
        if place.starts_with("tests/") {
            before(info);
        } else {
            PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        }
    }));
    let hostile = Hostile::start(conversation.to_vec());
    let (since, mut tally) = (Instant::now(), Tally::default());
    while since.elapsed() < time {
        let case = seed.wrapping_add(tally.cases);
        let mut changed = conversation.to_vec();
        let change = mutate(&mut changed, case);
        hostile.say(changed);
        let ended = panic::catch_unwind(AssertUnwindSafe(|| listen(environment, hostile.address(), protocol)));
        let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
        // The driver's sources lie in cargo's registry, ours do not.
        let (driver, own): (Vec<_>, Vec<_>) =
            panics.into_iter().partition(|place| place.contains("/registry/src/") && place.contains("/mysql"));
        tally.cases += 1;
        tally.driver_panics += u64::from(!driver.is_empty());
        match ended {
            Ok(true) => tally.taken += 1,
            Ok(false) => tally.refused += 1,
            Err(_) => {
                tally.failures.push(format!("seed {case}: the extractor panicked ({change}): {own:?} {driver:?}"));
            }
        }
        if !own.is_empty() {
            tally.failures.push(format!("seed {case}: a panic at {own:?} ({change})"));
        }
    }
    drop(panic::take_hook());
    tally
}

/// One extraction from the hostile server; whether it gave a snapshot.
fn listen(environment: &Environment, address: SocketAddr, protocol: &str) -> bool {
    // Memory, where there is a file system of it: nothing here is about the disk.
    let memory = Path::new("/dev/shm");
    let data = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let data = data.expect("a folder");
    let port = address.port().to_string();
    let arguments = [
        "extract",
        "--out",
        data.path().to_str().expect("a plain path"),
        "--host",
        "127.0.0.1",
        "--port",
        &port,
        "--user",
        &environment["MYSQL_USER"],
        "--password",
        &environment["MYSQL_PASSWORD"],
        "--database",
        &environment["MYSQL_DATABASE"],
        "--table",
        &environment["MYSQL_TABLE"],
        "--protocol",
        protocol,
        "--retries",
        "0",
        "--read-timeout",
        "60ms",
        "--part-size",
        "1MB",
        "--row-group",
        "1MB",
    ];
    let arguments = extract::args::Args::try_parse_from(arguments).expect("arguments");
    let plan = extract::Plan::resolve(&arguments.extract).expect("a plan");
    extract::extract(&plan, &Silent, &Interrupt::never()).is_ok()
}

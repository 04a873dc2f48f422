//! How `load` reaches its target: TLS with an authority of one's own, routing, the file that Aura hands out, and connections
//! that are lost on the way. Each refusal says which it is and names the flag that helps.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use testkit::own_neo4j::OwnNeo4j;
use testkit::programs::{Finished, Program};
use testkit::servers::{Environment, SERVERS};
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;
use testkit::target::Target;
use testkit::tls::{Authority, Identity, Valid};

use crate::job::{Job, target_environment};

/// A folder of certificates as Neo4j wants it, and the settings that name it.
struct Certificates(tempfile::TempDir);

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("rowgraph-bolt-tls-").tempdir().expect("a folder");
        for name in ["trusted", "revoked"] {
            fs::create_dir(folder.path().join(name)).expect("a folder in it");
        }
        Self(folder)
    }

    fn put(&self, identity: &Identity) {
        for (file, name) in [(&identity.certificate, "public.crt"), (&identity.key, "private.key")] {
            fs::copy(file, self.0.path().join(name)).expect("a certificate for the server");
        }
    }

    fn settings<'a>(&'a self, advertised: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("server.bolt.tls_level", "REQUIRED"),
            ("dbms.ssl.policy.bolt.enabled", "true"),
            ("dbms.ssl.policy.bolt.base_directory", self.0.path().to_str().expect("a plain path")),
            ("dbms.ssl.policy.bolt.client_auth", "NONE"),
            ("server.bolt.advertised_address", advertised),
        ]
    }
}

/// `load status --uri ...` with these arguments, without a password ever being printed.
fn status(environment: &Environment, uri: &str, more: &[&str]) -> Finished {
    let program = Program::load(&[&["status", "--uri", uri], more].concat()).with(environment);
    let finished = program.run();
    assert!(!finished.stderr.contains(environment["NEO4J_PASSWORD"].as_str()), "the password was printed");
    finished
}

#[test]
fn certificates_are_verified_and_each_refusal_says_which_it_is() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (ca, other_ca) = (ours.text(), theirs.text());
    let certificates = Certificates::new();
    certificates.put(&ours.sign("right", &["localhost"], Valid::Now));
    let server = OwnNeo4j::start(&certificates.settings("localhost"));
    let (environment, port) = (server.environment(), server.port());
    let at = |scheme: &str, host: &str| format!("{scheme}://{host}:{port}");

    // The file that Aura hands out, as it is, and routing to the address that the server itself names.
    let data = DataFolder::new();
    let table = SourceTable::generated("over_tls", 300, 91);
    let snapshot = data.extract(&table);
    let aura = data.path().join("Neo4j-12ab34cd-Created-2026-11-22.txt");
    let content = format!(
        "# Wait 60 seconds before connecting using these details, or login to https://console.neo4j.io to validate the \
         Aura Instance is available\nNEO4J_URI={}\nNEO4J_USERNAME=neo4j\nNEO4J_PASSWORD={}\nNEO4J_DATABASE=neo4j\n\
         AURA_INSTANCEID=12ab34cd\nAURA_INSTANCENAME=My first instance\n",
        at("neo4j+s", "localhost"),
        environment["NEO4J_PASSWORD"]
    );
    fs::write(&aura, content).expect("a file");
    let from = ["--from", snapshot.path.to_str().expect("a plain path"), "--env-file", aura.to_str().expect("plain")];
    let load = |before: &[&str], more: &[&str]| Program::load(&[before, &from, more].concat()).run();
    load(&[], &["--ca", &ca]).expect_code(0).expect_said(&["done and verified"]);
    load(&["verify"], &["--deep", "--ca", &ca, "--uri", &at("bolt+s", "localhost")]).expect_code(0);
    load(&[], &["--ca", &other_ca]).expect_code(13).expect_said(&["signed by no authority", "--ca", &other_ca]);

    for scheme in ["neo4j+s", "bolt+s"] {
        status(environment, &at(scheme, "localhost"), &["--ca", &ca]).expect_code(0);
        let wrong = status(environment, &at(scheme, "localhost"), &["--ca", &other_ca]);
        wrong.expect_code(13).expect_said(&["signed by no authority", "not of the authorities in", &other_ca]);
        let public = status(environment, &at(scheme, "localhost"), &[]);
        public.expect_code(13).expect_said(&["signed by no authority", "--ca FILE"]);
        let name = status(environment, &at(scheme, "127.0.0.1"), &["--ca", &ca]);
        name.expect_code(13).expect_said(&["for another name", "127.0.0.1", "localhost", "--uri"]);
    }
    for scheme in ["neo4j+ssc", "bolt+ssc"] {
        status(environment, &at(scheme, "127.0.0.1"), &[]).expect_code(0).expect_said(&["warning", "not verified"]);
        status(environment, &at(scheme, "localhost"), &["--ca", &ca]).expect_code(2).expect_said(&["--ca", "+s://"]);
    }
    for scheme in ["neo4j", "bolt"] {
        let plain = status(environment, &at(scheme, "localhost"), &[]);
        plain.expect_code(13).expect_said(&["TLS only", "bolt+s://", "--uri"]);
    }
    let mut wrong = environment.clone();
    wrong.insert("NEO4J_PASSWORD".into(), "another password".into());
    status(&wrong, &at("neo4j+s", "localhost"), &["--ca", &ca]).expect_code(13).expect_said(&["password", "neo4j"]);

    server.down();
    certificates.put(&ours.sign("expired", &["localhost", "127.0.0.1"], Valid::Past));
    server.up();
    for scheme in ["neo4j+s", "bolt+s"] {
        let expired = status(environment, &at(scheme, "localhost"), &["--ca", &ca]);
        expired.expect_code(13).expect_said(&["has expired", "+ssc", "--uri"]);
    }
}

#[test]
fn a_server_without_tls_is_called_that() {
    let environment = target_environment();
    let port = environment["NEO4J_URI"].rsplit(':').next().expect("a port").to_owned();
    let ours = Authority::new("ours");
    for uri in [format!("bolt+s://127.0.0.1:{port}"), format!("neo4j+s://localhost:{port}")] {
        let none = status(&environment, &uri, &["--ca", &ours.text()]);
        none.expect_code(13).expect_said(&["offers no TLS", "--uri", "bolt://", "--plaintext"]);
    }
    let key = ours.sign("server", &["localhost"], Valid::Now);
    for (file, said) in [(key.key(), "no certificate in PEM form"), ("/nowhere/ca.pem", "cannot be read")] {
        let refused = status(&environment, &format!("bolt+s://localhost:{port}"), &["--ca", file]);
        refused.expect_code(2).expect_said(&[said, file, "--ca"]);
    }
}

#[test]
fn connections_that_others_kill_are_opened_again() {
    let job = Job::generated("connections_killed", 8_000, 92);
    // Another client, which ends every connection but its own, in all stages of the load, idle ones among them. In between
    // there is time to work, and in the end nothing but that.
    let others = Target::connect(SERVERS.environment()).expect("a connection");
    let ids = || -> BTreeSet<String> {
        let records =
            others.try_ask("CALL dbms.listConnections() YIELD connectionId RETURN connectionId").expect("a list");
        records.iter().filter_map(|record| record["connectionId"].as_str().map(str::to_owned)).collect()
    };
    let known = ids();
    let uri = target_environment()["NEO4J_URI"].replace("bolt://", "neo4j://");
    let arguments = ["--uri", uri.as_str(), "--batch-rows", "1000", "--writers", "2"];
    let mut running = job.load(&arguments).start();
    // The first contact is not repeated: whoever mistypes an address wants to know. So it is left alone.
    let has_run = || {
        let runs = others.try_ask("MATCH (r:_RowgraphRun {slot: 'open'}) RETURN count(r) AS runs").expect("a count");
        runs.iter().any(|record| record["runs"].as_i64() == Some(1))
    };
    while running.is_running() && !has_run() {
        thread::sleep(Duration::from_millis(20));
    }
    let mut killed = 0;
    for _ in 0..40 {
        if !running.is_running() {
            break;
        }
        thread::sleep(Duration::from_millis(400));
        for id in ids().difference(&known) {
            others
                .try_ask(&format!("CALL dbms.killConnection('{id}') YIELD message RETURN message"))
                .expect("an answer");
            killed += 1;
        }
    }
    let finished = running.finish().expect_code(0).expect_said(&["done and verified", "overcome:"]);
    // Whether a transaction was under way decides what the server says last.
    let said = ["connection lost", "Terminated", "LockClientStopped", "The transaction has been closed"];
    assert!(said.iter().any(|words| finished.stderr.contains(words)), "{finished}");
    assert!(killed >= 5, "only {killed} connections were killed: {finished}");
    job.expect_reference();
}

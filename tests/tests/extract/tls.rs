//! TLS: the right certificates let in, each wrong one is refused by a message of its own that names the flag, and whoever
//! refuses has not sent a password.

mod accounts;
mod middleman;

use std::thread;
use std::time::Duration;

use testkit::programs::{Finished, Program};
use testkit::servers::{Engine, Environment};
use testkit::snapshots::{DataFolder, Snapshot};
use testkit::source::SourceTable;
use testkit::tls::{Authority, TlsServer, Valid};

/// A table of one row, on a server whose certificates are ours to choose.
fn small_table(server: &TlsServer, name: &str) -> SourceTable {
    let made =
        ["CREATE TABLE {table} (id INT PRIMARY KEY, words VARCHAR(20))", "INSERT INTO {table} VALUES (1, 'one')"];
    SourceTable::made_on(server.engine(), name, &made)
}

fn extract(environment: &Environment, arguments: &[&str]) -> Finished {
    let data = DataFolder::new();
    let all = [&["--out", data.text()], arguments].concat();
    let finished = Program::extract(&all).with(environment).run();
    let password = &environment["MYSQL_PASSWORD"];
    assert!(password.is_empty() || !finished.stderr.contains(password.as_str()), "a password was printed");
    if finished.code == Some(0) {
        assert_eq!(Snapshot::printed(&finished).rows(), 1);
    } else {
        assert_eq!(data.sealed(), Vec::<std::path::PathBuf>::new());
    }
    finished
}

#[test]
fn certificates_are_verified_as_far_as_the_mode_says() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    for engine in Engine::ALL {
        let server = TlsServer::take(engine);
        let table = small_table(&server, "tls_modes");
        let environment = table.environment();
        let (ours_ca, theirs_ca) = (ours.text(), theirs.text());
        let modes = |mode: &'static str, ca: &str| extract(&environment, &["--ssl-mode", mode, "--ssl-ca", ca]);

        server.show(&ours.sign("right", &["localhost", "127.0.0.1"], Valid::Now), &ours);
        for mode in ["required", "verify-ca", "verify-identity"] {
            modes(mode, &ours_ca).expect_code(0);
        }
        // By its name, and without a mode: whoever names an authority wants it used.
        extract(&environment, &["--host", "localhost", "--ssl-ca", &ours_ca]).expect_code(0);
        modes("required", &theirs_ca).expect_code(0);
        for mode in ["verify-ca", "verify-identity"] {
            modes(mode, &theirs_ca).expect_code(12).expect_said(&["signed by no authority", "--ssl-ca", mode]);
            let public = extract(&environment, &["--ssl-mode", mode]);
            public.expect_code(12).expect_said(&["signed by no authority", "--ssl-ca FILE"]);
        }
        let amazon = extract(&environment, &["--ssl-ca", "rds"]);
        amazon.expect_code(12).expect_said(&["signed by no authority", "amazon rds"]);

        server.show(&ours.sign("other-name", &["db.example", "192.0.2.1"], Valid::Now), &ours);
        modes("verify-ca", &ours_ca).expect_code(0);
        modes("verify-identity", &ours_ca).expect_code(12).expect_said(&[
            "for another name",
            "db.example",
            "--host",
            "--ssl-mode verify-ca",
        ]);

        let refused = |said: &str| {
            modes("required", &ours_ca).expect_code(0);
            for mode in ["verify-ca", "verify-identity"] {
                modes(mode, &ours_ca).expect_code(12).expect_said(&[said, "127.0.0.1", "hint"]);
            }
        };
        // MySQL loads no certificate that has expired; but one may expire while a server shows it.
        let short = Duration::from_secs(3);
        server.show(&ours.sign("expired", &["127.0.0.1"], Valid::For(short)), &ours);
        thread::sleep(short + Duration::from_secs(1));
        refused("has expired");
        if engine == Engine::MariaDb {
            server.show(&ours.sign("future", &["127.0.0.1"], Valid::Future), &ours);
            refused("not valid yet");
        }
    }
}

#[test]
fn a_client_certificate_is_shown_where_an_account_wants_one() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let client = ours.sign("client", &["client.example"], Valid::Now);
    let foreign = theirs.sign("client", &["client.example"], Valid::Now);
    let old = ours.sign("old-client", &["client.example"], Valid::Past);
    for engine in Engine::ALL {
        let server = TlsServer::take(engine);
        let table = small_table(&server, "tls_client");
        server.show(&ours.sign("right", &["127.0.0.1"], Valid::Now), &ours);
        let environment = accounts::account(&table, "rowgraph_x509", "BY 'with a certificate'", "REQUIRE X509");
        let ca = ours.text();

        let with = |identity: &testkit::tls::Identity| {
            let given = ["--ssl-ca", ca.as_str(), "--ssl-cert", identity.certificate(), "--ssl-key", identity.key()];
            extract(&environment, &given)
        };
        with(&client).expect_code(0);
        let set = environment.clone().into_iter().chain([
            ("MYSQL_SSL_CA".to_owned(), ca.clone()),
            ("MYSQL_SSL_CERT".to_owned(), client.certificate().to_owned()),
            ("MYSQL_SSL_KEY".to_owned(), client.key().to_owned()),
        ]);
        extract(&set.collect(), &[]).expect_code(0);

        let without = extract(&environment, &["--ssl-ca", &ca]);
        without.expect_code(12).expect_said(&["rowgraph_x509", "REQUIRE X509", "--ssl-cert"]);
        with(&foreign).expect_code(12).expect_said(&["refuses our certificate", "--ssl-cert"]);
        with(&old).expect_code(12).expect_said(&["refuses our certificate", "--ssl-cert"]);
        accounts::remove(&table, "rowgraph_x509");
    }
}

#[test]
fn files_that_are_no_certificates_are_found_before_anything_connects() {
    let ours = Authority::new("ours");
    let (client, other) = (ours.sign("client", &["a"], Valid::Now), ours.sign("other", &["b"], Valid::Now));
    let nothing = tempfile::NamedTempFile::new().expect("a file");
    let nothing = nothing.path().to_str().expect("plain");
    let environment: Environment = [("MYSQL_PASSWORD".to_owned(), String::new())].into();
    let base = ["--host", "192.0.2.1", "--user", "u", "--database", "d", "--table", "t"];
    let (certificate, key) = (client.certificate(), client.key());
    for (arguments, said) in [
        (vec!["--ssl-ca", nothing], vec!["--ssl-ca", "no PEM certificate"]),
        (vec!["--ssl-ca", key], vec!["--ssl-ca", "no PEM certificate"]),
        (vec!["--ssl-ca", "/nowhere/ca.pem"], vec!["--ssl-ca", "/nowhere/ca.pem"]),
        (vec!["--ssl-cert", certificate], vec!["--ssl-key"]),
        (vec!["--ssl-key", key], vec!["--ssl-cert"]),
        (vec!["--ssl-cert", certificate, "--ssl-key", certificate], vec!["--ssl-key", "no PEM private key"]),
        (vec!["--ssl-cert", certificate, "--ssl-key", other.key()], vec!["--ssl-key", "not the key of"]),
    ] {
        extract(&environment, &[&base[..], &arguments].concat()).expect_code(2).expect_said(&said);
    }
}

//! Accounts: every way of authentication that the servers have, with and without TLS, and rights that do not suffice.

use mysql::prelude::Queryable;
use testkit::own_server::OwnServer;
use testkit::servers::{Engine, Environment};
use testkit::source::SourceTable;
use testkit::tls::{Authority, TlsServer, Valid};

use super::{extract, small_table};

/// Makes an account (`how` follows IDENTIFIED) that may read the table, and returns what extract reads to use it.
pub fn account(table: &SourceTable, user: &str, how: &str, require: &str) -> Environment {
    table.run(&[
        format!("DROP USER IF EXISTS {user}@127.0.0.1"),
        format!("CREATE USER {user}@127.0.0.1 IDENTIFIED {how} {require}"),
        format!("GRANT SELECT ON {{table}} TO {user}@127.0.0.1"),
    ]);
    let mut environment = table.environment();
    environment.insert("MYSQL_USER".into(), user.into());
    let password = how.split('\'').nth(1).unwrap_or_default();
    environment.insert("MYSQL_PASSWORD".into(), password.into());
    environment
}

/// Removes an account.
pub fn remove(table: &SourceTable, user: &str) {
    table.run(&[format!("DROP USER IF EXISTS {user}@127.0.0.1")]);
}

#[test]
fn each_way_of_authentication_lets_in_with_and_without_tls() {
    let ours = Authority::new("ours");
    let ca = ours.text();
    for (engine, plugins) in [
        (Engine::MariaDb, ["mysql_native_password", "ed25519"].as_slice()),
        (Engine::MySql, &["caching_sha2_password"]),
    ] {
        let server = TlsServer::take(engine);
        let table = small_table(&server, "tls_accounts");
        server.show(&ours.sign("right", &["127.0.0.1"], Valid::Now), &ours);
        for plugin in plugins {
            let how = match engine {
                Engine::MariaDb => format!("VIA {plugin} USING PASSWORD('a pass+word of {plugin}')"),
                Engine::MySql => format!("WITH {plugin} BY 'a pass+word of {plugin}'"),
            };
            let user = "rowgraph_way";
            let environment = account(&table, user, &how, "");
            let forget = || {
                // With what it remembers of a login the server needs not the whole of the next.
                if engine == Engine::MySql {
                    table.connect().query_drop("FLUSH PRIVILEGES").expect("a server that forgets logins");
                }
            };
            for arguments in [["--ssl-mode", "disabled"], ["--ssl-mode", "required"], ["--ssl-ca", ca.as_str()]] {
                forget();
                extract(&environment, &arguments).expect_code(0);
                // Once more, with what the server remembers.
                extract(&environment, &arguments).expect_code(0);
                forget();
                let mut wrong = environment.clone();
                wrong.insert("MYSQL_PASSWORD".into(), "another password".into());
                extract(&wrong, &arguments).expect_code(12).expect_said(&[user, "password", "127.0.0.1"]);
                wrong.insert("MYSQL_PASSWORD".into(), String::new());
                extract(&wrong, &arguments).expect_code(12).expect_said(&[user, "no password was given"]);
            }
            remove(&table, user);
        }
    }
}

#[test]
fn an_account_for_tls_only_is_told_the_flag() {
    for engine in Engine::ALL {
        let server = TlsServer::take(engine);
        let table = small_table(&server, "tls_only");
        let environment = account(&table, "rowgraph_tls_only", "BY 'only encrypted'", "REQUIRE SSL");
        extract(&environment, &[]).expect_code(12).expect_said(&["rowgraph_tls_only", "REQUIRE SSL", "--ssl-mode"]);
        extract(&environment, &["--ssl-mode", "required"]).expect_code(0);
        remove(&table, "rowgraph_tls_only");
    }
}

#[test]
fn a_server_for_tls_only_is_told_the_flag() {
    // MariaDB says of this no more than of a wrong password.
    for (engine, said) in [
        (Engine::MySql, ["encrypted connections only", "--ssl-mode verify-identity", "--ssl-ca"]),
        (Engine::MariaDb, ["refuses user rowgraph_read", "a server for TLS only", "--ssl-mode"]),
    ] {
        // A server of its own: no other test could connect to this one without TLS.
        let server = OwnServer::start(engine);
        let mut connection = server.servers.destination("").connect().expect("a connection");
        connection.query_drop("SET GLOBAL require_secure_transport = ON").expect("the setting");
        extract(server.servers.environment(), &["--ssl-mode", "disabled"]).expect_code(12).expect_said(&said);
    }
}

#[test]
fn an_account_without_the_right_to_a_column_is_told_the_grant() {
    for engine in Engine::ALL {
        let server = TlsServer::take(engine);
        let table = small_table(&server, "tls_columns");
        let environment = account(&table, "rowgraph_column", "BY 'one column only'", "");
        table.run(&[
            "REVOKE SELECT ON {table} FROM rowgraph_column@127.0.0.1",
            "GRANT SELECT (id) ON {table} TO rowgraph_column@127.0.0.1",
        ]);
        let refused = extract(&environment, &[]);
        refused.expect_code(12).expect_said(&["rowgraph_column", "may not read all", "GRANT SELECT", "tls_columns"]);
        remove(&table, "rowgraph_column");
    }
}

#[test]
fn a_way_of_authentication_that_we_lack_is_named() {
    let server = TlsServer::take(Engine::MySql);
    let table = small_table(&server, "tls_plugin");
    let environment = account(&table, "rowgraph_sha256", "WITH sha256_password BY 'of another kind'", "");
    extract(&environment, &[]).expect_code(12).expect_said(&["sha256_password", "caching_sha2_password"]);
    remove(&table, "rowgraph_sha256");
}

//! A server that offers no TLS, and somebody in between who pretends that: the greeting's offer is taken out on the way.
//! What the client then sends is looked at: with TLS asked for it must be nothing, or a good-bye.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use testkit::servers::Engine;
use testkit::tls::TlsServer;

use super::{extract, small_table};

/// The bit of the greeting's capabilities that offers TLS.
const OFFERS_TLS: u8 = 0x08;

/// The command QUIT.
const GOOD_BYE: [u8; 5] = [1, 0, 0, 0, 1];

/// Takes one connection and passes it on without the offer of TLS. Joined, it gives what the client has sent.
fn middleman(server_port: &str) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let address = format!("127.0.0.1:{server_port}");
    let thread = thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("the client");
        let mut server = TcpStream::connect(address).expect("the server");
        let mut header = [0; 4];
        server.read_exact(&mut header).expect("a packet");
        let mut greeting = vec![0; usize::from(header[0]) + usize::from(header[1]) * 256];
        server.read_exact(&mut greeting).expect("the greeting");
        // After protocol and version: connection id, eight bytes of the scramble, a filler, then the capabilities.
        let version_end = 1 + greeting[1..].iter().position(|byte| *byte == 0).expect("the end of the version");
        let capabilities = version_end + 1 + 4 + 8 + 1;
        assert_ne!(greeting[capabilities + 1] & OFFERS_TLS, 0, "the server itself offers TLS");
        greeting[capabilities + 1] &= !OFFERS_TLS;
        client.write_all(&[&header[..], &greeting].concat()).expect("the client listens");
        let mut sent = Vec::new();
        client.read_to_end(&mut sent).unwrap_or_default();
        server.shutdown(Shutdown::Both).unwrap_or_default();
        sent
    });
    (port, thread)
}

#[test]
fn without_an_offer_of_tls_no_account_is_sent() {
    for engine in Engine::ALL {
        let server = TlsServer::take(engine);
        let table = small_table(&server, "tls_none");
        let mut environment = table.environment();
        for mode in ["required", "verify-ca", "verify-identity"] {
            let (port, between) = middleman(&environment["MYSQL_PORT"]);
            let real_port = environment.insert("MYSQL_PORT".into(), port.to_string()).expect("a port");
            let refused = extract(&environment, &["--ssl-mode", mode]);
            refused.expect_code(12).expect_said(&["offers no TLS", "--ssl-mode", mode, "plain text"]);
            let sent = between.join().expect("the middleman");
            assert!(sent.is_empty() || sent == GOOD_BYE, "the client has sent something: {sent:?}");
            environment.insert("MYSQL_PORT".into(), real_port);
        }
    }
}

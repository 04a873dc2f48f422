//! A long way to a server: every byte arrives half a round trip after it was sent, in both directions; nothing limits how
//! many are on their way. In: the server's address and the round trip in milliseconds. Out: the address to connect to, on
//! standard output; it serves until it is ended.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;

/// Bytes that travel as one piece.
const PIECE: usize = 256 * 1024;

#[derive(Parser)]
struct Arguments {
    /// The server, as 127.0.0.1:7687.
    server: SocketAddr,
    /// Milliseconds there and back.
    round_trip_ms: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let delay = Duration::from_millis(arguments.round_trip_ms) / 2;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    for client in listener.incoming() {
        let (client, server) = (client?, TcpStream::connect(arguments.server)?);
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
        }
        travel(client.try_clone()?, server.try_clone()?, delay);
        travel(server, client, delay);
    }
    Ok(())
}

/// Carries what `from` sends to `to`, until one of them is gone.
fn travel(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (road, arrivals) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            if road.send((Instant::now() + delay, piece[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (arrival, piece) in arrivals {
            thread::sleep(arrival.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        // Either side may be gone already.
        to.shutdown(Shutdown::Both).unwrap_or_default();
    });
}

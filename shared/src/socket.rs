//! A second handle on a socket that a driver opened and keeps to itself.
//!
//! In: a connection that tells its descriptor, or the address of a peer, whose sockets are found in the process's own table.
//! Out: a duplicate of the descriptor, with which another thread can shut the connection down (a read that waits for the
//! server ends at once) or set TCP_NODELAY. The driver's own descriptor is never closed here. This is the only file of the
//! workspace with unsafe code.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;

use socket2::Socket;

/// A duplicate of a connected socket's descriptor. Dropping it leaves the connection as it is.
#[derive(Debug)]
pub struct KeptSocket(Socket);

impl KeptSocket {
    /// Ends the connection in both directions; whoever reads or writes on it gets an end or an error at once.
    pub fn shut_down(&self) {
        // The peer may have closed it already: then there is nothing left to do.
        drop(self.0.shutdown(Shutdown::Both));
    }

    /// Sends small messages at once instead of waiting for the answer to the one before.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_nodelay(&self) -> io::Result<()> {
        self.0.set_tcp_nodelay(true)
    }
}

/// A handle on the very socket of a connection, whatever others there are to the same peer; `None` when the process may open no
/// more descriptors.
pub fn keep(connection: &impl AsRawFd) -> Option<KeptSocket> {
    duplicate(connection.as_raw_fd()).map(KeptSocket)
}

/// The TCP sockets of this process that are connected to `peer`.
///
/// # Errors
/// When the process's table of descriptors cannot be listed.
pub fn find_tcp_sockets(peer: SocketAddr) -> io::Result<Vec<KeptSocket>> {
    find(|socket| {
        let connected_to = socket.peer_addr().ok().and_then(|address| address.as_socket());
        connected_to.is_some_and(|found| found.port() == peer.port() && canonical(found) == canonical(peer))
    })
}

/// Sets TCP_NODELAY on every socket of this process that is connected to `peer`, and returns how many
/// descriptors (duplicates among them) that were.
///
/// # Errors
/// When the process's table of descriptors cannot be listed, or a socket refuses.
pub fn set_nodelay_to_peer(peer: SocketAddr) -> io::Result<usize> {
    let sockets = find_tcp_sockets(peer)?;
    sockets.iter().try_for_each(KeptSocket::set_nodelay)?;
    Ok(sockets.len())
}

/// An IPv4 address that came through an IPv6 socket is the IPv4 address.
fn canonical(address: SocketAddr) -> std::net::IpAddr {
    address.ip().to_canonical()
}

fn find(is_wanted: impl Fn(&Socket) -> bool) -> io::Result<Vec<KeptSocket>> {
    let mut found = Vec::new();
    // `/proc/self/fd` on Linux; `/dev/fd` is the same table elsewhere.
    let table = if Path::new("/proc/self/fd").exists() { "/proc/self/fd" } else { "/dev/fd" };
    for entry in std::fs::read_dir(table)? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()) else { continue };
        let Some(socket) = duplicate(number) else { continue };
        if is_wanted(&socket) {
            found.push(KeptSocket(socket));
        }
    }
    Ok(found)
}

/// A descriptor of our own for what `number` refers to; `None` once it is closed.
#[allow(unsafe_code)]
fn duplicate(number: RawFd) -> Option<Socket> {
    if number < 0 {
        return None;
    }
    // SAFETY: `number` is not -1, and was just listed as open by the kernel or told by a connection that is borrowed meanwhile.
    // Should another thread close it before the duplication, `fcntl` answers EBADF; should it be reused, we duplicate what it
    // now refers to, and the check of the peer decides. The borrow ends in this statement, and the original is never closed or
    // written through it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    borrowed.try_clone_to_owned().ok().map(Socket::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_kept_socket_ends_a_read_that_waits_and_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = listener.local_addr().unwrap();
        let [first, mut second, third] = [(); 3].map(|()| TcpStream::connect(peer).unwrap());
        let kept = keep(&second).expect("the socket is open");
        let reader = std::thread::spawn(move || second.read(&mut [0; 8]).unwrap_or(0));
        kept.shut_down();
        assert_eq!(reader.join().unwrap(), 0);
        for mut other in [first, third] {
            other.set_nonblocking(true).unwrap();
            assert_eq!(other.read(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::WouldBlock, "it is open");
        }
    }

    #[test]
    fn every_socket_to_a_peer_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = listener.local_addr().unwrap();
        assert!(find_tcp_sockets(peer).unwrap().is_empty());
        let stream = TcpStream::connect(peer).unwrap();
        assert!(set_nodelay_to_peer(peer).unwrap() >= 1);
        assert!(stream.nodelay().unwrap());
    }
}

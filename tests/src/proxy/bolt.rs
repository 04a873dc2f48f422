//! What the proxy knows of Bolt's messages: which request this is, whether this ends an answer, and a failure of its own.
//! In: one message, chunks and all. Out: its kind. It reads a message's first bytes only and never changes one.

/// Requests of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The versions that the client offers, before the first message.
    Handshake,
    /// The login.
    Hello,
    /// The opening of a transaction.
    Begin,
    /// A statement.
    Run,
    /// Records are asked for.
    Pull,
    /// Records are not wanted.
    Discard,
    /// The commit.
    Commit,
    /// The rollback.
    Rollback,
    /// Whatever went wrong is over.
    Reset,
    /// The end, which has no answer.
    Goodbye,
    /// Any other.
    Other,
}

/// Where a message begins after the size of its first chunk: a structure, its fields, its signature.
const SIGNATURE: usize = 3;

/// The request in this frame; `None` for a chunk that only keeps the connection alive.
pub fn kind(frame: &[u8]) -> Option<Kind> {
    Some(match frame.get(SIGNATURE)? {
        0x01 => Kind::Hello,
        0x02 => Kind::Goodbye,
        0x11 => Kind::Begin,
        0x10 => Kind::Run,
        0x3f => Kind::Pull,
        0x2f => Kind::Discard,
        0x12 => Kind::Commit,
        0x13 => Kind::Rollback,
        0x0f => Kind::Reset,
        _ => Kind::Other,
    })
}

/// Whether this frame ends an answer: SUCCESS, FAILURE or IGNORED.
pub fn ends_answer(frame: &[u8]) -> bool {
    matches!(frame.get(SIGNATURE), Some(0x70 | 0x7e | 0x7f))
}

/// A FAILURE with a code of the server's.
pub fn failure(code: &str) -> Vec<u8> {
    let text = |text: &str| [&[0xd0, u8::try_from(text.len()).expect("a short text")], text.as_bytes()].concat();
    let fields = [("code", code), ("message", "said by the proxy")];
    let map: Vec<u8> = fields.iter().flat_map(|(name, value)| [text(name), text(value)].concat()).collect();
    chunked(&[&[0xb1, 0x7f, 0xa2], map.as_slice()].concat())
}

/// What a server answers to everything between a failure and the next reset.
pub fn ignored() -> Vec<u8> {
    chunked(&[0xb0, 0x7e])
}

fn chunked(message: &[u8]) -> Vec<u8> {
    let size = u16::try_from(message.len()).expect("a short message").to_be_bytes();
    [&size, message, &[0, 0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_by_their_signature() {
        assert_eq!(kind(&[0, 2, 0xb0, 0x12, 0, 0]), Some(Kind::Commit));
        assert_eq!(kind(&[0, 0]), None);
        let failure = failure("Neo.TransientError.General.DatabaseUnavailable");
        assert!(ends_answer(&failure) && ends_answer(&ignored()) && !ends_answer(&[0, 3, 0xb1, 0x71, 0x90, 0, 0]));
        assert_eq!(usize::from(failure[1]), failure.len() - 4);
    }
}

//! Where a protocol's messages end. Everything that the proxy knows of a protocol stands here.
//! In: a stream of bytes. Out: one frame after the other, header and all, exactly as it came.

use std::io::{self, Read};

/// Frames in an answer from which on it counts as long: more than any description of a table, fewer than its rows.
pub const LONG_ANSWER: u64 = 250;

/// How a stream is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Not at all: a frame is whatever came at once. For encrypted streams.
    None,
    /// MySQL: three bytes of length, one of sequence, the content.
    MySql,
}

/// Bytes of a MySQL packet's header.
const MYSQL_HEADER: usize = 4;

/// An EOF packet is shorter than this; a row may start with the same byte, but is longer then.
const MYSQL_EOF_CONTENT: usize = 9;

impl Framing {
    /// The next frame; `None` where the stream ends between two. What came of a frame that was cut is a frame too.
    pub fn next(self, stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::None => {
                let mut frame = vec![0; 16 * 1024];
                let read = stream.read(&mut frame)?;
                frame.truncate(read);
                Ok((read > 0).then_some(frame))
            }
            Self::MySql => {
                let mut frame = Vec::new();
                if up_to(stream, MYSQL_HEADER, &mut frame)? {
                    let content = usize::from(frame[0]) | usize::from(frame[1]) << 8 | usize::from(frame[2]) << 16;
                    up_to(stream, content, &mut frame)?;
                }
                Ok((!frame.is_empty()).then_some(frame))
            }
        }
    }

    /// Whether this frame ends an answer of many rows: MySQL's EOF or error packet.
    pub fn ends_answer(self, frame: &[u8]) -> bool {
        match self {
            Self::None => false,
            Self::MySql => match frame.get(MYSQL_HEADER) {
                Some(0xfe) => frame.len() < MYSQL_HEADER + MYSQL_EOF_CONTENT,
                Some(0xff) => true,
                _ => false,
            },
        }
    }
}

/// Reads `count` bytes more; false where the stream ends before.
fn up_to(stream: &mut impl Read, count: usize, frame: &mut Vec<u8>) -> io::Result<bool> {
    let read = stream.by_ref().take(count as u64).read_to_end(frame)?;
    Ok(read == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mysql_packets_are_told_apart_and_so_is_the_last() {
        let stream = [3, 0, 0, 7, 1, 2, 3, 5, 0, 0, 8, 0xfe, 0, 0, 2, 0, 9, 0, 0, 9, 1];
        let mut rest = &stream[..];
        let mut frames = Vec::new();
        while let Some(frame) = Framing::MySql.next(&mut rest).unwrap() {
            frames.push(frame);
        }
        assert_eq!(frames, [&stream[..7], &stream[7..16], &stream[16..]]);
        assert_eq!(
            frames.iter().map(|frame| Framing::MySql.ends_answer(frame)).collect::<Vec<_>>(),
            [false, true, false]
        );
    }
}

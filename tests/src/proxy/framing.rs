//! Where a protocol's messages end. Everything that the proxy knows of a protocol stands here.
//! In: a stream of bytes. Out: one frame after the other, header and all, exactly as it came.

use std::io::{self, Read};

use super::bolt;

/// Frames in an answer from which on it counts as long: more than any description of a table, fewer than its rows.
pub const LONG_ANSWER: u64 = 250;

/// Columns from which on the rows of an answer count as a table's: more than any answer about the server has.
const TABLE_COLUMNS: u8 = 20;

/// How a stream is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Not at all: a frame is whatever came at once. For encrypted streams.
    None,
    /// MySQL: three bytes of length, one of sequence, the content.
    MySql,
    /// Bolt: a handshake, then messages of chunks with two bytes of length each; an empty one ends a message.
    Bolt,
}

/// One direction of a connection, cut into frames.
pub(super) struct Frames {
    framing: Framing,
    /// Bytes that come before the first frame of the usual form.
    handshake: usize,
}

impl Frames {
    /// The next frame; `None` where the stream ends between two. What came of a frame that was cut is a frame too.
    pub(super) fn next(&mut self, stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        if self.handshake == 0 {
            return self.framing.next(stream);
        }
        let mut frame = Vec::new();
        up_to(stream, std::mem::take(&mut self.handshake), &mut frame)?;
        Ok((!frame.is_empty()).then_some(frame))
    }
}

/// Bytes of a MySQL packet's header.
const MYSQL_HEADER: usize = 4;

/// Bytes of a client's handshake of Bolt: four that name the protocol, four offers of four each.
const BOLT_OFFERS: usize = 20;

/// Bytes of the server's choice.
const BOLT_CHOICE: usize = 4;

/// An EOF packet is shorter than this; a row may start with the same byte, but is longer then.
const MYSQL_EOF_CONTENT: usize = 9;

/// From here on the first byte of an answer is no number of columns.
const MYSQL_MOST_COLUMNS: u8 = 0xfb;

impl Framing {
    /// The frames from client to server.
    pub(super) fn of_requests(self) -> Frames {
        Frames { framing: self, handshake: if self == Self::Bolt { BOLT_OFFERS } else { 0 } }
    }

    /// The frames from server to client.
    pub(super) fn of_answers(self) -> Frames {
        Frames { framing: self, handshake: if self == Self::Bolt { BOLT_CHOICE } else { 0 } }
    }

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
            Self::Bolt => {
                let mut frame = Vec::new();
                loop {
                    let start = frame.len();
                    if !up_to(stream, 2, &mut frame)? {
                        break;
                    }
                    let chunk = usize::from(u16::from_be_bytes([frame[start], frame[start + 1]]));
                    if chunk == 0 || !up_to(stream, chunk, &mut frame)? {
                        break;
                    }
                }
                Ok((!frame.is_empty()).then_some(frame))
            }
        }
    }

    /// Whether this frame ends an answer of many rows: MySQL's EOF or error packet, Bolt's summary.
    pub fn ends_answer(self, frame: &[u8]) -> bool {
        match self {
            Self::None => false,
            Self::Bolt => bolt::ends_answer(frame),
            Self::MySql => match frame.get(MYSQL_HEADER) {
                Some(0xfe) => frame.len() < MYSQL_HEADER + MYSQL_EOF_CONTENT,
                Some(0xff) => true,
                _ => false,
            },
        }
    }
}

/// What has come of one answer.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    #[default]
    Awaited,
    /// The description of a table's rows. MySQL has every column in it, MariaDB only the first time.
    Described,
    /// Rows of a table.
    Rows,
    /// Something else, or the end.
    Other,
}

impl Answer {
    /// Takes the answer's next frame, and tells whether it is a row of a table.
    pub fn takes_row(&mut self, framing: Framing, frame: &[u8]) -> bool {
        let is_end = framing.ends_answer(frame);
        let announced = if framing == Framing::MySql { frame.get(MYSQL_HEADER).copied() } else { None };
        *self = match *self {
            Self::Awaited
                if announced.is_some_and(|columns| (TABLE_COLUMNS..MYSQL_MOST_COLUMNS).contains(&columns)) =>
            {
                Self::Described
            }
            Self::Awaited => Self::Other,
            Self::Described if is_end => Self::Rows,
            Self::Rows if is_end => Self::Other,
            same => return same == Self::Rows,
        };
        false
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
    fn bolt_messages_follow_the_handshake_whatever_their_chunks() {
        let messages = [0, 2, 0xb0, 0x12, 0, 0, 0, 0, 0, 1, 0xb1, 0, 3, 0x11, 0xa0, 0, 0, 0, 0, 2, 0xb0];
        let stream = [&[9; 20], &messages[..]].concat();
        let (mut rest, mut frames) = (&stream[..], Framing::Bolt.of_requests());
        let mut lengths = Vec::new();
        while let Some(frame) = frames.next(&mut rest).unwrap() {
            lengths.push(frame.len());
        }
        assert_eq!(lengths, [20, 6, 2, 10, 3]);
    }

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
    #[test]
    fn rows_of_a_table_are_told_from_what_describes_them() {
        let frame = |content: &[u8]| [&[content.len() as u8, 0, 0, 0], content].concat();
        let (end, row) = (frame(&[0xfe, 0, 0, 2, 0]), frame(&[0, 1, 2, 3]));
        let rows = |frames: &[&Vec<u8>]| {
            let mut answer = Answer::default();
            frames.iter().map(|frame| answer.takes_row(Framing::MySql, frame)).collect::<Vec<_>>()
        };
        let (described, wide, narrow) = (frame(b"column"), frame(&[58]), frame(&[58, 0]));
        assert_eq!(rows(&[&wide, &described, &end, &row, &row, &end]), [false, false, false, true, true, false]);
        assert_eq!(rows(&[&narrow, &end, &row, &end]), [false, false, true, false]);
        assert_eq!(rows(&[&wide, &described, &end, &end]), [false; 4]);
        assert_eq!(rows(&[&frame(&[2]), &described, &end, &row, &end]), [false; 5]);
        assert_eq!(rows(&[&frame(&[0, 58]), &described, &end]), [false; 3]);
    }
}

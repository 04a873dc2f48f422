//! What may be wrong in a conversation: everything between one bit and a whole answer.
//! In: a conversation and a seed. Out: the same with one to three changes, and words for them. The same seed gives the same.

use fastrand::Rng;

use crate::proxy::Exchange;

/// Bytes of a packet before its content.
const HEADER: usize = 4;

/// Bytes with a meaning of their own somewhere in the protocol.
const TELLING: [u8; 9] = [0x00, 0x01, 0x7f, 0x80, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];

/// A length of 2^64 - 1.
const ENDLESS: [u8; 9] = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Changes something.
pub fn mutate(conversation: &mut [Exchange], seed: u64) -> String {
    let mut random = Rng::with_seed(seed);
    let longest = (0..conversation.len()).max_by_key(|index| conversation[*index].answer.len()).unwrap_or(0);
    let mut changes = Vec::new();
    for _ in 0..random.usize(1..=3) {
        // The rows are most of what ever comes, and the rest is where the driver is busy.
        let index = if random.bool() { longest } else { random.usize(..conversation.len()) };
        let answer = &mut conversation[index].answer;
        if answer.is_empty() {
            continue;
        }
        // The head of an answer describes it, so it has its share.
        let head = answer.len().min(4);
        let frame = if random.u8(..3) == 0 { random.usize(..head) } else { random.usize(..answer.len()) };
        changes.push(format!("answer {index}, packet {frame}: {}", change(answer, frame, &mut random)));
    }
    for exchange in &mut conversation[1..] {
        tame_column_count(exchange);
    }
    changes.join("; ")
}

fn change(answer: &mut Vec<Vec<u8>>, frame: usize, random: &mut Rng) -> &'static str {
    let packet = &mut answer[frame];
    let place = |packet: &[u8], random: &mut Rng| random.usize(HEADER.min(packet.len())..=packet.len());
    match random.u8(..18) {
        0..3 => {
            if let Some(byte) = pick(packet, HEADER, random) {
                *byte ^= 1 << random.u8(..8);
            }
            "a bit"
        }
        3..6 => {
            let value = TELLING[random.usize(..TELLING.len())];
            if let Some(byte) = pick(packet, HEADER, random) {
                *byte = value;
            }
            "a byte with a meaning"
        }
        6 => {
            if let Some(byte) = pick(packet, 0, random) {
                *byte = random.u8(..);
            }
            "any byte"
        }
        7 => {
            let place = random.usize(..HEADER.min(packet.len()));
            packet[place] = random.u8(..);
            "header"
        }
        8 => {
            let at = place(packet, random);
            packet.truncate(at);
            fit(packet);
            "shorter"
        }
        9 => {
            let at = place(packet, random);
            let more: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
            packet.splice(at..at, more);
            fit(packet);
            "longer"
        }
        10 => {
            let at = place(packet, random);
            let end = packet.len().min(at + ENDLESS.len());
            packet.splice(at..end, ENDLESS);
            fit(packet);
            "an endless length"
        }
        11 => {
            let length = random.usize(..400);
            packet.truncate(HEADER);
            packet.extend((0..length).map(|_| random.u8(..)));
            fit(packet);
            "other content"
        }
        12 => {
            answer.remove(frame);
            "left out"
        }
        13 => {
            let copy = answer[frame].clone();
            answer.insert(frame, copy);
            "twice"
        }
        14 => {
            let other = random.usize(..answer.len());
            answer.swap(frame, other);
            "swapped"
        }
        15 => {
            packet.truncate(HEADER);
            fit(packet);
            "empty"
        }
        16 => {
            packet[..3].copy_from_slice(&[0xff, 0xff, 0xff]);
            "announced as 16 MB"
        }
        _ => {
            let said: [&[u8]; 5] = [
                b"\xff\x28\x04#HY000made up",
                b"\xff",
                b"\xfe\x00\x00\x02\x00",
                b"\x00\x00\x00\x02\x00\x00\x00",
                b"\xfb/etc/passwd",
            ];
            packet.truncate(HEADER);
            packet.extend_from_slice(said[random.usize(..said.len())]);
            fit(packet);
            "an error, an end, a success or a wish"
        }
    }
}

/// Any byte from `from` on.
fn pick<'a>(packet: &'a mut [u8], from: usize, random: &mut Rng) -> Option<&'a mut u8> {
    (packet.len() > from).then(|| random.usize(from..packet.len())).map(|place| &mut packet[place])
}

/// Makes the header announce what follows.
fn fit(packet: &mut [u8]) {
    if let Some(content) = packet.len().checked_sub(HEADER) {
        let length = u32::try_from(content).unwrap_or(u32::MAX).to_le_bytes();
        packet[..3].copy_from_slice(&length[..3]);
    }
}

/// The driver reserves memory for as many columns as an answer announces, and a refusal of the system ends the process:
/// that is no panic, nothing catches it, and a test of its own shows what it means for a snapshot. Here it would end the run.
fn tame_column_count(exchange: &mut Exchange) {
    if let Some(packet) = exchange.answer.first_mut()
        && let Some(0xfd | 0xfe) = packet.get(HEADER)
    {
        for byte in packet.iter_mut().skip(HEADER + 3).take(6) {
            *byte = 0;
        }
    }
}

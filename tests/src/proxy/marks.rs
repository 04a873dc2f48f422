//! Which request a fault is for, and which answer belongs to which request: Bolt's clients send several at once.
//! In: a request, or a frame of an answer. Out: the faults that happen there. Counts are kept by connection or, where any
//! may be met, over all; each fault is met once.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::Shared;
use super::bolt::{self, Kind};
use super::fault::{Action, At, On};
use super::plumbing::Connection;

/// Bytes of a statement in which its words are looked for: the rows come after it.
const STATEMENT_BYTES: usize = 4_096;

/// A fault that a request has come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) at: At,
    pub(super) action: Action,
}

/// The requests of a connection that wait for their answer.
#[derive(Debug, Default)]
pub(super) struct Asked {
    waiting: VecDeque<(Kind, Vec<Mark>)>,
    /// What the last statement on the connection began with.
    statement: Vec<u8>,
    /// The proxy has said that something failed: the server seems to ignore everything up to a reset.
    ignores: bool,
}

impl Connection {
    /// The faults of a request; those of its answer are kept for it.
    pub(super) fn mark(&self, frame: &[u8], is_first: bool) -> Vec<Mark> {
        let Some(kind) = (if is_first { Some(Kind::Handshake) } else { bolt::kind(frame) }) else { return Vec::new() };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if kind == Kind::Run {
            asked.statement = frame[..frame.len().min(STATEMENT_BYTES)].to_vec();
        }
        let is_about = |words: &str| asked.statement.windows(words.len()).any(|part| part == words.as_bytes());
        let mut marks = Vec::new();
        for (index, fault) in self.shared.faults.iter().enumerate() {
            let Some(request) = fault.at.request() else { continue };
            let is_meant = request.kind == kind && request.of.is_none_or(is_about) && fault.is_for(self.number);
            if is_meant && self.shared.meets(index, self.number) == request.number {
                marks.push(Mark { at: fault.at, action: fault.action });
            }
        }
        if kind != Kind::Goodbye {
            asked.waiting.push_back((kind, marks.clone()));
        }
        marks
    }

    /// What happens in this frame of an answer, with the place in it. The frame itself may become another.
    pub(super) fn due(&self, frame: &mut Vec<u8>) -> Vec<(usize, Action)> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((kind, marks)) = asked.waiting.front_mut() else { return Vec::new() };
        let (kind, ends) = (*kind, *kind == Kind::Handshake || bolt::ends_answer(frame));
        let mut due = Vec::new();
        let mut failed = None;
        marks.retain(|mark| {
            let offset = match mark.at {
                At::BeforeAnswer(_) => 0,
                At::InsideAnswer(_) => frame.len() / 2,
                At::AfterAnswer(_) if ends => frame.len(),
                At::AfterAnswer(_) => return true,
                _ => return false,
            };
            if let Action::Fail(code) = mark.action {
                failed = Some(code);
            }
            due.push((offset, mark.action));
            false
        });
        if ends {
            asked.waiting.pop_front();
        }
        if kind == Kind::Reset && ends {
            asked.ignores = false;
        }
        if let Some(code) = failed {
            *frame = bolt::failure(code);
            asked.ignores = true;
        } else if asked.ignores {
            // A record before the end of its answer is not even ignored.
            *frame = if ends { bolt::ignored() } else { vec![0, 0] };
        }
        due
    }
}

impl Shared {
    /// Counts a request that a fault is about.
    fn meets(&self, fault: usize, connection: usize) -> u64 {
        let by = (self.faults[fault].on != On::Any).then_some(connection);
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let count = met.entry((fault, by)).or_default();
        *count += 1;
        *count
    }

    /// Whether the fault is for the connection that has come to it.
    pub(super) fn claims(&self, fault: usize) -> bool {
        self.faults[fault].on != On::Any || self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(fault)
    }
}

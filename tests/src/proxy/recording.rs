//! What was said on a connection, request by request, so that a made-up server can say it again.

use std::sync::PoisonError;

use super::Shared;

/// One request and the frames of its answer. The first has no request: servers greet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The client's frame.
    pub request: Vec<u8>,
    /// The server's frames.
    pub answer: Vec<Vec<u8>>,
}

impl Shared {
    /// Notes a request of the first connection.
    pub(super) fn note_request(&self, number: usize, frame: &[u8]) {
        if let (Some(recording), 1) = (&self.recording, number) {
            let mut exchanges = recording.lock().unwrap_or_else(PoisonError::into_inner);
            if exchanges.is_empty() {
                exchanges.push(Exchange::default());
            }
            exchanges.push(Exchange { request: frame.to_vec(), answer: Vec::new() });
        }
    }

    /// Notes a frame of the answer.
    pub(super) fn note_answer(&self, number: usize, frame: &[u8]) {
        if let (Some(recording), 1) = (&self.recording, number) {
            let mut exchanges = recording.lock().unwrap_or_else(PoisonError::into_inner);
            if exchanges.is_empty() {
                exchanges.push(Exchange::default());
            }
            if let Some(exchange) = exchanges.last_mut() {
                exchange.answer.push(frame.to_vec());
            }
        }
    }
}

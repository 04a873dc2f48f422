//! When to try again, and when to give up.
//!
//! In: a failure. Out: a pause with jitter, or the end of our patience. Patience counts from the first failure in a row and
//! starts anew with each success. What is repeated, and whether that is safe, is decided by the caller.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::failure::{Class, Failure};
use super::sink::GraphSink;

/// How long failures in a row are borne. A restart of a server takes less than a minute, a failover of Aura a few seconds.
#[derive(Debug, Clone, Copy)]
pub struct Patience(pub Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(120))
    }
}

/// The failures in a row of one worker.
pub struct Retry {
    patience: Patience,
    first: Option<Instant>,
    delays: ExponentialBackoff,
}

impl Retry {
    /// No failure yet.
    pub fn new(patience: Patience) -> Self {
        Self { patience, first: None, delays: delays() }
    }

    /// The pause before the next try; `None` when there should be none.
    pub fn pause(&mut self, failure: &Failure) -> Option<Duration> {
        if !failure.is_retryable() {
            return None;
        }
        let first = *self.first.get_or_insert_with(Instant::now);
        if first.elapsed() >= self.patience.0 {
            return None;
        }
        self.delays.next()
    }

    /// The last try went well.
    pub fn succeeded(&mut self) {
        if self.first.take().is_some() {
            self.delays = delays();
        }
    }
}

/// From a tenth of a second to ten seconds; jitter keeps writers that met in a deadlock from meeting again.
fn delays() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_jitter()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(10))
        .without_max_times()
        .build()
}

/// Does `work`, again and again where that helps and as long as the sink's patience lasts. Only for what may be applied twice.
///
/// # Errors
/// The last failure.
pub async fn repeat<S: GraphSink, T>(
    sink: &mut S,
    mut work: impl AsyncFnMut(&mut S) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut retry = Retry::new(sink.patience());
    loop {
        match work(sink).await {
            Ok(done) => return Ok(done),
            Err(failure) => {
                sink.release().await;
                let Some(pause) = retry.pause(&failure) else { return Err(failure) };
                tracing::info!(%failure, "trying again in {} ms", pause.as_millis());
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Failures that were overcome, by what they were, for the report.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<String, u64>>);

impl Tally {
    /// Counts a failure after which we went on.
    pub fn count(&self, failure: &Failure) {
        let name = failure.code.clone().unwrap_or_else(|| match failure.class {
            Class::Connection => "connection lost".to_owned(),
            class => format!("{class:?}"),
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
    }

    /// All of them.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_and_begins_anew_with_success() {
        let lost = Failure::new(Class::Connection, "gone");
        let mut retry = Retry::new(Patience(Duration::from_millis(20)));
        assert!(retry.pause(&lost).is_some());
        std::thread::sleep(Duration::from_millis(25));
        assert!(retry.pause(&lost).is_none());
        retry.succeeded();
        assert!(retry.pause(&lost).is_some());
        assert!(retry.pause(&Failure::new(Class::Login, "no")).is_none());
    }
}

//! Log lines as JSON objects.
//!
//! In: `tracing` events that the filter lets through. Out: one `message` event each; fields stand behind the text.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::event::{Event, Level, write_object};

/// The layer that writes objects.
pub struct Objects;

impl<S: Subscriber> Layer<S> for Objects {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match LevelFilter::from_level(*event.metadata().level()) {
            LevelFilter::ERROR => Level::Error,
            LevelFilter::WARN => Level::Warn,
            LevelFilter::INFO => Level::Info,
            LevelFilter::DEBUG => Level::Debug,
            _ => Level::Trace,
        };
        let message = format!("{}{}", text.message, text.fields);
        write_object(&Event::Message { level, message: &message });
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

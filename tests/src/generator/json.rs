//! JSON arrays of flat objects, written straight into a text: the shape of every JSON column of the table.
//! Names and values are written in the order given; a value is escaped as JSON asks, non-Latin text stays as it is.

/// An array being written.
pub struct Array {
    text: String,
    first_member: bool,
}

impl Array {
    /// Starts an array with room for `capacity` bytes.
    pub fn new(capacity: usize) -> Self {
        let mut text = String::with_capacity(capacity);
        text.push('[');
        Self { text, first_member: true }
    }

    /// Starts the next object.
    pub fn object(&mut self) -> &mut Self {
        self.text.push_str(if self.text.len() == 1 { "{" } else { "}, {" });
        self.first_member = true;
        self
    }

    /// A member whose value is a JSON string.
    pub fn string(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        quote(value, &mut self.text);
        self
    }

    /// A member whose value is written as it stands: a number, `null`, an object.
    pub fn bare(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.text.push_str(value);
        self
    }

    /// The finished text.
    pub fn finish(mut self) -> String {
        self.text.push_str(if self.text.len() == 1 { "]" } else { "}]" });
        self.text
    }

    fn name(&mut self, name: &str) {
        if !self.first_member {
            self.text.push_str(", ");
        }
        self.first_member = false;
        quote(name, &mut self.text);
        self.text.push_str(": ");
    }
}

/// Writes a JSON string.
pub fn quote(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if (control as u32) < 0x20 => text.push_str(&format!("\\u{:04x}", control as u32)),
            other => text.push(other),
        }
    }
    text.push('"');
}

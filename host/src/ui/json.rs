//! `--json` output: JSON whose texts cannot steer the terminal it may end up in.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::clean::is_hidden;

/// The document, indented, with a line end. Characters that are hidden are written as `\u` escapes, so that
/// nothing is lost for a program and nothing happens to a person.
pub(super) fn to_string(document: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, Escaping(PrettyFormatter::new()));
    match document.serialize(&mut serializer) {
        Ok(()) => {
            bytes.push(b'\n');
            String::from_utf8_lossy(&bytes).into_owned()
        }
        // Only a map with keys that are no strings, or a `Serialize` that fails by itself: ours do neither.
        Err(error) => format!(
            "{}\n",
            serde_json::json!({ "error": { "kind": "bug", "message": error.to_string(), "hints": [] } })
        ),
    }
}

struct Escaping(PrettyFormatter<'static>);

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut clean = 0;
        for (place, c) in fragment.char_indices().filter(|(_, c)| is_hidden(*c)) {
            writer.write_all(&fragment.as_bytes()[clean..place])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            clean = place + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[clean..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_array(w)
    }
    fn end_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array(w)
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }
    fn end_array_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array_value(w)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object(w)
    }
    fn end_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object(w)
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object_value(w)
    }
    fn end_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object_value(w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_nothing_is_lost() {
        let text = "a\u{202e}b\u{9b}c\x1bd\u{e0041}e ü 日本\u{7f}";
        let document = serde_json::json!({ "x": [text, 1], "empty": {} });
        let json = to_string(&document);
        assert!(!json.chars().any(|c| c != '\n' && is_hidden(c)), "{json:?}");
        assert!(json.contains("ü 日本"));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap(),
            document
        );
        assert!(json.starts_with("{\n  \"x\": [\n"));
    }
}

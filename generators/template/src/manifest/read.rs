//! Typed reading of TOML tables, every mistake with its line.

use toml_edit::{Item, TableLike, Value};

use super::Text;
use crate::error::Error;
use crate::names;

/// The text of the manifest and where its lines start.
pub(crate) struct Source<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Source { text, starts }
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    pub(crate) fn syntax(&self, error: &toml_edit::TomlError) -> Error {
        let line = error.span().map_or(1, |span| self.line(span.start));
        Error::manifest(
            line,
            format!(
                "This is not TOML: {}.",
                error.message().trim_end_matches('.')
            ),
        )
    }

    fn line_of(&self, value: &Value, or: usize) -> usize {
        value.span().map_or(or, |span| self.line(span.start))
    }

    /// The line a string's first character stands in: one further down where `'''` ends its line.
    fn text_of(&self, value: &Value, text: &str, or: usize) -> Text {
        let line = self.line_of(value, or);
        let raw = value
            .span()
            .and_then(|span| self.text.get(span))
            .unwrap_or_default();
        let opens_line = ["'''\n", "\"\"\"\n", "'''\r\n", "\"\"\"\r\n"]
            .iter()
            .any(|open| raw.starts_with(open));
        Text {
            text: text.to_owned(),
            line: line + usize::from(opens_line),
        }
    }
}

/// One table of the manifest, whose keys are all known ones.
pub(crate) struct Keys<'a> {
    source: &'a Source<'a>,
    table: &'a dyn TableLike,
    /// Where the table starts.
    pub line: usize,
    /// What it is, for messages: "a question".
    what: &'static str,
}

impl<'a> Keys<'a> {
    pub(crate) fn new(
        source: &'a Source<'a>,
        table: &'a dyn TableLike,
        line: usize,
        what: &'static str,
        known: &[&str],
    ) -> Result<Self, Error> {
        let keys = Keys {
            source,
            table,
            line,
            what,
        };
        for (key, item) in table.iter() {
            if !known.contains(&key) {
                let hint = names::hint(key, known.iter().copied());
                return Err(Error::manifest(
                    keys.line_of(key, item),
                    format!("`{key}` is unknown in {what}. {hint}"),
                ));
            }
        }
        Ok(keys)
    }

    fn line_of(&self, key: &str, item: &Item) -> usize {
        let span = self
            .table
            .get_key_value(key)
            .and_then(|(key, _)| key.span())
            .or_else(|| item.span());
        span.map_or(self.line, |span| self.source.line(span.start))
    }

    /// The line of a key that is there, else of the table.
    pub(crate) fn line_at(&self, key: &str) -> usize {
        self.table
            .get(key)
            .map_or(self.line, |item| self.line_of(key, item))
    }

    pub(crate) fn error(&self, key: &str, message: impl Into<String>) -> Error {
        Error::manifest(self.line_at(key), message)
    }

    pub(crate) fn missing(&self, key: &str) -> Error {
        Error::manifest(self.line, format!("`{key}` is missing in {}.", self.what))
    }

    fn wrong(&self, key: &str, wanted: &str) -> Error {
        let found = self.table.get(key).map_or("nothing", Item::type_name);
        self.error(key, format!("`{key}` takes {wanted}, not {found}."))
    }

    pub(crate) fn value(&self, key: &str) -> Result<Option<&'a Value>, Error> {
        match self.table.get(key) {
            None => Ok(None),
            Some(item) => item
                .as_value()
                .map(Some)
                .ok_or_else(|| self.wrong(key, "a value")),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<Text>, Error> {
        let Some(value) = self.value(key)? else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| self.wrong(key, "a string"))?;
        Ok(Some(self.source.text_of(value, text, self.line)))
    }

    pub(crate) fn needed(&self, key: &str) -> Result<Text, Error> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    pub(crate) fn string(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.text(key)?.map(|text| text.text))
    }

    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Error> {
        let Some(value) = self.value(key)? else {
            return Ok(None);
        };
        value
            .as_bool()
            .map(Some)
            .ok_or_else(|| self.wrong(key, "true or false"))
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, Error> {
        let Some(value) = self.value(key)? else {
            return Ok(None);
        };
        value
            .as_integer()
            .map(Some)
            .ok_or_else(|| self.wrong(key, "a whole number"))
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<Text>>, Error> {
        let Some(value) = self.value(key)? else {
            return Ok(None);
        };
        let array = value
            .as_array()
            .ok_or_else(|| self.wrong(key, "a list of strings"))?;
        array
            .iter()
            .map(|item| {
                let text = item
                    .as_str()
                    .ok_or_else(|| self.wrong(key, "a list of strings"))?;
                Ok(self.source.text_of(item, text, self.line))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub(crate) fn values(&self, key: &str) -> Result<Vec<&'a Value>, Error> {
        let Some(value) = self.value(key)? else {
            return Ok(Vec::new());
        };
        Ok(value
            .as_array()
            .ok_or_else(|| self.wrong(key, "a list"))?
            .iter()
            .collect())
    }

    /// What a value that stands in this table is, where it is a table itself.
    pub(crate) fn inside(
        &self,
        value: &'a Value,
        what: &'static str,
        known: &[&str],
    ) -> Result<Option<Self>, Error> {
        let line = self.source.line_of(value, self.line);
        value
            .as_inline_table()
            .map(|table| Keys::new(self.source, table, line, what, known))
            .transpose()
    }

    pub(crate) fn table(&self, key: &str) -> Result<Option<&'a dyn TableLike>, Error> {
        match self.table.get(key) {
            None => Ok(None),
            Some(item) => item
                .as_table_like()
                .map(Some)
                .ok_or_else(|| self.wrong(key, "a table")),
        }
    }

    pub(crate) fn child(
        &self,
        key: &str,
        what: &'static str,
        known: &[&str],
    ) -> Result<Option<Self>, Error> {
        let line = self.line_at(key);
        self.table(key)?
            .map(|table| Keys::new(self.source, table, line, what, known))
            .transpose()
    }

    /// Reads each table of an array of tables.
    pub(crate) fn each<T>(
        &self,
        key: &'static str,
        known: &[&str],
        read: impl Fn(&Keys<'a>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let Some(item) = self.table.get(key) else {
            return Ok(Vec::new());
        };
        let what = match key {
            "questions" => "a question",
            "files" => "a rule on files",
            "edits" => "an edit",
            "steps" => "a step",
            _ => "a note",
        };
        let mut all = Vec::new();
        if let Some(tables) = item.as_array_of_tables() {
            for table in tables {
                let line = table
                    .span()
                    .map_or(self.line, |span| self.source.line(span.start));
                all.push(read(&Keys::new(self.source, table, line, what, known)?)?);
            }
            return Ok(all);
        }
        let wrong = || {
            self.error(
                key,
                format!("`{key}` is a list of tables: write `[[{key}]]` above each."),
            )
        };
        for value in item.as_array().ok_or_else(wrong)? {
            all.push(read(&self.inside(value, what, known)?.ok_or_else(wrong)?)?);
        }
        Ok(all)
    }
}

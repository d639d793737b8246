//! Secrets in generated files: placeholders in what a generator makes, values only in the user's project.
//!
//! A generator asks for a secret and gets `scaffold-secret-<name>-<length>-placeholder`, the same text every time, so
//! that its files stay a pure function of the lock file and no guest ever sees a value. A value is drawn when files are
//! written, and read back from the project when the file is generated again: placeholders are wildcards there, so a file
//! whose only difference is its secret counts as unedited. One name and length is one secret in a project.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use thiserror::Error;

const START: &str = "scaffold-secret-";
const END: &str = "-placeholder";
/// The shortest and the longest secret.
pub const LENGTHS: std::ops::RangeInclusive<u32> = 8..=128;
const LONGEST_NAME: usize = 64;

/// What stands in a generated file where a secret goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Placeholder {
    name: String,
    length: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretError {
    #[error(
        "{name:?} cannot name a secret: use lower-case letters, digits and single dashes, at most {LONGEST_NAME}, and not the word \"placeholder\""
    )]
    Name { name: String },
    #[error("a secret of {length} characters was asked for; it has to be {} to {}", LENGTHS.start(), LENGTHS.end())]
    Length { length: u32 },
}

impl Placeholder {
    pub fn new(name: &str, length: u32) -> Result<Self, SecretError> {
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        // A name with the word in it could end its own placeholder early.
        if name.len() > LONGEST_NAME || !name.split('-').all(word) || name.contains("placeholder") {
            return Err(SecretError::Name {
                name: name.to_owned(),
            });
        }
        if !LENGTHS.contains(&length) {
            return Err(SecretError::Length { length });
        }
        Ok(Self {
            name: name.to_owned(),
            length,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn length(&self) -> u32 {
        self.length
    }

    /// Fresh letters and digits from the operating system.
    pub(crate) fn draw(&self) -> Result<String, getrandom::Error> {
        const LETTERS: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut value = String::with_capacity(self.length as usize);
        let mut random = [0; 64];
        while value.len() < self.length as usize {
            getrandom::fill(&mut random)?;
            // 248 is the greatest multiple of 62 in a byte: what lies above would favour the first letters.
            let letters = random
                .iter()
                .filter(|&&byte| byte < 248)
                .map(|&byte| LETTERS[usize::from(byte % 62)]);
            value.extend(
                letters
                    .take(self.length as usize - value.len())
                    .map(char::from),
            );
        }
        Ok(value)
    }

    fn accepts(&self, value: &[u8]) -> bool {
        value.len() == self.length as usize && value.iter().all(u8::is_ascii_alphanumeric)
    }

    /// The placeholder that starts `text`, and its length there.
    fn at_start(text: &[u8]) -> Option<(usize, Self)> {
        let rest = text.strip_prefix(START.as_bytes())?;
        let most = LONGEST_NAME + "-128".len() + END.len();
        let rest = &rest[..rest.len().min(most)];
        let end = find(rest, END.as_bytes())?;
        let inner = std::str::from_utf8(&rest[..end]).ok()?;
        let (name, length) = inner.rsplit_once('-')?;
        // `parse` would take `+16` and `016`, of which no placeholder was ever made.
        let placeholder = Self::new(name, length.parse().ok()?).ok()?;
        (placeholder.length.to_string() == length)
            .then_some((START.len() + end + END.len(), placeholder))
    }
}

/// The text that stands for the secret.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{START}{}-{}{END}", self.name, self.length)
    }
}

/// Secrets and their values. Its debug text holds no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<Placeholder, String>);

impl Secrets {
    pub(crate) fn insert(&mut self, placeholder: Placeholder, value: String) {
        self.0.insert(placeholder, value);
    }

    /// Takes the values over that have none here.
    pub(crate) fn supplement(&mut self, others: &Self) {
        for (placeholder, value) in &others.0 {
            self.0
                .entry(placeholder.clone())
                .or_insert_with(|| value.clone());
        }
    }

    /// Puts the values in the place of their placeholders; a placeholder without a value stays.
    pub(crate) fn fill<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut filled = Vec::new();
        let mut from = 0;
        for (place, placeholder) in placeholders(text) {
            if let Some(value) = self.0.get(&placeholder) {
                filled.extend_from_slice(&text[from..place.start]);
                filled.extend_from_slice(value.as_bytes());
                from = place.end;
            }
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        filled.extend_from_slice(&text[from..]);
        Cow::Owned(filled)
    }

    /// The values a file of the user's holds, `template` being what was generated there. The file may be edited: a value
    /// is looked for in a line that is otherwise as it was. What the user put there instead, of another length or with
    /// other characters, is not a value but an edit.
    pub(crate) fn read(template: &[u8], file: &[u8]) -> Self {
        let mut values = Self::default();
        if placeholders(template).next().is_none() {
            return values;
        }
        for pieces in lines(template).filter_map(Pieces::of) {
            if let Some(found) = lines(file).find_map(|line| pieces.read(line)) {
                for (secret, value) in pieces.secrets.iter().zip(found) {
                    values.0.entry(secret.clone()).or_insert(value);
                }
            }
        }
        values
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Every placeholder in a text, and where.
pub(crate) fn placeholders(text: &[u8]) -> impl Iterator<Item = (Range<usize>, Placeholder)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + find(text.get(from..)?, START.as_bytes())?;
            if let Some((length, placeholder)) = Placeholder::at_start(&text[start..]) {
                from = start + length;
                return Some((start..from, placeholder));
            }
            from = start + 1;
        }
    })
}

/// The secrets a text asks for.
pub(crate) fn wanted(text: &[u8]) -> BTreeSet<Placeholder> {
    placeholders(text)
        .map(|(_, placeholder)| placeholder)
        .collect()
}

/// A line taken apart: text, secret, text, secret, … text.
struct Pieces<'a> {
    texts: Vec<&'a [u8]>,
    secrets: Vec<Placeholder>,
}

impl<'a> Pieces<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let (mut texts, mut secrets, mut from) = (Vec::new(), Vec::new(), 0);
        for (place, placeholder) in placeholders(line) {
            texts.push(&line[from..place.start]);
            from = place.end;
            secrets.push(placeholder);
        }
        texts.push(&line[from..]);
        (!secrets.is_empty()).then_some(Self { texts, secrets })
    }

    /// The values of a line that only differs in them, one for each secret.
    fn read(&self, line: &[u8]) -> Option<Vec<String>> {
        let mut rest = line;
        let mut values = Vec::with_capacity(self.secrets.len());
        for (text, secret) in self.texts.iter().zip(&self.secrets) {
            let (value, after) = rest
                .strip_prefix(*text)?
                .split_at_checked(secret.length as usize)?;
            if !secret.accepts(value) {
                return None;
            }
            values.push(String::from_utf8_lossy(value).into_owned());
            rest = after;
        }
        self.texts
            .last()
            .is_some_and(|text| *text == rest)
            .then_some(values)
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Placeholder {
        Placeholder::new("django-key", 16).unwrap()
    }

    fn secrets(values: &[(&Placeholder, &str)]) -> Secrets {
        Secrets(
            values
                .iter()
                .map(|(placeholder, value)| ((*placeholder).clone(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn text_and_back() {
        let text = key().to_string();
        assert_eq!(text, "scaffold-secret-django-key-16-placeholder");
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        let doubled = format!("x{text}{text}y");
        let found: Vec<_> = placeholders(doubled.as_bytes()).collect();
        assert_eq!(
            found,
            [
                (1..1 + text.len(), key()),
                (1 + text.len()..1 + 2 * text.len(), key())
            ]
        );
        let digits = Placeholder::new("a-9", 8).unwrap();
        assert_eq!(wanted(digits.to_string().as_bytes()), [digits].into());
        let longest = Placeholder::new(&"n".repeat(64), 128).unwrap();
        assert_eq!(wanted(longest.to_string().as_bytes()), [longest].into());
    }

    #[test]
    fn what_looks_like_one_is_left_alone() {
        for text in [
            "scaffold-secret-",
            "scaffold-secret-x-7-placeholder",
            "scaffold-secret-x-129-placeholder",
            "scaffold-secret-x-016-placeholder",
            "scaffold-secret-X-16-placeholder",
            "scaffold-secret-16-placeholder",
            "scaffold-secret--16-placeholder",
            "scaffold-secret-x-16-place",
            "scaffold-secret-x-+16-placeholder",
        ] {
            assert_eq!(placeholders(text.as_bytes()).count(), 0, "{text}");
        }
        let nested = format!("scaffold-secret-{}", key());
        assert_eq!(placeholders(nested.as_bytes()).count(), 1);
    }

    #[test]
    fn names_and_lengths_are_checked() {
        for name in [
            "",
            "-",
            "a--b",
            "A",
            "a_b",
            "a b",
            "my-placeholder",
            &"n".repeat(65),
        ] {
            assert!(
                matches!(Placeholder::new(name, 16), Err(SecretError::Name { .. })),
                "{name}"
            );
        }
        for length in [0, 7, 129] {
            assert_eq!(
                Placeholder::new("a", length),
                Err(SecretError::Length { length })
            );
        }
    }

    #[test]
    fn drawn_values_are_letters_and_digits_and_differ() {
        let long = Placeholder::new("a", 128).unwrap();
        let (one, two) = (long.draw().unwrap(), long.draw().unwrap());
        assert!(long.accepts(one.as_bytes()));
        assert_ne!(one, two);
    }

    #[test]
    fn fills_what_it_knows() {
        let other = Placeholder::new("other", 8).unwrap();
        let text = format!("a={} b={other} c={}", key(), key());
        let filled = secrets(&[(&key(), "0123456789abcdef")])
            .fill(text.as_bytes())
            .into_owned();
        assert_eq!(
            String::from_utf8(filled).unwrap(),
            format!("a=0123456789abcdef b={other} c=0123456789abcdef")
        );
        assert!(matches!(
            secrets(&[(&key(), "x")]).fill(b"nothing"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn reads_values_back_also_from_an_edited_file() {
        let template = format!("DEBUG=1\nKEY='{}'\n", key());
        let read = |file: &str| Secrets::read(template.as_bytes(), file.as_bytes());
        assert_eq!(
            read("DEBUG=1\nKEY='0123456789abcdef'\n"),
            secrets(&[(&key(), "0123456789abcdef")])
        );
        assert_eq!(
            read("MORE=2\r\nKEY='0123456789abcdef'\r\n"),
            secrets(&[(&key(), "0123456789abcdef")])
        );
        assert_eq!(
            read("KEY='short'\nKEY='0123456789abcdef'\n"),
            secrets(&[(&key(), "0123456789abcdef")])
        );
        for none in [
            "",
            "KEY=''\n",
            "KEY='my-own.value'\n",
            "KEY='a b'\n",
            "KEY='${X}'\n",
            "OTHER='0123456789abcdef'\n",
            &template,
        ] {
            assert_eq!(read(none), Secrets::default(), "{none}");
        }
    }

    #[test]
    fn debug_text_tells_no_value() {
        let text = format!("{:?}", secrets(&[(&key(), "0123456789abcdef")]));
        assert!(
            text.contains("django-key") && !text.contains("0123"),
            "{text}"
        );
    }
}

//! The one rule for paths in a package and in a project.
//!
//! A path that passes is the same file on every system: it cannot leave the folder it is put in, cannot name a
//! device, cannot reach git's own files by any spelling, and reads on a screen as what it is. The rule knows
//! nothing of the disk; whoever opens a path must still hold a handle on the folder and follow no links.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Most bytes in one component.
pub const COMPONENT_BYTES: usize = 255;
/// Most bytes in a path.
pub const PATH_BYTES: usize = 1024;
/// Most components in a path.
pub const DEPTH: usize = 32;

/// A path that may not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} cannot be used: {reason}")]
pub struct PathError {
    /// The path as it came, shortened if it is long.
    pub path: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nothing between two slashes, or nothing at all.
    #[error("it, or a part of it, is empty")]
    Empty,
    /// A leading slash.
    #[error("it is absolute; write it relative to the folder")]
    Absolute,
    /// A component `.` or `..`.
    #[error("it holds `.` or `..`; write the path without them")]
    Dots,
    /// A percent-encoded dot, slash, backslash or NUL.
    #[error("it holds a percent-encoded dot, slash, backslash or NUL")]
    Encoded,
    /// One of `\ : * ? " < > |`.
    #[error("{0:?} cannot stand in a file name on every system; use another character")]
    Character(char),
    /// A control character.
    #[error("it holds a control character")]
    Control,
    /// A character without a shape, which can hide or reorder text.
    #[error("it holds a character that cannot be seen (zero width or text direction)")]
    Invisible,
    /// Not in Unicode normalisation form C.
    #[error("it is not in Unicode normalisation form NFC")]
    NotNfc,
    /// A component ending in a dot or space, which some systems drop.
    #[error("a part of it ends in a dot or a space, which some systems drop")]
    Trailing,
    /// A component beginning with `~`.
    #[error("a part of it begins with `~`, which some programs take for a home folder")]
    Tilde,
    /// A short alias such as `GIT~1`.
    #[error("a part of it looks like a short (8.3) name, which some systems take for another file")]
    ShortName,
    /// A device name such as `CON`.
    #[error("a part of it is a device name some systems reserve")]
    Reserved,
    /// Git's own folder in any spelling.
    #[error("a part of it is git's own folder")]
    Git,
    /// A component past [`COMPONENT_BYTES`].
    #[error("a part of it is longer than {COMPONENT_BYTES} bytes")]
    ComponentTooLong,
    /// A path past [`PATH_BYTES`].
    #[error("it is longer than {PATH_BYTES} bytes")]
    TooLong,
    /// A path past [`DEPTH`].
    #[error("it is more than {DEPTH} folders deep")]
    TooDeep,
}

/// Checks that `path` may name a file of a package or of a project.
///
/// Relative, `/` between components, NFC, at most [`PATH_BYTES`] bytes and [`DEPTH`] components of at most
/// [`COMPONENT_BYTES`] bytes; see [`Reason`] for everything that is refused.
///
/// # Errors
/// The first [`Reason`] found.
pub fn check(path: &str) -> Result<(), PathError> {
    reason(path).map_err(|reason| PathError {
        path: path.chars().take(200).collect(),
        reason,
    })
}

fn reason(path: &str) -> Result<(), Reason> {
    if path.len() > PATH_BYTES {
        return Err(Reason::TooLong);
    }
    if path.starts_with('/') {
        return Err(Reason::Absolute);
    }
    for c in path.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            return Err(Reason::Control);
        }
        if is_invisible(c) {
            return Err(Reason::Invisible);
        }
        if matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
            return Err(Reason::Character(c));
        }
    }
    if !path.is_ascii() && !is_nfc(path) {
        return Err(Reason::NotNfc);
    }
    let mut depth = 0;
    for component in path.split('/') {
        depth += 1;
        check_component(component)?;
    }
    if depth > DEPTH {
        return Err(Reason::TooDeep);
    }
    Ok(())
}

fn check_component(component: &str) -> Result<(), Reason> {
    if component.is_empty() {
        return Err(Reason::Empty);
    }
    if component == "." || component == ".." {
        return Err(Reason::Dots);
    }
    if component.len() > COMPONENT_BYTES {
        return Err(Reason::ComponentTooLong);
    }
    if component.ends_with(['.', ' ']) {
        return Err(Reason::Trailing);
    }
    if component.starts_with('~') {
        return Err(Reason::Tilde);
    }
    if component.contains('%') {
        let lower = component.to_ascii_lowercase();
        if ["%2e", "%2f", "%5c", "%00"]
            .iter()
            .any(|code| lower.contains(code))
        {
            return Err(Reason::Encoded);
        }
    }
    if is_short_name(component) {
        return Err(Reason::ShortName);
    }
    if is_reserved(component) {
        return Err(Reason::Reserved);
    }
    // Only five characters and more than ASCII case can fold to `.git`, so most names are not folded at all.
    if component.starts_with('.') && component.chars().count() == 4 && fold(component) == ".git" {
        return Err(Reason::Git);
    }
    Ok(())
}

/// Windows opens a device for these whatever the extension and the case, and whatever spaces stand before the dot.
fn is_reserved(component: &str) -> bool {
    let stem = component
        .split('.')
        .next()
        .unwrap_or(component)
        .trim_end_matches(' ');
    let stem = stem.to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        _ => ["COM", "LPT"].iter().any(|device| {
            stem.strip_prefix(device).is_some_and(|rest| {
                let mut rest = rest.chars();
                matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.next().is_none()
            })
        }),
    }
}

/// `NAME~1.EXT`: the alias Windows may give to a longer name, so that `GIT~1` opens `.git`.
fn is_short_name(component: &str) -> bool {
    let (stem, extension) = component.split_once('.').unwrap_or((component, ""));
    let Some((base, number)) = stem.split_once('~') else {
        return false;
    };
    !base.is_empty()
        && stem.len() <= 8
        && extension.len() <= 3
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// Characters with no shape of their own: some file systems ignore them, and all of them deceive a reader.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The key under which two paths are twins: equal on a disk that ignores case or normalisation.
///
/// To lower case by way of upper case, so that letters with several lower-case forms (`s` and `ſ`, `σ` and `ς`,
/// `ß` and `ss`) meet; and from lower case, since `ẞ` is its own upper case. It joins a little more than any one file
/// system does, which is the safe side.
#[must_use]
pub fn fold(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    path.nfd()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;

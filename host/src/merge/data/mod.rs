//! Merging files whose structure is known: what both sides add to one table or list stays, and only what both sides
//! change differently is a conflict.
//!
//! First it is computed what the merged file has to mean (`value.rs`, `list.rs`). Then the line merge is taken if it
//! means that, since it keeps what both sides did to comments and looks. Otherwise the user's text is brought to that
//! meaning, one small edit after the other (`node.rs`), each of which takes its text from the new version; everything else
//! stays as the user has it, byte for byte. The result is read again and has to mean what was computed. Whatever is not
//! understood, is too large or does not come out is left to the line merge.

mod flow;
mod json;
mod lines;
mod list;
mod node;
mod toml;
mod value;
mod yaml;
mod yaml_tree;

use std::borrow::Cow;

use super::file::Manner;
use super::three::Merged;
use crate::path::ProjectPath;
use crate::text::{self, Ends};

use self::node::{Edit, Node};
use self::value::{Merger, Value};

/// The largest file that is merged by its structure.
const LARGEST: usize = 256 * 1024;
/// The most edits in one file; each reads the file anew.
const MOST_EDITS: usize = 200;
/// What all of that may come to, in bytes read.
const MOST_READ: usize = 16 * 1024 * 1024;

const BOM: &str = "\u{feff}";

/// The formats that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Toml,
    Json,
    Yaml,
}

impl Format {
    /// The format of a file, by its name.
    pub(super) fn of(path: &ProjectPath) -> Option<Self> {
        let (_, extension) = path.name().rsplit_once('.')?;
        match extension {
            "toml" => Some(Self::Toml),
            "json" | "jsonc" | "code-workspace" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    fn parse(self, text: &str) -> Option<Node> {
        match self {
            Self::Toml => toml::parse(text),
            Self::Json => json::parse(text),
            Self::Yaml => yaml::parse(text),
        }
    }

    fn value(self, text: &str) -> Option<Value> {
        self.parse(text)?.value()
    }

    fn edit(self, text: &str, source: &str, edit: &Edit<'_>) -> Option<String> {
        match self {
            Self::Toml => toml::edit(text, source, edit),
            Self::Json => json::edit(text, source, edit),
            Self::Yaml => yaml::edit(text, source, edit),
        }
    }
}

/// What becomes of a file that both sides changed, or both made if `base` is none. `lines` is what the line merge comes
/// to, and is handed back where the structure does not say better.
pub(super) fn merge(
    manner: &Manner,
    base: Option<&[u8]>,
    ours: &[u8],
    theirs: &[u8],
    lines: Merged,
) -> Merged {
    let Some(format) = manner.format else {
        return lines;
    };
    let sides = [base.unwrap_or_default(), ours, theirs];
    if sides
        .iter()
        .any(|side| side.len() > LARGEST || !text::is_text(side))
    {
        return lines;
    }
    let crlf = Ends::of(ours) == Ends::CrLf;
    let bom = ours.starts_with(BOM.as_bytes());
    let [old, mine, new] = sides.map(plain);
    let (Some(mine_means), Some(new_means)) = (format.value(&mine), format.value(&new)) else {
        return lines;
    };
    let old_means = match base.map(|_| format.value(&old)) {
        Some(None) => return lines,
        old => old.flatten(),
    };
    let by_lines = match &lines {
        Merged::Clean(bytes) => Some(plain(bytes)),
        _ => None,
    };
    let readable = by_lines.as_deref().map(|text| format.value(text));
    let strict = format == Format::Json && [&mine, &new].iter().all(|text| json::is_strict(text));
    let mut merger = Merger {
        strategy: manner.strategy,
        places: 0,
    };
    let want = merger.value(old_means.as_ref(), Some(&mine_means), Some(&new_means));
    if let Ok(Some(want)) = want {
        if readable == Some(Some(want.clone())) {
            return lines;
        }
        let brought = bring(format, &mine, &new, &want);
        if let Some(text) = brought.filter(|text| !strict || json::is_strict(text)) {
            let bytes = dressed(text, bom, crlf);
            return match merger.places {
                0 => Merged::Clean(bytes),
                places => Merged::Settled { bytes, places },
            };
        }
    }
    // Line by line nothing was in conflict, and what comes of it cannot be read: a key may be there twice.
    match readable {
        Some(None) => Merged::Apart,
        _ => lines,
    }
}

/// A text without its looks at both ends: no mark at its start, lines that end in `\n`.
fn plain(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(BOM.as_bytes()).unwrap_or(bytes);
    match text::to_lf(bytes) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

fn dressed(text: String, bom: bool, crlf: bool) -> Vec<u8> {
    let text = if bom { format!("{BOM}{text}") } else { text };
    if crlf {
        text::to_crlf(text.as_bytes())
    } else {
        text.into_bytes()
    }
}

/// Makes `text` mean `want`, taking what is new from `source`; none if that cannot be done.
fn bring(format: Format, text: &str, source: &str, want: &Value) -> Option<String> {
    let theirs = format.parse(source)?;
    let mut text = text.to_owned();
    let mut read = 0;
    for _ in 0..=MOST_EDITS {
        read += text.len() + source.len();
        let ours = format.parse(&text)?;
        let Some(edit) = node::next_edit(&ours, Some(&theirs), want).ok()? else {
            return Some(text);
        };
        if read > MOST_READ {
            return None;
        }
        let next = format.edit(&text, source, &edit)?;
        text = next;
    }
    None
}

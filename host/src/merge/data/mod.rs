//! Merging files whose structure is known: what both sides add to one table or list stays, and only what both sides
//! change differently is a conflict.
//!
//! First it is computed what the merged file has to mean (`value.rs`, `list.rs`). Then the line merge is taken if it
//! means that, since it keeps what both sides did to comments and looks. Otherwise the user's text is brought to that
//! meaning, one small edit after the other (`node.rs`), each of which takes its text from the new version; everything else
//! stays as the user has it, byte for byte. The result is read again and has to mean what was computed. Where both sides
//! want something else, the file is written three times, with the old, the user's and the new version in those places, and
//! the line merge of the three has markers there and nowhere else. Whatever is not understood, is too large or does not come
//! out is left to the line merge of the files as they are.

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
use super::options::Strategy;
use super::three::{self, Merged};
use crate::path::ProjectPath;
use crate::text::{self, Ends};

use self::node::{Edit, Node};
use self::value::{Merger, Pick, Value};

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

    /// Whether the merge can read a file as it lies on the disk.
    #[cfg(any(test, fuzzing))]
    pub(super) fn reads(self, bytes: &[u8]) -> bool {
        text::is_text(bytes) && self.value(&plain(bytes)).is_some()
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
    let sides = Sides {
        format,
        old: base.map(|_| &*old),
        ours: &mine,
        theirs: &new,
        means: [old_means, Some(mine_means), Some(new_means)],
        strict: [&mine, &new].iter().all(|text| json::is_strict(text)),
    };
    if let Some((want, places)) = sides.merged(Pick::Ours) {
        if places == 0 && readable == Some(Some(want.clone())) {
            return lines;
        }
        if let Some(merged) = sides.write(&want, places, manner) {
            return dressed(merged, bom, crlf);
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

/// The same with the looks of the user's file.
fn dressed(mut merged: Merged, bom: bool, crlf: bool) -> Merged {
    if let Merged::Clean(bytes) | Merged::Marked { bytes, .. } | Merged::Settled { bytes, .. } =
        &mut merged
    {
        if bom {
            bytes.splice(0..0, BOM.bytes());
        }
        if crlf {
            *bytes = text::to_crlf(bytes);
        }
    }
    merged
}

/// The sides of one file, in plain text, and what they mean.
struct Sides<'a> {
    format: Format,
    old: Option<&'a str>,
    ours: &'a str,
    theirs: &'a str,
    means: [Option<Value>; 3],
    /// Whether the file is JSON that every program reads, and has to stay so.
    strict: bool,
}

impl Sides<'_> {
    /// What the merged file means, and in how many places that was picked.
    fn merged(&self, pick: Pick) -> Option<(Value, usize)> {
        let mut merger = Merger { pick, places: 0 };
        let [old, ours, theirs] = self.means.each_ref().map(Option::as_ref);
        let merged = merger.value(old, ours, theirs).ok()??;
        Some((merged, merger.places))
    }

    /// The merged text, `want` being what it means where the user's version is picked.
    fn write(&self, want: &Value, places: usize, manner: &Manner) -> Option<Merged> {
        let ours = || self.bring(self.ours, self.theirs, want);
        let theirs = || self.bring(self.ours, self.theirs, &self.merged(Pick::Theirs)?.0);
        let settled = |text: String| Merged::Settled {
            bytes: text.into_bytes(),
            places,
        };
        if places == 0 {
            return Some(Merged::Clean(ours()?.into_bytes()));
        }
        match manner.strategy {
            Strategy::Ours => Some(settled(ours()?)),
            Strategy::Theirs => Some(settled(theirs()?)),
            // Three texts that differ in nothing but what is in conflict: that is what gets markers.
            Strategy::Markers => {
                let (ours, theirs) = (ours()?, theirs()?);
                let marked = match self.old {
                    Some(old) => {
                        let base = self.bring(&ours, old, &self.merged(Pick::Base)?.0)?;
                        let [base, ours, theirs] =
                            [&base, &ours, &theirs].map(|text| text.as_bytes());
                        three::merge(base, ours, theirs, &manner.names, Strategy::Markers)
                    }
                    None => {
                        let (ours, theirs) = (ours.as_bytes(), theirs.as_bytes());
                        three::join(ours, theirs, &manner.names, Strategy::Markers)
                    }
                };
                matches!(marked, Merged::Marked { .. }).then_some(marked)
            }
        }
    }

    fn bring(&self, text: &str, source: &str, want: &Value) -> Option<String> {
        let brought = bring(self.format, text, source, want)?;
        let strict = self.strict && self.format == Format::Json;
        (!strict || json::is_strict(&brought)).then_some(brought)
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

//! One kept tree as a file: what there is, believed by its digest, and behind it the contents, read only when they are needed.
//!
//! ```text
//! scaffold trees 2 1234 567                  bytes of the two lists that follow
//! scaffold tree 1                            what the lock's digest is over, see `Tree::digest`
//! 644 managed sha256:… config/urls.py
//! …
//! 120 django                                 for each of these files its bytes, and who made it first
//! …                                          then the bytes of all files, in this order
//! ```

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use scaffold_registry::Digest;

use super::Pristine;
use crate::{
    path::ProjectPath,
    tree::{self, File, Ownership},
};

const HEADER: &str = "scaffold trees 2 ";
/// Most bytes of the first line.
const FIRST_LINE: u64 = 100;
/// Most bytes of the two lists together: about 300,000 files.
const MAX_LISTS: u64 = 64 * 1024 * 1024;

/// A kept tree, its contents not read yet.
pub struct Kept {
    files: Vec<Listed>,
    makers: BTreeMap<ProjectPath, String>,
    contents: BufReader<fs::File>,
    /// Where the contents begin.
    start: u64,
}

struct Listed {
    path: ProjectPath,
    executable: bool,
    ownership: Ownership,
    digest: Digest,
    /// Where its content is, from the start of all contents on.
    at: u64,
    bytes: usize,
}

impl Kept {
    /// Reads what there is. None unless it is the tree with that digest.
    pub(super) fn open(path: &Path, digest: Digest) -> Option<Self> {
        let mut contents = BufReader::new(fs::File::open(path).ok()?);
        let mut first = String::new();
        let read = contents
            .by_ref()
            .take(FIRST_LINE)
            .read_line(&mut first)
            .ok()?;
        let (list, more) = first
            .strip_prefix(HEADER)?
            .strip_suffix('\n')?
            .split_once(' ')?;
        let (list, more): (u64, u64) = (list.parse().ok()?, more.parse().ok()?);
        let lists = list.checked_add(more).filter(|bytes| *bytes <= MAX_LISTS)?;
        let mut text = String::new();
        contents
            .by_ref()
            .take(lists)
            .read_to_string(&mut text)
            .ok()?;
        let (list, more) = text.split_at_checked(usize::try_from(list).ok()?)?;
        if text.len() as u64 != lists || Digest::of(list.as_bytes()) != digest {
            return None;
        }
        let (mut files, mut makers, mut at) = (Vec::new(), BTreeMap::new(), 0_u64);
        let mut lines = list.lines().skip(1);
        for line in more.lines() {
            let (bytes, maker) = line.split_once(' ')?;
            let (executable, ownership, digest, path) = tree::parse_line(lines.next()?)?;
            if maker != "-" {
                makers.insert(path.clone(), maker.to_owned());
            }
            let bytes: u32 = bytes.parse().ok()?;
            files.push(Listed {
                path,
                executable,
                ownership,
                digest,
                at,
                bytes: bytes.try_into().ok()?,
            });
            at += u64::from(bytes);
        }
        lines.next().is_none().then_some(Self {
            files,
            makers,
            contents,
            start: read as u64 + lists,
        })
    }

    pub fn paths(&self) -> impl Iterator<Item = &ProjectPath> {
        self.files.iter().map(|file| &file.path)
    }

    pub fn into_makers(self) -> BTreeMap<ProjectPath, String> {
        self.makers
    }

    /// The files with these numbers, which ascend. None if one of them is not what its digest says.
    pub fn read(&mut self, numbers: &[usize]) -> Option<Vec<(ProjectPath, File)>> {
        let mut here = self.contents.seek(SeekFrom::Start(self.start)).ok()? - self.start;
        let mut files = Vec::with_capacity(numbers.len());
        for listed in numbers.iter().map(|number| self.files.get(*number)) {
            let listed = listed?;
            let ahead = i64::try_from(listed.at.checked_sub(here)?).ok()?;
            self.contents.seek_relative(ahead).ok()?;
            let mut bytes = vec![0; listed.bytes];
            self.contents.read_exact(&mut bytes).ok()?;
            here = listed.at + listed.bytes as u64;
            if Digest::of(&bytes) != listed.digest {
                return None;
            }
            let file = File {
                bytes: bytes.into(),
                executable: listed.executable,
                ownership: listed.ownership,
            };
            files.push((listed.path.clone(), file));
        }
        Some(files)
    }
}

/// None if it is too large to be kept.
pub(super) fn to_bytes(Pristine { tree, makers }: &Pristine, max: u64) -> Option<Vec<u8>> {
    let list = tree.to_text();
    let mut more = String::new();
    for (path, file) in tree.iter() {
        let maker = makers.get(path).map_or("-", String::as_str);
        // Writing to a string cannot fail.
        let _ = writeln!(more, "{} {maker}", file.bytes.len());
    }
    let mut bytes = format!("{HEADER}{} {}\n{list}{more}", list.len(), more.len()).into_bytes();
    let contents: usize = tree.iter().map(|(_, file)| file.bytes.len()).sum();
    let lists = (list.len() + more.len()) as u64;
    if lists > MAX_LISTS || (bytes.len() + contents) as u64 > max {
        return None;
    }
    for (_, file) in tree.iter() {
        bytes.extend_from_slice(&file.bytes);
    }
    Some(bytes)
}

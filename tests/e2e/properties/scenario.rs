//! A world made at random, as plain data: packages in several versions, and what a user does by hand.
//!
//! Printed for people, since a counterexample is read by one.

use std::{collections::BTreeMap, fmt};

/// Project paths with some of what paths may hold. Two of them cannot stand together: see [`fits`].
pub const PATHS: [&str; 14] = [
    "README.md",
    "a.txt",
    "src/main.rs",
    "src/deep/er/mod.rs",
    "docs/über uns.md",
    "with space.txt",
    ".hidden",
    "UPPER",
    "data.bin",
    "100%.txt",
    "it's #1.txt",
    "日本/語.txt",
    "x",
    "x/y",
];

/// Without those that cannot stand together, whoever makes them.
pub const APART: &[&str] = PATHS.split_at(12).0;

pub const TONES: [&str; 3] = ["calm", "loud", "odd"];

/// What every version of a package is called.
pub const VERSIONS: [&str; 3] = ["1.0.0", "1.1.0", "1.2.0"];

/// A package in all its versions. The first of a scenario is the project, the others join it.
#[derive(Clone)]
pub struct Package(pub Vec<Version>);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Version {
    pub files: BTreeMap<String, Made>,
    /// Into files of the first package.
    pub joins: Vec<Join>,
    /// Stands in every file that is joined, so that the package which makes them can change it.
    pub heading: usize,
}

/// A file that a package makes.
#[derive(Clone, PartialEq)]
pub enum Made {
    Text(Text),
    Bytes(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Text {
    pub rows: Vec<String>,
    /// A line with a secret at the end.
    pub secret: bool,
    /// A line with an answer at the end.
    pub tone: bool,
    pub executable: bool,
    pub seed: bool,
    /// No end of the last line.
    pub cut: bool,
}

/// An edit of a shared file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Join {
    PythonList(u8),
    Toml(u8),
    Json(u8),
    Yaml(u8),
    Lines(u8),
    Insert(u8),
}

/// What the next version of a package does differently. Numbers name the files and lines there are, counted round.
#[derive(Clone, Debug)]
pub enum Change {
    Replace {
        file: usize,
        row: usize,
    },
    Insert {
        file: usize,
        row: usize,
    },
    Drop {
        file: usize,
        row: usize,
    },
    Remove {
        file: usize,
    },
    Add {
        path: &'static str,
        made: Made,
    },
    /// Under a name nothing else ever has.
    AddNew {
        made: Made,
    },
    Rename {
        file: usize,
    },
    Executable {
        file: usize,
    },
    Seed {
        file: usize,
    },
    Joins(Vec<Join>),
    Heading,
}

/// What a user does by hand. Numbers name the files and lines there are, counted round.
#[derive(Clone, Debug)]
pub enum Edit {
    Replace { file: usize, row: usize },
    Insert { file: usize, row: usize },
    Append { file: usize },
    Drop { file: usize, row: usize },
    Delete { file: usize },
    Own { path: &'static str },
    Executable { file: usize },
    Crlf { file: usize },
    Empty { file: usize },
    Bytes { file: usize },
    Folder { file: usize },
}

/// What a user asks of the tool.
#[derive(Clone, Debug)]
pub enum Ask {
    Add {
        package: usize,
    },
    Remove {
        package: usize,
    },
    /// All of them, to this version.
    Update {
        version: usize,
    },
    Set {
        package: usize,
        tone: usize,
    },
}

#[derive(Clone, Debug)]
pub enum Step {
    Edit(Edit),
    Ask(Ask),
}

impl Version {
    /// The version after this one.
    pub fn next(&self, changes: &[Change], name: &str) -> Self {
        let mut next = self.clone();
        for (number, change) in changes.iter().enumerate() {
            next.change(change, &format!("{name} {number}"));
        }
        next
    }

    fn change(&mut self, change: &Change, label: &str) {
        let nth = |files: &BTreeMap<String, Made>, file: &usize| {
            files.keys().nth(file % files.len().max(1)).cloned()
        };
        let mut text = |file: &usize, edit: &dyn Fn(&mut Text)| {
            let path = nth(&self.files, file);
            if let Some(Made::Text(text)) = path.and_then(|path| self.files.get_mut(&path)) {
                edit(text);
            }
        };
        let fresh = || format!("new/{}.txt", label.replace(' ', "-"));
        match change {
            Change::Replace { file, row } => text(file, &|text| {
                let count = text.rows.len().max(1);
                if let Some(row) = text.rows.get_mut(row % count) {
                    *row = format!("replaced in {label}");
                }
            }),
            Change::Insert { file, row } => text(file, &|text| {
                let at = row % (text.rows.len() + 1);
                text.rows.insert(at, format!("inserted in {label}"));
            }),
            Change::Drop { file, row } => text(file, &|text| {
                if !text.rows.is_empty() {
                    text.rows.remove(row % text.rows.len());
                }
            }),
            Change::Executable { file } => text(file, &|text| text.executable = !text.executable),
            Change::Seed { file } => text(file, &|text| text.seed = !text.seed),
            Change::Remove { file } => {
                if let Some(path) = nth(&self.files, file) {
                    self.files.remove(&path);
                }
            }
            Change::Rename { file } => {
                if let Some(path) = nth(&self.files, file)
                    && let Some(made) = self.files.remove(&path)
                {
                    self.files.insert(fresh(), made);
                }
            }
            Change::Add { path, made } => {
                if fits(&self.files, path) {
                    self.files.insert((*path).to_owned(), made.clone());
                }
            }
            Change::AddNew { made } => drop(self.files.insert(fresh(), made.clone())),
            Change::Joins(joins) => self.joins.clone_from(joins),
            Change::Heading => self.heading += 1,
        }
    }
}

/// Whether a path can stand beside these.
pub fn fits(files: &BTreeMap<String, Made>, path: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    !files
        .keys()
        .any(|other| inside(path, other) || inside(other, path))
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Bytes(bytes) => return write!(f, "bytes {bytes:?}"),
            Self::Text(text) => text,
        };
        write!(f, "{:?}", text.rows)?;
        for (is, word) in [
            (text.secret, "secret"),
            (text.tone, "tone"),
            (text.executable, "executable"),
            (text.seed, "seed"),
            (text.cut, "cut"),
        ] {
            if is {
                write!(f, " {word}")?;
            }
        }
        Ok(())
    }
}

/// Each version after the first as what differs from the one before.
impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = Version::default();
        let mut before = &nothing;
        for (version, name) in self.0.iter().zip(VERSIONS) {
            write!(f, "\n  {name}:")?;
            for (path, made) in &version.files {
                if before.files.get(path) != Some(made) {
                    write!(f, "\n    {path}: {made:?}")?;
                }
            }
            for path in before
                .files
                .keys()
                .filter(|path| !version.files.contains_key(*path))
            {
                write!(f, "\n    {path}: gone")?;
            }
            if before.joins != version.joins {
                write!(f, "\n    joins: {:?}", version.joins)?;
            }
            if before.heading != version.heading {
                write!(f, "\n    heading: {}", version.heading)?;
            }
            before = version;
        }
        Ok(())
    }
}

//! How scenarios are made at random. Everything shrinks towards nothing.

use proptest::{collection::vec, prelude::*, sample::select};

use super::scenario::{
    APART, Ask, Change, Edit, Join, Made, PATHS, Package, Step, TONES, Text, VERSIONS, Version,
    fits,
};

/// What may happen between versions.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Whatever a package could do.
    Any,
    /// What comes to the same in one step and in two: nothing comes back that was gone, and no file is a seed, of which
    /// only the first version counts.
    Steady,
}

fn some(chance: f64) -> impl Strategy<Value = bool> {
    prop::bool::weighted(chance)
}

fn text() -> impl Strategy<Value = Text> {
    // Some lines are the same in many places, as in any program.
    let row = prop_oneof![6 => Just("row"), 1 => Just("}"), 1 => Just("")];
    let flags = (some(0.1), some(0.15), some(0.15), some(0.15), some(0.1));
    (vec(row, 0..8), flags).prop_map(|(rows, (secret, tone, executable, seed, cut))| Text {
        rows: rows
            .into_iter()
            .enumerate()
            .map(|(number, row)| match row {
                "row" => format!("row {number}"),
                same => same.to_owned(),
            })
            .collect(),
        secret,
        tone,
        executable,
        seed,
        cut,
    })
}

fn made(kind: Kind) -> impl Strategy<Value = Made> {
    let bytes = vec(any::<u8>(), 0..6).prop_map(|mut bytes| {
        bytes.push(0);
        Made::Bytes(bytes)
    });
    let text = text().prop_map(move |mut text| {
        text.seed &= kind == Kind::Any;
        Made::Text(text)
    });
    prop_oneof![8 => text, 1 => bytes]
}

fn join() -> impl Strategy<Value = Join> {
    let of = [
        Join::PythonList as fn(u8) -> Join,
        Join::Toml,
        Join::Json,
        Join::Yaml,
        Join::Lines,
        Join::Insert,
    ];
    (select(of.to_vec()), 0..3_u8).prop_map(|(of, item)| of(item))
}

fn joins() -> impl Strategy<Value = Vec<Join>> {
    vec(join(), 0..3).prop_map(|mut joins| {
        joins.sort_unstable();
        joins.dedup();
        joins
    })
}

fn change(kind: Kind, paths: &'static [&'static str]) -> BoxedStrategy<Change> {
    let (file, row) = (0..8_usize, 0..8_usize);
    let place = (file.clone(), row);
    let steady = prop_oneof![
        4 => place.clone().prop_map(|(file, row)| Change::Replace { file, row }),
        3 => place.clone().prop_map(|(file, row)| Change::Insert { file, row }),
        3 => place.prop_map(|(file, row)| Change::Drop { file, row }),
        1 => file.clone().prop_map(|file| Change::Remove { file }),
        1 => made(kind).prop_map(|made| Change::AddNew { made }),
        1 => file.clone().prop_map(|file| Change::Rename { file }),
        1 => file.clone().prop_map(|file| Change::Executable { file }),
        1 => Just(Change::Heading),
    ];
    if kind == Kind::Steady {
        return steady.boxed();
    }
    prop_oneof![
        6 => steady,
        1 => (select(paths), made(kind)).prop_map(|(path, made)| Change::Add { path, made }),
        1 => file.prop_map(|file| Change::Seed { file }),
        1 => joins().prop_map(Change::Joins),
    ]
    .boxed()
}

fn package(kind: Kind, versions: usize, first: bool) -> impl Strategy<Value = Package> {
    // Only one package may turn a file into a folder: of two, each could want the other thing.
    let paths: &'static [&'static str] = if first && kind == Kind::Any {
        &PATHS
    } else {
        APART
    };
    let files = vec((select(paths), made(kind)), 0..5);
    let changes = vec(vec(change(kind, paths), 0..5), versions - 1);
    let joins = if first {
        Just(Vec::new()).boxed()
    } else {
        joins().boxed()
    };
    (files, joins, changes).prop_map(move |(made, joins, changes)| {
        let mut version = Version {
            joins,
            ..Version::default()
        };
        for (path, made) in made {
            if fits(&version.files, path) {
                version.files.insert(path.to_owned(), made);
            }
        }
        let mut versions = vec![version];
        for (changes, name) in changes.iter().zip(&VERSIONS[1..]) {
            let mut next = versions[versions.len() - 1].next(changes, name);
            if first {
                next.joins.clear();
            }
            versions.push(next);
        }
        Package(versions)
    })
}

/// One to four packages in this many versions.
pub fn packages(kind: Kind, versions: usize) -> impl Strategy<Value = Vec<Package>> {
    let others = vec(package(kind, versions, false), 0..4);
    (package(kind, versions, true), others).prop_map(|(first, others)| {
        let mut packages = vec![first];
        packages.extend(others);
        packages
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let (file, row) = (0..12_usize, 0..8_usize);
    let place = (file.clone(), row);
    prop_oneof![
        4 => place.clone().prop_map(|(file, row)| Edit::Replace { file, row }),
        4 => place.clone().prop_map(|(file, row)| Edit::Insert { file, row }),
        2 => file.clone().prop_map(|file| Edit::Append { file }),
        2 => place.prop_map(|(file, row)| Edit::Drop { file, row }),
        1 => file.clone().prop_map(|file| Edit::Delete { file }),
        2 => select(&PATHS[..]).prop_map(|path| Edit::Own { path }),
        1 => file.clone().prop_map(|file| Edit::Executable { file }),
        1 => file.clone().prop_map(|file| Edit::Crlf { file }),
        1 => file.clone().prop_map(|file| Edit::Empty { file }),
        1 => file.clone().prop_map(|file| Edit::Bytes { file }),
        1 => file.prop_map(|file| Edit::Folder { file }),
    ]
}

pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    vec(edit(), 0..6)
}

pub fn ask() -> impl Strategy<Value = Ask> {
    let package = 1..4_usize;
    prop_oneof![
        2 => package.clone().prop_map(|package| Ask::Add { package }),
        2 => package.prop_map(|package| Ask::Remove { package }),
        3 => (0..VERSIONS.len()).prop_map(|version| Ask::Update { version }),
        1 => (0..4_usize, 0..TONES.len()).prop_map(|(package, tone)| Ask::Set { package, tone }),
    ]
}

pub fn story() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![3 => edit().prop_map(Step::Edit), 2 => ask().prop_map(Step::Ask)];
    vec(step, 0..10)
}

/// A text in parts, every part changed by one side only.
#[derive(Clone, Debug)]
pub struct Part {
    pub mine: bool,
    pub how: How,
    /// Lines after it that nobody changes.
    pub gap: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum How {
    Replace(usize),
    Drop(usize),
    Insert(usize),
}

pub fn parts() -> impl Strategy<Value = Vec<Part>> {
    let how = prop_oneof![
        (1..3_usize).prop_map(How::Replace),
        (1..3_usize).prop_map(How::Drop),
        (1..3_usize).prop_map(How::Insert),
    ];
    let part =
        (any::<bool>(), how, 1..3_usize).prop_map(|(mine, how, gap)| Part { mine, how, gap });
    vec(part, 0..7)
}

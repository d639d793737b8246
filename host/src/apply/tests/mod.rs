//! Applying, stopped at every step there is.

mod any;
mod faults;
mod past;
mod plain;
mod races;
mod recovery;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use super::*;
use crate::merge::{self, merge};
use crate::plan::Content;
use crate::tree::{File, Ownership, Tree};
use crate::workspace::Found;

/// Every file and folder below a folder, with mode and bytes.
pub(super) type Snapshot = BTreeMap<String, (u32, Option<Vec<u8>>)>;

/// A folder for a test, in memory where the system offers that: waiting for a disk would be most of the time.
pub(super) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

pub(super) fn path(at: &str) -> ProjectPath {
    ProjectPath::parse(at).unwrap()
}

pub(super) fn put(root: &Path, at: &str, bytes: &[u8]) {
    let to = root.join(at);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(to, bytes).unwrap();
}

#[cfg(unix)]
pub(super) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::symlink_metadata(path)
        .unwrap()
        .permissions()
        .mode()
}

#[cfg(not(unix))]
pub(super) fn mode(_: &Path) -> u32 {
    0
}

#[cfg(unix)]
pub(super) fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(super) fn chmod(_: &Path, _: u32) {}

/// What is in a folder; none if there is no folder.
pub(super) fn snapshot(root: &Path) -> Option<Snapshot> {
    fn fill(root: &Path, at: &Path, into: &mut Snapshot) {
        for entry in std::fs::read_dir(at).unwrap() {
            let entry = entry.unwrap();
            let name = entry
                .path()
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            let of = entry.file_type().unwrap();
            let bytes = of.is_file().then(|| std::fs::read(entry.path()).unwrap());
            into.insert(name, (mode(&entry.path()), bytes));
            if of.is_dir() {
                fill(root, &entry.path(), into);
            }
        }
    }
    root.exists().then(|| {
        let mut snapshot = Snapshot::new();
        fill(root, root, &mut snapshot);
        snapshot
    })
}

/// The same without our own folder, but for the recorded inputs: they belong to the project.
pub(super) fn project(root: &Path) -> Option<Snapshot> {
    snapshot(root).map(|mut all| {
        all.retain(|at, _| {
            let ours = at == ".scaffold" || at.starts_with(".scaffold/");
            !ours || at.starts_with(".scaffold/inputs")
        });
        all
    })
}

/// Where a recorded input lies whose content is `text`.
pub(super) fn input(text: &str) -> ProjectPath {
    ProjectPath::input(&scaffold_registry::Digest::of(text.as_bytes()))
}

pub(super) fn tree(files: &[(&str, &str, bool)]) -> Tree {
    let mut tree = Tree::new();
    for (at, text, executable) in files {
        let file = File {
            bytes: text.as_bytes().into(),
            executable: *executable,
            ownership: Ownership::Managed,
        };
        tree.insert(path(at), file).unwrap();
    }
    tree
}

/// A project and what is to be made of it.
pub(super) struct Scenario {
    pub(super) dir: tempfile::TempDir,
    pub(super) root: PathBuf,
    pub(super) plan: Plan,
    pub(super) own: Vec<Action>,
}

fn own(file: ProjectPath, before: Option<&str>, after: &str) -> Action {
    let before = before.map(|text| Found {
        bytes: text.as_bytes().into(),
        executable: false,
    });
    Action::own(
        file,
        before.as_ref(),
        Some(Content {
            bytes: after.as_bytes().into(),
            executable: false,
        }),
    )
}

impl Scenario {
    /// A project in which every kind of change happens, and some things that must stay as they are.
    pub(super) fn full() -> Self {
        let base = tree(&[
            ("update", "1\n", false),
            ("dir/merge", "1\n2\n3\n4\n", true),
            ("gone/deep/delete", "1\n", false),
            ("conflict.bin", "\u{0}1", false),
            ("mode", "1\n", false),
            ("file-to-folder", "1\n", false),
            ("folder-to-file/inner/a", "1\n", false),
            ("same", "1\n", false),
        ]);
        let theirs = tree(&[
            ("update", "2\n", false),
            ("dir/merge", "1\n2\n3\nnew\n", true),
            ("conflict.bin", "\u{0}2", false),
            ("mode", "1\n", true),
            ("file-to-folder/inner/a", "1\n", false),
            ("file-to-folder/b", "1\n", false),
            ("folder-to-file", "1\n", false),
            ("same", "1\n", false),
            ("new/deep/create", "1\n", false),
            ("dir/run", "1\n", true),
        ]);
        let dir = scratch();
        let root = dir.path().join("project");
        for (at, file) in base.iter() {
            put(&root, at.as_str(), &file.bytes);
        }
        put(&root, "dir/merge", b"mine\n2\n3\n4\n");
        put(&root, "conflict.bin", b"\0mine");
        put(&root, "dir/users", b"mine");
        put(&root, "scaffold.toml", b"old");
        put(&root, "scaffold.lock", b"old");
        std::fs::create_dir(root.join("empty")).unwrap();
        chmod(&root.join("dir/merge"), 0o700);
        chmod(&root.join("update"), 0o600);
        let plan = merge(
            &base,
            &theirs,
            &Workspace::open(&root).unwrap(),
            &merge::Options::default(),
        )
        .unwrap();
        let own = vec![
            own(ProjectPath::lock(), Some("old"), "new"),
            own(ProjectPath::manifest(), Some("old"), "new"),
            own(input("new"), None, "new"),
        ];
        Self {
            dir,
            root,
            plan,
            own,
        }
    }

    /// One file of each: replaced, deleted, made.
    pub(super) fn small() -> Self {
        let base = tree(&[("a", "1\n", false), ("d/b", "1\n", false)]);
        let theirs = tree(&[("a", "2\n", false), ("n/c", "1\n", false)]);
        let dir = scratch();
        let root = dir.path().join("project");
        put(&root, "a", b"1\n");
        put(&root, "d/b", b"1\n");
        let plan = merge(
            &base,
            &theirs,
            &Workspace::open(&root).unwrap(),
            &merge::Options::default(),
        )
        .unwrap();
        Self {
            dir,
            root,
            plan,
            own: vec![own(ProjectPath::lock(), None, "new")],
        }
    }

    /// A project that does not exist, in a folder that does not either.
    pub(super) fn fresh() -> Self {
        let dir = scratch();
        let root = dir.path().join("above/project");
        let theirs = tree(&[
            ("a", "1\n", false),
            ("d/b", "1\n", true),
            ("d/e/c", "", false),
        ]);
        let plan = merge(
            &Tree::new(),
            &theirs,
            &Workspace::open(&root).unwrap(),
            &merge::Options::default(),
        )
        .unwrap();
        Self {
            dir,
            root,
            plan,
            own: vec![
                own(ProjectPath::manifest(), None, "new"),
                own(ProjectPath::lock(), None, "new"),
                own(input("new"), None, "new"),
            ],
        }
    }

    /// Only new files, in a folder that is there.
    pub(super) fn additions() -> Self {
        let dir = scratch();
        let root = dir.path().join("project");
        put(&root, "users", b"mine");
        let theirs = tree(&[("a", "1\n", false), ("d/b", "1\n", true)]);
        let plan = merge(
            &Tree::new(),
            &theirs,
            &Workspace::open(&root).unwrap(),
            &merge::Options::default(),
        )
        .unwrap();
        Self {
            dir,
            root,
            plan,
            own: vec![
                own(ProjectPath::lock(), None, "new"),
                own(input("new"), None, "new"),
            ],
        }
    }

    pub(super) fn apply(&self, fault: Option<&Hook<'_>>) -> Result<Applied, ApplyError> {
        super::apply(
            &self.root,
            &self.plan,
            &self.own,
            &Options {
                label: "test",
                fault,
                ..Options::default()
            },
        )
    }

    /// What a copy of the project looks like when all went well, and at which steps it could have gone wrong.
    pub(super) fn outcome(make: fn() -> Self) -> (Option<Snapshot>, Vec<Step>) {
        let scenario = make();
        let steps = RefCell::new(Vec::new());
        scenario
            .apply(Some(&|step| {
                steps.borrow_mut().push(step);
                Ok(())
            }))
            .unwrap();
        (project(&scenario.root), steps.into_inner())
    }
}

/// Ends the work at the `at`th step as if the process were killed: nothing after it runs.
pub(super) fn killed<T>(at: usize, work: impl FnOnce(&Hook<'_>) -> T) -> Option<T> {
    struct Killed;
    let count = Cell::new(0);
    let hook = |_| {
        count.set(count.get() + 1);
        if count.get() == at {
            resume_unwind(Box::new(Killed));
        }
        Ok(())
    };
    match catch_unwind(AssertUnwindSafe(|| work(&hook))) {
        Ok(done) => Some(done),
        Err(reason) if reason.is::<Killed>() => None,
        Err(reason) => resume_unwind(reason),
    }
}

/// Fails at the `at`th step with that error, and at none after it unless `on`.
pub(super) fn failing(at: usize, kind: io::ErrorKind, on: bool) -> impl Fn(Step) -> io::Result<()> {
    let count = Cell::new(0);
    move |_| {
        count.set(count.get() + 1);
        if count.get() == at || (on && count.get() > at) {
            Err(kind.into())
        } else {
            Ok(())
        }
    }
}

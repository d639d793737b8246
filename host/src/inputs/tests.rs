use std::{fs, path::Path, sync::Arc};

use scaffold_registry::{Digest, Pattern};

use super::{
    Contents, InputError, Inputs, Kept, KeptError, Live, Reader, Seen, Since, Source, plan,
};
use crate::{
    grants::{MayRead, Policy, Reads},
    path::ProjectPath,
    plan::Verb,
    tree::{File, Ownership, Tree},
    workspace::{Workspace, WorkspaceError},
};

fn path(path: &str) -> ProjectPath {
    ProjectPath::parse(path).unwrap()
}

fn put(root: &Path, at: &str, text: &str) {
    let at = root.join(at);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, text).unwrap();
}

fn tree(files: &[&str]) -> Arc<Tree> {
    let mut tree = Tree::new();
    for file in files {
        let made = File {
            bytes: b"made".as_slice().into(),
            executable: false,
            ownership: Ownership::Managed,
        };
        tree.insert(path(file), made).unwrap();
    }
    Arc::new(tree)
}

/// A folder in which everything may be read but what may hold secrets.
fn live(root: &Path, made: &[&str], recorded: Contents) -> Source {
    let everything = Pattern {
        pattern: "**".into(),
        reason: "why".into(),
    };
    let mut granted = Reads::default();
    granted.grant(&everything);
    Source::Live(Arc::new(Live {
        workspace: Workspace::open(root).unwrap(),
        may: MayRead::new(&[everything], &granted, &Policy::default()).unwrap(),
        made: tree(made),
        recorded,
    }))
}

fn text(bytes: Option<Arc<[u8]>>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

fn listed(reader: &mut Reader) -> Vec<String> {
    let all = reader.list(|_| true).unwrap();
    all.iter().map(ToString::to_string).collect()
}

fn digest(text: &str) -> Seen {
    Seen::Read(Digest::of(text.as_bytes()))
}

#[test]
fn what_is_read_and_listed_is_recorded_and_what_is_missing_is_not() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "docs/a.md", "a");
    put(dir.path(), "docs/b.md", "b");
    put(dir.path(), "src/c.rs", "c");
    let mut reader = Reader::new(live(dir.path(), &[], Contents::new()));
    assert_eq!(
        text(reader.read(&path("docs/a.md")).unwrap()),
        Some("a".into())
    );
    assert_eq!(reader.read(&path("docs/none.md")).unwrap(), None);
    let docs = reader.list(|path| path.as_str().starts_with("docs/"));
    assert_eq!(docs.unwrap(), [path("docs/a.md"), path("docs/b.md")]);
    assert_eq!(reader.count(), 2);
    let (inputs, blobs) = reader.finish();
    let expected = [
        (path("docs/a.md"), digest("a")),
        (path("docs/b.md"), Seen::Listed),
    ];
    assert_eq!(inputs, Inputs::from_iter(expected));
    assert_eq!(blobs.into_values().collect::<Vec<_>>(), [Arc::from(*b"a")]);
}

#[test]
fn what_was_told_once_stays_so_until_the_run_ends() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["a", "b", "c"] {
        put(dir.path(), file, "before");
    }
    let mut reader = Reader::new(live(dir.path(), &[], Contents::new()));
    assert_eq!(
        text(reader.read(&path("a")).unwrap()),
        Some("before".into())
    );
    assert_eq!(reader.read(&path("late")).unwrap(), None);
    for file in ["a", "late"] {
        put(dir.path(), file, "after");
    }
    assert_eq!(
        text(reader.read(&path("a")).unwrap()),
        Some("before".into())
    );
    assert_eq!(reader.read(&path("late")).unwrap(), None);
    assert_eq!(listed(&mut reader), ["a", "b", "c"], "late was not there");
    put(dir.path(), "later", "x");
    fs::remove_file(dir.path().join("c")).unwrap();
    assert_eq!(listed(&mut reader), ["a", "b", "c"]);
    assert_eq!(reader.read(&path("later")).unwrap(), None);
    let gone = reader.read(&path("c")).unwrap_err();
    assert!(matches!(gone, InputError::Vanished { .. }), "{gone}");
}

#[test]
fn a_replay_serves_what_was_recorded_and_nothing_else() {
    let recorded = Contents::from([
        (path("docs/a.md"), Some(Arc::from(*b"a"))),
        (path("docs/b.md"), None),
    ]);
    let mut reader = Reader::new(Source::Recorded(Arc::new(recorded)));
    assert_eq!(listed(&mut reader), ["docs/a.md", "docs/b.md"]);
    assert_eq!(
        text(reader.read(&path("docs/a.md")).unwrap()),
        Some("a".into())
    );
    assert_eq!(reader.read(&path("README.md")).unwrap(), None);
    let error = reader.read(&path("docs/b.md")).unwrap_err();
    assert!(matches!(error, InputError::OnlyListed { .. }), "{error}");
}

#[test]
fn what_generators_made_is_no_file_of_the_user_s_own() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "made.md", "edited by hand");
    put(dir.path(), "own.md", "own");
    put(dir.path(), "Both.md", "own and edited");
    // What it read there before it wrote there itself is still what it reads.
    let recorded = Contents::from([(path("both.md"), Some(Arc::from(*b"own")))]);
    let mut reader = Reader::new(live(dir.path(), &["made.md", "both.md"], recorded));
    assert_eq!(reader.read(&path("made.md")).unwrap(), None);
    // On a disk that takes the two names for one it would be the edited file.
    assert_eq!(reader.read(&path("MADE.md")).unwrap(), None);
    assert_eq!(reader.read(&path("Both.md")).unwrap(), None);
    assert_eq!(
        text(reader.read(&path("both.md")).unwrap()),
        Some("own".into())
    );
    assert_eq!(listed(&mut reader), ["both.md", "own.md"]);
}

#[test]
fn secrets_our_own_state_and_git_s_are_not_there() {
    let dir = tempfile::tempdir().unwrap();
    for file in [
        ".env",
        "sub/.ENV.local",
        "key.pem",
        "scaffold.lock",
        "scaffold.toml",
        ".scaffold/undo/1/0",
        ".git/config",
        "a/.git/config",
        "seen",
    ] {
        put(dir.path(), file, "x");
    }
    let mut reader = Reader::new(live(dir.path(), &[], Contents::new()));
    assert_eq!(listed(&mut reader), ["seen"]);
    for file in [".env", "sub/.ENV.local", "key.pem"] {
        assert_eq!(reader.read(&path(file)).unwrap(), None, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_not_there() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "secret", "x");
    put(dir.path(), "plain", "x");
    symlink(outside.path().join("secret"), dir.path().join("link")).unwrap();
    symlink("plain", dir.path().join("near")).unwrap();
    symlink(outside.path(), dir.path().join("folder")).unwrap();
    symlink("nowhere", dir.path().join("dangling")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    let source = live(dir.path(), &[], Contents::new());
    for file in [
        "link",
        "near",
        "folder/secret",
        "dangling",
        "socket",
        "folder",
        "plain/x",
    ] {
        let mut reader = Reader::new(source.clone());
        assert_eq!(reader.read(&path(file)).unwrap(), None, "{file}");
    }
    assert_eq!(listed(&mut Reader::new(source)), ["plain"]);
}

#[test]
fn how_files_stand_since_they_were_read() {
    let then = Inputs::from_iter([
        (path("a"), digest("1")),
        (path("b"), digest("1")),
        (path("c"), digest("1")),
        (path("d"), Seen::Listed),
    ]);
    let now = Inputs::from_iter([
        (path("a"), digest("1")),
        (path("b"), digest("2")),
        (path("d"), digest("1")),
        (path("e"), Seen::Listed),
    ]);
    let stands = then.since(&now);
    let words: Vec<_> = stands.iter().map(|(p, s)| (p.as_str(), *s)).collect();
    assert_eq!(
        words,
        [
            ("a", Since::Same),
            ("b", Since::Changed),
            ("c", Since::Gone),
            ("d", Since::Changed),
            ("e", Since::New),
        ]
    );
}

fn kept(root: &Path, bytes: &str) -> std::path::PathBuf {
    root.join(ProjectPath::input(&Digest::of(bytes.as_bytes())).as_str())
}

#[test]
fn recorded_contents_are_read_back_only_if_they_hash_right() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = Inputs::from_iter([(path("a"), digest("1")), (path("b"), Seen::Listed)]);
    let load = || Kept::of(dir.path()).load(&inputs);
    assert!(matches!(load(), Err(KeptError::Missing { .. })));
    let at = kept(dir.path(), "1");
    put(
        dir.path(),
        at.strip_prefix(dir.path()).unwrap().to_str().unwrap(),
        "2",
    );
    assert!(matches!(load(), Err(KeptError::Damaged { .. })));
    fs::write(&at, "1").unwrap();
    let contents = load().unwrap();
    assert_eq!(contents[&path("a")].as_deref(), Some(&b"1"[..]));
    assert_eq!(contents[&path("b")], None);
    fs::remove_file(&at).unwrap();
    fs::create_dir(&at).unwrap();
    let error = load().unwrap_err();
    assert!(
        matches!(
            error,
            KeptError::Workspace(WorkspaceError::FolderInTheWay { .. })
        ),
        "{error}"
    );
    // What is at hand from elsewhere will do.
    let mut elsewhere = Kept::of(dir.path());
    elsewhere.also([Arc::from(*b"1")]);
    assert!(elsewhere.load(&inputs).is_ok());
}

#[test]
fn the_project_keeps_what_is_needed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("1", "1"), ("2", "2"), ("3", "changed")] {
        let at = kept(dir.path(), name);
        put(
            dir.path(),
            at.strip_prefix(dir.path()).unwrap().to_str().unwrap(),
            text,
        );
    }
    put(dir.path(), ".scaffold/inputs/README", "not ours");
    let needed = ["1", "3", "4"].map(|text| {
        let bytes: Arc<[u8]> = text.as_bytes().into();
        (Digest::of(&bytes), bytes)
    });
    let workspace = Workspace::open(dir.path()).unwrap();
    let actions = plan(&workspace, &needed.into()).unwrap();
    let verb = |text: &str| {
        let at = ProjectPath::input(&Digest::of(text.as_bytes()));
        actions.iter().find(|a| a.path == at).unwrap().verb
    };
    assert_eq!(
        ["1", "2", "3", "4"].map(verb),
        [Verb::Unchanged, Verb::Delete, Verb::Update, Verb::Create]
    );
    assert_eq!(actions.len(), 4);
}

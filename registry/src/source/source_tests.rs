#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use super::*;
use crate::fixtures::{name, package, release};
use crate::{Package, release::write_index};

/// A registry in memory.
#[derive(Default)]
struct Memory(HashMap<String, Vec<u8>>);

impl Memory {
    fn new() -> Self {
        Self::default().with(layout::CONFIG, Config::new("test").to_json())
    }

    fn with(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.to_owned(), bytes.into());
        self
    }

    fn registry(self) -> Registry<Self> {
        Registry::over(self)
    }
}

impl Fetch for Memory {
    fn id(&self) -> &str {
        "memory"
    }

    fn place(&self, object: &Object<'_>) -> String {
        format!("memory/{}", object.path())
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        _known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        match self.0.get(&object.path()) {
            Some(bytes) if bytes.len() as u64 > limit => Err(SourceError::TooLong {
                place: self.place(object),
                limit,
            }),
            Some(bytes) => Ok(Fetched::Found {
                bytes: Cow::Owned(bytes.clone()),
                tag: None,
            }),
            None => Ok(Fetched::Missing),
        }
    }
}

#[test]
fn an_unknown_package_has_no_releases() {
    let registry = Memory::new().registry();
    assert_eq!(registry.releases(&name("acme/none")).unwrap(), []);
    assert_eq!(registry.names().unwrap(), []);
    assert!(
        registry
            .statement(&name("acme/none"), &Version::new(1, 0, 0))
            .unwrap()
            .is_none()
    );
}

#[test]
fn what_is_no_registry_says_so() {
    let error = Memory::default()
        .registry()
        .releases(&name("a/b"))
        .unwrap_err();
    assert!(matches!(error, SourceError::NotARegistry { .. }), "{error}");
    let later = Memory::default()
        .with(layout::CONFIG, "{\"v\":2,\"new\":1}")
        .registry();
    let error = later.names().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the registry memory has format 2 and this scaffold reads 1; update scaffold"
    );
    let huge = Memory::default()
        .with(layout::CONFIG, vec![b' '; CONFIG_BYTES as usize + 1])
        .registry();
    assert!(matches!(huge.names(), Err(SourceError::TooLong { .. })));
}

#[test]
fn broken_files_are_named() {
    let index = layout::index(&name("a/b"));
    let broken = |text: &[u8]| {
        let registry = Memory::new()
            .with(&index, text)
            .with(&layout::shard(0), text)
            .registry();
        (
            registry.releases(&name("a/b")).unwrap_err().to_string(),
            registry.search().unwrap_err().to_string(),
        )
    };
    let (releases, search) = broken(b"junk");
    assert!(
        releases.starts_with("memory: line 1 of the index of a/b is not a release: "),
        "{releases}"
    );
    assert!(
        search.starts_with("memory/v1/search/0.json is broken: "),
        "{search}"
    );
    let (releases, _) = broken(b"\xff");
    assert!(
        releases.starts_with("memory/v1/index/a/b is broken: it is not UTF-8"),
        "{releases}"
    );

    let version = Version::new(1, 0, 0);
    let registry = Memory::new()
        .with(&layout::note(&name("a/b"), &version), "junk")
        .registry();
    let error = registry
        .statement(&name("a/b"), &version)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("memory: the release statement of a/b 1.0.0 cannot be read: "),
        "{error}"
    );
    let later = Memory::new()
        .with(&layout::shard(0), "{\"v\":2,\"packages\":{}}")
        .registry();
    assert!(
        later
            .search()
            .unwrap_err()
            .to_string()
            .contains("its format is 2")
    );
}

#[test]
fn blobs_have_the_length_that_was_stated() {
    let bytes = package("a/b", "1.0.0", "");
    let listed = Package::read(&bytes).unwrap().release(&[]);
    let path = layout::blob(&listed.blob);
    let blob = |bytes: &[u8]| Memory::new().with(&path, bytes).registry().blob(&listed);
    assert_eq!(*blob(&bytes).unwrap(), bytes);
    for wrong in [&bytes[1..], &[&bytes[..], b"x"].concat()] {
        let error = blob(wrong).unwrap_err();
        assert!(matches!(error, SourceError::Size { .. }), "{error}");
    }
    let error = Memory::new()
        .registry()
        .blob(&listed)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("memory lists a/b 1.0.0 but does not have its archive (sha256:"),
        "{error}"
    );
    let huge = Release {
        size: BLOB_BYTES + 1,
        ..listed.clone()
    };
    assert!(matches!(blob_of(&huge), Err(SourceError::TooLong { .. })));
}

fn blob_of(release: &Release) -> Result<Cow<'static, [u8]>, SourceError> {
    Memory::new().registry().blob(release)
}

/// A registry that lists these lines, in this many parts.
fn listing(shards: u32, lines: &[Summary]) -> Registry<Memory> {
    let config = Config {
        shards,
        ..Config::new("test")
    };
    let mut memory = Memory::default().with(layout::CONFIG, config.to_json());
    for part in config.parts() {
        let here = lines
            .iter()
            .filter(|line| config.part_of(&line.name) == part);
        let here: Vec<_> = here.cloned().collect();
        if !here.is_empty() {
            memory = memory.with(&layout::shard(part), write_shard(here).unwrap());
        }
    }
    memory.registry()
}

fn line(name: &str, summary: &str) -> Summary {
    Summary {
        summary: summary.to_owned(),
        ..Summary::of(&[release(name, "1.0.0")]).unwrap()
    }
}

#[test]
fn search_data_may_be_cut_into_parts() {
    let lines = ["a/one", "b/two", "c/three", "d/four"].map(|name| line(name, ""));
    let names = listing(4, &lines).names().unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a/one", "b/two", "c/three", "d/four"]);
}

#[test]
fn a_search_finds_what_holds_every_word() {
    let lines = [
        line("a/one", "Überall A \"quoted\" thing"),
        line("b/two", "tab\there"),
        line("c/three", "ÜBERALL and nowhere"),
    ];
    for shards in [1, 2] {
        let registry = listing(shards, &lines);
        let find = |words: &[&str]| -> Vec<String> {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            let found = registry.find(&words).unwrap().into_iter();
            found.map(|line| line.name.to_string()).collect()
        };
        assert_eq!(find(&[]), ["a/one", "b/two", "c/three"]);
        assert_eq!(find(&["überALL"]), ["a/one", "c/three"]);
        assert_eq!(find(&["überall", "nowhere"]), ["c/three"]);
        // What JSON writes otherwise, and what stands in every line of it.
        assert_eq!(find(&["\"quoted\""]), ["a/one"]);
        assert_eq!(find(&["b\th"]), ["b/two"]);
        assert_eq!(find(&["kind"]), [""; 0]);
        // A keyword of all of them.
        assert_eq!(find(&["WEB"]).len(), 3);
    }
}

#[test]
fn a_broken_line_of_search_data_is_told() {
    let broken = Memory::new().with(
        &layout::shard(0),
        "{\"v\":1,\"packages\":[\n{\"name\":\"x\"}\n]}\n",
    );
    let error = broken.registry().find(&["x".to_owned()]).unwrap_err();
    assert!(matches!(error, SourceError::Broken { .. }), "{error}");
}

#[test]
fn a_summary_is_of_the_newest_usable_version() {
    let of =
        |releases: &[Release]| Summary::of(releases).map(|summary| summary.version.to_string());
    let list = [
        release("a/b", "1.0.0"),
        release("a/b", "1.1.0").yanked_for("x"),
        release("a/b", "2.0.0-rc.1"),
    ];
    assert_eq!(of(&list).as_deref(), Some("1.0.0"));
    assert_eq!(of(&list[1..]).as_deref(), Some("2.0.0-rc.1"));
    assert_eq!(of(&list[1..2]), None);
}

#[test]
fn folders_are_read_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let error = Folder::open(dir.path()).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().contains("there is no registry in"),
        "{error}"
    );
    let root = dir.path();
    std::fs::create_dir_all(root.join("v1/index/a")).unwrap();
    std::fs::write(root.join(layout::CONFIG), Config::new("x").to_json()).unwrap();
    std::fs::write(
        root.join("v1/index/a/b"),
        write_index(&[release("a/b", "1.0.0")]).unwrap(),
    )
    .unwrap();
    std::fs::create_dir_all(root.join("v1/index/a/folder")).unwrap();
    let folder = Folder::open(root).unwrap();
    assert_eq!(folder.releases(&name("a/b")).unwrap().len(), 1);
    assert_eq!(folder.config().unwrap().origin, "x");
    assert!(matches!(
        folder.releases(&name("a/folder")),
        Err(SourceError::Io { .. })
    ));
    let fetch = |limit| read_bounded(&root.join(layout::CONFIG), limit).unwrap();
    assert!(fetch(3).is_none());
    assert!(fetch(1000).is_some());
}

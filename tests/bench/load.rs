//! What a large registry and many publishers at once cost; `tests/bench/registry.sh` runs it.
//!
//!     load seed FOLDER PACKAGES     a registry of so many packages
//!     load read FOLDER              how long resolving one of them and searching all of them takes
//!     load publish URL TOKEN N      N publishers at once: of as many versions, then all of one
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement, not the product"
)]

use std::env;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use scaffold_registry::api::{Api, ApiError};
use scaffold_registry::archive::{Entry, Files};
use scaffold_registry::keys::{KeySet, SigningKey};
use scaffold_registry::source::layout;
use scaffold_registry::storage;
use scaffold_registry::{
    Access, Address, Digest, Folder, Http, Kind, Package, PackageName, Release, Source, Statement,
    Token, publish,
};

fn main() {
    let words: Vec<String> = env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["seed", folder, packages] => seed(folder, packages.parse().unwrap()),
        ["read", folder] => read(folder),
        ["publish", url, token, publishers] => race(url, token, publishers.parse().unwrap()),
        _ => panic!("seed FOLDER PACKAGES, read FOLDER, publish URL TOKEN N"),
    }
}

/// Statements of packages nobody can fetch: what is measured reads none of their archives.
fn seed(folder: &str, packages: usize) {
    let disk = storage::open(folder, []).unwrap();
    publish::open_or_make(&*disk).unwrap();
    let words = [
        "web", "cli", "django", "rust", "docs", "auth", "cache", "theme", "tests", "api",
    ];
    for n in 0..packages {
        let name: PackageName = format!("load-{}/p{n}", n % 500).parse().unwrap();
        let release = Release {
            name: name.clone(),
            version: semver::Version::new(1, n as u64 % 7, 0),
            blob: Digest::of(name.to_string().as_bytes()),
            size: 1000,
            tree: Digest::of(b"tree"),
            kind: Kind::Module,
            summary: format!(
                "Adds {} and {} to a project, number {n}.",
                words[n % 10],
                words[n / 10 % 10]
            ),
            keywords: vec![words[n % 10].to_owned()],
            world: None,
            imports: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            requires: [].into(),
            conflicts: [].into(),
            engine: Some("scaffold/template@^1".parse().unwrap()),
            yanked: None,
            security: false,
        };
        let note = Statement::unsigned(release.clone()).unwrap().to_note();
        // Not by way of the storage: it brings every file to the disk, and there are hundreds of thousands.
        write(folder, &layout::note(&name, &release.version), &note);
        write(
            folder,
            &layout::index(&name),
            &(release.to_line().unwrap() + "\n"),
        );
    }
    let start = Instant::now();
    let found = publish::repair(&*disk).unwrap();
    assert_eq!(found, packages);
    println!(
        "derived everything of {found} packages in {:.1} s",
        start.elapsed().as_secs_f64()
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement sets its own scene"
)]
fn write(folder: &str, path: &str, text: &str) {
    let path = std::path::Path::new(folder).join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Half of the times were shorter, and the longest.
fn times(runs: usize, mut run: impl FnMut(usize)) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..runs)
        .map(|n| {
            let start = Instant::now();
            run(n);
            start.elapsed()
        })
        .collect();
    times.sort();
    (times[runs / 2], times[runs - 1])
}

fn read(folder: &str) {
    let name: PackageName = "load-42/p42".parse().unwrap();
    // Everything from opening on, as a command does it.
    let (median, most) = times(200, |_| {
        let source = Folder::open(folder).unwrap();
        let releases = source.releases(&name).unwrap();
        assert_eq!(releases.len(), 1);
        let statement = source.statement(&name, &releases[0].version).unwrap();
        assert!(statement.is_some());
    });
    println!("resolve: median {median:?}, longest {most:?}");
    let queries = ["p4242", "django", "nothing-says-this", "ADDS number 77"];
    let (median, most) = times(20, |n| {
        let source = Folder::open(folder).unwrap();
        let words: Vec<_> = queries[n % queries.len()]
            .split(' ')
            .map(str::to_owned)
            .collect();
        source.find(&words).unwrap();
    });
    println!("search: median {median:?}, longest {most:?}");
}

struct Publisher<'a> {
    api: Api,
    key: &'a SigningKey,
    namespace: &'a str,
}

impl Publisher<'_> {
    fn publish(&self, version: &str, text: &str) -> Result<(), ApiError> {
        let manifest = format!(
            "[package]\nname = \"{}/load\"\nversion = \"{version}\"\nkind = \"module\"\nsummary = \"Load.\"\n\
             license = \"MIT\"\nengine = \"scaffold/template@^1\"\n",
            self.namespace
        );
        let file = |text: &str| Entry {
            bytes: text.as_bytes().to_vec(),
            executable: false,
        };
        let files = Files::from([
            ("scaffold.toml".to_owned(), file(&manifest)),
            ("template/text.txt".to_owned(), file(text)),
        ]);
        let archive = Package::pack(&files).unwrap();
        let release = Package::read(&archive).unwrap().release(&[]);
        let statement = Statement::signed(release, 1, self.key).unwrap();
        let (name, version) = (&statement.release.name, &statement.release.version);
        self.api
            .publish(name, version, &statement.to_note(), &archive)
    }
}

fn race(url: &str, token: &str, publishers: usize) {
    let address = Address::parse(url).unwrap();
    let api = || {
        let access = Access {
            token: Token::parse(token),
            ..Access::default()
        };
        Api::of(&address, access).unwrap()
    };
    let namespace = api().me().unwrap().unwrap().namespaces.remove(0);
    let key = SigningKey::generate(&namespace).unwrap();
    api()
        .put_keys(&namespace, 1, &KeySet::first(&key).unwrap().to_note())
        .unwrap();
    let all: Vec<_> = (0..publishers)
        .map(|_| Publisher {
            api: api(),
            key: &key,
            namespace: &namespace,
        })
        .collect();
    let at_once =
        |version: &(dyn Fn(usize) -> String + Sync)| -> (Vec<Result<(), ApiError>>, Duration) {
            let start = Barrier::new(publishers);
            let begun = Instant::now();
            let outcomes = thread::scope(|scope| {
                let publish = |(n, publisher)| {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        let publisher: &Publisher<'_> = publisher;
                        publisher.publish(&version(n), &format!("{n}"))
                    })
                };
                let running: Vec<_> = all.iter().enumerate().map(publish).collect();
                running.into_iter().map(|one| one.join().unwrap()).collect()
            });
            (outcomes, begun.elapsed())
        };

    let (outcomes, took) = at_once(&|n| format!("1.0.{n}"));
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    println!(
        "{publishers} publishers, {publishers} versions: {accepted} accepted in {:.2} s",
        took.as_secs_f64()
    );
    let (outcomes, took) = at_once(&|_| "2.0.0".to_owned());
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let exists = |outcome: &&Result<(), ApiError>| matches!(outcome, Err(ApiError::Refused { code: Some(code), .. }) if code == "version-exists");
    let lost = outcomes.iter().filter(exists).count();
    println!(
        "{publishers} publishers, one version: {won} accepted, {lost} heard that it exists, in {:.2} s",
        took.as_secs_f64()
    );
    for outcome in outcomes
        .iter()
        .filter(|outcome| outcome.is_err() && !exists(outcome))
    {
        println!("  {outcome:?}");
    }

    let source = Http::open(url).unwrap();
    let name: PackageName = format!("{namespace}/load").parse().unwrap();
    let listed = source.releases(&name).unwrap();
    let whole = listed.iter().filter(|release| {
        let archive = source.blob(release).unwrap();
        Digest::of(&archive) == release.blob
    });
    println!(
        "listed and whole afterwards: {} of {}",
        whole.count(),
        publishers + 1
    );
}

//! What it costs to replay a lock file: ten generators, and as many more as their limit of files demands, that make a
//! thousand files, ten thousand, a hundred thousand. One process; nothing of the project is read or written.
//!
//!     cargo bench --package scaffold-bench --bench replay [-- [--files N,N,…] [--runs N]]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "not part of the product: a surprise shall stop it, and it prints what it found"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use scaffold::{
    grants::Reads,
    inputs::{Inputs, Source},
    packages::Packages,
    project::{Lock, Locked, Project},
    question::Answers,
    replay::Replayer,
    sandbox::{Compiler, Limits, Sandbox},
    sources::{Reach, Sources},
    store::Store,
    trust::Trust,
};
use scaffold_registry::{
    Package,
    archive::{Entry, Files},
    publish,
};

/// At least so many generators share the work.
const GENERATORS: usize = 10;
/// A package holds ten thousand files at most, its manifest among them.
const MOST: usize = 9_900;

fn main() {
    let (mut sizes, mut runs) = (vec![1_000, 10_000, 100_000], 15);
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments.next().expect("a value");
        match argument.as_str() {
            "--files" => {
                sizes = value
                    .split(',')
                    .map(|n| n.parse().expect("a number"))
                    .collect()
            }
            "--runs" => runs = value.parse().expect("a number"),
            other => panic!("unknown argument: {other}"),
        }
    }
    println!(
        "| files | generators | opened before | opening packages as well | digest | clone of the tree |"
    );
    println!("|---|---|---|---|---|---|");
    for files in sizes {
        measure(files, if files > 20_000 { runs.min(3) } else { runs });
    }
}

fn measure(files: usize, runs: usize) {
    let folder = tempfile::tempdir().unwrap();
    let registry = folder.path().join("registry");
    let generators = GENERATORS.max(files.div_ceil(MOST));
    let releases: Vec<_> = (0..generators)
        .map(|number| {
            let share = files / generators + usize::from(number < files % generators);
            let archive = Package::pack(&package(number, share)).unwrap();
            publish::to_folder(&registry, &archive, &[]).unwrap()
        })
        .collect();
    let sources = Sources::new(
        &[registry.to_str().unwrap().to_owned()],
        BTreeMap::new(),
        Path::new("/"),
        Reach::default(),
    );
    let cache = folder.path().join("cache");
    let (store, trust) = (Store::new(Some(&cache)), Trust::default());
    let sandbox = Sandbox::new(Limits::default(), Compiler::Here, Some(&cache)).unwrap();
    let packages = Packages::new(&sources, &store, &sandbox, &trust);
    let mut lock = Lock::empty("shop");
    for release in &releases {
        let engine = release
            .engine
            .as_ref()
            .map(|engine| packages.pin_engine(engine).unwrap());
        lock.generators.push(Locked {
            instance: release.name.name().to_owned(),
            package: packages.pin(release).unwrap(),
            allow: BTreeSet::new(),
            reads: Reads::default(),
            engine,
            answers: Answers::new(),
            inputs: Inputs::default(),
        });
    }
    let project = Project::new(folder.path(), "shop");
    let mut first = Replayer::new(&packages, &project);
    for (position, locked) in lock.generators.iter().enumerate() {
        let own = Source::nothing();
        first.run(position, locked, &own).unwrap();
    }
    let tree = first.before(generators);
    assert_eq!(tree.len(), files);
    lock.tree = tree.digest();
    drop(first);

    let opened = median(runs, || {
        Replayer::new(&packages, &project).pristine(&lock).unwrap();
    });
    let cold = median(runs, || {
        let sandbox = Sandbox::new(Limits::default(), Compiler::Here, Some(&cache)).unwrap();
        let packages = Packages::new(&sources, &store, &sandbox, &trust);
        Replayer::new(&packages, &project).pristine(&lock).unwrap();
    });
    let digest = median(runs, || {
        std::hint::black_box(tree.digest());
    });
    let clone = median(runs, || drop(scaffold::tree::Tree::clone(&tree)));
    println!(
        "| {files} | {generators} | {} | {} | {} | {} |",
        shown(opened),
        shown(cold),
        shown(digest),
        shown(clone)
    );
}

/// A package of so many templates; the first makes a list, which the others join.
fn package(number: usize, files: usize) -> Files {
    let mut manifest = format!(
        "[package]\nname = \"acme/g{number}\"\nversion = \"1.0.0\"\nkind = \"{}\"\nsummary = \"Many files.\"\n\
         license = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n[[writes]]\npattern = \"**\"\nreason = \"All of it.\"\n",
        if number == 0 { "project" } else { "module" }
    );
    let mut package = Files::new();
    let mut put = |path: String, text: String| {
        let bytes = text.into_bytes();
        package.insert(
            path,
            Entry {
                bytes,
                executable: false,
            },
        );
    };
    let mut made = files;
    if number == 0 {
        put(
            "template/settings.py".to_owned(),
            "APPS = [\n    \"core\",\n]\n".to_owned(),
        );
        made -= 1;
    } else {
        let _ = write!(
            manifest,
            "\n[[edits]]\nfile = \"settings.py\"\nop = \"python-list\"\nlist = \"APPS\"\nitems = ['\"g{number}\"']\n"
        );
    }
    for file in 0..made {
        let mut text = format!("# {{{{ project_title }}}}: {file}\n");
        // Words that no archive takes for a bomb.
        let mut word = (number * 1_000_003 + file) as u64;
        for _ in 0..20 {
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let _ = writeln!(text, "name_{:x} = \"{{{{ project_name }}}}\"", word >> 24);
        }
        put(
            format!("template/g{number}/part{}/file{file}.py.jinja", file % 50),
            text,
        );
    }
    put("scaffold.toml".to_owned(), manifest);
    package
}

fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

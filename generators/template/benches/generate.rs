//! How long the engine takes for the official Django package, natively: `cargo bench -p scaffold-template`.
//!
//! The same inside the sandbox is what `docs/PERFORMANCE.md` compares it with.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench reads its package and prints"
)]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use scaffold_guest::{Kind, Request, Value};
use scaffold_template::{Changes, Draft, Error, Package, Project, World, generate, questions};

struct Files(BTreeMap<String, Vec<u8>>);

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

impl Package for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.0[path].clone())
    }

    fn paths(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

impl Project for Files {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(path).cloned())
    }
}

impl Changes for Files {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        self.0.insert(path.to_owned(), draft.contents.clone());
        Ok(())
    }
}

/// The shortest of many runs: what the code costs when nothing else gets in its way.
fn shortest(mut run: impl FnMut()) -> Duration {
    (0..50)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap()
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../django");
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    let (package, nothing) = (Files(files), Files(BTreeMap::new()));
    let world = World {
        package: &package,
        project: &nothing,
        secret: |name, _| Ok(name.to_owned()),
    };
    let mut request = Request {
        project_name: "shop".to_owned(),
        instance: "django".to_owned(),
        answers: Vec::new(),
        applied: Vec::new(),
    };
    for question in questions(&world, &request).unwrap() {
        let value = question.default.unwrap_or(match question.kind {
            Kind::Flag => Value::Flag(true),
            _ => Value::Text("x".to_owned()),
        });
        request.answers.push(scaffold_guest::Answer {
            name: question.name,
            value,
        });
    }
    let asked = shortest(|| {
        black_box(questions(&world, &request).unwrap());
    });
    let mut count = 0;
    let made = shortest(|| {
        let mut changes = Files(BTreeMap::new());
        black_box(generate(&world, &request, &mut changes).unwrap());
        count = changes.0.len();
    });
    println!("questions: {asked:.2?}");
    println!("generate:  {made:.2?} for {count} files");
}

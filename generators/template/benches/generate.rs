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
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use folder::Folder;
use scaffold_guest::{Kind, Request, Value};
use scaffold_template::{World, generate, questions};

#[path = "../tests/folder/mod.rs"]
mod folder;

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
    let (package, nothing) = (Folder::open("django"), Folder(BTreeMap::new()));
    let world = World {
        package: &package,
        project: Arc::new(nothing),
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
        let mut changes = Folder(BTreeMap::new());
        black_box(generate(&world, &request, &mut changes).unwrap());
        count = changes.0.len();
    });
    println!("questions: {asked:.2?}");
    println!("generate:  {made:.2?} for {count} files");
}

//! What the sandbox costs: the official packages rendered by the engine's own code as a part of this program, and by
//! its component inside the sandbox. One process, nothing read or written while the clock runs.
//!
//!     cargo bench --package scaffold-bench --bench sandbox [-- [--registry DIR] [--runs N]]
//!
//! `--registry` takes the packages from a folder (`scaffold publish --registry DIR`) instead of the program's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "not part of the product: a surprise shall stop it, and it prints what it found"
)]

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use scaffold::{
    grants::Patterns,
    question::{Answers, Value},
    sandbox::{Applied, Compiler, Generator, Input, Limits, Request, Sandbox, SandboxError},
    secret::Placeholder,
    tree::{Ownership, Tree},
};
use scaffold_guest as guest;
use scaffold_registry::{Digest, Folder, Package, Source, official};
use scaffold_template::{Changes, Draft, Error, Mode, Project, World};

/// In the order they are applied; the second edits what the first made.
const PACKAGES: [&str; 2] = ["scaffold/django", "scaffold/django-auth"];
const ENGINE: &str = "scaffold/template";

fn main() {
    let options = Options::read();
    let open = |name: &str| Arc::new(options.package(name));
    let sandbox = Sandbox::new(Limits::default(), Compiler::Here, None)
        .expect("this machine runs WebAssembly");
    let engine = open(ENGINE);
    let wasm = engine.component().expect("an engine has a component");
    let (took, generator) = timed(|| {
        sandbox
            .load(ENGINE, &Digest::of(wasm), || {
                Ok::<_, SandboxError>(wasm.to_vec())
            })
            .expect("the component is sound")
    });
    println!(
        "component: {} KiB, compiled in {:.0} ms",
        wasm.len() / 1024,
        milliseconds(took)
    );
    println!();
    println!("| one run of the engine | native | in the sandbox | ratio |");
    println!("|---|---|---|---|");

    let mut totals = [Duration::ZERO; 2];
    let mut applied: Vec<Applied> = Vec::new();
    let mut tree = Arc::new(Tree::default());
    for name in PACKAGES {
        let case = Case::new(open(name), &generator, &tree, &applied);
        for (what, medians) in case.measure(options.runs) {
            print_row(&format!("`{what}` of {name}"), medians);
            totals = [totals[0] + medians[0], totals[1] + medians[1]];
        }
        tree = case.result();
        applied.push(case.as_applied());
    }
    print_row("all of it", totals);
}

fn print_row(what: &str, [native, sandboxed]: [Duration; 2]) {
    let ratio = sandboxed.as_secs_f64() / native.as_secs_f64();
    println!(
        "| {what} | {:.2} ms | {:.2} ms | {ratio:.2} × |",
        milliseconds(native),
        milliseconds(sandboxed)
    );
}

struct Options {
    registry: Option<String>,
    runs: usize,
}

impl Options {
    fn read() -> Self {
        let mut options = Self {
            registry: None,
            runs: 200,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                // What cargo itself says.
                "--bench" => {}
                "--registry" => options.registry = args.next(),
                "--runs" => {
                    options.runs = args
                        .next()
                        .and_then(|n| n.parse().ok())
                        .expect("--runs takes a number")
                }
                other => panic!("unknown argument: {other}"),
            }
        }
        options
    }

    /// The newest release.
    fn package(&self, name: &str) -> Package {
        let newest = |source: &dyn Source| {
            let releases = source.releases(&name.parse().unwrap()).unwrap();
            let release = releases
                .last()
                .unwrap_or_else(|| panic!("{} has no {name}", source.id()));
            Package::read(&source.blob(release).unwrap()).unwrap()
        };
        match &self.registry {
            Some(folder) => newest(&Folder::open(folder).unwrap()),
            None => newest(&official()),
        }
    }
}

/// One package with the answers it takes by default, ready to run both ways.
struct Case {
    generator: Generator,
    input: Input,
    request: guest::Request,
}

impl Case {
    fn new(
        package: Arc<Package>,
        generator: &Generator,
        tree: &Arc<Tree>,
        applied: &[Applied],
    ) -> Self {
        let writes = package.manifest.writes.iter().map(|w| w.pattern.as_str());
        let mut input = Input {
            request: Request {
                project_name: "shop".into(),
                instance: package.manifest.name.name().to_owned(),
                answers: Answers::new(),
                applied: applied.to_vec(),
            },
            writes: Arc::new(Patterns::new(writes).unwrap()),
            package,
            project: Arc::clone(tree),
            own: scaffold::inputs::Source::nothing(),
        };
        let questions = generator.questions(input.clone()).unwrap();
        let defaults = questions
            .into_iter()
            .filter(|q| q.applies)
            .filter_map(|q| Some((q.name, q.default?)));
        input.request.answers = defaults.collect();
        let request = as_guest(&input.request);
        Self {
            generator: generator.clone(),
            input,
            request,
        }
    }

    /// Medians of both functions of a generator, native first. The two take turns, so that whatever else the machine
    /// does hits both.
    fn measure(&self, runs: usize) -> [(&'static str, [Duration; 2]); 2] {
        self.check();
        let mut taken: [[Vec<Duration>; 2]; 2] = Default::default();
        let package = Folded(&self.input);
        let world = World {
            package: &package,
            project: Arc::new(Standing(Arc::clone(&self.input.project))),
            secret,
        };
        for _ in 0..runs {
            let [questions, generate] = &mut taken;
            questions[0]
                .push(timed(|| scaffold_template::questions(&world, &self.request).unwrap()).0);
            let input = self.input.clone();
            questions[1].push(timed(|| self.generator.questions(input).unwrap()).0);
            generate[0].push(timed(|| self.native()).0);
            let input = self.input.clone();
            generate[1].push(timed(|| self.generator.generate(input).unwrap()).0);
        }
        let [questions, generate] = taken.map(|both| both.map(median));
        [("questions", questions), ("generate", generate)]
    }

    fn native(&self) -> Made {
        let package = Folded(&self.input);
        let world = World {
            package: &package,
            project: Arc::new(Standing(Arc::clone(&self.input.project))),
            secret,
        };
        let mut made = Made::default();
        scaffold_template::generate(&world, &self.request, &mut made).unwrap();
        made
    }

    /// A comparison of two things that do not do the same would mean nothing.
    fn check(&self) {
        let sandboxed = self
            .generator
            .generate(self.input.clone())
            .unwrap()
            .changes
            .files;
        let native = self.native().0;
        let sandboxed: BTreeMap<_, _> = sandboxed
            .iter()
            .map(|(path, file)| (path.as_str(), &*file.as_ref().unwrap().bytes))
            .collect();
        let native: BTreeMap<_, _> = native
            .iter()
            .map(|(path, draft)| (path.as_str(), &*draft.contents))
            .collect();
        assert!(
            sandboxed == native,
            "the component is not built from these sources: generators/build.sh"
        );
    }

    fn result(&self) -> Arc<Tree> {
        self.generator.generate(self.input.clone()).unwrap().tree
    }

    fn as_applied(&self) -> Applied {
        let manifest = &self.input.package.manifest;
        Applied {
            package: manifest.name.clone(),
            instance: self.input.request.instance.clone(),
            version: manifest.version.clone(),
            answers: self.input.request.answers.clone(),
        }
    }
}

/// What a guest reads, read in place.
struct Folded<'a>(&'a Input);

impl scaffold_template::Package for Folded<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.0.package.files[path].bytes.clone())
    }

    fn paths(&self) -> Vec<String> {
        self.0.package.files.keys().cloned().collect()
    }
}

struct Standing(Arc<Tree>);

impl Standing {
    fn get(&self, path: &str) -> Option<&scaffold::tree::File> {
        self.0.get(&path.parse().unwrap())
    }
}

impl Project for Standing {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(path).map(|file| file.bytes.to_vec()))
    }

    fn paths(&self, _: &str) -> Result<Vec<String>, Error> {
        unreachable!("no official package lists the project")
    }

    fn mode(&self, path: &str) -> Result<Option<Mode>, Error> {
        let mode = |file: &scaffold::tree::File| Mode {
            executable: file.executable,
            seed: file.ownership == Ownership::Seed,
        };
        Ok(self.get(path).map(mode))
    }
}

#[derive(Default)]
struct Made(BTreeMap<String, Draft>);

impl Changes for Made {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        self.0.insert(path.to_owned(), draft.clone());
        Ok(())
    }
}

fn secret(name: &str, length: u32) -> Result<String, Error> {
    Ok(Placeholder::new(name, length).unwrap().to_string())
}

fn as_guest(request: &Request) -> guest::Request {
    guest::Request {
        project_name: request.project_name.clone(),
        instance: request.instance.clone(),
        answers: answers(&request.answers),
        applied: request
            .applied
            .iter()
            .map(|one| guest::Applied {
                package: one.package.to_string(),
                instance: one.instance.clone(),
                version: one.version.to_string(),
                answers: answers(&one.answers),
            })
            .collect(),
    }
}

fn answers(answers: &Answers) -> Vec<guest::Answer> {
    let value = |value: &Value| match value.clone() {
        Value::Text(text) => guest::Value::Text(text),
        Value::Flag(flag) => guest::Value::Flag(flag),
        Value::Integer(number) => guest::Value::Integer(number),
        Value::Texts(texts) => guest::Value::Texts(texts),
    };
    answers
        .iter()
        .map(|(name, v)| guest::Answer {
            name: name.clone(),
            value: value(v),
        })
        .collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

//! Kills commands that write a project, at random moments, and looks at what the next command finds.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::scene::{Case, Scene, Snapshot};

/// What became of a command that was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It had changed nothing yet.
    Old,
    /// It was done already.
    New,
    /// The next command finished it.
    Finished,
    /// The next command took it back.
    TakenBack,
    /// Neither the one nor the other: what must never be.
    Torn,
}

/// How far a command was when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Deciding,
    /// Tenths of the new contents that were written beside the project.
    Staging(usize),
    /// Tenths of the files that were moved out of or into their places.
    Moving(usize),
    /// In place; the record of it is being filed.
    Ending,
    Done,
}

#[derive(Default)]
pub struct Report {
    outcomes: BTreeMap<(&'static str, Outcome), usize>,
    phases: BTreeMap<Phase, usize>,
    /// Recoveries that were killed as well.
    recoveries: usize,
    /// Commands that ended before they could be killed: on a busy machine that happens.
    late: usize,
    spans: Vec<String>,
    /// What was found where it was neither the old nor the new state.
    pub torn: Vec<String>,
}

impl Report {
    pub fn kills(&self) -> usize {
        self.outcomes.values().sum()
    }
}

/// Kills as many commands as asked for, the cases in turn. What comes too late does not count, unless it always does.
pub fn run(program: &Path, files: usize, kills: usize, seed: u64) -> Report {
    let scene = Scene::new(program, files);
    let mut report = Report::default();
    let spans: Vec<Span> = scene
        .cases
        .iter()
        .map(|case| Span::of(&scene, case))
        .collect();
    for (case, span) in scene.cases.iter().zip(&spans) {
        report.spans.push(format!("{}: {span}", case.name));
    }
    let mut random = Random(seed);
    let mut recovery = Duration::from_millis(10);
    for number in 0..kills * 5 {
        if report.kills() == kills {
            break;
        }
        let place = number % scene.cases.len();
        let case = &scene.cases[place];
        scene.restore(case);
        let is_late = !kill(&scene, case, &spans[place], &mut random);
        if is_late && scene.now() == case.new {
            report.late += 1;
            continue;
        }
        *report.phases.entry(Phase::of(&scene, case)).or_default() += 1;
        while scene.state().join("journal").exists() && random.chance(40) {
            let mut next = spawn(scene.in_project(&["status"]));
            wait(&mut next, recovery.mul_f64(random.fraction() * 1.2));
            end(next);
            report.recoveries += 1;
        }
        let (outcome, took) = look(&scene, case, &mut report.torn);
        if matches!(outcome, Outcome::Finished | Outcome::TakenBack) {
            recovery = took;
        }
        *report.outcomes.entry((case.name, outcome)).or_default() += 1;
        // What was taken back or not begun can be done again.
        if scene.now() == case.old && random.chance(20) {
            let status = scene.command(case).status().unwrap();
            if scene.now() != case.new {
                report
                    .torn
                    .push(format!("{} once more: {status}", case.name));
            }
        }
    }
    report
}

/// How long a command takes, and how much of that it stages new contents and moves files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    all: Duration,
    stages: Duration,
    moves: Duration,
}

impl Span {
    /// The middle one of a few runs.
    fn of(scene: &Scene, case: &Case) -> Self {
        let mut spans = [(); 5].map(|()| {
            scene.restore(case);
            let start = Instant::now();
            let mut child = spawn(scene.command(case));
            let mut begins = [STAGE, JOURNAL].map(|mark| {
                let mark = scene.state().join(mark);
                wait_until(&mut child, || mark.exists());
                start.elapsed()
            });
            child.wait().unwrap();
            let all = start.elapsed();
            // What was over too fast to be seen.
            begins[0] = begins[0].min(begins[1]);
            Self {
                all,
                stages: begins[1] - begins[0],
                moves: all - begins[1],
            }
        });
        spans.sort_unstable();
        spans[spans.len() / 2]
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [all, stages, moves] =
            [self.all, self.stages, self.moves].map(|time| time.as_secs_f64() * 1000.0);
        write!(
            f,
            "{all:.1} ms, of which {stages:.1} ms until the journal and {moves:.1} ms after it"
        )
    }
}

/// What is there from when new contents are written, and while files are moved.
const STAGE: &str = "stage";
const JOURNAL: &str = "journal";

/// Starts the command of a case and kills it: mostly while it moves files, sometimes before or after. What is waited for is
/// what it does and not a time, so that a busy machine kills in the same places.
///
/// Says whether it was still at work.
fn kill(scene: &Scene, case: &Case, span: &Span, random: &mut Random) -> bool {
    let mut child = spawn(scene.command(case));
    let state = scene.state();
    let number = (random.fraction() * case.changes() as f64).to_string();
    let number = number.split('.').next().unwrap_or_default();
    let (staged, aside) = (
        state.join(STAGE).join(number),
        state.join("backup").join(number),
    );
    match random.next() % 20 {
        0..3 => wait(&mut child, span.all.mul_f64(random.fraction())),
        3..7 => wait_until(&mut child, || {
            staged.exists() || state.join(JOURNAL).exists()
        }),
        7..18 => {
            wait_until(&mut child, || state.join(JOURNAL).exists());
            // A file that goes is only set aside.
            let comes = staged.exists();
            wait_until(&mut child, || {
                if comes {
                    !staged.exists()
                } else {
                    aside.exists()
                }
            });
        }
        _ => {
            wait_until(&mut child, || state.join(JOURNAL).exists());
            wait_until(&mut child, || !state.join(JOURNAL).exists());
        }
    }
    end(child)
}

/// Waits for something, or until the command has ended.
fn wait_until(child: &mut Child, is: impl Fn() -> bool) {
    while !is() && child.try_wait().unwrap().is_none() {
        std::hint::spin_loop();
    }
}

fn spawn(mut command: Command) -> Child {
    command.spawn().unwrap()
}

/// Waits so long, to the microsecond, or until it has ended.
fn wait(child: &mut Child, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time && child.try_wait().unwrap().is_none() {
        std::hint::spin_loop();
    }
}

fn end(mut child: Child) -> bool {
    let is_at_work = child.try_wait().unwrap().is_none();
    // It may have come to its end by itself just now.
    let _ = child.kill();
    child.wait().unwrap();
    is_at_work
}

/// Lets the next command find what there is.
fn look(scene: &Scene, case: &Case, torn: &mut Vec<String>) -> (Outcome, Duration) {
    let start = Instant::now();
    let mut next = scene.in_project(&["status"]);
    let output = next.stderr(Stdio::piped()).output().unwrap();
    let took = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    let now = scene.now();
    let mut wrong = Vec::new();
    if !output.status.success() {
        wrong.push(format!("status fails: {said}"));
    }
    let debris = debris(&scene.state());
    if !debris.is_empty() {
        wrong.push(format!("left behind: {debris:?}"));
    }
    let outcome = match (now == case.old, now == case.new) {
        (true, _) if said.starts_with("Took back") => Outcome::TakenBack,
        (true, _) => Outcome::Old,
        (_, true) if said.starts_with("Finished") => Outcome::Finished,
        (_, true) => Outcome::New,
        _ => {
            wrong.push(format!("{said}{}", difference(&now, &case.old, &case.new)));
            Outcome::Torn
        }
    };
    if wrong.is_empty() {
        return (outcome, took);
    }
    torn.push(format!("{}: {}", case.name, wrong.join("\n")));
    (Outcome::Torn, took)
}

/// What lies in the tool's own folder that belongs to a command at work.
fn debris(state: &Path) -> Vec<String> {
    let names = fs::read_dir(state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| !matches!(name.as_str(), "lock" | ".gitignore" | "undo"))
        .collect()
}

fn difference(now: &Snapshot, old: &Snapshot, new: &Snapshot) -> String {
    let paths = now.keys().chain(old.keys()).chain(new.keys());
    let mut lines: Vec<String> = paths
        .filter(|path| now.get(*path) != old.get(*path) || now.get(*path) != new.get(*path))
        .map(|path| {
            let (is_old, is_new) = (
                now.get(path) == old.get(path),
                now.get(path) == new.get(path),
            );
            let is = match (is_old, is_new) {
                (true, _) => "old",
                (_, true) => "new",
                _ => "neither",
            };
            format!("\n  {path}: {is}")
        })
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines.concat()
}

/// How many files of `from` are not the same in `to`.
fn changed(from: &Snapshot, to: &Snapshot) -> usize {
    let is = |(path, file): &(&String, &Option<_>)| file.is_some() && to.get(*path) != Some(*file);
    from.iter().filter(is).count()
}

impl Case {
    /// How many files the command changes.
    fn changes(&self) -> usize {
        let created = self
            .new
            .iter()
            .filter(|(path, file)| file.is_some() && !self.old.contains_key(*path));
        changed(&self.old, &self.new) + created.count()
    }
}

impl Phase {
    fn of(scene: &Scene, case: &Case) -> Self {
        let state = scene.state();
        let count = |name: &str| fs::read_dir(state.join(name)).map_or(0, Iterator::count);
        let (aside, staged) = (changed(&case.old, &case.new), changed(&case.new, &case.old));
        let tenth = |part: usize, whole: usize| (part * 10 / whole.max(1)).min(9);
        if state.join("journal").exists() {
            let moved = count("backup") + staged.saturating_sub(count("stage"));
            Self::Moving(tenth(moved, aside + staged))
        } else if state.join("backup/journal").exists() {
            Self::Ending
        } else if state.join("stage").exists() {
            if scene.now() == case.new {
                Self::Ending
            } else {
                Self::Staging(tenth(count("stage"), staged))
            }
        } else if scene.now() == case.old {
            Self::Deciding
        } else {
            Self::Done
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deciding => f.write_str("nothing written yet"),
            Self::Staging(tenth) => write!(f, "staged {} % to {} %", tenth * 10, tenth * 10 + 10),
            Self::Moving(tenth) => write!(f, "moved {} % to {} %", tenth * 10, tenth * 10 + 10),
            Self::Ending => f.write_str("in place, record not filed"),
            Self::Done => f.write_str("done"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes = [
            Outcome::Old,
            Outcome::New,
            Outcome::Finished,
            Outcome::TakenBack,
            Outcome::Torn,
        ];
        writeln!(
            f,
            "| killed | nothing changed | done | finished by the next | taken back by the next | torn |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        let mut names: Vec<&str> = Vec::new();
        names.extend(self.outcomes.keys().map(|(name, _)| *name));
        names.dedup();
        for name in names {
            let count = |outcome| {
                self.outcomes
                    .get(&(name, outcome))
                    .copied()
                    .unwrap_or_default()
            };
            let counts = outcomes.map(|outcome| count(outcome).to_string());
            writeln!(f, "| {name} | {} |", counts.join(" | "))?;
        }
        let sum = |outcome| -> usize {
            let of = self.outcomes.iter().filter(|((_, one), _)| *one == outcome);
            of.map(|(_, count)| count).sum()
        };
        let sums = outcomes.map(|outcome| sum(outcome).to_string());
        writeln!(f, "| all {} | {} |", self.kills(), sums.join(" | "))?;
        writeln!(
            f,
            "\n{} recoveries were killed as well; {} commands had ended before.\n",
            self.recoveries, self.late
        )?;
        let most = self.phases.values().max().copied().unwrap_or(1);
        for (phase, count) in &self.phases {
            let bar = "#".repeat((count * 40).div_ceil(most));
            writeln!(f, "{:27} {count:5} {bar}", phase.to_string())?;
        }
        for span in &self.spans {
            write!(f, "\n{span}")?;
        }
        for torn in &self.torn {
            write!(f, "\n\ntorn: {torn}")?;
        }
        Ok(())
    }
}

/// Numbers by chance, the same for the same seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

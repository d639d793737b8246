//! The one idea, with packages, edits and commands made at random: a project is what its lock file stands for, plus
//! what the user changed by hand.
//!
//! Everything is real: packages are published into a folder, the stock engine runs in the sandbox, plans are carried
//! out on a disk. `PROPTEST_CASES=5000 cargo test properties` looks further than a run of all tests does.

mod archive;
mod machine;
mod scenario;
mod strategies;

use std::{collections::BTreeSet, path::PathBuf};

use proptest::{
    prelude::*,
    test_runner::{FileFailurePersistence, RngSeed},
};
use scaffold::{
    path::ProjectPath,
    tree::{File, Ownership},
};

use self::{
    archive::{SECRET, SECRET_LENGTH, plain},
    machine::{Done, Machine, all, asked, is_own},
    scenario::{Edit, Package, Step},
    strategies::{How, Kind, Part, ask, edits, packages, parts, story},
};
use crate::environment::Files;

/// Begins everything the user writes; a number follows, so that each writing is one of a kind.
const MINE: &str = "mine ";

fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        // A run of all tests looks at the same cases each time: whether a change is sound is not for chance to say.
        rng_seed: match asked {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(1),
        },
        cases: asked.and_then(|cases| cases.parse().ok()).unwrap_or(cases),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/e2e/properties/regressions.txt"
        )))),
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn an_update_without_edits_gives_what_a_new_project_would_be(
        packages in packages(Kind::Any, 2),
    ) {
        Machine::with(&packages, |machine| updated_as_new(machine, &packages))?;
    }

    #[test]
    fn what_is_added_and_removed_again_leaves_no_trace(
        packages in packages(Kind::Any, 1)
            .prop_filter("there is one to add", |all| all.len() > 1),
    ) {
        Machine::with(&packages, |machine| added_and_removed(machine, &packages))?;
    }

    #[test]
    fn two_updates_come_to_the_same_as_one(
        packages in packages(Kind::Steady, 3),
        // A mode has two values only, and nothing is like nothing: what the user chose may be what the version in between
        // has, and then is no edit to the next one.
        edits in edits().prop_map(|mut edits| {
            edits.retain(|edit| !matches!(edit, Edit::Executable { .. } | Edit::Empty { .. }));
            edits
        }),
    ) {
        Machine::with(&packages, |machine| {
            let once = updated_through(machine, "once/shop", &packages, &edits, &[2])?;
            let twice = updated_through(machine, "twice/shop", &packages, &edits, &[1, 2])?;
            // What somebody has to settle in between, they may settle in more than one way.
            if let (Some(once), Some(twice)) = (once, twice) {
                prop_assert_eq!(shown(&once), shown(&twice), "{}", machine.story());
            }
            Ok(())
        })?;
    }

    #[test]
    fn undo_gives_back_what_was_there(
        packages in packages(Kind::Any, 3),
        story in story(),
        last in ask(),
    ) {
        Machine::with(&packages, |machine| undone(machine, &packages, &story, &last))?;
    }

    #[test]
    fn nothing_of_the_users_is_lost(packages in packages(Kind::Any, 3), story in story()) {
        Machine::with(&packages, |machine| lived(machine, &packages, &story))?;
    }

    #[test]
    fn edits_apart_from_the_update_survive_it(
        parts in parts(), crlf in any::<bool>(), executable in any::<bool>(),
    ) {
        merged(&parts, crlf, executable)?;
    }
}

type Checked<T = ()> = Result<T, TestCaseError>;

/// A command that nothing may keep from its end.
fn done(machine: &Machine<'_>, result: Result<Done, String>) -> Checked<Done> {
    result.map_err(|error| TestCaseError::fail(format!("{error}{}", machine.story())))
}

fn updated_as_new(machine: &Machine<'_>, packages: &[Package]) -> Checked {
    done(machine, machine.bring("old/shop", &all(packages, 0)))?;
    let before = machine.files("old/shop");
    let update = done(machine, machine.bring("old/shop", &all(packages, 1)))?;
    done(machine, machine.bring("new/shop", &all(packages, 1)))?;
    prop_assert!(!update.has_conflicts(), "{}", machine.story());

    let (updated, fresh) = (machine.files("old/shop"), machine.files("new/shop"));
    let mut expected = fresh;
    // A seed is the user's once it is made.
    for (path, file) in update.new.iter() {
        let is_seed = |file: &File| file.ownership == Ownership::Seed;
        if is_seed(file) && update.old.get(path).is_some_and(is_seed) {
            expected.insert(path.to_string(), before[path.as_str()].clone());
        }
    }
    prop_assert_eq!(
        shown(&masked(&updated)),
        shown(&masked(&expected)),
        "{}",
        machine.story()
    );
    // One secret, drawn once.
    let secrets = secrets(&updated);
    prop_assert!(secrets.len() <= 1, "{secrets:?}{}", machine.story());
    prop_assert!(
        secrets_before_stay(&before, &updated),
        "{}",
        machine.story()
    );
    no_debris(machine, "old/shop", &BTreeSet::new())?;

    // What a package says stands there, word by word, where no other package has a say.
    for (number, package) in packages.iter().enumerate() {
        for (path, made) in &package.0[1].files {
            let others = packages
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number);
            let alone = others
                .into_iter()
                .all(|(_, other)| !other.0[1].files.contains_key(path));
            if let (true, Some(bytes)) = (alone, plain(made)) {
                let path = ProjectPath::parse(path).unwrap();
                let file = update.new.get(&path).map(|file| file.bytes.to_vec());
                prop_assert_eq!(file, Some(bytes), "{}{}", path, machine.story());
            }
        }
    }
    Ok(())
}

fn added_and_removed(machine: &Machine<'_>, packages: &[Package]) -> Checked {
    let with = all(packages, 0);
    let without = &with[..with.len() - 1];
    done(machine, machine.bring("shop", without))?;
    let before = machine.files("shop");
    let added = done(machine, machine.bring("shop", &with))?;
    prop_assert!(!added.has_conflicts(), "{}", machine.story());
    // A secret stands in the project and nowhere else: where its only file was made into something else, it is gone.
    let keeps_secrets = secrets(&before).is_subset(&secrets(&machine.files("shop")));
    done(machine, machine.bring("shop", without))?;
    let after = machine.files("shop");
    let (after, before) = if keeps_secrets {
        (after, before)
    } else {
        (masked(&after), masked(&before))
    };
    prop_assert_eq!(shown(&after), shown(&before), "{}", machine.story());
    no_debris(machine, "shop", &BTreeSet::new())?;
    Ok(())
}

/// The project after an edit and these updates; none where one of them has conflicts or is refused.
fn updated_through(
    machine: &Machine<'_>,
    folder: &str,
    packages: &[Package],
    edits: &[scenario::Edit],
    versions: &[usize],
) -> Checked<Option<Files>> {
    done(machine, machine.bring(folder, &all(packages, 0)))?;
    machine.begin();
    edits.iter().for_each(|edit| machine.edit(folder, edit));
    for version in versions {
        match machine.bring(folder, &all(packages, *version)) {
            Ok(update) if !update.has_conflicts() => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(masked(&machine.files(folder))))
}

/// Every command of a story is taken back once, and made again, until the last one.
fn undone(
    machine: &Machine<'_>,
    packages: &[Package],
    story: &[Step],
    last: &scenario::Ask,
) -> Checked {
    let mut wanted = all(&packages[..1], 0);
    done(machine, machine.bring("shop", &wanted))?;
    for step in story {
        match step {
            Step::Edit(edit) => machine.edit("shop", edit),
            Step::Ask(ask) => {
                if let Some(next) = asked(&wanted, packages, ask)
                    && taken_back(machine, &next)? == Some(false)
                    && machine.bring("shop", &next).is_ok()
                {
                    wanted = next;
                }
            }
        }
    }
    if let Some(next) = asked(&wanted, packages, last) {
        taken_back(machine, &next)?;
    }
    Ok(())
}

/// Runs a command and takes it back; says whether it had conflicts, none where it was refused or did nothing.
fn taken_back(machine: &Machine<'_>, wanted: &[machine::Wanted]) -> Checked<Option<bool>> {
    let (before, debris) = (machine.files("shop"), machine.debris("shop"));
    let Ok(done) = machine.bring("shop", wanted) else {
        return Ok(None);
    };
    if machine.files("shop") == before {
        return Ok(None);
    }
    let command = if done.has_conflicts() {
        "abort"
    } else {
        "undo"
    };
    machine
        .run("shop", command)
        .map_err(|error| TestCaseError::fail(format!("{error}{}", machine.story())))?;
    prop_assert_eq!(
        shown(&machine.files("shop")),
        shown(&before),
        "{}{}",
        command,
        machine.story()
    );
    no_debris(machine, "shop", &debris)?;
    Ok(Some(done.has_conflicts()))
}

/// A project's life; after every command all that is the user's is looked for.
fn lived(machine: &Machine<'_>, packages: &[Package], story: &[Step]) -> Checked {
    let mut wanted = all(&packages[..1], 0);
    done(machine, machine.bring("shop", &wanted))?;
    for step in story {
        match step {
            Step::Edit(edit) => machine.edit("shop", edit),
            Step::Ask(ask) => {
                let Some(next) = asked(&wanted, packages, ask) else {
                    continue;
                };
                let (before, debris) = (machine.files("shop"), machine.debris("shop"));
                match machine.bring("shop", &next) {
                    Ok(done) => {
                        wanted = next;
                        check_command(machine, &before, &done)?;
                        no_debris(machine, "shop", &debris)?;
                    }
                    Err(_) => prop_assert_eq!(
                        shown(&machine.files("shop")),
                        shown(&before),
                        "{}",
                        machine.story()
                    ),
                }
            }
        }
    }
    Ok(())
}

fn check_command(machine: &Machine<'_>, before: &Files, done: &Done) -> Checked {
    let after = machine.files("shop");
    let story = || machine.story();
    // What the user wrote still stands in the project, as it was or between markers.
    let gone: Vec<_> = mine(before).difference(&mine(&after)).cloned().collect();
    prop_assert!(gone.is_empty(), "{gone:?} is gone{}", story());
    // Every file of theirs that is no longer what it was is kept for `undo`, byte for byte.
    let kept = machine.kept("shop");
    for (path, (bytes, executable)) in before.iter().filter(|(path, _)| !is_own(path)) {
        let old = done.old.get(&ProjectPath::parse(path).unwrap());
        let is_theirs = old.is_none_or(|old| !is_unedited(old, &(bytes.clone(), *executable)));
        if is_theirs && after.get(path).is_none_or(|(now, _)| now != bytes) {
            let is_kept = kept.values().any(|(kept, _)| kept == bytes);
            prop_assert!(is_kept, "the old {path} is nowhere{}", story());
        }
    }
    for (path, file) in before.iter().filter(|(path, _)| !is_own(path)) {
        let project_path = ProjectPath::parse(path).unwrap();
        let (old, new) = (done.old.get(&project_path), done.new.get(&project_path));
        let now = after.get(path);
        match (old, new) {
            // Nobody's but the user's.
            (None, None) => {
                prop_assert_eq!(now, Some(file), "{} is the user's own{}", path, story())
            }
            // The generators have nothing new to say of it.
            (Some(old), Some(new)) if old == new => {
                prop_assert_eq!(now, Some(file), "{} was left alone{}", path, story());
            }
            (Some(old), new) if is_unedited(old, file) => match new {
                Some(new)
                    if [old, new]
                        .iter()
                        .any(|file| file.ownership == Ownership::Managed) =>
                {
                    let is_new = now.is_some_and(|now| is_unedited(new, now));
                    prop_assert!(is_new, "{path} is not updated{}", story());
                }
                Some(_) => {}
                None => prop_assert_eq!(now, None, "{} is left over{}", path, story()),
            },
            _ => {}
        }
    }
    // What was deleted stays deleted, and what is new is there.
    for (path, new) in done
        .new
        .iter()
        .filter(|(path, _)| !before.contains_key(path.as_str()))
    {
        let now = after.get(path.as_str());
        match done.old.get(path) {
            Some(_) => prop_assert_eq!(now, None, "{} is back{}", path, story()),
            None => prop_assert!(
                now.is_some_and(|now| is_unedited(new, now)),
                "{path} is not made{}",
                story()
            ),
        }
    }
    Ok(())
}

/// Nothing was left lying that did not lie there before.
fn no_debris(machine: &Machine<'_>, folder: &str, before: &BTreeSet<PathBuf>) -> Checked {
    let now = machine.debris(folder);
    prop_assert!(
        now.is_subset(before),
        "{now:?} are left behind{}",
        machine.story()
    );
    Ok(())
}

/// Two sides that change different parts of a text, with at least a line between them.
fn merged(parts: &[Part], crlf: bool, executable: bool) -> Checked {
    let row = |rows: &mut Vec<String>, text: String| rows.push(text);
    let [mut base, mut ours, mut theirs, mut both] = [const { Vec::new() }; 4];
    let every = |rows: [&mut Vec<String>; 4], text: &str| {
        rows.into_iter().for_each(|rows| row(rows, text.to_owned()))
    };
    every([&mut base, &mut ours, &mut theirs, &mut both], "first");
    for (number, part) in parts.iter().enumerate() {
        let (changed, other) = if part.mine {
            (&mut ours, &mut theirs)
        } else {
            (&mut theirs, &mut ours)
        };
        let (old, new) = match part.how {
            How::Replace(rows) => (rows, 1),
            How::Drop(rows) => (rows, 0),
            How::Insert(rows) => (0, rows),
        };
        for n in 0..old {
            row(&mut base, format!("old {number} {n}"));
            row(other, format!("old {number} {n}"));
        }
        for n in 0..new {
            row(changed, format!("new {number} {n}"));
            row(&mut both, format!("new {number} {n}"));
        }
        for n in 0..part.gap {
            every(
                [&mut base, &mut ours, &mut theirs, &mut both],
                &format!("between {number} {n}"),
            );
        }
    }
    let package = |rows: &[String]| scenario::Version {
        files: [(
            "a.txt".to_owned(),
            scenario::Made::Text(scenario::Text {
                rows: rows.to_vec(),
                ..Default::default()
            }),
        )]
        .into(),
        ..Default::default()
    };
    let packages = [Package(vec![package(&base), package(&theirs)])];
    Machine::with(&packages, |machine| {
        let end = if crlf { "\r\n" } else { "\n" };
        let text = |rows: &[String]| {
            rows.iter()
                .map(|row| format!("{row}{end}"))
                .collect::<String>()
        };
        done(machine, machine.bring("shop", &all(&packages, 0)))?;
        machine.world.write("shop/a.txt", text(&ours));
        machine.world.write("shop/own.txt", "mine\n");
        if executable {
            machine.edit("shop", &scenario::Edit::Executable { file: 0 });
        }
        let before = machine.files("shop");
        done(machine, machine.bring("shop", &all(&packages, 1)))?;
        let after = machine.files("shop");
        let (bytes, is_executable) = &after["a.txt"];
        let found = String::from_utf8_lossy(bytes);
        prop_assert_eq!(&*found, text(&both), "{}", machine.story());
        prop_assert_eq!(*is_executable, before["a.txt"].1);
        prop_assert_eq!(&after["own.txt"], &before["own.txt"]);
        Ok(())
    })
}

/// Every piece of writing of the user's that stands in these files.
fn mine(files: &Files) -> BTreeSet<String> {
    let pieces = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut found = Vec::new();
        for (at, _) in text.match_indices(MINE) {
            let rest = &text[at..];
            found.extend(rest.find('.').map(|end| rest[..=end].to_owned()));
        }
        found
    };
    files
        .values()
        .flat_map(|(bytes, _)| pieces(bytes))
        .collect()
}

/// Whether a file is as it was generated, but for the values of secrets and the kind of its line ends.
fn is_unedited(generated: &File, (bytes, executable): &(Vec<u8>, bool)) -> bool {
    mask(&generated.bytes) == mask(bytes) && (!cfg!(unix) || generated.executable == *executable)
}

/// A text with every secret, drawn or not, as the same word.
fn mask(bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.to_vec();
    };
    let line = |line: &str| match line.strip_prefix(SECRET) {
        Some(value) if is_secret(value.trim_end()) => line.replace(value.trim_end(), "[SECRET]"),
        _ => line.to_owned(),
    };
    text.split_inclusive('\n')
        .map(line)
        .collect::<String>()
        .into_bytes()
}

fn is_secret(value: &str) -> bool {
    value.starts_with("scaffold-secret-")
        || value.len() == SECRET_LENGTH && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn masked(files: &Files) -> Files {
    let one = |(path, (bytes, executable)): (&String, &(Vec<u8>, bool))| {
        (path.clone(), (mask(bytes), *executable))
    };
    files.iter().map(one).collect()
}

/// The values of the secrets that stand in these files.
fn secrets(files: &Files) -> BTreeSet<String> {
    let values = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines = text.lines().filter_map(|line| line.strip_prefix(SECRET));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    files
        .values()
        .flat_map(|(bytes, _)| values(bytes))
        .collect()
}

fn secrets_before_stay(before: &Files, after: &Files) -> bool {
    let (before, after) = (secrets(before), secrets(after));
    before.is_empty() || after.is_subset(&before)
}

/// Files as a failing test prints them.
fn shown(files: &Files) -> Vec<String> {
    let one = |(path, (bytes, executable)): (&String, &(Vec<u8>, bool))| {
        let mode = if *executable { " executable" } else { "" };
        format!("{path}{mode}: {}", bytes.escape_ascii())
    };
    files.iter().map(one).collect()
}

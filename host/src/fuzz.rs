//! What the fuzzer runs on this crate, and what must hold whatever it comes up with.
//!
//! Compiled for tests, which run every function on its committed seeds, and with `--cfg fuzzing`; never into the
//! program. How to run the fuzzer: `tests/fuzz/README.md`.

#![allow(
    clippy::expect_used,
    reason = "a panic is how a fuzz target says that something does not hold"
)]

use std::collections::BTreeMap;

use scaffold_registry::Pattern;

pub use crate::apply::fuzz::journal;
pub use crate::merge::fuzz::merge;
pub use crate::store::kept;

use crate::changelog;
use crate::grants::{Class, MayRead, Policy, Reads, is_private};
use crate::path::ProjectPath;
use crate::project::{Lock, ProjectManifest, conflict, manifest};
use crate::question::{Choice, Kind, Question, Value, check};
use crate::secret::{Secrets, wanted};
use crate::ui::clean;

/// The name of a target, which is that of its seeds and of its binary as well, and the target.
#[cfg(test)]
type Target = (&'static str, fn(&[u8]));

#[cfg(test)]
pub(crate) const TARGETS: &[Target] = &[
    ("answers", answers),
    ("clean", clean),
    ("grants", grants),
    ("journal", journal),
    ("kept", kept),
    ("lock", lock),
    ("merge", merge),
    ("project", project),
    ("project_path", project_path),
    ("secrets", secrets),
];

/// Answers to every kind of question, and questions no better than their answers.
pub fn answers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let choices = |words: &[&str]| -> Vec<Choice> {
        let choice = |word: &&str| Choice {
            value: (*word).to_owned(),
            label: text.to_owned(),
        };
        words.iter().map(choice).collect()
    };
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    for kind in [
        Kind::Text,
        Kind::Flag,
        Kind::Integer { min: -5, max: 99 },
        Kind::OneOf(choices(&["a", "b", "3"])),
        Kind::AnyOf(choices(&["a", "b", "3"])),
        Kind::AnyOf(choices(&[first, rest])),
    ] {
        let question = Question {
            name: "name".to_owned(),
            prompt: first.to_owned(),
            help: rest.to_owned(),
            default: Some(Value::Text(first.to_owned())),
            applies: true,
            kind,
        };
        let _ = (question.takes(), question.kind.to_json());
        let _ = check(vec![question.clone()]);
        let Ok(value) = question.parse(text) else {
            continue;
        };
        assert_eq!(question.accept(value.clone()), Ok(value.clone()));
        assert_eq!(Value::from_toml(&value.to_toml()), Ok(value.clone()));
        assert_eq!(Value::from_json(&value.to_json()), Ok(value));
    }
    if let Ok(value) = serde_json::from_slice(data)
        && let Ok(value) = Value::from_json(&value)
    {
        assert_eq!(Value::from_json(&value.to_json()), Ok(value));
    }
}

/// Text of a package: nothing in it steers a terminal once it was cleaned.
pub fn clean(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    for (cleaned, kept) in [
        (clean::line(&text), '\0'),
        (clean::block(&text), '\n'),
        (clean::file_line(&text), '\t'),
    ] {
        let kept = |c: char| c == kept && c != '\0';
        assert!(!cleaned.contains(|c| steers(c) && !kept(c)), "{cleaned:?}");
    }
    assert!(clean::line(&text).chars().count() <= clean::LINE_CAP);
    assert!(clean::block(&text).lines().count() <= clean::BLOCK_CAP + 1);
    let version = |text: &str| text.parse().expect("a version");
    let _ = changelog::between(data, &version("1.0.0"), &version("2.0.0"));
}

/// Patterns a package asks for, a line each, an empty line, then paths. What may be read is never a secret, lies where it
/// is looked for, and is judged the same in every case of its letters.
pub fn grants(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (patterns, paths) = text.split_once("\n\n").unwrap_or(("**", text));
    let asked: Vec<Pattern> = patterns
        .lines()
        .map(|pattern| Pattern {
            pattern: pattern.to_owned(),
            reason: String::new(),
        })
        .collect();
    let granted = Reads {
        patterns: patterns.lines().map(str::to_owned).collect(),
        ..Reads::default()
    };
    let Ok(may) = MayRead::new(&asked, &granted, &Policy::default()) else {
        return;
    };
    for path in paths
        .lines()
        .filter_map(|path| ProjectPath::parse(path).ok())
    {
        if may.allows(&path) {
            assert!(!is_private(&path), "{path}");
            let components = path.as_str().split('/').count();
            let covered = may.bases().iter().any(|base| {
                let below = path.as_str().strip_prefix(base.folder.as_str());
                let below =
                    below.is_some_and(|rest| base.folder.is_empty() || rest.starts_with('/'));
                below && components <= base.depth
            });
            assert!(covered, "{path} is not looked for in {:?}", may.bases());
        }
        if let Ok(loud) = ProjectPath::parse(&path.as_str().to_ascii_uppercase()) {
            assert_eq!(is_private(&loud), is_private(&path), "{path}");
            assert_eq!(Class::of(&loud, false), Class::of(&path, false), "{path}");
        }
    }
}

/// A lock file, also one with git's conflict markers.
pub fn lock(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(lock) = Lock::parse(text) {
        let again = lock.to_text();
        assert_eq!(Lock::parse(&again).expect("what was written"), lock);
    }
    for side in conflict::sides(text) {
        let _ = Lock::parse(&side);
    }
}

/// A project's `scaffold.toml` and, behind 0xff, a lock: what is written into the one says what the other does.
pub fn project(data: &[u8]) {
    let mut parts = data
        .splitn(2, |byte| *byte == 0xff)
        .map(std::str::from_utf8);
    let (Some(Ok(before)), Some(Ok(lock))) = (parts.next(), parts.next().or(Some(Ok("")))) else {
        return;
    };
    let (Ok(old), Ok(lock)) = (ProjectManifest::parse(before), Lock::parse(lock)) else {
        return;
    };
    let Ok(text) = manifest::write(Some(before), &lock, &BTreeMap::new(), &BTreeMap::new()) else {
        return;
    };
    let new = ProjectManifest::parse(&text).expect("what was written");
    assert_eq!(
        (&new.project, &new.registries),
        (&old.project, &old.registries)
    );
    assert_eq!(new.generators.len(), lock.generators.len(), "{text}");
    for locked in &lock.generators {
        let wanted = &new.generators[&locked.instance];
        assert_eq!(wanted.package, locked.package.package, "{text}");
        assert_eq!(wanted.answers, locked.answers, "{text}");
    }
}

/// Paths that generators and our own records name.
pub fn project_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(path) = ProjectPath::parse(text) {
        assert_eq!(path.as_str(), text);
        assert!(!path.is_own());
        assert_eq!(ProjectPath::parse_recorded(text), Ok(path.clone()));
        let own = [ProjectPath::manifest(), ProjectPath::lock()];
        assert!(own.iter().all(|own| own.fold() != path.fold()), "{path}");
        assert!(!path.fold().starts_with(".scaffold/"), "{path}");
        for parent in path.parents() {
            ProjectPath::parse(parent).expect("a folder above it");
        }
    } else if let Ok(path) = ProjectPath::parse_recorded(text) {
        assert!(path.is_own());
    }
}

/// A generated text and, behind 0xff, the user's file: whatever stands there, putting secrets in makes no new place for one.
pub fn secrets(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0xff);
    let (template, file) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let secrets = Secrets::read(template, file);
    let filled = secrets.fill(template);
    assert!(wanted(&filled).is_subset(&wanted(template)));
    // Each value goes to every place of its secret, or to none.
    assert_eq!(secrets.fill(&filled), filled);
}

#[cfg(test)]
#[path = "../../tests/fuzz/seeds.rs"]
mod seeds;

//! The process is killed, at every step, and once more while the next one recovers.

use super::*;

fn go(root: &Path) -> Option<Recovered> {
    recover(root, &Options::default()).unwrap()
}

#[test]
fn killed_at_any_step_the_next_command_ends_in_the_old_tree_or_the_new_one() {
    for make in [
        Scenario::full as fn() -> Scenario,
        Scenario::small,
        Scenario::fresh,
        Scenario::additions,
    ] {
        let (new, steps) = Scenario::outcome(make);
        let (mut finished, mut rolled_back) = (0, 0);
        for at in 1..=steps.len() {
            let scenario = make();
            let above = snapshot(scenario.dir.path()).unwrap();
            let old = project(&scenario.root);
            assert!(killed(at, |hook| scenario.apply(Some(hook))).is_none());
            let recovered = go(&scenario.root);
            let now = project(&scenario.root);
            let step = steps[at - 1];
            if now == new {
                finished += 1;
            } else {
                rolled_back += 1;
                assert_eq!(now, old, "step {at}, {step:?}: {recovered:?}");
                // A project keeps our folder, empty of work; what is no project keeps nothing.
                let mut rest = snapshot(scenario.dir.path()).unwrap();
                if scenario.root.join("scaffold.lock").exists() {
                    rest.retain(|at, _| !at.starts_with("project/.scaffold"));
                    let state = snapshot(&scenario.root.join(".scaffold")).unwrap_or_default();
                    assert!(
                        state.keys().all(|at| at == ".gitignore"
                            || at == "lock"
                            || at.starts_with("inputs")),
                        "step {at}, {step:?}: {state:?}"
                    );
                }
                rest.remove("above");
                assert_eq!(rest, above, "step {at}, {step:?}: {recovered:?}");
            }
            match recovered {
                Some(Recovered::Finished { label, .. }) => {
                    assert_eq!((label.as_str(), &now), ("test", &new))
                }
                Some(Recovered::RolledBack { kept, .. }) => assert!(kept.is_empty() && now == old),
                Some(Recovered::Cleared) | None => {}
            }
            assert_eq!(go(&scenario.root), None, "step {at}, {step:?}");
        }
        // A project made beside its place is done with the last step there is.
        assert_eq!(finished > 0, make().root.exists());
        assert!(rolled_back > 0);
    }
}

#[test]
fn killed_again_while_recovering_it_still_ends_well() {
    let make = Scenario::small;
    let (new, steps) = Scenario::outcome(make);
    let first = steps
        .iter()
        .position(|step| *step == Step::Journal)
        .unwrap();
    for damage in [false, true] {
        for at in first..=steps.len() {
            for again in 1.. {
                let scenario = make();
                let old = project(&scenario.root);
                killed(at, |hook| scenario.apply(Some(hook)));
                if damage {
                    damage_stage(&scenario.root);
                }
                let done = killed(again, |hook| {
                    recover(
                        &scenario.root,
                        &Options {
                            fault: Some(hook),
                            ..Options::default()
                        },
                    )
                    .unwrap()
                })
                .is_some();
                go(&scenario.root);
                let now = project(&scenario.root);
                assert!(
                    now == new || now == old,
                    "killed at {at} {:?} and {again}",
                    steps[at - 1]
                );
                assert_eq!(go(&scenario.root), None);
                if done {
                    break;
                }
            }
        }
    }
}

/// Makes the staged contents what a power cut would leave of them; whether there was any.
fn damage_stage(root: &Path) -> bool {
    let Ok(staged) = std::fs::read_dir(root.join(".scaffold/stage")) else {
        return false;
    };
    staged
        .map(|entry| std::fs::write(entry.unwrap().path(), b"").unwrap())
        .count()
        > 0
}

#[test]
fn a_damaged_stage_is_rolled_back() {
    let (new, steps) = Scenario::outcome(Scenario::full);
    let mut rolled_back = 0;
    for at in 1..=steps.len() {
        let scenario = Scenario::full();
        let old = project(&scenario.root);
        killed(at, |hook| scenario.apply(Some(hook)));
        let journal = is_interrupted(&scenario.root).unwrap();
        let damaged = damage_stage(&scenario.root);
        let recovered = go(&scenario.root);
        if journal && damaged {
            rolled_back += 1;
            assert!(
                matches!(recovered, Some(Recovered::RolledBack { ref kept, .. }) if kept.is_empty()),
                "{recovered:?}"
            );
            assert_eq!(project(&scenario.root), old);
        } else {
            assert!(project(&scenario.root) == new || project(&scenario.root) == old);
        }
    }
    assert!(rolled_back > 10);
}

/// Contents of new files are not waited for, so a power cut may leave them empty although they are in place.
#[test]
fn files_that_did_not_reach_the_disk_are_taken_back() {
    let (_, steps) = Scenario::outcome(Scenario::additions);
    let last = steps
        .iter()
        .rposition(|step| *step == Step::Commit)
        .unwrap()
        + 1;
    for torn in [&b""[..], &b"\0\0"[..]] {
        let scenario = Scenario::additions();
        let old = snapshot(&scenario.root);
        killed(last, |hook| scenario.apply(Some(hook)));
        std::fs::write(scenario.root.join("d/b"), torn).unwrap();
        let recovered = go(&scenario.root);
        assert!(
            matches!(recovered, Some(Recovered::RolledBack { ref kept, .. }) if kept.is_empty()),
            "{recovered:?}"
        );
        assert_eq!(snapshot(&scenario.root), old);
    }
}

/// The user works on in a project that a killed command left half changed.
#[test]
fn what_the_user_wrote_since_is_never_lost() {
    let (new, steps) = Scenario::outcome(Scenario::full);
    let files: Vec<String> = new
        .unwrap()
        .into_iter()
        .filter(|(_, (_, bytes))| bytes.is_some())
        .map(|(at, _)| at)
        .collect();
    for at in 1..=steps.len() {
        let scenario = Scenario::full();
        let old = project(&scenario.root).unwrap();
        killed(at, |hook| scenario.apply(Some(hook)));
        let half = project(&scenario.root).unwrap();
        // An edit where there is a file, a new file where there is nothing.
        let free = |file: &String| half.get(file).is_none_or(|(_, bytes)| bytes.is_some());
        let under_file = |file: &String| {
            path_parents(file)
                .any(|above| half.get(above).is_some_and(|(_, bytes)| bytes.is_some()))
        };
        let edited: Vec<&String> = files
            .iter()
            .filter(|file| !file.starts_with("scaffold.") && free(file) && !under_file(file))
            .collect();
        for file in &edited {
            put(&scenario.root, file, format!("my {file}").as_bytes());
        }
        let recovered = go(&scenario.root);
        let now = snapshot(&scenario.root).unwrap();
        let all: Vec<&Vec<u8>> = now
            .values()
            .filter_map(|(_, bytes)| bytes.as_ref())
            .collect();
        for file in edited {
            let wanted = format!("my {file}").into_bytes();
            assert_eq!(
                now[file.as_str()].1.as_ref(),
                Some(&wanted),
                "step {at}, {:?}: {file}: {recovered:?}",
                steps[at - 1]
            );
        }
        for (file, (_, bytes)) in old {
            // Of the old files, those the user has not overwritten while they were in place.
            let overwritten = half.get(&file).is_some_and(|(_, now)| *now == bytes);
            if let (Some(bytes), false) = (bytes, overwritten) {
                assert!(
                    all.contains(&&bytes),
                    "step {at}, {:?}: {file} is nowhere: {recovered:?}",
                    steps[at - 1]
                );
            }
        }
        assert_eq!(go(&scenario.root), None);
    }
}

fn path_parents(file: &str) -> impl Iterator<Item = &str> {
    file.match_indices('/').map(|(at, _)| &file[..at])
}

#[test]
fn a_journal_that_makes_no_sense_is_reported_and_left_alone() {
    let scenario = Scenario::small();
    let old = project(&scenario.root);
    put(&scenario.root, ".scaffold/lock", b"");
    put(&scenario.root, ".scaffold/journal", b"<<<<<<< HEAD\n");
    let error = recover(&scenario.root, &Options::default()).unwrap_err();
    assert!(error.to_string().contains(".scaffold/journal"), "{error}");
    assert!(matches!(
        scenario.apply(None).unwrap_err(),
        ApplyError::Unfinished
    ));
    assert_eq!(project(&scenario.root), old);
    assert!(scenario.root.join(".scaffold/journal").exists());
}

/// A clone may hold a journal; it can name no path that a generator could not.
#[cfg(unix)]
#[test]
fn a_journal_from_elsewhere_follows_no_link() {
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "target", b"theirs");
    let scenario = Scenario::small();
    std::os::unix::fs::symlink(outside.path(), scenario.root.join("n")).unwrap();
    let journal = Journal {
        label: String::new(),
        folders: Vec::new(),
        sweep: Vec::new(),
        undoes: None,
        entries: vec![journal::Entry {
            path: path("n/target"),
            before: None,
            after: Some(crate::plan::Stamp {
                digest: scaffold_registry::Digest::of(b"evil"),
                executable: false,
            }),
            conflict: None,
        }],
    };
    put(
        &scenario.root,
        ".scaffold/journal",
        journal.to_text().as_bytes(),
    );
    put(&scenario.root, ".scaffold/lock", b"");
    put(&scenario.root, ".scaffold/stage/0", b"evil");
    put(&scenario.root, ".scaffold/backup/x", b"");
    let _ = recover(&scenario.root, &Options::default());
    assert_eq!(
        std::fs::read(outside.path().join("target")).unwrap(),
        b"theirs"
    );
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}

/// Another tool may keep something under the same name.
#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let scenario = Scenario::small();
    put(&scenario.root, ".scaffold/stage/theirs", b"theirs");
    put(&scenario.root, ".scaffold/journal", b"theirs");
    let old = snapshot(&scenario.root);
    assert_eq!(go(&scenario.root), None);
    let error = scenario.apply(None).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(".scaffold in the project's folder is a folder of something else"),
        "{error}"
    );
    assert_eq!(snapshot(&scenario.root), old);
}

/// Records may have come with a clone: their numbers are as they may be.
#[test]
fn odd_records_are_no_trouble() {
    let scenario = Scenario::small();
    for name in ["18446744073709551615", "+3", "007", "x", "2"] {
        put(
            &scenario.root,
            &format!(".scaffold/undo/{name}/x"),
            b"theirs",
        );
    }
    put(&scenario.root, ".scaffold/lock", b"");
    assert_eq!(last_change(&scenario.root).unwrap(), None);
    assert_eq!(scenario.apply(None).unwrap().record, Some(3));
    assert_eq!(last_change(&scenario.root).unwrap().unwrap().id, 3);
    assert_eq!(go(&scenario.root), None);
}

//! A call that fails, at every step.

use super::*;

const MAKERS: [fn() -> Scenario; 4] = [
    Scenario::full,
    Scenario::small,
    Scenario::additions,
    Scenario::fresh,
];

/// Whatever fails, the project is exactly as it was, our own folder included, or the change is complete.
#[test]
fn failing_at_any_step_leaves_the_old_tree_exactly() {
    for make in MAKERS {
        let (new, steps) = Scenario::outcome(make);
        let mut failed = 0;
        for at in 1..=steps.len() {
            let scenario = make();
            let old = snapshot(&scenario.root);
            let above = snapshot(scenario.dir.path());
            match scenario.apply(Some(&failing(at, io::ErrorKind::PermissionDenied, false))) {
                Err(error) => {
                    failed += 1;
                    assert_eq!(
                        snapshot(&scenario.root),
                        old,
                        "step {at}, {:?}: {error}",
                        steps[at - 1]
                    );
                    assert_eq!(
                        snapshot(scenario.dir.path()),
                        above,
                        "step {at}, {:?}: {error}",
                        steps[at - 1]
                    );
                    assert!(matches!(error, ApplyError::Unchanged(_)), "{error:?}");
                    assert!(
                        error
                            .to_string()
                            .starts_with("nothing in the project was changed: cannot "),
                        "{error}"
                    );
                    assert!(
                        error.to_string().ends_with(
                            "Make the folder writable for you and run the command again"
                        ),
                        "{error}"
                    );
                }
                // Only tidying is left after the change is committed.
                Ok(_) => {
                    let committed = steps
                        .iter()
                        .rposition(|step| *step == Step::Commit)
                        .unwrap()
                        + 1;
                    assert!(
                        at > committed,
                        "step {at}, {:?} failed and was not noticed",
                        steps[at - 1]
                    );
                    assert_eq!(
                        project(&scenario.root),
                        new,
                        "step {at}, {:?}",
                        steps[at - 1]
                    );
                }
            }
            assert!(!is_interrupted(&scenario.root).unwrap());
            // What is left to tidy is tidied without a word about an interruption to the project itself.
            let recovered = recover(&scenario.root, &Options::default()).unwrap();
            assert!(
                matches!(recovered, None | Some(Recovered::Cleared)),
                "{recovered:?}"
            );
            assert_eq!(recover(&scenario.root, &Options::default()).unwrap(), None);
        }
        assert!(failed >= steps.len() / 2);
    }
}

/// Nothing works any more from some step on, going back neither: the next command does it.
#[test]
fn a_machine_that_fails_for_good_is_waited_for() {
    for make in MAKERS {
        let (new, steps) = Scenario::outcome(make);
        let mut stuck = 0;
        for at in 1..=steps.len() {
            let scenario = make();
            let old = project(&scenario.root);
            let result = scenario.apply(Some(&failing(at, io::ErrorKind::Other, true)));
            if let Err(ApplyError::Stuck { .. }) = &result {
                stuck += 1;
                assert!(is_interrupted(&scenario.root).unwrap());
                let error = scenario.apply(None).unwrap_err();
                assert!(matches!(error, ApplyError::Unfinished), "{error:?}");
            }
            recover(&scenario.root, &Options::default()).unwrap();
            let now = project(&scenario.root);
            match result {
                Ok(_) => assert_eq!(now, new, "step {at}, {:?}", steps[at - 1]),
                Err(_) => assert_eq!(now, old, "step {at}, {:?}", steps[at - 1]),
            }
        }
        // There is nothing to go back from where the project is made beside its place.
        assert_eq!(stuck > 0, make().root.exists());
    }
}

/// The disk is full: writing fails from some step on, moving does not.
#[test]
fn a_full_disk_leaves_the_old_tree_and_says_what_to_do() {
    for make in MAKERS {
        let scenario = make();
        let old = snapshot(&scenario.root);
        let written = Cell::new(0);
        let error = scenario
            .apply(Some(&|step| {
                written.set(written.get() + usize::from(step == Step::Stage));
                if step == Step::Stage && written.get() > 1 {
                    Err(io::ErrorKind::StorageFull.into())
                } else {
                    Ok(())
                }
            }))
            .unwrap_err();
        assert_eq!(snapshot(&scenario.root), old);
        assert!(error.to_string().contains("Free some space"), "{error}");
    }
}

/// A real disk that is really full, where the test may mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_real_full_disk_leaves_the_old_tree() {
    let dir = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(dir.path())
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        return; // `a_full_disk_leaves_the_old_tree_and_says_what_to_do` says the same with a pretended one.
    }
    let big = "x".repeat(300 * 1024);
    let check = || {
        let plan = |root: &Path| {
            let theirs = tree(&[("a", "2\n", false), ("big", &big, false)]);
            merge(
                &tree(&[("a", "1\n", false)]),
                &theirs,
                &Workspace::open(root).unwrap(),
                &merge::Options::default(),
            )
            .unwrap()
        };
        let there = dir.path().join("there");
        put(&there, "a", b"1\n");
        for root in [there, dir.path().join("fresh")] {
            let old = snapshot(&root);
            let mut plan = plan(&root);
            plan.actions
                .retain(|action| root.exists() || action.before.is_none());
            let error = super::super::apply(&root, &plan, &[], &Options::default()).unwrap_err();
            assert!(error.to_string().contains("Free some space"), "{error}");
            assert_eq!(snapshot(&root), old);
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    };
    let result = catch_unwind(AssertUnwindSafe(check));
    let _ = std::process::Command::new("umount")
        .arg(dir.path())
        .status();
    if let Err(reason) = result {
        resume_unwind(reason);
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_said_to_be_one() {
    let scenario = Scenario::small();
    chmod(&scenario.root, 0o555);
    // Root may write everywhere, and then there is nothing to see.
    if std::fs::write(scenario.root.join("probe"), b"").is_err() {
        let old = snapshot(&scenario.root);
        let error = scenario.apply(None).unwrap_err();
        assert!(
            error.to_string().contains("Make the folder writable"),
            "{error}"
        );
        assert_eq!(snapshot(&scenario.root), old);
    }
    chmod(&scenario.root, 0o755);
}

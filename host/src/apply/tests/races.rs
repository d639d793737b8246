//! Others at work in the same project: the user, a second command, someone who swaps links in.

use super::*;

#[test]
fn what_changed_after_the_plan_is_not_overwritten() {
    let change: [fn(&Path); 6] = [
        |root| put(root, "a", b"edited\n"),
        |root| std::fs::remove_file(root.join("a")).unwrap(),
        |root| put(root, "n/c", b"mine\n"),
        |root| put(root, "d/b", b"edited\n"),
        |root| put(root, "scaffold.lock", b"other"),
        |root| put(root, "n", b"a file where a folder has to be"),
    ];
    for change in change {
        let scenario = Scenario::small();
        change(&scenario.root);
        let now = snapshot(&scenario.root);
        let error = scenario.apply(None).unwrap_err();
        assert!(
            matches!(error, ApplyError::Changed { .. } | ApplyError::Unchanged(_)),
            "{error:?}"
        );
        assert_eq!(snapshot(&scenario.root), now);
    }
}

/// Between the check and the move there is a moment, in which nothing is lost either.
#[test]
fn what_changes_at_the_last_moment_is_kept() {
    type Change = fn(&Path);
    let change: [(&str, Change); 3] = [
        ("a", |root| put(root, "a", b"mine\n")),
        ("d/b", |root| put(root, "d/b", b"mine\n")),
        ("n/c", |root| put(root, "n/c", b"mine\n")),
    ];
    for (file, change) in change {
        let (_, steps) = Scenario::outcome(Scenario::small);
        let from = steps.iter().position(|step| *step == Step::Stage).unwrap();
        let to = steps
            .iter()
            .position(|step| *step == Step::SyncFolders)
            .unwrap();
        for (at, step) in steps.iter().enumerate().take(to).skip(from) {
            let scenario = Scenario::small();
            let old = project(&scenario.root).unwrap();
            let count = Cell::new(0);
            let result = scenario.apply(Some(&|_| {
                if count.replace(count.get() + 1) == at {
                    change(&scenario.root);
                }
                Ok(())
            }));
            let mut now = project(&scenario.root).unwrap();
            assert_eq!(
                now[file].1.as_deref(),
                Some(&b"mine\n"[..]),
                "{file} at {:?}: {result:?}",
                step
            );
            if result.is_err() {
                now.remove(file);
                let mut old = old;
                old.remove(file);
                now.retain(|at, _| at != "n" && at != "d");
                old.retain(|at, _| at != "n" && at != "d");
                assert_eq!(now, old, "{file} at {:?}", step);
            }
        }
    }
}

#[test]
fn a_project_that_appears_meanwhile_is_not_touched() {
    let scenario = Scenario::fresh();
    let error = scenario
        .apply(Some(&|step| {
            if step == Step::Commit {
                put(&scenario.root, "mine", b"mine");
            }
            Ok(())
        }))
        .unwrap_err();
    assert!(matches!(error, ApplyError::Appeared { .. }), "{error:?}");
    assert_eq!(
        snapshot(&scenario.root)
            .unwrap()
            .into_keys()
            .collect::<Vec<_>>(),
        ["mine"]
    );
    assert_eq!(
        std::fs::read_dir(scenario.root.parent().unwrap())
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn two_commands_at_once_take_turns() {
    let scenario = Scenario::small();
    let Scenario {
        root, plan, own, ..
    } = &scenario;
    let waited = std::sync::atomic::AtomicUsize::new(0);
    let barrier = std::sync::Barrier::new(2);
    let results: Vec<_> = std::thread::scope(|scope| {
        let run = || {
            let waiting = || {
                waited.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            };
            let slow = |step| {
                if step == Step::Enter {
                    barrier.wait();
                }
                std::thread::sleep(std::time::Duration::from_millis(2));
                Ok(())
            };
            super::super::apply(
                root,
                plan,
                own,
                &Options {
                    label: "",
                    waiting: Some(&waiting),
                    fault: Some(&slow),
                    ..Options::default()
                },
            )
        };
        let threads = [scope.spawn(run), scope.spawn(run)];
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        1,
        "{results:?}"
    );
    assert!(
        results
            .iter()
            .any(|result| matches!(result, Err(ApplyError::Changed { .. }))),
        "{results:?}"
    );
    assert_eq!(waited.into_inner(), 1);
    assert_eq!(project(root), Scenario::outcome(Scenario::small).0);
}

#[test]
fn one_who_waited_for_a_command_that_came_to_nothing_still_gets_its_turn() {
    for _ in 0..5 {
        let scenario = Scenario::small();
        let Scenario {
            root, plan, own, ..
        } = &scenario;
        let (waiting, wait) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let fails = scope.spawn(move || {
                let hook = |step| match step {
                    Step::Journal => {
                        wait.recv().unwrap();
                        Err(io::ErrorKind::Other.into())
                    }
                    _ => Ok(()),
                };
                super::super::apply(
                    root,
                    plan,
                    own,
                    &Options {
                        fault: Some(&hook),
                        ..Options::default()
                    },
                )
            });
            while !root.join(".scaffold/stage").exists() {
                std::thread::yield_now();
            }
            let told = move || waiting.send(()).unwrap();
            let result = super::super::apply(
                root,
                plan,
                own,
                &Options {
                    waiting: Some(&told),
                    ..Options::default()
                },
            );
            result.unwrap();
            fails.join().unwrap().unwrap_err();
        });
        assert!(root.join(".scaffold/undo/1").exists());
        assert_eq!(recover(root, &Options::default()).unwrap(), None);
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A link in the place of a file or a folder, put there after the plan was made.
    #[test]
    fn swapped_in_before_applying_is_refused() {
        for at in ["a", "d", "n", ".scaffold"] {
            let scenario = Scenario::small();
            let outside = tempfile::tempdir().unwrap();
            put(outside.path(), "b", b"1\n");
            put(outside.path(), "lock", b"");
            let _ = std::fs::rename(scenario.root.join(at), scenario.dir.path().join("moved"));
            let target = if at == "a" {
                outside.path().join("b")
            } else {
                outside.path().to_owned()
            };
            symlink(target, scenario.root.join(at)).unwrap();
            let (here, there) = (snapshot(&scenario.root), snapshot(outside.path()));
            let error = scenario.apply(None).unwrap_err();
            assert!(error.to_string().contains("symbolic link"), "{at}: {error}");
            assert_eq!(
                (snapshot(&scenario.root), snapshot(outside.path())),
                (here, there),
                "{at}"
            );
        }
    }

    /// The same at any moment while applying: whatever comes of it, nothing outside the project is touched.
    #[test]
    fn swapped_in_at_any_step_leads_nowhere() {
        let (_, steps) = Scenario::outcome(Scenario::small);
        for swapped in ["a", "d", "n"] {
            for (at, step) in steps.iter().enumerate() {
                let scenario = Scenario::small();
                let outside = tempfile::tempdir().unwrap();
                put(outside.path(), "b", b"1\n");
                let there = snapshot(outside.path());
                let count = Cell::new(0);
                let result = scenario.apply(Some(&|_| {
                    if count.replace(count.get() + 1) == at {
                        let _ = std::fs::rename(
                            scenario.root.join(swapped),
                            scenario.dir.path().join("moved"),
                        );
                        let target = if swapped == "a" {
                            outside.path().join("b")
                        } else {
                            outside.path().to_owned()
                        };
                        symlink(target, scenario.root.join(swapped)).unwrap();
                    }
                    Ok(())
                }));
                assert_eq!(
                    snapshot(outside.path()),
                    there,
                    "{swapped} at {:?}: {result:?}",
                    step
                );
                let _ = recover(&scenario.root, &Options::default());
                assert_eq!(
                    snapshot(outside.path()),
                    there,
                    "{swapped} at {:?}: {result:?}",
                    step
                );
            }
        }
    }
}

//! Somebody else at work in the project's folder, as fast as they can, while commands run: in loops, since one round proves
//! nothing.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use super::{
    links::{nothing_leaked, project, standing},
    scene::typed,
};
use crate::environment::World;

/// How often a command runs against whoever is at work.
const ROUNDS: usize = 200;

/// How many projects are attacked at the most, until a command in one of them meets the attacker: where the two get out of
/// step at once, as when a command makes a folder anew that the attacker holds, nothing more comes of it.
const PROJECTS: usize = 10;

/// Commands one after the other while `attack` is made again and again. Nothing outside changes or is read, none crashes, and
/// when the attacker is gone the project is whole.
fn against(attack: impl Fn(&World) + Sync) {
    assert!(
        (0..PROJECTS).any(|_| is_met(&attack)),
        "no command ever met the attacker"
    );
}

/// Whether a command in one project did not come to its end for the attacker.
fn is_met(attack: &(impl Fn(&World) + Sync)) -> bool {
    let world = project();
    let outside = standing(&world.path("outside"));
    let over = AtomicBool::new(false);
    let attacks = AtomicUsize::new(0);
    let mut done = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                attack(&world);
                pause();
                attacks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let stop = Stop(&over);
        for round in 0..ROUNDS {
            // An attack in the middle may have left the lock set aside, until the next command ends what was begun.
            let lock = fs::read_to_string(world.path("shop/scaffold.lock")).unwrap_or_default();
            let is_new = lock.contains("1.1.0");
            let run = typed(
                &world,
                if is_new {
                    "-C shop undo"
                } else {
                    "-C shop update"
                },
            );
            assert!(matches!(run.code, Some(0..=99)), "round {round}: {run}");
            done += usize::from(run.code == Some(0));
            assert!(
                standing(&world.path("outside")) == outside,
                "round {round}: {run}"
            );
            assert!(
                !run.stdout.contains("SECRET") && !run.stderr.contains("SECRET"),
                "round {round}: {run}"
            );
        }
        drop(stop);
    });
    assert!(
        attacks.load(Ordering::Relaxed) > ROUNDS,
        "there was hardly an attack"
    );
    nothing_leaked(&world);
    // Left alone, the next command ends whatever was begun.
    for folder in ["d", "n"] {
        let _ = fs::remove_file(world.path("shop").join(folder));
    }
    if !world.path("shop/d").exists() && world.path("shop/away").exists() {
        fs::rename(world.path("shop/away"), world.path("shop/d")).unwrap();
    }
    typed(&world, "-C shop sync").succeeded();
    typed(&world, "-C shop verify").succeeded();
    assert!(standing(&world.path("outside")) == outside);
    done < ROUNDS
}

/// As long as a command takes from one look to the next, so that both states are met.
fn pause() {
    thread::sleep(Duration::from_micros(300));
}

/// Ends the attack also when a check fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A folder of the project becomes a link and a folder again.
#[test]
fn a_folder_that_is_a_link_every_other_moment() {
    against(|world| {
        let (folder, away) = (world.path("shop/d"), world.path("shop/away"));
        let _ = fs::rename(&folder, &away);
        let _ = symlink("../outside", &folder);
        pause();
        let _ = fs::remove_file(&folder);
        let _ = fs::rename(&away, &folder);
    });
}

/// Where a folder is about to be made there is a link at times.
#[test]
fn a_link_where_a_folder_is_about_to_be_made() {
    against(|world| {
        let folder = world.path("shop/n");
        let _ = symlink("../outside", &folder);
        pause();
        if folder.is_symlink() {
            let _ = fs::remove_file(&folder);
        }
    });
}

/// The file itself.
#[test]
fn a_file_that_is_a_link_every_other_moment() {
    against(|world| {
        let (file, away) = (world.path("shop/a.txt"), world.path("shop/away.txt"));
        let _ = fs::rename(&file, &away);
        let _ = symlink("../outside/secret", &file);
        pause();
        if file.is_symlink() {
            let _ = fs::remove_file(&file);
        }
        if !file.exists() {
            let _ = fs::rename(&away, &file);
        }
    });
}

/// The folder goes to where its owner cannot be followed, and comes back.
#[test]
fn a_folder_that_is_renamed_away() {
    against(|world| {
        let (folder, away) = (world.path("shop/d"), world.path("away"));
        let _ = fs::rename(&folder, &away);
        pause();
        let _ = fs::rename(&away, &folder);
    });
}

/// Our own folder.
#[test]
fn our_stage_that_is_a_link_every_other_moment() {
    against(|world| {
        let (folder, away) = (world.path("shop/.scaffold/stage"), world.path("away-stage"));
        let _ = fs::rename(&folder, &away);
        let _ = symlink("../../outside", &folder);
        pause();
        if folder.is_symlink() {
            let _ = fs::remove_file(&folder);
        }
        let _ = fs::remove_dir_all(&away);
    });
}

/// Two processes in one project, again and again: each waits for the other, and what stands in the end is what the lock says.
#[test]
fn two_commands_at_once() {
    let world = project();
    let before = world.files("shop");
    for _ in 0..60 {
        thread::scope(|scope| {
            for _ in 0..2 {
                // The second finds nothing left to do.
                scope.spawn(|| typed(&world, "-C shop update").succeeded());
            }
        });
        typed(&world, "-C shop verify").succeeded();
        typed(&world, "-C shop status --exit-code").succeeded();
        // One change was made, and so one is taken back.
        typed(&world, "-C shop undo").succeeded();
        assert!(world.files("shop") == before);
    }
}

/// Two that make the same project: one does, the other is told, and nothing is mixed.
#[test]
fn two_that_make_one_project() {
    let world = project();
    for round in 0..40 {
        let name = format!("shop-{round}");
        let made: Vec<_> = thread::scope(|scope| {
            let commands = [(); 2].map(|()| {
                let (world, name) = (&world, &name);
                scope.spawn(move || {
                    let line = format!("new evil/x {name} --registry evil=registry --defaults");
                    typed(world, &line).code
                })
            });
            commands
                .into_iter()
                .map(|command| command.join().unwrap())
                .collect()
        });
        assert!(made.contains(&Some(0)), "round {round}: {made:?}");
        assert!(
            made.iter().all(|code| matches!(code, Some(0..=99))),
            "{made:?}"
        );
        typed(&world, &format!("-C {name} verify")).succeeded();
        assert_eq!(world.read(&format!("{name}/a.txt")), "two");
    }
    let left = fs::read_dir(world.path("")).unwrap().flatten();
    let left: Vec<_> = left
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with(".scaffold-new"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

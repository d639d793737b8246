//! Journals and records that a hostile repository brings along, with digests that are right.

use std::{fs, process::Command};

use scaffold_registry::Digest;

use super::{
    links::{SECRET, holds, link, nothing_leaked, pipe, project, standing},
    scene::{told, typed},
};
use crate::environment::World;

/// A journal with a right digest, as a hostile repository can hold one.
fn journal(lines: &str) -> String {
    let body = format!("{lines}\n");
    format!("{body}{{\"check\":\"{}\"}}\n", Digest::of(body.as_bytes()))
}

fn head(folders: &str, sweep: &str) -> String {
    format!("{{\"journal\":2,\"label\":\"add x\",\"folders\":[{folders}],\"sweep\":[{sweep}]}}")
}

fn stamp(text: &str) -> String {
    format!(
        "{{\"digest\":\"{}\",\"executable\":false}}",
        Digest::of(text.as_bytes())
    )
}

/// What a forged journal may not do: write, move away or remove at that path.
#[track_caller]
fn forged(path: &str) {
    let path = path.replace('/', "\\/");
    for lines in [
        format!(
            "{}\n{{\"path\":\"{path}\",\"before\":null,\"after\":{}}}",
            head("", ""),
            stamp("new")
        ),
        format!(
            "{}\n{{\"path\":\"{path}\",\"before\":{},\"after\":null}}",
            head("", ""),
            stamp(SECRET)
        ),
        head(&format!("\"{path}\""), ""),
        head("", &format!("\"{path}\"")),
    ] {
        for (at, name) in [
            ("journal", "journal"),
            ("journal.back", "journal.back"),
            ("undo/2/journal", "a record"),
        ] {
            let (world, run) = holds(|world| {
                world.write(&format!("shop/.scaffold/{at}"), journal(&lines));
                world.write("shop/.scaffold/stage/0", "new");
                world.write("shop/.scaffold/backup/0", "new");
                world.write("shop/.git/hooks/keep", "");
                fs::create_dir_all(world.path("empty")).unwrap();
            });
            told(&run);
            assert!(run.stderr.contains("cannot be understood"), "{name}: {run}");
            assert!(world.path("empty").exists() && !world.path("new").exists());
            assert!(!world.path("shop/.git/hooks/pre-commit").exists());
        }
    }
}

#[test]
fn a_journal_that_names_a_file_above() {
    forged("../outside/secret");
}

#[test]
fn a_journal_that_names_an_empty_folder_above() {
    forged("../empty");
}

#[test]
fn a_journal_that_names_a_file_by_its_whole_path() {
    forged("/etc/passwd");
}

#[test]
fn a_journal_that_names_git_s_hooks() {
    forged(".git/hooks/pre-commit");
}

/// The paths are fine, and lead through a link.
#[test]
fn a_journal_that_leads_through_a_link() {
    let lines = format!(
        "{}\n{{\"path\":\"n/new\",\"before\":null,\"after\":{}}}",
        head("", ""),
        stamp("new")
    );
    for at in ["journal", "journal.back"] {
        holds(|world| {
            link(world, "../outside", "shop/n");
            world.write(&format!("shop/.scaffold/{at}"), journal(&lines));
            world.write("shop/.scaffold/stage/0", "new");
        });
    }
}

/// What a journal says is to be put in place is a link itself: it would be one in the project.
#[test]
fn a_journal_whose_contents_are_links() {
    let lines = format!(
        "{}\n{{\"path\":\"new.txt\",\"before\":null,\"after\":{}}}",
        head("", ""),
        stamp(SECRET)
    );
    for at in ["journal", "journal.back"] {
        let (world, _) = holds(|world| {
            let to = world.path("outside/secret");
            link(world, to.to_str().unwrap(), "shop/.scaffold/stage/0");
            fs::create_dir_all(world.path("shop/.scaffold/backup")).unwrap();
            world.write(&format!("shop/.scaffold/{at}"), journal(&lines));
        });
        assert!(world.path("shop/new.txt").symlink_metadata().is_err());
    }
}

#[test]
fn a_journal_of_a_terabyte() {
    for at in ["journal", "undo/2/journal"] {
        let (_, run) = holds(|world| {
            world.write(&format!("shop/.scaffold/{at}"), "");
            let file = fs::OpenOptions::new()
                .write(true)
                .open(world.path("shop/.scaffold").join(at))
                .unwrap();
            file.set_len(1 << 40)
                .or_else(|_| file.set_len(1 << 33))
                .unwrap();
        });
        told(&run);
        assert!(run.stderr.contains("larger than"), "{run}");
    }
}

/// A record that says that the folder's file was something else before, from somewhere it may not look.
#[test]
fn a_record_whose_contents_are_links() {
    let lines = format!(
        "{}\n{{\"path\":\"a.txt\",\"before\":{},\"after\":{}}}",
        head("", ""),
        stamp(SECRET),
        stamp("one")
    );
    holds(|world| {
        world.write("shop/.scaffold/undo/2/journal", journal(&lines));
        link(
            world,
            "../../../../outside/secret",
            "shop/.scaffold/undo/2/0",
        );
    });
    let world = project();
    world.write("shop/.scaffold/undo/2/journal", journal(&lines));
    link(
        &world,
        "../../../../outside/secret",
        "shop/.scaffold/undo/2/0",
    );
    typed(&world, "-C shop undo");
    nothing_leaked(&world);
}

/// A conflict in a repository that came as it is, its `.git` included: git's index is told of it.
fn conflict(prepare: impl Fn(&World)) {
    let world = project();
    for words in [
        &["init", "-q"][..],
        &["add", "."],
        &["commit", "-q", "-m", "all"],
    ] {
        let done = Command::new("git")
            .current_dir(world.path("shop"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
            .args(words)
            .status();
        assert!(done.unwrap().success());
    }
    prepare(&world);
    let outside = standing(&world.path("outside"));
    world.write("shop/a.txt", "mine");
    for line in ["update", "abort", "update", "resolve", "undo"] {
        let run = typed(&world, &format!("-C shop {line}"));
        assert!(matches!(run.code, Some(0..=99)), "{run}");
        assert!(standing(&world.path("outside")) == outside, "{run}");
        if line == "update" {
            assert!(run.stderr.contains("conflict"), "{run}");
        }
    }
}

#[test]
fn a_copy_of_git_s_index_that_is_a_link() {
    conflict(|world| link(world, "../../outside/secret", "shop/.git/index.scaffold"));
}

#[test]
fn git_s_index_is_a_pipe() {
    conflict(|world| pipe(world, "shop/.git/index"));
}

#[test]
fn git_s_index_is_a_link_to_a_device() {
    conflict(|world| link(world, "/dev/zero", "shop/.git/index"));
}

#[test]
fn git_s_folder_is_somebody_else_s() {
    conflict(|world| {
        fs::rename(world.path("shop/.git"), world.path("outside/.git")).unwrap();
        link(world, "../outside/.git", "shop/.git");
    });
    conflict(|world| {
        fs::rename(world.path("shop/.git"), world.path("outside/.git")).unwrap();
        world.write("shop/.git", "gitdir: ../outside/.git\n");
    });
}

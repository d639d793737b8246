//! Journals and records that a hostile repository brings along, with digests that are right.

use std::fs;

use scaffold_registry::Digest;

use super::{
    links::{SECRET, holds, link, nothing_leaked, project},
    scene::{told, typed},
};

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

/// What a journal says was set aside is a link itself.
#[test]
fn a_journal_whose_contents_are_links() {
    let lines = format!(
        "{}\n{{\"path\":\"a.txt\",\"before\":{},\"after\":{}}}",
        head("", ""),
        stamp(SECRET),
        stamp(SECRET)
    );
    for at in ["journal", "journal.back"] {
        holds(|world| {
            for folder in ["stage", "backup"] {
                link(
                    world,
                    "../../../outside/secret",
                    &format!("shop/.scaffold/{folder}/0"),
                );
            }
            world.write(&format!("shop/.scaffold/{at}"), journal(&lines));
        });
    }
}

#[test]
fn a_journal_of_a_terabyte() {
    for at in ["journal", "undo/2/journal", "undo/1/settled"] {
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

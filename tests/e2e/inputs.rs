//! What packages read of the user's own files: asked, recorded, replayed, taken anew, kept from them.

use std::{fs, process::Command};

use crate::{
    environment::{Run, Session, World},
    guests::guest,
};

/// A world whose registry holds `acme/client`, which makes a file of one of the user's and a list of others, and
/// whose `shop` is a folder made by hand.
fn world() -> World {
    let world = World::new();
    world.write(
        "client/scaffold.toml",
        r#"[package]
name = "acme/client"
version = "1.0.0"
kind = "module"
summary = "A client made of a description."
license = "MIT"
engine = "scaffold/template@^1"

[[reads]]
pattern = "docs/**"
reason = "The client is made of the description in it."

[[writes]]
pattern = "**"
reason = "It makes the client."

[[questions]]
name = "spec"
prompt = "Which description?"
default = "docs/api.yaml"
"#,
    );
    world.write(
        "client/template/clients/{{ instance }}.txt.jinja",
        "{{ project_file(spec) or 'nothing' }}{% for page in project_files('docs/*.md') %}{{ page }}\n{% endfor %}",
    );
    world.registry(&["client"]);
    world.write("shop/docs/api.yaml", "paths: 1\n");
    world.write("shop/docs/a.md", "# A\n");
    world.write("shop/README.md", "mine\n");
    world
}

fn shop(world: &World, line: &str) -> Run {
    world.scaffold(&world.small(&format!("-C shop {line}")))
}

fn git(world: &World, words: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(world.path("shop"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one recorded content of the project.
fn content(world: &World) -> std::path::PathBuf {
    let mut all = fs::read_dir(world.path("shop/.scaffold/inputs")).unwrap();
    let one = all.next().unwrap().unwrap().path();
    assert!(all.next().is_none(), "there is more than one");
    one
}

#[test]
fn reading_is_asked_for_and_a_yes_to_the_plan_is_none() {
    let world = world();
    let mut session = Session::default();
    for line in [
        "add acme/client --defaults",
        "add acme/client --yes",
        "add acme/client --yes --allow ci",
    ] {
        let run = world.refused(&world.small(&format!("-C shop {line}")), 4);
        assert!(run.stderr.contains("--allow read"), "{run}");
        session.add(&run);
    }
    session.add(&shop(&world, "add acme/client --defaults --allow read --dry-run").succeeded());
    assert!(!world.path("shop/.scaffold").exists());
    session.add(&shop(&world, "add acme/client --defaults --allow read").succeeded());
    assert_eq!(
        world.read("shop/clients/acme/client.txt"),
        "paths: 1\ndocs/a.md\n"
    );
    // What was granted is not asked again.
    session.add(&shop(&world, "set spec=docs/none.yaml").succeeded());
    assert_eq!(
        world.read("shop/clients/acme/client.txt"),
        "nothingdocs/a.md\n"
    );
    insta::assert_snapshot!(session);
}

#[test]
fn a_file_that_is_named_is_all_that_is_granted() {
    let world = world();
    shop(
        &world,
        "add acme/client --defaults --allow read=docs/api.yaml",
    )
    .succeeded();
    assert_eq!(world.read("shop/clients/acme/client.txt"), "paths: 1\n");
    insta::assert_snapshot!(shop(&world, "sync --allow read=../x").failed_with(2));
}

#[test]
fn a_replay_does_not_look_at_the_files() {
    let world = world();
    shop(&world, "add acme/client --defaults --allow read").succeeded();
    let made = world.read("shop/clients/acme/client.txt");
    let lock = world.read("shop/scaffold.lock");
    let mut session = Session::default();
    session.add(&shop(&world, "status").succeeded());
    world.write("shop/docs/api.yaml", "paths: 2\n");
    world.write("shop/docs/b.md", "# B\n");
    fs::remove_file(world.path("shop/docs/a.md")).unwrap();
    session.add(&shop(&world, "verify").succeeded());
    session.add(&shop(&world, "status").succeeded());
    session.add(&shop(&world, "status --exit-code").failed_with(1));
    // Others may come and go meanwhile.
    shop(&world, "add acme/client --as other --defaults --allow read").succeeded();
    shop(&world, "remove other").succeeded();
    assert_eq!(world.read("shop/clients/acme/client.txt"), made);
    assert_eq!(world.read("shop/scaffold.lock"), lock);
    // Until they are asked for.
    session.add(&shop(&world, "sync").succeeded());
    assert_eq!(
        world.read("shop/clients/acme/client.txt"),
        "paths: 2\ndocs/b.md\n"
    );
    session.add(&shop(&world, "status --exit-code").succeeded());
    session.add(&shop(&world, "sync").succeeded());
    content(&world);
    insta::assert_snapshot!(session);

    shop(&world, "undo").succeeded();
    assert_eq!(world.read("shop/clients/acme/client.txt"), made);
    assert_eq!(world.read("shop/scaffold.lock"), lock);
    shop(&world, "verify").succeeded();
    // Made anew, the lock has what was read.
    fs::remove_file(world.path("shop/docs/api.yaml")).unwrap();
    shop(&world, "lock").succeeded();
    assert_eq!(world.read("shop/scaffold.lock"), lock);
    shop(&world, "remove client").succeeded();
    assert!(!world.path("shop/.scaffold/inputs").exists());
}

#[test]
fn a_file_that_no_longer_will_do_is_told_and_changes_nothing() {
    let world = world();
    shop(&world, "add acme/client --defaults --allow read").succeeded();
    let before = world.files("shop");
    world.write("shop/docs/api.yaml", b"\xff");
    let mut session = Session::default();
    session.add(&shop(&world, "status").succeeded());
    session.add(&shop(&world, "status --json --exit-code").failed_with(1));
    session.add(&shop(&world, "sync").failed_with(1));
    world.write("shop/docs/api.yaml", "paths: 1\n");
    assert!(world.files("shop") == before);
    insta::assert_snapshot!(session);
}

#[test]
fn two_of_one_package_read_their_own_files() {
    let world = world();
    world.write("shop/docs/more.yaml", "paths: 3\n");
    shop(&world, "add acme/client --as one --defaults --allow read").succeeded();
    shop(
        &world,
        "add acme/client --as two --defaults --spec docs/more.yaml --allow read",
    )
    .succeeded();
    assert_eq!(world.read("shop/clients/one.txt"), "paths: 1\ndocs/a.md\n");
    assert_eq!(world.read("shop/clients/two.txt"), "paths: 3\ndocs/a.md\n");
    fs::remove_dir_all(world.path("shop/docs")).unwrap();
    shop(&world, "verify").succeeded();
    shop(&world, "remove one").succeeded();
    shop(&world, "verify").succeeded();
    assert_eq!(world.read("shop/clients/two.txt"), "paths: 3\ndocs/a.md\n");
    content(&world);
}

#[test]
fn a_clone_replays_without_the_files_a_network_or_a_cache() {
    let world = world();
    git(&world, &["init", "-q"]);
    // As an earlier release left it.
    world.write("shop/.scaffold/.gitignore", "*\n");
    shop(&world, "add acme/client --defaults --allow read").succeeded();
    git(&world, &["add", "."]);
    git(&world, &["commit", "-q", "-m", "all of it"]);
    let tracked = git(&world, &["ls-files", ".scaffold"]);
    assert_eq!(tracked.lines().count(), 1, "{tracked}");
    assert!(tracked.starts_with(".scaffold/inputs/"), "{tracked}");
    assert_eq!(git(&world, &["status", "--porcelain"]), "");

    let clone = world.path("clone/shop");
    fs::create_dir(world.path("clone")).unwrap();
    git(&world, &["clone", "-q", ".", clone.to_str().unwrap()]);
    fs::remove_dir_all(clone.join("docs")).unwrap();
    let in_clone = |line: &str| {
        let line = world.small(&format!("-C clone/shop --offline {line}"));
        let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("empty-cache"));
        world.finish(command)
    };
    in_clone("verify").succeeded();
    // A command that writes takes the folder for its own.
    in_clone("set spec=docs/none.yaml").succeeded();
    in_clone("verify").succeeded();
}

#[test]
fn what_was_recorded_has_to_be_there_and_right() {
    let world = world();
    shop(&world, "add acme/client --defaults --allow read").succeeded();
    let at = content(&world);
    let mut session = Session::default();
    for line in ["verify", "status", "sync"] {
        fs::write(&at, "paths: 666\n").unwrap();
        session.add(&shop(&world, line).failed_with(5));
    }
    fs::remove_file(&at).unwrap();
    session.add(&shop(&world, "verify").failed_with(5));
    #[cfg(unix)]
    {
        // Also where the link leads to the very content.
        world.write("elsewhere", "paths: 1\n");
        std::os::unix::fs::symlink(world.path("elsewhere"), &at).unwrap();
        session.add(&shop(&world, "verify").failed_with(5));
    }
    let hex = at.file_name().unwrap().to_str().unwrap();
    insta::assert_snapshot!(session.to_string().replace(hex, "[HEX]"));
}

#[test]
fn an_update_asks_for_what_is_new() {
    let world = world();
    shop(&world, "add acme/client --defaults --allow read").succeeded();
    world.edit("client/scaffold.toml", "1.0.0", "1.1.0");
    world.edit(
        "client/scaffold.toml",
        "[[writes]]",
        "[[reads]]\npattern = \"*.md\"\nreason = \"Its first line is the title.\"\n\n[[writes]]",
    );
    world.write(
        "client/template/clients/title.jinja",
        "{{ project_file('README.md') or 'none' }}",
    );
    world.registry(&["client"]);
    let refused = world.refused(&world.small("-C shop update --yes"), 4);
    assert!(!refused.stderr.contains("docs/**"), "{refused}");
    let mut session = Session::default();
    session.add(&refused);
    session.add(&shop(&world, "update --allow read").succeeded());
    assert_eq!(world.read("shop/clients/title"), "mine\n");
    insta::assert_snapshot!(session);
}

#[test]
fn a_file_that_a_generator_changes_is_read_as_it_was() {
    let world = world();
    world.edit("client/scaffold.toml", "1.0.0", "1.1.0");
    world.edit(
        "client/scaffold.toml",
        "[[questions]]",
        "[[edits]]\nfile = \"docs/api.yaml\"\nop = \"lines\"\nlines = [\"client: {{ instance }}\"]\n\n[[questions]]",
    );
    world.registry(&["client"]);
    shop(&world, "add acme/client --defaults --allow read");
    let lock = world.read("shop/scaffold.lock");
    shop(&world, "verify").succeeded();
    // It reads its own edit no more than anybody else's.
    shop(&world, "sync").succeeded();
    assert_eq!(world.read("shop/scaffold.lock"), lock);
}

/// `evil/x`, which is this guest and asks to read everything, joins a folder full of secrets.
fn evil(name: &str, allow: &str) -> (World, Run) {
    let world = World::new();
    world.write("evil/generator.wasm", guest(name));
    world.write(
        "evil/scaffold.toml",
        "[package]\nname = \"evil/x\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"It means harm.\"\n\
         license = \"MIT\"\n\n[[reads]]\npattern = \"**\"\nreason = \"It wants to.\"\n\n\
         [[writes]]\npattern = \"**\"\nreason = \"It wants to.\"\n",
    );
    world.registry(&["evil"]);
    world.write("x", "SECRET outside");
    for file in [".env", ".git/config", "certs/server.pem", "a.txt"] {
        world.write(&format!("shop/{file}"), format!("SECRET {file}"));
    }
    #[cfg(unix)]
    for (link, to) in [("link", "../x"), ("folder", "..")] {
        std::os::unix::fs::symlink(to, world.path("shop").join(link)).unwrap();
    }
    let run = shop(&world, &format!("add evil/x {allow}"));
    (world, run)
}

#[test]
fn nobody_reads_a_secret_whatever_the_pattern() {
    let (world, run) = evil("steals-what-it-can", "--allow read");
    run.succeeded();
    let stolen: Vec<String> = world
        .files("shop/stolen")
        .into_values()
        .map(|(bytes, _)| String::from_utf8(bytes).unwrap())
        .collect();
    assert_eq!(stolen, ["SECRET a.txt"]);
    let lock = world.read("shop/scaffold.lock");
    assert!(
        lock.contains("\"a.txt\" = ") && !lock.contains(".env"),
        "{lock}"
    );

    let (world, run) = evil("lists-what-is-there", "--allow read");
    run.succeeded();
    assert_eq!(world.read("shop/seen.txt"), "a.txt\n");
}

#[test]
fn nothing_is_read_that_was_not_granted() {
    let (world, run) = evil("steals-what-it-can", "--yes");
    run.failed_with(4);
    assert!(!world.path("shop/scaffold.lock").exists());
    let (world, run) = evil("lists-what-is-there", "--allow read=certs/server.pem");
    run.succeeded();
    assert_eq!(world.read("shop/seen.txt"), "certs/server.pem\n");
}

#[test]
fn a_secret_is_read_by_whom_its_user_says() {
    let (world, run) = evil("steals-what-it-can", "--allow read=.env");
    insta::assert_snapshot!(run.succeeded());
    assert_eq!(world.read("shop/stolen/a"), "SECRET .env");
    shop(&world, "verify").succeeded();
}

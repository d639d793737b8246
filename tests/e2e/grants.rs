//! What a user allows and denies: said, asked, recorded, shown as a difference, and never widened by anybody else.

use std::fs;

use crate::{
    environment::{Run, Session, World},
    guests::{guest, sealed_guest},
};

/// A world whose registry holds `acme/tool`, a module with a workflow, a script and a page; and `shop`, made by hand.
fn world() -> World {
    let world = World::new();
    world.write(
        "tool/scaffold.toml",
        "[package]\nname = \"acme/tool\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"A tool.\"\nlicense = \"MIT\"\n\
         engine = \"scaffold/template@^1\"\n\n[[writes]]\npattern = \"**\"\nreason = \"It makes the tool.\"\n\n\
         [[executables]]\npath = \"run\"\n",
    );
    world.edit(
        "tool/scaffold.toml",
        "\n[[executables]]\npath = \"run\"\n",
        "",
    );
    world.write("tool/template/.github/workflows/ci.yml", "on: push\n");
    world.write("tool/template/docs/tool.md", "# A tool\n");
    world.registry(&["tool"]);
    world.write("shop/README.md", "mine\n");
    world
}

fn shop(world: &World, line: &str) -> Run {
    world.scaffold(&world.small(&format!("-C shop {line}")))
}

#[track_caller]
fn refused(world: &World, line: &str, code: i32) -> Run {
    world.refused(&world.small(&format!("-C shop {line}")), code)
}

/// A line by a user whose `config.toml` is this.
fn configured(world: &World, config: &str, line: &str) -> std::process::Command {
    world.write("config/config.toml", config);
    let line = world.small(&format!("-C shop {line}"));
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CONFIG", world.path("config"));
    command
}

/// Another version of `acme/tool`.
fn release(world: &World, from: &str, to: &str) {
    world.edit("tool/scaffold.toml", from, to);
    world.registry(&["tool"]);
}

#[test]
fn a_no_is_stronger_than_any_yes() {
    let world = world();
    let mut session = Session::default();
    session.add(&refused(&world, "add acme/tool --allow ci --deny ci", 4));
    session.add(&refused(
        &world,
        "add acme/tool --allow ci --deny write=.GitHub/** -n",
        4,
    ));
    session.add(&shop(&world, "add acme/tool --allow ci --deny agents,ci --json").failed_with(4));
    let deny = "[policy]\ndeny = [\"agents\", \"ci\"]\n";
    for line in ["add acme/tool --allow ci", "add acme/tool --yes --deny ci"] {
        session.add(&world.refuses(configured(&world, deny, line), 4));
    }
    // What is denied and not made changes nothing.
    session.add(&shop(&world, "add acme/tool --allow ci --deny hooks,write=src/**").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn what_the_lock_allows_can_be_denied_and_what_stands_can_stay() {
    let world = world();
    shop(&world, "add acme/tool --allow ci").succeeded();
    let deny = "[policy]\ndeny = [\"ci\", \"write=docs/**\"]\n";
    // The project has such files, and nothing is to be done to them.
    world.finish(configured(&world, deny, "sync")).succeeded();
    world.finish(configured(&world, deny, "verify")).succeeded();

    world.write("tool/template/.github/workflows/ci.yml", "on: [push]\n");
    release(&world, "1.0.0", "1.1.0");
    let mut session = Session::default();
    session.add(&world.refuses(configured(&world, deny, "update"), 4));
    session.add(&refused(&world, "update --yes --deny ci", 4));
    // To delete is to write; what a class means is what stands afterwards.
    session.add(&world.refuses(configured(&world, deny, "remove tool"), 4));
    shop(&world, "update").succeeded();
    // What is taken back was the user's before.
    session.add(&world.finish(configured(&world, deny, "undo")).succeeded());
    shop(&world, "remove tool --deny ci").succeeded();
    assert!(!world.path("shop/.github").exists());
    insta::assert_snapshot!(session);
}

#[test]
fn what_comes_with_the_program_can_be_denied_as_well() {
    let world = World::new();
    let run = world.refused("new django shop --defaults --yes --deny ci,executable", 4);
    insta::assert_snapshot!(run);
}

#[test]
fn a_policy_may_allow_and_is_the_user_s_alone() {
    let world = world();
    let mut session = Session::default();
    let allow = "[policy]\nallow = [\"ci\"]\n";
    session.add(
        &world
            .finish(configured(&world, allow, "add acme/tool -n"))
            .succeeded(),
    );
    for wrong in [
        "[policy]\ndeny = [\"CI\"]\n",
        "[policy]\nallow = [\"read=.env\"]\n",
        "[policy]\nforbid = [\"ci\"]\n",
    ] {
        session.add(&world.refuses(configured(&world, wrong, "add acme/tool"), 2));
    }
    session.add(&refused(&world, "add acme/tool --deny runs", 2));
    session.add(&refused(&world, "add acme/tool --deny write={", 2));
    // A project says nothing of permissions, and neither does a package.
    shop(&world, "add acme/tool --allow ci").succeeded();
    let manifest = world.read("shop/scaffold.toml");
    world.write(
        "shop/scaffold.toml",
        manifest + "\n[policy]\nallow = [\"hooks\"]\n",
    );
    session.add(&refused(&world, "sync", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn a_lock_that_allows_less_asks_anew_and_still_replays() {
    let world = world();
    shop(&world, "add acme/tool --allow ci").succeeded();
    let lock = world.read("shop/scaffold.lock");
    // As a version of this program would have written it that did not know what the file is.
    world.edit("shop/scaffold.lock", "allow = [\"ci\"]\n", "");
    let mut session = Session::default();
    shop(&world, "status --exit-code").succeeded();
    session.add(&refused(&world, "verify", 4));
    session.add(&refused(&world, "update --yes", 4));
    session.add(&shop(&world, "update --allow ci").succeeded());
    assert_eq!(world.read("shop/scaffold.lock"), lock);
    shop(&world, "verify").succeeded();
    insta::assert_snapshot!(session);
}

#[test]
fn an_update_shows_what_is_not_as_it_was() {
    let world = world();
    let manifest = world.read("tool/scaffold.toml");
    let narrow = manifest.replace(
        "pattern = \"**\"\nreason = \"It makes the tool.\"\n",
        "pattern = \"docs/**\"\nreason = \"The manual.\"\n\n[[writes]]\npattern = \".github/**\"\nreason = \"It tests.\"\n",
    );
    world.write("tool/scaffold.toml", &narrow);
    release(&world, "1.0.0", "2.0.0");
    shop(&world, "add acme/tool --allow ci").succeeded();
    let mut session = Session::default();
    // Wider, and one more class.
    let wide = narrow
        .replace("1.0.0", "2.1.0")
        .replace("\"docs/**\"", "\"**\"");
    world.write(
        "tool/scaffold.toml",
        wide + "\n[[reads]]\npattern = \"*.md\"\nreason = \"It quotes.\"\n",
    );
    world.write("tool/template/.envrc", "export X=1\n");
    world.registry(&["tool"]);
    session.add(&refused(&world, "update --yes", 4));
    session.add(&refused(&world, "update --yes --allow read", 4));
    session.add(&shop(&world, "update --allow read,hooks -n --json").succeeded());
    shop(&world, "update --allow read,hooks").succeeded();
    assert!(
        world
            .read("shop/scaffold.lock")
            .contains("allow = [\"ci\", \"hooks\"]")
    );
    // Nothing new: nothing is shown.
    release(&world, "2.1.0", "2.2.0");
    session.add(&shop(&world, "update").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn a_component_that_newly_imports_something_is_told() {
    let world = World::new();
    let manifest = "[package]\nname = \"acme/bin\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"A tool.\"\n\
                    license = \"MIT\"\n\n[[writes]]\npattern = \"**\"\nreason = \"It makes the tool.\"\n";
    world.write("bin/scaffold.toml", manifest);
    world.write("bin/generator.wasm", sealed_guest());
    world.registry(&["bin"]);
    world.write("shop/README.md", "mine\n");
    let mut session = Session::default();
    session.add(&world.scaffold("inspect ./bin").succeeded());
    session.add(&shop(&world, "add acme/bin").succeeded());
    world.write("bin/scaffold.toml", manifest.replace("1.0.0", "1.1.0"));
    world.write("bin/generator.wasm", guest("lists-what-is-there"));
    world.registry(&["bin"]);
    session.add(&shop(&world, "update").succeeded());
    insta::assert_snapshot!(session);
    insta::assert_snapshot!(world.scaffold("inspect ./bin --json").succeeded());
}

/// `acme/reader` makes a file of one of the user's and a list of others; `shop` has some, and a secret.
fn reader() -> World {
    let world = World::new();
    world.write(
        "reader/scaffold.toml",
        "[package]\nname = \"acme/reader\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"Reads.\"\nlicense = \"MIT\"\n\
         engine = \"scaffold/template@^1\"\n\n[[reads]]\npattern = \"**\"\nreason = \"It quotes.\"\n\n\
         [[writes]]\npattern = \"made/**\"\nreason = \"Quotes.\"\n",
    );
    world.write(
        "reader/template/made/{{ instance }}.txt.jinja",
        "{{ project_file('.env') or 'no secret' }}|{{ project_file('notes/a, b.md') or 'no note' }}|\
         {% for page in project_files('**') %}{{ page }} {% endfor %}",
    );
    world.registry(&["reader"]);
    for (path, text) in [
        ("shop/.env", "KEY=1"),
        ("shop/notes/a, b.md", "note"),
        ("shop/contracts/x.md", "terms"),
        ("shop/id_ed25519", "KEY"),
        ("shop/secrets/db_password.txt", "KEY"),
    ] {
        world.write(path, text);
    }
    world
}

const MADE: &str = "shop/made/acme/reader.txt";

#[test]
fn files_that_are_denied_are_not_there_for_anybody() {
    let world = reader();
    let deny = "[policy]\ndeny = [\"read=contracts/**\"]\n";
    let run = world.finish(configured(&world, deny, "add acme/reader --allow read"));
    run.succeeded();
    assert_eq!(world.read(MADE), "no secret|note|notes/a, b.md ");
    let mut session = Session::default();
    session.add(
        &world
            .finish(configured(&world, deny, "status --exit-code"))
            .succeeded(),
    );
    // Who denies nothing is told what there is besides.
    session.add(&shop(&world, "status --exit-code").failed_with(1));

    session.add(&refused(&world, "sync --deny read", 4));
    session.add(&shop(&world, "status --exit-code --deny read").failed_with(1));
    let named = ["-C", "shop", "sync", "--allow", "read=contracts/x.md"];
    let registry = ["--registry", world.path("registry").to_str().unwrap()].map(str::to_owned);
    let registry: Vec<&str> = registry.iter().map(String::as_str).collect();
    let mut command = world.command(&[&registry[..], &named[..]].concat());
    command.env("SCAFFOLD_CONFIG", world.path("config"));
    session.add(&world.refuses(command, 4));
    insta::assert_snapshot!(session);
    // A replay is what the lock says, whatever is denied.
    shop(&world, "verify --deny read").succeeded();
    shop(&world, "lock --deny read").succeeded();
}

#[test]
fn a_file_is_named_whole_and_somebody_asks_for_it() {
    let world = reader();
    let registry = world.path("registry").to_str().unwrap().to_owned();
    let run =
        |words: &[&str]| world.run(&[&["--registry", &registry, "-C", "shop"], words].concat());
    run(&["add", "acme/reader", "--allow", "read=notes/a, b.md"]).succeeded();
    assert_eq!(world.read(MADE), "no secret|note|notes/a, b.md ");
    let mut session = Session::default();
    session.add(&refused(&world, "undo --allow read=notes", 2));
    world.edit("reader/scaffold.toml", "\"**\"", "\"docs/**\"");
    world.edit("reader/scaffold.toml", "1.0.0", "1.1.0");
    world.registry(&["reader"]);
    session.add(&refused(&world, "update --allow read,read=notes/c.md", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn a_secret_is_given_away_by_a_command_that_names_it_and_by_no_lock() {
    let world = reader();
    fs::remove_file(world.path("shop/.env")).unwrap();
    shop(&world, "add acme/reader --allow read=.env").succeeded();
    assert!(
        world
            .read("shop/scaffold.lock")
            .contains("named = [\".env\"]")
    );
    // As in a clone of it: the lock names the file, and what is in it is the next user's own.
    world.write("shop/.env", "KEY=2");
    for line in ["status --exit-code", "sync", "update", "verify"] {
        shop(&world, line).succeeded();
        assert_eq!(world.read(MADE), "no secret|no note|");
    }
    shop(&world, "sync --allow read=.env").succeeded();
    assert_eq!(world.read(MADE), "KEY=2|no note|.env ");
    world.write("shop/.env", "KEY=3");
    for line in ["status --exit-code", "sync", "verify"] {
        shop(&world, line).succeeded();
        assert_eq!(world.read(MADE), "KEY=2|no note|.env ");
    }
}

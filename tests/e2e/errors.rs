//! What a user did or asked for that cannot be: each is told on one screen, with what to do, and nothing is written.

use crate::environment::{Session, World};

/// Runs each line, all of them refused, and shows them together.
fn refused(world: &World, code: i32, lines: &[&str]) -> Session {
    let mut session = Session::default();
    for line in lines {
        session.add(&world.refused(line, code));
    }
    session
}

#[test]
fn packages_that_are_not_there() {
    let world = World::new();
    let session = refused(
        &world,
        2,
        &[
            "new djnago shop --defaults",
            "new nothing-like-it shop --defaults",
            "new django shop --with oauth --defaults",
            "new acme/site shop --defaults",
            "new Django! shop --defaults",
            "new template shop --defaults",
            "info djnago",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn versions_that_are_not_there() {
    let world = World::new();
    let session = refused(
        &world,
        2,
        &[
            "new django@^2 shop --defaults",
            "new django shop --with auth@9 --defaults",
            "new django@latest shop --defaults",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn names_that_will_not_do() {
    let world = World::new();
    world.write("file", "");
    let session = refused(
        &world,
        2,
        &[
            "new django 2shop --defaults",
            "new django sh$p --defaults",
            "new django nul.txt --defaults",
            "new django / --defaults",
            "new django file --defaults",
            "new django --defaults",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn a_folder_that_is_not_empty() {
    let world = World::new();
    world.write("own/notes.txt", "mine");
    let mut session = refused(&world, 2, &["new django own --defaults"]);
    // A file where a folder has to be is as much in the way as a file of the same name.
    world.write("clash/README.md", "mine");
    world.write("clash/config", "mine");
    world.write("clash/notes.txt", "mine");
    session.add(&world.refused("new django clash", 2));
    world.scaffold("new django shop --defaults").succeeded();
    session.add(&world.refused("new django shop --defaults", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn answers_are_missing_and_nobody_can_be_asked() {
    let world = World::new();
    let session = refused(
        &world,
        2,
        &[
            "new django shop",
            "new django shop --database postgres --frontend none",
            "new django shop --with auth",
            "new django shop --no-input",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn answers_that_will_not_do() {
    let world = World::new();
    let session = refused(
        &world,
        2,
        &[
            "new django shop --defaults --database oracle",
            "new django shop --defaults --database oracle --frontend vue",
            "new django shop --defaults --time-zone 7",
            "new django shop --defaults --with auth --providers google,myspace",
            "new django shop --defaults -d databse=postgres",
            "new django shop --defaults -d auth.database=postgres",
            "new django shop --defaults -d database",
            "new django shop --defaults --data-file answers.toml",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn a_file_of_answers_that_cannot_be_read() {
    let world = World::new();
    world.write("broken.toml", "database = postgres\n");
    world.write("strange.toml", "database = 2026-01-01\n");
    world.write("broken.json", "{\"database\": }");
    let session = refused(
        &world,
        2,
        &[
            "new django shop --defaults --data-file broken.toml",
            "new django shop --defaults --data-file strange.toml",
            "new django shop --defaults --data-file broken.json",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn wrong_usage() {
    let world = World::new();
    let session = refused(
        &world,
        2,
        &[
            "new django shop --databse postgres",
            "new django shop --dry-runn",
            "frobnicate",
            "statsu",
            "new",
            "new django shop --defaults --allow everything",
            "new django shop --defaults --color sometimes",
            "new django shop -q -v",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn outside_a_project() {
    let world = World::new();
    let session = refused(
        &world,
        2,
        &[
            "list",
            "status",
            "update",
            "remove auth",
            "undo",
            "verify",
            "-C nowhere list",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn what_a_project_will_not_take() {
    let world = World::new();
    world
        .scaffold("new django shop --defaults --with auth")
        .succeeded();
    let session = refused(
        &world,
        2,
        &[
            "-C shop add auth",
            "-C shop add django",
            "-C shop remove django",
            "-C shop remove billing",
            "-C shop set databse=postgres",
            "-C shop set database=oracle",
            "-C shop update billing",
            "-C shop add auth --as Two!",
        ],
    );
    insta::assert_snapshot!(session);
}

#[test]
fn a_locked_project_stays_as_it_is() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    insta::assert_snapshot!(world.refused("-C shop add auth --defaults --locked", 1));
    world.scaffold("-C shop update --locked").succeeded();
}

#[test]
fn folders_that_are_no_packages() {
    let world = World::new();
    world.small_packages();
    let mut session = Session::default();
    let mut publish = |world: &World, line: &str| session.add(&world.refused(line, 1));
    publish(&world, "publish nowhere --registry registry");
    world.write("empty/readme", "");
    publish(&world, "publish empty --registry registry");
    for (from, to) in [
        ("summary = \"About site.\"", "summary = 3"),
        ("kind = \"project\"", "kind = \"projct\""),
        ("version = \"1.0.0\"", "version = \"one\""),
        ("license", "licence"),
        ("[package]", "[package"),
        ("name = \"acme/site\"", "name = \"Acme\""),
        ("engine = \"scaffold/template@^1\"\n", ""),
    ] {
        world.edit("site/scaffold.toml", from, to);
        publish(&world, "publish site --registry registry");
        world.edit("site/scaffold.toml", to, from);
        if to.is_empty() {
            break;
        }
    }
    insta::assert_snapshot!(session);
}

#[test]
fn where_nothing_can_be_published() {
    let world = World::new();
    world.small_packages();
    world.write("other/file", "");
    let mut session = Session::default();
    session.add(&world.refused("publish site", 2));
    session.add(&world.refused("publish site --registry gopher://example.invalid", 2));
    session.add(&world.refused("publish site --registry other", 1));
    // A published version is what it is.
    world.edit("site/template/app/style.css", "black", "white");
    session.add(&world.refused("publish site --registry registry", 1));
    insta::assert_snapshot!(session);
}

/// Publishes a change to one of the small packages as its next version, and makes a project with it.
fn broken(world: &World, session: &mut Session, change: impl FnOnce(&World)) {
    world.small_packages();
    change(world);
    for package in ["site", "site-blog"] {
        world.edit(
            &format!("{package}/scaffold.toml"),
            "version = \"1.0.0\"",
            "version = \"1.0.1\"",
        );
        world
            .scaffold(&format!("publish {package} --no-test --registry registry"))
            .succeeded();
    }
    session.add(&world.refused(
        "--registry registry -q new acme/site shop --with blog --defaults",
        1,
    ));
}

#[test]
fn templates_that_fail() {
    let mut session = Session::default();
    for text in [
        "# {{ title }}\n\n{{ titel }}\n",
        "{% if title %}\nfor ever\n",
        "{{ title | shout }}\n",
    ] {
        broken(&World::new(), &mut session, |world| {
            world.write("site/template/README.md.jinja", text)
        });
    }
    insta::assert_snapshot!(session);
}

#[test]
fn edits_without_a_place() {
    let mut session = Session::default();
    for (from, to) in [
        ("app/settings.py", "app/local.py"),
        ("\"APPS\"", "\"APPZ\""),
        ("items", "after = '\"shop\"'\nitems"),
        ("python-list", "python-lisp"),
    ] {
        broken(&World::new(), &mut session, |world| {
            world.edit("site-blog/scaffold.toml", from, to)
        });
    }
    insta::assert_snapshot!(session);
}

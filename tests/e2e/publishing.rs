//! What an author sees before everybody else does.

use crate::{
    environment::{Session, World},
    registry_server::Server,
};

/// A project whose one question has no default, so that only answers in a file can try it.
fn greeter(world: &World) {
    world.write(
        "greeter/scaffold.toml",
        "[package]\nname = \"acme/greeter\"\nversion = \"1.0.0\"\nkind = \"project\"\nsummary = \"Greets.\"\n\
         license = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n[[writes]]\npattern = \"**\"\n\
         reason = \"It makes the project.\"\n\n[[questions]]\nname = \"greeting\"\nprompt = \"How?\"\n",
    );
    world.write("greeter/README.md", "# Greeter\n");
    world.write("greeter/template/hello.txt.jinja", "{{ greeting }}\n");
}

#[test]
fn a_package_is_tried_with_the_answers_beside_it() {
    let world = World::new();
    greeter(&world);
    let mut session = Session::default();
    session.add(&world.refused("publish greeter --registry registry", 2));
    world.write("greeter/tests/formal.toml", "greeting = \"Good evening\"\n");
    world.write("greeter/tests/short.json", "{\"greeting\": \"Hi\"}\n");
    session.add(
        &world
            .scaffold("publish greeter --registry registry")
            .succeeded(),
    );
    // The answers are no part of it.
    let package =
        world.scaffold("--registry registry --json new acme/greeter shop --data greeting=x -y");
    package.succeeded();
    assert_eq!(world.files("shop").len(), 3, "hello.txt and our own two");
    world.write("greeter/tests/wrong.toml", "greting = \"Hi\"\n");
    session.add(&world.refused("publish greeter --registry registry", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn what_fails_for_its_author_is_not_published() {
    let world = World::new();
    greeter(&world);
    world.edit(
        "greeter/scaffold.toml",
        "prompt",
        "default = \"Hi\"\nprompt",
    );
    world.write("greeter/template/{{ greeting }}.txt", "Hello.\n");
    let mut session = Session::default();
    session.add(
        &world
            .scaffold("publish greeter --registry registry -n")
            .succeeded(),
    );
    world.write("greeter/tests/other.toml", "greeting = \"../out\"\n");
    session.add(&world.refused("publish greeter --registry registry", 1));
    assert!(!world.path("registry").exists());
    world
        .scaffold("publish greeter --registry registry --no-test")
        .succeeded();
    insta::assert_snapshot!(session);
}

/// Whoever hears after trying and answering that there is no key or no token has waited for nothing: this package cannot be
/// tried without an answer, and that is not what is told.
#[test]
fn what_cannot_come_to_a_good_end_is_refused_before_it_is_tried() {
    let world = World::new();
    greeter(&world);
    let server = Server::start(&world, "served", "");
    let line = format!("publish greeter --registry {}", server.url);
    let run = world.scaffold(&line).failed_with(2);
    assert!(run.stderr.contains("there is no key for acme"), "{run}");
    world.scaffold("key new acme").succeeded();
    let run = world.scaffold(&line).failed_with(4);
    assert!(run.stderr.contains("there is no token for it"), "{run}");
    let run = world.scaffold(&format!("{line} --dry-run")).failed_with(2);
    assert!(run.stderr.contains("no answer for greeting"), "{run}");
}

#[test]
fn what_strangers_will_see() {
    let world = World::new();
    greeter(&world);
    world.write("greeter/template/.env.jinja", "KEY=1\n");
    world.write("greeter/template/deploy.txt", "token: github_pat_11AAAA\n");
    for number in 10..40 {
        world.write(
            &format!("greeter/template/pages/{number}.txt"),
            "x".repeat(number * 100),
        );
    }
    world.edit("greeter/scaffold.toml", "license = \"MIT\"\n", "");
    let mut session = Session::default();
    session.add(
        &world
            .scaffold("publish greeter --registry registry --no-test --dry-run")
            .succeeded(),
    );
    session.add(
        &world
            .scaffold("publish greeter --registry registry --no-test --dry-run --json")
            .succeeded(),
    );
    insta::assert_snapshot!(session);
}

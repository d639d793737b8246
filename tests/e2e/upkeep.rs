//! A project over years: looked at, updated, synced, merged in git, taken apart.

use std::{fs, process::Command};

use crate::environment::{Session, World};

fn git(world: &World, arguments: &[&str]) -> bool {
    let mut git = Command::new("git");
    git.current_dir(world.path("shop"))
        .env("HOME", world.path(""))
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(arguments);
    git.output().unwrap().status.success()
}

#[test]
fn a_registry_given_once_is_remembered() {
    let world = World::small_project();
    let manifest = world.read("shop/scaffold.toml");
    assert!(
        manifest.contains("[registries]\nacme = \"../registry\"\n"),
        "{manifest}"
    );
    world.publish_next("site", "1.0.0", "1.1.0");
    world.scaffold("-C shop update").succeeded();
    world.scaffold("-C shop add blog").succeeded();
    assert_eq!(
        world.read("shop/scaffold.toml").matches("acme = ").count(),
        1
    );
}

#[test]
fn a_project_looked_at_before_need_not_be_replayed_and_a_damaged_copy_is_not_believed() {
    let world = World::small_project();
    world.edit("shop/README.md", "#", "##");
    let status = || {
        let mut command = world.command(&["-C", "shop", "status"]);
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        world.finish(command).succeeded().to_string()
    };
    let first = status();
    let trees: Vec<_> = fs::read_dir(world.path("cache/trees"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(trees.len(), 1);
    let kept = fs::read(&trees[0]).unwrap();
    // With no package at hand nothing can be replayed.
    fs::rename(world.path("cache/blobs"), world.path("blobs")).unwrap();
    fs::rename(world.path("registry"), world.path("registry.away")).unwrap();
    assert_eq!(status(), first);
    fs::rename(world.path("blobs"), world.path("cache/blobs")).unwrap();
    // What the user has now, made to look generated.
    let edited = String::from_utf8(kept.clone())
        .unwrap()
        .replacen("# ", "##", 1);
    assert_ne!(edited.as_bytes(), kept);
    fs::write(&trees[0], edited).unwrap();
    assert_eq!(status(), first);
    assert_eq!(fs::read(&trees[0]).unwrap(), kept, "made again");
}

#[test]
fn what_differs_is_counted_for_each_generator() {
    let world = World::small_project();
    world.scaffold("-C shop add blog").succeeded();
    world.write("shop/.gitignore", "*.log\n");
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop status").succeeded());
    world.edit("shop/README.md", "A small site.", "My small site.");
    world.edit("shop/blog/posts.py", "[]", "[1]");
    fs::remove_file(world.path("shop/blog/feed.py")).unwrap();
    world.write(
        "shop/app/style.css",
        "<<<<<<< yours\na\n=======\nb\n>>>>>>> new\n",
    );
    world.write("shop/app/own.py", "");
    world.write("shop/docs/a.md", "");
    world.write("shop/docs/b.md", "");
    world.write("shop/x.log", "");
    session.add(&world.scaffold("-C shop status").succeeded());
    // From any folder below the root.
    session.add(&world.scaffold("-C shop/app status --extra").succeeded());
    session.add(
        &world
            .scaffold("-C shop --json status --extra --exit-code")
            .failed_with(1),
    );
    insta::assert_snapshot!(session);
}

#[test]
fn edits_are_shown_line_by_line() {
    let world = World::small_project();
    world.scaffold("-C shop add blog").succeeded();
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop diff --exit-code").succeeded());
    world.edit("shop/README.md", "A small site.", "My small site.");
    world.edit("shop/blog/posts.py", "[]", "[1]");
    fs::remove_file(world.path("shop/blog/feed.py")).unwrap();
    for line in [
        "-C shop diff",
        "-C shop diff blog",
        "-C shop/blog diff feed.py",
        "-C shop diff ./blog/posts.py README.md --stat",
        "-C shop diff --color always README.md",
    ] {
        session.add(&world.scaffold(line).succeeded());
    }
    session.add(&world.scaffold("-C shop diff --exit-code").failed_with(1));
    session.add(&world.refused("-C shop diff nothing.py", 2));
    session.add(&world.refused("-C shop diff ../site", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn git_takes_the_diff() {
    let world = World::small_project();
    world.scaffold("-C shop add blog").succeeded();
    let pristine = world.files("shop");
    world.write("shop/README.md", "# Größe\n\tA\rb\x1b[1m\nno end");
    world.write("shop/app/settings.py", "");
    fs::remove_file(world.path("shop/blog/feed.py")).unwrap();
    #[cfg(unix)]
    fs::set_permissions(
        world.path("shop/blog/posts.py"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let edited = world.files("shop");
    let diff = world.scaffold("-C shop diff").succeeded();
    world.write("edits.patch", &diff.stdout);
    assert!(git(&world, &["apply", "-R", "../edits.patch"]), "{diff}");
    assert!(world.files("shop") == pristine);
    assert!(git(&world, &["apply", "../edits.patch"]), "{diff}");
    assert!(world.files("shop") == edited);
    // What is no text is said, and keeps nobody from the rest.
    world.write("shop/app/style.css", b"\0\x01");
    let run = world.scaffold("-C shop diff").succeeded();
    assert_eq!(run.stdout, diff.stdout);
    assert!(run.stderr.contains("app/style.css"), "{run}");
}

#[test]
fn newer_versions_are_listed() {
    let world = World::small_project();
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop outdated --exit-code").succeeded());
    world.publish_next("site", "1.0.0", "1.1.0");
    world.publish_next("site", "1.1.0", "2.0.0");
    session.add(&world.scaffold("-C shop outdated").succeeded());
    session.add(
        &world
            .scaffold("-C shop outdated --exit-code")
            .failed_with(6),
    );
    session.add(&world.scaffold("-C shop --json outdated").succeeded());
    // Taken back.
    let index = "registry/v1/index/acme/site";
    world.edit(index, "\"yanked\":null", "\"yanked\":\"it loses posts\"");
    session.add(&world.scaffold("-C shop outdated").succeeded());
    // A registry that cannot be asked.
    world.edit(
        "shop/scaffold.toml",
        "acme = \"../registry\"",
        "acme = \"https://packages.example.com\"",
    );
    session.add(&world.scaffold("-C shop --offline outdated").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn an_update_says_what_is_new() {
    let world = World::small_project();
    world.edit("shop/README.md", "A small site.", "My small site.");
    let manifest = world.read("site/scaffold.toml");
    world.write(
        "site/scaffold.toml",
        manifest
            + "\n[[questions]]\nname = \"cache\"\nprompt = \"Which cache?\"\ntype = \"one-of\"\n\
               choices = [\"none\", \"redis\"]\ndefault = \"none\"\n\n\
               [[reads]]\npattern = \"docs/**\"\nreason = \"Linked from the first page.\"\n",
    );
    world.write(
        "site/template/app/cache.py.jinja",
        "CACHE = '{{ cache }}'\n",
    );
    world.write(
        "site/CHANGELOG.md",
        "# Changes\n\n## [1.1.0] - 2026-02-01\n### Added\n- A cache,\u{1b}[31m red\u{1b}[0m.\n\n## [1.0.0]\n- The first.\n",
    );
    world.publish_next("site", "1.0.0", "1.1.0");
    let mut session = Session::default();
    // What is new has to be allowed and answered, and nothing else.
    session.add(&world.refused("-C shop update", 4));
    session.add(&world.refused("-C shop update --allow read", 2));
    session.add(
        &world
            .scaffold("-C shop update --all --defaults --allow read -n")
            .succeeded(),
    );
    session.add(
        &world
            .scaffold("-C shop update --cache redis --allow read")
            .succeeded(),
    );
    insta::assert_snapshot!(session);
    assert_eq!(world.read("shop/app/cache.py"), "CACHE = 'redis'\n");
    assert!(world.read("shop/README.md").contains("My small site."));
}

#[test]
fn a_requirement_is_written_down_and_may_lead_back() {
    let world = World::small_project();
    world.publish_next("site", "1.0.0", "1.1.0");
    world.publish_next("site", "1.1.0", "2.0.0");
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop update site@^2").succeeded());
    assert!(
        world
            .read("shop/scaffold.toml")
            .contains("version = \"^2\"")
    );
    session.add(&world.scaffold("-C shop update site@^1").succeeded());
    assert!(
        world
            .read("shop/scaffold.toml")
            .contains("version = \"^1\"")
    );
    session.add(&world.refused("-C shop update site --all", 2));
    insta::assert_snapshot!(session);
    // Not by itself: what was taken back since is kept until there is something newer.
    let line = world.read("registry/v1/index/acme/site");
    let second = line.lines().nth(1).unwrap();
    let yanked = second.replace("\"yanked\":null", "\"yanked\":\"slow\"");
    world.edit("registry/v1/index/acme/site", second, &yanked);
    world.scaffold("-C shop update").succeeded();
    assert!(
        world
            .read("shop/scaffold.lock")
            .contains("version = \"1.1.0\"")
    );
}

#[test]
fn a_renamed_question_keeps_its_answer() {
    let world = World::small_project();
    world.scaffold("-C shop set title=Market").succeeded();
    world.edit(
        "site/scaffold.toml",
        "name = \"title\"",
        "name = \"heading\"",
    );
    world.edit("site/template/README.md.jinja", "title", "heading");
    let manifest = world.read("site/scaffold.toml");
    world.write(
        "site/scaffold.toml",
        manifest
            + "\n[[migrations]]\nversion = \"1.1.0\"\n\
               rename-answer = { from = \"title\", to = \"heading\" }\n",
    );
    world.publish_next("site", "1.0.0", "1.1.0");
    // It is not asked again.
    world.scaffold("-C shop update").succeeded();
    assert!(world.read("shop/README.md").starts_with("# Market\n"));
    let manifest = world.read("shop/scaffold.toml");
    assert!(
        manifest.contains("heading = \"Market\"") && !manifest.contains("title ="),
        "{manifest}"
    );
    // And back.
    world.scaffold("-C shop update site@=1.0.0").succeeded();
    let manifest = world.read("shop/scaffold.toml");
    assert!(manifest.contains("title = \"Market\""), "{manifest}");
}

#[test]
fn a_renamed_file_takes_edits_along() {
    let world = World::small_project();
    world.edit(
        "shop/app/settings.py",
        "\"core\",",
        "\"core\",\n    \"mine\",",
    );
    world.scaffold("-C shop set title=Market").succeeded();
    world.edit(
        "site/scaffold.toml",
        "name = \"title\"",
        "name = \"heading\"",
    );
    world.edit("site/template/README.md.jinja", "title", "heading");
    fs::create_dir(world.path("site/template/config")).unwrap();
    fs::rename(
        world.path("site/template/app/settings.py"),
        world.path("site/template/config/settings.py"),
    )
    .unwrap();
    let manifest = world.read("site/scaffold.toml");
    world.write(
        "site/scaffold.toml",
        manifest
            + "\n[[migrations]]\nversion = \"1.1.0\"\n\
               rename-file = { from = \"app/settings.py\", to = \"config/settings.py\" }\n\
               [[migrations]]\nversion = \"1.1.0\"\nrename-answer = { from = \"title\", to = \"heading\" }\n",
    );
    world.publish_next("site", "1.0.0", "1.1.0");
    world.scaffold("-C shop update").succeeded();
    assert!(world.read("shop/config/settings.py").contains("\"mine\""));
    assert!(!world.path("shop/app/settings.py").exists());
    assert!(world.read("shop/README.md").starts_with("# Market\n"));
    assert!(
        world
            .read("shop/scaffold.toml")
            .contains("heading = \"Market\"")
    );
    // And back.
    world.scaffold("-C shop update site@=1.0.0").succeeded();
    assert!(world.read("shop/app/settings.py").contains("\"mine\""));
    assert!(
        world
            .read("shop/scaffold.toml")
            .contains("title = \"Market\"")
    );
}

/// Two branches that each changed the project.
fn in_conflict() -> World {
    let world = World::small_project();
    assert!(git(&world, &["init", "-q", "-b", "main"]));
    let commit = |what: &str| {
        assert!(git(&world, &["add", "-A"]));
        assert!(git(&world, &["commit", "-qm", what]));
    };
    commit("made");
    assert!(git(&world, &["checkout", "-qb", "other"]));
    world.scaffold("-C shop add blog").succeeded();
    commit("blog");
    assert!(git(&world, &["checkout", "-q", "main"]));
    world.edit("site/template/app/style.css", "black", "navy");
    world.publish_next("site", "1.0.0", "1.1.0");
    world.scaffold("-C shop update").succeeded();
    commit("update");
    assert!(
        !git(&world, &["merge", "-q", "other"]),
        "the lock is in conflict"
    );
    world
}

#[test]
fn a_lock_that_git_could_not_merge_is_made_anew() {
    let world = in_conflict();
    let mut session = Session::default();
    session.add(&world.refused("-C shop status", 5));
    let before = world.files("shop");
    session.add(&world.scaffold("-C shop lock").succeeded());
    let mut after = world.files("shop");
    let lock = after.insert("scaffold.lock".into(), before["scaffold.lock"].clone());
    assert!(
        lock.is_some() && after == before,
        "only the lock was written"
    );
    session.add(&world.scaffold("-C shop status").succeeded());
    session.add(&world.scaffold("-C shop verify").succeeded());
    session.add(&world.scaffold("-C shop list").succeeded());
    session.add(&world.scaffold("-C shop lock").succeeded());
    session.add(&world.refused("-C shop undo", 1));
    insta::assert_snapshot!(session);
}

#[test]
fn a_lock_that_is_gone_is_made_anew() {
    let world = World::small_project();
    world.scaffold("-C shop add blog").succeeded();
    let lock = world.read("shop/scaffold.lock");
    fs::remove_file(world.path("shop/scaffold.lock")).unwrap();
    let mut session = Session::default();
    // Nothing is taken for an empty project.
    session.add(&world.refused("-C shop add acme/site --as second", 1));
    session.add(&world.refused("-C shop/app add acme/site", 1));
    session.add(&world.scaffold("-C shop/app lock").succeeded());
    assert_eq!(world.read("shop/scaffold.lock"), lock);
    // One of a later format is nobody's to replace.
    world.write("shop/scaffold.lock", "version = 2\nother = true\n");
    session.add(&world.refused("-C shop status", 5));
    session.add(&world.refused("-C shop lock", 5));
    world.write("shop/scaffold.lock", lock);
    world.edit("shop/scaffold.toml", "[project]", "<<<<<<< HEAD\n[project]");
    session.add(&world.refused("-C shop lock", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn what_a_person_wrote_into_scaffold_toml_is_carried_out_first() {
    let world = World::small_project();
    world.scaffold("-C shop add blog").succeeded();
    world.edit(
        "shop/scaffold.toml",
        "title = \"Shop\"",
        "title = \"Market\"",
    );
    let mut session = Session::default();
    session.add(&world.refused("-C shop remove blog", 2));
    session.add(&world.scaffold("-C shop sync").succeeded());
    // Taken out by hand, then another put in, without a version.
    let manifest = world.read("shop/scaffold.toml");
    let (before, _) = manifest
        .split_once("[generators.\"acme/site-blog\"]")
        .unwrap();
    world.write(
        "shop/scaffold.toml",
        format!("{before}[generators.second]\npackage = \"acme/site-blog\"\n"),
    );
    session.add(&world.refused("-C shop set title=Other", 2));
    session.add(&world.scaffold("-C shop sync").succeeded());
    session.add(&world.scaffold("-C shop sync").succeeded());
    assert!(
        world
            .read("shop/scaffold.toml")
            .contains("package = \"acme/site-blog\"\nversion = \"^1.0.0\"\n")
    );
    // Another version.
    world.publish_next("site", "1.0.0", "1.1.0");
    world.edit("shop/scaffold.toml", "\"^1.0.0\"", "\"=1.1.0\"");
    session.add(&world.scaffold("-C shop sync").succeeded());
    world.edit("shop/scaffold.toml", "name = \"shop\"", "name = \"market\"");
    session.add(&world.refused("-C shop sync", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn what_is_taken_out_leaves_edits_behind() {
    let world = World::small_project();
    world.scaffold("-C shop add blog").succeeded();
    world.edit("shop/blog/posts.py", "[]", "[1]");
    let mut session = Session::default();
    session.add(&world.refused("-C shop remove site", 2));
    session.add(&world.scaffold("-C shop remove blog").failed_with(3));
    insta::assert_snapshot!(session);
    assert_eq!(world.read("shop/blog/posts.py"), "posts = [1]\n");
    assert!(!world.path("shop/blog/feed.py").exists());
}

/// One package twice, in a project below another one.
#[test]
fn several_of_one_package_in_a_folder_of_a_larger_project() {
    let world = World::small_project();
    world.write(
        "page/scaffold.toml",
        "[package]\nname = \"acme/page\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"A page.\"\n\
         engine = \"scaffold/template@^1\"\n\n[[writes]]\npattern = \"**\"\nreason = \"Pages.\"\n",
    );
    world.write("page/template/{{ instance }}/page.txt", "a page\n");
    world.registry(&["page"]);
    world
        .scaffold("-C shop --registry ../registry new acme/site sub --defaults")
        .succeeded();
    let mut session = Session::default();
    session.add(
        &world
            .scaffold("-C shop/sub/app add acme/page --as news")
            .succeeded(),
    );
    session.add(
        &world
            .scaffold("-C shop/sub add acme/page --as jobs")
            .succeeded(),
    );
    world.edit(
        "page/template/{{ instance }}/page.txt",
        "a page",
        "one page",
    );
    world.publish_next("page", "1.0.0", "1.1.0");
    // They have one version, so they move together.
    session.add(&world.scaffold("-C shop/sub update jobs").succeeded());
    session.add(&world.scaffold("-C shop/sub remove news").succeeded());
    session.add(&world.scaffold("-C shop/sub/jobs status").succeeded());
    session.add(&world.scaffold("-C shop status").succeeded());
    insta::assert_snapshot!(session);
    assert_eq!(world.read("shop/sub/jobs/page.txt"), "one page\n");
}

//! Without a network: what was fetched works, and what is missing is named.

use std::{fs, process::Command};

use crate::{
    environment::{Run, Session, World},
    store::{hosted, line, run, shown},
    web::Web,
};

/// Runs it where there is no network at all, not even this machine's own, if this system lets us.
fn cut_off(world: &World, command: &Command) -> Run {
    let alone = |program: &str| {
        let mut alone = Command::new("unshare");
        alone.args(["--user", "--net", program]);
        alone
    };
    let works = cfg!(target_os = "linux")
        && alone("true")
            .output()
            .is_ok_and(|output| output.status.success());
    if !works {
        return world.finish(copy(command, Command::new(command.get_program())));
    }
    let program = command.get_program().to_str().unwrap().to_owned();
    world.finish(copy(command, alone(&program)))
}

fn copy(from: &Command, mut to: Command) -> Command {
    to.args(from.get_args()).env_clear();
    to.envs(
        from.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    to.current_dir(from.get_current_dir().unwrap());
    // Where the system looks for `unshare`.
    to.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    to
}

#[test]
fn what_was_fetched_works_without_a_network_and_the_rest_is_named() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    fs::remove_dir_all(world.path("cache")).unwrap();
    let mut session = Session::default();
    let offline = |typed: &str| {
        let mut command = line(&world, &web, typed);
        command.env("SCAFFOLD_OFFLINE", "1");
        shown(cut_off(&world, &command), &web)
    };
    let before = web.connections();
    session.add(&offline("-C shop verify").failed_with(1));
    session.add(&offline("-C shop fetch").failed_with(1));
    assert_eq!(web.connections(), before, "somebody was asked");

    session.add(&run(&world, &web, "-C shop fetch").succeeded());
    session.add(&run(&world, &web, "-C shop fetch").succeeded());
    let before = web.connections();
    offline("-C shop verify").succeeded();
    offline("-C shop status").succeeded();
    offline("-C shop set title=Other --yes").succeeded();
    offline("-C shop undo --yes").succeeded();
    offline("-C shop lock").succeeded();
    offline("-C shop sync").succeeded();
    offline("-C shop update").succeeded();
    offline("info acme/site").succeeded();
    offline("new acme/site other --defaults").succeeded();
    session.add(&offline("-C shop fetch").succeeded());
    session.add(&offline("-C shop outdated").succeeded());
    session.add(&offline("-C shop add acme/site-blog --defaults").failed_with(1));
    session.add(&offline("new acme/none other2 --defaults").failed_with(1));
    session.add(&offline("search"));
    assert_eq!(web.connections(), before, "somebody was asked");

    // What somebody once asked for is there as well, also that a registry does not have it.
    run(&world, &web, "new acme/none other2 --defaults").failed_with(2);
    session.add(&offline("new acme/none other2 --defaults").failed_with(2));
    run(&world, &web, "info acme/site-blog").succeeded();
    session.add(&offline("-C shop add acme/site-blog --defaults").succeeded());
    insta::assert_snapshot!(session);
}

/// A network that is not there is no reason to fail where the cache has it all, and the error says so where it has not.
#[test]
fn a_server_that_is_gone_is_missed_only_where_it_is_needed() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    let gone = Web::gone();
    let lock = world
        .read("shop/scaffold.lock")
        .replace(&web.url, &gone.url);
    world.write("shop/scaffold.lock", lock);
    run(&world, &gone, "-C shop verify").succeeded();
    let error = run(&world, &gone, "-C shop update").failed_with(1);
    assert!(error.stderr.contains("onnection refused"), "{error}");
    assert!(error.stderr.contains("--offline"), "{error}");
}

#[test]
fn a_project_that_holds_its_packages_needs_nothing_else() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    run(&world, &web, "-C shop add acme/site-blog --defaults").succeeded();
    let mut session = Session::default();
    session.add(&run(&world, &web, "-C shop vendor -n").succeeded());
    assert!(!world.path("shop/vendor").exists());
    session.add(&run(&world, &web, "-C shop vendor").succeeded());
    session.add(&run(&world, &web, "-C shop vendor").succeeded());

    // A clone, on a machine without a cache and without a network.
    world.copy("shop", "clone");
    fs::remove_dir_all(world.path("clone/.scaffold")).unwrap();
    let offline = |typed: &str| {
        let mut command = world.command(&typed.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("empty"));
        command.env("SCAFFOLD_OFFLINE", "1");
        let run = shown(cut_off(&world, &command), &web);
        let _ = fs::remove_dir_all(world.path("empty"));
        run
    };
    let before = web.connections();
    session.add(&offline("-C clone verify").succeeded());
    session.add(&offline("-C clone fetch").succeeded());
    offline("-C clone set title=Other --yes").succeeded();
    offline("-C clone remove site-blog --yes").succeeded();
    session.add(&offline("-C clone vendor").succeeded());
    offline("-C clone verify").succeeded();
    assert_eq!(web.connections(), before, "somebody was asked");

    // Copies that somebody changed are not taken for what is locked.
    let blobs = world.path("clone/vendor/scaffold/v1/blobs/sha256");
    let folder = fs::read_dir(blobs).unwrap().next().unwrap().unwrap().path();
    let blob = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = fs::read(&blob).unwrap();
    let mut bytes = good.clone();
    bytes[20] ^= 1;
    fs::write(&blob, bytes).unwrap();
    session.add(&offline("-C clone verify").failed_with(5));
    fs::write(&blob, &good).unwrap();
    // Nor is a link followed, wherever it leads.
    #[cfg(unix)]
    {
        fs::rename(&blob, world.path("elsewhere")).unwrap();
        std::os::unix::fs::symlink(world.path("elsewhere"), &blob).unwrap();
        session.add(&offline("-C clone verify").failed_with(1));
        fs::remove_file(&blob).unwrap();
        fs::write(&blob, &good).unwrap();
    }

    // It is a change as any other: it can be taken back.
    world.copy("shop", "again");
    run(&world, &web, "-C again undo --yes").succeeded();
    assert!(!world.path("again/vendor").exists());
    run(&world, &web, "-C again verify").succeeded();
    insta::assert_snapshot!(session);
}

#[test]
fn a_lock_that_may_not_change_is_not_looked_up() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    world.publish_next("site", "1.0.0", "1.1.0");
    web.asked();
    let before = web.connections();
    let mut session = Session::default();
    for typed in [
        "new acme/site other --defaults --locked",
        "-C shop add acme/site-blog --defaults --locked",
        "-C shop set title=Other --locked",
        "-C shop remove site --locked",
    ] {
        session.add(&run(&world, &web, typed).failed_with(1));
    }
    for typed in ["sync", "lock", "verify", "status", "diff", "list"] {
        run(&world, &web, &format!("-C shop {typed} --locked")).succeeded();
    }
    world.edit(
        "shop/scaffold.toml",
        "version = \"^1.0.0\"",
        "version = \"^1.1.0\"",
    );
    session.add(&run(&world, &web, "-C shop sync --locked").failed_with(1));
    session.add(&run(&world, &web, "-C shop lock --locked").failed_with(1));
    assert_eq!(web.rounds(), "");
    assert_eq!(web.connections(), before);
    for typed in ["fetch", "vendor -n"] {
        run(&world, &web, &format!("-C shop {typed} --locked")).succeeded();
    }
    insta::assert_snapshot!(session);
}

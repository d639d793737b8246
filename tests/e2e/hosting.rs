//! Running a registry without a server of one's own: folders, and an OCI registry.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::environment::{Session, World};

/// A world with a key for `acme` and the small packages, not published anywhere.
fn author() -> World {
    let world = World::new();
    world.small_packages();
    fs::remove_dir_all(world.path("registry")).unwrap();
    world.scaffold("key new acme").succeeded();
    world
}

#[test]
fn a_registry_from_its_beginning_to_a_copy_of_it() {
    let world = author();
    let mut session = Session::default();
    let mut run = |line: &str| session.add(&world.scaffold(line).succeeded());
    run("registry init ours --origin ours");
    run("registry add ours site");
    run("pack site-blog -o blog.tar.gz");
    run("registry add ours blog.tar.gz");
    run("registry verify ours");
    run("registry index ours");
    run("registry mirror ours copy --only acme/site");
    run("registry mirror ours copy");
    run("registry mirror ours copy");
    run("registry verify copy");
    run("registry gc copy");
    // Damage is found, named, and mended where it can be.
    world.write("ours/v1/index/acme/site", "");
    world.write("ours/v1/notes.txt", "mine");
    let blob = fs::read_dir(world.path("ours/v1/blobs/sha256"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::remove_dir_all(&blob).unwrap();
    let found = world.scaffold("registry verify ours --json").failed_with(5);
    assert_eq!(found.stdout.matches("\"place\"").count(), 3, "{found}");
    world.scaffold("registry repair ours").succeeded();
    let found = world.refused("registry verify ours", 5);
    assert!(found.stderr.contains("2 files in"), "{found}");
    session.add(&world.refused("registry verify nowhere", 1));
    session.add(&world.refused("registry init ours", 2));
    insta::assert_snapshot!(session);
}

#[test]
fn a_version_is_taken_back_and_offered_again() {
    let world = World::small_project();
    world.publish_next("site", "1.0.0", "1.0.1");
    let mut session = Session::default();
    let small = |line: &str| world.small(line);
    session.add(
        &world
            .scaffold(&small("yank acme/site@1.0.1 --reason Broken."))
            .succeeded(),
    );
    // Nobody new gets it.
    let run = world.scaffold(&small("new acme/site fresh --defaults -y -q"));
    run.succeeded();
    assert!(world.read("fresh/scaffold.lock").contains("1.0.0"));
    session.add(
        &world
            .scaffold(&small("yank acme/site@1.0.1 --undo"))
            .succeeded(),
    );
    // Who uses a dangerous one hears of it, and goes on working.
    session.add(
        &world
            .scaffold(&small("yank acme/site@1.0.0 --security --reason Leaks."))
            .succeeded(),
    );
    session.add(&world.scaffold("-C shop status").succeeded());
    session.add(&world.scaffold(&small("-C shop update -y")).succeeded());
    session.add(&world.scaffold("-C shop status").succeeded());
    session.add(&world.refused(&small("yank acme/site@9.0.0"), 1));
    session.add(&world.refused(&small("yank acme/site"), 2));
    insta::assert_snapshot!(session);
}

/// Debian's `docker-registry`, over plain HTTP on this machine; stopped when dropped.
struct Registry {
    process: Child,
    port: u16,
}

impl Registry {
    /// None where it is not installed: the proof of registries installs it and has this run.
    fn start(world: &World) -> Option<Self> {
        let program = Path::new("/usr/bin/docker-registry");
        if !program.exists() {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        world.write(
            "oci.yml",
            format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n",
                world.path("oci").display()
            ),
        );
        let process = Command::new(program)
            .arg("serve")
            .arg(world.path("oci.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "it does not come up");
            thread::sleep(Duration::from_millis(50));
        }
        Some(Self { process, port })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_real_oci_registry() {
    let world = author();
    let Some(registry) = Registry::start(&world) else {
        return;
    };
    let place = format!("oci://127.0.0.1:{}/team/packages", registry.port);
    let run = |line: &str| world.scaffold(&format!("--registry {place} {line}"));
    for package in ["site", "site-blog"] {
        run(&format!("publish {package} -y")).succeeded();
        run(&format!("publish {package} -y")).succeeded();
    }
    run("new acme/site shop --defaults -y").succeeded();
    world
        .scaffold(&format!("-C shop --registry {place} add acme/site-blog -y"))
        .succeeded();
    let lock = world.read("shop/scaffold.lock");
    assert!(lock.contains(&place) && lock.contains("signer"), "{lock}");
    world.scaffold("-C shop verify").succeeded();
    assert!(
        run("search site")
            .succeeded()
            .stdout
            .contains("acme/site-blog")
    );

    // A published version is what it is; one that is taken back is offered to nobody.
    world.edit("site/template/app/style.css", "black", "white");
    let taken = run("publish site -y").failed_with(1);
    assert!(taken.stderr.contains("already published"), "{taken}");
    run("yank acme/site@1.0.0 --reason Old. -y").succeeded();
    run("new acme/site other --defaults -y").failed_with(2);
    run("yank acme/site@1.0.0 --undo -y").succeeded();
    run("new acme/site other --defaults -y").succeeded();

    // A new key is known there at once, and who trusted the old one follows.
    run("key rotate acme").succeeded();
    let rotated = run("new acme/site third --defaults -y").succeeded();
    assert!(rotated.stderr.contains("New keys: acme"), "{rotated}");

    // All of it can be looked over, made anew, and copied into a folder.
    world
        .scaffold(&format!("registry verify {place}"))
        .succeeded();
    world
        .scaffold(&format!("registry repair {place}"))
        .succeeded();
    world
        .scaffold(&format!("registry mirror {place} copy"))
        .succeeded();
    world.scaffold("registry verify copy").succeeded();

    // A manifest says where the archive is, by its digest: any tool that speaks OCI finds it.
    let manifest = format!(
        "http://127.0.0.1:{}/v2/team/packages/acme/site/manifests/1.0.0",
        registry.port
    );
    let manifest = Command::new("curl")
        .args([
            "-fsS",
            "-H",
            "Accept: application/vnd.oci.image.manifest.v1+json",
            &manifest,
        ])
        .output();
    if let Ok(manifest) = manifest {
        let manifest: serde_json::Value = serde_json::from_slice(&manifest.stdout).unwrap();
        assert_eq!(
            manifest["artifactType"],
            "application/vnd.scaffold.package.v1"
        );
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        assert!(lock.contains(layer), "{manifest}");
    }
}

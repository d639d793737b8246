//! Every command that looks, packs or publishes: whole outputs, as text and as JSON.

use std::fs;

use crate::environment::{Run, Session, World, official};

#[test]
fn what_there_is() {
    let world = World::new();
    let mut session = Session::default();
    for line in [
        "search",
        "search htmx",
        "search AUTH django",
        "info django",
        "info auth@^1",
        "info django-auth",
    ] {
        let run = world.scaffold(line);
        session.add(&run);
    }
    session.add(&world.refused("search nothing-like-it", 1));
    insta::assert_snapshot!(session);
}

#[test]
fn what_a_project_is_made_of() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --with blog --defaults")
        .succeeded();
    world.scaffold(&world.small("-C shop add acme/site-blog --as news --defaults"));
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop list").succeeded());
    world
        .scaffold(&world.small("-C shop remove site blog news"))
        .succeeded();
    session.add(&world.scaffold("-C shop list").succeeded());
    world
        .scaffold("new django market --with auth --defaults")
        .succeeded();
    session.add(&world.scaffold("-C market list").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn what_a_package_can_do() {
    let world = World::new();
    let mut run = world.scaffold("inspect django").succeeded();
    // The engine is of another size with each of its versions.
    let (text, size) = run.stdout.rsplit_once(", ").unwrap();
    assert!(size.ends_with(" KiB\n"), "{size}");
    run.stdout = format!("{text}, [SIZE]\n");
    insta::assert_snapshot!(run);

    // The same for whatever holds a component; a folder and a package file as well.
    world.small_packages();
    let by_folder = world.scaffold("inspect ./site").succeeded();
    world.scaffold("pack site -o site.tar.gz").succeeded();
    let by_file = world.scaffold("inspect site.tar.gz").succeeded();
    assert_eq!(by_folder.stdout, by_file.stdout);
    world.write("file.wasm", "This is no component.");
    let mut session = Session::default();
    session.add(&world.refused("inspect file.wasm", 1));
    session.add(&world.refused("inspect site", 2));
    session.add(&world.refused("inspect nowhere/site", 2));
    // A component that wants more than the contract is named for what it wants, and refused.
    world.write(
        "wasi.wasm",
        component_importing("wasi:cli/environment@0.2.0"),
    );
    session.add(&world.refused("inspect wasi.wasm", 4));
    insta::assert_snapshot!(session);
}

/// The smallest component that imports an empty instance of that name.
fn component_importing(name: &str) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // A type section with one instance type without exports, then an import of an instance of that type.
    bytes.extend([7, 3, 1, 0x42, 0]);
    let length = u8::try_from(name.len()).unwrap();
    let mut import = vec![1, 0, length];
    import.extend(name.as_bytes());
    import.extend([5, 0]);
    bytes.extend([10, u8::try_from(import.len()).unwrap()]);
    bytes.extend(import);
    bytes
}

/// Read from the bytes of the checked-in packages, not from what the program says of them.
#[test]
fn official_components_import_the_contract_and_nothing_else() {
    let mut components = 0;
    let blobs = official().join("v1/blobs/sha256");
    for folder in fs::read_dir(blobs).unwrap() {
        for blob in fs::read_dir(folder.unwrap().path()).unwrap() {
            let bytes = fs::read(blob.unwrap().path()).unwrap();
            let package = scaffold_registry::Package::read(&bytes).unwrap();
            let Some(component) = package.component() else {
                continue;
            };
            components += 1;
            let mut imports = 0;
            let mut depth = 0;
            for payload in wasmparser::Parser::new(0).parse_all(component) {
                match payload.unwrap() {
                    wasmparser::Payload::ModuleSection { .. }
                    | wasmparser::Payload::ComponentSection { .. } => depth += 1,
                    wasmparser::Payload::End(_) => depth -= i32::from(depth > 0),
                    wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                        for import in section {
                            let import = import.unwrap();
                            // A type of the contract that the world names again is a name, not something to call.
                            if matches!(
                                import.ty,
                                wasmparser::ComponentTypeRef::Type(wasmparser::TypeBounds::Eq(_))
                            ) {
                                continue;
                            }
                            imports += 1;
                            let name = import.name.name;
                            assert!(
                                name.starts_with("scaffold:generator/"),
                                "{}: {name}",
                                package.manifest.name
                            );
                        }
                    }
                    _ => {}
                }
            }
            assert!(imports > 0, "{} imports something", package.manifest.name);
        }
    }
    assert!(components > 0, "there is an official component");
}

#[test]
fn packing_is_the_same_every_time() {
    let world = World::new();
    world.small_packages();
    let mut session = Session::default();
    session.add(&world.scaffold("pack site").succeeded());
    let first = fs::read(world.path("site-1.0.0.tar.gz")).unwrap();
    // Neither times nor the folder's name are part of a package.
    fs::rename(world.path("site"), world.path("moved")).unwrap();
    let text = world.read("moved/template/app/style.css");
    world.write("moved/template/app/style.css", text);
    session.add(&world.scaffold("pack moved -o again.tar.gz").succeeded());
    assert!(first == fs::read(world.path("again.tar.gz")).unwrap());
    session.add(&world.scaffold("pack moved -o never.tar.gz -n").succeeded());
    assert!(!world.path("never.tar.gz").exists());
    insta::assert_snapshot!(session);
}

#[test]
fn publishing_twice_changes_nothing() {
    let world = World::new();
    world.small_packages();
    let before = world.files("registry");
    let mut session = Session::default();
    session.add(
        &world
            .scaffold("publish site --registry registry")
            .succeeded(),
    );
    assert!(world.files("registry") == before);
    // Another version joins the first.
    world.edit("site/scaffold.toml", "1.0.0", "1.1.0");
    session.add(
        &world
            .scaffold("publish site --registry registry -n")
            .succeeded(),
    );
    assert!(world.files("registry") == before);
    session.add(
        &world
            .scaffold("publish site --registry registry")
            .succeeded(),
    );
    session.add(
        &world
            .scaffold("--registry registry info acme/site")
            .succeeded(),
    );
    // A folder that is new becomes a registry.
    session.add(&world.scaffold("publish site --registry new").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn the_cache() {
    let world = World::new();
    let cached = |line: &str| -> Run {
        let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        world.finish(command)
    };
    let mut session = Session::default();
    session.add(&cached("cache list").succeeded());
    cached("new django shop --defaults").succeeded();
    session.add(&cached("cache verify").succeeded());
    let listed: serde_json::Value =
        serde_json::from_str(&cached("cache list --json").succeeded().stdout).unwrap();
    assert_eq!(listed["packages"].as_array().unwrap().len(), 2, "{listed}");
    world.write("cache/mine.txt", "not the tool's");
    session.add(&cached("cache clean").succeeded());
    session.add(&cached("cache list").succeeded());
    assert_eq!(world.read("cache/mine.txt"), "not the tool's");
    insta::assert_snapshot!(session);
}

#[test]
fn completions() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = world.scaffold(&format!("completions {shell}")).succeeded();
        assert!(
            run.stdout.contains("publish") && run.stdout.contains("dry-run"),
            "{shell}"
        );
    }
    let script = world.scaffold("completions bash").stdout;
    assert!(script.contains("complete -F _scaffold"), "{script}");
    insta::assert_snapshot!(world.refused("completions tcsh", 2));
}

#[test]
fn help() {
    let world = World::new();
    insta::assert_snapshot!("help", world.scaffold("--help").succeeded());
    insta::assert_snapshot!("help_of_new", world.scaffold("new --help").succeeded());
    insta::assert_snapshot!(
        "help_of_a_package",
        world.scaffold("new django --with auth --help").succeeded()
    );
    assert!(
        world
            .scaffold("--version")
            .succeeded()
            .stdout
            .starts_with("scaffold 0.")
    );
}

#[test]
fn exit_codes_are_in_the_help() {
    let world = World::new();
    let help = world.scaffold("--help").stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for code in [
        "0 done",
        "1 failed",
        "2 wrong usage",
        "3 conflicts remain",
        "4 permission needed",
        "5 integrity",
        "70 bug",
    ] {
        assert!(help.contains(code), "{code}: {help}");
    }
}

/// One document on standard output, nothing else anywhere; an error is such a document, too.
#[test]
fn json() {
    let world = World::new();
    let document = |line: &str, code: i32| -> serde_json::Value {
        let run = world.scaffold(line).failed_with(code);
        assert_eq!(run.stderr, "", "{run}");
        serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run}"))
    };
    let made = document("--json new django shop --defaults", 0);
    assert_eq!(made["project"], "shop");
    assert_eq!(
        made["plan"].as_array().unwrap().len(),
        world.files("shop").len() - 2
    );
    for line in [
        "--json -C shop list",
        "--json -C shop status",
        "--json -C shop diff",
        "--json -C shop outdated",
        "--json -C shop verify",
        "--json -C shop update",
        "--json -C shop add auth --defaults -n",
        "--json -C shop add auth --defaults --diff",
        "--json -C shop set database=postgres",
        "--json -C shop remove auth",
        "--json -C shop undo",
        "--json search",
        "--json info django",
        "--json inspect django",
        "--json cache list",
    ] {
        assert!(!document(line, 0).is_null(), "{line}");
    }
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&document("--json new django more --with auth", 2)).unwrap()
    );
    assert_eq!(
        document("--json new djnago more", 2)["error"]["kind"],
        "usage"
    );
    assert_eq!(
        document("--json search nothing-like-it", 1),
        serde_json::json!([])
    );
    world.write("shop/scaffold.lock", "?");
    assert_eq!(
        document("--json -C shop list", 5)["error"]["kind"],
        "integrity"
    );
}

#[test]
fn quiet_and_verbose() {
    let world = World::new();
    let quiet = world.scaffold("-q new django shop --defaults").succeeded();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let story = world.scaffold("-v -C shop add auth --defaults").succeeded();
    assert_eq!(story.stdout, "");
    insta::assert_snapshot!(story);
}

#[test]
fn a_diff() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    insta::assert_snapshot!(
        world
            .scaffold("-C shop set database=postgres --diff -n")
            .succeeded()
    );
    // The diff is a result: it can be piped, and git can apply it.
    let run = world
        .scaffold("-q -C shop add auth --defaults --diff -n")
        .succeeded();
    assert!(run.stdout.starts_with("diff --git "), "{run}");
}

#[test]
fn colour_is_for_those_who_want_it() {
    let world = World::new();
    assert!(!world.scaffold("search").stdout.contains('\x1b'));
    assert!(
        world
            .scaffold("--color always search")
            .stdout
            .contains('\x1b')
    );
    assert!(
        world
            .scaffold("--color always new djnago x")
            .stderr
            .contains('\x1b')
    );
}

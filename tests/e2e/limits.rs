//! Every limit, lowered in the user's `config.toml` and passed by a hostile package in the real program.

use scaffold::sandbox::{Limit, Limits};

use crate::{
    environment::{Run, World},
    guests::{folder, guest},
};

/// Which guest passes which limit, when it is lowered to what.
const CASES: [(&str, &str, &str); 18] = [
    ("component", "\"100 bytes\"", "panics"),
    ("compile-time", "\"0 ms\"", "panics"),
    ("compile-memory", "\"32 MiB\"", "is-hard-to-compile"),
    ("machine-code", "\"1 KiB\"", "panics"),
    ("memory", "\"1 MiB\"", "grows-memory"),
    ("table-elements", "10", "grows-table"),
    ("instances", "1", "panics"),
    ("stack", "\"64 KiB\"", "recurses"),
    ("fuel", "1000", "loops-in-generate"),
    ("time", "\"20 ms\"", "loops-in-generate"),
    ("host-calls", "5", "floods-the-host-with-calls"),
    ("call-bytes", "\"1 KiB\"", "passes-a-huge-string"),
    ("questions", "3", "answers-with-endless-questions"),
    ("log", "\"1 KiB\"", "floods-the-log"),
    ("output", "\"1 KiB\"", "floods-the-output"),
    ("files", "3", "floods-the-project-with-files"),
    ("read", "\"1 KiB\"", "reads-without-end"),
    ("inputs", "0", "lists-what-is-there"),
];

const READS: &str = "\n[[reads]]\npattern = \"**\"\nreason = \"It wants to.\"\n";

pub fn publish(world: &World, name: &str, kind: &str, component: Vec<u8>) {
    publish_with(world, name, kind, "", component);
}

/// A package `evil/NAME` in `registry/`, without anybody having looked whether it compiles.
fn publish_with(world: &World, name: &str, kind: &str, more: &str, component: Vec<u8>) {
    world.write(
        &format!("{name}/scaffold.toml"),
        format!(
            "[package]\nname = \"evil/{name}\"\nversion = \"1.0.0\"\nkind = \"{kind}\"\n\
             summary = \"A guest that means harm\"\nlicense = \"MIT\"\n\n\
             [[writes]]\npattern = \"**\"\nreason = \"It wants to.\"\n{more}"
        ),
    );
    world.write(&format!("{name}/generator.wasm"), component);
    let registry = world.path("registry");
    std::fs::create_dir_all(&registry).unwrap();
    let packed = scaffold::pack::pack(&world.path(name)).unwrap();
    scaffold_registry::publish::to_folder(&registry, &packed.bytes, &packed.imports).unwrap();
}

/// A line in the project `shop`, with what `config.toml` says; the compiler has to work anew.
pub fn command(world: &World, config: &str, line: &str) -> std::process::Command {
    // Outside of what is looked at for changes.
    world.write("../home/config/config.toml", config);
    let cache = world.path("../home/cache");
    let _ = std::fs::remove_dir_all(&cache);
    let line = format!(
        "-C shop --registry evil={} {line}",
        world.path("registry").display()
    );
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command
        .env("SCAFFOLD_CONFIG", world.path("../home/config"))
        .env("SCAFFOLD_CACHE", cache);
    command
}

/// A world whose `shop` is a folder made by hand, and whose registry holds a package that does no harm.
pub fn shop() -> World {
    let world = World::new();
    publish(&world, "base", "module", guest("writes-where-it-is-told"));
    world.write("shop/mine.txt", "mine\n");
    world
}

/// The next command is none the worse for the last.
#[track_caller]
pub fn works(world: &World) {
    let run = world.finish(command(world, "", "add evil/base --defaults --dry-run"));
    assert!(run.succeeded().stdout.contains("shop"));
}

#[test]
fn each_can_be_lowered_and_stops_what_passes_it() {
    let world = shop();
    for limit in Limit::ALL {
        let name = limit.name();
        let case = CASES.iter().find(|case| case.0 == name);
        let (_, lower, guest) = case.unwrap_or_else(|| panic!("nothing passes `{name}`"));
        if *limit == Limit::CompileMemory && !cfg!(target_os = "linux") {
            continue;
        }
        if !world.path(guest).exists() {
            let component = match *guest {
                "is-hard-to-compile" => crate::compiling::bomb(2000, 200),
                guest => crate::guests::guest(guest),
            };
            let more = if *limit == Limit::Inputs { READS } else { "" };
            publish_with(&world, guest, "module", more, component);
        }
        let config = format!("[limits]\n{name} = {lower}\n");
        let line = format!("add evil/{guest} --defaults --allow read");
        let run: Run = world.refuses(command(&world, &config, &line), 1);
        let told = lower.trim_matches('"');
        let said = format!("`evil/{guest}` was stopped: it passed the limit `{name}` ({told})");
        assert!(run.stderr.contains(&said), "{run}");
        let hint = format!("raise {name} = {lower} under [limits] in your config.toml");
        assert!(run.stderr.contains(&hint), "{run}");
        works(&world);
    }
}

#[test]
fn what_the_error_says_is_what_lets_it_through() {
    let world = shop();
    let component = guest("lists-what-is-there");
    publish_with(&world, "lists", "module", READS, component);
    let with = |inputs: &str| {
        let config = format!("[limits]\ninputs = {inputs}\n");
        world.finish(command(
            &world,
            &config,
            "add evil/lists --defaults --allow read",
        ))
    };
    insta::assert_snapshot!(with("0").failed_with(1));
    with("1").succeeded();
}

#[test]
fn only_the_user_sets_limits() {
    let world = shop();
    world
        .finish(command(&world, "", "add evil/base --defaults"))
        .succeeded();
    world.edit(
        "shop/scaffold.toml",
        "[project]",
        "[limits]\nfuel = 1\n\n[project]",
    );
    let run = world.refuses(command(&world, "", "sync"), 2);
    assert!(run.stderr.contains("limits"), "{run}");

    let world = World::new();
    world.write(
        "evil/scaffold.toml",
        "[package]\nname = \"evil/x\"\nversion = \"1.0.0\"\nkind = \"project\"\nsummary = \"x\"\n\
         license = \"MIT\"\n\n[limits]\nfuel = 99\n",
    );
    world.write("evil/generator.wasm", guest("panics"));
    let run = world.scaffold("pack evil");
    assert!(
        run.code != Some(0) && run.stderr.contains("limits"),
        "{run}"
    );
}

#[test]
fn what_is_no_limit_is_told_with_its_place_and_what_there_is() {
    let world = shop();
    for (name, config) in [
        ("unknown", "[limits]\nmemroy = \"1 MiB\"\n"),
        ("without a unit", "[limits]\nmemory = 256\n"),
        ("with another unit", "[limits]\ntime = \"1 h\"\n"),
    ] {
        let run = world.refuses(command(&world, config, "add evil/base --defaults"), 2);
        let shown = run.to_string().replace("[WORK]/../home", "[HOME]");
        insta::assert_snapshot!(name.replace(' ', "_"), shown);
    }
}

/// `docs/SECURITY.md` is where a user finds them.
#[test]
fn each_is_documented_with_its_name_its_default_and_what_it_bounds() {
    let text = std::fs::read_to_string(folder().join("../../docs/SECURITY.md")).unwrap();
    for &limit in Limit::ALL {
        let begin = format!(
            "| `{}` | {} | {} |",
            limit.name(),
            Limits::default().get(limit),
            limit.bounds()
        );
        assert!(text.contains(&begin), "no line begins with {begin}");
    }
}

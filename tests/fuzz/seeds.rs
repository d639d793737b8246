//! Every fuzz target on every seed, once, in the ordinary tests: so a target cannot rot, and what it once found stays found.
//! A part of each crate that has targets.

use std::{fs, path::Path};

use super::TARGETS;

fn folder(name: &str) -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root
        .ancestors()
        .find(|root| root.join("tests/fuzz").is_dir());
    root.expect("the checkout").join("tests/fuzz").join(name)
}

#[test]
fn every_target_holds_on_its_seeds() {
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for seed in fs::read_dir(folder("seeds").join(name)).expect(name) {
            let path = seed.expect("an entry").path();
            // Shown only if what follows fails.
            println!("{}", path.display());
            target(&fs::read(path).expect("a seed"));
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seeds");
        target(b"");
    }
}

#[test]
fn every_target_of_this_crate_has_a_binary() {
    let krate = module_path!().split("::").next().expect("the crate");
    let call = format!("{krate}::fuzz::");
    let mut called: Vec<String> = Vec::new();
    for file in fs::read_dir(folder("targets")).expect("targets") {
        let path = file.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a target");
        let Some((_, call)) = text.split_once(&call) else {
            continue;
        };
        let name: String = call.chars().take_while(|c| *c != '(').collect();
        assert_eq!(path.file_stem(), Some(name.as_ref()), "{text}");
        called.push(name);
    }
    called.sort();
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(called, names);
}

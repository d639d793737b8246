#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixtures::{file, files, package};

#[test]
fn a_package_is_read_and_fits_its_release() {
    let bytes = package("acme/web", "1.0.0", "");
    let package = Package::read(&bytes).unwrap();
    assert_eq!(package.manifest.name.to_string(), "acme/web");
    assert_eq!(package.component(), None);
    assert_eq!(
        (package.blob, package.size),
        (Digest::of(&bytes), bytes.len() as u64)
    );
    let release = package.release(&[]);
    assert_eq!(release.world, None);
    package.check(&release).unwrap();
}

#[test]
fn imports_are_sorted_and_name_the_world() {
    let package = Package::read(&package("acme/web", "1.0.0", "")).unwrap();
    let imports = [
        "wasi:cli/x@0.2.0",
        "scaffold:generator/log@0.3.0",
        "scaffold:generator/changes@0.3.0",
        "wasi:cli/x@0.2.0",
    ];
    let release = package.release(&imports.map(str::to_owned));
    assert_eq!(release.world.as_deref(), Some("scaffold:generator@0.3.0"));
    assert_eq!(release.imports.len(), 3);
    assert!(release.imports.is_sorted());
    package.check(&release).unwrap();
}

#[test]
fn a_registry_that_says_something_else_is_caught() {
    let package = Package::read(&package("acme/web", "1.0.0", "")).unwrap();
    let release = package.release(&[]);
    let lies = [
        Release {
            blob: Digest::of(b""),
            ..release.clone()
        },
        Release {
            size: 1,
            ..release.clone()
        },
        Release {
            tree: Digest::of(b""),
            ..release.clone()
        },
        Release {
            name: "acme/other".parse().unwrap(),
            ..release.clone()
        },
        Release {
            version: "9.0.0".parse().unwrap(),
            ..release.clone()
        },
        Release {
            kind: crate::Kind::Theme,
            ..release.clone()
        },
        Release {
            engine: None,
            ..release.clone()
        },
        Release {
            reads: vec![crate::Pattern {
                pattern: "**".into(),
                reason: "x".into(),
            }],
            ..release.clone()
        },
        release.clone().requiring("a", "*"),
        release.conflicting("a", "*"),
    ];
    for lie in lies {
        let error = package.check(&lie).unwrap_err();
        assert!(matches!(error, PackageError::Disagrees { .. }), "{error}");
    }
}

#[test]
fn there_is_exactly_one_thing_to_run() {
    let mut both = files("acme/web", "1.0.0", "");
    both.insert(COMPONENT.to_owned(), file("wasm"));
    assert!(matches!(Package::pack(&both), Err(PackageError::TwoToRun)));

    let mut own = both.clone();
    let manifest = "[package]\nname='a/b'\nversion='1.0.0'\nkind='engine'\nsummary='x'\n";
    own.insert("scaffold.toml".to_owned(), file(manifest));
    let package = Package::read(&Package::pack(&own).unwrap()).unwrap();
    assert_eq!(package.component(), Some(&b"wasm"[..]));

    own.remove(COMPONENT);
    assert!(matches!(
        Package::pack(&own),
        Err(PackageError::NothingToRun)
    ));
}

#[test]
fn a_manifest_is_needed_and_is_text() {
    let mut some = files("acme/web", "1.0.0", "");
    some.get_mut("scaffold.toml").unwrap().bytes = b"\xff".to_vec();
    assert!(matches!(
        Package::pack(&some),
        Err(PackageError::ManifestNotUtf8)
    ));
    some.insert("scaffold.toml".to_owned(), file("x = 1"));
    let error = Package::pack(&some).unwrap_err().to_string();
    assert!(error.starts_with("scaffold.toml:1:1: "), "{error}");
    some.remove("scaffold.toml");
    assert!(matches!(
        Package::pack(&some),
        Err(PackageError::NoManifest)
    ));
    let archive = archive::write(&some).unwrap();
    assert!(matches!(
        Package::read(&archive),
        Err(PackageError::NoManifest)
    ));
    assert!(matches!(
        Package::read(b"junk"),
        Err(PackageError::Archive(_))
    ));
}

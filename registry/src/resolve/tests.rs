#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixtures::{name, release};

fn solve_locked(
    world: &[Release],
    roots: &[&str],
    locked: &[(&str, &str)],
) -> Result<Vec<String>, ResolveError> {
    let roots: Vec<PackageRef> = roots.iter().map(|root| root.parse().unwrap()).collect();
    let locked = locked
        .iter()
        .map(|(locked, version)| (name(locked), version.parse().unwrap()))
        .collect();
    let releases = |name: &PackageName| {
        Ok(world
            .iter()
            .filter(|release| release.name == *name)
            .cloned()
            .collect())
    };
    let names = || Ok(world.iter().map(|release| release.name.clone()).collect());
    let found = resolve(&roots, &locked, &releases, &names)?;
    Ok(found
        .iter()
        .map(|release| format!("{}@{}", release.name.short(), release.version))
        .collect())
}

fn solve(world: &[Release], roots: &[&str]) -> Result<Vec<String>, ResolveError> {
    solve_locked(world, roots, &[])
}

fn message(world: &[Release], roots: &[&str]) -> String {
    solve(world, roots).unwrap_err().to_string()
}

fn django() -> Vec<Release> {
    vec![
        release("django", "1.0.0"),
        release("django", "1.2.0"),
        release("django", "2.0.0"),
        release("django-auth", "1.0.0").requiring("django", "^1"),
        release("django-auth", "2.0.0").requiring("django", "^2"),
    ]
}

#[test]
fn the_newest_that_fits_comes_with_what_it_requires_first() {
    assert_eq!(
        solve(&django(), &["django-auth"]).unwrap(),
        ["django@2.0.0", "django-auth@2.0.0"]
    );
    assert_eq!(
        solve(&django(), &["django-auth@^1"]).unwrap(),
        ["django@1.2.0", "django-auth@1.0.0"]
    );
    assert_eq!(
        solve(&django(), &["django@=1.0.0", "django-auth"]).unwrap(),
        ["django@1.0.0", "django-auth@1.0.0"]
    );
    assert_eq!(
        solve(&django(), &["django-auth", "django@^1"]).unwrap(),
        ["django@1.2.0", "django-auth@1.0.0"]
    );
    assert_eq!(solve(&django(), &[]).unwrap(), [""; 0]);
    assert_eq!(
        solve(&django(), &["django", "django@^1"]).unwrap(),
        ["django@1.2.0"]
    );
}

#[test]
fn roots_keep_their_order() {
    let world = [
        release("b", "1.0.0"),
        release("a", "1.0.0"),
        release("c", "1.0.0").requiring("d", "*"),
        release("d", "1.0.0"),
    ];
    assert_eq!(
        solve(&world, &["b", "c", "a"]).unwrap(),
        ["b@1.0.0", "d@1.0.0", "c@1.0.0", "a@1.0.0"]
    );
}

#[test]
fn the_lock_wins_where_it_can() {
    let locked = [("django", "1.0.0")];
    assert_eq!(
        solve_locked(&django(), &["django"], &locked).unwrap(),
        ["django@1.0.0"]
    );
    assert_eq!(
        solve_locked(&django(), &["django", "django-auth"], &locked).unwrap(),
        ["django@1.0.0", "django-auth@1.0.0"]
    );
    assert_eq!(
        solve_locked(&django(), &["django@^2"], &locked).unwrap(),
        ["django@2.0.0"]
    );
    assert_eq!(
        solve_locked(&django(), &["django"], &[("django", "7.0.0")]).unwrap(),
        ["django@2.0.0"]
    );
    assert_eq!(
        solve_locked(&django(), &["django", "django-auth@^2"], &locked).unwrap(),
        ["django@2.0.0", "django-auth@2.0.0"]
    );
}

#[test]
fn yanked_versions_come_only_from_the_lock() {
    let world = [
        release("a", "1.0.0"),
        release("a", "1.1.0").yanked_for("leaks"),
    ];
    assert_eq!(solve(&world, &["a"]).unwrap(), ["a@1.0.0"]);
    assert_eq!(
        solve_locked(&world, &["a"], &[("a", "1.1.0")]).unwrap(),
        ["a@1.1.0"]
    );
    assert_eq!(
        message(&world, &["a@=1.1.0"]),
        "no version of scaffold/a satisfies =1.1.0; one that would was taken back (leaks); the newest is 1.0.0"
    );
    assert_eq!(
        message(&world[1..], &["a"]),
        "every version of scaffold/a was taken back (leaks)"
    );
}

#[test]
fn pre_releases_have_to_be_asked_for() {
    let world = [
        release("a", "1.0.0"),
        release("a", "1.1.0-rc.1"),
        release("a", "2.0.0-rc.1"),
    ];
    assert_eq!(solve(&world, &["a"]).unwrap(), ["a@1.0.0"]);
    assert_eq!(solve(&world, &["a@^1"]).unwrap(), ["a@1.0.0"]);
    assert_eq!(solve(&world, &["a@^1.1.0-rc"]).unwrap(), ["a@1.1.0-rc.1"]);
    assert_eq!(solve(&world, &["a@=2.0.0-rc.1"]).unwrap(), ["a@2.0.0-rc.1"]);
    assert_eq!(
        message(&world, &["a@^2"]),
        "no version of scaffold/a satisfies ^2; the newest is 1.0.0"
    );
}

#[test]
fn conflicts_are_kept() {
    let world = [
        release("a", "1.0.0"),
        release("a", "2.0.0").conflicting("b", "*"),
        release("b", "1.0.0"),
        release("b", "2.0.0-rc.1"),
        release("c", "1.0.0")
            .requiring("b", "*")
            .conflicting("a", ">=2"),
    ];
    assert_eq!(solve(&world, &["a"]).unwrap(), ["a@2.0.0"]);
    assert_eq!(solve(&world, &["a", "b"]).unwrap(), ["a@1.0.0", "b@1.0.0"]);
    assert_eq!(solve(&world, &["b", "a"]).unwrap(), ["b@1.0.0", "a@1.0.0"]);
    assert_eq!(
        solve(&world, &["c", "a"]).unwrap(),
        ["b@1.0.0", "c@1.0.0", "a@1.0.0"]
    );
    assert_eq!(
        message(&world, &["a@^2", "b"]),
        "these packages cannot stand together in one project:\n  \
           - you ask for scaffold/a ^2\n  \
           - you ask for scaffold/b *\n  \
           - scaffold/a 2.0.0 conflicts with scaffold/b *\n\
         ask for other versions, or leave one of them out"
    );
    let pre = message(&world, &["a@^2", "b@=2.0.0-rc.1"]);
    assert!(
        pre.contains("scaffold/a 2.0.0 conflicts with scaffold/b *"),
        "{pre}"
    );
}

#[test]
fn a_conflict_with_a_package_nobody_wants_costs_nothing() {
    let root = release("a", "1.0.0").conflicting("b", "*");
    let asked = std::cell::RefCell::new(Vec::new());
    let releases = |name: &PackageName| {
        asked.borrow_mut().push(name.to_string());
        Ok(vec![root.clone()])
    };
    resolve(
        &["a".parse().unwrap()],
        &BTreeMap::new(),
        &releases,
        &|| Ok(vec![]),
    )
    .unwrap();
    assert_eq!(*asked.borrow(), ["scaffold/a"]);
}

#[test]
fn unknown_packages_are_told_with_the_nearest() {
    assert_eq!(
        message(&django(), &["djagno"]),
        "there is no package scaffold/djagno; did you mean django?"
    );
    assert_eq!(
        message(&django(), &["auth"]),
        "there is no package scaffold/auth; did you mean django-auth?"
    );
    assert_eq!(
        message(&django(), &["rails"]),
        "there is no package scaffold/rails; `scaffold search` lists those there are"
    );
    assert_eq!(
        message(&django(), &["django@^9"]),
        "no version of scaffold/django satisfies ^9; the newest is 2.0.0"
    );
}

#[test]
fn the_reasons_are_told_in_the_words_of_the_manifests() {
    assert_eq!(
        message(&django(), &["django@^1", "django-auth@^2"]),
        "these packages cannot stand together in one project:\n  \
           - you ask for scaffold/django ^1\n  \
           - you ask for scaffold/django-auth ^2\n  \
           - scaffold/django-auth 2.0.0 requires scaffold/django ^2\n\
         ask for other versions, or leave one of them out"
    );
    let world = [
        release("a", "1.0.0").requiring("djago", "^1"),
        release("django", "1.0.0"),
    ];
    let text = message(&world, &["a"]);
    assert!(
        text.contains("\n  - scaffold/a 1.0.0 requires scaffold/djago ^1\n"),
        "{text}"
    );
    assert!(
        text.contains("\n  - there is no package scaffold/djago; did you mean django?\n"),
        "{text}"
    );

    let world = [
        release("a", "1.0.0").requiring("b", "^2"),
        release("b", "1.0.0"),
        release("b", "2.0.0").yanked_for("leaks"),
    ];
    let text = message(&world, &["a"]);
    assert!(
        text.contains("scaffold/b 2.0.0 was taken back (leaks)"),
        "{text}"
    );
    let text = message(
        &[
            release("a", "1.0.0").requiring("b", "^3"),
            release("b", "1.0.0"),
        ],
        &["a"],
    );
    assert!(
        text.contains("the versions of scaffold/b are 1.0.0"),
        "{text}"
    );
}

#[test]
fn circles_are_refused() {
    let world = [
        release("a", "1.0.0").requiring("b", "*"),
        release("b", "1.0.0").requiring("c", "*"),
        release("c", "1.0.0").requiring("b", "*"),
    ];
    assert_eq!(
        message(&world, &["a"]),
        "scaffold/b, scaffold/c require each other in a circle, so none can come first; tell their authors"
    );
}

#[test]
fn engines_are_no_part_of_a_project() {
    let world = [
        release("template", "1.0.0").of_kind(Kind::Engine),
        release("a", "1.0.0").requiring("template", "*"),
    ];
    assert!(message(&world, &["template"]).starts_with("scaffold/template is an engine"));
    assert!(
        message(&world, &["a"])
            .contains("scaffold/template 1.0.0 is an engine, which cannot be put")
    );
}

#[test]
fn engines_are_resolved_by_themselves() {
    let world = [
        release("template", "1.0.0").of_kind(Kind::Engine),
        release("template", "1.1.0").of_kind(Kind::Engine),
        release("template", "1.2.0")
            .of_kind(Kind::Engine)
            .yanked_for("slow"),
        release("django", "1.0.0"),
    ];
    let engine = |engine: &str, locked: Option<&str>| {
        let locked = locked.map(|version| version.parse().unwrap());
        let releases = |name: &PackageName| {
            Ok(world
                .iter()
                .filter(|release| release.name == *name)
                .cloned()
                .collect())
        };
        let names = || Ok(world.iter().map(|release| release.name.clone()).collect());
        resolve_engine(&engine.parse().unwrap(), locked.as_ref(), &releases, &names)
            .map(|release| release.version.to_string())
            .map_err(|error| error.to_string())
    };
    assert_eq!(engine("template@^1", None).unwrap(), "1.1.0");
    assert_eq!(engine("template@^1", Some("1.0.0")).unwrap(), "1.0.0");
    assert_eq!(engine("template@^1", Some("1.2.0")).unwrap(), "1.2.0");
    assert_eq!(engine("template@^1", Some("9.0.0")).unwrap(), "1.1.0");
    assert!(
        engine("template@^2", None)
            .unwrap_err()
            .ends_with("the newest is 1.1.0")
    );
    assert!(
        engine("tmplate", None)
            .unwrap_err()
            .ends_with("did you mean template?")
    );
    assert!(
        engine("django", None)
            .unwrap_err()
            .starts_with("scaffold/django is a module and no engine")
    );
}

#[test]
fn errors_of_the_source_come_through() {
    let releases = |name: &PackageName| {
        Err(SourceError::NotARegistry {
            place: name.to_string(),
        })
    };
    let error = resolve(
        &["a".parse().unwrap()],
        &BTreeMap::new(),
        &releases,
        &|| Ok(vec![]),
    )
    .unwrap_err();
    assert!(matches!(error, ResolveError::Source(_)), "{error}");
}

#[test]
fn a_registry_that_names_ever_new_packages_is_given_up() {
    let releases = |name: &PackageName| {
        let number: u32 = name.name().trim_start_matches('p').parse().unwrap();
        Ok(vec![
            release(&name.to_string(), "1.0.0").requiring(&format!("p{}", number + 1), "*"),
        ])
    };
    let error = resolve(
        &["p0".parse().unwrap()],
        &BTreeMap::new(),
        &releases,
        &|| Ok(vec![]),
    )
    .unwrap_err();
    assert!(matches!(error, ResolveError::TooMany), "{error}");
}

#[test]
fn a_wide_world_is_solved_by_going_back() {
    // Each version of `m` wants the same of `n`, and `n` only goes with the lowest `o`.
    let mut world = Vec::new();
    for minor in 0..50 {
        let version = format!("1.{minor}.0");
        world.push(release("m", &version).requiring("n", &format!("={version}")));
        world.push(release("n", &version).requiring("o", &format!("={version}")));
    }
    world.push(release("o", "1.3.0"));
    assert_eq!(
        solve(&world, &["m"]).unwrap(),
        ["o@1.3.0", "n@1.3.0", "m@1.3.0"]
    );
}

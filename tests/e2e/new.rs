use crate::environment::World;

#[test]
fn a_project_is_made_and_a_module_joins_it() {
    let world = World::new();
    insta::assert_snapshot!(world.scaffold("new django shop --defaults").succeeded());
    let before = world.files("shop");
    assert!(before["manage.py"].1, "manage.py is executable");
    insta::assert_snapshot!(world.scaffold("-C shop add auth --defaults").succeeded());

    // A module pulled in later and one asked for at once give the same.
    world
        .scaffold("new django both/shop --with auth --defaults")
        .succeeded();
    assert_eq!(world.files("shop"), world.files("both/shop"));
}

#[test]
fn the_same_answers_give_the_same_bytes() {
    let world = World::new();
    let line = "--with auth --database postgres --frontend htmx --defaults";
    world
        .scaffold(&format!("new django one/shop {line}"))
        .succeeded();
    world
        .scaffold(&format!("new django two/shop {line}"))
        .succeeded();
    assert_eq!(world.files("one/shop"), world.files("two/shop"));
    assert!(
        world
            .read("one/shop/scaffold.lock")
            .contains("tree = \"sha256:")
    );
    world.scaffold("-C one/shop verify").succeeded();
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::new();
    let run = world
        .scaffold("new django shop --defaults --dry-run")
        .succeeded();
    assert!(run.stdout.contains("manage.py"), "{run}");
    assert!(!world.path("shop").exists());

    world.scaffold("new django shop --defaults").succeeded();
    let stamps = || {
        let mut stamps: Vec<_> = walk(&world.path("shop"));
        stamps.sort();
        stamps
    };
    let before = stamps();
    world.scaffold("-C shop add auth --defaults -n").succeeded();
    assert_eq!(stamps(), before, "files, sizes and times");
}

fn walk(folder: &std::path::Path) -> Vec<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let meta = entry.metadata().unwrap();
        found.push((entry.path(), meta.len(), meta.modified().unwrap()));
        if meta.is_dir() {
            found.extend(walk(&entry.path()));
        }
    }
    found
}

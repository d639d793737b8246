#![allow(clippy::unwrap_used)]
use super::*;

fn release(version: &str) -> Release {
    Release {
        name: "acme/web".parse().unwrap(),
        version: version.parse().unwrap(),
        blob: Digest::of(version.as_bytes()),
        size: 7,
        tree: Digest::of(b"tree"),
        kind: Kind::Module,
        summary: "A thing.".to_owned(),
        keywords: vec!["web".to_owned()],
        world: Some("scaffold:generator@0.1.0".to_owned()),
        imports: vec!["scaffold:generator/log@0.1.0".to_owned()],
        reads: vec![],
        writes: vec![Pattern {
            pattern: "**".to_owned(),
            reason: "All of it.".to_owned(),
        }],
        requires: [("scaffold/django".parse().unwrap(), "^1".parse().unwrap())].into(),
        conflicts: BTreeMap::new(),
        engine: Some("scaffold/template@^1".parse().unwrap()),
        yanked: None,
        security: false,
    }
}

#[test]
fn an_index_round_trips_sorted_by_version() {
    let releases = ["1.10.0", "1.2.0", "1.10.0-rc.1"].map(release);
    let text = write_index(&releases).unwrap();
    assert!(
        text.starts_with("{\"v\":1,\"name\":\"acme/web\",\"version\":\"1.2.0\",\"blob\":\"sha256:")
    );
    let read = read_index(&releases[0].name, &text).unwrap();
    let versions: Vec<_> = read.iter().map(|r| r.version.to_string()).collect();
    assert_eq!(versions, ["1.2.0", "1.10.0-rc.1", "1.10.0"]);
    assert_eq!(read[0], releases[1]);
    assert_eq!(write_index(&read).unwrap(), text);
}

#[test]
fn later_formats_are_skipped_and_later_fields_ignored() {
    let name = "acme/web".parse().unwrap();
    let line = release("1.0.0").to_line().unwrap();
    let more = release("1.1.0")
        .to_line()
        .unwrap()
        .replacen('{', "{\"later\":[1],", 1);
    let text = format!("{{\"v\":2,\"anything\":true}}\n{line}\n{more}\n");
    assert_eq!(read_index(&name, &text).unwrap().len(), 2);
}

#[test]
fn junk_is_an_error_that_names_the_line() {
    let name = "acme/web".parse().unwrap();
    let good = release("1.0.0").to_line().unwrap();
    let other = good.replace("acme/web", "acme/wab");
    let build = good.replace("1.0.0", "1.0.0+x");
    let upper = good.replace("1.0.0", "1.0.0-RC");
    let long = "x".repeat(LINE_BYTES + 1);
    for junk in [
        "",
        "{}",
        "{\"v\":1}",
        "<html>",
        "{\"v\":\"1\"}",
        &good,
        &other,
        &build,
        &upper,
        &long,
    ] {
        let error = read_index(&name, &format!("{good}\n{junk}\n"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("line 2 of the index of acme/web"),
            "{junk}: {error}"
        );
    }
}

use super::*;

fn labels() -> Names {
    Names::new("django 1.0.0", "django 1.1.0")
}

fn merged(base: &str, ours: &str, theirs: &str) -> Merged {
    settled(base, ours, theirs, Strategy::Markers)
}

fn settled(base: &str, ours: &str, theirs: &str, strategy: Strategy) -> Merged {
    let (base, ours, theirs) = (base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
    merge(base, ours, theirs, &labels(), strategy)
}

fn joined(ours: &[u8], theirs: &[u8]) -> Merged {
    join(ours, theirs, &labels(), Strategy::Markers)
}

fn clean(text: &str) -> Merged {
    Merged::Clean(text.into())
}

fn marked(text: &str, places: usize) -> Merged {
    Merged::Marked {
        bytes: text.into(),
        places,
    }
}

#[test]
fn changes_apart_from_each_other_go_together() {
    assert_eq!(
        merged("1\n2\n3\n4\n", "1\nours\n2\n3\n4\n", "1\n2\n3\ntheirs\n"),
        clean("1\nours\n2\n3\ntheirs\n")
    );
    assert_eq!(merged("1\n2\n", "1\nx\n", "1\nx\n"), clean("1\nx\n"));
}

#[test]
fn the_same_place_is_marked_with_all_sides() {
    assert_eq!(
        merged("1\n2\n3\n", "1\nours\n3\n", "1\ntheirs\n3\n"),
        marked(
            "1\n<<<<<<< yours\nours\n||||||| django 1.0.0\n2\n=======\ntheirs\n>>>>>>> django 1.1.0\n3\n",
            1
        )
    );
}

#[test]
fn a_missing_last_line_end_stays_missing_and_never_swallows_a_marker() {
    assert_eq!(merged("1\n2\n3", "1\n2\n3", "0\n2\n3"), clean("0\n2\n3"));
    assert_eq!(
        merged("1\n2", "1\nours", "1\ntheirs"),
        marked(
            "1\n<<<<<<< yours\nours\n||||||| django 1.0.0\n2\n=======\ntheirs\n>>>>>>> django 1.1.0\n",
            1
        )
    );
}

#[test]
fn line_ends_are_the_users() {
    assert_eq!(
        merged(
            "1\n2\n3\n4\n",
            "1\r\nours\r\n2\r\n3\r\n4\r\n",
            "1\n2\n3\ntheirs\n"
        ),
        clean("1\r\nours\r\n2\r\n3\r\ntheirs\r\n")
    );
    let Merged::Marked { bytes, places: 1 } = merged("1\n", "ours\r\n", "theirs\n") else {
        panic!()
    };
    assert_eq!(Ends::of(&bytes), Ends::CrLf);
}

#[test]
fn text_that_looks_like_markers_is_not_taken_for_them() {
    let ours = "<<<<<<< a\n=======\n>>>>>>> b\n<<<<<<<< c\nours\n";
    let Merged::Marked { bytes, places } = merged("base\n", ours, "theirs\n") else {
        panic!()
    };
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(places, 1);
    assert!(text.contains(ours), "{text}");
    assert!(text.starts_with("<<<<<<<<< yours\n"), "{text}");
    let heading = merged(
        "Title\n=======\n1\n",
        "Title\n=======\n2\n",
        "Title\n=======\n3\n",
    );
    assert!(
        matches!(heading, Merged::Marked { bytes, places: 1 } if bytes.starts_with(b"Title\n=======\n<<<<<<< yours\n"))
    );
}

#[test]
fn binary_and_far_apart_texts_are_not_merged() {
    assert_eq!(
        merge(b"a\0", b"b\n", b"c\n", &labels(), Strategy::Markers),
        Merged::Apart
    );
    assert_eq!(
        merge(b"a\n", b"\xff\n", b"c\n", &labels(), Strategy::Markers),
        Merged::Apart
    );
    let long = |start: usize| {
        (start..start + 20_000)
            .map(|n| format!("{n}\n"))
            .collect::<String>()
    };
    assert_eq!(
        merged(&long(0), &long(30_000), &long(60_000)),
        Merged::Apart
    );
    assert_eq!(joined(b"a\0", b"b"), Merged::Apart);
}

#[test]
fn without_a_past_every_difference_is_marked() {
    assert_eq!(
        joined(b"1\n2\n3\n4", b"1\nx\n3\n4\n"),
        marked(
            "1\n<<<<<<< yours\n2\n=======\nx\n>>>>>>> django 1.1.0\n3\n<<<<<<< yours\n4\n=======\n4\n>>>>>>> django 1.1.0\n",
            2
        )
    );
    assert_eq!(joined(b"1\n", b"1\n"), clean("1\n"));
    assert_eq!(
        joined(b"a", b"b"),
        marked("<<<<<<< yours\na\n=======\nb\n>>>>>>> django 1.1.0\n", 1)
    );
}

#[test]
fn a_strategy_settles_only_what_is_in_conflict() {
    let (base, ours) = ("1\n2\n3\n4\n5", "mine\n2\n3\n4\nmine");
    let theirs = "new\n2\nadded\n3\n4\nnew\n";
    let taken = |strategy| match settled(base, ours, theirs, strategy) {
        Merged::Settled { bytes, places: 2 } => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(taken(Strategy::Ours), "mine\n2\nadded\n3\n4\nmine");
    assert_eq!(taken(Strategy::Theirs), "new\n2\nadded\n3\n4\nnew\n");
    assert_eq!(
        settled(
            "1\n2\n3\n4\n",
            "x\n2\n3\n4\n",
            "1\n2\n3\ny\n",
            Strategy::Ours
        ),
        clean("x\n2\n3\ny\n")
    );
    assert_eq!(
        join(b"1\na\n", b"1\nb\n", &labels(), Strategy::Theirs),
        Merged::Settled {
            bytes: b"1\nb\n".to_vec(),
            places: 1
        }
    );
}

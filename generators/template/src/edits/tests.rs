use crate::engine::Mode;
use crate::fixture::Fixture;

#[test]
fn an_edit_sees_what_came_before_it_in_the_same_run() {
    let made = Fixture::new(
        r##"
[[edits]]
file = "{{ project_module }}/settings.py"
op = "python-append"
lines = ["APPS = []"]

[[edits]]
file = "{{ project_module }}/settings.py"
op = "python-list"
list = "APPS"
items = ['"{{ project_slug }}"']

[[edits]]
file = "urls.py"
op = "python-import"
lines = ["from my_shop import views", "import os"]

[[edits]]
file = "package.json"
op = "json"
merge = '{"a": 1}'
create = true

[[edits]]
file = ".env"
op = "lines"
lines = ["A=1"]
when = "false"
"##,
    )
    .file(
        "template/{{ project_module }}/settings.py",
        "DEBUG = False\n",
    )
    .file("template/{{ project_module }}/__init__.py", "")
    .standing("urls.py", "from django.urls import path\n")
    .standing(".env", "")
    .made();
    assert_eq!(
        made["my_shop/settings.py"],
        "DEBUG = False\n\nAPPS = [\"my-shop\"]\n"
    );
    assert_eq!(
        made["urls.py"],
        "import os\n\nfrom django.urls import path\n\nfrom my_shop import views\n"
    );
    assert_eq!(made["package.json"], "{\n  \"a\": 1\n}\n");
    assert!(!made.contains_key(".env"));
}

const LINE: &str = "\n[[edits]]\nfile = \"a\"\nop = \"lines\"\nlines = [\"x\"]\n";

#[test]
fn a_file_that_does_not_change_is_not_written() {
    assert!(Fixture::new(LINE).standing("a", "x\n").made().is_empty());
}

#[test]
fn a_mode_stays() {
    let rule = "[[files]]\nmatch = \"a\"\nexecutable = true\nseed = true\n";
    let drafts = Fixture::new(&format!("{rule}{LINE}"))
        .file("template/a", "y\n")
        .run()
        .unwrap()
        .0
        .0;
    assert_eq!(drafts["a"].contents, b"y\nx\n");
    assert!(drafts["a"].mode.executable && drafts["a"].mode.seed);

    let mode = Mode {
        executable: true,
        seed: true,
    };
    let edited = Fixture::new(LINE).standing_as("a", "y\n", mode).run();
    let drafts = edited.unwrap().0.0;
    assert_eq!(
        (&drafts["a"].contents[..], drafts["a"].mode),
        (&b"y\nx\n"[..], mode)
    );
}

#[test]
fn texts_behind_one_marker_come_in_the_order_written() {
    let insert = |text: &str, more: &str| {
        format!(
            "\n[[edits]]\nfile = \"a\"\nop = \"insert\"\nafter = \"mark\"\ntext = \"{text}\"\n{more}"
        )
    };
    let looped = insert("{{ n }}", "each = \"n in ['2', '3']\"\n");
    let manifest = [insert("1", ""), looped, insert("4", "")].concat();
    let made = Fixture::new(&manifest).standing("a", "mark\nend\n").made();
    assert_eq!(made["a"], "mark\n1\n2\n3\n4\nend\n");
    // What is there already keeps its place, and what is missing comes behind what it follows.
    let made = Fixture::new(&manifest)
        .standing("a", "mark\n1\n2\nend\n")
        .made();
    assert_eq!(made["a"], "mark\n1\n2\n3\n4\nend\n");
    assert!(
        Fixture::new(&manifest)
            .standing("a", made["a"].clone())
            .made()
            .is_empty()
    );
}

#[test]
fn a_missing_file_is_named_with_the_edit() {
    let failure = Fixture::new(LINE).failure();
    assert_eq!(
        (failure.code.as_str(), failure.subject.as_deref()),
        ("missing-place", Some("scaffold.toml:5"))
    );
    assert!(
        failure
            .message
            .starts_with("scaffold.toml:5: acme/web wants to change `a`: there is no such file.")
    );
    assert!(
        Fixture::new(&format!("{LINE}optional = true\n"))
            .made()
            .is_empty()
    );
    assert_eq!(
        Fixture::new(&format!("{LINE}create = true\n")).made()["a"],
        "x\n"
    );
}

#[test]
fn a_missing_place_is_named_too() {
    let edit = "\n[[edits]]\nfile = \"a\"\nop = \"insert\"\nafter = \"mark\"\ntext = \"x\"\n";
    let failure = Fixture::new(edit).standing("a", "nothing\n").failure();
    assert_eq!(
        failure.message,
        "scaffold.toml:5: acme/web wants to change `a`: there is no line with `mark` to put the text after. Look for \
         what the line reads now."
    );
    assert!(
        Fixture::new(edit)
            .standing("a", b"\xff".to_vec())
            .failure()
            .message
            .contains("not UTF-8")
    );
}

#[test]
fn broken_content_is_the_manifests_fault() {
    let edit = "\n[[edits]]\nfile = \"a\"\nop = \"yaml\"\nmerge = \"[\"\n";
    let failure = Fixture::new(edit).standing("a", "b: 1\n").failure();
    assert_eq!(
        (failure.code.as_str(), failure.subject.as_deref()),
        ("template-error", Some("scaffold.toml:5"))
    );
    assert!(
        failure.message.contains("`merge` is not YAML"),
        "{}",
        failure.message
    );
}

#[test]
fn line_ends_stay() {
    assert_eq!(
        Fixture::new(LINE).standing("a", "y\r\nz\r\n").made()["a"],
        "y\r\nz\r\nx\r\n"
    );
}

#[test]
fn content_uses_the_packages_delimiters_and_may_be_verbatim() {
    let edit = |more: &str| {
        format!(
            "[template]\ndelimiters = {{ variable = [\"[[\", \"]]\"] }}\n[[edits]]\nfile = \"{{{{ project_slug }}}}\"\nop = \"lines\"\nlines = [\"{{{{ x }}}} [[ project_slug ]]\"]\n{more}"
        )
    };
    assert_eq!(
        Fixture::new(&edit("")).standing("my-shop", "").made()["my-shop"],
        "{{ x }} my-shop\n"
    );
    let verbatim = Fixture::new(&edit("verbatim = true\n")).standing("my-shop", "");
    assert_eq!(verbatim.made()["my-shop"], "{{ x }} [[ project_slug ]]\n");
}

#[test]
fn an_edit_can_be_made_for_each_item() {
    let manifest = "[[questions]]\nname = \"parts\"\nprompt = \"?\"\ntype = \"any-of\"\nchoices = [\"x\", \"y\", \"z\"]\ndefault = [\"x\", \"y\", \"z\"]\n\n[[edits]]\nfile = \"a\"\neach = \"part in parts\"\nwhen = \"part != 'y'\"\nop = \"lines\"\nlines = [\"{{ part | upper }}\"]\n";
    assert_eq!(
        Fixture::new(manifest).standing("a", "").made()["a"],
        "X\nZ\n"
    );
}

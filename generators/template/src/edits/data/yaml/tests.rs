use super::{Problem, merge};

fn merged(source: &str, patch: &str) -> String {
    let once = merge(source, patch, false).unwrap();
    assert_eq!(merge(&once, patch, false).unwrap(), once, "not idempotent");
    once
}

const COMPOSE: &str = "\
# Läuft lokal.
services:
  web:
    build: .
    command: >-
      python manage.py
      runserver
    environment:
      DEBUG: \"1\"   # never in production
    ports: [\"8000:8000\"]
    depends_on:
      - db

  db:
    image: postgres:17
    volumes:
      - data:/var/lib/postgresql/data
      # more to come

volumes:
  data:
";

#[test]
fn mappings_get_what_they_lack() {
    let patch = "
services:
  web:
    environment:
      DEBUG: \"0\"
      MAIL_URL: smtp://mail:1025
    depends_on:
    - mail
    ports: [\"8001:8001\", \"8000:8000\"]
  # Catches mail.
  mail:
    image: axllent/mailpit
    ports:
      - \"8025:8025\"
volumes:
  mail:
";
    assert_eq!(
        merged(COMPOSE, patch),
        "\
# Läuft lokal.
services:
  web:
    build: .
    command: >-
      python manage.py
      runserver
    environment:
      DEBUG: \"1\"   # never in production
      MAIL_URL: smtp://mail:1025
    ports: [\"8000:8000\", \"8001:8001\"]
    depends_on:
      - db
      - mail

  db:
    image: postgres:17
    volumes:
      - data:/var/lib/postgresql/data

  # Catches mail.
  mail:
    image: axllent/mailpit
    ports:
      - \"8025:8025\"
      # more to come

volumes:
  data:
  mail:
"
        .replace(
            "data:/var/lib/postgresql/data\n\n  # Catches mail.\n  mail:\n    image: axllent/mailpit\n    ports:\n      - \"8025:8025\"\n      # more to come\n",
            "data:/var/lib/postgresql/data\n      # more to come\n\n  # Catches mail.\n  mail:\n    image: axllent/mailpit\n    ports:\n      - \"8025:8025\"\n"
        )
    );
}

const WORKFLOW: &str = "\
name: CI
on:
  push:
    branches: [main]
  pull_request:

jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      # The one that counts.
      - name: Test
        run: |
          pip install .
          pytest

        env:
          KEY: ${{ secrets.KEY }}
";

#[test]
fn workflows_get_steps_and_jobs() {
    let patch = "\
jobs:
  test:
    steps:
      - uses: actions/checkout@v4
      - name: Check
        run: |
          a
            b
  lint:
    runs-on: ubuntu-latest
";
    assert_eq!(
        merged(WORKFLOW, patch),
        format!(
            "{WORKFLOW}      - name: Check\n        run: |\n          a\n            b\n  lint:\n    runs-on: ubuntu-latest\n"
        )
    );
}

#[test]
fn keys_without_a_value_are_filled() {
    assert_eq!(
        merged(
            WORKFLOW,
            "on:\n  pull_request:\n    branches:\n      - main\n"
        ),
        WORKFLOW.replace(
            "pull_request:\n",
            "pull_request:\n    branches:\n      - main\n"
        )
    );
    assert_eq!(
        merged("a: # none\nb: 1\n", "a:\n  - x\n"),
        "a: # none\n  - x\nb: 1\n"
    );
    assert_eq!(merged("a:\nb: 1\n", "a: [1, 2]\n"), "a: [1, 2]\nb: 1\n");
    assert_eq!(merged("a:\nb: 1\n", "a: 5\n"), "a:\nb: 1\n");
}

#[test]
fn flow_and_block_mix() {
    assert_eq!(
        merged("a: {b: 1}\n", "a:\n  c:\n    - x\n    - 'y'\n"),
        "a: {b: 1, c: [x, 'y']}\n"
    );
    assert_eq!(
        merged("a:\n  b: 1\n", "{a: {c: [1]}}"),
        "a:\n  b: 1\n  c: [1]\n"
    );
    assert_eq!(merged("a:\n- 1\n- 2\n", "a: [2, 3]"), "a:\n- 1\n- 2\n- 3\n");
    assert_eq!(
        merged("a: []\n", "a:\n  - x: |\n      t\n"),
        "a: [{x: \"t\\n\"}]\n"
    );
    assert_eq!(
        merged("a: [\n  x,\n  y, # why\n]\n", "a: [z]"),
        "a: [\n  x,\n  y, # why\n  z,\n]\n"
    );
}

#[test]
fn sequences_of_mappings() {
    let source = "repos:\n  - repo: a\n    hooks:\n      - id: x\n\n  - repo: b\n    hooks: []\n";
    assert_eq!(
        merged(
            source,
            "repos:\n- repo: c\n  hooks:\n  - id: y\n- hooks: []\n  repo: b\n"
        ),
        format!("{source}\n  - repo: c\n    hooks:\n    - id: y\n")
    );
}

#[test]
fn scalars_stay_unless_overwritten() {
    assert_eq!(merged("a: 1 # x\n", "a: 2\n"), "a: 1 # x\n");
    assert_eq!(
        merge("a: 1 # x\n", "a: \"2\"\n", true).unwrap(),
        "a: \"2\" # x\n"
    );
    assert_eq!(merge("a: web\n", "a: \"web\"\n", true).unwrap(), "a: web\n");
    assert_eq!(
        merge("a: 80\n", "a: \"80\"\n", true).unwrap(),
        "a: \"80\"\n"
    );
    assert!(merge("a: |\n  x\n", "a: y\n", true).is_err());
}

#[test]
fn files_with_nothing_in_them() {
    assert_eq!(merged("", "\na: 1\n"), "a: 1\n");
    assert_eq!(merged("# only this\n", "a: 1"), "# only this\na: 1\n");
    assert_eq!(merged("a: 1", "b: 2"), "a: 1\nb: 2");
}

#[test]
fn aliases_stay_and_are_not_merged_into() {
    let source = "base: &base\n  a: 1\nother:\n  <<: *base\n  b: 2\nsame: *base\n";
    assert_eq!(
        merged(source, "other:\n  c: 3\n"),
        source.replace("  b: 2\n", "  b: 2\n  c: 3\n")
    );
    let error = merge(source, "same:\n  c: 3\n", false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`same` is an alias there and a mapping in `merge`"),
        "{error}"
    );
    assert!(matches!(
        merge("a: 1\n", "b: &x 1\nc: *x\n", false),
        Err(Problem::Content(_))
    ));
}

#[test]
fn what_is_not_understood_is_refused() {
    assert!(
        merge("a: 1\n---\nb: 2\n", "c: 3\n", false)
            .unwrap_err()
            .to_string()
            .contains("more than one document")
    );
    assert!(
        merge("a: [\n", "c: 3\n", false)
            .unwrap_err()
            .to_string()
            .contains("not YAML")
    );
    assert!(matches!(
        merge("a: 1\n", "c: [\n", false),
        Err(Problem::Content(_))
    ));
    assert!(merge(&"[".repeat(5000), "c: 3\n", false).is_err());
}

#[test]
fn a_key_that_is_there_twice_is_refused_wherever_it_is() {
    for source in ["", "a: 1\n", "b:\n  c: 1\n"] {
        let problem = merge(source, "b:\n  c: 1\n  d: 2\n  \"c\": 3\n", false).unwrap_err();
        assert!(matches!(problem, Problem::Content(_)), "{source}");
        assert!(problem.to_string().contains("`c` is there already"));
    }
    assert!(matches!(
        merge("a: 1\na: 2\n", "b: 1\n", false),
        Err(Problem::Place(_))
    ));
    // Of another collection it is another key.
    assert!(merge("a: {c: 1}\n", "b: [{c: 1}, {c: 1}]\n", false).is_ok());
}

#[test]
fn anchors_comments_and_dashes_do_not_mislead() {
    let source = "base: &base\n  a: 1\nlist: &list\n  - x # a-b\n  -\n    # x-y\n    k: |-  # text-block\n      t\nq: \"v\"  # w\n";
    assert_eq!(
        merged(
            source,
            "base:\n  b: 2\nlist:\n  - |\n    one\n  - 'two' # why\nr: 1\n"
        ),
        source
            .replace("  a: 1\n", "  a: 1\n  b: 2\n")
            .replace("      t\n", "      t\n  - |\n    one\n  - 'two' # why\n")
            + "r: 1\n"
    );
    assert_eq!(
        merged("a: {} # c, d\n", "a: {b: 1}\n"),
        "a: {b: 1} # c, d\n"
    );
    assert!(merge("a: &x\n", "a:\n  - b\n", false).is_ok_and(|text| text == "a: &x\n  - b\n"));
    assert!(merge("{|\n,}", "a: 1\n", false).is_err());
}

#[test]
fn a_text_that_ends_the_document_is_the_same_when_merged_again() {
    for patch in ["a: |\n  text ", "a: |\n  text\n\n", "\n\na: x  "] {
        let once = merge("", patch, true).unwrap();
        assert_eq!(merge(&once, patch, true).unwrap(), once, "{patch:?}");
    }
    // Behind a comment that nothing follows, it would mean something else.
    assert_eq!(
        merged("# only words\n", "a: |\n  text"),
        "# only words\na: |\n  text\n"
    );
}

use crate::fixture::Fixture;

const FLAGS: &str = r#"
[[questions]]
name = "docker"
prompt = "?"
type = "flag"
default = false

[[questions]]
name = "apps"
prompt = "?"
type = "any-of"
choices = ["blog", "shop"]
default = ["blog", "shop"]
"#;

fn with(rules: &str) -> Fixture {
    Fixture::new(&format!("{FLAGS}{rules}"))
}

#[test]
fn only_files_with_the_suffix_are_rendered() {
    let (drafts, _) = with("")
        .file("template/a.txt.jinja", "{{ 1 + 1 }}")
        .file("template/b.txt", "{{ 1 + 1 }}")
        .file("template/logo.png", b"\x89PNG\xff".to_vec())
        .file("README.md", "of the package")
        .run()
        .unwrap();
    let drafts = drafts.0;
    assert_eq!(drafts["a.txt"].contents, b"2");
    assert_eq!(drafts["b.txt"].contents, b"{{ 1 + 1 }}");
    assert_eq!(drafts["logo.png"].contents, b"\x89PNG\xff");
    assert_eq!(drafts.len(), 3);
}

#[test]
fn paths_are_templates_and_may_render_to_nothing() {
    let fixture = with("")
        .file(
            "template/{{ project_module }}/{% if docker %}Dockerfile{% endif %}.jinja",
            "x",
        )
        .file("template/{% if docker %}docker{% endif %}/a.txt", "x")
        .file("template/{{ project_module }}/__init__.py", "");
    assert_eq!(
        fixture.made().into_keys().collect::<Vec<_>>(),
        ["my_shop/__init__.py"]
    );
    let made = fixture.answer("docker", true).made();
    assert_eq!(
        made.into_keys().collect::<Vec<_>>(),
        ["docker/a.txt", "my_shop/Dockerfile", "my_shop/__init__.py"]
    );
}

#[test]
fn rules_decide_by_path() {
    let fixture = with(
        r#"
[[files]]
match = "docker/**"
when = "docker"

[[files]]
match = "**/*.sh"
executable = true

[[files]]
match = "docs/*.md.jinja"
verbatim = true
seed = true

[[files]]
match = "gitignore"
to = ".{{ 'git' }}ignore"

[[files]]
match = "dropped"
to = "{% if docker %}x{% endif %}"
"#,
    )
    .file("template/docker/run.sh", "")
    .file("template/run.sh.jinja", "")
    .file("template/bin/go.sh", "")
    .file("template/docs/a.md.jinja", "{{ x }}")
    .file("template/gitignore", "")
    .file("template/dropped", "");
    let drafts = fixture.run().unwrap().0.0;
    assert_eq!(
        drafts.keys().collect::<Vec<_>>(),
        [".gitignore", "bin/go.sh", "docs/a.md.jinja", "run.sh"]
    );
    assert!(drafts["bin/go.sh"].mode.executable && !drafts["run.sh"].mode.executable);
    assert!(drafts["docs/a.md.jinja"].mode.seed && !drafts["bin/go.sh"].mode.seed);
    assert_eq!(drafts["docs/a.md.jinja"].contents, b"{{ x }}");
}

#[test]
fn the_first_rule_that_says_something_wins() {
    let rules = "[[files]]\nmatch = \"a/keep\"\nwhen = \"true\"\n[[files]]\nmatch = \"a/**\"\nwhen = \"docker\"\nexecutable = true\n";
    let drafts = with(rules)
        .file("template/a/keep", "")
        .file("template/a/drop", "")
        .run()
        .unwrap()
        .0
        .0;
    assert_eq!(drafts.keys().collect::<Vec<_>>(), ["a/keep"]);
    assert!(drafts["a/keep"].mode.executable);
}

#[test]
fn loops_make_a_file_for_each_item() {
    let rules = "[[files]]\nmatch = \"apps/**\"\neach = \"app in apps\"\nwhen = \"app != 'blog' or docker\"\n";
    let fixture = with(rules).file(
        "template/apps/{{ app }}/{{ project_module }}.py.jinja",
        "# {{ app | title }}",
    );
    let made = fixture.made();
    assert_eq!(
        made.into_iter().collect::<Vec<_>>(),
        [("apps/shop/my_shop.py".to_owned(), "# Shop".to_owned())]
    );
    assert_eq!(fixture.answer("docker", true).made().len(), 2);
}

#[test]
fn a_condition_without_the_item_comes_before_the_loop() {
    let rules = "[[files]]\nmatch = \"x\"\neach = \"app in nothing\"\nwhen = \"docker\"\n";
    assert!(with(rules).file("template/x", "").made().is_empty());
    let failure = with(rules)
        .answer("docker", true)
        .file("template/x", "")
        .failure();
    assert!(
        failure.message.contains("`nothing` is undefined"),
        "{}",
        failure.message
    );
}

#[test]
fn two_sources_of_one_file_conflict() {
    let failure = with("")
        .file("template/a", "")
        .file("template/a.jinja", "")
        .failure();
    assert_eq!(
        (failure.code.as_str(), failure.subject.as_deref()),
        ("conflict", Some("a"))
    );
    assert!(
        failure
            .message
            .contains("template/a and template/a.jinja both make `a`"),
        "{}",
        failure.message
    );
    let rules = "[[files]]\nmatch = \"x\"\neach = \"app in apps\"\n";
    assert!(
        with(rules)
            .file("template/x", "")
            .failure()
            .message
            .contains("more than once")
    );
    let rules = "[[files]]\nmatch = \"x\"\neach = \"app in docker\"\n";
    assert!(
        with(rules)
            .file("template/x", "")
            .failure()
            .message
            .contains("not a list")
    );
}

#[test]
fn another_root_and_suffix() {
    let manifest = "[template]\nroot = \"files\"\nsuffix = \".tpl\"\nincludes = \"files/parts\"\n";
    let made = Fixture::new(manifest)
        .file("files/a.tpl", "{% include 'b' %}")
        .file("files/parts/b.tpl", "B")
        .file("template/c", "")
        .made();
    assert_eq!(
        made.into_iter().collect::<Vec<_>>(),
        [("a".to_owned(), "B".to_owned())]
    );
}

#[test]
fn errors_in_a_path_name_it() {
    let failure = with("").file("template/{{ nope }}.txt", "").failure();
    assert_eq!(failure.code, "template-error");
    assert!(
        failure
            .message
            .starts_with("template/{{ nope }}.txt (in the path itself): `nope`"),
        "{}",
        failure.message
    );
}

#[test]
fn steps_and_notes() {
    let manifest = "[[steps]]\nwhy = \"Start {{ project_title }}\"\ncommand = \"run {{ project_slug }}\"\n[[steps]]\nwhy = \"x\"\ncommand = \"y\"\nwhen = \"docker\"\n[[notes]]\ntext = '''\nMind {{ project_name }}.\n'''\n";
    let (_, outcome) = with(manifest).run().unwrap();
    assert_eq!(outcome.steps.len(), 1);
    assert_eq!(
        (
            outcome.steps[0].why.as_str(),
            outcome.steps[0].command.as_str()
        ),
        ("Start My Shop", "run my-shop")
    );
    assert_eq!(outcome.notes, ["Mind my-shop."]);
}

#[test]
fn a_new_file_takes_no_other_s_place() {
    let package = |rule: &str| {
        with(rule)
            .file("template/shop/models.py", "mine")
            .standing("shop/models.py", "another's")
    };
    assert_eq!(package("").made()["shop/models.py"], "mine");
    let failure = package("[[files]]\nmatch = \"**\"\nnew = true\n").failure();
    assert_eq!(
        (failure.code.as_str(), failure.subject.as_deref()),
        ("conflict", Some("shop/models.py"))
    );
    let elsewhere = with("[[files]]\nmatch = \"**\"\nnew = true\n")
        .file("template/blog/models.py", "mine")
        .standing("shop/models.py", "another's");
    assert!(elsewhere.made().contains_key("blog/models.py"));
}

use crate::fixture::Fixture;

const FLAG: &str = "
[[questions]]
name = \"docker\"
prompt = \"?\"
type = \"flag\"
default = true

[[questions]]
name = \"port\"
prompt = \"?\"
type = \"integer\"
default = 8000
when = \"docker\"
";

fn rendered(template: &str) -> String {
    Fixture::new(FLAG).file("template/x.jinja", template).made()["x"].clone()
}

fn failed(template: &str) -> String {
    Fixture::new(FLAG)
        .file("template/x.jinja", template)
        .failure()
        .message
}

#[test]
fn names_of_the_project() {
    assert_eq!(
        rendered(
            "{{ project_name }} {{ project_slug }} {{ project_module }} {{ project_title }}\n"
        ),
        "my-shop my-shop my_shop My Shop\n"
    );
    assert_eq!(
        rendered("{{ generator.name }} {{ generator.version }} {{ instance }}"),
        "acme/web 1.2.0 web"
    );
}

#[test]
fn blocks_leave_no_lines_behind() {
    assert_eq!(
        rendered("a\n  {% if docker %}\nb\n  {% endif %}\nc\n"),
        "a\nb\nc\n"
    );
}

#[test]
fn nothing_is_escaped() {
    let fixture = Fixture::new("").file("template/x.html.jinja", "{{ '<b>' }}");
    assert_eq!(fixture.made()["x.html"], "<b>");
}

#[test]
fn filters_and_methods() {
    assert_eq!(
        rendered("{{ 'My Shop' | snake }}-{{ 'my-shop' | pascal }}-{{ 'a b' | slug }}"),
        "my_shop-MyShop-a-b"
    );
    assert_eq!(
        rendered("{{ 'a,b'.split(',') | join('+') }} {{ 'x'.upper() }}"),
        "a+b X"
    );
    assert_eq!(
        rendered("{{ 'say \"hi\"' | quote }} {{ {'a': [1]} | tojson }}"),
        "\"say \\\"hi\\\"\" {\"a\": [1]}"
    );
    assert_eq!(
        rendered("{{ secret('key', 32) }} {{ secret('other') }}"),
        "<key:32> <other:50>"
    );
}

#[test]
fn includes_imports_and_inheritance() {
    let made = Fixture::new(FLAG)
        .file(
            "include/base.html.jinja",
            "<{% block body %}none{% endblock %}>",
        )
        .file(
            "include/macros",
            "{% macro hi(name) %}hi {{ name }}{% endmacro %}",
        )
        .file("include/part.txt", "port {{ port }}")
        .file(
            "template/a.jinja",
            "{% extends 'base.html' %}{% block body %}{{ port }}{% endblock %}",
        )
        .file(
            "template/b.jinja",
            "{% from 'macros' import hi %}{{ hi('you') }}, {% include 'part.txt' %}",
        )
        .made();
    assert_eq!(made["a"], "<8000>");
    assert_eq!(made["b"], "hi you, port 8000");
    assert_eq!(made.len(), 2, "what is included is not written");
}

#[test]
fn names_bound_by_the_template_are_no_mistakes() {
    assert_eq!(
        rendered(
            "{% if docker %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}{% for i in range(2) %}{{ loop.index }}{% endfor %}"
        ),
        "112"
    );
}

#[test]
fn an_undefined_name_is_named_with_its_line_and_those_nearby() {
    assert_eq!(
        failed("a\n{{ dokcer }}\n"),
        "template/x.jinja:2: `dokcer` is undefined. Did you mean `docker`?"
    );
    assert_eq!(
        failed("a\n{% if dokcer == 'x' %}{% endif %}"),
        "template/x.jinja:2: `dokcer` is undefined. Did you mean `docker`?"
    );
    assert_eq!(
        failed("{{ generator.nam }}"),
        "template/x.jinja:1: `generator.nam` is undefined: `generator` has no `nam`. Did you mean `name`?"
    );
    assert!(
        failed("{{ applied['django'].frontend }}")
            .contains("`applied` has no `django`. There is none here.")
    );
}

#[test]
fn applied_generators_are_seen() {
    let made = Fixture::new("")
        .applied("scaffold/django", &[("front-end", "htmx".into())])
        .applied("acme/x", &[])
        .file(
            "template/x.jinja",
            "{{ applied.django.front_end }} {{ applied['django'].version }} {{ 'acme/x' in applied }} {{ 'y' in applied }}",
        )
        .made();
    assert_eq!(made["x"], "htmx 2.0.0 True False");
}

#[test]
fn every_instance_of_an_applied_generator_is_seen() {
    let made = Fixture::new("")
        .applied("acme/blog", &[("title", "News".into())])
        .applied("acme/blog", &[("title", "Recipes".into())])
        .file(
            "template/x.jinja",
            "{% set blog = applied['acme/blog'] %}{{ blog.title }}:{% for one in blog.instances %} {{ one.instance }}={{ one.title }}{% endfor %}",
        )
        .made();
    assert_eq!(made["x"], "News: blog=News blog-1=Recipes");
}

#[test]
fn files_of_the_project_are_read() {
    let fixture = |template: &str| {
        Fixture::new("[[files]]\nmatch = \"toc\"\neach = \"page in project_files('docs/*.md')\"\nto = \"toc/{{ page }}\"\n")
            .standing("docs/a.md", "# A\n")
            .standing("docs/b.md", "# B\n")
            .standing("docs/c.txt", b"\xff".to_vec())
            .file("template/toc", "")
            .file("template/x.jinja", template)
    };
    let made = fixture(
        "{% for page in project_files('docs/*.md') %}{{ project_file(page).splitlines()[0] }};{% endfor %}",
    )
    .made();
    assert_eq!(made["x"], "# A;# B;");
    assert!(made.contains_key("toc/docs/a.md") && made.contains_key("toc/docs/b.md"));
    let missing = "{% if project_file('no.md') is none %}none{% endif %}";
    assert_eq!(fixture(missing).made()["x"], "none");
    let message = fixture("{{ project_file('docs/c.txt') }}")
        .failure()
        .message;
    assert!(
        message.contains("`docs/c.txt` is not UTF-8 text"),
        "{message}"
    );
}

#[test]
fn a_question_that_does_not_apply_is_undefined() {
    let fixture = |template: &str| {
        Fixture::new(FLAG)
            .answer("docker", false)
            .file("template/x.jinja", template)
    };
    assert_eq!(fixture("{{ port is defined }}").made()["x"], "False");
    for template in [
        "{{ port }}",
        "{% if port == 1 %}x{% endif %}",
        "{% if port %}x{% endif %}",
    ] {
        let message = fixture(template).failure().message;
        assert!(
            message.contains("`port` has no value here: its question does not apply"),
            "{message}"
        );
    }
}

#[test]
fn errors_in_a_partial_name_it_and_who_uses_it() {
    let failure = Fixture::new("")
        .file("include/part", "ok\n{{ generator.x }}")
        .file("template/x.jinja", "{% include 'part' %}")
        .failure();
    assert_eq!(failure.subject.as_deref(), Some("include/part:2"));
    assert!(
        failure.message.ends_with("It is used by template/x.jinja."),
        "{}",
        failure.message
    );
    let failure = Fixture::new("")
        .file("include/part", "\n{% if %}")
        .failure();
    assert_eq!(failure.subject.as_deref(), Some("include/part:2"));
}

#[test]
fn other_mistakes_have_their_line_too() {
    assert!(failed("\n\n{% if %}").starts_with("template/x.jinja:3: This is not a template: "));
    assert!(failed("\n{{ 1 | nope }}").starts_with("template/x.jinja:2: "));
    assert!(
        failed("{% include 'part' %}").contains("There is no `part` to include."),
        "{}",
        failed("{% include 'part' %}")
    );
    let failure = Fixture::new("")
        .file("template/x.jinja", b"ok\n\xff".to_vec())
        .failure();
    assert_eq!(failure.subject.as_deref(), Some("template/x.jinja:2"));
}

#[test]
fn other_delimiters() {
    let manifest =
        "[template]\ndelimiters = { variable = [\"[[\", \"]]\"], block = [\"[%\", \"%]\"] }\n";
    let fixture = |manifest: &str| {
        Fixture::new(manifest).file(
            "template/{{ project_slug }}.html.jinja",
            "{{ user }} [[ project_name ]][% if true %]{% x %}[% endif %]",
        )
    };
    assert_eq!(
        fixture(manifest).made()["my-shop.html"],
        "{{ user }} my-shop{% x %}"
    );
    let same =
        "[template]\ndelimiters = { variable = [\"<<\", \">>\"], block = [\"<<\", \">>\"] }\n";
    let failure = fixture(same).failure();
    assert_eq!(
        (failure.code.as_str(), failure.subject.as_deref()),
        ("manifest", Some("scaffold.toml:5"))
    );
}

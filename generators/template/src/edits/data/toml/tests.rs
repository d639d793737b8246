use super::merge;

fn merged(source: &str, patch: &str) -> String {
    let once = merge(source, patch, false).unwrap();
    assert_eq!(merge(&once, patch, false).unwrap(), once, "not idempotent");
    once
}

const PROJECT: &str = "\
# The project.
[project]
name = \"shop\" # kept
dependencies = [
    \"django>=5.2\",
    \"gunicorn\",  # serves
]

[project.optional-dependencies]
dev = [\"ruff\"]

[tool.ruff]
line-length = 88

[tool.pytest.ini_options]
addopts = \"-q\"
";

#[test]
fn arrays_get_what_they_lack() {
    assert_eq!(
        merged(
            PROJECT,
            "[project]\ndependencies = [\"django-allauth\", 'gunicorn']\n"
        ),
        PROJECT.replace("# serves\n", "# serves\n    \"django-allauth\",\n")
    );
    assert_eq!(
        merged(PROJECT, "project.optional-dependencies.dev = [\"pytest\"]"),
        PROJECT.replace("[\"ruff\"]", "[\"ruff\", \"pytest\"]")
    );
    assert_eq!(
        merged("a = [\n  1\n]\n", "a = [2]"),
        "a = [\n  1,\n  2\n]\n"
    );
    assert_eq!(
        merged("a = [\n  1 # x\n]\n", "a = [2]"),
        "a = [\n  1, # x\n  2\n]\n"
    );
    assert_eq!(merged("a = []\n", "a = [1, 2]"), "a = [1, 2]\n");
    assert_eq!(
        merged("a = [\n]\n", "a = [1, 2]"),
        "a = [\n    1,\n    2\n]\n"
    );
}

#[test]
fn a_long_array_is_broken() {
    let source = "known-first-party = [\"one_long_module_name\", \"another_long_module_name\"]\n";
    assert_eq!(
        merged(source, "known-first-party = [\"third_module\"]"),
        "known-first-party = [\n    \"one_long_module_name\",\n    \"another_long_module_name\",\n    \"third_module\",\n]\n"
    );
}

#[test]
fn scalars_stay_unless_overwritten() {
    assert_eq!(merged(PROJECT, "[project]\nname = \"other\"\n"), PROJECT);
    assert_eq!(
        merge(PROJECT, "[project]\nname = \"other\"\n", true).unwrap(),
        PROJECT.replace("\"shop\"", "\"other\"")
    );
}

#[test]
fn new_keys_and_tables() {
    assert_eq!(
        merged(
            PROJECT,
            "[tool.ruff]\n# Wide.\nfix = true # yes\n[tool.ruff.lint]\nselect = [\"E\"]\n"
        ),
        PROJECT.replace(
            "line-length = 88\n",
            "line-length = 88\n# Wide.\nfix = true # yes\n\n[tool.ruff.lint]\nselect = [\"E\"]\n"
        )
    );
    assert_eq!(
        merged(PROJECT, "# Coverage.\n[tool.coverage.run]\nbranch = true\n"),
        format!("{PROJECT}\n# Coverage.\n[tool.coverage.run]\nbranch = true\n")
    );
    assert_eq!(
        merged("[a.b]\nx = 1\n", "[a]\ny = 2\n"),
        "\n[a]\ny = 2\n[a.b]\nx = 1\n".trim_start()
    );
    assert_eq!(
        merged("a = { b = 1 }\n", "[a]\nc = { d = 2 }\n"),
        "a = { b = 1 , c = { d = 2 } }\n".replace(" ,", ",")
    );
    assert_eq!(merged("", "\n[a]\nb = 1\n"), "[a]\nb = 1\n");
}

#[test]
fn arrays_of_tables() {
    let source = "[[x]]\nname = \"a\"\n";
    assert_eq!(
        merged(source, "[[x]]\nname = \"a\"\n[[x]]\nname = \"b\"\n"),
        "[[x]]\nname = \"a\"\n\n[[x]]\nname = \"b\"\n"
    );
    assert_eq!(
        merged(source, "x = [{ name = \"b\" }]"),
        "[[x]]\nname = \"a\"\n\n[[x]]\nname = \"b\"\n"
    );
}

#[test]
fn what_cannot_be_merged_is_named() {
    let error = merge(PROJECT, "project.name = [1]", false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`project.name` is of the type string there and of the type array"),
        "{error}"
    );
    assert!(
        merge("a = ", "b = 1", false)
            .unwrap_err()
            .to_string()
            .contains("not TOML")
    );
    assert!(matches!(
        merge("", "b = ", false),
        Err(super::Problem::Content(_))
    ));
}

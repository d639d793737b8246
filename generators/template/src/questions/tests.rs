use scaffold_guest::{Kind, Question, Value};

use crate::fixture::Fixture;

fn find<'a>(questions: &'a [Question], name: &str) -> &'a Question {
    questions
        .iter()
        .find(|question| question.name == name)
        .unwrap()
}

fn default(fixture: &Fixture, name: &str) -> Option<String> {
    let questions = fixture.questions().unwrap();
    find(&questions, name)
        .default
        .as_ref()
        .and_then(Value::as_text)
        .map(str::to_owned)
}

const SHOP: &str = r#"
[[questions]]
name = "frontend"
prompt = "Which front end?"
default = "none"
[[questions]]
name = "database"
prompt = "Which database?"
help = "Lines."
type = "one-of"
choices = [{ value = "sqlite", label = "SQLite" }, "postgres", { value = "none", when = "pool is defined" }]
default = "sqlite"

[[questions]]
name = "pool"
prompt = "How many connections?"
type = "integer"
min = 1
max = 9
default = 3
when = "database == 'postgres'"

[[questions]]
name = "package"
prompt = "Package?"
pattern = "[a-z_]+"
message = "Write small letters and `_`."
default = "{{ project_module }}"

[[questions]]
name = "app-label"
computed = true
default = "{{ package }}_app"

[[questions]]
name = "apps"
prompt = "Apps?"
type = "any-of"
choices = ["blog", "shop"]
default = ["blog"]
"#;

#[test]
fn what_is_asked() {
    let questions = Fixture::new(SHOP).questions().unwrap();
    let names: Vec<&str> = questions
        .iter()
        .map(|question| question.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["frontend", "database", "pool", "package", "apps"],
        "computed ones are not asked"
    );
    let Kind::OneOf(choices) = &find(&questions, "database").kind else {
        panic!()
    };
    assert_eq!(
        choices.len(),
        2,
        "a choice whose condition fails is left out"
    );
    assert_eq!(
        (choices[0].label.as_str(), choices[1].label.as_str()),
        ("SQLite", "")
    );
    assert!(!find(&questions, "pool").applies);
    assert_eq!(
        find(&questions, "pool")
            .default
            .as_ref()
            .unwrap()
            .as_integer(),
        Some(3)
    );
    assert_eq!(
        find(&questions, "package")
            .default
            .as_ref()
            .unwrap()
            .as_text(),
        Some("my_shop")
    );
    assert_eq!(
        find(&questions, "apps")
            .default
            .as_ref()
            .unwrap()
            .as_texts(),
        Some(&["blog".to_owned()][..])
    );
}

#[test]
fn an_answer_makes_others_apply() {
    let questions = Fixture::new(SHOP)
        .answer("database", "postgres")
        .questions()
        .unwrap();
    assert!(find(&questions, "pool").applies);
}

#[test]
fn bad_answers_name_their_question() {
    let failed = |name: &str, value: Value| {
        let error = Fixture::new(SHOP)
            .answer("database", "postgres")
            .answer(name, value)
            .questions()
            .unwrap_err();
        let failure = scaffold_guest::Failure::from(error);
        assert_eq!(
            (failure.code.as_str(), failure.subject.as_deref()),
            ("invalid-answer", Some(name))
        );
        failure.message
    };
    assert_eq!(
        failed("package", "My".into()),
        "`My` will not do for `package`: Write small letters and `_`."
    );
    assert_eq!(failed("pool", 10.into()), "`pool` is from 1 to 9, not 10.");
    assert_eq!(failed("pool", "x".into()), "`pool` takes a whole number.");
    assert!(failed("apps", vec!["x".to_owned()].into()).contains("one of `blog`, `shop`"));
    let hidden = Fixture::new(SHOP)
        .answer("database", "none")
        .questions()
        .unwrap_err();
    assert!(hidden.to_string().contains("`none` is not a choice"));
}

#[test]
fn the_whole_text_has_to_match() {
    let manifest = "[[questions]]\nname = \"a\"\nprompt = \"?\"\npattern = \"x|y\"\n";
    let fixture = |answer: &str| Fixture::new(manifest).answer("a", answer);
    assert!(fixture("x").questions().is_ok());
    assert!(
        fixture("xy")
            .questions()
            .unwrap_err()
            .to_string()
            .contains("has to match `x|y`")
    );
}

#[test]
fn some_texts_will_not_do_though_they_match() {
    let manifest = "[[questions]]\nname = \"a\"\nprompt = \"?\"\nrefuse = [\"users\", \"class\"]\ndefault = \"{{ project_name }}\"\n";
    let fixture = Fixture::new(manifest);
    assert!(fixture.clone().answer("a", "user").questions().is_ok());
    let error = fixture.answer("a", "class").questions().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`class` will not do for `a`: It means something else already."
    );
    let refused = Fixture::new(&manifest.replace("users", "my-shop"));
    assert_eq!(default(&refused, "a"), None, "not as a default either");
    let of_a_number = manifest.replace("prompt", "type = \"integer\"\nprompt");
    let error = Fixture::new(&of_a_number).questions().unwrap_err();
    assert!(error.to_string().contains("of the type `text`"), "{error}");
}

#[test]
fn answers_to_what_is_not_asked_are_left_aside() {
    let fixture = Fixture::new(SHOP).answer("pool", 99).answer("gone", "x");
    assert!(fixture.questions().is_ok());
    assert!(fixture.run().is_ok());
}

const CHAIN: &str = r#"
[[questions]]
name = "user"
prompt = "Who?"

[[questions]]
name = "address"
prompt = "Where?"
default = "{{ user | lower }}@example.org"

[[questions]]
name = "sign"
prompt = "Sign?"
type = "flag"
default = "{{ user == 'Ann' }}"
when = "user.startswith('A')"
"#;

#[test]
fn what_hangs_on_an_open_question_is_open_too() {
    let open = Fixture::new(CHAIN);
    let questions = open.questions().unwrap();
    assert!(find(&questions, "user").default.is_none());
    assert!(find(&questions, "address").applies && find(&questions, "address").default.is_none());
    assert!(!find(&questions, "sign").applies);
    let failure = open.failure();
    assert_eq!(
        (failure.code.as_str(), failure.subject.as_deref()),
        ("invalid-answer", Some("user"))
    );
    assert!(failure.message.contains("--user"), "{}", failure.message);

    let answered = open.answer("user", "Ann");
    assert_eq!(
        default(&answered, "address").as_deref(),
        Some("ann@example.org")
    );
    let questions = answered.questions().unwrap();
    assert_eq!(
        find(&questions, "sign").default.as_ref().unwrap().as_flag(),
        Some(true)
    );
}

#[test]
fn a_default_that_would_be_refused_is_none() {
    let manifest = "[[questions]]\nname = \"a\"\nprompt = \"?\"\npattern = \"[0-9]+\"\ndefault = \"{{ project_name }}\"\n";
    assert_eq!(default(&Fixture::new(manifest), "a"), None);
}

#[test]
fn a_computed_list_needs_no_choices() {
    let fixture = Fixture::new(
        "[[questions]]\nname = \"parts\"\ntype = \"any-of\"\ncomputed = true\ndefault = \"{{ ['a', 'b'] | join(',') }}\"\n",
    )
    .file("template/x.jinja", "{{ parts[1] }}");
    assert_eq!(fixture.made()["x"], "b");
}

#[test]
fn mistakes_in_conditions_are_errors_even_unanswered() {
    let manifest = "[[questions]]\nname = \"a\"\nprompt = \"?\"\nwhen = \"\"\"\ndatabse == 'x'\"\"\"\n\n[[questions]]\nname = \"database\"\nprompt = \"?\"\n";
    let error = Fixture::new(manifest).questions().unwrap_err().to_string();
    assert_eq!(
        error,
        "scaffold.toml:8: `databse` is undefined. Did you mean `database`?"
    );
}

#[test]
fn a_condition_on_a_question_that_does_not_apply_does_not_hold() {
    let manifest = "
[[questions]]
name = \"a\"
prompt = \"?\"
type = \"flag\"
default = false

[[questions]]
name = \"b\"
prompt = \"?\"
when = \"a\"
default = \"x\"

[[questions]]
name = \"c\"
prompt = \"?\"
when = \"WHEN\"
default = \"x\"
";
    let with = |when: &str| Fixture::new(&manifest.replace("WHEN", when)).questions();
    for when in ["b", "b == 'x'", "not b", "b != 'x'", "b is defined and b"] {
        assert!(!find(&with(when).unwrap(), "c").applies, "{when}");
    }
    for when in ["b is not defined", "not a or b"] {
        assert!(find(&with(when).unwrap(), "c").applies, "{when}");
    }
    let error = with("generator.nam").unwrap_err().to_string();
    assert!(error.contains("`generator` has no `nam`"), "{error}");
}

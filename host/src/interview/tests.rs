//! Interviews with a package that has conditions, defaults that depend, and opinions.

use super::*;
use crate::error::{CommandError, ErrorKind};
use crate::question::samples::{choice, question};
use crate::question::{Kind, Value};
use crate::ui::Options;

pub(super) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub(super) fn answers<const N: usize>(pairs: [(&str, Value); N]) -> Answers {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// title; slug, by default made of it; frontend; theme, only with htmx, whose choices depend on docker; docker.
pub(super) fn package(so_far: &Answers) -> Result<Vec<Question>, AskError> {
    let title = so_far.get("title").map(Value::to_string);
    let slug = title.map(|t| text(&t.to_lowercase().replace(' ', "-")));
    if so_far.get("slug") == Some(&text("bad")) {
        return Err(AskError::Invalid {
            question: "slug".to_owned(),
            message: "bad is bad".to_owned(),
        });
    }
    let htmx = so_far.get("frontend") == Some(&text("htmx"));
    let mut themes = vec![choice("light", ""), choice("dark", "")];
    if so_far.get("docker") == Some(&Value::Flag(true)) {
        themes.push(choice("whale", ""));
    }
    Ok(vec![
        question("title", Kind::Text, None),
        question("slug", Kind::Text, slug),
        question("docker", Kind::Flag, Some(Value::Flag(false))),
        question(
            "frontend",
            Kind::OneOf(vec![choice("none", "None"), choice("htmx", "htmx")]),
            Some(text("none")),
        ),
        Question {
            applies: htmx,
            ..question("theme", Kind::OneOf(themes), Some(text("light")))
        },
    ])
}

fn run(mode: Mode, given: Answers) -> Result<Answers, InterviewError> {
    let (mut ui, _) = Ui::test(Options::default());
    interview(&mut ui, "scaffold/demo", given, mode, &mut package)
}

pub(super) fn full() -> Answers {
    answers([
        ("title", text("My Shop")),
        ("slug", text("my-shop")),
        ("docker", Value::Flag(false)),
        ("frontend", text("none")),
    ])
}

#[test]
fn defaults_depend_on_answers() {
    assert_eq!(
        run(Mode::Defaults, answers([("title", text("My Shop"))])).unwrap(),
        full()
    );
}

#[test]
fn defaults_are_taken_in_few_rounds() {
    let mut rounds = 0;
    let (mut ui, _) = Ui::test(Options::default());
    let given = answers([("title", text("My Shop"))]);
    let mut ask = |so_far: &Answers| {
        rounds += 1;
        package(so_far)
    };
    let all = interview(&mut ui, "scaffold/demo", given, Mode::Defaults, &mut ask);
    assert_eq!(all.unwrap(), full());
    // Without answers, with what was given, with all defaults.
    assert_eq!(rounds, 3);
}

#[test]
fn defaults_that_only_fit_one_after_the_other_are_taken_so() {
    // Both start at 1, and the package insists that the second is greater; its default follows the first.
    let ask = |so_far: &Answers| {
        let first = so_far.get("first").cloned();
        if first.is_some() && so_far.get("second") == Some(&Value::Integer(1)) {
            return Err(AskError::Invalid {
                question: "second".to_owned(),
                message: "too small".to_owned(),
            });
        }
        let range = || Kind::Integer { min: 0, max: 9 };
        let second = if first.is_some() { 2 } else { 1 };
        Ok(vec![
            question("first", range(), Some(Value::Integer(1))),
            question("second", range(), Some(Value::Integer(second))),
        ])
    };
    let (mut ui, _) = Ui::test(Options::default());
    let taken = interview(&mut ui, "a/b", Answers::new(), Mode::Defaults, &mut { ask });
    let expected = answers([("first", Value::Integer(1)), ("second", Value::Integer(2))]);
    assert_eq!(taken.unwrap(), expected);
}

#[test]
fn given_texts_are_read_by_kind() {
    let given = answers([("title", text("My Shop")), ("docker", text("no"))]);
    assert_eq!(run(Mode::Defaults, given).unwrap(), full());
}

#[test]
fn a_choice_may_depend_on_another_answer_given() {
    let given = [
        ("title", text("T")),
        ("frontend", text("htmx")),
        ("theme", text("whale")),
        ("docker", text("yes")),
    ];
    assert_eq!(
        run(Mode::Defaults, answers(given)).unwrap()["theme"],
        text("whale")
    );
    let given = answers([
        ("title", text("T")),
        ("frontend", text("htmx")),
        ("theme", text("whale")),
    ]);
    let error = run(Mode::Defaults, given).unwrap_err().to_string();
    assert!(
        error.contains("--theme takes one of light, dark, not \"whale\""),
        "{error}"
    );
}

#[test]
fn without_defaults_to_take_every_question_is_listed() {
    let InterviewError::Missing {
        missing,
        nobody: false,
        ..
    } = run(Mode::Defaults, Answers::new()).unwrap_err()
    else {
        panic!()
    };
    // The slug's default is made of the title.
    assert_eq!(
        missing.iter().map(|q| q.name.as_str()).collect::<Vec<_>>(),
        ["title", "slug"]
    );
}

#[test]
fn with_nobody_to_ask_every_question_is_listed_those_that_defaults_lead_to_as_well() {
    let names = |given| match run(Mode::Never, given) {
        Err(InterviewError::Missing {
            missing,
            nobody: true,
            ..
        }) => missing.into_iter().map(|q| q.name).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        names(Answers::new()),
        ["title", "slug", "docker", "frontend"]
    );
    assert_eq!(
        names(answers([("title", text("x")), ("frontend", text("htmx"))])),
        ["slug", "docker", "theme"]
    );
    assert_eq!(run(Mode::Never, full()).unwrap(), full());
}

#[test]
fn unknown_idle_and_refused_answers() {
    let error = run(Mode::Defaults, answers([("titel", text("x"))])).unwrap_err();
    assert!(
        error.to_string().contains("did you mean --title?"),
        "{error}"
    );
    let error = run(
        Mode::Defaults,
        answers([("title", text("x")), ("theme", text("dark"))]),
    )
    .unwrap_err();
    assert!(matches!(&error, InterviewError::NotApplying { flags, .. } if flags == &["--theme"]));
    let error = run(Mode::Defaults, answers([("slug", text("bad"))])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "scaffold/demo does not take --slug \"bad\": bad is bad"
    );
    assert_eq!(CommandError::from(error).kind, ErrorKind::Usage);
    let error = run(Mode::Defaults, answers([("title", text("bad"))])).unwrap_err();
    assert!(
        matches!(&error, InterviewError::Refused { flag, default: true, .. } if flag == "--slug"),
        "{error}"
    );
}

#[test]
fn all_wrong_answers_at_once() {
    let error = run(
        Mode::Never,
        answers([("docker", text("maybe")), ("title", text("a\nb"))]),
    )
    .unwrap_err();
    assert!(
        matches!(&error, InterviewError::Given { wrong, .. } if wrong.len() == 2),
        "{error}"
    );
}

fn hostile(mut ask: impl FnMut(&Answers) -> Result<Vec<Question>, AskError>) -> InterviewError {
    let (mut ui, _) = Ui::test(Options::default());
    interview(&mut ui, "a/b", Answers::new(), Mode::Defaults, &mut ask).unwrap_err()
}

#[test]
fn a_package_cannot_ask_forever() {
    let mut round = 0;
    let error = hostile(|_| {
        round += 1;
        Ok(vec![question(
            &format!("q{round}"),
            Kind::Flag,
            Some(Value::Flag(true)),
        )])
    });
    assert!(error.to_string().contains("do not settle"), "{error}");
    let flips = |so_far: &Answers| {
        Ok(vec![Question {
            applies: so_far.is_empty(),
            ..question("q", Kind::Flag, Some(Value::Flag(true)))
        }])
    };
    assert!(hostile(flips).to_string().contains("do not settle"));
    assert!(round <= MAX_ROUNDS);
}

#[test]
fn a_package_cannot_ask_nonsense() {
    let twice = |_: &Answers| Ok(vec![question("q", Kind::Text, None); 2]);
    assert!(hostile(twice).to_string().contains("two questions"));
    let refusal = |_: &Answers| {
        Err(AskError::Invalid {
            question: "x\x1b".to_owned(),
            message: "no\r".to_owned(),
        })
    };
    let error = hostile(refusal).to_string();
    assert!(
        error.contains("which it was not given") && !error.contains(['\x1b', '\r']),
        "{error:?}"
    );
    let failed = |_: &Answers| Err(AskError::Failed("trapped".into()));
    assert_eq!(CommandError::from(hostile(failed)).chain()[1], "trapped");
}

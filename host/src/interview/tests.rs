//! Interviews with a package that has conditions, defaults that depend, and opinions.

use super::*;
use crate::error::{CommandError, ErrorKind};
use crate::question::samples::{choice, question};
use crate::question::{Kind, Value};
use crate::ui::testing::{Do, Transcript};
use crate::ui::{Options, Reply};

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn answers<const N: usize>(pairs: [(&str, Value); N]) -> Answers {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn say(value: &str) -> Do {
    Do::Say(Reply::Text(value.to_owned()))
}

/// title; slug, by default made of it; frontend; theme, only with htmx, whose choices depend on docker; docker.
fn package(so_far: &Answers) -> Result<Vec<Question>, AskError> {
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

fn ask(given: Answers, moves: Vec<Do>) -> (Result<Answers, InterviewError>, Transcript) {
    let (mut ui, transcript) = Ui::scripted(moves);
    (
        interview(&mut ui, "scaffold/demo", given, Mode::Ask, &mut package),
        transcript,
    )
}

fn full() -> Answers {
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
    assert_eq!(
        missing.iter().map(|q| q.name.as_str()).collect::<Vec<_>>(),
        ["title"]
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
        ["title", "docker", "frontend", "slug"]
            .map(str::to_owned)
            .sorted_as_asked()
    );
    assert_eq!(
        names(answers([("title", text("x")), ("frontend", text("htmx"))])),
        ["slug", "docker", "theme"]
    );
    assert_eq!(run(Mode::Never, full()).unwrap(), full());
}

trait SortedAsAsked {
    fn sorted_as_asked(self) -> Vec<String>;
}

impl<const N: usize> SortedAsAsked for [String; N] {
    fn sorted_as_asked(self) -> Vec<String> {
        let order: Vec<String> = package(&Answers::new())
            .unwrap()
            .into_iter()
            .map(|q| q.name)
            .collect();
        order
            .into_iter()
            .filter(|name| self.contains(name))
            .collect()
    }
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

#[test]
fn asked_one_after_the_other_and_reviewed() {
    let (result, transcript) = ask(
        answers([("docker", text("no"))]),
        vec![say("My Shop"), Do::Enter, Do::Enter, Do::Enter],
    );
    assert_eq!(result.unwrap(), full());
    assert_eq!(
        transcript.asked(),
        [
            "What title? []",
            "What slug? [my-shop]",
            "What frontend? [>None | htmx]",
            "Go on with these answers? [>Go on | Change an answer | Cancel]",
        ]
    );
    insta::assert_snapshot!(transcript.err());
}

#[test]
fn a_refused_answer_is_asked_again_with_the_reason() {
    let (result, transcript) = ask(
        answers([("docker", text("no")), ("title", text("My Shop"))]),
        vec![say("bad"), say("my-shop"), Do::Enter, Do::Enter],
    );
    assert_eq!(result.unwrap(), full());
    assert_eq!(
        transcript.asked()[..2],
        ["What slug? [my-shop]", "What slug? [bad]"]
    );
    assert!(transcript.err().starts_with("! bad is bad\n"));
}

#[test]
fn esc_steps_back_and_answers_are_remembered() {
    let htmx = || Do::Say(Reply::One(1));
    let moves = vec![
        Do::Back, // nowhere to go
        say("My Shop"),
        Do::Enter,
        Do::Enter,
        htmx(),
        Do::Back, // from theme to frontend
        Do::Back, // to docker
        Do::Enter,
        Do::Enter, // htmx is remembered
        htmx(),    // dark
        Do::Back,  // from the review to theme
        Do::Enter,
        Do::Enter,
    ];
    let (result, transcript) = ask(Answers::new(), moves);
    let result = result.unwrap();
    assert_eq!(
        (&result["frontend"], &result["theme"]),
        (&text("htmx"), &text("dark"))
    );
    assert_eq!(
        transcript.asked()[4..12],
        [
            "What theme? [>light | dark]",
            "What frontend? [None | >htmx]",
            "What docker? [y/N]",
            "What frontend? [None | >htmx]",
            "What theme? [>light | dark]",
            "Go on with these answers? [>Go on | Change an answer | Cancel]",
            "What theme? [light | >dark]",
            "Go on with these answers? [>Go on | Change an answer | Cancel]",
        ][..8]
    );
}

#[test]
fn a_change_at_the_review_moves_defaults_and_conditions() {
    let change = |place| [Do::Say(Reply::One(1)), Do::Say(Reply::One(place))];
    let mut moves = vec![say("My Shop"), Do::Enter, Do::Enter, Do::Enter];
    moves.extend(change(0)); // title
    moves.push(say("Other"));
    moves.extend(change(3)); // frontend
    moves.push(Do::Say(Reply::One(1)));
    moves.push(Do::Enter); // theme is asked now
    moves.extend(change(2)); // docker, but not after all
    moves.push(Do::Back);
    moves.push(Do::Enter);
    let (result, transcript) = ask(Answers::new(), moves);
    let result = result.unwrap();
    assert_eq!(
        result["slug"],
        text("other"),
        "a default that was taken follows"
    );
    assert_eq!(result["theme"], text("light"));
    assert_eq!(result["docker"], Value::Flag(false));
    assert!(
        transcript
            .asked()
            .contains(&"What title? [My Shop]".to_owned())
    );
}

#[test]
fn a_given_answer_can_be_changed_at_the_review() {
    let moves = vec![
        say("T"),
        Do::Enter,
        Do::Enter,
        Do::Say(Reply::One(1)),
        Do::Say(Reply::One(2)),
        Do::Say(Reply::YesNo(true)),
        Do::Enter,
    ];
    let (result, _) = ask(answers([("docker", text("no"))]), moves);
    assert_eq!(result.unwrap()["docker"], Value::Flag(true));
}

#[test]
fn leaving() {
    for moves in [
        vec![Do::Stop],
        vec![
            say("T"),
            Do::Enter,
            Do::Enter,
            Do::Enter,
            Do::Say(Reply::One(2)),
        ],
    ] {
        let (result, _) = ask(Answers::new(), moves);
        assert_eq!(
            CommandError::from(result.unwrap_err()).kind,
            ErrorKind::Cancelled
        );
    }
}

#[test]
fn nothing_is_asked_when_all_is_given() {
    let (result, transcript) = ask(full(), vec![]);
    assert_eq!(result.unwrap(), full());
    assert!(transcript.asked().is_empty() && transcript.err().is_empty());
}

#[test]
fn what_was_given_in_vain_is_said_and_left_out() {
    let moves = vec![say("T"), Do::Enter, Do::Enter, Do::Enter, Do::Enter];
    let (result, transcript) = ask(answers([("theme", text("dark"))]), moves);
    assert!(!result.unwrap().contains_key("theme"));
    assert!(
        transcript.err().contains("warning: --theme does not apply"),
        "{}",
        transcript.err()
    );
}

#[test]
fn a_choice_given_that_is_none_is_asked_instead() {
    let moves = vec![Do::Enter, Do::Enter, Do::Enter, Do::Enter];
    let given = answers([
        ("title", text("T")),
        ("frontend", text("htmx")),
        ("theme", text("whale")),
    ]);
    let (result, transcript) = ask(given, moves);
    assert_eq!(result.unwrap()["theme"], text("light"));
    assert!(
        transcript
            .err()
            .contains("! --theme takes one of light, dark, not \"whale\"")
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
    let many = |_: &Answers| {
        Ok((0..201)
            .map(|n| question(&format!("q{n}"), Kind::Text, None))
            .collect())
    };
    assert!(hostile(many).to_string().contains("201 questions"));
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

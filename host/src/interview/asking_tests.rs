//! Interviews with somebody at the terminal.

use super::tests::{answers, full, package, text};
use super::*;
use crate::error::{CommandError, ErrorKind};
use crate::question::Value;
use crate::ui::Reply;
use crate::ui::testing::{Do, Transcript};

fn say(value: &str) -> Do {
    Do::Say(Reply::Text(value.to_owned()))
}

fn ask(given: Answers, moves: Vec<Do>) -> (Result<Answers, InterviewError>, Transcript) {
    let (mut ui, transcript) = Ui::scripted(moves);
    (
        interview(&mut ui, "scaffold/demo", given, Mode::Ask, &mut package),
        transcript,
    )
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
    assert!(transcript.err().contains("\n! bad is bad\n"));
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
        transcript.asked()[5..],
        [
            "What theme? [>light | dark]",
            "What frontend? [None | >htmx]",
            "What docker? [y/N]",
            "What frontend? [None | >htmx]",
            "What theme? [>light | dark]",
            "Go on with these answers? [>Go on | Change an answer | Cancel]",
            "What theme? [light | >dark]",
            "Go on with these answers? [>Go on | Change an answer | Cancel]",
        ]
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

#[test]
fn asking_without_a_terminal_lists_what_would_be_asked() {
    let (mut ui, _) = Ui::test(crate::ui::Options::default());
    let result = interview(&mut ui, "a/b", Answers::new(), Mode::Ask, &mut package);
    assert!(matches!(
        result,
        Err(InterviewError::Missing { nobody: true, .. })
    ));
}

//! What goes to which stream.

use super::testing::Do;
use super::*;
use crate::error::CommandError;

fn talk(options: Options) -> (String, String) {
    let (mut ui, transcript) = Ui::test(options);
    ui.story("story");
    ui.done("Resolved", "django 1.0.0");
    ui.detail("detail");
    ui.warn("warning");
    ui.package_says("a/b", PackageLevel::Debug, "debug");
    ui.package_says("a/b", PackageLevel::Info, "info\x1b[2J\nmore");
    ui.package_says("a/b", PackageLevel::Warn, "look");
    ui.result("result");
    ui.json(&serde_json::json!({ "a": 1 }));
    assert!(ui.finish().is_ok());
    (transcript.out(), transcript.err())
}

#[test]
fn results_to_stdout_the_story_to_stderr() {
    let (out, err) = talk(Options::default());
    assert_eq!(out, "result\n");
    assert_eq!(
        err,
        "story\nResolved django 1.0.0\nwarning: warning\na/b: info␛[2J\na/b: more\na/b: look\n"
    );
}

#[test]
fn quiet_leaves_warnings() {
    let (out, err) = talk(Options {
        verbosity: Verbosity::Quiet,
        ..Options::default()
    });
    assert_eq!(
        (out.as_str(), err.as_str()),
        ("result\n", "warning: warning\na/b: look\n")
    );
}

#[test]
fn verbose_tells_more() {
    let (_, err) = talk(Options {
        verbosity: Verbosity::Verbose,
        ..Options::default()
    });
    assert!(err.contains("detail\n") && err.contains("a/b: debug\n"));
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let (out, err) = talk(Options {
        json: true,
        ..Options::default()
    });
    assert_eq!((out.as_str(), err.as_str()), ("{\n  \"a\": 1\n}\n", ""));
}

#[test]
fn failures() {
    let error = CommandError::integrity("the blob does not hash").hint("try again");
    let (mut ui, transcript) = Ui::test(Options {
        verbosity: Verbosity::Quiet,
        ..Options::default()
    });
    assert_eq!(ui.fail(&error), 5);
    assert_eq!(
        transcript.err(),
        "error: the blob does not hash\nhint: try again\n"
    );
    let (mut ui, transcript) = Ui::test(Options {
        json: true,
        ..Options::default()
    });
    assert_eq!(ui.fail(&error), 5);
    let document: serde_json::Value = serde_json::from_str(&transcript.out()).unwrap();
    assert_eq!(document, error.to_json());
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let prompt = || Prompt {
        message: "m",
        help: "",
        back: false,
        field: Field::YesNo {
            default: Some(true),
        },
    };
    let (mut ui, _) = Ui::test(Options::default());
    assert!(!ui.can_ask());
    assert!(matches!(ui.ask(&prompt()), Err(PromptError::NoTerminal)));
    let (mut ui, transcript) = Ui::scripted([Do::Enter]);
    assert!(ui.can_ask());
    assert_eq!(ui.ask(&prompt()).unwrap(), Some(Reply::YesNo(true)));
    assert_eq!(transcript.asked(), ["m [Y/n]"]);
}

#[test]
fn a_failure_after_the_result_leaves_stdout_one_document() {
    let (mut ui, transcript) = Ui::test(Options {
        json: true,
        ..Options::default()
    });
    ui.json(&serde_json::json!({ "a": 1 }));
    assert_eq!(
        ui.fail(&CommandError::new(
            crate::error::ErrorKind::Conflicts,
            "1 conflict"
        )),
        3
    );
    assert_eq!(
        (transcript.out().as_str(), transcript.err().as_str()),
        ("{\n  \"a\": 1\n}\n", "error: 1 conflict\n")
    );
}

//! Whole plans, as they are shown.

use super::*;
use crate::path::ProjectPath;
use crate::plan::{Content, Origin};
use crate::workspace::Found;

/// An action on a file with these texts before and after.
pub(in crate::ui) fn change(
    path: &str,
    verb: Verb,
    old: Option<&str>,
    new: Option<&str>,
) -> Action {
    let before = old.map(|text| Found {
        bytes: text.as_bytes().into(),
        executable: false,
    });
    let after = new.map(|text| Content {
        bytes: text.as_bytes().into(),
        executable: false,
    });
    Action::new(
        ProjectPath::parse(path).unwrap(),
        verb,
        before.as_ref(),
        after,
    )
}

pub(in crate::ui) fn action(path: &str, verb: Verb) -> Action {
    change(
        path,
        verb,
        (verb != Verb::Create).then_some(""),
        (verb != Verb::Delete).then_some(""),
    )
}

pub(in crate::ui) fn plan_of(mut actions: Vec<Action>) -> Plan {
    actions.sort_by(|a, b| a.path.cmp(&b.path));
    Plan {
        actions,
        ..Plan::default()
    }
}

fn counted(path: &str, verb: Verb, added: usize, removed: usize) -> Action {
    Action {
        added,
        removed,
        ..action(path, verb)
    }
}

fn noted(path: &str, verb: Verb, note: Note) -> Action {
    Action {
        note: Some(note),
        ..action(path, verb)
    }
}

fn package(name: &str, version: &str, before: Option<&str>) -> PackageLine {
    PackageLine {
        name: name.to_owned(),
        version: version.to_owned(),
        before: before.map(str::to_owned),
        source: "official".to_owned(),
    }
}

fn permission(who: &str, what: &str, why: &str, class: Option<&str>) -> Permission {
    Permission {
        who: who.to_owned(),
        what: what.to_owned(),
        why: why.to_owned(),
        class: class.map(str::to_owned),
    }
}

fn shown(
    plan_: &Plan,
    packages: &[PackageLine],
    permissions: &[Permission],
    verbose: bool,
) -> String {
    plan(
        &PlanView {
            title: "Add to the project in shop",
            packages,
            sealed: None,
            plan: plan_,
            permissions,
        },
        verbose,
    )
    .plain()
}

fn small() -> Plan {
    let mut manage = counted("manage.py", Verb::Create, 20, 0);
    manage.after = Some(Content {
        bytes: b"".as_slice().into(),
        executable: true,
    });
    plan_of(vec![
        counted("accounts/forms.py", Verb::Create, 120, 0),
        manage,
        counted("config/urls.py", Verb::Merge, 3, 1),
        counted("config/settings/base.py", Verb::Conflict, 12, 4),
        counted("pyproject.toml", Verb::Update, 2, 0),
        counted("old.txt", Verb::Delete, 0, 1204),
        action("README.md", Verb::Kept),
        action(".gitignore", Verb::Unchanged),
    ])
}

fn large() -> Plan {
    let mut actions = Vec::new();
    for folder in [
        "shop/users",
        "shop/users/tests",
        "shop/templates/account",
        "config/settings",
        "docs",
    ] {
        for n in 0..9 {
            actions.push(counted(
                &format!("{folder}/file{n}.py"),
                Verb::Create,
                10 + n,
                0,
            ));
        }
    }
    for n in 0..4 {
        actions.push(counted(&format!("top{n}.toml"), Verb::Create, 3, 0));
    }
    actions.push(counted("pyproject.toml", Verb::Update, 2, 1));
    actions.push(counted("docs/mine.md", Verb::Conflict, 1, 1));
    plan_of(actions)
}

#[test]
fn a_few_files() {
    let packages = [
        package("scaffold/django", "1.0.0", None),
        package("scaffold/django-auth", "1.1.0", Some("1.0.0")),
    ];
    let permissions = [
        permission(
            "scaffold/django",
            "write anywhere in the project",
            "It makes the whole project.",
            None,
        ),
        permission("scaffold/django-auth", "read docs/**", "", None),
        permission(
            "scaffold/django",
            ".github/workflows/ci.yml",
            "runs at every push",
            Some("CI"),
        ),
        permission(
            "scaffold/django",
            ".pre-commit-config.yaml",
            "runs at every commit",
            Some("git hooks"),
        ),
    ];
    insta::assert_snapshot!(shown(&small(), &packages, &permissions, false));
}

#[test]
fn what_stays_is_named_where_it_may_surprise() {
    let plan = plan_of(vec![
        counted("config/urls.py", Verb::Merge, 3, 1),
        Action {
            note: Some(Note::Markers(2)),
            ..counted("config/base.py", Verb::Conflict, 12, 4)
        },
        noted("docs/a.md", Verb::Kept, Note::DeletedByUser),
        noted("docs/b.md", Verb::Kept, Note::NoLongerGenerated),
        noted("docs/seed.md", Verb::Kept, Note::Seed),
        noted("docs/mine.md", Verb::Kept, Note::Edited),
    ]);
    insta::assert_snapshot!(shown(&plan, &[], &[], false));
    let all = shown(&plan, &[], &[], true);
    assert!(all.contains("made once, yours since") && all.contains("your edits stand"));
}

#[test]
fn verbose_lists_what_stays() {
    insta::assert_snapshot!(shown(&small(), &[], &[], true));
}

#[test]
fn many_files_are_folded() {
    let text = shown(
        &large(),
        &[package("scaffold/django", "1.0.0", None)],
        &[],
        false,
    );
    assert!(
        text.contains("! docs/mine.md"),
        "conflicts are never folded"
    );
    insta::assert_snapshot!(text);
    let all = shown(&large(), &[], &[], true);
    assert_eq!(all.matches(".py").count(), 45);
}

#[test]
fn nothing_to_do() {
    let plan = plan_of(vec![action("a", Verb::Unchanged), action("b", Verb::Kept)]);
    assert_eq!(
        shown(&plan, &[], &[], false),
        "Add to the project in shop\n\nNothing to change; 2 stay as they are\n"
    );
    assert!(shown(&plan_of(vec![]), &[], &[], false).ends_with("\nNothing to change\n"));
}

#[test]
fn a_flood_of_files_in_one_class_does_not_hide_another() {
    let mut all: Vec<Permission> = (0..50)
        .map(|n| permission("a/b", &format!(".vscode/{n}.json"), "", Some("editor")))
        .collect();
    all.push(permission("a/b", ".envrc", "", Some("shell environment")));
    let text = permissions(&all, false).plain();
    assert!(
        text.contains("and 42 more (-v lists them)") && text.contains(".envrc"),
        "{text}"
    );
    assert_eq!(
        permissions(&all, true).plain().matches(".vscode").count(),
        50
    );
}

#[test]
fn a_packages_words_are_cleaned() {
    let text = shown(
        &plan_of(vec![]),
        &[package("a\x1b[2J", "1", None)],
        &[permission("x", "w\u{202e}", "y\rn", Some("z\x07"))],
        false,
    );
    assert!(
        !text.contains(['\x1b', '\u{202e}', '\r', '\x07']),
        "{text:?}"
    );
}

#[test]
fn a_file_that_moves_is_one_line() {
    let moving = |from: &str, to: &str, verb: Verb, after: &str, note: Option<Note>| {
        let path = |path: &str| ProjectPath::parse(path).unwrap();
        let found = Found {
            bytes: b"one\ntwo\n"[..].into(),
            executable: false,
        };
        let origin = Origin {
            path: path(from),
            found,
        };
        let after = Content {
            bytes: after.as_bytes().into(),
            executable: false,
        };
        let [gone, come] = Action::moving(path(to), verb, origin, after);
        [gone, come.with_note(note)]
    };
    let plan = plan_of(
        [
            moving("a.txt", "docs/a.txt", Verb::Create, "one\ntwo\n", None),
            moving("b.txt", "docs/b.txt", Verb::Merge, "one\n2\n", None),
            moving(
                "c.txt",
                "docs/c.txt",
                Verb::Conflict,
                "one\n<\n",
                Some(Note::Markers(1)),
            ),
        ]
        .concat(),
    );
    insta::assert_snapshot!(shown(&plan, &[], &[], false));
}

#[test]
fn what_packages_can_do_and_cannot() {
    let sealed = Sealed {
        can: vec!["propose files".into(), "say\x1b[2J something".into()],
        cannot: vec!["open a connection".into()],
    };
    let page = plan(
        &PlanView {
            title: "Plan",
            packages: &[],
            sealed: Some(&sealed),
            plan: &plan_of(Vec::new()),
            permissions: &[],
        },
        false,
    );
    assert_eq!(
        page.plain(),
        "Plan\n\nRead from their binaries, these packages\n  can     propose files; say␛[2J something\n  \
         cannot  open a connection\n\nNothing to change\n"
    );
}

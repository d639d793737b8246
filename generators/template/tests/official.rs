//! The official data packages, rendered natively.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests set the scene themselves"
)]

mod folder;

use std::collections::BTreeMap;
use std::sync::Arc;

use folder::Folder;
use scaffold_guest::{Answer, Request, Value};
use scaffold_template::{World, generate};

fn answers(all: &[(&str, Value)]) -> Vec<Answer> {
    all.iter()
        .map(|(name, value)| Answer {
            name: (*name).into(),
            value: value.clone(),
        })
        .collect()
}

fn run(package: &Folder, project: &Folder, answers: Vec<Answer>) -> Folder {
    let world = World {
        package,
        project: Arc::new(project.clone()),
        secret: |_, _| unreachable!(),
    };
    let request = Request {
        project_name: "shop".into(),
        instance: "x".into(),
        answers,
        applied: Vec::new(),
    };
    let mut made = Folder(BTreeMap::new());
    generate(&world, &request, &mut made).unwrap();
    made
}

/// The edits find every place in what the base makes, and running them again changes nothing.
#[test]
fn auth_joins_django_once() {
    let (django, auth) = (Folder::open("django"), Folder::open("django-auth"));
    for frontend in ["none", "htmx"] {
        let texts = [
            ("author", ""),
            ("database", "sqlite"),
            ("description", "x"),
            ("frontend", frontend),
            ("python", "3.13"),
            ("time-zone", "UTC"),
        ];
        let texts: Vec<_> = texts
            .iter()
            .map(|(name, text)| (*name, Value::Text((*text).into())))
            .collect();
        let mut project = run(&django, &Folder(BTreeMap::new()), answers(&texts));
        let providers = ["google", "github", "gitlab", "microsoft", "discord"];
        let providers = Value::Texts(providers.map(String::from).into());
        let wanted = answers(&[("providers", providers)]);
        let made = run(&auth, &project, wanted.clone());
        project.0.extend(made.0.clone());
        let again = run(&auth, &project, wanted);
        for (path, contents) in &again.0 {
            assert_eq!(Some(contents), project.0.get(path), "{path} changes again");
        }
        assert!(
            !again.0.contains_key("config/urls.py"),
            "a file that no edit changes is written"
        );
    }
}

#[test]
fn django_renders() {
    let texts = [
        ("author", ""),
        ("database", "sqlite"),
        ("description", "x"),
        ("frontend", "none"),
        ("python", "3.13"),
        ("time-zone", "UTC"),
    ];
    let texts = texts.map(|(name, text)| (name, Value::Text(text.into())));
    let made = run(
        &Folder::open("django"),
        &Folder(BTreeMap::new()),
        answers(&texts),
    );
    assert!(made.0.contains_key("manage.py"));
}

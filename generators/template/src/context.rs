//! What a template sees besides the answers: the project's name in its spellings, and the generators that ran
//! before.

use std::collections::BTreeMap;

use minijinja::Value;
use scaffold_guest::{Answer, Applied, Request};

use crate::manifest::Manifest;
use crate::words;

/// The names that are always there; no question may have one of them.
pub(crate) const NAMES: &[&str] = &[
    "project_name",
    "project_slug",
    "project_module",
    "project_title",
    "instance",
    "generator",
    "applied",
];

/// A question's name as a template writes it.
pub(crate) fn variable(name: &str) -> String {
    name.replace('-', "_")
}

pub(crate) fn value(value: &scaffold_guest::Value) -> Value {
    match value {
        scaffold_guest::Value::Text(text) => Value::from(text.as_str()),
        scaffold_guest::Value::Flag(flag) => Value::from(*flag),
        scaffold_guest::Value::Integer(number) => Value::from(*number),
        scaffold_guest::Value::Texts(texts) => Value::from(texts.clone()),
    }
}

pub(crate) fn base(manifest: &Manifest, request: &Request) -> BTreeMap<String, Value> {
    let name = request.project_name.as_str();
    let generator = BTreeMap::from([
        ("name".to_owned(), Value::from(manifest.name.as_str())),
        ("version".to_owned(), Value::from(manifest.version.as_str())),
        (
            "instance".to_owned(),
            Value::from(request.instance.as_str()),
        ),
    ]);
    BTreeMap::from([
        ("project_name".to_owned(), Value::from(name)),
        ("project_slug".to_owned(), Value::from(words::kebab(name))),
        (
            "project_module".to_owned(),
            Value::from(words::module(name)),
        ),
        (
            "project_title".to_owned(),
            Value::from(words::title(&name.replace('.', " "))),
        ),
        (
            "instance".to_owned(),
            Value::from(request.instance.as_str()),
        ),
        ("generator".to_owned(), Value::from(generator)),
        ("applied".to_owned(), applied(&request.applied)),
    ])
}

/// By package, without the namespace where it is the default one. Where a package is there more than once, the first
/// one is meant, and `instances` has them all.
fn applied(all: &[Applied]) -> Value {
    let mut by_package: BTreeMap<&str, Vec<BTreeMap<String, Value>>> = BTreeMap::new();
    for one in all {
        let short = one
            .package
            .strip_prefix("scaffold/")
            .unwrap_or(&one.package);
        by_package.entry(short).or_default().push(facts_of(one));
    }
    let packages = by_package.into_iter().map(|(package, each)| {
        let mut first = each[0].clone();
        let each: Value = each.into_iter().collect();
        first.insert("instances".to_owned(), each);
        (package.to_owned(), Value::from(first))
    });
    Value::from(packages.collect::<BTreeMap<String, Value>>())
}

/// A generator's answers, version and instance.
fn facts_of(one: &Applied) -> BTreeMap<String, Value> {
    let mut map: BTreeMap<String, Value> = one
        .answers
        .iter()
        .map(
            |Answer {
                 name,
                 value: answer,
             }| (variable(name), value(answer)),
        )
        .collect();
    map.insert("version".to_owned(), Value::from(one.version.as_str()));
    map.insert("instance".to_owned(), Value::from(one.instance.as_str()));
    map
}

//! `scaffold.toml` of a project: which generators, which answers. People edit it, so their comments and order
//! are kept.

use std::collections::BTreeMap;

use scaffold_registry::PackageName;
use semver::VersionReq;
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use super::lock::Lock;
use crate::question::{Answers, Value};

const HEADER: &str = "# What this project is made of. Edit it, then run `scaffold sync`.\n\n";

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectManifest {
    pub project: ProjectTable,
    /// Namespace → registry.
    #[serde(default)]
    pub registries: BTreeMap<String, String>,
    #[serde(default)]
    pub generators: BTreeMap<String, Wanted>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectTable {
    pub name: String,
}

/// One generator as a person asks for it; its key is the instance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub package: PackageName,
    /// None: whatever there is; it is written down once there is something.
    #[serde(default)]
    pub version: Option<VersionReq>,
    #[serde(default)]
    pub answers: Answers,
}

impl Wanted {
    /// What is asked of its version.
    pub fn req(&self) -> VersionReq {
        self.version.clone().unwrap_or(VersionReq::STAR)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("scaffold.toml{place}: {message}")]
pub struct ManifestError {
    place: String,
    message: String,
}

impl ProjectManifest {
    /// # Errors
    /// The text is not such a file; the error names the line.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if let Some(line) = super::conflict::marker(text) {
            return Err(ManifestError {
                place: format!(":{line}"),
                message: "it holds git conflict markers; settle them, then run scaffold lock"
                    .into(),
            });
        }
        let manifest: Self = toml::from_str(text).map_err(|e| ManifestError {
            place: e.span().map_or_else(String::new, |span| {
                format!(
                    ":{}",
                    text.get(..span.start)
                        .map_or(1, |before| before.matches('\n').count() + 1)
                )
            }),
            message: e.message().to_owned(),
        })?;
        super::check_name(&manifest.project.name).map_err(|e| ManifestError {
            place: String::new(),
            message: e.to_string(),
        })?;
        Ok(manifest)
    }
}

/// The text of `scaffold.toml` that says what `lock` says. `before` is the text as it stands: its comments, order
/// and anything the lock does not speak of are kept. `wanted` has the version requirements, `registries` those it shall
/// know as well.
///
/// # Errors
/// `before` is not TOML.
pub fn write(
    before: Option<&str>,
    lock: &Lock,
    wanted: &BTreeMap<String, VersionReq>,
    registries: &BTreeMap<String, String>,
) -> Result<String, ManifestError> {
    let mut document: DocumentMut =
        before
            .unwrap_or(HEADER)
            .parse()
            .map_err(|e: toml_edit::TomlError| ManifestError {
                place: String::new(),
                message: e.message().to_owned(),
            })?;
    if before.is_none() {
        document["project"] = Item::Table(Table::new());
        document["project"]["name"] = value(&lock.project);
        // The header is trailing text of an empty document; it belongs before the first table.
        document.set_trailing("");
        if let Some(table) = document["project"].as_table_mut() {
            table.decor_mut().set_prefix(HEADER);
        }
    }
    for (namespace, place) in registries {
        let table = document.entry("registries");
        let table = table.or_insert_with(|| Item::Table(Table::new()));
        if let Some(table) = table.as_table_like_mut() {
            set(table, namespace, &place.as_str().into());
        }
    }
    if !document.contains_key("generators") {
        let mut table = Table::new();
        table.set_implicit(true);
        document["generators"] = Item::Table(table);
    }
    let generators = document["generators"]
        .as_table_like_mut()
        .ok_or_else(|| ManifestError {
            place: String::new(),
            message: "`generators` must be a table".into(),
        })?;
    let gone: Vec<String> = generators
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| lock.instance(key).is_none())
        .collect();
    for key in gone {
        generators.remove(&key);
    }
    for generator in &lock.generators {
        if generators.get(&generator.instance).is_none() {
            generators.insert(&generator.instance, Item::Table(Table::new()));
        }
        let Some(table) = generators
            .get_mut(&generator.instance)
            .and_then(Item::as_table_like_mut)
        else {
            continue;
        };
        set(
            table,
            "package",
            &generator.package.package.to_string().into(),
        );
        if let Some(req) = wanted.get(&generator.instance) {
            set(table, "version", &req.to_string().into());
        }
        write_answers(table, &generator.answers);
    }
    Ok(document.to_string())
}

fn write_answers(table: &mut dyn toml_edit::TableLike, answers: &Answers) {
    if answers.is_empty() {
        table.remove("answers");
        return;
    }
    if table.get("answers").is_none() {
        table.insert("answers", Item::Table(Table::new()));
    }
    let Some(written) = table.get_mut("answers").and_then(Item::as_table_like_mut) else {
        return;
    };
    let gone: Vec<String> = written
        .iter()
        .map(|(k, _)| k.to_owned())
        .filter(|k| !answers.contains_key(k))
        .collect();
    for key in gone {
        written.remove(&key);
    }
    for (name, answer) in answers {
        set(written, name, &edit_value(answer));
    }
}

/// Sets a value only where it differs, so that a person's formatting of it stays, and the comments around it always.
fn set(table: &mut dyn toml_edit::TableLike, key: &str, new: &toml_edit::Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if plain(old) == plain(new) => {}
        Some(old) => {
            let around = old.decor().clone();
            *old = new.clone();
            *old.decor_mut() = around;
        }
        None => {
            table.insert(key, Item::Value(new.clone()));
        }
    }
}

fn plain(value: &toml_edit::Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    match value {
        toml_edit::Value::String(s) => format!("{:?}", s.value()),
        toml_edit::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn edit_value(value: &Value) -> toml_edit::Value {
    match value {
        Value::Text(v) => v.as_str().into(),
        Value::Flag(v) => (*v).into(),
        Value::Integer(v) => (*v).into(),
        Value::Texts(v) => v
            .iter()
            .map(String::as_str)
            .collect::<toml_edit::Array>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use scaffold_registry::Digest;

    use super::*;
    use crate::project::lock::{Locked, Pinned};

    fn lock(answer: &str) -> Lock {
        Lock {
            generators: vec![Locked {
                instance: "django".into(),
                package: Pinned {
                    package: "scaffold/django".parse().unwrap(),
                    version: semver::Version::new(1, 0, 0),
                    registry: "official".into(),
                    blob: Digest::of(b""),
                    signer: None,
                },
                allow: Default::default(),
                reads: Default::default(),
                engine: None,
                answers: Answers::from([("database".into(), Value::Text(answer.into()))]),
                inputs: Default::default(),
            }],
            ..Lock::empty("shop")
        }
    }

    fn wanted() -> BTreeMap<String, VersionReq> {
        BTreeMap::from([("django".into(), "^1.0".parse().unwrap())])
    }

    #[test]
    fn a_new_file_reads_well_and_back() {
        let text = write(None, &lock("sqlite"), &wanted(), &BTreeMap::new()).unwrap();
        assert_eq!(
            text,
            "# What this project is made of. Edit it, then run `scaffold sync`.\n\n[project]\nname = \"shop\"\n\n\
             [generators.django]\npackage = \"scaffold/django\"\nversion = \"^1.0\"\n\n\
             [generators.django.answers]\ndatabase = \"sqlite\"\n"
        );
        let manifest = ProjectManifest::parse(&text).unwrap();
        assert_eq!(
            manifest.generators["django"].answers,
            lock("sqlite").generators[0].answers
        );
    }

    #[test]
    fn a_persons_comments_stay() {
        let text = write(None, &lock("sqlite"), &wanted(), &BTreeMap::new()).unwrap();
        let edited = text.replace(
            "database = \"sqlite\"",
            "# fast enough\ndatabase   = 'sqlite' # for now",
        );
        assert_eq!(
            write(Some(&edited), &lock("sqlite"), &wanted(), &BTreeMap::new()).unwrap(),
            edited
        );
        let changed = write(
            Some(&edited),
            &lock("postgres"),
            &wanted(),
            &BTreeMap::new(),
        )
        .unwrap();
        assert!(
            changed.contains("# fast enough") && changed.contains("\"postgres\""),
            "{changed}"
        );
    }

    #[test]
    fn a_registry_is_told_to_it() {
        let registries = BTreeMap::from([("acme".to_owned(), "../registry".to_owned())]);
        let text = write(None, &lock("sqlite"), &wanted(), &registries).unwrap();
        assert!(
            text.contains("[registries]\nacme = \"../registry\"\n\n[generators.django]"),
            "{text}"
        );
        assert_eq!(
            ProjectManifest::parse(&text).unwrap().registries,
            registries
        );
    }

    #[test]
    fn a_wrong_key_names_its_line() {
        let error = ProjectManifest::parse("[project]\nname = \"shop\"\nnmae = 1\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("scaffold.toml:3: unknown field `nmae`"),
            "{error}"
        );
    }
}

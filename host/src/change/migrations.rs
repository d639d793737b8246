//! What lies between two versions of a package: names of files and of answers that changed.

use std::collections::BTreeMap;

use scaffold_registry::manifest::{Migration, Rename};
use semver::Version;

use crate::{path::ProjectPath, question::Answers, replay::Made, tree::Tree};

/// Old name → new name, with every chain collapsed into one step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Renames {
    files: BTreeMap<String, String>,
    answers: BTreeMap<String, String>,
}

impl Renames {
    /// What has to be renamed to get from one version of a package to another. `migrations` are those of the newer
    /// one, the oldest first; on the way back they are turned round.
    pub fn between(migrations: &[Migration], from: &Version, to: &Version) -> Self {
        let (old, new) = if from < to { (from, to) } else { (to, from) };
        let mut renames = Self::default();
        for migration in migrations {
            if *old < migration.version && migration.version <= *new {
                match &migration.rename {
                    Rename::File { from, to } => chain(&mut renames.files, from, to),
                    Rename::Answer { from, to } => chain(&mut renames.answers, from, to),
                }
            }
        }
        if from > to {
            renames.files = turned(renames.files);
            renames.answers = turned(renames.answers);
        }
        renames
    }

    /// Gives answers their new names. An answer that is there under its new name already stays.
    pub fn apply(&self, answers: &mut Answers) {
        let old: Vec<_> = self
            .answers
            .iter()
            .filter_map(|(from, to)| Some((to, answers.remove(from)?)))
            .collect();
        for (to, answer) in old {
            answers.entry(to.clone()).or_insert(answer);
        }
    }

    /// The files that are renamed in this project: nobody makes the old one any more, and this generator makes the new
    /// one, which nobody did before. Each instance of a package is asked for its own, so a file that another one still
    /// makes stays where it is.
    pub fn files(
        &self,
        made: &Made,
        before: &Tree,
        after: &Tree,
    ) -> impl Iterator<Item = (ProjectPath, ProjectPath)> {
        let paths = self.files.iter().filter_map(|(from, to)| {
            // Our own files are never a generator's.
            Some((ProjectPath::parse(from).ok()?, ProjectPath::parse(to).ok()?))
        });
        paths.filter(move |(from, to)| {
            matches!(made.changes.files.get(to), Some(Some(_)))
                && before.get(from).is_some()
                && before.get(to).is_none()
                && after.get(from).is_none()
                && after.get(to).is_some()
        })
    }
}

/// What was renamed to `from` before is now called `to`.
fn chain(names: &mut BTreeMap<String, String>, from: &str, to: &str) {
    match names.values_mut().find(|last| *last == from) {
        Some(last) => to.clone_into(last),
        None => {
            // A later file of the same name is not the one the old version had.
            names
                .entry(from.to_owned())
                .or_insert_with(|| to.to_owned());
        }
    }
    names.retain(|first, last| first != last);
}

fn turned(names: BTreeMap<String, String>) -> BTreeMap<String, String> {
    names.into_iter().map(|(from, to)| (to, from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Value;

    fn migrations(each: &[(&str, &str, &str)]) -> Vec<Migration> {
        let migration = |(version, from, to): &(&str, &str, &str)| Migration {
            version: version.parse().unwrap(),
            rename: match from.contains('.') {
                true => Rename::File {
                    from: (*from).into(),
                    to: (*to).into(),
                },
                false => Rename::Answer {
                    from: (*from).into(),
                    to: (*to).into(),
                },
            },
        };
        each.iter().map(migration).collect()
    }

    fn between(each: &[(&str, &str, &str)], from: &str, to: &str) -> Vec<String> {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let renames = Renames::between(&migrations(each), &from, &to);
        let names = renames.files.iter().chain(&renames.answers);
        names.map(|(from, to)| format!("{from} > {to}")).collect()
    }

    const EACH: &[(&str, &str, &str)] = &[
        ("1.1.0", "a.py", "b.py"),
        ("1.1.0", "db", "database"),
        ("1.2.0", "b.py", "c.py"),
        ("2.0.0", "c.py", "d.py"),
    ];

    #[test]
    fn a_chain_is_one_step() {
        assert_eq!(
            between(EACH, "1.0.0", "1.2.0"),
            ["a.py > c.py", "db > database"]
        );
        assert_eq!(
            between(EACH, "1.0.0", "1.1.5"),
            ["a.py > b.py", "db > database"]
        );
    }

    #[test]
    fn the_old_version_is_left_out_and_the_new_one_is_not() {
        assert_eq!(between(EACH, "1.1.0", "2.0.0"), ["b.py > d.py"]);
        assert!(between(EACH, "2.0.0", "3.0.0").is_empty());
    }

    #[test]
    fn the_way_back_is_turned_round() {
        assert_eq!(
            between(EACH, "2.0.0", "1.0.0"),
            ["d.py > a.py", "database > db"]
        );
    }

    #[test]
    fn there_and_back_is_nothing() {
        let each = &[("1.1.0", "a.py", "b.py"), ("1.2.0", "b.py", "a.py")];
        assert!(between(each, "1.0.0", "1.2.0").is_empty());
    }

    #[test]
    fn a_name_that_was_taken_again_is_another_file() {
        let each = &[("1.1.0", "a.py", "b.py"), ("1.3.0", "a.py", "c.py")];
        assert_eq!(between(each, "1.0.0", "1.3.0"), ["a.py > b.py"]);
    }

    #[test]
    fn answers_keep_their_values() {
        let text = |text: &str| Value::Text(text.into());
        let mut answers = Answers::from([("db".into(), text("x")), ("other".into(), text("y"))]);
        let (from, to) = (Version::new(1, 0, 0), Version::new(2, 0, 0));
        let renames = Renames::between(&migrations(EACH), &from, &to);
        renames.apply(&mut answers);
        let expected = Answers::from([("database".into(), text("x")), ("other".into(), text("y"))]);
        assert_eq!(answers, expected);
        // In `scaffold.toml` it may have the new name already.
        answers.insert("db".into(), text("old"));
        renames.apply(&mut answers);
        assert_eq!(answers, expected);
    }
}

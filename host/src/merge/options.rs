//! How to merge: what is called what, what moved where, and who wins where both sides want something else.

use std::collections::BTreeMap;

use crate::path::ProjectPath;

/// What a merge is told besides its three sides. The default marks every conflict and knows of no renames.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub labels: Labels,
    /// Files that were generated at the first path before and are generated at the second one now. Chains are resolved
    /// by whoever makes them.
    pub renames: BTreeMap<ProjectPath, ProjectPath>,
    /// For every file in conflict that `choices` does not name.
    pub strategy: Strategy,
    /// For single files, by the path they have afterwards.
    pub choices: BTreeMap<ProjectPath, Strategy>,
}

impl Options {
    pub(super) fn strategy(&self, path: &ProjectPath) -> Strategy {
        self.choices.get(path).copied().unwrap_or(self.strategy)
    }
}

/// What becomes of the places in which both sides changed the same thing. Everything else is merged in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Strategy {
    /// Both versions between markers, for the user to settle; what cannot have markers is kept, its new version beside it.
    #[default]
    Markers,
    /// The user's.
    Ours,
    /// The new version's.
    Theirs,
}

/// What the sides of a conflict are called in its markers: the generator that last wrote the file, such as
/// `django 1.1.0`. The user's side is always `yours`.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// Before, by the path of that time.
    pub base: BTreeMap<ProjectPath, String>,
    pub theirs: BTreeMap<ProjectPath, String>,
}

impl Labels {
    /// The names for one file. The same generator on both sides is told apart.
    pub(super) fn of(&self, old: &ProjectPath, new: &ProjectPath) -> Names {
        let name = |names: &BTreeMap<ProjectPath, String>, path| {
            let name = names.get(path).map(|name| clean(name));
            name.filter(|name| !name.is_empty())
        };
        match (name(&self.base, old), name(&self.theirs, new)) {
            (Some(base), Some(theirs)) if base == theirs => {
                Names::new(&format!("{base} (before)"), &format!("{theirs} (new)"))
            }
            (base, theirs) => Names::new(
                base.as_deref().unwrap_or("before"),
                theirs.as_deref().unwrap_or("new"),
            ),
        }
    }
}

/// The names of the sides in one file's markers; a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) ours: String,
    pub(super) base: String,
    pub(super) theirs: String,
}

impl Names {
    pub(super) fn new(base: &str, theirs: &str) -> Self {
        Self {
            ours: "yours".to_owned(),
            base: base.to_owned(),
            theirs: theirs.to_owned(),
        }
    }
}

/// A label is written into the user's file: one short line of plain signs, whatever a package calls itself.
fn clean(label: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || " -_.,+/@()".contains(*c);
    let kept: String = label.chars().filter(plain).take(80).collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_one_plain_line() {
        let path = ProjectPath::parse("a").unwrap();
        let labels = |base: &str, theirs: &str| {
            let one = |label: &str| BTreeMap::from([(path.clone(), label.to_owned())]);
            Labels {
                base: one(base),
                theirs: one(theirs),
            }
            .of(&path, &path)
        };
        assert_eq!(
            labels("django 1.0.0", "acme/site 1.1.0-rc.1+b"),
            Names::new("django 1.0.0", "acme/site 1.1.0-rc.1+b")
        );
        assert_eq!(
            labels("django 1.0.0", "django 1.0.0"),
            Names::new("django 1.0.0 (before)", "django 1.0.0 (new)")
        );
        assert_eq!(
            labels("\n>>>>>>> x\u{202e}\x1b[31m", " "),
            Names::new("x31m", "new")
        );
        assert_eq!(labels(&"x".repeat(200), "y").base.len(), 80);
        assert_eq!(
            Labels::default().of(&path, &path),
            Names::new("before", "new")
        );
    }
}

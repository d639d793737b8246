//! Reading the user's own files: what a package asks, what the user granted, and what comes of the two.

use std::collections::BTreeSet;

use scaffold_registry::Pattern;
use serde::{Deserialize, Serialize};

use super::{Deny, PatternError, Patterns, Policy, is_private};
use crate::path::ProjectPath;

/// What the user granted one generator. In the lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    /// Patterns of the package's manifest, word by word.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub patterns: BTreeSet<String>,
    /// Single files that the user named, which may hold secrets.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub named: BTreeSet<ProjectPath>,
}

impl Reads {
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.named.is_empty()
    }

    /// What either grants.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.patterns.extend(other.patterns.iter().cloned());
        self.named.extend(other.named.iter().cloned());
        self
    }

    /// Adds the files the user named and takes out what the package no longer asks for. Gives what it asks and
    /// nobody has answered yet; whoever named some files of a pattern has answered it.
    ///
    /// # Errors
    /// A pattern of the package that is none.
    pub fn settle<'p>(
        &mut self,
        asked: &'p [Pattern],
        named: &BTreeSet<ProjectPath>,
    ) -> Result<Vec<&'p Pattern>, PatternError> {
        let all = Patterns::new(asked.iter().map(|one| one.pattern.as_str()))?;
        self.patterns
            .retain(|granted| asked.iter().any(|one| one.pattern == *granted));
        self.named.extend(named.iter().cloned());
        self.named.retain(|path| all.allows(path));
        let mut open = Vec::new();
        for one in asked
            .iter()
            .filter(|one| !self.patterns.contains(&one.pattern))
        {
            let pattern = Patterns::new([one.pattern.as_str()])?;
            if !self.named.iter().any(|path| pattern.allows(path)) {
                open.push(one);
            }
        }
        Ok(open)
    }

    pub fn grant(&mut self, pattern: &Pattern) {
        self.patterns.insert(pattern.pattern.clone());
    }
}

/// What a generator may read of the user's own files: what was both asked and granted, without what may hold secrets
/// and without what is denied.
#[derive(Debug, Clone)]
pub struct MayRead {
    patterns: Patterns,
    bases: Vec<Base>,
    named: BTreeSet<ProjectPath>,
    now: BTreeSet<ProjectPath>,
    deny: Deny,
}

/// Where the files of a pattern can lie at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Empty: the project's folder.
    pub folder: String,
    /// How many components their paths have at most.
    pub depth: usize,
}

impl MayRead {
    /// What is granted in a lock, of what a package asks, under what this command and the configuration say.
    ///
    /// # Errors
    /// A pattern of the package that is none.
    pub fn new(asked: &[Pattern], granted: &Reads, policy: &Policy) -> Result<Self, PatternError> {
        let all = Patterns::new(asked.iter().map(|one| one.pattern.as_str()))?;
        let both = || {
            let asked = asked.iter().map(|one| one.pattern.as_str());
            asked.filter(|pattern| granted.patterns.contains(*pattern))
        };
        let named = granted.named.iter().filter(|path| all.allows(path));
        Ok(Self {
            patterns: Patterns::new(both())?,
            bases: both().map(base).collect(),
            named: named.cloned().collect(),
            now: policy.allow.named.clone(),
            deny: policy.deny.clone(),
        })
    }

    pub fn is_nothing(&self) -> bool {
        self.bases.is_empty() && self.named.is_empty()
    }

    pub fn allows(&self, path: &ProjectPath) -> bool {
        let granted =
            self.named.contains(path) || (self.patterns.allows(path) && !is_private(path));
        granted && self.deny.read(path).is_none()
    }

    /// Whether a file may be read as it is now. One that may hold secrets stays as it was recorded unless this very
    /// command names it: the lock that names it may have come with somebody else's project.
    pub fn allows_anew(&self, path: &ProjectPath) -> bool {
        self.allows(path) && (self.now.contains(path) || !is_private(path))
    }

    pub fn bases(&self) -> &[Base] {
        &self.bases
    }

    pub fn named(&self) -> &BTreeSet<ProjectPath> {
        &self.named
    }
}

fn base(pattern: &str) -> Base {
    let is_literal = |part: &&str| !part.contains(['*', '?', '[', ']', '{', '}']);
    let parts: Vec<&str> = pattern.split('/').collect();
    let literal = parts.iter().take_while(|part| is_literal(part)).count();
    // The last one names a file.
    let folder = parts[..literal.min(parts.len() - 1)].join("/");
    // A slash in braces or `**` may stand for any number of folders.
    let bounded = !pattern.contains("**") && !pattern.contains('{');
    Base {
        folder,
        depth: if bounded { parts.len() } else { usize::MAX },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::Allow;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    fn asked(patterns: &[&str]) -> Vec<Pattern> {
        let one = |pattern: &&str| Pattern {
            pattern: (*pattern).to_owned(),
            reason: "why".into(),
        };
        patterns.iter().map(one).collect()
    }

    fn reads(patterns: &[&str], named: &[&str]) -> Reads {
        Reads {
            patterns: patterns.iter().map(|p| (*p).to_owned()).collect(),
            named: named.iter().map(|p| path(p)).collect(),
        }
    }

    fn may(wanted: &[&str], granted: Reads) -> MayRead {
        MayRead::new(&asked(wanted), &granted, &Policy::default()).unwrap()
    }

    #[test]
    fn what_is_new_is_asked_and_what_is_gone_is_forgotten() {
        let wanted = asked(&["docs/**", "*.md"]);
        let mut granted = reads(&["docs/**", "src/**"], &["x/y"]);
        let open = granted.settle(&wanted, &BTreeSet::new()).unwrap();
        assert_eq!(open, [&wanted[1]]);
        assert_eq!(granted, reads(&["docs/**"], &[]));
    }

    #[test]
    fn a_file_that_is_named_answers_for_its_pattern() {
        let wanted = asked(&["docs/**", "*.md"]);
        let mut granted = Reads::default();
        let named = BTreeSet::from([path("docs/a.md"), path("elsewhere.txt")]);
        let open = granted.settle(&wanted, &named).unwrap();
        assert_eq!(open, [&wanted[1]]);
        assert_eq!(granted, reads(&[], &["docs/a.md"]));
        let may = may(&["docs/**", "*.md"], granted);
        assert!(may.allows(&path("docs/a.md")) && !may.allows(&path("docs/b.md")));
    }

    #[test]
    fn what_may_be_read_was_asked_and_granted_and_is_no_secret() {
        assert!(may(&["docs/**"], reads(&["docs/**"], &[])).allows(&path("docs/x/a")));
        assert!(may(&["docs/**"], Reads::default()).is_nothing());
        // A lock that grants more than the package asks grants nothing by it.
        let greedy = may(&["docs/**"], reads(&["**"], &["README.md"]));
        assert!(greedy.is_nothing() && !greedy.allows(&path("README.md")));
        let all = may(&["**"], reads(&["**"], &[]));
        assert!(all.allows(&path("a")) && !all.allows(&path(".env")));
        // A pattern that is the file's very name is still the package's word and not the user's.
        assert!(!may(&[".env"], reads(&[".env"], &[])).allows(&path(".env")));
        assert!(may(&["**"], reads(&["**"], &[".env"])).allows(&path(".env")));
    }

    #[test]
    fn what_is_denied_is_read_by_nobody() {
        let granted = reads(&["**"], &["contracts/a"]);
        let policy = Policy {
            allow: Allow::parse(["read=contracts/a"]).unwrap(),
            deny: Deny::parse(["read=contracts/**"]).unwrap(),
        };
        let may = MayRead::new(&asked(&["**"]), &granted, &policy).unwrap();
        assert!(may.allows(&path("a")));
        assert!(!may.allows(&path("Contracts/b")) && !may.allows(&path("contracts/a")));
    }

    #[test]
    fn a_secret_is_read_anew_only_by_a_command_that_names_it() {
        let granted = reads(&["**"], &[".env", "notes"]);
        let later = may(&["**"], granted.clone());
        assert!(later.allows(&path(".env")) && !later.allows_anew(&path(".env")));
        assert!(later.allows_anew(&path("notes")) && later.allows_anew(&path("a")));
        let policy = Policy {
            allow: Allow::parse(["read=.env"]).unwrap(),
            ..Policy::default()
        };
        let now = MayRead::new(&asked(&["**"]), &granted, &policy).unwrap();
        assert!(now.allows_anew(&path(".env")));
    }

    #[test]
    fn only_where_a_file_can_lie_is_looked_for_it() {
        for (pattern, folder, depth) in [
            ("**", "", usize::MAX),
            ("docs/**", "docs", usize::MAX),
            ("docs/api/*.yaml", "docs/api", 3),
            ("README.md", "", 1),
            ("docs/api.yaml", "docs", 2),
            ("*/a", "", 2),
            ("docs/{a,b/c}/d", "docs", usize::MAX),
        ] {
            let folder = folder.to_owned();
            assert_eq!(base(pattern), Base { folder, depth }, "{pattern}");
        }
    }
}

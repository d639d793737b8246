//! Patterns of project paths.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::path::ProjectPath;

/// Path patterns: `*` stays within a folder, `**` crosses folders.
#[derive(Debug, Clone)]
pub struct Patterns(GlobSet);

#[derive(Debug, Clone, thiserror::Error)]
#[error("`{pattern}` is not a pattern of paths: {reason}")]
pub struct PatternError {
    pub pattern: String,
    pub reason: String,
}

impl Patterns {
    /// # Errors
    /// A pattern that cannot be parsed, by name.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, PatternError> {
        let mut set = GlobSetBuilder::new();
        let wrong = |pattern: &str, e: globset::Error| PatternError {
            pattern: pattern.to_owned(),
            reason: e.kind().to_string(),
        };
        for pattern in patterns {
            let glob = GlobBuilder::new(pattern)
                .literal_separator(true)
                .backslash_escape(false)
                .build();
            set.add(glob.map_err(|e| wrong(pattern, e))?);
        }
        set.build()
            .map(Self)
            .map_err(|e| wrong(e.glob().unwrap_or_default(), e.clone()))
    }

    /// Whether a path is meant, as it is spelt: for what is granted.
    pub fn allows(&self, path: &ProjectPath) -> bool {
        self.matches(path.as_str())
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        let patterns = Patterns::new(["docs/*.md", "src/**"]).unwrap();
        assert!(patterns.allows(&path("docs/a.md")));
        assert!(!patterns.allows(&path("docs/x/a.md")));
        assert!(patterns.allows(&path("src/x/y.rs")));
        assert!(!patterns.allows(&path("SRC/x")), "a grant is not widened");
        assert!(Patterns::new(["{"]).is_err());
    }
}

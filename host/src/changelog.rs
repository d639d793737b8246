//! What a package's change log says between two versions, as [Keep a Changelog](https://keepachangelog.com/en/1.1.0/)
//! writes it: a section a version, under `## 1.1.0` or `## [1.1.0] - 2026-01-01`.
//!
//! The text is a stranger's: whoever shows it cleans it.

use semver::Version;

/// Its name in a package.
pub const FILE: &str = "CHANGELOG.md";
/// Most bytes that are looked at; the newest versions come first.
const BYTES: usize = 1024 * 1024;

/// The sections of versions newer than `old`, up to `new`, in the file's order; empty if it has none.
pub fn between(log: &[u8], old: &Version, new: &Version) -> String {
    let log = String::from_utf8_lossy(&log[..log.len().min(BYTES)]);
    let mut lines = Vec::new();
    let mut wanted = false;
    let mut fenced = false;
    for line in log.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let heading = line.starts_with("# ") || line.starts_with("## ");
        if heading && !fenced {
            wanted = version(line).is_some_and(|version| *old < version && version <= *new);
        }
        // Where links lead is said at the end of the file, and not to be read.
        let link = !fenced && line.starts_with('[') && line.contains("]: ");
        if wanted && !link {
            lines.push(line.trim_end());
        }
    }
    flowing(&lines)
}

/// The lines with each item of a list on one, so that they can be wrapped anew, and one empty line where there are more.
fn flowing(lines: &[&str]) -> String {
    let mut text: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in lines {
        let inner = line.trim_start();
        let fence = inner.starts_with("```");
        let item = inner.starts_with(['-', '*', '+', '#']);
        let goes_on = *line != inner && !inner.is_empty() && !item && !fence && !fenced;
        fenced ^= fence;
        match text.last_mut() {
            Some(last) if goes_on && !last.is_empty() => {
                last.push(' ');
                last.push_str(inner);
            }
            // One empty line parts as well as three.
            last if line.is_empty() && last.as_ref().is_none_or(|last| last.is_empty()) => {}
            _ => text.push((*line).to_owned()),
        }
    }
    text.join("\n").trim_end().to_owned()
}

/// The version a heading is about.
fn version(heading: &str) -> Option<Version> {
    let word = heading.strip_prefix("## ")?.split_whitespace().next()?;
    let word = word.trim_start_matches('[');
    let word = word.split(']').next().unwrap_or(word);
    word.trim_start_matches('v').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
# Changes

## [Unreleased]
- Not out.

## [2.0.0] - 2026-03-01
### Changed
- All of it.


```
## 1.1.0 is no heading in here
```

## v1.1.0
- A cache.

## 1.0.0 (2025)
- The first.

[2.0.0]: https://example.com
";

    fn sections(old: &str, new: &str) -> String {
        between(LOG.as_bytes(), &old.parse().unwrap(), &new.parse().unwrap())
    }

    #[test]
    fn the_sections_after_the_old_version_up_to_the_new() {
        assert_eq!(sections("1.0.0", "1.1.0"), "## v1.1.0\n- A cache.");
        assert_eq!(
            sections("1.1.0", "2.0.0"),
            "## [2.0.0] - 2026-03-01\n### Changed\n- All of it.\n\n```\n## 1.1.0 is no heading in here\n```"
        );
        assert_eq!(sections("0.9.0", "1.0.0"), "## 1.0.0 (2025)\n- The first.");
    }

    #[test]
    fn an_item_is_one_line() {
        let log =
            "## 1.1.0\n- One item,\n  on two lines.\n  - Inner,\n    too.\n\n```\na\n  b\n```\n";
        let (old, new) = (Version::new(1, 0, 0), Version::new(2, 0, 0));
        assert_eq!(
            between(log.as_bytes(), &old, &new),
            "## 1.1.0\n- One item, on two lines.\n  - Inner, too.\n\n```\na\n  b\n```"
        );
    }

    #[test]
    fn nothing_to_say() {
        assert_eq!(sections("2.0.0", "3.0.0"), "");
        assert_eq!(sections("1.1.0", "1.0.0"), "");
        let (old, new) = (Version::new(1, 0, 0), Version::new(2, 0, 0));
        assert_eq!(between(b"\xff\xfe no log", &old, &new), "");
    }
}

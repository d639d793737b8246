//! Files in a project's folder that no generator made and git would not ignore.

use std::collections::BTreeSet;
use std::path::Path;

use ignore::WalkBuilder;

use crate::path::{LOCK, MANIFEST, ProjectPath, STATE};

/// The files, sorted; a folder in which nothing was made is one entry, `folder/`. Names are for people: what is no
/// UTF-8 in them is replaced. Links are listed and not followed, and the rules are those of git, in a repository or not.
///
/// # Errors
/// The folder cannot be read.
pub fn files(
    root: &Path,
    is_made: impl Fn(&ProjectPath) -> bool,
) -> Result<Vec<String>, ignore::Error> {
    let mut found = Vec::new();
    let mut made = BTreeSet::from([String::new()]);
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .ignore(false)
        .require_git(false)
        .filter_entry(|entry| {
            let name = entry.file_name();
            name != ".git" && (entry.depth() != 1 || name != STATE)
        })
        .build();
    for entry in walk {
        let entry = entry?;
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let Ok(path) = entry.path().strip_prefix(root) else {
            continue;
        };
        let path = slashed(path);
        if is_folder || path == MANIFEST || path == LOCK {
            continue;
        }
        match ProjectPath::parse(&path) {
            Ok(path) if is_made(&path) => made.extend(path.parents().map(str::to_owned)),
            _ => found.push(path),
        }
    }
    let folded = found.into_iter().map(|path| {
        let folders = path.match_indices('/').map(|(at, _)| at);
        let foreign = folders.into_iter().find(|at| !made.contains(&path[..*at]));
        foreign.map_or_else(|| path.clone(), |at| path[..=at].to_owned())
    });
    Ok(folded.collect::<BTreeSet<_>>().into_iter().collect())
}

fn slashed(path: &Path) -> String {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_git_ignores_is_left_out_and_foreign_folders_are_one_entry() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            (".gitignore", "*.log\n/build/\n"),
            (".git/config", ""),
            (".scaffold/undo/x", ""),
            ("scaffold.toml", ""),
            ("scaffold.lock", ""),
            ("app/made.py", ""),
            ("app/mine.py", ""),
            ("app/x.log", ""),
            ("build/out", ""),
            ("notes/a.txt", ""),
            ("notes/deep/b.txt", ""),
            ("sub/.gitignore", "*\n"),
            ("sub/ignored", ""),
        ] {
            let to = root.path().join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, text).unwrap();
        }
        let is_made = |path: &ProjectPath| [".gitignore", "app/made.py"].contains(&path.as_str());
        assert_eq!(
            files(root.path(), is_made).unwrap(),
            ["app/mine.py", "notes/"]
        );
    }
}

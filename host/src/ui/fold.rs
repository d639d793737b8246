//! Many paths on few lines: folders stand for their files where the files would not fit.

use std::collections::BTreeMap;

/// One line of a folded list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// A file's path, a folder's with a slash at its end, or `folder/*` for the files right in it.
    pub(super) label: String,
    /// Which of the paths it stands for; one for a file.
    pub(super) files: Vec<usize>,
}

/// The paths in at most `budget` rows (at least one), in order, the largest folders opened first. Folders that hold
/// one file, and chains of folders that hold nothing else, are not worth a row of their own. Where something has to
/// be folded, many files of one folder are not spelled out while its neighbours are folded, unless it is the top.
pub(super) fn fold(paths: &[&str], budget: usize) -> Vec<Row> {
    let all: Vec<usize> = (0..paths.len()).collect();
    if paths.len() <= budget {
        return all
            .into_iter()
            .map(|file| Row {
                label: paths[file].to_owned(),
                files: vec![file],
            })
            .collect();
    }
    let mut groups = vec![group(paths, all)];
    let budget = budget.max(1);
    loop {
        groups.sort_by_key(|g| std::cmp::Reverse(g.files.len()));
        let fits = |parts: &Vec<Group>| groups.len() - 1 + parts.len() <= budget;
        let opened = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| !group.closed)
            .find_map(|(place, group)| {
                let whole = open(paths, group).filter(fits);
                let parts = whole.or_else(|| open_folders(paths, group).filter(fits))?;
                Some((place, parts))
            });
        let Some((place, parts)) = opened else { break };
        groups.swap_remove(place);
        groups.extend(parts);
    }
    groups.sort_by(|a, b| a.files.first().cmp(&b.files.first()));
    groups
        .into_iter()
        .map(|group| Row {
            label: group.label(paths),
            files: group.files,
        })
        .collect()
}

/// So many files of one folder are spelled out while others are folded.
const FEW: usize = 4;

struct Group {
    /// Where the files are: empty, or with a slash at its end.
    folder: String,
    files: Vec<usize>,
    /// Not to be opened: a file, or the files right in a folder.
    closed: bool,
}

impl Group {
    fn label(&self, paths: &[&str]) -> String {
        match (self.files.as_slice(), self.closed) {
            ([file], _) => paths[*file].to_owned(),
            (_, true) => format!("{}*", self.folder),
            (_, false) if self.folder.is_empty() => "./".to_owned(),
            (_, false) => self.folder.clone(),
        }
    }
}

/// The group of these files, in the deepest folder that holds them all.
fn group(paths: &[&str], files: Vec<usize>) -> Group {
    let mut folder = files.first().map_or("", |&first| parent(paths[first]));
    while files.iter().any(|&file| !paths[file].starts_with(folder)) {
        folder = parent(folder.trim_end_matches('/'));
    }
    Group {
        folder: folder.to_owned(),
        closed: files.len() == 1,
        files,
    }
}

/// The folder of a path, with a slash at its end unless it is the top.
fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// A folder's own files one by one, and its folders; none if that is more than it is worth.
fn open(paths: &[&str], group_: &Group) -> Option<Vec<Group>> {
    let (own, mut parts) = split(paths, group_);
    if own.len() > FEW && !group_.folder.is_empty() {
        return None;
    }
    parts.extend(own.into_iter().map(|file| group(paths, vec![file])));
    Some(parts)
}

/// A folder's own files as one, and its folders; none if there are no folders.
fn open_folders(paths: &[&str], group_: &Group) -> Option<Vec<Group>> {
    let (own, mut parts) = split(paths, group_);
    if parts.is_empty() {
        return None;
    }
    if !own.is_empty() {
        parts.push(Group {
            folder: group_.folder.clone(),
            closed: true,
            files: own,
        });
    }
    Some(parts)
}

fn split(paths: &[&str], of: &Group) -> (Vec<usize>, Vec<Group>) {
    let mut own = Vec::new();
    let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &file in &of.files {
        match paths[file][of.folder.len()..].split_once('/') {
            Some((folder, _)) => folders.entry(folder).or_default().push(file),
            None => own.push(file),
        }
    }
    (
        own,
        folders
            .into_values()
            .map(|files| group(paths, files))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(paths: &[&str], budget: usize) -> Vec<String> {
        fold(paths, budget)
            .into_iter()
            .map(|row| format!("{} {}", row.label, row.files.len()))
            .collect()
    }

    #[test]
    fn few_files_are_shown_one_by_one() {
        assert_eq!(
            shown(&["a", "b/c", "b/d/e"], 3),
            ["a 1", "b/c 1", "b/d/e 1"]
        );
    }

    #[test]
    fn folders_stand_for_their_files() {
        let paths = ["a", "b/1", "b/2", "b/3", "c/d/1", "c/d/2", "e/1"];
        assert_eq!(shown(&paths, 4), ["a 1", "b/ 3", "c/d/ 2", "e/1 1"]);
        assert_eq!(
            shown(&paths, 6),
            ["a 1", "b/1 1", "b/2 1", "b/3 1", "c/d/ 2", "e/1 1"]
        );
        assert_eq!(shown(&paths, 1), ["./ 7"]);
    }

    #[test]
    fn many_files_beside_folders() {
        let mut paths: Vec<String> = (10..40).map(|n| format!("top{n}")).collect();
        paths.extend(["x/1".to_owned(), "x/2".to_owned(), "y/z".to_owned()]);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(shown(&paths, 5), ["* 30", "x/1 1", "x/2 1", "y/z 1"]);
    }

    #[test]
    fn every_file_is_in_exactly_one_row() {
        let paths: Vec<String> = (0..500)
            .map(|n| format!("{}/{}/{n}", n % 7, if n % 3 == 0 { "a/b" } else { "c" }))
            .collect();
        let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        paths.sort_unstable();
        for budget in [0, 1, 2, 7, 20, 100, 600] {
            let rows = fold(&paths, budget);
            assert!(rows.len() <= budget.max(1), "{budget}");
            let mut files: Vec<usize> = rows.iter().flat_map(|r| r.files.clone()).collect();
            files.sort_unstable();
            assert_eq!(files, (0..paths.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_gives_an_empty_row_list_or_one_row_of_none() {
        assert!(fold(&[], 5).iter().all(|row| row.files.is_empty()));
    }
}

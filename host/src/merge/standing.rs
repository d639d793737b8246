//! How the user's files stand to what was generated, without a new version in sight.
//!
//! Every file is read once, and what is as it was generated is dropped at once: a look at a project costs reading it.

use super::MergeError;
use super::is_marked;
use super::version::{Version, executable};
use crate::path::ProjectPath;
use crate::plan::{Action, Content, Verb};
use crate::secret::Secrets;
use crate::text::Ends;
use crate::tree::{File, Ownership};
use crate::workspace::{Found, Workspace, WorkspaceError};

/// What became of a generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    Edited,
    /// There is nothing in its place.
    Missing,
    /// Something that is no file is in its place, or a file too large to be read.
    Replaced,
    /// It holds conflict markers.
    Conflict,
}

impl Standing {
    /// The word for people and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Replaced => "replaced",
            Self::Conflict => "conflict",
        }
    }
}

/// A generated file that is not as it was generated.
#[derive(Debug, Clone)]
pub struct Stand {
    pub path: ProjectPath,
    pub standing: Standing,
    /// As it was generated, with the secrets and the line ends the project has.
    pristine: Found,
    ours: Option<Found>,
}

impl Stand {
    /// What the user did to the file, as a change from what was generated.
    pub fn action(&self) -> Action {
        let verb = match &self.ours {
            Some(_) => Verb::Update,
            None => Verb::Delete,
        };
        let after = self.ours.as_ref().map(Content::from);
        Action::new(self.path.clone(), verb, Some(&self.pristine), after)
    }
}

/// What a comparison found.
#[derive(Debug)]
pub struct Comparison {
    /// For each file whether it is as it was generated, byte for byte. A file with a secret never is.
    pub same: Vec<bool>,
    /// Those that differ in more than secrets and line ends, in their order. Seeds are the user's, and never do.
    pub differing: Vec<Stand>,
}

/// Compares files as they were generated with what stands in their place.
///
/// # Errors
/// A file cannot be read.
pub fn compare<'f>(
    generated: impl Iterator<Item = (&'f ProjectPath, &'f File)>,
    workspace: &Workspace,
) -> Result<Comparison, MergeError> {
    let (mut same, mut differing) = (Vec::new(), Vec::new());
    let mut known = Secrets::default();
    for (path, file) in generated {
        let (ours, is_file) = match workspace.read(path) {
            Ok(ours) => (ours, true),
            Err(error @ WorkspaceError::Io { .. }) => return Err(error.into()),
            Err(_) => (None, false),
        };
        if let Some(ours) = &ours {
            if ours.bytes == file.bytes && executable(ours, file) == file.executable {
                same.push(true);
                continue;
            }
            // A file with a secret never is its template, so none is overlooked.
            known.supplement(&Secrets::read(&file.bytes, &ours.bytes));
        }
        same.push(false);
        if file.ownership == Ownership::Managed {
            differing.push((path, file, ours, is_file));
        }
    }
    let stands = differing.into_iter();
    let stands = stands
        .filter_map(|(path, file, ours, is_file)| stand(path, file, ours, is_file, &known))
        .collect();
    Ok(Comparison {
        same,
        differing: stands,
    })
}

/// None where the two differ in nothing but secrets and line ends.
fn stand(
    path: &ProjectPath,
    file: &File,
    ours: Option<Found>,
    is_file: bool,
    known: &Secrets,
) -> Option<Stand> {
    let mut secrets = match &ours {
        Some(ours) => Secrets::read(&file.bytes, &ours.bytes),
        None => Secrets::default(),
    };
    secrets.supplement(known);
    let empty = || Found {
        bytes: [].into(),
        executable: file.executable,
    };
    let version = Version::like(
        file,
        ours.as_ref().unwrap_or(&empty()),
        &secrets,
        Ends::of(&file.bytes),
    );
    let standing = match &ours {
        None if is_file => Standing::Missing,
        None => Standing::Replaced,
        Some(ours)
            if ours.bytes == version.bytes && executable(ours, file) == version.executable =>
        {
            return None;
        }
        Some(ours) if is_marked(&ours.bytes) && !is_marked(&version.bytes) => Standing::Conflict,
        Some(_) => Standing::Edited,
    };
    // Where the system keeps no executable bit, it is no difference.
    let pristine = Found {
        executable: match &ours {
            Some(ours) if executable(ours, file) == version.executable => ours.executable,
            _ => version.executable,
        },
        bytes: version.bytes,
    };
    Some(Stand {
        path: path.clone(),
        standing,
        pristine,
        ours,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tree::Tree;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    fn tree(files: &[(&str, &str, Ownership)]) -> Tree {
        let mut tree = Tree::new();
        for (name, text, ownership) in files {
            let file = File {
                bytes: text.as_bytes().into(),
                executable: false,
                ownership: *ownership,
            };
            tree.insert(path(name), file).unwrap();
        }
        tree
    }

    fn stands(pristine: &Tree, files: &[(&str, &str)]) -> Vec<Stand> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let to = root.path().join(name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, text).unwrap();
        }
        let workspace = Workspace::open(root.path()).unwrap();
        compare(pristine.iter(), &workspace).unwrap().differing
    }

    fn words(stands: &[Stand]) -> Vec<(&str, &str)> {
        let word = |stand: &Stand| stand.standing.name();
        stands.iter().map(|s| (word(s), s.path.as_str())).collect()
    }

    #[test]
    fn each_file_stands_in_one_way() {
        let managed = Ownership::Managed;
        let pristine = tree(&[
            ("clean", "a\n", managed),
            ("conflict", "a\n", managed),
            ("crlf", "a\nb\n", managed),
            ("edited", "a\n", managed),
            ("missing", "a\n", managed),
            ("replaced", "a\n", managed),
            ("seed", "a\n", Ownership::Seed),
            ("seed-gone", "a\n", Ownership::Seed),
        ]);
        let found = stands(
            &pristine,
            &[
                ("clean", "a\n"),
                ("conflict", "<<<<<<< yours\na\n=======\nb\n>>>>>>> new\n"),
                ("crlf", "a\r\nb\r\n"),
                ("edited", "b\n"),
                ("replaced/x", ""),
                ("seed", "b\n"),
            ],
        );
        assert_eq!(
            words(&found),
            [
                ("conflict", "conflict"),
                ("edited", "edited"),
                ("missing", "missing"),
                ("replaced", "replaced")
            ]
        );
    }

    #[test]
    fn a_text_about_conflicts_is_none() {
        let about = "<<<<<<< a\n=======\n>>>>>>> b\n";
        let pristine = tree(&[("docs.md", about, Ownership::Managed)]);
        let found = stands(&pristine, &[("docs.md", &format!("{about}more\n"))]);
        assert_eq!(words(&found), [("edited", "docs.md")]);
        assert!(!is_marked(b"=======\n<<<<<<< a\n>>>>>>> b\n"));
        assert!(!is_marked(b"Title\n=======\n"));
    }

    #[test]
    fn a_secret_is_no_edit_and_never_in_a_diff() {
        let placeholder = crate::secret::Placeholder::new("key", 8).unwrap();
        let template = format!("KEY={placeholder}\nDEBUG=1\n");
        let pristine = tree(&[
            (".env", &template, Ownership::Managed),
            (
                "app.py",
                &format!("k = '{placeholder}'\n"),
                Ownership::Managed,
            ),
        ]);
        let unedited = [
            (".env", "KEY=abcdefgh\nDEBUG=1\n"),
            ("app.py", "k = 'abcdefgh'\n"),
        ];
        assert!(stands(&pristine, &unedited).is_empty());
        let edited = [
            (".env", "KEY=abcdefgh\nDEBUG=0\n"),
            ("app.py", "k = 'abcdefgh'\n"),
        ];
        let found = stands(&pristine, &edited);
        let diff = found[0].action().diff().unwrap();
        assert_eq!(found.len(), 1);
        assert!(
            diff.contains("-DEBUG=1\n+DEBUG=0\n") && !diff.contains("-KEY"),
            "{diff}"
        );
        // Of a file that is gone, the value is known from the other one.
        let found = stands(&pristine, &[("app.py", "k = 'abcdefgh'\n")]);
        let diff = found[0].action().diff().unwrap();
        assert!(diff.contains("-KEY=abcdefgh"), "{diff}");
    }

    #[cfg(unix)]
    #[test]
    fn a_mode_alone_is_an_edit() {
        use std::os::unix::fs::PermissionsExt as _;

        let pristine = tree(&[("run.sh", "x\n", Ownership::Managed)]);
        let root = tempfile::tempdir().unwrap();
        let to = root.path().join("run.sh");
        fs::write(&to, "x\n").unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).unwrap();
        let workspace = Workspace::open(root.path()).unwrap();
        let found = compare(pristine.iter(), &workspace).unwrap().differing;
        assert_eq!(words(&found), [("edited", "run.sh")]);
        let diff = found[0].action().diff().unwrap();
        assert!(
            diff.ends_with("old mode 100644\nnew mode 100755\n"),
            "{diff}"
        );
    }
}

use super::*;

fn path(path: &str) -> ProjectPath {
    ProjectPath::parse(path).unwrap()
}

fn put(root: &Path, at: &str, text: &str) {
    let to = root.join(at);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(to, text).unwrap();
}

#[test]
fn a_folder_that_does_not_exist_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(&dir.path().join("none/yet")).unwrap();
    assert!(!workspace.exists());
    assert_eq!(workspace.read(&path("a")).unwrap(), None);
    assert!(workspace.names().unwrap().is_empty());
    assert!(workspace.files("", 1, &|_| true).unwrap().is_empty());
    assert!(!dir.path().join("none").exists());
}

#[test]
fn a_file_is_not_a_project() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "file", "");
    let error = Workspace::open(&dir.path().join("file"))
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
}

#[test]
fn reads_files_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    for at in ["a/b/c", "a/b/d", "a/e", "f", "g/h/i/j"] {
        put(dir.path(), at, at);
    }
    let workspace = Workspace::open(dir.path()).unwrap();
    for at in ["g/h/i/j", "a/b/d", "f", "a/e", "a/b/c", "a/b/d"] {
        assert_eq!(
            &*workspace.read(&path(at)).unwrap().unwrap().bytes,
            at.as_bytes()
        );
    }
    for at in ["a/b/x", "a/x/c", "x", "x/y/z"] {
        assert_eq!(workspace.read(&path(at)).unwrap(), None);
    }
}

#[test]
fn names_what_is_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "folder/file", "");
    let workspace = Workspace::open(dir.path()).unwrap();
    assert!(matches!(
        workspace.read(&path("folder")),
        Err(WorkspaceError::FolderInTheWay { .. })
    ));
    let error = workspace.read(&path("folder/file/inner/x")).unwrap_err();
    assert!(
        matches!(&error, WorkspaceError::FileInTheWay { at, .. } if at == "folder/file"),
        "{error:?}"
    );
}

#[test]
fn lists_what_a_person_would_call_files() {
    let dir = tempfile::tempdir().unwrap();
    for at in [
        "b/c",
        "a",
        ".git/config",
        "b/.git/x",
        ".scaffold/journal",
        "scaffold.lock",
        "docs/scaffold.lock",
    ] {
        put(dir.path(), at, "");
    }
    let workspace = Workspace::open(dir.path()).unwrap();
    let all: Vec<_> = workspace
        .files("", 100, &|_| true)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(all, ["a", "b/c", "docs/scaffold.lock"]);
    assert_eq!(workspace.files("docs", 100, &|_| true).unwrap().len(), 1);
    assert!(
        workspace
            .files("missing", 100, &|_| true)
            .unwrap()
            .is_empty()
    );
    assert!(matches!(
        workspace.files("", 2, &|_| true),
        Err(WorkspaceError::TooMany { .. })
    ));
    assert_eq!(
        workspace.names().unwrap(),
        [".git", "a", "b", "docs", "scaffold.lock"]
    );
}

#[test]
fn knows_whether_a_folder_goes_with_its_files() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "a/b", "");
    put(dir.path(), "a/c/d", "");
    let workspace = Workspace::open(dir.path()).unwrap();
    let only = |those: &[&str]| {
        workspace
            .holds_only(&path("a"), &those.iter().copied().collect())
            .unwrap()
    };
    assert!(only(&["a/b", "a/c/d"]));
    assert!(!only(&["a/b"]));
    assert!(!only(&["a/c/d"]));
    std::fs::create_dir(dir.path().join("a/empty")).unwrap();
    assert!(!only(&["a/b", "a/c/d"]));
}

#[test]
fn too_large_a_file_is_named_and_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(dir.path().join("huge")).unwrap();
    file.set_len(MAX_FILE + 1).unwrap();
    let workspace = Workspace::open(dir.path()).unwrap();
    assert!(matches!(
        workspace.read(&path("huge")),
        Err(WorkspaceError::TooLarge { .. })
    ));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_refused_wherever_they_stand() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        put(outside.path(), "secret", "secret");
        put(dir.path(), "real/file", "");
        symlink(outside.path().join("secret"), dir.path().join("absolute")).unwrap();
        symlink("real/file", dir.path().join("inside")).unwrap();
        symlink("nothing", dir.path().join("dangling")).unwrap();
        symlink("inside", dir.path().join("chained")).unwrap();
        symlink(outside.path(), dir.path().join("folder")).unwrap();
        symlink("real", dir.path().join("near")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        let workspace = Workspace::open(dir.path()).unwrap();
        for at in [
            "absolute", "inside", "dangling", "chained", "loop", "folder",
        ] {
            let error = workspace.read(&path(at)).unwrap_err();
            assert!(
                matches!(error, WorkspaceError::Link { .. }),
                "{at}: {error:?}"
            );
        }
        for (at, link) in [
            ("folder/secret", "folder"),
            ("near/file", "near"),
            ("loop/x", "loop"),
            ("dangling/x", "dangling"),
        ] {
            let error = workspace.read(&path(at)).unwrap_err();
            assert!(
                matches!(&error, WorkspaceError::Link { at, .. } if at == link),
                "{at}: {error:?}"
            );
            assert!(error.to_string().contains(at), "{error}");
        }
        let listed: Vec<_> = workspace
            .files("", 100, &|_| true)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(listed, ["real/file"]);
        assert!(
            workspace
                .files("folder", 100, &|_| true)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_link_swapped_in_after_the_folder_was_opened_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        put(outside.path(), "file", "secret");
        put(dir.path(), "a/file", "mine");
        put(dir.path(), "z", "");
        let workspace = Workspace::open(dir.path()).unwrap();
        workspace.read(&path("a/file")).unwrap();
        std::fs::rename(dir.path().join("a"), dir.path().join("b")).unwrap();
        symlink(outside.path(), dir.path().join("a")).unwrap();
        // Either the folder that was held, or a refusal; never the link's target.
        if let Ok(found) = workspace.read(&path("a/file")) {
            assert_eq!(&*found.unwrap().bytes, b"mine");
        }
        workspace.read(&path("z")).unwrap();
        assert!(matches!(
            workspace.read(&path("a/file")),
            Err(WorkspaceError::Link { .. })
        ));
    }

    #[test]
    fn a_root_reached_through_a_link_is_fine_and_a_dangling_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "real/file", "x");
        symlink("real", dir.path().join("alias")).unwrap();
        symlink("nothing", dir.path().join("dangling")).unwrap();
        let workspace = Workspace::open(&dir.path().join("alias")).unwrap();
        assert!(workspace.read(&path("file")).unwrap().is_some());
        assert!(Workspace::open(&dir.path().join("dangling")).is_err());
    }

    #[test]
    fn pipes_and_sockets_are_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            dir.path().join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o644),
            0,
        )
        .unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
        let workspace = Workspace::open(dir.path()).unwrap();
        for (at, what) in [("pipe", "named pipe"), ("socket", "socket")] {
            let error = workspace.read(&path(at)).unwrap_err();
            assert!(matches!(error, WorkspaceError::Special { .. }), "{error:?}");
            assert!(error.to_string().contains(what), "{error}");
        }
        assert!(matches!(
            workspace.read(&path("pipe/x")),
            Err(WorkspaceError::Special { .. })
        ));
    }

    #[test]
    fn sees_the_owners_executable_bit() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "run", "");
        put(dir.path(), "group", "");
        std::fs::set_permissions(dir.path().join("run"), PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::set_permissions(dir.path().join("group"), PermissionsExt::from_mode(0o654))
            .unwrap();
        let workspace = Workspace::open(dir.path()).unwrap();
        assert!(workspace.read(&path("run")).unwrap().unwrap().executable);
        assert!(!workspace.read(&path("group")).unwrap().unwrap().executable);
    }
}

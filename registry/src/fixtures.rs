//! Packages and releases for tests.

#![allow(clippy::unwrap_used)]

use crate::archive::{Entry, Files};
use crate::{Digest, Kind, Package, PackageName, Release};

/// A file that is not executable.
pub(crate) fn file(text: &str) -> Entry {
    Entry {
        bytes: text.as_bytes().to_vec(),
        executable: false,
    }
}

/// The files of a small package run by an engine; `more` is put at the end of its manifest.
pub(crate) fn files(name: &str, version: &str, more: &str) -> Files {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nkind = \"module\"\nsummary = \"About {name}.\"\n\
         engine = \"scaffold/template@^1\"\n{more}"
    );
    Files::from([
        ("scaffold.toml".to_owned(), file(&manifest)),
        ("template/hello.txt".to_owned(), file("Hello.\n")),
    ])
}

/// The archive of such a package.
pub(crate) fn package(name: &str, version: &str, more: &str) -> Vec<u8> {
    Package::pack(&files(name, version, more)).unwrap()
}

/// A release of a module that requires nothing.
pub(crate) fn release(name: &str, version: &str) -> Release {
    Release {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        blob: Digest::of(format!("{name} {version}").as_bytes()),
        size: 7,
        tree: Digest::of(b"tree"),
        kind: Kind::Module,
        summary: format!("About {name}."),
        keywords: vec!["web".to_owned()],
        world: None,
        imports: Vec::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        requires: [].into(),
        conflicts: [].into(),
        engine: None,
        yanked: None,
        security: false,
    }
}

impl Release {
    pub(crate) fn requiring(mut self, name: &str, req: &str) -> Self {
        self.requires
            .insert(name.parse().unwrap(), req.parse().unwrap());
        self
    }

    pub(crate) fn conflicting(mut self, name: &str, req: &str) -> Self {
        self.conflicts
            .insert(name.parse().unwrap(), req.parse().unwrap());
        self
    }

    pub(crate) fn yanked_for(mut self, reason: &str) -> Self {
        self.yanked = Some(reason.to_owned());
        self
    }

    pub(crate) fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

pub(crate) fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

//! The official packages, inside the binary: the first run needs no network and no set-up.

use std::borrow::Cow;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::{Fetch, Registry, SourceError};

/// Only `v1`, so that nothing lying beside it gets into the binary.
static TREE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/official/v1");

/// Gets files of the embedded tree. Costs nothing to make: the files are part of the program's image and are
/// paged in when they are read.
pub struct Embedded(());

static OFFICIAL: Registry<Embedded> = Registry::over(Embedded(()));

/// The source of the official packages.
#[must_use]
pub fn official() -> &'static Registry<Embedded> {
    &OFFICIAL
}

impl Fetch for Embedded {
    fn id(&self) -> &str {
        "official"
    }

    fn place(&self, path: &str) -> String {
        format!("{path} of the packages inside scaffold")
    }

    fn get(&self, path: &str, limit: u64) -> Result<Option<Cow<'static, [u8]>>, SourceError> {
        let Some(file) = path.strip_prefix("v1/").and_then(|path| find(&TREE, path)) else {
            return Ok(None);
        };
        if file.len() as u64 > limit {
            return Err(SourceError::TooLong {
                place: self.place(path),
                limit,
            });
        }
        Ok(Some(Cow::Borrowed(file)))
    }
}

/// Walks down by components; `Dir::get_file` would compare every path of the tree.
fn find(tree: &'static Dir<'static>, path: &str) -> Option<&'static [u8]> {
    let mut dir = tree;
    let mut so_far = String::with_capacity(path.len());
    let mut components = path.split('/').peekable();
    while let Some(component) = components.next() {
        so_far.push_str(component);
        let wanted = Path::new(&so_far);
        if components.peek().is_none() {
            return dir
                .files()
                .find(|file| file.path() == wanted)
                .map(include_dir::File::contents);
        }
        dir = dir.dirs().find(|dir| dir.path() == wanted)?;
        so_far.push('/');
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Digest, Source, archive};

    #[test]
    fn the_embedded_registry_is_whole() {
        let official = official();
        assert_eq!(official.id(), "official");
        assert_eq!(official.config().unwrap().origin, "scaffold-official");
        for name in official.names().unwrap() {
            let releases = official.releases(&name).unwrap();
            assert!(!releases.is_empty(), "{name}");
            for release in releases {
                let bytes = official.blob(&release).unwrap();
                assert_eq!(Digest::of(&bytes), release.blob, "{name}");
                let files = archive::read(&bytes).unwrap();
                assert_eq!(archive::tree_digest(&files), release.tree, "{name}");
                let statement = official
                    .statement(&name, &release.version)
                    .unwrap()
                    .unwrap();
                assert_eq!(
                    statement.release,
                    crate::Release {
                        yanked: None,
                        ..release
                    }
                );
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let official = official();
        assert_eq!(
            official.releases(&"acme/none".parse().unwrap()).unwrap(),
            []
        );
        for path in [
            "v1",
            "v1/",
            "v1/index",
            "config.json",
            "v2/config.json",
            "v1/../v1/config.json",
        ] {
            assert!(Embedded(()).get(path, 1000).unwrap().is_none(), "{path}");
        }
        assert!(matches!(
            Embedded(()).get("v1/config.json", 3),
            Err(SourceError::TooLong { limit: 3, .. })
        ));
    }
}

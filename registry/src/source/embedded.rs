//! The official packages, inside the binary: the first run needs no network and no set-up.

use std::borrow::Cow;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::{Fetch, Fetched, Object, Registry, SourceError};

/// Only `v1`, so that nothing lying beside it gets into the binary.
static TREE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/official/v1");

/// Gets files of the embedded tree. Costs nothing to make: the files are part of the program's image and are
/// paged in when they are read.
pub struct Embedded(());

/// The source of the official packages.
#[must_use]
pub const fn official() -> Registry<Embedded> {
    Registry::over(Embedded(()))
}

impl Fetch for Embedded {
    fn id(&self) -> &str {
        "official"
    }

    fn place(&self, object: &Object<'_>) -> String {
        format!("{} of the packages inside scaffold", object.path())
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        _known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        let Some(bytes) = file(&object.path()) else {
            return Ok(Fetched::Missing);
        };
        if bytes.len() as u64 > limit {
            return Err(SourceError::TooLong {
                place: self.place(object),
                limit,
            });
        }
        Ok(Fetched::Found {
            bytes: Cow::Borrowed(bytes),
            tag: None,
        })
    }
}

fn file(path: &str) -> Option<&'static [u8]> {
    find(&TREE, path.strip_prefix("v1/")?)
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
            assert!(file(path).is_none(), "{path}");
        }
        assert!(matches!(
            Embedded(()).get(&Object::Config, 3, None),
            Err(SourceError::TooLong { limit: 3, .. })
        ));
    }
}

//! A package on disk, and files in memory that stand for a project.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use scaffold_template::{Changes, Draft, Error, Mode, Package, Project};

#[derive(Clone)]
pub(crate) struct Folder(pub(crate) BTreeMap<String, Vec<u8>>);

impl Folder {
    pub(crate) fn open(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        let mut files = BTreeMap::new();
        collect(&root, &root, &mut files);
        Self(files)
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

impl Package for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.0[path].clone())
    }

    fn paths(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

impl Project for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(path).cloned())
    }

    fn paths(&self, _: &str) -> Result<Vec<String>, Error> {
        unreachable!("no official package lists the project")
    }

    fn mode(&self, path: &str) -> Result<Option<Mode>, Error> {
        Ok(self.0.contains_key(path).then(Mode::default))
    }
}

impl Changes for Folder {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        self.0.insert(path.to_owned(), draft.contents.clone());
        Ok(())
    }
}

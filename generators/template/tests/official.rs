//! The official data packages, rendered natively.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests set the scene themselves")]

use std::{collections::BTreeMap, fs, path::Path};

use scaffold_guest::{Answer, Request, Value};
use scaffold_template::{Changes, Draft, Error, Package, Project, World, generate};

struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    fn open(name: &str) -> Self {
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
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
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
}

impl Changes for Folder {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        self.0.insert(path.to_owned(), draft.contents.clone());
        Ok(())
    }
}

#[test]
fn django_renders() {
    let package = Folder::open("django");
    let empty = Folder(BTreeMap::new());
    let world = World { package: &package, project: &empty, secret: |_, _| unreachable!() };
    let answers = [
        ("author", ""), ("database", "sqlite"), ("description", "x"), ("frontend", "none"), ("python", "3.13"), ("time-zone", "UTC"),
    ];
    let request = Request {
        project_name: "shop".into(),
        instance: "django".into(),
        answers: answers.map(|(n, v)| Answer { name: n.into(), value: Value::Text(v.into()) }).into(),
        applied: Vec::new(),
    };
    let mut made = Folder(BTreeMap::new());
    generate(&world, &request, &mut made).unwrap();
    assert!(made.0.contains_key("manage.py"));
}

//! A package and a project in memory, for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use scaffold_guest::{Answer, Applied, Failure, Outcome, Question, Request, Value};

use crate::engine::{Changes, Draft, Mode, Package, Project, World, generate, questions};
use crate::error::Error;

/// What stands in the project.
#[derive(Default, Clone)]
pub(crate) struct Standing(pub BTreeMap<String, (Vec<u8>, Mode)>);

#[derive(Default, Clone)]
pub(crate) struct Fixture {
    pub package: BTreeMap<String, Vec<u8>>,
    pub project: Standing,
    pub answers: Vec<(String, Value)>,
    pub applied: Vec<Applied>,
}

impl Fixture {
    /// A package whose manifest is a header and the given rest.
    pub(crate) fn new(manifest: &str) -> Self {
        let header = "[package]\nname = \"acme/web\"\nversion = \"1.2.0\"\n";
        Fixture::default().file("scaffold.toml", format!("{header}{manifest}"))
    }

    pub(crate) fn file(mut self, path: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.package.insert(path.to_owned(), contents.into());
        self
    }

    pub(crate) fn standing(self, path: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.standing_as(path, contents, Mode::default())
    }

    pub(crate) fn standing_as(
        mut self,
        path: &str,
        contents: impl Into<Vec<u8>>,
        mode: Mode,
    ) -> Self {
        let file = (contents.into(), mode);
        self.project.0.insert(path.to_owned(), file);
        self
    }

    pub(crate) fn answer(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.answers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn applied(mut self, package: &str, answers: &[(&str, Value)]) -> Self {
        let answers = answers
            .iter()
            .map(|(name, value)| Answer {
                name: (*name).to_owned(),
                value: value.clone(),
            })
            .collect();
        let instance = package.rsplit('/').next().unwrap_or_default();
        let known = |name: &str| self.applied.iter().any(|one| one.instance == name);
        let instance = if known(instance) {
            format!("{instance}-{}", self.applied.len())
        } else {
            instance.to_owned()
        };
        self.applied.push(Applied {
            package: package.to_owned(),
            instance,
            version: "2.0.0".to_owned(),
            answers,
        });
        self
    }

    fn request(&self) -> Request {
        let answers = self.answers.iter().map(|(name, value)| Answer {
            name: name.clone(),
            value: value.clone(),
        });
        Request {
            project_name: "my-shop".to_owned(),
            instance: "web".to_owned(),
            answers: answers.collect(),
            applied: self.applied.clone(),
        }
    }

    fn world(&self) -> World<'_> {
        World {
            package: self,
            project: Arc::new(self.project.clone()),
            secret: |name, length| Ok(format!("<{name}:{length}>")),
        }
    }

    pub(crate) fn questions(&self) -> Result<Vec<Question>, Error> {
        questions(&self.world(), &self.request())
    }

    pub(crate) fn run(&self) -> Result<(Drafts, Outcome), Error> {
        let mut changes = Drafts::default();
        let outcome = generate(&self.world(), &self.request(), &mut changes)?;
        Ok((changes, outcome))
    }

    /// The text of each file that is made.
    pub(crate) fn made(&self) -> BTreeMap<String, String> {
        let (drafts, _) = self.run().unwrap();
        drafts
            .0
            .into_iter()
            .map(|(path, draft)| (path, String::from_utf8(draft.contents).unwrap()))
            .collect()
    }

    pub(crate) fn failure(&self) -> Failure {
        self.run().map(|_| ()).unwrap_err().into()
    }
}

#[derive(Default)]
pub(crate) struct Drafts(pub BTreeMap<String, Draft>);

impl Package for Fixture {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.package.get(path).cloned().ok_or_else(|| Error::Host {
            code: "not-found".to_owned(),
            message: format!("no {path}"),
            subject: None,
        })
    }

    fn paths(&self) -> Vec<String> {
        self.package.keys().cloned().collect()
    }
}

impl Project for Standing {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(path).map(|(contents, _)| contents.clone()))
    }

    fn paths(&self, under: &str) -> Result<Vec<String>, Error> {
        let folder = if under.is_empty() {
            String::new()
        } else {
            format!("{under}/")
        };
        let paths = self.0.keys().filter(|path| path.starts_with(&folder));
        Ok(paths.cloned().collect())
    }

    fn mode(&self, path: &str) -> Result<Option<Mode>, Error> {
        Ok(self.0.get(path).map(|(_, mode)| *mode))
    }
}

impl Changes for Drafts {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        self.0.insert(path.to_owned(), draft.clone());
        Ok(())
    }
}

//! Which files of a change need a yes of their own, and which may not be at all.

use std::collections::{BTreeMap, BTreeSet};

use super::Decision;
use crate::{
    grants::{Class, Deny, Policy, Rule},
    path::ProjectPath,
    project::Locked,
    replay::Made,
};

/// Files of one class that one generator newly writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub instance: String,
    pub class: Class,
    pub paths: Vec<ProjectPath>,
    /// It has its yes: the package comes with this program, or the command line or the configuration allows the class.
    pub given: bool,
}

/// The classes of a generator's files that its lock does not allow yet. What has a yes is written into the lock.
pub(super) fn consents(
    made: &Made,
    locked: &mut Locked,
    ours: bool,
    policy: &Policy,
) -> Vec<Consent> {
    let mut by_class: BTreeMap<Class, Vec<ProjectPath>> = BTreeMap::new();
    for (class, path) in made.classes() {
        by_class.entry(class).or_default().push(path.clone());
    }
    // A class that is no longer needed is no longer allowed.
    locked.allow.retain(|class| by_class.contains_key(class));
    by_class.retain(|class, _| !locked.allow.contains(class));
    let mut all = Vec::new();
    for (class, paths) in by_class {
        let given = ours || policy.allow.classes.contains(&class);
        if given {
            locked.allow.insert(class);
        }
        all.push(Consent {
            instance: locked.instance.clone(),
            class,
            paths,
            given,
        });
    }
    all
}

/// A file of the plan that the user denies.
#[derive(Debug)]
pub struct Denied<'d> {
    pub path: ProjectPath,
    pub rule: &'d Rule,
    /// The generator that makes it; none where no generator does any more.
    pub instance: Option<String>,
}

impl Decision {
    /// Files whose class nobody has allowed yet.
    pub fn unconsented(&self) -> impl Iterator<Item = &Consent> {
        self.consents.iter().filter(|consent| !consent.given)
    }

    /// Records that the user said yes to everything the plan showed.
    pub fn grant_all(&mut self) {
        for consent in &mut self.consents {
            let mut generators = self.lock.generators.iter_mut();
            let locked = generators.find(|locked| locked.instance == consent.instance);
            if let (false, Some(locked)) = (consent.given, locked) {
                locked.allow.insert(consent.class);
            }
            consent.given = true;
        }
    }

    /// What the user denies of it: files that would be written or deleted, and classes that would be allowed. A file
    /// that stays as it stands is nobody's to deny.
    pub fn denied<'d>(&self, deny: &'d Deny) -> Vec<Denied<'d>> {
        let written: BTreeSet<&ProjectPath> = self
            .plan
            .actions
            .iter()
            .filter(|action| action.writes())
            .map(|action| &action.path)
            .collect();
        let mut denied: BTreeMap<&ProjectPath, Denied<'d>> = BTreeMap::new();
        for made in &self.made {
            let instance = &made.locked.instance;
            let is_new = |class| {
                let mut consents = self.consents.iter();
                consents.any(|new| new.instance == *instance && new.class == class)
            };
            let classes = made.classes().filter_map(|(class, path)| {
                let matters = written.contains(path) || is_new(class);
                Some((path, deny.class(class).filter(|_| matters)?))
            });
            let paths = made.changes.files.keys();
            let paths = paths.filter(|path| written.contains(path));
            let paths = paths.filter_map(|path| Some((path, deny.write(path)?)));
            for (path, rule) in classes.chain(paths) {
                denied.entry(path).or_insert_with(|| Denied {
                    path: path.clone(),
                    rule,
                    instance: Some(instance.clone()),
                });
            }
        }
        for path in written {
            if let Some(rule) = deny.write(path) {
                denied.entry(path).or_insert_with(|| Denied {
                    path: path.clone(),
                    rule,
                    instance: None,
                });
            }
        }
        denied.into_values().collect()
    }
}

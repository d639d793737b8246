//! What `scaffold.toml` wants, as intents.

use scaffold_registry::PackageRef;

use super::Intent;
use crate::grants::Reads;
use crate::project::{Lock, Locked, ProjectManifest};

/// The intents that make a project what its `scaffold.toml` says. A locked version stays where it is still wanted; of
/// several locks, the two sides of a merge in git, the newest one does. What any of them allows stays allowed. The locks
/// know the order, and what is new follows.
pub fn as_wanted(manifest: &ProjectManifest, locks: &[Lock]) -> Vec<Intent> {
    let locked = || locks.iter().flat_map(|lock| &lock.generators);
    let place = |instance: &str| locked().position(|locked| locked.instance == instance);
    let mut wanted: Vec<_> = manifest.generators.iter().collect();
    wanted.sort_by_key(|(instance, _)| place(instance).unwrap_or(usize::MAX));
    wanted
        .into_iter()
        .map(|(instance, wanted)| {
            let req = wanted.req();
            let same = |locked: &&Locked| locked.package.package == wanted.package;
            // A package has one version in a project, so what another instance is locked at counts as well.
            let newest = locked()
                .filter(same)
                .filter(|locked| req.matches(&locked.package.version))
                .max_by(|one, other| one.package.version.cmp(&other.package.version));
            let mut intent = match newest {
                Some(locked) => Intent::keep(locked, req),
                None => Intent::new(&PackageRef {
                    name: wanted.package.clone(),
                    req,
                }),
            };
            intent.instance.clone_from(instance);
            // What another instance read says nothing of this one.
            let others = |held: &Locked| held.instance != *instance && !held.inputs.is_empty();
            intent.reconsider =
                intent.answers != wanted.answers || intent.held.as_ref().is_some_and(others);
            intent.answers.clone_from(&wanted.answers);
            let own = || locked().filter(same).filter(|l| &l.instance == instance);
            intent.allow = own().flat_map(|locked| locked.allow.clone()).collect();
            intent.reads = own().fold(Reads::default(), |all, locked| all.and(&locked.reads));
            intent
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use scaffold_registry::Digest;

    use super::*;
    use crate::{grants::Class, project::Pinned, question::Answers};

    fn lock(generators: &[(&str, &str, &str, &[Class])]) -> Lock {
        let locked = |(instance, package, version, allow): &(&str, &str, &str, &[Class])| Locked {
            instance: (*instance).to_owned(),
            package: Pinned {
                package: package.parse().unwrap(),
                version: version.parse().unwrap(),
                registry: "official".into(),
                blob: Digest::of(version.as_bytes()),
                signer: None,
            },
            allow: allow.iter().copied().collect(),
            reads: Reads::default(),
            engine: None,
            answers: Answers::new(),
            inputs: Default::default(),
        };
        Lock {
            generators: generators.iter().map(locked).collect(),
            ..Lock::empty("shop")
        }
    }

    fn manifest(generators: &[(&str, &str, &str)]) -> ProjectManifest {
        let mut text = String::from("[project]\nname = \"shop\"\n");
        for (instance, package, version) in generators {
            text.push_str(&format!(
                "[generators.{instance}]\npackage = \"{package}\"\nversion = \"{version}\"\n"
            ));
        }
        ProjectManifest::parse(&text).unwrap()
    }

    fn told(intents: &[Intent]) -> Vec<String> {
        let held = |intent: &Intent| match &intent.held {
            Some(locked) => locked.package.version.to_string(),
            None => format!("new {}", intent.req),
        };
        let each = intents.iter();
        each.map(|i| format!("{} {}", i.instance, held(i)))
            .collect()
    }

    #[test]
    fn of_two_sides_the_newest_allowed_version_is_kept() {
        let manifest = manifest(&[
            ("auth", "a/auth", "^1"),
            ("blog", "a/blog", "^2"),
            ("site", "a/site", "^1"),
        ]);
        let ours = lock(&[
            ("site", "a/site", "1.0.0", &[Class::Ci]),
            ("blog", "a/blog", "1.0.0", &[]),
        ]);
        let theirs = lock(&[
            ("site", "a/site", "1.2.0", &[Class::Hooks]),
            ("auth", "a/auth", "1.1.0", &[]),
        ]);
        let intents = as_wanted(&manifest, &[ours, theirs]);
        assert_eq!(told(&intents), ["site 1.2.0", "blog new ^2", "auth 1.1.0"]);
        assert_eq!(intents[0].allow, BTreeSet::from([Class::Ci, Class::Hooks]));
        assert!(intents[1].allow.is_empty());
    }

    #[test]
    fn instances_of_a_package_share_its_version() {
        let manifest = manifest(&[("one", "a/app", "*"), ("two", "a/app", "*")]);
        let lock = lock(&[("one", "a/app", "1.0.0", &[Class::Ci])]);
        let intents = as_wanted(&manifest, &[lock]);
        assert_eq!(told(&intents), ["one 1.0.0", "two 1.0.0"]);
        assert!(intents[1].allow.is_empty(), "each asks for itself");
    }

    #[test]
    fn another_package_under_an_old_name_is_new() {
        let manifest = manifest(&[("web", "b/web", "*")]);
        let lock = lock(&[("web", "a/web", "1.0.0", &[Class::Ci])]);
        let intents = as_wanted(&manifest, &[lock]);
        assert_eq!(told(&intents), ["web new *"]);
        assert!(intents[0].allow.is_empty(), "nobody allowed it anything");
    }
}

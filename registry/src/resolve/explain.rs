//! Why there is no solution, for a person.
//!
//! PubGrub's derivation is a proof; what a person needs from it are the facts it stands on, who asks for what, each
//! once, in the words of the manifests.

use std::collections::HashSet;
use std::rc::Rc;

use pubgrub::External;

use super::solver::{Catalog, Derivation, Failure, Node, Set, State};
use super::{Names, ResolveError, did_you_mean, nearest_names};
use crate::{PackageName, PackageRef, Release};

/// Most versions listed one by one.
const LISTED: usize = 4;

pub(super) fn explain(
    failure: Failure,
    roots: &[PackageRef],
    catalog: &Catalog<'_>,
    names: Names<'_>,
) -> ResolveError {
    let derivation = match failure {
        Failure::Error(error) => return error,
        Failure::None(derivation) => derivation,
    };
    let teller = Teller {
        roots,
        catalog,
        names,
    };
    // By rank, so that what was asked for comes first and what there is last; within one as it was derived.
    let mut facts: Vec<(u8, String)> = Vec::new();
    for external in externals(&derivation) {
        for fact in teller.tell(external) {
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    facts.sort_by_key(|(rank, _)| *rank);
    ResolveError::Conflict {
        facts: facts.into_iter().map(|(_, fact)| fact).collect(),
    }
}

/// The leaves of a derivation from left to right. It is a graph with shared parts, each of which is visited once.
fn externals(derivation: &Derivation) -> Vec<&External<Node, Set, String>> {
    let mut found = Vec::new();
    let mut seen: HashSet<*const Derivation> = HashSet::new();
    let mut left = vec![derivation];
    while let Some(next) = left.pop() {
        if !seen.insert(std::ptr::from_ref(next)) {
            continue;
        }
        match next {
            Derivation::External(external) => found.push(external),
            Derivation::Derived(derived) => {
                left.push(&derived.cause2);
                left.push(&derived.cause1);
            }
        }
    }
    found
}

struct Teller<'a> {
    roots: &'a [PackageRef],
    catalog: &'a Catalog<'a>,
    names: Names<'a>,
}

impl Teller<'_> {
    fn tell(&self, external: &External<Node, Set, String>) -> Vec<(u8, String)> {
        match external {
            External::FromDependencyOf(Node::Project, _, Node::Package(name), _) => {
                let asked = self.roots.iter().filter(|root| root.name == *name);
                asked
                    .map(|root| (0, format!("you ask for {} {}", root.name, root.req)))
                    .collect()
            }
            External::FromDependencyOf(Node::Package(name), set, Node::Package(other), wanted) => {
                let mut facts = self.relation(1, name, set, other, "requires");
                // Nothing to decide about: the solver never asked, so it has nothing to say about it.
                if self.in_set(other, wanted).is_empty() {
                    facts.push((3, self.none(other, wanted)));
                }
                facts
            }
            External::FromDependencyOf(Node::Package(name), set, Node::Presence(other), _)
                if name != other =>
            {
                self.relation(2, name, set, other, "conflicts with")
            }
            External::NoVersions(Node::Package(name), set) => vec![(3, self.none(name, set))],
            External::Custom(node, set, reason) => {
                let versions = match node {
                    Node::Package(name) => self.spell(&self.in_set(name, set), name),
                    _ => node.to_string(),
                };
                vec![(2, format!("{versions} {reason}"))]
            }
            // That a package at a version is present at that version, and that the project is the project.
            External::FromDependencyOf(..) | External::NoVersions(..) | External::NotRoot(..) => {
                Vec::new()
            }
        }
    }

    /// "acme/web 1.0.0, 1.1.0 requires scaffold/django ^1", a sentence for each way it is written.
    fn relation(
        &self,
        rank: u8,
        name: &PackageName,
        set: &Set,
        other: &PackageName,
        verb: &str,
    ) -> Vec<(u8, String)> {
        let mut groups: Vec<(String, Vec<Release>)> = Vec::new();
        for release in self.in_set(name, set) {
            let relations = if rank == 1 {
                &release.requires
            } else {
                &release.conflicts
            };
            let Some(req) = relations.get(other).map(ToString::to_string) else {
                continue;
            };
            match groups.iter_mut().find(|(known, _)| *known == req) {
                Some((_, releases)) => releases.push(release),
                None => groups.push((req, vec![release])),
            }
        }
        groups
            .into_iter()
            .map(|(req, releases)| {
                (
                    rank,
                    format!("{} {verb} {other} {req}", self.spell(&releases, name)),
                )
            })
            .collect()
    }

    fn none(&self, name: &PackageName, set: &Set) -> String {
        let known = self.known(name);
        if known.is_empty() {
            return format!(
                "there is no package {name}{}",
                did_you_mean(&nearest_names(name, self.names))
            );
        }
        let hidden = self.in_set(name, set);
        if let Some(reason) = hidden.last().and_then(|release| release.yanked.as_ref()) {
            return format!("{} was taken back ({reason})", self.spell(&hidden, name));
        }
        let newest: Vec<_> = known
            .iter()
            .rev()
            .take(LISTED)
            .map(|release| release.version.to_string())
            .collect();
        let more = if known.len() > newest.len() {
            ", …"
        } else {
            ""
        };
        format!("the versions of {name} are {}{more}", newest.join(", "))
    }

    fn known(&self, name: &PackageName) -> Rc<[Release]> {
        // Read while solving, so this is the memory of it and cannot fail.
        self.catalog.releases(name).unwrap_or_else(|_| Rc::new([]))
    }

    fn in_set(&self, name: &PackageName, set: &Set) -> Vec<Release> {
        let known = self.known(name);
        known
            .iter()
            .filter(|release| set.contains(&State::At(release.version.clone())))
            .cloned()
            .collect()
    }

    /// The package with these versions of it: all, a few, or from … to ….
    fn spell(&self, releases: &[Release], name: &PackageName) -> String {
        let versions: Vec<_> = releases
            .iter()
            .map(|release| release.version.to_string())
            .collect();
        match versions.as_slice() {
            all if all.len() > 1 && all.len() == self.known(name).len() => {
                format!("every version of {name}")
            }
            few if few.len() <= LISTED => format!("{name} {}", few.join(", ")),
            [first, .., last] => format!("{name} {first} to {last} ({} versions)", versions.len()),
            _ => name.to_string(),
        }
    }
}

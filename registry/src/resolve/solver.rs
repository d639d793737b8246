//! The problem as PubGrub takes it.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;

use pubgrub::{
    Dependencies, DependencyProvider, DerivationTree, PackageResolutionStatistics, PubGrubError,
    Ranges,
};
use semver::{Version, VersionReq};

use super::{PACKAGES, Releases, ResolveError, conflicts_with};
use crate::{Kind, PackageName, PackageRef, Release};

/// What the solver decides about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// What was asked for.
    Project,
    /// A package that will be in the project.
    Package(PackageName),
    /// Whether, and in which version, a package is in the project. PubGrub knows only "requires"; a conflict is
    /// "requires its *presence* to be anything else", and absence is one of the things it may be.
    Presence(PackageName),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project => f.write_str("the project"),
            Self::Package(name) | Self::Presence(name) => name.fmt(f),
        }
    }
}

/// A version, or none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum State {
    Absent,
    At(Version),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::At(version) => version.fmt(f),
        }
    }
}

/// Sets of versions. Always made from the versions there are, so requirements mean exactly what semver says about
/// each of them, pre-releases included.
pub(super) type Set = Ranges<State>;

/// Why there is no solution, as PubGrub derived it.
pub(super) type Derivation = DerivationTree<Node, Set, String>;

/// What came instead of a solution.
pub(super) enum Failure {
    None(Box<Derivation>),
    Error(ResolveError),
}

/// The releases read so far.
pub(super) struct Catalog<'a> {
    read: Releases<'a>,
    known: RefCell<HashMap<PackageName, Rc<[Release]>>>,
}

impl<'a> Catalog<'a> {
    pub(super) fn new(read: Releases<'a>) -> Self {
        Self {
            read,
            known: RefCell::default(),
        }
    }

    /// The releases of a package, the lowest version first.
    pub(super) fn releases(&self, name: &PackageName) -> Result<Rc<[Release]>, ResolveError> {
        if let Some(known) = self.known.borrow().get(name) {
            return Ok(Rc::clone(known));
        }
        if self.known.borrow().len() == PACKAGES {
            return Err(ResolveError::TooMany);
        }
        let mut releases = (self.read)(name)?;
        releases.sort_by(|one, other| one.version.cmp(&other.version));
        let releases: Rc<[Release]> = releases.into();
        self.known
            .borrow_mut()
            .insert(name.clone(), Rc::clone(&releases));
        Ok(releases)
    }

    /// The versions of a package for which `wanted` holds.
    fn versions(
        &self,
        name: &PackageName,
        wanted: impl Fn(&Version) -> bool,
    ) -> Result<Set, ResolveError> {
        let releases = self.releases(name)?;
        let mut set = Set::empty();
        // Neighbours become one range, so that sets stay short.
        for run in releases.chunk_by(|one, other| wanted(&one.version) == wanted(&other.version)) {
            if let [first, ..] = run
                && let [.., last] = run
                && wanted(&first.version)
            {
                let bounds = State::At(first.version.clone())..=State::At(last.version.clone());
                set = set.union(&Set::from_range_bounds(bounds));
            }
        }
        Ok(set)
    }
}

/// One version of each package.
pub(super) fn solve(
    roots: &[PackageRef],
    locked: &BTreeMap<PackageName, Version>,
    at_odds: &BTreeSet<PackageName>,
    catalog: &Catalog<'_>,
) -> Result<HashMap<PackageName, Release>, Failure> {
    let problem = Problem {
        roots,
        locked,
        at_odds,
        catalog,
    };
    let chosen = match pubgrub::resolve(&problem, Node::Project, State::Absent) {
        Ok(chosen) => chosen,
        Err(PubGrubError::NoSolution(derivation)) => {
            return Err(Failure::None(Box::new(derivation)));
        }
        Err(
            PubGrubError::ErrorRetrievingDependencies { source, .. }
            | PubGrubError::ErrorChoosingVersion { source, .. }
            | PubGrubError::ErrorInShouldCancel(source),
        ) => return Err(Failure::Error(source)),
    };
    let mut solution = HashMap::new();
    for (node, state) in chosen {
        if let (Node::Package(name), State::At(version)) = (node, state) {
            let releases = catalog.releases(&name).map_err(Failure::Error)?;
            let release = releases.iter().find(|release| release.version == version);
            solution.extend(release.map(|release| (name, release.clone())));
        }
    }
    Ok(solution)
}

struct Problem<'a> {
    roots: &'a [PackageRef],
    locked: &'a BTreeMap<PackageName, Version>,
    /// Packages whose conflicts count.
    at_odds: &'a BTreeSet<PackageName>,
    catalog: &'a Catalog<'a>,
}

impl Problem<'_> {
    fn requires(&self, name: &PackageName, req: &VersionReq) -> Result<(Node, Set), ResolveError> {
        let set = self
            .catalog
            .versions(name, |version| req.matches(version))?;
        Ok((Node::Package(name.clone()), set))
    }

    fn roots(&self) -> Result<Vec<(Node, Set)>, ResolveError> {
        // One entry a package, whatever number of times it was asked for.
        let mut sets: Vec<(Node, Set)> = Vec::new();
        for root in self.roots {
            let (node, set) = self.requires(&root.name, &root.req)?;
            match sets.iter_mut().find(|(known, _)| *known == node) {
                Some((_, known)) => *known = known.intersection(&set),
                None => sets.push((node, set)),
            }
        }
        Ok(sets)
    }

    fn candidates<'r>(
        &self,
        releases: &'r [Release],
        set: &Set,
    ) -> impl Iterator<Item = &'r Release> {
        let set = set.clone();
        let locked = releases
            .first()
            .and_then(|release| self.locked.get(&release.name))
            .cloned();
        releases.iter().filter(move |release| {
            let usable = release.yanked.is_none() || locked.as_ref() == Some(&release.version);
            usable && set.contains(&State::At(release.version.clone()))
        })
    }
}

impl DependencyProvider for Problem<'_> {
    type P = Node;
    type V = State;
    type VS = Set;
    type M = String;
    type Err = ResolveError;
    /// Decided first: the project, locked packages (so that others bend to them), packages much fought over, what
    /// was asked for, packages with little choice. Presences come last, when the packages themselves are decided.
    type Priority = (u8, bool, u32, bool, Reverse<usize>);

    fn prioritize(
        &self,
        node: &Node,
        set: &Set,
        conflicts: &PackageResolutionStatistics,
    ) -> Self::Priority {
        match node {
            Node::Project => (2, true, 0, true, Reverse(0)),
            Node::Presence(_) => (0, false, 0, false, Reverse(0)),
            Node::Package(name) => {
                // An error comes up again, and is reported, when the version is chosen.
                let choice = self
                    .catalog
                    .releases(name)
                    .map_or(0, |known| self.candidates(&known, set).count());
                let root = self.roots.iter().any(|root| root.name == *name);
                (
                    1,
                    self.locked.contains_key(name),
                    conflicts.conflict_count(),
                    root,
                    Reverse(choice),
                )
            }
        }
    }

    fn choose_version(&self, node: &Node, set: &Set) -> Result<Option<State>, ResolveError> {
        let name = match node {
            Node::Project => return Ok(Some(State::Absent)),
            Node::Presence(_) if set.contains(&State::Absent) => return Ok(Some(State::Absent)),
            Node::Package(name) | Node::Presence(name) => name,
        };
        let releases = self.catalog.releases(name)?;
        let mut candidates: Vec<_> = self.candidates(&releases, set).collect();
        let locked = candidates
            .iter()
            .position(|release| self.locked.get(name) == Some(&release.version));
        let chosen = match locked {
            Some(at) => Some(candidates.swap_remove(at)),
            None => candidates.pop(),
        };
        Ok(chosen.map(|release| State::At(release.version.clone())))
    }

    fn get_dependencies(
        &self,
        node: &Node,
        state: &State,
    ) -> Result<Dependencies<Node, Set, String>, ResolveError> {
        let (name, version) = match (node, state) {
            (Node::Project, _) => {
                return Ok(Dependencies::Available(self.roots()?.into_iter().collect()));
            }
            (Node::Package(name), State::At(version)) => (name, version),
            (Node::Presence(_), _) | (_, State::Absent) => {
                return Ok(Dependencies::Available([].into_iter().collect()));
            }
        };
        let releases = self.catalog.releases(name)?;
        let Some(release) = releases.iter().find(|release| release.version == *version) else {
            return Ok(Dependencies::Unavailable("is not there".to_owned()));
        };
        if release.kind == Kind::Engine {
            return Ok(Dependencies::Unavailable(
                "is an engine, which cannot be put into a project".to_owned(),
            ));
        }
        let mut needs = Vec::new();
        for (other, req) in &release.requires {
            needs.push(self.requires(other, req)?);
        }
        for (other, req) in release
            .conflicts
            .iter()
            .filter(|(other, _)| self.at_odds.contains(other))
        {
            let set = self
                .catalog
                .versions(other, |version| conflicts_with(req, version))?;
            needs.push((Node::Presence(other.clone()), set.complement()));
        }
        if self.at_odds.contains(name) {
            needs.push((Node::Presence(name.clone()), Set::singleton(state.clone())));
        }
        Ok(Dependencies::Available(needs.into_iter().collect()))
    }
}

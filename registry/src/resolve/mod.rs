//! Which version of each package goes into a project.
//!
//! One version of a package in a project; every requirement of every package in it holds, and no conflict does.
//! Versions in the lock are taken before all others, and yanked ones only from there. Pre-releases are taken only
//! where a requirement names one. The packages that run other packages' data are no part of a project, so they are
//! resolved one by one with [`resolve_engine`].

mod explain;
mod solver;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use semver::{Version, VersionReq};

use crate::{Kind, PackageName, PackageRef, Release, SourceError, Summary, nearest};

/// Most packages looked at before giving up: a registry could otherwise name new ones for ever.
pub const PACKAGES: usize = 1_000;

/// Gives the releases of a package, see [`crate::Source::releases`]. Called once a package at most.
pub type Releases<'a> = &'a dyn Fn(&PackageName) -> Result<Vec<Release>, SourceError>;

/// Gives the names of all packages, for "did you mean". Called only when a package is unknown.
pub type Names<'a> = &'a dyn Fn() -> Result<Vec<PackageName>, SourceError>;

/// Why no versions were found.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The releases of a package could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no package of that name.
    #[error("there is no package {name}{}", did_you_mean(nearest))]
    UnknownPackage {
        /// What was asked for.
        name: PackageName,
        /// Packages with a name like it, the nearest first.
        nearest: Vec<PackageName>,
    },
    /// The package is there, but not in such a version.
    #[error("{}", none_will_do(wanted, newest.as_ref(), yanked.as_deref()))]
    NoVersion {
        /// What was asked for.
        wanted: Box<PackageRef>,
        /// The newest version that is there and not yanked.
        newest: Option<Version>,
        /// Why the newest version that would have done was yanked, if there is one.
        yanked: Option<String>,
    },
    /// An engine where a generator was asked for.
    #[error(
        "{name} is an engine: it runs other packages' data and makes nothing itself, so it cannot be put into a project; name a package that uses it"
    )]
    IsEngine {
        /// The package.
        name: PackageName,
    },
    /// Something else where an engine was asked for.
    #[error(
        "{name} is a {kind} and no engine, so it cannot run other packages' data; tell the author of the package that names it"
    )]
    NotAnEngine {
        /// The package.
        name: PackageName,
        /// What it is.
        kind: Kind,
    },
    /// No versions fit together.
    #[error(
        "these packages cannot stand together in one project:\n{}\nask for other versions, or leave one of them out",
        bullets(facts)
    )]
    Conflict {
        /// Why, a sentence each: together they leave no way.
        facts: Vec<String>,
    },
    /// Packages that require each other.
    #[error(
        "{} require each other in a circle, so none can come first; tell their authors",
        circle(names)
    )]
    Circle {
        /// The packages, each requiring the next, and the last the first.
        names: Vec<PackageName>,
    },
    /// Past [`PACKAGES`].
    #[error(
        "more than {PACKAGES} packages would have to be looked at; the registry is broken or hostile"
    )]
    TooMany,
}

fn did_you_mean(nearest: &[PackageName]) -> String {
    if nearest.is_empty() {
        return "; `scaffold search` lists those there are".to_owned();
    }
    let names: Vec<_> = nearest.iter().map(PackageName::short).collect();
    format!("; did you mean {}?", names.join(" or "))
}

fn none_will_do(wanted: &PackageRef, newest: Option<&Version>, yanked: Option<&str>) -> String {
    let PackageRef { name, req } = wanted;
    match (newest, yanked) {
        (Some(newest), None) => {
            format!("no version of {name} satisfies {req}; the newest is {newest}")
        }
        (Some(newest), Some(reason)) => format!(
            "no version of {name} satisfies {req}; one that would was taken back ({reason}); the newest is {newest}"
        ),
        (None, Some(reason)) => format!("every version of {name} was taken back ({reason})"),
        (None, None) => format!("every version of {name} was taken back"),
    }
}

fn bullets(facts: &[String]) -> String {
    let lines: Vec<_> = facts.iter().map(|fact| format!("  - {fact}")).collect();
    lines.join("\n")
}

fn circle(names: &[PackageName]) -> String {
    let names: Vec<_> = names.iter().map(PackageName::to_string).collect();
    names.join(", ")
}

/// Finds one version of each of `roots` and of everything they require.
///
/// Gives the releases in the order in which they run: a package after all it requires, and otherwise in the order
/// of `roots`. Engines are not among them.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve(
    roots: &[PackageRef],
    locked: &BTreeMap<PackageName, Version>,
    releases: Releases<'_>,
    names: Names<'_>,
) -> Result<Vec<Release>, ResolveError> {
    let catalog = solver::Catalog::new(releases);
    for root in roots {
        check_root(root, locked, &catalog, names)?;
    }
    // Conflicts are rare, and telling the solver of one means reading the releases of a package that may never be
    // wanted. So first without; when a solution breaks a conflict, again with that one.
    let mut at_odds: BTreeSet<PackageName> = BTreeSet::new();
    loop {
        let solution = solver::solve(roots, locked, &at_odds, &catalog)
            .map_err(|failure| explain::explain(failure, roots, &catalog, names))?;
        let broken: Vec<_> = broken_conflicts(&solution)
            .filter(|name| !at_odds.contains(name))
            .collect();
        if broken.is_empty() {
            return order(roots, solution);
        }
        at_odds.extend(broken);
    }
}

/// Finds the version of an engine that runs a package: the locked one where it still will do, else the newest.
///
/// # Errors
/// When there is no such package, it is no engine, or no version of it will do.
pub fn resolve_engine(
    engine: &PackageRef,
    locked: Option<&Version>,
    releases: Releases<'_>,
    names: Names<'_>,
) -> Result<Release, ResolveError> {
    let known = releases(&engine.name)?;
    if known.is_empty() {
        return Err(unknown(&engine.name, names));
    }
    let Some(found) = best(&known, &engine.req, locked) else {
        return Err(no_version(engine, &known));
    };
    if found.kind != Kind::Engine {
        return Err(ResolveError::NotAnEngine {
            name: engine.name.clone(),
            kind: found.kind,
        });
    }
    Ok(found.clone())
}

/// The release to take by itself: the locked one where it satisfies `req`, else the newest that was not yanked.
fn best<'a>(
    known: &'a [Release],
    req: &VersionReq,
    locked: Option<&Version>,
) -> Option<&'a Release> {
    let fitting = || known.iter().filter(|release| req.matches(&release.version));
    fitting()
        .find(|release| Some(&release.version) == locked)
        .or_else(|| {
            fitting()
                .filter(|release| release.yanked.is_none())
                .max_by_key(|release| &release.version)
        })
}

/// What is wrong with a root by itself gets an error of its own, which says more than a conflict could.
fn check_root(
    root: &PackageRef,
    locked: &BTreeMap<PackageName, Version>,
    catalog: &solver::Catalog<'_>,
    names: Names<'_>,
) -> Result<(), ResolveError> {
    let known = catalog.releases(&root.name)?;
    if known.is_empty() {
        return Err(unknown(&root.name, names));
    }
    match best(&known, &root.req, locked.get(&root.name)) {
        None => Err(no_version(root, &known)),
        Some(release) if release.kind == Kind::Engine => Err(ResolveError::IsEngine {
            name: root.name.clone(),
        }),
        Some(_) => Ok(()),
    }
}

fn unknown(name: &PackageName, names: Names<'_>) -> ResolveError {
    ResolveError::UnknownPackage {
        name: name.clone(),
        nearest: nearest_names(name, names),
    }
}

/// Names that cannot be had are no reason for another error: there is one already.
fn nearest_names(name: &PackageName, names: Names<'_>) -> Vec<PackageName> {
    let known: Vec<String> = names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let near = nearest(&name.to_string(), known.iter().map(String::as_str));
    near.into_iter()
        .filter_map(|name| name.parse().ok())
        .collect()
}

fn no_version(wanted: &PackageRef, known: &[Release]) -> ResolveError {
    let yanked = known
        .iter()
        .rev()
        .find(|release| wanted.req.matches(&release.version));
    let newest = Summary::of(known).map(|summary| summary.version);
    ResolveError::NoVersion {
        wanted: Box::new(wanted.clone()),
        yanked: match (yanked, &newest) {
            (Some(release), _) => release.yanked.clone(),
            (None, None) => known.last().and_then(|release| release.yanked.clone()),
            (None, Some(_)) => None,
        },
        newest,
    }
}

/// Whether a conflict with `req` is about this version. A pre-release counts as the version it leads to, too:
/// a conflict with `*` is one with everything.
fn conflicts_with(req: &VersionReq, version: &Version) -> bool {
    req.matches(version) || req.matches(&Version::new(version.major, version.minor, version.patch))
}

/// Packages of a solution that another one in it conflicts with.
fn broken_conflicts(
    solution: &HashMap<PackageName, Release>,
) -> impl Iterator<Item = PackageName> + '_ {
    solution
        .values()
        .flat_map(|release| &release.conflicts)
        .filter_map(|(name, req)| {
            let other = solution.get(name)?;
            conflicts_with(req, &other.version).then(|| name.clone())
        })
}

/// Required packages before those that require them, otherwise in the order of the roots and then of the names.
fn order(
    roots: &[PackageRef],
    mut solution: HashMap<PackageName, Release>,
) -> Result<Vec<Release>, ResolveError> {
    let mut ordered = Vec::new();
    for root in roots {
        // The packages being placed, each required by the one before it, with what it still waits for.
        let mut waiting: Vec<Release> = solution.remove(&root.name).into_iter().collect();
        while let Some(last) = waiting.last() {
            let in_circle = waiting
                .iter()
                .position(|release| last.requires.contains_key(&release.name));
            if let Some(start) = in_circle {
                let names = waiting[start..]
                    .iter()
                    .map(|release| release.name.clone())
                    .collect();
                return Err(ResolveError::Circle { names });
            }
            let next = last.requires.keys().find_map(|name| solution.remove(name));
            match next {
                Some(release) => waiting.push(release),
                None => ordered.extend(waiting.pop()),
            }
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests;

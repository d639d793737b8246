//! What a command wants the project to be made of, and the exact versions that makes.

use std::collections::{BTreeMap, BTreeSet};

use scaffold_registry::{Kind, PackageName, PackageRef, Release, SourceError, resolve};
use semver::{Version, VersionReq};

use crate::{
    grants::{Class, Reads},
    packages::{Packages, PackagesError, held},
    project::{Lock, Locked, Pinned},
    question::Answers,
};

/// One generator the project shall have. A list of these is all that tells commands apart.
#[derive(Debug, Clone)]
pub struct Intent {
    /// What the project calls it.
    pub instance: String,
    pub package: PackageName,
    pub req: VersionReq,
    /// Held exactly as the lock has it.
    pub held: Option<Locked>,
    /// Free to move from this version, but not back.
    pub since: Option<Locked>,
    /// Answers known before anyone is asked.
    pub answers: Answers,
    pub allow: BTreeSet<Class>,
    /// What it was granted to read.
    pub reads: Reads,
    /// Though its version is held, its answers may change, and it reads the user's own files as they are now.
    pub reconsider: bool,
}

impl Intent {
    /// A generator new to the project.
    pub fn new(package: &PackageRef) -> Self {
        Self {
            instance: package.name.short().to_owned(),
            package: package.name.clone(),
            req: package.req.clone(),
            held: None,
            since: None,
            answers: Answers::new(),
            allow: BTreeSet::new(),
            reads: Reads::default(),
            reconsider: false,
        }
    }

    /// A generator that stays as it is.
    pub fn keep(locked: &Locked, req: VersionReq) -> Self {
        Self {
            instance: locked.instance.clone(),
            package: locked.package.package.clone(),
            req,
            held: Some(locked.clone()),
            since: None,
            answers: locked.answers.clone(),
            allow: locked.allow.clone(),
            reads: locked.reads.clone(),
            reconsider: false,
        }
    }

    /// Whether no lock has it, or not at a version that will do.
    pub fn is_new(&self) -> bool {
        self.held.is_none() && self.since.is_none()
    }

    /// Whether the generator stays as it is.
    pub fn is_kept(&self) -> bool {
        self.held.is_some() && !self.reconsider
    }

    /// The generator as it stays.
    pub fn kept(&self) -> Option<Locked> {
        let held = self.held.clone().filter(|_| self.is_kept())?;
        Some(Locked {
            instance: self.instance.clone(),
            allow: self.allow.clone(),
            reads: self.reads.clone(),
            answers: self.answers.clone(),
            ..held
        })
    }

    /// The same generator, free to move to a newer version; what was answered and allowed stays. It goes back only
    /// where the requirement leaves it no other way: not because a version was taken back since, or is gone.
    #[must_use]
    pub fn release(mut self) -> Self {
        let locked = self.held.take();
        self.since = locked.filter(|locked| self.req.matches(&locked.package.version));
        self
    }

    /// The same generator at the newest version that satisfies, be it older.
    #[must_use]
    pub fn require(mut self, req: VersionReq) -> Self {
        self.held = None;
        self.since = None;
        self.req = req;
        self
    }
}

/// An intent with the exact packages that carry it out.
#[derive(Debug, Clone)]
pub struct Entry {
    pub intent: Intent,
    pub package: Pinned,
    pub engine: Option<Pinned>,
    pub kind: Kind,
    /// Nobody asked for it: this package requires it.
    pub required_by: Option<PackageName>,
}

/// Settles versions: held ones stay, the others are the newest that satisfy every requirement. Generators keep
/// their order; new ones come after what they require.
///
/// # Errors
/// A package is unknown, no version satisfies, two packages exclude each other; the error explains.
pub fn resolve(packages: &Packages<'_>, intents: &[Intent]) -> Result<Vec<Entry>, PackagesError> {
    let locked: BTreeMap<&PackageName, &Locked> = intents
        .iter()
        .filter_map(|i| i.held.as_ref().map(|held| (&i.package, held)))
        .collect();
    let since = |name: &PackageName| {
        let mut free = intents.iter().filter(|i| &i.package == name);
        free.find_map(|i| i.since.as_ref())
    };
    let of_lock = |pin: &Pinned| match packages.locked_release(pin) {
        Ok(release) => Ok(release),
        Err(PackagesError::Source(e)) => Err(e),
        Err(e) => Err(SourceError::Unavailable {
            name: pin.package.clone(),
            source: Box::new(e),
        }),
    };
    let releases = |name: &PackageName| -> Result<Vec<Release>, SourceError> {
        match (locked.get(name), since(name)) {
            // The lock wins, and a held package needs no registry.
            (Some(held), _) => Ok(vec![of_lock(&held.package)?]),
            (None, Some(since)) => {
                let mut releases = packages.releases(name)?;
                releases.retain(|release| release.version > since.package.version);
                releases.insert(0, of_lock(&since.package)?);
                Ok(releases)
            }
            (None, None) => packages.releases(name),
        }
    };
    let names = || match intents.iter().find(|i| i.held.is_none()) {
        Some(wanted) => packages.names(&wanted.package),
        None => Ok(Vec::new()),
    };
    let roots: Vec<PackageRef> = intents
        .iter()
        .map(|i| PackageRef {
            name: i.package.clone(),
            req: if i.held.is_some() {
                VersionReq::STAR
            } else {
                i.req.clone()
            },
        })
        .collect();
    let found = resolve::resolve(
        &roots,
        &held(locked.values().map(|held| &held.package)),
        &releases,
        &names,
    )?;
    let mut order = Order {
        packages,
        intents,
        found: &found,
        entries: Vec::new(),
    };
    for intent in intents {
        order.place(intent, None)?;
    }
    Ok(order.entries)
}

/// Entries in the order of the intents, each after what it requires.
struct Order<'a, 'p> {
    packages: &'a Packages<'p>,
    intents: &'a [Intent],
    found: &'a [Release],
    entries: Vec<Entry>,
}

impl Order<'_, '_> {
    fn place(
        &mut self,
        intent: &Intent,
        required_by: Option<&PackageName>,
    ) -> Result<(), PackagesError> {
        if self
            .entries
            .iter()
            .any(|e| e.intent.instance == intent.instance)
        {
            return Ok(());
        }
        let release = self.found.iter().find(|r| r.name == intent.package);
        // Requirements form no circle: `resolve` refuses one.
        for required in release.into_iter().flat_map(|r| r.requires.keys()) {
            let asked: Vec<&Intent> = self
                .intents
                .iter()
                .filter(|i| &i.package == required)
                .collect();
            if asked.is_empty() {
                let found = self.found.iter().find(|r| &r.name == required);
                let req = found.map_or(VersionReq::STAR, |found| compatible(&found.version));
                self.place(
                    &Intent::new(&PackageRef {
                        name: required.clone(),
                        req,
                    }),
                    Some(&intent.package),
                )?;
            }
            for other in asked {
                self.place(other, None)?;
            }
        }
        self.entries
            .push(entry(self.packages, intent, release, required_by.cloned())?);
        Ok(())
    }
}

fn entry(
    packages: &Packages<'_>,
    intent: &Intent,
    release: Option<&Release>,
    required_by: Option<PackageName>,
) -> Result<Entry, PackagesError> {
    let kind = release.map_or(Kind::Module, |r| r.kind);
    if let Some(held) = &intent.held {
        let (package, engine) = (held.package.clone(), held.engine.clone());
        return Ok(Entry {
            intent: intent.clone(),
            package,
            engine,
            kind,
            required_by,
        });
    }
    let Some(release) = release else {
        return Err(PackagesError::NothingToRun {
            package: intent.package.to_string(),
        });
    };
    // What stays is what the lock says, whatever the registry says of it by now.
    let package = match &intent.since {
        Some(since) if since.package.version == release.version => since.package.clone(),
        _ => packages.pin(release)?,
    };
    let wanted = release.engine.as_ref();
    let engine = wanted.map(|wanted| engine(packages, wanted, intent.since.as_ref()));
    Ok(Entry {
        intent: intent.clone(),
        package,
        engine: engine.transpose()?,
        kind,
        required_by,
    })
}

/// The newest engine that will do; of those, not one older than the generator had.
fn engine(
    packages: &Packages<'_>,
    wanted: &PackageRef,
    since: Option<&Locked>,
) -> Result<Pinned, PackagesError> {
    let newest = packages.pin_engine(wanted)?;
    let had = since.and_then(|since| since.engine.as_ref());
    let had = had.filter(|had| {
        had.package == newest.package
            && had.version > newest.version
            && wanted.req.matches(&had.version)
    });
    Ok(had.cloned().unwrap_or(newest))
}

/// What `scaffold.toml` asks for when a user named no version: anything compatible with what was found.
pub fn compatible(version: &Version) -> VersionReq {
    let exact = format!("^{version}");
    exact.parse().unwrap_or(VersionReq::STAR)
}

/// The intents that leave a project as it is. Requirements come from `scaffold.toml`.
pub fn as_locked(lock: &Lock, reqs: &BTreeMap<String, VersionReq>) -> Vec<Intent> {
    let req = |locked: &Locked| {
        reqs.get(&locked.instance)
            .cloned()
            .unwrap_or(VersionReq::STAR)
    };
    lock.generators
        .iter()
        .map(|locked| Intent::keep(locked, req(locked)))
        .collect()
}

/// The package a word of the user's means in this project: `auth` in a project based on `django` is `django-auth`
/// if there is such a package, else `auth`.
///
/// # Errors
/// The registry cannot be read.
pub fn look_up(
    packages: &Packages<'_>,
    word: &PackageRef,
    typed: &str,
    base: Option<&PackageName>,
) -> Result<PackageRef, PackagesError> {
    let Some(base) = base.filter(|_| !typed.contains('/')) else {
        return Ok(word.clone());
    };
    let Ok(specific) =
        format!("{}/{}-{}", base.namespace(), base.name(), word.name.name()).parse::<PackageName>()
    else {
        return Ok(word.clone());
    };
    if !packages.releases(&specific)?.is_empty() {
        return Ok(PackageRef {
            name: specific,
            req: word.req.clone(),
        });
    }
    Ok(word.clone())
}

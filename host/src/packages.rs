//! From a pin in a lock file to a generator that can run.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
};

use scaffold_registry::{
    Digest, Kind, Package, PackageName, PackageRef, Release, Source, SourceError, official, resolve,
};

use crate::{
    grants::Patterns,
    project::Pinned,
    sandbox::{Ability, Generator, Sandbox, SandboxError, abilities},
    sources::{OFFICIAL, Sources, SourcesError},
    store::{Store, VerifiedPackage},
    trust::Trust,
};

mod error;

pub use error::PackagesError;

/// Begins the notice of a cache that cannot be written.
const UNKEPT: &str = "packages were not kept for later";

/// Opens packages, each once.
pub struct Packages<'a> {
    pub sources: &'a Sources,
    pub store: &'a Store,
    pub sandbox: &'a Sandbox,
    pub trust: &'a Trust,
    opened: RefCell<HashMap<Digest, Rc<VerifiedPackage>>>,
    generators: RefCell<HashMap<Digest, Generator>>,
    /// What registries listed the releases as that were pinned in this run.
    listed: RefCell<HashMap<Digest, Release>>,
    /// What the lock holds of the packages that were asked about.
    locked: RefCell<HashMap<Digest, Pinned>>,
    notices: RefCell<Vec<String>>,
}

/// A package with what runs it.
#[derive(Clone)]
pub struct Runnable {
    pub package: Arc<Package>,
    pub writes: Arc<Patterns>,
    pub generator: Generator,
}

impl<'a> Packages<'a> {
    pub fn new(
        sources: &'a Sources,
        store: &'a Store,
        sandbox: &'a Sandbox,
        trust: &'a Trust,
    ) -> Self {
        Self {
            sources,
            store,
            sandbox,
            trust,
            opened: RefCell::default(),
            generators: RefCell::default(),
            listed: RefCell::default(),
            locked: RefCell::default(),
            notices: RefCell::default(),
        }
    }

    /// What a user should hear about, for instance a corrupt blob that was fetched again.
    pub fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }

    /// The package of a pin, from the store or else from its registry, verified either way.
    ///
    /// # Errors
    /// It cannot be had, or is not what the pin says.
    pub fn open(&self, pin: &Pinned) -> Result<Rc<VerifiedPackage>, PackagesError> {
        if let Some(package) = self.opened.borrow().get(&pin.blob) {
            return Ok(Rc::clone(package));
        }
        let package = Rc::new(self.read(pin)?);
        self.opened
            .borrow_mut()
            .insert(pin.blob, Rc::clone(&package));
        Ok(package)
    }

    fn read(&self, pin: &Pinned) -> Result<VerifiedPackage, PackagesError> {
        let what = format!("{} {}", pin.package, pin.version);
        self.trust.warn_of_revoked(pin);
        // What the binary embeds is at hand already; everything else is looked for in the store first.
        if pin.registry != OFFICIAL
            && let Some(package) = self.stored(&what, pin)
        {
            return Ok(package);
        }
        match self.fetch(&what, pin) {
            Err(PackagesError::Gone { .. }) if pin.registry == OFFICIAL => {
                // Made by a release of this program that embedded another version.
                self.stored(&what, pin)
                    .ok_or_else(|| PackagesError::gone(pin))
            }
            fetched => fetched,
        }
    }

    fn stored(&self, what: &str, pin: &Pinned) -> Option<VerifiedPackage> {
        let bytes = self.store.read(&pin.blob)?;
        let package = VerifiedPackage::new(what, pin.blob, bytes.into());
        if package.is_err() {
            self.store.remove(&pin.blob);
            self.notices.borrow_mut().push(format!(
                "the cached copy of {what} was damaged; it was fetched again"
            ));
        }
        package.ok()
    }

    fn fetch(&self, what: &str, pin: &Pinned) -> Result<VerifiedPackage, PackagesError> {
        let source = self.sources.of_pin(pin)?;
        let releases = source.releases(&pin.package)?;
        let release = releases
            .iter()
            .find(|r| r.version == pin.version)
            .ok_or_else(|| PackagesError::gone(pin))?;
        if release.blob != pin.blob {
            return Err(PackagesError::Changed {
                package: pin.package.clone(),
                version: pin.version.clone(),
                registry: pin.registry.clone(),
                expected: pin.blob,
                found: release.blob,
            });
        }
        // What was pinned in this run was looked at then.
        if !self.listed.borrow().contains_key(&pin.blob) {
            source.warm(release);
            self.trust.signer(&*source, release, Some(pin))?;
        }
        let package = VerifiedPackage::new(what, pin.blob, source.blob(release)?)?;
        // What was resolved and shown is what will run. The build checks this for what the program embeds.
        if pin.registry != OFFICIAL {
            package
                .package()
                .and_then(|contents| contents.check(release))
                .map_err(|source| PackagesError::Package {
                    what: what.to_owned(),
                    source,
                })?;
        }
        if !self.store.has(&pin.blob)
            && let Err(e) = self.store.keep(&package)
        {
            // Said once: what keeps one package out of the cache keeps the others out as well.
            let mut notices = self.notices.borrow_mut();
            if !notices.iter().any(|notice| notice.starts_with(UNKEPT)) {
                notices.push(format!("{UNKEPT}: {e}"));
            }
        }
        Ok(package)
    }

    /// The pin of a release found in the registry of its namespace, once it is known who signed it; of one that the project
    /// holds already, as another instance, the pin it has.
    ///
    /// # Errors
    /// The namespace has no registry, or the release is not to be trusted.
    pub fn pin(&self, release: &Release) -> Result<Pinned, PackagesError> {
        let source = self.sources.of(&release.name)?;
        if let Some(pin) = self.locked.borrow().get(&release.blob) {
            return Ok(pin.clone());
        }
        if !self.store.has(&release.blob) {
            source.warm(release);
        }
        let pin = Pinned {
            package: release.name.clone(),
            version: release.version.clone(),
            registry: source.id().to_owned(),
            blob: release.blob,
            signer: self.trust.signer(&*source, release, None)?,
        };
        self.listed.borrow_mut().insert(pin.blob, release.clone());
        Ok(pin)
    }

    /// The engine a release wants, pinned to its newest version that satisfies.
    ///
    /// # Errors
    /// There is none.
    pub fn pin_engine(&self, wanted: &PackageRef) -> Result<Pinned, PackagesError> {
        let releases = |name: &PackageName| self.releases(name);
        let release =
            resolve::resolve_engine(wanted, None, &releases, &|| self.names(&wanted.name))?;
        self.pin(&release)
    }

    /// Whether a pin is one of the packages that come with this very program. What a lock file says of its origin is
    /// not enough: the bytes have to be those.
    pub fn is_embedded(&self, pin: &Pinned) -> bool {
        let listed = || official().releases(&pin.package).unwrap_or_default();
        pin.registry == OFFICIAL && listed().iter().any(|release| release.blob == pin.blob)
    }

    /// Whether both what runs and its data come with this program: what they ask is shown, and accepted with the plan.
    pub fn is_ours(&self, package: &Pinned, engine: Option<&Pinned>) -> bool {
        self.is_embedded(package) && engine.is_none_or(|engine| self.is_embedded(engine))
    }

    /// Opens everything that will run, so that compiling for the first time happens here and once.
    ///
    /// # Errors
    /// A package cannot be had, or its component cannot run here.
    pub fn prepare<'p>(
        &self,
        pins: impl IntoIterator<Item = (&'p Pinned, Option<&'p Pinned>)>,
    ) -> Result<(), PackagesError> {
        pins.into_iter()
            .try_for_each(|(pin, engine)| self.runnable(pin, engine).map(drop))
    }

    /// Every version the registry of the name's namespace has.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn releases(&self, name: &PackageName) -> Result<Vec<Release>, SourceError> {
        match self.sources.of(name) {
            Ok(source) => source.releases(name),
            Err(SourcesError::Source(e)) => Err(e),
            Err(e) => Err(SourceError::Unavailable {
                name: name.clone(),
                source: Box::new(e),
            }),
        }
    }

    /// Every name in the registry that `name` would come from, for "did you mean".
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn names(&self, name: &PackageName) -> Result<Vec<PackageName>, SourceError> {
        match self.sources.of(name).map(|source| source.names()) {
            // Nothing that is meant can be known, and what is wrong is said in any case.
            Err(_) | Ok(Err(SourceError::Offline { .. })) => Ok(Vec::new()),
            Ok(names) => names,
        }
    }

    /// What a locked package says of itself, as the registry would: the lock wins, so that a project goes on
    /// when its registry does not.
    ///
    /// # Errors
    /// The package cannot be had.
    pub fn locked_release(&self, pin: &Pinned) -> Result<Release, PackagesError> {
        let release = self.open_package(pin)?.release(&[]);
        self.locked.borrow_mut().insert(pin.blob, pin.clone());
        Ok(release)
    }

    /// What the package of a pin holds.
    ///
    /// # Errors
    /// It cannot be had, or breaks a rule of the format.
    pub fn open_package(&self, pin: &Pinned) -> Result<Arc<Package>, PackagesError> {
        let wrong = |source| PackagesError::Package {
            what: format!("{} {}", pin.package, pin.version),
            source,
        };
        let package = self.open(pin)?.package().map_err(wrong)?;
        // What was resolved and shown is what will run, also where the bytes were in the cache all along. The build checks
        // this for what the program embeds.
        if pin.registry != OFFICIAL
            && let Some(listed) = self.listed.borrow().get(&pin.blob)
        {
            package.check(listed).map_err(wrong)?;
        }
        let manifest = &package.manifest;
        if (&manifest.name, &manifest.version) != (&pin.package, &pin.version) {
            return Err(PackagesError::Misnamed {
                package: pin.package.clone(),
                version: pin.version.clone(),
                found: format!("{} {}", manifest.name, manifest.version),
            });
        }
        Ok(package)
    }

    /// The package with the component that runs it.
    ///
    /// # Errors
    /// It cannot be had, or its component cannot run here.
    pub fn runnable(
        &self,
        pin: &Pinned,
        engine: Option<&Pinned>,
    ) -> Result<Runnable, PackagesError> {
        let package = self.open_package(pin)?;
        let label = pin.package.short();
        let generator = match engine {
            Some(engine) => self.component(engine, &label)?,
            None if package.manifest.kind == Kind::Engine => {
                return Err(PackagesError::Engine {
                    package: label.to_owned(),
                });
            }
            None => self.component(pin, &label)?,
        };
        let writes = Patterns::new(package.manifest.writes.iter().map(|w| w.pattern.as_str()))
            .map_err(|source| PackagesError::Pattern {
                package: label.to_owned(),
                source,
            })?;
        Ok(Runnable {
            package,
            writes: Arc::new(writes),
            generator,
        })
    }

    /// What the component that runs a package can do, read from its imports.
    ///
    /// # Errors
    /// It cannot be had, or asks for what nobody is granted.
    pub fn abilities(
        &self,
        pin: &Pinned,
        engine: Option<&Pinned>,
    ) -> Result<Vec<Ability>, PackagesError> {
        let package = self.open_package(engine.unwrap_or(pin))?;
        let name = || pin.package.short();
        let component = package
            .component()
            .ok_or_else(|| PackagesError::NothingToRun { package: name() })?;
        let abilities = abilities(component);
        abilities.map_err(|source| {
            let package = name();
            SandboxError::Refused { package, source }.into()
        })
    }

    fn component(&self, pin: &Pinned, label: &str) -> Result<Generator, PackagesError> {
        if let Some(generator) = self.generators.borrow().get(&pin.blob) {
            return Ok(generator.named(label));
        }
        // Opened in any case: its bytes are hashed even where the compiled component is at hand.
        self.open(pin)?;
        let generator = self.sandbox.load(label, &pin.blob, || {
            let package = self.open_package(pin)?;
            let component = package.component();
            let nothing = || PackagesError::NothingToRun {
                package: pin.package.short().to_owned(),
            };
            component.map(<[u8]>::to_vec).ok_or_else(nothing)
        })?;
        self.generators
            .borrow_mut()
            .insert(pin.blob, generator.clone());
        Ok(generator)
    }
}

/// The version each package of a lock is held at.
pub fn held<'p>(
    pins: impl IntoIterator<Item = &'p Pinned>,
) -> BTreeMap<PackageName, semver::Version> {
    pins.into_iter()
        .map(|pin| (pin.package.clone(), pin.version.clone()))
        .collect()
}

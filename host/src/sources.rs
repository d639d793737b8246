//! Which registry a namespace comes from. Never merged, never a silent fallback from one to another.
//!
//! The order: the command line, the project's `scaffold.toml`, the user's `config.toml`; `scaffold/` is the
//! official namespace, embedded in the program, unless one of them says otherwise.

mod kept;
mod reach;
mod vendored;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
};

use scaffold_registry::{
    Address, Folder, Http, HttpError, OCI, Oci, PackageName, Registry, Source, SourceError,
    official,
};

use crate::{config, credentials::CredentialsError, project::Pinned, workspace::WorkspaceError};
use kept::Kept;
pub use reach::{Reach, TOKEN};
use vendored::Vendored;
pub use vendored::{VENDOR, vendored_path};

/// What the lock file calls the embedded registry.
pub const OFFICIAL: &str = "official";
const OFFICIAL_NAMESPACE: &str = "scaffold";

/// Whether packages from a source with this id are taken only if their author has signed them: all but those that come
/// with the program and those in a folder of this machine, whose owner decides what is in it.
pub fn must_be_signed(id: &str) -> bool {
    id != OFFICIAL && !id.starts_with("folder:")
}

pub struct Sources {
    /// Namespace → registry, as configured.
    namespaces: BTreeMap<String, String>,
    /// For every other namespace but the official one.
    fallback: Option<String>,
    /// What the command line says: namespace, or none for the fallback, → the place as it was typed.
    flags: BTreeMap<Option<String>, String>,
    reach: Reach,
    /// A package that is taken from elsewhere than the rest of its namespace.
    draft: Option<(PackageName, String)>,
    /// The copies in the project.
    vendored: Option<Vendored>,
    opened: RefCell<BTreeMap<String, Rc<dyn Source>>>,
}

#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    #[error("no registry is configured for the namespace `{0}`")]
    Unconfigured(String),
    #[error("`{0}` is not a registry: expected a folder, an https:// address or an oci:// one")]
    NotARegistry(String),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("cannot read the certificates in {path}: {source}")]
    Ca {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("what {TOKEN} holds is no token")]
    Token,
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

impl Sources {
    /// `flags`: each `--registry`, `NAMESPACE=WHERE` or `WHERE`. Folders in flags are relative to `here`.
    pub fn new(
        flags: &[String],
        configured: BTreeMap<String, config::Registry>,
        here: &Path,
        reach: Reach,
    ) -> Self {
        let url = |(namespace, registry): (String, config::Registry)| (namespace, registry.url);
        let mut sources = Self {
            namespaces: configured.into_iter().map(url).collect(),
            fallback: None,
            flags: BTreeMap::new(),
            reach,
            draft: None,
            vendored: None,
            opened: RefCell::default(),
        };
        for flag in flags {
            match flag.split_once('=') {
                Some((namespace, place)) if !namespace.contains(['/', ':', '\\']) => {
                    sources
                        .namespaces
                        .insert(namespace.to_owned(), absolute(place, here));
                    let typed = (Some(namespace.to_owned()), place.to_owned());
                    sources.flags.extend([typed]);
                }
                _ => {
                    sources.fallback = Some(absolute(flag, here));
                    sources.flags.insert(None, flag.clone());
                }
            }
        }
        sources
    }

    /// Adds what a project's `scaffold.toml` says; the command line has said more.
    pub fn with_project(
        &mut self,
        registries: &BTreeMap<String, String>,
        root: &Path,
        flags: &[String],
    ) {
        for (namespace, place) in registries {
            let flagged = flags.iter().any(|f| {
                f.strip_prefix(namespace.as_str())
                    .is_some_and(|r| r.starts_with('='))
            });
            if !flagged {
                self.namespaces
                    .insert(namespace.clone(), absolute(place, root));
            }
        }
    }

    /// Where the command line says that the packages of a namespace come from, as the `scaffold.toml` in `root` would
    /// say it: a folder that was typed relative stays relative, so that a project can move together with it.
    pub fn flagged(&self, namespace: &str, root: &Path) -> Option<String> {
        let (typed, place) = match self.flags.get(&Some(namespace.to_owned())) {
            Some(typed) => (typed, self.namespaces.get(namespace)?),
            None if namespace == OFFICIAL_NAMESPACE || self.namespaces.contains_key(namespace) => {
                return None;
            }
            None => (self.flags.get(&None)?, self.fallback.as_ref()?),
        };
        let is_relative = place != typed && Path::new(typed).is_relative();
        let relative = is_relative.then(|| relative(Path::new(place), root));
        Some(relative.flatten().unwrap_or_else(|| place.clone()))
    }

    /// The same, but nobody is asked: what is on this machine has to do.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.reach.offline = true;
        self.opened = RefCell::default();
        self
    }

    /// Takes one package from a folder of its own: a draft that its author tries before it is published.
    pub fn with_draft(&mut self, name: &PackageName, registry: &Path) {
        self.draft = Some((name.clone(), registry.display().to_string()));
    }

    /// The registry of a package's namespace.
    ///
    /// # Errors
    /// None is configured, or it cannot be opened.
    pub fn of(&self, name: &PackageName) -> Result<Rc<dyn Source>, SourcesError> {
        if let Some((draft, registry)) = &self.draft
            && draft == name
        {
            return self.open(registry);
        }
        self.of_namespace(name.namespace())
    }

    /// The registry of a namespace.
    ///
    /// # Errors
    /// None is configured, or it cannot be opened.
    pub fn of_namespace(&self, namespace: &str) -> Result<Rc<dyn Source>, SourcesError> {
        let place = match self.namespaces.get(namespace) {
            Some(place) => place.as_str(),
            None if namespace == OFFICIAL_NAMESPACE => OFFICIAL,
            None => self
                .fallback
                .as_deref()
                .ok_or_else(|| SourcesError::Unconfigured(namespace.to_owned()))?,
        };
        self.open(place)
    }

    /// Where the package of a pin comes from: the project's own copy where it has one, else the registry the lock names.
    /// What comes with this program comes from nowhere else.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn of_pin(&self, pin: &Pinned) -> Result<Rc<dyn Source>, SourcesError> {
        let vendored = self.vendored.as_ref().filter(|_| pin.registry != OFFICIAL);
        let copy = vendored.map(|vendored| vendored.source(pin)).transpose()?;
        match copy.flatten() {
            Some(copy) => Ok(copy),
            None => self.open(&pin.registry),
        }
    }

    /// Takes the packages into account that the project at `root` holds copies of.
    ///
    /// # Errors
    /// The project's folder cannot be opened.
    pub fn with_vendored(&mut self, root: &Path) -> Result<(), WorkspaceError> {
        self.vendored = Vendored::of(root)?;
        Ok(())
    }

    /// The registry a lock file names.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self, place: &str) -> Result<Rc<dyn Source>, SourcesError> {
        // Checked first: an address with a password is not to be told. And written in one way: it is one registry.
        let network = Network::parse(place)?;
        let place = network.as_ref().map_or(place, |network| &network.id);
        if let Some(source) = self.opened.borrow().get(place) {
            return Ok(Rc::clone(source));
        }
        let source: Rc<dyn Source> = if place == OFFICIAL {
            Rc::new(official())
        } else if let Some(network) = &network {
            // Connects to nothing yet.
            let access = self.reach.access(&network.address)?;
            let (store, offline) = (self.reach.store.clone(), self.reach.offline);
            match network.is_oci {
                true => {
                    let oci = Oci::new(place, access)?;
                    Rc::new(Registry::over(Kept::new(oci, store, offline)))
                }
                false => {
                    let http = Http::new(&network.address, access);
                    Rc::new(Registry::over(Kept::new(http, store, offline)))
                }
            }
        } else {
            let path = place.strip_prefix("folder:").unwrap_or(place);
            if !Path::new(path).is_absolute() {
                return Err(SourcesError::NotARegistry(place.to_owned()));
            }
            Rc::new(Folder::open(Path::new(path))?)
        };
        self.opened
            .borrow_mut()
            .insert(place.to_owned(), Rc::clone(&source));
        Ok(source)
    }

    /// The registry for every namespace that has none of its own.
    ///
    /// # Errors
    /// None is configured, or it cannot be opened.
    pub fn of_fallback(&self) -> Result<Rc<dyn Source>, SourcesError> {
        let place = self.fallback.as_deref();
        self.open(place.ok_or_else(|| SourcesError::Unconfigured("*".to_owned()))?)
    }

    /// Every registry that is configured, each once, for searching.
    ///
    /// # Errors
    /// One cannot be opened.
    pub fn all(&self) -> Result<Vec<Rc<dyn Source>>, SourcesError> {
        let mut places: Vec<&str> = self.namespaces.values().map(String::as_str).collect();
        places.extend(self.fallback.as_deref());
        if !self.namespaces.contains_key(OFFICIAL_NAMESPACE) {
            places.push(OFFICIAL);
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| self.open(place)).collect()
    }
}

/// A registry that is reached over the network.
pub struct Network {
    /// As lock files have it.
    id: String,
    /// At which it is asked, and under which its token is kept.
    pub address: Address,
    /// Whether it is inside an OCI registry.
    pub is_oci: bool,
}

impl Network {
    /// What a place says, if it is on the network.
    ///
    /// # Errors
    /// No registry can be there.
    pub fn parse(place: &str) -> Result<Option<Self>, HttpError> {
        if place.starts_with(OCI) {
            let id = Oci::open(place)?.id().to_owned();
            let address = Oci::address(place)?;
            return Ok(Some(Self {
                id,
                address,
                is_oci: true,
            }));
        }
        if !place.starts_with("https://") && !place.starts_with("http://") {
            return Ok(None);
        }
        let address = Address::parse(place)?;
        Ok(Some(Self {
            id: address.as_str().to_owned(),
            address,
            is_oci: false,
        }))
    }
}

fn absolute(place: &str, here: &Path) -> String {
    if place == OFFICIAL || place.contains("://") {
        place.to_owned()
    } else {
        let path = here.join(place);
        path.canonicalize()
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }
}

/// The way from one folder to another; none where there is none, as between two disks.
fn relative(to: &Path, from: &Path) -> Option<String> {
    // The folder of a new project is not there yet; what it will be in is.
    let there = from.ancestors().find(|folder| folder.exists())?;
    let missing = from.strip_prefix(there).ok()?;
    let from = there.canonicalize().ok()?.join(missing);
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return None;
    }
    let up = from[common..].iter().map(|_| "..".to_owned());
    let down = to[common..].iter();
    let down = down.map(|part| part.as_os_str().to_string_lossy().into_owned());
    let way: Vec<String> = up.chain(down).collect();
    Some(if way.is_empty() {
        ".".to_owned()
    } else {
        way.join("/")
    })
}

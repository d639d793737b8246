//! What is pinned: in memory, and what of it is brought to the disk, and when.
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the user's trust"
)]

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use scaffold_registry::keys::{KeySet, VerifyingKey};

use super::file::read;
use crate::private;

/// The keys that are trusted for a namespace of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespacePin {
    pub registry: String,
    pub set: KeySet,
    /// The user said so, and it was not only seen: then it counts more than what some project has locked.
    pub confirmed: bool,
}

/// A registry's own key, and the newest state it was seen in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryPin {
    pub registry: String,
    pub key: VerifyingKey,
    pub time: SystemTime,
}

/// Everything that is pinned; and what has to be written of it.
#[derive(Debug, Default)]
pub struct Pins {
    file: Option<PathBuf>,
    /// As far as the file has it.
    kept: Contents,
    now: Contents,
    changes: Vec<Change>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Contents {
    pub(super) namespaces: Vec<NamespacePin>,
    pub(super) registries: Vec<RegistryPin>,
}

/// Done to what is in memory at once, and to what is in the file by then when it is saved: another command may have
/// pinned something in between.
#[derive(Debug, Clone)]
enum Change {
    Namespace(NamespacePin),
    Registry(RegistryPin),
    ForgetNamespace(String, String),
    ForgetRegistry(String),
}

#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {reason}", path.display())]
pub struct PinsError {
    pub(super) action: &'static str,
    pub(super) path: PathBuf,
    pub(super) reason: String,
}

impl Pins {
    /// What the file in the user's folder says; nothing where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(config: Option<&Path>) -> Result<Self, PinsError> {
        let Some(path) = config.map(|folder| folder.join("trust.toml")) else {
            return Ok(Self::default());
        };
        let kept = read(&path)?;
        Ok(Self {
            file: Some(path),
            now: kept.clone(),
            kept,
            changes: Vec::new(),
        })
    }

    pub fn namespaces(&self) -> &[NamespacePin] {
        &self.now.namespaces
    }

    pub fn registries(&self) -> &[RegistryPin] {
        &self.now.registries
    }

    pub fn namespace(&self, registry: &str, namespace: &str) -> Option<&NamespacePin> {
        self.now.namespace(registry, namespace)
    }

    /// Whether a namespace is pinned in any registry.
    pub fn knows(&self, namespace: &str) -> bool {
        let mut all = self.now.namespaces.iter();
        all.any(|pin| pin.set.namespace() == namespace)
    }

    pub fn registry(&self, registry: &str) -> Option<&RegistryPin> {
        self.now.registry(registry)
    }

    pub(super) fn set_namespace(&mut self, pin: NamespacePin) {
        self.change(Change::Namespace(pin));
    }

    pub(super) fn set_registry(&mut self, pin: RegistryPin) {
        self.change(Change::Registry(pin));
    }

    pub(super) fn forget_namespace(&mut self, registry: &str, namespace: &str) -> bool {
        let there = self.namespace(registry, namespace).is_some();
        let (registry, namespace) = (registry.to_owned(), namespace.to_owned());
        self.change(Change::ForgetNamespace(registry, namespace));
        there
    }

    pub(super) fn forget_registry(&mut self, registry: &str) -> bool {
        let there = self.registry(registry).is_some();
        self.change(Change::ForgetRegistry(registry.to_owned()));
        there
    }

    fn change(&mut self, change: Change) {
        self.now.change(change.clone());
        self.changes.push(change);
    }

    /// Brings what was changed to the disk, if anything was. The user has been told of it.
    ///
    /// # Errors
    /// It cannot be written; what is in memory stays.
    pub(super) fn save(&mut self) -> Result<(), PinsError> {
        let changes = self.changes.clone();
        self.write(&changes)?;
        self.changes.clear();
        Ok(())
    }

    /// The same for what is newer of what the file has already, and for nothing that is seen for the first time.
    ///
    /// # Errors
    /// As [`Pins::save`].
    pub(super) fn save_what_follows(&mut self) -> Result<(), PinsError> {
        let changes = self.changes.iter().cloned();
        let (following, first): (Vec<_>, _) =
            changes.partition(|change| self.kept.leads_to(change));
        self.write(&following)?;
        self.changes = first;
        Ok(())
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), PinsError> {
        let Some(path) = self.file.as_ref().filter(|_| !changes.is_empty()) else {
            return Ok(());
        };
        let failed = |source: io::Error| PinsError {
            action: "write",
            path: path.clone(),
            reason: source.to_string(),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        private::make_folder(folder).map_err(failed)?;
        // Given up when it is closed. Never removed, or whoever waits for it would hold the lock of a file that is gone.
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("trust.lock"))
            .map_err(failed)?;
        match lock.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(failed(error)),
            _ => {}
        }
        let mut contents = read(path)?;
        for change in changes {
            contents.change(change.clone());
        }
        let text = contents.to_text().map_err(|reason| PinsError {
            action: "write",
            path: path.clone(),
            reason,
        })?;
        // For nobody else: it says which registries somebody uses.
        private::write(path, text.as_bytes()).map_err(failed)?;
        self.kept = contents;
        Ok(())
    }
}

impl Contents {
    fn namespace(&self, registry: &str, namespace: &str) -> Option<&NamespacePin> {
        let mut all = self.namespaces.iter();
        all.find(|pin| pin.registry == registry && pin.set.namespace() == namespace)
    }

    fn registry(&self, registry: &str) -> Option<&RegistryPin> {
        let mut all = self.registries.iter();
        all.find(|pin| pin.registry == registry)
    }

    /// Whether a change is about something that is pinned, and goes on from there.
    fn leads_to(&self, change: &Change) -> bool {
        match change {
            Change::Namespace(pin) => self.namespace(&pin.registry, pin.set.namespace()).is_some(),
            Change::Registry(pin) => self.registry(&pin.registry).is_some(),
            Change::ForgetNamespace(..) | Change::ForgetRegistry(_) => false,
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Namespace(pin) => {
                let known = self.namespace(&pin.registry, pin.set.namespace());
                // Another command may have seen a newer one.
                if known.is_some_and(|known| known.set.number() > pin.set.number()) {
                    return;
                }
                self.forget_namespace(&pin.registry, pin.set.namespace());
                self.namespaces.push(pin);
            }
            Change::Registry(pin) => {
                let known = self.registry(&pin.registry);
                if known.is_some_and(|known| known.time > pin.time) {
                    return;
                }
                self.registries.retain(|one| one.registry != pin.registry);
                self.registries.push(pin);
            }
            Change::ForgetNamespace(registry, namespace) => {
                self.forget_namespace(&registry, &namespace);
            }
            Change::ForgetRegistry(registry) => {
                self.registries.retain(|one| one.registry != registry);
            }
        }
    }

    fn forget_namespace(&mut self, registry: &str, namespace: &str) {
        let other = |pin: &NamespacePin| {
            (pin.registry.as_str(), pin.set.namespace()) != (registry, namespace)
        };
        self.namespaces.retain(other);
    }
}

//! `trust.toml`: what the user has trusted so far. Written by `scaffold`; a person may take an entry out.
//!
//! ```text
//! version = 1
//!
//! [[namespace]]
//! registry = "https://packages.example.org/"
//! namespace = "acme"
//! set = 2
//! note = "{…}\n\n— acme …\n"             # the key set as its registry has it
//! confirmed = true                         # only where the user said that it is theirs, see `scaffold key trust`
//!
//! [[registry]]
//! registry = "https://packages.example.org/"
//! key = "packages.example.org+…"
//! time = "2026-01-31T12:00:00Z"            # the newest state that was seen
//! ```
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
use serde::{Deserialize, Serialize};

use crate::private;

/// The only format there is.
const FORMAT: u32 = 1;

/// Most bytes in the file: what is longer was not written by this program.
const BYTES: u64 = 4 * 1024 * 1024;

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
    now: Contents,
    changes: Vec<Change>,
}

#[derive(Debug, Default, Clone)]
struct Contents {
    namespaces: Vec<NamespacePin>,
    registries: Vec<RegistryPin>,
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
    action: &'static str,
    path: PathBuf,
    reason: String,
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
        Ok(Self {
            now: read(&path)?,
            file: Some(path),
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
        let mut all = self.now.registries.iter();
        all.find(|pin| pin.registry == registry)
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

    /// Brings what was changed to the disk, if anything was.
    ///
    /// # Errors
    /// It cannot be written; what is in memory stays.
    pub(super) fn save(&mut self) -> Result<(), PinsError> {
        let Some(path) = self.file.as_ref().filter(|_| !self.changes.is_empty()) else {
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
        for change in &self.changes {
            contents.change(change.clone());
        }
        let text = contents.to_text().map_err(|reason| PinsError {
            action: "write",
            path: path.clone(),
            reason,
        })?;
        // For nobody else: it says which registries somebody uses.
        private::write(path, text.as_bytes()).map_err(failed)?;
        self.changes.clear();
        Ok(())
    }
}

impl Contents {
    fn namespace(&self, registry: &str, namespace: &str) -> Option<&NamespacePin> {
        let mut all = self.namespaces.iter();
        all.find(|pin| pin.registry == registry && pin.set.namespace() == namespace)
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
                let mut all = self.registries.iter();
                if all.any(|known| known.registry == pin.registry && known.time > pin.time) {
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

    fn to_text(&self) -> Result<String, String> {
        let mut document = Document {
            version: FORMAT,
            namespaces: Vec::new(),
            registries: Vec::new(),
        };
        for pin in &self.namespaces {
            document.namespaces.push(NamespaceEntry {
                registry: pin.registry.clone(),
                namespace: pin.set.namespace().to_owned(),
                set: pin.set.number(),
                note: pin.set.to_note(),
                confirmed: pin.confirmed,
            });
        }
        for pin in &self.registries {
            document.registries.push(RegistryEntry {
                registry: pin.registry.clone(),
                key: pin.key.clone(),
                time: humantime::format_rfc3339_seconds(pin.time).to_string(),
            });
        }
        // In one order, whoever was first.
        document
            .namespaces
            .sort_by(|a, b| (&a.registry, &a.namespace).cmp(&(&b.registry, &b.namespace)));
        document
            .registries
            .sort_by(|a, b| a.registry.cmp(&b.registry));
        let body = toml::to_string(&document).map_err(|error| error.to_string())?;
        Ok(format!(
            "# Written by scaffold: whose packages were trusted so far. See `scaffold key trust`.\n{body}"
        ))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default, rename = "namespace", skip_serializing_if = "Vec::is_empty")]
    namespaces: Vec<NamespaceEntry>,
    #[serde(default, rename = "registry", skip_serializing_if = "Vec::is_empty")]
    registries: Vec<RegistryEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamespaceEntry {
    registry: String,
    namespace: String,
    set: u32,
    note: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    confirmed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryEntry {
    registry: String,
    key: VerifyingKey,
    time: String,
}

fn read(path: &Path) -> Result<Contents, PinsError> {
    let failed = |reason: String| PinsError {
        action: "read",
        path: path.to_owned(),
        reason,
    };
    let text = private::read(path, BYTES).map_err(|error| failed(error.to_string()))?;
    let Some(text) = text else {
        return Ok(Contents::default());
    };
    let document: Document = toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
    if document.version != FORMAT {
        return Err(failed(format!(
            "it has format {}, and this scaffold reads {FORMAT}; use the newer scaffold that wrote it",
            document.version
        )));
    }
    let mut contents = Contents::default();
    for entry in document.namespaces {
        let set = KeySet::read(&entry.namespace, entry.set, &entry.note)
            .map_err(|error| failed(format!("{error}; take the entry out")))?;
        contents.namespaces.push(NamespacePin {
            registry: entry.registry,
            set,
            confirmed: entry.confirmed,
        });
    }
    for entry in document.registries {
        let time = humantime::parse_rfc3339(&entry.time)
            .map_err(|error| failed(format!("{}: {error}", entry.time)))?;
        contents.registries.push(RegistryPin {
            registry: entry.registry,
            key: entry.key,
            time,
        });
    }
    Ok(contents)
}

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

use std::path::Path;

use scaffold_registry::keys::{KeySet, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::{
    PinsError,
    pins::{Contents, NamespacePin, RegistryPin},
};
use crate::private;

/// The only format there is.
const FORMAT: u32 = 1;

/// Most bytes in the file: what is longer was not written by this program.
const BYTES: u64 = 4 * 1024 * 1024;

impl Contents {
    /// As the file has it.
    ///
    /// # Errors
    /// It cannot be written down.
    pub(super) fn to_text(&self) -> Result<String, String> {
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

/// What the file says; nothing where there is none.
///
/// # Errors
/// It cannot be read, or was not written by this program.
pub(super) fn read(path: &Path) -> Result<Contents, PinsError> {
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

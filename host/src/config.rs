//! The user's `config.toml`: what holds for every project of theirs. No project and no package can change it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{grants::Policy, sandbox::Limits};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Namespace → registry.
    #[serde(default)]
    pub registries: BTreeMap<String, String>,
    /// What a package may use.
    #[serde(default)]
    pub limits: Limits,
    /// What is always allowed, and what never.
    #[serde(default)]
    pub policy: Policy,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {reason}", path.display())]
pub struct ConfigError {
    pub path: PathBuf,
    pub reason: String,
}

impl Config {
    /// Reads `config.toml` in the user's folder for it; without a folder or a file nothing is configured.
    ///
    /// # Errors
    /// It cannot be read, or says something unknown.
    pub fn read(folder: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = folder.map(|folder| folder.join("config.toml")) else {
            return Ok(Self::default());
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            // A home of `/dev/null`, as some services have it, holds no configuration either.
            Err(e)
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(Self::default());
            }
            Err(e) => {
                let reason = e.to_string();
                return Err(ConfigError { path, reason });
            }
        };
        toml::from_str(&text).map_err(|e| ConfigError {
            path,
            reason: e.to_string(),
        })
    }
}

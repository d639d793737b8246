//! The user's `config.toml`: what holds for every project of theirs. No project and no package can change it.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de};

use crate::{grants::Policy, sandbox::Limits};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Namespace → registry.
    #[serde(default)]
    pub registries: BTreeMap<String, Registry>,
    /// What a package may use.
    #[serde(default)]
    pub limits: Limits,
    /// What is always allowed, and what never.
    #[serde(default)]
    pub policy: Policy,
}

/// Where a namespace's packages come from: a text, or a table where there is more to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// A folder or an address. It is the registry's name, also where a mirror is asked.
    pub url: String,
    pub network: Network,
}

/// How a registry on the network is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Where to read instead.
    pub mirror: Option<String>,
    /// Certificates to trust as well, a PEM file; relative to the folder of `config.toml`.
    pub ca: Option<PathBuf>,
    /// The address of a proxy; none: what the environment says (`HTTPS_PROXY`, `NO_PROXY` and the like).
    pub proxy: Option<String>,
}

impl<'de> Deserialize<'de> for Registry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AsRegistry)
    }
}

struct AsRegistry;

impl<'de> de::Visitor<'de> for AsRegistry {
    type Value = Registry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a folder, an address, or a table with `url`")
    }

    fn visit_str<E: de::Error>(self, url: &str) -> Result<Registry, E> {
        Ok(Registry {
            url: url.to_owned(),
            network: Network::default(),
        })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Registry, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            url: String,
            mirror: Option<String>,
            ca: Option<PathBuf>,
            proxy: Option<String>,
        }
        let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Registry {
            url: table.url,
            network: Network {
                mirror: table.mirror,
                ca: table.ca,
                proxy: table.proxy,
            },
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_text_or_a_table() {
        let read = |text: &str| toml::from_str::<Config>(text);
        let config = read(
            "[registries]\nacme = \"https://a.example/\"\n[registries.corp]\nurl = \"https://b.example/\"\n\
             mirror = \"https://m.example/\"\nca = \"corp.pem\"\nproxy = \"http://proxy.example:3128\"\n",
        )
        .unwrap();
        assert_eq!(config.registries["acme"].url, "https://a.example/");
        assert_eq!(config.registries["acme"].network, Network::default());
        let corp = &config.registries["corp"].network;
        assert_eq!(corp.ca.as_deref(), Some(Path::new("corp.pem")));
        for (text, why) in [
            ("acme = 1", "a folder, an address, or a table"),
            ("acme = {}", "missing field `url`"),
            ("acme = {url=\"x\",token=\"y\"}", "unknown field `token`"),
        ] {
            let error = read(&format!("[registries]\n{text}\n"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}

//! How registries on the network are reached: mirror, proxy, certificates, and who says that it asks.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use scaffold_registry::{Access, Address, Token, Watch};

use super::{Network, SourcesError};
use crate::{config, credentials::Credentials, store::Store};

/// Holds the token for the one registry that the user named.
pub const TOKEN: &str = "SCAFFOLD_TOKEN";

/// What holds for every registry of a run, and what the user's `config.toml` says of some.
#[derive(Clone, Default)]
pub struct Reach {
    pub offline: bool,
    pub store: Store,
    pub credentials: Credentials,
    /// What [`TOKEN`] holds.
    pub token: Option<String>,
    pub watch: Option<Watch>,
    /// By address.
    networks: BTreeMap<String, config::Network>,
    /// The folder that certificates are named from.
    folder: PathBuf,
    /// The one address [`Reach::token`] is for.
    named: Option<String>,
}

impl Reach {
    /// What is kept is in `store`; offline nothing else is looked at.
    #[must_use]
    pub fn new(store: Store, offline: bool, credentials: Credentials) -> Self {
        Self {
            store,
            offline,
            credentials,
            ..Self::default()
        }
    }

    /// `flags`: each `--registry`. A project has no say: neither in how a registry is reached nor in who gets a token.
    #[must_use]
    pub fn by(
        mut self,
        flags: &[String],
        configured: &BTreeMap<String, config::Registry>,
        folder: Option<&Path>,
    ) -> Self {
        let address = |place: &str| {
            let network = Network::parse(place).ok().flatten();
            network.map(|network| network.address.as_str().to_owned())
        };
        let network =
            |registry: &config::Registry| Some((address(&registry.url)?, registry.network.clone()));
        self.networks = configured.values().filter_map(network).collect();
        self.folder = folder.map(Path::to_owned).unwrap_or_default();
        let place = |flag: &String| {
            flag.rsplit_once('=')
                .map_or(flag.clone(), |(_, p)| p.into())
        };
        let flagged: Vec<String> = flags.iter().filter_map(|f| address(&place(f))).collect();
        self.named = match flagged.is_empty() {
            false => only(flagged),
            true => only(self.networks.keys().cloned().collect()),
        };
        self
    }

    /// What it takes to reach the registry at an address.
    ///
    /// # Errors
    /// A file that the configuration names cannot be read, or the configuration is wrong.
    pub fn access(&self, address: &Address) -> Result<Access, SourcesError> {
        let network = self.networks.get(address.as_str());
        let network = network.cloned().unwrap_or_default();
        let mirror = network.mirror.as_deref().map(Address::parse).transpose()?;
        let ca = network.ca.map(|path| self.folder.join(path));
        let ca = ca.map(|path| fs::read(&path).map_err(|source| SourcesError::Ca { path, source }));
        Ok(Access {
            token: self.token_for(mirror.as_ref().unwrap_or(address))?,
            mirror,
            ca: ca.transpose()?,
            proxy: network.proxy,
            watch: self.watch.clone(),
        })
    }

    fn token_for(&self, asked: &Address) -> Result<Option<Token>, SourcesError> {
        match &self.token {
            Some(token) if self.named.as_deref() == Some(asked.as_str()) => {
                let token = Token::parse(token).ok_or(SourcesError::Token)?;
                Ok(Some(token))
            }
            _ => Ok(self.credentials.token(asked)?),
        }
    }
}

/// The only one there is.
fn only(mut all: Vec<String>) -> Option<String> {
    all.dedup();
    let first = all.pop();
    first.filter(|_| all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(flags: &[&str], configured: &[(&str, &str)]) -> Reach {
        let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        let registry = |(name, url): &(&str, &str)| {
            let network = config::Network {
                mirror: (*name == "mirrored").then(|| "https://mirror.example/m".into()),
                ..config::Network::default()
            };
            let url = (*url).to_owned();
            ((*name).to_owned(), config::Registry { url, network })
        };
        let reach = Reach {
            token: Some("secret".into()),
            ..Reach::default()
        };
        reach.by(&flags, &configured.iter().map(registry).collect(), None)
    }

    #[test]
    fn the_token_of_the_environment_is_for_the_one_registry_the_user_named() {
        let gets = |reach: &Reach, url| {
            let access = reach.access(&Address::parse(url).unwrap()).unwrap();
            access.token.is_some()
        };
        let (a, b) = ("https://a.example/", "https://b.example/");
        let flagged = reach(&["acme=https://a.example"], &[("b", b)]);
        assert!(gets(&flagged, a) && !gets(&flagged, b));
        let configured = reach(&["folder"], &[("b", b), ("c", b), ("d", "a/folder")]);
        assert!(!gets(&configured, a) && gets(&configured, b));
        for several in [reach(&[], &[("a", a), ("b", b)]), reach(&[a, b], &[])] {
            assert!(!gets(&several, a) && !gets(&several, b));
        }
        let none = reach(&[], &[]);
        assert!(!gets(&none, a), "a project named it");
        let mirrored = reach(&[a], &[("mirrored", a)]);
        assert!(!gets(&mirrored, a), "a mirror is somebody else");
    }
}

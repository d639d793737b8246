//! Where a package goes.

use std::{fmt, sync::Arc};

use scaffold_registry::{
    Address, PackageName, Registry, Release, Source as _, Statement,
    api::Api,
    keys::{Chain, KeySet},
    publish::{self, Yank},
    storage::Storage,
};
use semver::Version;

use crate::{
    commands::{key, registry::storage},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
};

/// A registry to write to.
pub struct Target {
    /// As a user names it.
    name: String,
    to: To,
}

enum To {
    /// A folder, a bucket, an OCI registry: written to directly.
    Storage(Arc<dyn Storage>),
    /// A publish server.
    Server(Box<Api>, Address),
}

impl Target {
    /// The registry that `--registry` names, or else the one that the user has configured for a namespace.
    ///
    /// # Errors
    /// There is none, there are several, or it cannot be written to.
    pub fn of(context: &Context, namespace: &str) -> Result<Self, CommandError> {
        let hint = "scaffold publish DIR --registry WHERE: a folder, https://… of a publish server, or oci://…";
        let registries = context.config()?.registries;
        let place = match context.globals.registry.as_slice() {
            [place] => place
                .split_once('=')
                .map_or(place.as_str(), |(_, place)| place),
            [] => match registries.get(namespace) {
                Some(registry) => registry.url.as_str(),
                None => {
                    let error = "publishing needs a registry";
                    return Err(CommandError::usage(error).hint(hint));
                }
            },
            _ => {
                return Err(CommandError::usage(
                    "publishing needs one registry, and several were given",
                )
                .hint(hint));
            }
        };
        let is_server = place.starts_with("https://") || place.starts_with("http://");
        if context.globals.offline && place.contains("://") {
            return Err(CommandError::usage(format!(
                "{place} is not on this machine, and offline nothing else is written to"
            )));
        }
        if !is_server {
            return Self::stored(context, place);
        }
        let address = Address::parse(place).kind(ErrorKind::Usage)?;
        let access = context.reach(&registries).access(&address)?;
        let api = Api::of(&address, access)?;
        Ok(Self {
            name: address.as_str().to_owned(),
            to: To::Server(Box::new(api), address),
        })
    }

    /// A registry that is written to directly: a folder, a bucket, or inside an OCI registry.
    ///
    /// # Errors
    /// Nothing can be kept at such an address.
    pub fn stored(context: &Context, place: &str) -> Result<Self, CommandError> {
        let storage = storage(context, place)?;
        Ok(Self {
            name: match place.contains("://") {
                true => place.to_owned(),
                false => storage.place(""),
            },
            to: To::Storage(storage),
        })
    }

    /// Whether others see at once what is published there.
    pub fn is_shared(&self) -> bool {
        match &self.to {
            To::Storage(storage) => !storage.is_local(),
            To::Server(..) => true,
        }
    }

    /// Whether the user may try to publish a package of a namespace there; the registry decides in the end.
    ///
    /// # Errors
    /// There is no key to sign it with, or no token.
    pub fn check(&self, context: &Context, namespace: &str) -> Result<(), CommandError> {
        if self.is_shared() && key::key_of(context, namespace)?.is_none() {
            let error = format!(
                "there is no key for {namespace} on this machine, and what nobody signed could not be used from {self}"
            );
            return Err(CommandError::usage(error).hint(format!(
                "scaffold key new {namespace} makes a key to sign with"
            )));
        }
        match &self.to {
            To::Storage(_) => Ok(()),
            To::Server(api, _) => Ok(api.check_token()?),
        }
    }

    /// The keys of a namespace, as the registry has them.
    ///
    /// # Errors
    /// It cannot be asked, or they are broken.
    pub fn chain(&self, context: &Context, namespace: &str) -> Result<Option<Chain>, CommandError> {
        match &self.to {
            To::Storage(storage) => publish::chain(&**storage, namespace).kind(ErrorKind::Failed),
            To::Server(_, address) => {
                let registries = context.config()?.registries;
                let access = context.reach(&registries).access(address)?;
                // Asked itself: a mirror may be behind.
                let access = scaffold_registry::Access {
                    mirror: None,
                    ..access
                };
                let source = Registry::over(scaffold_registry::Http::new(address, access));
                Ok(source.chain(namespace)?)
            }
        }
    }

    /// Puts the key sets there that the registry does not have yet, oldest first.
    ///
    /// # Errors
    /// The registry has other keys for the namespace; it cannot be asked, refuses them, or cannot be written.
    pub fn put_chain(&self, context: &Context, own: &Chain) -> Result<(), CommandError> {
        let namespace = own.newest().namespace();
        let there = self.chain(context, namespace)?;
        let sets = own.beyond(there.as_ref()).ok_or_else(|| {
            CommandError::integrity(format!(
                "the keys of {namespace} in {self} are not those on this machine"
            ))
            .hint("they were changed on another machine, so bring its keys folder here; or somebody else publishes there under this name")
        })?;
        sets.iter().try_for_each(|set| self.put_keys(set))
    }

    /// Puts a key set there; the same once more is fine.
    ///
    /// # Errors
    /// It is refused, or cannot be written.
    pub fn put_keys(&self, set: &KeySet) -> Result<(), CommandError> {
        match &self.to {
            To::Storage(storage) => publish::put_keys(&**storage, set).kind(ErrorKind::Failed),
            To::Server(api, _) => {
                Ok(api.put_keys(set.namespace(), set.number(), &set.to_note())?)
            }
        }
    }

    /// Puts a version there.
    ///
    /// # Errors
    /// The version is taken, it is refused, or cannot be written.
    pub fn publish(&self, statement: &Statement, archive: &[u8]) -> Result<Release, CommandError> {
        let release = &statement.release;
        match &self.to {
            To::Storage(storage) => {
                publish::publish(&**storage, statement, archive).kind(ErrorKind::Failed)
            }
            To::Server(api, _) => {
                let note = statement.to_note();
                api.publish(&release.name, &release.version, &note, archive)?;
                Ok(release.clone())
            }
        }
    }

    /// Takes a version back, or with no yank lets it be found again.
    ///
    /// # Errors
    /// Nobody published it, it is refused, or cannot be written.
    pub fn yank(
        &self,
        name: &PackageName,
        version: &Version,
        yank: Option<&Yank>,
    ) -> Result<(), CommandError> {
        match (&self.to, yank) {
            (To::Storage(storage), Some(yank)) => {
                publish::yank(&**storage, name, version, yank).kind(ErrorKind::Failed)?;
            }
            (To::Storage(storage), None) => {
                publish::unyank(&**storage, name, version).kind(ErrorKind::Failed)?;
            }
            (To::Server(api, _), Some(yank)) => {
                api.yank(name, version, &yank.reason, yank.security)?;
            }
            (To::Server(api, _), None) => api.unyank(name, version)?,
        }
        Ok(())
    }

    /// What a user has to add to a command for a package to be found there.
    pub fn flag(&self, namespace: &str) -> String {
        format!(" --registry {namespace}={self}")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

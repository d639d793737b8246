//! Why a package is not believed.

use scaffold_registry::{SourceError, keys::VerifyingKey};

use super::listed;

#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{package} from {registry} is not to be trusted: {reason}")]
    Refused {
        package: String,
        registry: String,
        reason: String,
    },
    #[error("{package} is signed by a key that was revoked: {key}")]
    Revoked { package: String, key: VerifyingKey },
    #[error("{registry} has no keys for {namespace}, so nothing of {namespace} can be checked")]
    NoKeys { registry: String, namespace: String },
    #[error(
        "the keys of {namespace} in {registry} are not those that were trusted, and those have not signed the change\n  trusted: {}\n  now:     {}",
        listed(pinned),
        listed(found)
    )]
    Changed {
        registry: String,
        namespace: String,
        pinned: Vec<VerifyingKey>,
        found: Vec<VerifyingKey>,
    },
    #[error("{registry} has lost key set {number} of {namespace}, which it had")]
    Lost {
        registry: String,
        namespace: String,
        number: u32,
    },
    #[error("the keys of {namespace} in {registry} were changed by somebody who may not: {reason}")]
    Chain {
        registry: String,
        namespace: String,
        reason: String,
    },
    #[error(
        "scaffold.lock has packages of {namespace} signed by {locked}, which {registry} does not know; it has {}",
        listed(found)
    )]
    Locked {
        registry: String,
        namespace: String,
        locked: VerifyingKey,
        found: Vec<VerifyingKey>,
    },
    #[error("scaffold.lock says that {package} is signed by {locked}, and it is signed by {found}")]
    Signer {
        package: String,
        locked: VerifyingKey,
        found: VerifyingKey,
    },
    #[error("{registry} is not to be trusted: {reason}")]
    State { registry: String, reason: String },
    #[error(
        "the key of {registry} itself has changed\n  trusted: {pinned}\n  now:     {}", found.as_ref().map_or("none".to_owned(), ToString::to_string)
    )]
    RegistryKey {
        registry: String,
        pinned: VerifyingKey,
        found: Option<VerifyingKey>,
    },
    #[error(
        "{key} is not among the keys that {registry} has now: {}",
        listed(found)
    )]
    NotTheirs {
        registry: String,
        key: VerifyingKey,
        found: Vec<VerifyingKey>,
    },
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl TrustError {
    /// What to do.
    pub fn hint(&self) -> Option<String> {
        let ask = "ask its author, by another way than this registry, for the key that is right";
        match self {
            Self::Refused { .. } => Some(
                "packages from a registry are signed by their authors; tell whoever runs it. Nothing was written".into(),
            ),
            Self::Revoked { .. } => Some(
                "its author says that others may have the key; take a version that was signed since. Nothing was written".into(),
            ),
            Self::NoKeys { .. } => Some(
                "a namespace's keys are published with its first package; tell whoever runs the registry".into(),
            ),
            Self::Changed { namespace, .. }
            | Self::Lost { namespace, .. }
            | Self::Locked { namespace, .. }
            | Self::Chain { namespace, .. } => Some(format!(
                "{ask}; only if it is the new one: scaffold key trust {namespace} --key KEY. Nothing was written"
            )),
            Self::Signer { .. } => Some(
                "either scaffold.lock was edited, so restore it (`git checkout scaffold.lock`), or the registry is not to be trusted. Nothing was written".into(),
            ),
            Self::State { registry, .. } | Self::RegistryKey { registry, .. } => Some(format!(
                "somebody may be showing you an old copy; ask whoever runs it, and if all is well there: scaffold key trust {registry} --forget. Nothing was written"
            )),
            Self::NotTheirs { .. } => Some(ask.into()),
            Self::Source(_) => None,
        }
    }
}

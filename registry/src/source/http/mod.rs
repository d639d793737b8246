//! A registry on a web server.

mod access;
pub(super) mod address;
pub mod api;
pub(super) mod body;
pub(super) mod client;
pub(super) mod retry;
pub(super) mod trouble;

pub use access::{Access, Token, Watch};
pub use address::{Address, HttpError};

use body::Ask;
use client::Client;

use super::{Fetch, Fetched, Object, Registry, SourceError};

/// Gets files of a registry over HTTPS; over plain HTTP only from this machine.
///
/// Answers are bounded in length and in time, redirects stay on the same host, and nothing that tells who asks
/// is sent but the token, if there is one. What may pass is tried again. The connection is set up at the first file, so
/// a source that is not asked costs nothing.
pub struct Http {
    id: String,
    client: Client,
}

impl Http {
    /// The source over the registry at `url`, the folder that holds `v1/`; connects to nothing yet.
    ///
    /// # Errors
    /// When `url` is none, is not HTTPS (nor this machine), or carries a password, a query or a fragment.
    pub fn open(url: &str) -> Result<Registry<Self>, HttpError> {
        let http = Self::new(&Address::parse(url)?, Access::default());
        Ok(Registry::over(http))
    }

    /// What gets files from `address`, or from the mirror that `access` names; connects to nothing yet.
    #[must_use]
    pub fn new(address: &Address, access: Access) -> Self {
        let asked = access.mirror.clone().unwrap_or_else(|| address.clone());
        Self {
            id: address.as_str().to_owned(),
            client: Client::new(asked, access),
        }
    }
}

impl Fetch for Http {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self, object: &Object<'_>) -> String {
        self.client.url(&object.path())
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        let url = self.place(object);
        let ask = Ask {
            place: url.clone(),
            url,
            limit,
            known,
            archive: matches!(object, Object::Blob(..)),
        };
        body::get(&self.client, &ask)
    }
}

#[cfg(test)]
mod tests;

//! A registry inside an OCI registry, the kind that holds container images.
//!
//! Below the address's path there is a repository for every package; general tools can pull a version from it by tag or
//! by digest:
//!
//! ```text
//! <path>/<namespace>/<name>:<version>          config: the author's statement; layer: the archive
//! <path>/<namespace>/<name>:index              the package's index; derived
//! <path>/<namespace>/<name>:yanked-<version>   why the version was taken back
//! <path>/<namespace>/keys.scaffold:<n>         key set n of the namespace
//! <path>/registry.scaffold:config              what the registry says about itself
//! <path>/registry.scaffold:search-<shard>      the search data; derived
//! ```
//!
//! Each is an image manifest with an `artifactType`. Payloads of up to a mebibyte, so all but archives, stand in the
//! manifest as well (the descriptor's `data`): one request gets them, and the manifest's digest is the tag to ask again
//! with. What was taken away is a manifest whose layer is the specification's empty one, since few registries let a tag
//! be removed.

mod artifact;
mod challenge;
mod client;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod push;
mod storage;

use std::borrow::Cow;

use reqwest::StatusCode;

use self::artifact::{Descriptor, MANIFEST, MANIFEST_BYTES, Manifest, Spot};
use self::client::{Ask, Client};
use super::{Access, Address, Fetch, Fetched, HttpError, Object, Registry, SourceError};
use crate::Digest;

pub use storage::Artifacts;

/// What an address begins with.
pub const SCHEME: &str = "oci://";

/// Where a registry says what the manifest it sends hashes to, if by a hash that is known here.
const DIGEST: &str = "Docker-Content-Digest";

/// Most bytes in the path of an address: with a namespace and a name behind it, a repository may have 255.
const PATH_BYTES: usize = 120;

/// Gets files of a registry from an OCI registry, over HTTPS; over plain HTTP only from this machine.
///
/// Bounded in length and in time as [`super::Http`] is. A blob may come from another host, as registries keep them in
/// storage elsewhere; who asks is told to the registry alone, and to the token server it names.
pub struct Oci {
    id: String,
    /// The path of the address, with a slash at its end where there is one.
    path: String,
    client: Client,
}

impl Oci {
    /// The source over the registry at `oci://HOST[:PORT]/PATH`; connects to nothing yet.
    ///
    /// # Errors
    /// When `url` is none, or carries a password.
    pub fn open(url: &str) -> Result<Registry<Self>, HttpError> {
        Ok(Registry::over(Self::new(url, Access::default())?))
    }

    /// What gets files from `url`, as [`Oci::open`]. A token is `USER:PASSWORD`, or one that goes with any user; a mirror is
    /// nothing an OCI registry has.
    ///
    /// # Errors
    /// As [`Oci::open`].
    pub fn new(url: &str, access: Access) -> Result<Self, HttpError> {
        let address = Self::address(url)?;
        let base = address.url();
        let path = base.path().trim_start_matches('/').to_owned();
        let port = base.port().map(|port| format!(":{port}"));
        let host = base.host_str().unwrap_or_default();
        let id = format!("{SCHEME}{host}{}/{path}", port.unwrap_or_default());
        Ok(Self {
            id: id.trim_end_matches('/').to_owned(),
            path,
            client: Client::new(address, access),
        })
    }

    /// The address at which such a registry is asked, and under which its token is kept.
    ///
    /// # Errors
    /// As [`Oci::open`].
    pub fn address(url: &str) -> Result<Address, HttpError> {
        let refuse = |url: &str, reason: &str| HttpError {
            url: url.chars().take(200).collect(),
            reason: reason.to_owned(),
        };
        let rest = url.strip_prefix(SCHEME).unwrap_or(url);
        if let Some((_, host)) = rest.rsplit_once('@') {
            // What stands before it is not repeated: it may be a secret.
            let reason = "it carries a user, a password or a digest; write only oci://host/path";
            return Err(refuse(host, reason));
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_end_matches('/');
        if host.is_empty() {
            return Err(refuse(url, "it names no host; write oci://host/path"));
        }
        if path.len() > PATH_BYTES {
            let reason = format!("its path is longer than {PATH_BYTES} characters");
            return Err(refuse(url, &reason));
        }
        if !path.is_empty() && !path.split('/').all(is_component) {
            let reason = "a part of its path is none a repository may have: lower-case letters and digits, with `.`, `_` or `-` between them";
            return Err(refuse(url, reason));
        }
        // By plain http only on this machine, and there only so.
        Address::parse(&format!("http://{host}/{path}"))
            .or_else(|_| Address::parse(&format!("https://{host}/{path}")))
            .map_err(|error| refuse(url, &error.reason.replace("https://", SCHEME)))
    }

    /// The full name of a repository below the address's path.
    fn repository(&self, repository: &str) -> String {
        format!("{}{repository}", self.path)
    }

    /// The manifest of an object; `known` is the tag of the one that one has.
    fn manifest(&self, object: &Object<'_>, known: Option<&str>) -> Result<Answer, SourceError> {
        let place = self.place(object);
        let spot = Spot::of(object);
        let repository = self.repository(&spot.repository);
        let mut headers = vec![("Accept", MANIFEST)];
        headers.extend(known.map(|known| ("If-None-Match", known)));
        let what = format!("manifests/{}", spot.reference);
        let url = self.client.url(&repository, &what);
        let answer = self.client.ask(&Ask {
            headers: &headers,
            ..Ask::get(&place, &repository, url, MANIFEST_BYTES)
        })?;
        let (bytes, said) = match answer {
            None => return Ok(Answer::Missing),
            Some(answer) if answer.status == StatusCode::NOT_MODIFIED && known.is_some() => {
                return Ok(Answer::Same);
            }
            Some(answer) => {
                let said = answer.headers.get(DIGEST);
                let said = said.and_then(|said| said.to_str().ok().map(str::to_owned));
                (answer.bytes, said)
            }
        };
        let digest = Digest::of(&bytes);
        let said = said.and_then(|said| said.parse::<Digest>().ok());
        if said.is_some_and(|said| said != digest) {
            let reason = "it does not hash to the digest that came with it";
            return Err(broken(&place, reason.to_owned()));
        }
        if known.is_some_and(|known| *known == *tag(&digest)) {
            return Ok(Answer::Same);
        }
        match serde_json::from_slice(&bytes) {
            Ok(manifest) => Ok(Answer::Manifest(Box::new(manifest), digest)),
            Err(error) => Err(broken(&place, format!("it is no image manifest ({error})"))),
        }
    }

    /// The bytes that a manifest speaks of, from the manifest itself or from the blob.
    fn payload(
        &self,
        object: &Object<'_>,
        found: &Descriptor,
        limit: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let place = self.place(object);
        if found.size > limit {
            return Err(SourceError::TooLong { place, limit });
        }
        let bytes = match found.inline() {
            Some(bytes) => bytes,
            None => self
                .blob(object, &found.digest, found.size)?
                .ok_or_else(|| broken(&place, format!("its blob {} is missing", found.digest)))?,
        };
        if bytes.len() as u64 != found.size {
            let reason = format!(
                "it says that it holds {} bytes, and holds {}",
                found.size,
                bytes.len()
            );
            return Err(broken(&place, reason));
        }
        if Digest::of(&bytes) != found.digest {
            let reason = format!("what it holds does not hash to {}", found.digest);
            return Err(broken(&place, reason));
        }
        Ok(bytes)
    }

    /// A blob out of the repository of an object, not yet compared with its digest.
    fn blob(
        &self,
        object: &Object<'_>,
        digest: &Digest,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, SourceError> {
        let place = self.place(object);
        let repository = self.repository(&Spot::of(object).repository);
        let url = self.client.url(&repository, &format!("blobs/{digest}"));
        let answer = self.client.ask(&Ask {
            elsewhere: true,
            ..Ask::get(&place, &repository, url, limit)
        })?;
        Ok(answer.map(|answer| answer.bytes))
    }
}

/// What asking for a manifest gave.
enum Answer {
    Missing,
    Same,
    Manifest(Box<Manifest>, Digest),
}

impl Fetch for Oci {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self, object: &Object<'_>) -> String {
        let Spot {
            repository,
            reference,
        } = Spot::of(object);
        let mark = match object {
            Object::Blob(..) => '@',
            _ => ':',
        };
        format!("{}/{repository}{mark}{reference}", self.id)
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        if let Object::Blob(digest, _) = object {
            return Ok(match self.blob(object, digest, limit)? {
                Some(bytes) => Fetched::Found {
                    bytes: Cow::Owned(bytes),
                    tag: None,
                },
                None => Fetched::Missing,
            });
        }
        let (manifest, digest) = match self.manifest(object, known)? {
            Answer::Manifest(manifest, digest) => (manifest, digest),
            Answer::Same => return Ok(Fetched::Same),
            Answer::Missing => return Ok(Fetched::Missing),
        };
        let payload = manifest
            .payload(object)
            .map_err(|reason| broken(&self.place(object), reason))?;
        Ok(match payload {
            Some(payload) => Fetched::Found {
                bytes: Cow::Owned(self.payload(object, payload, limit)?),
                tag: Some(tag(&digest)),
            },
            None => Fetched::Missing,
        })
    }
}

/// The entity tag of a manifest.
fn tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

fn broken(place: &str, reason: String) -> SourceError {
    SourceError::Broken {
        place: place.to_owned(),
        reason,
    }
}

/// Whether a repository's name may have this part, as the distribution specification says:
/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separated = part.split(plain).filter(|between| !between.is_empty());
    part.starts_with(plain)
        && part.ends_with(plain)
        && separated.all(|between| {
            matches!(between, "." | "_" | "__") || between.bytes().all(|b| b == b'-')
        })
}

#[cfg(test)]
mod tests;

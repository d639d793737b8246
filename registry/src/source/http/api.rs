//! What a publish server is told: packages, key sets, and what is taken back.
//!
//! A registry's `config.json` names its `api`, an address as seen from the registry's own (`api` is enough). There:
//!
//! ```text
//! PUT    v1/releases/<namespace>/<name>/<version>    u32 LE length, statement, u32 LE length, archive
//! PUT    v1/namespaces/<namespace>/<n>               key set n, a note
//! PUT    v1/yanks/<namespace>/<name>/<version>       {"reason":…,"security":…}
//! DELETE v1/yanks/<namespace>/<name>/<version>
//! GET    v1/me                                       whose token this is
//! ```
//!
//! Each means the same however often it arrives, so one whose answer was lost is sent again. Refusals are JSON:
//! `{"error":"a sentence","code":"version-exists"}`.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::time::Instant;

use reqwest::blocking::{Body, Response};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use semver::Version;
use serde::Deserialize;

use super::client::{Client, FILE, Failure, refusal};
use super::retry::Passing;
use super::{Access, Address, Http, Watch};
use crate::source::Registry;
use crate::{PackageName, SourceError};

/// Most bytes in an answer of the server.
const ANSWER_BYTES: u64 = 64 * 1024;
/// Most characters of a server's sentence that are passed on.
const SENTENCE: usize = 500;

/// Why a server did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// It is a registry that is only read.
    #[error("{registry} takes nothing over the network: its config.json names no `api`")]
    Missing {
        /// The registry's address.
        registry: String,
    },
    /// A token is for the registry's own host alone.
    #[error("{registry} names an `api` on another host, where no token is sent")]
    Elsewhere {
        /// The registry's address.
        registry: String,
    },
    /// Nobody is asked to publish without saying who does.
    #[error("{registry} has to be told who publishes, and there is no token for it")]
    NoToken {
        /// The registry's address.
        registry: String,
    },
    /// The server said no.
    #[error("{place}: {message}")]
    Refused {
        /// What it was asked.
        place: String,
        /// Its status.
        status: u16,
        /// What it calls the reason, such as `version-exists`.
        code: Option<String>,
        /// Its own sentence.
        message: String,
    },
    /// It could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Me {
    /// What the token is called.
    #[serde(default)]
    pub name: String,
    /// The namespaces it may publish in.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// When it stops working, in RFC 3339.
    #[serde(default)]
    pub expires: Option<String>,
}

/// The publishing side of a registry.
pub struct Api {
    client: Client,
    registry: String,
    has_token: bool,
}

impl Api {
    /// Asks the registry at `address` where its api is. Its own answer is asked for, never a mirror's.
    ///
    /// # Errors
    /// It cannot be asked, has no api, or names one on another host.
    pub fn of(address: &Address, access: Access) -> Result<Self, ApiError> {
        let access = Access {
            mirror: None,
            ..access
        };
        let registry = address.as_str().to_owned();
        let config = Registry::over(Http::new(address, access.clone()));
        let Some(api) = config.config()?.api.clone() else {
            return Err(ApiError::Missing { registry });
        };
        let Some(api) = address.within(&api) else {
            return Err(ApiError::Elsewhere { registry });
        };
        Ok(Self {
            has_token: access.token.is_some(),
            client: Client::new(api, access),
            registry,
        })
    }

    /// Whether there is a token at all, without which the server takes nothing.
    ///
    /// # Errors
    /// [`ApiError::NoToken`].
    pub fn check_token(&self) -> Result<(), ApiError> {
        match self.has_token {
            true => Ok(()),
            false => Err(ApiError::NoToken {
                registry: self.registry.clone(),
            }),
        }
    }

    /// Publishes a version: the author's statement as a note, and the archive it names.
    ///
    /// # Errors
    /// [`ApiError::Refused`] with the code `version-exists` where it has other contents already; else see [`ApiError`].
    pub fn publish(
        &self,
        name: &PackageName,
        version: &Version,
        note: &str,
        archive: &[u8],
    ) -> Result<(), ApiError> {
        let path = format!("v1/releases/{name}/{version}");
        let body = framed(note, archive).ok_or_else(|| {
            ApiError::Source(SourceError::TooLong {
                place: format!("{name} {version}"),
                limit: u64::from(u32::MAX),
            })
        })?;
        self.tell(Method::PUT, &path, "application/octet-stream", body)
    }

    /// Puts key set `number` of a namespace there.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub fn put_keys(&self, namespace: &str, number: u32, note: &str) -> Result<(), ApiError> {
        let path = format!("v1/namespaces/{namespace}/{number}");
        self.tell(Method::PUT, &path, "text/plain; charset=utf-8", note.into())
    }

    /// Takes a version back, with the reason.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub fn yank(
        &self,
        name: &PackageName,
        version: &Version,
        reason: &str,
        security: bool,
    ) -> Result<(), ApiError> {
        let body = serde_json::json!({ "reason": reason, "security": security }).to_string();
        let path = format!("v1/yanks/{name}/{version}");
        self.tell(Method::PUT, &path, "application/json", body.into())
    }

    /// Lets a version be found again.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub fn unyank(&self, name: &PackageName, version: &Version) -> Result<(), ApiError> {
        let path = format!("v1/yanks/{name}/{version}");
        self.tell(Method::DELETE, &path, "application/json", Vec::new())
    }

    /// Whose token it is; none where the server does not say.
    ///
    /// # Errors
    /// [`ApiError::Refused`] where the token is none of its own; else see [`ApiError`].
    pub fn me(&self) -> Result<Option<Me>, ApiError> {
        let asked = self.call(Method::GET, "v1/me", "application/json", &Vec::new().into());
        let answer = match asked {
            Err(ApiError::Refused { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let me = serde_json::from_slice(&answer).map_err(|error| SourceError::Broken {
            place: self.client.url("v1/me"),
            reason: error.to_string(),
        })?;
        Ok(Some(me))
    }

    fn tell(&self, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Result<(), ApiError> {
        self.call(method, path, kind, &body.into()).map(drop)
    }

    fn call(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: &Arc<[u8]>,
    ) -> Result<Vec<u8>, ApiError> {
        self.check_token()?;
        let place = self.client.url(path);
        let answer = self.client.attempt(|client, deadline| {
            let response = client.send(&place, |inner| {
                let request = inner.request(method.clone(), &place).timeout(FILE);
                if method == Method::GET {
                    return request;
                }
                let upload = Upload {
                    bytes: Cursor::new(Arc::clone(body)),
                    watch: client.access.watch.clone(),
                };
                let length = body.len() as u64;
                request
                    .header(CONTENT_TYPE, kind)
                    .body(Body::sized(upload, length))
            })?;
            answered(&place, response, deadline)
        })?;
        answer.map_err(|refused| *refused)
    }
}

/// The bytes of a success; or what was refused for good.
type Answer = Result<Vec<u8>, Box<ApiError>>;

fn answered(place: &str, response: Response, deadline: Instant) -> Result<Answer, Failure> {
    let status = response.status();
    let again = refusal(place, &response, true);
    if !status.is_success() && !matches!(again.passing, Passing::No) && Instant::now() < deadline {
        return Err(again);
    }
    let mut answer = Vec::new();
    let read = response.take(ANSWER_BYTES).read_to_end(&mut answer);
    if status.is_success() {
        return match read {
            Ok(_) => Ok(Ok(answer)),
            Err(error) => Err(Failure {
                error: SourceError::Fetch {
                    place: place.to_owned(),
                    reason: error.to_string(),
                },
                passing: Passing::Soon,
            }),
        };
    }
    #[derive(Default, Deserialize)]
    struct Refusal {
        error: String,
        code: Option<String>,
    }
    let said: Refusal = serde_json::from_slice(&answer).unwrap_or_default();
    let sentence: String = said.error.chars().take(SENTENCE).collect();
    Ok(Err(Box::new(ApiError::Refused {
        place: place.to_owned(),
        status: status.as_u16(),
        code: said.code.filter(|code| code.len() <= 64),
        message: match sentence.is_empty() {
            true => format!("the server answered {status}"),
            false => sentence,
        },
    })))
}

/// A statement and its archive in one body, each after its length.
fn framed(note: &str, archive: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(note.len() + archive.len() + 8);
    for part in [note.as_bytes(), archive] {
        body.extend_from_slice(&u32::try_from(part.len()).ok()?.to_le_bytes());
        body.extend_from_slice(part);
    }
    Some(body)
}

/// A body that says how far it is.
struct Upload {
    bytes: Cursor<Arc<[u8]>>,
    watch: Option<Watch>,
}

impl Read for Upload {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        if let Some(watch) = &self.watch {
            watch(self.bytes.position(), self.bytes.get_ref().len() as u64);
        }
        Ok(count)
    }
}

/// Whether a status says that the token will not do.
#[must_use]
pub fn is_about_the_token(status: u16) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]
        .iter()
        .any(|about| about.as_u16() == status)
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;

//! A registry on a web server.

use std::borrow::Cow;
use std::error::Error;
use std::io::Read;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::header::{ETAG, HeaderMap, IF_NONE_MATCH};
use reqwest::{StatusCode, Url, redirect};

use super::{Fetch, Fetched, Object, Registry, SourceError};

/// How long to wait for a connection.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for the next piece of an answer.
pub(super) const PIECE: Duration = Duration::from_secs(30);
/// How long one file may take in all, however steadily its bytes trickle in.
pub(super) const FILE: Duration = Duration::from_secs(300);
/// Most redirects followed for one file.
pub(super) const REDIRECTS: usize = 3;
/// Bytes read at once.
pub(super) const CHUNK: usize = 64 * 1024;
/// Most bytes in an `ETag`; one that is longer is as good as none.
const TAG_BYTES: usize = 256;

/// An address no registry can be at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} cannot be a registry's address: {reason}")]
pub struct HttpError {
    /// What was given.
    pub url: String,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// Gets files of a registry over HTTPS; over plain HTTP only from this machine.
///
/// Answers are bounded in length and in time, redirects stay on the same host, and nothing that tells who asks
/// is sent. The connection is set up at the first file, so a source that is not asked costs nothing.
pub struct Http {
    id: String,
    base: Url,
    file: Duration,
    client: OnceLock<Client>,
}

impl Http {
    /// The source over the registry at `url`, the folder that holds `v1/`; connects to nothing yet.
    ///
    /// # Errors
    /// When `url` is none, is not HTTPS (nor this machine), or carries a password, a query or a fragment.
    pub fn open(url: &str) -> Result<Registry<Self>, HttpError> {
        Ok(Registry::over(Self::new(url)?))
    }

    fn new(url: &str) -> Result<Self, HttpError> {
        let refuse = |reason: &str| HttpError {
            url: url.chars().take(200).collect(),
            reason: reason.to_owned(),
        };
        let mut base = Url::parse(url)
            .map_err(|error| refuse(&format!("{error}; write https://host/path")))?;
        if !base.username().is_empty() || base.password().is_some() {
            // Not repeated in the message: it may be a secret.
            let reason =
                "it carries a user or a password, which would end up in lock files; take them out"
                    .to_owned();
            return Err(HttpError {
                url: base.host_str().unwrap_or_default().to_owned(),
                reason,
            });
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refuse(
                "it has a `?` or a `#`; write only https://host/path",
            ));
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            "http" => return Err(refuse("plain http can be changed on the way; write https")),
            _ => return Err(refuse("only https can be used; write https://host/path")),
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self {
            id: base.to_string(),
            base,
            file: FILE,
            client: OnceLock::new(),
        })
    }

    fn client(&self) -> Result<&Client, SourceError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // One provider for the process; whoever came first is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("scaffold/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(PIECE)
            .referer(false)
            .redirect(redirect::Policy::custom(follow));
        if is_loopback(&self.base) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| SourceError::Fetch {
            place: self.id.clone(),
            reason: reasons(&error),
        })?;
        Ok(self.client.get_or_init(|| client))
    }

    fn failed(&self, object: &Object<'_>, reason: impl Into<String>) -> SourceError {
        SourceError::Fetch {
            place: self.place(object),
            reason: reason.into(),
        }
    }

    fn read(
        &self,
        mut response: Response,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let too_long = || SourceError::TooLong {
            place: self.place(object),
            limit,
        };
        if response
            .content_length()
            .is_some_and(|length| length > limit)
        {
            return Err(too_long());
        }
        let deadline = Instant::now() + self.file;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = response
                .read(&mut chunk)
                .map_err(|error| self.failed(object, reasons(&error)))?;
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&chunk[..count]);
            if bytes.len() as u64 > limit {
                return Err(too_long());
            }
            if Instant::now() > deadline {
                let reason = format!(
                    "it took longer than {} seconds; try again later",
                    self.file.as_secs()
                );
                return Err(self.failed(object, reason));
            }
        }
    }
}

impl Fetch for Http {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self, object: &Object<'_>) -> String {
        format!("{}{}", self.base, object.path())
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        let mut request = self.client()?.get(self.place(object));
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = request
            .send()
            .map_err(|error| self.failed(object, reasons(&error)))?;
        match response.status() {
            StatusCode::OK => {
                let tag = tag(response.headers());
                let bytes = Cow::Owned(self.read(response, object, limit)?);
                Ok(Fetched::Found { bytes, tag })
            }
            StatusCode::NOT_MODIFIED if known.is_some() => Ok(Fetched::Same),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Fetched::Missing),
            status => Err(self.failed(
                object,
                format!("the server answered {status}; try again later"),
            )),
        }
    }
}

fn tag(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(ETAG)?.to_str().ok()?;
    (tag.len() <= TAG_BYTES).then(|| tag.to_owned())
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Only to the same scheme, host and port: elsewhere is another registry, and nobody configured that one.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let Some(before) = attempt.previous().last() else {
        return attempt.follow();
    };
    if before.origin() != attempt.url().origin() {
        let away = attempt.url().host_str().unwrap_or("nowhere").to_owned();
        return attempt.error(format!(
            "it redirects to {away}, which is not followed; if that is right, use the new address"
        ));
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(format!("it redirects more than {REDIRECTS} times"));
    }
    attempt.follow()
}

/// An error and what caused it, in one line: reqwest's own text stops at "error sending request".
pub(super) fn reasons(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let piece = error.to_string();
        if !text.contains(&piece) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&piece);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;

//! Requests to an OCI registry: who asks, where an answer may send one, and how much is read of it.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use reqwest::blocking::{Client as Web, RequestBuilder, Response};
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url, redirect};
use serde::Deserialize;

use super::challenge::Challenge;
use crate::SourceError;
use crate::source::http::{CHUNK, CONNECT, FILE, PIECE, REDIRECTS, is_loopback, reasons};

/// Most bytes in the answer of a token server.
const TOKEN_BYTES: u64 = 64 * 1024;

/// Who one is to a registry. Never printed.
#[derive(Clone)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// A password, or a token that is used as one.
    pub secret: String,
}

/// What is done with a repository, and so what a token has to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Access {
    Read,
    Write,
}

/// One request.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) repository: &'a str,
    pub(super) access: Access,
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) body: Option<&'a [u8]>,
    /// Whether the answer may come from another host. Registries keep blobs in storage elsewhere; since a blob is named
    /// by its digest, it does not matter who hands it out.
    pub(super) elsewhere: bool,
}

/// A connection to one registry; set up at the first request.
pub(super) struct Client {
    pub(super) base: Url,
    login: Option<Login>,
    pub(super) file: Duration,
    web: OnceLock<Web>,
    /// What `Authorization` has to say, for each repository and access.
    authorized: Mutex<HashMap<(String, Access), HeaderValue>>,
}

impl Client {
    /// `base` is the registry's address with `/v2/` at its end.
    pub(super) fn new(base: Url, login: Option<Login>) -> Self {
        Self {
            base,
            login,
            file: FILE,
            web: OnceLock::new(),
            authorized: Mutex::default(),
        }
    }

    /// The address of something in a repository.
    pub(super) fn url(&self, repository: &str, what: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{repository}/{what}", self.base.path()));
        url
    }

    /// The answer to a request, whatever its status; `place` names what is asked for in messages.
    pub(super) fn send(&self, place: &str, ask: &Ask<'_>) -> Result<Response, SourceError> {
        let key = (ask.repository.to_owned(), ask.access);
        let known = self.authorized().get(&key).cloned();
        let answer = self.follow(place, ask, known.as_ref())?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let Some(challenge) = Challenge::of(answer.headers()) else {
            return Ok(answer);
        };
        let Some(authorization) = self.meet(place, challenge)? else {
            return Ok(answer);
        };
        self.authorized().insert(key, authorization.clone());
        self.follow(place, ask, Some(&authorization))
    }

    fn authorized(&self) -> std::sync::MutexGuard<'_, HashMap<(String, Access), HeaderValue>> {
        self.authorized
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request and goes where its answer leads.
    fn follow(
        &self,
        place: &str,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, SourceError> {
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS {
            let mut request = self.web(place)?.request(ask.method.clone(), url.clone());
            for (name, value) in ask.headers {
                request = request.header(*name, *value);
            }
            if let Some(authorization) = authorization
                && url.origin() == self.base.origin()
            {
                request = request.header(AUTHORIZATION, authorization);
            }
            if let Some(body) = ask.body {
                request = request.body(body.to_vec());
            }
            let answer = sent(place, request)?;
            if !answer.status().is_redirection() || answer.status() == StatusCode::NOT_MODIFIED {
                return Ok(answer);
            }
            url = self.target(place, &url, &answer, ask.elsewhere)?;
        }
        let reason = format!("it redirects more than {REDIRECTS} times");
        Err(failed(place, reason))
    }

    /// Where an answer at `from` sends one, if that may be followed.
    pub(super) fn target(
        &self,
        place: &str,
        from: &Url,
        answer: &Response,
        elsewhere: bool,
    ) -> Result<Url, SourceError> {
        let location = answer
            .headers()
            .get(LOCATION)
            .and_then(|to| to.to_str().ok());
        let to = location
            .and_then(|to| from.join(to).ok())
            .ok_or_else(|| failed(place, "the registry redirects, and does not say where to"))?;
        let away = to.host_str().unwrap_or("nowhere");
        if to.origin() == self.base.origin() {
            return Ok(to);
        }
        if !elsewhere {
            let reason = format!("the registry redirects to {away}, which is not followed here");
            return Err(failed(place, reason));
        }
        if !self.is_safe(&to) {
            let reason = format!("the registry redirects to {away}, which is not reached by https");
            return Err(failed(place, reason));
        }
        Ok(to)
    }

    /// By https; or on this machine, for a registry on this machine.
    pub(super) fn is_safe(&self, url: &Url) -> bool {
        url.scheme() == "https"
            || (url.scheme() == "http" && is_loopback(url) && is_loopback(&self.base))
    }

    /// What meets a challenge; none where it asks for a user and nobody has logged in.
    ///
    /// A token server may be on another host, and is told the password: the registry, whose word that is, could have
    /// asked for the password itself.
    fn meet(&self, place: &str, challenge: Challenge) -> Result<Option<HeaderValue>, SourceError> {
        #[derive(Deserialize)]
        struct Token {
            token: Option<String>,
            access_token: Option<String>,
        }
        let realm = match challenge {
            Challenge::Basic => return Ok(self.login.as_ref().and_then(basic)),
            Challenge::Bearer { realm } => realm,
        };
        if !self.is_safe(&realm) {
            let reason = format!(
                "the registry sends one for a token to {}, which is not reached by https",
                realm.host_str().unwrap_or("nowhere")
            );
            return Err(failed(place, reason));
        }
        let mut request = self.web(place)?.get(realm);
        if let Some(authorization) = self.login.as_ref().and_then(basic) {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = sent(place, request)?;
        if !answer.status().is_success() {
            return Err(self.refused(place, answer.status()));
        }
        let bytes = self.read(place, answer, TOKEN_BYTES)?;
        let token = serde_json::from_slice::<Token>(&bytes).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        let header = token.and_then(|token| secret(&format!("Bearer {token}")));
        match header {
            Some(header) => Ok(Some(header)),
            None => Err(failed(
                place,
                "the token server of the registry gave no token",
            )),
        }
    }

    /// An answer that is none.
    pub(super) fn refused(&self, place: &str, status: StatusCode) -> SourceError {
        let host = self.base.host_str().unwrap_or_default();
        failed(
            place,
            match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self.login.is_none() => {
                    format!(
                        "{host} wants to know who asks ({status}), or there is no such thing there; log in with `scaffold login`"
                    )
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    format!(
                        "{host} does not let you ({status}); look at what you logged in with, and at what that user may do"
                    )
                }
                StatusCode::TOO_MANY_REQUESTS => {
                    format!("{host} was asked too often ({status}); try again later")
                }
                _ => format!("{host} answered {status}; try again later"),
            },
        )
    }

    /// The body of an answer.
    pub(super) fn read(
        &self,
        place: &str,
        mut answer: Response,
        limit: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let too_long = || SourceError::TooLong {
            place: place.to_owned(),
            limit,
        };
        if answer.content_length().is_some_and(|length| length > limit) {
            return Err(too_long());
        }
        let deadline = Instant::now() + self.file;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = answer
                .read(&mut chunk)
                .map_err(|error| failed(place, reasons(&error)))?;
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&chunk[..count]);
            if bytes.len() as u64 > limit {
                return Err(too_long());
            }
            if Instant::now() > deadline {
                let seconds = self.file.as_secs();
                let reason = format!("it took longer than {seconds} seconds; try again later");
                return Err(failed(place, reason));
            }
        }
    }

    fn web(&self, place: &str) -> Result<&Web, SourceError> {
        if let Some(web) = self.web.get() {
            return Ok(web);
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Web::builder()
            .user_agent(concat!("scaffold/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(PIECE)
            .referer(false)
            .redirect(redirect::Policy::none());
        if is_loopback(&self.base) {
            builder = builder.no_proxy();
        }
        let web = builder
            .build()
            .map_err(|error| failed(place, reasons(&error)))?;
        Ok(self.web.get_or_init(|| web))
    }
}

fn sent(place: &str, request: RequestBuilder) -> Result<Response, SourceError> {
    request
        .send()
        .map_err(|error| failed(place, reasons(&error)))
}

pub(super) fn failed(place: &str, reason: impl Into<String>) -> SourceError {
    SourceError::Fetch {
        place: place.to_owned(),
        reason: reason.into(),
    }
}

/// `Authorization` of a user with a password.
fn basic(login: &Login) -> Option<HeaderValue> {
    let pair = BASE64.encode(format!("{}:{}", login.user, login.secret));
    secret(&format!("Basic {pair}"))
}

/// A value that no log shows; none where it cannot stand in a header.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

//! Requests to an OCI registry: who asks, where an answer may send one, and how much is read of it.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use reqwest::blocking::Response;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use super::challenge::Challenge;
use crate::SourceError;
use crate::source::http::address::is_loopback;
use crate::source::http::body::CHUNK;
use crate::source::http::client::{Client as Http, Failure, REDIRECTS, refusal};
use crate::source::http::retry::Passing;
use crate::source::http::trouble::reasons;
use crate::source::{Access, Address, Token};

/// Most bytes in the answer of a token server.
const TOKEN_BYTES: u64 = 64 * 1024;
/// The user where a token stands alone: registries that hand out tokens take any name with them.
const ANYBODY: &str = "scaffold";

/// What is done with a repository, and so what a token has to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Right {
    Read,
    Write,
}

/// One request.
pub(super) struct Ask<'a> {
    /// How messages name what is asked for.
    pub(super) place: &'a str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) repository: &'a str,
    pub(super) right: Right,
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) body: Option<&'a [u8]>,
    /// The most bytes the answer may have.
    pub(super) limit: u64,
    /// Whether the answer may come from another host. Registries keep blobs in storage elsewhere; since a blob is named
    /// by its digest, it does not matter who hands it out.
    pub(super) elsewhere: bool,
    /// Whether a status means that there is no such thing.
    pub(super) is_missing: fn(StatusCode) -> bool,
}

impl<'a> Ask<'a> {
    /// A question that is answered by the registry itself, or by 404.
    pub(super) fn get(place: &'a str, repository: &'a str, url: Url, limit: u64) -> Self {
        Self {
            place,
            method: Method::GET,
            url,
            repository,
            right: Right::Read,
            headers: &[],
            body: None,
            limit,
            elsewhere: false,
            is_missing: |status| status == StatusCode::NOT_FOUND,
        }
    }
}

/// An answer that is none of [`Ask::is_missing`], and no refusal.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

/// A connection to one registry; set up at the first request.
pub(super) struct Client {
    /// With `/v2/` at its end.
    base: Url,
    login: Option<HeaderValue>,
    pub(super) http: Http,
    /// What `Authorization` has to say, for each repository and right.
    authorized: Mutex<HashMap<(String, Right), HeaderValue>>,
}

impl Client {
    pub(super) fn new(address: Address, access: Access) -> Self {
        let mut base = address.url().clone();
        base.set_path("/v2/");
        // Not sent with every request, as to a registry of our own, but where it is asked for.
        let login = access.token.as_ref().and_then(basic);
        let access = Access {
            token: None,
            mirror: None,
            ..access
        };
        Self {
            base,
            login,
            http: Http::unfollowing(address, access),
            authorized: Mutex::default(),
        }
    }

    /// The address of something in a repository.
    pub(super) fn url(&self, repository: &str, what: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{repository}/{what}", self.base.path()));
        url
    }

    /// The address of something of the registry itself.
    pub(super) fn own(&self, what: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{what}", self.base.path()));
        url
    }

    /// The answer to a request; none where that means that there is no such thing. What only asks is tried again where
    /// that may help.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Option<Answer>, SourceError> {
        let asks = matches!(ask.method, Method::GET | Method::HEAD);
        self.http.attempt(|_, deadline| {
            let answered = self.once(ask, deadline);
            answered.map_err(|failure| match asks {
                true => failure,
                false => lasting(failure.error),
            })
        })
    }

    fn once(&self, ask: &Ask<'_>, deadline: Instant) -> Result<Option<Answer>, Failure> {
        let answer = self.send(ask, deadline)?;
        let status = answer.status();
        if (ask.is_missing)(status) {
            return Ok(None);
        }
        if !status.is_success() && status != StatusCode::NOT_MODIFIED {
            return Err(refusal(ask.place, &answer, self.login.is_some()));
        }
        Ok(Some(Answer {
            status,
            headers: answer.headers().clone(),
            bytes: self.read(ask, answer, deadline)?,
        }))
    }

    /// Sends a request; once more where the registry wants to know who asks.
    fn send(&self, ask: &Ask<'_>, deadline: Instant) -> Result<Response, Failure> {
        let key = (ask.repository.to_owned(), ask.right);
        let known = self.authorized().get(&key).cloned();
        let answer = self.follow(ask, known.as_ref())?;
        // Storage that the registry leads to has no say in who is told the password.
        let is_own = answer.url().origin() == self.base.origin();
        if answer.status() != StatusCode::UNAUTHORIZED || !is_own {
            return Ok(answer);
        }
        let Some(challenge) = Challenge::of(answer.headers()) else {
            return Ok(answer);
        };
        let Some(authorization) = self.meet(ask, challenge, deadline)? else {
            return Ok(answer);
        };
        self.authorized().insert(key, authorization.clone());
        self.follow(ask, Some(&authorization))
    }

    fn authorized(&self) -> MutexGuard<'_, HashMap<(String, Right), HeaderValue>> {
        self.authorized
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request and goes where its answer leads.
    fn follow(
        &self,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.http.send(ask.place, |web| {
                let mut request = web.request(ask.method.clone(), url.clone());
                for (name, value) in ask.headers {
                    request = request.header(*name, *value);
                }
                if let Some(authorization) = authorization
                    && url.origin() == self.base.origin()
                {
                    request = request.header(AUTHORIZATION, authorization);
                }
                match ask.body {
                    Some(body) => request.body(body.to_vec()),
                    None => request,
                }
            })?;
            if !answer.status().is_redirection() || answer.status() == StatusCode::NOT_MODIFIED {
                return Ok(answer);
            }
            url = self
                .target(ask.place, &url, answer.headers(), ask.elsewhere)
                .map_err(lasting)?;
        }
        let reason = format!("it redirects more than {REDIRECTS} times");
        Err(lasting(failed(ask.place, reason)))
    }

    /// Where an answer at `from` sends one, if that may be followed.
    pub(super) fn target(
        &self,
        place: &str,
        from: &Url,
        headers: &HeaderMap,
        elsewhere: bool,
    ) -> Result<Url, SourceError> {
        let location = headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let to = location
            .and_then(|to| from.join(to).ok())
            .ok_or_else(|| failed(place, "the registry redirects, and does not say where to"))?;
        if to.origin() == self.base.origin() {
            return Ok(to);
        }
        let away = to.host_str().unwrap_or("nowhere");
        let reason = match elsewhere {
            false => format!("the registry redirects to {away}, which is not followed here"),
            true if self.is_safe(&to) => return Ok(to),
            true => format!("the registry redirects to {away}, which is not reached by https"),
        };
        Err(failed(place, reason))
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
    fn meet(
        &self,
        ask: &Ask<'_>,
        challenge: Challenge,
        deadline: Instant,
    ) -> Result<Option<HeaderValue>, Failure> {
        #[derive(Deserialize)]
        struct Handed {
            token: Option<String>,
            access_token: Option<String>,
        }
        let realm = match challenge {
            Challenge::Basic => return Ok(self.login.clone()),
            Challenge::Bearer { realm } => realm,
        };
        let fail = |reason: String| lasting(failed(ask.place, reason));
        if !self.is_safe(&realm) {
            return Err(fail(format!(
                "the registry sends one for a token to {}, which is not reached by https",
                realm.host_str().unwrap_or("nowhere")
            )));
        }
        let answer = self.http.send(ask.place, |web| {
            let request = web.get(realm.clone());
            match &self.login {
                Some(login) => request.header(AUTHORIZATION, login),
                None => request,
            }
        })?;
        if !answer.status().is_success() {
            return Err(refusal(ask.place, &answer, self.login.is_some()));
        }
        let bounded = Ask::get(ask.place, ask.repository, realm, TOKEN_BYTES);
        let bytes = self.read(&bounded, answer, deadline)?;
        let handed = serde_json::from_slice::<Handed>(&bytes).ok();
        let token = handed.and_then(|handed| handed.token.or(handed.access_token));
        match token.and_then(|token| secret(&format!("Bearer {token}"))) {
            Some(header) => Ok(Some(header)),
            None => Err(fail("the registry's token server gave no token".into())),
        }
    }

    /// The body of an answer.
    fn read(
        &self,
        ask: &Ask<'_>,
        mut answer: Response,
        deadline: Instant,
    ) -> Result<Vec<u8>, Failure> {
        let too_long = || {
            lasting(SourceError::TooLong {
                place: ask.place.to_owned(),
                limit: ask.limit,
            })
        };
        // What HEAD says of a length is of a body that does not come.
        let is_long = answer
            .content_length()
            .is_some_and(|length| length > ask.limit);
        if is_long && ask.method != Method::HEAD {
            return Err(too_long());
        }
        let watch = self.http.access.watch.as_ref();
        let mut bytes = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = answer.read(&mut chunk).map_err(|error| Failure {
                error: failed(ask.place, reasons(&error)),
                passing: Passing::Soon,
            })?;
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&chunk[..count]);
            if bytes.len() as u64 > ask.limit {
                return Err(too_long());
            }
            if Instant::now() > deadline {
                let seconds = self.http.file.as_secs();
                let reason = format!("it took longer than {seconds} seconds; try again later");
                return Err(lasting(failed(ask.place, reason)));
            }
            if let Some(watch) = watch.filter(|_| ask.elsewhere) {
                watch(bytes.len() as u64, ask.limit);
            }
        }
    }
}

fn lasting(error: SourceError) -> Failure {
    Failure {
        error,
        passing: Passing::No,
    }
}

pub(super) fn failed(place: &str, reason: impl Into<String>) -> SourceError {
    SourceError::Fetch {
        place: place.to_owned(),
        reason: reason.into(),
    }
}

/// `Authorization` of `user:password`, as somebody logged in with it, or of a token alone.
fn basic(token: &Token) -> Option<HeaderValue> {
    let pair = match token.reveal() {
        pair if pair.contains(':') => pair.to_owned(),
        token => format!("{ANYBODY}:{token}"),
    };
    secret(&format!("Basic {}", BASE64.encode(pair)))
}

/// A value that no log shows; none where it cannot stand in a header.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

//! One connection to one registry: how requests are sent, tried again, and what bounds them.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::{Client as Inner, RequestBuilder, Response};
use reqwest::{Certificate, Proxy, StatusCode, header, redirect};

use super::retry::{self, Passing};
use super::{Access, Address, trouble};
use crate::SourceError;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for the next piece of an answer.
const PIECE: Duration = Duration::from_secs(30);
/// How long one file may take in all, tries and waits included, however steadily its bytes trickle in.
pub(in crate::source) const FILE: Duration = Duration::from_secs(300);
/// Most redirects followed for one file.
pub(in crate::source) const REDIRECTS: usize = 3;

/// What asks a registry, or its mirror.
///
/// Set up at the first request, so a source that is not asked costs nothing. Connections are kept for the next
/// request, and requests may be made from several threads at once.
pub(in crate::source) struct Client {
    address: Address,
    pub(in crate::source) access: Access,
    /// The most that one file may take.
    pub(in crate::source) file: Duration,
    /// Whether redirects on the same host are followed, or nothing at all is.
    follows: bool,
    inner: OnceLock<Inner>,
}

/// One try that did not work.
pub(in crate::source) struct Failure {
    pub(in crate::source) error: SourceError,
    pub(in crate::source) passing: Passing,
}

impl Client {
    /// What asks `address`, and never a mirror.
    pub(in crate::source) fn new(address: Address, access: Access) -> Self {
        Self {
            address,
            access,
            file: FILE,
            follows: true,
            inner: OnceLock::new(),
        }
    }

    /// The same for who follows redirects themselves.
    pub(in crate::source) fn unfollowing(address: Address, access: Access) -> Self {
        Self {
            follows: false,
            ..Self::new(address, access)
        }
    }

    pub(in crate::source) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address.as_str())
    }

    /// Tries until it works, fails for good, has failed too often, or the time for one file is over.
    pub(in crate::source) fn attempt<T>(
        &self,
        mut once: impl FnMut(&Self, Instant) -> Result<T, Failure>,
    ) -> Result<T, SourceError> {
        let deadline = Instant::now() + self.file;
        for next in 2.. {
            let failure = match once(self, deadline) {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            match retry::wait(next, &failure.passing, chance()) {
                Some(wait) if Instant::now() + wait < deadline => thread::sleep(wait),
                _ => return Err(failure.error),
            }
        }
        unreachable!("the tries are counted")
    }

    /// Sends a request, with the token if there is one: it goes to this address alone, since [`follow`] leads nowhere else.
    pub(in crate::source) fn send(
        &self,
        place: &str,
        request: impl FnOnce(&Inner) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let inner = self.inner().map_err(|error| Failure {
            error,
            passing: Passing::No,
        })?;
        let mut request = request(inner);
        if let Some(token) = &self.access.token {
            request = request.bearer_auth(token.reveal());
        }
        request
            .send()
            .map_err(|error| trouble::failure(place, &error))
    }

    fn inner(&self) -> Result<&Inner, SourceError> {
        if let Some(inner) = self.inner.get() {
            return Ok(inner);
        }
        let failed = |reason: String| SourceError::Setting {
            place: self.address.as_str().to_owned(),
            reason,
        };
        // One provider for the process; whoever came first is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Inner::builder()
            .user_agent(concat!("scaffold/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(PIECE)
            .referer(false)
            .redirect(match self.follows {
                true => redirect::Policy::custom(follow),
                false => redirect::Policy::none(),
            });
        if self.address.is_loopback() {
            builder = builder.no_proxy();
        } else if let Some(proxy) = &self.access.proxy {
            let proxy = Proxy::all(proxy)
                .map_err(|_| failed("its `proxy` is no address; write http://host:port".into()))?;
            builder = builder.proxy(proxy);
        }
        if let Some(pem) = &self.access.ca {
            let found = Certificate::from_pem_bundle(pem).unwrap_or_default();
            if found.is_empty() {
                return Err(failed("its `ca` holds no certificate in PEM".into()));
            }
            builder = builder.tls_certs_merge(found);
        }
        let inner = builder
            .build()
            .map_err(|error| failed(trouble::reasons(&error)))?;
        Ok(self.inner.get_or_init(|| inner))
    }
}

/// What an answer that is no success means; `place` names what was asked for, and `told` says whether it was said who asks.
pub(in crate::source) fn refusal(place: &str, response: &Response, told: bool) -> Failure {
    let status = response.status();
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Failure {
            error: SourceError::Unauthorized {
                place: place.to_owned(),
                status: status.as_u16(),
                told,
            },
            passing: Passing::No,
        };
    }
    let after = response.headers().get(header::RETRY_AFTER);
    let after = after.and_then(|text| text.to_str().ok());
    let later = match after.and_then(|text| text.trim().parse::<u64>().ok()) {
        Some(seconds) => format!("it asks to wait {seconds} seconds before the next try"),
        None => "try again later".to_owned(),
    };
    Failure {
        error: SourceError::Fetch {
            place: place.to_owned(),
            reason: format!("the server answered {status}; {later}"),
        },
        passing: retry::of_status(status, after),
    }
}

/// Only to the same scheme, host and port: elsewhere is another registry, and nobody configured that one, nor is it to
/// have a token.
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

/// Enough to keep those apart who failed at the same time.
fn chance() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::from(now.unwrap_or_default().subsec_micros()) ^ u64::from(std::process::id())
}

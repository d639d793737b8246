//! Who asks, whether they may, and what is written down about it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;

use super::App;
use super::answer::Refusal;
use super::rate::Asker;
use super::token::Token;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Whom a request comes from, for who answers it.
#[derive(Debug, Clone)]
pub(super) struct Caller(Option<Token>);

impl Caller {
    /// The token, which writing needs.
    pub(super) fn token(&self) -> Result<&Token, Refusal> {
        self.0.as_ref().ok_or_else(|| {
            Refusal::unknown("this needs a token; `scaffold login` keeps one for this registry")
        })
    }

    /// The token, which has to be for this namespace.
    pub(super) fn token_for(&self, namespace: &str) -> Result<&Token, Refusal> {
        let token = self.token()?;
        if token.is_for(namespace) {
            return Ok(token);
        }
        Err(Refusal::forbidden(format!(
            "the token {} (\"{}\") is not for the namespace `{namespace}`; ask whoever runs the registry for one that is",
            token.id, token.name
        )))
    }
}

/// Around every request: lets it through or not, and counts and logs it.
pub(super) async fn guard(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let address = address_of(&app, &request);
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let method = request.method().clone();
    // A path may hold anything a stranger sends; JSON escapes it.
    let path = request.uri().path().to_owned();
    let mut who = None;
    let shown = shown(request.headers());
    let mut response = match admit(&app, address, is_reading, &path, shown).await {
        Ok(caller) => {
            who = caller.0.as_ref().map(|token| token.id.clone());
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    harden(response.headers_mut());
    let status = response.status();
    let took = start.elapsed();
    app.metrics.count(&method, status, took);
    let (status, micros) = (status.as_u16(), took.as_micros() as u64);
    let token = who.as_deref();
    if is_reading && status < 500 {
        tracing::debug!(%method, path, status, micros, %address, token, "request");
    } else {
        tracing::info!(%method, path, status, micros, %address, token, "request");
    }
    response
}

async fn admit(
    app: &Arc<App>,
    address: IpAddr,
    is_reading: bool,
    path: &str,
    shown: Option<String>,
) -> Result<Caller, Refusal> {
    let too_many = || {
        let sentence = "too many requests; wait a second";
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rate", sentence)
    };
    let asker = Asker::at(address);
    if is_reading && !app.reads.allows(&asker) {
        return Err(too_many());
    }
    let token = match shown {
        None => None,
        Some(shown) => {
            let found = app.look(move |app| app.tokens.find(&*app.storage, &shown));
            match found.await?? {
                Some(token) => Some(token),
                // Guesses count against where they come from.
                None if !app.writes.allows(&asker) => return Err(too_many()),
                None => {
                    return Err(Refusal::unknown(
                        "the token is not known here: it was taken back, has ended, or is for another registry",
                    ));
                }
            }
        }
    };
    let asker = token
        .as_ref()
        .map_or(asker, |token| Asker::Token(token.id.clone()));
    if !is_reading && !app.writes.allows(&asker) {
        return Err(too_many());
    }
    // Whoever asks whether it answers is told no more than that. How much is read and published is for who may read.
    if app.options.is_private && token.is_none() && path != "/health" {
        return Err(Refusal::unknown(
            "this registry is private; `scaffold login` keeps a token for it",
        ));
    }
    Ok(Caller(token))
}

/// The token in a request: `Bearer`, or the password of `Basic`, for browsers.
fn shown(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok();
    // One that cannot be read is a wrong one, not none.
    let value = value.unwrap_or_default();
    let (how, what) = value.split_once(' ').unwrap_or((value, ""));
    if how.eq_ignore_ascii_case("bearer") {
        return Some(what.trim().to_owned());
    }
    let text = base64::engine::general_purpose::STANDARD.decode(what.trim());
    let text = text.ok().and_then(|text| String::from_utf8(text).ok());
    let text = text.unwrap_or_default();
    Some(
        text.split_once(':')
            .map_or("", |(_, password)| password)
            .to_owned(),
    )
}

fn address_of(app: &App, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    if !app.options.is_behind_proxy {
        return peer;
    }
    let forwarded = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|last| last.trim().parse().ok())
        .unwrap_or(peer)
}

/// What no answer of this server may be used for.
fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ));
}

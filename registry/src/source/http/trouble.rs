//! Why a request got no answer, in words for whoever has to mend it.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::client::Failure;
use super::retry::Passing;
use crate::SourceError;

/// A request for `place` that got no answer.
pub(super) fn failure(place: &str, error: &reqwest::Error) -> Failure {
    let text = unanswered(error);
    let found = certificate(error).map(vouching);
    let tunnel = text.split_once("tunnel error: ");
    let (reason, advice, passing) = match (found, tunnel) {
        (Some((reason, advice)), _) => (reason.to_owned(), advice, Passing::No),
        (None, Some((_, why))) => proxy(why),
        (None, None) => {
            // Whoever waited as long as anybody may has waited enough.
            let lasts = error.is_timeout() || error.is_redirect() || error.is_builder();
            return Failure {
                error: SourceError::Fetch {
                    place: place.to_owned(),
                    reason: text,
                },
                passing: if lasts { Passing::No } else { Passing::Soon },
            };
        }
    };
    Failure {
        error: SourceError::Unreached {
            place: place.to_owned(),
            reason,
            advice,
        },
        passing,
    }
}

/// Why nobody answered. Where no connection came about, the last cause alone tells a person something.
fn unanswered(error: &reqwest::Error) -> String {
    let all = reasons(error);
    if !error.is_connect() || all.contains("tunnel error: ") {
        return all;
    }
    let mut last: &dyn Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    let cause = last.to_string();
    // What is said in plain HTTP begins with no byte that TLS knows.
    if cause.contains("InvalidContentType") {
        return "it does not speak TLS; is its address http://?".to_owned();
    }
    cause
}

/// What is wrong with the certificate, if it is that.
fn certificate(error: &reqwest::Error) -> Option<&CertificateError> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        // An error of the system's passes over what it was made of.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls.or_else(|| error.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => return Some(why),
            _ => next = error.source(),
        }
    }
    None
}

/// What is wrong with a certificate, and what to do. What it says of itself is not quoted: anybody can have written it.
fn vouching(why: &CertificateError) -> (&'static str, &'static str) {
    use CertificateError as E;
    match why {
        E::UnknownIssuer => (
            "nobody whom this machine trusts vouches for its certificate",
            "if it is your company's own: ca = \"FILE.pem\" under [registries.NAME] in your config.toml; if not, somebody may be in between",
        ),
        E::NotValidForName | E::NotValidForNameContext { .. } => (
            "its certificate is of another host",
            "check the address; if it is right, tell whoever runs the registry",
        ),
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => (
            "its certificate is not valid at this time",
            "check the clock of this machine; if it is right, tell whoever runs the registry",
        ),
        _ => (
            "its certificate will not do",
            "tell whoever runs the registry",
        ),
    }
}

/// What a proxy did not do, and what to do.
fn proxy(why: &str) -> (String, &'static str, Passing) {
    if why.contains("authorization required") {
        return (
            "the proxy wants to know who asks".to_owned(),
            "write it as http://USER:PASSWORD@HOST:PORT: `proxy` under [registries.NAME] in your config.toml, or HTTPS_PROXY",
            Passing::No,
        );
    }
    if why.contains("unsuccessful") {
        return (
            "the proxy lets nobody through to it".to_owned(),
            "ask whoever runs the proxy; what needs none is named in NO_PROXY",
            Passing::No,
        );
    }
    let why = why.trim_start_matches("failed to create underlying connection: ");
    (
        format!("the proxy does not answer: {why}"),
        "check `proxy` under [registries.NAME] in your config.toml, or HTTPS_PROXY",
        Passing::Soon,
    )
}

/// An error and what caused it, in one line. What only says that something went wrong is left out where a cause follows.
pub(in crate::source) fn reasons(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        next = error.source();
        let piece = error.to_string();
        let is_empty =
            piece.starts_with("error sending request") || piece.starts_with("client error (");
        if text.contains(&piece) || (is_empty && next.is_some()) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&piece);
    }
    text
}

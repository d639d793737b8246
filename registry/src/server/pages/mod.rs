//! Pages for people: what there is, what a package is and may do, and what to type.
//!
//! They are made here whole and hold no script. What comes from packages is text and is escaped; a README is Markdown
//! whose HTML is not believed. The policy in every answer forbids everything but this server's own style sheet, so that
//! a mistake in all of that still runs nothing.

mod package;
mod readme;
mod search;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};

use super::App;
use super::answer::Refusal;
use crate::SourceError;

/// The only thing a page loads.
const STYLE: &str = include_str!("style.css");
/// Its address, which changes with it, so that it can be kept for ever.
const STYLE_PATH: &str = concat!("/style-", env!("CARGO_PKG_VERSION"), ".css");
/// What a page may do.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    sandbox allow-forms allow-same-origin allow-top-navigation-by-user-activation";

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(search::show))
        .route("/packages/{namespace}/{name}", get(package::newest))
        .route(
            "/packages/{namespace}/{name}/{version}",
            get(package::version),
        )
        .route(STYLE_PATH, get(style))
}

async fn style() -> Response {
    let caching = "public, max-age=86400";
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, caching),
    ];
    (headers, STYLE).into_response()
}

/// A page.
fn page(status: StatusCode, title: &str, query: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(STYLE_PATH);
            }
            body {
                a .skip href="#main" { "Skip to the contents" }
                header {
                    a .home href="/" { "scaffold packages" }
                    form action="/" role="search" {
                        label .quiet for="q" { "Find packages" }
                        input #q type="search" name="q" value=(query) maxlength="100" placeholder="Find packages";
                        button { "Find" }
                    }
                }
                main #main { (body) }
                footer { p {
                    "A package is sealed: it proposes files, and you see the plan before anything is written."
                } }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (status, headers, page.into_string()).into_response()
}

/// A page that says why there is none.
pub(super) struct Sorry(StatusCode, &'static str);

impl Sorry {
    const MISSING: Self = Self(
        StatusCode::NOT_FOUND,
        "There is no such package, or no such version of it.",
    );
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        let title = self.0.canonical_reason().unwrap_or("Not to be had");
        let body = html! { h1 { (title) } p { (self.1) } };
        page(self.0, title, "", &body)
    }
}

impl From<SourceError> for Sorry {
    fn from(error: SourceError) -> Self {
        tracing::error!(%error, "page");
        Self(
            StatusCode::SERVICE_UNAVAILABLE,
            "The registry cannot be read just now. Try again later.",
        )
    }
}

impl From<Refusal> for Sorry {
    fn from(_: Refusal) -> Self {
        Self(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The page could not be made. Try again later.",
        )
    }
}

/// Text of a stranger's without what hides or reorders other text.
fn plain(text: &str) -> String {
    let is_foul = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars()
        .map(|c| if is_foul(c) { '\u{fffd}' } else { c })
        .collect()
}

/// An address of this server that can be put into a page, `HeaderValue` having refused everything else before.
fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => Sorry::MISSING.into_response(),
    }
}

//! The first page: packages by the words they say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use serde::Deserialize;

use super::{Sorry, page, plain};
use crate::server::App;
use crate::server::catalog::Found;

/// Packages on one page.
const ON_PAGE: usize = 40;
/// Most pages of one search: nobody reads on, and what is far back costs more to find.
const PAGES: usize = 25;
/// Most characters of what is searched for.
const QUERY_CHARS: usize = 100;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

/// `GET /`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Sorry> {
    let query: String = plain(&asked.q).chars().take(QUERY_CHARS).collect();
    let words: Vec<String> = query.split_whitespace().map(str::to_owned).collect();
    let start = Instant::now();
    let number = asked.page.min(PAGES - 1);
    let first = number * ON_PAGE;
    let range = first..first + ON_PAGE;
    let find = move |app: &App| app.catalog.find(Arc::clone(&app.storage), &words, range);
    let Found { count, shown } = app.work(find).await??;
    let took = start.elapsed();
    let rest = count.saturating_sub(first + shown.len());
    let is_last = number + 1 == PAGES;
    let body = html! {
        h1 { @if query.is_empty() { "Packages" } @else { "Packages that say “" (query) "”" } }
        p .faint { (told(count, took)) }
        @if shown.is_empty() {
            p { "Nothing matches. Fewer or shorter words find more." }
        }
        ul .packages {
            @for summary in &shown { li {
                h2 {
                    a href={ "/packages/" (summary.name) } { (summary.name) }
                    " " span .version { (summary.version) }
                    " " span .kind { (summary.kind) }
                }
                p { (plain(&summary.summary)) }
            } }
        }
        @if first > 0 || rest > 0 { nav aria-label="Pages" {
            @if first > 0 { a rel="prev" href=(link(&query, number - 1)) { "← Before" } " " }
            @if rest > 0 && is_last { span .faint { "And " (rest) " more. Further words find fewer." } }
            @else if rest > 0 { a rel="next" href=(link(&query, number + 1)) { "More (" (rest) ") →" } }
        } }
    };
    Ok(page(StatusCode::OK, "scaffold packages", &query, &body))
}

fn told(found: usize, took: Duration) -> String {
    let packages = if found == 1 { "package" } else { "packages" };
    format!("{found} {packages}, in {} ms", took.as_millis())
}

/// The address of another page of the same search.
fn link(query: &str, page: usize) -> String {
    let mut url = String::from("/?q=");
    for byte in query.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => url.push(byte.into()),
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{url}&page={page}")
}

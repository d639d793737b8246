//! The page of a package: what it is, what it may do, who says so, and what to type.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, PreEscaped, html};

use super::words::permissions;
use super::{Sorry, page, plain, readme, redirect};
use crate::publish;
use crate::server::App;
use crate::storage::FromStorage;
use crate::{Digest, Kind, Package, PackageName, Release, Source, SourceError, Summary};

/// Where a package says what it is, for people.
const README: &str = "README.md";
/// Longest archive whose README is shown: it is unpacked for it.
const SHOWN_BYTES: u64 = 16 * 1024 * 1024;

/// `GET /packages/<namespace>/<name>`: on to the newest version.
pub(super) async fn newest(
    State(app): State<Arc<App>>,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Response, Sorry> {
    let name = named(&namespace, &name)?;
    let releases = listed(&app, name.clone()).await?;
    // One of which every version was taken back still has a page for those who use it.
    let newest = Summary::of(&releases).map(|summary| summary.version);
    let newest = newest.or_else(|| releases.last().map(|release| release.version.clone()));
    let newest = newest.ok_or(Sorry::MISSING)?;
    Ok(redirect(&format!("/packages/{name}/{newest}")))
}

/// `GET /packages/<namespace>/<name>/<version>`
pub(super) async fn version(
    State(app): State<Arc<App>>,
    Path((namespace, name, version)): Path<(String, String, String)>,
) -> Result<Response, Sorry> {
    let name = named(&namespace, &name)?;
    let releases = listed(&app, name).await?;
    let is_it = |release: &&Release| release.version.to_string() == version;
    let release = releases.iter().find(is_it).ok_or(Sorry::MISSING)?.clone();
    let shown = release.clone();
    let about = app.work(move |app| (readme_of(app, &shown), signer_of(app, &shown)));
    let (readme, signer) = about.await?;
    let title = format!("{} {}", release.name, release.version);
    let body = body(&app.url, &release, &releases, readme, signer);
    Ok(page(StatusCode::OK, &title, "", &body))
}

fn named(namespace: &str, name: &str) -> Result<PackageName, Sorry> {
    let full = format!("{namespace}/{name}").parse();
    full.map_err(|_| Sorry::MISSING)
}

async fn listed(app: &Arc<App>, name: PackageName) -> Result<Vec<Release>, Sorry> {
    let read = move |app: &App| FromStorage::open(Arc::clone(&app.storage)).releases(&name);
    Ok(app.look(read).await??)
}

/// What the archive says for people; nothing where it says nothing or is not what its digest says.
fn readme_of(app: &App, release: &Release) -> Option<PreEscaped<String>> {
    if release.size > SHOWN_BYTES {
        return None;
    }
    let archive: Result<_, SourceError> = FromStorage::open(Arc::clone(&app.storage)).blob(release);
    let archive = archive
        .ok()
        .filter(|bytes| Digest::of(bytes) == release.blob)?;
    let package = Package::read(&archive).ok()?;
    let text = std::str::from_utf8(&package.files.get(README)?.bytes).ok()?;
    Some(readme::html(text))
}

/// The key that signed the statement, if it is one that may and says the same.
fn signer_of(app: &App, release: &Release) -> Option<String> {
    let registry = FromStorage::open(Arc::clone(&app.storage));
    let statement = registry.statement(&release.name, &release.version).ok()??;
    statement.check(release).ok()?;
    let chain = publish::chain(&*app.storage, release.name.namespace()).ok()??;
    Some(chain.signer(&statement).ok()?.to_string())
}

fn body(
    url: &str,
    release: &Release,
    releases: &[Release],
    readme: Option<PreEscaped<String>>,
    signer: Option<String>,
) -> Markup {
    html! {
        h1 {
            (release.name) " " span .version { (release.version) } " " span .kind { (release.kind) }
        }
        @if let Some(reason) = &release.yanked {
            p .warning role="alert" {
                strong { @if release.security { "Dangerous: it was taken back." } @else { "It was taken back." } }
                " " (plain(reason))
                " Projects that have it go on working; new ones do not get it."
            }
        }
        p .lead { (plain(&release.summary)) }
        @if release.kind != Kind::Engine {
            pre .line { code { (line(url, release)) } }
        }
        div .columns {
            article aria-label="README" {
                @match readme {
                    Some(readme) => (readme),
                    None => p .faint { "It has no README." },
                }
            }
            aside {
                section { h2 { "What it may do" } (permissions(release)) }
                (packages("Comes with", &release.requires))
                (packages("Cannot be with", &release.conflicts))
                section {
                    h2 { "Versions" }
                    ul .versions { @for other in releases.iter().rev() { li {
                        @if other.version == release.version {
                            strong aria-current="page" { (other.version) }
                        } @else {
                            a href={ "/packages/" (other.name) "/" (other.version) } { (other.version) }
                        }
                        @if other.yanked.is_some() { " " span .faint { "taken back" } }
                    } } }
                }
                section {
                    h2 { "What it is" }
                    dl {
                        dt { "Signed by" }
                        dd { @match signer {
                            Some(key) => code { (key) },
                            None => { "nobody whose key is valid; scaffold refuses it" },
                        } }
                        dt { "Archive" } dd { code { (release.blob) } }
                        dt { "Contents" } dd { code { (release.tree) } }
                        dt { "Length" } dd { (release.size) " bytes" }
                        @if let Some(world) = &release.world { dt { "Contract" } dd { code { (plain(world)) } } }
                        @if !release.keywords.is_empty() {
                            dt { "Keywords" } dd { (plain(&release.keywords.join(", "))) }
                        }
                    }
                }
            }
        }
    }
}

/// What a user types.
fn line(url: &str, release: &Release) -> String {
    let (name, namespace) = (&release.name, release.name.namespace());
    match release.kind {
        Kind::Project => format!("scaffold new {name} my-project --registry {namespace}={url}/"),
        _ => format!("scaffold add {name} --registry {namespace}={url}/"),
    }
}

fn packages(
    what: &str,
    packages: &std::collections::BTreeMap<PackageName, semver::VersionReq>,
) -> Markup {
    html! { @if !packages.is_empty() { section {
        h2 { (what) }
        ul { @for (name, req) in packages { li {
            a href={ "/packages/" (name) } { (name) } " " span .version { (req) }
        } } }
    } } }
}

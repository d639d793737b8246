//! The registry's tree over HTTP: what [`layout`] names and nothing else of the storage.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use super::App;
use super::answer::Refusal;
use super::asked::{has, range, takes_gzip};
use super::pieces::{PIECE_BYTES, pieces};
use crate::release::INDEX_BYTES;
use crate::source::{CONFIG_BYTES, Config, NOTE_BYTES, SHARD_BYTES, layout};
use crate::storage::{Part, Stored, tag_of};
use crate::{Digest, PackageName};

/// From how many bytes on a file is sent compressed to who takes it so.
const WORTH_COMPRESSING: usize = 1024;

/// What an address in the tree may name.
#[derive(Debug, PartialEq, Eq)]
enum File {
    /// What the registry says about itself, and the server with it.
    Config,
    /// Changes; of at most so many bytes.
    Derived { limit: u64, kind: &'static str },
    /// Never changes; a blob's tag is its digest.
    Fixed {
        tag: Option<String>,
        kind: &'static str,
    },
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

impl File {
    /// What a path names. Nothing is unescaped: the right spelling of every path needs no escapes, and any other
    /// spelling names nothing.
    fn at(path: &str) -> Option<Self> {
        let name = |namespace: &str, name: &str| -> Option<PackageName> {
            format!("{namespace}/{name}").parse().ok()
        };
        let derived = |limit, kind| Self::Derived { limit, kind };
        let note = Self::Fixed {
            tag: None,
            kind: TEXT,
        };
        let parts: Vec<&str> = path.split('/').collect();
        let (file, canonical) = match parts[..] {
            [_, "config.json"] => (Self::Config, layout::CONFIG.to_owned()),
            [_, "index", space, package] => {
                let name = name(space, package)?;
                (derived(INDEX_BYTES, TEXT), layout::index(&name))
            }
            [_, "search", file] => {
                let number = file.strip_suffix(".json")?.parse().ok()?;
                (derived(SHARD_BYTES, JSON), layout::shard(number))
            }
            [_, "yanks", space, package, file] => {
                let version = file.strip_suffix(layout::YANK_SUFFIX)?.parse().ok()?;
                let path = layout::yank(&name(space, package)?, &version);
                (derived(NOTE_BYTES, JSON), path)
            }
            [_, "releases", space, package, file] => {
                let version = file.strip_suffix(layout::NOTE_SUFFIX)?.parse().ok()?;
                (note, layout::note(&name(space, package)?, &version))
            }
            [_, "namespaces", space, file] => {
                name(space, "x")?;
                let number = file.strip_suffix(layout::NOTE_SUFFIX)?.parse().ok()?;
                (note, layout::keys(space, number))
            }
            [_, "blobs", "sha256", _, hex] => {
                let digest: Digest = format!("sha256:{hex}").parse().ok()?;
                let blob = Self::Fixed {
                    tag: Some(format!("\"{hex}\"")),
                    kind: "application/gzip",
                };
                (blob, layout::blob(&digest))
            }
            _ => return None,
        };
        (canonical == path).then_some(file)
    }
}

/// `GET /v1/…`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let path = uri.path().trim_start_matches('/').to_owned();
    match File::at(&path).ok_or_else(Refusal::missing)? {
        File::Config => {
            let stored = read(&app, path.clone(), CONFIG_BYTES).await?;
            let text = config(&app, &stored)?;
            let tag = tag_of(text.as_bytes());
            let bytes = text.into_bytes();
            derived(&app, &headers, path, JSON, Stored { bytes, tag }).await
        }
        File::Derived { limit, kind } => {
            let stored = read(&app, path.clone(), limit).await?;
            derived(&app, &headers, path, kind, stored).await
        }
        File::Fixed { tag, kind } => fixed(&app, &headers, path, kind, tag).await,
    }
}

async fn read(app: &Arc<App>, path: String, limit: u64) -> Result<Stored, Refusal> {
    let stored = app
        .look(move |app| app.storage.read(&path, limit))
        .await??;
    stored.ok_or_else(Refusal::missing)
}

/// `config.json` with what this server adds to it: where to publish, and its word that it is up to date.
fn config(app: &App, stored: &Stored) -> Result<String, Refusal> {
    let place = || app.storage.place(layout::CONFIG);
    let config = Config::parse(&stored.bytes, &app.url, place)
        .map_err(|error| Refusal::from(crate::publish::PublishError::from(error)))?;
    let mut config = Config {
        // From the registry's own address: the server need not know what the world calls it.
        api: Some("api/".to_owned()),
        ..config
    };
    if let Some(signer) = &app.signer {
        config.key = Some(signer.key());
        config.state = signer.state();
    }
    Ok(config.to_json())
}

/// A file that changes: asked for again each time, and sent only if it did.
async fn derived(
    app: &Arc<App>,
    headers: &HeaderMap,
    path: String,
    kind: &'static str,
    stored: Stored,
) -> Result<Response, Refusal> {
    let Stored { bytes, tag } = stored;
    let tag = tag.as_str().to_owned();
    let is_compressed = bytes.len() >= WORTH_COMPRESSING && takes_gzip(headers);
    // Another representation, so another tag; a client that has either has this state of the file.
    let own = match is_compressed {
        true => format!("{}-gz\"", tag.trim_end_matches('"')),
        false => tag.clone(),
    };
    let mut response = match has(headers, &tag) {
        true => status(StatusCode::NOT_MODIFIED, Body::empty()),
        false if is_compressed => {
            let copy = app
                .work(move |app| app.copies.of(&path, &tag, &bytes))
                .await??;
            let mut response = status(StatusCode::OK, Body::from(copy));
            put(&mut response, header::CONTENT_ENCODING, "gzip");
            response
        }
        false => status(StatusCode::OK, Body::from(bytes)),
    };
    put(&mut response, header::ETAG, &own);
    put(&mut response, header::CONTENT_TYPE, kind);
    put(&mut response, header::CACHE_CONTROL, "no-cache");
    put(
        &mut response,
        header::VARY,
        "accept-encoding, authorization",
    );
    Ok(response)
}

/// A file that never changes: sent piece by piece, from where it is asked for.
async fn fixed(
    app: &Arc<App>,
    headers: &HeaderMap,
    path: String,
    kind: &'static str,
    tag: Option<String>,
) -> Result<Response, Refusal> {
    let caching = match app.options.is_private {
        true => "private, max-age=31536000, immutable",
        false => "public, max-age=31536000, immutable",
    };
    let finish = |mut response: Response, tag: &str| {
        put(&mut response, header::ETAG, tag);
        put(&mut response, header::CONTENT_TYPE, kind);
        put(&mut response, header::CACHE_CONTROL, caching);
        put(&mut response, header::ACCEPT_RANGES, "bytes");
        Ok(response)
    };
    // Whoever has the bytes of a digest has the right ones.
    if let Some(tag) = tag.as_deref().filter(|tag| has(headers, tag)) {
        return finish(status(StatusCode::NOT_MODIFIED, Body::empty()), tag);
    }
    let (start, end) = range(headers).unwrap_or((0, None));
    let is_part = start > 0 || end.is_some();
    let most = end.map_or(PIECE_BYTES, |end| PIECE_BYTES.min(end - start + 1));
    let first = {
        let path = path.clone();
        app.look(move |app| app.storage.read_part(&path, start, most))
    };
    let Part { bytes, total } = first.await??.ok_or_else(Refusal::missing)?;
    if is_part && start >= total {
        let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty());
        put(
            &mut response,
            header::CONTENT_RANGE,
            &format!("bytes */{total}"),
        );
        return Ok(response);
    }
    let tag = tag.unwrap_or_else(|| tag_of(&bytes).as_str().to_owned());
    if has(headers, &tag) {
        return finish(status(StatusCode::NOT_MODIFIED, Body::empty()), &tag);
    }
    let stop = end.map_or(total, |end| total.min(end + 1));
    let length = stop - start;
    let body = match bytes.len() as u64 >= length {
        true => Body::from(bytes),
        false => pieces(Arc::clone(app), path, bytes, start..stop),
    };
    let mut response = match is_part {
        true => {
            let mut response = status(StatusCode::PARTIAL_CONTENT, body);
            let range = format!("bytes {start}-{}/{total}", stop - 1);
            put(&mut response, header::CONTENT_RANGE, &range);
            response
        }
        false => status(StatusCode::OK, body),
    };
    put(&mut response, header::CONTENT_LENGTH, &length.to_string());
    finish(response, &tag)
}

fn status(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    // Tags come from storages; one that is no header is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_layout_names_is_served() {
        let hex = Digest::of(b"").hex();
        let blob = format!("v1/blobs/sha256/e3/{hex}");
        for path in [
            "v1/config.json",
            "v1/index/acme/web",
            "v1/search/0.json",
            "v1/releases/acme/web/1.0.0-rc.1.note",
            "v1/yanks/acme/web/1.0.0.json",
            "v1/namespaces/acme/12.note",
            &blob,
        ] {
            assert!(File::at(path).is_some(), "{path}");
        }
        let wrong_folder = format!("v1/blobs/sha256/ff/{hex}");
        let upper = format!("v1/blobs/sha256/E3/{}", hex.to_uppercase());
        for path in [
            "",
            "v1",
            "v1/",
            "v2/config.json",
            "v1/config.json/",
            "v1//config.json",
            "v1/./config.json",
            "v1/../v1/config.json",
            "v1/%63onfig.json",
            "v1/index/acme",
            "v1/index/acme/..",
            "v1/index/../../private/tokens/x.json",
            "v1/index/acme/Web",
            "v1/search/00.json",
            "v1/search/+1.json",
            "v1/search/-1.json",
            "v1/releases/acme/web/1.0.note",
            "v1/releases/acme/web/01.0.0.note",
            "v1/releases/acme/web/1.0.0.json",
            "v1/namespaces/acme/0x1.note",
            "v1/namespaces/ACME/1.note",
            "v1/namespaces/../1.note",
            "private/tokens/x.json",
            ".lock",
            &wrong_folder,
            &upper,
        ] {
            assert_eq!(File::at(path), None, "{path}");
        }
    }
}

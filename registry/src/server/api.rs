//! What changes the registry, and whose token it takes.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Extension, Path, Request, State};
use axum::http::{StatusCode, header};
use serde_json::json;

use super::App;
use super::access::Caller;
use super::answer::{Document, Refusal};
use super::frame::{BODY_BYTES, unframe};
use crate::keys::KeySet;
use crate::publish::{self, Yank};
use crate::source::NOTE_BYTES;
use crate::{Package, PackageName, Release, Statement};

/// Most bytes in the body of a yank.
const YANK_BYTES: usize = 8 * 1024;
/// Bytes of memory that one permit to publish stands for.
const PERMIT_BYTES: usize = 1024 * 1024;

type Answer = Result<Document, Refusal>;

/// `PUT /api/v1/releases/<namespace>/<name>/<version>`
pub(super) async fn publish(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((namespace, name, version)): Path<(String, String, String)>,
    request: Request,
) -> Answer {
    let (name, version) = named(&namespace, &name, &version)?;
    let token = caller.token_for(name.namespace())?.id.clone();
    // Before the body is read: what waits for its turn holds no memory.
    let length = announced(&request)?;
    let permits = length.div_ceil(PERMIT_BYTES).max(1) as u32;
    let share = app.share(&token);
    let share = share.acquire_many(permits).await;
    let _share = share.map_err(|_| Refusal::broken())?;
    let turn = app.publishes.acquire_many(permits).await;
    let _turn = turn.map_err(|_| Refusal::broken())?;
    let body = read(request.into_body(), length).await?;
    let release = app
        .work(move |app| {
            let (note, archive) =
                unframe(&body).map_err(|error| Refusal::wrong(error.to_string()))?;
            let statement = Statement::read(&name, &version, note)
                .map_err(|error| Refusal::wrong(error.to_string()))?;
            check(app, &statement, archive)?;
            Ok::<_, Refusal>(publish::publish(&*app.storage, &statement, archive)?)
        })
        .await??;
    tracing::info!(token, name = %release.name, version = %release.version, blob = %release.blob, "published");
    listed(&release)
}

/// What only a server has to ask: whether the author is who may say it, and whether the statement tells what strangers
/// are shown. Everything else is checked by publishing.
fn check(app: &App, statement: &Statement, archive: &[u8]) -> Result<(), Refusal> {
    let namespace = statement.release.name.namespace();
    let chain = publish::chain(&*app.storage, namespace)?.ok_or_else(|| {
        let sentence = format!(
            "the namespace `{namespace}` has no keys here; `scaffold key new {namespace}` makes one, and publishing sends it"
        );
        Refusal::new(StatusCode::FORBIDDEN, "no-keys", sentence)
    })?;
    chain.accept(statement).map_err(|refused| {
        let sentence = format!("the statement is not accepted: {refused}");
        Refusal::new(StatusCode::FORBIDDEN, "signature", sentence)
    })?;
    let package = Package::read(archive).map_err(|error| Refusal::wrong(error.to_string()))?;
    let imports = match package.component() {
        Some(component) => (app.options.imports)(component).map_err(Refusal::wrong)?,
        None => Vec::new(),
    };
    let right = package.release(&imports);
    if (&right.imports, &right.world) != (&statement.release.imports, &statement.release.world) {
        return Err(Refusal::wrong(
            "the statement and the component disagree about what it imports; publish with a scaffold that reads them from the component",
        ));
    }
    Ok(())
}

/// `PUT /api/v1/namespaces/<namespace>/<number>`
pub(super) async fn put_keys(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((namespace, number)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (name, number) = (named(&namespace, "x", "0.0.0")?.0, number.parse::<u32>());
    let number = number.map_err(|_| Refusal::missing())?;
    let token = caller.token_for(name.namespace())?.id.clone();
    let length = announced(&request)?.min(NOTE_BYTES as usize);
    let body = read(request.into_body(), length).await?;
    let note = std::str::from_utf8(&body).map_err(|_| Refusal::wrong("it is not UTF-8"))?;
    let set = KeySet::read(&namespace, number, note)
        .map_err(|error| Refusal::wrong(error.to_string()))?;
    app.work(move |app| publish::put_keys(&*app.storage, &set))
        .await??;
    tracing::info!(token, namespace, number, "keys");
    Ok(Document(json!({"namespace": namespace, "number": number})))
}

/// `PUT /api/v1/yanks/<namespace>/<name>/<version>`
pub(super) async fn yank(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((namespace, name, version)): Path<(String, String, String)>,
    body: Body,
) -> Answer {
    let (name, version) = named(&namespace, &name, &version)?;
    let token = caller.token_for(name.namespace())?.id.clone();
    let body = read(body, YANK_BYTES).await?;
    let yank: Yank = serde_json::from_slice(&body).map_err(|error| {
        Refusal::wrong(format!(
            "the body is not `{{\"reason\":\"…\",\"security\":false}}`: {error}"
        ))
    })?;
    let release = app
        .work(move |app| publish::yank(&*app.storage, &name, &version, &yank))
        .await??;
    tracing::info!(token, name = %release.name, version = %release.version, security = release.security, "taken back");
    listed(&release)
}

/// `DELETE /api/v1/yanks/<namespace>/<name>/<version>`
pub(super) async fn unyank(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((namespace, name, version)): Path<(String, String, String)>,
) -> Answer {
    let (name, version) = named(&namespace, &name, &version)?;
    let token = caller.token_for(name.namespace())?.id.clone();
    let release = app
        .work(move |app| publish::unyank(&*app.storage, &name, &version))
        .await??;
    tracing::info!(token, name = %release.name, version = %release.version, "offered again");
    listed(&release)
}

/// `GET /api/v1/me`
pub(super) async fn me(Extension(caller): Extension<Caller>) -> Answer {
    let token = caller.token()?;
    Ok(Document(json!({
        "id": token.id,
        "name": token.name,
        "namespaces": token.namespaces,
        "expires": token.expires,
    })))
}

/// A package and a version as they stand in an address; any other spelling names nothing.
fn named(
    namespace: &str,
    name: &str,
    version: &str,
) -> Result<(PackageName, semver::Version), Refusal> {
    let wrong = |error: String| Refusal::wrong(error);
    let full: PackageName = format!("{namespace}/{name}")
        .parse()
        .map_err(|error: crate::NameError| wrong(error.to_string()))?;
    let parsed: semver::Version = version
        .parse()
        .map_err(|error| wrong(format!("{version:?} is not a version: {error}")))?;
    Release::check_version(&parsed).map_err(wrong)?;
    Ok((full, parsed))
}

/// How long the body says it is.
fn announced(request: &Request) -> Result<usize, Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let length = length.ok_or_else(|| {
        let sentence = "the request has to say how long its body is (Content-Length)";
        Refusal::new(StatusCode::LENGTH_REQUIRED, "length", sentence)
    })?;
    match length > BODY_BYTES {
        true => Err(too_long(BODY_BYTES)),
        false => Ok(length),
    }
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    to_bytes(body, limit).await.map_err(|error| {
        let text = error.to_string();
        match text.contains("length limit") {
            true => too_long(limit),
            false => Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "body",
                "the body did not come to its end; send it again",
            ),
        }
    })
}

fn too_long(limit: usize) -> Refusal {
    let sentence = format!("the body is longer than {limit} bytes, the most that is taken here");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", sentence)
}

fn listed(release: &Release) -> Answer {
    let line = serde_json::to_value(release).map_err(|_| Refusal::broken())?;
    Ok(Document(line))
}

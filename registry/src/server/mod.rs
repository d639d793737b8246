//! The publish server: the tree over HTTP, publishing for who has a token, pages for people.
//!
//! ```text
//! GET     /v1/…                                  the registry's tree and nothing else of the storage
//! PUT     /api/v1/releases/<ns>/<name>/<v>       a statement and an archive
//! PUT     /api/v1/namespaces/<ns>/<n>            a key set
//! PUT     /api/v1/yanks/<ns>/<name>/<v>          takes a version back
//! DELETE  /api/v1/yanks/<ns>/<name>/<v>          offers it again
//! GET     /api/v1/me                             whose token this is
//! GET     /health, /metrics
//! GET     /, /packages/<ns>/<name>[/<v>]         pages for people, without any script
//! ```
//!
//! It keeps nothing: any number of servers may run over one storage, and one that is killed leaves nothing to clean up,
//! see [`crate::publish`]. What it caches are files that never change; compressed copies and search data, each named by
//! the tag of what it is of; and tokens for a few seconds.

mod access;
mod answer;
mod api;
mod asked;
mod catalog;
mod connections;
mod copies;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod health;
mod log;
mod pages;
mod pieces;
mod rate;
mod state;
mod token;
mod tree;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, put};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::storage::{Storage, StorageError};

pub use frame::{FrameError, frame};
pub use token::{NewToken, Token, TokenError};
pub use token::{list as list_tokens, new as new_token, revoke as revoke_token};

/// How long to wait for the next piece of a body.
const BODY: Duration = Duration::from_secs(15);
/// Megabytes of bodies that are held in memory at once.
const PUBLISHES: usize = 512;
/// How many of them one token's bodies may take, so that those that never come to their end keep nobody else from publishing.
const OF_ONE_TOKEN: usize = PUBLISHES / 4;

/// How a server behaves.
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How others reach it, `https://packages.example.com`; none: as it listens.
    pub url: Option<String>,
    /// Whether reading needs a token as well.
    pub is_private: bool,
    /// Most writing requests a second of one token or address; 0: no limit.
    pub rate: u32,
    /// Most reading requests a second of one address; 0: no limit.
    pub read_rate: u32,
    /// Most connections at once.
    pub connections: usize,
    /// Whether the last entry of `X-Forwarded-For` is who asks.
    pub is_behind_proxy: bool,
    /// The registry's own key, as PEM, with which it says every hour that it is up to date.
    pub key: Option<String>,
    /// What a component imports. The registry knows nothing of WebAssembly; whoever starts it does.
    pub imports: fn(&[u8]) -> Result<Vec<String>, String>,
}

/// Why a server did not start, or came to an end.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The storage cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no registry, and none can be made.
    #[error(transparent)]
    Registry(#[from] crate::publish::PublishError),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}: {source}; choose another address or port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The registry's key cannot be used.
    #[error("the registry's key cannot be used: {0}")]
    Key(String),
    /// Something the server needs of the system is not to be had.
    #[error("cannot serve: {0}")]
    System(#[from] io::Error),
}

/// What every request is answered from.
struct App {
    storage: Arc<dyn Storage>,
    url: String,
    options: Options,
    tokens: token::Book,
    writes: rate::Limiter,
    reads: rate::Limiter,
    publishes: Semaphore,
    /// What is left of [`OF_ONE_TOKEN`], of each token that has published.
    shares: Mutex<HashMap<String, Arc<Semaphore>>>,
    copies: copies::Copies,
    catalog: catalog::Catalog,
    signer: Option<state::Signer>,
    metrics: health::Metrics,
}

/// Serves the registry in a storage until the process is told to end (SIGTERM, Ctrl-C) and open requests have. `ready`
/// is told the address as soon as connections are accepted. One with nothing in it becomes a registry.
///
/// # Errors
/// See [`ServeError`]; errors of single requests are answered and logged.
pub fn serve(
    storage: Arc<dyn Storage>,
    options: Options,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    crate::publish::open_or_make(&*storage)?;
    storage.check()?;
    let signer = state::Signer::new(&*storage, options.key.as_deref())?;
    log::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(run(storage, options, signer, ready));
    // What still waits for a bucket is given up: it was not answered, and nothing is left half-made.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn run(
    storage: Arc<dyn Storage>,
    options: Options,
    signer: Option<state::Signer>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let listener =
        TcpListener::bind(options.listen)
            .await
            .map_err(|source| ServeError::Listen {
                address: options.listen,
                source,
            })?;
    let address = listener.local_addr()?;
    let url = match &options.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{address}"),
    };
    let connections = options.connections;
    let app = Arc::new(App {
        storage,
        url,
        tokens: token::Book::default(),
        writes: rate::Limiter::new(options.rate),
        reads: rate::Limiter::new(options.read_rate),
        publishes: Semaphore::new(PUBLISHES),
        shares: Mutex::default(),
        copies: copies::Copies::default(),
        catalog: catalog::Catalog::default(),
        signer,
        metrics: health::Metrics::new()?,
        options,
    });
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        end_of_process().await;
        let _ = stop.send(true);
    });
    ready(address);
    tracing::info!(%address, "listening");
    connections::accept(listener, router(app), connections, stopping).await;
    tracing::info!("stopped");
    Ok(())
}

/// Which request is answered by what.
fn router(app: Arc<App>) -> Router {
    let yanks = put(api::yank).delete(api::unyank);
    Router::new()
        .route("/v1/{*path}", get(tree::get))
        .route(
            "/api/v1/releases/{namespace}/{name}/{version}",
            put(api::publish),
        )
        .route(
            "/api/v1/namespaces/{namespace}/{number}",
            put(api::put_keys),
        )
        .route("/api/v1/yanks/{namespace}/{name}/{version}", yanks)
        .route("/api/v1/me", get(api::me))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .merge(pages::router())
        .fallback(answer::no_such_place)
        .method_not_allowed_fallback(answer::no_such_method)
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            access::guard,
        ))
        // Bodies are read by who answers, with a limit of its own; between two pieces of one so long may pass.
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyTimeoutLayer::new(BODY))
        .with_state(app)
}

impl App {
    /// Does something with the storage that may take a while.
    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, answer::Refusal> {
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&app)).await;
        done.map_err(|_| answer::Refusal::broken())
    }

    /// What one token may take of the memory for bodies.
    fn share(&self, token: &str) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let share = shares.entry(token.to_owned());
        Arc::clone(share.or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_TOKEN))))
    }

    /// Reads something small: at once where it is a file of this machine, since handing it to another thread and back
    /// takes longer than reading it.
    async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, answer::Refusal> {
        match self.storage.is_local() {
            true => Ok(look(self)),
            false => self.work(look).await,
        }
    }
}

#[cfg(unix)]
async fn end_of_process() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn end_of_process() {
    let _ = tokio::signal::ctrl_c().await;
}

//! Connections, each with an end: whoever sends or takes a byte a minute holds one for a while and no longer, and whoever says
//! nothing makes room for the next.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::access::Peer;

/// How long a request's head may take, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(15);
/// Most bytes in a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Most fields in it.
const FIELDS: usize = 64;
/// How long a connection may live; what is under way then may end.
const LIFE: Duration = Duration::from_secs(600);
/// How long that may take, and how long open requests may take when the server is told to end.
const GRACE: Duration = Duration::from_secs(30);
/// How long to wait when the system is out of sockets, or every connection is busy.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers connections until `stop` says so, then lets open requests end.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    most: usize,
    mut stop: watch::Receiver<bool>,
) {
    let free = Arc::new(Semaphore::new(most));
    let quiet = Arc::new(Quiet::default());
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(permit) = room(&free, &quiet, &mut stop).await else {
                    break;
                };
                let (send, own) = oneshot::channel();
                let (quiet, router, stop) = (Arc::clone(&quiet), router.clone(), stop.clone());
                let task = open.spawn(async move {
                    if let Ok(task) = own.await {
                        serve(stream, peer, router, Seat::new(quiet, task), stop).await;
                    }
                    drop(permit);
                });
                let _ = send.send(task);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                sleep(PAUSE).await;
            }
        }
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = timeout(GRACE, async { while open.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(open = open.len(), "requests were cut off");
    }
}

/// Room for one more. Past the most, whoever has said nothing for longest makes it; newcomers meanwhile wait in the system's
/// queue. None when the server is to end.
async fn room(
    free: &Arc<Semaphore>,
    quiet: &Quiet,
    stop: &mut watch::Receiver<bool>,
) -> Option<OwnedSemaphorePermit> {
    loop {
        if let Ok(permit) = Arc::clone(free).try_acquire_owned() {
            return Some(permit);
        }
        quiet.cut();
        tokio::select! {
            permit = Arc::clone(free).acquire_owned() => return permit.ok(),
            _ = stop.changed() => return None,
            // All were busy: perhaps one is no more.
            () = sleep(PAUSE) => {}
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    seat: Arc<Seat>,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are small, and whoever asks waits for them.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let busy = Busy::new(&seat);
        let answer = router.clone().oneshot(request);
        async move {
            let answer = answer.await?;
            // Until the last of it is on its way.
            Ok::<_, Infallible>(answer.map(|body| {
                body.map_err(move |error| {
                    let _ = &busy;
                    error
                })
            }))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .max_headers(FIELDS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // Errors are the other end's: it went away, or spoke no HTTP.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => {}
        () = sleep(LIFE) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}

/// All connections, to find the one that has said nothing for longest. A request writes into its own seat alone, so that none
/// waits here for another.
#[derive(Default)]
struct Quiet {
    seats: Mutex<HashMap<u64, Place>>,
    /// Counts what happens.
    clock: AtomicU64,
}

struct Place {
    /// See [`Seat::since`].
    since: Arc<AtomicU64>,
    task: AbortHandle,
}

/// While an answer is on its way.
const BUSY: u64 = 0;

impl Quiet {
    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Place>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts off the one that has said nothing for longest, if there is one.
    fn cut(&self) {
        let seats = self.lock();
        let since = |place: &&Place| place.since.load(Ordering::Relaxed);
        let quiet = seats.values().filter(|place| since(place) != BUSY);
        if let Some(first) = quiet.min_by_key(since) {
            first.task.abort();
            // It has its end before it, and is not to be found again.
            first.since.store(BUSY, Ordering::Relaxed);
        }
    }
}

/// A connection's place among all of them, until it ends.
struct Seat {
    quiet: Arc<Quiet>,
    number: u64,
    /// Since when nobody has waited for an answer, as counted by the clock; or [`BUSY`].
    since: Arc<AtomicU64>,
}

impl Seat {
    fn new(quiet: Arc<Quiet>, task: AbortHandle) -> Arc<Self> {
        let number = quiet.now();
        let since = Arc::new(AtomicU64::new(number));
        let place = Place {
            since: Arc::clone(&since),
            task,
        };
        quiet.lock().insert(number, place);
        Arc::new(Self {
            quiet,
            number,
            since,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.quiet.lock().remove(&self.number);
    }
}

/// A request that is being answered; afterwards its connection is quiet again.
struct Busy(Arc<Seat>);

impl Busy {
    fn new(seat: &Arc<Seat>) -> Self {
        seat.since.store(BUSY, Ordering::Relaxed);
        Self(Arc::clone(seat))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.since.store(self.0.quiet.now(), Ordering::Relaxed);
    }
}

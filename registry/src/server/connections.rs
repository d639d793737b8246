//! Connections, each with an end: whoever sends or takes a byte a minute holds one for a while and no longer, and whoever says
//! nothing makes room for the next.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

/// Connections on which nobody is waiting for an answer, from the one that has said nothing for longest.
#[derive(Default)]
struct Quiet(Mutex<(u64, BTreeMap<u64, AbortHandle>)>);

impl Quiet {
    /// Takes a seat out of them, and puts it at their end if it is quiet from now on.
    fn set(&self, seat: &Seat, is_quiet: bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.1.remove(&seat.number.load(Ordering::Relaxed));
        if is_quiet {
            all.0 += 1;
            seat.number.store(all.0, Ordering::Relaxed);
            let number = all.0;
            all.1.insert(number, seat.task.clone());
        }
    }

    /// Cuts off the first, if there is one.
    fn cut(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, task)) = all.1.pop_first() {
            task.abort();
        }
    }
}

/// A connection's place among those that are quiet.
struct Seat {
    quiet: Arc<Quiet>,
    task: AbortHandle,
    number: AtomicU64,
}

impl Seat {
    fn new(quiet: Arc<Quiet>, task: AbortHandle) -> Arc<Self> {
        let seat = Self {
            quiet,
            task,
            number: AtomicU64::default(),
        };
        seat.quiet.set(&seat, true);
        Arc::new(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.quiet.set(self, false);
    }
}

/// A request that is being answered; afterwards its connection is quiet again.
struct Busy(Arc<Seat>);

impl Busy {
    fn new(seat: &Arc<Seat>) -> Self {
        seat.quiet.set(seat, false);
        Self(Arc::clone(seat))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.quiet.set(&self.0, true);
    }
}

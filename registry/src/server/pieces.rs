//! A long file, read as fast as the other end takes it: a slow reader holds two pieces in memory and not the file.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::App;

/// Bytes read at once.
pub(super) const PIECE_BYTES: u64 = 256 * 1024;

/// The body that sends `range` of the file at `path`, of which `first` was read already.
pub(super) fn pieces(app: Arc<App>, path: String, first: Vec<u8>, range: Range<u64>) -> Body {
    let (send, next) = mpsc::channel(1);
    let left = range.end - range.start;
    tokio::spawn(async move {
        let mut at = range.start + first.len() as u64;
        // Fails when the other end is gone.
        let mut is_wanted = send.send(Ok(Bytes::from(first))).await.is_ok();
        while is_wanted && at < range.end {
            let path = path.clone();
            let most = PIECE_BYTES.min(range.end - at);
            let read = app.work(move |app| app.storage.read_part(&path, at, most));
            let piece = match read.await {
                Ok(Ok(Some(part))) if !part.bytes.is_empty() => Ok(Bytes::from(part.bytes)),
                // The status was sent long ago: all that is left is to break off, which every reader notices.
                _ => Err(io::Error::other("the file could not be read to its end")),
            };
            at += piece.as_ref().map_or(0, |piece| piece.len() as u64);
            is_wanted = piece.is_ok();
            is_wanted = send.send(piece).await.is_ok() && is_wanted;
        }
    });
    Body::new(Pieces { next, left })
}

struct Pieces {
    next: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = self.next.poll_recv(context);
        if let Poll::Ready(Some(Ok(piece))) = &piece {
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

//! Wall time for guests.

use std::{sync::mpsc, thread, time::Duration};

use wasmtime::Engine;

/// Interrupts guests of an engine once, after a time; dropped earlier, it never does.
pub(super) struct Deadline {
    thread: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

impl Deadline {
    pub(super) fn start(engine: &Engine, after: Duration) -> Self {
        let (cancel, cancelled) = mpsc::channel::<()>();
        let engine = engine.clone();
        let thread = thread::Builder::new()
            .name("deadline".into())
            .spawn(move || {
                if cancelled.recv_timeout(after) == Err(mpsc::RecvTimeoutError::Timeout) {
                    engine.increment_epoch();
                }
            });
        // Without a thread the fuel still bounds the guest.
        Self {
            thread: thread.ok().map(|thread| (cancel, thread)),
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some((cancel, thread)) = self.thread.take() {
            drop(cancel);
            // Waited for, so that a late tick cannot interrupt the next call.
            let _ = thread.join();
        }
    }
}

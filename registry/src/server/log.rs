//! What the server says about itself: a JSON document a line, on standard error.
//!
//! Writes and mistakes are always told; requests that read are told at `debug`. No header and no body is ever logged, so
//! no token is.

use tracing_subscriber::EnvFilter;

/// Logs from here on, unless this process does already.
pub(super) fn start() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a log is no talk with a user, and what is written in it is data"
    )]
    let to = std::io::stderr;
    let filter = EnvFilter::builder()
        .with_env_var("SCAFFOLD_LOG")
        .try_from_env()
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_env_filter(filter)
        .with_writer(to)
        .try_init();
}

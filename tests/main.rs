//! End-to-end tests, through the real binary: what a user types, what they see, what stands on disk afterwards.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests set the scene themselves"
)]

#[path = "e2e/environment.rs"]
mod environment;

#[path = "e2e/commands.rs"]
mod commands;
#[path = "e2e/conflicts.rs"]
mod conflicts;
#[path = "e2e/errors.rs"]
mod errors;
#[path = "e2e/git.rs"]
mod git;
#[path = "e2e/grants.rs"]
mod grants;
#[path = "e2e/hosting.rs"]
mod hosting;
#[path = "e2e/hygiene.rs"]
mod hygiene;
#[path = "e2e/inputs.rs"]
mod inputs;
#[path = "e2e/login.rs"]
mod login;
#[path = "e2e/offline.rs"]
mod offline;
#[path = "e2e/store.rs"]
mod store;
#[path = "e2e/ways.rs"]
mod ways;
#[path = "e2e/web.rs"]
mod web;

#[path = "e2e/lifecycle.rs"]
mod lifecycle;
#[path = "e2e/merges.rs"]
mod merges;
#[path = "e2e/merging.rs"]
mod merging;
#[path = "e2e/new.rs"]
mod new;
#[path = "e2e/publishing.rs"]
mod publishing;
#[path = "e2e/scenario.rs"]
mod scenario;
#[path = "e2e/signing.rs"]
mod signing;
#[cfg(target_os = "linux")]
#[path = "e2e/terminal.rs"]
mod terminal;
#[cfg(target_os = "linux")]
#[path = "e2e/transfers.rs"]
mod transfers;
#[path = "e2e/turns.rs"]
mod turns;
#[path = "e2e/undo.rs"]
mod undo;
#[path = "e2e/upkeep.rs"]
mod upkeep;

#[path = "e2e/killed.rs"]
mod killed;
#[path = "e2e/properties/mod.rs"]
mod properties;
#[path = "bench/stress/mod.rs"]
mod stress;

#[path = "e2e/compiled.rs"]
mod compiled;
#[path = "e2e/compiling.rs"]
mod compiling;
#[path = "e2e/guests.rs"]
mod guests;
#[path = "e2e/hostile.rs"]
mod hostile;
#[path = "e2e/limits.rs"]
mod limits;
#[path = "e2e/processes.rs"]
mod processes;
#[path = "e2e/refusals.rs"]
mod refusals;
#[path = "e2e/sandbox.rs"]
mod sandbox;
#[path = "e2e/sandbox_rules.rs"]
mod sandbox_rules;
#[path = "e2e/wasm.rs"]
mod wasm;

#[cfg(feature = "prove-buckets")]
#[path = "e2e/registry_bucket.rs"]
mod registry_bucket;
#[path = "e2e/registry_server.rs"]
mod registry_server;

#[path = "attacks/mod.rs"]
mod attacks;

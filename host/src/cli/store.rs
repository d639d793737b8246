//! What a user says of the cache, and of working without a network.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::sandbox::Amount;

#[derive(Debug, Args)]
pub struct Cache {
    #[command(subcommand)]
    pub command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Show what is kept, and where
    List,
    /// Hash everything that was fetched again; remove what does not match
    Verify,
    /// Remove what was not used for a while; it comes back when it is needed
    ///
    /// Without a rule: what was not used for 30 days. Waits for other commands to end, since what they use stays. What
    /// registries said stays too: it is small, and shows when one takes back what it published. With -n nothing is removed.
    Prune(Prune),
    /// Remove everything; it comes back when it is needed
    ///
    /// With --registry ADDRESS only what that registry said is forgotten, for one that was made anew.
    Clean,
}

#[derive(Debug, Args)]
pub struct Prune {
    /// Remove what was not used for that long, such as 30d or 12h
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<Duration>,
    /// Remove what was not used for longest, until the rest is no larger, such as 1GiB or 500 MiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub larger_than: Option<u64>,
}

fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "an age has a unit, such as 30d, 12h or 1year".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    match Amount::Bytes(0).parse(text.trim()) {
        Some(Amount::Bytes(bytes)) => Ok(bytes as u64),
        _ => Err("a size has a unit: bytes, KiB, MiB or GiB".to_owned()),
    }
}

#[derive(Debug, Args)]
pub struct Login {
    /// The registry: its address, or a namespace that config.toml or --registry has one for
    #[arg(value_name = "REGISTRY")]
    pub place: String,
}

#[derive(Debug, Args)]
pub struct Logout {
    /// The registry, as for login; none: all of them
    #[arg(value_name = "REGISTRY")]
    pub place: Option<String>,
}

//! `scaffold registry …`: for whoever runs one.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Registry {
    #[command(subcommand)]
    pub command: RegistryCommand,
}

#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Serve a registry: packages for everybody, publishing for who has a token, pages for people
    ///
    /// Any number of servers may serve one registry. Logs go to standard error, a JSON document a line; /health says
    /// whether the storage answers and /metrics is for Prometheus. SIGTERM and Ctrl-C let requests end first.
    Serve(Serve),
    /// Look after the tokens with which people publish to a server
    Token(Token),
}

#[derive(Debug, Args)]
pub struct Serve {
    /// The registry: a folder (an empty one becomes a registry), s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or
    /// az://CONTAINER/PREFIX. Buckets are set up by the environment, as AWS_ENDPOINT, AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY
    #[arg(value_name = "WHERE")]
    pub place: String,
    /// Address and port; port 0 takes a free one, which is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How others reach the server, as https://packages.example.com; by default as it listens
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Answer nobody without a token
    #[arg(long)]
    pub private: bool,
    /// Most requests a second that change something, from one token or address; 0: no limit
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub rate: u32,
    /// Most requests a second that read, from one address; 0: no limit
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    pub read_rate: u32,
    /// Most connections at once
    #[arg(long, value_name = "NUMBER", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..))]
    pub connections: u16,
    /// The registry's own key, with which it says every hour that it is up to date
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Take an asker's address from the last entry of X-Forwarded-For, which a proxy in front has to set
    #[arg(long)]
    pub behind_proxy: bool,
}

#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    pub command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, once: the registry keeps a hash of it
    New(NewToken),
    /// Show which tokens there are
    List {
        /// The registry, as for `serve`
        #[arg(value_name = "WHERE")]
        place: String,
    },
    /// Take a token back; every server refuses it within seconds
    Revoke {
        /// The registry, as for `serve`
        #[arg(value_name = "WHERE")]
        place: String,
        /// As `list` shows it
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct NewToken {
    /// The registry, as for `serve`
    #[arg(value_name = "WHERE")]
    pub place: String,
    /// Whose it is; shown in lists and logs
    #[arg(long)]
    pub name: String,
    /// A namespace it may publish to; more than once for more, none: it may only read a private registry
    #[arg(long = "namespace", value_name = "NAMESPACE")]
    pub namespaces: Vec<String>,
    /// After how many days it ends
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

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
    /// Begin a registry in an empty place
    ///
    /// WHERE is a folder, which any web server can hand out; a bucket, as for `serve`; or oci://HOST/PATH. Publishing into
    /// an empty folder begins one as well; this gives it a name.
    Init(Init),
    /// Put a package into a registry: a package file or a folder, which is packed; it is not tried
    Add(RegistryAdd),
    /// Make what is derived anew, and with --key sign that the registry was looked after now
    ///
    /// Run it with --key at least every 14 days where you sign: readers are warned of a registry nobody has looked after.
    Index(Index),
    /// Look whether everything in a registry is right; exits with 5 and a list if not
    ///
    /// Every archive is hashed and unpacked, every signature checked, indexes and search data are compared with what they
    /// are made of, and files that are nobody's are named.
    Verify(Place),
    /// Make what is derived anew after a crash: indexes and search data
    Repair(Place),
    /// Copy what another registry has into this one, checking every signature
    ///
    /// Statements stay as their authors signed them. Run it again and it copies what is new and what was taken back. From a
    /// folder, packages that nobody signed are taken as well.
    Mirror(Mirror),
    /// Clear away archives and half-written files of publications that did not come to their end
    Gc(Gc),
    /// Serve a registry: packages for everybody, publishing for who has a token, pages for people
    ///
    /// It speaks plain HTTP: put a proxy with TLS in front, and say so with --url and --behind-proxy. Any number of servers may
    /// serve one registry. Logs go to standard error, a JSON document a line; /health says
    /// whether the storage answers and /metrics is for Prometheus. SIGTERM and Ctrl-C let requests end first.
    Serve(Serve),
    /// Look after the tokens with which people publish to a server
    Token(Token),
}

#[derive(Debug, Args)]
pub struct Place {
    /// The registry: a folder, a bucket as for `serve`, or oci://HOST/PATH
    #[arg(value_name = "WHERE")]
    pub place: String,
}

#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    pub place: Place,
    /// What the registry calls itself: lower-case letters, digits and dashes
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub origin: String,
    /// The registry's own key, which says when it was looked after: PEM, as of openssl genpkey -algorithm ed25519
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RegistryAdd {
    #[command(flatten)]
    pub place: Place,
    /// A package file, as `scaffold pack` makes them, or a package's folder
    #[arg(value_name = "PACKAGE")]
    pub package: PathBuf,
    /// The author's signed statement about it; without one it is signed with your key, if you have one for its namespace
    #[arg(long, value_name = "FILE")]
    pub statement: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Index {
    #[command(flatten)]
    pub place: Place,
    /// The registry's own key, as for `init`
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Mirror {
    /// Where to copy from: anything --registry takes
    #[arg(value_name = "FROM")]
    pub from: String,
    #[command(flatten)]
    pub place: Place,
    /// Only this namespace or package; more than once for more
    #[arg(long, value_name = "NAMESPACE[/NAME]")]
    pub only: Vec<String>,
    /// Take over its name, key and signed state too, so that this one can be read in its place: `mirror` under
    /// [registries] in config.toml
    #[arg(long)]
    pub stand_in: bool,
}

#[derive(Debug, Args)]
pub struct Gc {
    #[command(flatten)]
    pub place: Place,
    /// Leave alone what is younger: somebody may be publishing it
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub grace: u64,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// The registry: a folder (an empty one becomes a registry), s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or
    /// az://CONTAINER/PREFIX. Buckets are set up by the environment, as AWS_ENDPOINT, AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY
    #[arg(value_name = "WHERE")]
    pub place: String,
    /// Address and port; port 0 takes a free one, which is printed
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = listen)]
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

fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write it as 127.0.0.1:8080, or 0.0.0.0:8080 for every address of this machine".to_owned()
    })
}

#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    pub command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, once: the registry keeps a hash of it
    ///
    /// For example: scaffold registry token new /srv/packages --name Ann --namespace acme
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

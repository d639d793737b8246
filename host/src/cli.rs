//! The command line. Its doc comments are the documentation a user reads.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod key;
mod registry;
mod store;

pub use key::{Key, KeyCommand, KeyNew, KeyRotate, KeyTrust};
pub use registry::{
    Gc, Index, Init, Mirror, NewToken, Place, Registry, RegistryAdd, RegistryCommand, Serve, Token,
    TokenCommand,
};
pub use store::{Cache, CacheCommand, Login, Logout, Prune};

/// Makes projects and adds modules to them, from generators that nobody has to trust.
///
/// A generator is a sealed WebAssembly component: it reads what you grant, proposes files, and can do nothing
/// else. You see the plan before anything is written.
#[derive(Debug, Parser)]
#[command(
    name = "scaffold",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 conflicts remain, 4 permission needed, 5 integrity, 6 outdated (on request), 70 bug.\n\
Start with: scaffold search, then scaffold new PACKAGE DIR"
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Globals {
    /// Run as if started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true, display_order = 900)]
    pub folder: Option<PathBuf>,
    /// Show the plan and write nothing
    #[arg(short = 'n', long, global = true, display_order = 901)]
    pub dry_run: bool,
    /// Show the changes line by line
    #[arg(long, global = true, display_order = 902)]
    pub diff: bool,
    /// Accept the plan and every default; never a new permission
    #[arg(short, long, global = true, display_order = 903)]
    pub yes: bool,
    /// Take the default of every question that is not answered
    #[arg(long, global = true, display_order = 904)]
    pub defaults: bool,
    /// Never ask; fail and name what is missing
    #[arg(long, global = true, display_order = 905)]
    pub no_input: bool,
    /// Who wins where your edits and a new version want something else
    #[arg(
        long,
        value_name = "WHO",
        default_value = "markers",
        global = true,
        display_order = 905
    )]
    pub conflict: Conflict,
    /// Answer a question; `PACKAGE.KEY=VALUE` where two packages ask the same
    #[arg(
        short,
        long = "data",
        value_name = "KEY=VALUE",
        global = true,
        display_order = 906
    )]
    pub data: Vec<String>,
    /// Answers from a TOML or JSON file
    #[arg(long, value_name = "FILE", global = true, display_order = 907)]
    pub data_file: Option<PathBuf>,
    /// Allow a class of files that run or steer something later (ci, editor, hooks, toolchain, agents, executable),
    /// or to read what packages ask to read of your files (read), or one file, which may hold secrets (read=PATH)
    #[arg(long, value_name = "WHAT", global = true, display_order = 908)]
    pub allow: Vec<String>,
    /// Refuse a class of files, all reading (read), or files by pattern (read=PATTERN, write=PATTERN), whatever is
    /// allowed elsewhere
    #[arg(long, value_name = "WHAT", global = true, display_order = 908)]
    pub deny: Vec<String>,
    /// Where packages come from: a folder, an https or an oci address, for one namespace (`acme=WHERE`) or for all but `scaffold`
    #[arg(
        long,
        value_name = "[NAMESPACE=]WHERE",
        global = true,
        display_order = 909
    )]
    pub registry: Vec<String>,
    /// Use what is on this machine; open no connection. scaffold fetch gets what a project needs
    #[arg(long, env = "SCAFFOLD_OFFLINE", value_parser = clap::builder::FalseyValueParser::new(), global = true, display_order = 910)]
    pub offline: bool,
    /// Fail if scaffold.lock would have to change; nothing is looked up then but by update
    #[arg(long, global = true, display_order = 911)]
    pub locked: bool,
    /// Fail at once where another command is at work in the project, instead of waiting for it
    #[arg(long, global = true, display_order = 912)]
    pub no_wait: bool,
    /// Print the result as JSON on standard output
    #[arg(long, global = true, display_order = 912)]
    pub json: bool,
    /// Say less
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        display_order = 913
    )]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = 914)]
    pub verbose: u8,
    /// When to use colour
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        display_order = 915
    )]
    pub color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Who wins where both sides changed the same thing; everything else is merged in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Conflict {
    /// Both versions between markers in the file, for you to settle
    Markers,
    /// Your version
    Ours,
    /// The new version; yours is in the undo record
    Theirs,
    /// Nobody: list the conflicts and write nothing
    Fail,
    /// Ask for every file
    Ask,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new project
    ///
    /// Every question of the package is a flag as well: see `scaffold new PACKAGE --help`.
    New(New),
    /// Add generators to the project you are in
    ///
    /// In a project made from `django`, `scaffold add auth` takes `django-auth` if there is one, else `auth`.
    Add(Add),
    /// Show what this project is made of
    List,
    /// Show how the files stand to what the generators made
    Status(Status),
    /// Show your edits to what the generators made, line by line
    ///
    /// Into a pipe or a file it is a patch that `git apply` takes.
    Diff(Diff),
    /// Replay the lock file and compare with the digests it has recorded
    Verify,
    /// Show which newer versions there are
    ///
    /// `allowed` is what `scaffold update` takes, `newest` what there is: name it to take it, as in
    /// `scaffold update PACKAGE@VERSION`.
    Outdated(Outdated),
    /// Take newer versions, merged with your edits
    ///
    /// Takes the newest versions that scaffold.toml allows. A requirement given as PACKAGE@REQ is written to
    /// scaffold.toml; it may lead back to an older version. Shows what is newly asked for and the change log.
    Update(Update),
    /// Change answers, merged with your edits
    Set(Set),
    /// Make the project what scaffold.toml says
    ///
    /// Generators that read files of yours read them as they are now.
    Sync,
    /// Write scaffold.lock anew from scaffold.toml, and nothing else
    ///
    /// For a lock with git's conflict markers, or none: versions stay those that were locked on either side where
    /// scaffold.toml still allows them. `scaffold status` then shows what differs in the files.
    Lock,
    /// Take generators out of the project
    Remove(Remove),
    /// Take back the last command that changed the project, byte for byte
    ///
    /// Files that were edited since are merged. Run again, it takes back the command before that one. The last ten
    /// commands are remembered, in .scaffold/undo.
    Undo(Undo),
    /// Say that conflicts are settled
    ///
    /// A command that ends in conflicts leaves a merge under way. Edit the files it names, then run this: it checks
    /// that no conflict marker is left and that the new versions beside binary files are dealt with. In a git
    /// repository the files are staged, as `git add` would.
    Resolve(Resolve),
    /// Give up a merge that is under way: everything as it was before the command that left it
    ///
    /// What was edited in those files since is kept in .scaffold/undo.
    Abort,
    /// Find packages; exits with 1 if nothing matches
    Search(Search),
    /// Show what a package is, asks and may do
    Info(Info),
    /// Show in plain words what a package or component can and cannot do
    Inspect(Inspect),
    /// Make a package of a folder
    Pack(Pack),
    /// Pack a folder, try it, and put it into a registry
    ///
    /// Where to is what --registry says, else what config.toml has for the package's namespace: a folder, the address of a
    /// publish server (see scaffold login), a bucket as s3://BUCKET/PREFIX, or oci://HOST/PATH. It is signed with your key of
    /// the namespace (see scaffold key new); only in a folder may it have no signature.
    ///
    /// The package is tried in the sandbox first, as a project of its own: with the default of every question, and with
    /// the answers in each file of DIR/tests, which is not published. What is published stays: the same version cannot
    /// be published again with other contents.
    ///
    /// For example: scaffold publish hello --registry ./registry
    Publish(Publish),
    /// Keep a registry's token, to publish there or to read what it shows to some
    ///
    /// The token is typed unseen, or piped in, and checked with the registry where that can be asked. It is kept in
    /// credentials.toml beside config.toml, readable by you alone, and is sent to that registry only. Instead of it,
    /// SCAFFOLD_TOKEN holds one for the registry that --registry names, or the only one in config.toml.
    ///
    /// For example: scaffold login https://packages.example.com
    Login(Login),
    /// Forget a registry's token
    Logout(Logout),
    /// Fetch everything scaffold.lock needs, so that the project works offline
    ///
    /// Packages, the engines that run them, and what their registries say of them come into this machine's cache; what is
    /// there already is not fetched again. Then every command works with --offline. To have them in the project itself, for
    /// others as well, see scaffold vendor.
    Fetch,
    /// Copy the packages scaffold.lock needs into the project
    ///
    /// They lie in vendor/scaffold, a small registry, and are used before any other place; their digests and signatures are
    /// checked as ever. Check it in, and a clone needs neither a network nor a cache. Run it again after an update. What comes
    /// with this program is not copied.
    Vendor,
    /// Take a version back, so that nobody new gets it
    ///
    /// Projects that have it locked go on working; with --security they are warned whenever it is used. What is published
    /// is never removed. Where is what --registry says, as for scaffold publish.
    ///
    /// For example: scaffold yank acme/site@1.2.0 --reason "It loses answers" --registry ./registry
    Yank(Yank),
    /// Look after the keys that sign your packages, and those you trust
    ///
    /// A namespace has a key, on its author's machine alone: scaffold key new makes it once, scaffold publish signs with it.
    /// Whoever uses a package trusts the key they saw first, and is told when it changes.
    Key(Key),
    /// Run a registry of your own
    ///
    /// A registry is a folder of files, which any web server can hand out: init begins one, scaffold publish puts packages
    /// into it, verify looks whether it is right. serve hands it out and lets others publish to it, each with a token. All of
    /// it is in docs/REGISTRY.md.
    Registry(Registry),
    /// Look after the cache of packages
    Cache(Cache),
    /// Print a completion script for a shell
    Completions(Completions),
}

#[derive(Debug, Args)]
pub struct New {
    /// The package: NAME, NAMESPACE/NAME, or either with @VERSION
    #[arg(value_name = "PACKAGE[@REQ]")]
    pub package: String,
    /// The folder to make, and the project's name; asked if there is a terminal
    pub dir: Option<PathBuf>,
    /// Add this package as well (can be given more than once)
    #[arg(long, value_name = "PACKAGE[@REQ]", value_delimiter = ',')]
    pub with: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Add {
    /// The packages: NAME, NAMESPACE/NAME, or either with @VERSION
    #[arg(value_name = "PACKAGE[@REQ]", required = true)]
    pub packages: Vec<String>,
    /// What the project calls it; lets one package be there more than once
    #[arg(long = "as", value_name = "INSTANCE")]
    pub instance: Option<String>,
}

#[derive(Debug, Args)]
pub struct Status {
    /// List as well what no generator made and git does not ignore
    #[arg(long)]
    pub extra: bool,
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// A generator, then files and folders; none: everything. `./NAME` is a path even if a generator is called so
    #[arg(value_name = "[PACKAGE] [PATH]")]
    pub what: Vec<String>,
    /// Show how many lines differ instead of which
    #[arg(long)]
    pub stat: bool,
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct Outdated {
    /// Exit with 6 if there is anything newer, or something in use was taken back
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct Update {
    /// Which generators; none: all
    #[arg(value_name = "PACKAGE[@REQ]")]
    pub packages: Vec<String>,
    /// All generators, as without any name
    #[arg(long, conflicts_with = "packages")]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Set {
    /// KEY=VALUE, or INSTANCE.KEY=VALUE where two generators ask the same
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub answers: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Undo {
    /// Show what can be undone, the last command first
    #[arg(long)]
    pub list: bool,
}

#[derive(Debug, Args)]
pub struct Resolve {
    /// Files, or folders they are in; none: all
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[arg(value_name = "INSTANCE", required = true)]
    pub instances: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Search {
    /// Words the name, summary or keywords have; none: everything
    pub words: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Info {
    /// The package: NAME, NAMESPACE/NAME, or either with @VERSION
    #[arg(value_name = "PACKAGE[@REQ]")]
    pub package: String,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// A package, a package file (.tar.gz), a component (.wasm) or a folder
    #[arg(value_name = "PACKAGE|FILE")]
    pub what: String,
}

#[derive(Debug, Args)]
pub struct Pack {
    /// The package's folder
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Where to write it; by default NAME-VERSION.tar.gz here
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Publish {
    /// The package's folder
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Do not try the package first
    #[arg(long)]
    pub no_test: bool,
}

#[derive(Debug, Args)]
pub struct Yank {
    /// The version, as acme/site@1.2.0
    #[arg(value_name = "PACKAGE@VERSION")]
    pub package: String,
    /// Told to everybody who uses it
    #[arg(long, value_name = "TEXT", default_value = "taken back by its author")]
    pub reason: String,
    /// It is dangerous to go on using it
    #[arg(long)]
    pub security: bool,
    /// Offer it again
    #[arg(long, conflicts_with_all = ["reason", "security"])]
    pub undo: bool,
}

#[derive(Debug, Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

//! The command line. Its doc comments are the documentation a user reads.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 conflicts remain, 4 permission needed, 5 integrity, 70 bug.\n\
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
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        global = true,
        display_order = 908
    )]
    pub allow: Vec<String>,
    /// Where packages come from: a folder or an https address, for one namespace (`acme=WHERE`) or for all but `scaffold`
    #[arg(
        long,
        value_name = "[NAMESPACE=]WHERE",
        global = true,
        display_order = 909
    )]
    pub registry: Vec<String>,
    /// Use what is on this machine; open no connection
    #[arg(long, env = "SCAFFOLD_OFFLINE", value_parser = clap::builder::FalseyValueParser::new(), global = true, display_order = 910)]
    pub offline: bool,
    /// Fail if scaffold.lock would have to change
    #[arg(long, global = true, display_order = 911)]
    pub locked: bool,
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
    /// Show what differs from what the generators made
    Status(Status),
    /// Replay the lock file and compare with the digests it has recorded
    Verify,
    /// Take newer versions, merged with your edits
    Update(Update),
    /// Change answers, merged with your edits
    Set(Set),
    /// Make the project what scaffold.toml says
    ///
    /// Generators that read files of yours read them as they are now.
    Sync,
    /// Take generators out of the project
    Remove(Remove),
    /// Go back to what the project was made of before the last command
    Undo,
    /// Find packages
    Search(Search),
    /// Show what a package is, asks and may do
    Info(Info),
    /// Show in plain words what a package or component can and cannot do
    Inspect(Inspect),
    /// Make a package of a folder
    Pack(Pack),
    /// Pack a folder and put it into a registry
    Publish(Publish),
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
    #[arg(value_name = "PACKAGE[@REQ]", required = true)]
    pub packages: Vec<String>,
    /// What the project calls it; lets one package be there more than once
    #[arg(long = "as", value_name = "INSTANCE")]
    pub instance: Option<String>,
}

#[derive(Debug, Args)]
pub struct Status {
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct Update {
    /// Which generators; none: all
    #[arg(value_name = "PACKAGE[@REQ]")]
    pub packages: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Set {
    /// KEY=VALUE, or INSTANCE.KEY=VALUE where two generators ask the same
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub answers: Vec<String>,
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
}

#[derive(Debug, Args)]
pub struct Cache {
    #[command(subcommand)]
    pub command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Show what is kept, and where
    List,
    /// Hash every package again; remove what does not match
    Verify,
    /// Remove everything; it comes back when it is needed
    Clean,
}

#[derive(Debug, Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

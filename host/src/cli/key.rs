//! `scaffold key …`.

use clap::{Args, Subcommand};
use scaffold_registry::keys::VerifyingKey;

#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make the key that signs the packages of a namespace
    ///
    /// It stays on this machine, readable by you alone. Keep a copy somewhere safe: whoever has it publishes in your
    /// name, and without it nobody can.
    New(KeyNew),
    /// Show your own keys, and those you trust
    List,
    /// Put a new key in the place of yours
    ///
    /// The old key signs the change, so those who trust it follow. The next `scaffold publish` takes the change to a
    /// registry; with --registry WHERE it goes there now, to whatever can be published to.
    Rotate(KeyRotate),
    /// Show, set or forget whose packages are trusted
    ///
    /// A namespace of a registry is trusted at its first use, and a registry's word for how new it is as well. This is for
    /// when that has to change: after you asked the author for the key by another way.
    Trust(KeyTrust),
}

#[derive(Debug, Args)]
pub struct KeyNew {
    /// Whose packages it signs: the part before the slash
    pub namespace: String,
    /// Protect it with a passphrase: asked, piped in, or in SCAFFOLD_KEY_PASSPHRASE
    #[arg(long)]
    pub passphrase: bool,
}

#[derive(Debug, Args)]
pub struct KeyRotate {
    /// Whose key: the part before the slash
    pub namespace: String,
    /// Others may have the old key: nothing that it ever signed is good any more
    #[arg(long)]
    pub revoke: bool,
    /// Protect the new key with a passphrase, as in `scaffold key new`
    #[arg(long)]
    pub passphrase: bool,
}

#[derive(Debug, Args)]
pub struct KeyTrust {
    /// A namespace, or a registry's address; none: show everything
    #[arg(value_name = "NAMESPACE|REGISTRY")]
    pub what: Option<String>,
    /// Trust this key of the namespace, in the place of what was trusted
    #[arg(long, value_name = "KEY", conflicts_with = "forget", requires = "what")]
    pub key: Option<VerifyingKey>,
    /// Forget it; the next use is the first one again
    #[arg(long, requires = "what")]
    pub forget: bool,
}

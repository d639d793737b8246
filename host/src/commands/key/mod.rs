//! `scaffold key …`: the user's own keys, and whose are trusted.

mod list;
mod new;
mod rotate;
mod sign;
mod trust;

use std::env;

use crate::{
    cli::{Key, KeyCommand},
    context::Context,
    error::CommandError,
    keys::{KeyFile, OwnKeys, OwnKeysError},
};
use scaffold_registry::keys::{KeyFileError, SigningKey};

pub use sign::{Signed, key_of, sign};

/// Where a passphrase is taken from when nobody is there to type it.
const PASSPHRASE: &str = "SCAFFOLD_KEY_PASSPHRASE";

/// `scaffold key`
pub fn run(context: &mut Context, args: &Key) -> Result<(), CommandError> {
    match &args.command {
        KeyCommand::New(args) => new::run(context, args),
        KeyCommand::List => list::run(context),
        KeyCommand::Rotate(args) => rotate::run(context, args),
        KeyCommand::Trust(args) => trust::run(context, args),
    }
}

fn own(context: &Context) -> Result<OwnKeys, CommandError> {
    Ok(OwnKeys::new(context.dirs.config.as_deref())?)
}

/// A passphrase for a new key, if one is wanted.
fn passphrase(context: &mut Context, wanted: bool) -> Result<Option<String>, CommandError> {
    if !wanted {
        return Ok(None);
    }
    let passphrase = ask(context, "Passphrase for the new key", true)?;
    if passphrase.is_empty() {
        return Err(CommandError::usage("the passphrase is empty")
            .hint("leave out --passphrase for a key without one"));
    }
    Ok(Some(passphrase))
}

fn ask(context: &mut Context, message: &str, twice: bool) -> Result<String, CommandError> {
    match env::var(PASSPHRASE) {
        Ok(passphrase) => Ok(passphrase),
        Err(_) => Ok(context.ui.secret(message, twice)?),
    }
}

/// Opens a key of the user's, with its passphrase if it has one.
fn open(context: &mut Context, file: &KeyFile) -> Result<SigningKey, CommandError> {
    let passphrase = match file.is_protected() {
        true => {
            let message = format!("Passphrase of the key of {}", file.namespace);
            let passphrase = ask(context, &message, false)?;
            if passphrase.is_empty() {
                let error = format!("the key of {} is protected by a passphrase", file.namespace);
                return Err(CommandError::usage(error)
                    .hint(format!("{PASSPHRASE} holds it, or it is piped in")));
            }
            Some(passphrase)
        }
        false => None,
    };
    Ok(file.open(passphrase.as_deref())?)
}

impl From<OwnKeysError> for CommandError {
    fn from(e: OwnKeysError) -> Self {
        match &e {
            OwnKeysError::NoFolder => {
                Self::failed(e).hint("SCAFFOLD_CONFIG names a folder for it")
            }
            OwnKeysError::Namespace(..) => Self::usage(e),
            OwnKeysError::Exists(namespace) => {
                let hint = format!("scaffold key rotate {namespace} puts a new one in its place");
                Self::usage(e).hint(hint)
            }
            OwnKeysError::None(namespace) => {
                let hint = format!("scaffold key new {namespace} makes one");
                Self::usage(e).hint(hint)
            }
            OwnKeysError::Key {
                source: KeyFileError::Passphrase,
                ..
            } => Self::usage(e),
            OwnKeysError::Readable(path) => {
                let hint = format!(
                    "if nobody has read it: chmod 600 {}; if somebody may have: that, then scaffold key rotate NAMESPACE --revoke",
                    path.display()
                );
                Self::permission(e).hint(hint)
            }
            OwnKeysError::Foreign(_) | OwnKeysError::Set { .. } => Self::integrity(e)
                .hint("a file in there was changed or mixed up with another; bring it back from your copy"),
            OwnKeysError::Key {
                source: KeyFileError::File(_),
                ..
            } => Self::failed(e).hint("bring the file back from your copy"),
            OwnKeysError::Key { .. } | OwnKeysError::Io { .. } => Self::failed(e),
        }
    }
}

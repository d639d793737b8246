//! Signing what is published.

use scaffold_registry::{Release, Statement, keys::Chain};

use super::{open, own};
use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    keys::KeyFile,
};

/// What is to be published of a release beside its archive.
pub struct Signed {
    /// The keys that speak for its namespace, where it is signed; the registry needs them before the statement.
    pub chain: Option<Chain>,
    pub statement: Statement,
}

/// The user's key for a namespace.
///
/// # Errors
/// The keys cannot be read.
pub fn key_of(context: &Context, namespace: &str) -> Result<Option<KeyFile>, CommandError> {
    match context.dirs.config {
        Some(_) => Ok(own(context)?.find(namespace)?),
        None => Ok(None),
    }
}

/// Signs a release with the user's key for its namespace, as the newest key set says; unsigned where there is no key on
/// this machine.
///
/// # Errors
/// The key cannot be opened.
pub fn sign(context: &mut Context, release: Release) -> Result<Signed, CommandError> {
    let Some(file) = key_of(context, release.name.namespace())? else {
        return Ok(Signed {
            chain: None,
            statement: Statement::unsigned(release).kind(ErrorKind::Usage)?,
        });
    };
    let key = open(context, &file)?;
    let number = file.chain.newest().number();
    let statement = Statement::signed(release, number, &key).kind(ErrorKind::Usage)?;
    Ok(Signed {
        chain: Some(file.chain),
        statement,
    })
}

//! Signing what is published.

use scaffold_registry::{
    Release, Statement,
    keys::{Chain, KeySet},
};

use super::{open, own};
use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    keys::KeyFile,
};

/// What is to be published of a release beside its archive.
pub struct Signed {
    /// Key sets that the registry does not have yet, oldest first; they go there before the statement.
    pub sets: Vec<KeySet>,
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
/// this machine. `there` is what the registry has of the namespace's keys.
///
/// # Errors
/// The key cannot be opened, or is not the one that signs in this registry.
pub fn sign(
    context: &mut Context,
    release: Release,
    there: Option<Chain>,
) -> Result<Signed, CommandError> {
    let namespace = release.name.namespace().to_owned();
    let Some(file) = key_of(context, &namespace)? else {
        return Ok(Signed {
            sets: Vec::new(),
            statement: Statement::unsigned(release).kind(ErrorKind::Usage)?,
        });
    };
    let own = file.chain.sets();
    let there = there.as_ref().map_or(&[][..], Chain::sets);
    let common = own.iter().zip(there);
    if there.len() > own.len() || common.into_iter().any(|(one, other)| one != other) {
        return Err(CommandError::integrity(format!(
            "the keys of {namespace} in this registry are not those on this machine"
        ))
        .hint("they were changed on another machine, so bring its keys folder here; or somebody else publishes there under this name"));
    }
    let sets = own[there.len()..].to_vec();
    let key = open(context, &file)?;
    let number = file.chain.newest().number();
    let statement = Statement::signed(release, number, &key).kind(ErrorKind::Usage)?;
    Ok(Signed { sets, statement })
}

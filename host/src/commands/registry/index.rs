use std::{path::Path, time::SystemTime};

use scaffold_registry::{
    keys::SigningKey,
    publish::{self, upkeep},
    storage::Storage,
};
use serde_json::json;

use super::storage;
use crate::{
    cli::Index,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    ui::page::count,
};

/// `scaffold registry index`
pub fn run(context: &mut Context, args: &Index) -> Result<(), CommandError> {
    let storage = storage(context, &args.place.place)?;
    if context.globals.dry_run {
        context.ui.json(&json!({"dry_run": true}));
        context.ui.done("Dry run:", "nothing was made");
        return Ok(());
    }
    let packages = publish::repair(&*storage).kind(ErrorKind::Failed)?;
    if let Some(key) = &args.key {
        sign(context, &*storage, key)?;
    }
    context
        .ui
        .json(&json!({"packages": packages, "signed": args.key.is_some()}));
    let signed = if args.key.is_some() {
        ", signed as of now"
    } else {
        ""
    };
    context.ui.result(format!(
        "{} listed{signed}",
        count(packages, "package", "packages")
    ));
    Ok(())
}

/// Signs, with the key in a file, that the registry was looked after now.
///
/// # Errors
/// The file holds no key, or another than the registry's: readers remember that one.
pub fn sign(context: &Context, storage: &dyn Storage, key: &Path) -> Result<(), CommandError> {
    let file = context.here.join(key);
    let cannot = || format!("cannot read the key in {}", file.display());
    let pem = std::fs::read_to_string(&file).kind(ErrorKind::Usage);
    let pem = pem.map_err(|e| e.while_doing(cannot()))?;
    let config = upkeep::config(storage).kind(ErrorKind::Failed)?;
    let key = SigningKey::from_pem(&config.origin, &pem, None).kind(ErrorKind::Usage);
    let key = key.map_err(|e| {
        e.while_doing(cannot())
            .hint("openssl genpkey -algorithm ed25519 -out FILE makes one")
    })?;
    if config.key.is_some_and(|own| own != key.verifying_key()) {
        let error = format!("{} is another key than the registry has", file.display());
        return Err(CommandError::integrity(error)
            .hint("readers remember the registry's key and would refuse what another one signs"));
    }
    upkeep::sign(storage, &key, SystemTime::now()).kind(ErrorKind::Failed)
}

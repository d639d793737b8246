use serde_json::json;

use super::{own, passphrase};
use crate::{cli::KeyNew, context::Context, error::CommandError, keys::OwnKeysError};

/// `scaffold key new`
pub fn run(context: &mut Context, args: &KeyNew) -> Result<(), CommandError> {
    let keys = own(context)?;
    let namespace = &args.namespace;
    if keys.find(namespace)?.is_some() {
        return Err(OwnKeysError::Exists(namespace.clone()).into());
    }
    if context.globals.dry_run {
        context
            .ui
            .json(&json!({"dry_run": true, "namespace": namespace}));
        context.ui.done("Dry run:", "no key was made");
        return Ok(());
    }
    let passphrase = passphrase(context, args.passphrase)?;
    let file = keys.create(namespace, passphrase.as_deref())?;
    let key = &file.chain.newest().keys()[0];
    context.ui.json(&json!({
        "namespace": namespace, "key": key, "file": file.path, "protected": file.is_protected(),
    }));
    context.ui.result(key.to_string());
    context.ui.done(
        "Made",
        &format!("the key of {namespace}: {}", file.path.display()),
    );
    context.ui.done(
        "Next:",
        &format!(
            "keep a copy of the folder of that file where nobody else gets at it, and tell people the line above; scaffold publish signs what is in {namespace}/"
        ),
    );
    Ok(())
}

use serde_json::json;

use super::{open, own, passphrase};
use crate::{cli::KeyRotate, commands::publish::Target, context::Context, error::CommandError};

/// `scaffold key rotate`
pub fn run(context: &mut Context, args: &KeyRotate) -> Result<(), CommandError> {
    let keys = own(context)?;
    let namespace = &args.namespace;
    let file = keys.get(namespace)?;
    let registry = match context.globals.registry.as_slice() {
        [] => None,
        _ => Some(Target::of(context, namespace)?),
    };
    let old = open(context, &file)?;
    let number = file.chain.newest().number() + 1;
    if context.globals.dry_run {
        context
            .ui
            .json(&json!({"dry_run": true, "namespace": namespace, "set": number}));
        context.ui.done("Dry run:", "no key was made");
        return Ok(());
    }
    let passphrase = passphrase(context, args.passphrase)?;
    if let Some(registry) = &registry {
        // Before a key is made. What is there already is taken once more from whoever may put the next as well.
        registry.put_chain(context, &file.chain)?;
        registry.put_keys(file.chain.newest())?;
    }
    let file = keys.rotate(&file, &old, args.revoke, passphrase.as_deref())?;
    let newest = file.chain.newest();
    let key = newest.keys().last().map(ToString::to_string);
    let old = old.verifying_key();
    let what = if args.revoke {
        format!("{old} in {namespace}; nothing that it signed is good any more")
    } else {
        format!("{old} in {namespace}; what it signed stays good")
    };
    context.ui.done("Replaced", &what);
    match &registry {
        Some(registry) => {
            registry.put_chain(context, &file.chain).map_err(|e| {
                e.while_doing(format!("the new key is made, and {registry} does not know it"))
                    .hint("the next scaffold publish to it takes it there, also one of a version that is there")
            })?;
            let text = format!("set {number} of the keys of {namespace} in {registry}");
            context.ui.done("Published", &text);
        }
        None => context.ui.done(
            "Next:",
            "nobody knows it yet: the next scaffold publish takes it to a registry",
        ),
    }
    context.ui.json(&json!({
        "namespace": namespace, "set": number, "key": key, "file": file.path, "revoked": newest.revoked(),
        "published": registry.is_some(),
    }));
    context.ui.result(key.unwrap_or_default());
    Ok(())
}

use scaffold_registry::{Config, publish::upkeep};
use serde_json::json;

use super::{index::sign, storage};
use crate::{
    cli::Init,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
};

/// `scaffold registry init`
pub fn run(context: &mut Context, args: &Init) -> Result<(), CommandError> {
    // What signs the state is named after the registry, as an author's key is after a namespace.
    if format!("{}/any", args.origin)
        .parse::<scaffold_registry::PackageName>()
        .is_err()
    {
        let error = format!("{:?} cannot be a registry's name", args.origin);
        return Err(CommandError::usage(error)
            .hint("it is made of lower-case letters, digits and single dashes"));
    }
    let storage = storage(context, &args.place.place)?;
    if context.globals.dry_run {
        context.ui.json(&json!({"dry_run": true}));
        context.ui.done("Dry run:", "nothing was made");
        return Ok(());
    }
    let is_new = upkeep::init(&*storage, &Config::new(&args.origin)).kind(ErrorKind::Failed)?;
    if !is_new {
        let error = format!("there is a registry in {} already", storage.place(""));
        return Err(
            CommandError::usage(error).hint("scaffold registry verify looks whether it is right")
        );
    }
    if let Some(key) = &args.key {
        sign(context, &*storage, key)?;
    }
    let place = storage.place("");
    context
        .ui
        .json(&json!({"registry": place, "origin": args.origin}));
    context
        .ui
        .result(format!("{} is a registry in {place}", args.origin));
    context.ui.done(
        "Next:",
        &format!("scaffold publish DIR --registry {}", args.place.place),
    );
    Ok(())
}

use scaffold_registry::publish;
use serde_json::json;

use super::storage;
use crate::{
    cli::Place,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    ui::page::count,
};

/// `scaffold registry repair`
pub fn run(context: &mut Context, args: &Place) -> Result<(), CommandError> {
    let storage = storage(context, &args.place)?;
    if context.globals.dry_run {
        context.ui.json(&json!({"dry_run": true}));
        context.ui.done(
            "Dry run:",
            "scaffold registry verify says what is not right",
        );
        return Ok(());
    }
    let packages = publish::repair(&*storage).kind(ErrorKind::Failed)?;
    context.ui.json(&json!({"packages": packages}));
    context.ui.result(format!(
        "{} listed as their statements say",
        count(packages, "package", "packages")
    ));
    Ok(())
}

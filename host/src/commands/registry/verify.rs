use scaffold_registry::publish::upkeep::{self, Verified};
use serde_json::json;

use super::storage;
use crate::{
    cli::Place,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    ui::page::count,
};

/// `scaffold registry verify`
pub fn run(context: &mut Context, args: &Place) -> Result<(), CommandError> {
    let storage = storage(context, &args.place)?;
    let found = {
        let _progress = context.ui.progress("Hashing every package");
        upkeep::verify(&*storage).kind(ErrorKind::Failed)?
    };
    if !found.unnamed.is_empty() {
        let text = format!(
            "{} named by no statement: of a publication that broke off, or is under way; scaffold registry gc clears them away",
            count(found.unnamed.len(), "archive is", "archives are")
        );
        context.ui.warn(&text);
    }
    let problems: Vec<_> = found
        .problems
        .iter()
        .map(|problem| json!({"place": problem.place, "problem": problem.what}))
        .collect();
    if problems.is_empty() {
        context.ui.json(&json!({
            "packages": found.packages, "releases": found.releases, "unsigned": found.unsigned,
            "archives": found.archives, "bytes": found.bytes, "unnamed": found.unnamed, "problems": problems,
        }));
        context.ui.result(told(&found));
        return Ok(());
    }
    let mut text = format!(
        "{} in {} {} not as it should be",
        count(problems.len(), "file", "files"),
        storage.place(""),
        if problems.len() == 1 { "is" } else { "are" }
    );
    for problem in &found.problems {
        text.push_str(&format!("\n  {}: {}", problem.place, problem.what));
    }
    Err(CommandError::integrity(text).fact("problems", problems))
}

fn told(found: &Verified) -> String {
    let unsigned = match found.unsigned {
        0 => String::new(),
        unsigned => format!(", {unsigned} of them not signed"),
    };
    format!(
        "{}, {}{unsigned}, {} hashed ({} KiB): all as it should be",
        count(found.packages, "package", "packages"),
        count(found.releases, "version", "versions"),
        count(found.archives, "archive", "archives"),
        found.bytes.div_ceil(1024)
    )
}

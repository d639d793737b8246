use scaffold_registry::{PackageName, publish::Yank as Taken};
use semver::Version;
use serde_json::json;

use super::publish::Target;
use crate::{
    cli::Yank,
    context::Context,
    error::{CommandError, ErrorKind},
};

/// `scaffold yank`
pub fn run(context: &mut Context, args: &Yank) -> Result<(), CommandError> {
    let (name, version) = parse(&args.package)?;
    let target = Target::of(context, name.namespace())?;
    let taken = (!args.undo).then(|| Taken::new(&args.reason, args.security));
    let what = format!("{name} {version}");
    if context.globals.dry_run {
        context.ui.json(&json!({"dry_run": true}));
        context.ui.done("Dry run:", "nothing was changed");
        return Ok(());
    }
    let question = match args.undo {
        false => format!("Take {what} back in {target}?"),
        true => format!("Offer {what} again in {target}?"),
    };
    if target.is_shared() && !context.ui.confirm(&question, context.globals.yes)? {
        return Err(CommandError::new(
            ErrorKind::Cancelled,
            "nothing was changed",
        ));
    }
    target.yank(&name, &version, taken.as_ref())?;
    context.ui.json(&json!({
        "package": name, "version": version, "yanked": taken.as_ref().map(|taken| &taken.reason),
        "security": args.security,
    }));
    let (did, then) = match (&taken, args.security) {
        (None, _) => ("is offered again", "whoever asks for it gets it"),
        (Some(_), false) => (
            "is taken back",
            "nobody new gets it; projects that have it locked go on working",
        ),
        (Some(_), true) => (
            "is taken back",
            "nobody new gets it; projects that have it locked go on working, with a warning",
        ),
    };
    context.ui.result(format!("{what} {did} in {target}"));
    context.ui.done("From now on", then);
    Ok(())
}

/// `acme/site@1.2.0`: one version, not a requirement.
fn parse(text: &str) -> Result<(PackageName, Version), CommandError> {
    let parsed = text.split_once('@').and_then(|(name, version)| {
        let version = version.strip_prefix('=').unwrap_or(version);
        Some((name.parse().ok()?, version.parse().ok()?))
    });
    parsed.ok_or_else(|| {
        CommandError::usage(format!("{text:?} names no version of a package"))
            .hint("write it as acme/site@1.2.0")
    })
}

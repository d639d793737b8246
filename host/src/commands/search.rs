use std::process::ExitCode;

use scaffold_registry::{Kind, SourceError, Summary};

use crate::{
    cli::Search,
    context::Context,
    error::CommandError,
    ui::{Page, Tone},
};

/// `scaffold search`
pub fn run(context: &mut Context, args: &Search) -> Result<ExitCode, CommandError> {
    let sources = context.sources(None)?;
    let mut found: Vec<Summary> = Vec::new();
    for source in sources.all()? {
        match source.find(&args.words) {
            Ok(packages) => found.extend(packages),
            // What the others have is worth showing; a network that should be there and is not is an error.
            Err(e @ SourceError::Offline { .. }) => context.ui.warn(&e.to_string()),
            Err(e) => return Err(e.into()),
        }
    }
    // What a user can ask for by name comes first; engines only run others.
    found.sort_by(|a, b| (a.kind == Kind::Engine, &a.name).cmp(&(b.kind == Kind::Engine, &b.name)));
    context.ui.json(&found);
    if found.is_empty() {
        let error = CommandError::failed("no package matches").hint(
            "scaffold search, without words, shows every package of the configured registries",
        );
        // A program is told by the empty list, and by the same exit code.
        return match context.ui.is_json() {
            true => Ok(ExitCode::from(error.kind.exit_code())),
            false => Err(error),
        };
    }
    let mut page = Page::new();
    for summary in &found {
        page.column(Tone::Strong, summary.name.short(), 24)
            .put(Tone::Plain, " ");
        page.column(Tone::Plain, &summary.version, 9)
            .put(Tone::Plain, " ");
        page.column(Tone::Faint, summary.kind, 8)
            .put(Tone::Plain, " ")
            .put(Tone::Plain, &summary.summary)
            .end();
    }
    context.ui.result(page);
    Ok(ExitCode::SUCCESS)
}

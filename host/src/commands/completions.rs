use clap::CommandFactory;

use crate::{
    cli::{Cli, Completions},
    context::Context,
    error::CommandError,
    ui::Page,
};

/// `scaffold completions`
pub fn run(context: &mut Context, args: &Completions) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "scaffold", &mut script);
    let mut page = Page::new();
    for line in String::from_utf8_lossy(&script).lines() {
        page.file_line(crate::ui::Tone::Plain, line);
    }
    context.ui.result(page);
    Ok(())
}

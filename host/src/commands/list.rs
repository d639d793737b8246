use serde_json::json;

use crate::{
    context::Context,
    error::CommandError,
    ui::{Page, Tone},
};

/// `scaffold list`
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let project = context.project()?;
    let mut page = Page::new();
    page.put(Tone::Title, &project.lock.project)
        .put(Tone::Faint, format!("  {}", project.root.display()))
        .end();
    for locked in &project.lock.generators {
        page.put(Tone::Plain, "  ")
            .column(Tone::Strong, &locked.instance, 20);
        page.put(
            Tone::Plain,
            format!(
                " {} {}",
                locked.package.package.short(),
                locked.package.version
            ),
        );
        page.put(Tone::Faint, format!("  from {}", locked.package.registry))
            .end();
        for (name, value) in &locked.answers {
            page.put(Tone::Faint, format!("      {name} = "))
                .put(Tone::Plain, value)
                .end();
        }
        if !locked.allow.is_empty() {
            let classes: Vec<&str> = locked.allow.iter().map(|c| c.name()).collect();
            page.put(
                Tone::Faint,
                format!("      may write {}", classes.join(", ")),
            )
            .end();
        }
    }
    context.ui.json(&json!({
        "project": project.lock.project,
        "root": project.root,
        "tree": project.lock.tree,
        "generators": project.lock.generators,
    }));
    context.ui.result(page);
    Ok(())
}

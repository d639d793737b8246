use serde_json::json;

use crate::{
    context::Context,
    error::CommandError,
    project::Locked,
    ui::{Page, Tone, page::columns},
};

/// `scaffold list`
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let project = context.project()?;
    let mut page = Page::new();
    page.put(Tone::Title, &project.lock.project)
        .put(Tone::Faint, format!("  {}", project.root.display()))
        .end();
    let generators = &project.lock.generators;
    if generators.is_empty() {
        page.line(
            Tone::Plain,
            "  no generators yet; scaffold add PACKAGE adds one",
        );
    }
    // The package is told where it is not what the project calls it.
    let what = |locked: &Locked| {
        let (package, version) = (locked.package.package.short(), &locked.package.version);
        if package == locked.instance {
            version.to_string()
        } else {
            format!("{package} {version}")
        }
    };
    let widest = |of: &dyn Fn(&Locked) -> String| {
        generators
            .iter()
            .map(|l| columns(&of(l)))
            .max()
            .unwrap_or(0)
    };
    let (instances, whats) = (widest(&|l| l.instance.clone()), widest(&what));
    for locked in generators {
        page.put(Tone::Plain, "  ")
            .column(Tone::Strong, &locked.instance, instances + 2)
            .column(Tone::Plain, what(locked), whats + 2)
            .put(Tone::Faint, &locked.package.registry)
            .end();
        for (name, value) in &locked.answers {
            let value = match value.to_string() {
                value if value.is_empty() => "(nothing)".to_owned(),
                value => value,
            };
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

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use super::conclude::{Goal, change};
use crate::{
    apply::{self, Record},
    change::{Past, as_locked},
    cli::Undo,
    context::Context,
    error::CommandError,
    project::Project,
    ui::{Page, Tone, page::count},
};

/// `scaffold undo`: the project as it was before the last change that was not taken back yet.
pub fn run(context: &mut Context, args: &Undo) -> Result<ExitCode, CommandError> {
    if args.list {
        return list(context);
    }
    let project = context.project_to_change()?;
    let Some(record) = apply::last_change(&project.root)? else {
        return Err(CommandError::failed(
            "there is nothing to undo: no command has changed this project here",
        )
        .hint("with git, `git checkout` brings back files and scaffold.lock together"));
    };
    let past = Past {
        record,
        exactly: false,
    };
    take_back(context, project, past, "Undone")
}

/// Makes the project what it was before a change.
pub fn take_back(
    context: &mut Context,
    mut project: Project,
    past: Past,
    verb: &'static str,
) -> Result<ExitCode, CommandError> {
    let lock = past.lock(&project.lock)?;
    let requirements = match past.manifest() {
        Some(manifest) => manifest
            .generators
            .into_iter()
            .filter_map(|(instance, wanted)| Some((instance, wanted.version?)))
            .collect(),
        None => project.requirements(),
    };
    let intents = as_locked(&lock, &requirements);
    // Recorded inputs that only the old lock needs went with the change.
    let olds = past.record.files.iter().filter_map(|file| file.old.clone());
    project.kept.also(olds);
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let goal = Goal {
        undo: None,
        past: Some(past),
        ..Goal::new(verb)
    };
    let given = context.given()?;
    change(context, &packages, &project, &intents, given, &goal)
}

/// What can be undone, the last change first.
fn list(context: &mut Context) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let history = apply::history(&project.root)?;
    let mut page = Page::new();
    if history.is_empty() {
        page.line(
            Tone::Plain,
            "Nothing: no command has changed this project here",
        );
    }
    let now = SystemTime::now();
    for record in &history {
        page.put(Tone::Faint, format!("{:>5}  ", record.id))
            .column(
                Tone::Plain,
                record.when.map_or_else(String::new, |when| ago(now, when)),
                16,
            )
            .column(Tone::Plain, count(record.files.len(), "file", "files"), 11)
            .put(Tone::Strong, format!("scaffold {}", record.label))
            .end();
    }
    let each: Vec<_> = history.iter().map(to_json).collect();
    context.ui.json(&json!({ "changes": each }));
    context.ui.result(page);
    Ok(ExitCode::SUCCESS)
}

fn to_json(record: &Record) -> serde_json::Value {
    let seconds = |when: SystemTime| when.duration_since(UNIX_EPOCH).ok().map(|d| d.as_secs());
    json!({
        "number": record.id,
        "command": record.label,
        "files": record.files.len(),
        "time": record.when.and_then(seconds),
    })
}

/// How long ago that was, in the largest unit that fits.
fn ago(now: SystemTime, then: SystemTime) -> String {
    let seconds = now.duration_since(then).map_or(0, |since| since.as_secs());
    let (number, one, many) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute", "minutes"),
        3_600..86_400 => (seconds / 3_600, "hour", "hours"),
        _ => (seconds / 86_400, "day", "days"),
    };
    format!("{} ago", count(number as usize, one, many))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_told_in_the_unit_people_would_take() {
        let now = UNIX_EPOCH + Duration::from_secs(10_000_000);
        for (seconds, text) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (86_400 * 3, "3 days ago"),
        ] {
            assert_eq!(ago(now, now - Duration::from_secs(seconds)), text);
        }
        // A clock that was put back.
        assert_eq!(ago(now, now + Duration::from_secs(60)), "just now");
    }
}

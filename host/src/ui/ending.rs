//! The last words of a command that changed something: what was made, what to do next, how to take it back.

use super::clean;
use super::page::{Page, Tone, columns};

/// What there is to say at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// What stands now, in a sentence: `Made shop: 41 files from scaffold/django 1.0.0.`
    pub made: String,
    /// Files with conflict markers, for the user to settle.
    pub conflicts: Vec<String>,
    /// Commands to type next, in order.
    pub steps: Vec<Step>,
    /// Remarks, a paragraph each.
    pub notes: Vec<String>,
    /// The command that takes it back.
    pub undo: Option<String>,
}

/// A command somebody may want to type next. Nothing here ever runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// One shell line.
    pub command: String,
    /// Why, as a short phrase; may be empty.
    pub why: String,
}

/// Commands longer than this have their reason on the line above instead of beside them.
const BESIDE: usize = 44;

/// The page of it.
pub fn ending(ending: &Ending) -> Page {
    let mut page = Page::new();
    let tone = if ending.conflicts.is_empty() {
        Tone::Added
    } else {
        Tone::Warning
    };
    let sign = if ending.conflicts.is_empty() {
        "✓"
    } else {
        "!"
    };
    page.put(tone, sign)
        .put(Tone::Plain, " ")
        .put(Tone::Strong, &ending.made)
        .end();
    if !ending.conflicts.is_empty() {
        page.gap().line(Tone::Strong, "Settle the conflicts in");
        for path in &ending.conflicts {
            page.put(Tone::Error, "  ! ").put(Tone::Plain, path).end();
        }
    }
    steps(&mut page, &ending.steps);
    if !ending.notes.is_empty() {
        page.gap().line(Tone::Strong, "Notes");
        for note in &ending.notes {
            page.paragraph(Tone::Plain, note, 2);
        }
    }
    if let Some(undo) = &ending.undo {
        page.gap()
            .put(Tone::Faint, "To undo: ")
            .put(Tone::Plain, undo)
            .end();
    }
    page
}

fn steps(page: &mut Page, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    page.gap().line(Tone::Strong, "Next");
    let number_width = steps.len().to_string().len();
    let commands = steps
        .iter()
        .map(|s| columns(&clean::line(&s.command)))
        .filter(|w| *w <= BESIDE)
        .max();
    let width = commands.unwrap_or(0);
    for (place, step) in steps.iter().enumerate() {
        let number = format!("  {:>number_width$}  ", place + 1);
        let beside = columns(&clean::line(&step.command)) <= BESIDE;
        page.put(Tone::Faint, number);
        // `#`: the line can be copied whole.
        if step.why.is_empty() {
            page.put(Tone::Title, &step.command).end();
        } else if beside {
            page.column(Tone::Title, &step.command, width + 2)
                .put(Tone::Faint, "# ")
                .put(Tone::Faint, &step.why)
                .end();
        } else {
            page.put(Tone::Faint, "# ")
                .put(Tone::Faint, &step.why)
                .end();
            page.put(Tone::Plain, " ".repeat(number_width + 4))
                .put(Tone::Title, &step.command)
                .end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(command: &str, why: &str) -> Step {
        Step {
            command: command.to_owned(),
            why: why.to_owned(),
        }
    }

    #[test]
    fn what_was_made_and_what_comes_next() {
        let end = Ending {
            made: "Made shop: 41 files from scaffold/django 1.0.0.".to_owned(),
            steps: vec![
                step("cd shop", ""),
                step("python -m venv .venv && . .venv/bin/activate", "Make an environment"),
                step("pip install -e '.[dev]'", "Install the dependencies"),
                step("docker compose -f compose.yaml -f compose.override.yaml up --build --detach", "Or run it in containers"),
                step("rm\x1b[8m -rf /", "a\rb"),
            ],
            notes: vec!["Sign-up sends e-mail. While developing, it is printed to the console instead; set EMAIL_URL in .env to send it for real.".to_owned()],
            undo: Some("rm -r shop".to_owned()),
            ..Ending::default()
        };
        insta::assert_snapshot!(ending(&end).plain());
    }

    #[test]
    fn conflicts_come_first() {
        let end = Ending {
            made: "Added scaffold/django-auth 1.0.0, with 1 conflict.".to_owned(),
            conflicts: vec!["config/urls.py".to_owned()],
            undo: Some("scaffold undo".to_owned()),
            ..Ending::default()
        };
        insta::assert_snapshot!(ending(&end).plain());
    }
}

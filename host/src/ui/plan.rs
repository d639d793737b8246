//! How a plan looks before anyone says yes to it: what is done to which files, by which packages, and what they ask.

use crate::plan::{Action, Note, Plan, Verb};

use super::fold::fold;
use super::page::{Page, Tone, columns, count, thousands};

/// More changed files than this are folded into their folders.
const ROWS: usize = 20;
/// Paths wider than this do not push the counts further to the right.
const PATH_WIDTH: usize = 60;
/// Files of one consent class listed without `-v`.
const PER_CLASS: usize = 8;

/// All there is to show before the one question.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    /// What would happen, in a line: `New project in shop`.
    pub title: &'a str,
    /// In the order in which they run.
    pub packages: &'a [PackageLine],
    /// What those of them can and cannot do that do not come with this program.
    pub sealed: Option<&'a Sealed>,
    pub plan: &'a Plan,
    pub permissions: &'a [Permission],
}

/// A package that has a part in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageLine {
    pub name: String,
    pub version: String,
    /// The version the project has now, where another one takes its place.
    pub before: Option<String>,
    /// Where it comes from: `official`.
    pub source: String,
}

/// What components can do, and cannot, as short phrases: `open a connection`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub can: Vec<String>,
    pub cannot: Vec<String>,
}

/// One thing a package asks to be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The package.
    pub who: String,
    /// In plain words: `write anywhere in the project`; with a class, the file.
    pub what: String,
    /// The author's reason; may be empty.
    pub why: String,
    /// The consent class, in plain words, of a file that runs or steers something later: `git hooks`.
    pub class: Option<String>,
}

/// The whole view.
pub fn plan(view: &PlanView<'_>, verbose: bool) -> Page {
    let mut page = Page::new();
    page.line(Tone::Strong, view.title);
    packages(&mut page, view.packages);
    if let Some(sealed) = view.sealed {
        abilities(&mut page.gap(), sealed);
    }
    page.gap();
    files(&mut page, view.plan, verbose);
    page.line(Tone::Plain, summary(view.plan));
    if !view.permissions.is_empty() {
        page.gap().page(&permissions(view.permissions, verbose));
    }
    page
}

fn packages(page: &mut Page, lines: &[PackageLine]) {
    let version = |line: &PackageLine| match &line.before {
        Some(before) => format!("{before} → {}", line.version),
        None => line.version.clone(),
    };
    let names = lines.iter().map(|l| columns(&l.name)).max().unwrap_or(0);
    let versions = lines
        .iter()
        .map(|l| columns(&version(l)))
        .max()
        .unwrap_or(0);
    for line in lines {
        page.put(Tone::Plain, "  ")
            .column(Tone::Plain, &line.name, names + 2);
        page.column(Tone::Plain, version(line), versions + 2)
            .put(Tone::Faint, &line.source)
            .end();
    }
}

fn abilities(page: &mut Page, sealed: &Sealed) {
    page.line(Tone::Strong, "Read from their binaries, these packages");
    for (tone, word, phrases) in [
        (Tone::Changed, "can", &sealed.can),
        (Tone::Added, "cannot", &sealed.cannot),
    ] {
        let phrases = if phrases.is_empty() {
            "nothing".to_owned()
        } else {
            phrases.join("; ")
        };
        page.put(Tone::Plain, "  ")
            .column(tone, word, 8)
            .put(Tone::Plain, phrases)
            .end();
    }
}

/// How a verb is shown, and whether it is of files that only move: sign, word, tone; in the order of the list. Conflicts last, next to the question.
const VERBS: [(Verb, bool, &str, &str, Tone); 8] = [
    (Verb::Create, false, "+", "to create", Tone::Added),
    (Verb::Create, true, "→", "to move", Tone::Changed),
    (Verb::Update, false, "~", "to update", Tone::Changed),
    (
        Verb::Merge,
        false,
        "±",
        "to merge with your edits",
        Tone::Merged,
    ),
    (Verb::Delete, false, "-", "to delete", Tone::Removed),
    (
        Verb::Unchanged,
        false,
        "=",
        "already as wanted",
        Tone::Faint,
    ),
    (Verb::Kept, false, "=", "kept as you have it", Tone::Faint),
    (Verb::Conflict, false, "!", "in conflict", Tone::Error),
];

struct Line {
    sign: &'static str,
    tone: Tone,
    label: String,
    files: usize,
    added: usize,
    removed: usize,
    remark: String,
}

fn files(page: &mut Page, plan: &Plan, verbose: bool) {
    let told = |a: &&Action| is_told(a) && !is_shown_elsewhere(a);
    let changes = plan.actions.iter().filter(told).count();
    let mut lines = Vec::new();
    let mut room = if verbose || changes <= ROWS {
        usize::MAX
    } else {
        ROWS
    };
    // What touches files the user has goes first: new files are what can be folded with the least loss.
    for (verb, moves, sign, _, tone) in VERBS.iter().rev() {
        let actions: Vec<&Action> = plan
            .actions
            .iter()
            .filter(|a| is(a, *verb, *moves) && (verbose || is_told(a)) && !is_shown_elsewhere(a))
            .collect();
        if actions.is_empty() {
            continue;
        }
        let paths: Vec<&str> = actions.iter().map(|a| a.path.as_str()).collect();
        // A conflict is never hidden behind a folder.
        let budget = if *verb == Verb::Conflict {
            usize::MAX
        } else {
            room.max(ROWS / 3)
        };
        let rows = fold(&paths, budget);
        room = room.saturating_sub(rows.len());
        let part: Vec<Line> = rows
            .into_iter()
            .map(|row| Line {
                sign,
                tone: *tone,
                files: row.files.len(),
                added: row.files.iter().map(|&file| actions[file].added).sum(),
                removed: row.files.iter().map(|&file| actions[file].removed).sum(),
                remark: remark(&actions, &row.files),
                label: row.label,
            })
            .collect();
        lines.splice(0..0, part);
    }
    if !lines.is_empty() {
        table(page, &lines);
        page.gap();
    }
}

/// Neither changes anything.
fn is_quiet(verb: Verb) -> bool {
    matches!(verb, Verb::Unchanged | Verb::Kept)
}

fn is(action: &Action, verb: Verb, moves: bool) -> bool {
    let only_moves = action.verb == Verb::Create && action.origin.is_some();
    action.verb == verb && only_moves == moves
}

/// What moves is shown where it goes.
fn is_shown_elsewhere(action: &Action) -> bool {
    matches!(action.note, Some(Note::MovedTo(_)))
}

/// Whether a file is worth a word without `-v`: it changes, or it stays for a reason the user may not expect.
fn is_told(action: &Action) -> bool {
    let surprising = matches!(
        action.note,
        Some(
            Note::DeletedByUser
                | Note::NoLongerGenerated
                | Note::Replaced
                | Note::Beside(_)
                | Note::SettledWithYours(_)
        )
    );
    !is_quiet(action.verb) || surprising
}

fn remark(actions: &[&Action], files: &[usize]) -> String {
    let [file] = files else { return String::new() };
    let action = actions[*file];
    let executable = action.after.as_ref().is_some_and(|after| after.executable);
    if let Some(origin) = &action.origin {
        let from = format!("moved from {}", origin.path);
        return match &action.note {
            Some(note) => format!("{from}; {note}"),
            None => from,
        };
    }
    match (&action.note, action.verb) {
        (Some(note), _) => note.to_string(),
        (None, Verb::Conflict) => "conflict".to_owned(),
        (None, Verb::Kept) => "yours".to_owned(),
        (None, Verb::Create | Verb::Update | Verb::Merge) if executable => "executable".to_owned(),
        _ => String::new(),
    }
}

fn table(page: &mut Page, lines: &[Line]) {
    let counted = |line: &Line| {
        if line.files > 1 {
            count(line.files, "file", "files")
        } else {
            String::new()
        }
    };
    let added = |line: &Line| {
        if line.added > 0 {
            format!("+{}", thousands(line.added))
        } else {
            String::new()
        }
    };
    let removed = |line: &Line| {
        if line.removed > 0 {
            format!("-{}", thousands(line.removed))
        } else {
            String::new()
        }
    };
    let widest =
        |of: &dyn Fn(&Line) -> String| lines.iter().map(|l| columns(&of(l))).max().unwrap_or(0);
    let path_width = widest(&|l| l.label.clone()).min(PATH_WIDTH);
    let (count_width, added_width, removed_width) =
        (widest(&counted), widest(&added), widest(&removed));
    for line in lines {
        page.put(Tone::Plain, "  ")
            .put(line.tone, line.sign)
            .put(Tone::Plain, " ");
        let path = if line.tone == Tone::Faint {
            Tone::Faint
        } else {
            Tone::Plain
        };
        page.column(path, &line.label, path_width + 2);
        if count_width > 0 {
            page.column(Tone::Faint, counted(line), count_width + 2);
        }
        page.put(Tone::Added, format!("{:>added_width$}", added(line)))
            .put(Tone::Plain, " ");
        page.column(Tone::Removed, removed(line), removed_width + 2);
        let remark = if line.tone == Tone::Error {
            Tone::Error
        } else {
            Tone::Faint
        };
        page.put(remark, &line.remark).end();
    }
}

/// What the plan comes to: `41 files to create, 2 to update; 1 stays as it is (+1,204 -3 lines)`.
fn summary(plan: &Plan) -> String {
    let shown = || plan.actions.iter().filter(|a| !is_shown_elsewhere(a));
    let number = |of: &dyn Fn(&Action) -> bool| shown().filter(|a| of(a)).count();
    let mut parts = Vec::new();
    for (verb, moves, _, word, _) in VERBS.iter().filter(|(verb, ..)| !is_quiet(*verb)) {
        match number(&|a| is(a, *verb, *moves)) {
            0 => {}
            n if parts.is_empty() => parts.push(format!("{} {word}", count(n, "file", "files"))),
            n => parts.push(format!("{} {word}", thousands(n))),
        }
    }
    if parts.is_empty() {
        parts.push("Nothing to change".to_owned());
    }
    let mut text = parts.join(", ");
    match number(&|a| is_quiet(a.verb)) {
        0 => {}
        1 => text.push_str("; 1 stays as it is"),
        n => text.push_str(&format!("; {} stay as they are", thousands(n))),
    }
    let added: usize = plan.actions.iter().map(|a| a.added).sum();
    let removed: usize = plan.actions.iter().map(|a| a.removed).sum();
    match (added, removed) {
        (0, 0) => {}
        (_, 0) => text.push_str(&format!(" (+{})", count(added, "line", "lines"))),
        (0, _) => text.push_str(&format!(" (-{})", count(removed, "line", "lines"))),
        _ => text.push_str(&format!(
            " (+{} -{})",
            thousands(added),
            count(removed, "line", "lines")
        )),
    }
    text
}

/// What is asked for: what packages may do while they run, then the files that do something later.
pub fn permissions(all: &[Permission], verbose: bool) -> Page {
    let mut page = Page::new();
    let several = all.iter().any(|p| p.who != all[0].who);
    let (classed, plain): (Vec<&Permission>, Vec<&Permission>) =
        all.iter().partition(|p| p.class.is_some());
    if !plain.is_empty() {
        page.line(Tone::Strong, "Asks to");
        for permission in plain {
            page.put(Tone::Plain, "  ")
                .put(Tone::Plain, &permission.what);
            reason(&mut page, permission, several);
        }
    }
    if !classed.is_empty() {
        page.gap().line(
            Tone::Warning,
            "Makes files that run or steer something later",
        );
        let mut classes: Vec<&str> = classed.iter().filter_map(|p| p.class.as_deref()).collect();
        classes.sort_unstable();
        classes.dedup();
        let width = classes.iter().map(|c| columns(c)).max().unwrap_or(0);
        for class in classes {
            let files: Vec<&&Permission> = classed
                .iter()
                .filter(|p| p.class.as_deref() == Some(class))
                .collect();
            let listed = if verbose || files.len() <= PER_CLASS + 1 {
                files.len()
            } else {
                PER_CLASS
            };
            for (place, permission) in files.iter().take(listed).enumerate() {
                let label = if place == 0 { class } else { "" };
                page.put(Tone::Plain, "  ")
                    .column(Tone::Changed, label, width + 2)
                    .put(Tone::Plain, &permission.what);
                reason(&mut page, permission, several);
            }
            if listed < files.len() {
                let more = format!("and {} more (-v lists them)", files.len() - listed);
                page.put(Tone::Plain, "  ")
                    .column(Tone::Plain, "", width + 2)
                    .line(Tone::Faint, more);
            }
        }
    }
    page
}

fn reason(page: &mut Page, permission: &Permission, several: bool) {
    if !permission.why.is_empty() {
        page.put(Tone::Faint, ": ")
            .put(Tone::Faint, &permission.why);
    }
    if several {
        page.put(Tone::Faint, format!(" ({})", permission.who));
    }
    page.end();
}

#[cfg(test)]
#[path = "plan_tests.rs"]
pub(super) mod tests;

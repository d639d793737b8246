//! What generators read of the user's own files: asked before any of them runs, and told.

use std::{collections::BTreeMap, sync::Arc};

use scaffold_registry::Pattern;
use serde_json::json;

use super::permissions;
use crate::{
    change::{Decision, Entry},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    grants::{Deny, Policy, Reads, is_private},
    inputs::{Seen, Since},
    packages::{Packages, PackagesError},
    path::{INPUTS, ProjectPath},
    project::{Lock, Project},
    replay::{ReplayError, Replayer},
    tree::Tree,
    ui::{Page, Permission, Tone, page::count},
    workspace::Workspace,
};

/// Files that are named where somebody did not ask for more.
const NAMED: usize = 3;
/// Files listed by `status` without `-v`.
const LISTED: usize = 20;

/// What each generator that is not kept as it is may read. Asks for what the package wants and nobody has granted, and
/// whose yes does not come with the plan.
///
/// # Errors
/// A package cannot be had; it was not allowed, or nobody can be asked.
pub fn consent(
    context: &mut Context,
    packages: &Packages<'_>,
    entries: &[Entry],
    policy: &Policy,
) -> Result<BTreeMap<String, Reads>, CommandError> {
    let allow = &policy.allow;
    let mut granted = BTreeMap::new();
    let mut unasked = allow.named.clone();
    let mut asks = Vec::new();
    let mut wanted = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.intent.is_kept()) {
        let instance = &entry.intent.instance;
        let mut reads = entry.intent.reads.clone();
        let package = packages.open_package(&entry.package)?;
        let open = reads.settle(&package.manifest.reads, &allow.named);
        let open = open.kind(ErrorKind::Failed)?;
        let asked = &package.manifest.reads;
        refuse_denied(instance, asked, &reads, &policy.deny)?;
        unasked.retain(|path| !reads.named.contains(path));
        asks.extend(
            asked
                .iter()
                .map(|one| format!("{instance} asks to read {}", one.pattern)),
        );
        let ours = packages.is_ours(&entry.package, entry.engine.as_ref());
        for pattern in open {
            if !allow.reads && !ours {
                wanted.push(permission(instance, pattern));
            }
            // A no ends the command.
            reads.grant(pattern);
        }
        granted.insert(instance.clone(), reads);
    }
    if let Some(path) = unasked.first() {
        let error = format!("no package that this command runs anew asks to read `{path}`");
        return Err(CommandError::usage(error).hint(match asks.is_empty() {
            true => "none of them asks to read anything".to_owned(),
            false => asks.join(", "),
        }));
    }
    if !context.ui.consent_to_read(&wanted)? {
        return Err(CommandError::permission(
            "nothing was written: reading these files was not allowed",
        )
        .hint("--allow read=PATH allows single files"));
    }
    Ok(granted)
}

/// Refuses to run what asks to read while all reading is denied, or was granted a very file that is denied. A pattern
/// only loses the files that are denied.
fn refuse_denied(
    instance: &str,
    asked: &[Pattern],
    reads: &Reads,
    deny: &Deny,
) -> Result<(), CommandError> {
    let file = || {
        reads
            .named
            .iter()
            .find_map(|path| Some((path.to_string(), deny.read(path)?)))
    };
    let all = || Some((asked.first()?.pattern.clone(), deny.reading()?));
    let Some((what, rule)) = all().or_else(file) else {
        return Ok(());
    };
    let text =
        format!("{instance} asks to read {what}, which is denied ({rule}); nothing was written");
    let error = CommandError::permission(text).fact(
        "denied",
        json!([{"path": what, "generator": instance, "word": rule.word, "configured": rule.configured}]),
    );
    Err(permissions::hints(error, [rule]))
}

fn permission(instance: &str, pattern: &Pattern) -> Permission {
    Permission {
        who: instance.to_owned(),
        what: format!("read {}", pattern.pattern),
        why: pattern.reason.clone(),
        class: None,
    }
}

/// What generators may newly read, for the plan.
///
/// # Errors
/// A package cannot be had.
pub fn permissions(
    packages: &Packages<'_>,
    before: &Lock,
    lock: &Lock,
) -> Result<Vec<Permission>, PackagesError> {
    let mut all = Vec::new();
    for locked in lock.generators.iter().filter(|l| !l.reads.is_empty()) {
        let instance = &locked.instance;
        let before = before.instance(instance).map(|l| l.reads.clone());
        let before = before.unwrap_or_default();
        let asked = &packages.open_package(&locked.package)?.manifest.reads;
        let is_new = |one: &&Pattern| {
            locked.reads.patterns.contains(&one.pattern) && !before.patterns.contains(&one.pattern)
        };
        all.extend(
            asked
                .iter()
                .filter(is_new)
                .map(|one| permission(instance, one)),
        );
        let named = locked.reads.named.difference(&before.named);
        all.extend(named.map(|path| Permission {
            who: instance.clone(),
            what: format!("read {path}"),
            why: "you named it".to_owned(),
            class: None,
        }));
    }
    Ok(all)
}

/// Says what was read that the project does not have yet.
pub fn tell(context: &mut Context, project: &Project, decision: &Decision) {
    for locked in &decision.lock.generators {
        let before = project.lock.instance(&locked.instance).map(|l| &l.inputs);
        if locked.inputs.is_empty() || before == Some(&locked.inputs) {
            continue;
        }
        let read = locked.inputs.iter();
        let read = read.filter(|(_, seen)| matches!(seen, Seen::Read(_)));
        let read: Vec<&ProjectPath> = read.map(|(path, _)| path).collect();
        let listed = locked.inputs.iter().count() - read.len();
        let shown = match context.ui.is_verbose() {
            true => read.len(),
            false => read.len().min(NAMED),
        };
        let mut files: Vec<String> = read[..shown].iter().map(ToString::to_string).collect();
        if shown < read.len() {
            files.push(format!("{} more", read.len() - shown));
        }
        if listed > 0 {
            files.push(format!("the names of {}", count(listed, "file", "files")));
        }
        let about = format!(
            "{} for {}; what is read is copied into {INPUTS}",
            files.join(", "),
            locked.instance
        );
        context.ui.done("Read", &about);
        for path in read.into_iter().filter(|path| is_private(path)) {
            context.ui.warn(&format!(
                "{path} may hold secrets, and {INPUTS} is checked in with the project"
            ));
        }
    }
}

/// How one file that a generator reads stands.
pub struct Standing {
    pub instance: String,
    pub path: String,
    pub since: Since,
}

/// How everything stands that generators read of the user's own files.
#[derive(Default)]
pub struct Standings {
    pub files: Vec<Standing>,
    /// Generators that cannot read anew, and why.
    pub failed: Vec<(String, String)>,
}

/// Has every generator that may read do so once more; nothing of what it makes is kept.
///
/// # Errors
/// A package cannot be had, or what was recorded.
pub fn standing(
    replayer: &Replayer<'_>,
    lock: &Lock,
    workspace: &Workspace,
    pristine: &Arc<Tree>,
    policy: &Policy,
) -> Result<Standings, ReplayError> {
    let mut standings = Standings::default();
    for (position, locked) in lock.generators.iter().enumerate() {
        if locked.reads.is_empty() && locked.inputs.is_empty() {
            continue;
        }
        if let Some(rule) = policy.deny.reading() {
            let failed = (locked.instance.clone(), rule.to_string());
            standings.failed.push(failed);
            continue;
        }
        let own = replayer.today(locked, Some(locked), workspace, pristine, policy)?;
        let today = match replayer.reads(position, locked, &own) {
            Ok(today) => today,
            Err(error) => {
                let failed = (locked.instance.clone(), error.to_string());
                standings.failed.push(failed);
                continue;
            }
        };
        let all = locked.inputs.since(&today).into_iter();
        standings.files.extend(all.map(|(path, since)| Standing {
            instance: locked.instance.clone(),
            path: path.to_string(),
            since,
        }));
    }
    Ok(standings)
}

impl Standings {
    /// Whether everything is as it was read.
    pub fn are_same(&self) -> bool {
        self.failed.is_empty() && self.files.iter().all(|file| file.since == Since::Same)
    }

    /// The section of `status`.
    pub fn page(&self, verbose: bool) -> Page {
        let Self { files, failed } = self;
        let mut page = Page::new();
        if files.is_empty() && failed.is_empty() {
            return page;
        }
        page.line(Tone::Plain, "")
            .line(Tone::Strong, "Read of your own files, and since then");
        let same = files.iter().filter(|file| file.since == Since::Same);
        let quiet = !verbose && same.clone().count() > LISTED;
        for file in files.iter().filter(|f| !quiet || f.since != Since::Same) {
            let tone = match file.since {
                Since::Same => Tone::Faint,
                Since::Changed => Tone::Changed,
                Since::Gone => Tone::Removed,
                Since::New => Tone::Added,
            };
            page.put(Tone::Plain, "  ")
                .column(tone, file.since.name(), 9)
                .put(Tone::Plain, &file.path)
                .put(Tone::Faint, format!(" ({})", file.instance))
                .end();
        }
        if quiet {
            let more = format!("  and {} as they were (-v lists them)", same.count());
            page.line(Tone::Faint, more);
        }
        for (instance, error) in failed {
            let text = format!("  {instance} cannot read them anew: {error}");
            page.line(Tone::Error, text);
        }
        if files.iter().any(|file| file.since != Since::Same) {
            page.line(Tone::Plain, "scaffold sync takes them as they are now");
        }
        page
    }
}

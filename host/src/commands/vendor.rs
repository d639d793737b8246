use std::{collections::BTreeMap, sync::Arc};

use scaffold_registry::{Config, Object, Release, release, source::NOTE_BYTES};
use serde_json::json;

use super::{
    dangers,
    fetch::{key_sets, pins},
};
use crate::{
    apply,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    packages::{Packages, PackagesError},
    path::ProjectPath,
    plan::{Action, Content, Plan, Verb},
    project::Pinned,
    sources::{OFFICIAL, VENDOR, vendored_path},
    ui::page::count,
    workspace::{Workspace, WorkspaceError},
};

/// Most files that are looked at in the folder of copies.
const MOST: usize = 100_000;

/// The files of the small registry.
type Files = BTreeMap<ProjectPath, Arc<[u8]>>;

/// `scaffold vendor`: copies of what the lock needs in the project.
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let project = context.project_to_change()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut pins = pins(&project.lock);
    pins.retain(|pin| pin.registry != OFFICIAL);
    let files = {
        let _progress = context.ui.progress("Copying packages");
        copies(&packages, &pins)?
    };
    context.tell_notices(&packages);
    dangers::tell(context, &project, None)?;
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    let plan = plan(&workspace, files).kind(ErrorKind::Failed)?;
    let changed = plan.actions.iter().filter(|a| a.verb != Verb::Unchanged);
    let changed = changed.count();
    let dry_run = context.globals.dry_run;
    if !dry_run {
        context.applying(|options| apply::apply(&project.root, &plan, &[], options))?;
    }
    let names: Vec<String> = pins
        .iter()
        .map(|pin| format!("{} {}", pin.package, pin.version))
        .collect();
    context.ui.json(
        &json!({"dry_run": dry_run, "folder": VENDOR, "packages": names, "changed": changed}),
    );
    if pins.is_empty() {
        context
            .ui
            .done("Nothing to copy:", "all packages come with the program");
    }
    context.ui.result(format!(
        "{} in {VENDOR}, {} {}",
        count(pins.len(), "package", "packages"),
        count(changed, "file", "files"),
        if dry_run { "would change" } else { "changed" },
    ));
    Ok(())
}

/// What the small registry holds: of every package the archive, its line in the index, its statement and all key sets.
fn copies(packages: &Packages<'_>, pins: &[Pinned]) -> Result<Files, CommandError> {
    let mut files = Files::new();
    let mut put = |object: &Object<'_>, bytes: &[u8]| {
        if let Some(path) = vendored_path(object) {
            files.insert(path, bytes.into());
        }
    };
    let mut indexes: BTreeMap<_, Vec<Release>> = BTreeMap::new();
    for pin in pins {
        let package = packages.open(pin)?;
        let source = packages.sources.of_pin(pin)?;
        let releases = source.releases(&pin.package)?;
        let gone = || PackagesError::Gone {
            package: pin.package.clone(),
            version: pin.version.clone(),
            registry: pin.registry.clone(),
        };
        let mut same = releases.into_iter().filter(|r| r.blob == pin.blob);
        let release = same.next().ok_or_else(gone)?;
        indexes.entry(&pin.package).or_default().push(release);
        put(&Object::Blob(&pin.blob, &pin.package), package.bytes());
        let note = Object::Note(&pin.package, &pin.version);
        if let Some(note_bytes) = source.file(&note, NOTE_BYTES)? {
            put(&note, &note_bytes);
        }
        for (number, bytes) in (1..).zip(key_sets(&*source, &pin.package)?) {
            put(&Object::Keys(pin.package.namespace(), number), &bytes);
        }
    }
    for (name, mut releases) in indexes {
        releases.sort_by(|one, other| one.version.cmp(&other.version));
        let text = release::write_index(&releases).kind(ErrorKind::Failed)?;
        put(&Object::Index(name), text.as_bytes());
    }
    if !pins.is_empty() {
        put(
            &Object::Config,
            Config::new("vendored").to_json().as_bytes(),
        );
    }
    Ok(files)
}

/// What has to be done for the project to hold these copies and no others.
fn plan(workspace: &Workspace, files: Files) -> Result<Plan, WorkspaceError> {
    let mut plan = Plan::default();
    let standing = workspace.files(VENDOR, MOST, &|_| true)?;
    let gone = standing
        .into_iter()
        .filter(|path| !files.contains_key(path));
    let gone: Vec<ProjectPath> = gone.collect();
    let kept = files.into_iter().map(|(path, bytes)| (path, Some(bytes)));
    for (path, bytes) in kept.chain(gone.into_iter().map(|path| (path, None))) {
        let found = workspace.read(&path)?;
        let after = bytes.map(|bytes| Content {
            bytes,
            executable: false,
        });
        let verb = match (&found, &after) {
            (None, _) => Verb::Create,
            (Some(_), None) => Verb::Delete,
            (Some(found), Some(after)) if found.bytes == after.bytes => Verb::Unchanged,
            (Some(_), Some(_)) => Verb::Update,
        };
        plan.actions
            .push(Action::new(path, verb, found.as_ref(), after));
    }
    Ok(plan)
}

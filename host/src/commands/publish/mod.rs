//! `scaffold publish`: try it, show what others will see, then put it where they will find it.

mod review;
mod target;
mod trial;

use scaffold_registry::{Kind, Release};
use serde_json::json;

use super::{key, pack::explain};
use crate::{
    cli::Publish,
    context::Context,
    error::{CommandError, ErrorKind},
    pack::{Packed, pack},
    ui::{Tone, page::count},
};
pub use target::Target;
use trial::Trial;

/// `scaffold publish`
pub fn run(context: &mut Context, args: &Publish) -> Result<(), CommandError> {
    let folder = context.at(&args.dir);
    let packed = pack(&folder).map_err(|e| explain(e, &folder))?;
    let namespace = packed.package.manifest.name.namespace().to_owned();
    let target = Target::of(context, &namespace)?;
    // What cannot come to a good end is not tried first.
    if !context.globals.dry_run {
        target.check(context, &namespace)?;
    }
    compile(context, &packed)?;
    let trials = match args.no_test {
        true => Vec::new(),
        false => trial::run(context, &packed, &folder)?,
    };
    let warnings = review::warnings(&packed.package);
    show(context, &packed, &trials, &warnings);
    if context.globals.dry_run {
        context.ui.json(&json!({
            "dry_run": true,
            "blob": packed.package.blob,
            "files": packed.package.files.keys().collect::<Vec<_>>(),
            "tried": trials.iter().map(|trial| &trial.name).collect::<Vec<_>>(),
            "warnings": warnings,
        }));
        if key::key_of(context, &namespace)?.is_none() {
            context.ui.warn(&format!(
                "there is no key for {namespace} on this machine to sign it with; scaffold key new {namespace} makes one"
            ));
        }
        context.ui.done("Dry run:", "nothing was published");
        return Ok(());
    }
    let what = format!(
        "{} {}",
        packed.package.manifest.name, packed.package.manifest.version
    );
    if target.is_shared() {
        let question = format!("Publish {what} to {target}? It stays for good.");
        if !context.ui.confirm(&question, context.globals.yes)? {
            return Err(CommandError::new(
                ErrorKind::Cancelled,
                "nothing was published",
            ));
        }
    }
    let release = packed.package.release(&packed.imports);
    let key::Signed { chain, statement } = key::sign(context, release)?;
    if let Some(chain) = &chain {
        target.put_chain(context, chain)?;
    }
    let release = target.publish(&statement, &packed.bytes)?;
    match statement.keys() {
        0 => context.ui.done(
            "Not signed:",
            &format!(
                "there is no key for {namespace} on this machine, so it can be had from a folder only; scaffold key new {namespace} makes one"
            ),
        ),
        number => context
            .ui
            .done("Signed", &format!("by set {number} of the keys of {namespace}")),
    }
    context.ui.json(&release);
    context
        .ui
        .result(format!("{what} is in {target}\n{}", release.blob));
    context.ui.done("Use it:", &line(&release, &target));
    Ok(())
}

/// What does not compile here compiles nowhere; better told to the author than to everybody else.
fn compile(context: &mut Context, packed: &Packed) -> Result<(), CommandError> {
    let Some(component) = packed.package.component() else {
        return Ok(());
    };
    let name = packed.package.manifest.name.to_string();
    let wasm = || Ok::<_, CommandError>(component.to_vec());
    context.sandbox()?.load(&name, &packed.package.blob, wasm)?;
    Ok(())
}

fn show(context: &mut Context, packed: &Packed, trials: &[Trial], warnings: &[String]) {
    let all = context.ui.is_verbose();
    let mut page = review::page(&packed.package, packed.bytes.len(), all);
    if !trials.is_empty() {
        page.gap();
    }
    for trial in trials {
        page.put(Tone::Added, "Tried ")
            .put(Tone::Plain, format!("with {}: ", trial.name))
            .put(Tone::Plain, count(trial.files, "file", "files"))
            .put(Tone::Plain, ", the same twice")
            .end();
    }
    context.ui.story(page);
    for warning in warnings {
        context.ui.warn(warning);
    }
}

/// What a user types.
fn line(release: &Release, target: &Target) -> String {
    let name = release.name.short();
    let from = target.flag(release.name.namespace());
    match release.kind {
        Kind::Project => format!("scaffold new {name} my-project{from}"),
        Kind::Module | Kind::Theme => format!("scaffold add {name}{from}"),
        Kind::Engine => format!(
            "engine = \"{}@^{}\" in a package's scaffold.toml",
            release.name, release.version
        ),
    }
}

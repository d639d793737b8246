use scaffold_registry::{Package, Statement};

use crate::{
    cli::RegistryAdd,
    commands::{key, pack::explain, publish::Target},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    pack::pack,
    sandbox::import_names,
};

/// `scaffold registry add`
pub fn run(context: &mut Context, args: &RegistryAdd) -> Result<(), CommandError> {
    let path = context.at(&args.package);
    let cannot = |e: CommandError, path: &std::path::Path| {
        e.while_doing(format!("cannot read {}", path.display()))
    };
    let archive = match path.is_dir() {
        true => pack(&path).map_err(|e| explain(e, &path))?.bytes,
        false => {
            let bytes = std::fs::read(&path).kind(ErrorKind::Usage);
            bytes.map_err(|e| cannot(e, &path))?
        }
    };
    let package = Package::read(&archive).kind(ErrorKind::Failed)?;
    let imports = package.component().map(import_names).transpose();
    let imports = imports.kind(ErrorKind::Failed)?.unwrap_or_default();
    let release = package.release(&imports);
    let target = Target::stored(context, &args.place.place)?;
    let name = release.name.clone();
    let key::Signed { chain, statement } = match &args.statement {
        Some(file) => {
            let file = context.here.join(file);
            let note = std::fs::read_to_string(&file).kind(ErrorKind::Usage);
            let note = note.map_err(|e| cannot(e, &file))?;
            let statement =
                Statement::read(&name, &release.version, &note).kind(ErrorKind::Integrity)?;
            if statement.claims_a_signature() {
                let chain = target.chain(context, name.namespace())?;
                let chain = chain.ok_or_else(|| {
                    CommandError::usage(format!(
                        "the statement is signed, and the registry has no keys of {}",
                        name.namespace()
                    ))
                    .hint("scaffold registry mirror brings a namespace over with its keys")
                })?;
                chain.accept(&statement).kind(ErrorKind::Integrity)?;
            }
            key::Signed {
                chain: None,
                statement,
            }
        }
        None => key::sign(context, release)?,
    };
    if context.globals.dry_run {
        context
            .ui
            .json(&serde_json::json!({"dry_run": true, "blob": package.blob}));
        context.ui.done("Dry run:", "nothing was added");
        return Ok(());
    }
    if let Some(chain) = &chain {
        target.put_chain(context, chain)?;
    }
    let release = target.publish(&statement, &archive)?;
    context.ui.json(&release);
    context.ui.result(format!(
        "{} {} is in {target}\n{}",
        release.name, release.version, release.blob
    ));
    Ok(())
}

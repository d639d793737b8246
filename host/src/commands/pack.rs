use serde_json::json;

use crate::{
    cli::Pack,
    context::Context,
    error::CommandError,
    pack::{PackError, Packed, pack},
    ui::page::count,
};

/// `scaffold pack`
pub fn run(context: &mut Context, args: &Pack) -> Result<(), CommandError> {
    let folder = context.at(&args.dir);
    let Packed { bytes, package, .. } = pack(&folder).map_err(|e| explain(e, &folder))?;
    let name = format!(
        "{}-{}.tar.gz",
        package.manifest.name.name(),
        package.manifest.version
    );
    let output = context
        .here
        .join(args.output.clone().unwrap_or_else(|| name.into()));
    if !context.globals.dry_run {
        write(&output, &bytes).map_err(|e| {
            CommandError::failed(e).while_doing(format!("cannot write {}", output.display()))
        })?;
    }
    context.ui.json(
        &json!({"package": package.manifest.name, "version": package.manifest.version,
        "blob": package.blob, "tree": package.tree, "bytes": bytes.len(), "file": output}),
    );
    context.ui.result(format!(
        "{} {}: {}, {} KiB\n{}\n{}",
        package.manifest.name,
        package.manifest.version,
        count(package.files.len(), "file", "files"),
        bytes.len().div_ceil(1024),
        package.blob,
        output.display()
    ));
    Ok(())
}

/// Beside its place, then renamed: a reader never sees half a package.
fn write(output: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = output.parent().unwrap_or(std::path::Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.persist(output)?;
    Ok(())
}

/// A packing error with what the author can do about it.
pub fn explain(e: PackError, folder: &std::path::Path) -> CommandError {
    let hint = match &e {
        PackError::Component(_) | PackError::Componentize(_) => Some(
            "a generator is built for wasm32-unknown-unknown with the scaffold-guest crate, without WASI",
        ),
        _ => None,
    };
    let error =
        CommandError::failed(e).while_doing(format!("{} is not a package", folder.display()));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

use serde_json::json;

use super::{own, trust};
use crate::{
    context::Context,
    error::CommandError,
    ui::{Page, Tone},
};

/// `scaffold key list`
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let keys = own(context)?;
    let (mut page, mut documents) = (Page::new(), Vec::new());
    page.line(Tone::Strong, "Yours");
    for namespace in keys.namespaces()? {
        let Some(file) = keys.find(&namespace)? else {
            continue;
        };
        let (set, is_protected) = (file.chain.newest(), file.is_protected());
        for key in set.keys() {
            page.put(Tone::Plain, "  ").line(Tone::Title, key);
        }
        let passphrase = if is_protected {
            ", under a passphrase"
        } else {
            ""
        };
        page.line(
            Tone::Faint,
            format!(
                "    set {}{passphrase}, {}",
                set.number(),
                file.path.display()
            ),
        );
        documents.push(json!({
            "namespace": namespace, "set": set.number(), "keys": set.keys(), "revoked": set.revoked(),
            "file": file.path, "protected": is_protected,
        }));
    }
    if documents.is_empty() {
        page.line(Tone::Faint, "  none; scaffold key new NAMESPACE makes one");
    }
    let trust = context.trust()?;
    page.gap().page(&trust::page(&trust.pins(), |_, _| true));
    let trusted = trust::document(&trust.pins(), |_, _| true);
    context
        .ui
        .json(&json!({"own": documents, "trusted": trusted}));
    context.ui.result(page);
    Ok(())
}

use std::fs;

use scaffold_registry::server::{self, Options};
use serde_json::json;

use super::place;
use crate::{
    cli::Serve,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    sandbox,
};

/// `scaffold registry serve`
pub fn run(context: &mut Context, args: &Serve) -> Result<(), CommandError> {
    let storage = place::storage(context, &args.place)?;
    let key = match &args.key {
        None => None,
        Some(file) => {
            let file = context.here.join(file);
            let text = fs::read_to_string(&file).map_err(|error| {
                CommandError::usage(format!("cannot read {}: {error}", file.display()))
            })?;
            Some(text)
        }
    };
    let options = Options {
        listen: args.listen,
        url: args.url.clone(),
        is_private: args.private,
        rate: args.rate,
        read_rate: args.read_rate,
        connections: args.connections.into(),
        is_behind_proxy: args.behind_proxy,
        key,
        imports: |wasm| sandbox::import_names(wasm).map_err(|refusal| refusal.to_string()),
    };
    let place = storage.place("");
    let ui = &mut context.ui;
    server::serve(storage, options, |address| {
        let url = format!("http://{address}/");
        ui.json(&json!({"registry": place, "url": url}));
        ui.result(format!("{place} is served at {url}"));
        // Whoever started the server in a script waits for this line.
        let _ = ui.finish();
    })
    .kind(ErrorKind::Failed)
}

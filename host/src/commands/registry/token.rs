use std::time::Duration;

use scaffold_registry::{
    publish,
    server::{self, NewToken},
};
use serde_json::json;

use super::place;
use crate::{
    cli::{self, Token, TokenCommand},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    ui::{Page, Tone, page::count},
};

/// `scaffold registry token`
pub fn run(context: &mut Context, args: &Token) -> Result<(), CommandError> {
    match &args.command {
        TokenCommand::New(args) => new(context, args),
        TokenCommand::List { place } => list(context, place),
        TokenCommand::Revoke { place, id } => revoke(context, place, id),
    }
}

fn new(context: &mut Context, args: &cli::NewToken) -> Result<(), CommandError> {
    let storage = place::storage(context, &args.place)?;
    publish::open_or_make(&*storage).kind(ErrorKind::Failed)?;
    let lifetime = Duration::from_secs(u64::from(args.days) * 24 * 60 * 60);
    let NewToken { token, secret } =
        server::new_token(&*storage, &args.name, &args.namespaces, lifetime)
            .kind(ErrorKind::Usage)?;
    context.ui.json(&json!({
        "id": token.id, "name": token.name, "namespaces": token.namespaces,
        "expires": token.expires, "token": secret,
    }));
    let days = count(args.days as usize, "day", "days");
    let what = match token.namespaces.as_slice() {
        [] => "read".to_owned(),
        namespaces => format!("publish to {}", namespaces.join(", ")),
    };
    let about = format!("{} for {}, for {days}, to {what}", token.id, token.name);
    context.ui.done("Made", &about);
    context.ui.result(secret);
    context
        .ui
        .warn("this is the only time it is shown; hand it over where nobody else reads it");
    Ok(())
}

fn list(context: &mut Context, place: &str) -> Result<(), CommandError> {
    let storage = place::storage(context, place)?;
    let tokens = server::list_tokens(&*storage).kind(ErrorKind::Failed)?;
    let listed: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id, "name": token.name, "namespaces": token.namespaces,
                "expires": token.expires, "expired": token.is_expired(),
            })
        })
        .collect();
    context.ui.json(&listed);
    let mut page = Page::new();
    for token in &tokens {
        page.column(Tone::Strong, &token.id, 13);
        page.column(Tone::Plain, &token.name, 20)
            .put(Tone::Plain, " ");
        page.column(Tone::Plain, token.namespaces.join(", "), 20)
            .put(Tone::Plain, " ");
        let (tone, word) = match token.is_expired() {
            true => (Tone::Warning, "ended"),
            false => (Tone::Faint, "until"),
        };
        page.put(tone, format!("{word} {}", token.expires)).end();
    }
    if tokens.is_empty() {
        page.line(Tone::Faint, "there are no tokens");
    }
    context.ui.result(page);
    Ok(())
}

fn revoke(context: &mut Context, place: &str, id: &str) -> Result<(), CommandError> {
    let storage = place::storage(context, place)?;
    let token = server::revoke_token(&*storage, id).kind(ErrorKind::Usage)?;
    context.ui.json(&json!({"revoked": token.id}));
    context
        .ui
        .result(format!("{} of {} is taken back", token.id, token.name));
    Ok(())
}

use scaffold_registry::keys::VerifyingKey;
use serde_json::{Value, json};

use crate::{
    cli::KeyTrust,
    context::Context,
    error::CommandError,
    trust::{Pins, Trust, listed},
    ui::{Page, Tone},
};

/// `scaffold key trust`
pub fn run(context: &mut Context, args: &KeyTrust) -> Result<(), CommandError> {
    let trust = context.trust()?;
    let Some(what) = &args.what else {
        show(context, &trust, |_, _| true);
        return Ok(());
    };
    if what.contains("://") {
        return of_registry(context, args, &trust, what);
    }
    if args.forget {
        if !trust.pins().knows(what) {
            return forgotten(context, &trust, what, false);
        }
        let registry = registry(context, &trust, what)?;
        let was = trust.forget(&registry, Some(what));
        return forgotten(context, &trust, &format!("{what} of {registry}"), was);
    }
    match &args.key {
        Some(key) => set(context, &trust, what, key),
        None => {
            show(context, &trust, |_, namespace| namespace == Some(what));
            Ok(())
        }
    }
}

/// What concerns a registry's own key.
fn of_registry(
    context: &mut Context,
    args: &KeyTrust,
    trust: &Trust,
    what: &str,
) -> Result<(), CommandError> {
    let slash = format!("{}/", what.trim_end_matches('/'));
    if args.key.is_some() {
        let hint = format!("scaffold key trust {what} --forget, and it is trusted anew");
        let error = "--key is for a namespace, and this is a registry";
        return Err(CommandError::usage(error).hint(hint));
    }
    if args.forget {
        let was = trust.forget(&slash, None) | trust.forget(what, None);
        return forgotten(context, trust, what, was);
    }
    show(context, trust, |registry, _| {
        registry == slash || registry == what
    });
    Ok(())
}

fn set(
    context: &mut Context,
    trust: &Trust,
    namespace: &str,
    key: &VerifyingKey,
) -> Result<(), CommandError> {
    let registry = registry(context, trust, namespace)?;
    let source = context.sources(None)?.open(&registry)?;
    let set = trust.set(&*source, namespace, key)?;
    context.ui.json(&json!({
        "registry": registry, "namespace": namespace, "set": set.number(), "keys": set.keys(),
    }));
    let text = format!("{namespace} of {registry} by {}", listed(set.keys()));
    context.ui.done("Trusting", &text);
    context.tell_trust(trust);
    Ok(())
}

/// The registry that is meant: the one that was given, else where the namespace is trusted, else the configured one.
fn registry(context: &Context, trust: &Trust, namespace: &str) -> Result<String, CommandError> {
    let pins = trust.pins();
    let known = pins.namespaces().iter();
    let known: Vec<&str> = known
        .filter(|pin| pin.set.namespace() == namespace)
        .map(|pin| pin.registry.as_str())
        .collect();
    let is_given = !context.globals.registry.is_empty();
    match known[..] {
        [one] if !is_given => Ok(one.to_owned()),
        [_, _, ..] if !is_given => Err(CommandError::usage(format!(
            "{namespace} is trusted in several registries: {}",
            known.join(", ")
        ))
        .hint(format!("name one: --registry {namespace}=WHERE"))),
        _ => {
            let source = context.sources(None)?.of_namespace(namespace)?;
            Ok(source.id().to_owned())
        }
    }
}

fn forgotten(
    context: &mut Context,
    trust: &Trust,
    what: &str,
    was: bool,
) -> Result<(), CommandError> {
    if !was {
        let error = format!("{what} is not trusted, so there is nothing to forget");
        return Err(CommandError::usage(error).hint("scaffold key trust shows what is"));
    }
    context.ui.json(&json!({ "forgotten": what }));
    let text = format!("{what}; the next use is the first one again");
    context.ui.done("Forgotten:", &text);
    context.tell_trust(trust);
    Ok(())
}

/// Shows the pins that `shown` picks, by registry, and by namespace where it is one of a namespace.
fn show(context: &mut Context, trust: &Trust, shown: impl Fn(&str, Option<&str>) -> bool) {
    context.ui.json(&document(&trust.pins(), &shown));
    context.ui.result(page(&trust.pins(), &shown));
}

/// The pins as JSON has them.
pub fn document(pins: &Pins, shown: impl Fn(&str, Option<&str>) -> bool) -> Value {
    let namespaces = pins.namespaces().iter();
    let namespaces = namespaces.filter(|pin| shown(&pin.registry, Some(pin.set.namespace())));
    let registries = pins.registries().iter();
    let registries = registries.filter(|pin| shown(&pin.registry, None));
    json!({
        "namespaces": namespaces.map(|pin| json!({
            "registry": pin.registry, "namespace": pin.set.namespace(), "set": pin.set.number(),
            "keys": pin.set.keys(), "revoked": pin.set.revoked(), "confirmed": pin.confirmed,
        })).collect::<Vec<_>>(),
        "registries": registries.map(|pin| json!({
            "registry": pin.registry, "key": pin.key,
            "seen": humantime::format_rfc3339_seconds(pin.time).to_string(),
        })).collect::<Vec<_>>(),
    })
}

/// The pins as people see them.
pub fn page(pins: &Pins, shown: impl Fn(&str, Option<&str>) -> bool) -> Page {
    let mut page = Page::new();
    page.line(Tone::Strong, "Trusted");
    let mut any = false;
    for pin in pins.namespaces() {
        if !shown(&pin.registry, Some(pin.set.namespace())) {
            continue;
        }
        any = true;
        let set = format!("  set {} in {}", pin.set.number(), pin.registry);
        page.put(Tone::Plain, format!("  {}", pin.set.namespace()))
            .line(Tone::Faint, set);
        for key in pin.set.keys() {
            page.put(Tone::Plain, "    ").line(Tone::Title, key);
        }
        for key in pin.set.revoked() {
            page.line(Tone::Faint, format!("    {key} (revoked)"));
        }
    }
    for pin in pins.registries() {
        if !shown(&pin.registry, None) {
            continue;
        }
        any = true;
        let seen = humantime::format_rfc3339_seconds(pin.time);
        page.put(Tone::Plain, format!("  {}", pin.registry))
            .line(Tone::Faint, format!("  as of {seen}"));
        page.put(Tone::Plain, "    ").line(Tone::Title, &pin.key);
    }
    if !any {
        let nobody = "  nobody yet; the keys of a registry are trusted at their first use";
        page.line(Tone::Faint, nobody);
    }
    page
}

//! Permissions in plain words.

use maud::{Markup, html};

use super::plain;
use crate::{Pattern, Release};

/// What no component can do, since nothing is there that it could import for it.
const CLOSED: [&str; 4] = [
    "open a connection",
    "run a program",
    "see the clock, the environment, who you are or where it runs",
    "write a file itself: you see the plan first, and scaffold writes what you accept",
];

/// What an import lets a component do; none where it is plain data.
fn ability(import: &str) -> Option<String> {
    let name = import.split_once('/').map_or(import, |(_, name)| name);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    Some(match name {
        "types" => return None,
        "package-files" => "read the files of its own package".to_owned(),
        "project-files" => {
            "read files of the project: those that packages made, and of yours those you allow"
                .to_owned()
        }
        "changes" => "propose files, for you to accept".to_owned(),
        "log" => "tell you what it does".to_owned(),
        _ => format!("use {}, which this server does not know", plain(import)),
    })
}

/// What a release may do and may not.
pub(super) fn permissions(release: &Release) -> Markup {
    let able: Vec<String> = release.imports.iter().filter_map(|i| ability(i)).collect();
    html! {
        @if let Some(engine) = &release.engine {
            p { "It holds no code. Its files are read by " code { (engine) } ", and what follows is what it asks for." }
        } @else if able.is_empty() {
            p { "It imports nothing: it can only answer." }
        } @else {
            p { "It can" }
            ul .can { @for one in &able { li { (one) } } }
        }
        (patterns("It writes", &release.writes))
        (patterns("It asks to read", &release.reads))
        @if release.reads.is_empty() { p { "It asks to read nothing of yours." } }
        p { "It cannot" }
        ul .cannot { @for one in CLOSED { li { (one) } } }
    }
}

fn patterns(what: &str, patterns: &[Pattern]) -> Markup {
    html! { @if !patterns.is_empty() {
        p { (what) }
        ul { @for one in patterns { li { code { (plain(&one.pattern)) } " " (plain(&one.reason)) } } }
    } }
}

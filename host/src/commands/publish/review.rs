//! What strangers will see of a package, and what its author may not want them to.

use scaffold_registry::{Package, package::COMPONENT};

use crate::{
    grants::is_private,
    path::ProjectPath,
    ui::{Page, Tone, page::count},
};

/// Files shown one by one; with `-v` all of them are.
const SHOWN: usize = 20;
/// From how many bytes on a file is called large. A component may be.
const LARGE: usize = 1024 * 1024;

/// What a key or a token of a service begins with. Short on purpose: each of these is never in a file by chance.
const SECRETS: [&str; 9] = [
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "sk_live_",
];

/// The package as `info` and `inspect` will show it, and its files.
pub fn page(package: &Package, packed: usize, all: bool) -> Page {
    let manifest = &package.manifest;
    let mut page = Page::new();
    page.put(Tone::Title, &manifest.name)
        .put(Tone::Plain, format!(" {}", manifest.version));
    let license = manifest.license.as_deref();
    let license = license.map_or_else(String::new, |license| format!(", {license}"));
    page.put(Tone::Faint, format!("  {}{license}", manifest.kind))
        .end();
    page.paragraph(Tone::Plain, &manifest.summary, 2);
    page.gap();
    if let Some(engine) = &manifest.engine {
        page.line(Tone::Plain, format!("  is run by {engine}"));
    }
    for (name, req) in &manifest.requires {
        page.line(Tone::Plain, format!("  brings {name} {req}"));
    }
    for (asks, patterns) in [
        ("asks to read", &manifest.reads),
        ("may write", &manifest.writes),
    ] {
        for one in patterns {
            page.put(Tone::Plain, format!("  {asks} {}", one.pattern))
                .put(Tone::Faint, format!(": {}", one.reason))
                .end();
        }
    }
    page.gap().line(
        Tone::Strong,
        format!(
            "{}, {} to download",
            count(package.files.len(), "file", "files"),
            size(packed)
        ),
    );
    let shown = if all { usize::MAX } else { SHOWN };
    let rows = package.files.iter().take(shown).map(|(path, entry)| {
        let run = if entry.executable { "executable" } else { "" };
        vec![
            (Tone::Plain, path.clone()),
            (Tone::Faint, size(entry.bytes.len())),
            (Tone::Faint, run.to_owned()),
        ]
    });
    page.table(2, &rows.collect::<Vec<_>>());
    if package.files.len() > shown {
        let more = package.files.len() - shown;
        page.line(Tone::Faint, format!("  and {more} more; -v lists them"));
    }
    page
}

/// What an author should look at before everybody else does.
pub fn warnings(package: &Package) -> Vec<String> {
    let mut warnings = Vec::new();
    for (path, entry) in &package.files {
        if path == COMPONENT {
            continue;
        }
        // A template is called what it will be called, with an ending.
        let bare = path.strip_suffix(".jinja").unwrap_or(path);
        if ProjectPath::parse(bare).is_ok_and(|bare| is_private(&bare)) {
            warnings.push(format!("{path} has a name that secrets have"));
        } else if let Some(secret) = secret_in(&entry.bytes) {
            warnings.push(format!("{path} holds what looks like a secret ({secret}…)"));
        }
        if entry.bytes.len() > LARGE {
            let size = size(entry.bytes.len());
            warnings.push(format!(
                "{path} is large ({size}), and everybody downloads it"
            ));
        }
    }
    let has = |wanted: &str| {
        let mut top = package.files.keys().filter(|path| !path.contains('/'));
        top.any(|path| path.to_ascii_lowercase().starts_with(wanted))
    };
    if !has("readme") {
        warnings.push("there is no README.md to tell people what it is for".to_owned());
    }
    if package.manifest.license.is_none() {
        warnings.push("scaffold.toml names no license, so nobody may use it".to_owned());
    }
    warnings
}

fn secret_in(bytes: &[u8]) -> Option<&'static str> {
    let holds = |secret: &&str| {
        let mut windows = bytes.windows(secret.len());
        windows.any(|window| window == secret.as_bytes())
    };
    SECRETS.into_iter().find(|secret| holds(secret))
}

/// Bytes as people read them.
fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use scaffold_registry::archive::{Entry, Files};

    use super::*;

    fn package(license: &str, more: &[(&str, &[u8])]) -> Package {
        let manifest = format!(
            "[package]\nname = \"acme/x\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"X.\"\n\
             {license}engine = \"scaffold/template@^1\"\n"
        );
        let file = |bytes: &[u8]| Entry {
            bytes: bytes.to_vec(),
            executable: false,
        };
        let mut files = Files::from([("scaffold.toml".to_owned(), file(manifest.as_bytes()))]);
        for (path, bytes) in more {
            files.insert((*path).to_owned(), file(bytes));
        }
        Package::read(&Package::pack(&files).unwrap()).unwrap()
    }

    #[test]
    fn a_package_that_has_what_it_needs_is_not_warned_about() {
        let package = package(
            "license = \"MIT\"\n",
            &[
                ("README.md", b"Hello."),
                ("template/.env.example.jinja", b"KEY="),
            ],
        );
        assert_eq!(warnings(&package), [""; 0]);
    }

    #[test]
    fn what_should_not_be_published_is_named() {
        let key = b"x\n-----BEGIN PRIVATE KEY-----\nAAAA\n";
        // Noise, since an archive that shrinks too well is refused.
        let mut noise = 1_u32;
        let mut next = || {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            noise as u8
        };
        let large: Vec<u8> = (0..=LARGE).map(|_| next()).collect();
        let package = package(
            "",
            &[
                ("template/.env", b"KEY=1"),
                ("template/app.txt", key),
                ("template/video.bin", &large),
            ],
        );
        assert_eq!(
            warnings(&package),
            [
                "template/.env has a name that secrets have",
                "template/app.txt holds what looks like a secret (-----BEGIN PRIVATE KEY-----…)",
                "template/video.bin is large (1.0 MiB), and everybody downloads it",
                "there is no README.md to tell people what it is for",
                "scaffold.toml names no license, so nobody may use it",
            ]
        );
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        let sizes = [0, 1023, 1024, 1025, 1_048_576, 1_600_000].map(size);
        assert_eq!(
            sizes,
            ["0 B", "1023 B", "1 KiB", "2 KiB", "1.0 MiB", "1.5 MiB"]
        );
    }
}

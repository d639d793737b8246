//! From a package as data to one that can be published.

use std::fmt::Write as _;

use scaffold_registry::{
    Package as Packed,
    archive::{Entry, Files},
};

use super::scenario::{Join, Made, Package, TONES, Text, VERSIONS, Version};

/// The name of the package with this number.
pub fn name(package: usize) -> String {
    format!("acme/p{package}")
}

/// Every version of every package, as archives.
pub fn archives(packages: &[Package]) -> Vec<Vec<u8>> {
    let mut shared: Vec<Join> = packages
        .iter()
        .flat_map(|package| {
            package
                .0
                .iter()
                .flat_map(|version| version.joins.iter().copied())
        })
        .collect();
    shared.sort_unstable();
    shared.dedup_by_key(|join| path(*join));
    let mut archives = Vec::new();
    for (number, package) in packages.iter().enumerate() {
        for (version, name) in package.0.iter().zip(VERSIONS) {
            let shared: &[Join] = if number == 0 { &shared } else { &[] };
            archives.push(Packed::pack(&files(number, version, name, shared)).unwrap());
        }
    }
    archives
}

fn files(number: usize, version: &Version, version_name: &str, shared: &[Join]) -> Files {
    let kind = if number == 0 { "project" } else { "module" };
    let mut manifest = format!(
        "[package]\nname = \"{}\"\nversion = \"{version_name}\"\nkind = \"{kind}\"\nsummary = \"Made at random.\"\n\
         license = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n\
         [[writes]]\npattern = \"**\"\nreason = \"It may make anything.\"\n\n\
         [[questions]]\nname = \"tone\"\nprompt = \"Which tone?\"\ntype = \"one-of\"\nchoices = {TONES:?}\n\
         default = \"{}\"\n",
        name(number),
        TONES[0]
    );
    let mut files = Files::new();
    let mut put = |path: &str, bytes: Vec<u8>| {
        let entry = Entry {
            bytes,
            executable: false,
        };
        files.insert(format!("template/{path}"), entry);
    };
    for (path, made) in &version.files {
        let text = match made {
            Made::Bytes(bytes) => {
                put(path, bytes.clone());
                continue;
            }
            Made::Text(text) => text,
        };
        let template = text.secret || text.tone;
        let source = if template {
            format!("{path}.jinja")
        } else {
            path.clone()
        };
        put(&source, template_of(text).into_bytes());
        if text.executable || text.seed {
            let pattern = toml::Value::String(source);
            let _ = writeln!(
                manifest,
                "\n[[files]]\nmatch = {pattern}\nexecutable = {}\nseed = {}",
                text.executable, text.seed
            );
        }
    }
    for join in shared {
        put(path(*join), before(*join, version.heading).into_bytes());
    }
    for join in &version.joins {
        manifest.push_str(&edit(*join, number));
    }
    files.insert(
        "scaffold.toml".to_owned(),
        Entry {
            bytes: manifest.into_bytes(),
            executable: false,
        },
    );
    files
}

/// The lines of a text, ended as it says.
fn template_of(text: &Text) -> String {
    let mut rows = text.rows.clone();
    if text.tone {
        rows.push("tone {{ tone }}".to_owned());
    }
    if text.secret {
        rows.push(format!(
            "{SECRET}{{{{ secret(\"key\", {SECRET_LENGTH}) }}}}"
        ));
    }
    let mut rows = rows.join("\n");
    if !text.cut && !rows.is_empty() {
        rows.push('\n');
    }
    rows
}

/// What stands before a secret in its line.
pub const SECRET: &str = "KEY=";
pub const SECRET_LENGTH: usize = 24;

/// What a file holds that no other package touches; none where it takes more than its lines to say.
pub fn plain(made: &Made) -> Option<Vec<u8>> {
    match made {
        Made::Bytes(bytes) => Some(bytes.clone()),
        Made::Text(text) if text.secret || text.tone => None,
        Made::Text(text) => Some(template_of(text).into_bytes()),
    }
}

fn path(join: Join) -> &'static str {
    match join {
        Join::PythonList(_) => "settings.py",
        Join::Toml(_) => "pyproject.toml",
        Join::Json(_) => "package.json",
        Join::Yaml(_) => "compose.yaml",
        Join::Lines(_) => ".gitignore",
        Join::Insert(_) => "page.html",
    }
}

/// A shared file before anything joins it.
fn before(join: Join, heading: usize) -> String {
    match join {
        Join::PythonList(_) => format!("# {heading}\n\nAPPS = [\n    \"core\",\n]\n"),
        Join::Toml(_) => {
            format!("# {heading}\n\n[project]\nname = \"shop\"\ndependencies = [\"core\"]\n")
        }
        Join::Json(_) => format!(
            "{{\n  \"heading\": {heading},\n  \"scripts\": {{\n    \"core\": \"0\"\n  }}\n}}\n"
        ),
        Join::Yaml(_) => format!("# {heading}\n\nservices:\n  core:\n    image: core\n"),
        Join::Lines(_) => format!("# {heading}\n\n*.log\n"),
        Join::Insert(_) => format!("<!-- {heading} -->\n\n<ul>\n  <!-- links -->\n</ul>\n"),
    }
}

fn edit(join: Join, package: usize) -> String {
    let item = |number: u8| format!("p{package}-{number}");
    let (op, rest) = match join {
        Join::PythonList(n) => (
            "python-list",
            format!("list = \"APPS\"\nitems = ['\"{}\"']", item(n)),
        ),
        Join::Toml(n) => (
            "toml",
            format!(
                "merge = '''\n[project]\ndependencies = [\"{0}\"]\n[tool.{0}]\nlevel = {n}\n'''",
                item(n)
            ),
        ),
        Join::Json(n) => (
            "json",
            format!(
                "merge = '{{ \"scripts\": {{ \"{}\": \"{n}\" }} }}'",
                item(n)
            ),
        ),
        Join::Yaml(n) => (
            "yaml",
            format!(
                "merge = '''\nservices:\n  {0}:\n    image: {0}\n'''",
                item(n)
            ),
        ),
        Join::Lines(n) => ("lines", format!("lines = [\"{}\"]", item(n))),
        Join::Insert(n) => (
            "insert",
            format!(
                "after = \"<!-- links -->\"\ntext = \"  <li>{}</li>\"",
                item(n)
            ),
        ),
    };
    format!(
        "\n[[edits]]\nfile = \"{}\"\nop = \"{op}\"\n{rest}\n",
        path(join)
    )
}

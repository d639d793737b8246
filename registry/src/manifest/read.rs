//! Walks a parsed manifest. By hand rather than by derive, because every error should say where it is, and what
//! would have been right.

use std::collections::BTreeMap;
use std::ops::Range;

use semver::{Version, VersionReq};
use toml::de::{DeTable, DeValue};

use super::migrations::migrations;
use super::table::{
    Result, Table, array, check_line, known_keys, list, problem, string, table, unknown_key,
};
use super::{
    KEYWORD_BYTES, KEYWORDS, LICENSE_BYTES, MANIFEST_BYTES, Manifest, PATTERN_BYTES, PATTERNS,
    RELATIONS, SUMMARY_BYTES,
};
use crate::{Kind, PackageName, PackageRef, Pattern, Release};

const TOP: &[&str] = &[
    "package",
    "requires",
    "conflicts",
    "reads",
    "writes",
    "migrations",
];
const PACKAGE: &[&str] = &[
    "name", "version", "kind", "summary", "license", "keywords", "engine",
];
const PATTERN: &[&str] = &["pattern", "reason"];

pub(super) fn manifest(text: &str) -> Result<Manifest> {
    if text.len() > MANIFEST_BYTES {
        return problem(
            0..0,
            format!("the manifest is longer than {MANIFEST_BYTES} bytes"),
        );
    }
    let document = DeTable::parse(text).map_err(|error| super::table::Problem {
        at: error.span().map_or(0, |span| span.start),
        message: format!("this is not TOML: {}", error.message().replace('\n', ", ")),
    })?;
    let top = document.get_ref();
    let Some(package) = top.get("package") else {
        return problem(
            0..0,
            "there is no `[package]`; begin with it, and give it name, version, kind and summary",
        );
    };
    let package = table(package, "package")?;
    known_keys(package.table, PACKAGE, "`[package]`")?;

    let (name, name_span) = package.required("name", "name = \"acme/web\"")?;
    let name = full_name(name, name_span.clone())?;
    let kind = kind(&package)?;
    let engine = engine(&package, &name, kind)?;
    known_top_keys(top, engine.is_some())?;
    let version = version(&package)?;
    Ok(Manifest {
        kind,
        summary: summary(&package)?,
        license: package.line("license", LICENSE_BYTES)?,
        keywords: keywords(&package)?,
        requires: relations(top, "requires", &name)?,
        conflicts: relations(top, "conflicts", &name)?,
        reads: patterns(top, "reads")?,
        writes: patterns(top, "writes")?,
        migrations: migrations(top, &version)?,
        name,
        version,
        engine,
    })
}

fn known_top_keys(top: &DeTable<'_>, has_engine: bool) -> Result<()> {
    let mut unknown: Vec<_> = top
        .iter()
        .filter(|(key, _)| !TOP.contains(&key.get_ref().as_ref()))
        .collect();
    unknown.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in unknown {
        let is_table = match value.get_ref() {
            DeValue::Table(_) => true,
            DeValue::Array(items) => {
                !items.is_empty() && items.iter().all(|item| item.get_ref().is_table())
            }
            _ => false,
        };
        if !(has_engine && is_table) {
            unknown_key(key, TOP, "the manifest").map_err(|mut problem| {
                if is_table {
                    problem.message.push_str(
                        "; what is an engine's own needs one: `engine = \"scaffold/template@^1\"` in `[package]`",
                    );
                }
                problem
            })?;
        }
    }
    Ok(())
}

fn full_name(text: &str, span: Range<usize>) -> Result<PackageName> {
    if !text.contains('/') {
        return problem(
            span,
            format!(
                "a package's own name needs its namespace: write `namespace/{}`",
                text.escape_debug()
            ),
        );
    }
    text.parse()
        .or_else(|error: crate::NameError| problem(span, error.to_string()))
}

fn version(package: &Table<'_, '_>) -> Result<Version> {
    let (text, span) = package.required("version", "version = \"0.1.0\"")?;
    let version: Version = match text.parse() {
        Ok(version) => version,
        Err(error) => {
            let error: semver::Error = error;
            let message =
                format!("{text:?} is not a version: {error}; write three numbers, like \"1.0.0\"");
            return problem(span, message);
        }
    };
    Release::check_version(&version).or_else(|reason| problem(span, reason))?;
    Ok(version)
}

fn kind(package: &Table<'_, '_>) -> Result<Kind> {
    let (text, span) = package.required("kind", "kind = \"module\"")?;
    let words = Kind::ALL.map(Kind::as_str);
    match Kind::ALL.into_iter().find(|kind| kind.as_str() == text) {
        Some(kind) => Ok(kind),
        None => problem(
            span,
            format!(
                "{text:?} is no kind of package; write one of {}",
                list(&words)
            ),
        ),
    }
}

fn summary(package: &Table<'_, '_>) -> Result<String> {
    package.required("summary", "summary = \"What it makes, in one line.\"")?;
    Ok(package.line("summary", SUMMARY_BYTES)?.unwrap_or_default())
}

fn keywords(package: &Table<'_, '_>) -> Result<Vec<String>> {
    let Some(value) = package.get("keywords") else {
        return Ok(Vec::new());
    };
    let mut keywords = Vec::new();
    for item in array(value, "keywords", KEYWORDS, "a list of words")? {
        let (word, span) = string(item, "keywords")?;
        let clean = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if word.is_empty() || word.len() > KEYWORD_BYTES || !word.bytes().all(clean) {
            let message = format!(
                "{word:?} will not do as a keyword; write 1 to {KEYWORD_BYTES} lower-case letters, digits and `-`"
            );
            return problem(span, message);
        }
        keywords.push(word.to_owned());
    }
    Ok(keywords)
}

fn engine(package: &Table<'_, '_>, name: &PackageName, kind: Kind) -> Result<Option<PackageRef>> {
    let Some((text, span)) = package.string("engine")? else {
        return Ok(None);
    };
    let engine: PackageRef = text
        .parse()
        .or_else(|error: crate::RefError| problem(span.clone(), error.to_string()))?;
    if kind == Kind::Engine {
        return problem(
            span,
            "an engine cannot itself be run by an engine; take `engine` out",
        );
    }
    if engine.name == *name {
        return problem(
            span,
            "a package cannot be its own engine; take `engine` out and put generator.wasm beside the manifest",
        );
    }
    Ok(Some(engine))
}

fn relations(
    top: &DeTable<'_>,
    key: &str,
    own: &PackageName,
) -> Result<BTreeMap<PackageName, VersionReq>> {
    let mut relations = BTreeMap::new();
    let Some(value) = top.get(key) else {
        return Ok(relations);
    };
    let table = table(value, key)?;
    if table.table.len() > RELATIONS {
        return problem(
            table.span,
            format!("`[{key}]` has more than {RELATIONS} entries"),
        );
    }
    for (name, req) in table.table {
        let span = name.span();
        let package: PackageName = name
            .get_ref()
            .parse()
            .or_else(|error: crate::NameError| problem(span.clone(), error.to_string()))?;
        if package == *own {
            return problem(
                span,
                format!("`[{key}]` names the package itself; take the line out"),
            );
        }
        let (text, req_span) = string(req, name.get_ref())?;
        let req: VersionReq = text.parse().or_else(|error: semver::Error| {
            problem(
                req_span,
                format!("{text:?} is no version requirement: {error}; write, say, \"^1\" or \"*\""),
            )
        })?;
        if relations.insert(package.clone(), req).is_some() {
            return problem(
                span,
                format!(
                    "`[{key}]` names {package} twice, with and without its namespace; keep one"
                ),
            );
        }
    }
    Ok(relations)
}

fn patterns(top: &DeTable<'_>, key: &str) -> Result<Vec<Pattern>> {
    let Some(value) = top.get(key) else {
        return Ok(Vec::new());
    };
    let label = format!("`[[{key}]]`");
    let of = format!("a list of tables ({label})");
    let mut patterns = Vec::new();
    for item in array(value, key, PATTERNS, &of)? {
        let DeValue::Table(fields) = item.get_ref() else {
            return problem(item.span(), format!("`{key}` must be {of}"));
        };
        known_keys(fields, PATTERN, &label)?;
        let entry = Table {
            table: fields,
            span: item.span(),
            label: label.clone(),
        };
        let (pattern, span) = entry.required("pattern", "pattern = \"docs/**\"")?;
        check_line(pattern, "pattern", PATTERN_BYTES, span.clone())?;
        check_pattern(pattern, span)?;
        entry.required(
            "reason",
            "reason = \"Why, in a line for the person who is asked.\"",
        )?;
        let reason = entry.line("reason", PATTERN_BYTES)?.unwrap_or_default();
        patterns.push(Pattern {
            pattern: pattern.to_owned(),
            reason,
        });
    }
    Ok(patterns)
}

/// Only that a pattern stays inside the project; whether it is a good glob is for whoever matches with it.
fn check_pattern(pattern: &str, span: Range<usize>) -> Result<()> {
    let leaves = pattern
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..");
    if leaves || pattern.contains(['\\', ':']) || pattern.starts_with('~') {
        let message = format!(
            "{pattern:?} does not stay inside the project; write a pattern relative to it, with `/`, like \"docs/**\""
        );
        return problem(span, message);
    }
    Ok(())
}

//! Where a new import goes: isort's sections, as far as they show in the file.

use super::super::super::splice::{Splices, line_end, line_start};
use super::super::scan::Kind;
use super::super::tree::{Module, Statement};
use super::Import;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Future,
    Standard,
    Foreign,
    Local,
    Relative,
}

/// Python's own modules, those that are imported in projects at all.
const STANDARD: &[&str] = &[
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "atexit",
    "base64",
    "bisect",
    "builtins",
    "calendar",
    "cmath",
    "collections",
    "colorsys",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "doctest",
    "email",
    "enum",
    "errno",
    "filecmp",
    "fileinput",
    "fnmatch",
    "fractions",
    "ftplib",
    "functools",
    "gc",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "grp",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "imaplib",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "mailbox",
    "marshal",
    "math",
    "mimetypes",
    "mmap",
    "multiprocessing",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pkgutil",
    "platform",
    "plistlib",
    "pprint",
    "profile",
    "pwd",
    "queue",
    "random",
    "re",
    "readline",
    "resource",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "smtplib",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "stat",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "sysconfig",
    "syslog",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "token",
    "tokenize",
    "tomllib",
    "trace",
    "traceback",
    "tracemalloc",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uuid",
    "venv",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "wsgiref",
    "xml",
    "xmlrpc",
    "zipapp",
    "zipfile",
    "zlib",
    "zoneinfo",
];

pub(super) fn section(module: &str, is_local: &dyn Fn(&str) -> bool) -> Section {
    let root = module.split(['.', ' ']).next().unwrap_or_default();
    match root {
        "" => Section::Relative,
        "__future__" => Section::Future,
        root if STANDARD.binary_search(&root).is_ok() => Section::Standard,
        root if is_local(root) => Section::Local,
        _ => Section::Foreign,
    }
}

/// The source with one import more.
pub(super) fn place(
    source: &str,
    module: &Module<'_>,
    there: &[(Statement<'_>, Import)],
    wanted: &Import,
    is_local: &dyn Fn(&str) -> bool,
) -> String {
    let section_of = |import: &Import| section(import.module(), is_local);
    let own = section_of(wanted);
    let code = wanted.code();
    let mut out = Splices::default();
    let head = head(module, there);
    let of_section = || head.iter().filter(|(_, import)| section_of(import) == own);
    if let Some((next, _)) = of_section().find(|(_, import)| import.order() > wanted.order()) {
        out.insert(above(source, next.start()), format!("{code}\n"));
    } else if let Some((last, _)) = of_section().next_back() {
        out.insert(line_end(source, last.end()), format!("\n{code}"));
    } else if let Some((next, _)) = head.iter().find(|(_, import)| section_of(import) > own) {
        out.insert(above(source, next.start()), format!("{code}\n\n"));
    } else if let Some((last, _)) = head.last() {
        out.insert(line_end(source, last.end()), format!("\n\n{code}"));
    } else {
        first(source, module, &code, &mut out);
    }
    let mut result = out.apply(source);
    if !result.ends_with('\n') {
        result.push('\n');
    }
    result
}

/// The imports before the first other statement; a docstring does not count, nor does a file that mixes.
fn head<'a, 'b>(
    module: &'b Module<'a>,
    there: &'b [(Statement<'b>, Import)],
) -> Vec<&'b (Statement<'b>, Import)> {
    let first_other = module
        .statements()
        .enumerate()
        .find(|(at, statement)| {
            let is_import = there
                .iter()
                .any(|(import, _)| import.start() == statement.start());
            let is_docstring = *at == 0 && is_docstring(statement);
            !is_import && !is_docstring
        })
        .map_or(usize::MAX, |(_, statement)| statement.start());
    let head: Vec<_> = there
        .iter()
        .filter(|(statement, _)| statement.start() < first_other)
        .collect();
    if head.is_empty() {
        there.iter().collect()
    } else {
        head
    }
}

fn is_docstring(statement: &Statement<'_>) -> bool {
    matches!(statement.tokens, [only, rest @ ..] if only.kind == Kind::String && rest.iter().all(|t| t.kind == Kind::Comment))
}

/// The start of the line, or of the comments right above it, which belong to it.
fn above(source: &str, at: usize) -> usize {
    let mut start = line_start(source, at);
    while start > 0 {
        let before = line_start(source, start - 1);
        if !source[before..start].starts_with('#') || source[before..].starts_with("#!") {
            break;
        }
        start = before;
    }
    start
}

/// The file imports nothing: behind its docstring, or its first comments.
fn first(source: &str, module: &Module<'_>, code: &str, out: &mut Splices) {
    let docstring = module.statements().next().filter(is_docstring);
    let (at, has_text_before) = match docstring {
        Some(docstring) => (line_end(source, docstring.end()), true),
        None => {
            let comments: usize = source
                .split_inclusive('\n')
                .take_while(|line| line.starts_with('#'))
                .map(str::len)
                .sum();
            // Comments right above code are about the code.
            let about_file = source[comments..].starts_with('\n') || source[comments..].is_empty();
            if comments > 0 && about_file {
                (comments.saturating_sub(1), true)
            } else {
                (0, false)
            }
        }
    };
    let rest = source[at..].trim_start();
    let lead = if has_text_before { "\n\n" } else { "" };
    let blank = match rest {
        "" => "\n",
        rest if ["def ", "class ", "@", "async "]
            .iter()
            .any(|word| rest.starts_with(word)) =>
        {
            "\n\n\n"
        }
        _ => "\n\n",
    };
    let end = source.len() - rest.len();
    out.replace(at, end, format!("{lead}{code}{blank}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn sections() {
        let is_local = |root: &str| root == "config";
        assert_eq!(section("os.path", &is_local), Section::Standard);
        assert_eq!(section("django.urls", &is_local), Section::Foreign);
        assert_eq!(section("config.views", &is_local), Section::Local);
        assert_eq!(section("..models", &is_local), Section::Relative);
        assert_eq!(section("__future__", &is_local), Section::Future);
        assert_eq!(section("numpy as np", &is_local), Section::Foreign);
    }
}

//! `python-import`: names to import, merged into what is imported already.

mod sections;

use std::ops::Range;

use super::super::Problem;
use super::super::brackets::{self, List, WIDTH};
use super::super::splice::{Splices, line_end, line_start};
use super::STYLE;
use super::scan::Token;
use super::tree::{Literal, Module, Statement};

/// One statement that imports.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Import {
    /// `import a` has none, `from a import b` has `a`, dots included.
    from: Option<String>,
    /// What is imported and what it is called here: `b`, `b as c`.
    names: Vec<String>,
    /// Where the names stand, brackets included.
    place: Range<usize>,
    /// The names, where brackets stand around them.
    list: Option<List>,
}

impl Import {
    fn parse(statement: &Statement<'_>) -> Option<Import> {
        let source = statement.source;
        let code = statement.code();
        if code.iter().any(|token| token.is(source, ";")) {
            return None;
        }
        let (from, names) = match code.first()?.text(source) {
            "import" => (None, &code[1..]),
            "from" => {
                let at = code.iter().position(|token| token.is(source, "import"))?;
                let module: String = code[1..at].iter().map(|token| token.text(source)).collect();
                (Some(module), &code[at + 1..])
            }
            _ => return None,
        };
        let place = names.first()?.start..names.last()?.end;
        let (names, list) = match Literal::at(source, names) {
            Some(literal) => (&names[1..names.len() - 1], Some(literal.list)),
            None => (names, None),
        };
        Some(Import {
            from,
            names: split(source, names),
            place,
            list,
        })
    }

    /// The module that decides about the section.
    fn module(&self) -> &str {
        self.from
            .as_deref()
            .or(self.names.first().map(String::as_str))
            .unwrap_or_default()
    }

    /// Where isort puts it within its section.
    fn order(&self) -> (bool, String) {
        (self.from.is_some(), self.module().to_lowercase())
    }

    fn code(&self) -> String {
        match &self.from {
            None => format!("import {}", self.names.join(", ")),
            Some(module) => from_import(module, &self.names),
        }
    }
}

fn from_import(module: &str, names: &[String]) -> String {
    let line = format!("from {module} import {}", names.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    format!("from {module} import {}", in_brackets(names))
}

fn in_brackets(names: &[String]) -> String {
    let names: String = names.iter().map(|name| format!("    {name},\n")).collect();
    format!("(\n{names})")
}

fn split(source: &str, names: &[Token]) -> Vec<String> {
    let text = |name: &[Token]| {
        // `a.b` is three tokens without spaces, `b as c` three with.
        let space = if name.iter().any(|token| token.is(source, "as")) {
            " "
        } else {
            ""
        };
        let words: Vec<&str> = name.iter().map(|token| token.text(source)).collect();
        words.join(space).replace(" . ", ".")
    };
    names
        .split(|token| token.is(source, ","))
        .filter(|name| !name.is_empty())
        .map(text)
        .collect()
}

/// isort's order of names: constants, classes, the rest; each by letter.
fn name_order(name: &str) -> (u8, String, String) {
    let is_constant = name.len() > 1 && name.chars().all(|c| !c.is_lowercase());
    let is_class = name.starts_with(char::is_uppercase);
    (
        if is_constant {
            0
        } else if is_class {
            1
        } else {
            2
        },
        name.to_lowercase(),
        name.to_owned(),
    )
}

pub(in crate::edits) fn add(
    source: &str,
    lines: &[String],
    is_local: &dyn Fn(&str) -> bool,
) -> Result<String, Problem> {
    let mut text = source.to_owned();
    for line in lines {
        for wanted in parse_lines(line)? {
            text = add_one(&text, wanted, is_local)?;
        }
    }
    Ok(text)
}

/// The statements of one entry of `lines`; `import a, b` counts as two.
fn parse_lines(line: &str) -> Result<Vec<Import>, Problem> {
    let wrong = || Problem::content(format!("`{}` is no import", line.trim()));
    let module = Module::parse(line).map_err(|_| wrong())?;
    let mut all = Vec::new();
    for statement in module.statements() {
        let import = Import::parse(&statement).ok_or_else(wrong)?;
        match &import.from {
            Some(_) => all.push(import),
            None => all.extend(import.names.iter().map(|name| Import {
                names: vec![name.clone()],
                ..import.clone()
            })),
        }
    }
    Ok(all)
}

fn add_one(
    source: &str,
    mut wanted: Import,
    is_local: &dyn Fn(&str) -> bool,
) -> Result<String, Problem> {
    let module = Module::parse(source)
        .map_err(|error| Problem::place(format!("it is not Python ({error}).")))?;
    let there: Vec<(Statement<'_>, Import)> = module
        .statements()
        .filter(|statement| statement.is_top_level())
        .filter_map(|statement| Some((statement, Import::parse(&statement)?)))
        .collect();
    let same = || {
        there
            .iter()
            .filter(|(_, import)| import.from == wanted.from)
    };
    let missing: Vec<String> = wanted
        .names
        .iter()
        .filter(|name| !same().any(|(_, import)| import.names.contains(name)))
        .cloned()
        .collect();
    if missing.is_empty() {
        return Ok(source.to_owned());
    }
    let takes_names =
        |import: &Import| import.from.is_some() && !import.names.iter().any(|name| name == "*");
    if let Some((_, import)) =
        same().find(|(_, import)| takes_names(import) && takes_names(&wanted))
    {
        let mut out = Splices::default();
        extend(source, import, missing, &mut out);
        return Ok(out.apply(source));
    }
    wanted.names = missing;
    wanted.names.sort_by_key(|name| name_order(name));
    Ok(sections::place(source, &module, &there, &wanted, is_local))
}

/// Names into a `from a import b` that is there; in their place if the ones there are sorted, else at the end.
fn extend(source: &str, import: &Import, missing: Vec<String>, out: &mut Splices) {
    let sorted = import.names.is_sorted_by_key(|name| name_order(name));
    if let Some(list) = import
        .list
        .as_ref()
        .filter(|list| source[list.open..list.close].contains('\n'))
    {
        let place = |name: &String| {
            let behind = |other: &String| sorted && name_order(other) > name_order(name);
            import
                .names
                .iter()
                .position(behind)
                .unwrap_or(import.names.len())
        };
        let mut missing = missing;
        missing.sort_by_key(|name| (place(name), name_order(name)));
        for group in missing.chunk_by(|a, b| place(a) == place(b)) {
            brackets::insert(source, list, place(&group[0]), group, &STYLE, out);
        }
        return;
    }
    let mut names = import.names.clone();
    names.extend(missing);
    if sorted {
        names.sort_by_key(|name| name_order(name));
    }
    let (start, end) = (import.place.start, import.place.end);
    let line = line_end(source, end) - line_start(source, start) - (end - start);
    let (open, close) = if import.list.is_some() {
        ("(", ")")
    } else {
        ("", "")
    };
    let joined = format!("{open}{}{close}", names.join(", "));
    out.replace(
        start,
        end,
        if line + joined.len() <= WIDTH {
            joined
        } else {
            in_brackets(&names)
        },
    );
}

#[cfg(test)]
mod tests;

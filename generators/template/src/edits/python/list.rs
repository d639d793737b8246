//! `python-list`: items of a list that a name is given.

use super::super::brackets::{self, Style};
use super::super::splice::{Splices, line_number};
use super::super::{Problem, Side};
use super::STYLE;
use super::scan::{Kind, Token, key, plain_string, tokens};
use super::tree::{Literal, Module, Statement};

/// `TEMPLATES[0]["OPTIONS"]["context_processors"]`, taken apart.
struct Target {
    name: String,
    steps: Vec<Step>,
}

enum Step {
    Index(usize),
    Key(String),
}

impl Target {
    fn parse(text: &str) -> Option<Target> {
        let tokens = tokens(text).ok()?;
        let mut tokens = tokens.iter().filter(|token| token.kind != Kind::Newline);
        let name = tokens
            .next()
            .filter(|token| token.kind == Kind::Name)?
            .text(text)
            .to_owned();
        let mut steps = Vec::new();
        while let Some(open) = tokens.next() {
            let (inside, close) = (tokens.next()?, tokens.next()?);
            if !open.is(text, "[") || !close.is(text, "]") {
                return None;
            }
            steps.push(match inside.kind {
                Kind::Number => Step::Index(inside.text(text).parse().ok()?),
                Kind::String => Step::Key(plain_string(inside.text(text))?.to_owned()),
                _ => return None,
            });
        }
        Some(Target { name, steps })
    }
}

/// The code that a statement gives to a name, and whether it adds (`+=`) rather than sets.
fn given<'a>(statement: &Statement<'a>, name: &str) -> Option<(Vec<Token>, bool)> {
    let code = statement.code();
    if !code.first()?.is(statement.source, name) {
        return None;
    }
    let mut depth = 0;
    for (at, token) in code.iter().enumerate().skip(1) {
        match token.text(statement.source) {
            "=" if depth == 0 => return Some((code[at + 1..].to_vec(), false)),
            "+=" if at == 1 => return Some((code[2..].to_vec(), true)),
            // Anything but an annotation between the name and the sign is another statement.
            ":" if at == 1 => {}
            _ if at == 1 => return None,
            "[" | "(" | "{" => depth += 1,
            "]" | ")" | "}" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Follows subscripts into literals.
fn follow<'a>(source: &'a str, code: &[Token], steps: &[Step]) -> Option<Literal<'a>> {
    let literal = Literal::at(source, code)?;
    let Some((step, rest)) = steps.split_first() else {
        return literal.is_sequence().then_some(literal);
    };
    let inner = match step {
        Step::Index(index) => literal.code_of(*index)?,
        Step::Key(name) => literal.entry(name)?,
    };
    follow(source, inner, rest)
}

/// The literals a target stands for, the one to change first.
fn places<'a>(module: &Module<'a>, target: &Target) -> Result<Vec<Literal<'a>>, Problem> {
    let mut found: Vec<(bool, bool, Literal<'a>)> = Vec::new();
    let mut other = None;
    for statement in module.statements().filter(Statement::is_alone_in_line) {
        let Some((code, adds)) = given(&statement, &target.name) else {
            continue;
        };
        match follow(module.source, &code, &target.steps) {
            Some(literal) => found.push((!statement.indent().is_empty(), adds, literal)),
            None => other = other.or(Some(statement.start())),
        }
    }
    // One at the top level is meant rather than one in a class or an `if`; one that sets rather than adds.
    found.sort_by_key(|(is_inner, adds, _)| (*is_inner, *adds));
    if found.is_empty() {
        let name = &target.name;
        let subscripts = if target.steps.is_empty() {
            ""
        } else {
            " or the subscripts do not lead to one"
        };
        return Err(Problem::place(match other {
            Some(at) => format!(
                "`{name}` is in line {}, but what it is given there is no list in brackets{subscripts}. Give it a \
                 literal list, or use another place.",
                line_number(module.source, at)
            ),
            None => format!("there is no list `{name} = [ … ]`. Check the name, or add the list."),
        }));
    }
    Ok(found.into_iter().map(|(_, _, literal)| literal).collect())
}

fn item_key(item: &str) -> Result<Vec<String>, Problem> {
    let tokens = tokens(item)
        .map_err(|error| Problem::content(format!("the item `{item}` is not Python: {error}")))?;
    Ok(key(item, &tokens))
}

pub(in crate::edits) fn add(
    source: &str,
    list: &str,
    items: &[String],
    anchor: Option<(Side, &str)>,
) -> Result<String, Problem> {
    let target = Target::parse(list).ok_or_else(|| {
        Problem::content(format!(
            "`list` is a name, or a name with subscripts as in `NAME[0][\"key\"]`, not `{list}`"
        ))
    })?;
    let module = Module::parse(source)
        .map_err(|error| Problem::place(format!("it is not Python ({error}).")))?;
    let places = places(&module, &target)?;
    let mut there: Vec<Vec<String>> = places.iter().flat_map(Literal::keys).collect();
    let mut new = Vec::new();
    for item in items {
        let item = item.trim().trim_end_matches(',').to_owned();
        let key = item_key(&item)?;
        if !key.is_empty() && !there.contains(&key) {
            there.push(key);
            new.push(item);
        }
    }
    if new.is_empty() {
        return Ok(source.to_owned());
    }
    let (literal, index) = match anchor {
        None => {
            // The places are never none, see above.
            let Some(first) = places.first() else {
                return Ok(source.to_owned());
            };
            (first, first.list.items.len())
        }
        Some((side, anchor)) => {
            let key = item_key(anchor)?;
            places
                .iter()
                .find_map(|place| Some((place, place.keys().iter().position(|other| *other == key)?)))
                .map(|(place, at)| (place, if side == Side::After { at + 1 } else { at }))
                .ok_or_else(|| {
                    Problem::place(format!(
                        "`{list}` has no item `{anchor}` to put the new ones {side}. Check the item, or leave out `{side}`."
                    ))
                })?
        }
    };
    let style = Style {
        comma_behind_only_one: literal.is_tuple(),
        ..STYLE
    };
    let mut out = Splices::default();
    brackets::insert(source, &literal.list, index, &new, &style, &mut out);
    let result = out.apply(source);
    check(&result, &target, &there)?;
    Ok(result)
}

/// An item may be Python for itself and something else between brackets: a comment that swallows the comma behind
/// it, a line that goes on behind its end. So what came out is read once more.
fn check(result: &str, target: &Target, wanted: &[Vec<String>]) -> Result<(), Problem> {
    let in_the_list = Module::parse(result).ok().and_then(|module| {
        let places = places(&module, target).ok()?;
        Some(places.iter().flat_map(Literal::keys).collect::<Vec<_>>())
    });
    let missing = |key: &&Vec<String>| {
        !in_the_list
            .as_ref()
            .is_some_and(|there| there.contains(key))
    };
    match wanted.iter().find(missing) {
        None => Ok(()),
        Some(key) => Err(Problem::content(format!(
            "`{}` cannot be an item of the list `{}`: put in, it is not one item of it. Check its brackets, commas and comments",
            key.join(" "),
            target.name
        ))),
    }
}

#[cfg(test)]
mod tests;

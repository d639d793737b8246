//! Rendering: two environments, since strings of the manifest always use `{{ }}` while a package's files may
//! use other delimiters; and errors that say where, what and which names there are.

mod fault;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use minijinja_contrib::pycompat;

use crate::engine::World;
use crate::error::{Error, MANIFEST};
use crate::glob;
use crate::manifest::{Delimiters, Each, Manifest, Text};
use crate::names;
use crate::words;
use fault::Place;

/// What a template sees.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub values: Value,
    /// A name bound by a loop over files.
    pub bound: Option<String>,
}

impl Scope {
    /// This scope and one name more.
    pub(crate) fn with(&self, name: &str, value: Value) -> Scope {
        let own = Value::from(BTreeMap::from([(name.to_owned(), value)]));
        Scope {
            values: minijinja::value::merge_maps([self.values.clone(), own]),
            bound: Some(name.to_owned()),
        }
    }
}

/// A file that other templates include, import or extend: its name for them, its path in the package, its text.
#[derive(Debug)]
pub(crate) struct Partial {
    pub name: String,
    pub path: String,
    pub text: String,
}

/// The host's placeholder for a fresh secret, see `secret` in the contract.
pub type Secret = fn(name: &str, length: u32) -> Result<String, Error>;

pub(crate) struct Renderer<'a> {
    strings: Environment<'a>,
    contents: Environment<'a>,
    partials: &'a [Partial],
    /// Functions, which are no mistakes either.
    globals: BTreeSet<String>,
    /// Every name a template may use, whether or not it has a value now.
    known: BTreeSet<String>,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(
        manifest: &Manifest,
        known: BTreeSet<String>,
        partials: &'a [Partial],
        world: &World<'_>,
    ) -> Result<Self, Error> {
        let invalid = |error: minijinja::Error| {
            Error::manifest(
                manifest.settings.line,
                format!("These delimiters cannot be used together: {error}."),
            )
        };
        let strings = environment(world).map_err(invalid)?;
        // A clone shares the filters, so this is cheaper than making another.
        let mut contents = strings.clone();
        contents.set_syntax(syntax(&manifest.settings.delimiters).map_err(invalid)?);
        let globals = strings.globals().map(|(name, _)| name.to_owned());
        let mut renderer = Renderer {
            globals: globals.collect(),
            strings,
            contents,
            partials,
            known,
        };
        for partial in partials {
            renderer
                .contents
                .add_template(&partial.name, &partial.text)
                .map_err(|error| renderer.fault(&error, &Place::File(&partial.path), None))?;
        }
        Ok(renderer)
    }

    /// A string of the manifest.
    pub(crate) fn string(&self, text: &Text, scope: &Scope) -> Result<String, Error> {
        self.render(
            &self.strings,
            &text.text,
            &Place::Manifest(text.line),
            scope,
        )
    }

    /// A string of the manifest that goes into a file, and so uses the package's own delimiters.
    pub(crate) fn content(&self, text: &Text, scope: &Scope) -> Result<String, Error> {
        self.render(
            &self.contents,
            &text.text,
            &Place::Manifest(text.line),
            scope,
        )
    }

    /// One component of a path in the package.
    pub(crate) fn component(&self, text: &str, path: &str, scope: &Scope) -> Result<String, Error> {
        self.render(&self.strings, text, &Place::Path(path), scope)
    }

    /// A template file.
    pub(crate) fn file(&self, path: &str, source: &str, scope: &Scope) -> Result<String, Error> {
        self.render(&self.contents, source, &Place::File(path), scope)
    }

    fn render(
        &self,
        env: &Environment<'_>,
        source: &str,
        place: &Place<'_>,
        scope: &Scope,
    ) -> Result<String, Error> {
        let syntax = env.syntax();
        let opens = [
            syntax.block_delimiters().0,
            syntax.variable_delimiters().0,
            syntax.comment_delimiters().0,
        ];
        if !opens.iter().any(|open| source.contains(open)) {
            return Ok(source.to_owned());
        }
        let failed = |error| self.fault(&error, place, Some(scope));
        let template = env
            .template_from_named_str(place.name(), source)
            .map_err(failed)?;
        let used = template.undeclared_variables(false);
        // What a child template's blocks may use is decided by its parent.
        if !source.contains("extends") {
            self.check_names(source, used, place, scope)?;
        }
        template.render(scope.values.clone()).map_err(failed)
    }

    /// What an expression gives; it has to have a value.
    pub(crate) fn value(&self, text: &Text, scope: &Scope) -> Result<Value, Error> {
        self.evaluate(text, scope)?
            .map_err(|undefined| Error::Template {
                place: format!("{MANIFEST}:{}", text.line),
                message: self.undefined(&undefined, Some(scope)),
            })
    }

    /// Whether a condition holds; no condition always does. One that needs the answer to a question which does
    /// not apply does not.
    pub(crate) fn holds(&self, when: Option<&Text>, scope: &Scope) -> Result<bool, Error> {
        let Some(text) = when else { return Ok(true) };
        match self.evaluate(text, scope)? {
            Err(undefined) if self.is_known(&undefined, None) => Ok(false),
            Err(_) => self.value(text, scope).map(|value| value.is_true()),
            Ok(value) => Ok(value.is_true()),
        }
    }

    /// The value of an expression, or what in it is undefined.
    fn evaluate(&self, text: &Text, scope: &Scope) -> Result<Result<Value, String>, Error> {
        let place = Place::Manifest(text.line);
        let failed = |error| self.fault(&error, &place, Some(scope));
        let expression = self
            .strings
            .compile_expression_owned(text.text.clone())
            .map_err(failed)?;
        self.check_names(
            &text.text,
            expression.undeclared_variables(false),
            &place,
            scope,
        )?;
        match expression.eval(scope.values.clone()) {
            Ok(value) if value.is_undefined() => Ok(Err(text.text.trim().to_owned())),
            Ok(value) => Ok(Ok(value)),
            Err(error) => match fault::undefined_in(&error) {
                Some(expression) => Ok(Err(expression.to_owned())),
                None => Err(failed(error)),
            },
        }
    }

    /// The scopes in which a loop over a list, if there is one, and a condition let something happen.
    pub(crate) fn rounds(
        &self,
        each: Option<&Each>,
        when: Option<&Text>,
        scope: &Scope,
    ) -> Result<Vec<Scope>, Error> {
        // A condition that does not use the item decides over the whole loop, list included.
        let inside = each
            .is_some_and(|each| when.is_some_and(|when| self.names_in(when).contains(&each.name)));
        if !inside && !self.holds(when, scope)? {
            return Ok(Vec::new());
        }
        let Some(each) = each else {
            return Ok(vec![scope.clone()]);
        };
        let items = self.value(&each.list, scope)?;
        let items = items.try_iter().map_err(|_| {
            let list = &each.list;
            let message = format!(
                "`{}` is not a list, so there is nothing to loop over.",
                list.text
            );
            Error::manifest(list.line, message)
        })?;
        let mut rounds = Vec::new();
        for item in items {
            let scope = scope.with(&each.name, item);
            if !inside || self.holds(when, &scope)? {
                rounds.push(scope);
            }
        }
        Ok(rounds)
    }

    /// The names an expression uses; none if it cannot be parsed, which evaluating it reports.
    pub(crate) fn names_in(&self, text: &Text) -> Vec<String> {
        let expression = self.strings.compile_expression_owned(text.text.clone());
        expression
            .map(|expression| expression.undeclared_variables(false).into_iter().collect())
            .unwrap_or_default()
    }

    /// The names a string of the manifest uses.
    pub(crate) fn names_in_string(&self, text: &Text) -> Vec<String> {
        let template = self.strings.template_from_str(&text.text);
        template
            .map(|template| template.undeclared_variables(false).into_iter().collect())
            .unwrap_or_default()
    }

    /// A name that nothing defines is a mistake even where an undefined value would do, as in a comparison.
    fn check_names(
        &self,
        source: &str,
        used: impl IntoIterator<Item = String>,
        place: &Place<'_>,
        scope: &Scope,
    ) -> Result<(), Error> {
        let mut unknown: Vec<String> = used
            .into_iter()
            .filter(|name| !self.known.contains(name) && scope.bound.as_ref() != Some(name))
            .filter(|name| !self.globals.contains(name) && !is_bound_in(source, name))
            .collect();
        unknown.sort_unstable();
        let Some(name) = unknown.first() else {
            return Ok(());
        };
        let line = source
            .lines()
            .position(|line| has_word(line, name))
            .unwrap_or(0)
            + 1;
        Err(Error::Template {
            place: place.at(line),
            message: self.undefined(name, Some(scope)),
        })
    }

    /// The names a template could have used.
    fn names<'b>(&'b self, scope: Option<&'b Scope>) -> impl Iterator<Item = &'b str> {
        let bound = scope.and_then(|scope| scope.bound.as_deref());
        self.known.iter().map(String::as_str).chain(bound)
    }

    fn is_known(&self, name: &str, scope: Option<&Scope>) -> bool {
        self.names(scope).any(|known| known == name)
    }
}

/// Names that `set`, `for`, `with`, `import` or `macro` bind anywhere in the source: the engine's own analysis
/// takes a name set in both branches of an `if` for undeclared.
fn is_bound_in(source: &str, name: &str) -> bool {
    const BINDERS: &[&str] = &["set", "for", "with", "import", "macro", "call", "as"];
    matches!(
        name,
        "loop" | "self" | "super" | "caller" | "varargs" | "kwargs"
    ) || source
        .lines()
        .any(|line| has_word(line, name) && BINDERS.iter().any(|word| has_word(line, word)))
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

/// Blocks leave no lines behind, as generators of source code expect.
fn syntax(delimiters: &Delimiters) -> Result<SyntaxConfig, minijinja::Error> {
    let pair = |pair: &[String; 2]| (pair[0].clone(), pair[1].clone());
    let (block, variable, comment) = (
        pair(&delimiters.block),
        pair(&delimiters.variable),
        pair(&delimiters.comment),
    );
    SyntaxConfig::builder()
        .block_delimiters(block.0, block.1)
        .variable_delimiters(variable.0, variable.1)
        .comment_delimiters(comment.0, comment.1)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
}

fn environment<'a>(world: &World<'_>) -> Result<Environment<'a>, minijinja::Error> {
    let mut env = Environment::new();
    env.set_syntax(syntax(&Delimiters::default())?);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    // What is made is source code, of which HTML is only one kind.
    env.set_auto_escape_callback(|_| AutoEscape::None);
    // Makes errors name the value that is undefined.
    env.set_debug(true);
    env.set_unknown_method_callback(pycompat::unknown_method_callback);
    env.add_filter("slug", |text: &str| words::slug(text));
    env.add_filter("kebab", |text: &str| words::kebab(text));
    env.add_filter("snake", |text: &str| words::snake(text));
    env.add_filter("pascal", |text: &str| words::pascal(text));
    env.add_filter("camel", |text: &str| words::camel(text));
    env.add_filter("title", |text: &str| words::title(text));
    env.add_filter("module", |text: &str| words::module(text));
    env.add_filter("quote", |text: &str| words::quote(text));
    let secret = world.secret;
    env.add_function("secret", move |name: &str, length: Option<u32>| {
        secret(name, length.unwrap_or(50)).map_err(refused)
    });
    let project = Arc::clone(&world.project);
    env.add_function("project_file", move |path: &str| {
        let Some(bytes) = project.read(path).map_err(refused)? else {
            return Ok(None);
        };
        let not_text = |_| {
            let message = format!("The project's `{path}` is not UTF-8 text.");
            minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, message)
        };
        String::from_utf8(bytes).map(Some).map_err(not_text)
    });
    let project = Arc::clone(&world.project);
    env.add_function("project_files", move |pattern: &str| {
        // What is listed is recorded, so no more of it than is needed.
        let mut paths = project.paths(glob::folder(pattern)).map_err(refused)?;
        paths.retain(|path| glob::matches(pattern, path));
        Ok::<_, minijinja::Error>(paths)
    });
    Ok(env)
}

fn refused(error: Error) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, error.to_string())
}

/// The sentence about a name or expression without a value, and what could have been meant.
impl Renderer<'_> {
    fn undefined(&self, expression: &str, scope: Option<&Scope>) -> String {
        let split = expression
            .rfind(['.', '['])
            .filter(|_| !expression.starts_with('('));
        let Some(at) = split else {
            return if self.is_known(expression, scope) {
                format!(
                    "`{expression}` has no value here: its question does not apply. Test it with `{expression} is defined` first."
                )
            } else {
                format!(
                    "`{expression}` is undefined. {}",
                    names::hint(expression, self.names(scope))
                )
            };
        };
        let (parent, key) = (
            &expression[..at],
            expression[at + 1..].trim_matches(['"', '\'', ']']),
        );
        let keys = scope.and_then(|scope| {
            let parent = self
                .strings
                .compile_expression(parent)
                .ok()?
                .eval(scope.values.clone())
                .ok()?;
            Some(
                parent
                    .try_iter()
                    .ok()?
                    .filter_map(|key| key.as_str().map(str::to_owned))
                    .collect::<Vec<_>>(),
            )
        });
        match keys {
            Some(keys) => {
                let hint = names::hint(key, keys.iter().map(String::as_str));
                format!("`{expression}` is undefined: `{parent}` has no `{key}`. {hint}")
            }
            None => format!("`{expression}` is undefined."),
        }
    }
}

#[cfg(test)]
mod tests;

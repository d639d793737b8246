//! `toml`: a document merged into another, through toml_edit, which keeps comments and order.

use toml_edit::{
    Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, Key, Table, TableLike, Value,
};

use super::super::Problem;
use super::super::brackets::WIDTH;

pub(in crate::edits) fn merge(
    source: &str,
    patch: &str,
    overwrite: bool,
) -> Result<String, Problem> {
    let parse = |text: &str| text.parse::<DocumentMut>();
    let mut document = parse(source)
        .map_err(|error| Problem::place(format!("it is not TOML: {}.", one_line(&error))))?;
    let patch = parse(patch)
        .map_err(|error| Problem::content(format!("`merge` is not TOML: {}", one_line(&error))))?;
    let before = document.to_string();
    Merger { overwrite }.tables(Base::Table(document.as_table_mut()), patch.as_table(), "")?;
    let mut result = document.to_string();
    if result == before {
        return Ok(source.to_owned());
    }
    if !source.starts_with('\n') {
        // The first table of a document has no blank line above it.
        result = result.trim_start_matches('\n').to_owned();
    }
    // What toml_edit writes is TOML; this is the proof, since a user would meet the error much later.
    parse(&result).map_err(|error| {
        Problem::place(format!(
            "merging into it gives no valid TOML ({}). Add the values another way.",
            one_line(&error)
        ))
    })?;
    Ok(result)
}

fn one_line(error: &toml_edit::TomlError) -> String {
    error.message().trim_end_matches('.').replace('\n', ", ")
}

struct Merger {
    overwrite: bool,
}

impl Merger {
    fn tables(&self, mut base: Base<'_>, patch: &dyn TableLike, path: &str) -> Result<(), Problem> {
        for (name, item) in patch.iter() {
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            match base.get_mut(name) {
                Some(there) if !there.is_none() => self.items(there, item, &path)?,
                _ => {
                    let Some((key, _)) = patch.get_key_value(name) else {
                        continue;
                    };
                    base.add(key, item);
                }
            }
        }
        Ok(())
    }

    fn items(&self, base: &mut Item, patch: &Item, path: &str) -> Result<(), Problem> {
        let kinds = (base.type_name(), patch.type_name());
        if let (Some(base), Some(patch)) = (base.as_array_of_tables_mut(), tables_of(patch)) {
            for table in patch {
                if !base.iter().any(|there| same_tables(there, &table)) {
                    base.push(fresh_table(table));
                }
            }
            return Ok(());
        }
        if let Some(patch) = patch.as_table_like() {
            match base {
                Item::Table(base) => return self.tables(Base::Table(base), patch, path),
                Item::Value(Value::InlineTable(base)) => {
                    return self.tables(Base::Inline(base), patch, path);
                }
                _ => {}
            }
        }
        let patch = patch.clone().into_value().ok();
        match (base.as_value_mut(), patch) {
            (Some(Value::Array(base)), Some(Value::Array(patch))) => {
                let missing: Vec<Value> = patch
                    .iter()
                    .filter(|value| !base.iter().any(|there| same(there, value)))
                    .cloned()
                    .collect();
                append(base, missing, path);
                Ok(())
            }
            (Some(base), Some(mut patch)) if is_scalar(base) && is_scalar(&patch) => {
                if self.overwrite && !same(base, &patch) {
                    *patch.decor_mut() = base.decor().clone();
                    *base = patch;
                }
                Ok(())
            }
            _ => Err(Problem::place(format!(
                "`{path}` is of the type {} there and of the type {} in `merge`, so the two cannot be merged.",
                kinds.0, kinds.1
            ))),
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_inline_table()
}

/// An array of tables, or an array of inline tables read as one.
fn tables_of(item: &Item) -> Option<Vec<Table>> {
    match item {
        Item::ArrayOfTables(tables) => Some(tables.iter().cloned().collect()),
        Item::Value(Value::Array(array)) => array
            .iter()
            .map(|value| Some(value.as_inline_table()?.clone().into_table()))
            .collect(),
        _ => None,
    }
}

enum Base<'a> {
    Table(&'a mut Table),
    Inline(&'a mut InlineTable),
}

impl Base<'_> {
    fn get_mut(&mut self, name: &str) -> Option<&mut Item> {
        match self {
            Base::Table(table) => table.get_mut(name),
            Base::Inline(table) => TableLike::get_mut(*table, name),
        }
    }

    /// Puts an item where none is. In an inline table everything becomes inline.
    fn add(&mut self, key: &Key, item: &Item) {
        let mut key = key.clone();
        match self {
            Base::Inline(table) => {
                key.leaf_decor_mut().clear();
                if let Ok(mut value) = item.clone().into_value() {
                    // What stood before the closing brace still does.
                    let last = table.iter_mut().last().map(|(_, last)| last.decor_mut());
                    let tail = last.map_or_else(
                        || " ".to_owned(),
                        |last| {
                            let tail = last
                                .suffix()
                                .and_then(|suffix| suffix.as_str())
                                .unwrap_or(" ")
                                .to_owned();
                            last.set_suffix("");
                            tail
                        },
                    );
                    *value.decor_mut() = Decor::new(" ", tail);
                    table.insert_formatted(&key, value);
                }
            }
            Base::Table(table) => {
                if item.is_value() && table.is_implicit() && !table.is_dotted() {
                    // `[tool]` was only implied by `[tool.x]`; now that it holds something it needs its header.
                    table.set_implicit(false);
                    table.decor_mut().set_prefix("\n");
                }
                let comments =
                    comments_of(key.leaf_decor().prefix().and_then(|prefix| prefix.as_str()));
                key.leaf_decor_mut().set_prefix(comments);
                table.insert_formatted(&key, fresh(item.clone()));
            }
        }
    }
}

/// Comments and nothing else of what stands before a key.
fn comments_of(prefix: Option<&str>) -> String {
    let prefix = prefix.unwrap_or_default();
    if prefix.contains('#') {
        prefix.trim_start_matches(['\n', '\r']).to_owned()
    } else {
        String::new()
    }
}

/// An item of another document without its place there, which means nothing here.
fn fresh(item: Item) -> Item {
    match item {
        Item::Table(table) => Item::Table(fresh_table(table)),
        Item::ArrayOfTables(tables) => Item::ArrayOfTables(
            tables
                .into_iter()
                .map(fresh_table)
                .collect::<ArrayOfTables>(),
        ),
        item => item,
    }
}

fn fresh_table(mut table: Table) -> Table {
    table.set_position(None);
    let comments = comments_of(table.decor().prefix().and_then(|prefix| prefix.as_str()));
    table.decor_mut().set_prefix(format!("\n{comments}"));
    for (_, item) in table.iter_mut() {
        *item = fresh(std::mem::take(item));
    }
    table
}

/// New elements at the end of an array, in its way: one a line or all in one.
fn append(array: &mut Array, new: Vec<Value>, name: &str) {
    if new.is_empty() {
        return;
    }
    let text = |raw: Option<&toml_edit::RawString>| {
        raw.and_then(|raw| raw.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let prefixes = array.iter().map(|value| text(value.decor().prefix()));
    let first_prefix = prefixes.filter(|prefix| prefix.contains('\n')).last();
    let trailing = text(Some(array.trailing()));
    let has_lines = first_prefix.is_some() || trailing.contains('\n');
    let long = |array: &Array| format!("{name} = {array}").trim().len() > WIDTH;
    if has_lines {
        let indent = match &first_prefix {
            Some(prefix) => prefix.rsplit('\n').next().unwrap_or_default().to_owned(),
            None => "    ".to_owned(),
        };
        let mut tail = trailing;
        if let Some(last) = array.iter_mut().last() {
            let suffix = text(last.decor().suffix());
            last.decor_mut().set_suffix("");
            tail = suffix + &tail;
        }
        // A comment behind the last element stays in its line.
        let (comments, close) = tail.rsplit_once('\n').unwrap_or((&tail, ""));
        for (at, mut value) in new.into_iter().enumerate() {
            let before = if at == 0 { comments.trim_end() } else { "" };
            value.decor_mut().set_prefix(format!("{before}\n{indent}"));
            value.decor_mut().set_suffix("");
            array.push_formatted(value);
        }
        array.set_trailing(format!("\n{close}"));
        return;
    }
    for value in new {
        array.push(value);
    }
    for (at, value) in array.iter_mut().enumerate() {
        value.decor_mut().set_prefix(if at == 0 { "" } else { " " });
        value.decor_mut().set_suffix("");
    }
    array.set_trailing("");
    if long(array) {
        for value in array.iter_mut() {
            value.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.value() == b.value(),
        (Value::Integer(a), Value::Integer(b)) => a.value() == b.value(),
        (Value::Float(a), Value::Float(b)) => a.value() == b.value(),
        (Value::Boolean(a), Value::Boolean(b)) => a.value() == b.value(),
        (Value::Datetime(a), Value::Datetime(b)) => a.value() == b.value(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::InlineTable(a), Value::InlineTable(b)) => same_tables(a, b),
        _ => false,
    }
}

fn same_tables(a: &dyn TableLike, b: &dyn TableLike) -> bool {
    a.len() == b.len()
        && a.iter().all(|(name, item)| {
            let (Some(a), Some(b)) = (item.clone().into_value().ok(), b.get(name).cloned()) else {
                return false;
            };
            b.into_value().is_ok_and(|b| same(&a, &b))
        })
}

#[cfg(test)]
mod tests;

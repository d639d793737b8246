//! `lines`: lines that a file shall have: ignore files, env files, requirements.

use super::Problem;

/// Adds what is missing, at the end or in the paragraph under a heading, which is made if it is not there.
pub(super) fn add(source: &str, lines: &[String], under: Option<&str>) -> Result<String, Problem> {
    let under = under.map(str::trim_end);
    if under == Some("") {
        return Err(Problem::content("`under` is empty, so it is no heading"));
    }
    let there: Vec<&str> = source.lines().map(str::trim_end).collect();
    let mut new: Vec<&str> = Vec::new();
    let mut blank = false;
    for line in lines
        .iter()
        .flat_map(|lines| lines.strip_suffix('\n').unwrap_or(lines).split('\n'))
    {
        let line = line.trim_end();
        if line.is_empty() {
            blank = !new.is_empty();
        } else if !is_there(&there, line) && !is_there(&new, line) {
            // A blank line separates what is added; on its own it is nothing to add.
            new.extend(blank.then_some(""));
            blank = false;
            new.push(line);
        }
    }
    if new.is_empty() {
        return Ok(source.to_owned());
    }
    let mut result: Vec<&str> = there.clone();
    while result.last().is_some_and(|line| line.is_empty()) {
        result.pop();
    }
    match under {
        None => result.extend(new),
        Some(heading) => match there.iter().position(|line| *line == heading) {
            Some(at) => {
                let paragraph = result[at + 1..].iter().position(|line| line.is_empty());
                let end = paragraph.map_or(result.len(), |length| at + 1 + length);
                result.splice(end..end, new);
            }
            None => {
                result.extend((!result.is_empty()).then_some(""));
                result.push(heading);
                result.extend(new);
            }
        },
    }
    Ok(format!("{}\n", result.join("\n")))
}

fn is_there(there: &[&str], line: &str) -> bool {
    let variable = variable(line);
    there
        .iter()
        .any(|other| *other == line || (variable.is_some() && self::variable(other) == variable))
}

/// The name that a line of an env file sets. `name==1.0` is a requirement.
fn variable(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (name, value) = line
        .strip_prefix("export ")
        .unwrap_or(line)
        .split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && !value.starts_with('=')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    fn added(source: &str, lines: &[&str], under: Option<&str>) -> String {
        let once = add(source, &strings(lines), under).unwrap();
        assert_eq!(
            add(&once, &strings(lines), under).unwrap(),
            once,
            "not idempotent"
        );
        once
    }

    #[test]
    fn what_is_missing_goes_to_the_end() {
        assert_eq!(added("a\nb\n", &["b", "c"], None), "a\nb\nc\n");
        assert_eq!(added("a", &["c"], None), "a\nc\n");
        assert_eq!(added("", &["c"], None), "c\n");
        assert_eq!(added("a\n\n\n", &["", "c", "", "d"], None), "a\nc\n\nd\n");
    }

    #[test]
    fn under_a_heading() {
        let source = "# web\nA=1\n\n# mail\nB=2\n";
        assert_eq!(
            added(source, &["C=3"], Some("# web")),
            "# web\nA=1\nC=3\n\n# mail\nB=2\n"
        );
        assert_eq!(
            added(source, &["C=3"], Some("# log")),
            "# web\nA=1\n\n# mail\nB=2\n\n# log\nC=3\n"
        );
    }

    #[test]
    fn a_heading_is_a_line_with_something_in_it() {
        for under in ["", " \n"] {
            let error = add("a\n\n", &strings(&["b"]), Some(under)).unwrap_err();
            assert!(matches!(error, Problem::Content(_)), "{error}");
        }
    }

    #[test]
    fn a_variable_is_there_whatever_its_value() {
        assert_eq!(
            added("KEY=mine\n", &["KEY=default", "export OTHER=1"], None),
            "KEY=mine\nexport OTHER=1\n"
        );
        assert_eq!(
            added("Django==5.2\n", &["Django==6.0"], None),
            "Django==5.2\nDjango==6.0\n"
        );
    }
}

//! `python-append`: statements at the end of a file.

use super::super::Problem;
use super::tree::Module;

pub(in crate::edits) fn add(source: &str, block: &str) -> Result<String, Problem> {
    let block = block.trim_matches('\n').trim_end();
    let new = Module::parse(block)
        .map_err(|error| Problem::content(format!("the lines are not Python: {error}")))?;
    let there = Module::parse(source)
        .map_err(|error| Problem::place(format!("it is not Python ({error}).")))?;
    let statements = |module: &Module<'_>| -> Vec<(String, Vec<String>)> {
        module
            .statements()
            .map(|statement| (statement.indent().to_owned(), statement.key()))
            .collect()
    };
    let wanted = statements(&new);
    // Comments alone are compared as text.
    let is_there = if wanted.is_empty() {
        source.contains(block)
    } else {
        statements(&there)
            .windows(wanted.len())
            .any(|window| window == wanted)
    };
    if is_there {
        return Ok(source.to_owned());
    }
    let defines = |module: &Module<'_>, last: bool| {
        let mut statements = module.statements();
        let statement = if last {
            statements.next_back()
        } else {
            statements.next()
        };
        statement.is_some_and(|statement| {
            !statement.is_top_level()
                || ["def", "class", "async", "@"]
                    .iter()
                    .any(|word| statement.starts_with(word))
        })
    };
    let before = source.trim_end();
    let blank = match () {
        () if before.is_empty() => "",
        () if defines(&new, false) || defines(&there, true) => "\n\n\n",
        () => "\n\n",
    };
    Ok(format!("{before}{blank}{block}\n"))
}

#[cfg(test)]
mod tests {
    use super::add;

    #[test]
    fn settings_go_to_the_end_once() {
        let source = "DEBUG = False\n";
        let once = add(source, "LOGIN_URL = \"/in/\"\nX = [\n    1,\n]").unwrap();
        assert_eq!(
            once,
            "DEBUG = False\n\nLOGIN_URL = \"/in/\"\nX = [\n    1,\n]\n"
        );
        assert_eq!(add(&once, "LOGIN_URL = '/in/'\nX = [1]").unwrap(), once);
    }

    #[test]
    fn two_blank_lines_around_a_function() {
        assert_eq!(
            add("import a\n", "def f():\n    pass\n").unwrap(),
            "import a\n\n\ndef f():\n    pass\n"
        );
        assert_eq!(
            add("def g():\n    pass\n\n\n", "X = 1").unwrap(),
            "def g():\n    pass\n\n\nX = 1\n"
        );
        assert_eq!(add("", "X = 1").unwrap(), "X = 1\n");
    }

    #[test]
    fn the_same_line_at_another_depth_is_another() {
        let source = "if a:\n    X = 1\n";
        assert_eq!(
            add(source, "X = 1").unwrap(),
            "if a:\n    X = 1\n\n\nX = 1\n"
        );
    }

    #[test]
    fn broken_lines_are_the_manifests_fault() {
        assert!(matches!(add("", "x = ["), Err(super::Problem::Content(_))));
        assert!(matches!(
            add("x = [", "x = 1"),
            Err(super::Problem::Place(_))
        ));
    }
}

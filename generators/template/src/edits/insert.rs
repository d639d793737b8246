//! `insert`: a text before or behind the one line that holds a marker.

use super::splice::{line_end, line_number, line_start};
use super::{Problem, Side};

/// `earlier` are texts that were put behind the same marker before; the next one follows them.
pub(super) fn add(
    source: &str,
    side: Side,
    marker: &str,
    text: &str,
    earlier: &[String],
) -> Result<String, Problem> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if marker.trim().is_empty() {
        return Err(Problem::content(format!(
            "`{side}` is empty, so it marks no line"
        )));
    }
    if text.trim().is_empty() {
        return Err(Problem::content("`text` is empty"));
    }
    if holds_lines(source, text) {
        return Ok(source.to_owned());
    }
    let mut found: Vec<usize> = source.match_indices(marker).map(|(at, _)| at).collect();
    // Twice in one line is one line.
    found.dedup_by_key(|at| line_start(source, *at));
    let at = match found.as_slice() {
        [] => {
            return Err(Problem::place(format!(
                "there is no line with `{marker}` to put the text {side}. Look for what the line reads now."
            )));
        }
        [at] => *at,
        [first, second, ..] => {
            return Err(Problem::place(format!(
                "`{marker}` stands in more than one line ({} and {}), so it is not clear where the text goes. Use a \
                 longer piece of the line.",
                line_number(source, *first),
                line_number(source, *second)
            )));
        }
    };
    Ok(match side {
        Side::Before => {
            let place = line_start(source, at);
            format!("{}{text}\n{}", &source[..place], &source[place..])
        }
        Side::After => {
            let mut place = line_end(
                source,
                at + marker.len() - usize::from(marker.ends_with('\n')),
            );
            for earlier in earlier {
                place += length_as_lines(&source[place..], earlier).unwrap_or(0);
            }
            format!("{}\n{text}{}", &source[..place], &source[place..])
        }
    })
}

/// How much of `rest`, which begins with the end of a line, is that text.
fn length_as_lines(rest: &str, text: &str) -> Option<usize> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let behind = rest.strip_prefix('\n')?.strip_prefix(text)?;
    (behind.is_empty() || behind.starts_with('\n')).then_some(rest.len() - behind.len())
}

/// Whether a text stands in a source as whole lines.
fn holds_lines(source: &str, text: &str) -> bool {
    let wanted: Vec<&str> = text.lines().map(str::trim_end).collect();
    let lines: Vec<&str> = source.lines().map(str::trim_end).collect();
    !wanted.is_empty() && lines.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<nav>\n  {# links #}\n</nav>\n";

    #[test]
    fn before_and_after_a_line_once() {
        for (side, wanted) in [
            (Side::Before, "<nav>\n  <a>x</a>\n  {# links #}\n</nav>\n"),
            (Side::After, "<nav>\n  {# links #}\n  <a>x</a>\n</nav>\n"),
        ] {
            let once = add(PAGE, side, "{# links #}", "  <a>x</a>\n", &[]).unwrap();
            assert_eq!(once, wanted);
            assert_eq!(
                add(&once, side, "{# links #}", "  <a>x</a>\n", &[]).unwrap(),
                once
            );
        }
        assert_eq!(add("a", Side::After, "a", "b", &[]).unwrap(), "a\nb");
    }

    #[test]
    fn texts_behind_one_marker_stand_as_they_came() {
        let behind = |source: &str, text: &str, earlier: &[&str]| {
            let earlier: Vec<String> = earlier.iter().map(|text| (*text).to_owned()).collect();
            add(source, Side::After, "m", text, &earlier).unwrap()
        };
        assert_eq!(behind("m\na\nz\n", "b", &["a\n"]), "m\na\nb\nz\n");
        assert_eq!(behind("m\na\nb", "c\n", &["a\n", "b\n"]), "m\na\nb\nc");
        // One that was there already, elsewhere, or only begins like one of them, is not in the way.
        assert_eq!(behind("a\nm\nz\n", "b", &["a"]), "a\nm\nb\nz\n");
        assert_eq!(behind("m\nab\n", "b", &["a"]), "m\nb\nab\n");
    }

    #[test]
    fn a_marker_is_there_exactly_once() {
        let none = add(PAGE, Side::After, "{# nav #}", "x", &[]).unwrap_err();
        assert!(
            none.to_string().contains("no line with `{# nav #}`"),
            "{none}"
        );
        let two = add(PAGE, Side::After, "nav>", "x", &[]).unwrap_err();
        assert!(two.to_string().contains("1 and 3"), "{two}");
        assert!(matches!(
            add(PAGE, Side::After, " ", "x", &[]),
            Err(Problem::Content(_))
        ));
    }
}

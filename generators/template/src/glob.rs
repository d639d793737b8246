//! Patterns of the manifest's `match`: `*` within a component, `**` across them, `?`, `[a-z]`, `{a,b}`.

/// Whether a pattern covers a path. A pattern that names a folder (`docs/`) covers what is below it.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    if let Some(folder) = pattern.strip_suffix('/') {
        return matches(&format!("{folder}/**"), path);
    }
    alternatives(pattern).iter().any(|pattern| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        components(&pattern, &path)
    })
}

/// The folder in which everything lies that a pattern covers; empty if that is any.
pub(crate) fn folder(pattern: &str) -> &str {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let special = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    pattern[..special]
        .rfind('/')
        .map_or("", |end| &pattern[..end])
}

fn components(pattern: &[&str], path: &[&str]) -> bool {
    match pattern {
        [] => path.is_empty(),
        ["**"] => !path.is_empty(),
        ["**", rest @ ..] => (0..=path.len()).any(|skip| components(rest, &path[skip..])),
        [first, rest @ ..] => path
            .split_first()
            .is_some_and(|(head, tail)| component(first, head) && components(rest, tail)),
    }
}

fn component(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    characters(&pattern, &name)
}

fn characters(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|skip| characters(rest, &name[skip..])),
        ['?', rest @ ..] => !name.is_empty() && characters(rest, &name[1..]),
        ['[', rest @ ..] if let Some(end) = rest.iter().skip(1).position(|&c| c == ']') => {
            let (set, rest) = (&rest[..end + 1], &rest[end + 2..]);
            name.split_first()
                .is_some_and(|(&c, name)| in_set(set, c) && characters(rest, name))
        }
        [first, rest @ ..] => name.first() == Some(first) && characters(rest, &name[1..]),
    }
}

fn in_set(set: &[char], c: char) -> bool {
    let (negated, set) = match set {
        ['!' | '^', rest @ ..] if !rest.is_empty() => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    let mut i = 0;
    while i < set.len() {
        if i + 2 < set.len() && set[i + 1] == '-' {
            found |= (set[i]..=set[i + 2]).contains(&c);
            i += 3;
        } else {
            found |= set[i] == c;
            i += 1;
        }
    }
    found != negated
}

/// `a{b,c}d` becomes `abd`, `acd`; inner braces too. Template expressions in a path, `{{ x }}`, have no
/// comma between braces and so stay as they are.
fn alternatives(pattern: &str) -> Vec<String> {
    let bytes = pattern.as_bytes();
    for (open, _) in pattern.match_indices('{') {
        let mut depth = 0;
        let mut commas = Vec::new();
        for (at, byte) in bytes.iter().enumerate().skip(open) {
            match byte {
                b'{' => depth += 1,
                b',' if depth == 1 => commas.push(at),
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                if commas.is_empty() {
                    break;
                }
                let mut from = open + 1;
                commas.push(at);
                return commas
                    .iter()
                    .flat_map(|&comma| {
                        let one = format!(
                            "{}{}{}",
                            &pattern[..open],
                            &pattern[from..comma],
                            &pattern[at + 1..]
                        );
                        from = comma + 1;
                        alternatives(&one)
                    })
                    .collect();
            }
        }
    }
    vec![pattern.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::{folder, matches};

    #[test]
    fn where_all_of_it_lies() {
        for (pattern, wanted) in [
            ("docs/*.md", "docs"),
            ("./docs/x/**", "docs/x"),
            ("docs/a.md", "docs"),
            ("docs/", "docs"),
            ("doc{s,x}/a", ""),
            ("a/b?/c", "a"),
            ("*.md", ""),
            ("README.md", ""),
        ] {
            assert_eq!(folder(pattern), wanted, "{pattern}");
        }
    }

    #[test]
    fn stars() {
        assert!(matches("*.py", "a.py"));
        assert!(!matches("*.py", "x/a.py"));
        assert!(matches("**/*.py", "a.py"));
        assert!(matches("**/*.py", "x/y/a.py"));
        assert!(matches("docker/**", "docker/x/y"));
        assert!(!matches("docker/**", "docker"));
        assert!(matches("docs/", "docs/a/b"));
        assert!(matches("a/**/z", "a/z"));
        assert!(matches("**", "a"));
    }

    #[test]
    fn sets_and_alternatives() {
        assert!(matches("v[0-9].{txt,md}", "v3.md"));
        assert!(!matches("v[!0-9].txt", "v3.txt"));
        assert!(matches("{a,b{c,d}}.x", "bd.x"));
        assert!(matches("{{ name }}/x", "{{ name }}/x"));
        assert!(matches("{% if a %}b{% endif %}", "{% if a %}b{% endif %}"));
    }
}

//! "Did you mean": the names nearest to one that is not there.

/// At most this many names are listed when none is near.
const LISTED: usize = 24;

/// A sentence to end a message about an unknown name with.
pub(crate) fn hint<'a>(wanted: &str, there: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = there.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    let allowed = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = all
        .iter()
        .map(|name| (distance(wanted, name), *name))
        .filter(|(distance, name)| *distance <= allowed || is_part(wanted, name))
        .collect();
    near.sort_unstable();
    match near.as_slice() {
        [] if all.is_empty() => "There is none here.".to_owned(),
        [] => {
            let more = if all.len() > LISTED { ", …" } else { "" };
            all.truncate(LISTED);
            format!("There is: {}{more}.", quoted(&all))
        }
        found => {
            let names: Vec<&str> = found.iter().take(3).map(|(_, name)| *name).collect();
            format!("Did you mean {}?", quoted(&names))
        }
    }
}

pub(crate) fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn is_part(wanted: &str, name: &str) -> bool {
    wanted.len() >= 4 && (name.contains(wanted) || (name.len() >= 4 && wanted.contains(name)))
}

/// Levenshtein distance, a swap of two neighbours counting as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first() {
        assert_eq!(
            hint("databse", ["database", "docker"]),
            "Did you mean `database`?"
        );
        assert_eq!(hint("zzz", ["b", "a"]), "There is: `a`, `b`.");
        assert_eq!(hint("zzz", []), "There is none here.");
    }

    #[test]
    fn a_swap_is_one_step() {
        assert_eq!(distance("form", "from"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}

//! "Did you mean": the known words nearest to one that is not known.

/// Most words offered.
const OFFERED: usize = 3;

/// Longer words are not compared; nobody mistypes one.
const COMPARED_CHARS: usize = 128;

/// The words of `known` nearest to `wanted`, best first, at most three; none when nothing is near.
///
/// Near is a third of the letters wrong (at least one), or `wanted` being one of the dash-separated parts:
/// `auth` finds `django-auth`. A `namespace/` in front is compared on its own: the right name in another
/// namespace is near.
#[must_use]
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|word| Some((score(wanted, word)?, word)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .take(OFFERED)
        .map(|(_, word)| word)
        .collect()
}

/// Twice the number of letters wrong, less being nearer.
fn score(wanted: &str, word: &str) -> Option<usize> {
    let (wanted_space, wanted_name) = split(wanted);
    let (word_space, word_name) = split(word);
    let chars = wanted_name.chars().count();
    if chars == 0 || chars > COMPARED_CHARS || word_name.len() > COMPARED_CHARS * 4 {
        return None;
    }
    let wrong = distance(wanted_name, word_name);
    let space = usize::from(wanted_space != word_space);
    if wrong <= (chars / 3).max(1) && wrong < chars {
        Some(2 * (wrong + space))
    } else if word_name.split('-').any(|part| part == wanted_name) {
        Some(3 + 2 * space)
    } else {
        None
    }
}

fn split(word: &str) -> (&str, &str) {
    word.split_once('/').unwrap_or(("", word))
}

/// Optimal string alignment: letters added, left out, replaced, or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != b))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_letters_wrong() {
        for (one, other, wrong) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("django", "djngo", 1),
            ("kitten", "sitting", 3),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(one, other), wrong, "{one} {other}");
            assert_eq!(distance(other, one), wrong, "{other} {one}");
        }
    }

    #[test]
    fn offers_the_nearest_first() {
        let known = [
            "scaffold/django",
            "scaffold/django-auth",
            "scaffold/template",
            "acme/django",
        ];
        assert_eq!(
            nearest("scaffold/djagno", known),
            ["scaffold/django", "acme/django"]
        );
        assert_eq!(nearest("scaffold/auth", known), ["scaffold/django-auth"]);
        assert_eq!(nearest("scaffold/rails", known), [""; 0]);
        assert_eq!(nearest("datbase", ["database", "frontend"]), ["database"]);
        assert_eq!(nearest("x", ["y"]), [""; 0]);
        assert_eq!(nearest("", ["y"]), [""; 0]);
    }
}

//! What a registry answers who did not say who asks: a challenge, as in RFC 9110 (11.6.1), with the parameters that
//! the distribution project's token protocol gives to `Bearer`.

use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// What a registry wants to see in `Authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password.
    Basic,
    /// A token, to be had at this address.
    Bearer {
        /// Where, with `service` and `scope` filled in.
        realm: Url,
    },
}

impl Challenge {
    /// The first challenge in an answer that can be met; none where there is none.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(Self::parse)
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, parameters) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameters = parameters_of(parameters);
        let value = |wanted: &str| {
            let found = parameters
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str())
        };
        let mut realm = Url::parse(value("realm")?).ok()?;
        for name in ["service", "scope"] {
            if let Some(value) = value(name) {
                realm.query_pairs_mut().append_pair(name, value);
            }
        }
        Some(Self::Bearer { realm })
    }
}

/// `name=value` or `name="value"`, with commas between; what does not have that shape ends the list.
fn parameters_of(mut text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => match unquoted(quoted) {
                Some(unquoted) => unquoted,
                None => break,
            },
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_owned(), &rest[end..])
            }
        };
        let name = name.trim_matches([' ', ',', '\t']);
        found.push((name.to_owned(), value));
        text = rest;
    }
    found
}

/// What stands before the closing quote, and what comes after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_to_be_had_where_the_challenge_says() {
        let challenge = Challenge::parse(
            "Bearer realm=\"https://auth.example.org/token?x=1\",service=\"registry, main\", scope=\"repository:a/b:pull,push\"",
        );
        let Some(Challenge::Bearer { realm }) = challenge else {
            panic!("{challenge:?}");
        };
        assert_eq!(
            realm.as_str(),
            "https://auth.example.org/token?x=1&service=registry%2C+main&scope=repository%3Aa%2Fb%3Apull%2Cpush"
        );
    }

    #[test]
    fn the_first_challenge_that_can_be_met_is_taken() {
        let mut headers = HeaderMap::new();
        assert_eq!(Challenge::of(&headers), None);
        headers.append(WWW_AUTHENTICATE, "Negotiate".parse().unwrap());
        headers.append(WWW_AUTHENTICATE, "basic realm=\"x\"".parse().unwrap());
        assert_eq!(Challenge::of(&headers), Some(Challenge::Basic));
    }

    #[test]
    fn junk_is_no_challenge() {
        for text in [
            "",
            "Bearer",
            "Bearer realm=",
            "Bearer realm=\"https://a",
            "Bearer realm=\"\\",
            "Bearer scope=\"x\"",
            "Bearer realm=\"no url\"",
            "Digest realm=\"https://a\"",
            "=,=,=\"",
        ] {
            assert_eq!(Challenge::parse(text), None, "{text}");
        }
    }
}

//! What a request for a file says of it: what its sender has already, and how it wants the rest.

use axum::http::{HeaderMap, header};

/// Whether the client has this state already (RFC 9110, 13.1.2), in whatever encoding.
pub(super) fn has(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| {
        let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
        tag.strip_suffix("-gz").unwrap_or(tag).to_owned()
    };
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    known.any(|known| known.trim() == "*" || bare(known) == bare(tag))
}

pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|one| {
        let (name, rest) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = matches!(rest.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

/// From where to where a part is asked for, both included; none if all of it is, or more than one part, which may be
/// answered with all of it.
pub(super) fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    if headers.contains_key(header::IF_RANGE) {
        return None;
    }
    let value = headers.get(header::RANGE)?.to_str().ok()?;
    let (start, end) = value.strip_prefix("bytes=")?.split_once('-')?;
    let start: u64 = start.parse().ok()?;
    let end = match end {
        "" => None,
        end => Some(end.parse::<u64>().ok()?),
    };
    end.is_none_or(|end| end >= start && end < u64::MAX)
        .then_some((start, end))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        for (known, is) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a-gz\"", true),
            ("*", true),
            ("\"b\"", false),
            ("", false),
        ] {
            assert_eq!(
                has(&headers(header::IF_NONE_MATCH, known), "\"a\""),
                is,
                "{known}"
            );
        }
    }

    #[test]
    fn compression_is_for_who_asks() {
        for (accepted, is) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("deflate", false),
        ] {
            assert_eq!(
                takes_gzip(&headers(header::ACCEPT_ENCODING, accepted)),
                is,
                "{accepted}"
            );
        }
    }

    #[test]
    fn parts_are_those_of_one_range() {
        for (asked, part) in [
            ("bytes=0-", Some((0, None))),
            ("bytes=5-9", Some((5, Some(9)))),
            ("bytes=9-5", None),
            ("bytes=-5", None),
            ("bytes=1-2,3-4", None),
            ("bytes=0-18446744073709551615", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(range(&headers(header::RANGE, asked)), part, "{asked}");
        }
    }
}

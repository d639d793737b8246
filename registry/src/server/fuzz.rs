//! What is sent to a server, for the fuzzer.

#![allow(
    clippy::expect_used,
    reason = "a panic is how a fuzz target says that something does not hold"
)]

use super::frame::{frame, unframe};
use super::token::{self, Token};

/// The body of a publish, a token's file, or a token as somebody shows it: there is one spelling of each.
pub fn server(data: &[u8]) {
    if let Ok((note, archive)) = unframe(data) {
        assert_eq!(frame(note, archive).as_deref(), Ok(data));
    }
    if let Some(token) = Token::parse("0123456789ab", data) {
        let json = serde_json::to_vec(&token).expect("texts");
        assert_eq!(Token::parse("0123456789ab", &json), Some(token.clone()));
        let _ = (token.is_expired(), token.is_for("acme"));
    }
    if let Ok(shown) = std::str::from_utf8(data)
        && let Some((id, secret)) = token::read_shown(shown)
    {
        assert_eq!(token::shown(id, &secret), shown);
    }
}

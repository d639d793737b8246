//! What it takes to reach a registry, beside its address.

use std::fmt;
use std::sync::Arc;

use super::Address;

/// Most bytes in a token.
const TOKEN_BYTES: usize = 4096;

/// Says who asks. No message has it: it cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as somebody typed it; none if it cannot be one: empty, too long, or with anything but visible ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_one = (1..=TOKEN_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The secret itself, to be sent or stored.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Is told how many bytes of a long transfer are through, and how many there are.
pub type Watch = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// How to reach a registry.
#[derive(Clone, Default)]
pub struct Access {
    /// Where to read instead; the registry keeps its own name.
    pub mirror: Option<Address>,
    /// Certificates to trust beside the system's, as PEM.
    pub ca: Option<Vec<u8>>,
    /// The address of a proxy; none: the one that the environment names. This machine is never asked through one.
    pub proxy: Option<String>,
    /// Who asks: for the mirror where there is one. Sent to no other scheme, host or port.
    pub token: Option<Token>,
    /// Whom to tell of long transfers.
    pub watch: Option<Watch>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the token nor the proxy, whose address may hold a password.
        f.debug_struct("Access")
            .field("mirror", &self.mirror)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_is_never_shown() {
        let token = Token::parse(" sct_abc-123\n").unwrap();
        assert_eq!(token.reveal(), "sct_abc-123");
        for text in ["", "  ", "a b", "a\r\nX: y", "ä", &"x".repeat(5000)] {
            assert!(Token::parse(text).is_none(), "{text:?}");
        }
        let access = Access {
            proxy: Some("http://me:pass@proxy".into()),
            token: Some(token),
            ..Access::default()
        };
        let shown = format!("{access:?}");
        assert!(
            !shown.contains("sct_") && !shown.contains("pass"),
            "{shown}"
        );
    }
}

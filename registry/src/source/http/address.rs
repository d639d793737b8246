//! Where a registry is on the network.

use reqwest::Url;

/// An address no registry can be at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} cannot be a registry's address: {reason}")]
pub struct HttpError {
    /// What was given.
    pub url: String,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// The folder that holds `v1/`: over HTTPS, or over plain HTTP on this machine. Ends with `/`, and is written in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// # Errors
    /// When `url` is none, is not HTTPS (nor this machine), or carries a password, a query or a fragment.
    pub fn parse(url: &str) -> Result<Self, HttpError> {
        let refuse = |reason: &str| HttpError {
            url: url.chars().take(200).collect(),
            reason: reason.to_owned(),
        };
        if !url.contains("://") {
            return Err(refuse("write https://host/path"));
        }
        let mut base = Url::parse(url)
            .map_err(|error| refuse(&format!("{error}; write https://host/path")))?;
        if !base.username().is_empty() || base.password().is_some() {
            // Not repeated in the message: it may be a secret.
            let reason =
                "it carries a user or a password, which would end up in lock files; take them out"
                    .to_owned();
            return Err(HttpError {
                url: base.host_str().unwrap_or_default().to_owned(),
                reason,
            });
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refuse(
                "it has a `?` or a `#`; write only https://host/path",
            ));
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            "http" => return Err(refuse("plain http can be changed on the way; write https")),
            _ => return Err(refuse("only https can be used; write https://host/path")),
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self(base))
    }

    /// The address as lock files have it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Its parts.
    pub(in crate::source) fn url(&self) -> &Url {
        &self.0
    }

    /// The address of something that is named from here, if that is on the same scheme, host and port.
    pub(super) fn within(&self, reference: &str) -> Option<Self> {
        let joined = self.0.join(reference).ok()?;
        let inside = joined.origin() == self.0.origin();
        inside.then(|| Self::parse(joined.as_str()).ok()).flatten()
    }
}

pub(in crate::source) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_are_taken() {
        for url in [
            "https://example.org",
            "https://example.org/a/b/",
            "http://localhost:8000",
            "http://[::1]:1/",
            "http://127.9.9.9",
        ] {
            assert!(Address::parse(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.org",
            "ftp://example.org",
            "file:///etc/passwd",
            "example.org",
            "",
            "https://user:secret@example.org/",
            "https://example.org/?x",
            "https://example.org/#x",
            "http://127.0.0.1.example.org/",
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        assert_eq!(
            Address::parse("https://EXAMPLE.org/r").unwrap().as_str(),
            "https://example.org/r/"
        );
    }

    #[test]
    fn what_is_named_from_an_address_stays_on_its_host() {
        let address = Address::parse("https://example.org/r").unwrap();
        let within = |reference| address.within(reference).map(|a| a.as_str().to_owned());
        assert_eq!(within("api").unwrap(), "https://example.org/r/api/");
        assert_eq!(
            within("https://example.org/api/").unwrap(),
            "https://example.org/api/"
        );
        for elsewhere in [
            "https://example.com/api",
            "//example.com/api",
            "http://example.org/api",
            "https://example.org:444/",
            "https://evil@example.org/",
        ] {
            assert_eq!(within(elsewhere), None, "{elsewhere}");
        }
    }
}

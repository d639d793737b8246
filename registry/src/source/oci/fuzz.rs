//! What an OCI registry answers, for the fuzzer.

#![allow(
    clippy::expect_used,
    reason = "a panic is how a fuzz target says that something does not hold"
)]

use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use semver::Version;

use super::artifact::{Manifest, yanked};
use super::challenge::Challenge;
use super::push::{Tags, next_page};
use crate::source::Object;

/// A manifest, a page of a list, a challenge or a link: what was read is written, and reads the same.
pub fn oci(data: &[u8]) {
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(data) {
        let json = manifest.to_json().expect("texts and numbers");
        assert_eq!(
            serde_json::from_slice::<Manifest>(&json).expect("what was written"),
            manifest
        );
        let (name, version) = ("acme/web".parse().expect("a name"), Version::new(1, 0, 0));
        let kinds = [
            Object::Index(&name),
            Object::Note(&name, &version),
            Object::Config,
        ];
        let fits = kinds.map(|kind| manifest.payload(&kind).map(|found| found.cloned()));
        // One thing is never taken for another.
        assert!(fits.iter().filter(|fits| fits.is_ok()).count() <= 1);
        for found in fits.into_iter().flatten().flatten() {
            let _ = found.inline();
        }
    }
    if let Ok(tags) = serde_json::from_slice::<Tags>(data) {
        for tag in tags.tags.into_iter().flatten() {
            if let Some(version) = yanked(&tag) {
                assert_eq!(tag, format!("yanked-{version}"), "one spelling");
            }
        }
    }
    if let Ok(link) = std::str::from_utf8(data)
        && let Some(next) = next_page(link)
    {
        assert!(!next.contains('>'));
    }
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]);
        if let Some(Challenge::Bearer { realm }) = Challenge::of(&headers) {
            assert_eq!(realm.as_str().parse(), Ok(realm));
        }
    }
}

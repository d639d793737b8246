//! What is written to an OCI registry: blobs, manifests, and which there are.

use std::collections::HashSet;

use reqwest::header::LINK;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::artifact::{MANIFEST, Manifest};
use super::client::{Ask, Right, failed};
use super::{Oci, broken};
use crate::{Digest, SourceError};

/// Most bytes in an answer that says nothing.
const ANSWER_BYTES: u64 = 64 * 1024;
/// Most bytes in one page of a list.
const PAGE_BYTES: u64 = 4 * 1024 * 1024;
/// Most pages of one list.
const PAGES: usize = 1000;
/// Most bytes in all of them.
const LIST_BYTES: u64 = 32 * 1024 * 1024;

#[derive(Deserialize)]
pub(super) struct Tags {
    /// Some registries say `null` where there are none.
    pub(super) tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

impl Oci {
    /// Puts a blob into a repository, unless it is there. The registry checks that it hashes to its name.
    pub(super) fn put_blob(
        &self,
        place: &str,
        repository: &str,
        bytes: &[u8],
    ) -> Result<(), SourceError> {
        let digest = Digest::of(bytes);
        let ask = |method, url| Ask {
            method,
            right: Right::Write,
            ..Ask::get(place, repository, url, ANSWER_BYTES)
        };
        let blob = self.client.url(repository, &format!("blobs/{digest}"));
        let there = Ask {
            elsewhere: true,
            ..ask(Method::HEAD, blob)
        };
        if self.client.ask(&there)?.is_some() {
            return Ok(());
        }
        let missing = || failed(place, "the registry takes no blobs here (404)");
        let begin = self.client.url(repository, "blobs/uploads/");
        let begun = self.client.ask(&ask(Method::POST, begin.clone()))?;
        let begun = begun.ok_or_else(missing)?;
        let mut upload = self.client.target(place, &begin, &begun.headers, false)?;
        upload
            .query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let put = Ask {
            headers: &[("Content-Type", "application/octet-stream")],
            body: Some(bytes),
            ..ask(Method::PUT, upload)
        };
        self.client.ask(&put)?.ok_or_else(missing)?;
        Ok(())
    }

    /// Puts a manifest under a tag, whatever is there; gives its digest.
    pub(super) fn put_manifest(
        &self,
        place: &str,
        repository: &str,
        tag: &str,
        manifest: &Manifest,
    ) -> Result<Digest, SourceError> {
        let bytes = manifest.to_json().map_err(|reason| broken(place, reason))?;
        let url = self.client.url(repository, &format!("manifests/{tag}"));
        let put = Ask {
            method: Method::PUT,
            right: Right::Write,
            headers: &[("Content-Type", MANIFEST)],
            body: Some(&bytes),
            ..Ask::get(place, repository, url, ANSWER_BYTES)
        };
        let done = self.client.ask(&put)?;
        done.ok_or_else(|| failed(place, "the registry takes no manifests here (404)"))?;
        Ok(Digest::of(&bytes))
    }

    /// The tags of a repository below the address's path; none where there is no such repository.
    pub(super) fn tags(&self, repository: &str) -> Result<Vec<String>, SourceError> {
        let repository = self.repository(repository);
        let first = self.client.url(&repository, "tags/list");
        let place = format!("the tags of {repository}");
        let pages: Option<Vec<Tags>> = self.pages(&place, &repository, first, |status| {
            status == StatusCode::NOT_FOUND
        })?;
        let tags = pages.into_iter().flatten().filter_map(|page| page.tags);
        Ok(tags.flatten().collect())
    }

    /// The names of all repositories below the address's path, from there; none where the registry does not tell.
    pub(super) fn catalog(&self) -> Result<Option<Vec<String>>, SourceError> {
        let first = self.client.own("_catalog");
        let place = format!("the list of repositories of {}", self.id);
        // Registries for many people tell nobody what the others have.
        let pages: Option<Vec<Catalog>> = self.pages(&place, "", first, |status| {
            status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
        })?;
        let names = |pages: Vec<Catalog>| {
            let all = pages.into_iter().filter_map(|page| page.repositories);
            let ours = all.flatten();
            ours.filter_map(|name| name.strip_prefix(&*self.path).map(str::to_owned))
                .collect()
        };
        Ok(pages.map(names))
    }

    /// A list that comes in pages; none at a status that means that there is none.
    fn pages<T: DeserializeOwned>(
        &self,
        place: &str,
        repository: &str,
        first: Url,
        is_none: fn(StatusCode) -> bool,
    ) -> Result<Option<Vec<T>>, SourceError> {
        let mut url = first;
        let mut pages = Vec::new();
        let (mut bytes, mut seen) = (0, HashSet::new());
        while seen.insert(url.clone()) {
            let asked = self.client.ask(&Ask {
                is_missing: is_none,
                ..Ask::get(place, repository, url.clone(), PAGE_BYTES)
            })?;
            let Some(answer) = asked else {
                return Ok(None);
            };
            let next = answer.headers.get(LINK).and_then(|link| link.to_str().ok());
            let next = next.and_then(next_page).and_then(|to| url.join(to).ok());
            let page = serde_json::from_slice(&answer.bytes);
            pages.push(page.map_err(|error| broken(place, error.to_string()))?);
            let Some(next) = next else {
                return Ok(Some(pages));
            };
            // A list that is cut short there would be taken for all there is, and what is missing for gone.
            if next.origin() != url.origin() {
                return Err(failed(
                    place,
                    "it goes on at another host, which is not followed",
                ));
            }
            bytes += answer.bytes.len() as u64;
            if pages.len() >= PAGES || bytes > LIST_BYTES {
                return Err(failed(place, "it has more pages than a list may have"));
            }
            url = next;
        }
        Err(failed(place, "its pages lead in a circle"))
    }
}

/// Where the next page is: `<…>; rel="next"`.
pub(super) fn next_page(link: &str) -> Option<&str> {
    let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_named_by_a_link() {
        let link = "</v2/a/tags/list?last=x&n=1>; rel=\"next\"";
        assert_eq!(next_page(link), Some("/v2/a/tags/list?last=x&n=1"));
        for link in ["", "</x>", "<", "/x; rel=\"next\"", "</x>; rel=\"prev\""] {
            assert_eq!(next_page(link), None, "{link}");
        }
    }
}

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use semver::Version;

use reqwest::Url;

use super::*;
use crate::fixtures::{name, package, release};
use crate::source::{Config, Source, Token};
use crate::{Package, Statement};

/// A request, as a server saw it.
#[derive(Clone)]
struct Seen {
    /// With the query.
    path: String,
    authorization: Option<String>,
    known: Option<String>,
}

/// A server on this machine. It ends with the test's process.
struct Server {
    /// `host:port`
    host: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn new(answer: impl Fn(&Seen, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (all, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                thread::spawn(move || {
                    let request = read(&stream);
                    all.lock().unwrap().push(request.clone());
                    answer(&request, stream);
                });
            }
        });
        Self { host, seen }
    }

    /// Answers each path with a body, and everything else with 404.
    fn with(files: HashMap<String, Vec<u8>>) -> Self {
        Self::new(move |request, stream| match files.get(&request.path) {
            Some(body) => respond(stream, "200 OK", "", body),
            None => respond(stream, "404 Not Found", "", b"{}"),
        })
    }

    fn oci(&self, login: Option<Token>) -> Oci {
        let access = Access {
            token: login,
            ..Access::default()
        };
        Oci::new(&format!("oci://{}/base", self.host), access).unwrap()
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Seen {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let mut headers = HashMap::new();
    for line in lines
        .map(Result::unwrap)
        .take_while(|line| !line.is_empty())
    {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    Seen {
        path: first.split(' ').nth(1).unwrap().to_owned(),
        authorization: headers.remove("authorization"),
        known: headers.remove("if-none-match"),
    }
}

fn respond(mut stream: TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}

/// Where an object's manifest, or a blob, is asked for.
fn path(object: &Object<'_>) -> String {
    let spot = Spot::of(object);
    let kind = match object {
        Object::Blob(..) => "blobs",
        _ => "manifests",
    };
    format!("/v2/base/{}/{kind}/{}", spot.repository, spot.reference)
}

fn file(object: &Object<'_>, bytes: &[u8]) -> (String, Vec<u8>) {
    (
        path(object),
        Manifest::file(object, bytes).to_json().unwrap(),
    )
}

fn config() -> (String, Vec<u8>) {
    file(&Object::Config, Config::new("test").to_json().as_bytes())
}

#[test]
fn a_registry_is_read_a_request_a_file() {
    let archive = package("acme/web", "1.0.0", "");
    let release = Package::read(&archive).unwrap().release(&[]);
    let (name, version) = (&release.name, &release.version);
    let note = Statement::unsigned(release.clone()).unwrap().to_note();
    let line = release.to_line().unwrap();
    let manifest = Manifest::package(name, version, note.as_bytes(), &archive);
    let server = Server::with(HashMap::from([
        config(),
        file(&Object::Index(name), line.as_bytes()),
        (
            path(&Object::Note(name, version)),
            manifest.to_json().unwrap(),
        ),
        (path(&Object::Blob(&release.blob, name)), archive.clone()),
    ]));
    let registry = Registry::over(server.oci(None));
    assert_eq!(registry.id(), format!("oci://{}/base", server.host));
    assert_eq!(
        registry.releases(name).unwrap(),
        std::slice::from_ref(&release)
    );
    let statement = registry.statement(name, version).unwrap().unwrap();
    assert_eq!(statement.release, release);
    assert_eq!(*registry.blob(&release).unwrap(), archive);
    assert_eq!(server.seen().len(), 4);
    assert!(registry.search().unwrap().is_empty());
    let other = "acme/none".parse().unwrap();
    assert!(registry.releases(&other).unwrap().is_empty());
    assert!(
        registry
            .statement(name, &Version::new(2, 0, 0))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_place_without_a_registry_is_told() {
    let error = Registry::over(Server::with(HashMap::new()).oci(None))
        .search()
        .unwrap_err();
    assert!(matches!(error, SourceError::NotARegistry { .. }), "{error}");
}

#[test]
fn what_one_has_is_asked_for_by_its_digest() {
    let (at, manifest) = config();
    let digest = tag(&Digest::of(&manifest));
    let server = Server::with(HashMap::from([(at, manifest)]));
    let oci = server.oci(None);
    let Fetched::Found { tag, .. } = oci.get(&Object::Config, 1000, None).unwrap() else {
        panic!("it is there");
    };
    assert_eq!(tag.as_deref(), Some(&*digest));
    // This server knows nothing of conditional requests and sends the same manifest once more.
    let again = oci.get(&Object::Config, 1000, tag.as_deref()).unwrap();
    assert_eq!(again, Fetched::Same);
    assert_eq!(server.seen()[1].known.as_ref(), Some(&digest));

    let knowing = Server::new(|_, stream| respond(stream, "304 Not Modified", "", b""));
    let same = knowing.oci(None).get(&Object::Config, 1000, Some(&digest));
    assert_eq!(same.unwrap(), Fetched::Same);
    let unasked = knowing.oci(None).get(&Object::Config, 1000, None);
    assert!(unasked.is_err(), "nothing was known");
}

#[test]
fn a_manifest_that_lies_is_found_out() {
    let name = name("acme/web");
    let index = Object::Index(&name);
    let answer = |manifest: &[u8], limit| {
        let server = Server::with(HashMap::from([(path(&index), manifest.to_vec())]));
        server.oci(None).get(&index, limit, None)
    };
    let right = String::from_utf8(Manifest::file(&index, b"line\n").to_json().unwrap()).unwrap();
    assert!(matches!(
        answer(right.as_bytes(), 5),
        Ok(Fetched::Found { .. })
    ));
    assert!(matches!(
        answer(right.as_bytes(), 4),
        Err(SourceError::TooLong { limit: 4, .. })
    ));
    for (wrong, reason) in [
        (right.replace("bGluZQo=", "TElORQo="), "does not hash to"),
        (
            right.replace("\"data\":\"bGluZQo=\"", "\"x\":1"),
            "is missing",
        ),
        (
            right.replace("scaffold.index", "scaffold.search"),
            "and not application/vnd",
        ),
        ("{}".to_owned(), "no image manifest"),
        ("<html>".to_owned(), "no image manifest"),
    ] {
        assert_ne!(wrong, right);
        let error = answer(wrong.as_bytes(), 100).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    // What is taken away has no payload, and is as if it had never been there.
    let nothing = Manifest::nothing(&index).to_json().unwrap();
    assert_eq!(answer(&nothing, 100).unwrap(), Fetched::Missing);
}

#[test]
fn endless_answers_are_cut_off() {
    let server = Server::new(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[0; 4096]).is_ok() {}
    });
    let release = release("acme/web", "1.0.0");
    let blob = server
        .oci(None)
        .get(&Object::Blob(&release.blob, &release.name), 10_000, None);
    assert!(matches!(
        blob,
        Err(SourceError::TooLong { limit: 10_000, .. })
    ));
    let manifest = server.oci(None).get(&Object::Config, 1, None);
    assert!(matches!(
        manifest,
        Err(SourceError::TooLong {
            limit: MANIFEST_BYTES,
            ..
        })
    ));

    let slow = Server::new(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let mut oci = slow.oci(None);
    oci.client.http.file = Duration::from_millis(50);
    let error = oci.get(&Object::Config, 1, None).unwrap_err().to_string();
    assert!(error.contains("it took longer than"), "{error}");
}

fn login() -> Option<Token> {
    Token::parse("ann:secret")
}

/// `ann:secret`
const BASIC: &str = "Basic YW5uOnNlY3JldA==";

#[test]
fn a_token_is_fetched_once_a_repository() {
    let tokens = Server::new(|request, stream| {
        if request.authorization.as_deref() == Some(BASIC) {
            respond(
                stream,
                "200 OK",
                "",
                b"{\"token\":\"t0k\",\"expires_in\":300}",
            );
        } else {
            respond(stream, "401 Unauthorized", "", b"");
        }
    });
    let challenge = format!(
        "WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"here\",scope=\"repository:x:pull\"\r\n",
        tokens.host
    );
    let (at, manifest) = config();
    let server = Server::new(
        move |request, stream| match request.authorization.as_deref() {
            Some("Bearer t0k") if request.path == at => respond(stream, "200 OK", "", &manifest),
            Some("Bearer t0k") => respond(stream, "404 Not Found", "", b""),
            _ => respond(stream, "401 Unauthorized", &challenge, b""),
        },
    );
    let oci = server.oci(login());
    for _ in 0..3 {
        assert!(matches!(
            oci.get(&Object::Config, 1000, None).unwrap(),
            Fetched::Found { .. }
        ));
    }
    let asked = tokens.seen();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].path,
        "/token?service=here&scope=repository%3Ax%3Apull"
    );
    let name = name("acme/web");
    assert_eq!(
        oci.get(&Object::Index(&name), 1000, None).unwrap(),
        Fetched::Missing
    );
    assert_eq!(tokens.seen().len(), 2, "another repository, another token");
    let passwords = server.seen();
    assert!(
        passwords
            .iter()
            .all(|seen| seen.authorization.as_deref() != Some(BASIC))
    );

    let error = server
        .oci(None)
        .get(&Object::Config, 1000, None)
        .unwrap_err();
    assert!(matches!(error, SourceError::Unauthorized { .. }), "{error}");
}

#[test]
fn whoever_is_never_satisfied_is_asked_twice() {
    let server = Server::new(|_, stream| {
        respond(
            stream,
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"x\"\r\n",
            b"",
        );
    });
    let error = server
        .oci(login())
        .get(&Object::Config, 1000, None)
        .unwrap_err();
    assert!(matches!(error, SourceError::Unauthorized { .. }), "{error}");
    let asked: Vec<_> = server
        .seen()
        .into_iter()
        .map(|seen| seen.authorization)
        .collect();
    assert_eq!(asked, [None, Some(BASIC.to_owned())]);
}

#[test]
fn a_blob_may_be_elsewhere_and_hears_no_password() {
    let storage = Server::new(|_, stream| respond(stream, "200 OK", "", b"bytes"));
    let to = format!("Location: http://{}/storage?signed=1\r\n", storage.host);
    let server = Server::new(
        move |request, stream| match request.authorization.as_deref() {
            Some(BASIC) => respond(stream, "307 Temporary Redirect", &to, b""),
            _ => respond(
                stream,
                "401 Unauthorized",
                "WWW-Authenticate: Basic\r\n",
                b"",
            ),
        },
    );
    let oci = server.oci(login());
    let (digest, name) = (Digest::of(b"bytes"), name("acme/web"));
    let blob = oci.get(&Object::Blob(&digest, &name), 100, None).unwrap();
    assert_eq!(blob.bytes().unwrap(), &b"bytes"[..]);
    let there = storage.seen();
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].path, "/storage?signed=1");
    assert_eq!(there[0].authorization, None);
    // A manifest is named by a tag, so it matters who hands it out.
    let error = oci
        .get(&Object::Index(&name), 100, None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("redirects to 127.0.0.1, which is not followed here"),
        "{error}"
    );
    assert_eq!(storage.seen().len(), 1);
}

#[test]
fn redirects_end_and_do_not_leave_https() {
    let (digest, name) = (Digest::of(b"bytes"), name("acme/web"));
    let error = |location: &'static str| {
        let server = Server::new(move |_, stream| {
            respond(stream, "302 Found", location, b"");
        });
        let blob = server
            .oci(None)
            .get(&Object::Blob(&digest, &name), 100, None);
        blob.unwrap_err().to_string()
    };
    let plain = error("Location: http://example.org/blob\r\n");
    assert!(
        plain.contains("example.org, which is not reached by https"),
        "{plain}"
    );
    assert!(error("Location: /again\r\n").contains("redirects more than 3 times"));
    assert!(error("").contains("does not say where to"));
    // Nobody outside leads one to what listens on this machine.
    let far = Oci::new("oci://example.org/base", Access::default()).unwrap();
    assert!(
        !far.client
            .is_safe(&Url::parse("http://127.0.0.1/x").unwrap())
    );
}

#[test]
fn only_safe_addresses_are_taken() {
    for (url, id) in [
        ("oci://Example.org", "oci://example.org"),
        (
            "oci://example.org/a/b_c/d--e/",
            "oci://example.org/a/b_c/d--e",
        ),
        ("oci://localhost:5000/x", "oci://localhost:5000/x"),
        ("oci://[::1]:5000/x.y", "oci://[::1]:5000/x.y"),
    ] {
        assert_eq!(Oci::open(url).unwrap().id(), id);
    }
    for url in [
        "oci://",
        "oci:///x",
        "oci://user:secret@example.org/x",
        "oci://example.org/x@sha256:00",
        "oci://example.org/x?y",
        "oci://example.org/X",
        "oci://example.org/a//b",
        "oci://example.org/../x",
        "oci://example.org/a/-b",
        "oci://example.org/a.-b",
        "oci://example.org/a:1",
        "oci://example.org:x/a",
        "oci://example.org?x",
    ] {
        let error = Oci::open(url).map(|_| url).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    let scheme = |url| {
        Oci::new(url, Access::default())
            .unwrap()
            .client
            .own("")
            .scheme()
            .to_owned()
    };
    assert_eq!(scheme("oci://127.0.0.1:5000/x"), "http");
    assert_eq!(scheme("oci://127.0.0.1.example.org/x"), "https");
}

//! Publishing into an OCI registry of the smallest kind: one that keeps what it is given in memory, has no digest it did
//! not check, and clears nothing away. What real ones do is tried with a real one, end to end.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::*;
use crate::fixtures::{name, package};
use crate::publish::{self, PublishError, Yank};
use crate::source::{Registry, Source};
use crate::{Package, Release};

/// `<repository>/manifests/<tag>` and `<repository>/blobs/<digest>`.
type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Its address.
fn serve(kept: &Kept, catalog: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("oci://{}/base", listener.local_addr().unwrap());
    let kept = Arc::clone(kept);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = Arc::clone(&kept);
            thread::spawn(move || answer(stream, &kept, catalog));
        }
    });
    url
}

fn answer(mut stream: TcpStream, kept: &Kept, catalog: bool) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ")?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?.strip_prefix("/v2/")?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut kept = kept.lock().unwrap();
    let (status, headers, bytes) = match method {
        "POST" => {
            let upload = format!("Location: /v2/{path}1\r\n");
            ("202 Accepted", upload, Vec::new())
        }
        "PUT" => {
            let at = match query.split_once("digest=") {
                // The only character that is written otherwise in a query.
                Some((_, digest)) => {
                    let digest = digest.replace("%3A", ":");
                    assert_eq!(Digest::of(&body).to_string(), digest);
                    path.replace("uploads/1", &digest)
                }
                None => path.to_owned(),
            };
            kept.insert(at, body);
            ("201 Created", String::new(), Vec::new())
        }
        _ if path == "_catalog" && !catalog => ("401 Unauthorized", String::new(), Vec::new()),
        _ => match list(path, &kept).or_else(|| kept.get(path).cloned()) {
            Some(found) => ("200 OK", String::new(), found),
            None => ("404 Not Found", String::new(), Vec::new()),
        },
    };
    let bytes = if method == "HEAD" { Vec::new() } else { bytes };
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&bytes).ok()
}

fn list(path: &str, kept: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    let manifests = || kept.keys().filter_map(|at| at.split_once("/manifests/"));
    let found = match path.strip_suffix("/tags/list") {
        Some(wanted) => {
            let tags: Vec<_> = manifests()
                .filter(|(repository, _)| *repository == wanted)
                .map(|(_, tag)| tag)
                .collect();
            (!tags.is_empty()).then(|| serde_json::json!({ "tags": tags }))?
        }
        None if path == "_catalog" => {
            let all: Vec<_> = manifests().map(|(repository, _)| repository).collect();
            serde_json::json!({ "repositories": all })
        }
        None => return None,
    };
    Some(found.to_string().into_bytes())
}

fn storage(url: &str) -> Artifacts {
    Artifacts::open(url, Access::default()).unwrap()
}

fn put(storage: &Artifacts, archive: &[u8]) -> Result<Release, PublishError> {
    let release = Package::read(archive).unwrap().release(&[]);
    publish::publish(storage, &Statement::unsigned(release).unwrap(), archive)
}

#[test]
fn what_is_published_can_be_had() {
    for catalog in [true, false] {
        let kept = Kept::default();
        let url = serve(&kept, catalog);
        let archive = package("acme/web", "1.0.0", "");
        let release = put(&storage(&url), &archive).unwrap();
        put(&storage(&url), &package("acme/web", "1.1.0", "")).unwrap();
        put(&storage(&url), &package("acme/api", "0.1.0", "")).unwrap();

        let registry = Registry::over(Oci::new(&url, Access::default()).unwrap());
        let listed = registry.releases(&name("acme/web")).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0], release);
        assert_eq!(*registry.blob(&release).unwrap(), archive);
        let statement = registry.statement(&release.name, &release.version).unwrap();
        assert_eq!(statement.unwrap().release, release);
        let names = [name("acme/api"), name("acme/web")];
        assert_eq!(registry.names().unwrap(), names);

        // Again: nothing is changed, and nothing lost of what is derived.
        let before = kept.lock().unwrap().clone();
        assert_eq!(put(&storage(&url), &archive).unwrap(), release);
        assert_eq!(publish::repair(&storage(&url)).unwrap(), 2);
        assert!(before == *kept.lock().unwrap());
    }
}

#[test]
fn a_version_is_published_once() {
    let url = serve(&Kept::default(), true);
    put(&storage(&url), &package("acme/web", "1.0.0", "")).unwrap();
    let other = package("acme/web", "1.0.0", "[requires]\n\"acme/x\" = \"1\"\n");
    let error = put(&storage(&url), &other).unwrap_err();
    assert!(
        matches!(error, PublishError::VersionExists { .. }),
        "{error}"
    );
}

/// Of two at the same moment, the one whose manifest does not stay is told; and both versions of a package that are
/// published at the same moment end up in its index.
#[test]
fn two_at_the_same_moment() {
    let other = package("acme/web", "1.0.0", "[requires]\n\"acme/x\" = \"1\"\n");
    let both = [package("acme/web", "1.0.0", ""), other];
    let kept = Kept::default();
    let url = serve(&kept, true);
    let told: Vec<_> = thread::scope(|scope| {
        let all: Vec<_> = both
            .iter()
            .map(|archive| scope.spawn(|| put(&storage(&url), archive)))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let registry = Registry::over(Oci::new(&url, Access::default()).unwrap());
    let stayed = registry.statement(&name("acme/web"), &"1.0.0".parse().unwrap());
    let stayed = stayed.unwrap().unwrap().release.blob;
    for (told, archive) in told.iter().zip(&both) {
        match told {
            // Both may be content, as the documentation says; never the one that is gone and told nothing else.
            Ok(_) => {}
            Err(PublishError::VersionExists { .. }) => assert_ne!(Digest::of(archive), stayed),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(told.iter().any(Result::is_ok));

    let versions: Vec<_> = (1..5)
        .map(|n| package("acme/web", &format!("2.{n}.0"), ""))
        .collect();
    thread::scope(|scope| {
        for archive in &versions {
            scope.spawn(|| put(&storage(&url), archive).unwrap());
        }
    });
    let listed = registry.releases(&name("acme/web")).unwrap();
    assert_eq!(listed.len(), 5);
}

#[test]
fn taken_back_and_offered_again() {
    let url = serve(&Kept::default(), true);
    let release = put(&storage(&url), &package("acme/web", "1.0.0", "")).unwrap();
    let (name, version) = (&release.name, &release.version);
    let yank = Yank::new("It deletes everything.", true);
    let yanked = publish::yank(&storage(&url), name, version, &yank).unwrap();
    assert_eq!(yanked.yanked.as_deref(), Some("It deletes everything."));
    assert!(yanked.security);
    let registry = Registry::over(Oci::new(&url, Access::default()).unwrap());
    assert_eq!(registry.releases(name).unwrap(), [yanked]);
    assert!(registry.names().unwrap().is_empty());
    // The tag cannot be removed; what it names says that there is nothing.
    let offered = publish::unyank(&storage(&url), name, version).unwrap();
    assert_eq!(offered, release);
    assert_eq!(storage(&url).list("v1/yanks/acme/web").unwrap(), [""; 0]);
    publish::yank(&storage(&url), name, version, &yank).unwrap();
    assert_eq!(
        storage(&url).list("v1/yanks/acme/web").unwrap(),
        ["1.0.0.json"]
    );
}

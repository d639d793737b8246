#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;
use crate::fixtures::{name, release};
use crate::source::{Config, Source, layout};

/// Some file that may change.
const X: Object<'static> = Object::Shard(0);

/// A server that answers each request by its path; it ends with the test's process.
fn serve(answer: impl Fn(&str, TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/base", listener.local_addr().unwrap());
    thread::spawn(move || {
        let answer = std::sync::Arc::new(answer);
        for stream in listener.incoming().flatten() {
            let answer = std::sync::Arc::clone(&answer);
            thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                answer(request.split(' ').nth(1).unwrap(), stream);
            });
        }
    });
    url
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

fn get(url: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
    Ok(Http::new(url)
        .unwrap()
        .get(&X, limit, None)?
        .bytes()
        .map(Cow::into_owned))
}

#[test]
fn a_registry_is_read_over_http() {
    let line = release("acme/web", "1.0.0").to_line().unwrap();
    let url = serve(move |path, stream| match path {
        "/base/v1/config.json" => respond(
            stream,
            "200 OK",
            "",
            Config::new("test").to_json().as_bytes(),
        ),
        "/base/v1/index/acme/web" => respond(stream, "200 OK", "", line.as_bytes()),
        _ => respond(stream, "404 Not Found", "", b"no"),
    });
    let registry = Http::open(&url).unwrap();
    assert_eq!(registry.id(), format!("{url}/"));
    assert_eq!(registry.releases(&name("acme/web")).unwrap().len(), 1);
    assert!(registry.releases(&name("acme/none")).unwrap().is_empty());
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let url = serve(|_, mut stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
        );
    });
    let http = Http::new(&url).unwrap();
    let found = http.get(&X, 10, None).unwrap();
    assert!(matches!(&found, Fetched::Found { tag: Some(tag), .. } if tag == "\"7\""));
    let same = serve(|_, stream| respond(stream, "304 Not Modified", "", b""));
    let http = Http::new(&same).unwrap();
    assert_eq!(http.get(&X, 10, Some("\"7\"")).unwrap(), Fetched::Same);
    // Nobody asked for that.
    assert!(http.get(&X, 10, None).is_err());
}

#[test]
fn endless_and_lying_bodies_are_cut_off() {
    let url = serve(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[0; 4096]).is_ok() {}
    });
    assert!(matches!(
        get(&url, 10_000),
        Err(SourceError::TooLong { limit: 10_000, .. })
    ));

    let url = serve(|_, stream| respond(stream, "200 OK", "", &[0; 100]));
    assert!(matches!(
        get(&url, 99),
        Err(SourceError::TooLong { limit: 99, .. })
    ));
    assert_eq!(get(&url, 100).unwrap().unwrap().len(), 100);

    // Says more than it sends.
    let url = serve(|_, mut stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nshort");
    });
    assert!(matches!(get(&url, 100), Err(SourceError::Fetch { .. })));
}

#[test]
fn a_body_that_trickles_is_given_up() {
    let url = serve(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let mut http = Http::new(&url).unwrap();
    http.file = Duration::from_millis(50);
    let error = http.get(&X, 1 << 20, None).unwrap_err().to_string();
    assert!(error.contains("it took longer than"), "{error}");
}

#[test]
fn redirects_stay_on_the_host() {
    let other = serve(|_, stream| respond(stream, "200 OK", "", b"stolen"));
    let url = serve(move |path, stream| match path {
        "/base/v1/search/0.json" => respond(
            stream,
            "302 Found",
            &format!("Location: {other}/v1/search/0.json\r\n"),
            b"",
        ),
        "/base/v1/search/1.json" => {
            respond(stream, "302 Found", "Location: /base/v1/there\r\n", b"")
        }
        "/base/v1/search/2.json" => respond(
            stream,
            "302 Found",
            "Location: /base/v1/search/2.json\r\n",
            b"",
        ),
        _ => respond(stream, "200 OK", "", b"here"),
    });
    let error = get(&url, 100).unwrap_err().to_string();
    assert!(
        error.contains("redirects to 127.0.0.1, which is not followed"),
        "{error}"
    );
    let http = Http::new(&url).unwrap();
    let inside = http.get(&Object::Shard(1), 100, None).unwrap().bytes();
    assert_eq!(&*inside.unwrap(), b"here");
    let error = http
        .get(&Object::Shard(2), 100, None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("redirects more than 3 times"), "{error}");
}

#[test]
fn errors_of_the_server_are_told() {
    let url = serve(|_, stream| respond(stream, "503 Service Unavailable", "", b""));
    let error = get(&url, 100).unwrap_err().to_string();
    assert!(
        error.contains("/base/v1/search/0.json: the server answered 503 Service Unavailable"),
        "{error}"
    );
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let error = get(&gone, 100).unwrap_err().to_string();
    assert!(error.contains("onnection refused"), "{error}");
    let missing =
        Registry::over(Http::new(&serve(|_, s| respond(s, "404 Not Found", "", b""))).unwrap());
    let error = missing.names().unwrap_err().to_string();
    assert!(
        error.contains(layout::CONFIG) && error.contains("there is no registry in http://127"),
        "{error}"
    );
}

#[test]
fn only_safe_addresses_are_taken() {
    for url in [
        "https://example.org",
        "https://example.org/a/b/",
        "http://localhost:8000",
        "http://[::1]:1/",
        "http://127.9.9.9",
    ] {
        assert!(Http::open(url).is_ok(), "{url}");
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
        let error = Http::open(url).map(|_| ()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert_eq!(
        Http::open("https://EXAMPLE.org/r").unwrap().id(),
        "https://example.org/r/"
    );
}

#[test]
fn a_client_for_https_can_be_made() {
    assert!(Http::new("https://example.org/").unwrap().client().is_ok());
}

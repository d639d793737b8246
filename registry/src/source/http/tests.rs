#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::*;
use crate::fixtures::{name, release};
use crate::source::{Config, Source, layout};

/// Some file that may change.
const X: Object<'static> = Object::Shard(0);

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(header, _)| header == name);
        named.next().map(|(_, value)| value.as_str())
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut lines = reader.by_ref().lines().map_while(Result::ok);
        let first = lines.next()?;
        let mut words = first.split(' ').map(str::to_owned);
        let mut request = Self {
            method: words.next()?,
            path: words.next()?,
            ..Self::default()
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ")?;
            request
                .headers
                .push((name.to_lowercase(), value.to_owned()));
        }
        let length = request.header("content-length").unwrap_or("0");
        let length = length.parse().ok()?;
        reader.take(length).read_to_end(&mut request.body).ok()?;
        Some(request)
    }
}

/// A server that answers each request; it ends with the test's process.
pub fn listen(answer: impl Fn(&Request, TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/base", listener.local_addr().unwrap());
    thread::spawn(move || {
        let answer = Arc::new(answer);
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || {
                if let Some(request) = Request::read(&stream) {
                    answer(&request, stream);
                }
            });
        }
    });
    url
}

fn serve(answer: impl Fn(&str, TcpStream) + Send + Sync + 'static) -> String {
    listen(move |request, stream| answer(&request.path, stream))
}

pub fn respond(mut stream: TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}

fn http(url: &str) -> Http {
    Http::new(&Address::parse(url).unwrap(), Access::default())
}

fn get(url: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
    Ok(http(url).get(&X, limit, None)?.bytes().map(Cow::into_owned))
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

/// Of a connection that did not come about a person needs the cause, and the address once.
#[test]
fn a_registry_that_is_not_there_is_told_by_the_cause() {
    let bound = || TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = bound();
    let plain = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let told = |url: String| get(&url, 9).unwrap_err().to_string();
    let error = told(format!("https://{plain}/"));
    assert!(error.ends_with("is its address http://?"), "{error}");
    let gone = bound().local_addr().unwrap().to_string();
    let error = told(format!("http://{gone}/"));
    assert_eq!(error.matches(&gone).count(), 1, "{error}");
    assert!(!error.contains("client error"), "{error}");
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let url = serve(|_, mut stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
        );
    });
    let client = http(&url);
    let found = client.get(&X, 10, None).unwrap();
    assert!(matches!(&found, Fetched::Found { tag: Some(tag), .. } if tag == "\"7\""));
    let same = serve(|_, stream| respond(stream, "304 Not Modified", "", b""));
    let client = http(&same);
    assert_eq!(client.get(&X, 10, Some("\"7\"")).unwrap(), Fetched::Same);
    // Nobody asked for that.
    assert!(client.get(&X, 10, None).is_err());
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
    let mut http = http(&url);
    http.client.file = Duration::from_millis(50);
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
    let http = http(&url);
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
    // Longer than anybody waits here.
    let url = serve(|_, stream| {
        respond(
            stream,
            "503 Service Unavailable",
            "Retry-After: 3600\r\n",
            b"",
        );
    });
    let error = get(&url, 100).unwrap_err().to_string();
    assert!(
        error.ends_with("it asks to wait 3600 seconds before the next try"),
        "{error}"
    );
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let error = get(&gone, 100).unwrap_err().to_string();
    assert!(error.contains("onnection refused"), "{error}");
    let missing = Registry::over(http(&serve(|_, s| respond(s, "404 Not Found", "", b""))));
    let error = missing.names().unwrap_err().to_string();
    assert!(
        error.contains(layout::CONFIG) && error.contains("there is no registry in http://127"),
        "{error}"
    );
}

#[test]
fn what_may_pass_is_tried_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let url = serve(
        move |_, stream| match count.fetch_add(1, Ordering::SeqCst) {
            0 => drop(stream),
            1 => respond(stream, "503 Service Unavailable", "Retry-After: 0\r\n", b""),
            _ => respond(stream, "200 OK", "", b"there"),
        },
    );
    assert_eq!(get(&url, 100).unwrap().unwrap(), b"there");
    assert_eq!(tries.load(Ordering::SeqCst), 3);
    for status in ["500 Oops", "400 Bad Request", "418 Teapot"] {
        let tries = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tries);
        let url = serve(move |_, stream| {
            count.fetch_add(1, Ordering::SeqCst);
            respond(stream, status, "", b"");
        });
        get(&url, 100).unwrap_err();
        assert_eq!(tries.load(Ordering::SeqCst), 1, "{status}");
    }
}

/// The part of an archive that is asked for, as far as this goes.
fn part(request: &Request, mut stream: TcpStream, whole: &[u8], breaks_after: usize) {
    let range = request.header("range").map(|range| {
        let start = range.strip_prefix("bytes=").unwrap().trim_end_matches('-');
        start.parse::<usize>().unwrap()
    });
    let from = range.unwrap_or(0);
    let status = match range {
        Some(_) => format!(
            "206 Partial Content\r\nContent-Range: bytes {from}-{}/{}",
            whole.len() - 1,
            whole.len()
        ),
        None => "200 OK".to_owned(),
    };
    let rest = &whole[from..];
    let head = format!(
        "HTTP/1.1 {status}\r\nETag: \"a\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        rest.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&rest[..rest.len().min(breaks_after)]);
}

#[test]
fn an_archive_is_taken_up_where_it_broke_off() {
    let whole: Vec<u8> = (0..200_u8).collect();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (bytes, log) = (whole.clone(), Arc::clone(&asked));
    let url = listen(move |request, stream| {
        let range = request.header("range").unwrap_or("all").to_owned();
        let condition = request.header("if-range").unwrap_or("-").to_owned();
        log.lock().unwrap().push(format!("{range} {condition}"));
        part(request, stream, &bytes, 80);
    });
    let name = name("acme/web");
    let digest = crate::Digest::of(&whole);
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let access = Access {
        watch: Some(Arc::new(move |done, all| {
            seen.lock().unwrap().push((done, all));
        })),
        ..Access::default()
    };
    let http = Http::new(&Address::parse(&url).unwrap(), access);
    let got = http.get(&Object::Blob(&digest, &name), 200, None).unwrap();
    assert_eq!(got.bytes().unwrap(), whole);
    assert_eq!(
        *asked.lock().unwrap(),
        ["all -", "bytes=80- \"a\"", "bytes=160- \"a\""]
    );
    assert_eq!(told.lock().unwrap().last(), Some(&(200, 200)));
}

#[test]
fn a_server_that_sends_another_part_is_asked_for_all_of_it() {
    let whole = [7_u8; 100];
    let first = Arc::new(AtomicUsize::new(0));
    let url = listen(move |request, mut stream| {
        match (
            first.fetch_add(1, Ordering::SeqCst),
            request.header("range"),
        ) {
            (0, None) => part(request, stream, &whole, 10),
            (1, Some("bytes=10-")) => {
                let _ = stream.write_all(
                    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/100\r\n\
                      Content-Length: 10\r\nConnection: close\r\n\r\n0123456789",
                );
            }
            (_, None) => respond(stream, "200 OK", "", &whole),
            _ => respond(stream, "400 Bad Request", "", b""),
        }
    });
    let name = name("acme/web");
    let digest = crate::Digest::of(&whole);
    let got = http(&url).get(&Object::Blob(&digest, &name), 100, None);
    assert_eq!(*got.unwrap().bytes().unwrap(), whole);
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_compressed_answer_is_unpacked_within_its_limit() {
    let url = listen(|request, stream| {
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
        let body = gzipped(&[b' '; 100_000]);
        respond(stream, "200 OK", "Content-Encoding: gzip\r\n", &body);
    });
    assert_eq!(get(&url, 100_000).unwrap().unwrap(), [b' '; 100_000]);
    let bomb = get(&url, 99_999);
    assert!(matches!(bomb, Err(SourceError::TooLong { .. })), "{bomb:?}");

    // Members that hold nothing, without end.
    let url = serve(|_, mut stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
        let nothing = gzipped(b"").repeat(1000);
        while stream.write_all(&nothing).is_ok() {}
    });
    let endless = get(&url, 100_000);
    assert!(
        matches!(endless, Err(SourceError::TooLong { .. })),
        "{endless:?}"
    );

    // Asked for by nobody.
    for (encoding, object) in [("br", X), ("gzip, gzip", X)] {
        let headers = format!("Content-Encoding: {encoding}\r\n");
        let url = serve(move |_, stream| respond(stream, "200 OK", &headers, b"x"));
        let error = http(&url).get(&object, 100, None).unwrap_err().to_string();
        assert!(error.contains("was not asked for"), "{error}");
    }
}

fn with_token(url: &str) -> Http {
    let access = Access {
        token: Token::parse("hush"),
        ..Access::default()
    };
    Http::new(&Address::parse(url).unwrap(), access)
}

#[test]
fn the_token_goes_to_the_registry_and_nowhere_else() {
    let stolen = Arc::new(Mutex::new(Vec::new()));
    let thief = Arc::clone(&stolen);
    let other = listen(move |request, stream| {
        thief.lock().unwrap().push(request.clone());
        respond(stream, "200 OK", "", b"stolen");
    });
    let url =
        listen(
            move |request, stream| match (request.header("authorization"), &*request.path) {
                (Some("Bearer hush"), "/base/v1/search/0.json") => {
                    let location = format!("Location: {other}/v1/search/0.json\r\n");
                    respond(stream, "307 Temporary Redirect", &location, b"");
                }
                (Some("Bearer hush"), "/base/v1/search/1.json") => {
                    respond(stream, "200 OK", "", b"in")
                }
                _ => respond(stream, "401 Unauthorized", "", b""),
            },
        );
    let error = with_token(&url).get(&X, 100, None).unwrap_err();
    assert!(error.to_string().contains("not followed"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hush"));
    assert!(stolen.lock().unwrap().is_empty(), "{stolen:?}");
    let in_it = with_token(&url).get(&Object::Shard(1), 100, None).unwrap();
    assert_eq!(&*in_it.bytes().unwrap(), b"in");
    let error = http(&url).get(&X, 100, None).unwrap_err();
    assert!(
        error.to_string().ends_with("it wants to know who asks"),
        "{error}"
    );
    let error = with_token(&url)
        .get(&Object::Shard(2), 100, None)
        .unwrap_err();
    let told = matches!(
        error,
        SourceError::Unauthorized {
            status: 401,
            told: true,
            ..
        }
    );
    assert!(told && error.to_string().contains("ended"), "{error}");
}

#[test]
fn a_mirror_is_asked_in_place_of_the_registry_which_keeps_its_name() {
    let mirror = serve(|path, stream| respond(stream, "200 OK", "", path.as_bytes()));
    let address = Address::parse("https://packages.example/r").unwrap();
    let access = Access {
        mirror: Some(Address::parse(&mirror).unwrap()),
        ..Access::default()
    };
    let http = Http::new(&address, access);
    assert_eq!(http.id(), "https://packages.example/r/");
    let got = http.get(&X, 100, None).unwrap().bytes().unwrap();
    assert_eq!(&*got, b"/base/v1/search/0.json");
}

#[test]
fn what_is_configured_wrongly_is_told_before_anybody_is_asked() {
    for (access, why) in [
        (
            Access {
                ca: Some(b"no certificate".to_vec()),
                ..Access::default()
            },
            "no certificate in PEM",
        ),
        (
            Access {
                proxy: Some("::".into()),
                ..Access::default()
            },
            "its `proxy` is no address",
        ),
    ] {
        let address = Address::parse("https://packages.example/").unwrap();
        let error = Http::new(&address, access).get(&X, 100, None).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

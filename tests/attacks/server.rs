//! Registries on a web server that lies, breaks off, never ends or leads elsewhere: a real one, on this machine.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    registry::signed,
    scene::{came_to_nothing, typed},
};
use crate::environment::{Run, World};

/// A server that answers each request for a file of the world's registry by `answer`, which may leave that to us.
pub fn served(
    world: &World,
    answer: impl Fn(&str, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let root = world.path("registry");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        let answer = Arc::new(answer);
        for mut stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            let (answer, root) = (Arc::clone(&answer), root.clone());
            thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let Some(Ok(request)) = lines.next() else {
                    return;
                };
                while lines
                    .next()
                    .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
                {}
                let path = request.split(' ').nth(1).unwrap();
                if answer(path, &mut stream) {
                    return;
                }
                match fs::read(root.join(path.trim_start_matches('/'))) {
                    Ok(bytes) => respond(&mut stream, "200 OK", "", &bytes),
                    Err(_) => respond(&mut stream, "404 Not Found", "", b""),
                }
            });
        }
    });
    (url, asked)
}

fn respond(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}

fn from(world: &World, url: &str) -> Run {
    typed(
        world,
        &format!("new evil/x shop --registry evil={url} --defaults"),
    )
}

/// A server that does one thing wrong is told, with why.
#[track_caller]
fn server(why: &str, answer: impl Fn(&str, &mut TcpStream) -> bool + Send + Sync + 'static) {
    let world = signed();
    let (url, _) = served(&world, answer);
    let run = from(&world, &url);
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains(why), "{why}: {run}");
}

fn is_index(path: &str) -> bool {
    path.starts_with("/v1/index")
}

#[test]
fn an_honest_server_is_read() {
    let world = signed();
    let (url, asked) = served(&world, |_, _| false);
    from(&world, &url).succeeded();
    assert!(asked.load(Ordering::Relaxed) >= 3);
}

#[test]
fn a_body_without_end() {
    server("more than a registry may send", |path, stream| {
        if !is_index(path) {
            return false;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b' '; 65536]).is_ok() {}
        true
    });
}

#[test]
fn a_length_that_is_too_large() {
    server("more than a registry may send", |path, stream| {
        is_index(path)
            && stream
                .write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n",
                )
                .is_ok()
    });
}

#[test]
fn a_body_that_breaks_off() {
    server("cannot fetch", |path, stream| {
        is_index(path)
            && stream
                .write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\nshort",
                )
                .is_ok()
    });
}

#[test]
fn headers_without_end() {
    server("cannot fetch", |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream
            .write_all(&[b"X: ", &[b'x'; 4096][..], b"\r\n"].concat())
            .is_ok()
        {}
        true
    });
}

#[test]
fn a_header_that_never_comes() {
    // It says nothing at all, and keeps the line open.
    server("cannot fetch", |_, _| {
        thread::sleep(Duration::from_secs(600));
        true
    });
}

#[test]
fn a_redirect_to_another_host() {
    let world = signed();
    let (elsewhere, asked) = served(&world, |_, _| false);
    let (url, _) = served(&world, move |path, stream| {
        respond(
            stream,
            "302 Found",
            &format!("Location: {elsewhere}{path}\r\n"),
            b"",
        );
        true
    });
    let run = from(&world, &url);
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains("not followed"), "{run}");
    assert_eq!(
        asked.load(Ordering::Relaxed),
        0,
        "it was asked all the same"
    );
}

#[test]
fn a_redirect_to_a_file() {
    for target in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "data:text/plain,x",
        "/../../etc/passwd",
    ] {
        let world = signed();
        let (url, _) = served(&world, move |path, stream| {
            is_index(path) && {
                respond(stream, "302 Found", &format!("Location: {target}\r\n"), b"");
                true
            }
        });
        let run = from(&world, &url);
        came_to_nothing(&world, &run);
        assert!(!run.stderr.contains("root:"), "{run}");
    }
}

#[test]
fn redirects_in_circles() {
    server("redirects more than 3 times", |path, stream| {
        respond(stream, "302 Found", &format!("Location: {path}\r\n"), b"");
        true
    });
}

#[test]
fn a_compressed_body() {
    // Asked for by nobody, so nothing is unpacked.
    server("is not", |path, stream| {
        is_index(path) && {
            respond(
                stream,
                "200 OK",
                "Content-Encoding: gzip\r\n",
                b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            );
            true
        }
    });
}

#[test]
fn an_error_in_escapes() {
    server("cannot fetch", |_, stream| {
        respond(stream, "503 \u{9b}2J\u{202e}evil", "", b"\x1b]52;c;x\x07");
        true
    });
}

#[test]
fn a_server_that_is_offline() {
    let world = signed();
    let (url, asked) = served(&world, |_, _| false);
    let run = typed(
        &world,
        &format!("--offline new evil/x shop --registry evil={url} --defaults"),
    );
    came_to_nothing(&world, &run);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "{run}");
}

macro_rules! no_address {
    ($($name:ident: $url:expr;)*) => { $(
        #[test]
        fn $name() {
            let world = signed();
            let run = from(&world, $url);
            came_to_nothing(&world, &run);
            assert!(!run.stderr.contains("secret@") && !run.stderr.contains("cannot fetch"), "{run}");
        }
    )* };
}

no_address! {
    plain_http: "http://example.invalid/";
    plain_http_that_looks_local: "http://127.0.0.1.example.invalid/";
    a_password_in_the_address: "https://user:secret@example.invalid/";
    a_query_in_the_address: "https://example.invalid/?x=y";
    a_file_as_an_address: "file:///etc";
}

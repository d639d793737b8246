//! Registries on a web server that lies, breaks off, never ends or leads elsewhere: a real one, on this machine.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    registry::signed,
    scene::{came_to_nothing, within},
};
use crate::{
    environment::{Run, World, loopback},
    web::gzipped,
};

/// A server that answers each request for a file of the world's registry by `answer`, which may leave that to us.
pub fn served(
    world: &World,
    answer: impl Fn(&str, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(loopback()).unwrap();
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
    within(world, command(world, &format!("--registry evil={url}")))
}

/// With a cache of this world's own: what was said at an address is remembered, and ports are used again.
fn command(world: &World, more: &str) -> Command {
    let line = format!("new evil/x shop --defaults {more}");
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CACHE", world.path("cache"));
    command
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
    // Small on the way, and more than may be once it is unpacked.
    server("more than a registry may send", |path, stream| {
        is_index(path) && {
            let body = gzipped(&vec![b' '; 64 << 20]);
            assert!(body.len() < 1 << 20, "{}", body.len());
            respond(stream, "200 OK", "Content-Encoding: gzip\r\n", &body);
            true
        }
    });
}

#[test]
fn a_compressed_body_of_nothing_without_end() {
    server("more than a registry may send", |path, stream| {
        if !is_index(path) {
            return false;
        }
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
        let nothing = gzipped(b"").repeat(1000);
        while stream.write_all(&nothing).is_ok() {}
        true
    });
}

#[test]
fn a_compression_nobody_asked_for() {
    server("was not asked for", |path, stream| {
        is_index(path) && {
            respond(stream, "200 OK", "Content-Encoding: br\r\n", b"x");
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
    let line = format!("--offline --registry evil={url}");
    let run = within(&world, command(&world, &line));
    came_to_nothing(&world, &run);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "{run}");
}

/// What a server may see of who asks, wherever it leads.
fn with_token(world: &World, more: &str) -> Run {
    let mut command = command(world, &format!("-v {more}"));
    command.env("SCAFFOLD_TOKEN", "hush_hush");
    let run = within(world, command);
    assert!(!run.to_string().contains("hush_hush"), "{run}");
    run
}

/// A server that keeps what it is told of who asks, and answers as a registry.
fn thief(world: &World) -> (String, Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let listener = TcpListener::bind(loopback()).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (root, log) = (world.path("registry"), Arc::clone(&told));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().and_then(Result::ok).unwrap_or_default();
            let headers = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            log.lock()
                .unwrap()
                .extend(headers.filter(|line| line.contains("hush_hush")));
            let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
            match fs::read(root.join(path.trim_start_matches('/'))) {
                Ok(bytes) => respond(&mut stream, "200 OK", "", &bytes),
                Err(_) => respond(&mut stream, "404 Not Found", "", b""),
            }
        }
    });
    (url, told, asked)
}

#[test]
fn a_redirect_that_would_carry_the_token() {
    let world = signed();
    let (elsewhere, told, visited) = thief(&world);
    let (url, asked) = served(&world, move |path, stream| {
        let location = format!("Location: {elsewhere}{path}\r\n");
        respond(stream, "307 Temporary Redirect", &location, b"");
        true
    });
    let run = with_token(&world, &format!("--registry evil={url}"));
    came_to_nothing(&world, &run);
    assert!(asked.load(Ordering::Relaxed) > 0);
    assert_eq!(visited.load(Ordering::Relaxed), 0);
    assert_eq!(*told.lock().unwrap(), Vec::<String>::new());
}

/// A project is a stranger's: the registry it names gets nobody's token.
#[test]
fn a_project_that_names_a_registry_to_get_the_token() {
    let world = signed();
    from(&world, &world.path("registry").display().to_string()).succeeded();
    let (url, told, visited) = thief(&world);
    for file in ["shop/scaffold.toml", "shop/scaffold.lock"] {
        let folder = world.path("registry").display().to_string();
        let real = world.path("registry").canonicalize().unwrap();
        let text = world
            .read(file)
            .replace(&format!("folder:{}", real.display()), &format!("{url}/"));
        world.write(
            file,
            text.replace(&folder, &url).replace("../registry", &url),
        );
    }
    let mut command = world.command(&["-v", "-C", "shop", "update"]);
    command.env("SCAFFOLD_CACHE", world.path("another"));
    command.env("SCAFFOLD_TOKEN", "hush_hush");
    let run = within(&world, command);
    assert!(!run.to_string().contains("hush_hush"), "{run}");
    assert!(
        visited.load(Ordering::Relaxed) > 0,
        "nobody went there: {run}"
    );
    assert_eq!(*told.lock().unwrap(), Vec::<String>::new(), "{run}");
}

#[test]
fn a_registry_that_takes_back_what_it_published() {
    let world = signed();
    let index = "registry/v1/index/evil/x";
    let old = world.read(index);
    let (url, _) = served(&world, |_, _| false);
    world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    world
        .scaffold("publish evil --registry registry")
        .succeeded();
    from(&world, &url).succeeded();
    fs::remove_dir_all(world.path("shop")).unwrap();
    world.write(index, old);
    let run = from(&world, &url).failed_with(5);
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains("has it no more"), "{run}");
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

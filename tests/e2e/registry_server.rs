//! `scaffold registry serve` as a process: what it takes from whom, what it hands out, and what becomes of it when it is
//! told to stop or killed.

#[path = "registry_server/harness.rs"]
mod harness;
#[path = "registry_server/key.rs"]
mod key;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use scaffold_registry::{
    Http, Release, Source as _, Statement,
    keys::{KeySet, SigningKey},
};

use crate::environment::World;

pub use harness::{Answer, Author, Server, code, package, scene};

#[test]
fn what_is_published_is_had_taken_back_and_offered_again() {
    let (_world, server, author) = scene("");
    author
        .publish(&server, "acme/web", "1.0.0", "# Web")
        .unwrap();
    author
        .publish(&server, "acme/web", "1.1.0", "# Web")
        .unwrap();
    // The same once more is fine; it is how a publisher who heard no answer finds out.
    author
        .publish(&server, "acme/web", "1.0.0", "# Web")
        .unwrap();

    let source = Http::open(&server.url).unwrap();
    let name = "acme/web".parse().unwrap();
    let releases = source.releases(&name).unwrap();
    assert_eq!(releases.len(), 2);
    assert_eq!(
        *source.blob(&releases[0]).unwrap(),
        package("acme/web", "1.0.0", "# Web").1
    );
    let statement = source
        .statement(&name, &releases[0].version)
        .unwrap()
        .unwrap();
    source
        .chain("acme")
        .unwrap()
        .unwrap()
        .signer(&statement)
        .unwrap();
    assert_eq!(
        source.find(&["web".into()]).unwrap()[0].version.to_string(),
        "1.1.0"
    );

    let api = server.api(&author.token).unwrap();
    api.yank(&name, &releases[1].version, "it loses posts", true)
        .unwrap();
    let listed = server.releases("acme/web");
    assert_eq!(listed[1].yanked.as_deref(), Some("it loses posts"));
    assert!(listed[1].security);
    api.unyank(&name, &releases[1].version).unwrap();
    assert_eq!(server.releases("acme/web"), releases);
    assert_eq!(api.me().unwrap().unwrap().namespaces, ["acme"]);
}

#[test]
fn only_who_may_changes_anything() {
    let (world, server, author) = scene("");
    author.publish(&server, "acme/web", "1.0.0", "").unwrap();
    let before = world.files("registry/v1");
    let (release, archive) = package("acme/web", "2.0.0", "");
    let signed = |key: &SigningKey, set| Statement::signed(release.clone(), set, key).unwrap();
    let stranger = SigningKey::generate("acme").unwrap();

    // Another namespace, a stranger's key, no signature, a set that is not there.
    let other = Author::new(&world, "registry", "other");
    assert_eq!(
        code(other.send(&server, &signed(&author.key, 1), &archive)),
        "forbidden"
    );
    assert_eq!(
        code(author.send(&server, &signed(&stranger, 1), &archive)),
        "signature"
    );
    let unsigned = Statement::unsigned(release.clone()).unwrap();
    assert_eq!(code(author.send(&server, &unsigned, &archive)), "signature");
    assert_eq!(
        code(author.send(&server, &signed(&author.key, 2), &archive)),
        "signature"
    );
    assert_eq!(
        code(other.publish(&server, "other/x", "1.0.0", "")),
        "no-keys"
    );
    // An archive that is another one, or none; a statement of what the component does not import.
    let another = package("acme/web", "2.0.0", "other").1;
    assert_eq!(
        code(author.send(&server, &signed(&author.key, 1), &another)),
        "invalid"
    );
    assert_eq!(
        code(author.send(&server, &signed(&author.key, 1), b"junk")),
        "invalid"
    );
    let lies = Release {
        imports: vec!["scaffold:generator/log@0.1.0".to_owned()],
        ..release.clone()
    };
    let lies = Statement::signed(lies, 1, &author.key).unwrap();
    assert_eq!(code(author.send(&server, &lies, &archive)), "invalid");
    // A version that is there with other contents.
    assert_eq!(
        code(author.publish(&server, "acme/web", "1.0.0", "other")),
        "version-exists"
    );
    // Keys: another first set, and a stranger's next one.
    let set = KeySet::first(&stranger).unwrap();
    let put = |set: &KeySet| {
        server
            .api(&author.token)
            .unwrap()
            .put_keys("acme", set.number(), &set.to_note())
    };
    assert_eq!(code(put(&set)), "keys-exist");
    let next = set
        .rotate(&stranger, &SigningKey::generate("acme").unwrap(), false)
        .unwrap();
    assert_eq!(code(put(&next)), "signature");
    // Yanks.
    let (name, version) = ("acme/web".parse().unwrap(), "9.0.0".parse().unwrap());
    assert_eq!(
        code(
            server
                .api(&author.token)
                .unwrap()
                .yank(&name, &version, "x", false)
        ),
        "not-found"
    );
    assert_eq!(
        code(
            server
                .api(&other.token)
                .unwrap()
                .yank(&name, &release.version, "x", false)
        ),
        "forbidden"
    );
    assert_eq!(world.files("registry/v1"), before);
}

#[test]
fn a_token_that_was_taken_back_or_made_up_opens_nothing() {
    let (world, server, author) = scene("");
    let id = author.token.split('_').nth(1).unwrap().to_owned();
    let listed = world.scaffold("registry token list registry").succeeded();
    assert!(
        listed.stdout.contains(&id) && listed.stdout.contains("Ann"),
        "{listed}"
    );
    assert!(!listed.stdout.contains(&author.token), "{listed}");
    world
        .scaffold(&format!("registry token revoke registry {id}"))
        .succeeded();
    world
        .scaffold(&format!("registry token revoke registry {id}"))
        .failed_with(2);
    let deadline = Instant::now() + Duration::from_secs(20);
    // A server believes what it read for a few seconds.
    while author.publish(&server, "acme/web", "1.0.0", "").is_ok() {
        assert!(Instant::now() < deadline, "it goes on working");
        thread::sleep(Duration::from_millis(200));
    }
    let bearer = format!("Authorization: Bearer {}\r\n", author.token);
    server.ask("GET", "/v1/config.json", &bearer).is(401);
    for token in ["scaffold_000000000000_00", "x", "../../v1/config"] {
        let answer = server.ask(
            "GET",
            "/api/v1/me",
            &format!("Authorization: Bearer {token}\r\n"),
        );
        assert_eq!(answer.status, 401, "{token}");
    }
    server.get("/api/v1/me").is(401);
    let log = world.read("server.log");
    let secret = author.token.rsplit('_').next().unwrap();
    assert!(!log.contains(secret), "{log}");
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{log}"
    );
    assert!(log.contains(&id), "{log}");
}

#[test]
fn the_tree_is_served_and_nothing_else() {
    let (world, server, author) = scene("");
    author
        .publish(&server, "acme/web", "1.0.0", &"word ".repeat(1000))
        .unwrap();
    world.write("registry/v1/index/acme/.new-half", "half");
    for path in [
        "/private/tokens/x.json",
        "/v1/../private/tokens",
        "/v1/%2e%2e/private/tokens",
        "/v1/index/acme/.new-half",
        "/v1/index/acme/..%2f..%2f..%2fprivate",
        "/v1//config.json",
        "/v1/config.json%00",
        "/.lock",
        "/v1/index",
        "//etc/passwd",
    ] {
        server.get(path).is(404);
    }
    server.raw("GET /v1/config.json\r\n\r\n");
    server.raw("\u{16}\u{3}\u{1}");
    server.ask("POST", "/v1/config.json", "").is(405);
    server.ask("TRACE", "/", "").is(405);

    let config = server.get("/v1/config.json").is(200);
    assert!(
        config.text().contains("\"api\":\"api/\""),
        "{}",
        config.text()
    );
    let tag = config.header("etag").to_owned();
    assert_eq!(config.header("cache-control"), "no-cache");
    let again = server.ask(
        "GET",
        "/v1/config.json",
        &format!("If-None-Match: {tag}\r\n"),
    );
    assert!(again.is(304).body.is_empty());
    let head = server.ask("HEAD", "/v1/config.json", "").is(200);
    assert!(head.body.is_empty());

    // An index is compressed for who takes it so, and is the same state then.
    for version in ["1.0.1", "1.0.2"] {
        author.publish(&server, "acme/web", version, "").unwrap();
    }
    let plain = server.get("/v1/index/acme/web").is(200);
    let gzip = server
        .ask("GET", "/v1/index/acme/web", "Accept-Encoding: gzip\r\n")
        .is(200);
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&gzip.body[..])
        .read_to_end(&mut text)
        .unwrap();
    assert_eq!(text, plain.body);
    let known = format!("If-None-Match: {}\r\n", gzip.header("etag"));
    server.ask("GET", "/v1/index/acme/web", &known).is(304);

    // A blob never changes, and can be had in parts.
    let release = &server.releases("acme/web")[0];
    let hex = release.blob.hex();
    let path = format!("/v1/blobs/sha256/{}/{hex}", &hex[..2]);
    let blob = server.get(&path).is(200);
    assert_eq!(blob.body.len() as u64, release.size);
    assert!(blob.header("cache-control").contains("immutable"));
    let part = server.ask("GET", &path, "Range: bytes=10-19\r\n").is(206);
    assert_eq!(part.body, blob.body[10..20]);
    let rest = server.ask("GET", &path, "Range: bytes=10-\r\n").is(206);
    assert_eq!(rest.body, blob.body[10..]);
    server.ask("GET", &path, "Range: bytes=999999-\r\n").is(416);
    server
        .ask("GET", &path, &format!("If-None-Match: \"{hex}\"\r\n"))
        .is(304);
    assert_eq!(server.get("/health").is(200).text(), "ok\n");
    let metrics = server.get("/metrics").is(200).text();
    assert!(
        metrics.contains("scaffold_requests_total{method=\"GET\",status=\"404\"} 10"),
        "{metrics}"
    );
}

#[test]
fn a_long_archive_comes_whole() {
    let (_world, server, author) = scene("");
    // Words that do not compress away.
    let mut seed = 1_u64;
    let long: String = (0..1_500_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + (seed >> 33) as u8 % 90)
        })
        .collect();
    author.publish(&server, "acme/web", "1.0.0", &long).unwrap();
    let source = Http::open(&server.url).unwrap();
    let release = server.releases("acme/web").remove(0);
    assert!(release.size > 1_000_000, "{}", release.size);
    assert_eq!(
        *source.blob(&release).unwrap(),
        package("acme/web", "1.0.0", &long).1
    );
}

#[test]
fn bodies_that_lie_or_never_come_are_refused() {
    let (world, server, author) = scene("");
    let before = world.files("registry/v1");
    let put = |headers: &str, body: &str| {
        let answer = server.raw(format!(
            "PUT /api/v1/releases/acme/web/1.0.0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\n{headers}\r\n{body}",
            author.token
        ));
        String::from_utf8_lossy(&answer).into_owned()
    };
    for (headers, body, status) in [
        (
            "Transfer-Encoding: chunked\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            " 411 ",
        ),
        ("Content-Length: 99999999999\r\n", "", " 413 "),
        ("Content-Length: 4\r\n", "\u{7f}\u{7f}\u{7f}\u{7f}", " 422 "),
        ("Content-Length: 0\r\n", "", " 422 "),
        ("Content-Length: -1\r\n", "", " 400 "),
    ] {
        let answer = put(headers, body);
        assert!(answer.contains(status), "{headers}: {answer}");
    }
    // Who has no token is refused before anything is read.
    let start = Instant::now();
    let answer = server.raw(
        "PUT /api/v1/releases/acme/web/1.0.0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 60000000\r\n\r\nx",
    );
    assert!(String::from_utf8_lossy(&answer).contains(" 401 "));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(world.files("registry/v1"), before);
}

#[test]
fn a_head_or_a_body_that_trickles_in_is_cut_off() {
    let (_world, server, author) = scene("");
    let start = Instant::now();
    let slow = |request: String| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    thread::scope(|scope| {
        let head = scope.spawn(|| slow("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned()));
        let body = scope.spawn(|| {
            slow(format!(
                "PUT /api/v1/releases/acme/web/1.0.0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\nx",
                author.token
            ))
        });
        // Meanwhile others are answered.
        server.get("/health").is(200);
        let head = head.join().unwrap();
        assert!(head.is_empty() || head.contains(" 408 "), "{head}");
        let body = body.join().unwrap();
        assert!(body.contains(" 408 "), "{body}");
    });
    assert!(
        start.elapsed() < Duration::from_secs(50),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn whoever_asks_too_often_is_told_to_wait() {
    let (_world, server, author) = scene("--rate 3 --read-rate 5");
    let answers: Vec<_> = (0..20)
        .map(|_| server.get("/v1/config.json").status)
        .collect();
    assert!(
        answers.contains(&429) && answers.contains(&200),
        "{answers:?}"
    );
    thread::sleep(Duration::from_millis(1200));
    let guess = |_| {
        server
            .ask("GET", "/", "Authorization: Bearer scaffold_guess\r\n")
            .status
    };
    let answers: Vec<_> = (0..5).map(guess).collect();
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    drop(author);
}

#[test]
fn a_private_registry_answers_nobody_without_a_token() {
    let world = World::new();
    let author = Author::new(&world, "registry", "acme");
    let server = Server::start(&world, "registry", "--private");
    for path in [
        "/",
        "/v1/config.json",
        "/v1/index/acme/web",
        "/style.css",
        "/metrics",
        "/none",
    ] {
        server.get(path).is(401);
    }
    server.get("/health").is(200);
    let bearer = format!("Authorization: Bearer {}\r\n", author.token);
    let config = server.ask("GET", "/v1/config.json", &bearer).is(200);
    assert!(config.header("vary").contains("authorization"));
    author.put_keys(&server).unwrap();
    author.publish(&server, "acme/web", "1.0.0", "").unwrap();
    // A token that may only read, and a browser that knows passwords alone.
    let reader = world
        .scaffold("registry token new registry --name Bo")
        .succeeded();
    let bearer = format!("Authorization: Bearer {}\r\n", reader.stdout.trim_end());
    server.ask("GET", "/v1/index/acme/web", &bearer).is(200);
    let metrics = server.ask("GET", "/metrics", &bearer).is(200).text();
    assert!(metrics.contains("scaffold_requests_total"), "{metrics}");
    let page = server.get("/").is(401);
    assert!(page.header("www-authenticate").contains("basic"));
}

#[test]
fn pages_show_what_a_stranger_wrote_as_text() {
    let (_world, server, author) = scene("");
    let readme = "# Hello\n\n<script>alert(1)</script> <img src=x onerror=alert(1)> \n\n[x](javascript:alert(1)) **bold**\n";
    author
        .publish(&server, "acme/web", "1.0.0", readme)
        .unwrap();
    let list = server.get("/?q=web").is(200);
    assert!(
        list.text().contains("About &lt;b&gt;acme/web&lt;/b&gt;."),
        "{}",
        list.text()
    );
    let on = server.get("/packages/acme/web").is(303);
    assert_eq!(on.header("location"), "/packages/acme/web/1.0.0");
    let page = server.get("/packages/acme/web/1.0.0").is(200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains("allow-scripts"),
        "{policy}"
    );
    let text = page.text();
    for part in [
        "<h1>Hello</h1>",
        "<strong>bold</strong>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "docs/**",
        "It documents &lt;i&gt;things&lt;/i&gt;.",
        "scaffold add acme/web --registry acme=http://127.",
        "acme+",
        "sha256:",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for part in [
        "<script",
        "<img",
        "href=\"javascript",
        "onerror=alert(1)>",
        "<b>",
        "style=",
    ] {
        let found = text.replace("onerror=alert(1)&gt;", "").contains(part);
        assert!(!found, "{part}: {text}");
    }
    let attack = server
        .get("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        .is(200);
    assert!(!attack.text().contains("<script"), "{}", attack.text());
    server.get("/?q=%E2%80%AE&page=99999999999999").is(200);
    for path in [
        "/packages/acme/none",
        "/packages/acme/web/9.9.9",
        "/packages/ACME/web",
        "/packages/%2e%2e/x",
    ] {
        assert!(server.get(path).is(404).text().contains("<h1>"), "{path}");
    }
    let style = text
        .split("href=\"")
        .find(|part| part.starts_with("/style"))
        .unwrap();
    let style = server.get(style.split('"').next().unwrap()).is(200);
    assert!(style.header("content-type").starts_with("text/css"));
}

/// Publishers at two servers at the same moment: of one version exactly one wins and the others hear that it exists; of
/// different versions none is lost.
pub fn race(servers: &[Server], author: &Author, rounds: usize, publishers: usize) {
    for round in 0..rounds {
        let same = format!("1.0.{round}");
        let start = Barrier::new(publishers);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let publish = |n: usize| {
                let (server, same, start) = (&servers[n % servers.len()], &same, &start);
                scope.spawn(move || {
                    start.wait();
                    let own = author.publish(server, "acme/web", &format!("2.{round}.{n}"), "");
                    own.unwrap_or_else(|error| panic!("lost: {error}"));
                    author.publish(server, "acme/web", same, &format!("{n}"))
                })
            };
            let all: Vec<_> = (0..publishers).map(publish).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for one in lost {
            assert_eq!(code(one), "version-exists");
        }
        for server in servers {
            let listed = server.releases("acme/web");
            assert_eq!(listed.len(), (round + 1) * (publishers + 1));
            let source = Http::open(&server.url).unwrap();
            for release in &listed {
                let archive = source.blob(release).unwrap();
                assert_eq!(scaffold_registry::Digest::of(&archive), release.blob);
            }
        }
    }
}

#[test]
fn two_servers_of_one_folder_agree() {
    let world = World::new();
    let author = Author::new(&world, "registry", "acme");
    let servers = [0, 1].map(|_| Server::start(&world, "registry", "--rate 0"));
    author.put_keys(&servers[0]).unwrap();
    race(&servers, &author, 3, 6);
}

#[cfg(unix)]
#[test]
fn a_server_that_is_told_to_stop_ends_what_it_has_begun() {
    let (_world, mut server, author) = scene("");
    let (release, archive) = package("acme/web", "1.0.0", "");
    let note = Statement::signed(release, 1, &author.key)
        .unwrap()
        .to_note();
    let body = scaffold_registry::server::frame(&note, &archive).unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "PUT /api/v1/releases/acme/web/1.0.0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        author.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..body.len() / 2]).unwrap();
    thread::sleep(Duration::from_millis(300));
    server.signal(rustix::process::Signal::TERM);
    thread::sleep(Duration::from_millis(300));
    assert!(
        TcpStream::connect(server.address()).is_err(),
        "it takes new connections"
    );
    stream.write_all(&body[body.len() / 2..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(server.child.wait().unwrap().success());
}

#[cfg(unix)]
/// Killed at any moment of publishing, nothing half-made is to be had, and the next publish finishes it.
pub fn killed_while_publishing(
    world: &World,
    start: impl Fn() -> Server,
    author: &Author,
    rounds: u32,
) {
    let mut server = start();
    for round in 0..rounds {
        let version = format!("3.0.{round}");
        thread::scope(|scope| {
            let publishing = scope.spawn(|| author.publish(&server, "acme/web", &version, ""));
            // A little later each time, through all of what publishing does.
            thread::sleep(Duration::from_micros(u64::from(round) * 4000));
            server.signal(rustix::process::Signal::KILL);
            let _ = publishing.join().unwrap();
        });
        server = start();
        let source = Http::open(&server.url).unwrap();
        for release in server.releases("acme/web") {
            let archive = source.blob(&release).unwrap();
            assert_eq!(scaffold_registry::Digest::of(&archive), release.blob);
        }
        author.publish(&server, "acme/web", &version, "").unwrap();
        let listed = server.releases("acme/web");
        assert_eq!(
            listed.len() as u32,
            round + 1,
            "{}",
            world.read("server.log")
        );
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_is_killed_leaves_nothing_half_made() {
    let (world, server, author) = scene("");
    drop(server);
    killed_while_publishing(
        &world,
        || Server::start(&world, "registry", ""),
        &author,
        12,
    );
}

#[test]
fn what_cannot_be_served_is_told() {
    let world = World::new();
    world.write("thesis/text.txt", "x");
    for (line, why) in [
        (
            "registry serve thesis --listen 127.0.0.1:0",
            "holds no registry",
        ),
        (
            "registry serve ftp://x/y --listen 127.0.0.1:0",
            "expected a folder, s3://",
        ),
        (
            "registry serve r --listen 203.0.113.1:1",
            "cannot listen on 203.0.113.1:1",
        ),
        ("registry serve r --key none.pem", "cannot read"),
        (
            "registry token new r --name x --namespace A",
            "is no namespace",
        ),
        ("registry token revoke r 0123456789ab", "there is no token"),
    ] {
        let run = world.scaffold(line);
        assert!(run.code != Some(0) && run.stderr.contains(why), "{run}");
    }
}

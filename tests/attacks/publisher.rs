//! Whoever sends something to a server that publishes: without a right to, with a lie in it, without an end, or by an address
//! that leads elsewhere. Each request gets its answer, nothing of it is written, and whoever is honest is served as before.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use scaffold_registry::{
    Digest, Release, Statement,
    keys::{KeySet, SigningKey},
    server::frame,
};

use super::{archives, scene::clean};
use crate::{
    environment::World,
    registry_server::{Answer, Author, Server, package, scene},
};

const RELEASE: &str = "/api/v1/releases/acme/web/2.0.0";
const KEYS: &str = "/api/v1/namespaces/acme/2";
const YANK: &str = "/api/v1/yanks/acme/web/1.0.0";
const REASON: &[u8] = b"{\"reason\":\"x\"}";

/// A server of `acme`, which has published one version, and what its folder looks like.
struct Scene {
    world: World,
    server: Server,
    author: Author,
    before: crate::environment::Files,
}

impl Scene {
    fn new(more: &str) -> Self {
        let (world, server, author) = scene(&format!("--rate 0 {more}"));
        author
            .publish(&server, "acme/web", "1.0.0", "# Web")
            .unwrap();
        let before = world.files("registry");
        Self {
            world,
            server,
            author,
            before,
        }
    }

    /// A statement about 2.0.0 that is fine, and the archive.
    fn honest(&self) -> (Statement, Vec<u8>) {
        let (release, archive) = package("acme/web", "2.0.0", "");
        (
            Statement::signed(release, 1, &self.author.key).unwrap(),
            archive,
        )
    }

    fn body(&self) -> Vec<u8> {
        let (statement, archive) = self.honest();
        frame(&statement.to_note(), &archive).unwrap()
    }

    fn put(&self, path: &str, body: &[u8]) -> Answer {
        self.server.put(path, &self.author.token, body)
    }

    fn publish(&self, path: &str, statement: &Statement, archive: &[u8]) -> Answer {
        self.put(path, &frame(&statement.to_note(), archive).unwrap())
    }

    /// Not a byte of the storage is another one, nothing of a secret is in the log, and who is honest can publish.
    #[track_caller]
    fn is_untouched(&self) {
        let after = self.world.files("registry");
        let names = |files: &crate::environment::Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&after), names(&self.before));
        assert!(after == self.before, "a file was changed");
        let log = self.world.read("server.log");
        assert!(
            !log.contains(self.secret()) && !log.contains("panicked"),
            "{log}"
        );
        self.put(RELEASE, &self.body()).is(200);
        assert_eq!(self.server.releases("acme/web").len(), 2);
    }

    fn secret(&self) -> &str {
        self.author.token.rsplit('_').next().unwrap()
    }

    fn token(&self, more: &str) -> String {
        let line = format!("registry token new registry --name Eve {more}");
        self.world
            .scaffold(&line)
            .succeeded()
            .stdout
            .trim_end()
            .to_owned()
    }

    fn id<'a>(&self, token: &'a str) -> &'a str {
        token.split('_').nth(1).unwrap()
    }

    /// Nothing that a token is needed for is done for whoever says this.
    #[track_caller]
    fn knows_nobody(&self, query: &str, header: &str, status: u16) {
        for (method, path, body) in [
            ("PUT", RELEASE, &*self.body()),
            ("PUT", KEYS, b"x"),
            ("PUT", YANK, REASON),
            ("DELETE", YANK, b""),
        ] {
            let length = body.len();
            let head = format!(
                "{method} {path}{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}Content-Length: {length}\r\n\r\n"
            );
            let answer = Answer::read(&self.server.raw([head.as_bytes(), body].concat()));
            assert!(!answer.text().contains(self.secret()), "{}", answer.text());
            answer.is(status);
        }
    }
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn no_token_or_one_that_nobody_gave() {
    let scene = Scene::new("");
    let token = &scene.author.token;
    scene.knows_nobody("", "", 401);
    for wrong in [
        String::new(),
        "x".repeat(10_000),
        format!("{}0", &token[..token.len() - 1]),
        token.replace(scene.secret(), &"0".repeat(64)),
        token.replace(scene.id(token), "../tokens/x"),
        format!("{token} {token}"),
        "\u{ff}\u{fe}".to_owned(),
    ] {
        if wrong != *token {
            scene.knows_nobody("", &bearer(&wrong), 401);
        }
    }
    scene.is_untouched();
}

#[test]
fn a_token_where_none_belongs() {
    let scene = Scene::new("");
    let token = &scene.author.token;
    for header in [
        format!("Cookie: token={token}\r\n"),
        format!("X-Token: {token}\r\n"),
        format!("Proxy-Authorization: Bearer {token}\r\n"),
    ] {
        scene.knows_nobody("", &header, 401);
    }
    scene.knows_nobody(&format!("?token={token}"), "", 401);
    scene.knows_nobody(&format!("?access_token={token}"), "", 401);
    scene.is_untouched();
}

#[test]
fn a_token_that_has_ended() {
    let scene = Scene::new("");
    let token = scene.token("--namespace acme");
    let file = format!("registry/private/tokens/{}.json", scene.id(&token));
    let mut kept: serde_json::Value = serde_json::from_str(&scene.world.read(&file)).unwrap();
    kept["expires"] = "2020-01-01T00:00:00Z".into();
    scene.world.write(&file, kept.to_string());
    scene.knows_nobody("", &bearer(&token), 401);
    std::fs::remove_file(scene.world.path(&file)).unwrap();
    scene.is_untouched();
}

#[test]
fn a_token_that_was_taken_back() {
    let scene = Scene::new("");
    let token = scene.token("--namespace acme");
    scene
        .world
        .scaffold(&format!(
            "registry token revoke registry {}",
            scene.id(&token)
        ))
        .succeeded();
    scene.knows_nobody("", &bearer(&token), 401);
    scene.is_untouched();
}

#[test]
fn a_token_for_something_else() {
    let mut scene = Scene::new("");
    let tokens =
        ["--namespace other --namespace acm --namespace acmee", ""].map(|more| scene.token(more));
    scene.before = scene.world.files("registry");
    for token in tokens {
        scene.knows_nobody("", &bearer(&token), 403);
    }
    scene.is_untouched();
}

#[test]
fn bodies_without_end() {
    let scene = Scene::new("");
    let head = |path: &str, length: &str| {
        let bearer = bearer(&scene.author.token);
        format!("PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}{length}\r\n\r\n")
    };
    for path in [RELEASE, KEYS] {
        Answer::read(&scene.server.raw(head(path, "Content-Length: 99999999999"))).is(413);
        Answer::read(
            &scene
                .server
                .raw(head(path, "Content-Length: 99999999999999999999999999")),
        )
        .is(400);
    }
    let chunks = "2000\r\n".to_owned() + &" ".repeat(0x2000) + "\r\n";
    for (path, status) in [(RELEASE, 411), (KEYS, 411), (YANK, 413)] {
        let mut stream = TcpStream::connect(scene.server.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream
            .write_all(head(path, "Transfer-Encoding: chunked").as_bytes())
            .unwrap();
        // Until the other end has had enough.
        for _ in 0..100 {
            if stream.write_all(chunks.as_bytes()).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // Whoever does not stop may lose the answer with the connection.
        if !answer.is_empty() {
            Answer::read(&answer).is(status);
        }
    }
    scene.put(KEYS, &vec![b' '; 1 << 20]).is(413);
    scene.put(YANK, &vec![b' '; 1 << 20]).is(413);
    scene.is_untouched();
}

#[test]
fn frames_that_lie() {
    let scene = Scene::new("");
    let (statement, archive) = scene.honest();
    let note = statement.to_note();
    let pieces = |note_length: u32, archive_length: u32| {
        let (one, other) = (note_length.to_le_bytes(), archive_length.to_le_bytes());
        [&one[..], note.as_bytes(), &other[..], &archive].concat()
    };
    let (long, short) = (note.len() as u32, archive.len() as u32);
    for body in [
        Vec::new(),
        vec![0; 7],
        vec![0; 8],
        u32::MAX.to_le_bytes().to_vec(),
        pieces(u32::MAX, short),
        pieces(long, u32::MAX),
        pieces(long + 1, short),
        pieces(long - 1, short),
        pieces(long, short - 1),
        pieces(long, short + 1),
        [pieces(long, short), vec![0]].concat(),
        pieces(long, short)[..40].to_vec(),
        [
            &1_u32.to_le_bytes()[..],
            b"\xff",
            &short.to_le_bytes()[..],
            &archive,
        ]
        .concat(),
    ] {
        scene.put(RELEASE, &body).is(422);
    }
    scene.is_untouched();
}

#[test]
fn a_body_that_breaks_off() {
    let scene = Scene::new("");
    let body = scene.body();
    for cut in [0, 1, body.len() / 2, body.len() - 1] {
        let mut stream = TcpStream::connect(scene.server.address()).unwrap();
        let head = format!(
            "PUT {RELEASE} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n",
            bearer(&scene.author.token),
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body[..cut]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.contains(" 200 "), "{cut}: {answer}");
    }
    scene.is_untouched();
}

/// What a proxy in front may read as two requests, or one as another.
#[test]
fn requests_that_can_be_read_in_two_ways() {
    let scene = Scene::new("");
    let body = scene.body();
    let length = body.len();
    let bearer = bearer(&scene.author.token);
    for headers in [
        format!("Content-Length: {length}\r\nContent-Length: 5"),
        format!("Content-Length: 5\r\nContent-Length: {length}"),
        format!("Content-Length: {length}, 5"),
        format!("Content-Length: +{length}"),
        format!("Content-Length: 0x{length:x}"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: identity, chunked"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: xchunked"),
        format!("Content-Length : {length}"),
        format!("Content-Length: {length}\r\n X: folded"),
        format!("Content-Length: {length}\r\nX: a\0b"),
        format!("Content-Length: {length}\r\nX\u{e9}: a"),
        format!(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: {length}"
        ),
    ] {
        let head = format!("PUT {RELEASE} HTTP/1.1\r\nHost: x\r\n{bearer}{headers}\r\n\r\n");
        let answer = scene.server.raw(
            [
                head.as_bytes(),
                &body,
                b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            ]
            .concat(),
        );
        let text = String::from_utf8_lossy(&answer);
        assert!(text.matches("HTTP/1.1 ").count() <= 1, "{headers}: {text}");
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 4"),
            "{headers}: {text}"
        );
    }
    scene.is_untouched();
}

#[test]
fn names_and_versions_that_are_paths() {
    let mut scene = Scene::new("");
    let token = scene.token("--namespace acme");
    scene.before = scene.world.files("registry");
    let body = scene.body();
    let mut paths: Vec<String> = Vec::new();
    for part in [
        "..",
        ".",
        "",
        "%2e%2e",
        "%2E%2E%2fx",
        "..%2f..%2fprivate",
        "%2f",
        "%5c..%5cx",
        "%00",
        "web%00",
        "Web",
        "w%c3%a9b",
        "%ff",
        "web%20",
        "web%0a",
        "web..",
        "~",
        "a:b",
        "con",
        "%e2%80%ae",
        "..;x",
        "web%252f",
    ] {
        paths.push(format!("/api/v1/releases/acme/{part}/2.0.0"));
        paths.push(format!("/api/v1/releases/{part}/web/2.0.0"));
        paths.push(format!("/api/v1/releases/acme/web/{part}"));
        paths.push(format!("/api/v1/yanks/acme/{part}/1.0.0"));
        paths.push(format!("/api/v1/yanks/acme/web/{part}"));
        paths.push(format!("/api/v1/namespaces/{part}/2"));
        paths.push(format!("/api/v1/namespaces/acme/{part}"));
    }
    for version in [
        "2.0.0+x",
        "2.0.0+..%2fx",
        "02.0.0",
        "2.0",
        "2.0.0-%2e%2e%2f",
        "2.0.0-A",
        "99999999999999999999.0.0",
    ] {
        paths.push(format!("/api/v1/releases/acme/web/{version}"));
        paths.push(format!("/api/v1/yanks/acme/web/{version}"));
    }
    for number in ["0", "-1", "4294967296", "2.note", "1e1"] {
        paths.push(format!("/api/v1/namespaces/acme/{number}"));
    }
    let long = "a".repeat(5000);
    paths.push(format!("/api/v1/releases/acme/{long}/2.0.0"));
    paths.push(format!("/api/v1/releases/acme/web/2.0.0-{long}"));
    for path in paths {
        let answer = scene.server.put(&path, &token, &body);
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {}",
            answer.head
        );
        assert!(!answer.text().contains("registry/"), "{}", answer.text());
    }
    scene.is_untouched();
}

#[test]
fn a_package_that_is_not_the_one_of_the_address() {
    let scene = Scene::new("");
    let (statement, archive) = scene.honest();
    for path in [
        "/api/v1/releases/acme/web/2.0.1",
        "/api/v1/releases/acme/wep/2.0.0",
    ] {
        scene.publish(path, &statement, &archive).is(422);
    }
    // A statement that fits the address, about an archive that does not.
    for (name, version) in [("acme/wep", "2.0.0"), ("acme/web", "2.0.1")] {
        let (_, other) = package(name, version, "");
        scene.publish(RELEASE, &statement, &other).is(422);
        let release = of(&statement.release, &other);
        let lie = Statement::signed(release, 1, &scene.author.key).unwrap();
        scene.publish(RELEASE, &lie, &other).is(422);
    }
    for change in [
        |release: &mut Release| release.summary = "Another.".to_owned(),
        |release: &mut Release| release.writes.clear(),
        |release: &mut Release| release.size += 1,
        |release: &mut Release| release.tree = Digest::of(b"x"),
        |release: &mut Release| release.imports = vec!["wasi:cli/run".to_owned()],
        |release: &mut Release| release.yanked = Some("x".to_owned()),
    ] {
        let mut release = statement.release.clone();
        change(&mut release);
        let lie = Statement::signed(release, 1, &scene.author.key);
        // Some of it no author can say at all.
        let Ok(lie) = lie else { continue };
        if lie.release != statement.release {
            scene.publish(RELEASE, &lie, &archive).is(422);
        }
    }
    scene.is_untouched();
}

/// What a release says, about these bytes.
fn of(release: &Release, archive: &[u8]) -> Release {
    Release {
        blob: Digest::of(archive),
        size: archive.len() as u64,
        ..release.clone()
    }
}

#[test]
fn a_statement_that_nobody_may_make() {
    let scene = Scene::new("");
    let (statement, archive) = scene.honest();
    let release = statement.release;
    let stranger = SigningKey::generate("acme").unwrap();
    let signed = |set, key: &SigningKey| Statement::signed(release.clone(), set, key).unwrap();
    for statement in [
        Statement::unsigned(release.clone()).unwrap(),
        signed(1, &stranger),
        signed(0, &scene.author.key),
        signed(2, &scene.author.key),
        signed(u32::MAX, &scene.author.key),
    ] {
        let answer = scene.publish(RELEASE, &statement, &archive).is(403);
        assert!(answer.text().contains("\"signature\""), "{}", answer.text());
    }
    // A note with something of another kind behind it.
    for end in [
        "\n",
        "x",
        "\u{2014} acme x\n",
        "\n\u{2014} acme+00000000+AAAA AAAA\n",
    ] {
        let note = signed(1, &scene.author.key).to_note() + end;
        let answer = scene.put(RELEASE, &frame(&note, &archive).unwrap());
        assert!(
            matches!(answer.status, 403 | 422),
            "{end:?}: {}",
            answer.text()
        );
    }
    scene.is_untouched();
}

#[test]
fn a_key_that_was_revoked() {
    let scene = Scene::new("");
    let (old, new) = (&scene.author.key, SigningKey::generate("acme").unwrap());
    let next = KeySet::first(old).unwrap().rotate(old, &new, true).unwrap();
    scene.put(KEYS, next.to_note().as_bytes()).is(200);
    let before = scene.world.files("registry");
    let (release, archive) = package("acme/web", "2.0.0", "");
    for set in [1, 2] {
        let statement = Statement::signed(release.clone(), set, old).unwrap();
        let answer = scene.publish(RELEASE, &statement, &archive).is(403);
        assert!(answer.text().contains("\"signature\""), "{}", answer.text());
    }
    // Nor may it name the next keys, by a second set of its own.
    let keys = [0, 1].map(|_| SigningKey::generate("acme").unwrap());
    let theirs = KeySet::first(old)
        .unwrap()
        .rotate(old, &keys[0], false)
        .unwrap();
    scene.put(KEYS, theirs.to_note().as_bytes()).is(409);
    let third = theirs.rotate(&keys[0], &keys[1], false).unwrap();
    scene
        .put("/api/v1/namespaces/acme/3", third.to_note().as_bytes())
        .is(403);
    assert!(scene.world.files("registry") == before);
    let statement = Statement::signed(release, 2, &new).unwrap();
    scene.publish(RELEASE, &statement, &archive).is(200);
}

#[test]
fn key_sets_that_nobody_may_make() {
    let scene = Scene::new("");
    let (mine, stranger) = (&scene.author.key, SigningKey::generate("acme").unwrap());
    let first = KeySet::first(mine).unwrap();
    let theirs = KeySet::first(&stranger).unwrap();
    let second = theirs
        .rotate(&stranger, &SigningKey::generate("acme").unwrap(), false)
        .unwrap();
    let other = KeySet::first(&SigningKey::generate("other").unwrap()).unwrap();
    let next = first.rotate(mine, &stranger, false).unwrap().to_note();
    let unsigned = next.split_inclusive('\n').take(2).collect::<String>();
    for (number, note, status) in [
        (1, theirs.to_note(), 409),
        (2, second.to_note(), 403),
        (3, next.replace("\"number\":2", "\"number\":3"), 422),
        (2, first.to_note(), 422),
        (2, other.to_note(), 422),
        (2, unsigned, 422),
        (2, next.replace("\u{2014}", "-"), 422),
        (2, String::new(), 422),
    ] {
        let answer = scene.put(
            &format!("/api/v1/namespaces/acme/{number}"),
            note.as_bytes(),
        );
        assert_eq!(answer.status, status, "{number} {note}: {}", answer.text());
    }
    // A set that follows none.
    let third = {
        let (a, b) = (
            SigningKey::generate("acme").unwrap(),
            SigningKey::generate("acme").unwrap(),
        );
        let second = first.rotate(mine, &a, false).unwrap();
        second.rotate(&a, &b, false).unwrap()
    };
    let answer = scene.put("/api/v1/namespaces/acme/3", third.to_note().as_bytes());
    assert_eq!(answer.status, 409, "{}", answer.text());
    scene.is_untouched();
}

const FOUL: &str =
    "\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{202e}<script>alert(1)</script>\"'><img src=x>\r\n";

#[test]
fn a_reason_that_steers_a_terminal_or_a_page() {
    let scene = Scene::new("");
    let url = format!("acme={}", scene.server.url);
    let run = |line: &str| scene.world.scaffold(&format!("{line} --registry {url}"));
    let reason = FOUL.to_owned() + &"x".repeat(1000);
    let body = serde_json::json!({ "reason": reason, "security": true }).to_string();
    let answer = scene.put(YANK, body.as_bytes()).is(200);
    for text in [
        answer.text(),
        scene.server.get("/v1/index/acme/web").text(),
        scene.server.get("/v1/yanks/acme/web/1.0.0.json").text(),
    ] {
        assert!(
            !text.contains(|c: char| c.is_control() && c != '\n') && text.lines().count() == 1,
            "{text}"
        );
        assert!(text.len() < 3000, "{text}");
    }
    let page = scene.server.get("/packages/acme/web/1.0.0").is(200).text();
    assert!(
        page.contains("Dangerous") && page.contains("&lt;script&gt;"),
        "{page}"
    );
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    assert!(!page.contains(['\u{1b}', '\u{202e}']), "{page}");
    for line in [
        "info acme/web@1.0.0",
        "search web",
        "new acme/web shop --defaults",
    ] {
        clean(&run(line));
    }
    for body in [
        "",
        "{}",
        "[]",
        "{\"reason\":1}",
        "{\"reason\":\"x\",\"security\":\"yes\"}",
        "\"x\"",
        "{\"reason\":\"\u{0}\"}",
    ] {
        scene.put(YANK, body.as_bytes()).is(422);
    }
    scene.put(YANK, "[".repeat(8000).as_bytes()).is(422);
}

#[test]
fn other_bytes_under_a_version_that_is_there() {
    let mut scene = Scene::new("");
    let (release, archive) = package("acme/web", "1.0.0", "other");
    let statement = Statement::signed(release, 1, &scene.author.key).unwrap();
    let again = |scene: &Scene| {
        let answer = scene
            .publish("/api/v1/releases/acme/web/1.0.0", &statement, &archive)
            .is(409);
        assert!(
            answer.text().contains("version-exists"),
            "{}",
            answer.text()
        );
    };
    again(&scene);
    scene.put(YANK, REASON).is(200);
    scene.before = scene.world.files("registry");
    again(&scene);
    scene.is_untouched();
}

#[test]
fn archives_that_no_package_may_be() {
    let scene = Scene::new("");
    let author = Author::new(&scene.world, "registry", "evil");
    author.put_keys(&scene.server).unwrap();
    let before = scene.world.files("registry");
    let send = |archive: &[u8]| {
        let (release, _) = package("evil/x", "1.0.0", "");
        let statement = Statement::signed(of(&release, archive), 1, &author.key).unwrap();
        let body = frame(&statement.to_note(), archive).unwrap();
        scene
            .server
            .put("/api/v1/releases/evil/x/1.0.0", &author.token, &body)
    };
    for (archive, why) in archives::hostile() {
        let answer = send(&archive).is(422);
        assert!(answer.text().contains(why), "{why}: {}", answer.text());
    }
    assert!(scene.world.files("registry") == before);
    let (release, archive) = package("evil/x", "1.0.0", "");
    assert_eq!(of(&release, &archive), release);
    send(&archive).is(200);
}

#[test]
fn what_is_private_in_every_spelling() {
    let scene = Scene::new("");
    let id = scene.id(&scene.author.token);
    let file = format!("private/tokens/{id}.json");
    let kept = scene.world.read(&format!("registry/{file}"));
    let hash = &kept[kept.find("sha256:").unwrap()..][..40];
    let escaped = file.replace('/', "%2f");
    let paths = [
        "/",
        "//",
        "/./",
        "/v1/../",
        "/v1/%2e%2e/",
        "/v1/%2E./",
        "/v1/..%2f",
        "/v1/..%5c",
        "/v1/..;/",
        "/v1//../",
        "/v1/index/../../",
        "/v1/index/acme/../../../",
        "/v1/releases/acme/web/../../../../",
        "/v1/%252e%252e/",
        "/v1/%c0%ae%c0%ae/",
        "/v1\\..\\",
        "/v1/",
        "/api/v1/../../",
        "/packages/../",
        "/v1/search/../../",
        "/v1/blobs/sha256/../../../",
    ];
    for before in paths {
        for file in [
            file.clone(),
            escaped.clone(),
            file.to_uppercase(),
            file.replacen('p', "%70", 1),
            format!("{file}%00"),
            format!("{file}/"),
        ] {
            for method in ["GET", "HEAD"] {
                let target = format!("{before}{file}");
                let answer = scene
                    .server
                    .ask(method, &target, &bearer(&scene.author.token));
                assert!(
                    matches!(answer.status, 400 | 404),
                    "{target}: {}",
                    answer.head
                );
                assert!(!answer.text().contains(hash), "{target}");
            }
        }
    }
    for target in [
        format!("http://x/{file}"),
        format!("http://x/v1/../{file}"),
        format!("file:///{file}"),
        "*".to_owned(),
        file.clone(),
    ] {
        let answer = scene.server.raw(format!(
            "GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ));
        let text = String::from_utf8_lossy(&answer);
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 4"),
            "{target}: {text}"
        );
    }
    let listed =
        scene.server.get("/v1/index/acme/web").text() + &scene.server.get("/metrics").text();
    assert!(!listed.contains(hash) && !listed.contains(id));
    scene.is_untouched();
}

#[test]
fn methods_nobody_asked_for() {
    let scene = Scene::new("");
    let bearer = bearer(&scene.author.token);
    let secret = format!(
        "{bearer}Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\nX-Method-Override: DELETE\r\n"
    );
    for path in [
        "/",
        "/v1/config.json",
        "/v1/index/acme/web",
        YANK,
        RELEASE,
        KEYS,
        "/health",
        "/packages/acme/web/1.0.0",
    ] {
        for method in [
            "TRACE", "OPTIONS", "CONNECT", "PATCH", "POST", "PROPFIND", "MOVE", "get", "GETT",
        ] {
            let answer = scene.server.ask(method, path, &secret);
            assert!(
                (400..500).contains(&answer.status),
                "{method} {path}: {}",
                answer.head
            );
            assert!(
                !answer.text().contains(scene.secret()),
                "{method} {path}: it is sent back"
            );
            assert!(!answer.head.contains("access-control"), "{}", answer.head);
        }
    }
    for path in ["/v1/config.json", "/v1/index/acme/web", RELEASE, KEYS] {
        let answer = scene.server.ask("DELETE", path, &bearer);
        assert_eq!(answer.status, 405, "{path}: {}", answer.head);
    }
    scene
        .server
        .put("/v1/config.json", &scene.author.token, b"{}")
        .is(405);
    scene.is_untouched();
}

#[test]
fn heads_without_end() {
    let scene = Scene::new("");
    for head in [
        "X: y\r\n".repeat(1000),
        format!("X: {}\r\n", "y".repeat(1 << 20)),
        format!("{}: y\r\n", "x".repeat(1 << 20)),
    ] {
        let answer = scene
            .server
            .raw(format!("GET / HTTP/1.1\r\nHost: x\r\n{head}\r\n"));
        let text = String::from_utf8_lossy(&answer);
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 431"),
            "{text}"
        );
    }
    for line in [
        format!("GET /{} HTTP/1.1", "x".repeat(1 << 20)),
        format!("{} / HTTP/1.1", "X".repeat(1 << 20)),
        "\r\n".repeat(1 << 20),
    ] {
        let answer = scene.server.raw(format!("{line}\r\nHost: x\r\n\r\n"));
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    scene.is_untouched();
}

/// More than there is room for, who say nothing or not all of it and do not go away.
#[test]
fn connections_that_say_nothing() {
    let scene = Scene::new("--connections 100");
    let address = scene.server.address();
    let mut held = Vec::new();
    for number in 0..1000 {
        let mut stream = TcpStream::connect(address).unwrap();
        let said = [
            "",
            "GET / HT",
            "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
            "PUT / HTTP/1.1\r\nX: ",
        ];
        let _ = stream.write_all(said[number % said.len()].as_bytes());
        held.push(stream);
        if number % 200 == 199 {
            let asked = Instant::now();
            scene.server.get("/v1/index/acme/web").is(200);
            // A connection may be silent for twice as long.
            assert!(
                asked.elapsed() < Duration::from_secs(7),
                "{number}: {asked:?}"
            );
        }
    }
    scene.is_untouched();
}

/// As large as may be, by one who has a right to publish, and never sent.
#[test]
fn bodies_that_never_come() {
    let scene = Scene::new("");
    let held: Vec<_> = (0..16)
        .map(|_| {
            let mut stream = TcpStream::connect(scene.server.address()).unwrap();
            let bearer = bearer(&scene.author.token);
            let head = format!(
                "PUT {RELEASE} HTTP/1.1\r\nHost: x\r\n{bearer}Content-Length: 64000000\r\n\r\nx"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // Until they have taken what they get.
    thread::sleep(Duration::from_millis(300));
    let other = Author::new(&scene.world, "registry", "other");
    other.put_keys(&scene.server).unwrap();
    let asked = Instant::now();
    other
        .publish(&scene.server, "other/x", "1.0.0", "")
        .unwrap();
    // A body may make a pause for twice as long.
    assert!(asked.elapsed() < Duration::from_secs(7), "{asked:?}");
    drop(held);
    assert_eq!(scene.server.releases("acme/web").len(), 1);
}

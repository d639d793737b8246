//! A server as a process, an author, and what they say to each other.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    time::Duration,
};

use scaffold_registry::{
    Access, Address, Http, Package, Release, Source as _, Statement, Token,
    api::{Api, ApiError},
    archive::{Entry, Files},
    keys::{KeySet, SigningKey},
};

use crate::environment::{World, loopback};

/// A server of a world's registry; killed with the test.
pub struct Server {
    pub(super) child: Child,
    pub url: String,
}

impl Server {
    /// Serves `place` with these options more, on a port of its own.
    #[track_caller]
    pub fn start(world: &World, place: &str, more: &str) -> Self {
        Self::start_with(world, place, more, &[])
    }

    #[track_caller]
    pub fn start_with(world: &World, place: &str, more: &str, env: &[(&str, &str)]) -> Self {
        Self::start_at(world, loopback(), place, more, env)
    }

    /// On this address and port.
    #[track_caller]
    pub fn start_at(
        world: &World,
        at: SocketAddr,
        place: &str,
        more: &str,
        env: &[(&str, &str)],
    ) -> Self {
        let line = format!("registry serve {place} --listen {at} {more}");
        let words: Vec<_> = line.split_whitespace().collect();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(world.path("server.log"))
            .unwrap();
        let mut child = world
            .command(&words)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let url = first.trim_end().rsplit(' ').next().unwrap().to_owned();
        assert!(
            url.starts_with("http://"),
            "{first}{}",
            world.read("server.log")
        );
        Self { child, url }
    }

    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// One request as it is written here, and all of the answer.
    pub fn raw(&self, request: impl AsRef<[u8]>) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let _ = stream.write_all(request.as_ref());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// The answer to a request without a body.
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let answer = self.raw(format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
        ));
        Answer::read(&answer)
    }

    /// The answer to a request with a body of this token's.
    pub fn put(&self, path: &str, token: &str, body: &[u8]) -> Answer {
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        Answer::read(&self.raw([head.as_bytes(), body].concat()))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// The publishing side, for who has this token.
    pub fn api(&self, token: &str) -> Result<Api, ApiError> {
        let access = Access {
            token: Token::parse(token),
            ..Access::default()
        };
        Api::of(&Address::parse(&self.url).unwrap(), access)
    }

    pub fn releases(&self, name: &str) -> Vec<Release> {
        let source = Http::open(&self.url).unwrap();
        source.releases(&name.parse().unwrap()).unwrap()
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal)
            .unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub fn read(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {text}"));
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: answer[end + 4..].to_vec(),
        }
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_else(|| panic!("no {name}: {}", self.head))
    }
}

/// A namespace's author: a key, and a token of the registry.
pub struct Author {
    pub key: SigningKey,
    pub token: String,
}

impl Author {
    /// With a token of the registry at `place`; the key set is not yet there.
    pub fn new(world: &World, place: &str, namespace: &str) -> Self {
        Self::with_env(world, place, namespace, &[])
    }

    pub fn with_env(world: &World, place: &str, namespace: &str, env: &[(&str, &str)]) -> Self {
        let line = format!("registry token new {place} --name Ann --namespace {namespace}");
        let words: Vec<_> = line.split_whitespace().collect();
        let mut command = world.command(&words);
        command.envs(env.iter().copied());
        let made = world.finish(command).succeeded();
        Self {
            key: SigningKey::generate(namespace).unwrap(),
            token: made.stdout.trim_end().to_owned(),
        }
    }

    pub fn put_keys(&self, server: &Server) -> Result<(), ApiError> {
        let set = KeySet::first(&self.key).unwrap();
        server
            .api(&self.token)?
            .put_keys(set.namespace(), 1, &set.to_note())
    }

    pub fn publish(
        &self,
        server: &Server,
        name: &str,
        version: &str,
        text: &str,
    ) -> Result<(), ApiError> {
        let (release, archive) = package(name, version, text);
        let statement = Statement::signed(release, 1, &self.key).unwrap();
        self.send(server, &statement, &archive)
    }

    pub fn send(
        &self,
        server: &Server,
        statement: &Statement,
        archive: &[u8],
    ) -> Result<(), ApiError> {
        let release = &statement.release;
        let note = statement.to_note();
        server
            .api(&self.token)?
            .publish(&release.name, &release.version, &note, archive)
    }
}

/// A package run by an engine, with this README.
pub fn package(name: &str, version: &str, readme: &str) -> (Release, Vec<u8>) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nkind = \"module\"\nsummary = \"About <b>{name}</b>.\"\n\
         license = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n[[writes]]\npattern = \"docs/**\"\nreason = \"It documents <i>things</i>.\"\n"
    );
    let file = |text: &str| Entry {
        bytes: text.as_bytes().to_vec(),
        executable: false,
    };
    let files = Files::from([
        ("scaffold.toml".to_owned(), file(&manifest)),
        ("README.md".to_owned(), file(readme)),
        ("template/hello.txt".to_owned(), file("Hello.\n")),
    ]);
    let archive = Package::pack(&files).unwrap();
    let release = Package::read(&archive).unwrap().release(&[]);
    (release, archive)
}

/// What the server calls the reason of a refusal.
#[track_caller]
pub fn code(result: Result<(), ApiError>) -> String {
    match result {
        Err(ApiError::Refused { code, .. }) => code.unwrap_or_default(),
        other => panic!("not refused: {other:?}"),
    }
}

/// A world with a served registry, and an author who may publish to `acme`.
pub fn scene(more: &str) -> (World, Server, Author) {
    let world = World::new();
    let author = Author::new(&world, "registry", "acme");
    let server = Server::start(&world, "registry", more);
    author.put_keys(&server).unwrap();
    (world, server, author)
}

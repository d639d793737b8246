//! A web server on this machine, as static hosting is: the files of a folder, with tags, kept connections, packed for whoever
//! asks. It keeps a record of what it was asked, and ends with the process of the test.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use scaffold_registry::Digest;

use crate::environment::loopback;

/// Long against everything else a request takes here.
const WAY: Duration = Duration::from_millis(150);

/// A request as it came in, and what became of it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub status: String,
    began: Instant,
    ended: Instant,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(header, _)| header == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

/// What to answer instead of the file: the status with further headers, and the body; none to break off.
pub type Instead = Option<(String, Vec<u8>)>;
type Answer = dyn Fn(&Asked) -> Option<Instead> + Send + Sync;

pub struct Web {
    pub url: String,
    log: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

impl Web {
    /// The files of a folder.
    pub fn of(root: PathBuf) -> Self {
        Self::with(root, |_| None)
    }

    /// The files of a folder, but for what `answer` has something else for.
    pub fn with(
        root: PathBuf,
        answer: impl Fn(&Asked) -> Option<Instead> + Send + Sync + 'static,
    ) -> Self {
        Self::after(WAY, root, answer)
    }

    /// The same, a longer or shorter way away.
    pub fn after(
        way: Duration,
        root: PathBuf,
        answer: impl Fn(&Asked) -> Option<Instead> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(loopback()).unwrap();
        let web = Self {
            url: format!("http://{}/", listener.local_addr().unwrap()),
            log: Arc::default(),
            connections: Arc::default(),
        };
        let (log, connections) = (Arc::clone(&web.log), Arc::clone(&web.connections));
        let answer: Arc<Answer> = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (log, answer, root) = (Arc::clone(&log), Arc::clone(&answer), root.clone());
                thread::spawn(move || serve(stream, way, &root, &*answer, &log));
            }
        });
        web
    }

    /// The files of a folder over TLS, as `registry.example`; where it really is.
    pub fn secure(root: PathBuf) -> SocketAddr {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
        let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key"));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.unwrap()], key.unwrap());
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let (stream, root) = (rustls::StreamOwned::new(session, stream), root.clone());
                thread::spawn(move || serve(stream, WAY, &root, &|_| None, &Mutex::default()));
            }
        });
        at
    }

    /// One that nobody answers for.
    pub fn gone() -> Self {
        Self {
            url: "http://127.0.0.1:9/".to_owned(),
            log: Arc::default(),
            connections: Arc::default(),
        }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What was asked since the last look, in the order in which it ended.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    /// What was asked since the last look, a line each, by rounds: what did not wait for an answer to something else is in
    /// one round.
    pub fn rounds(&self) -> String {
        let mut asked = self.asked();
        asked.sort_by_key(|asked| asked.began);
        let mut rounds: Vec<usize> = Vec::new();
        for one in &asked {
            let before = asked.iter().zip(&rounds);
            let waited_for = before.filter(|(other, _)| other.ended <= one.began);
            rounds.push(1 + waited_for.map(|(_, round)| *round).max().unwrap_or(0));
        }
        let lines = asked.iter().zip(rounds).map(|(asked, round)| {
            let blob = asked.path.split_once("/sha256/").map(|(before, _)| before);
            let path = blob.map_or(asked.path.clone(), |before| format!("{before}/…"));
            format!("{round}  {}  {} {path}\n", &asked.status[..3], asked.method)
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines.concat()
    }
}

/// Answers what comes in over a connection until it ends.
fn serve(
    stream: impl Read + Write,
    way: Duration,
    root: &Path,
    answer: &Answer,
    log: &Mutex<Vec<Asked>>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(mut asked) = read(&mut stream) {
        thread::sleep(way);
        let instead = answer(&asked).unwrap_or_else(|| Some(file(root, &asked)));
        let broken_off = instead.is_none();
        let (status, body) = instead.unwrap_or_else(|| ("000".to_owned(), Vec::new()));
        asked.status.clone_from(&status);
        asked.ended = Instant::now();
        log.lock().unwrap().push(asked);
        if broken_off {
            return;
        }
        let length = body.len();
        let mut whole =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        whole.extend(body);
        let out = stream.get_mut();
        if out.write_all(&whole).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<impl Read>) -> Option<Asked> {
    let mut lines = reader.by_ref().lines().map_while(Result::ok);
    let first = lines.next()?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked {
        method: words.next()?,
        path: words.next()?,
        headers: Vec::new(),
        body: Vec::new(),
        status: String::new(),
        began: Instant::now(),
        ended: Instant::now(),
    };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        asked.headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = asked.header("content-length").unwrap_or("0").parse().ok()?;
    reader
        .by_ref()
        .take(length)
        .read_to_end(&mut asked.body)
        .ok()?;
    Some(asked)
}

/// The file of a path, as a good server sends it.
pub fn file(root: &Path, asked: &Asked) -> (String, Vec<u8>) {
    let Ok(bytes) = fs::read(root.join(asked.path.trim_start_matches('/'))) else {
        return (
            "404 Not Found".to_owned(),
            b"there is nothing here".to_vec(),
        );
    };
    let tag = format!("\"{}\"", &Digest::of(&bytes).hex()[..8]);
    let status = format!("200 OK\r\nETag: {tag}");
    if asked.header("if-none-match") == Some(&tag) {
        return (format!("304 Not Modified\r\nETag: {tag}"), Vec::new());
    }
    if asked.header("accept-encoding") == Some("gzip") {
        return (
            format!("{status}\r\nContent-Encoding: gzip"),
            gzipped(&bytes),
        );
    }
    (status, bytes)
}

pub fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

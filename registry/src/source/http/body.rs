//! One file as it comes in: bounded in length and time, unpacked, taken up again where it broke off.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};

use super::client::{Client, Failure, refusal};
use super::retry::Passing;
use super::trouble::reasons;
use crate::SourceError;
use crate::source::Fetched;

/// Bytes read at once.
pub(in crate::source) const CHUNK: usize = 64 * 1024;
/// Most bytes in an `ETag`; one that is longer is as good as none.
const TAG_BYTES: usize = 256;
/// The most that is read of an answer nobody needs, so that the connection can be used again.
const REST: u64 = 16 * 1024;

/// What is asked for.
pub(super) struct Ask<'a> {
    pub(super) url: String,
    /// How messages name it.
    pub(super) place: String,
    /// The most bytes it may have, unpacked.
    pub(super) limit: u64,
    /// The tag of what one has.
    pub(super) known: Option<&'a str>,
    /// It is an archive, which never changes: taken up where it broke off, and not compressed a second time.
    pub(super) archive: bool,
}

/// What has come in so far.
#[derive(Default)]
struct Partial {
    bytes: Vec<u8>,
    tag: Option<String>,
}

/// Gets a file.
pub(super) fn get(client: &Client, ask: &Ask<'_>) -> Result<Fetched, SourceError> {
    let mut partial = Partial::default();
    client.attempt(|client, deadline| once(client, ask, &mut partial, deadline))
}

fn once(
    client: &Client,
    ask: &Ask<'_>,
    partial: &mut Partial,
    deadline: Instant,
) -> Result<Fetched, Failure> {
    let mut response = client.send(&ask.place, |client| {
        let mut request = client.get(&ask.url);
        if let Some(tag) = ask.known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        if !ask.archive {
            return request.header(ACCEPT_ENCODING, "gzip");
        }
        if !partial.bytes.is_empty() {
            request = request.header(RANGE, format!("bytes={}-", partial.bytes.len()));
            // Without a tag that compares byte for byte, the archive's digest tells.
            if let Some(tag) = partial.tag.as_deref().filter(|tag| tag.starts_with('"')) {
                request = request.header(IF_RANGE, tag);
            }
        }
        request
    })?;
    match response.status() {
        StatusCode::OK => partial.bytes.clear(),
        StatusCode::PARTIAL_CONTENT if continues(response.headers(), partial.bytes.len()) => {}
        // Not the part that was asked for: from the start, then.
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            partial.bytes.clear();
            let error = ask.failed("the server sent another part than was asked for");
            return Err(soon(error));
        }
        StatusCode::NOT_MODIFIED if ask.known.is_some() => return Ok(Fetched::Same),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            let _ = io::copy(&mut response.by_ref().take(REST), &mut io::sink());
            return Ok(Fetched::Missing);
        }
        _ => {
            let told = client.access.token.is_some();
            return Err(refusal(&ask.place, &response, told));
        }
    }
    partial.tag = tag(response.headers());
    read(client, ask, response, partial, deadline)?;
    Ok(Fetched::Found {
        bytes: Cow::Owned(std::mem::take(&mut partial.bytes)),
        tag: partial.tag.take(),
    })
}

/// Appends the body. What came in before it broke off stays, to go on from.
fn read(
    client: &Client,
    ask: &Ask<'_>,
    response: Response,
    partial: &mut Partial,
    deadline: Instant,
) -> Result<(), Failure> {
    let left = ask.limit.saturating_sub(partial.bytes.len() as u64);
    if response
        .content_length()
        .is_some_and(|length| length > left)
    {
        return Err(lasting(ask.too_long()));
    }
    let packed = match response
        .headers()
        .get(CONTENT_ENCODING)
        .map(|e| e.as_bytes())
    {
        None | Some(b"identity") => false,
        Some(b"gzip") if !ask.archive => true,
        Some(_) => {
            let reason = "it is compressed in a way that was not asked for; tell whoever runs it";
            return Err(lasting(ask.failed(reason)));
        }
    };
    let incoming = Incoming {
        response,
        left,
        deadline,
    };
    let mut body: Box<dyn Read> = match packed {
        true => Box::new(MultiGzDecoder::new(incoming)),
        false => Box::new(incoming),
    };
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = body
            .read(&mut chunk)
            .map_err(|error| broken_off(client, ask, &error))?;
        if count == 0 {
            return Ok(());
        }
        partial.bytes.extend_from_slice(&chunk[..count]);
        let length = partial.bytes.len() as u64;
        // Of what was unpacked; what came in was bounded on its way.
        if length > ask.limit {
            return Err(lasting(ask.too_long()));
        }
        if let Some(watch) = client.access.watch.as_ref().filter(|_| ask.archive) {
            watch(length, ask.limit);
        }
    }
}

/// The bytes on the line: no more than may be, and not for ever. Bounded here too, since packed bytes without end may
/// unpack to nothing at all.
struct Incoming {
    response: Response,
    left: u64,
    deadline: Instant,
}

/// Why no more is read.
#[derive(Debug)]
enum Cut {
    Long,
    Late,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Long => "it is too long",
            Self::Late => "it took too long",
        })
    }
}

impl std::error::Error for Cut {}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.response.read(into)?;
        if Instant::now() > self.deadline {
            return Err(io::Error::other(Cut::Late));
        }
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(Cut::Long)),
        }
        Ok(count)
    }
}

fn broken_off(client: &Client, ask: &Ask<'_>, error: &io::Error) -> Failure {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<Cut>()) {
        Some(Cut::Long) => return lasting(ask.too_long()),
        Some(Cut::Late) => {
            let seconds = client.file.as_secs();
            let reason = format!("it took longer than {seconds} seconds; try again later");
            return lasting(ask.failed(reason));
        }
        None => {}
    }
    let timed_out = inner
        .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
        .is_some_and(reqwest::Error::is_timeout);
    let error = ask.failed(reasons(error));
    if timed_out {
        lasting(error)
    } else {
        soon(error)
    }
}

impl Ask<'_> {
    fn failed(&self, reason: impl Into<String>) -> SourceError {
        SourceError::Fetch {
            place: self.place.clone(),
            reason: reason.into(),
        }
    }

    fn too_long(&self) -> SourceError {
        SourceError::TooLong {
            place: self.place.clone(),
            limit: self.limit,
        }
    }
}

fn soon(error: SourceError) -> Failure {
    Failure {
        error,
        passing: Passing::Soon,
    }
}

fn lasting(error: SourceError) -> Failure {
    Failure {
        error,
        passing: Passing::No,
    }
}

/// Whether a part begins where the last one ended.
fn continues(headers: &HeaderMap, at: usize) -> bool {
    let range = headers
        .get(CONTENT_RANGE)
        .and_then(|range| range.to_str().ok());
    at > 0 && range.is_some_and(|range| range.starts_with(&format!("bytes {at}-")))
}

fn tag(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(ETAG)?.to_str().ok()?;
    (tag.len() <= TAG_BYTES).then(|| tag.to_owned())
}

//! What a request that is refused is told: a sentence for a person, a word for a program.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::publish::PublishError;
use crate::storage::StorageError;

/// A request that comes to nothing.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    /// For programs; never changes.
    code: &'static str,
    sentence: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            status,
            code,
            sentence: sentence.into(),
        }
    }

    /// Nothing there.
    pub(super) fn missing() -> Self {
        let sentence = "there is nothing at this address";
        Self::new(StatusCode::NOT_FOUND, "not-found", sentence)
    }

    /// The body or the address is not what it has to be.
    pub(super) fn wrong(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", sentence)
    }

    /// Nobody the server knows.
    pub(super) fn unknown(sentence: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token", sentence)
    }

    /// Somebody else's.
    pub(super) fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", sentence)
    }

    /// A mistake on this side, whose story is in the log.
    pub(super) fn broken() -> Self {
        let sentence = "the server could not do it; try again later";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server", sentence)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.sentence, "code": self.code});
        let mut response = (self.status, Document(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // `Basic` lets a browser ask for the token of a private registry, as the password.
            let how = HeaderValue::from_static("Bearer, Basic realm=\"token as password\"");
            headers.insert(header::WWW_AUTHENTICATE, how);
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A JSON document.
pub(super) struct Document(pub(super) Value);

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (kind, format!("{}\n", self.0)).into_response()
    }
}

/// What a storage says is for who runs the server, not for who asks.
impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage");
        let sentence = "the registry's storage does not answer; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage", sentence)
    }
}

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        use PublishError as E;
        let (status, code) = match error {
            E::Storage(error) => return error.into(),
            E::Config(_) | E::Statement { .. } | E::State(_) | E::NotARegistry { .. } => {
                tracing::error!(%error, "registry");
                return Self::broken();
            }
            E::VersionExists { .. } => (StatusCode::CONFLICT, "version-exists"),
            E::KeysExist { .. } => (StatusCode::CONFLICT, "keys-exist"),
            E::KeysGap { .. } => (StatusCode::CONFLICT, "keys-gap"),
            E::NoVersion { .. } => (StatusCode::NOT_FOUND, "not-found"),
            E::Contended { .. } => (StatusCode::SERVICE_UNAVAILABLE, "contended"),
            E::Keys(_) => (StatusCode::FORBIDDEN, "signature"),
            E::Package(_) | E::Unlistable { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        };
        // Places in messages are the server's own affair.
        let sentence = match &error {
            E::Contended { .. } => {
                "it is written, but so many others are publishing that the index could not be brought up; send it again"
                    .to_owned()
            }
            error => error.to_string(),
        };
        Self::new(status, code, sentence)
    }
}

pub(super) async fn no_such_place() -> Refusal {
    Refusal::missing()
}

pub(super) async fn no_such_method() -> Refusal {
    let sentence = "this cannot be done at this address";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", sentence)
}

#![allow(clippy::unwrap_used)]

use std::net::TcpStream;
use std::sync::Mutex;

use super::super::Token;
use super::super::tests::{Request, listen, respond};
use super::*;
use crate::fixtures::name;
use crate::source::Config;

/// A server with an api, and what was asked of it but its config.
fn server(
    api: &str,
    answer: impl Fn(&Request, usize, TcpStream) + Send + Sync + 'static,
) -> (Address, Arc<Mutex<Vec<Request>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let config = Config {
        api: (!api.is_empty()).then(|| api.to_owned()),
        ..Config::new("test")
    };
    let url = listen(move |request, stream| {
        if request.path == "/base/v1/config.json" {
            return respond(stream, "200 OK", "", config.to_json().as_bytes());
        }
        let number = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len()
        };
        answer(request, number, stream);
    });
    (Address::parse(&url).unwrap(), asked)
}

fn access() -> Access {
    Access {
        token: Token::parse("hush"),
        ..Access::default()
    }
}

fn version() -> Version {
    Version::new(1, 2, 0)
}

#[test]
fn a_version_is_published_in_one_body_and_again_if_the_answer_is_lost() {
    let (address, asked) = server("api/", |_, number, stream| match number {
        1 => drop(stream),
        2 => respond(stream, "503 Service Unavailable", "Retry-After: 0\r\n", b""),
        _ => respond(stream, "201 Created", "", b"{}"),
    });
    let told = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&told);
    let access = Access {
        watch: Some(Arc::new(move |done, all| {
            *seen.lock().unwrap() = (done, all)
        })),
        ..access()
    };
    let api = Api::of(&address, access).unwrap();
    api.publish(&name("acme/web"), &version(), "note\n", b"archive")
        .unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    for request in &*asked {
        assert_eq!(request.method, "PUT");
        assert_eq!(request.path, "/base/api/v1/releases/acme/web/1.2.0");
        assert_eq!(request.header("authorization"), Some("Bearer hush"));
        assert_eq!(request.body, b"\x05\0\0\0note\n\x07\0\0\0archive");
    }
    assert_eq!(*told.lock().unwrap(), (20, 20));
}

#[test]
fn keys_and_what_is_taken_back_have_their_places() {
    let (address, asked) = server("api", |_, _, stream| respond(stream, "200 OK", "", b""));
    let api = Api::of(&address, access()).unwrap();
    api.put_keys("acme", 2, "keys").unwrap();
    api.yank(&name("acme/web"), &version(), "it \"leaks\"", true)
        .unwrap();
    api.unyank(&name("acme/web"), &version()).unwrap();
    let asked = asked.lock().unwrap();
    let lines: Vec<String> = asked
        .iter()
        .map(|r| {
            format!(
                "{} {} {}",
                r.method,
                r.path,
                String::from_utf8_lossy(&r.body)
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "PUT /base/api/v1/namespaces/acme/2 keys",
            r#"PUT /base/api/v1/yanks/acme/web/1.2.0 {"reason":"it \"leaks\"","security":true}"#,
            "DELETE /base/api/v1/yanks/acme/web/1.2.0 ",
        ]
    );
}

#[test]
fn a_refusal_is_passed_on_and_not_repeated() {
    let (address, asked) = server("api/", |_, _, stream| {
        let body = br#"{"error":"1.2.0 is there","code":"version-exists"}"#;
        respond(stream, "409 Conflict", "", body);
    });
    let api = Api::of(&address, access()).unwrap();
    let error = api
        .publish(&name("acme/web"), &version(), "", b"")
        .unwrap_err();
    let ApiError::Refused {
        status,
        code,
        message,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*status, code.as_deref()), (409, Some("version-exists")));
    assert_eq!(message, "1.2.0 is there");
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert!(!format!("{error} {error:?}").contains("hush"));

    let (address, _) = server("api/", |_, _, stream| {
        respond(stream, "413 Too Large", "", &[b'x'; 1 << 20]);
    });
    let api = Api::of(&address, access()).unwrap();
    let error = api.put_keys("acme", 1, "x").unwrap_err().to_string();
    assert!(error.contains("the server answered 413"), "{error}");
}

#[test]
fn whose_token_it_is_can_be_asked() {
    let (address, _) = server("api/", |request, _, stream| {
        assert_eq!(
            (&*request.method, &*request.path),
            ("GET", "/base/api/v1/me")
        );
        let body = br#"{"name":"ci","namespaces":["acme"],"expires":"2030-01-01T00:00:00Z"}"#;
        respond(stream, "200 OK", "", body);
    });
    let me = Api::of(&address, access()).unwrap().me().unwrap().unwrap();
    assert_eq!(
        (me.name.as_str(), me.namespaces),
        ("ci", vec!["acme".to_owned()])
    );
    assert_eq!(me.expires.as_deref(), Some("2030-01-01T00:00:00Z"));
    let (address, _) = server("api/", |_, _, stream| {
        respond(stream, "404 Not Found", "", b"")
    });
    assert_eq!(Api::of(&address, access()).unwrap().me().unwrap(), None);
    let (address, _) = server("api/", |_, _, stream| respond(stream, "401 No", "", b""));
    let error = Api::of(&address, access()).unwrap().me().unwrap_err();
    assert!(
        matches!(error, ApiError::Refused { status: 401, .. }),
        "{error}"
    );
}

#[test]
fn nothing_is_sent_where_there_is_no_api_or_one_elsewhere_or_no_token() {
    let open = |api, access| {
        let (address, asked) = server(api, |_, _, stream| respond(stream, "200 OK", "", b""));
        (Api::of(&address, access), asked)
    };
    let (api, _) = open("", access());
    assert!(matches!(api, Err(ApiError::Missing { .. })));
    for elsewhere in [
        "https://evil.example/api/",
        "//evil.example/",
        "http://127.0.0.1:1/",
    ] {
        let (api, asked) = open(elsewhere, access());
        assert!(
            matches!(api, Err(ApiError::Elsewhere { .. })),
            "{elsewhere}"
        );
        assert!(asked.lock().unwrap().is_empty());
    }
    let (api, asked) = open("api/", Access::default());
    let error = api.unwrap().put_keys("acme", 1, "x").unwrap_err();
    assert!(matches!(error, ApiError::NoToken { .. }), "{error}");
    assert!(asked.lock().unwrap().is_empty());
}

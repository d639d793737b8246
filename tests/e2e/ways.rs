//! The ways to a registry that a company has: a proxy, and certificates of its own.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use crate::{environment::Session, store::signed, web::Web};

/// A proxy that brings whoever asks for `registry.example` to where that really is; and what it was asked.
fn proxy(to: SocketAddr) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = Arc::clone(&log);
            thread::spawn(move || pass(stream, to, &log));
        }
    });
    (url, asked)
}

fn pass(mut stream: TcpStream, to: SocketAddr, log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    let rest = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty());
    let heads: Vec<String> = rest.collect();
    assert!(
        !heads.iter().any(|line| line.contains("Bearer")),
        "{heads:?}"
    );
    log.lock().unwrap().push(request);
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let there = TcpStream::connect(to).unwrap();
    let (mut from, mut into) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
    thread::spawn(move || io::copy(&mut from, &mut into));
    let mut there = there;
    let _ = io::copy(&mut there, &mut stream);
}

/// A proxy that lets nobody through.
fn refusing(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let heads = BufReader::new(stream.try_clone().unwrap()).lines();
            let _ = heads
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .count();
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
        }
    });
    url
}

#[test]
fn a_registry_behind_a_proxy_with_a_certificate_of_its_own() {
    let world = signed();
    let (proxy, asked) = proxy(Web::secure(world.path("registry")));
    world.write("config/corp.pem", include_bytes!("tls/ca.pem"));
    let command = |typed: &str| -> Command {
        let mut command = world.command(&typed.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        command.env("SCAFFOLD_CONFIG", world.path("config"));
        command.env("SCAFFOLD_TOKEN", "hush");
        command
    };
    let config = |more: &str| {
        let text = format!("[registries.acme]\nurl = \"https://registry.example/\"\n{more}");
        world.write("config/config.toml", text);
    };

    let through = format!("proxy = \"{proxy}\"\n");
    config(&format!("{through}ca = \"corp.pem\"\n"));
    world
        .finish(command("new acme/site shop --defaults"))
        .succeeded();
    let connects = asked.lock().unwrap().clone();
    assert!(!connects.is_empty());
    assert!(
        connects
            .iter()
            .all(|line| line == "CONNECT registry.example:443 HTTP/1.1"),
        "{connects:?}"
    );
    let lock = world.read("shop/scaffold.lock");
    assert!(lock.contains("\"https://registry.example/\""), "{lock}");

    // As the environment says.
    config("ca = \"corp.pem\"\n");
    let mut command_of_env = command("info acme/site");
    command_of_env.env("HTTPS_PROXY", &proxy);
    world.finish(command_of_env).succeeded();

    // Nobody vouches for it; it vouches for another host; the proxy is none, or wants something else.
    let mut session = Session::default();
    let mut told = || session.add(&world.finish(command("info acme/site")).failed_with(1));
    config(&through);
    told();
    let other = format!("url = \"https://other.example/\"\n{through}ca = \"corp.pem\"\n");
    world.write("config/config.toml", format!("[registries.acme]\n{other}"));
    told();
    for answer in ["407 Proxy Authentication Required", "403 Forbidden"] {
        config(&format!("proxy = \"{}\"\n", refusing(answer)));
        told();
    }
    config("proxy = \"http://127.0.0.1:9\"\n");
    let run = world.finish(command("info acme/site")).failed_with(1);
    assert!(
        run.stderr.contains("the proxy does not answer: tcp"),
        "{run}"
    );
    config(&format!("{through}ca = \"none.pem\"\n"));
    session.add(&world.finish(command("info acme/site")).failed_with(2));
    world.write("config/empty.pem", "no certificate\n");
    config(&format!("{through}ca = \"empty.pem\"\n"));
    session.add(&world.finish(command("info acme/site")).failed_with(2));
    config("proxy = 7\n");
    session.add(&world.finish(command("info acme/site")).failed_with(2));
    insta::assert_snapshot!(session);
}

//! Registries inside an OCI registry that lies: what `publish` put there is handed out changed, from elsewhere, or to whoever
//! says who asks.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    registry::unpublished,
    scene::{came_to_nothing, clean, told, within},
};
use crate::{
    environment::{Run, World},
    web::{Asked, Instead, Web},
};

/// `ann:hush_hush`, as it goes over the wire.
const BASIC: &str = "Basic YW5uOmh1c2hfaHVzaA==";
/// More than the longest honest error.
const SCREEN: usize = 2000;

type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;
/// What is answered instead, given what would be.
type Lie = Box<dyn Fn(&Asked, Option<&[u8]>) -> Option<Instead> + Send>;

/// `evil/x`, signed and published into an OCI registry of the smallest kind: it keeps what it is given in memory.
struct Scene {
    world: World,
    web: Web,
    kept: Kept,
    lie: Arc<Mutex<Lie>>,
}

impl Scene {
    fn new() -> Self {
        let kept = Kept::default();
        let lie: Arc<Mutex<Lie>> = Arc::new(Mutex::new(Box::new(|_, _| None)));
        let (files, instead) = (Arc::clone(&kept), Arc::clone(&lie));
        let web = Web::after(Duration::ZERO, PathBuf::new(), move |asked| {
            let honest = honest(&files, asked);
            let there = (&*honest.0 == "200 OK").then_some(&*honest.1);
            Some(instead.lock().unwrap()(asked, there).unwrap_or(Some(honest)))
        });
        let scene = Self {
            world: unpublished(),
            web,
            kept,
            lie,
        };
        scene.publish().succeeded();
        scene
    }

    fn lies(&self, lie: impl Fn(&Asked, Option<&[u8]>) -> Option<Instead> + Send + 'static) {
        *self.lie.lock().unwrap() = Box::new(lie);
    }

    fn place(&self) -> String {
        oci(&self.web)
    }

    fn run(&self, line: &str) -> Run {
        let words: Vec<_> = line.split_whitespace().collect();
        let mut command = self.world.command(&words);
        command.env("SCAFFOLD_TOKEN", "ann:hush_hush");
        let run = within(&self.world, command);
        let text = run.to_string();
        assert!(
            !text.contains("hush") && !text.contains(&BASIC[6..]),
            "{run}"
        );
        run
    }

    fn publish(&self) -> Run {
        self.run(&format!(
            "publish evil --no-test -y --registry {}",
            self.place()
        ))
    }

    fn project(&self) -> Run {
        let _ = std::fs::remove_dir_all(self.world.path("shop"));
        let place = self.place();
        self.run(&format!(
            "-v new evil/x shop --registry evil={place} --defaults"
        ))
    }

    /// The package is not to be had, and the error says why, in not too many words.
    #[track_caller]
    fn refuses(&self, why: &str) -> Run {
        let run = self.project();
        came_to_nothing(&self.world, &run);
        assert!(run.stderr.contains(why), "{why}: {run}");
        assert!(run.stderr.len() < SCREEN, "{} bytes", run.stderr.len());
        run
    }
}

fn oci(web: &Web) -> String {
    web.url.replace("http://", "oci://") + "base"
}

/// What the distribution specification says to a request.
fn honest(kept: &Kept, asked: &Asked) -> (String, Vec<u8>) {
    let mut kept = kept.lock().unwrap();
    let answer = |status: &str, body: Vec<u8>| (status.to_owned(), body);
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    match &*asked.method {
        "POST" => answer(&format!("202 Accepted\r\nLocation: {path}1"), Vec::new()),
        "PUT" => {
            let digest = query.strip_prefix("digest=").map(|d| d.replace("%3A", ":"));
            let at = digest.map_or(path.to_owned(), |digest| path.replace("uploads/1", &digest));
            kept.insert(at, asked.body.clone());
            answer("201 Created", Vec::new())
        }
        _ => {
            let repository = path.strip_suffix("/tags/list");
            let tags = kept.keys().filter_map(|at| at.rsplit_once("/manifests/"));
            let tags = tags.filter(|(of, _)| Some(*of) == repository);
            let tags: Vec<_> = tags.map(|(_, tag)| tag).collect();
            match kept.get(path) {
                Some(found) => answer("200 OK", found.clone()),
                None if !tags.is_empty() => {
                    answer("200 OK", json!({ "tags": tags }).to_string().into())
                }
                None => answer("404 Not Found", Vec::new()),
            }
        }
    }
}

fn ok(body: impl Into<Vec<u8>>) -> Option<Instead> {
    Some(Some(("200 OK".to_owned(), body.into())))
}

fn status(status: impl Into<String>) -> Option<Instead> {
    Some(Some((status.into(), Vec::new())))
}

/// With the manifest of a tag changed, the package is not to be had.
#[track_caller]
fn refused(tag: &'static str, why: &str, change: impl Fn(&mut Value) + Send + 'static) {
    let scene = Scene::new();
    scene.lies(changed(tag, change));
    scene.refuses(why);
}

fn changed(
    tag: &'static str,
    change: impl Fn(&mut Value) + Send + 'static,
) -> impl Fn(&Asked, Option<&[u8]>) -> Option<Instead> {
    move |asked, there| {
        if !asked.path.ends_with(&format!("/manifests/{tag}")) {
            return None;
        }
        let mut manifest = serde_json::from_slice(there?).unwrap();
        change(&mut manifest);
        ok(manifest.to_string())
    }
}

#[test]
fn an_honest_one_is_read() {
    let scene = Scene::new();
    scene.lies(changed("1.0.0", |manifest| {
        manifest["annotations"] = json!({"org.opencontainers.image.title": "\u{1b}[2J\u{202e}"});
    }));
    clean(&scene.project().succeeded());
}

#[test]
fn a_manifest_that_is_not_the_one_it_says() {
    let scene = Scene::new();
    scene.lies(|asked, there| {
        let digest = format!("sha256:{}", "0".repeat(64));
        let head = format!("200 OK\r\nDocker-Content-Digest: {digest}");
        asked
            .path
            .ends_with("/index")
            .then(|| Some((head, there.unwrap().to_vec())))
    });
    scene.refuses("does not hash to the digest that came with it");
}

#[test]
fn a_blob_of_another_digest() {
    let scene = Scene::new();
    scene.lies(|asked, there| {
        asked.path.contains("/blobs/").then(|| {
            let mut bytes = there.unwrap().to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            ok(bytes)
        })?
    });
    scene.refuses("has the digest");
}

#[test]
fn a_file_of_another_digest() {
    refused("index", "does not hash to", |manifest| {
        let layer = &mut manifest["layers"][0];
        layer["digest"] = format!("sha256:{}", "0".repeat(64)).into();
    });
}

#[test]
fn a_file_of_another_length_than_it_says() {
    refused("index", "it says that it holds 1 bytes", |manifest| {
        manifest["layers"][0]["size"] = 1.into();
    });
}

#[test]
fn an_index_of_images_in_place_of_a_manifest() {
    refused("index", "no image manifest", |manifest| {
        manifest["mediaType"] = "application/vnd.oci.image.index.v1+json".into();
        manifest["manifests"] = json!([]);
    });
}

#[test]
fn a_manifest_of_another_artifact() {
    refused("1.0.0", "is of type", |manifest| {
        manifest["artifactType"] = "application/vnd.scaffold.index.v1".into();
    });
}

#[test]
fn a_file_of_another_kind() {
    refused("index", "its layer is", |manifest| {
        manifest["layers"][0]["mediaType"] = "application/vnd.scaffold.config.v1+json".into();
    });
}

#[test]
fn a_type_that_steers_a_terminal_without_end() {
    refused("index", "is of type", |manifest| {
        manifest["artifactType"] = "\u{1b}]52;c;x\u{7}\u{202e}".repeat(50_000).into();
    });
}

#[test]
fn a_word_without_end_where_a_number_belongs() {
    refused("index", "no image manifest", |manifest| {
        manifest["schemaVersion"] = "\u{1b}[2J".repeat(100_000).into();
    });
}

#[test]
fn layers_too_few_or_too_many() {
    let scene = Scene::new();
    for count in [0, 2, 5_000] {
        scene.lies(changed("index", move |manifest| {
            let layer = manifest["layers"][0].clone();
            let mut thin = layer.clone();
            thin.as_object_mut().unwrap().remove("data");
            let mut layers = vec![layer];
            layers.resize(count, thin);
            manifest["layers"] = layers.into();
        }));
        scene.refuses(&format!("it has {count} layers and not one"));
    }
}

#[test]
fn a_manifest_without_end() {
    let scene = Scene::new();
    scene.lies(|asked, _| {
        asked
            .path
            .ends_with("/index")
            .then(|| ok(vec![b' '; 5 << 20]))?
    });
    scene.refuses("more than a registry may send");
}

#[test]
fn a_statement_about_another_version() {
    let scene = Scene::new();
    scene.world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    scene.publish().succeeded();
    let kept = Arc::clone(&scene.kept);
    scene.lies(move |asked, _| {
        let at = asked.path.strip_suffix("/1.1.0")?;
        ok(kept.lock().unwrap()[&format!("{at}/1.0.0")].clone())
    });
    scene.refuses("it is about version 1.0.0");
}

#[test]
fn a_tag_that_leads_to_another_release_than_before() {
    let scene = Scene::new();
    scene.project().succeeded();
    scene
        .kept
        .lock()
        .unwrap()
        .retain(|at, _| !at.contains("/evil/x/"));
    scene.world.write("evil/salt", "another");
    scene.publish().succeeded();
    scene.refuses("went back");
}

#[test]
fn an_index_from_before() {
    let scene = Scene::new();
    let before = scene.kept.lock().unwrap().clone();
    scene.world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    scene.publish().succeeded();
    scene.project().succeeded();
    *scene.kept.lock().unwrap() = before;
    scene.refuses("has it no more");
}

// Who is told the password.

/// Something that is no registry, and writes down whoever comes.
fn thief() -> Web {
    Web::after(Duration::ZERO, PathBuf::new(), |asked| {
        let host = asked.header("host").unwrap();
        let wanted =
            format!("401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://{host}/token\"");
        status(wanted)
    })
}

/// Nobody came to the thief, or nobody told it anything.
#[track_caller]
fn heard_nothing(thief: &Web, visits: bool) {
    let asked = thief.asked();
    assert_eq!(!asked.is_empty(), visits, "{asked:#?}");
    for one in asked {
        assert_eq!(one.header("authorization"), None, "{one:#?}");
        assert!(one.body.is_empty());
    }
}

/// Asks for user and password wherever they were not told.
fn asks(asked: &Asked) -> bool {
    asked.header("authorization") != Some(BASIC)
}

const CHALLENGE: &str = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"";

#[test]
fn storage_that_wants_the_password() {
    let (scene, thief) = (Scene::new(), thief());
    let elsewhere = thief.url.clone();
    scene.lies(move |asked, _| match asks(asked) {
        true => status(CHALLENGE),
        false => asked.path.contains("/blobs/").then(|| {
            status(format!(
                "307 Temporary Redirect\r\nLocation: {elsewhere}blob"
            ))
        })?,
    });
    scene.refuses("the server answered 401");
    heard_nothing(&thief, true);
}

#[test]
fn a_manifest_from_another_host() {
    let (scene, thief) = (Scene::new(), thief());
    let elsewhere = thief.url.clone();
    scene.lies(move |asked, _| match asks(asked) {
        true => status(CHALLENGE),
        false => status(format!(
            "307 Temporary Redirect\r\nLocation: {elsewhere}manifest"
        )),
    });
    scene.refuses("which is not followed here");
    heard_nothing(&thief, false);
}

#[test]
fn blobs_and_tokens_by_plain_http() {
    let scene = Scene::new();
    scene.lies(|asked, _| {
        let far = "307 Temporary Redirect\r\nLocation: http://example.invalid/blob";
        asked.path.contains("/blobs/").then(|| status(far))?
    });
    scene.refuses("example.invalid, which is not reached by https");
    scene.lies(|_, _| {
        let realm = "WWW-Authenticate: Bearer realm=\"http://example.invalid/token\"";
        status(format!("401 Unauthorized\r\n{realm}"))
    });
    scene.refuses("example.invalid, which is not reached by https");
}

#[test]
fn a_token_that_is_a_header_of_its_own() {
    let (scene, host) = (Scene::new(), String::from("token"));
    for (token, why) in [
        ("x\r\nX-Evil: y", "gave no token"),
        ("\u{202e}", "the server answered 401"),
    ] {
        let host = host.clone();
        scene.lies(move |asked, _| match asked.path.starts_with("/token") {
            true => ok(json!({ "token": token }).to_string()),
            false => {
                let at = asked.header("host").unwrap();
                let realm = format!("WWW-Authenticate: Bearer realm=\"http://{at}/{host}\"");
                status(format!("401 Unauthorized\r\n{realm}"))
            }
        });
        scene.refuses(why);
    }
}

#[test]
fn a_token_server_that_leads_elsewhere() {
    let (scene, thief) = (Scene::new(), thief());
    let elsewhere = thief.url.clone();
    scene.lies(move |asked, _| {
        let at = asked.header("host").unwrap();
        status(match asked.path.starts_with("/token") {
            true => format!("307 Temporary Redirect\r\nLocation: {elsewhere}token"),
            false => {
                format!("401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://{at}/token\"")
            }
        })
    });
    scene.refuses("307");
    heard_nothing(&thief, false);
}

/// A project is a stranger's: the OCI registry it names gets nobody's password.
#[test]
fn a_project_that_names_an_oci_registry_to_get_the_password() {
    let (scene, thief) = (Scene::new(), thief());
    scene.project().succeeded();
    for file in ["shop/scaffold.toml", "shop/scaffold.lock"] {
        let text = scene.world.read(file);
        scene
            .world
            .write(file, text.replace(&scene.place(), &oci(&thief)));
    }
    told(&scene.run("-v -C shop update"));
    heard_nothing(&thief, true);
}

// What publishers are told.

#[test]
fn an_upload_to_another_host() {
    let (scene, thief) = (Scene::new(), thief());
    scene.world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    let elsewhere = thief.url.clone();
    scene.lies(move |asked, _| match (asks(asked), &*asked.method) {
        (true, _) => status(CHALLENGE),
        (_, "POST") => status(format!("202 Accepted\r\nLocation: {elsewhere}upload")),
        _ => None,
    });
    let run = scene.publish();
    told(&run);
    assert!(run.stderr.contains("which is not followed here"), "{run}");
    heard_nothing(&thief, false);
}

/// A list of tags that lies is told by `registry verify`, which reads it.
#[track_caller]
fn list(why: &str, lie: impl Fn(&Asked) -> Option<Instead> + Send + 'static) {
    let scene = Scene::new();
    scene.lies(move |asked, _| asked.path.contains("/tags/list").then(|| lie(asked))?);
    scene.web.asked();
    let run = scene.run(&format!("registry repair {}", scene.place()));
    told(&run);
    assert!(run.stderr.contains(why), "{why}: {run}");
    assert!(run.stderr.len() < SCREEN, "{} bytes", run.stderr.len());
    assert!(scene.web.asked().len() < 100);
}

fn page(next: &str) -> Option<Instead> {
    let head = format!("200 OK\r\nLink: <{next}>; rel=\"next\"");
    Some(Some((head, b"{\"tags\":[\"search-0\"]}".to_vec())))
}

#[test]
fn tags_in_a_circle() {
    list("in a circle", |asked| match asked.path.contains("last=a") {
        true => page("?last=b"),
        false => page("?last=a"),
    });
}

#[test]
fn tags_that_go_on_at_another_host() {
    let (thief, scene) = (thief(), Scene::new());
    let elsewhere = thief.url.clone();
    scene.lies(move |asked, _| {
        asked
            .path
            .contains("/tags/list")
            .then(|| page(&elsewhere))?
    });
    let run = scene.run(&format!("registry repair {}", scene.place()));
    told(&run);
    assert!(run.stderr.contains("at another host"), "{run}");
    heard_nothing(&thief, false);
}

#[test]
fn tags_without_end() {
    list("more pages than a list may have", |asked| {
        let last = asked
            .path
            .split_once('=')
            .map_or(0, |(_, n)| n.parse::<u32>().unwrap());
        let head = format!("200 OK\r\nLink: <?last={}>; rel=\"next\"", last + 1);
        Some(Some((
            head,
            json!({"tags": [" ".repeat(3 << 20)]}).to_string().into(),
        )))
    });
}

#[test]
fn tags_that_are_none() {
    list("is broken", |_| ok("{\"tags\": 1}"));
}

/// Tags that steer a terminal, lead out of a folder or are no numbers name nothing of a registry.
#[test]
fn tags_with_hostile_names() {
    let scene = Scene::new();
    let before = scene.kept.lock().unwrap().clone();
    scene.lies(|asked, there| {
        let mut tags: Value = asked
            .path
            .ends_with("/tags/list")
            .then(|| serde_json::from_slice(there?).ok())??;
        let bad = [
            "../../../x",
            "\u{1b}[2J",
            "1.0.0/../../x",
            "yanked-../x",
            "0x1",
            "\u{202e}",
            "1.0.0+\u{7}",
            "",
        ];
        tags["tags"]
            .as_array_mut()
            .unwrap()
            .extend(bad.map(Value::from));
        ok(tags.to_string())
    });
    let place = scene.place();
    clean(&scene.run(&format!("registry verify {place}")));
    clean(&scene.run(&format!("registry repair {place}")).succeeded());
    clean(
        &scene
            .run(&format!("registry mirror {place} copy"))
            .succeeded(),
    );
    assert_eq!(*scene.kept.lock().unwrap(), before);
    let names: Vec<_> = scene.world.files("copy").into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

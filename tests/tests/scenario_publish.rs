//! A package whose publishing was approved is published by the office itself: the bytes that were shown, once, with credentials that
//! no desk has, and by nothing that a desk planted. Shown by a registry on this machine that keeps what it is sent.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says what it could not see")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use office_tests::{Bench, Repo};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What somebody brought to a registry.
#[derive(Clone, Debug)]
struct Brought {
    path: String,
    key: String,
    said: Value,
    bytes: Vec<u8>,
}

/// A registry that speaks what `npm publish` needs, and may kill somebody once it has a package.
#[derive(Clone)]
struct Registry {
    url: String,
    all: Arc<Mutex<Vec<Brought>>>,
    /// How often somebody came.
    calls: Arc<Mutex<usize>>,
    kills: Arc<Mutex<Option<u32>>>,
}

impl Registry {
    fn open() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", door.local_addr().unwrap());
        let it = Self { url, all: Arc::default(), calls: Arc::default(), kills: Arc::default() };
        let own = it.clone();
        std::thread::spawn(move || door.incoming().flatten().for_each(|stream| own.answer(stream)));
        it
    }

    fn answer(&self, mut stream: std::net::TcpStream) {
        *self.calls.lock().unwrap() += 1;
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = Vec::new();
        while let Some(line) = reader.by_ref().lines().next().map(Result::unwrap).filter(|line| !line.is_empty()) {
            head.push(line);
        }
        let Some(first) = head.first() else { return };
        let header = |name: &str| {
            let found =
                head.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        let mut words = first.split(' ').map(str::to_owned);
        let (verb, path) = (words.next().unwrap(), words.next().unwrap());
        let (status, answer) = if verb == "PUT" {
            let said: Value = serde_json::from_slice(&body).unwrap();
            let file = said["_attachments"].as_object().unwrap().values().next().unwrap();
            let bytes = from_base64(file["data"].as_str().unwrap());
            self.all.lock().unwrap().push(Brought { path, key: header("authorization"), said, bytes });
            if let Some(pid) = self.kills.lock().unwrap().take() {
                kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGKILL).unwrap();
            }
            ("201 Created", "{\"ok\":true}")
        } else {
            ("404 Not Found", "{\"error\":\"not found\"}")
        };
        let length = answer.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        // Whoever asked may be gone.
        let _ = stream.write_all(format!("{head}{answer}").as_bytes());
    }

    fn brought(&self) -> Vec<Brought> {
        self.all.lock().unwrap().clone()
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let known = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | u32::try_from(known.iter().position(|it| *it == byte).unwrap()).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 255).unwrap());
        }
    }
    out
}

/// An office whose desks are kept, the owner's registry, and another that a desk would rather have.
struct Shop {
    bench: Bench,
    own: Registry,
    other: Registry,
    _repo: Repo,
}

/// What a desk's terminal does before it asks: plants whatever might run, or lead elsewhere.
const PLANTS: &str = "T='touch planted'; S='{\"prepack\":\"'$T'\",\"prepare\":\"'$T'\",\"prepublishOnly\":\"'$T'\",\"postpack\":\"'$T'\",\"publish\":\"'$T'\",\"postpublish\":\"'$T'\"}'\n\
    M='\"name\":\"@acme/shop\",\"version\":\"1.0.0\",\"main\":\"index.js\"'\n\
    echo 'registry=OTHER' | tee .npmrc ~/.npmrc > /dev/null; echo '@acme:registry=OTHER' | tee -a .npmrc ~/.npmrc > /dev/null\n\
    echo 'ignore-scripts=false' >> .npmrc; echo 'module.exports = 1' > index.js; mkdir -p lib && echo 2 > lib/two.js\n\
    asks() { code=0; office ask-approval --reason 'ship it' -- \"$@\" > .git/told 2>&1 || code=$?; echo \"code $code\" >> .git/told; mv .git/told .git/$NAME; }\n\
    NAME=elsewhere; echo \"{$M,\\\"publishConfig\\\":{\\\"registry\\\":\\\"OTHER\\\"}}\" > package.json; asks npm publish\n\
    NAME=proxied; echo \"{$M,\\\"publishConfig\\\":{\\\"https-proxy\\\":\\\"OTHER\\\"}}\" > package.json; asks npm publish\n\
    NAME=among; asks sh -c 'npm test; npm publish'\n\
    echo \"{$M,\\\"scripts\\\":$S}\" > package.json\n";

impl Shop {
    /// None where the machine has no sandbox: desks are then soft, which other tests see.
    fn open() -> Option<Self> {
        let mut bench = Bench::made();
        bench.set("OFFICE_SANDBOX", "auto");
        bench.run();
        let (own, other) = (Registry::open(), Registry::open());
        let host = own.url.strip_prefix("http:").unwrap();
        let settings = format!("registry={}\n{host}:_authToken=the-owners-key\n", own.url);
        fs::write(bench.root().join("home/.npmrc"), settings).unwrap();
        let repo = bench.repo("demo", &[("a.txt", "a\n"), ("package.json", "{}\n")]);
        bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
        bench.json(&["desk", "add", "--name", "sam", "--role", "engineer", "--engine", "shell"]);
        let health: Value = serde_json::from_str(&bench.office(&["--json", "doctor"]).out).unwrap();
        let line = health.as_array().unwrap().iter().find(|line| line["name"] == "sandbox").unwrap().clone();
        if line["ok"] != true {
            eprintln!("NO SANDBOX ON THIS MACHINE, so no desk without credentials was seen: {}", line["found"]);
            return None;
        }
        Some(Self { bench, own, other, _repo: repo })
    }

    /// A task whose desk does this after planting; its number, its checkout, and what is held.
    fn asks(&self, then: &str) -> (u64, PathBuf, Value) {
        let script = format!(
            "```sh\n{}{then}\noffice task done --summary shipped\n```",
            PLANTS.replace("OTHER", &self.other.url)
        );
        let task = self.bench.task("Ship it", &script, &["--attempts", "1"]);
        let held = self.held(1);
        let place = self.bench.show(task)["workplace"]["path"].as_str().unwrap().into();
        (task, place, held)
    }

    fn held(&self, id: u64) -> Value {
        self.bench.wait("what is held", || {
            let all = self.bench.json(&["approval", "list"]);
            all.as_array().unwrap().iter().find(|it| it["id"] == id && it["state"] == "waiting").cloned()
        })
    }

    fn told(&self, place: &Path, name: &str) -> String {
        self.bench.wait("what the desk is told", || fs::read_to_string(place.join(".git").join(name)).ok())
    }
}

#[test]
fn an_approved_package_is_published_by_the_office_once_as_it_was_shown_and_asked_again_where_its_files_have_changed() {
    let Some(shop) = Shop::open() else { return };
    let then = "NAME=first; asks npm publish --access public\nNAME=second; asks npm publish --tag next\nNAME=third; asks cargo publish -p shop";
    let (task, place, held) = shop.asks(then);
    for (name, why) in
        [("elsewhere", "names the registry"), ("proxied", "`https-proxy`"), ("among", "command of its own")]
    {
        let told = shop.told(&place, name);
        assert!(told.contains(why) && !told.contains("code 0"), "{name}: {told}");
    }
    let does = &held["deed"]["does"];
    assert_eq!((&does["package"], &does["version"]), (&json!("@acme/shop"), &json!("1.0.0")), "{held}");
    assert_eq!((&does["registry"], &does["access"]), (&json!(shop.own.url), &json!("public")));
    let files: Vec<&str> = does["files"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert_eq!(files, ["a.txt", "index.js", "lib/two.js", "package.json"]);
    let page = shop.bench.office(&["approval", "show", "1"]).out;
    assert!(page.contains("publishes it with your credentials") && page.contains("lib/two.js, 2 bytes"), "{page}");

    // Its agent goes on meanwhile: what was seen is not what would be published.
    fs::write(place.join("index.js"), "module.exports = 'another'\n").unwrap();
    shop.bench.json(&["approval", "approve", "1"]);
    let again = shop.bench.wait("it is asked again", || {
        let it = shop.bench.json(&["approval", "show", "1"]);
        (it["state"] == "waiting" && it["hash"] != held["hash"]).then_some(it)
    });
    assert_eq!(shop.own.brought().len(), 0, "{again}");
    shop.bench.refused(1, &["approval", "approve", "1", "--seen", held["hash"].as_str().unwrap()]);
    shop.bench.json(&["approval", "approve", "1", "--seen", again["hash"].as_str().unwrap()]);
    let told = shop.told(&place, "first");
    assert!(told.contains("code 0") && told.contains("+ @acme/shop@1.0.0"), "{told}");
    let it = shop.bench.json(&["approval", "show", "1"]);
    assert_eq!((&it["state"], &it["exit"]["code"]), (&json!("ran"), &json!(0)), "{it}");
    let all = shop.own.brought();
    let [one] = &all[..] else { panic!("it came {} times", all.len()) };
    let hash: String = Sha256::digest(&one.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(json!(hash), again["deed"]["does"]["sha256"], "the bytes are those that were shown");
    assert_eq!((one.path.as_str(), one.key.as_str()), ("/@acme%2fshop", "Bearer the-owners-key"));
    assert_eq!((&one.said["access"], &one.said["dist-tags"]), (&json!("public"), &json!({"latest": "1.0.0"})));

    let second = shop.held(2);
    assert_eq!(second["deed"]["does"]["tag"], "next", "{second}");
    shop.bench.json(&["approval", "deny", "2", "--note", "once is enough"]);
    let told = shop.told(&place, "second");
    assert!(told.contains("once is enough") && !told.contains("code 0"), "{told}");

    // What cannot be done without running what the desk wrote, its owner does and says so.
    let third = shop.held(3);
    assert!(third["deed"]["says"].as_str().unwrap().contains("do it yourself"), "{third}");
    shop.bench.json(&["approval", "approve", "3"]);
    let told = shop.told(&place, "third");
    assert!(
        told.contains("code 0") && told.contains("the owner says that they did it: cargo publish -p shop"),
        "{told}"
    );

    shop.bench.until(task, &["in review"]);
    assert_eq!(shop.own.brought().len(), 1);
    assert_eq!(*shop.other.calls.lock().unwrap(), 0, "nothing went elsewhere");
    assert!(!place.join("planted").exists(), "no script of the package ran");
}

#[test]
fn an_office_that_dies_while_it_publishes_never_publishes_twice_and_says_that_nobody_knows() {
    let Some(mut shop) = Shop::open() else { return };
    *shop.own.kills.lock().unwrap() = Some(shop.bench.pid());
    let (task, place, _) = shop.asks("NAME=first; asks npm publish --access public");
    shop.bench.json(&["approval", "approve", "1"]);
    assert!(shop.bench.ended(), "it is killed by what it publishes to");
    shop.bench.run();
    let told = shop.told(&place, "first");
    assert!(told.contains("not known whether it happened") && !told.contains("code 0"), "{told}");
    let it = shop.bench.json(&["approval", "show", "1"]);
    assert_eq!(it["state"], "uncertain", "{it}");
    assert!(it["note"].as_str().unwrap().contains("npm view @acme/shop@1.0.0"), "{it}");
    shop.bench.kill();
    shop.bench.run();
    shop.bench.until(task, &["in review"]);
    assert_eq!(shop.own.brought().len(), 1, "never a second time");
}

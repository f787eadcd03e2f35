// Every call of the SDK, by groups: the input names the group, the answer is
// a JSON object of what each call gave.  Included by lib.rs of each version;
// the features of its Cargo.toml say what that version offers.

use std::collections::BTreeMap;
use suborbital::{http, log, req, resp};
#[cfg(feature = "file")]
use suborbital::file;
#[cfg(feature = "cache")]
use suborbital::cache;
#[cfg(feature = "graphql")]
use suborbital::graphql;

struct Said(Vec<String>);

fn quoted(s: &str) -> String {
    let mut q = String::from("\"");
    for c in s.chars() {
        match c {
            '"' | '\\' => q.extend(['\\', c]),
            c if c < ' ' => q += &format!("\\u{:04x}", c as u32),
            c => q.push(c),
        }
    }
    q + "\""
}

fn utf8(v: Vec<u8>) -> String {
    String::from_utf8_lossy(&v).into_owned()
}

impl Said {
    fn put(&mut self, name: &str, value: &str) {
        self.0.push(format!("{}:{}", quoted(name), quoted(value)));
    }
    fn maybe(&mut self, name: &str, value: Option<Vec<u8>>) {
        self.put(name, &value.map_or("none".into(), utf8));
    }
    #[cfg(feature = "results")]
    fn answer(&mut self, name: &str, r: Result<Vec<u8>, HostErr>) {
        match r {
            Ok(v) => self.put(name, &utf8(v)),
            Err(e) => self.put(name, &format!("error: {}", e.message)),
        }
    }
    // Until 0.8 a failure is told as text.
    #[cfg(not(feature = "results"))]
    fn answer(&mut self, name: &str, v: Vec<u8>) {
        self.put(name, &utf8(v));
    }
    #[cfg(feature = "set")]
    fn done(&mut self, name: &str, r: Result<(), HostErr>) {
        match r {
            Ok(()) => self.put(name, "ok"),
            Err(e) => self.put(name, &format!("error: {}", e.message)),
        }
    }
}

fn request(s: &mut Said) {
    s.put("method", &req::method());
    s.put("url", &req::url());
    s.put("id", if req::id().is_empty() { "none" } else { "some" });
    s.put("body", &utf8(req::body_raw()));
    s.put("body field", &req::body_field("who"));
    s.put("header", &req::header("x-test"));
    s.put("no header", &req::header("not-there"));
    s.put("param", &req::url_param("name"));
    s.put("state", &req::state("seed").unwrap_or("none".into()));
    s.maybe("raw state", req::state_raw("seed"));
}

fn headers() -> Option<BTreeMap<&'static str, &'static str>> {
    Some(BTreeMap::from([("X-A", "b"), ("X-C", "d")]))
}

fn outbound(s: &mut Said) {
    s.answer("get", http::get("https://api.test/get", headers()));
    let body = Some(b"the data to post".to_vec());
    s.answer("post", http::post("https://api.test/post", body, headers()));
    let body = Some(b"the data to patch".to_vec());
    s.answer("patch", http::patch("https://api.test/patch", body, None));
    s.answer("delete", http::delete("https://api.test/delete", None));
}

fn down(s: &mut Said) {
    s.answer("down", http::get("https://api.test/down", None));
}

#[cfg(feature = "verbs")]
fn verbs(s: &mut Said) {
    s.answer("head", http::head("https://api.test/head", None));
    s.answer("options", http::options("https://api.test/options", None));
    let body = Some(b"the data to put".to_vec());
    s.answer("put", http::put("https://api.test/put", body, None));
}

#[cfg(feature = "graphql")]
fn graph(s: &mut Said) {
    s.answer("graphql", graphql::query("https://api.test/graphql", "{ me }"));
}

#[cfg(feature = "cache")]
fn cached(s: &mut Said) {
    cache::set("warm", b"hot".to_vec(), 60);
    cache::set("ever", b"long".to_vec(), 0);
    cache_got(s, "warm");
    cache_got(s, "ever");
    cache_got(s, "given");
}

#[cfg(all(feature = "cache", feature = "results"))]
fn cache_got(s: &mut Said, key: &str) {
    s.answer(key, cache::get(key));
}

#[cfg(all(feature = "cache", not(feature = "results")))]
fn cache_got(s: &mut Said, key: &str) {
    s.maybe(key, cache::get(key));
}

#[cfg(feature = "db")]
fn rows(s: &mut Said) {
    use suborbital::db::{self, query::QueryArg};
    let id = || vec![QueryArg::new("id", "7"), QueryArg::new("n", "ann")];
    s.answer("insert", db::insert("add", id()));
    s.answer("select", db::select("find", id()));
    s.answer("update", db::update("change", id()));
    s.answer("delete", db::delete("drop", id()));
    s.answer("no row", db::select("find", vec![]));
}

#[cfg(feature = "set")]
fn set(s: &mut Said) {
    s.done("set method", req::set_method("PATCH"));
    s.put("method", &req::method());
    s.done("set url", req::set_url("/other"));
    s.put("url", &req::url());
    s.done("set field", req::set_body_field("who", "all"));
    s.put("field", &req::body_field("who"));
    s.done("set body", req::set_body("a text"));
    s.put("body", &utf8(req::body_raw()));
    s.done("set header", req::set_header("x-new", "made"));
    s.put("header", &req::header("x-new"));
    s.done("set param", req::set_url_param("more", "yes"));
    s.put("param", &req::url_param("more"));
    s.done("set state", req::set_state("left", "behind"));
    s.put("state", &req::state("left").unwrap_or("none".into()));
}

fn logs() {
    log::error("an error");
    log::warn("a warning");
    log::info("a note");
    #[cfg(feature = "debug")]
    log::debug("a detail");
}

fn responds() {
    resp::set_header("X-Made-By", "sdk");
    resp::content_type("text/x-sdk");
}

fn suite(input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
    let mut s = Said(vec![]);
    match utf8(input).as_str() {
        "panic" => panic!("stopped"),
        "request" => request(&mut s),
        "http" => outbound(&mut s),
        "down" => down(&mut s),
        "logs" => logs(),
        "response" => responds(),
        #[cfg(feature = "file")]
        "file" => s.maybe("file", file::get_static("a.txt")),
        #[cfg(feature = "file")]
        "no file" => s.maybe("file", file::get_static("none")),
        #[cfg(feature = "cache")]
        "cache" => cached(&mut s),
        #[cfg(feature = "cache")]
        "no cache" => cache_got(&mut s, "cold"),
        #[cfg(feature = "verbs")]
        "verbs" => verbs(&mut s),
        #[cfg(feature = "graphql")]
        "graphql" => graph(&mut s),
        #[cfg(feature = "db")]
        "db" => rows(&mut s),
        #[cfg(feature = "set")]
        r#"{"do":"set"}"# => set(&mut s),
        #[cfg(feature = "query")]
        "query" => s.put("query", &req::query_param("q")),
        "after" => {
            down(&mut s);
            s.put("method", &req::method());
        }
        "fail" => return Err(RunErr::new(404, "no such thing")),
        other => return Err(RunErr::new(400, &format!("no '{other}' here"))),
    }
    Ok(format!("{{{}}}", s.0.join(",")).into_bytes())
}

//! Every call of the SDK, by groups: the input names the group, the answer is
//! a JSON object of what each call gave.

mod runnable;

use runnable::*;

struct Said(Vec<String>);

impl Said {
    fn put(&mut self, name: &str, value: &str) {
        let v = value.replace('\\', "\\\\").replace('"', "\\\"");
        self.0.push(format!("\"{name}\":\"{v}\""));
    }
    fn raw(&mut self, name: &str, value: Vec<u8>) {
        self.put(name, &String::from_utf8_lossy(&value));
    }
    fn got(&mut self, name: &str, a: Answer) {
        match a {
            Ok(v) => self.raw(name, v),
            Err(e) => self.put(name, &format!("error: {}", e.message)),
        }
    }
    fn maybe(&mut self, name: &str, a: Answer) {
        self.raw(name, a.unwrap_or(b"none".to_vec()));
    }
    fn done(&mut self, name: &str, r: Result<(), RunErr>) {
        self.put(name, &r.map_or_else(|e| e.message, |_| "ok".into()));
    }
}

fn request(s: &mut Said) {
    s.put("method", &req::method());
    s.put("url", &req::url());
    s.put("id", if req::id().is_empty() { "none" } else { "some" });
    s.raw("body", req::body());
    s.put("body field", &req::body_field("who"));
    s.put("header", &req::header("x-test"));
    s.put("no header", &req::header("not-there"));
    s.put("param", &req::url_param("name"));
    s.put("state", &req::state("seed"));
    s.raw("raw state", req::state_raw("seed"));
}

fn outbound(s: &mut Said) {
    let h = [("X-A", "b"), ("X-C", "d")];
    let post = b"the data to post";
    let patch = b"the data to patch";
    s.got("get", http::get("https://api.test/get", &h));
    s.got("post", http::post("https://api.test/post", post, &h));
    s.got("patch", http::patch("https://api.test/patch", patch, &[]));
    s.got("delete", http::delete("https://api.test/delete", &[]));
}

fn verbs(s: &mut Said) {
    s.got("head", http::head("https://api.test/head", &[]));
    s.got("options", http::options("https://api.test/options", &[]));
    s.got("put", http::put("https://api.test/put", b"the data to put", &[]));
}

fn down(s: &mut Said) {
    s.got("down", http::get("https://api.test/down", &[]));
}

fn cached(s: &mut Said) -> Result<(), RunErr> {
    cache::set("warm", b"hot", 60)?;
    cache::set("ever", b"long", 0)?;
    s.got("warm", cache::get("warm"));
    s.got("ever", cache::get("ever"));
    s.got("given", cache::get("given"));
    Ok(())
}

fn rows(s: &mut Said) {
    let v = [("id", "7"), ("n", "ann")];
    s.got("insert", db::insert("add", &v));
    s.got("select", db::select("find", &v));
    s.got("update", db::update("change", &v));
    s.got("delete", db::delete("drop", &v));
    s.got("no row", db::select("find", &[]));
}

fn set(s: &mut Said) {
    s.done("set method", req::set_method("PATCH"));
    s.put("method", &req::method());
    s.done("set url", req::set_url("/other"));
    s.put("url", &req::url());
    s.done("set field", req::set_body_field("who", "all"));
    s.put("field", &req::body_field("who"));
    s.done("set body", req::set_body(b"a text"));
    s.raw("body", req::body());
    s.done("set header", req::set_header("x-new", "made"));
    s.put("header", &req::header("x-new"));
    s.done("set param", req::set_url_param("more", "yes"));
    s.put("param", &req::url_param("more"));
    s.done("set state", req::set_state("left", b"behind"));
    s.put("state", &req::state("left"));
}

fn logs() {
    log::error("an error");
    log::warn("a warning");
    log::info("a note");
    log::debug("a detail");
}

fn run(input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
    let mut s = Said(vec![]);
    match String::from_utf8_lossy(&input).as_ref() {
        "request" => request(&mut s),
        "http" => outbound(&mut s),
        "verbs" => verbs(&mut s),
        "down" => down(&mut s),
        "after" => {
            down(&mut s);
            s.put("method", &req::method());
        }
        "graphql" => {
            s.got("graphql", graphql::query("https://api.test/graphql", "{ me }"))
        }
        "cache" => cached(&mut s)?,
        "no cache" => s.got("cold", cache::get("cold")),
        "file" => s.maybe("file", file::get_static("a.txt")),
        "no file" => s.maybe("file", file::get_static("none")),
        "db" => rows(&mut s),
        "query" => s.put("query", &req::query_param("q")),
        r#"{"do":"set"}"# => set(&mut s),
        "logs" => logs(),
        "response" => {
            resp::set_header("X-Made-By", "sdk");
            resp::content_type("text/x-sdk");
        }
        "secret" => {
            s.maybe("secret", secrets::get("TOKEN"));
            s.maybe("no secret", secrets::get("NONE"));
        }
        "abort" => give_up("stopped"),
        _ => return Err(RunErr::new(404, "no such thing")),
    }
    Ok(format!("{{{}}}", s.0.join(",")).into_bytes())
}

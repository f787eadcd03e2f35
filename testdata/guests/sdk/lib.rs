//! Every call of the SDK once; what came is put together, a line each.

mod runnable;

use runnable::*;

fn text(a: Answer) -> String {
    match a {
        Ok(v) => String::from_utf8_lossy(&v).into_owned(),
        Err(e) => format!("error: {}", e.message),
    }
}

fn outbound(all: &mut Vec<String>) {
    all.push(text(http::get("https://api.test/get", &[("X-A", "b")])));
    all.push(text(http::post("https://api.test/post", b"data", &[])));
    all.push(text(http::delete("https://api.test/down", &[])));
    all.push(text(graphql::query("https://api.test/graphql", "{ me }")));
    all.push(text(db::select("people", &[("id", "7")])));
    all.push(text(db::insert("person", &[("id", "7")])));
}

fn run(_input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
    let mut all = vec![req::method(), req::url()];
    all.push(if req::id().is_empty() { "no id" } else { "id" }.into());
    all.push(req::header("x-test"));
    all.push(req::url_param("name"));
    all.push(req::query_param("q"));
    all.push(req::state("seed"));
    all.push(req::body_field("who"));
    all.push(text(Ok(req::body())));
    all.push(req::header("not-there"));
    all.push(text(cache::get("cold")));
    cache::set("warm", b"hot", 60)?;
    all.push("set".into());
    all.push(text(cache::get("warm")));
    all.push(text(file::get_static("a.txt")));
    let none = file::get_static("none");
    all.push(if none.is_ok() { "file" } else { "no file" }.into());
    all.push(text(secrets::get("TOKEN")));
    outbound(&mut all);
    req::set_state("left", b"behind")?;
    all.push("set".into());
    resp::set_header("X-Made-By", "sdk");
    log::error("an error");
    log::warn("a warning");
    log::info("a note");
    log::debug("a detail");
    Ok((all.join("\n") + "\n").into_bytes())
}

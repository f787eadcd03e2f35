// Every call of the SDK, by groups: the input names the group, the answer is
// a JSON object of what each call gave.
#include "runnable.hpp"
using namespace runnable;

static std::string all;

static void
put(std::string_view name, std::string_view value)
{
	all += all.size() > 1 ? ",\"" : "\"";
	all += std::string(name) + "\":\"";
	for (char c : value) {
		if (c == '"' || c == '\\')
			all += '\\';
		all += c;
	}
	all += '"';
}

static void
got(std::string_view name, const Result &r)
{
	put(name, r ? *r.value() : "error: " + r.error()->message);
}

static void
maybe(std::string_view name, const Result &r)
{
	put(name, r ? *r.value() : "none");
}

static void
done(std::string_view name, const Result &r)
{
	put(name, r ? "ok" : r.error()->message);
}

static void
read()
{
	put("method", request::method());
	put("url", request::url());
	put("id", request::id().empty() ? "none" : "some");
	put("body", request::body());
	put("body field", request::body_field("who"));
	put("header", request::header("x-test"));
	put("no header", request::header("not-there"));
	put("param", request::param("name"));
	put("state", request::state("seed"));
	put("raw state", request::state("seed"));
}

static void
outbound()
{
	const Pairs h{ { "X-A", "b" }, { "X-C", "d" } };

	got("get", http::get("https://api.test/get", h));
	got("post", http::post("https://api.test/post", "the data to post", h));
	got("patch",
	    http::patch("https://api.test/patch", "the data to patch"));
	got("delete", http::del("https://api.test/delete"));
}

static void
verbs()
{
	got("head", http::head("https://api.test/head"));
	got("options", http::options("https://api.test/options"));
	got("put", http::put("https://api.test/put", "the data to put"));
}

static void
cached()
{
	cache::set("warm", "hot", 60);
	cache::set("ever", "long", 0);
	got("warm", cache::get("warm"));
	got("ever", cache::get("ever"));
	got("given", cache::get("given"));
}

static void
rows()
{
	const Pairs v{ { "id", "7" }, { "n", "ann" } };

	got("insert", db::insert("add", v));
	got("select", db::select("find", v));
	got("update", db::update("change", v));
	got("delete", db::del("drop", v));
	got("no row", db::select("find"));
}

static void
set()
{
	done("set method", request::set_method("PATCH"));
	put("method", request::method());
	done("set url", request::set_url("/other"));
	put("url", request::url());
	done("set field", request::set_body_field("who", "all"));
	put("field", request::body_field("who"));
	done("set body", request::set_body("a text"));
	put("body", request::body());
	done("set header", request::set_header("x-new", "made"));
	put("header", request::header("x-new"));
	done("set param", request::set_param("more", "yes"));
	put("param", request::param("more"));
	put("set state", request::set_state("left", "behind") ? "ok" : "no");
	put("state", request::state("left"));
}

static void
logs()
{
	runnable::log::error("an error");
	runnable::log::warn("a warning");
	runnable::log::info("a note");
	runnable::log::debug("a detail");
}

static void
make(std::string_view group)
{
	if (group == "request")
		read();
	if (group == "http")
		outbound();
	if (group == "verbs")
		verbs();
	if (group == "down" || group == "after")
		got("down", http::get("https://api.test/down"));
	if (group == "after")
		put("method", request::method());
	if (group == "graphql")
		got("graphql", graphql("https://api.test/graphql", "{ me }"));
	if (group == "cache")
		cached();
	if (group == "no cache")
		got("cold", cache::get("cold"));
	if (group == "file")
		maybe("file", static_file("a.txt"));
	if (group == "no file")
		maybe("file", static_file("none"));
	if (group == "db")
		rows();
	if (group == "query")
		put("query", request::query("q"));
	if (group == "{\"do\":\"set\"}")
		set();
	if (group == "logs")
		logs();
}

Result
run(std::string_view group)
{
	all = "{";
	if (group == "fail")
		return Error{ 404, "no such thing" };
	if (group == "plain")
		return Error{ .message = "just so" };
	if (group == "abort")
		give_up("stopped");
	if (group == "response") {
		response::set_header("X-Made-By", "sdk");
		response::content_type("text/x-sdk");
	}
	if (group == "secret") {
		maybe("secret", secret("TOKEN"));
		maybe("no secret", secret("NONE"));
	}
	make(group);
	return all + "}";
}

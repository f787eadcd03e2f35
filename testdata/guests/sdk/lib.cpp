// Every call of the SDK once; what came is put together, a line each.
#include "runnable.hpp"
using namespace runnable;

static std::string all;

static void
line(const Result &r)
{
	all += (r ? *r.value() : "error: " + r.error()->message) + "\n";
}

static void
outbound()
{
	line(http::get("https://api.test/get", {{"X-A", "b"}}));
	line(http::post("https://api.test/post", "data"));
	line(http::del("https://api.test/down"));
	line(graphql("https://api.test/graphql", "{ me }"));
	line(db::select("people", {{"id", "7"}}));
	line(db::insert("person", {{"id", "7"}}));
}

Result
run(std::string_view)
{
	all.clear();
	line(request::method());
	line(request::url());
	line(request::id().empty() ? "no id" : "id");
	line(request::header("x-test"));
	line(request::param("name"));
	line(request::query("q"));
	line(request::state("seed"));
	line(request::body_field("who"));
	line(request::body());
	line(request::header("not-there"));
	line(cache::get("cold"));
	line(cache::set("warm", "hot", 60) ? "set" : "not set");
	line(cache::get("warm"));
	line(static_file("a.txt"));
	line(static_file("none") ? "file" : "no file");
	line(secret("TOKEN"));
	outbound();
	line(request::set_state("left", "behind") ? "set" : "no");
	response::set_header("X-Made-By", "sdk");
	runnable::log::error("an error");
	runnable::log::warn("a warning");
	runnable::log::info("a note");
	runnable::log::debug("a detail");
	return all;
}

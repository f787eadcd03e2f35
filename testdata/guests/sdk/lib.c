/* Every call of the SDK, by groups: the input names the group, the answer is
 * a JSON object of what each call gave. */
#include "runnable.h"

#include <string.h>

static struct bytes all;

static void
put(const char *name, struct bytes value)
{
	all = join(all, text(all.size > 1 ? ",\"" : "\""));
	all = join(join(all, text(name)), text("\":\""));
	for (size_t i = 0; i < value.size; i++) {
		char c = value.data[i];

		if (c == '"' || c == '\\')
			all = join(all, text("\\"));
		all = join(all, (struct bytes){ &c, 1 });
	}
	all = join(all, text("\""));
}

static void
got(const char *name, struct bytes b)
{
	if (b.data == NULL)
		b = join(text("error: "), text(host_error()));
	put(name, b);
}

static void
maybe(const char *name, struct bytes b)
{
	put(name, b.data != NULL ? b : text("none"));
}

static void
done(const char *name, bool ok)
{
	put(name, text(ok ? "ok" : host_error()));
}

static void
request(void)
{
	put("method", request_method());
	put("url", request_url());
	put("id", text(request_id().size > 0 ? "some" : "none"));
	put("body", request_body());
	put("body field", request_body_field("who"));
	put("header", request_header("x-test"));
	put("no header", request_header("not-there"));
	put("param", request_param("name"));
	put("state", request_state("seed"));
	put("raw state", request_state("seed"));
}

static struct bytes
fetch(enum http_method m, const char *url, const char *body)
{
	return http_fetch(m, url, NULL, 0, text(body));
}

static void
outbound(void)
{
	const struct http_header h[] = { { "X-A", "b" }, { "X-C", "d" } };

	got("get",
	    http_fetch(HTTP_GET, "https://api.test/get", h, 2, text("")));
	got("post",
	    http_fetch(HTTP_POST, "https://api.test/post", h, 2,
		text("the data to post")));
	got("patch",
	    fetch(HTTP_PATCH, "https://api.test/patch", "the data to patch"));
	got("delete", fetch(HTTP_DELETE, "https://api.test/delete", ""));
}

static void
verbs(void)
{
	got("head", fetch(HTTP_HEAD, "https://api.test/head", ""));
	got("options", fetch(HTTP_OPTIONS, "https://api.test/options", ""));
	got("put", fetch(HTTP_PUT, "https://api.test/put", "the data to put"));
}

static void
down(void)
{
	got("down", fetch(HTTP_GET, "https://api.test/down", ""));
}

static void
cached(void)
{
	cache_set("warm", text("hot"), 60);
	cache_set("ever", text("long"), 0);
	got("warm", cache_get("warm"));
	got("ever", cache_get("ever"));
	got("given", cache_get("given"));
}

static void
rows(void)
{
	const struct db_var v[] = { { "id", text("7") }, { "n", text("ann") } };

	got("insert", db_insert("add", v, 2));
	got("select", db_select("find", v, 2));
	got("update", db_update("change", v, 2));
	got("delete", db_delete("drop", v, 2));
	got("no row", db_select("find", NULL, 0));
}

static void
set(void)
{
	done("set method", request_set_method("PATCH"));
	put("method", request_method());
	done("set url", request_set_url("/other"));
	put("url", request_url());
	done("set field", request_set_body_field("who", text("all")));
	put("field", request_body_field("who"));
	done("set body", request_set_body(text("a text")));
	put("body", request_body());
	done("set header", request_set_header("x-new", text("made")));
	put("header", request_header("x-new"));
	done("set param", request_set_param("more", text("yes")));
	put("param", request_param("more"));
	done("set state", request_set_state("left", text("behind")));
	put("state", request_state("left"));
}

static void
logs(void)
{
	log_error("an error");
	log_warn("a warning");
	log_info("a note");
	log_debug("a detail");
}

static void
response(void)
{
	set_header("X-Made-By", "sdk");
	content_type("text/x-sdk");
}

static void
graph(void)
{
	got("graphql", graphql_query("https://api.test/graphql", "{ me }"));
}

static void
no_cache(void)
{
	got("cold", cache_get("cold"));
}

static void
file(void)
{
	maybe("file", static_file("a.txt"));
}

static void
no_file(void)
{
	maybe("file", static_file("none"));
}

static void
query(void)
{
	put("query", request_query("q"));
}

static void
secrets(void)
{
	maybe("secret", secret("TOKEN"));
	maybe("no secret", secret("NONE"));
}

static void
after(void)
{
	down();
	put("method", request_method());
}

static void
stop(void)
{
	give_up("stopped");
}

static void
no(void)
{
	fail(404, "no such thing");
}

static const struct {
	const char *name;
	void (*make)(void);
} groups[] = { { "request", request }, { "http", outbound }, { "verbs", verbs },
	{ "down", down }, { "after", after }, { "graphql", graph },
	{ "cache", cached }, { "no cache", no_cache }, { "file", file },
	{ "no file", no_file }, { "db", rows }, { "query", query },
	{ "{\"do\":\"set\"}", set }, { "logs", logs }, { "response", response },
	{ "secret", secrets }, { "abort", stop }, { "fail", no } };

void
run(struct bytes input)
{
	all = text("{");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, input.data) == 0)
			groups[i].make();
	respond(join(all, text("}")));
}

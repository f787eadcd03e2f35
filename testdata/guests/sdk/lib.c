/* Every call of the SDK once; what came is put together, a line each. */
#include "runnable.h"

static struct bytes all;

static void
line(struct bytes b)
{
	if (b.data == NULL)
		b = join(text("error: "), text(host_error()));
	all = join(all, join(b, text("\n")));
}

static void
outbound(void)
{
	const struct http_header h[] = { { "X-A", "b" } };
	const struct db_var v[] = { { "id", text("7") } };

	line(http_fetch(HTTP_GET, "https://api.test/get", h, 1, text("")));
	line(http_fetch(HTTP_POST, "https://api.test/post", NULL, 0,
	    text("data")));
	line(http_fetch(HTTP_DELETE, "https://api.test/down", NULL, 0,
	    text("")));
	line(graphql_query("https://api.test/graphql", "{ me }"));
	line(db_select("people", v, 1));
	line(db_insert("person", v, 1));
}

void
run(struct bytes input)
{
	(void)input;
	all = text("");
	line(request_method());
	line(request_url());
	line(text(request_id().size > 0 ? "id" : "no id"));
	line(request_header("x-test"));
	line(request_param("name"));
	line(request_query("q"));
	line(request_state("seed"));
	line(request_body_field("who"));
	line(request_body());
	line(request_header("not-there"));
	line(cache_get("cold"));
	line(text(cache_set("warm", text("hot"), 60) ? "set" : "not set"));
	line(cache_get("warm"));
	line(static_file("a.txt"));
	line(text(static_file("none").data != NULL ? "file" : "no file"));
	line(secret("TOKEN"));
	outbound();
	line(text(request_set_state("left", text("behind")) ? "set" : "no"));
	set_header("X-Made-By", "sdk");
	log_error("an error");
	log_warn("a warning");
	log_info("a note");
	log_debug("a detail");
	respond(all);
}

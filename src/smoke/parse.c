/* SPDX-License-Identifier: Apache-2.0 */
/* One case of a test file. */

#include "smoke/shape.h"

#define NAME_MAX_BYTES 200u

/* 2026-01-01T00:00:00Z: what functions see where a case gives no clock. */
#define DEFAULT_CLOCK_NS UINT64_C(1767225600000000000)

static void
set_method(struct reader *rd, const struct tree *at, struct str m,
    struct smoke_case *c)
{
	char *upper = arena_cstr(rd->s->arena, m);
	bool ok = m.n > 0 && m.n <= 20;

	for (size_t i = 0; i < m.n; i++) {
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
		if (upper[i] < 'A' || upper[i] > 'Z')
			ok = false;
	}
	if (!ok)
		problem(
		    rd, T_VALUE, at, "a method is a word such as GET or POST");
	c->method = (struct str){ upper, m.n };
}

static void
take_method(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	const struct tree *m = tree_get(t, "method");
	struct str text = { 0 };

	take_text(rd, t, "method", &text);
	if (is_scalar(m))
		set_method(rd, m, text, c);
}

static void
set_url(struct reader *rd, const struct tree *at, struct str url,
    struct smoke_case *c)
{
	bool ok = str_starts(url, "/");

	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f)
			ok = false;
	if (!ok)
		problem(rd, T_VALUE, at,
		    "a path begins with a slash and has no spaces");
	c->url = url;
}

static void
take_url(struct reader *rd, const struct tree *t, const char *key,
    struct smoke_case *c)
{
	const struct tree *u = tree_get(t, key);
	struct str text = { 0 };

	take_text(rd, t, key, &text);
	if (is_scalar(u))
		set_url(rd, u, text, c);
}

/* A document's type goes with it, as any client would send it. */
static void
take_input(struct reader *rd, const struct tree *t, const char *key,
    struct smoke_case *c)
{
	take_body(rd, t, key, &c->body);
	if (tree_get(t, "json"))
		texts_put(&c->headers, rd->s->arena, STR("content-type"),
		    STR("application/json"), true);
	take_pairs(rd, t, "headers", false, true, &c->headers);
}

static void
take_request(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	static const char *const keys[] = { "method", "path", "headers", "body",
		"json", "file", NULL };

	struct str path = t->text, method;

	if (is_scalar(t)) { /* "/hello", or "POST /hello" */
		if (str_cut(&path, ' ', &method))
			set_method(rd, t, method, c);
		else
			path = method;
		set_url(rd, t, str_trim(path), c);
		return;
	}
	if (!take_map(rd, t, "request", keys))
		return;
	take_method(rd, t, c);
	take_url(rd, t, "path", c);
	take_input(rd, t, "body", c);
	if (!tree_get(t, "path"))
		problem(rd, T_VALUE, t, "a request needs its 'path'");
}

/* "nats orders.new", or a map. */
static void
take_message(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	static const char *const keys[] = { "source", "topic", "body", "json",
		"file", NULL };
	static const char *const sources[] = { "nats", "kafka", "server" };
	struct str topic = t->text;
	bool known = false;

	c->kind = CASE_MESSAGE;
	if (is_scalar(t)) {
		str_cut(&topic, ' ', &c->source);
		c->target = str_trim(topic);
	} else if (take_map(rd, t, "message", keys)) {
		c->source = STR("server");
		take_text(rd, t, "source", &c->source);
		take_text(rd, t, "topic", &c->target);
		take_body(rd, t, "body", &c->body);
	} else {
		return;
	}
	for (size_t i = 0; i < COUNT(sources); i++)
		known = known || str_is(c->source, sources[i]);
	if (!known)
		problem(rd, T_VALUE, t,
		    "a message's source is nats, kafka or server");
	else if (c->target.n == 0)
		problem(rd, T_VALUE, t, "a message needs its 'topic'");
}

/* A module by its path: read once, however many cases name it. */
static void
take_module(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	struct smoke *s = rd->s;
	struct str path = t->text, data;

	if (path.p[0] != '/')
		path = str_of(arena_printf(
		    s->arena, STR_F STR_F, STR_A(rd->dir), STR_A(path)));
	c->target = path;
	for (size_t i = 0; i < s->nmodules; i++)
		if (str_eq(s->modules[i].key, path))
			return;
	if (!take_file(rd, t, &data))
		return;
	s->modules = arena_grow(s->arena, s->modules, s->nmodules,
	    &s->modules_cap, sizeof(*s->modules));
	s->modules[s->nmodules++] = (struct pair){ .key = path, .value = data };
}

static void
take_function(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	const struct tree *fn = tree_get(t, "function");

	c->kind = CASE_FUNCTION;
	c->method = STR("POST");
	c->url = STR("/");
	take_text(rd, t, "function", &c->target);
	if (is_scalar(fn) && str_ends(fn->text, ".wasm"))
		take_module(rd, fn, c);
	take_method(rd, t, c);
	take_url(rd, t, "url", c);
	take_input(rd, t, "input", c);
	take_pairs(rd, t, "params", false, false, &c->params);
}

static void
take_target(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	static const char *const only[] = { "input", "json", "file", "params",
		"headers", "method", "url" };
	const struct tree *fn = tree_get(t, "function");
	const struct tree *request = tree_get(t, "request");
	const struct tree *schedule = tree_get(t, "schedule");
	const struct tree *message = tree_get(t, "message");

	if ((fn != NULL) + (request != NULL) + (schedule != NULL) +
		(message != NULL) !=
	    1) {
		problem(rd, T_KIND, t,
		    "a case has exactly one of 'function', "
		    "'request', 'message' and 'schedule'");
		return;
	}
	for (size_t i = 0; !fn && i < COUNT(only); i++)
		if (tree_get(t, only[i]))
			problem(rd, T_KEY, tree_get(t, only[i])->key,
			    "'%s' stands beside 'function' only%s", only[i],
			    schedule	  ? ""
				: request ? "; a request has its own"
					  : "; a message has its own");
	if (fn) {
		take_function(rd, t, c);
	} else if (request) {
		c->kind = CASE_REQUEST;
		c->method = STR("GET");
		take_request(rd, request, c);
	} else if (message) {
		take_message(rd, message, c);
	} else {
		c->kind = CASE_SCHEDULE;
		take_text(rd, t, "schedule", &c->target);
	}
}

static void
take_name(struct reader *rd, const struct tree *t, size_t nth, bool filled,
    struct smoke_case *c)
{
	const struct tree *name = tree_get(t, "name");
	size_t at;

	take_text(rd, t, "name", &c->name);
	if (c->name.n == 0 || c->name.n > NAME_MAX_BYTES ||
	    str_find(c->name, STR("\n"), &at)) {
		problem(rd, T_VALUE, name ? name : t,
		    "a case needs a 'name' of one line and at most %u "
		    "bytes",
		    NAME_MAX_BYTES);
		return;
	}
	/* A row of a table whose name has no variable. */
	if (nth > 0 && !filled)
		c->name = str_of(arena_printf(
		    rd->s->arena, STR_F " [%zu]", STR_A(c->name), nth));
}

static void
take_skip(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	const struct tree *skip = tree_get(t, "skip");

	if (!skip)
		return;
	if (skip->kind == TREE_BOOL) {
		c->skip = skip->num != 0;
		return;
	}
	take_text(rd, t, "skip", &c->why_skipped);
	c->skip = is_scalar(skip);
}

void
take_case(struct reader *rd, struct tree *t, const struct tree *row, size_t nth,
    const struct smoke_case *defaults)
{
	static const char *const keys[] = { "name", "function", "request",
		"message", "schedule", "input", "json", "file", "params",
		"headers", "method", "url", "given", "expect", "each", "skip",
		"timeout", NULL };
	struct smoke *s = rd->s;
	struct smoke_case *c = arena_take(s->arena, sizeof(*c));
	size_t before = diags_errors(rd->ds);
	struct str plain = tree_text(t, "name");

	s->bytes += sizeof(*c);
	*c = *defaults;
	c->file = rd->rel;
	c->at = t->at;
	c->headers.cap = c->headers.n = 0;
	c->headers.v = NULL;
	for (size_t i = 0; i < defaults->headers.n; i++)
		texts_put(&c->headers, s->arena, defaults->headers.v[i].key,
		    defaults->headers.v[i].value, true);
	t = vars_fill(rd, t, row);
	if (!take_map(rd, t, "a case", keys))
		return;
	take_name(rd, t, nth, !str_eq(plain, tree_text(t, "name")), c);
	take_skip(rd, t, c);
	take_target(rd, t, c);
	take_given(rd, tree_get(t, "given"), &c->given);
	take_ms(rd, t, "timeout", &c->timeout_ms);
	/* A misspelt one was told already. */
	if (!tree_get(t, "expect") && diags_errors(rd->ds) == before)
		problem(rd, T_EXPECT, t, "the case has no 'expect'");
	take_expect(rd, tree_get(t, "expect"), c);
	if (diags_errors(rd->ds) > before)
		return;
	s->cases = arena_grow(s->arena, s->cases, s->ncases, &s->cap,
	    sizeof(struct smoke_case *));
	s->cases[s->ncases++] = c;
}

void
take_defaults(struct reader *rd, struct tree *t, struct smoke_case *defaults)
{
	static const char *const keys[] = { "given", "timeout", "headers",
		NULL };

	defaults->given.clock_ns = DEFAULT_CLOCK_NS;
	if (!t)
		return;
	t = vars_fill(rd, t, NULL);
	if (!take_map(rd, t, "defaults", keys))
		return;
	take_given(rd, tree_get(t, "given"), &defaults->given);
	take_ms(rd, t, "timeout", &defaults->timeout_ms);
	take_pairs(rd, t, "headers", false, true, &defaults->headers);
}

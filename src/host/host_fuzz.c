/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any questions to the gate, and any answers from the outside.  The first byte
 * of an input is the Directive, the second the status that the outside answers
 * with; then for each question: what, n, a up to a NUL, b up to a NUL.  What is
 * left of the input is the outside's answer.  All of it may also be a request.
 */
#include <assert.h>
#include <string.h>

#include "host/host.h"
#include "tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define OUT_MAX (1u << 20)
#define QUESTIONS 50

static const char *const yamls[] = {
	"identifier: a.b.c\n",
	"queries: [{name: q, query: \"select ?\"}]\n"
	"capabilities:\n"
	"  http: {enabled: true, rules: {allowedDomains: [a.test, "
	"\"*.b.test\"],"
	" allowedPorts: [80, 8000-8099], allowHTTP: true, allowIPs: true}}\n"
	"  graphql: {enabled: true, rules: {blockedDomains: [x.test],"
	" blockedPorts: [22], allowedCIDRs: [10.0.0.0/8], allowIPs: true}}\n"
	"  cache: {enabled: true, rules: {allowGet: true}}\n"
	"  secrets: {enabled: true, env: {allowedKeys: [A]}}\n"
	"  db: {enabled: true}\n",
	"capabilities:\n"
	"  http: {enabled: false}\n"
	"  graphql: {enabled: false}\n"
	"  logger: {enabled: false}\n"
	"  file: {enabled: false}\n"
	"  cache: {enabled: false, redis: {serverAddress: x, password: p}}\n"
	"  requestHandler: {enabled: false}\n"
	"  secrets: {enabled: false}\n",
};

struct world {
	struct str rest;
	int status;
};

static const char *
on_env(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "A") == 0 ? "value" : NULL;
}

static bool
on_file(void *arg, struct str name, struct str *data)
{
	struct world *w = arg;

	*data = w->rest;
	return name.n % 2 == 1;
}

static int
on_outbound(void *arg, const struct host_call *c, const struct outbound *o,
    struct outbound_answer *a)
{
	const struct world *w = arg;

	(void)c;
	assert(o->what == ABI_DB || (o->method.n > 0 && o->url.n > 0));
	for (size_t i = 0; i < o->nheaders; i++)
		assert(o->headers[i].key.n > 0);
	*a = (struct outbound_answer){ .status = w->status, .body = w->rest };
	return 1;
}

/* The line that would allow it is YAML, whatever the function asked for. */
static void
on_log(void *arg, const struct host_call *c, int level, struct str text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t;
	struct err e = ERR;
	size_t at;

	(void)arg;
	(void)c;
	assert(level >= 1 && level <= 4);
	if (level != 2 || !str_find(text, STR("add to D: "), &at) ||
	    !str_find(text, STR(" was refused by capabilities."), &at))
		return;
	(void)str_find(text, STR("add to D: "), &at);
	text = str_from(text, at + 10);
	if (str_find(text, STR("} ("), &at))
		text.n = at + 1;
	assert(tree_parse_yaml(&t, a, text, &e) == 0);
	assert(tree_get(t, "capabilities"));
}

static struct str
cut(struct str *s)
{
	struct str head;

	(void)str_cut(s, '\0', &head);
	return head;
}

static void
ask(struct host_call *c, struct world *w)
{
	struct buf out = BUF(OUT_MAX);
	struct abi_var vars[1];
	struct abi_ask q = { .vars = vars };
	int rc;

	q.what = (enum abi_what)((uint8_t)w->rest.p[0] % (ABI_RANDOM + 1));
	q.n = (int8_t)w->rest.p[1];
	w->rest = str_from(w->rest, 2);
	q.a = cut(&w->rest);
	q.b = cut(&w->rest);
	vars[0] = (struct abi_var){ q.a, q.b };
	q.nvars = q.n == 1;
	rc = host_ask(c, &q, &out);
	assert(rc == ABI_ANSWERED || rc == ABI_REFUSED || rc == ABI_MALFORMED);
	assert(rc != ABI_MALFORMED || (q.what == ABI_FETCH && out.n == 0));
	assert(rc != ABI_REFUSED || out.n > 0 || q.what == ABI_DB);
	assert(rc == ABI_REFUSED || !buf_over(&out));
	buf_free(&out);
}

static void
as_request(struct str s)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct host_call c = { .magic = HOST_CALL_MAGIC,
		.request = request_from_json(s) };
	struct host_options opt = { 0 };
	struct abi_var *env = NULL;
	struct err e = ERR;
	struct request *b;
	size_t n;

	if (!c.request)
		return;
	assert(host_new(&c.host, &opt, &e) == 0);
	n = host_call_cgi(&c, s, a, &env);
	for (size_t i = 0; i < n; i++)
		assert(strlen(env[i].name.p) == env[i].name.n &&
		    strlen(env[i].value.p) == env[i].value.n &&
		    !memchr(env[i].name.p, '=', env[i].name.n));
	b = request_branch(c.request, s);
	request_free(&b);
	request_free(&c.request);
	host_free(&c.host);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct world w = { .rest = { (const char *)data, n } };
	struct host_options opt = { .no_outside = true,
		.file = on_file,
		.file_arg = &w,
		.hooks = { .arg = &w,
		    .log = on_log,
		    .outbound = on_outbound,
		    .env = on_env } };
	struct host_call c = { .magic = HOST_CALL_MAGIC, .fn = STR("f") };
	struct diags *ds = diags_new();
	struct directive *d;
	struct err e = ERR;

	as_request(w.rest);
	if (n >= 2) {
		assert(directive_parse(&d, str_of(yamls[data[0] % 3]), STR("D"),
			   ds, &e) == 0);
		opt.directive = d;
		w.status = 200 + data[1];
		w.rest = str_from(w.rest, 2);
		assert(host_new(&c.host, &opt, &e) == 0);
		c.request = request_new(
		    STR("GET"), STR("/x?y=z"), STR("id"), STR("{\"a\":\"b\"}"));
		for (int i = 0; i < QUESTIONS && w.rest.n >= 2; i++)
			ask(&c, &w);
		host_call_dispose(&c);
		request_free(&c.request);
		host_free(&c.host);
		directive_free(&d);
	}
	diags_free(&ds);
	return 0;
}

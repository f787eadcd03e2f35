/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - for tests: a host by a Directive, one request, one call of it.
 *
 * Fill opt, env, now_ns... of a zeroed struct, open it, ask.  Where the answer
 * comes later the loop is run until it is there.
 */
#ifndef HOST_WORLD_H
#define HOST_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "host/host.h"

struct world {
	struct host_options opt;
	struct directive *directive;
	struct host	*host;
	struct request	*req;
	struct host_call call;
	struct buf	 out, log;
	uint64_t	 now_ns;
	bool		 use_clock;	/* now_ns is the time */
	const char *const *env;		/* "NAME=value", ends with NULL */
	/* What the outbound hook returns, and what it was told; hook 9: there
	 * is no hook. */
	int		 hook;
	struct outbound_answer answer;
	struct buf	 told;
	unsigned	 nouts;
	/* Of an answer that came later. */
	struct loop	*loop;
	bool		 done;
	int		 rc;
};

static inline uint64_t
world_now(void *arg)
{
	return ((struct world *)arg)->now_ns;
}

static inline void
world_log(void *arg, const struct host_call *c, int level,
	    struct str text)
{
	struct world *w = arg;

	buf_addf(&w->log, STR_F ":%d:" STR_F "|", STR_A(c->fn), level,
	    STR_A(text));
}

static inline const char *
world_env(void *arg, const char *name)
{
	const struct world *w = arg;
	size_t n = strlen(name);

	for (const char *const *v = w->env; v && *v; v++)
		if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
			return *v + n + 1;
	return NULL;
}

static inline int
world_outbound(void *arg, const struct host_call *c,
	    const struct outbound *o, struct outbound_answer *a)
{
	struct world *w = arg;

	(void)c;
	w->nouts++;
	buf_addf(&w->told, STR_F " " STR_F STR_F, STR_A(o->method),
	    STR_A(o->url), STR_A(o->query));
	for (size_t i = 0; i < o->nheaders; i++)
		buf_addf(&w->told, " [" STR_F "=" STR_F "]",
		    STR_A(o->headers[i].key), STR_A(o->headers[i].value));
	for (size_t i = 0; i < o->nvars; i++)
		buf_addf(&w->told, " (" STR_F ")", STR_A(o->vars[i].value));
	if (o->body.n > 0)
		buf_addf(&w->told, " " STR_F, STR_A(o->body));
	buf_addc(&w->told, '|');
	*a = w->answer;
	return w->hook;
}

static inline void
world_done(void *arg, int rc)
{
	struct world *w = arg;

	w->done = true;
	w->rc = rc;
	if (w->loop)
		loop_stop(w->loop);
}

static inline void
world_request(struct world *w)
{
	w->req = request_new(STR("POST"), STR("/p/1?a=b%20c&n=1+2&a=z"),
	    STR("id-1"), STR("{\"name\":\"Ada\",\"age\":7}"));
	request_add_header(w->req, STR("X-First"), STR("one"));
	request_add_header(w->req, STR("x-first"), STR("two"));
	request_add_param(w->req, STR("id"), STR("42"));
	request_set_state(w->req, STR("who"), STR("Bob"));
}

/* yaml NULL: what opt has.  Returns as host_new. */
static inline int
world_try(struct world *w, const char *yaml, struct err *e)
{
	struct diags *ds = diags_new();

	w->out = (struct buf)BUF(16 << 20);
	w->log = (struct buf)BUF(1 << 20);
	w->told = (struct buf)BUF(1 << 20);
	if (yaml && directive_parse(&w->directive, str_of(yaml),
		STR("Directive.yaml"), ds, e) < 0)
		fail_msg("%s: %s", yaml, e->text);
	diags_free(&ds);
	if (w->directive)
		w->opt.directive = w->directive;
	w->opt.hooks.arg = w;
	w->opt.hooks.log = world_log;
	w->opt.hooks.env = world_env;
	if (w->use_clock)
		w->opt.hooks.clock = world_now;
	if (w->hook != 9)
		w->opt.hooks.outbound = world_outbound;
	return host_new(&w->host, &w->opt, e);
}

static inline void
world_open(struct world *w, const char *yaml)
{
	struct err e = ERR;

	if (world_try(w, yaml, &e) < 0)
		fail_msg("%s", e.text);
	world_request(w);
	w->call = (struct host_call){ .magic = HOST_CALL_MAGIC,
		.host = w->host,
		.request = w->req,
		.fn = STR("f"),
		.ns = STR("default"),
		.loop = w->loop };
}

/* With this text as the Directive's capabilities; NULL: none are written. */
static inline void
world_open_caps(struct world *w, const char *caps)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1 << 20);

	buf_addf(&yaml, "identifier: com.test.app\n");
	if (caps)
		buf_addf(&yaml, "capabilities: {%s}\n", caps);
	world_open(w, buf_cstr(&yaml));
}

static inline void
world_close(struct world *w)
{
	host_call_dispose(&w->call);
	request_free(&w->req);
	if (w->loop)
		loop_free(&w->loop);
	host_free(&w->host);
	directive_free(&w->directive);
	buf_free(&w->out);
	buf_free(&w->log);
	buf_free(&w->told);
}

static inline void
world_loop(struct world *w)
{
	struct err e = ERR;

	if (loop_new(&w->loop, &e) < 0)
		fail_msg("%s", e.text);
}

/* Ask, and wait for what comes later.  Returns what the guest gets. */
static inline int
world_put(struct world *w, struct abi_ask *q)
{
	struct err e = ERR;
	int rc;

	q->done = world_done;
	q->done_arg = w;
	w->done = false;
	buf_clear(&w->out);
	rc = host_ask(&w->call, q, &w->out);
	if (rc != ABI_LATER)
		return rc;
	assert_false(w->done);
	while (!w->done)
		if (loop_run(w->loop, &e) < 0)
			fail_msg("%s", e.text);
	assert_null(w->call.waiting);
	return w->rc;
}

static inline int
world_ask(struct world *w, enum abi_what what, int n, const char *a,
    const char *b)
{
	struct abi_ask q = {
		.what = what, .n = n, .a = str_of(a), .b = str_of(b)
	};

	return world_put(w, &q);
}

#define EXPECT(w, want_rc, text, ...) \
	do { \
		int rc_ = world_ask(w, __VA_ARGS__); \
		assert_string_equal(buf_cstr(&(w)->out), text); \
		assert_int_equal(rc_, want_rc); \
	} while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - for tests: an app of the functions below with the handlers of one
 * Directive, a request, and a run.
 */
#ifndef FLOW_WORLD_H
#define FLOW_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

#include "flow/flow.h"
#include "module/module.h"
#include "os/os.h"

#define SECOND_NS UINT64_C(1000000000)

#define HANDLER(rest) \
	"handlers:\n  - type: request\n    resource: /x\n    method: " \
	"GET\n" rest
/* The steps of one handler, each as a flow map. */
#define STEPS(rest) HANDLER("    steps:\n" rest)

/* testdata/flow/WORD.wasm, or .wat; guest.c tells what they do.  Of those that
 * need not be in every bundle, by the words of one test. */
struct world {
	struct engine	*en;
	struct bundle	*b;
	struct app	*app;
	struct host	*h;
	struct request	*r;
	struct flow_options opt;
	struct flow_result res;
	struct err	 e;
	/* How the outbound call of function ask is answered. */
	uint64_t	 delay_ns;
	int		 status;	/* 0: 200 */
	unsigned	 nasked;
	pthread_t	 thread;	/* that made it */
	unsigned	 nelsewhere;	/* asked by others */
};

static const char *const world_words[] = { "echo", "shout", "fail", "trap",
	"loop", "put", "note", "typed", "file", "param", "ask" };
static const char *const world_wats[] = { "tick", "elem", "flaky", "cgi", "burn",
	"both" };

static inline void
world_module(struct buf *wasm, const char *word, bool wat, struct err *e)
{
	char path[] = "/tmp/flow-test-XXXXXX", from[100];
	int fd;

	(void)snprintf(from, sizeof(from), "testdata/flow/%s.%s", word,
	    wat ? "wat" : "wasm");
	if (!wat) {
		assert_int_equal(os_read(wasm, from, e), 0);
		return;
	}
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(module_wat2wasm_child(from, path), 0);
	assert_int_equal(os_read(wasm, path, e), 0);
	unlink(path);
}

static inline void
world_part(struct bundle_part *p, struct buf *yaml, struct arena *a,
    const char *word, bool wat)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1u << 20);
	struct err e = ERR;

	buf_addf(yaml, "  - {name: %s, namespace: default, lang: c}\n", word);
	world_module(&wasm, word, wat, &e);
	p->name = str_of(arena_printf(a, "%s.wasm", word));
	p->data = arena_copy(a, buf_str(&wasm));
}

static inline void
world_pack(struct world *w, const char *handlers)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct bundle_part
	    parts[COUNT(world_words) + COUNT(world_wats) + 2];
	struct bundle_options opt = { .store = true };
	char path[] = "/tmp/flow-test-XXXXXX";
	struct digest digest;
	size_t n = 0;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	buf_addf(&yaml, "identifier: com.example.app\nappVersion: v0.1.0\n"
	    "atmoVersion: v0.4.8\nrunnables:\n");
	for (size_t i = 0; i < COUNT(world_words); i++)
		world_part(&parts[n++], &yaml, a, world_words[i], false);
	for (size_t i = 0; i < COUNT(world_wats); i++)
		world_part(&parts[n++], &yaml, a, world_wats[i], true);
	buf_addf(&yaml, "%s", handlers);
	parts[n++] =
	    (struct bundle_part){ STR("Directive.yaml"), buf_str(&yaml) };
	parts[n++] = (struct bundle_part){ STR("static/a.txt"), STR("AAA") };
	if (bundle_pack(path, parts, n, &opt, &digest, &w->e) < 0 ||
	    bundle_open(&w->b, path, &w->e) < 0)
		fail_msg("%s", w->e.text);
	unlink(path);
}

static inline int
world_outbound(void *arg, const struct host_call *c,
	    const struct outbound *o, struct outbound_answer *a)
{
	struct world *w = arg;

	(void)c;
	(void)o;
	__atomic_fetch_add(&w->nasked, 1, __ATOMIC_RELAXED);
	if (!pthread_equal(pthread_self(), w->thread))
		__atomic_fetch_add(&w->nelsewhere, 1, __ATOMIC_RELAXED);
	*a = (struct outbound_answer){ .status = w->status ? w->status : 200,
		.body = STR("answer"),
		.delay_ns = w->delay_ns };
	return 1;
}

static inline struct world *
world_make(const char *handlers, const char *body,
    const struct engine_options *opt)
{
	struct world *w = mem_take(sizeof(*w));
	struct host_options hopt = { .file = app_file,
		.hooks = { .arg = w, .outbound = world_outbound } };

	world_pack(w, handlers);
	w->opt = (struct flow_options){ .limits = ENGINE_LIMITS };
	w->thread = pthread_self();
	if (engine_new(&w->en, opt, &w->e) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(app_new(&w->app, w->en, w->b, &w->e), 0);
	hopt.file_arg = w->app;
	hopt.directive = bundle_directive(w->b);
	if (host_new(&w->h, &hopt, &w->e) < 0)
		fail_msg("%s", w->e.text);
	w->r = request_new(STR("GET"), STR("/x"), STR("id"), str_of(body));
	return w;
}

static inline struct world *
world_new(const char *handlers, const char *body)
{
	struct engine_options opt = { 0 };

	return world_make(handlers, body, &opt);
}

/* The same with time that no test waits for. */
static inline struct world *
world_clocked(const char *handlers, const char *body)
{
	struct world *w = world_new(handlers, body);

	w->opt.clock = clock_new(1700000000 * SECOND_NS);
	return w;
}

static inline int
world_try(struct world *w)
{
	const struct handler *h = &bundle_directive(w->b)->handlers[0];

	flow_result_dispose(&w->res);
	return flow_run(w->app, w->h, w->r, h->steps, h->nsteps, h->response,
	    &w->opt, &w->res, &w->e);
}

static inline void
world_run(struct world *w)
{
	if (world_try(w) < 0)
		fail_msg("%s", w->e.text);
}

/* Seconds that have passed by the virtual clock. */
static inline double
world_seconds(const struct world *w)
{
	return (double)(clock_unix_ns(w->opt.clock) - 1700000000 * SECOND_NS) /
	    1e9;
}

static inline void
world_end(struct world *w)
{
	flow_result_dispose(&w->res);
	request_free(&w->r);
	crew_free(&w->opt.crew);
	clock_free(&w->opt.clock);
	host_free(&w->h);
	app_free(&w->app);
	engine_free(&w->en);
	bundle_free(&w->b);
	mem_free(w);
}

static inline void
is_body(struct world *w, const char *want)
{
	if (w->res.failed && w->res.status == 500)
		print_message("%s\n", w->res.error.text);
	assert_string_equal(buf_cstr(&w->res.body), want);
}

static inline void
is_state(struct world *w, const char *key, const char *want)
{
	struct str v;

	if (!want) {
		assert_false(request_state(w->r, str_of(key), &v));
		return;
	}
	if (!request_state(w->r, str_of(key), &v))
		fail_msg("state lacks %s", key);
	if (v.n != strlen(want) || memcmp(v.p, want, v.n) != 0)
		fail_msg("state %s is '" STR_F "', not '%s'", key, STR_A(v),
		    want);
}

/* Each step that ran as "key", "key-" when it was skipped, "key!" when it
 * failed, with a blank between. */
static inline void
is_trail(const struct world *w, const char *want)
{
	CLEANUP(buf_free) struct buf have = BUF(100000);

	for (size_t i = 0; i < w->res.nsteps; i++) {
		const struct flow_step *s = &w->res.steps[i];

		buf_addf(&have, "%s" STR_F "%s", i > 0 ? " " : "",
		    STR_A(s->key),
		    s->skipped ? "-" : s->failed ? "!" : "");
	}
	assert_string_equal(buf_cstr(&have), want);
}

#endif

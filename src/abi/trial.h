/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial.h - for tests: a guest is assembled and called once, by a host that
 * notes what it is asked and knows one answer to each question, which it gives
 * at once or later.
 */
#ifndef ABI_TRIAL_H
#define ABI_TRIAL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/abi.h"
#include "module/module.h"
#include "os/os.h"

/* A function for guests that import log_msg as $log: $say logs a number in
 * decimal, at that level. */
#define WAT_SAY(level) \
	"(func $say (param $v i32) (param $id i32) (local $at i32)" \
	" (local $neg i32)" \
	" (local.set $neg (i32.lt_s (local.get $v) (i32.const 0)))" \
	" (if (local.get $neg) (then (local.set $v" \
	"  (i32.sub (i32.const 0) (local.get $v)))))" \
	" (local.set $at (i32.const 2000))" \
	" (loop (local.set $at (i32.sub (local.get $at) (i32.const 1)))" \
	"  (i32.store8 (local.get $at) (i32.add (i32.const 48)" \
	"   (i32.rem_u (local.get $v) (i32.const 10))))" \
	"  (local.set $v (i32.div_u (local.get $v) (i32.const 10)))" \
	"  (br_if 0 (local.get $v)))" \
	" (if (local.get $neg) (then" \
	"  (local.set $at (i32.sub (local.get $at) (i32.const 1)))" \
	"  (i32.store8 (local.get $at) (i32.const 45))))" \
	" (call $log (local.get $at)" \
	"  (i32.sub (i32.const 2000) (local.get $at))" \
	"  (i32.const " level ") (local.get $id)))"

#define TRIAL_OUTPUT	100000u		/* bytes that a guest may return */

struct trial {
	/* Given. */
	struct str	 input;
	const char	*name;
	const struct abi_var *env;
	size_t		 nenv;
	bool		 later;		/* what may wait is answered later */
	bool		 refuse;	/* every question but the log's */
	bool		 no_time;	/* a sleep is over at once */
	bool		 cancelled;	/* the call is ended while it waits */
	uint32_t	 deadline_ms;	/* 0: 10 s */
	/* Found. */
	int		 rc;
	struct err	 e;
	struct abi_result res;
	struct buf	 log;		/* "level:text|" */
	struct buf	 asks;		/* "what n a b name=value|" */
	size_t		 nwoken, ncancelled;
	uint64_t	 slept_ns;
	/* What waits. */
	const struct abi_ask *q;
	struct buf	*out;
};

static inline void
trial_dispose(struct trial *t)
{
	abi_result_dispose(&t->res);
	buf_free(&t->log);
	buf_free(&t->asks);
}

/* ---- the host ---- */

static inline const char *
trial_what(enum abi_what what)
{
	static const char *const names[] = {
		[ABI_LOG] = "log", [ABI_FETCH] = "fetch",
		[ABI_GRAPHQL] = "graphql", [ABI_CACHE_SET] = "cache_set",
		[ABI_CACHE_GET] = "cache_get", [ABI_FIELD_GET] = "field",
		[ABI_FIELD_SET] = "set_field", [ABI_HEADER_SET] = "header",
		[ABI_FILE] = "file", [ABI_DB] = "db", [ABI_SECRET] = "secret",
		[ABI_SLEEP] = "sleep", [ABI_CLOCK] = "clock", [ABI_RANDOM] = "random",
	};

	return names[what];
}

static inline int
trial_answer(const struct trial *t, const struct abi_ask *q, struct buf *out)
{
	static const char *const answers[] = {
		[ABI_FETCH] = "fetched", [ABI_GRAPHQL] = "graph",
		[ABI_CACHE_SET] = "", [ABI_CACHE_GET] = "value",
		[ABI_FIELD_GET] = "PUT", [ABI_FIELD_SET] = "",
		[ABI_HEADER_SET] = "", [ABI_FILE] = "file", [ABI_DB] = "[]",
		[ABI_SECRET] = "secret",
	};

	if (t->refuse || str_is(q->a, "absent")) {
		buf_add(out, STR("key not found"));
		return ABI_REFUSED;
	}
	buf_add(out, str_of(answers[q->what]));
	return ABI_ANSWERED;
}

static inline bool
trial_waits(const struct trial *t, enum abi_what what)
{
	return t->later &&
	    (what == ABI_FETCH || what == ABI_GRAPHQL || what == ABI_DB ||
		what == ABI_CACHE_GET || what == ABI_CACHE_SET);
}

static inline int
trial_ask(void *arg, const struct abi_ask *q, struct buf *out)
{
	struct trial *t = arg;

	if (q->what == ABI_LOG) {
		buf_addf(&t->log, "%d:" STR_F "|", q->n, STR_A(q->a));
		return ABI_ANSWERED;
	}
	if (q->what == ABI_CLOCK || q->what == ABI_RANDOM)
		return ABI_REFUSED;
	if (q->what == ABI_SLEEP) {
		for (size_t i = 0; i < 8; i++)
			t->slept_ns += (uint64_t)(uint8_t)q->a.p[i] << (8 * i);
		return t->no_time ? ABI_ANSWERED : ABI_REFUSED;
	}
	buf_addf(&t->asks, "%s %d " STR_F " " STR_F, trial_what(q->what), q->n,
	    STR_A(q->a), STR_A(q->b));
	for (size_t i = 0; i < q->nvars; i++)
		buf_addf(&t->asks, " " STR_F "=" STR_F, STR_A(q->vars[i].name),
		    STR_A(q->vars[i].value));
	buf_addc(&t->asks, '|');
	if (!trial_waits(t, q->what))
		return trial_answer(t, q, out);
	t->q = q;
	t->out = out;
	return ABI_LATER;
}

static inline void
trial_cancel(void *arg)
{
	struct trial *t = arg;

	t->ncancelled++;
	t->q = NULL;
	t->out = NULL;
}

static inline void
trial_wake(void *arg)
{
	struct trial *t = arg;

	t->nwoken++;
}

/* ---- the call ---- */

static inline int
trial_drive(struct trial *t, struct abi_call *c, int rc)
{
	while (rc == ENGINE_LATER || rc == ENGINE_TURN) {
		const struct abi_ask *q = t->q;
		size_t before = t->nwoken;

		if (rc == ENGINE_LATER) {
			if (t->cancelled || !q)
				return rc;
			t->q = NULL;
			q->done(q->done_arg, trial_answer(t, q, t->out));
			if (t->nwoken != before + 1)
				return -2;
		}
		rc = abi_resume(c, &t->e);
	}
	return rc;
}

/* Call the function of a module once.  -3: it cannot be loaded. */
static inline void
trial_run(struct trial *t, struct str wasm)
{
	struct engine_limits lim = { .memory_bytes = 64 << 20,
		.deadline_ms = t->deadline_ms ? t->deadline_ms : 10000 };
	struct engine_options opt = { 0 };
	struct abi_host host = { .ask = trial_ask, .cancel = trial_cancel,
		.arg = t, .wake = trial_wake, .wake_arg = t,
		.output_bytes = TRIAL_OUTPUT };
	struct abi_input in = { t->input, str_of(t->name), t->env, t->nenv };
	struct engine *en = NULL;
	struct code *code = NULL;
	struct abi_call *c = NULL;

	t->log = (struct buf)BUF(64 << 20);
	t->asks = (struct buf)BUF(1 << 20);
	t->rc = -3;
	if (engine_new(&en, &opt, &t->e) == 0 &&
	    code_load(&code, en, wasm, STR("m"), abi_imports(), &t->e) == 0) {
		t->rc = abi_start(&c, code, &lim, &host, &in, &t->res, &t->e);
		t->rc = trial_drive(t, c, t->rc);
	}
	abi_end(&c);
	code_free(&code);
	engine_free(&en);
}

/* WebAssembly text to a module.  False: it has an error, which is printed. */
static inline bool
trial_assemble(struct str text, struct buf *wasm)
{
	char in[] = "/tmp/subo-trial-in.XXXXXX";
	char out[] = "/tmp/subo-trial-out.XXXXXX";
	int fin = mkstemp(in), fout = mkstemp(out);
	struct err e = ERR;
	bool ok = fin >= 0 && fout >= 0 &&
	    write(fin, text.p, text.n) == (ssize_t)text.n &&
	    module_wat2wasm_child(in, out) == 0 && os_read(wasm, out, &e) == 0;

	close(fin);
	close(fout);
	unlink(in);
	unlink(out);
	return ok;
}

/* A module of text. */
static inline void
trial_run_text(struct trial *t, struct str text)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);

	t->rc = -3;
	if (trial_assemble(text, &wasm))
		trial_run(t, buf_str(&wasm));
}

/* "@12" is short for "(i32.const 12)". */
static inline void
trial_expand(struct str text, struct buf *out)
{
	struct str head;
	size_t n;

	while (str_cut(&text, '@', &head)) {
		buf_add(out, head);
		for (n = 0; n < text.n && strchr("-0123456789", text.p[n]);)
			n++;
		buf_addf(out, "(i32.const %.*s)", (int)n, text.p);
		text = str_from(text, n);
	}
	buf_add(out, head);
}

/* The same in three parts, without what is around them. */
static inline void
trial_run_body(struct trial *t, const char *head, const char *body,
    const char *tail)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 18);

	buf_add(&text, STR("(module "));
	trial_expand(str_of(head), &text);
	trial_expand(str_of(body), &text);
	trial_expand(str_of(tail), &text);
	buf_addc(&text, ')');
	trial_run_text(t, buf_str(&text));
}

/* testdata/abi/NAME.wat */
static inline void
trial_run_file(struct trial *t, const char *name)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 18);
	char path[100];

	t->rc = -3;
	(void)snprintf(path, sizeof(path), "testdata/abi/%s.wat", name);
	if (os_read(&text, path, &t->e) == 0)
		trial_run_text(t, buf_str(&text));
}

#endif

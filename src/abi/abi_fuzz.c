/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boundary of host calls: a guest makes any of them with any parameters,
 * in each way to be called, and a host answers, refuses, answers later or ends
 * the call.  The first byte of an input is the way, the second what the host
 * is like, the rest a program for testdata/abi/calls.wat.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/abi.h"
#include "module/module.h"
#include "os/os.h"

#define GUEST "testdata/abi/calls.wat"
#define OUTPUT_MAX (1u << 16)
#define MEMORY_MAX (1u << 20)
#define NAME_MAX_BYTES (64u << 10)
#define LOG_MAX ((1u << 20) + 4096)
#define LOG_LINES 10001u
#define MESSAGE_MAX (64u << 10)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

#define IDENT "(global.set $ident (local.get 2))"
#define PROGRAM "(call $program (local.get 0) (local.get 1))"
#define ROOM(name) \
	"(func (export \"" name "\") (param i32) (result i32)" \
	" (i32.const 4096))"

/* run_e of today, of September 2020, of early 2020 (whose input ends at a
 * NUL), with allocate_input; waPC; a command. */
static const struct {
	char mark; /* of the imports that it has */
	const char *entry;
} guests[] = {
	{ 'a',
	    ROOM("allocate") "(func (export \"run_e\") (param i32 i32 "
			     "i32)" IDENT PROGRAM ")" },
	{ 'b',
	    ROOM("allocate") "(func (export \"run_e\")"
			     " (param i32 i32 i32 i32) (global.set $number "
			     "(local.get 3))" IDENT PROGRAM ")" },
	{ 'd',
	    ROOM("allocate_input") "(func (export \"run_e\") (param i32)"
				   " (result i32) (call $program (local.get 0) "
				   "(i32.const 16384))"
				   " (global.get $last))" },
	{ 'c',
	    ROOM("allocate_input") "(func (export \"run_e\")"
				   " (param i32 i32 i32)" IDENT PROGRAM ")" },
	{ 'a',
	    "(func (export \"__guest_call\") (param i32 i32) (result i32)"
	    " (call $__guest_request (i32.const 2048) (i32.const 4096))"
	    " (call $program (i32.const 4096) (local.get 1))"
	    " (global.get $last))" },
	{ 'a',
	    "(func (export \"_start\")"
	    " (i32.store (i32.const 0) (i32.const 4096))"
	    " (i32.store (i32.const 4) (i32.const 16384))"
	    " (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1)"
	    " (i32.const 8)))"
	    " (call $program (i32.const 4096) (i32.load (i32.const 8))))" },
};

/* ---- the host ---- */

struct host {
	uint32_t chance; /* what it does next depends on it */
	size_t nlogs, log_bytes;
	const struct abi_ask *waits; /* NULL: nothing does */
	struct buf *out;
	size_t nwoken;
};

static uint32_t
chance(struct host *h)
{
	h->chance = h->chance * 1664525u + 1013904223u;
	return h->chance >> 16;
}

/* Every byte of it can be read. */
static void
touch(struct host *h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h->chance += (uint8_t)s.p[i];
}

static int
answer(struct host *h, struct buf *out)
{
	static const size_t sizes[] = { 0, 1, 2, 5, 100, 4097, 70000 };
	size_t n = sizes[chance(h) % COUNT(sizes)];

	assert(out->n == 0);
	for (size_t i = 0; i < n; i++)
		buf_addc(out, (char)i);
	switch (chance(h) % 8) {
	case 0:
	case 1:
		return ABI_REFUSED;
	case 2:
		buf_clear(out);
		return ABI_MALFORMED;
	default:
		return ABI_ANSWERED;
	}
}

static bool
may_wait(enum abi_what what)
{
	return what == ABI_FETCH || what == ABI_GRAPHQL || what == ABI_DB ||
	    what == ABI_CACHE_GET || what == ABI_CACHE_SET;
}

static void
look(struct host *h, const struct abi_ask *q)
{
	assert(!h->waits);
	assert(q->what == ABI_LOG || q->a.n <= NAME_MAX_BYTES);
	assert(q->b.n <= MEMORY_MAX && q->nvars <= 1000);
	touch(h, q->a);
	touch(h, q->b);
	for (size_t i = 0; i < q->nvars; i++) {
		touch(h, q->vars[i].name);
		touch(h, q->vars[i].value);
	}
}

static int
ask(void *arg, const struct abi_ask *q, struct buf *out)
{
	struct host *h = arg;

	look(h, q);
	switch (q->what) {
	case ABI_LOG:
		h->nlogs++;
		h->log_bytes += q->a.n;
		assert(q->n >= 1 && q->n <= 4);
		return ABI_ANSWERED;
	case ABI_CLOCK:
		buf_add(out, STR("12345678"));
		return ABI_ANSWERED;
	case ABI_RANDOM:
		assert(q->n > 0 && q->n <= 65536);
		return ABI_REFUSED;
	default:
		break;
	}
	if (!may_wait(q->what) || chance(h) % 3 > 0)
		return answer(h, out);
	h->waits = q;
	h->out = out;
	return ABI_LATER;
}

static void
cancel(void *arg)
{
	struct host *h = arg;

	assert(h->waits);
	h->waits = NULL;
}

static void
wake(void *arg)
{
	struct host *h = arg;

	h->nwoken++;
}

/* ---- the call ---- */

/* An import that this guest has not is a function that does nothing. */
static void
stub(struct str line, struct buf *out)
{
	size_t at;

	if (str_find(line, STR(";;"), &at))
		line.n = at;
	line = str_trim(line);
	line.n -= 2; /* of the function and of the import */
	if (!str_find(line, STR("(func"), &at))
		assert(false);
	buf_add(out, str_from(line, at));
	buf_add(out,
	    str_ends(line, "(result i32)") ? STR(" (i32.const 0))\n")
					   : STR(")\n"));
}

static void
write_guest(size_t which, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 20), stubs = BUF(1 << 16);
	struct str rest, line, mark;
	struct err e = ERR;
	size_t at;
	int rc = os_read(&text, GUEST, &e);

	assert(rc == 0);
	for (rest = str_trim(buf_str(&text)); rest.n > 0;) {
		str_cut(&rest, '\n', &line);
		mark = str_find(line, STR(")) ;;"), &at) ? str_from(line, at)
							 : STR("");
		if (mark.n > 0 && !memchr(mark.p, guests[which].mark, mark.n)) {
			stub(line, &stubs);
			continue;
		}
		if (rest.n == 0)
			line.n--; /* the module's last bracket */
		buf_add(out, line);
		buf_addc(out, '\n');
	}
	buf_add(out, buf_str(&stubs));
	buf_addf(out, "%s)", guests[which].entry);
}

static void
load(struct engine *en, struct code **out, size_t which)
{
	char in[] = "/tmp/subo-abi-fuzz.XXXXXX";
	char path[] = "/tmp/subo-abi-fuzz.XXXXXX";
	CLEANUP(buf_free) struct buf text = BUF(1 << 20), wasm = BUF(1 << 20);
	struct err e = ERR;
	int fds[] = { mkstemp(in), mkstemp(path) };
	int rc = fds[0] < 0 || fds[1] < 0;

	assert(rc == 0);
	close(fds[0]);
	close(fds[1]);
	write_guest(which, &text);
	rc = os_replace(in, buf_str(&text), 0600, &e);
	assert(rc == 0);
	rc = module_wat2wasm_child(in, path);
	assert(rc == 0);
	rc = os_read(&wasm, path, &e);
	assert(rc == 0);
	unlink(in);
	unlink(path);
	rc =
	    code_load(out, en, buf_str(&wasm), STR("calls"), abi_imports(), &e);
	assert(rc == 0);
}

/* Compiled once for all inputs. */
static const struct code *
guest(size_t way)
{
	static struct code *codes[COUNT(guests)];
	static struct engine *en;
	struct engine_options opt = { .pooling = true, .instances = 1 };
	struct err e = ERR;

	if (!en) {
		int rc = engine_new(&en, &opt, &e);

		assert(rc == 0);
	}
	if (!codes[way])
		load(en, &codes[way], way);
	return codes[way];
}

static void
check(const struct host *h, const struct abi_result *res, int rc,
    const struct err *e)
{
	assert(rc >= 0 || e->kind == ERR_GUEST || e->kind == ERR_LIMIT);
	assert(res->output.n <= OUTPUT_MAX && !buf_over(&res->output));
	assert(res->message.n <= MESSAGE_MAX);
	assert(res->nothing == (!res->has_output && !res->has_error));
	assert(rc != 0 || res->has_output || res->output.n == 0);
	assert(res->has_error || (res->code == 0 && res->message.n == 0));
	assert(res->memory_bytes <= MEMORY_MAX);
	assert(res->nframes <= COUNT(res->frames));
	assert(h->nlogs <= LOG_LINES && h->log_bytes <= LOG_MAX);
}

/* The answers come, or the call ends before the last of them does. */
static int
drive(struct host *h, struct abi_call *c, int rc, struct err *e)
{
	while (rc == ENGINE_LATER || rc == ENGINE_TURN) {
		const struct abi_ask *q = h->waits;
		size_t before = h->nwoken;

		assert((rc == ENGINE_LATER) == (q != NULL));
		if (chance(h) % 32 == 0)
			return rc;
		if (q) {
			h->waits = NULL;
			q->done(q->done_arg, answer(h, h->out));
			assert(h->nwoken == before + 1);
		}
		rc = abi_resume(c, e);
	}
	assert(!h->waits);
	return rc;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static const struct abi_var env[] = { { { "NAME", 4 }, { "x", 1 } },
		{ { "", 0 }, { "y", 1 } } };
	struct engine_limits lim = {
		.memory_bytes = MEMORY_MAX, .deadline_ms = 50, .turn_ms = 1
	};
	struct host h = { 0 };
	struct abi_host host = { .ask = ask,
		.cancel = cancel,
		.arg = &h,
		.wake = wake,
		.wake_arg = &h,
		.output_bytes = OUTPUT_MAX };
	struct abi_input in = {
		.name = STR("calls"), .env = env, .nenv = COUNT(env)
	};
	struct abi_call *c = NULL;
	struct abi_result res;
	struct err e = ERR;
	int rc;

	if (n < 2)
		return 0;
	h.chance = data[1];
	in.body = (struct str){ (const char *)data + 2, n - 2 };
	rc = abi_start(
	    &c, guest(data[0] % COUNT(guests)), &lim, &host, &in, &res, &e);
	rc = drive(&h, c, rc, &e);
	abi_end(&c);
	assert(!h.waits);
	check(&h, &res, rc, &e);
	abi_result_dispose(&res);
	return 0;
}

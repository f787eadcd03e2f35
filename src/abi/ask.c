/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports of module env that ask the host for something: runnable(7).
 *
 * Most of them leave an answer in the one slot of the call, which the guest
 * fetches with get_ffi_result.  Their value, the size code, is the answer's
 * length, or minus the length of an error's text; -1 says that there is
 * nothing to fetch.  Those that are older than the slot bring the answer to a
 * destination that the guest names.
 */
#include <string.h>

#include "abi/call.h"

/* Values of all of them. */
#define BAD_CALL (-1)  /* wrong ident, memory that is not there, slot taken */
#define MALFORMED (-2) /* the question makes no sense */
/* Values of those that have no text to tell. */
#define REFUSED (-2)   /* or failed, or not there */
#define NO_SENSE (-3)  /* what MALFORMED is for others */
#define TOO_LARGE (-4) /* more than a call may keep */

/* Guests see text fields as pointer and size, two parameters side by side. */
struct request_for {
	enum abi_what what;
	int32_t n;
	const int64_t *a, *b; /* b may be NULL */
};

static bool
fill(struct instance *in, struct abi_call *c, const struct request_for *r)
{
	struct question *q = &c->q;

	call_clear(c, r->what, r->n);
	if (!guest_read(in, r->a[0], r->a[1], &q->a))
		return false;
	if (r->b && !guest_read(in, r->b[0], r->b[1], &q->b))
		return false;
	q->ask.a = buf_str(&q->a);
	q->ask.b = buf_str(&q->b);
	return true;
}

static bool
knows(const struct abi_call *c, int64_t ident)
{
	return (int32_t)ident == c->ident;
}

static int
answer(int64_t *args, int32_t value)
{
	args[0] = value;
	return 0;
}

/* ---- the slot ---- */

static int32_t
leave_error(struct abi_call *c)
{
	/* -1 means something else, and -0 nothing at all. */
	if (c->pending.n < 2) {
		buf_clear(&c->pending);
		buf_add(&c->pending, STR("unknown error"));
	}
	c->has_pending = c->pending_error = true;
	return -(int32_t)c->pending.n;
}

static int32_t
leave_answer(struct abi_call *c)
{
	int rc = c->q.rc;

	if (rc == ABI_MALFORMED) {
		buf_clear(&c->pending);
		return MALFORMED;
	}
	if (buf_over(&c->pending)) {
		buf_clear(&c->pending);
		buf_add(&c->pending, STR("the answer is too large"));
		rc = ABI_REFUSED;
	}
	if (rc != ABI_ANSWERED)
		return leave_error(c);
	c->has_pending = true;
	c->pending_error = false;
	return (int32_t)c->pending.n;
}

/*
 * An answer blocks the slot until it is fetched.  An error's text does not:
 * functions for 0.9 to 0.12 never fetch one, for in their days errors left
 * nothing behind, and those that know of it fetch it at once.
 */
static bool
slot_is_free(const struct abi_call *c)
{
	return !c->has_pending || c->pending_error;
}

IMPORT(env_slot_finish)
{
	(void)in, (void)e;
	return answer(args, leave_answer(call_of(arg)));
}

/* Ask, and leave the answer to be fetched. */
static int
ask(struct instance *in, void *arg, int64_t *args, const struct request_for *r,
    int64_t ident)
{
	struct abi_call *c = call_of(arg);

	if (!knows(c, ident) || !slot_is_free(c) || !fill(in, c, r))
		return answer(args, BAD_CALL);
	c->has_pending = false;
	if (call_put(c, &c->pending) == ENGINE_LATER)
		return ENGINE_LATER;
	return answer(args, leave_answer(c));
}

IMPORT(env_get_ffi_result)
{
	struct abi_call *c = call_of(arg);
	char *p;

	(void)e;
	if (!knows(c, args[1]) || !c->has_pending)
		return answer(args, BAD_CALL);
	p = instance_memory(in, (uint32_t)args[0], (uint32_t)c->pending.n);
	if (p && c->pending.n > 0)
		memcpy(p, c->pending.p, c->pending.n);
	c->has_pending = false;
	buf_clear(&c->pending);
	return answer(args, p ? 0 : BAD_CALL);
}

/* ---- without an answer to fetch ---- */

IMPORT(env_tell_finish)
{
	struct abi_call *c = call_of(arg);

	(void)in, (void)e;
	return answer(args, c->q.rc == ABI_ANSWERED ? 0 : REFUSED);
}

static int
tell(struct instance *in, void *arg, int64_t *args, const struct request_for *r,
    int64_t ident)
{
	struct abi_call *c = call_of(arg);

	if (!knows(c, ident) || !fill(in, c, r))
		return answer(args, BAD_CALL);
	if (call_put(c, &c->ignored) == ENGINE_LATER)
		return ENGINE_LATER;
	return answer(args, c->q.rc == ABI_ANSWERED ? 0 : REFUSED);
}

/* ---- to a destination ---- */

static void
forget_kept(struct abi_call *c)
{
	c->has_kept = false;
	buf_clear(&c->kept_key);
	buf_clear(&c->aside);
}

/* The question as text: what it asks, of what, with what. */
static void
add_key(struct abi_call *c, struct buf *out)
{
	const struct abi_ask *q = &c->q.ask;

	buf_addf(out, "%d %d %zu ", q->what, q->n, q->a.n);
	buf_add(out, q->a);
	buf_add(out, q->b);
}

static bool
is_kept(struct abi_call *c)
{
	CLEANUP(buf_free) struct buf key = BUF(c->kept_key.max);

	if (!c->has_kept)
		return false;
	add_key(c, &key);
	return str_eq(buf_str(&key), buf_str(&c->kept_key));
}

/* The full length, and the bytes if they have room.  The guest comes again with
 * more room when they have not, and what was fetched is not fetched twice. */
static int32_t
deliver(struct instance *in, struct abi_call *c)
{
	size_t n = c->aside.n;
	char *p = NULL;

	if (c->q.max < 0 || n > (size_t)c->q.max) {
		if (!c->has_kept)
			add_key(c, &c->kept_key);
		c->has_kept = true;
		return (int32_t)n;
	}
	if (n > 0) {
		p = instance_memory(in, c->q.dest, (uint32_t)n);
		if (p)
			memcpy(p, c->aside.p, n);
	}
	forget_kept(c);
	return p || n == 0 ? (int32_t)n : BAD_CALL;
}

/* These forms have no way to tell the text, so it goes to the log. */
static int32_t
say_why(struct abi_call *c)
{
	CLEANUP(buf_free) struct buf line = BUF(LINE_MAX_BYTES);

	buf_add(&line, STR("a host call failed: "));
	buf_add(&line, c->aside.n > 0 ? buf_str(&c->aside) : STR("no reason"));
	call_log(c, LEVEL_DEBUG, buf_str(&line));
	return REFUSED;
}

static int32_t
take_answer(struct instance *in, struct abi_call *c)
{
	int32_t v;

	if (c->q.rc == ABI_ANSWERED && !buf_over(&c->aside))
		return deliver(in, c);
	if (c->q.rc == ABI_MALFORMED)
		v = NO_SENSE;
	else if (c->q.rc == ABI_ANSWERED)
		v = TOO_LARGE;
	else
		v = say_why(c);
	forget_kept(c);
	return v;
}

IMPORT(env_dest_finish)
{
	(void)e;
	return answer(args, take_answer(in, call_of(arg)));
}

/* dest: destination, its size, ident. */
static int
bring(struct instance *in, void *arg, int64_t *args,
    const struct request_for *r, const int64_t *dest)
{
	struct abi_call *c = call_of(arg);

	if (!knows(c, dest[2]) || !fill(in, c, r))
		return answer(args, BAD_CALL);
	c->q.dest = (uint32_t)dest[0];
	c->q.max = (int32_t)dest[1];
	if (is_kept(c))
		return answer(args, deliver(in, c));
	forget_kept(c);
	if (call_put(c, &c->aside) == ENGINE_LATER)
		return ENGINE_LATER;
	return answer(args, take_answer(in, c));
}

/* ---- questions ---- */

IMPORT(env_fetch_url)
{
	struct request_for r = { ABI_FETCH, (int32_t)args[0], args + 1,
		args + 3 };

	(void)e;
	return ask(in, arg, args, &r, args[5]);
}

/* In its days methods had other numbers than now, whatever is told of the
 * function elsewhere. */
IMPORT(env_fetch_url_dest)
{
	static const int32_t methods[] = { -1, ABI_GET, ABI_POST, ABI_PATCH,
		ABI_DELETE };
	struct request_for r = { ABI_FETCH, -1, args + 1, args + 3 };

	(void)e;
	if (args[0] > 0 && args[0] < (int64_t)COUNT(methods))
		r.n = methods[args[0]];
	return bring(in, arg, args, &r, args + 5);
}

/* Before there were methods: fetch, and the first fetch_url. */
IMPORT(env_fetch)
{
	struct request_for r = { ABI_FETCH, ABI_GET, args, NULL };

	(void)e;
	return bring(in, arg, args, &r, args + 2);
}

IMPORT(env_fetch2)
{
	struct request_for r = { ABI_FETCH, ABI_GET, args, NULL };

	(void)e;
	if ((int32_t)args[5] != call_of(arg)->number)
		return answer(args, BAD_CALL);
	return bring(in, arg, args, &r, args + 2);
}

IMPORT(env_graphql_query)
{
	struct request_for r = { ABI_GRAPHQL, 0, args, args + 2 };

	(void)e;
	return ask(in, arg, args, &r, args[4]);
}

IMPORT(env_cache_set)
{
	struct request_for r = { ABI_CACHE_SET, (int32_t)args[4], args,
		args + 2 };

	(void)e;
	return tell(in, arg, args, &r, args[5]);
}

IMPORT(env_cache_get)
{
	struct request_for r = { ABI_CACHE_GET, 0, args, NULL };

	(void)e;
	return ask(in, arg, args, &r, args[2]);
}

IMPORT(env_cache_get_dest)
{
	struct request_for r = { ABI_CACHE_GET, 0, args, NULL };

	(void)e;
	return bring(in, arg, args, &r, args + 2);
}

IMPORT(env_request_get_field)
{
	struct request_for r = { ABI_FIELD_GET, (int32_t)args[0], args + 1,
		NULL };

	(void)e;
	return ask(in, arg, args, &r, args[3]);
}

IMPORT(env_request_get_field_dest)
{
	struct request_for r = { ABI_FIELD_GET, (int32_t)args[0], args + 1,
		NULL };

	(void)e;
	return bring(in, arg, args, &r, args + 3);
}

IMPORT(env_request_set_field)
{
	struct request_for r = { ABI_FIELD_SET, (int32_t)args[0], args + 1,
		args + 3 };

	(void)e;
	return ask(in, arg, args, &r, args[5]);
}

IMPORT(env_resp_set_header)
{
	struct request_for r = { ABI_HEADER_SET, 0, args, args + 2 };

	(void)e;
	return tell(in, arg, args, &r, args[4]);
}

IMPORT(env_get_static_file)
{
	struct request_for r = { ABI_FILE, 0, args, NULL };

	(void)e;
	return ask(in, arg, args, &r, args[2]);
}

IMPORT(env_get_static_file_dest)
{
	struct request_for r = { ABI_FILE, 0, args, NULL };

	(void)e;
	return bring(in, arg, args, &r, args + 2);
}

IMPORT(env_get_secret_value)
{
	struct request_for r = { ABI_SECRET, 0, args, NULL };

	(void)e;
	return ask(in, arg, args, &r, args[2]);
}

/* ---- the database and its variables ---- */

static void
drop_vars(struct abi_call *c)
{
	arena_free(&c->var_arena);
	c->vars = NULL;
	c->nvars = c->cap_vars = c->var_bytes = 0;
}

static bool
add_var(struct abi_call *c, struct str name, struct str value)
{
	if (c->nvars == VARS_MAX ||
	    name.n + value.n > VARS_MAX_BYTES - c->var_bytes)
		return false;
	if (!c->var_arena)
		c->var_arena = arena_new();
	c->vars = arena_grow(
	    c->var_arena, c->vars, c->nvars, &c->cap_vars, sizeof(*c->vars));
	c->vars[c->nvars].name = arena_copy(c->var_arena, name);
	c->vars[c->nvars++].value = arena_copy(c->var_arena, value);
	c->var_bytes += name.n + value.n;
	return true;
}

IMPORT(env_add_ffi_var)
{
	struct abi_call *c = call_of(arg);
	struct request_for r = { ABI_DB, 0, args, args + 2 };

	(void)e;
	if (!knows(c, args[4]) || !fill(in, c, &r) ||
	    !add_var(c, c->q.ask.a, c->q.ask.b))
		return answer(args, BAD_CALL);
	return answer(args, 0);
}

IMPORT(env_db_finish)
{
	struct abi_call *c = call_of(arg);

	(void)in, (void)e;
	drop_vars(c);
	return answer(args, leave_answer(c));
}

/* The variables are used up by a call that fails, too: who repeats the call
 * adds them again. */
IMPORT(env_db_exec)
{
	struct abi_call *c = call_of(arg);
	struct request_for r = { ABI_DB, (int32_t)args[0], args + 1, NULL };

	if (!knows(c, args[3]))
		return answer(args, BAD_CALL);
	if (!slot_is_free(c) || !fill(in, c, &r)) {
		drop_vars(c);
		return answer(args, BAD_CALL);
	}
	c->q.ask.vars = c->vars;
	c->q.ask.nvars = c->nvars;
	c->has_pending = false;
	if (call_put(c, &c->pending) == ENGINE_LATER)
		return ENGINE_LATER;
	return env_db_finish(in, arg, args, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waPC: the host calls __guest_call with the sizes of an operation and a
 * payload, which the guest fetches into memory of its own; the guest calls
 * __host_call and fetches the answer in the same manner.
 * https://wapc.io/docs/spec
 *
 * What __host_call offers is in runnable(7), WAPC: the namespace and the
 * operation say what is asked, the binding names the thing, the payload is
 * what goes with it.
 */
#include <string.h>

#include "abi/ways.h"

#define GUEST_CALL "(i32, i32) -> i32"
#define FAILED 500 /* code of an error: the protocol has none */

enum answer { NO_ANSWER, ANSWERED, REFUSED };

/* What one call of a waPC module has beside the rest. */
struct wapc {
	enum answer answer; /* of the last __host_call: in c->pending */
};

static struct wapc *
wapc_of(struct abi_call *c)
{
	if (c->way != &way_wapc)
		return NULL;
	if (!c->own)
		c->own = mem_take(sizeof(struct wapc));
	return c->own;
}

/* ---- the guest's side of the call ---- */

static int
outside(const char *name, int64_t ptr, size_t n, struct err *e)
{
	return err_set(e, ERR_GUEST,
	    "%s: handed back memory outside of its own: %zu bytes at 0x%08x",
	    name, n, (unsigned)ptr);
}

/* Copy to where the guest has room. */
static int
put(struct instance *in, const char *name, int64_t ptr, struct str bytes,
    struct err *e)
{
	char *p;

	if (bytes.n == 0)
		return 0;
	p = bytes.n > UINT32_MAX
	    ? NULL
	    : instance_memory(in, (uint32_t)ptr, (uint32_t)bytes.n);
	if (!p)
		return outside(name, ptr, bytes.n, e);
	memcpy(p, bytes.p, bytes.n);
	return 0;
}

IMPORT(wapc_guest_request)
{
	struct abi_call *c = call_of(arg);

	if (!wapc_of(c))
		return 0;
	if (put(in, "__guest_request", args[0], c->input.name, e) < 0)
		return -1;
	return put(in, "__guest_request", args[1], c->input.body, e);
}

IMPORT(wapc_guest_response)
{
	struct abi_call *c = call_of(arg);
	uint32_t n = (uint32_t)args[1];
	const char *p = instance_memory(in, (uint32_t)args[0], n);

	if (!wapc_of(c))
		return 0;
	if (!p && n > 0)
		return outside("__guest_response", args[0], n, e);
	return call_result(c, (struct str){ p, n }, e);
}

IMPORT(wapc_guest_error)
{
	struct abi_call *c = call_of(arg);
	uint32_t n = (uint32_t)args[1];
	const char *p = instance_memory(in, (uint32_t)args[0], n);

	if (!wapc_of(c))
		return 0;
	if (!p && n > 0)
		return outside("__guest_error", args[0], n, e);
	call_error(c, FAILED, (struct str){ p, n });
	return 0;
}

IMPORT(wapc_console_log)
{
	CLEANUP(buf_free) struct buf text = BUF(LOG_MAX_BYTES);
	struct abi_call *c = call_of(arg);
	uint32_t n = (uint32_t)args[1];
	const char *p = instance_memory(in, (uint32_t)args[0], n);

	(void)e;
	if (!p || !wapc_of(c) || c->log_full)
		return 0;
	buf_add(
	    &text, (struct str){ p, n < LOG_MAX_BYTES ? n : LOG_MAX_BYTES });
	call_log(c, LEVEL_INFO, buf_str(&text));
	return 0;
}

/* ---- what a host call asks ---- */

struct offer {
	const char *ns, *operation;
	enum abi_what what;
	int32_t n;
};

/* The numbers are those of abi.h and runnable(7). */
static const struct offer offers[] = {
	{ "log", "error", ABI_LOG, LEVEL_ERROR },
	{ "log", "warn", ABI_LOG, LEVEL_WARN },
	{ "log", "info", ABI_LOG, LEVEL_INFO },
	{ "log", "debug", ABI_LOG, LEVEL_DEBUG },
	{ "cache", "get", ABI_CACHE_GET, 0 },
	{ "cache", "set", ABI_CACHE_SET, 0 },
	{ "http", "GET", ABI_FETCH, ABI_GET },
	{ "http", "HEAD", ABI_FETCH, ABI_HEAD },
	{ "http", "OPTIONS", ABI_FETCH, ABI_OPTIONS },
	{ "http", "POST", ABI_FETCH, ABI_POST },
	{ "http", "PUT", ABI_FETCH, ABI_PUT },
	{ "http", "PATCH", ABI_FETCH, ABI_PATCH },
	{ "http", "DELETE", ABI_FETCH, ABI_DELETE },
	{ "graphql", "query", ABI_GRAPHQL, 0 },
	{ "request", "get:meta", ABI_FIELD_GET, 0 },
	{ "request", "get:body", ABI_FIELD_GET, 1 },
	{ "request", "get:header", ABI_FIELD_GET, 2 },
	{ "request", "get:params", ABI_FIELD_GET, 3 },
	{ "request", "get:state", ABI_FIELD_GET, 4 },
	{ "request", "get:query", ABI_FIELD_GET, 5 },
	{ "request", "set:meta", ABI_FIELD_SET, 0 },
	{ "request", "set:body", ABI_FIELD_SET, 1 },
	{ "request", "set:header", ABI_FIELD_SET, 2 },
	{ "request", "set:params", ABI_FIELD_SET, 3 },
	{ "request", "set:state", ABI_FIELD_SET, 4 },
	{ "response", "header", ABI_HEADER_SET, 0 },
	{ "file", "get", ABI_FILE, 0 },
	{ "secret", "get", ABI_SECRET, 0 },
	{ "db", "insert", ABI_DB, 0 },
	{ "db", "select", ABI_DB, 1 },
	{ "db", "update", ABI_DB, 2 },
	{ "db", "delete", ABI_DB, 3 },
};

/* "set:60" is the cache's set with a time to live. */
static bool
ttl_of(struct str ns, struct str operation, struct offer *out)
{
	uint64_t ttl;

	if (!str_is(ns, "cache") || !str_starts(operation, "set:") ||
	    !str_u64(str_from(operation, strlen("set:")), INT32_MAX, &ttl))
		return false;
	*out = (struct offer){ "cache", "set", ABI_CACHE_SET, (int32_t)ttl };
	return true;
}

static bool
offer_of(struct str ns, struct str operation, struct offer *out)
{
	for (size_t i = 0; i < COUNT(offers); i++) {
		*out = offers[i];
		if (str_is(ns, out->ns) && str_is(operation, out->operation))
			return true;
	}
	return ttl_of(ns, operation, out);
}

/* The values of a query: each ends with a NUL, the last one may do without. */
static void
variables(struct abi_call *c, struct str payload)
{
	struct str value;

	while (payload.n > 0 && c->nvars < VARS_MAX) {
		str_cut(&payload, '\0', &value);
		if (!c->var_arena)
			c->var_arena = arena_new();
		c->vars = arena_grow(c->var_arena, c->vars, c->nvars,
		    &c->cap_vars, sizeof(*c->vars));
		c->vars[c->nvars++] = (struct abi_var){ .value = value };
	}
	c->q.ask.vars = c->vars;
	c->q.ask.nvars = c->nvars;
}

static void
drop_variables(struct abi_call *c)
{
	arena_free(&c->var_arena);
	c->vars = NULL;
	c->nvars = c->cap_vars = c->var_bytes = 0;
}

static int
refuse(struct abi_call *c, int64_t *args)
{
	wapc_of(c)->answer = REFUSED;
	args[0] = 0;
	return 0;
}

IMPORT(wapc_host_call_finish)
{
	struct abi_call *c = call_of(arg);

	(void)in, (void)e;
	drop_variables(c);
	if (c->q.rc == ABI_ANSWERED && buf_over(&c->pending)) {
		buf_clear(&c->pending);
		buf_add(&c->pending, STR("the answer is too large"));
		return refuse(c, args);
	}
	if (c->q.rc != ABI_ANSWERED && c->pending.n == 0)
		buf_add(&c->pending,
		    c->q.rc == ABI_MALFORMED ? STR("malformed request")
					     : STR("unknown error"));
	if (c->q.rc != ABI_ANSWERED)
		return refuse(c, args);
	wapc_of(c)->answer = ANSWERED;
	args[0] = 1;
	return 0;
}

/* A line for the log goes through the bounds that all of them have. */
static int
log_line(struct abi_call *c, const struct offer *o, int64_t *args)
{
	call_log(c, o->n, c->q.ask.b);
	wapc_of(c)->answer = ANSWERED;
	args[0] = 1;
	return 0;
}

/* What the guest handed over, as a question; false: the pending text says why
 * not. */
static bool
question(struct instance *in, struct abi_call *c, const int64_t *args,
    struct offer *o)
{
	CLEANUP(buf_free) struct buf ns = BUF(NAME_MAX_BYTES);
	CLEANUP(buf_free) struct buf operation = BUF(NAME_MAX_BYTES);

	if (!guest_read(in, args[2], args[3], &ns) ||
	    !guest_read(in, args[4], args[5], &operation)) {
		buf_add(
		    &c->pending, STR("a name is too long or not in memory"));
		return false;
	}
	if (!offer_of(buf_str(&ns), buf_str(&operation), o)) {
		buf_add(&c->pending, STR("no operation '"));
		buf_show(&c->pending, buf_str(&operation), false);
		buf_add(&c->pending, STR("' in namespace '"));
		buf_show(&c->pending, buf_str(&ns), false);
		buf_add(&c->pending, STR("'"));
		return false;
	}
	call_clear(c, o->what, o->n);
	if (!guest_read(in, args[0], args[1], &c->q.a) ||
	    !guest_read(in, args[6], args[7], &c->q.b)) {
		buf_add(&c->pending,
		    STR("binding or payload is too long or not in memory"));
		return false;
	}
	c->q.ask.a = buf_str(&c->q.a);
	c->q.ask.b = buf_str(&c->q.b);
	return true;
}

/* binding, namespace, operation, payload, each as pointer and size */
IMPORT(wapc_host_call)
{
	struct abi_call *c = call_of(arg);
	struct offer o;

	if (!wapc_of(c)) {
		args[0] = 0;
		return 0;
	}
	wapc_of(c)->answer = NO_ANSWER;
	c->has_pending = false;
	buf_clear(&c->pending);
	if (!question(in, c, args, &o))
		return refuse(c, args);
	if (o.what == ABI_LOG)
		return log_line(c, &o, args);
	if (o.what == ABI_DB) {
		drop_variables(c);
		variables(c, c->q.ask.b);
		c->q.ask.b = (struct str){ 0 };
	}
	return call_put(c, &c->pending) == ENGINE_LATER
	    ? ENGINE_LATER
	    : wapc_host_call_finish(in, arg, args, e);
}

/* ---- what the guest fetches ---- */

static struct str
fetched(struct abi_call *c, enum answer which)
{
	struct wapc *w = wapc_of(c);

	if (!w || w->answer != which)
		return (struct str){ 0 };
	return buf_str(&c->pending);
}

IMPORT(wapc_host_response_len)
{
	(void)in, (void)e;
	args[0] = (int32_t)fetched(call_of(arg), ANSWERED).n;
	return 0;
}

IMPORT(wapc_host_response)
{
	return put(
	    in, "__host_response", args[0], fetched(call_of(arg), ANSWERED), e);
}

IMPORT(wapc_host_error_len)
{
	(void)in, (void)e;
	args[0] = (int32_t)fetched(call_of(arg), REFUSED).n;
	return 0;
}

IMPORT(wapc_host_error)
{
	return put(
	    in, "__host_error", args[0], fetched(call_of(arg), REFUSED), e);
}

/* ---- the way ---- */

static bool
fits(const struct code *code)
{
	return code_has(code, "__guest_call", GUEST_CALL);
}

static int
before_call(struct abi_call *c, int64_t *args, struct err *e)
{
	if (c->input.name.n > NAME_MAX_BYTES || c->input.body.n > INT32_MAX)
		return err_set(e, ERR_LIMIT,
		    "the input has %zu bytes, more than a function can take",
		    c->input.body.n);
	args[0] = (int64_t)c->input.name.n;
	args[1] = (int64_t)c->input.body.n;
	return STEP_GO;
}

/* Anything but 1 is a failure, with or without a text. */
static int
after_call(struct abi_call *c, int64_t *args, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(NAME_MAX_BYTES + 100);

	if (c->exited && c->exit_code == 0)
		return 0;
	if (c->exited)
		return err_set(
		    e, ERR_GUEST, "exited with code %d", c->exit_code);
	if ((int32_t)args[0] == 1 || c->res->has_error)
		return 0;
	buf_addf(
	    &text, "the operation '" STR_F "' failed", STR_A(c->input.name));
	call_error(c, FAILED, buf_str(&text));
	return 0;
}

static const struct step steps[] = { INITIALISERS,
	{ "wapc_init", "() -> ()", 0, EXIT_CLEAN, NULL, NULL },
	{ "__guest_call", GUEST_CALL, 2, EXIT_TOLD, before_call, after_call },
	{ 0 } };

const struct way way_wapc = {
	.needs = "__guest_call " GUEST_CALL,
	.fits = fits,
	.steps = steps,
};

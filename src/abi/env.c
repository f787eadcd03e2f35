/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports of module env, as Reactr 0.15.1 gives them: runnable(7).
 *
 * Most of them leave an answer that the guest fetches with get_ffi_result.
 * Their value, the size code, is the answer's length, or minus the length of
 * an error's text; -1 says that there is nothing to fetch.
 */
#include <assert.h>
#include <string.h>

#include "abi/call.h"

#define REFUSED (-2)
#define HTTP_METHODS 7

static struct call *
call_of(void *arg)
{
	struct call *c = arg;

	assert(c->magic == CALL_MAGIC);
	return c;
}

/* Guests see text fields as pointer and size, two parameters side by side. */
struct request_for {
	enum abi_what what;
	int32_t n;
	const int64_t *a, *b; /* b may be NULL */
};

struct texts {
	struct buf a, b;
};

static void
texts_free(struct texts *t)
{
	buf_free(&t->a);
	buf_free(&t->b);
}

static bool
fill(struct instance *in, const struct request_for *r, struct texts *t,
    struct abi_ask *q)
{
	q->what = r->what;
	q->n = r->n;
	if (!guest_read(in, r->a[0], r->a[1], &t->a))
		return false;
	if (r->b && !guest_read(in, r->b[0], r->b[1], &t->b))
		return false;
	q->a = buf_str(&t->a);
	q->b = buf_str(&t->b);
	return true;
}

#define TEXTS { BUF(NAME_MAX_BYTES), BUF(SLOT_MAX_BYTES) }

/* ---- the slot ---- */

static bool
may_ask(const struct call *c, int64_t ident)
{
	return (int32_t)ident == c->ident && !c->has_pending;
}

static int32_t
leave_error(struct call *c)
{
	/* -1 means something else, and -0 nothing at all. */
	if (c->pending.n < 2) {
		buf_clear(&c->pending);
		buf_add(&c->pending, STR("unknown error"));
	}
	c->has_pending = true;
	return -(int32_t)c->pending.n;
}

static int32_t
leave_answer(struct call *c, int rc)
{
	if (rc == 0 && buf_over(&c->pending)) {
		buf_clear(&c->pending);
		buf_add(&c->pending, STR("the answer is too large"));
		rc = 1;
	}
	if (rc != 0)
		return leave_error(c);
	c->has_pending = true;
	return (int32_t)c->pending.n;
}

static int32_t
ask(struct instance *in, struct call *c, const struct request_for *r,
    int64_t ident)
{
	CLEANUP(texts_free) struct texts t = TEXTS;
	struct abi_ask q = { 0 };

	if (!may_ask(c, ident) || !fill(in, r, &t, &q))
		return -1;
	buf_clear(&c->pending);
	return leave_answer(c, call_ask(c, &q, &c->pending));
}

/* Without an answer to fetch: 0, -1 or REFUSED. */
static int32_t
tell(struct instance *in, struct call *c, const struct request_for *r,
    int64_t ident)
{
	CLEANUP(texts_free) struct texts t = TEXTS;
	CLEANUP(buf_free) struct buf ignored = BUF(NAME_MAX_BYTES);
	struct abi_ask q = { 0 };

	if (!may_ask(c, ident) || !fill(in, r, &t, &q))
		return -1;
	return call_ask(c, &q, &ignored) == 0 ? 0 : REFUSED;
}

IMPORT(env_get_ffi_result)
{
	struct call *c = call_of(arg);
	char *p;

	(void)e;
	if ((int32_t)args[1] != c->ident || !c->has_pending) {
		args[0] = -1;
		return 0;
	}
	p = instance_memory(in, (uint32_t)args[0], (uint32_t)c->pending.n);
	if (p && c->pending.n > 0)
		memcpy(p, c->pending.p, c->pending.n);
	args[0] = p ? 0 : -1;
	c->has_pending = false;
	buf_clear(&c->pending);
	return 0;
}

/* ---- results ---- */

static int
outside(const char *name, const int64_t *range, struct err *e)
{
	return err_set(e, ERR_GUEST,
	    "%s: handed back memory outside of its own: %u bytes at 0x%08x",
	    name, (unsigned)range[1], (unsigned)range[0]);
}

IMPORT(env_return_result)
{
	struct call *c = call_of(arg);
	uint32_t n = (uint32_t)args[1];
	const char *p;

	if ((int32_t)args[2] != c->ident)
		return 0;
	p = instance_memory(in, (uint32_t)args[0], n);
	if (!p)
		return outside("return_result", args, e);
	if (n > c->output_max)
		return err_set(e, ERR_LIMIT,
		    "returned %u bytes, more than the %llu it may", n,
		    (unsigned long long)c->output_max);
	if (c->res->has_output) {
		c->res->twice = true;
		return 0;
	}
	c->res->has_output = true;
	buf_add(&c->res->output, (struct str){ p, n });
	return 0;
}

static void
set_error(struct call *c, int32_t code, struct str text)
{
	if (c->res->has_error) {
		c->res->twice = true;
		return;
	}
	c->res->has_error = true;
	c->res->code = code;
	if (text.n > MESSAGE_MAX)
		text.n = MESSAGE_MAX;
	buf_add(&c->res->message, text);
}

IMPORT(env_return_error)
{
	struct call *c = call_of(arg);
	const char *p;

	if ((int32_t)args[3] != c->ident)
		return 0;
	p = instance_memory(in, (uint32_t)args[1], (uint32_t)args[2]);
	if (!p)
		return outside("return_error", args + 1, e);
	set_error(c, (int32_t)args[0], (struct str){ p, (uint32_t)args[2] });
	return 0;
}

static void
set_abort(struct call *c, const struct texts *t, int64_t line, int64_t col)
{
	CLEANUP(buf_free) struct buf text = BUF(MESSAGE_MAX);

	buf_add(&text, t->a.n > 0 ? buf_str(&t->a) : STR("abort"));
	if (t->b.n > 0)
		buf_addf(&text, ", at %s:%u:%u", buf_cstr(&t->b),
		    (unsigned)line, (unsigned)col);
	set_error(c, -1, buf_str(&text));
}

/* msg, msg size, file, file size, line, column, ident */
IMPORT(env_return_abort)
{
	CLEANUP(texts_free) struct texts t = TEXTS;
	struct call *c = call_of(arg);

	(void)e;
	if ((int32_t)args[6] != c->ident)
		return 0;
	(void)guest_read(in, args[0], args[1], &t.a);
	(void)guest_read(in, args[2], args[3], &t.b);
	set_abort(c, &t, args[4], args[5]);
	return 0;
}

static void
add_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_addc(b, (char)(0xe0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* An AssemblyScript string: UTF-16 at ptr, its length in bytes before it. */
static void
read_utf16(struct instance *in, int64_t ptr, struct buf *out)
{
	uint32_t at = (uint32_t)ptr, n;
	const uint8_t *p;

	if (at < 4 || !guest_get32(in, at - 4, &n))
		return;
	p = instance_memory(in, at, n);
	for (uint32_t i = 0; p && i + 1 < n && !buf_over(out); i += 2) {
		uint32_t c = p[i] | (uint32_t)p[i + 1] << 8, low;

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < n) {
			low = p[i + 2] | (uint32_t)p[i + 3] << 8;
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			}
		}
		add_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	}
}

/* message, file, line, column: what AssemblyScript calls by default.  There
 * is no ident, and the module executes unreachable next. */
IMPORT(env_abort)
{
	CLEANUP(texts_free) struct texts t = TEXTS;
	struct call *c = call_of(arg);

	(void)e;
	read_utf16(in, args[0], &t.a);
	read_utf16(in, args[1], &t.b);
	set_abort(c, &t, args[2], args[3]);
	return 0;
}

IMPORT(env_log_msg)
{
	CLEANUP(buf_free) struct buf text = BUF(LOG_MAX_BYTES);
	struct call *c = call_of(arg);
	uint32_t n = (uint32_t)args[1];
	const char *p = instance_memory(in, (uint32_t)args[0], n);

	(void)e;
	if ((int32_t)args[3] != c->ident || !p || c->log_full)
		return 0;
	buf_add(
	    &text, (struct str){ p, n < LOG_MAX_BYTES ? n : LOG_MAX_BYTES });
	call_log(c, (int32_t)args[2], buf_str(&text));
	if (n > LOG_MAX_BYTES)
		call_log(c, LEVEL_INFO, STR(" "));
	return 0;
}

/* ---- questions ---- */

/* url::Name:value::Name2:value2 */
static bool
headers_ok(struct str url)
{
	struct str part, name;
	size_t at;

	/* The colons of an IPv6 address are in brackets. */
	if (str_find(url, STR("]"), &at))
		url = str_from(url, at);
	while (str_find(url, STR("::"), &at)) {
		url = str_from(url, at + 2);
		part = url;
		if (str_find(url, STR("::"), &at))
			part.n = at;
		if (!str_cut(&part, ':', &name) || str_trim(name).n == 0)
			return false;
	}
	return true;
}

IMPORT(env_fetch_url)
{
	CLEANUP(buf_free) struct buf url = BUF(NAME_MAX_BYTES);
	struct call *c = call_of(arg);
	struct request_for r = { ABI_FETCH, (int32_t)args[0], args + 1,
		args + 3 };

	(void)e;
	if (!may_ask(c, args[5]) || !guest_read(in, args[1], args[2], &url))
		args[0] = -1;
	else if (r.n < 0 || r.n >= HTTP_METHODS || !headers_ok(buf_str(&url)))
		args[0] = REFUSED;
	else
		args[0] = ask(in, c, &r, args[5]);
	return 0;
}

IMPORT(env_graphql_query)
{
	struct request_for r = { ABI_GRAPHQL, 0, args, args + 2 };

	(void)e;
	args[0] = ask(in, call_of(arg), &r, args[4]);
	return 0;
}

IMPORT(env_cache_set)
{
	struct request_for r = { ABI_CACHE_SET, (int32_t)args[4], args,
		args + 2 };

	(void)e;
	args[0] = tell(in, call_of(arg), &r, args[5]);
	return 0;
}

IMPORT(env_cache_get)
{
	struct request_for r = { ABI_CACHE_GET, 0, args, NULL };

	(void)e;
	args[0] = ask(in, call_of(arg), &r, args[2]);
	return 0;
}

IMPORT(env_request_get_field)
{
	struct request_for r = { ABI_FIELD_GET, (int32_t)args[0], args + 1,
		NULL };

	(void)e;
	args[0] = ask(in, call_of(arg), &r, args[3]);
	return 0;
}

IMPORT(env_request_set_field)
{
	struct request_for r = { ABI_FIELD_SET, (int32_t)args[0], args + 1,
		args + 3 };

	(void)e;
	args[0] = ask(in, call_of(arg), &r, args[5]);
	return 0;
}

IMPORT(env_resp_set_header)
{
	struct request_for r = { ABI_HEADER_SET, 0, args, args + 2 };

	(void)e;
	(void)tell(in, call_of(arg), &r, args[4]);
	return 0;
}

IMPORT(env_get_static_file)
{
	struct request_for r = { ABI_FILE, 0, args, NULL };

	(void)e;
	args[0] = ask(in, call_of(arg), &r, args[2]);
	return 0;
}

IMPORT(env_get_secret_value)
{
	struct request_for r = { ABI_SECRET, 0, args, NULL };

	(void)e;
	args[0] = ask(in, call_of(arg), &r, args[2]);
	return 0;
}

/* ---- the database and its variables ---- */

static void
drop_vars(struct call *c)
{
	arena_free(&c->var_arena);
	c->vars = NULL;
	c->nvars = c->cap_vars = c->var_bytes = 0;
}

IMPORT(env_add_ffi_var)
{
	CLEANUP(texts_free) struct texts t = TEXTS;
	struct call *c = call_of(arg);

	(void)e;
	if ((int32_t)args[4] != c->ident || c->nvars == VARS_MAX ||
	    !guest_read(in, args[0], args[1], &t.a) ||
	    !guest_read(in, args[2], args[3], &t.b) ||
	    t.a.n + t.b.n > VARS_MAX_BYTES - c->var_bytes) {
		args[0] = -1;
		return 0;
	}
	if (!c->var_arena)
		c->var_arena = arena_new();
	c->vars = arena_grow(
	    c->var_arena, c->vars, c->nvars, &c->cap_vars, sizeof(*c->vars));
	c->vars[c->nvars].name = arena_copy(c->var_arena, buf_str(&t.a));
	c->vars[c->nvars++].value = arena_copy(c->var_arena, buf_str(&t.b));
	c->var_bytes += t.a.n + t.b.n;
	args[0] = 0;
	return 0;
}

IMPORT(env_db_exec)
{
	CLEANUP(buf_free) struct buf name = BUF(NAME_MAX_BYTES);
	struct call *c = call_of(arg);
	struct abi_ask q = { .what = ABI_DB, .n = (int32_t)args[0] };

	(void)e;
	if (!may_ask(c, args[3]) || !guest_read(in, args[1], args[2], &name)) {
		args[0] = -1;
		return 0;
	}
	q.a = buf_str(&name);
	q.vars = c->vars;
	q.nvars = c->nvars;
	buf_clear(&c->pending);
	args[0] = leave_answer(c, call_ask(c, &q, &c->pending));
	drop_vars(c);
	return 0;
}

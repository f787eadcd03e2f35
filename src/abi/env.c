/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports of module env that give something back or write to the log, in all
 * the forms they ever had: runnable(7).
 */
#include <string.h>

#include "abi/call.h"

struct texts {
	struct buf a, b;
};

static void
texts_free(struct texts *t)
{
	buf_free(&t->a);
	buf_free(&t->b);
}

#define TEXTS { BUF(NAME_MAX_BYTES), BUF(NAME_MAX_BYTES) }

/* In September 2020 two numbers stood for the ident. */
static bool
knows_both(const struct abi_call *c, const int64_t *numbers)
{
	return (int32_t)numbers[0] == c->ident &&
	    (int32_t)numbers[1] == c->number;
}

static int
outside(const char *name, const int64_t *range, struct err *e)
{
	return err_set(e, ERR_GUEST,
	    "%s: handed back memory outside of its own: %u bytes at 0x%08x",
	    name, (unsigned)range[1], (unsigned)range[0]);
}

static int
return_result(
    struct instance *in, struct abi_call *c, int64_t *args, struct err *e)
{
	uint32_t n = (uint32_t)args[1];
	const char *p;

	p = instance_memory(in, (uint32_t)args[0], n);
	if (!p)
		return outside("return_result", args, e);
	return call_result(c, (struct str){ p, n }, e);
}

IMPORT(env_return_result)
{
	struct abi_call *c = call_of(arg);

	if ((int32_t)args[2] != c->ident)
		return 0;
	return return_result(in, c, args, e);
}

/* ptr, size, environment number, instance number */
IMPORT(env_return_result2)
{
	struct abi_call *c = call_of(arg);

	if (!knows_both(c, args + 2))
		return 0;
	return return_result(in, c, args, e);
}

IMPORT(env_return_error)
{
	struct abi_call *c = call_of(arg);
	const char *p;

	if ((int32_t)args[3] != c->ident)
		return 0;
	p = instance_memory(in, (uint32_t)args[1], (uint32_t)args[2]);
	if (!p)
		return outside("return_error", args + 1, e);
	call_error(c, (int32_t)args[0], (struct str){ p, (uint32_t)args[2] });
	return 0;
}

static void
set_abort(struct abi_call *c, const struct texts *t, int64_t line, int64_t col)
{
	CLEANUP(buf_free) struct buf text = BUF(MESSAGE_MAX);

	buf_add(&text, t->a.n > 0 ? buf_str(&t->a) : STR("abort"));
	if (t->b.n > 0)
		buf_addf(&text, ", at %s:%u:%u", buf_cstr(&t->b),
		    (unsigned)line, (unsigned)col);
	call_error(c, -1, buf_str(&text));
}

/* msg, msg size, file, file size, line, column, ident */
IMPORT(env_return_abort)
{
	CLEANUP(texts_free) struct texts t = TEXTS;
	struct abi_call *c = call_of(arg);

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
	struct abi_call *c = call_of(arg);

	(void)e;
	read_utf16(in, args[0], &t.a);
	read_utf16(in, args[1], &t.b);
	set_abort(c, &t, args[2], args[3]);
	return 0;
}

/* ---- log ---- */

static void
log_text(struct instance *in, struct abi_call *c, const int64_t *range,
    int32_t level)
{
	uint32_t n = (uint32_t)range[1];
	const char *p = instance_memory(in, (uint32_t)range[0], n);

	if (!p || c->log_full)
		return;
	buf_clear(&c->text);
	buf_add(
	    &c->text, (struct str){ p, n < LOG_MAX_BYTES ? n : LOG_MAX_BYTES });
	call_log(c, level, buf_str(&c->text));
	if (n > LOG_MAX_BYTES)
		call_log(c, LEVEL_INFO, STR(" "));
}

IMPORT(env_log_msg)
{
	struct abi_call *c = call_of(arg);

	(void)e;
	if ((int32_t)args[3] == c->ident)
		log_text(in, c, args, (int32_t)args[2]);
	return 0;
}

/* Before there were levels. */
IMPORT(env_print)
{
	struct abi_call *c = call_of(arg);

	(void)e;
	if ((int32_t)args[2] == c->ident)
		log_text(in, c, args, LEVEL_INFO);
	return 0;
}

IMPORT(env_print2)
{
	struct abi_call *c = call_of(arg);

	(void)e;
	if (knows_both(c, args + 2))
		log_text(in, c, args, LEVEL_INFO);
	return 0;
}

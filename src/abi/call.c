/* SPDX-License-Identifier: Apache-2.0 */
/* What all imports need: questions to the host, the log, the guest's memory. */
#include <assert.h>
#include <string.h>

#include "abi/call.h"

struct abi_call *
call_of(void *arg)
{
	struct abi_call *c = arg;

	assert(c->magic == CALL_MAGIC);
	return c;
}

/* ---- questions ---- */

int
call_ask(struct abi_call *c, const struct abi_ask *q, struct buf *out)
{
	int rc;

	if (!c->host.ask)
		return ABI_REFUSED;
	rc = c->host.ask(c->host.arg, q, out);
	assert(rc != ABI_LATER);
	return rc;
}

static void
done(void *arg, int rc)
{
	struct abi_call *c = call_of(arg);

	assert(c->q.waiting && rc != ABI_LATER);
	c->q.waiting = false;
	c->q.rc = rc;
	if (!c->q.asking)
		c->host.wake(c->host.wake_arg);
}

int
call_put(struct abi_call *c, struct buf *out)
{
	struct question *q = &c->q;
	int rc = ABI_REFUSED;

	assert(!q->waiting);
	buf_clear(out);
	q->out = out;
	q->ask.done = done;
	q->ask.done_arg = c;
	q->asking = q->waiting = true;
	if (c->host.ask)
		rc = c->host.ask(c->host.arg, &q->ask, out);
	q->asking = false;
	if (rc == ABI_LATER)
		return q->waiting ? ENGINE_LATER : 0;
	q->waiting = false;
	q->rc = rc;
	return 0;
}

void
call_clear(struct abi_call *c, enum abi_what what, int32_t n)
{
	buf_clear(&c->q.a);
	buf_clear(&c->q.b);
	c->q.ask = (struct abi_ask){ .what = what, .n = n };
}

/* ---- what the function gives back ---- */

int
call_result(struct abi_call *c, struct str bytes, struct err *e)
{
	if (bytes.n > c->output_max)
		return err_set(e, ERR_LIMIT,
		    "returned %zu bytes, more than the %llu it may", bytes.n,
		    (unsigned long long)c->output_max);
	if (c->res->has_output) {
		c->res->twice = true;
		return 0;
	}
	c->res->has_output = true;
	buf_add(&c->res->output, bytes);
	return 0;
}

void
call_error(struct abi_call *c, int32_t code, struct str text)
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

/* ---- log ---- */

static void
send(struct abi_call *c, int level, struct str text)
{
	CLEANUP(buf_free) struct buf ignored = BUF(LINE_MAX_BYTES);
	struct abi_ask q = { .what = ABI_LOG, .n = level, .a = text };

	(void)call_ask(c, &q, &ignored);
}

static size_t
count_lines(struct str s)
{
	struct str head;
	size_t n = 0;

	while (s.n > 0) {
		str_cut(&s, '\n', &head);
		n++;
	}
	return n > 0 ? n : 1;
}

/* The bound is on what a call may put into the log, so a function that
 * writes without end costs its own time and nothing else. */
void
call_log(struct abi_call *c, int level, struct str text)
{
	bool full;

	if (c->log_full)
		return;
	if (level < LEVEL_ERROR || level > LEVEL_DEBUG)
		level = LEVEL_INFO;
	full = text.n > LOG_MAX_BYTES - c->log_bytes;
	if (full)
		text.n = LOG_MAX_BYTES - c->log_bytes;
	c->log_bytes += text.n;
	c->log_lines += count_lines(text);
	if (c->log_lines > LOG_MAX_LINES)
		full = true;
	else if (!full || text.n > 0)
		send(c, level, text);
	if (!full)
		return;
	c->log_full = true;
	send(c, LEVEL_WARN,
	    STR("its log passed 1 MiB or 10000 lines: the rest is dropped"));
}

static void
end_line(struct abi_call *c, int which)
{
	struct buf *b = &c->lines[which];

	if (b->n > 0)
		call_log(c, which == 0 ? LEVEL_INFO : LEVEL_WARN, buf_str(b));
	buf_clear(b);
}

void
call_write(struct abi_call *c, int which, struct str text)
{
	struct buf *b = &c->lines[which];
	struct str head;
	bool whole;

	while (text.n > 0 && !c->log_full) {
		whole = str_cut(&text, '\n', &head);
		while (head.n > LINE_MAX_BYTES - b->n) {
			size_t room = LINE_MAX_BYTES - b->n;

			buf_add(b, (struct str){ head.p, room });
			head = str_from(head, room);
			end_line(c, which);
			if (c->log_full)
				return;
		}
		buf_add(b, head);
		if (whole)
			end_line(c, which);
	}
}

void
call_flush(struct abi_call *c)
{
	end_line(c, 0);
	end_line(c, 1);
}

/* ---- memory ---- */

int
call_hand_over(
    struct abi_call *c, struct str bytes, const char *who, struct err *e)
{
	uint32_t at = (uint32_t)c->args[0];
	char *p;

	if (bytes.n == 0)
		return 0;
	p = instance_memory(c->in, at, (uint32_t)bytes.n);
	if (!p)
		return err_set(e, ERR_GUEST,
		    "%s: handed back memory outside of its own: "
		    "%zu bytes at 0x%08x",
		    who, bytes.n, at);
	memcpy(p, bytes.p, bytes.n);
	return 0;
}

bool
guest_read(struct instance *in, int64_t ptr, int64_t len, struct buf *out)
{
	const char *p = instance_memory(in, (uint32_t)ptr, (uint32_t)len);

	if (!p)
		return false;
	buf_add(out, (struct str){ p, (uint32_t)len });
	return !buf_over(out);
}

/* WebAssembly is little-endian, whatever we are. */
static void
put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t
get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

bool
guest_put32(struct instance *in, int64_t ptr, uint32_t v)
{
	uint8_t *p = instance_memory(in, (uint32_t)ptr, 4);

	if (p)
		put(p, v, 4);
	return p != NULL;
}

bool
guest_put64(struct instance *in, int64_t ptr, uint64_t v)
{
	uint8_t *p = instance_memory(in, (uint32_t)ptr, 8);

	if (p)
		put(p, v, 8);
	return p != NULL;
}

bool
guest_get32(struct instance *in, int64_t ptr, uint32_t *v)
{
	const uint8_t *p = instance_memory(in, (uint32_t)ptr, 4);

	if (p)
		*v = (uint32_t)get(p, 4);
	return p != NULL;
}

bool
guest_get64(struct instance *in, int64_t ptr, uint64_t *v)
{
	const uint8_t *p = instance_memory(in, (uint32_t)ptr, 8);

	if (p)
		*v = get(p, 8);
	return p != NULL;
}

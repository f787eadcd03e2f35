/* SPDX-License-Identifier: Apache-2.0 */
/* What all imports need: questions to the host, the log, the guest's memory. */
#include <assert.h>
#include <string.h>

#include "abi/call.h"

int
call_ask(struct call *c, const struct abi_ask *q, struct buf *out)
{
	if (!c->host->ask)
		return 1;
	return c->host->ask(c->host->arg, q, out);
}

/* ---- log ---- */

static void
send(struct call *c, int level, struct str text)
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
call_log(struct call *c, int level, struct str text)
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
end_line(struct call *c, int which)
{
	struct buf *b = &c->lines[which];

	if (b->n > 0)
		call_log(c, which == 0 ? LEVEL_INFO : LEVEL_WARN, buf_str(b));
	buf_clear(b);
}

void
call_write(struct call *c, int which, struct str text)
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
call_flush(struct call *c)
{
	end_line(c, 0);
	end_line(c, 1);
}

/* ---- memory ---- */

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

/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Trace Context, 2021: the traceparent header. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "os/os.h"
#include "trace/trace.h"

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Lower-case hex, as the header has it. */
static bool
bytes_of(struct str hex, uint8_t *out, size_t n)
{
	bool any = false;

	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = digit(hex.p[2 * i]), lo = digit(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi * 16 + lo);
		any = any || out[i];
	}
	return any;
}

/* version 00: 00-<32>-<16>-<2>; later versions may have more after it. */
static bool
parse(struct trace_context *c, struct str s)
{
	struct str version, id, parent, flags;
	int v;

	str_cut(&s, '-', &version);
	str_cut(&s, '-', &id);
	str_cut(&s, '-', &parent);
	str_cut(&s, '-', &flags);
	if (version.n != 2 || digit(version.p[0]) < 0 ||
	    digit(version.p[1]) < 0 || str_is(version, "ff") ||
	    (str_is(version, "00") && s.n > 0) || flags.n != 2 ||
	    !bytes_of(id, c->trace_id, 16) ||
	    !bytes_of(parent, c->parent_id, 8))
		return false;
	v = digit(flags.p[1]);
	if (digit(flags.p[0]) < 0 || v < 0)
		return false;
	c->sampled = v & 1;
	return true;
}

static void
fill(uint8_t *p, size_t n)
{
	uint64_t v = os_now_ns();

	if (getrandom(p, n, 0) == (ssize_t)n)
		return;
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)((v = v * 6364136223846793005u + 1) >> 56);
}

void
trace_context_take(struct trace_context *c, struct str traceparent)
{
	uint8_t fresh[24];

	memset(c, 0, sizeof(*c));
	fill(fresh, sizeof(fresh));
	memcpy(c->span_id, fresh + 16, 8);
	if (traceparent.n > 0 && parse(c, traceparent)) {
		c->has_parent = true;
		return;
	}
	memcpy(c->trace_id, fresh, 16);
	memset(c->parent_id, 0, sizeof(c->parent_id));
	c->sampled = true;
}

void
trace_context_text(const struct trace_context *c, char out[56])
{
	char *p = out;

	p += snprintf(p, 4, "00-");
	for (size_t i = 0; i < 16; i++)
		p += snprintf(p, 3, "%02x", c->trace_id[i]);
	*p++ = '-';
	for (size_t i = 0; i < 8; i++)
		p += snprintf(p, 3, "%02x", c->span_id[i]);
	(void)snprintf(p, 4, "-%02x", c->sampled);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WASI preview 1, as much of it as there is for a function: a clock, random
 * bytes, and standard output and error, which are log lines.  No arguments,
 * no environment, no files, no sockets.
 * Numbers and layouts: wasi_snapshot_preview1.witx.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "abi/call.h"
#include "os/os.h"

enum {
	WASI_SUCCESS = 0,
	WASI_BADF = 8,
	WASI_FAULT = 21,
	WASI_INVAL = 28,
	WASI_IO = 29,
	WASI_NOSYS = 52,
	WASI_SPIPE = 70,
};

#define CLOCKS 4
#define MAX_VECTORS 1024u
#define MAX_SUBSCRIPTIONS 1024u
#define RANDOM_CHUNK 65536u
#define RIGHT_FD_READ 2u
#define RIGHT_FD_WRITE 64u
#define CHARACTER_DEVICE 2u
#define SLEEP_SLICE_NS UINT64_C(20000000)
#define S_NS UINT64_C(1000000000)

static struct call *
call_of(void *arg)
{
	struct call *c = arg;

	assert(c->magic == CALL_MAGIC);
	return c;
}

static int
answer(int64_t *args, int code)
{
	args[0] = code;
	return 0;
}

IMPORT(wasi_nothing)
{
	(void)in, (void)arg, (void)e;
	return answer(args, WASI_SUCCESS);
}

IMPORT(wasi_no_file)
{
	(void)in, (void)arg, (void)e;
	return answer(args, WASI_BADF);
}

IMPORT(wasi_no_call)
{
	(void)in, (void)arg, (void)e;
	return answer(args, WASI_NOSYS);
}

IMPORT(wasi_sizes_get)
{
	(void)arg, (void)e;
	if (!guest_put32(in, args[0], 0) || !guest_put32(in, args[1], 0))
		return answer(args, WASI_FAULT);
	return answer(args, WASI_SUCCESS);
}

IMPORT(wasi_proc_exit)
{
	struct call *c = call_of(arg);

	(void)in;
	c->exited = true;
	c->exit_code = (int32_t)args[0];
	return err_set(e, ERR_GUEST, "exited with code %d", c->exit_code);
}

/* ---- clock and chance ---- */

static uint64_t
now_ns(struct call *c, int32_t id)
{
	CLEANUP(buf_free) struct buf out = BUF(8);
	struct abi_ask q = { .what = ABI_CLOCK, .n = id };
	struct timespec ts;
	uint64_t v = 0;

	if (call_ask(c, &q, &out) == 0 && out.n == 8) {
		for (size_t i = 0; i < 8; i++)
			v |= (uint64_t)(uint8_t)out.p[i] << (8 * i);
		return v;
	}
	clock_gettime(id == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * S_NS + (uint64_t)ts.tv_nsec;
}

IMPORT(wasi_clock_res_get)
{
	(void)arg, (void)e;
	if (args[0] < 0 || args[0] >= CLOCKS)
		return answer(args, WASI_INVAL);
	if (!guest_put64(in, args[1], 1000))
		return answer(args, WASI_FAULT);
	return answer(args, WASI_SUCCESS);
}

IMPORT(wasi_clock_time_get)
{
	struct call *c = call_of(arg);

	(void)e;
	if (args[0] < 0 || args[0] >= CLOCKS)
		return answer(args, WASI_INVAL);
	if (!guest_put64(in, args[2], now_ns(c, (int32_t)args[0])))
		return answer(args, WASI_FAULT);
	return answer(args, WASI_SUCCESS);
}

static bool
fill_random(struct call *c, uint8_t *p, size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF(RANDOM_CHUNK);
	struct abi_ask q = { .what = ABI_RANDOM };
	ssize_t got;

	while (n > 0) {
		size_t want = n < RANDOM_CHUNK ? n : RANDOM_CHUNK;

		q.n = (int32_t)want;
		buf_clear(&out);
		if (call_ask(c, &q, &out) == 0 && out.n == want) {
			memcpy(p, out.p, want);
			got = (ssize_t)want;
		} else {
			got = getrandom(p, want, 0);
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

IMPORT(wasi_random_get)
{
	uint32_t n = (uint32_t)args[1];
	uint8_t *p = instance_memory(in, (uint32_t)args[0], n);

	(void)e;
	if (!p)
		return answer(args, WASI_FAULT);
	return answer(
	    args, fill_random(call_of(arg), p, n) ? WASI_SUCCESS : WASI_IO);
}

/* ---- descriptors: 0 is at its end, 1 and 2 are the log ---- */

static bool
is_open(int64_t fd)
{
	return fd >= 0 && fd <= 2;
}

IMPORT(wasi_fd_close)
{
	(void)in, (void)arg, (void)e;
	return answer(args, is_open(args[0]) ? WASI_SUCCESS : WASI_BADF);
}

IMPORT(wasi_fd_seek)
{
	(void)in, (void)arg, (void)e;
	return answer(args, is_open(args[0]) ? WASI_SPIPE : WASI_BADF);
}

IMPORT(wasi_fd_fdstat_get)
{
	uint8_t *p = instance_memory(in, (uint32_t)args[1], 24);

	(void)arg, (void)e;
	if (!is_open(args[0]))
		return answer(args, WASI_BADF);
	if (!p)
		return answer(args, WASI_FAULT);
	memset(p, 0, 24);
	p[0] = CHARACTER_DEVICE;
	p[8] = args[0] == 0 ? RIGHT_FD_READ : RIGHT_FD_WRITE;
	return answer(args, WASI_SUCCESS);
}

IMPORT(wasi_fd_filestat_get)
{
	uint8_t *p = instance_memory(in, (uint32_t)args[1], 64);

	(void)arg, (void)e;
	if (!is_open(args[0]))
		return answer(args, WASI_BADF);
	if (!p)
		return answer(args, WASI_FAULT);
	memset(p, 0, 64);
	p[16] = CHARACTER_DEVICE;
	return answer(args, WASI_SUCCESS);
}

IMPORT(wasi_fd_read)
{
	(void)arg, (void)e;
	if (args[0] != 0)
		return answer(args, WASI_BADF);
	if (!guest_put32(in, args[3], 0))
		return answer(args, WASI_FAULT);
	return answer(args, WASI_SUCCESS);
}

IMPORT(wasi_fd_write)
{
	struct call *c = call_of(arg);
	uint32_t n = (uint32_t)args[2], at = (uint32_t)args[1], ptr, len;
	uint64_t total = 0;
	const char *p;

	(void)e;
	if (args[0] != 1 && args[0] != 2)
		return answer(args, WASI_BADF);
	if (n > MAX_VECTORS)
		n = MAX_VECTORS;
	if (!instance_memory(in, at, n * 8))
		return answer(args, WASI_FAULT);
	for (uint32_t i = 0; i < n; i++) {
		if (!guest_get32(in, at + i * 8, &ptr) ||
		    !guest_get32(in, at + i * 8 + 4, &len))
			return answer(args, WASI_FAULT);
		p = instance_memory(in, ptr, len);
		if (!p || total + len > UINT32_MAX)
			return answer(args, WASI_FAULT);
		call_write(c, args[0] == 1 ? 0 : 1, (struct str){ p, len });
		total += len;
	}
	if (!guest_put32(in, args[3], (uint32_t)total))
		return answer(args, WASI_FAULT);
	return answer(args, WASI_SUCCESS);
}

/* ---- waiting ---- */

enum { EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE };

#define SUBSCRIPTION_BYTES 48u
#define EVENT_BYTES 32u

struct subscription {
	uint64_t userdata, wait_ns;
	uint8_t type;
	bool bad;
};

static struct subscription
subscription(struct instance *in, struct call *c, uint32_t at)
{
	struct subscription s = { 0 };
	uint32_t tag = 0, id = 0, flags = 0;
	uint64_t timeout = 0, now;

	(void)guest_get64(in, at, &s.userdata);
	(void)guest_get32(in, at + 8, &tag);
	s.type = (uint8_t)tag;
	if (s.type != EVENT_CLOCK) {
		s.bad = s.type > EVENT_FD_WRITE;
		return s;
	}
	(void)guest_get32(in, at + 16, &id);
	(void)guest_get64(in, at + 24, &timeout);
	(void)guest_get32(in, at + 40, &flags);
	s.bad = id >= CLOCKS;
	s.wait_ns = timeout;
	if ((flags & 1) && !s.bad) {
		now = now_ns(c, (int32_t)id);
		s.wait_ns = timeout > now ? timeout - now : 0;
	}
	return s;
}

/* A call that would wait past its time ends when that is over. */
static int
sleep_for(struct call *c, uint64_t ns, struct err *e)
{
	bool late;
	uint64_t now = os_now_ns(), end;
	struct timespec ts = { 0 };

	end = ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
	late = c->deadline_ns != 0 && end > c->deadline_ns;
	if (late)
		end = c->deadline_ns;
	for (; now < end && os_interrupted() == 0; now = os_now_ns()) {
		uint64_t left = end - now;

		ts.tv_nsec =
		    (long)(left < SLEEP_SLICE_NS ? left : SLEEP_SLICE_NS);
		nanosleep(&ts, NULL);
	}
	if (os_check_interrupt(e) < 0)
		return -1;
	if (late && c->deadline_ms % 1000 == 0)
		return err_set(e, ERR_LIMIT, "ran longer than %u s",
		    c->deadline_ms / 1000);
	if (late)
		return err_set(
		    e, ERR_LIMIT, "ran longer than %u ms", c->deadline_ms);
	return 0;
}

static uint64_t
shortest(struct instance *in, struct call *c, uint32_t at, uint32_t n)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		struct subscription s =
		    subscription(in, c, at + i * SUBSCRIPTION_BYTES);
		uint64_t wait = s.bad ? 0 : s.wait_ns;

		least = wait < least ? wait : least;
	}
	return least;
}

static void
event(uint8_t *p, const struct subscription *s)
{
	memset(p, 0, EVENT_BYTES);
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(s->userdata >> (8 * i));
	p[8] = s->bad ? WASI_INVAL : WASI_SUCCESS;
	p[10] = s->type;
}

IMPORT(wasi_poll_oneoff)
{
	struct call *c = call_of(arg);
	uint32_t at = (uint32_t)args[0], n = (uint32_t)args[2], nevents = 0;
	uint64_t wait;
	uint8_t *out;

	if (n == 0 || n > MAX_SUBSCRIPTIONS)
		return answer(args, WASI_INVAL);
	out = instance_memory(in, (uint32_t)args[1], n * EVENT_BYTES);
	if (!out || !instance_memory(in, at, n * SUBSCRIPTION_BYTES))
		return answer(args, WASI_FAULT);
	wait = shortest(in, c, at, n);
	if (sleep_for(c, wait, e) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		struct subscription s =
		    subscription(in, c, at + i * SUBSCRIPTION_BYTES);

		if (s.bad || s.wait_ns <= wait)
			event(out + EVENT_BYTES * nevents++, &s);
	}
	if (!guest_put32(in, args[3], nevents))
		return answer(args, WASI_FAULT);
	return answer(args, WASI_SUCCESS);
}

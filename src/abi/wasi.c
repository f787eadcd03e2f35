/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WASI preview 1, as much of it as there is for a function: a clock, random
 * bytes, and for a command its arguments and environment.  No sockets.  The
 * descriptors are in wasi_fd.c.
 * Numbers and layouts: wasi_snapshot_preview1.witx.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "abi/wasi.h"
#include "os/os.h"

#define CLOCKS 4
#define MAX_SUBSCRIPTIONS 1024u
#define RANDOM_CHUNK 65536u
#define SLEEP_SLICE_NS UINT64_C(20000000)
#define SHARED_SLEEP_NS UINT64_C(1000000)
#define S_NS UINT64_C(1000000000)

int
wasi_answer(int64_t *args, int code)
{
	args[0] = code;
	return 0;
}

IMPORT(wasi_nothing)
{
	(void)in, (void)arg, (void)e;
	return wasi_answer(args, WASI_SUCCESS);
}

IMPORT(wasi_no_file)
{
	(void)in, (void)arg, (void)e;
	return wasi_answer(args, WASI_BADF);
}

IMPORT(wasi_no_call)
{
	(void)in, (void)arg, (void)e;
	return wasi_answer(args, WASI_NOSYS);
}

IMPORT(wasi_proc_exit)
{
	struct abi_call *c = call_of(arg);

	(void)in;
	c->exited = true;
	c->exit_code = (int32_t)args[0];
	return err_set(e, ERR_GUEST, "exited with code %d", c->exit_code);
}

/* ---- arguments and environment, which only a command has ---- */

static bool
argument(const struct abi_call *c, size_t i, struct buf *out)
{
	struct str name = c->input.name, head;

	if (i > 0)
		return false;
	str_cut(&name, '\0', &head);
	buf_add(out, head);
	buf_addc(out, '\0');
	return true;
}

static bool
holds(struct str s, char ch)
{
	return s.n > 0 && memchr(s.p, ch, s.n) != NULL;
}

static bool
variable(const struct abi_call *c, size_t i, struct buf *out)
{
	const struct abi_var *v;

	if (i >= c->input.nenv)
		return false;
	v = &c->input.env[i];
	if (v->name.n == 0 || holds(v->name, '=') || holds(v->name, '\0') ||
	    holds(v->value, '\0'))
		return true;
	buf_add(out, v->name);
	buf_addc(out, '=');
	buf_add(out, v->value);
	buf_addc(out, '\0');
	return true;
}

enum list { ARGUMENTS, VARIABLES };

/* The i-th text of a list; false: there are no more.  What cannot be written
 * with a NUL at its end is left out. */
static bool
item(struct abi_call *c, enum list list, size_t i, struct buf *out)
{
	if (!command_of(c))
		return false;
	return list == ARGUMENTS ? argument(c, i, out) : variable(c, i, out);
}

static int
sizes_get(struct instance *in, void *arg, int64_t *args, enum list list)
{
	struct abi_call *c = call_of(arg);
	CLEANUP(buf_free) struct buf text = BUF(NAME_MAX_BYTES * 16);
	uint32_t n = 0;
	size_t before = 0;

	for (size_t i = 0; item(c, list, i, &text); i++) {
		n += text.n > before;
		before = text.n;
	}
	if (buf_over(&text))
		return wasi_answer(args, WASI_OVERFLOW);
	if (!guest_put32(in, args[0], n) ||
	    !guest_put32(in, args[1], (uint32_t)text.n))
		return wasi_answer(args, WASI_FAULT);
	return wasi_answer(args, WASI_SUCCESS);
}

/* args: where the pointers go, where the texts go. */
static int
texts_get(struct instance *in, void *arg, int64_t *args, enum list list)
{
	struct abi_call *c = call_of(arg);
	CLEANUP(buf_free) struct buf text = BUF(NAME_MAX_BYTES * 16);
	uint32_t at = (uint32_t)args[0];
	size_t before = 0;
	char *p;

	for (size_t i = 0; item(c, list, i, &text); i++) {
		if (text.n > before) {
			if (!guest_put32(
				in, at, (uint32_t)(args[1] + (int64_t)before)))
				return wasi_answer(args, WASI_FAULT);
			at += 4;
		}
		before = text.n;
	}
	if (buf_over(&text))
		return wasi_answer(args, WASI_OVERFLOW);
	p = instance_memory(in, (uint32_t)args[1], (uint32_t)text.n);
	if (!p && text.n > 0)
		return wasi_answer(args, WASI_FAULT);
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	return wasi_answer(args, WASI_SUCCESS);
}

IMPORT(wasi_args_sizes_get)
{
	(void)e;
	return sizes_get(in, arg, args, ARGUMENTS);
}

IMPORT(wasi_args_get)
{
	(void)e;
	return texts_get(in, arg, args, ARGUMENTS);
}

IMPORT(wasi_environ_sizes_get)
{
	(void)e;
	return sizes_get(in, arg, args, VARIABLES);
}

IMPORT(wasi_environ_get)
{
	(void)e;
	return texts_get(in, arg, args, VARIABLES);
}

/* ---- clock and chance ---- */

static uint64_t
now_ns(struct abi_call *c, int32_t id)
{
	CLEANUP(buf_free) struct buf out = BUF(8);
	struct abi_ask q = { .what = ABI_CLOCK, .n = id };
	struct timespec ts;
	uint64_t v = 0;

	if (call_ask(c, &q, &out) == ABI_ANSWERED && out.n == 8) {
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
		return wasi_answer(args, WASI_INVAL);
	if (!guest_put64(in, args[1], 1000))
		return wasi_answer(args, WASI_FAULT);
	return wasi_answer(args, WASI_SUCCESS);
}

IMPORT(wasi_clock_time_get)
{
	struct abi_call *c = call_of(arg);

	(void)e;
	if (args[0] < 0 || args[0] >= CLOCKS)
		return wasi_answer(args, WASI_INVAL);
	if (!guest_put64(in, args[2], now_ns(c, (int32_t)args[0])))
		return wasi_answer(args, WASI_FAULT);
	return wasi_answer(args, WASI_SUCCESS);
}

static bool
fill_random(struct abi_call *c, uint8_t *p, size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF(RANDOM_CHUNK);
	struct abi_ask q = { .what = ABI_RANDOM };
	ssize_t got;

	while (n > 0) {
		size_t want = n < RANDOM_CHUNK ? n : RANDOM_CHUNK;

		q.n = (int32_t)want;
		buf_clear(&out);
		if (call_ask(c, &q, &out) == ABI_ANSWERED && out.n == want) {
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
		return wasi_answer(args, WASI_FAULT);
	return wasi_answer(
	    args, fill_random(call_of(arg), p, n) ? WASI_SUCCESS : WASI_IO);
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
subscription(struct instance *in, struct abi_call *c, uint32_t at)
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

/*
 * For a host that cannot let time pass for us.  A call that would wait past
 * its time ends when that is over.  A host that answers later has other calls
 * on this thread, which must not stand still with it: there a sleep is short,
 * and the guest finds that it woke early.
 */
static int
sleep_for(struct abi_call *c, uint64_t ns, struct err *e)
{
	bool late;
	uint64_t now = os_now_ns(), end;
	struct timespec ts = { 0 };

	if (c->host.cancel && ns > SHARED_SLEEP_NS)
		ns = SHARED_SLEEP_NS;
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

/* The host may let time pass without us, or, where that is virtual, at once. */
static int
ask_to_sleep(struct abi_call *c, uint64_t ns)
{
	call_clear(c, ABI_SLEEP, 0);
	for (size_t i = 0; i < 8; i++)
		buf_addc(&c->q.a, (char)(ns >> (8 * i)));
	c->q.ask.a = buf_str(&c->q.a);
	return call_put(c, &c->ignored);
}

static uint64_t
shortest(struct instance *in, struct abi_call *c, uint32_t at, uint32_t n)
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

/* The time has come: tell of those that waited for it.  What was to come at a
 * set time is due by now, and what was to come after some is the shortest. */
IMPORT(wasi_poll_finish)
{
	struct abi_call *c = call_of(arg);
	uint32_t at = (uint32_t)args[0], n = (uint32_t)args[2], nevents = 0;
	uint64_t wait = shortest(in, c, at, n);
	uint8_t *out = instance_memory(in, (uint32_t)args[1], n * EVENT_BYTES);

	(void)e;
	if (!out)
		return wasi_answer(args, WASI_FAULT);
	for (uint32_t i = 0; i < n; i++) {
		struct subscription s =
		    subscription(in, c, at + i * SUBSCRIPTION_BYTES);

		if (s.bad || s.wait_ns <= wait)
			event(out + EVENT_BYTES * nevents++, &s);
	}
	if (!guest_put32(in, args[3], nevents))
		return wasi_answer(args, WASI_FAULT);
	return wasi_answer(args, WASI_SUCCESS);
}

IMPORT(wasi_poll_oneoff)
{
	struct abi_call *c = call_of(arg);
	uint32_t at = (uint32_t)args[0], n = (uint32_t)args[2];
	uint64_t wait;

	if (n == 0 || n > MAX_SUBSCRIPTIONS)
		return wasi_answer(args, WASI_INVAL);
	if (!instance_memory(in, (uint32_t)args[1], n * EVENT_BYTES) ||
	    !instance_memory(in, at, n * SUBSCRIPTION_BYTES))
		return wasi_answer(args, WASI_FAULT);
	wait = shortest(in, c, at, n);
	if (wait > 0) {
		if (ask_to_sleep(c, wait) == ENGINE_LATER)
			return ENGINE_LATER;
		if (c->q.rc != ABI_ANSWERED && sleep_for(c, wait, e) < 0)
			return -1;
	}
	return wasi_poll_finish(in, arg, args, e);
}

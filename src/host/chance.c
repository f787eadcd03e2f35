/* SPDX-License-Identifier: Apache-2.0 */
/* Clock and random bytes: always allowed, and repeatable when tests ask. */
#include <assert.h>
#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>
#include <time.h>

#include "host/gate.h"
#include "host/wait.h"

#define S_NS UINT64_C(1000000000)
#define RANDOM_MAX 65536
#define REALTIME 0

static uint64_t
real_ns(int32_t id)
{
	struct timespec ts;

	clock_gettime(id == REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * S_NS + (uint64_t)ts.tv_nsec;
}

ANSWER(answer_clock)
{
	const struct host_hooks *k = &c->host->hooks;
	uint64_t ns = k->clock ? k->clock(k->arg) : real_ns(q->n);

	for (unsigned i = 0; i < 64; i += 8)
		buf_addc(out, (char)(ns >> i));
	return 0;
}

static void
on_awake(void *arg)
{
	struct waiting *w = arg;

	assert(w->magic == WAITING_MAGIC);
	(void)wait_end(w, ABI_ANSWERED);
}

/* Who sleeps holds no thread either. */
static int
sleep_for(
    struct host_call *c, const struct abi_ask *q, uint64_t ns, struct buf *out)
{
	struct waiting *w;

	if (!q->done)
		return answer_refuse(out, "nothing can wait here");
	w = wait_new(c, q, out);
	w->timer = loop_timer_start(c->loop, c->clock, ns, on_awake, w);
	if (c->clock)
		clock_idle(c->clock);
	return wait_begin(w);
}

ANSWER(answer_sleep)
{
	const struct host_hooks *k = &c->host->hooks;
	uint64_t ns = 0;

	if ((!k->sleep && !c->loop) || q->a.n != 8)
		return answer_refuse(out, "time is real");
	for (size_t i = 0; i < 8; i++)
		ns |= (uint64_t)(uint8_t)q->a.p[i] << (8 * i);
	if (!k->sleep)
		return sleep_for(c, q, ns, out);
	k->sleep(k->arg, ns);
	return 0;
}

/* splitmix64: short, and good enough for what need only be the same again. */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
repeatable(struct host *h, size_t n, struct buf *out)
{
	uint64_t v = 0;

	pthread_mutex_lock(&h->random_lock);
	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 0)
			v = next(&h->random);
		buf_addc(out, (char)(v >> i % 8 * 8));
	}
	/* 0 would mean that nothing is repeatable. */
	if (h->random == 0)
		h->random = 1;
	pthread_mutex_unlock(&h->random_lock);
}

static int
unforeseeable(size_t n, struct buf *out)
{
	char chunk[256];

	while (n > 0) {
		size_t want = n < sizeof(chunk) ? n : sizeof(chunk);
		ssize_t got = getrandom(chunk, want, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return answer_refuse(out, "no random bytes");
		buf_add(out, (struct str){ chunk, (size_t)got });
		n -= (size_t)got;
	}
	return 0;
}

ANSWER(answer_random)
{
	if (q->n < 0 || q->n > RANDOM_MAX)
		return answer_refuse(out, "too many random bytes");
	if (c->host->random == 0)
		return unforeseeable((size_t)q->n, out);
	repeatable(c->host, (size_t)q->n, out);
	return 0;
}

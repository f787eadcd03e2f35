/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server has on each loop.  A request looks at its seat and at nothing
 * that other threads write; a swap reaches a seat as a post.
 */
#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "os/os.h"
#include "serve/parts.h"

void
seat_init(struct seat *seat, struct serve *s, unsigned index)
{
	seat->s = s;
	seat->index = index;
	seat->loop = crew_at(s->opt.crew, index);
	seat->log.text.max = 1u << 20;
	if (getrandom(seat->random, sizeof(seat->random), 0) !=
	    (ssize_t)sizeof(seat->random)) {
		seat->random[0] = os_now_ns();
		seat->random[1] = (uint64_t)os_unix_ms() + index;
	}
}

static void
use_end(struct use *u)
{
	site_drop(u->site);
	mem_free(u);
}

/* On its thread, or after all loops let go of it. */
void
seat_dispose(struct seat *seat)
{
	assert(!seat->waiting && !seat->jobs && !seat->talks && !seat->old);
	while (seat->free) {
		struct ask *a = seat->free;

		seat->free = a->next;
		buf_free(&a->body);
		mem_free(a);
	}
	if (seat->now)
		use_end(seat->now);
	seat->now = NULL;
	loop_timer_end(&seat->log.timer);
	buf_free(&seat->log.text);
}

struct seat *
seat_of(struct serve *s, const struct loop *l)
{
	for (unsigned i = 0; i < s->nloops; i++)
		if (s->seats[i].loop == l)
			return &s->seats[i];
	return NULL;
}

void
seat_refresh(struct seat *seat)
{
	struct serve *s = seat->s;
	struct use *u, *before = seat->now;
	struct site *x;

	pthread_mutex_lock(&s->lock);
	x = s->site ? site_hold(s->site) : NULL;
	pthread_mutex_unlock(&s->lock);
	if (!x || (before && before->site == x)) {
		site_drop(x);
		return;
	}
	u = mem_take(sizeof(*u));
	u->site = x;
	seat->now = u;
	if (before && before->busy > 0) {
		before->next = seat->old;
		seat->old = before;
	} else if (before) {
		use_end(before);
	}
}

struct use *
use_hold(struct seat *seat)
{
	if (seat->now)
		seat->now->busy++;
	return seat->now;
}

void
use_drop(struct seat *seat, struct use *u)
{
	struct use **at = &seat->old;

	if (!u || --u->busy > 0 || u == seat->now)
		return;
	while (*at && *at != u)
		at = &(*at)->next;
	assert(*at);
	*at = u->next;
	use_end(u);
}

/* xorshift128+: ids must differ, not be secret. */
uint64_t
seat_random(struct seat *seat)
{
	uint64_t a = seat->random[0], b = seat->random[1];

	a ^= a << 23;
	seat->random[0] = b;
	seat->random[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
	return seat->random[1] + b;
}

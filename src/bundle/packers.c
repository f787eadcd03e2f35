/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "bundle/deflate.h"
#include "bundle/packers.h"
#include "bundle/zip.h"
#include "os/os.h"

#define MAX_THREADS 64u
#define THREADS_FROM (1u << 20) /* bytes; less is not worth a thread */
#define AHEAD 4u /* blocks for each thread, beyond the writer's entry */

/* The blocks of a part; none when it is copied. */
struct span {
	size_t first, nblocks;
};

struct packers {
	const struct packers_part *parts;
	struct span *at;
	struct packers_block *blocks;
	size_t nparts, nblocks;
	bool store;

	/* Under the mutex: what may be begun, and which blocks are done. */
	pthread_mutex_t mutex;
	pthread_cond_t change;
	size_t next, limit;
	bool stop;

	struct deflater *own;
	pthread_t threads[MAX_THREADS];
	unsigned nthreads;
};

/* ---- one block ---- */

static struct str
piece(const struct packers *c, const struct packers_block *b)
{
	return (struct str){ c->parts[b->part].data.p + b->from, b->nbytes };
}

static void
pack_block(struct packers *c, struct packers_block *b, struct deflater **d)
{
	struct str data = c->parts[b->part].data, mine = piece(c, b);

	b->crc = deflate_crc(mine);
	if (c->store)
		return;
	if (!*d)
		*d = deflater_new();
	deflater_add(*d, (struct str){ data.p, b->from }, mine,
	    b->from + b->nbytes == data.n, &b->out);
}

/* Begin the next block, if one may be.  The mutex is held; it is let go for
 * the work. */
static bool
pack_next(struct packers *c, struct deflater **d)
{
	struct packers_block *b;

	if (c->next >= c->limit || c->next >= c->nblocks)
		return false;
	b = &c->blocks[c->next++];
	pthread_mutex_unlock(&c->mutex);
	pack_block(c, b, d);
	pthread_mutex_lock(&c->mutex);
	b->done = true;
	pthread_cond_broadcast(&c->change);
	return true;
}

static void *
work(void *arg)
{
	CLEANUP(deflater_free) struct deflater *d = NULL;
	struct packers *c = arg;

	pthread_mutex_lock(&c->mutex);
	while (!c->stop && c->next < c->nblocks)
		if (!pack_next(c, &d))
			pthread_cond_wait(&c->change, &c->mutex);
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

/* ---- the crew ---- */

static void
plan(struct packers *c)
{
	size_t cap = 0;

	for (size_t i = 0; i < c->nparts; i++) {
		size_t n = c->parts[i].data.n, from = 0, most;

		c->at[i].first = c->nblocks;
		if (c->parts[i].earlier)
			continue;
		do {
			most = n - from < CREW_BLOCK ? n - from : CREW_BLOCK;
			c->blocks = mem_grow(
			    c->blocks, c->nblocks, &cap, sizeof(*c->blocks));
			c->blocks[c->nblocks++] =
			    (struct packers_block){ .part = i,
				    .from = from,
				    .nbytes = most,
				    .out = BUF(2u * CREW_BLOCK) };
			from += most;
		} while (from < n);
		c->at[i].nblocks = c->nblocks - c->at[i].first;
	}
}

static void
start(struct packers *c, unsigned jobs)
{
	size_t sum = 0;

	for (size_t i = 0; i < c->nblocks; i++)
		sum += c->blocks[i].nbytes;
	if (jobs == 0)
		jobs = os_cores();
	if (jobs > MAX_THREADS)
		jobs = MAX_THREADS;
	c->limit = (size_t)AHEAD * jobs;
	if (sum < THREADS_FROM)
		return;
	/* The writer is one of them.  Fewer threads than asked for will do. */
	while (c->nthreads + 1 < jobs &&
	    pthread_create(&c->threads[c->nthreads], NULL, work, c) == 0)
		c->nthreads++;
}

struct packers *
packers_new(
    const struct packers_part *parts, size_t nparts, bool store, unsigned jobs)
{
	struct packers *c = mem_take(sizeof(*c));

	c->parts = parts;
	c->nparts = nparts;
	c->store = store;
	c->at = mem_take(nparts * sizeof(*c->at));
	plan(c);
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->change, NULL);
	start(c, jobs);
	return c;
}

static void
drop_blocks(struct packers *c, size_t i)
{
	struct span *p = &c->at[i];

	for (size_t k = p->first; k < p->first + p->nblocks; k++)
		buf_free(&c->blocks[k].out);
}

/* Wait for part i, and work meanwhile. */
static void
await(struct packers *c, size_t i)
{
	struct span *p = &c->at[i];
	size_t end = p->first + p->nblocks, k = p->first;

	pthread_mutex_lock(&c->mutex);
	if (c->limit < end + (size_t)AHEAD * (c->nthreads + 1)) {
		c->limit = end + (size_t)AHEAD * (c->nthreads + 1);
		pthread_cond_broadcast(&c->change);
	}
	while (k < end) {
		if (c->blocks[k].done)
			k++;
		else if (c->next >= end || !pack_next(c, &c->own))
			pthread_cond_wait(&c->change, &c->mutex);
	}
	pthread_mutex_unlock(&c->mutex);
}

void
packers_take(struct packers *c, size_t i, struct packers_entry *out)
{
	struct span *p = &c->at[i];
	const struct zip_entry *z = c->parts[i].earlier;
	struct str data = c->parts[i].data;
	size_t npacked = 0;

	if (i > 0)
		drop_blocks(c, i - 1);
	if (z) {
		*out = (struct packers_entry){ .method = z->method,
			.crc = z->crc,
			.npacked = (uint32_t)z->packed.n,
			.nbytes = z->nbytes,
			.whole = z->packed };
		return;
	}
	await(c, i);
	*out = (struct packers_entry){ .method = ZIP_DEFLATED,
		.nbytes = (uint32_t)data.n };
	for (size_t k = p->first; k < p->first + p->nblocks; k++) {
		const struct packers_block *b = &c->blocks[k];

		out->crc = k == p->first
		    ? b->crc
		    : deflate_crc_join(out->crc, b->crc, b->nbytes);
		npacked += b->out.n;
	}
	if (c->store || npacked >= data.n || zip_is_bomb(data.n, npacked)) {
		out->method = ZIP_STORED;
		out->whole = data;
		out->npacked = (uint32_t)data.n;
		return;
	}
	out->npacked = (uint32_t)npacked;
	out->blocks = &c->blocks[p->first];
	out->nblocks = p->nblocks;
}

void
packers_free(struct packers **cp)
{
	struct packers *c = *cp;

	if (!c)
		return;
	pthread_mutex_lock(&c->mutex);
	c->stop = true;
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->mutex);
	for (unsigned i = 0; i < c->nthreads; i++)
		pthread_join(c->threads[i], NULL);
	for (size_t i = 0; i < c->nparts; i++)
		drop_blocks(c, i);
	pthread_mutex_destroy(&c->mutex);
	pthread_cond_destroy(&c->change);
	deflater_free(&c->own);
	mem_free(c->blocks);
	mem_free(c->at);
	mem_free(c);
	*cp = NULL;
}

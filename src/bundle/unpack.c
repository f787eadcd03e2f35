/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "bundle/deflate.h"
#include "bundle/unpack.h"
#include "os/os.h"

#define MAX_THREADS 16u
#define THREADS_FROM (1u << 20) /* bytes; less is not worth a thread */

/* Job 0 is the digest of the file, job i + 1 the entry i. */
struct unpacking {
	struct unpacked *out;
	const struct zip_entry *z;
	size_t n;
	const struct unpack_wants *wants;
	atomic_size_t next;
};

/* Its memory is touched first here: pages come on the thread that fills
 * them. */
void
unpack_one(struct unpacked *u, const struct zip_entry *z)
{
	u->room = mem_take((size_t)z->nbytes + 1);
	u->data = (struct str){ u->room, z->nbytes };
	if (z->method == ZIP_DEFLATED)
		u->why = deflate_unpack(z->packed, u->room, z->nbytes);
	else if (z->nbytes > 0)
		memcpy(u->room, z->packed.p, z->nbytes);
	if (!u->why && deflate_crc(u->data) != z->crc)
		u->why = "its checksum is wrong";
}

struct digest
unpack_digest(const struct bundle_cut *c)
{
	CLEANUP(digester_free) struct digester *g = digester_new();

	digester_add(g, c->head);
	digester_add(g, (struct str){ "\0", 2 });
	return digester_done(g);
}

static void *
work(void *arg)
{
	struct unpacking *w = arg;
	const struct unpack_wants *wants = w->wants;
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) <= w->n) {
		if (i == 0) {
			if (wants->whole)
				*wants->whole = unpack_digest(wants->file);
			continue;
		}
		i--;
		if (!wants->is_module(w->z[i].name)) {
			unpack_one(&w->out[i], &w->z[i]);
			continue;
		}
		if (!wants->modules)
			continue;
		unpack_one(&w->out[i], &w->z[i]);
		if (!w->out[i].why)
			w->out[i].digest = sign_digest(w->out[i].data);
	}
	return NULL;
}

void
unpack_all(struct unpacked *out, const struct zip_entry *z, size_t n,
    const struct unpack_wants *wants)
{
	struct unpacking w = { out, z, n, wants, 0 };
	pthread_t threads[MAX_THREADS];
	unsigned most = os_cores(), nthreads = 0;
	size_t bytes = wants->whole ? wants->file->head.n : 0;

	for (size_t i = 0; i < n; i++)
		if (wants->modules || !wants->is_module(z[i].name))
			bytes += z[i].nbytes;
	if (most > MAX_THREADS)
		most = MAX_THREADS;
	if (most > n)
		most = (unsigned)n;
	/* This thread is one of them.  Fewer than asked for will do. */
	while (bytes >= THREADS_FROM && nthreads + 1 < most &&
	    pthread_create(&threads[nthreads], NULL, work, &w) == 0)
		nthreads++;
	work(&w);
	for (unsigned i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
}

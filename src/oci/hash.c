/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of what comes.  On the loop's own thread they would cost as much as
 * the coming itself, so worker threads follow behind, a piece of each blob at a
 * time.
 */
#include <errno.h>
#include <unistd.h>

#include "oci/job.h"

#define SMALL (256u << 10) /* hashed at once */
#define PIECE (1u << 20)   /* worth a worker */
#define RESERVED \
	(256u << 20) /* most memory that is taken before it is filled */
#define READ_BYTES (64u << 10)

struct hashing {
	struct oci *o;
	struct job *job; /* NULL: nobody waits for it */
	struct digester *digester;
	struct str piece; /* in memory; or of a file: */
	bool from_file, failed;
	int fd;
	uint64_t offset, bytes;
};

void
hash_begin(struct job *j)
{
	const struct oci_task *t = j->task;

	j->digester = digester_new();
	j->behind = t->desc.size > SMALL;
	/* Memory that grew would move under a worker. */
	if (!j->behind || !t->into)
		return;
	j->behind = t->desc.size <= RESERVED &&
	    buf_room(t->into, (size_t)t->desc.size) != NULL;
}

static void
hash_file(struct hashing *h)
{
	char data[READ_BYTES];

	while (h->bytes > 0) {
		size_t most =
		    h->bytes < sizeof(data) ? (size_t)h->bytes : sizeof(data);
		ssize_t n = pread(h->fd, data, most, (off_t)h->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			h->failed = true;
			return;
		}
		digester_add(h->digester, (struct str){ data, (size_t)n });
		h->offset += (uint64_t)n;
		h->bytes -= (uint64_t)n;
	}
}

static void
work(void *arg)
{
	struct hashing *h = arg;

	if (h->from_file)
		hash_file(h);
	else
		digester_add(h->digester, h->piece);
}

static void finish(struct job *j);

static void
on_worked(void *arg)
{
	struct hashing *h = arg;
	struct job *j = h->job;
	bool failed = h->failed;

	if (!j) {
		h->o->nleft--;
		digester_free(&h->digester);
	}
	mem_free(h);
	if (!j)
		return;
	j->hashing = NULL;
	j->broken = j->broken || failed;
	if (j->whole && j->hashed == j->came)
		finish(j);
	else
		hash_more(j);
}

static void
start(struct job *j)
{
	const struct oci_task *t = j->task;
	struct hashing *h = mem_take(sizeof(*h));

	*h = (struct hashing){ .o = j->repo->o,
		.job = j,
		.digester = j->digester,
		.from_file = !t->into,
		.fd = t->fd,
		.offset = t->offset + j->hashed,
		.bytes = j->came - j->hashed };
	if (t->into)
		h->piece =
		    (struct str){ t->into->p + j->hashed, (size_t)h->bytes };
	j->hashing = h;
	j->hashed = j->came;
	loop_work(h->o->loop, work, on_worked, h);
}

void
hash_more(struct job *j)
{
	uint64_t waits = j->came - j->hashed;

	if (j->hashing || waits == 0 || (!j->whole && waits < PIECE))
		return;
	start(j);
}

static void
finish(struct job *j)
{
	const struct oci_task *t = j->task;
	const char *host = arena_cstr(j->arena, j->repo->site->host);
	struct digest have = digester_done(j->digester);
	struct err e = ERR;

	if (j->broken)
		(void)err_set(
		    &e, ERR_SYSTEM, "cannot read back what was fetched");
	else if (j->came < t->desc.size)
		(void)err_set(&e, ERR_REMOTE,
		    "%s sends %llu bytes of the blob %s, which has %llu", host,
		    (unsigned long long)j->came, j->digest,
		    (unsigned long long)t->desc.size);
	else if (!digest_eq(&have, &t->desc.digest))
		(void)err_set(&e, ERR_REMOTE,
		    "what %s sends as the blob %s is something else (its "
		    "digest does not match)",
		    host, j->digest);
	job_over(j, &e);
}

void
hash_end(struct job *j)
{
	j->whole = true;
	if (!j->hashing && (!j->behind || j->hashed == j->came))
		finish(j);
	else
		hash_more(j);
}

void
hash_drop(struct job *j)
{
	if (j->hashing) {
		j->hashing->job = NULL;
		j->hashing->o->nleft++;
	} else {
		digester_free(&j->digester);
	}
	j->digester = NULL;
	j->hashing = NULL;
	j->hashed = 0;
}

void
hash_wait(struct oci *o)
{
	struct err ignored = ERR;

	/* When we are interrupted too: a worker's piece is small. */
	while (o->nleft > 0)
		if (loop_run(o->loop, &ignored) < 0)
			continue;
}

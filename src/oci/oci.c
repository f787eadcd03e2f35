/* SPDX-License-Identifier: Apache-2.0 */
/* Repositories, whichever they are, and many tasks at once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oci/job.h"

/* ---- repositories ---- */

int
oci_open(struct oci_repo **out, struct oci *o, const struct oci_ref *ref,
    enum oci_access access, struct err *e)
{
	struct oci_repo *r = mem_take(sizeof(*r));

	*r =
	    (struct oci_repo){ .o = o, .arena = arena_new(), .access = access };
	r->name = arena_copy(r->arena, ref->name);
	*out = r;
	if (ref->layout) {
		r->dir = arena_copy(r->arena, ref->dir);
		if (layout_open(r, e) == 0)
			return 0;
		oci_close(out);
		return -1;
	}
	if (o->options_host.n == 0)
		o->options_host = arena_copy(o->arena, ref->host);
	r->site = site_of(o, ref->host);
	return 0;
}

void
oci_close(struct oci_repo **rp)
{
	if (!*rp)
		return;
	arena_free(&(*rp)->arena);
	mem_free(*rp);
	*rp = NULL;
}

/* ---- many tasks ---- */

struct oci_work {
	struct oci_repo *repo;
	struct oci_task *tasks;
	size_t n, next, left;
	struct job *jobs[OCI_PARALLEL];
	uint64_t done, total;
	bool over;
	struct err why;
};

static void
on_moved(void *arg, int64_t bytes)
{
	struct oci_work *w = arg;
	const struct oci_options *o = &w->repo->o->options;

	w->done += (uint64_t)bytes;
	if (o->progress)
		o->progress(o->arg, w->done, w->total);
}

static void on_job(void *arg, struct job *j, const struct err *why);

static void
fill(struct oci_work *w)
{
	for (size_t i = 0; i < COUNT(w->jobs) && w->next < w->n; i++)
		if (!w->jobs[i])
			w->jobs[i] = job_start(
			    w->repo, &w->tasks[w->next++], on_moved, on_job, w);
}

static void
on_job(void *arg, struct job *j, const struct err *why)
{
	struct oci_work *w = arg;

	for (size_t i = 0; i < COUNT(w->jobs); i++)
		if (w->jobs[i] == j)
			w->jobs[i] = NULL;
	job_end(&j);
	w->left--;
	if (why->kind != ERR_NONE && !w->over) {
		w->why = *why;
		w->over = true;
	}
	if (w->left == 0)
		w->over = true;
	if (w->over)
		loop_stop(w->repo->o->loop);
	else
		fill(w);
}

static uint64_t
bytes_of(const struct oci_task *t)
{
	return t->act == OCI_SEND || t->act == OCI_FETCH ? t->desc.size : 0;
}

static int
do_layout(struct oci_repo *r, struct oci_task *tasks, size_t n, struct err *e)
{
	const struct oci_options *o = &r->o->options;
	uint64_t total = 0, done = 0;

	for (size_t i = 0; i < n; i++)
		total += bytes_of(&tasks[i]);
	for (size_t i = 0; i < n; i++) {
		tasks[i].found = false;
		tasks[i].moved = 0;
		if (layout_task(r, &tasks[i], e) < 0)
			return -1;
		done += bytes_of(&tasks[i]);
		if (o->progress && total > 0)
			o->progress(o->arg, done, total);
	}
	return 0;
}

int
oci_begin(struct oci_work **out, struct oci_repo *r, struct oci_task *tasks,
    size_t n, struct err *e)
{
	struct oci_work *w;

	for (size_t i = 0; i < n; i++)
		assert(tasks[i].arena ||
		    (tasks[i].act != OCI_GET && tasks[i].act != OCI_RESOLVE));
	*out = NULL;
	if (n == 0 || !r->site)
		return do_layout(r, tasks, n, e);
	w = mem_take(sizeof(*w));
	*w = (struct oci_work){ .repo = r, .tasks = tasks, .n = n, .left = n };
	for (size_t i = 0; i < n; i++)
		w->total += bytes_of(&tasks[i]);
	fill(w);
	*out = w;
	return 0;
}

static bool
some_jobs(const void *arg)
{
	const struct oci_work *w = arg;

	for (size_t i = 0; i < COUNT(w->jobs); i++)
		if (w->jobs[i])
			return true;
	return false;
}

void
oci_drop(struct oci_work **wp)
{
	struct oci_work *w = *wp;

	if (!w)
		return;
	*wp = NULL;
	for (size_t i = 0; i < COUNT(w->jobs); i++)
		if (w->jobs[i] && !send_leaves(w->jobs[i]))
			job_end(&w->jobs[i]);
	w->over = true;
	abandon(w->repo, some_jobs, w);
	for (size_t i = 0; i < COUNT(w->jobs); i++)
		job_end(&w->jobs[i]);
	hash_wait(w->repo->o);
	mem_free(w);
}

int
oci_end(struct oci_work **wp, struct err *e)
{
	struct oci_work *w = *wp;
	int rc = w ? wait_for(w->repo->o, &w->over, e) : 0;

	if (w && rc == 0 && w->why.kind != ERR_NONE) {
		*e = w->why;
		rc = -1;
	}
	oci_drop(wp);
	return rc;
}

int
oci_do(struct oci_repo *r, struct oci_task *tasks, size_t n, struct err *e)
{
	struct oci_work *w;

	return oci_begin(&w, r, tasks, n, e) < 0 ? -1 : oci_end(&w, e);
}

/* ---- one by one ---- */

static void
name_manifest(
    struct oci_task *t, const struct oci_repo *r, const struct oci_ref *ref)
{
	t->has_digest = ref->has_digest;
	t->desc.digest = ref->digest;
	t->tag = ref->tag;
	if (r->site && !t->has_digest && t->tag.n == 0)
		t->tag = STR("latest");
}

int
oci_resolve(struct oci_repo *r, const struct oci_ref *ref, struct oci_desc *out,
    struct arena *a, struct err *e)
{
	struct oci_task t = { .act = OCI_RESOLVE, .arena = a };

	name_manifest(&t, r, ref);
	if (oci_do(r, &t, 1, e) < 0)
		return -1;
	*out = t.desc;
	return 0;
}

int
oci_get(struct oci_repo *r, const struct oci_ref *ref, struct oci_manifest *out,
    struct arena *a, struct err *e)
{
	struct oci_task t = { .act = OCI_GET, .arena = a };

	name_manifest(&t, r, ref);
	if (oci_do(r, &t, 1, e) < 0)
		return -1;
	*out = t.manifest;
	return 0;
}

int
oci_read(struct oci_repo *r, const struct oci_desc *d, struct buf *out,
    struct err *e)
{
	struct oci_task t = {
		.act = OCI_FETCH, .desc = *d, .fd = -1, .into = out
	};

	if (!d->has_data)
		return oci_do(r, &t, 1, e);
	buf_clear(out);
	buf_add(out, d->data);
	return buf_over(out)
	    ? err_set(e, ERR_LIMIT, "a blob is larger than %zu bytes", out->max)
	    : 0;
}

int
oci_put(struct oci_repo *r, struct str bytes, const char *type,
    const struct str *tags, size_t ntags, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct oci_manifest m;

	for (size_t i = 0; i < ntags; i++)
		if (!oci_tag_ok(tags[i]))
			return err_set(e, ERR_INPUT, "'" STR_F "' is no tag",
			    STR_A(tags[i]));
	if (oci_manifest_parse(&m, a, bytes, str_of(type), e) < 0) {
		if (e->kind == ERR_REMOTE)
			e->kind = ERR_INPUT;
		return err_wrap(e, "cannot put a manifest");
	}
	return r->site ? remote_put(r, &m, tags, ntags, e)
		       : layout_put(r, &m, tags, ntags, e);
}

int
oci_referrers(struct oci_repo *r, const struct digest *subject,
    const char *artifact_type, struct oci_referrers *out, struct arena *a,
    struct err *e)
{
	*out = (struct oci_referrers){ 0 };
	if (r->site)
		return remote_referrers(r, subject, artifact_type, out, a, e);
	return layout_referrers(r, subject, artifact_type, out, a, e);
}

/* ---- tags ---- */

struct str
oci_referrers_tag(
    struct arena *a, const struct digest *subject, const char *suffix)
{
	char hex[DIGEST_HEX];

	digest_hex(subject, hex);
	return str_of(arena_printf(a, "sha256-%s%s", hex, suffix));
}

bool
tag_is_referrers(struct str tag)
{
	struct str rest = tag, head;
	struct digest d;

	(void)str_cut(&rest, '.', &head);
	return str_starts(head, "sha256-") &&
	    digest_parse(str_from(head, 7), &d);
}

static int
by_bytes(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

int
oci_tags(struct oci_repo *r, const struct str **out, size_t *n, struct arena *a,
    struct err *e)
{
	const struct str *v = NULL;
	struct str *sorted;
	size_t had = 0, kept = 0;

	if ((r->site ? remote_tags(r, &v, &had, a, e)
		     : layout_tags(r, &v, &had, a, e)) < 0)
		return -1;
	sorted = arena_take(a, (had + 1) * sizeof(*sorted));
	if (had > 0)
		memcpy(sorted, v, had * sizeof(*sorted));
	qsort(sorted, had, sizeof(*sorted), by_bytes);
	for (size_t i = 0; i < had; i++)
		if (kept == 0 || !str_eq(sorted[i], sorted[kept - 1]))
			sorted[kept++] = sorted[i];
	*out = sorted;
	*n = kept;
	return 0;
}

/* ---- logging in ---- */

int
oci_check_login(struct oci *o, struct str host, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct ask_request q = {
		.method = "GET", .url = STR("/v2/"), .follow = true
	};
	struct answer got;
	struct site *s;

	if (host_parse(&host, a, host, e) < 0)
		return -1;
	if (o->options_host.n == 0)
		o->options_host = arena_copy(o->arena, host);
	s = site_of(o, host);
	if (ask_wait(&got, a, o, s, &q, e) < 0)
		return -1;
	if (got.r.status == 200)
		return 0;
	if (got.r.status == 404)
		return err_set(e, ERR_REMOTE,
		    STR_F " is no registry: there is nothing at /v2/",
		    STR_A(host));
	return reply_error(e, s, &got.r, "cannot log in");
}

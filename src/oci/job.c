/* SPDX-License-Identifier: Apache-2.0 */
/* One task of a registry: blobs that come, manifests. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "oci/job.h"

struct str
path_of(const struct oci_repo *r, struct arena *a, const char *kind,
    struct str last)
{
	return str_of(arena_printf(
	    a, "/v2/" STR_F "/%s/" STR_F, STR_A(r->name), kind, STR_A(last)));
}

struct scope
scope_of(const struct oci_repo *r)
{
	return (struct scope){ .name = r->name, .push = r->access == OCI_PUSH };
}

/* ---- jobs ---- */

void
job_ask(struct job *j, struct ask_request *r)
{
	ask_end(&j->ask);
	r->arg = j;
	if (r->scope.name.n == 0)
		r->scope = scope_of(j->repo);
	j->ask = ask_start(j->repo->o, j->repo->site, r);
}

void
job_over(struct job *j, const struct err *e)
{
	j->done(j->arg, j, e);
}

void
job_fail(struct job *j, const struct fetch_reply *r, const char *what)
{
	struct err e = ERR;

	(void)reply_error(&e, j->repo->site, r, what);
	job_over(j, &e);
}

void
job_moved(struct job *j, int64_t bytes)
{
	j->task->moved += (uint64_t)bytes;
	if (j->moved)
		j->moved(j->arg, bytes);
}

bool
job_same_digest(struct job *j, const struct fetch_reply *r, struct err *e)
{
	struct str said = fetch_reply_header(r, "docker-content-digest");
	struct digest d;

	/* Of another algorithm it says nothing about ours. */
	if (!oci_digest_parse(said, &d) || digest_eq(&d, &j->task->desc.digest))
		return true;
	(void)err_set(e, ERR_REMOTE,
	    STR_F " says that it has '" STR_F "' where %s was meant",
	    STR_A(j->repo->site->host), STR_A(said), j->digest);
	return false;
}

bool
job_has_blob(struct job *j, const struct fetch_reply *r, struct str url)
{
	struct err ignored = ERR;
	struct fetch_url u;

	if (r->status == 200 || r->status == 204)
		return true;
	/* It led to where the blob is, and there only GET is allowed. */
	return fetch_url_parse(&u, j->arena, url, &ignored) == 0 &&
	    !site_owns(j->repo->site, &u) &&
	    (r->status == 400 || r->status == 403 || r->status == 405);
}

static void
on_has(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;
	struct err e = ERR;

	if (!r) {
		job_over(j, why);
		return;
	}
	if (r->status != 404 && !job_has_blob(j, r, url)) {
		job_fail(j, r, "cannot look for a blob");
		return;
	}
	j->task->found = r->status != 404;
	job_over(j, &e);
}

static void
start_has(struct job *j)
{
	struct ask_request r = { .method = "HEAD",
		.url = path_of(j->repo, j->arena, "blobs", str_of(j->digest)),
		.follow = true,
		.done = on_has };

	job_ask(j, &r);
}

/* ---- blobs that come ---- */

static int
write_at(struct job *j, struct str piece, struct err *e)
{
	const struct oci_task *t = j->task;
	size_t done = 0;

	if (t->into) {
		buf_add(t->into, piece);
		return buf_over(t->into)
		    ? err_set(e, ERR_LIMIT, "a blob is larger than %zu bytes",
			  t->into->max)
		    : 0;
	}
	while (done < piece.n) {
		ssize_t n = pwrite(t->fd, piece.p + done, piece.n - done,
		    (off_t)(t->offset + j->came + done));

		if (n < 0 && errno != EINTR)
			return err_sys(e, "cannot write what is fetched");
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void
begin_anew(struct job *j)
{
	job_moved(j, -(int64_t)j->came);
	j->came = 0;
	hash_drop(j);
	j->digester = digester_new();
	if (j->task->into)
		buf_clear(j->task->into);
}

static int
on_piece(void *arg, int status, struct str piece, struct err *e)
{
	struct job *j = arg;

	/* All of it, where the rest was asked for. */
	if (j->first && j->came > 0 && status == 200)
		begin_anew(j);
	j->first = false;
	if (piece.n > j->task->desc.size - j->came)
		return err_set(e, ERR_REMOTE,
		    STR_F " sends more of the blob %s than its %llu bytes",
		    STR_A(j->repo->site->host), j->digest,
		    (unsigned long long)j->task->desc.size);
	if (write_at(j, piece, e) < 0)
		return -1;
	j->came += piece.n;
	if (j->behind)
		hash_more(j);
	else
		digester_add(j->digester, piece);
	job_moved(j, (int64_t)piece.n);
	return 0;
}

/* What came before a break is hashed already: the rest will do. */
static uint64_t
on_again(void *arg)
{
	struct job *j = arg;

	j->first = true;
	return j->came;
}

static void start_fetch(struct job *j);

static void
on_blob(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;

	(void)url;
	if (!r) {
		job_over(j, why);
		return;
	}
	if (r->status == 416 && j->came > 0) {
		begin_anew(j);
		start_fetch(j);
		return;
	}
	if (r->status != 200 && r->status != 206) {
		job_fail(j, r, arena_printf(j->arena, "no blob %s", j->digest));
		return;
	}
	hash_end(j);
}

static void
start_fetch(struct job *j)
{
	struct ask_request r = { .method = "GET",
		.url = path_of(j->repo, j->arena, "blobs", str_of(j->digest)),
		.follow = true,
		.take = on_piece,
		.again = on_again,
		.done = on_blob };

	job_ask(j, &r);
}

static void
begin_fetch(struct job *j)
{
	struct oci_task *t = j->task;
	struct err e = ERR;

	if (t->desc.foreign)
		(void)err_set(&e, ERR_TRUST,
		    "the blob %s is to be fetched from a URL elsewhere, which "
		    "is not done",
		    j->digest);
	else if (t->desc.size > OCI_MAX_BLOB ||
	    (t->into && t->desc.size > t->into->max))
		(void)err_set(&e, ERR_LIMIT,
		    "the blob %s has %llu bytes, which is too large", j->digest,
		    (unsigned long long)t->desc.size);
	else if (t->into)
		buf_clear(t->into);
	if (e.kind != ERR_NONE) {
		job_over(j, &e);
		return;
	}
	hash_begin(j);
	start_fetch(j);
}

/* ---- manifests ---- */

static struct str
manifest_path(struct job *j)
{
	struct str ref = j->task->has_digest ? str_of(j->digest) : j->task->tag;

	return path_of(j->repo, j->arena, "manifests", ref);
}

static void start_get(struct job *j);

/* True: it is over, one way or the other. */
static bool
missing(struct job *j, const struct fetch_reply *r)
{
	struct oci_task *t = j->task;
	struct err e = ERR;

	if (r->status == 200)
		return false;
	if (r->status == 404 && t->optional) {
		t->found = false;
		job_over(j, &e);
	} else {
		job_fail(j, r,
		    arena_printf(j->arena, "no manifest " STR_F,
			STR_A(t->has_digest ? str_of(j->digest) : t->tag)));
	}
	return true;
}

static void
on_resolve(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;
	struct oci_task *t = j->task;
	struct err e = ERR;
	struct digest d;

	(void)url;
	if (!r) {
		job_over(j, why);
		return;
	}
	if (missing(j, r))
		return;
	/* Not all say it here; then the bytes will tell. */
	if (!oci_digest_parse(
		fetch_reply_header(r, "docker-content-digest"), &d) ||
	    !str_u64(fetch_reply_header(r, "content-length"), OCI_MAX_MANIFEST,
		&t->desc.size) ||
	    !type_is_manifest(
		type_bare(fetch_reply_header(r, "content-type")))) {
		start_get(j);
		return;
	}
	if (t->has_digest && !job_same_digest(j, r, &e)) {
		job_over(j, &e);
		return;
	}
	t->found = true;
	t->desc.digest = d;
	t->desc.media_type = arena_copy(
	    t->arena, type_bare(fetch_reply_header(r, "content-type")));
	job_over(j, &e);
}

static void
start_resolve(struct job *j)
{
	struct ask_request r = { .method = "HEAD",
		.url = manifest_path(j),
		.accept = ACCEPT_MANIFESTS,
		.follow = true,
		.done = on_resolve };

	job_ask(j, &r);
}

static int
keep_manifest(struct job *j, const struct fetch_reply *r, struct err *e)
{
	struct oci_task *t = j->task;
	struct digest have = sign_digest(r->body), said;

	if (t->has_digest && !digest_eq(&have, &t->desc.digest))
		return err_set(e, ERR_REMOTE,
		    "what it sends as the manifest %s is something else (its "
		    "digest does not match)",
		    j->digest);
	if (oci_digest_parse(
		fetch_reply_header(r, "docker-content-digest"), &said) &&
	    !digest_eq(&have, &said))
		return err_set(e, ERR_REMOTE,
		    "the manifest it sends does not have the digest that it "
		    "says it has");
	if (oci_manifest_parse(&t->manifest, t->arena, r->body,
		fetch_reply_header(r, "content-type"), e) < 0) {
		if (!t->optional || !t->has_digest)
			return -1;
		err_clear(e);
		return 0;
	}
	t->desc.media_type = t->manifest.media_type;
	t->desc.digest = have;
	t->desc.size = r->body.n;
	t->found = true;
	return 0;
}

static void
on_get(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;
	struct err e = ERR;

	(void)url;
	if (!r) {
		job_over(j, why);
		return;
	}
	if (missing(j, r))
		return;
	if (keep_manifest(j, r, &e) < 0)
		(void)err_wrap(&e, STR_F ": the manifest of " STR_F,
		    STR_A(j->repo->site->host), STR_A(j->repo->name));
	job_over(j, &e);
}

static void
start_get(struct job *j)
{
	struct ask_request r = { .method = "GET",
		.url = manifest_path(j),
		.accept = ACCEPT_MANIFESTS,
		.answer_bytes = OCI_MAX_MANIFEST,
		.follow = true,
		.done = on_get };

	job_ask(j, &r);
}

/* ---- begin and end ---- */

static void
begin(void *arg)
{
	static void (*const acts[])(struct job *j) = { [OCI_HAS] = start_has,
		[OCI_SEND] = send_start,
		[OCI_FETCH] = begin_fetch,
		[OCI_RESOLVE] = start_resolve,
		[OCI_GET] = start_get };
	struct job *j = arg;

	loop_timer_end(&j->timer);
	acts[j->task->act](j);
}

struct job *
job_start(struct oci_repo *r, struct oci_task *t,
    void (*moved)(void *arg, int64_t bytes),
    void (*done)(void *arg, struct job *j, const struct err *why), void *arg)
{
	struct job *j = mem_take(sizeof(*j));

	*j = (struct job){ .repo = r,
		.task = t,
		.arena = arena_new(),
		.moved = moved,
		.done = done,
		.arg = arg };
	oci_digest_text(&t->desc.digest, j->digest);
	t->found = false;
	t->moved = 0;
	j->timer = loop_timer_start(r->o->loop, NULL, 0, begin, j);
	return j;
}

void
job_end(struct job **jp)
{
	struct job *j = *jp;

	if (!j)
		return;
	*jp = NULL;
	abandon_later(j);
	ask_end(&j->ask);
	loop_timer_end(&j->timer);
	hash_drop(j);
	arena_free(&j->arena);
	mem_free(j);
}

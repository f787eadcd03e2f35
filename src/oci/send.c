/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blob that is sent: look, open a session, put all of it (OCI distribution
 * 1.1, "Pushing blobs").  What broke off begins again with the look, so that a
 * blob whose answer was lost is found to be there; sessions are not gone on
 * with, since registries forget where they were.
 */
#include <string.h>

#include "oci/job.h"
#include "os/os.h"

#define TOTAL_MS (15u * 60 * 1000)
#define CHUNK_BYTES (8u << 20)
#define MOST_CHUNK_BYTES (256u << 20)
#define OCTETS "application/octet-stream"

static void look(void *arg);
static void open_session(struct job *j, bool mount);
static void put(struct job *j);
static void patch(struct job *j);

static void
finished(struct job *j, bool found)
{
	struct err e = ERR;

	j->task->found = found;
	j->location = STR("");
	job_moved(j, (int64_t)((found ? 0 : j->task->desc.size) - j->went));
	job_over(j, &e);
}

/* From the look on, after a while; or the end. */
static void
again(struct job *j, const struct fetch_reply *r, const struct err *why)
{
	uint64_t wait = ask_wait_ms(r, ++j->tries), now = os_now_ns();

	if (r && r->status == 404)
		j->location = STR("");
	abandon_later(j);
	job_moved(j, -(int64_t)j->went);
	j->went = 0;
	if (j->tries >= OCI_TRIES ||
	    now + wait * UINT64_C(1000000) >= j->deadline_ns) {
		if (r)
			job_fail(j, r, "cannot send a blob");
		else
			job_over(j, why);
		return;
	}
	/* Who finds a request too large may break off without a word. */
	if (!r && j->tries > 1 && j->chunk_bytes == 0 &&
	    j->task->desc.size > CHUNK_BYTES)
		j->chunk_bytes = CHUNK_BYTES;
	say(j->repo->o, STR_F ": a blob did not arrive: trying again",
	    STR_A(j->repo->site->host));
	j->timer = loop_timer_start(
	    j->repo->o->loop, NULL, wait * UINT64_C(1000000), look, j);
}

/* ---- is it there? ---- */

static void
on_look(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;

	if (!r)
		job_over(j, why);
	else if (r->status == 404)
		open_session(j, j->task->mount.n > 0);
	else if (job_has_blob(j, r, url))
		/* It may be ours, when the answer to it was lost. */
		finished(j, j->tries == 0);
	else
		job_fail(j, r, "cannot look for a blob");
}

static void
look(void *arg)
{
	struct job *j = arg;
	struct ask_request r = { .method = "HEAD",
		.url = path_of(j->repo, j->arena, "blobs", str_of(j->digest)),
		.deadline_ns = j->deadline_ns,
		.follow = true,
		.done = on_look };

	loop_timer_end(&j->timer);
	job_ask(j, &r);
}

/* ---- a session ---- */

/* Where the next request goes.  Behind proxies that take TLS off, registries
 * say "http://" of themselves: that is meant as https. */
static int
keep_location(
    struct job *j, const struct fetch_reply *r, struct str url, struct err *e)
{
	const struct site *s = j->repo->site;
	struct str to = fetch_reply_header(r, "location");
	struct fetch_url u, own;

	if (to.n == 0)
		return err_set(e, ERR_REMOTE,
		    STR_F " opens a session to send a blob and does not say "
			  "where (no Location)",
		    STR_A(s->host));
	if (fetch_join(&to, j->arena, url, to, e) < 0 ||
	    fetch_url_parse(&u, j->arena, to, e) < 0 ||
	    fetch_url_parse(&own, j->arena, url, e) < 0)
		return err_set(e, ERR_REMOTE,
		    STR_F " wants a blob at a place that is no URL",
		    STR_A(s->host));
	if (s->secure && !u.secure && str_eq(u.host, own.host) &&
	    (u.port == 80 || u.port == own.port))
		u.text = str_of(arena_printf(j->arena, STR_F STR_F,
		    STR_A(site_base(s, j->arena)), STR_A(u.target)));
	else if (s->secure && !u.secure)
		return err_set(e, ERR_TRUST,
		    STR_F " wants a blob over http, at " STR_F, STR_A(s->host),
		    STR_A(u.host));
	if (!site_owns(s, &u) && site_check_url(s, &u, e) < 0)
		return -1;
	j->location = arena_copy(j->arena, u.text);
	return 0;
}

static void
on_session(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;
	bool mounting = false;
	struct err e = ERR;
	size_t at;

	j->opening = false;
	/* url is only that of a reply. */
	mounting = r && str_find(url, STR("mount="), &at);
	if (!r || (mounting && r->status >= 400)) {
		if (j->task->mount.n > 0 && !j->unmounted &&
		    (r || why->kind == ERR_TRUST)) {
			j->unmounted = true;
			open_session(j, false);
		} else {
			job_over(j, why);
		}
	} else if (r->status == 201) {
		finished(j, true);
	} else if (r->status != 202) {
		job_fail(j, r, "cannot send a blob");
	} else if (keep_location(j, r, url, &e) < 0 || j->leaving) {
		job_over(j, &e);
	} else if (j->chunk_bytes > 0) {
		uint64_t least;

		if (str_u64(fetch_reply_header(r, "oci-chunk-min-length"),
			MOST_CHUNK_BYTES, &least) &&
		    least > j->chunk_bytes)
			j->chunk_bytes = least;
		j->kept = 0;
		patch(j);
	} else {
		put(j);
	}
}

static void
open_session(struct job *j, bool mount)
{
	struct ask_request r = { .method = "POST",
		.url = path_of(j->repo, j->arena, "blobs", STR("uploads/")),
		.scope = scope_of(j->repo),
		.deadline_ns = j->deadline_ns,
		.done = on_session };

	if (mount && !j->unmounted) {
		r.url =
		    str_of(arena_printf(j->arena, STR_F "?mount=%s&from=" STR_F,
			STR_A(r.url), j->digest, STR_A(j->task->mount)));
		r.scope.from = j->task->mount;
	}
	j->opening = true;
	job_ask(j, &r);
}

/* ---- all of it ---- */

static void
on_sent(void *arg, uint64_t bytes)
{
	struct job *j = arg;

	j->went += bytes;
	job_moved(j, (int64_t)bytes);
}

static struct str
with_digest(struct job *j)
{
	size_t at;

	return str_of(arena_printf(j->arena, STR_F "%sdigest=sha256%%3A%s",
	    STR_A(j->location),
	    str_find(j->location, STR("?"), &at) ? "&" : "?", j->digest + 7));
}

/* Some say at 413 what one may not send at once. */
static bool
may_chunk(const struct job *j, const struct fetch_reply *r)
{
	return r->status == 413 && j->chunk_bytes == 0 &&
	    j->task->desc.size > CHUNK_BYTES;
}

static void
on_put(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;
	struct err e = ERR;

	(void)url;
	if (!r && why->kind != ERR_REMOTE)
		job_over(j, why);
	else if (!r || ask_may_mend(r, NULL) || r->status == 404)
		again(j, r, why);
	else if (may_chunk(j, r)) {
		abandon_later(j);
		job_moved(j, -(int64_t)j->went);
		j->went = 0;
		j->chunk_bytes = CHUNK_BYTES;
		open_session(j, false);
	} else if (r->status != 201 && r->status != 204 && r->status != 200)
		job_fail(j, r, "cannot send a blob");
	else if (!job_same_digest(j, r, &e))
		job_over(j, &e);
	else
		finished(j, false);
}

static void
set_body(struct job *j, uint64_t from, uint64_t bytes)
{
	const struct oci_task *t = j->task;

	j->body = (struct fetch_body){ .from_file = t->from_file,
		.fd = t->fd,
		.offset = t->offset + from,
		.bytes = bytes };
	if (!t->from_file)
		j->body.data = (struct str){ t->data.p + from, (size_t)bytes };
}

static void
put(struct job *j)
{
	struct ask_request r = { .method = "PUT",
		.url = with_digest(j),
		.type = OCTETS,
		.body = &j->body,
		.deadline_ns = j->deadline_ns,
		.once = true,
		.sent = on_sent,
		.done = on_put };

	/* After chunks there is nothing left. */
	set_body(j, j->kept, j->task->desc.size - j->kept);
	job_ask(j, &r);
}

/* ---- in chunks ---- */

/* "0-1023", with or without "bytes=": what the registry has is what it says,
 * not what we sent. */
static bool
read_range(struct str range, uint64_t most, uint64_t *kept)
{
	struct str from, head;

	if (str_starts(range, "bytes="))
		range = str_from(range, 6);
	head = range;
	if (!str_cut(&head, '-', &from) || !str_is(from, "0") ||
	    !str_u64(head, most, kept))
		return false;
	/* An empty session is "0-0" to some. */
	*kept += 1;
	return *kept <= most;
}

static void
on_patch(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct job *j = arg;
	uint64_t before = j->kept;
	struct err e = ERR;

	if (!r && why->kind != ERR_REMOTE)
		job_over(j, why);
	else if (!r || ask_may_mend(r, NULL) || r->status == 404)
		again(j, r, why);
	else if (r->status != 202 && r->status != 201 && r->status != 204)
		job_fail(j, r, "cannot send a part of a blob");
	else if (keep_location(j, r, url, &e) < 0)
		job_over(j, &e);
	else if (!read_range(fetch_reply_header(r, "range"), j->task->desc.size,
		     &j->kept) ||
	    j->kept <= before) {
		(void)err_set(&e, ERR_REMOTE,
		    STR_F " takes a part of a blob and does not say which",
		    STR_A(j->repo->site->host));
		job_over(j, &e);
	} else if (j->kept < j->task->desc.size)
		patch(j);
	else
		put(j);
}

static void
patch(struct job *j)
{
	uint64_t left = j->task->desc.size - j->kept;
	uint64_t n = left < j->chunk_bytes ? left : j->chunk_bytes;
	struct ask_request r = { .method = "PATCH",
		.url = j->location,
		.type = OCTETS,
		.body = &j->body,
		.deadline_ns = j->deadline_ns,
		.once = true,
		.sent = on_sent,
		.done = on_patch };

	r.range = str_of(
	    arena_printf(j->arena, "%llu-%llu", (unsigned long long)j->kept,
		(unsigned long long)(j->kept + n - 1)));
	set_body(j, j->kept, n);
	job_ask(j, &r);
}

bool
send_leaves(struct job *j)
{
	j->leaving = true;
	return j->opening;
}

void
send_start(struct job *j)
{
	const struct oci_options *o = &j->repo->o->options;
	uint64_t total = o->total_ms > 0 ? o->total_ms : TOTAL_MS;

	j->deadline_ns = os_now_ns() + total * UINT64_C(1000000);
	if (o->chunk_bytes > 0 && j->task->desc.size > o->chunk_bytes)
		j->chunk_bytes = o->chunk_bytes;
	look(j);
}

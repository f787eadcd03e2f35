/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: their fields, and what a run's end means for the client. */
#include <assert.h>
#include <string.h>

#include "serve/parts.h"

#define COPY_MAX 512u /* bytes that are copied sooner than handed over */
#define NOTE_MAX 1000u

void
fields_add(struct fields *f, struct str name, struct str value)
{
	assert(f->n < FIELDS_MAX);
	f->v[f->n++] = (struct http_field){ name, value };
}

static struct str
take_note(struct serve *s, struct buf *out)
{
	pthread_mutex_lock(&s->lock);
	if (s->note)
		buf_add(out, str_of(s->note));
	pthread_mutex_unlock(&s->lock);
	return buf_str(out);
}

void
answer_send(struct ask *a, struct fields *f, struct http_answer *out)
{
	CLEANUP(buf_free) struct buf note = BUF(NOTE_MAX);
	struct str id = { a->id, a->nid };
	struct serve *s = a->seat->s;
	const struct serve_app *app = a->app;

	fields_add(f, STR("X-Request-ID"), id);
	if (a->fn.n > 0) {
		fields_add(f, STR("X-Suborbital-RequestID"), id);
		fields_add(f, STR("X-Atmo-RequestID"), id);
	}
	if (s->opt.show_digest && !app && a->use)
		app = a->use->site->apps[0];
	if (s->opt.show_digest && app)
		fields_add(f, STR("X-Subo-Digest"), str_of(app->digest));
	if (atomic_load_explicit(&s->noted, memory_order_relaxed))
		fields_add(f, STR("X-Subo-Error"), take_note(s, &note));
	out->fields = f->v;
	out->nfields = f->n;
	ask_note(a, out->status, out->body.n);
	a->course.body = out->body;
	trail_end(&a->course, out->status);
	http_answer(a->x, out);
	ask_free(a);
}

void
answer_text(struct ask *a, int status, struct str type, struct str body)
{
	struct http_answer out = { .status = status, .body = body };
	struct fields f;

	f.n = 0;
	fields_add(&f, STR("Content-Type"), type);
	fields_add(&f, STR("Cache-Control"), STR("no-store"));
	answer_send(a, &f, &out);
}

static struct str
status_message(int status)
{
	static const struct {
		int status;
		const char *text;
	} all[] = { { 400, "bad request" }, { 404, "not found" },
		{ 405, "method not allowed" }, { 413, "the body is too large" },
		{ 500, "internal error" }, { 503, "too many requests at once" },
		{ 504, "a function took too long" } };

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].status == status)
			return str_of(all[i].text);
	return STR("failed");
}

void
answer_status(struct ask *a, int status, struct str allow)
{
	CLEANUP(buf_free) struct buf body = BUF(200);
	struct http_answer out = { .status = status };
	struct fields f;

	f.n = 0;
	if (status >= 400) {
		buf_addf(&body, "{\"status\":%d,\"message\":\"" STR_F "\"}",
		    status,
		    STR_A(a->use || status != 503 ? status_message(status)
						  : STR("not ready")));
		fields_add(&f, STR("Content-Type"), STR("application/json"));
	}
	if (allow.n > 0)
		fields_add(&f, STR("Allow"), allow);
	if (status == 503)
		fields_add(&f, STR("Retry-After"), STR("1"));
	out.body = buf_str(&body);
	/* What it did not read of a body that is too large. */
	out.close = status == 413;
	answer_send(a, &f, &out);
}

/* ---- what functions say ---- */

/* Bytes that no field may have: who let them through would let a function
 * write fields, or an answer, of its own. */
static bool
is_torn(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return true;
	return false;
}

/* False: one of them must not be. */
static bool
add_headers(struct fields *f, const struct request *r)
{
	struct str name, value;

	for (size_t i = 0; i < request_nheaders(r); i++) {
		request_header_at(r, i, &name, &value);
		if (is_torn(name) || is_torn(value))
			return false;
		/* That one is told apart; the other is the server's. */
		if (str_ieq(name, STR("content-type")) ||
		    str_ieq(name, STR("x-request-id")) ||
		    !http_field_ok(name, value))
			continue;
		fields_add(f, name, value);
	}
	return true;
}

/* The body goes on as it is, when that is cheaper than another copy. */
static void
hand_over(struct http_answer *out, struct buf *body)
{
	out->body = buf_str(body);
	if (body->n <= COPY_MAX)
		return;
	out->end = mem_free;
	out->end_arg = body->p;
	*body = (struct buf){ 0 };
}

static int
status_of(const struct flow_result *res)
{
	if (!res->failed || res->returned)
		return res->status;
	if (res->no_room)
		return 503;
	return res->timed_out ? 504 : res->status;
}

void
answer_result(struct ask *a, int rc, const struct err *why)
{
	struct flow_result *res = &a->course.res;
	struct http_answer out = { .status = rc < 0 ? 500 : status_of(res) };
	struct fields f;

	f.n = 0;
	course_tell(a->seat->s, &a->course,
	    a->fn.n > 0 ? a->fn : a->h->resource, rc, why);
	if (rc < 0 || out.status != res->status) {
		if (out.status == 503)
			atomic_fetch_add(&a->seat->s->overloads, 1);
		answer_status(a, out.status, STR(""));
		return;
	}
	if (is_torn(res->content_type) ||
	    (!res->failed &&
		(request_bad_header(a->course.r) ||
		    !add_headers(&f, a->course.r)))) {
		log_tell(a->seat->s, 1, (struct str){ a->id, a->nid },
		    "a function set what is no header, such as one with a line "
		    "end in it");
		answer_status(a, 500, STR(""));
		return;
	}
	fields_add(&f, STR("Content-Type"), res->content_type);
	hand_over(&out, &res->body);
	answer_send(a, &f, &out);
}

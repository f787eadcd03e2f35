/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - a registry that answers by a table, and a session with it. */
#ifndef OCI_WORLD_H
#define OCI_WORLD_H

#include "oci/fixture.h"
#include "oci/parts.h"
#include "oci/script.h"

/* ---- what a registry answers, as a table ---- */

struct rule {
	const char *method, *path; /* of the request; path: how it begins */
	const char *status;
	const char *headers; /* %P is its own port, %Q that of the other one */
	const char *body;
	unsigned times;	    /* 0: always */
	unsigned cut;	    /* break off after so many bytes of the body */
	bool endless;	    /* say the body again and again */
	const char *wanted; /* only when the request's head has this */
};

struct world {
	struct arena *arena;
	struct script script, other;
	const struct rule *rules, *other_rules;
	size_t n, nother;
	unsigned used[32];
	uint16_t ports[2];
	struct oci *o;
	struct oci_repo *repo;
	struct buf notes;
	struct oci_ref ref;
	struct err e;
	void *more; /* of a test's own answers */
};

FIXTURE void
fill_in(struct buf *b, const struct world *w, const char *text)
{
	for (const char *p = text ? text : ""; *p; p++)
		if (p[0] == '%' && (p[1] == 'P' || p[1] == 'Q'))
			buf_addf(b, "%u", w->ports[*++p == 'Q']);
		else
			buf_addc(b, *p);
}

/* For the test's own thread. */
FIXTURE struct str
filled(struct world *w, const char *text)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);

	fill_in(&b, w, text);
	return arena_copy(w->arena, buf_str(&b));
}

FIXTURE bool
fits(const struct rule *r, const struct script_request *q, unsigned used)
{
	size_t at;

	return (r->times == 0 || used < r->times) &&
	    script_is(q, r->method, r->path) &&
	    (!r->wanted || str_find(q->head, str_of(r->wanted), &at));
}

FIXTURE bool
say_rule(const struct world *w, const struct rule *r,
    const struct script_request *q, struct buf *out)
{
	struct str body = str_of(r->body);
	CLEANUP(buf_free) struct buf filled_in = BUF(1u << 20);
	struct str headers;
	size_t at;

	fill_in(&filled_in, w, r->headers);
	headers = buf_str(&filled_in);

	if (!r->status)
		return false;
	if (r->endless) {
		buf_addf(out, "HTTP/1.1 %s\r\n" STR_F
			      "Transfer-Encoding: chunked\r\n\r\n",
		    r->status, STR_A(headers));
		for (int i = 0; i < 100000 && out->n < (20u << 20); i++)
			buf_addf(out, "%zx\r\n" STR_F "\r\n", body.n,
			    STR_A(body));
		return false;
	}
	buf_addf(out, "HTTP/1.1 %s\r\n" STR_F, r->status, STR_A(headers));
	if (!str_find(headers, STR("Content-Length"), &at))
		buf_addf(out, "Content-Length: %zu\r\n", body.n);
	buf_addf(out, "\r\n");
	if (str_is(q->method, "HEAD"))
		return true;
	if (r->cut > 0)
		body.n = r->cut;
	buf_add(out, body);
	return r->cut == 0;
}

FIXTURE bool
answer_by(struct world *w, const struct rule *rules, size_t n,
    unsigned *used, const struct script_request *q, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		if (fits(&rules[i], q, used[i])) {
			used[i]++;
			return say_rule(w, &rules[i], q, out);
		}
	return script_status(out, "404 Not Found");
}

FIXTURE bool
answer_one(void *arg, const struct script_request *q, struct buf *out)
{
	struct world *w = arg;

	return answer_by(w, w->rules, w->n, w->used, q, out);
}

FIXTURE bool
answer_other(void *arg, const struct script_request *q, struct buf *out)
{
	struct world *w = arg;

	return answer_by(
	    w, w->other_rules, w->nother, w->used + 16, q, out);
}

/* user: NULL: none. */
FIXTURE void
begin_as(struct world *w, const char *user, const struct rule *rules, size_t n)
{
	struct oci_options o = { .note = fixture_note,
		.user = str_of(user),
		.password = str_of(user ? "pass:word" : NULL) };

	assert_true(n <= 16);
	*w = (struct world){ .arena = arena_new(),
		.rules = rules,
		.n = n,
		.notes = BUF(1u << 20) };
	o.arg = &w->notes;
	script_start(&w->script, answer_one, w);
	script_start(&w->other, answer_other, w);
	w->ports[0] = w->script.port;
	w->ports[1] = w->other.port;
	/* "{...": what docker's config would say, in place of a user. */
	if (user && user[0] == '{') {
		o.user = STR("");
		o.world.docker_auth =
		    arena_cstr(w->arena, filled(w, user));
	}
	assert_int_equal(oci_new(&w->o, &o, &w->e), 0);
	assert_int_equal(oci_ref_parse(&w->ref, w->arena,
			     filled(w, "127.0.0.1:%P/a/b:t"), &w->e),
	    0);
	assert_int_equal(
	    oci_open(&w->repo, w->o, &w->ref, OCI_PUSH, &w->e), 0);
}

#define BEGIN(w, rules) begin_as(w, NULL, rules, COUNT(rules))

FIXTURE void
end(struct world *w)
{
	oci_close(&w->repo);
	oci_free(&w->o);
	script_end(&w->script);
	script_end(&w->other);
	buf_free(&w->notes);
	arena_free(&w->arena);
}

FIXTURE void
must(struct world *w, int rc)
{
	if (rc < 0)
		fail_msg("%s (%s)\n%s", w->e.text, w->e.hint,
		    buf_cstr(&w->script.log));
}

FIXTURE void
must_fail(struct world *w, int rc, enum err_kind kind, const char *text)
{
	if (rc == 0)
		fail_msg("it worked: %s", buf_cstr(&w->script.log));
	if (w->e.kind != kind || !strstr(w->e.text, text))
		fail_msg("kind %d: %s\n%s", (int)w->e.kind, w->e.text,
		    buf_cstr(&w->script.log));
}

/* All that was asked, but the first n letters of no request. */
FIXTURE void
asked(struct world *w, const char *log)
{
	struct str want = filled(w, log);

	if (!str_eq(want, buf_str(&w->script.log)))
		fail_msg("asked:\n%s\nnot:\n" STR_F,
		    buf_cstr(&w->script.log), STR_A(want));
}

FIXTURE unsigned
times(struct buf *in, const char *text)
{
	struct str s = buf_str(in);
	unsigned n = 0;
	size_t at;

	for (; str_find(s, str_of(text), &at); n++)
		s = str_from(s, at + 1);
	return n;
}

/* "hello", 5 bytes. */
#define HELLO \
	"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define BLOB "/v2/a/b/blobs/" HELLO
#define UPLOADS "/v2/a/b/blobs/uploads/"
#define LOCATION "Location: /v2/a/b/blobs/uploads/s1?state=x\r\n"
#define STORED "/v2/a/b/blobs/uploads/s1?state=x&digest=sha256%3A" \
	"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

FIXTURE int
fetch_hello(struct world *w, struct buf *out)
{
	struct oci_desc d = oci_desc_of("a/b", STR("hello"));

	return oci_read(w->repo, &d, out, &w->e);
}

FIXTURE int
send_hello(struct world *w)
{
	struct oci_task t = { .act = OCI_SEND,
		.desc = oci_desc_of("a/b", STR("hello")),
		.data = STR("hello") };

	return oci_do(w->repo, &t, 1, &w->e);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Against Debian's docker-registry (2.8), whose ways are those of many that are
 * out there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>

#include "oci/fixture.h"

#define BIG (5u << 20)

struct state {
	struct arena *arena;
	struct fixture_registry registry;
	bool there;
	struct oci *o;
	struct oci_repo *repo;
	struct buf notes;
	char *big;
};

static struct oci_ref
ref_to(struct state *s, const char *rest)
{
	struct oci_ref r;
	struct err e = ERR;

	assert_int_equal(oci_ref_parse(&r, s->arena,
			     str_of(arena_printf(s->arena, "localhost:%u/%s",
				 s->registry.port, rest)),
			     &e),
	    0);
	return r;
}

static int
set_up(void **arg)
{
	struct state *s = mem_take(sizeof(*s));
	struct oci_options o = { .note = fixture_note, .arg = &s->notes };
	struct err e = ERR;
	struct oci_ref r;

	*arg = s;
	s->notes.max = 1u << 20;
	s->arena = arena_new();
	s->there = fixture_registry(&s->registry, s->arena, "", "");
	if (!s->there)
		return 0;
	assert_int_equal(oci_new(&s->o, &o, &e), 0);
	r = ref_to(s, "team/app:1");
	assert_int_equal(oci_open(&s->repo, s->o, &r, OCI_PUSH, &e), 0);
	s->big = arena_take(s->arena, BIG);
	for (size_t i = 0; i < BIG; i++)
		s->big[i] = (char)(i * 7 + i / 251);
	return 0;
}

static int
tear_down(void **arg)
{
	struct state *s = *arg;

	oci_close(&s->repo);
	oci_free(&s->o);
	fixture_registry_end(&s->registry);
	buf_free(&s->notes);
	arena_free(&s->arena);
	mem_free(s);
	return 0;
}

static void
ok(int rc, const struct err *e)
{
	if (rc < 0)
		fail_msg("%s (%s)", e->text, e->hint);
}

static struct oci_task
send_task(struct str data)
{
	return (struct oci_task){ .act = OCI_SEND,
		.desc = oci_desc_of("application/octet-stream", data),
		.data = data };
}

static void
what_is_sent_comes_back(void **arg)
{
	struct state *s = *arg;
	CLEANUP(buf_free) struct buf got = BUF(BIG);
	struct str big = { s->big, BIG };
	struct oci_task t = send_task(big);
	struct err e = ERR;

	if (!s->there)
		skip();
	ok(oci_do(s->repo, &t, 1, &e), &e);
	assert_false(t.found);
	assert_int_equal(t.moved, BIG);
	ok(oci_do(s->repo, &t, 1, &e), &e);
	assert_true(t.found);
	assert_int_equal(t.moved, 0);
	t = (struct oci_task){ .act = OCI_FETCH,
		.desc = oci_desc_of("", big),
		.fd = -1,
		.into = &got };
	ok(oci_do(s->repo, &t, 1, &e), &e);
	assert_int_equal(t.moved, BIG);
	assert_true(str_eq(buf_str(&got), big));
}

static void
a_file_is_sent_from_an_offset_and_comes_back_at_one(void **arg)
{
	struct state *s = *arg;
	struct str part = { s->big + 1000, 100000 };
	struct oci_task t = { .act = OCI_SEND,
		.desc = oci_desc_of("a/b", part),
		.from_file = true,
		.offset = 1000 };
	CLEANUP(buf_free) struct buf got = BUF(BIG);
	struct err e = ERR;
	char *path;

	if (!s->there)
		skip();
	path = arena_printf(s->arena, "%s/file", s->registry.dir);
	ok(os_create(path, (struct str){ s->big, 200000 }, 0600, &e), &e);
	t.fd = open(path, O_RDWR | O_CLOEXEC);
	ok(oci_do(s->repo, &t, 1, &e), &e);
	assert_false(t.found);
	t.act = OCI_FETCH;
	t.offset = 7;
	ok(oci_do(s->repo, &t, 1, &e), &e);
	(void)close(t.fd);
	ok(os_read(&got, path, &e), &e);
	assert_int_equal(got.n, 200000);
	assert_memory_equal(got.p + 7, part.p, part.n);
	assert_memory_equal(got.p, s->big, 7);
}

static void
an_empty_blob_and_the_empty_object_are_blobs(void **arg)
{
	struct state *s = *arg;
	struct oci_task t[2] = { send_task(STR("")), send_task(OCI_EMPTY) };
	CLEANUP(buf_free) struct buf got = BUF(10);
	struct err e = ERR;

	if (!s->there)
		skip();
	ok(oci_do(s->repo, t, 2, &e), &e);
	ok(oci_read(s->repo, &t[0].desc, &got, &e), &e);
	assert_int_equal(got.n, 0);
	ok(oci_read(s->repo, &t[1].desc, &got, &e), &e);
	assert_string_equal(buf_cstr(&got), "{}");
}

static void
many_tasks_go_at_once_over_a_pool(void **arg)
{
	struct state *s = *arg;
	struct oci_task t[100];
	CLEANUP(buf_free) struct buf got = BUF(100);
	struct err e = ERR;

	if (!s->there)
		skip();
	for (size_t i = 0; i < COUNT(t); i++)
		t[i] = send_task(str_of(arena_printf(s->arena, "blob %zu", i)));
	ok(oci_do(s->repo, t, COUNT(t), &e), &e);
	for (size_t i = 0; i < COUNT(t); i++)
		t[i].act = OCI_HAS;
	ok(oci_do(s->repo, t, COUNT(t), &e), &e);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_true(t[i].found);
	ok(oci_read(s->repo, &t[77].desc, &got, &e), &e);
	assert_string_equal(buf_cstr(&got), "blob 77");
}

/* As found: a PATCH is answered with the Range that is there. */
static void
a_blob_in_parts_is_whole(void **arg)
{
	struct state *s = *arg;
	struct oci_options o = { .chunk_bytes = 300000 };
	struct oci_task t = send_task((struct str){ s->big, 1000001 });
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct oci_ref r;
	struct oci *other;
	struct err e = ERR;

	if (!s->there)
		skip();
	r = ref_to(s, "team/parts");
	ok(oci_new(&other, &o, &e), &e);
	ok(oci_open(&repo, other, &r, OCI_PUSH, &e), &e);
	ok(oci_do(repo, &t, 1, &e), &e);
	assert_int_equal(t.moved, 1000001);
	t.act = OCI_HAS;
	ok(oci_do(repo, &t, 1, &e), &e);
	assert_true(t.found);
	oci_close(&repo);
	/* HEAD, POST, four PATCHes, PUT, HEAD. */
	assert_int_equal(oci_requests(other), 8);
	oci_free(&other);
}

/* As found: 201 where the other repository has it, 202 and a session where
 * it has not. */
static void
a_blob_of_another_repository_is_mounted_or_sent(void **arg)
{
	struct state *s = *arg;
	struct oci_task t = send_task(STR("to be mounted"));
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct oci_ref r;
	struct err e = ERR;
	uint64_t before;

	if (!s->there)
		skip();
	ok(oci_do(s->repo, &t, 1, &e), &e);
	r = ref_to(s, "team/other");
	ok(oci_open(&repo, s->o, &r, OCI_PUSH, &e), &e);
	t.mount = STR("team/app");
	before = oci_requests(s->o);
	ok(oci_do(repo, &t, 1, &e), &e);
	assert_true(t.found);
	assert_int_equal(t.moved, 0);
	assert_int_equal(oci_requests(s->o) - before, 2);
	t = send_task(STR("not to be mounted"));
	t.mount = STR("team/app");
	ok(oci_do(repo, &t, 1, &e), &e);
	assert_false(t.found);
	assert_int_equal(t.moved, 17);
}

static struct oci_manifest
manifest_of(struct state *s, const char *title, const struct oci_desc *subject)
{
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.artifact_type = STR("application/vnd.test.v1"),
		.config = oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY) };
	struct oci_desc *layer = arena_take(s->arena, sizeof(*layer));
	struct oci_pair *p = arena_take(s->arena, sizeof(*p));
	struct oci_task t[2] = { send_task(OCI_EMPTY),
		send_task(str_of(title)) };
	struct err e = ERR;

	ok(oci_do(s->repo, t, 2, &e), &e);
	*p = (struct oci_pair){ STR(OCI_TITLE), str_of(title) };
	*layer = t[1].desc;
	m.layers = layer;
	m.nlayers = 1;
	m.annotations = p;
	m.nannotations = 1;
	if (subject) {
		m.has_subject = true;
		m.subject = *subject;
	}
	return m;
}

static struct oci_desc
put(struct state *s, const struct oci_manifest *m, const struct str *tags,
    size_t n)
{
	struct buf *b = arena_take(s->arena, sizeof(*b));
	struct err e = ERR;
	struct str bytes;

	b->max = OCI_MAX_MANIFEST;
	oci_manifest_print(b, m);
	bytes = arena_copy(s->arena, buf_str(b));
	buf_free(b);
	ok(oci_put(s->repo, bytes, OCI_TYPE_MANIFEST, tags, n, &e), &e);
	return oci_desc_of(OCI_TYPE_MANIFEST, bytes);
}

/* As found: without a fitting Accept, 404; and PUT by digest makes no tags,
 * so each is put by itself. */
static void
a_manifest_goes_under_all_its_tags(void **arg)
{
	struct state *s = *arg;
	const struct str tags[] = { STR("one"), STR("two") };
	struct oci_ref r;
	struct oci_manifest m, back;
	struct oci_desc d, found;
	struct err e = ERR;

	if (!s->there)
		skip();
	m = manifest_of(s, "tagged", NULL);
	d = put(s, &m, tags, 2);
	/* And again: 201 twice. */
	d = put(s, &m, tags, 2);
	for (size_t i = 0; i < 2; i++) {
		r = ref_to(s,
		    arena_printf(s->arena, "team/app:" STR_F, STR_A(tags[i])));
		ok(oci_resolve(s->repo, &r, &found, s->arena, &e), &e);
		assert_true(digest_eq(&found.digest, &d.digest));
		assert_int_equal(found.size, d.size);
		assert_true(str_is(found.media_type, OCI_TYPE_MANIFEST));
		ok(oci_get(s->repo, &r, &back, s->arena, &e), &e);
		assert_true(digest_eq(&back.digest, &d.digest));
	}
	assert_true(str_is(back.artifact_type, "application/vnd.test.v1"));
	assert_true(str_is(
	    oci_annotation(back.annotations, back.nannotations, OCI_TITLE),
	    "tagged"));
	r = ref_to(s, "team/app");
	r.has_digest = true;
	r.digest = d.digest;
	ok(oci_get(s->repo, &r, &back, s->arena, &e), &e);
	assert_int_equal(back.bytes.n, d.size);
}

static void
what_is_not_there_is_missing(void **arg)
{
	struct state *s = *arg;
	CLEANUP(buf_free) struct buf b = BUF(100);
	struct oci_task t = { .act = OCI_RESOLVE,
		.arena = s->arena,
		.tag = STR("nope"),
		.optional = true };
	struct oci_desc d = oci_desc_of("a/b", STR("never sent"));
	struct oci_ref r;
	struct err e = ERR;

	if (!s->there)
		skip();
	r = ref_to(s, "team/app:nope");
	assert_int_equal(oci_resolve(s->repo, &r, &d, s->arena, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_non_null(strstr(e.text, "no manifest nope"));
	ok(oci_do(s->repo, &t, 1, &e), &e);
	assert_false(t.found);
	assert_int_equal(oci_read(s->repo, &d, &b, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
}

/* As found: no OCI-Subject, 404 for referrers; the index under the tag is
 * the client's to keep, and not to be shown. */
static void
referrers_are_listed_under_a_tag(void **arg)
{
	struct state *s = *arg;
	struct oci_manifest m, sig;
	struct oci_referrers got;
	const struct str *tags;
	const struct str tag = STR("base");
	struct oci_desc d;
	struct err e = ERR;
	size_t n;

	if (!s->there)
		skip();
	m = manifest_of(s, "referred", NULL);
	d = put(s, &m, &tag, 1);
	ok(oci_referrers(s->repo, &d.digest, NULL, &got, s->arena, &e), &e);
	assert_int_equal(got.n, 0);
	assert_true(got.by_tag);
	for (int i = 0; i < 3; i++) {
		sig = manifest_of(s, i == 1 ? "sig b" : "sig a", &d);
		(void)put(s, &sig, NULL, 0);
	}
	ok(oci_referrers(s->repo, &d.digest, NULL, &got, s->arena, &e), &e);
	assert_int_equal(got.n, 2);
	assert_true(str_is(got.v[0].artifact_type, "application/vnd.test.v1"));
	assert_true(str_is(oci_annotation(got.v[1].annotations,
			       got.v[1].nannotations, OCI_TITLE),
	    "sig b"));
	ok(oci_referrers(s->repo, &d.digest, "other/type", &got, s->arena, &e),
	    &e);
	assert_int_equal(got.n, 0);
	ok(oci_tags(s->repo, &tags, &n, s->arena, &e), &e);
	for (size_t i = 0; i < n; i++)
		assert_false(str_starts(tags[i], "sha256-"));
	assert_true(n >= 1);
	assert_true(str_is(tags[0], "base"));
}

/* The wrong digest in a descriptor: DIGEST_INVALID, and no try after try. */
static void
what_is_not_what_it_says_is_refused(void **arg)
{
	struct state *s = *arg;
	struct oci_task t = send_task(STR("one thing"));
	struct err e = ERR;
	uint64_t before;

	if (!s->there)
		skip();
	t.data = STR("two thing");
	before = oci_requests(s->o);
	assert_int_equal(oci_do(s->repo, &t, 1, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "DIGEST_INVALID"));
	/* HEAD, POST, PUT, and DELETE of the session. */
	assert_int_equal(oci_requests(s->o) - before, 4);
}

/* "user" and "s3cret:word": a colon in a password is part of it. */
static const char users[] =
    "user:$2b$05$Em70v0joVtVpDXUYa/xjIeoVtv2cbj0bkUu0fxZqlkW9PZ7o0Z.jy\n";

static struct oci *
session(struct state *s, const char *password)
{
	struct oci_options o = { .user = password ? STR("user") : STR(""),
		.password = str_of(password),
		.note = fixture_note,
		.arg = &s->notes };
	struct err e = ERR;
	struct oci *out;

	ok(oci_new(&out, &o, &e), &e);
	return out;
}

static void
a_registry_with_passwords_wants_the_right_one(void **arg)
{
	struct state *s = *arg;
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct fixture_registry locked = { 0 };
	struct oci_task t = send_task(STR("locked up"));
	struct oci_repo *repo;
	struct oci_ref r;
	struct err e = ERR;
	struct str host;
	struct oci *o;
	char *file;

	if (!s->there)
		skip();
	file = arena_printf(a, "%s/users", s->registry.dir);
	ok(os_create(file, str_of(users), 0600, &e), &e);
	(void)fixture_registry(&locked, a, "",
	    arena_printf(
		a, "auth: {htpasswd: {realm: test, path: %s}}\n", file));
	host = str_of(arena_printf(a, "localhost:%u", locked.port));
	ok(oci_ref_parse(
	       &r, a, str_of(arena_printf(a, STR_F "/a/b:1", STR_A(host))), &e),
	    &e);

	o = session(s, NULL);
	ok(oci_open(&repo, o, &r, OCI_PUSH, &e), &e);
	assert_int_equal(oci_do(repo, &t, 1, &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
	assert_non_null(strstr(e.hint, "subo login localhost:"));
	oci_close(&repo);
	oci_free(&o);

	o = session(s, "wrong");
	assert_int_equal(oci_check_login(o, host, &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
	assert_null(strstr(e.text, "wrong"));
	oci_free(&o);

	o = session(s, "s3cret:word");
	ok(oci_check_login(o, host, &e), &e);
	ok(oci_open(&repo, o, &r, OCI_PUSH, &e), &e);
	ok(oci_do(repo, &t, 1, &e), &e);
	/* The 401 came once: GET, GET, then HEAD, POST, PUT. */
	assert_int_equal(oci_requests(o), 5);
	oci_close(&repo);
	oci_free(&o);
	fixture_registry_end(&locked);
}

/* ---- https ---- */

/* HTTP/2, many large blobs at once over one connection, both ways. */
static void
many_large_blobs_go_by_https(struct state *s, struct oci_repo *repo)
{
	struct oci_task t[24];
	struct err e = ERR;

	for (size_t i = 0; i < COUNT(t); i++)
		t[i] = send_task((struct str){ s->big + i * 1000, BIG / 2 });
	ok(oci_do(repo, t, COUNT(t), &e), &e);
	for (size_t i = 0; i < COUNT(t); i++) {
		t[i].act = OCI_FETCH;
		t[i].fd = -1;
		t[i].into = arena_take(s->arena, sizeof(struct buf));
		t[i].into->max = BIG;
	}
	ok(oci_do(repo, t, COUNT(t), &e), &e);
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_true(str_eq(buf_str(t[i].into), t[i].data));
		buf_free(t[i].into);
	}
}

static void
https_needs_a_certificate_that_holds(void **arg)
{
	struct state *s = *arg;
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct fixture_registry secure = { 0 };
	struct oci_options options = { 0 };
	struct oci_task t = send_task(STR("hidden"));
	struct oci_repo *repo;
	struct oci_ref r;
	struct err e = ERR;
	struct oci *o;
	char *dir;

	if (!s->there || !fixture_certificate(s->registry.dir))
		skip();
	dir = s->registry.dir;
	(void)fixture_registry(&secure, a,
	    arena_printf(a,
		", tls: {certificate: %s/cert.pem, key: %s/key.pem}", dir, dir),
	    "");
	ok(oci_ref_parse(&r, a,
	       str_of(arena_printf(a, "localhost:%u/a/b:1", secure.port)), &e),
	    &e);
	for (int trusted = 0; trusted < 2; trusted++) {
		if (trusted)
			options.world.ca_file =
			    arena_printf(a, "%s/cert.pem", dir);
		ok(oci_new(&o, &options, &e), &e);
		ok(oci_open(&repo, o, &r, OCI_PUSH, &e), &e);
		if (!trusted) {
			assert_int_equal(oci_do(repo, &t, 1, &e), -1);
			if (e.kind != ERR_TRUST)
				fail_msg("%s", e.text);
			assert_non_null(strstr(e.text, "certificate"));
			assert_non_null(strstr(e.hint, "--ca FILE"));
		} else {
			ok(oci_do(repo, &t, 1, &e), &e);
			many_large_blobs_go_by_https(s, repo);
		}
		oci_close(&repo);
		oci_free(&o);
	}
	fixture_registry_end(&secure);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_comes_back),
		cmocka_unit_test(
		    a_file_is_sent_from_an_offset_and_comes_back_at_one),
		cmocka_unit_test(an_empty_blob_and_the_empty_object_are_blobs),
		cmocka_unit_test(many_tasks_go_at_once_over_a_pool),
		cmocka_unit_test(a_blob_in_parts_is_whole),
		cmocka_unit_test(
		    a_blob_of_another_repository_is_mounted_or_sent),
		cmocka_unit_test(a_manifest_goes_under_all_its_tags),
		cmocka_unit_test(what_is_not_there_is_missing),
		cmocka_unit_test(referrers_are_listed_under_a_tag),
		cmocka_unit_test(what_is_not_what_it_says_is_refused),
		cmocka_unit_test(a_registry_with_passwords_wants_the_right_one),
		cmocka_unit_test(https_needs_a_certificate_that_holds),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

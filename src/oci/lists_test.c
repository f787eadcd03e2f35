/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, referrers and tags, and registries that are wrong in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "oci/world.h"

/* ---- manifests ---- */

#define EMPTY_DIGEST \
	"sha256:" \
	"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define MANIFEST \
	"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":" \
	"\"" EMPTY_DIGEST "\",\"size\":2},\"layers\":[]}"
#define TYPE "Content-Type: " OCI_TYPE_MANIFEST "\r\n"
#define TAG "/v2/a/b/manifests/t"

static void
wrong_manifests_are_refused(void **arg)
{
	static const struct {
		const char *name;
		struct rule rule;
		enum err_kind kind;
		const char *why;
	} rows[] = {
		{ "digest-header",
		    { "GET", TAG, "200 OK",
			TYPE "Docker-Content-Digest: " EMPTY_DIGEST "\r\n",
			MANIFEST, 0, 0, 0, 0 },
		    ERR_REMOTE, "does not have the digest" },
		{ "mediatype-other",
		    { "GET", TAG, "200 OK", "Content-Type: text/html\r\n",
			MANIFEST, 0, 0, 0, 0 },
		    ERR_REMOTE, "none that is read" },
		{ "mediatype-index",
		    { "GET", TAG, "200 OK",
			"Content-Type: " OCI_TYPE_INDEX "\r\n", MANIFEST, 0, 0,
			0, 0 },
		    ERR_REMOTE, "no index" },
		{ "json-bom",
		    { "GET", TAG, "200 OK", TYPE, "\xef\xbb\xbf" MANIFEST, 0, 0,
			0, 0 },
		    ERR_REMOTE, "byte-order mark" },
		{ "manifest-empty",
		    { "GET", TAG, "200 OK", TYPE, "", 0, 0, 0, 0 }, ERR_REMOTE,
		    "not JSON" },
		{ "manifest-endless",
		    { "GET", TAG, "200 OK", TYPE,
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
			0, 0, 1, 0 },
		    ERR_LIMIT, "too large" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct oci_manifest m;
		struct world w;

		begin_as(&w, NULL, &rows[i].rule, 1);
		must_fail(&w, oci_get(w.repo, &w.ref, &m, w.arena, &w.e),
		    rows[i].kind, rows[i].why);
		assert_int_equal(w.script.n, 1);
		end(&w);
	}
}

/* tag-moves: what is read and its digest are of one answer. */
static void
a_tag_that_moves_gives_one_manifest(void **arg)
{
	static const struct rule rules[] = { { "GET", TAG, "200 OK", TYPE,
	    MANIFEST, 0, 0, 0, 0 } };
	struct oci_manifest m;
	struct digest d;
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, oci_get(w.repo, &w.ref, &m, w.arena, &w.e));
	d = sign_digest(STR(MANIFEST));
	assert_true(digest_eq(&m.digest, &d));
	asked(&w, "GET " TAG "\n");
	/* Pinned, only that will do. */
	w.ref.has_digest = true;
	w.ref.digest = sign_digest(STR("other"));
	must_fail(&w, oci_get(w.repo, &w.ref, &m, w.arena, &w.e), ERR_MISSING,
	    "no manifest sha256:");
	end(&w);
}

static void
a_manifest_by_digest_is_that_or_nothing(void **arg)
{
	static const struct rule rules[] = { { "GET", "/v2/a/b/manifests/sha",
	    "200 OK", TYPE, MANIFEST, 0, 0, 0, 0 } };
	struct oci_manifest m;
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	w.ref.has_digest = true;
	w.ref.digest = sign_digest(STR("other"));
	must_fail(&w, oci_get(w.repo, &w.ref, &m, w.arena, &w.e), ERR_REMOTE,
	    "something else");
	end(&w);
}

static void
a_head_without_a_digest_is_followed_by_a_get(void **arg)
{
	static const struct rule rules[] = {
		{ "HEAD", TAG, "200 OK", TYPE, MANIFEST, 0, 0, 0, 0 },
		{ "GET", TAG, "200 OK", TYPE, MANIFEST, 0, 0, 0, 0 },
	};
	struct oci_desc d;
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, oci_resolve(w.repo, &w.ref, &d, w.arena, &w.e));
	assert_int_equal(d.size, sizeof(MANIFEST) - 1);
	asked(&w, "HEAD " TAG "\nGET " TAG "\n");
	end(&w);
}

/* What a registry says to its user is said once. */
static void
warnings_are_passed_on_once(void **arg)
{
	static const struct rule rules[] = { { "GET", TAG, "200 OK",
	    TYPE "Warning: 299 - \"this \x1b[31m is old\"\r\n"
		 "Warning: 199 - \"not this\"\r\n",
	    MANIFEST, 0, 0, 0, 0 } };
	struct oci_manifest m;
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	for (int i = 0; i < 3; i++)
		must(&w, oci_get(w.repo, &w.ref, &m, w.arena, &w.e));
	assert_int_equal(times(&w.notes, "says: this \\x1B[31m is old"), 1);
	assert_int_equal(times(&w.notes, "not this"), 0);
	end(&w);
}

/* ---- referrers and tags ---- */

#define REFERRERS "/v2/a/b/referrers/" EMPTY_DIGEST
#define INDEX_TYPE "Content-Type: " OCI_TYPE_INDEX "\r\n"
#define ENTRY(type, artifact) \
	"{\"mediaType\":\"" type "\",\"digest\":\"" HELLO \
	"\",\"size\":5,\"artifactType\":\"" artifact "\"}"
#define INDEX(entries) "{\"schemaVersion\":2,\"manifests\":[" entries "]}"

static int
referrers_of_empty(struct world *w, const char *type, struct oci_referrers *out)
{
	struct digest d = sign_digest(OCI_EMPTY);

	return oci_referrers(w->repo, &d, type, out, w->arena, &w->e);
}

/* referrers-garbage */
static void
garbage_among_referrers_is_counted(void **arg)
{
	static const struct rule rules[] = { { "GET", REFERRERS, "200 OK",
	    INDEX_TYPE,
	    INDEX(ENTRY(OCI_TYPE_MANIFEST, "x/y") "," ENTRY(
		"a/b", "x/y") ","
			      "{},7," ENTRY(OCI_TYPE_INDEX, "z/z")),
	    0, 0, 0, 0 } };
	struct oci_referrers got;
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, referrers_of_empty(&w, NULL, &got));
	assert_int_equal(got.n, 2);
	assert_int_equal(got.skipped, 3);
	assert_false(got.by_tag);
	/* The filter is ours where the registry has none. */
	must(&w, referrers_of_empty(&w, "z/z", &got));
	assert_int_equal(got.n, 1);
	asked(&w, "GET " REFERRERS "\nGET " REFERRERS "?artifactType=z%2Fz\n");
	end(&w);
}

static void
pages_of_referrers_and_tags_are_followed(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", REFERRERS "?p=2", "200 OK", INDEX_TYPE,
		    INDEX(ENTRY(OCI_TYPE_MANIFEST, "b/b")), 0, 0, 0, 0 },
		{ "GET", REFERRERS, "200 OK",
		    INDEX_TYPE "Link: <?p=2>; rel=\"next\"\r\n",
		    INDEX(ENTRY(OCI_TYPE_MANIFEST, "a/a")), 0, 0, 0, 0 },
		{ "GET", "/v2/a/b/tags/list?last=v1", "200 OK", "",
		    "{\"name\":\"a/b\",\"tags\":[\"v2\",\"v0\",\"v1\"]}", 0, 0,
		    0, 0 },
		{ "GET", "/v2/a/b/tags/list", "200 OK",
		    "Link: </v2/a/b/tags/list?last=v1>; rel=next\r\n",
		    "{\"name\":\"a/b\",\"tags\":[\"v1\",\"sha256-2cf24dba5fb0a"
		    "30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.sig"
		    "\"]}",
		    0, 0, 0, 0 },
	};
	struct oci_referrers got;
	const struct str *tags;
	struct world w;
	size_t n;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, referrers_of_empty(&w, NULL, &got));
	assert_int_equal(got.n, 2);
	must(&w, oci_tags(w.repo, &tags, &n, w.arena, &w.e));
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(tags[i].p[1], "012"[i]);
	end(&w);
}

static void
lists_that_cannot_be_used(void **arg)
{
	static const struct {
		const char *body;
		enum err_kind kind;
	} rows[] = { { "{\"tags\":[\"../x\"]}", ERR_REMOTE },
		{ "{\"tags\":[1]}", ERR_REMOTE }, { "<html>", ERR_REMOTE },
		{ "{\"tags\":[],\"tags\":[]}", ERR_REMOTE } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule rules[] = { { "GET", "/v2/a/b/tags/list",
		    "200 OK", "", rows[i].body, 0, 0, 0, 0 } };
		const struct str *tags;
		struct world w;
		size_t n;

		BEGIN(&w, rules);
		must_fail(&w, oci_tags(w.repo, &tags, &n, w.arena, &w.e),
		    rows[i].kind, "list of tags");
		end(&w);
	}
}

static void
a_list_without_end_ends(void **arg)
{
	static const struct rule rules[] = { { "GET", "/v2/a/b/tags/list",
	    "200 OK", "Link: </v2/a/b/tags/list>; rel=next\r\n",
	    "{\"tags\":[]}", 0, 0, 0, 0 } };
	const struct str *tags;
	struct world w;
	size_t n;

	(void)arg;
	BEGIN(&w, rules);
	must_fail(&w, oci_tags(w.repo, &tags, &n, w.arena, &w.e), ERR_REMOTE,
	    "no end");
	end(&w);
}

#define SUBJECT_MANIFEST \
	"{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE_MANIFEST \
	"\",\"config\":{\"mediaType\":\"x/y\",\"digest\":\"" EMPTY_DIGEST \
	"\",\"size\":2},\"layers\":[],\"subject\":{\"mediaType\":" \
	"\"" OCI_TYPE_MANIFEST "\",\"digest\":\"" EMPTY_DIGEST \
	"\",\"size\":2},\"annotations\":{\"k\":\"v\"}}"
#define FALLBACK \
	"/v2/a/b/manifests/" \
	"sha256-44136fa355b3678a1146ad16f7e8649e94fb4fc21fe7" \
	"7e8310c060f61caaff8a"

static int
put_referrer(struct world *w)
{
	return oci_put(
	    w->repo, STR(SUBJECT_MANIFEST), OCI_TYPE_MANIFEST, NULL, 0, &w->e);
}

static void
a_registry_that_keeps_referrers_is_left_to_it(void **arg)
{
	static const struct rule rules[] = { { "PUT", "/v2/a/b/manifests/sha",
	    "201 C", "OCI-Subject: " EMPTY_DIGEST "\r\n", "", 0, 0, 0, 0 } };
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, put_referrer(&w));
	assert_int_equal(w.script.n, 1);
	end(&w);
}

/* Somebody has a thing of his own under that tag. */
static void
a_tag_that_is_no_list_is_left_alone(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", FALLBACK, "200 OK", TYPE, MANIFEST, 0, 0, 0, 0 },
		{ "PUT", "/", "201 C", "", "", 0, 0, 0, 0 },
	};
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must_fail(&w, put_referrer(&w), ERR_REMOTE, "it is no index");
	assert_int_equal(times(&w.script.log, "PUT"), 1);
	end(&w);
}

struct lost {
	struct buf index;
	unsigned loses; /* so many writes are overwritten by another's */
	unsigned puts;
};

static bool
answer_lost(void *arg, const struct script_request *q, struct buf *out)
{
	struct world *w = arg;
	struct lost *l = w->more;

	if (script_is(q, "GET", FALLBACK) && l->index.n > 0)
		return script_say(
		    out, "200 OK", INDEX_TYPE, buf_str(&l->index));
	if (script_is(q, "PUT", FALLBACK)) {
		l->puts++;
		buf_clear(&l->index);
		if (l->loses > 0) {
			l->loses--;
			buf_add(&l->index,
			    STR(INDEX(ENTRY(OCI_TYPE_MANIFEST, "o/o"))));
		} else {
			buf_add(&l->index, q->body);
		}
	}
	return script_status(out, str_is(q->method, "PUT") ? "201 C" : "404 N");
}

static void
an_entry_that_was_lost_is_written_again(void **arg)
{
	static const struct rule none[1] = { { 0 } };

	(void)arg;
	for (unsigned loses = 0; loses < 3; loses++) {
		struct lost l = { .index = BUF(1u << 20), .loses = loses };
		struct oci_referrers got;
		struct world w;

		BEGIN(&w, none);
		w.more = &l;
		w.script.answer = answer_lost;
		must(&w, put_referrer(&w));
		assert_int_equal(l.puts, loses + 1);
		must(&w, referrers_of_empty(&w, NULL, &got));
		assert_true(got.by_tag);
		assert_int_equal(got.n, loses > 0 ? 2 : 1);
		assert_true(str_is(got.v[got.n - 1].artifact_type, "x/y"));
		assert_int_equal(got.v[got.n - 1].nannotations, 1);
		/* And it is in the list once, however often it is put. */
		must(&w, put_referrer(&w));
		assert_int_equal(l.puts, loses + 1);
		buf_free(&l.index);
		end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_manifests_are_refused),
		cmocka_unit_test(a_tag_that_moves_gives_one_manifest),
		cmocka_unit_test(a_manifest_by_digest_is_that_or_nothing),
		cmocka_unit_test(a_head_without_a_digest_is_followed_by_a_get),
		cmocka_unit_test(warnings_are_passed_on_once),
		cmocka_unit_test(garbage_among_referrers_is_counted),
		cmocka_unit_test(pages_of_referrers_and_tags_are_followed),
		cmocka_unit_test(lists_that_cannot_be_used),
		cmocka_unit_test(a_list_without_end_ends),
		cmocka_unit_test(a_registry_that_keeps_referrers_is_left_to_it),
		cmocka_unit_test(a_tag_that_is_no_list_is_left_alone),
		cmocka_unit_test(an_entry_that_was_lost_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

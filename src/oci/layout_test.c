/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts on disk, behind the same calls as a registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>

#include "oci/fixture.h"

struct home {
	struct arena *arena;
	char *dir;
	struct oci *o;
	struct oci_repo *repo;
	struct oci_ref ref;
	struct err e;
};

static void
begin(struct home *h)
{
	struct oci_options o = { 0 };

	*h = (struct home){ .arena = arena_new() };
	h->dir = fixture_folder(h->arena);
	assert_int_equal(oci_new(&h->o, &o, &h->e), 0);
	assert_int_equal(
	    oci_ref_parse(&h->ref, h->arena,
		str_of(arena_printf(h->arena, "oci:%s/lay out:1", h->dir)),
		&h->e),
	    0);
	if (oci_open(&h->repo, h->o, &h->ref, OCI_PUSH, &h->e) < 0)
		fail_msg("%s", h->e.text);
}

static void
end(struct home *h)
{
	oci_close(&h->repo);
	oci_free(&h->o);
	fixture_remove(h->dir);
	arena_free(&h->arena);
}

static void
must(struct home *h, int rc)
{
	if (rc < 0)
		fail_msg("%s (%s)", h->e.text, h->e.hint);
}

static char *
path_to(struct home *h, const char *name)
{
	return arena_printf(h->arena, "%s/lay out/%s", h->dir, name);
}

static struct oci_task
send_task(struct str data)
{
	return (struct oci_task){
		.act = OCI_SEND, .desc = oci_desc_of("a/b", data), .data = data
	};
}

static struct oci_desc
put(struct home *h, const char *title, const struct oci_desc *subject,
    const struct str *tags, size_t n)
{
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	const struct oci_pair pair = { STR(OCI_TITLE), str_of(title) };
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.artifact_type = str_of(title),
		.config = oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY),
		.annotations = &pair,
		.nannotations = 1,
		.has_subject = subject != NULL };
	struct oci_task t = send_task(OCI_EMPTY);
	struct oci_desc d;

	if (subject)
		m.subject = *subject;
	oci_manifest_print(&b, &m);
	must(h, oci_do(h->repo, &t, 1, &h->e));
	must(h,
	    oci_put(h->repo, buf_str(&b), OCI_TYPE_MANIFEST, tags, n, &h->e));
	d = oci_desc_of(OCI_TYPE_MANIFEST, buf_str(&b));
	return d;
}

static void
what_is_put_in_comes_out(void **arg)
{
	CLEANUP(buf_free) struct buf b = BUF(100);
	struct oci_task t = send_task(STR("hello"));
	const struct str tags[] = { STR("1"), STR("latest") };
	struct oci_manifest m;
	struct oci_desc d, got;
	struct home h;

	(void)arg;
	begin(&h);
	must(&h, oci_do(h.repo, &t, 1, &h.e));
	assert_false(t.found);
	must(&h, oci_do(h.repo, &t, 1, &h.e));
	assert_true(t.found);
	must(&h, oci_read(h.repo, &t.desc, &b, &h.e));
	assert_string_equal(buf_cstr(&b), "hello");
	d = put(&h, "x/y", NULL, tags, 2);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	assert_true(digest_eq(&got.digest, &d.digest));
	assert_int_equal(got.size, d.size);
	must(&h, oci_get(h.repo, &h.ref, &m, h.arena, &h.e));
	assert_true(str_is(m.artifact_type, "x/y"));
	/* Without a tag: both names are of one manifest, yet two entries. */
	h.ref.tag = STR("");
	h.ref.has_digest = true;
	h.ref.digest = d.digest;
	must(&h, oci_get(h.repo, &h.ref, &m, h.arena, &h.e));
	assert_true(os_exists(path_to(&h, "oci-layout")));
	assert_true(os_exists(path_to(&h, "index.json")));
	end(&h);
}

static void
a_tag_moves_from_one_manifest_to_another(void **arg)
{
	const struct str tag = STR("1");
	const struct str *tags;
	struct oci_desc a, b, got;
	struct home h;
	size_t n;

	(void)arg;
	begin(&h);
	a = put(&h, "x/a", NULL, &tag, 1);
	b = put(&h, "x/b", NULL, &tag, 1);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	assert_true(digest_eq(&got.digest, &b.digest));
	assert_false(digest_eq(&got.digest, &a.digest));
	must(&h, oci_tags(h.repo, &tags, &n, h.arena, &h.e));
	assert_int_equal(n, 1);
	/* The only one needs no name. */
	h.ref.tag = STR("");
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	put(&h, "x/c", NULL, &(const struct str){ "2", 1 }, 1);
	assert_int_equal(oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e), -1);
	assert_int_equal(h.e.kind, ERR_MISSING);
	assert_non_null(strstr(h.e.hint, ":TAG"));
	end(&h);
}

static void
referrers_are_found_by_their_subject(void **arg)
{
	const struct str tag = STR("1");
	struct oci_referrers got;
	struct oci_desc d;
	struct home h;

	(void)arg;
	begin(&h);
	d = put(&h, "x/app", NULL, &tag, 1);
	put(&h, "x/sig", &d, NULL, 0);
	put(&h, "x/sig", &d, NULL, 0);
	put(&h, "x/sbom", &d, NULL, 0);
	must(&h, oci_referrers(h.repo, &d.digest, NULL, &got, h.arena, &h.e));
	assert_int_equal(got.n, 2);
	must(&h,
	    oci_referrers(h.repo, &d.digest, "x/sbom", &got, h.arena, &h.e));
	assert_int_equal(got.n, 1);
	assert_true(str_is(oci_annotation(got.v[0].annotations,
			       got.v[0].nannotations, OCI_TITLE),
	    "x/sbom"));
	/* They have no tag and do not stand in the way of one that has. */
	h.ref.tag = STR("");
	must(&h, oci_resolve(h.repo, &h.ref, &d, h.arena, &h.e));
	end(&h);
}

/* An entry of index.json, whatever it stands for. */
static void
add_entry(struct home *h, const struct oci_desc *d)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	const char *path = path_to(h, "index.json");
	char digest[OCI_DIGEST_TEXT];
	struct str list = STR("\"manifests\":[");
	size_t at;

	must(h, os_read(&b, path, &h->e));
	assert_true(str_find(buf_str(&b), list, &at));
	oci_digest_text(&d->digest, digest);
	must(h,
	    os_replace(path,
		str_of(arena_printf(h->arena,
		    STR_F "{\"mediaType\":\"" STR_F
			  "\",\"digest\":\"%s\",\"size\":%u},%s",
		    (int)(at + list.n), buf_cstr(&b), STR_A(d->media_type),
		    digest, (unsigned)d->size, buf_cstr(&b) + at + list.n)),
		0644, &h->e));
}

/* The names of one are not several, and what is no manifest is none. */
static void
without_a_name_it_is_the_one_that_refers_to_none(void **arg)
{
	const struct str two[] = { STR("1"), STR("latest") };
	const struct str text = STR("{\"no\": \"manifest\"}");
	struct oci_task t = send_task(text);
	struct oci_desc d, got, bad = oci_desc_of(OCI_TYPE_MANIFEST, text);
	struct oci_referrers found;
	struct str sig, list;
	struct home h;

	(void)arg;
	begin(&h);
	h.ref.tag = STR("");
	d = put(&h, "x/app", NULL, NULL, 0);
	put(&h, "x/sig", &d, NULL, 0);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	assert_true(digest_eq(&got.digest, &d.digest));
	sig = oci_referrers_tag(h.arena, &d.digest, ".sig");
	list = oci_referrers_tag(h.arena, &d.digest, "");
	put(&h, "x/old-cosign", NULL, &sig, 1);
	put(&h, "x/list", NULL, &list, 1);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	assert_true(digest_eq(&got.digest, &d.digest));
	put(&h, "x/app", NULL, two, 2);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	assert_true(digest_eq(&got.digest, &d.digest));
	/* Listed as a manifest, and none. */
	must(&h, oci_do(h.repo, &t, 1, &h.e));
	add_entry(&h, &bad);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	must(&h, oci_referrers(h.repo, &d.digest, NULL, &found, h.arena, &h.e));
	assert_int_equal(found.n, 1);
	assert_int_equal(found.skipped, 1);
	put(&h, "x/other", NULL, NULL, 0);
	must(&h, oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e));
	end(&h);

	begin(&h);
	h.ref.tag = STR("");
	d = put(&h, "x/app", NULL, NULL, 0);
	put(&h, "x/other", NULL, NULL, 0);
	put(&h, "x/sig", &d, NULL, 0);
	assert_int_equal(oci_resolve(h.repo, &h.ref, &got, h.arena, &h.e), -1);
	assert_int_equal(h.e.kind, ERR_MISSING);
	end(&h);
}

static void
a_wrong_file_is_not_handed_on(void **arg)
{
	CLEANUP(buf_free) struct buf b = BUF(100);
	struct oci_task t = send_task(STR("hello"));
	char hex[DIGEST_HEX];
	struct home h;
	char *path;

	(void)arg;
	begin(&h);
	must(&h, oci_do(h.repo, &t, 1, &h.e));
	digest_hex(&t.desc.digest, hex);
	path = path_to(&h, arena_printf(h.arena, "blobs/sha256/%s", hex));
	must(&h, os_replace(path, STR("hellO"), 0644, &h.e));
	assert_int_equal(oci_read(h.repo, &t.desc, &b, &h.e), -1);
	assert_int_equal(h.e.kind, ERR_INPUT);
	assert_non_null(strstr(h.e.text, "digest"));
	must(&h, os_replace(path, STR("hello!"), 0644, &h.e));
	assert_int_equal(oci_read(h.repo, &t.desc, &b, &h.e), -1);
	/* One that is too long is written again. */
	must(&h, oci_do(h.repo, &t, 1, &h.e));
	must(&h, oci_read(h.repo, &t.desc, &b, &h.e));
	must(&h, os_remove(path, &h.e));
	assert_int_equal(oci_read(h.repo, &t.desc, &b, &h.e), -1);
	assert_int_equal(h.e.kind, ERR_MISSING);
	end(&h);
}

static void
what_does_not_match_is_not_kept(void **arg)
{
	struct oci_task t = send_task(STR("hello"));
	char hex[DIGEST_HEX];
	struct home h;

	(void)arg;
	begin(&h);
	t.data = STR("hellO");
	assert_int_equal(oci_do(h.repo, &t, 1, &h.e), -1);
	digest_hex(&t.desc.digest, hex);
	assert_false(os_exists(
	    path_to(&h, arena_printf(h.arena, "blobs/sha256/%s", hex))));
	end(&h);
}

static void
folders_that_are_no_layouts(void **arg)
{
	static const struct {
		const char *file, *text;
		enum oci_access access;
		enum err_kind kind;
	} rows[] = {
		{ "x", "", OCI_PUSH, ERR_INPUT },
		{ "x", "", OCI_PULL, ERR_MISSING },
		{ "oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}", OCI_PULL,
		    ERR_INPUT },
		{ "oci-layout", "hello", OCI_PULL, ERR_INPUT },
		{ "oci-layout", "{}", OCI_PUSH, ERR_INPUT },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct oci_repo *repo = NULL;
		struct oci_ref ref;
		struct home h;
		char *dir;

		begin(&h);
		dir = arena_printf(h.arena, "%s/other", h.dir);
		must(&h, os_mkdirs(dir, 0755, &h.e));
		must(&h,
		    os_create(arena_printf(h.arena, "%s/%s", dir, rows[i].file),
			str_of(rows[i].text), 0644, &h.e));
		must(&h,
		    oci_ref_parse(&ref, h.arena,
			str_of(arena_printf(h.arena, "oci:%s", dir)), &h.e));
		assert_int_equal(
		    oci_open(&repo, h.o, &ref, rows[i].access, &h.e), -1);
		assert_int_equal(h.e.kind, rows[i].kind);
		end(&h);
	}
}

static void
an_index_that_is_wrong_is_a_wrong_file(void **arg)
{
	static const char *const rows[] = { "", "[]", "{", "{\"manifests\":[]}",
		"{\"schemaVersion\":2,\"manifests\":{}}",
		"{\"schemaVersion\":2,\"manifests\":[],\"manifests\":[]}",
		"{\"schemaVersion\":2,\"manifests\":[{\"annotations\":{"
		"\"org.opencontainers.image.ref.name\":\"1\"}}]}" };

	(void)arg;
	for (size_t i = 1; i < COUNT(rows); i++) {
		struct oci_desc d;
		struct home h;

		begin(&h);
		must(&h,
		    os_replace(path_to(&h, "index.json"), str_of(rows[i]), 0644,
			&h.e));
		assert_int_equal(
		    oci_resolve(h.repo, &h.ref, &d, h.arena, &h.e), -1);
		if (h.e.kind != ERR_INPUT || !strstr(h.e.text, "index.json"))
			fail_msg("%s: %s", rows[i], h.e.text);
		end(&h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_in_comes_out),
		cmocka_unit_test(a_tag_moves_from_one_manifest_to_another),
		cmocka_unit_test(referrers_are_found_by_their_subject),
		cmocka_unit_test(
		    without_a_name_it_is_the_one_that_refers_to_none),
		cmocka_unit_test(a_wrong_file_is_not_handed_on),
		cmocka_unit_test(what_does_not_match_is_not_kept),
		cmocka_unit_test(folders_that_are_no_layouts),
		cmocka_unit_test(an_index_that_is_wrong_is_a_wrong_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "ship/ship.h"

struct world {
	char dir[64];
	char *cache;
	struct arena *a;
	struct oci *o;
	struct sign_secret *key;
	struct sign_public trusted;
	struct trust_want want;
	struct buf bundle;
	struct ship_pushed pushed;
	struct err e;
};

static void
ok(struct world *w, int rc)
{
	if (rc < 0)
		fail_msg("%s", w->e.text);
}

static struct oci_ref
ref(struct world *w, const char *tag)
{
	struct oci_ref r;

	ok(w,
	    oci_ref_parse(&r, w->a,
		str_of(arena_printf(w->a, "oci:%s/dist%s", w->dir, tag)),
		&w->e));
	return r;
}

static void
pack(struct world *w, const char *version)
{
	char *path = arena_printf(w->a, "%s/b.zip", w->dir);
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"),
		    str_of(arena_printf(w->a,
			"identifier: com.example.a\nappVersion: %s\n"
			"atmoVersion: v0.4.8\nheadless: true\nrunnables: []\n",
			version)) },
		{ STR("static/x"), STR("x") },
	};
	struct bundle_options how = { 0 };
	struct digest ignored;

	buf_clear(&w->bundle);
	ok(w, bundle_pack(path, parts, 2, &how, &ignored, &w->e));
	ok(w, os_read(&w->bundle, path, &w->e));
}

static void
push(struct world *w, const char *tag, const struct sign_secret *key)
{
	struct ship_push p = { .file = buf_str(&w->bundle),
		.name = "b.zip",
		.ref = ref(w, tag),
		.key = key };

	ok(w, ship_push(&w->pushed, w->o, &p, w->a, &w->e));
}

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));
	const struct oci_options options = { 0 };
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(w->dir, sizeof(w->dir), "%s/subo-ship.XXXXXX",
	    tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->a = arena_new();
	w->cache = arena_printf(w->a, "%s/cache", w->dir);
	w->key = sign_secret_new();
	w->trusted = *sign_secret_public(w->key);
	w->want = (struct trust_want){ .keys = &w->trusted, .nkeys = 1 };
	w->bundle = (struct buf)BUF(1u << 20);
	ok(w, oci_new(&w->o, &options, &w->e));
	pack(w, "v1.0.0");
	push(w, ":v1", w->key);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	int rc = os_remove_tree(w->dir, &w->e);

	oci_free(&w->o);
	sign_secret_free(&w->key);
	buf_free(&w->bundle);
	arena_free(&w->a);
	mem_free(w);
	return rc;
}

static struct oci_ref
pinned(struct world *w)
{
	struct oci_ref r = ref(w, "");

	r.has_digest = true;
	r.digest = w->pushed.manifest;
	return r;
}

/* Fetch it; what is kept has the right bytes.  Returns the bytes that came. */
static uint64_t
fetch(struct world *w, struct oci_ref r)
{
	CLEANUP(ship_pulled_free) struct ship_pulled p = { 0 };
	CLEANUP(buf_free) struct buf path = BUF(4096), file = BUF(1u << 20);
	const struct ship_pull how = { .ref = r, .trust = &w->want };
	struct bundle_cut cut;
	struct err e = ERR;

	w->e = e;
	ok(w, ship_fetch(&p, &path, w->o, &how, w->cache, w->a, &w->e));
	ok(w, os_read(&file, buf_cstr(&path), &w->e));
	assert_true(str_eq(buf_str(&file), buf_str(&p.file)));
	assert_true(digest_eq(&p.manifest, &w->pushed.manifest));
	assert_true(digest_eq(&p.bundle, &w->pushed.bundle));
	assert_int_equal(p.found.nsigners, w->want.allow_unsigned ? 0 : 1);
	ok(w, bundle_cut(&cut, buf_str(&file), &w->e));
	assert_memory_equal(cut.head.p, w->bundle.p, cut.head.n);
	return p.fetched;
}

static enum err_kind
refused(struct world *w, struct oci_ref r)
{
	CLEANUP(ship_pulled_free) struct ship_pulled p = { 0 };
	CLEANUP(buf_free) struct buf path = BUF(4096);
	const struct ship_pull how = { .ref = r, .trust = &w->want };

	w->e = (struct err)ERR;
	assert_int_equal(
	    ship_fetch(&p, &path, w->o, &how, w->cache, w->a, &w->e), -1);
	return w->e.kind;
}

static char *
kept(struct world *w, const char *ending)
{
	char hex[DIGEST_HEX];

	digest_hex(&w->pushed.manifest, hex);
	return arena_printf(w->a, "%s/%s%s", w->cache, hex, ending);
}

static void
what_was_fetched_is_not_fetched_again(void **state)
{
	struct world *w = *state;

	assert_true(fetch(w, ref(w, ":v1")) > 0);
	assert_int_equal(fetch(w, ref(w, ":v1")), 0);
	assert_int_equal(fetch(w, pinned(w)), 0);
}

static void
asked_for_by_digest_nobody_else_is_needed(void **state)
{
	struct world *w = *state;
	char *dist = arena_printf(w->a, "%s/dist", w->dir);
	struct oci_ref r = pinned(w);

	assert_true(fetch(w, r) > 0);
	assert_int_equal(os_remove_tree(dist, &w->e), 0);
	assert_int_equal(fetch(w, r), 0);
	assert_int_equal(refused(w, ref(w, ":v1")), ERR_MISSING);
}

static void
a_kept_file_that_was_changed_is_fetched_again(void **state)
{
	static const char *const endings[] = { ".wasm.zip", ".json" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(endings); i++) {
		(void)fetch(w, pinned(w));
		assert_int_equal(os_replace(kept(w, endings[i]),
				     buf_str(&w->bundle), 0600, &w->e),
		    0);
		assert_true(fetch(w, pinned(w)) > 0);
		assert_int_equal(os_remove(kept(w, endings[i]), &w->e), 0);
		assert_true(fetch(w, pinned(w)) > 0);
	}
}

static void
another_bundle_in_the_place_of_a_kept_one_is_not_taken(void **state)
{
	struct world *w = *state;
	struct oci_ref first;

	/* Both are signed; the manifest says which was asked for. */
	(void)fetch(w, pinned(w));
	first = pinned(w);
	char *place = kept(w, ".wasm.zip");

	pack(w, "v2.0.0");
	push(w, ":v2", w->key);
	(void)fetch(w, pinned(w));
	CLEANUP(buf_free) struct buf other = BUF(1u << 20);
	assert_int_equal(os_read(&other, kept(w, ".wasm.zip"), &w->e), 0);
	assert_int_equal(os_replace(place, buf_str(&other), 0600, &w->e), 0);
	pack(w, "v1.0.0");
	push(w, ":v1", w->key);
	assert_true(fetch(w, first) > 0);
}

static void
it_is_verified_each_time(void **state)
{
	struct world *w = *state;
	CLEANUP(sign_secret_free) struct sign_secret *other = sign_secret_new();

	(void)fetch(w, pinned(w));
	w->trusted = *sign_secret_public(other);
	assert_int_equal(refused(w, pinned(w)), ERR_TRUST);
	/* A signature that came later counts. */
	push(w, ":v1", other);
	assert_true(fetch(w, pinned(w)) > 0);
	assert_int_equal(fetch(w, pinned(w)), 0);
}

static void
unsigned_only_when_it_is_said(void **state)
{
	struct world *w = *state;

	pack(w, "v1.0.1");
	push(w, ":u", NULL);
	assert_int_equal(refused(w, ref(w, ":u")), ERR_TRUST);
	w->want.allow_unsigned = true;
	assert_true(fetch(w, ref(w, ":u")) > 0);
	assert_int_equal(fetch(w, ref(w, ":u")), 0);
	w->want.allow_unsigned = false;
	assert_int_equal(refused(w, ref(w, ":u")), ERR_TRUST);
}

static void
a_folder_of_others_is_no_cache(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->cache, 0700), 0);
	assert_int_equal(chmod(w->cache, 0777), 0);
	assert_int_equal(refused(w, ref(w, ":v1")), ERR_TRUST);
}

static void
a_module_is_no_bundle(void **state)
{
	struct world *w = *state;
	struct ship_push p = { .file = STR("\0asm\1\0\0\0"),
		.name = "m.wasm",
		.ref = ref(w, ":m") };

	ok(w, ship_push_module(&w->pushed, w->o, &p, w->a, &w->e));
	w->want.allow_unsigned = true;
	assert_int_equal(refused(w, ref(w, ":m")), ERR_INPUT);
}

/* Modules too large to come with the first round, two of them the same, and
 * small files; stored and deflated. */
static void
pack_modules(struct world *w, bool store)
{
	const size_t nmodule = 400u << 10;
	char *path = arena_printf(w->a, "%s/b.zip", w->dir), hex[2][DIGEST_HEX];
	char *code[2];
	const struct bundle_options how = { .store = store };
	struct digest d;
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < 2; i++) {
		code[i] = arena_take(w->a, nmodule);
		for (size_t k = 0; k < nmodule; k++) {
			x = x * UINT64_C(6364136223846793005) + 1;
			code[i][k] = (char)(x >> 57);
		}
		memcpy(code[i], "\0asm\1\0\0\0", 8);
		d = sign_digest((struct str){ code[i], nmodule });
		digest_hex(&d, hex[i]);
	}
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"),
		    str_of(arena_printf(w->a,
			"identifier: com.example.a\nappVersion: v3.0.0\n"
			"atmoVersion: v0.4.8\nheadless: true\nrunnables:\n"
			"- {name: f, namespace: default, digest: %s}\n"
			"- {name: g, namespace: default, digest: %s}\n"
			"- {name: h, namespace: default, digest: %s}\n",
			hex[0], hex[1], hex[0])) },
		{ STR("f.wasm"), { code[0], nmodule } },
		{ STR("g.wasm"), { code[1], nmodule } },
		{ STR("h.wasm"), { code[0], nmodule } },
		{ STR("static/a"), STR("a") },
		{ STR("static/z"), STR("zzzz") },
	};

	buf_clear(&w->bundle);
	w->bundle.max = 4u << 20;
	ok(w,
	    bundle_pack(
		path, parts, COUNT(parts) - (store ? 2 : 0), &how, &d, &w->e));
	ok(w, os_read(&w->bundle, path, &w->e));
}

static void
each_layer_comes_once_and_to_its_place(void **state)
{
	struct world *w = *state;

	for (int store = 0; store < 2; store++) {
		CLEANUP(ship_pulled_free) struct ship_pulled p = { 0 };
		struct trust_want look = w->want;
		const struct ship_pull how = { .ref = ref(w, ":m"),
			.trust = &look };
		struct bundle_cut cut;

		look.look = true;
		pack_modules(w, store);
		push(w, ":m", w->key);
		ok(w, ship_pull(&p, w->o, &how, w->a, &w->e));
		ok(w, bundle_cut(&cut, buf_str(&p.file), &w->e));
		assert_int_equal(cut.head.n + 2, w->bundle.n);
		assert_memory_equal(cut.head.p, w->bundle.p, cut.head.n);
		assert_null(p.found.bundle);
		assert_true(p.fetched < w->bundle.n * 3 / 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(what_was_fetched_is_not_fetched_again),
		T(asked_for_by_digest_nobody_else_is_needed),
		T(a_kept_file_that_was_changed_is_fetched_again),
		T(another_bundle_in_the_place_of_a_kept_one_is_not_taken),
		T(it_is_verified_each_time),
		T(unsigned_only_when_it_is_said),
		T(a_folder_of_others_is_no_cache),
		T(a_module_is_no_bundle),
		T(each_layer_comes_once_and_to_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

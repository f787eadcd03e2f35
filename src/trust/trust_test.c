/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/os.h"
#include "trust/trust.h"

#define NOW INT64_C(1800000000) /* 2027-01-15 */
#define MAX (1u << 20)

struct world {
	char dir[64], memory[96];
	struct sign_secret *alice, *ci, *mallory;
	struct sign_public keys[2]; /* alice's and ci's */
	struct trust_want want;
	struct trust_found found;
	struct err e;
};

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));

	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/subo-trust.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->memory, sizeof(w->memory), "%s/seen", w->dir);
	w->alice = sign_secret_new();
	w->ci = sign_secret_new();
	w->mallory = sign_secret_new();
	w->keys[0] = *sign_secret_public(w->alice);
	w->keys[1] = *sign_secret_public(w->ci);
	w->want =
	    (struct trust_want){ .keys = w->keys, .nkeys = 1, .now_s = NOW };
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	struct err e = ERR;
	int rc = os_remove_tree(w->dir, &e);

	trust_found_free(&w->found);
	sign_secret_free(&w->alice);
	sign_secret_free(&w->ci);
	sign_secret_free(&w->mallory);
	mem_free(w);
	return rc;
}

/* A bundle of one function, in the canonical form. */
static void
pack(struct world *w, struct buf *out, const char *name, const char *version,
    struct str module)
{
	CLEANUP(buf_free) struct buf d = BUF(MAX);
	struct digest digest = sign_digest(module), ignored;
	struct bundle_options opt = { 0 };
	struct bundle_part parts[2];
	char hex[DIGEST_HEX], path[100];

	digest_hex(&digest, hex);
	buf_addf(&d,
	    "identifier: %s\nappVersion: %s\natmoVersion: v0.4.8\n"
	    "headless: true\nrunnables:\n  - name: f\n    namespace: default\n"
	    "    digest: %s\n",
	    name, version, hex);
	parts[0] = (struct bundle_part){ STR("Directive.yaml"), buf_str(&d) };
	parts[1] = (struct bundle_part){ STR("f.wasm"), module };
	(void)snprintf(path, sizeof(path), "%s/b.zip", w->dir);
	if (bundle_pack(path, parts, 2, &opt, &ignored, &w->e) < 0 ||
	    os_read(out, path, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

static void
pack_plain(struct world *w, struct buf *out)
{
	pack(w, out, "com.example.app", "v1.0.0", STR("\0asm\1\0\0\0"));
}

/* What signs a bundle: claim says what is not as it is, or NULL. */
static void
sign_with(struct buf *out, const struct sign_secret *key, struct str bundle,
    void (*lie)(struct sign_claim *c))
{
	CLEANUP(buf_free) struct buf comment = BUF(SIGN_MAX_COMMENT);
	struct sign_sums sums = sign_sums(&bundle, 1);
	struct sign_claim c = { .sha256 = sums.sha256,
		.size = sums.nbytes,
		.name = STR("com.example.app"),
		.version = STR("v1.0.0"),
		.created = NOW - 100,
		.role = SIGN_CI };
	struct err e = ERR;

	if (lie)
		lie(&c);
	sign_claim_text(&comment, &c);
	assert_int_equal(sign_make(out, key, &sums, buf_str(&comment), &e), 0);
}

static void
embed(struct buf *out, struct str bundle, struct str signatures)
{
	struct err e = ERR;

	if (bundle_sealed(out, bundle, signatures, &e) < 0)
		fail_msg("%s", e.text);
}

static int
verify(struct world *w, struct str file, struct str detached)
{
	trust_found_free(&w->found);
	w->e = (struct err)ERR;
	return trust_verify(&w->found, file, "b.zip", &detached, detached.n > 0,
	    &w->want, &w->e);
}

static void
refused(
    struct world *w, struct str file, struct str detached, const char *because)
{
	if (verify(w, file, detached) == 0)
		fail_msg("taken, though: %s", because);
	if (w->e.kind != ERR_TRUST || !strstr(w->e.text, because))
		fail_msg("kind %d: %s", (int)w->e.kind, w->e.text);
	assert_null(w->found.bundle);
}

static void
a_signed_bundle_is_taken(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX), f = BUF(MAX);
	CLEANUP(buf_free) struct buf text = BUF(400);

	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	embed(&f, buf_str(&u), buf_str(&s));
	if (verify(w, buf_str(&f), STR("")) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(w->found.nsigners, 1);
	assert_true(w->found.signers[0].has_claim);
	assert_int_equal(w->found.signers[0].claim.role, SIGN_CI);
	assert_int_equal(bundle_count(w->found.bundle), 2);
	trust_found_text(&text, &w->found);
	assert_true(str_ends(buf_str(&text), "(ci)"));
	/* The same beside it. */
	if (verify(w, buf_str(&u), buf_str(&s)) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(w->found.nsigners, 1);
	/* And both at once: one key is one signer. */
	assert_int_equal(verify(w, buf_str(&f), buf_str(&s)), 0);
	assert_int_equal(w->found.nsigners, 1);
}

static void
forgeries_fail(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX), f = BUF(MAX);
	CLEANUP(buf_free) struct buf other = BUF(MAX), moved = BUF(MAX);
	CLEANUP(buf_free) struct buf theirs = BUF(MAX), bad = BUF(MAX);

	pack_plain(w, &u);
	pack(w, &other, "com.example.app", "v1.0.0", STR("\0asm\1\0\0\0\0\1x"));
	sign_with(&s, w->alice, buf_str(&u), NULL);
	embed(&f, buf_str(&u), buf_str(&s));
	/* A changed byte, wherever it is. */
	for (size_t i = 0; i < u.n - 2; i += 7) {
		f.p[i] ^= 1;
		assert_int_equal(verify(w, buf_str(&f), STR("")), -1);
		assert_null(w->found.bundle);
		f.p[i] ^= 1;
	}
	/* The signature of one on another; and D24, a byte more. */
	embed(&moved, buf_str(&other), buf_str(&s));
	refused(w, buf_str(&moved), STR(""), "does not hold");
	buf_add(&u, STR("x"));
	assert_int_equal(verify(w, buf_str(&u), buf_str(&s)), -1);
	u.n--;
	/* Another's key; and nobody's signature. */
	sign_with(&theirs, w->mallory, buf_str(&u), NULL);
	embed(&bad, buf_str(&u), buf_str(&theirs));
	refused(w, buf_str(&bad), STR(""), "not one that is trusted");
	refused(w, buf_str(&u), STR(""), "nobody signed it");
	/* One inside that holds, and one beside it that does not. */
	theirs.n = 0;
	sign_with(&theirs, w->alice, buf_str(&other), NULL);
	refused(w, buf_str(&f), buf_str(&theirs), "does not hold");
	/* D58: a stranger's is told and nothing more. */
	theirs.n = 0;
	sign_with(&theirs, w->mallory, buf_str(&u), NULL);
	assert_int_equal(verify(w, buf_str(&f), buf_str(&theirs)), 0);
	assert_int_equal(w->found.nunknown, 1);
}

static void
lie_name(struct sign_claim *c)
{
	c->name = STR("com.example.other");
}

static void
lie_version(struct sign_claim *c)
{
	c->version = STR("v2.0.0");
}

static void
lie_digest(struct sign_claim *c)
{
	c->sha256.b[0] ^= 1;
}

static void
lie_size(struct sign_claim *c)
{
	c->size++;
}

static void
expire(struct sign_claim *c)
{
	c->expires = NOW;
}

static void
what_a_comment_says_has_to_be_so(void **state)
{
	static const struct {
		void (*lie)(struct sign_claim *c);
		const char *because;
	} cases[] = {
		{ lie_name, "name differs" }, /* D36 */
		{ lie_version, "version differs" },
		{ lie_digest, "digest differs" }, { lie_size, "size differs" },
		{ expire, "expired" }, /* D32 */
	};
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX);

	pack_plain(w, &u);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf s = BUF(MAX);

		sign_with(&s, w->alice, buf_str(&u), cases[i].lie);
		refused(w, buf_str(&u), buf_str(&s), cases[i].because);
	}
}

/* D38: a key of the comment that is not known, though it is signed. */
static void
an_unknown_word_in_the_comment_is_refused(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	struct sign_sums sums;
	struct str whole;

	pack_plain(w, &u);
	whole = buf_str(&u);
	sums = sign_sums(&whole, 1);
	assert_int_equal(sign_make(&s, w->alice, &sums,
			     STR("subo-bundle/1\tfoo=bar"), &w->e),
	    0);
	refused(w, buf_str(&u), buf_str(&s), "trusted comment");
}

/* ---- what was seen ---- */

static void
d31_an_older_version_is_not_taken_again(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf old = BUF(MAX), new = BUF(MAX);

	w->want.memory = w->memory;
	w->want.allow_unsigned = true;
	pack(w, &old, "com.example.app", "v1.9.0", STR("\0asm\1\0\0\0"));
	pack(w, &new, "com.example.app", "v1.10.0", STR("\0asm\1\0\0\0"));
	assert_int_equal(verify(w, buf_str(&old), STR("")), 0);
	assert_int_equal(verify(w, buf_str(&new), STR("")), 0);
	assert_int_equal(verify(w, buf_str(&new), STR("")), 0);
	refused(w, buf_str(&old), STR(""), "below v1.10.0");
	w->want.allow_downgrade = true;
	assert_int_equal(verify(w, buf_str(&old), STR("")), 0);
	w->want.allow_downgrade = false;
	assert_int_equal(verify(w, buf_str(&old), STR("")), 0);
}

static void
what_was_signed_is_not_taken_unsigned(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	w->want.memory = w->memory;
	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	assert_int_equal(verify(w, buf_str(&u), buf_str(&s)), 0);
	w->want.allow_unsigned = true;
	refused(w, buf_str(&u), STR(""), "was signed before");
	w->want.allow_downgrade = true;
	assert_int_equal(verify(w, buf_str(&u), STR("")), 0);
}

static void
a_spoiled_memory_is_an_error(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	w->want.memory = w->memory;
	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	assert_int_equal(
	    os_replace(w->memory, STR("{\"v\":2}"), 0600, &w->e), 0);
	assert_int_equal(verify(w, buf_str(&u), buf_str(&s)), -1);
	assert_int_equal(w->e.kind, ERR_INPUT);
}

/* ---- policies ---- */

static void
set_policy(struct world *w, struct trust_policy **p, const char *rest)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX), key = BUF(400);
	struct str line, all;

	trust_policy_free(p);
	buf_addf(&text, "version: 1\nkeys:\n");
	for (size_t i = 0; i < COUNT(w->keys); i++) {
		key.n = 0;
		sign_public_text(&key, &w->keys[i]);
		all = buf_str(&key);
		str_cut(&all, '\n', &line);
		str_cut(&all, '\n', &line);
		buf_addf(&text, "  %s: " STR_F "\n", i == 0 ? "alice" : "ci",
		    STR_A(line));
	}
	buf_addf(&text, "%s", rest);
	if (trust_policy_parse(p, buf_str(&text), "trust.yaml", NOW, &w->e) < 0)
		fail_msg("%s", w->e.text);
	w->want.policy = *p;
	w->want.nkeys = 0;
}

static void
a_policy_asks_for_keys_roles_and_versions(void **state)
{
	static const struct {
		const char *rest, *because; /* NULL: it is taken */
	} cases[] = {
		{ "scopes: {com.example: {keys: [alice]}}\n", NULL },
		{ "scopes: {com.example.app: {keys: [alice]}}\n", NULL },
		{ "scopes: {'*': {keys: [alice]}}\n", NULL },
		{ "scopes: {com.examp: {keys: [alice]}}\n", "no scope" },
		{ "scopes: {com.example: {keys: [ci]}}\n", "0 of 1" },
		{ "scopes: {com.example: {keys: [alice, ci]}}\n", NULL },
		/* D40 */
		{ "scopes: {com.example: {keys: [alice, ci], threshold: 2}}\n",
		    "1 of 2" },
		/* D42 */
		{ "scopes: {com.example: {keys: [alice], roles: [release]}}\n",
		    "role" },
		{ "scopes: {com.example: {keys: [alice], roles: [ci]}}\n",
		    NULL },
		/* The longest prefix counts. */
		{ "scopes: {com: {keys: [alice]}, com.example: {keys: "
		  "[ci]}}\n",
		    "0 of 1" },
		{ "scopes: {com: {keys: [alice], minVersion: v1.0.0}}\n",
		    NULL },
		{ "scopes: {com: {keys: [alice], minVersion: v1.0.1}}\n",
		    "below" },
	};
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		set_policy(w, &p, cases[i].rest);
		if (cases[i].because)
			refused(w, buf_str(&u), buf_str(&s), cases[i].because);
		else if (verify(w, buf_str(&u), buf_str(&s)) < 0)
			fail_msg("%s: %s", cases[i].rest, w->e.text);
	}
	/* Keys are counted, not signatures: D40 with both. */
	set_policy(w, &p, "scopes: {com: {keys: [alice, ci], threshold: 2}}\n");
	sign_with(&s, w->alice, buf_str(&u), NULL);
	refused(w, buf_str(&u), buf_str(&s), "1 of 2");
	sign_with(&s, w->ci, buf_str(&u), NULL);
	if (verify(w, buf_str(&u), buf_str(&s)) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(w->found.nsigners, 2);
}

static void
what_is_revoked_is_refused(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	struct digest d;
	char text[400], id[SIGN_ID], hex[DIGEST_HEX];

	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	sign_id(w->keys[0].id, id);
	(void)snprintf(text, sizeof(text),
	    "scopes: {com: {keys: [alice]}}\nrevoked: {keys: ['%s']}\n", id);
	set_policy(w, &p, text);
	refused(w, buf_str(&u), buf_str(&s), "is revoked");
	d = sign_digest(buf_str(&u)); /* D44 */
	digest_hex(&d, hex);
	(void)snprintf(text, sizeof(text),
	    "scopes: {com: {keys: [alice]}}\n"
	    "revoked: {bundles: ['sha256:%s']}\n",
	    hex);
	set_policy(w, &p, text);
	refused(w, buf_str(&u), buf_str(&s), "bundle is revoked");
}

static void
policies_are_read_strictly(void **state)
{
	static const struct {
		const char *text, *because;
		enum err_kind kind;
	} cases[] = {
		{ "", "a map", ERR_INPUT },
		{ "version: 0\n", "version", ERR_INPUT },
		{ "version: 1\nfoo: 2\n", "'foo' is no key", ERR_INPUT },
		{ "version: 1\nkeys: {a: RW}\n", "key 'a'", ERR_INPUT },
		{ "version: 1\nkeys: [a]\n", "map", ERR_INPUT },
		{ "version: 1\nscopes: {x: {}}\n", "`keys`", ERR_INPUT },
		{ "version: 1\nscopes: {x: {keys: []}}\n", "at least one",
		    ERR_INPUT },
		{ "version: 1\nscopes: {x: {keys: [a]}}\n", "no key 'a'",
		    ERR_INPUT },
		{ "version: 1\nexpires: soon\n", "a time is like", ERR_INPUT },
		/* D34 */
		{ "version: 1\nexpires: 2027-01-01\n", "expired", ERR_TRUST },
		{ "version: 1\nexpires: 2027-01-14T00:00:00Z\n", "expired",
		    ERR_TRUST },
		{ "version: 1\nrevoked: {keys: [x]}\n", "16 hex", ERR_INPUT },
		{ "version: 1\nrevoked: {bundles: [x]}\n", "sha256",
		    ERR_INPUT },
		{ "version: 1\nversion: 2\n", "", ERR_INPUT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trust_policy *p = NULL;
		struct err e = ERR;

		if (trust_policy_parse(
			&p, str_of(cases[i].text), "t.yaml", NOW, &e) == 0)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(e.kind, cases[i].kind);
		if (!strstr(e.text, cases[i].because) ||
		    !strstr(e.text, "t.yaml"))
			fail_msg("%s: %s", cases[i].text, e.text);
	}
}

static void
a_policy_is_signed_by_its_root(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf s = BUF(MAX);
	struct str text = STR("version: 1\n");
	struct sign_sums sums = sign_sums(&text, 1);

	assert_int_equal(sign_make(&s, w->alice, &sums, STR("root"), &w->e), 0);
	assert_int_equal(
	    trust_policy_holds(text, buf_str(&s), &w->keys[0], &w->e), 0);
	assert_int_equal(
	    trust_policy_holds(text, buf_str(&s), &w->keys[1], &w->e), -1);
	assert_int_equal(w->e.kind, ERR_TRUST);
	assert_int_equal(trust_policy_holds(STR("version: 2\n"), buf_str(&s),
			     &w->keys[0], &w->e),
	    -1);
	assert_int_equal(
	    trust_policy_holds(text, STR("x"), &w->keys[0], &w->e), -1);
	assert_int_equal(w->e.kind, ERR_INPUT);
}

static void
versions_have_an_order(void **state)
{
	/* semver.org 2.0.0, 11.4, and some of ours. */
	static const char *const rising[] = { "none", "v0.9.9", "1.0.0-alpha",
		"v1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
		"v1.0.0-beta.2", "1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0",
		"1.0.1", "v1.2.0", "v1.10.0", "v2.0.0",
		"v18446744073709551616.0.0" };

	(void)state;
	for (size_t i = 0; i < COUNT(rising); i++)
		for (size_t k = 0; k < COUNT(rising); k++) {
			int d = trust_version_cmp(
			    str_of(rising[i]), str_of(rising[k]));

			if ((d > 0) != (i > k) || (d < 0) != (i < k))
				fail_msg("%s, %s: %d", rising[i], rising[k], d);
		}
	assert_int_equal(trust_version_cmp(STR("v1.0.0+a"), STR("1.0.0+b")), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_signed_bundle_is_taken),
		T(forgeries_fail),
		T(what_a_comment_says_has_to_be_so),
		T(an_unknown_word_in_the_comment_is_refused),
		T(d31_an_older_version_is_not_taken_again),
		T(what_was_signed_is_not_taken_unsigned),
		T(a_spoiled_memory_is_an_error),
		T(a_policy_asks_for_keys_roles_and_versions),
		T(what_is_revoked_is_refused),
		T(policies_are_read_strictly),
		T(a_policy_is_signed_by_its_root),
		T(versions_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

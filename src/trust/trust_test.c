/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>
#include <unistd.h>

#include "trust/policy.h"
#include "trust/world.h"

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

/* In a process of its own. */
static void
remember_many(const char *path, int who)
{
	struct seen s = { .known = true, .was_signed = true };
	struct err e = ERR;
	char name[40];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(
		    name, sizeof(name), "com.example.a%d.b%d", who, i);
		if (memory_put(path, str_of(name), &s, &e) < 0)
			_exit(1);
	}
	_exit(0);
}

static void
what_many_see_at_once_is_all_remembered(void **state)
{
	struct world *w = *state;
	struct seen s;
	char name[40];
	pid_t pids[6];
	int status;

	for (int i = 0; i < (int)COUNT(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			remember_many(w->memory, i);
	}
	for (size_t i = 0; i < COUNT(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < (int)COUNT(pids) * 20; i++) {
		(void)snprintf(
		    name, sizeof(name), "com.example.a%d.b%d", i / 20, i % 20);
		assert_int_equal(
		    memory_get(&s, w->memory, str_of(name), &w->e), 0);
		assert_true(s.known && s.was_signed);
	}
}

/* ---- policies ---- */

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

static int
policy_holds(struct world *w, const char *text, struct str s, unsigned n)
{
	w->e = (struct err)ERR;
	return trust_policy_holds(
	    str_of(text), &s, s.n > 0, &w->want, n, &w->e);
}

static void
a_policy_is_signed_by_its_root(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf s = BUF(MAX);
	const char *text = "version: 1\n";

	sign_text(&s, w->alice, str_of(text), STR("root"));
	assert_int_equal(policy_holds(w, text, buf_str(&s), 1), 0);
	assert_int_equal(policy_holds(w, "version: 2\n", buf_str(&s), 1), -1);
	assert_int_equal(w->e.kind, ERR_TRUST);
	assert_int_equal(policy_holds(w, text, STR(""), 1), -1);
	assert_int_equal(w->e.kind, ERR_TRUST);
	assert_int_equal(policy_holds(w, text, STR("x"), 1), -1);
	assert_int_equal(w->e.kind, ERR_INPUT);
	w->want.keys = &w->keys[1];
	assert_int_equal(policy_holds(w, text, buf_str(&s), 1), -1);
	assert_int_equal(w->e.kind, ERR_TRUST);
}

/* Some of its roots are enough. */
static void
a_policy_is_signed_by_k_of_n_roots(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf s = BUF(MAX);
	const char *text = "version: 1\n";

	w->want.nkeys = 2;
	sign_text(&s, w->alice, str_of(text), STR("root"));
	sign_text(&s, w->mallory, str_of(text), STR("root"));
	sign_text(&s, w->alice, str_of(text), STR("root"));
	assert_int_equal(policy_holds(w, text, buf_str(&s), 1), 0);
	assert_int_equal(policy_holds(w, text, buf_str(&s), 2), -1);
	assert_non_null(strstr(w->e.text, "1 of 2 keys that are its roots"));
	/* One that follows her is no second root. */
	hand_over(w, w->alice, w->mallory);
	assert_int_equal(policy_holds(w, text, buf_str(&s), 2), -1);
	assert_non_null(strstr(w->e.text, "count as one"));
	sign_text(&s, w->ci, str_of(text), STR("root"));
	assert_int_equal(policy_holds(w, text, buf_str(&s), 2), 0);
}

/* ---- what a policy asks beside that ---- */

static int
seen(struct world *w, const struct trust_policy *p, const char *id)
{
	return trust_policy_seen(p, w->memory, str_of(id), false, &w->e);
}

static void
a_policy_whose_file_is_gone_is_forgotten(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *one = NULL, *two = NULL;
	CLEANUP(buf_free) struct buf text = BUF(MAX);
	char here[100], gone[100];

	(void)snprintf(here, sizeof(here), "%s/here.yaml", w->dir);
	(void)snprintf(gone, sizeof(gone), "%s/gone.yaml", w->dir);
	assert_int_equal(os_create(here, STR("x"), 0600, &w->e), 0);
	assert_int_equal(
	    trust_policy_parse(&one, STR("version: 1\n"), "t", NOW, &w->e), 0);
	assert_int_equal(
	    trust_policy_parse(&two, STR("version: 2\n"), "t", NOW, &w->e), 0);
	assert_int_equal(seen(w, two, here), 0);
	assert_int_equal(seen(w, two, gone), 0);
	assert_int_equal(seen(w, two, "RWroot"), 0);
	assert_int_equal(os_read(&text, w->memory, &w->e), 0);
	assert_null(strstr(buf_cstr(&text), "gone.yaml"));
	assert_int_equal(seen(w, one, here), -1);
	assert_int_equal(seen(w, one, gone), 0);
	assert_int_equal(seen(w, one, "RWroot"), -1);
}

static void
a_policy_that_has_expired_since_it_was_read_counts_no_more(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	set_policy(
	    w, &p, "expires: 2027-01-16\nscopes: {com: {keys: [alice]}}\n");
	taken_from(w, buf_str(&u), buf_str(&s), NULL);
	w->want.now_s = trust_policy_expires(p) - 1;
	taken_from(w, buf_str(&u), buf_str(&s), NULL);
	w->want.now_s = trust_policy_expires(p); /* D34 */
	refused(w, buf_str(&u), buf_str(&s), "the policy has expired");
}

static void
an_older_policy_is_not_taken_again(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *one = NULL, *two = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	struct str id = STR("RWroot");

	assert_int_equal(
	    trust_policy_parse(&one, STR("version: 9\n"), "t", NOW, &w->e), 0);
	assert_int_equal(
	    trust_policy_parse(&two, STR("version: 10\n"), "t", NOW, &w->e), 0);
	assert_int_equal(
	    trust_policy_seen(one, w->memory, id, false, &w->e), 0);
	assert_int_equal(
	    trust_policy_seen(two, w->memory, id, false, &w->e), 0);
	/* What is remembered of bundles does not replace it. */
	w->want.memory = w->memory;
	pack_plain(w, &u);
	sign_with(&s, w->alice, buf_str(&u), NULL);
	assert_int_equal(verify(w, buf_str(&u), buf_str(&s)), 0);
	assert_int_equal(
	    trust_policy_seen(one, w->memory, id, false, &w->e), -1);
	assert_int_equal(w->e.kind, ERR_TRUST);
	assert_non_null(strstr(w->e.text, "9 is below 10"));
	/* Another policy is another; without a memory nothing is known. */
	assert_int_equal(
	    trust_policy_seen(one, w->memory, STR("/x"), false, &w->e), 0);
	assert_int_equal(trust_policy_seen(one, NULL, id, false, &w->e), 0);
	assert_int_equal(trust_policy_seen(one, w->memory, id, true, &w->e), 0);
	assert_int_equal(
	    trust_policy_seen(one, w->memory, id, false, &w->e), 0);
	/* Nor does it replace what is remembered of bundles. */
	w->want.allow_unsigned = true;
	refused(w, buf_str(&u), STR(""), "was signed before");
}

static void
a_policy_can_require_provenance(void **state)
{
#define STATEMENT \
	"\"_type\":\"https://in-toto.io/Statement/v1\"," \
	"\"predicateType\":\"https://slsa.dev/provenance/v1\"," \
	"\"predicate\":{}"
#define SUBJECT "{\"name\":\"f.wasm\",\"digest\":{\"sha256\":\"%s\"}}"
	static const struct {
		const char *text, *because; /* NULL: there is none, it is
					       taken */
	} cases[] = {
		{ NULL, "there is none in it" },
		{ "{" STATEMENT ",\"subject\":[" SUBJECT "]}", NULL },
		{ "{" STATEMENT ",\"subject\":[{\"name\":\"x\"}," SUBJECT "]}",
		    NULL },
		{ "{" STATEMENT ",\"subject\":[]}", "about nothing" },
		{ "{" STATEMENT "}", "about nothing" },
		{ "{" STATEMENT ",\"subject\":[{\"name\":\"f.wasm\"}]}",
		    "not about its modules" },
		{ "{" STATEMENT ",\"subject\":[{\"name\":\"g.wasm\","
		  "\"digest\":{\"sha256\":\"%s\"}}]}",
		    "not about its modules" },
		{ "{" STATEMENT ",\"subject\":[{\"name\":\"f.wasm\",\"digest\":"
		  "{\"sha256\":\"" SUM0 "\"}}]}",
		    "not about its modules" },
		{ "{\"_type\":\"x\",\"subject\":[" SUBJECT "]}",
		    "none of SLSA" },
		{ "{\"subject\":[" SUBJECT "]", "none of SLSA" },
	};
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	struct str module = STR("\0asm\1\0\0\0");
	struct digest d = sign_digest(module);
	char hex[DIGEST_HEX];

	digest_hex(&d, hex);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
		CLEANUP(buf_free) struct buf text = BUF(MAX);
		const char *at =
		    cases[i].text ? strstr(cases[i].text, "%s") : NULL;

		if (at)
			buf_addf(&text, "%.*s%s%s", (int)(at - cases[i].text),
			    cases[i].text, hex, at + 2);
		else
			buf_add(&text, str_of(cases[i].text));
		pack_with(
		    w, &u, "com.example.app", "v1.0.0", module, buf_str(&text));
		sign_with(&s, w->alice, buf_str(&u), NULL);
		set_policy(w, &p,
		    "scopes: {com: {keys: [alice], require: [minisign, "
		    "provenance]}}\n");
		if (cases[i].because)
			refused(w, buf_str(&u), buf_str(&s), cases[i].because);
		else
			taken_from(w, buf_str(&u), buf_str(&s), NULL);
		set_policy(w, &p,
		    "scopes: {com: {keys: [alice], require: [minisign]}}\n");
		taken_from(w, buf_str(&u), buf_str(&s), NULL);
	}
}

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
		T(what_many_see_at_once_is_all_remembered),
		T(a_policy_asks_for_keys_roles_and_versions),
		T(what_is_revoked_is_refused),
		T(a_policy_is_signed_by_its_root),
		T(a_policy_is_signed_by_k_of_n_roots),
		T(a_policy_that_has_expired_since_it_was_read_counts_no_more),
		T(an_older_policy_is_not_taken_again),
		T(a_policy_whose_file_is_gone_is_forgotten),
		T(a_policy_can_require_provenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

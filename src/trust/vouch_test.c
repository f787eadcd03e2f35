/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed in another form counts as who signed in minisign's. */
#include "trust/world.h"

#define OTHER "SHA256:" SUM0

/* What alice, ci or another signed in that form is file. */
static void
vouch(struct world *w, struct trust_vouched *v, struct str file,
    const struct sign_public *key)
{
	*v = (struct trust_vouched){ .sha256 = sign_digest(file), .key = key };
	if (!key)
		v->other = OTHER;
	w->want.vouched = v;
	w->want.nvouched = 1;
}

static void
a_trusted_key_that_vouches_for_the_file_is_enough(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX), said = BUF(200);
	struct world *w = *state;
	struct trust_vouched v;

	pack_plain(w, &b);
	refused(w, buf_str(&b), STR(""), "nobody signed it");
	vouch(w, &v, buf_str(&b), &w->keys[0]);
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	assert_int_equal(w->found.nsigners, 1);
	assert_true(w->found.signers[0].cosign);
	assert_false(w->found.signers[0].has_claim);
	assert_non_null(w->found.bundle);
	trust_found_text(&said, &w->found);
	assert_non_null(strstr(buf_cstr(&said), w->found.signers[0].id));
	assert_non_null(strstr(buf_cstr(&said), "(cosign)"));
}

static void
so_is_one_of_another_kind_that_whoever_asks_trusts(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX);
	struct world *w = *state;
	struct trust_vouched v;

	pack_plain(w, &b);
	vouch(w, &v, buf_str(&b), NULL);
	w->want.nkeys = 0;
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	assert_int_equal(w->found.nsigners, 1);
	assert_true(w->found.signers[0].other);
	assert_string_equal(w->found.signers[0].id, OTHER);
}

static void
it_has_to_be_this_file(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX), other = BUF(MAX);
	struct world *w = *state;
	struct trust_vouched v;

	pack_plain(w, &b);
	pack(w, &other, "com.example.app", "v1.0.1", STR("\0asm\1\0\0\0"));
	vouch(w, &v, buf_str(&other), &w->keys[0]);
	refused(w, buf_str(&b), STR(""), "the digest differs");
	vouch(w, &v, buf_str(&other), NULL);
	refused(w, buf_str(&b), STR(""), "the digest differs");
}

static void
one_who_is_not_trusted_vouches_for_nothing(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX);
	struct world *w = *state;
	struct trust_vouched v;

	pack_plain(w, &b);
	vouch(w, &v, buf_str(&b), &w->keys[1]);
	refused(w, buf_str(&b), STR(""), "nobody signed it");
	w->want.nvouched = 0;
	w->want.nstrangers = 2;
	refused(w, buf_str(&b), STR(""), "no key that is trusted");
	w->want.allow_unsigned = true;
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	assert_int_equal(w->found.nsigners, 0);
	assert_int_equal(w->found.nunknown, 2);
}

static void
a_policy_may_ask_for_minisigns_form(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX), sig = BUF(MAX);
	struct world *w = *state;
	struct trust_policy *p = NULL;
	struct trust_vouched v;

	pack_plain(w, &b);
	sign_with(&sig, w->alice, buf_str(&b), NULL);
	vouch(w, &v, buf_str(&b), &w->keys[0]);
	set_policy(w, &p, "scopes: {com.example: {keys: [alice]}}\n");
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	set_policy(w, &p,
	    "scopes: {com.example: {keys: [alice], require: [minisign]}}\n");
	refused(w, buf_str(&b), STR(""), "not in minisign's form");
	assert_int_equal(verify(w, buf_str(&b), buf_str(&sig)), 0);
	trust_policy_free(&p);
}

static void
a_key_counts_once_in_whatever_form_it_signs(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX), sig = BUF(MAX);
	struct world *w = *state;
	struct trust_policy *p = NULL;
	struct trust_vouched v[3];

	pack_plain(w, &b);
	sign_with(&sig, w->alice, buf_str(&b), NULL);
	vouch(w, &v[1], buf_str(&b), &w->keys[0]);
	vouch(w, &v[2], buf_str(&b), &w->keys[1]);
	vouch(w, &v[0], buf_str(&b), &w->keys[0]);
	w->want.nvouched = 2;
	assert_int_equal(verify(w, buf_str(&b), buf_str(&sig)), 0);
	assert_int_equal(w->found.nsigners, 1);
	assert_false(w->found.signers[0].cosign);
	set_policy(w, &p,
	    "scopes:\n  com.example: {keys: [alice, ci], threshold: 2}\n");
	refused(w, buf_str(&b), buf_str(&sig), "1 of 2 keys");
	w->want.nvouched = 3;
	assert_int_equal(verify(w, buf_str(&b), buf_str(&sig)), 0);
	assert_int_equal(w->found.nsigners, 2);
	trust_policy_free(&p);
}

static void
a_policy_asks_for_its_own_keys_and_roles(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX);
	struct world *w = *state;
	struct trust_policy *p = NULL;
	struct trust_vouched v;

	pack_plain(w, &b);
	vouch(w, &v, buf_str(&b), &w->keys[0]);
	set_policy(w, &p, "scopes:\n  com.example: {keys: [ci]}\n");
	refused(w, buf_str(&b), STR(""), "0 of 1 keys");
	set_policy(w, &p, "scopes:\n  com.example: {keys: [alice]}\n");
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	set_policy(
	    w, &p, "scopes:\n  com.example: {keys: [alice], roles: [ci]}\n");
	refused(w, buf_str(&b), STR(""), "in a role it does not take");
	vouch(w, &v, buf_str(&b), NULL);
	set_policy(w, &p, "scopes:\n  com.example: {keys: [alice]}\n");
	refused(w, buf_str(&b), STR(""), "0 of 1 keys");
	set_policy(w, &p, "scopes:\n  org.other: {keys: [alice]}\n");
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	trust_policy_free(&p);
}

static void
a_key_that_is_revoked_vouches_for_nothing(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX);
	struct world *w = *state;
	struct trust_policy *p = NULL;
	struct trust_vouched v;

	pack_plain(w, &b);
	vouch(w, &v, buf_str(&b), &w->keys[0]);
	take_back(
	    w, &p, "scopes:\n  com.example: {keys: [alice]}\n", w->alice, true);
	refused(w, buf_str(&b), STR(""), "is revoked");
	trust_policy_free(&p);
}

static void
a_key_that_follows_a_trusted_one_vouches_as_that(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX);
	struct world *w = *state;
	struct trust_vouched v;

	pack_plain(w, &b);
	vouch(w, &v, buf_str(&b), sign_secret_public(w->ci));
	refused(w, buf_str(&b), STR(""), "nobody signed it");
	hand_over(w, w->alice, w->ci);
	taken_from(w, buf_str(&b), STR(""), &w->keys[0]);
}

static void
what_was_vouched_for_before_may_not_be_unsigned_now(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX);
	struct world *w = *state;
	struct trust_vouched v;

	pack_plain(w, &b);
	w->want.memory = w->memory;
	vouch(w, &v, buf_str(&b), NULL);
	assert_int_equal(verify(w, buf_str(&b), STR("")), 0);
	w->want.nvouched = 0;
	w->want.allow_unsigned = true;
	refused(w, buf_str(&b), STR(""), "was signed before");
}

static void
all_whose_signatures_could_count_are_named(void **state)
{
	struct world *w = *state;
	struct trust_policy *p = NULL;
	const struct sign_public *v;
	size_t n;

	v = trust_keys(&n, &w->want, w->arena);
	assert_int_equal(n, 1);
	assert_true(sign_public_eq(&v[0], &w->keys[0]));
	hand_over(w, w->alice, w->mallory);
	v = trust_keys(&n, &w->want, w->arena);
	assert_int_equal(n, 2);
	assert_true(sign_public_eq(&v[1], sign_secret_public(w->mallory)));
	set_policy(w, &p, "scopes:\n  com.example: {keys: [alice]}\n");
	v = trust_keys(&n, &w->want, w->arena);
	assert_int_equal(n, 3);
	assert_true(sign_public_eq(&v[1], &w->keys[1]));
	trust_policy_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_trusted_key_that_vouches_for_the_file_is_enough),
		T(so_is_one_of_another_kind_that_whoever_asks_trusts),
		T(it_has_to_be_this_file),
		T(one_who_is_not_trusted_vouches_for_nothing),
		T(a_policy_may_ask_for_minisigns_form),
		T(a_key_counts_once_in_whatever_form_it_signs),
		T(a_policy_asks_for_its_own_keys_and_roles),
		T(a_key_that_is_revoked_vouches_for_nothing),
		T(a_key_that_follows_a_trusted_one_vouches_as_that),
		T(what_was_vouched_for_before_may_not_be_unsigned_now),
		T(all_whose_signatures_could_count_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

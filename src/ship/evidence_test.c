/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ship/evidence.h"

struct world {
	struct arena *a;
	struct sign_secret *ours, *theirs;
	struct sign_public key;
	struct cosign_key pem;
	struct trust_want want;
	struct ship_pull pull;
	struct digest manifest;
	struct err e;
};

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));

	w->a = arena_new();
	w->ours = sign_secret_new();
	w->theirs = sign_secret_new();
	w->key = *sign_secret_public(w->ours);
	w->pem = cosign_key_of(sign_secret_public(w->theirs));
	w->want = (struct trust_want){ .keys = &w->key, .nkeys = 1 };
	w->pull.trust = &w->want;
	w->manifest = sign_digest(STR("a manifest"));
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	sign_secret_free(&w->ours);
	sign_secret_free(&w->theirs);
	arena_free(&w->a);
	mem_free(w);
	return 0;
}

static void
add(struct world *w, struct evidence *v, const struct sign_secret *key)
{
	struct str payload =
	    cosign_payload(w->a, STR("host/name"), &w->manifest);

	assert_int_equal(
	    evidence_add(v, payload, cosign_sign(w->a, key, payload), &w->e),
	    0);
	assert_int_equal(evidence_add(v, cosign_bundle(w->a, key, &w->manifest),
			     STR(""), &w->e),
	    0);
}

static void
both_forms_are_kept_and_checked_again(void **state)
{
	struct world *w = *state;
	struct evidence v, again;

	evidence_begin(&v, w->a, &w->pull, &w->manifest);
	add(w, &v, w->ours);
	add(w, &v, w->theirs);
	assert_int_equal(v.nvouched, 2);
	assert_int_equal(v.strangers, 2);
	evidence_begin(&again, w->a, &w->pull, &w->manifest);
	evidence_read(&again, evidence_text(&v));
	assert_int_equal(again.nvouched, 2);
	assert_int_equal(again.strangers, 0);
	assert_true(sign_public_eq(again.vouched[0].key, &w->key));
	assert_true(sign_public_eq(again.vouched[1].key, &w->key));
}

static void
what_was_kept_is_worth_nothing_for_others(void **state)
{
	struct digest other = sign_digest(STR("another"));
	struct world *w = *state;
	struct evidence v, again;

	evidence_begin(&v, w->a, &w->pull, &w->manifest);
	add(w, &v, w->ours);
	evidence_begin(&again, w->a, &w->pull, &other);
	evidence_read(&again, evidence_text(&v));
	assert_int_equal(again.nvouched, 0);
	w->want.nkeys = 0;
	evidence_begin(&again, w->a, &w->pull, &w->manifest);
	evidence_read(&again, evidence_text(&v));
	assert_int_equal(again.nvouched, 0);
	assert_int_equal(again.strangers, 2);
}

static void
a_key_in_pem_is_told_by_its_digest(void **state)
{
	struct digest d, file = sign_digest(STR("a file"));
	struct world *w = *state;
	char text[7 + DIGEST_HEX] = "SHA256:";
	struct trust_want t = { 0 };
	struct evidence v;

	w->pull.cosign = &w->pem;
	w->pull.ncosign = 1;
	evidence_begin(&v, w->a, &w->pull, &w->manifest);
	add(w, &v, w->theirs);
	evidence_give(&v, &t, &file);
	assert_int_equal(t.nvouched, 2);
	assert_int_equal(t.nstrangers, 0);
	assert_null(t.vouched[0].key);
	d = cosign_key_digest(&w->pem);
	digest_hex(&d, text + 7);
	assert_string_equal(t.vouched[0].other, text);
	assert_true(digest_eq(&t.vouched[1].sha256, &file));
}

static void
what_is_no_such_file_holds_nothing(void **state)
{
	static const char *const texts[] = { "", "7", "[]", "{", "{}",
		"{\"signatures\":7}", "{\"signatures\":[7,null,\"x\",{},[]]}",
		"{\"signatures\":[{\"text\":\"!\",\"signature\":\"AAAA\"}]}",
		"{\"signatures\":[{\"text\":\"e30=\"}]}",
		"{\"signatures\":{\"text\":\"e30=\"}}" };
	struct world *w = *state;
	struct evidence v;

	for (size_t i = 0; i < COUNT(texts); i++) {
		evidence_begin(&v, w->a, &w->pull, &w->manifest);
		evidence_read(&v, str_of(texts[i]));
		assert_int_equal(v.nvouched + v.strangers, 0);
		assert_int_equal(evidence_text(&v).n, 0);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_forms_are_kept_and_checked_again),
		T(what_was_kept_is_worth_nothing_for_others),
		T(a_key_in_pem_is_told_by_its_digest),
		T(what_is_no_such_file_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

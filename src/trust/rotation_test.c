/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/world.h"

static void
a_key_that_follows_counts_as_the_one_it_follows(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	CLEANUP(buf_free) struct buf text = BUF(400);

	pack_plain(w, &u);
	sign_with(&s, w->ci, buf_str(&u), NULL);
	refused(w, buf_str(&u), buf_str(&s), "not one that is trusted");
	hand_over(w, w->alice, w->ci);
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	trust_found_text(&text, &w->found);
	assert_non_null(strstr(buf_cstr(&text), "(ci), which follows "));
	/* The old one still counts. */
	s.n = 0;
	sign_with(&s, w->alice, buf_str(&u), NULL);
	taken_from(w, buf_str(&u), buf_str(&s), NULL);
	/* Who is not trusted hands nothing over; nor does one who was not
	 * asked. */
	w->want.nrotations = 0;
	s.n = 0;
	sign_with(&s, w->ci, buf_str(&u), NULL);
	hand_over(w, w->mallory, w->ci);
	refused(w, buf_str(&u), buf_str(&s), "which is not trusted");
	w->want.nrotations = 0;
	hand_over(w, w->ci, w->alice);
	refused(w, buf_str(&u), buf_str(&s), "not one that is trusted");
}

static void
a_key_follows_for_names_and_from_a_day_on(void **state)
{
	static const struct {
		const char *scope;
		int64_t not_before;
		const char *because;
	} cases[] = {
		{ "", 0, NULL },
		{ "com.example", 0, NULL },
		{ "com.example.app", 0, NULL },
		{ "com.example.app.x", 0,
		    "only for names in com.example.app.x" },
		{ "com.examp", 0, "only for names in com.examp" },
		{ "", NOW, NULL },
		{ "", NOW + 1, "but only from 2027-01-15 on" },
		{ "com.example", NOW + 86400, "but only from 2027-01-16 on" },
	};
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	pack_plain(w, &u);
	sign_with(&s, w->ci, buf_str(&u), NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sign_rotation r = rotation(w->alice, w->ci);

		r.scope = str_of(cases[i].scope);
		r.not_before = cases[i].not_before;
		w->want.nrotations = 0;
		hand_over_as(w, w->alice, &r);
		if (cases[i].because)
			refused(w, buf_str(&u), buf_str(&s), cases[i].because);
		else
			taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	}
	/* Without a policy and for another name, it is not signed. */
	w->want.nrotations = 0;
	{
		struct sign_rotation r = rotation(w->alice, w->ci);

		r.scope = STR("org.example");
		hand_over_as(w, w->alice, &r);
	}
	w->want.allow_unsigned = true;
	assert_int_equal(verify(w, buf_str(&u), buf_str(&s)), 0);
	assert_int_equal(w->found.nsigners, 0);
	assert_int_equal(w->found.nunknown, 1);
}

/* Each key of a row, the first of which is alice's. */
static void
row(struct world *w, struct sign_secret **keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		keys[i] = sign_secret_new();
		hand_over(w, i == 0 ? w->alice : keys[i - 1], keys[i]);
	}
}

static void
eight_keys_follow_one_another_and_not_nine(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	struct sign_secret *keys[9];
	struct sign_rotation first;

	pack_plain(w, &u);
	row(w, keys, 9);
	sign_with(&s, keys[7], buf_str(&u), NULL);
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	s.n = 0;
	sign_with(&s, keys[8], buf_str(&u), NULL);
	refused(w, buf_str(&u), buf_str(&s), "at most 8 in a row");
	/* In any order; and a shorter way counts. */
	first = w->rotations[0];
	w->rotations[0] = w->rotations[8];
	w->rotations[8] = first;
	refused(w, buf_str(&u), buf_str(&s), "at most 8 in a row");
	hand_over(w, keys[0], keys[2]);
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	/* A link that is missing is missed. */
	w->rotations[4] = w->rotations[5];
	refused(w, buf_str(&u), buf_str(&s), "which is not trusted");
	for (size_t i = 0; i < COUNT(keys); i++)
		sign_secret_free(&keys[i]);
}

static void
a_circle_of_keys_leads_nowhere(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	pack_plain(w, &u);
	sign_with(&s, w->ci, buf_str(&u), NULL);
	hand_over(w, w->ci, w->mallory);
	hand_over(w, w->mallory, w->ci);
	refused(w, buf_str(&u), buf_str(&s), "a circle");
	/* One that passes by a trusted key is no harm. */
	hand_over(w, w->alice, w->ci);
	hand_over(w, w->mallory, w->alice);
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	s.n = 0;
	sign_with(&s, w->alice, buf_str(&u), NULL);
	taken_from(w, buf_str(&u), buf_str(&s), NULL);
}

static void
a_revoked_key_hands_nothing_over(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	const char *scopes = "scopes: {com: {keys: [alice]}}\n";
	struct sign_secret *keys[3], *other;

	pack_plain(w, &u);
	row(w, keys, 3);
	sign_with(&s, keys[2], buf_str(&u), NULL);
	set_policy(w, &p, scopes);
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	for (int whole = 0; whole < 2; whole++) {
		take_back(w, &p, scopes, w->alice, whole);
		refused(w, buf_str(&u), buf_str(&s), "which is revoked");
		take_back(w, &p, scopes, keys[1], whole);
		refused(w, buf_str(&u), buf_str(&s), "which is revoked");
		take_back(w, &p, scopes, keys[2], whole);
		refused(w, buf_str(&u), buf_str(&s), "is revoked");
		take_back(w, &p, scopes, w->mallory, whole);
		taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	}
	/* A number is no key: under another it is the same, taken back. */
	assert_int_equal(
	    sign_secret_from_seed(&other, (const uint8_t *)"another",
		sign_secret_seed(keys[2]), &w->e),
	    0);
	hand_over(w, keys[1], other);
	s.n = 0;
	sign_with(&s, other, buf_str(&u), NULL);
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	take_back(w, &p, scopes, keys[2], true);
	refused(w, buf_str(&u), buf_str(&s), "is revoked");
	sign_secret_free(&other);
	for (size_t i = 0; i < COUNT(keys); i++)
		sign_secret_free(&keys[i]);
}

static void
keys_that_follow_one_another_are_one_of_a_threshold(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	struct sign_secret *keys[2];

	pack_plain(w, &u);
	row(w, keys, 2);
	set_policy(w, &p, "scopes: {com: {keys: [alice, ci], threshold: 2}}\n");
	/* alice, and two that follow her. */
	sign_with(&s, w->alice, buf_str(&u), NULL);
	sign_with(&s, keys[0], buf_str(&u), NULL);
	sign_with(&s, keys[1], buf_str(&u), NULL);
	refused(w, buf_str(&u), buf_str(&s), "1 of 2");
	/* One that follows her, and ci. */
	s.n = 0;
	sign_with(&s, keys[1], buf_str(&u), NULL);
	sign_with(&s, w->ci, buf_str(&u), NULL);
	assert_int_equal(verify(w, buf_str(&u), buf_str(&s)), 0);
	assert_int_equal(w->found.nsigners, 2);
	/* ci follows alice: though the policy names both, they are one. */
	hand_over(w, w->alice, w->ci);
	refused(w, buf_str(&u), buf_str(&s), "1 of 2");
	for (size_t i = 0; i < COUNT(keys); i++)
		sign_secret_free(&keys[i]);
}

static void
a_key_follows_into_the_scopes_of_the_old_one_alone(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);

	pack_plain(w, &u);
	hand_over(w, w->alice, w->mallory);
	sign_with(&s, w->mallory, buf_str(&u), NULL);
	set_policy(w, &p,
	    "scopes: {com.example: {keys: [ci]}, org: {keys: "
	    "[alice]}}\n");
	refused(w, buf_str(&u), buf_str(&s), "0 of 1");
	set_policy(w, &p, "scopes: {org: {keys: [alice]}}\n");
	refused(w, buf_str(&u), buf_str(&s), "no scope");
	set_policy(w, &p, "scopes: {com: {keys: [alice], roles: [release]}}\n");
	refused(w, buf_str(&u), buf_str(&s), "role");
	set_policy(w, &p, "scopes: {com: {keys: [alice], roles: [ci]}}\n");
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	/* A key of the command line is for names without a scope, and so is
	 * one that follows it. */
	set_policy(w, &p, "scopes: {org: {keys: [ci]}}\n");
	w->want.nkeys = 1;
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
}

/* Lines of a text, each moved to the right. */
static void
indent(struct buf *out, struct str text)
{
	struct str line;

	while (str_cut(&text, '\n', &line))
		buf_addf(out, "    " STR_F "\n", STR_A(line));
}

static void
a_policy_has_rotations_too(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(trust_policy_free) struct trust_policy *bad = NULL;
	CLEANUP(buf_free) struct buf u = BUF(MAX), s = BUF(MAX);
	CLEANUP(buf_free) struct buf key = BUF(MAX), statement = BUF(MAX);
	CLEANUP(buf_free) struct buf text = BUF(MAX);
	struct sign_rotation r = rotation(w->alice, w->mallory);

	pack_plain(w, &u);
	sign_with(&s, w->mallory, buf_str(&u), NULL);
	rotation_texts(&key, &statement, w->alice, &r);
	buf_addf(&text, "scopes: {com: {keys: [alice]}}\nrotations:\n  - |\n");
	indent(&text, buf_str(&key));
	indent(&text, buf_str(&statement));
	set_policy(w, &p, buf_cstr(&text));
	taken_from(w, buf_str(&u), buf_str(&s), &w->keys[0]);
	/* What is none is an error. */
	text.n = 0;
	buf_addf(&text, "version: 1\nrotations:\n  - |\n");
	indent(&text, buf_str(&key));
	assert_int_equal(
	    trust_policy_parse(&bad, buf_str(&text), "t.yaml", NOW, &w->e), -1);
	assert_int_equal(w->e.kind, ERR_INPUT);
	assert_non_null(strstr(w->e.text, "t.yaml:3:5: a rotation is"));
	indent(&text, buf_str(&statement));
	text.p[text.n - 20] ^= 1;
	assert_int_equal(
	    trust_policy_parse(&bad, buf_str(&text), "t.yaml", NOW, &w->e), -1);
}

static void
no_rotation(struct world *w, const struct buf *key, const struct buf *statement,
    enum err_kind kind)
{
	struct sign_rotation r;

	assert_int_equal(trust_rotation_parse(&r, w->arena, buf_str(key),
			     buf_str(statement), &w->e),
	    -1);
	assert_int_equal(w->e.kind, kind);
}

static void
statements_of_rotation_are_read_strictly(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf key = BUF(MAX), s = BUF(MAX);
	CLEANUP(buf_free) struct buf other = BUF(MAX), s2 = BUF(MAX);
	CLEANUP(buf_free) struct buf own = BUF(MAX), plain = BUF(MAX);
	struct sign_rotation r = rotation(w->alice, w->ci);

	rotation_texts(&key, &s, w->alice, &r);
	hand_over(w, w->alice, w->ci);
	/* Another key, though its file is beside the statement. */
	sign_public_text(&other, sign_secret_public(w->mallory));
	no_rotation(w, &other, &s, ERR_TRUST);
	/* Signed for another than what it names. */
	sign_rotation_text(&plain, &r);
	sign_text(&s2, w->alice, buf_str(&other), buf_str(&plain));
	no_rotation(w, &other, &s2, ERR_TRUST);
	assert_non_null(strstr(w->e.text, "another key"));
	/* Signed by another than it names. */
	s2.n = key.n = 0;
	rotation_texts(&key, &s2, w->mallory, &r);
	no_rotation(w, &key, &s2, ERR_TRUST);
	/* Itself; of another kind; two of them; none. */
	r.next = r.old;
	s2.n = 0;
	rotation_texts(&own, &s2, w->alice, &r);
	no_rotation(w, &own, &s2, ERR_INPUT);
	assert_non_null(strstr(w->e.text, "itself"));
	s2.n = 0;
	sign_text(&s2, w->alice, buf_str(&key), STR("as a file"));
	assert_false(trust_has_rotation(buf_str(&s2)));
	no_rotation(w, &key, &s2, ERR_INPUT);
	buf_add(&s2, buf_str(&s));
	no_rotation(w, &key, &s2, ERR_INPUT);
	s2.n = 0;
	no_rotation(w, &key, &s2, ERR_INPUT);
}

/* ---- other files ---- */

static int
verify_file(struct world *w, struct trust_file *f, struct str sig)
{
	trust_found_free(&w->found);
	w->e = (struct err)ERR;
	f->detached = &sig;
	f->ndetached = sig.n > 0;
	return trust_verify_file(&w->found, f, &w->want, &w->e);
}

static void
file_refused(
    struct world *w, struct trust_file *f, struct str sig, const char *because)
{
	if (verify_file(w, f, sig) == 0)
		fail_msg("taken, though: %s", because);
	if (w->e.kind != ERR_TRUST || !strstr(w->e.text, because))
		fail_msg("kind %d: %s", (int)w->e.kind, w->e.text);
}

static void
file_taken(
    struct world *w, struct trust_file *f, struct str sig, size_t nsigners)
{
	if (verify_file(w, f, sig) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(w->found.nsigners, nsigners);
	assert_null(w->found.bundle);
}

static void
other_files_are_under_the_policy_too(void **state)
{
	static const struct {
		const char *rest, *because; /* NULL: it is taken */
	} cases[] = {
		{ "scopes: {hello: {keys: [alice]}}\n", NULL },
		{ "scopes: {'*': {keys: [alice]}}\n", NULL },
		{ "scopes: {space: {keys: [alice]}}\n", "no scope" },
		{ "scopes: {hell: {keys: [alice]}}\n", "no scope" },
		{ "scopes: {hello: {keys: [ci]}}\n", "0 of 1" },
		{ "scopes: {hello: {keys: [alice, ci], threshold: 2}}\n",
		    "1 of 2" },
		{ "scopes: {hello: {keys: [alice], roles: [ci]}}\n", "role" },
		{ "scopes: {hello: {keys: [alice], minVersion: v1.0.0}}\n",
		    NULL },
		{ "scopes: {hello: {keys: [alice], minVersion: v1.0.1}}\n",
		    "below" },
		{ "scopes: {hello: {keys: [alice], require: [provenance]}}\n",
		    "only bundles" },
	};
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf s = BUF(MAX);
	struct trust_file f = { .data = STR("module"),
		.name = STR("hello"),
		.version = STR("v1.0.0") };

	sign_text(&s, w->alice, f.data, STR("x"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		set_policy(w, &p, cases[i].rest);
		if (cases[i].because)
			file_refused(w, &f, buf_str(&s), cases[i].because);
		else
			file_taken(w, &f, buf_str(&s), 1);
	}
	set_policy(w, &p, "scopes: {space: {keys: [alice]}}\n");
	f.name = STR("space::hello");
	file_taken(w, &f, buf_str(&s), 1);
	f.name = STR("spaces::hello");
	file_refused(w, &f, buf_str(&s), "no scope");
	/* What has neither name nor version. */
	f.name = f.version = STR("");
	file_refused(w, &f, buf_str(&s), "no name");
	set_policy(w, &p, "scopes: {'*': {keys: [alice]}}\n");
	file_taken(w, &f, buf_str(&s), 1);
	set_policy(
	    w, &p, "scopes: {'*': {keys: [alice], minVersion: v0.0.1}}\n");
	file_refused(w, &f, buf_str(&s), "does not tell its own");
	/* The threshold, by two. */
	sign_text(&s, w->ci, f.data, STR("x"));
	set_policy(w, &p, "scopes: {'*': {keys: [alice, ci], threshold: 2}}\n");
	file_taken(w, &f, buf_str(&s), 2);
}

static void
other_files_can_be_revoked_and_signed_by_who_follows(void **state)
{
	struct world *w = *state;
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	CLEANUP(buf_free) struct buf s = BUF(MAX), text = BUF(400);
	struct trust_file f = { .data = STR("module"), .name = STR("hello") };
	struct digest d = sign_digest(f.data);
	char hex[DIGEST_HEX];

	sign_text(&s, w->ci, f.data, STR("x"));
	file_refused(w, &f, STR(""), "nobody signed it");
	file_refused(w, &f, buf_str(&s), "not one that is trusted");
	hand_over(w, w->alice, w->ci);
	file_taken(w, &f, buf_str(&s), 1);
	assert_true(w->found.signers[0].follows[0] != '\0');
	f.data = STR("Module");
	file_refused(w, &f, buf_str(&s), "does not hold");
	f.data = STR("module");
	take_back(w, &p, "scopes: {'*': {keys: [alice]}}\n", w->alice, false);
	file_refused(w, &f, buf_str(&s), "which is revoked");
	digest_hex(&d, hex);
	buf_addf(&text,
	    "scopes: {'*': {keys: [alice]}}\nrevoked: {bundles: ['%s']}\n",
	    hex);
	set_policy(w, &p, buf_cstr(&text));
	file_refused(w, &f, buf_str(&s), "it is revoked");
	w->want.allow_unsigned = true;
	file_refused(w, &f, STR(""), "it is revoked");
}

/* Who may write to a registry can add signatures without end. */
static void
what_anybody_added_is_passed_over(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf good = BUF(MAX), strange = BUF(MAX);
	struct str texts[12];
	struct trust_file f = { .data = STR("module"),
		.anybodys = true,
		.detached = texts,
		.ndetached = COUNT(texts) };

	sign_text(&good, w->alice, f.data, STR("x"));
	sign_text(&strange, w->mallory, f.data, STR("x"));
	for (size_t i = 0; i < COUNT(texts); i++)
		texts[i] = i % 2 ? buf_str(&strange) : STR("no signature");
	texts[11] = buf_str(&good);
	if (trust_verify_file(&w->found, &f, &w->want, &w->e) < 0)
		fail_msg("%s", w->e.text);
	assert_int_equal(w->found.nsigners, 1);
	assert_true(trust_expects(&w->want, w->keys[0].id));
	assert_false(trust_expects(&w->want, w->keys[1].id));
	trust_found_free(&w->found);
	f.anybodys = false;
	assert_int_equal(trust_verify_file(&w->found, &f, &w->want, &w->e), -1);
	assert_int_equal(w->e.kind, ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_key_that_follows_counts_as_the_one_it_follows),
		T(a_key_follows_for_names_and_from_a_day_on),
		T(eight_keys_follow_one_another_and_not_nine),
		T(a_circle_of_keys_leads_nowhere),
		T(a_revoked_key_hands_nothing_over),
		T(keys_that_follow_one_another_are_one_of_a_threshold),
		T(a_key_follows_into_the_scopes_of_the_old_one_alone),
		T(a_policy_has_rotations_too),
		T(statements_of_rotation_are_read_strictly),
		T(other_files_are_under_the_policy_too),
		T(other_files_can_be_revoked_and_signed_by_who_follows),
		T(what_anybody_added_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

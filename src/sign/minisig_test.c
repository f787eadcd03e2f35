/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sign/sign.h"

/* Made by minisign 0.11 with -W: of "hello world\n". */
#define THEIR_PUB "RWTHEknzLFQvCka5ZneBFkTz5bwdjH4pedb+gmHnwgqRL+WUmhTib5TO"
static const char their_key[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "xxJJ8yxULwrEPQJpaVqGyRDFZpMUjf2reTjXo44IlWWS/w2o4GpU30a5ZneBFkTz5bwdjH4p"
    "edb+gmHnwgqRL+WUmhTib5TOAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char their_signature[] =
    "untrusted comment: untrusted here\n"
    "RUTHEknzLFQvCvPidfESu4M+1rPrp9xwgl/D50dg2ZbcJKsq90lReXRPI991ncWmPoXP8wqQ"
    "v/XeKd3wT7FQwFlHeFkj/cwb+wE=\n"
    "trusted comment: a trusted comment\n"
    "m18NrWxYwkHA13+ywMSOAXsxVVX5Hs5I4d9S2AJqm97UeYMo94qCxRh8V4huiFpm48mQDKTK"
    "FBKV8g/TMCwvCg==\n";
#define HELLO STR("hello world\n")
/* The cheapest that libsodium has. */
static const struct sign_cost cheap = { 32768, 16u << 20 };

static struct sign_sums
sums_of(struct str data)
{
	return sign_sums(&data, 1);
}

static struct sign_public
their_public(void)
{
	struct sign_public p;
	struct err e = ERR;

	if (sign_public_parse(&p, STR(THEIR_PUB), &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static void
what_minisign_signs_holds(void **state)
{
	struct str text = str_of(their_signature);
	struct sign_public p = their_public();
	struct sign_sums sums = sums_of(HELLO);
	struct sign_signature s;
	struct err e = ERR;
	char id[SIGN_ID];

	(void)state;
	if (sign_signature_parse(&s, &text, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(text.n, 0);
	assert_true(sign_holds(&s, &p, &sums));
	assert_true(str_is(s.comment, "a trusted comment"));
	assert_true(str_is(s.untrusted, "untrusted here"));
	assert_true(str_is(s.text, their_signature));
	sign_id(p.id, id);
	assert_string_equal(id, "0A2F542CF34912C7");
	sums = sums_of(STR("hello world"));
	assert_false(sign_holds(&s, &p, &sums));
}

static void
minisigns_key_signs_as_minisign_does(void **state)
{
	CLEANUP(sign_secret_free) struct sign_secret *k = NULL;
	CLEANUP(buf_free) struct buf b = BUF(2000);
	struct sign_public p = their_public();
	struct sign_sums sums = sums_of(HELLO);
	struct err e = ERR;
	struct str mine, theirs = str_of(their_signature), a, c;

	(void)state;
	assert_false(sign_secret_locked(str_of(their_key)));
	if (sign_secret_parse(&k, str_of(their_key), STR(""), &e) < 0)
		fail_msg("%s", e.text);
	assert_true(sign_public_eq(sign_secret_public(k), &p));
	assert_int_equal(
	    sign_make(&b, k, &sums, STR("a trusted comment"), &e), 0);
	/* Ed25519 has no chance in it: all but the first line is the same. */
	mine = buf_str(&b);
	str_cut(&mine, '\n', &a);
	str_cut(&theirs, '\n', &c);
	assert_true(str_eq(mine, theirs));
}

static void
a_key_comes_back_from_its_files(void **state)
{
	static const char *const passwords[] = { "", "secret", "p\303\244ss" };

	(void)state;
	for (size_t i = 0; i < COUNT(passwords); i++) {
		CLEANUP(sign_secret_free)
		struct sign_secret *k = sign_secret_new(), *again = NULL;
		CLEANUP(buf_free) struct buf key = BUF(SIGN_MAX_FILE);
		CLEANUP(buf_free) struct buf pub = BUF(SIGN_MAX_FILE);
		struct str password = str_of(passwords[i]);
		struct sign_public p;
		struct err e = ERR;

		assert_int_equal(
		    sign_secret_text(&key, k, password, cheap, &e), 0);
		sign_public_text(&pub, sign_secret_public(k));
		assert_int_equal(sign_public_parse(&p, buf_str(&pub), &e), 0);
		assert_true(sign_secret_locked(buf_str(&key)) == (i > 0));
		if (sign_secret_parse(&again, buf_str(&key), password, &e) < 0)
			fail_msg("%s", e.text);
		assert_memory_equal(
		    sign_secret_seed(again), sign_secret_seed(k), 32);
		assert_memory_equal(sign_secret_public(again), &p, sizeof(p));
		if (i == 0)
			continue;
		sign_secret_free(&again);
		assert_int_equal(
		    sign_secret_parse(&again, buf_str(&key), STR("other"), &e),
		    -1);
		assert_int_equal(e.kind, ERR_TRUST);
		assert_null(again);
	}
}

/* Each bit of a signature matters, and what is wrong shows no comment. */
static void
d20_d26_no_bit_can_be_changed(void **state)
{
	struct sign_public p = their_public();
	struct sign_sums sums = sums_of(HELLO);
	struct str text = str_of(their_signature);
	struct sign_signature s;
	struct err e = ERR;

	(void)state;
	assert_int_equal(sign_signature_parse(&s, &text, &e), 0);
	for (unsigned i = 0; i < 512; i++) {
		struct sign_signature a = s, b = s;

		a.signature[i / 8] ^= (uint8_t)(1u << i % 8);
		b.global[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(sign_holds(&a, &p, &sums));
		assert_false(sign_holds(&b, &p, &sums));
	}
	for (unsigned i = 0; i < 64; i++) {
		struct sign_signature a = s;

		a.id[i / 8] ^= (uint8_t)(1u << i % 8); /* D18 */
		assert_false(sign_holds(&a, &p, &sums));
	}
	s.comment = STR("another comment"); /* D22 */
	assert_false(sign_holds(&s, &p, &sums));
}

/* S + L is a signature of the same bytes for whoever is not strict. */
static void
d26_a_malleated_signature_does_not_hold(void **state)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
		0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, [31] = 0x10 };
	struct sign_public p = their_public();
	struct sign_sums sums = sums_of(HELLO);
	struct str text = str_of(their_signature);
	struct sign_signature s;
	struct err e = ERR;
	unsigned carry = 0;

	(void)state;
	assert_int_equal(sign_signature_parse(&s, &text, &e), 0);
	for (size_t i = 0; i < 32; i++) {
		carry += s.signature[32 + i] + order[i];
		s.signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(sign_holds(&s, &p, &sums));
}

/* their_signature with one text put in place of another. */
static void
change(struct buf *out, const char *from, struct str to)
{
	struct str s = str_of(their_signature);
	size_t at;

	assert_true(str_find(s, str_of(from), &at));
	buf_add(out, (struct str){ s.p, at });
	buf_add(out, to);
	buf_add(out, str_from(s, at + strlen(from)));
}

static void
signature_files_have_one_form(void **state)
{
	static const struct {
		const char *what, *from;
		struct str to;
	} cases[] = {
		{ "D06: no beginning", "untrusted comment: ", { "", 0 } },
		{ "D10: a NUL", "a trusted comment", { "a\0b", 3 } },
		{ "a control", "a trusted comment", { "a\33b", 3 } },
		{ "bad UTF-8", "a trusted comment", { "a\xff", 2 } },
		{ "D12: a space", "RUTHEk", { "RUTH k", 6 } },
		{ "D14: short", "RUTHEknz", { "RUTH", 4 } },
		{ "D16: another algorithm", "RUTH", { "RVjH", 4 } },
		{ "the older form", "RUTH", { "RWTH", 4 } },
		{ "CRLF", "untrusted here\n", { "untrusted here\r\n", 16 } },
		{ "left-over bits", "+wE=", { "+wF=", 4 } },
		{ "no padding", "+wE=", { "+wE", 3 } },
		{ "URL-safe letters", "+wE=", { "-wE=", 4 } },
		{ "no third line", "trusted comment: a trusted comment\n",
		    { "", 0 } },
		{ "an empty line", "trusted comment: a trusted",
		    { "\ntrusted comment: a trusted", 26 } },
		{ "no last newline", "CwvCg==\n", { "CwvCg==", 7 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(4000);
		struct sign_signature s;
		struct err e = ERR;
		struct str text;

		if (i == COUNT(cases) - 1) {
			buf_add(&b, str_of(their_signature));
			b.n--;
		} else {
			change(&b, cases[i].from, cases[i].to);
		}
		text = buf_str(&b);
		if (sign_signature_parse(&s, &text, &e) == 0)
			fail_msg("taken: %s", cases[i].what);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_true(e.text[0] != '\0');
	}
}

/* A fifth line is for the caller to refuse: it is what is left. */
static void
d04_what_comes_after_is_left_over(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4000);
	struct sign_signature s;
	struct err e = ERR;
	struct str text;

	(void)state;
	buf_add(&b, str_of(their_signature));
	buf_add(&b, STR("fifth"));
	text = buf_str(&b);
	assert_int_equal(sign_signature_parse(&s, &text, &e), 0);
	assert_true(str_is(text, "fifth"));
	assert_int_equal(sign_signature_parse(&s, &text, &e), -1);
	text = STR("");
	assert_int_equal(sign_signature_parse(&s, &text, &e), -1); /* D02 */
}

static void
d08_long_comments_are_refused(void **state)
{
	static const char *const lines[] = { "untrusted here",
		"a trusted comment" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		CLEANUP(buf_free) struct buf b = BUF(8000), l = BUF(2000);
		struct sign_signature s;
		struct err e = ERR;
		struct str text;

		while (l.n < 2000)
			buf_addc(&l, 'x');
		change(&b, lines[i], buf_str(&l));
		text = buf_str(&b);
		assert_int_equal(sign_signature_parse(&s, &text, &e), -1);
	}
}

static void
public_keys_have_one_form(void **state)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{ "", "" }, { "RW", "" }, { THEIR_PUB "x", "" },
		{ "untrusted comment: a\n", "" },
		{ "untrusted comment: a\n" THEIR_PUB "\nmore\n", "" },
		/* D28: 32 zeros. */
		{ "RWTHEknzLFQvCgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		    "" },
		{ "-----BEGIN PUBLIC KEY-----\n", "minisign" },
		{ their_key, "NAME.pub" },
		{ their_signature, "NAME.pub" }, /* D30 */
	};
	struct sign_public p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = ERR;

		assert_int_equal(
		    sign_public_parse(&p, str_of(cases[i].text), &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		if (!strstr(e.hint, cases[i].hint))
			fail_msg("%zu: %s: %s", i, e.text, e.hint);
	}
}

/* A file that asks for the memory of a warehouse gets none of it. */
static void
d48_a_key_that_costs_too_much_is_refused_at_once(void **state)
{
	static const struct sign_cost costs[] = {
		{ 32768, UINT64_C(1) << 40 },
		{ UINT64_C(1) << 40, 16u << 20 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(costs); i++) {
		CLEANUP(sign_secret_free)
		struct sign_secret *k = sign_secret_new(), *again = NULL;
		CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_FILE);
		CLEANUP(buf_free) struct buf raw = BUF(SIGN_MAX_FILE);
		CLEANUP(buf_free) struct buf bad = BUF(SIGN_MAX_FILE);
		struct err e = ERR;
		struct str text, line;

		assert_int_equal(
		    sign_secret_text(&b, k, STR("x"), cheap, &e), 0);
		text = buf_str(&b);
		str_cut(&text, '\n', &line);
		buf_addf(&bad, STR_F "\n", STR_A(line));
		str_cut(&text, '\n', &line);
		assert_true(buf_add_unbase64(&raw, line));
		for (size_t k8 = 0; k8 < 8; k8++) {
			raw.p[38 + k8] = (char)(costs[i].work >> (8 * k8));
			raw.p[46 + k8] = (char)(costs[i].memory >> (8 * k8));
		}
		buf_add_base64(&bad, buf_str(&raw));
		buf_addc(&bad, '\n');
		assert_int_equal(
		    sign_secret_parse(&again, buf_str(&bad), STR("x"), &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

/* D50: without a password the checksum is minisign's zeros, or right. */
static void
d50_a_wrong_checksum_is_told(void **state)
{
	static const struct {
		size_t at;
		const char *text;
	} cases[] = {
		{ 130, "checksum" }, { 100, "halves" }, /* of the public key */
		{ 70, "halves" },			/* of the seed */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(sign_secret_free) struct sign_secret *k = NULL;
		CLEANUP(buf_free) struct buf raw = BUF(SIGN_MAX_FILE);
		CLEANUP(buf_free) struct buf bad = BUF(SIGN_MAX_FILE);
		struct str text = str_of(their_key), line;
		struct err e = ERR;

		str_cut(&text, '\n', &line);
		str_cut(&text, '\n', &line);
		assert_true(buf_add_unbase64(&raw, line));
		raw.p[cases[i].at] ^= 1;
		buf_addf(&bad, "untrusted comment: x\n");
		buf_add_base64(&bad, buf_str(&raw));
		buf_addc(&bad, '\n');
		assert_int_equal(
		    sign_secret_parse(&k, buf_str(&bad), STR(""), &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_non_null(strstr(e.text, cases[i].text));
	}
}

/* ---- sums ---- */

static void
pieces_sum_to_the_whole(void **state)
{
	/* Large enough for the two hashes to run side by side. */
	size_t n = 3u << 20;
	CLEANUP(mem_free_at) char *all = mem_take(n);
	struct sign_sums whole, cut;

	(void)state;
	for (size_t i = 0; i < n; i++)
		all[i] = (char)(i * 31 + i / 4096);
	whole = sums_of((struct str){ all, n });
	cut = sign_sums((const struct str[]){ { all, 1000 }, { all + 1000, 0 },
			    { all + 1000, n - 1000 } },
	    3);
	assert_memory_equal(whole.blake2b, cut.blake2b, 64);
	assert_true(digest_eq(&whole.sha256, &cut.sha256));
	assert_int_equal(whole.nbytes, n);
	assert_int_equal(cut.nbytes, n);
	/* RFC 7693, appendix A. */
	whole = sums_of(STR("abc"));
	assert_memory_equal(
	    whole.blake2b, "\xba\x80\xa5\x3f\x98\x1c\x4d\x0d\x6a\x27", 10);
}

/* ---- claims ---- */

static const struct sign_claim claim = {
	.size = 4711,
	.name = { "com.example.app", 15 },
	.version = { "v1.0 \303\274", 7 },
	.created = 1700000000,
	.role = SIGN_CI,
};

static void
a_claim_comes_back(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_COMMENT);
	CLEANUP(buf_free) struct buf again = BUF(SIGN_MAX_COMMENT);
	struct sign_claim c;
	struct err e = ERR;

	(void)state;
	sign_claim_text(&b, &claim);
	assert_true(sign_is_claim(buf_str(&b)));
	if (sign_claim_parse(&c, a, buf_str(&b), &e) < 0)
		fail_msg("%s", e.text);
	assert_true(str_eq(c.name, claim.name));
	assert_true(str_eq(c.version, claim.version));
	assert_true(digest_eq(&c.sha256, &claim.sha256));
	assert_int_equal(c.size, claim.size);
	assert_int_equal(c.created, claim.created);
	assert_int_equal(c.expires, 0);
	assert_int_equal(c.role, SIGN_CI);
	sign_claim_text(&again, &c);
	assert_true(str_eq(buf_str(&again), buf_str(&b)));
}

static void
replace(struct buf *out, struct str text, const char *from, const char *to)
{
	size_t at;

	assert_true(str_find(text, str_of(from), &at));
	buf_add(out, (struct str){ text.p, at });
	buf_add(out, str_of(to));
	buf_add(out, str_from(text, at + strlen(from)));
}

static void
claims_have_one_form(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "bundle/1", "bundle/2" },
		{ "\trole=ci", "" },
		{ "\trole=ci", "\trole=ci\t" },
		{ "\trole=ci", "\trole=ci\tfoo=bar" }, /* D38 */
		{ "\trole=ci", "\trole=admin" },
		{ "\trole=ci", "\trole=" },
		{ "size=4711", "size=04711" },
		{ "size=4711", "size=+4711" },
		{ "size=4711", "size=" },
		{ "size=4711", "size=99999999999999999999" },
		{ "sha256=0", "sha256=g" },
		{ "com.example", "com%2Eexample" },
		{ "%C3%BC", "%c3%bc" },
		{ "%C3%BC", "\303\274" },
		{ "%C3%BC", "%C" },
		{ "%C3%BC", "%00" },
		{ "\tname=", "\tversion=" },
		{ "created=1", "created=-1" },
		{ "\texpires=0", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_COMMENT);
		CLEANUP(buf_free) struct buf bad = BUF(SIGN_MAX_COMMENT);
		struct sign_claim c;
		struct err e = ERR;

		sign_claim_text(&b, &claim);
		replace(&bad, buf_str(&b), cases[i].from, cases[i].to);
		if (sign_claim_parse(&c, a, buf_str(&bad), &e) == 0)
			fail_msg(
			    "taken: %s for %s", cases[i].to, cases[i].from);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

/* ---- keys that follow ---- */

static void
fill_rotation(struct sign_rotation *r)
{
	*r = (struct sign_rotation){ .scope = STR("com.example \303\274"),
		.not_before = 1700000000 };
	memset(&r->old, 1, sizeof(r->old));
	memset(&r->next, 2, sizeof(r->next));
}

static void
a_rotation_comes_back(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_COMMENT);
	CLEANUP(buf_free) struct buf again = BUF(SIGN_MAX_COMMENT);
	struct sign_rotation was, r;
	struct err e = ERR;

	(void)state;
	fill_rotation(&was);
	sign_rotation_text(&b, &was);
	assert_true(sign_is_rotation(buf_str(&b)));
	assert_false(sign_is_claim(buf_str(&b)));
	if (sign_rotation_parse(&r, a, buf_str(&b), &e) < 0)
		fail_msg("%s", e.text);
	assert_memory_equal(&r.old, &was.old, sizeof(r.old));
	assert_memory_equal(&r.next, &was.next, sizeof(r.next));
	assert_true(str_eq(r.scope, was.scope));
	assert_int_equal(r.not_before, was.not_before);
	sign_rotation_text(&again, &r);
	assert_true(str_eq(buf_str(&again), buf_str(&b)));
}

static void
rotations_have_one_form(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "rotate/1", "rotate/2" },
		{ "rotate/1", "rotate/1\t" },
		{ "\tnot-before=1700000000", "" },
		{ "\tnot-before=1700000000", "\tnot-before=" },
		{ "=1700000000", "=01700000000" },
		{ "=1700000000", "=-1700000000" },
		{ "=1700000000", "=1700000000\tfoo=bar" },
		{ "=1700000000", "=99999999999999999999" },
		{ "com.example", "com%2Eexample" },
		{ "%C3%BC", "%c3%bc" },
		{ "\tscope=com.example", "\tname=com.example" },
		{ "\tnew=", "\told=" },
		{ "\tnew=RW", "\tnew=" },
		{ "\tnew=RW", "\tnew=RWx" },
		{ "\tnew=RWQ", "\tnew=%52WQ" },
		{ "\told=RWQ", "\told=%20RWQ" },
		{ "\told=RWQ", "\told=untrusted%20comment:%20x%0ARWQ" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_COMMENT);
		CLEANUP(buf_free) struct buf bad = BUF(SIGN_MAX_COMMENT);
		struct sign_rotation r;
		struct err e = ERR;

		fill_rotation(&r);
		sign_rotation_text(&b, &r);
		replace(&bad, buf_str(&b), cases[i].from, cases[i].to);
		if (sign_rotation_parse(&r, a, buf_str(&bad), &e) == 0)
			fail_msg(
			    "taken: %s for %s", cases[i].to, cases[i].from);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_minisign_signs_holds),
		cmocka_unit_test(minisigns_key_signs_as_minisign_does),
		cmocka_unit_test(a_key_comes_back_from_its_files),
		cmocka_unit_test(d20_d26_no_bit_can_be_changed),
		cmocka_unit_test(d26_a_malleated_signature_does_not_hold),
		cmocka_unit_test(signature_files_have_one_form),
		cmocka_unit_test(d04_what_comes_after_is_left_over),
		cmocka_unit_test(d08_long_comments_are_refused),
		cmocka_unit_test(public_keys_have_one_form),
		cmocka_unit_test(
		    d48_a_key_that_costs_too_much_is_refused_at_once),
		cmocka_unit_test(d50_a_wrong_checksum_is_told),
		cmocka_unit_test(pieces_sum_to_the_whole),
		cmocka_unit_test(a_claim_comes_back),
		cmocka_unit_test(claims_have_one_form),
		cmocka_unit_test(a_rotation_comes_back),
		cmocka_unit_test(rotations_have_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

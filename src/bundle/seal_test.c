/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures in the comment, and what the canonical form asks of modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"

#define MAX (8u << 20)
#define WASM STR("\0asm\1\0\0\0")
#define WASM_HEX \
	"93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476"
#define HEAD \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nrunnables:\n"
#define F(more) "  - name: f\n    lang: wat\n" more
#define DIGEST(hex) "    digest: \"" hex "\"\n"

static char dir[] = "/tmp/subo-seal.XXXXXX";

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	struct err e = ERR;

	(void)state;
	return os_remove_tree(dir, &e);
}

/* A bundle of that Directive and modules, which end with NULL. */
static void
pack(struct buf *out, const char *directive, const char *const *modules)
{
	struct bundle_part parts[8] = { { STR("Directive.yaml"),
	    str_of(directive) } };
	struct bundle_options opt = { 0 };
	struct digest d;
	struct err e = ERR;
	char path[64];
	size_t n = 1;

	for (; modules[n - 1]; n++)
		parts[n] = (struct bundle_part){ str_of(modules[n - 1]), WASM };
	snprintf(path, sizeof(path), "%s/x.zip", dir);
	if (bundle_pack(path, parts, n, &opt, &d, &e) < 0 ||
	    os_read(out, path, &e) < 0)
		fail_msg("%s", e.text);
}

static void
pack_good(struct buf *out)
{
	static const char *const modules[] = { "f.wasm", NULL };

	pack(out, HEAD F(DIGEST(WASM_HEX)), modules);
}

/* ---- signatures ---- */

/* One in the form of minisign; which differs by its comments only. */
static void
add_signature(struct buf *b, char which)
{
	buf_addf(b, "untrusted comment: %c\nRUQ", which);
	for (unsigned i = 0; i < 97; i++)
		buf_addc(b, i == 96 ? '=' : 'A');
	buf_addf(b, "\ntrusted comment: of %c\tmore\n", which);
	for (unsigned i = 0; i < 88; i++)
		buf_addc(b, i > 85 ? '=' : i == 85 ? 'A' : '+');
	buf_addc(b, '\n');
}

static void
sealing_and_cutting_give_the_same_bytes(void **state)
{
	CLEANUP(buf_free)
	struct buf plain = BUF(MAX), comment = BUF(MAX), sealed = BUF(MAX),
		   again = BUF(MAX);
	struct bundle_cut c;
	struct digest a, b;
	struct err e = ERR;

	(void)state;
	pack_good(&plain);
	add_signature(&comment, 'a');
	add_signature(&comment, 'b');
	assert_int_equal(
	    bundle_sealed(&sealed, buf_str(&plain), buf_str(&comment), &e), 0);
	assert_int_equal(bundle_cut(&c, buf_str(&sealed), &e), 0);
	assert_true(str_eq(c.comment, buf_str(&comment)));
	bundle_unsigned(&again, &c);
	assert_true(str_eq(buf_str(&again), buf_str(&plain)));
	assert_int_equal(bundle_unsigned_digest(&a, buf_str(&sealed), &e), 0);
	b = sign_digest(buf_str(&plain));
	assert_true(digest_eq(&a, &b));
	buf_clear(&again);
	assert_int_equal(
	    bundle_sealed(&again, buf_str(&sealed), STR(""), &e), 0);
	assert_true(str_eq(buf_str(&again), buf_str(&plain)));
}

static void
a_signed_bundle_opens_and_keeps_its_digest(void **state)
{
	static const enum bundle_level levels[] = { BUNDLE_TOLERANT,
		BUNDLE_STRICT };
	CLEANUP(buf_free)
	struct buf plain = BUF(MAX), comment = BUF(MAX), sealed = BUF(MAX);
	struct digest want;
	struct err e = ERR;

	(void)state;
	pack_good(&plain);
	want = sign_digest(buf_str(&plain));
	for (char c = 'a'; c < 'a' + (char)BUNDLE_MAX_SIGNATURES; c++)
		add_signature(&comment, c);
	assert_int_equal(
	    bundle_sealed(&sealed, buf_str(&plain), buf_str(&comment), &e), 0);
	for (size_t i = 0; i < COUNT(levels); i++) {
		CLEANUP(bundle_free) struct bundle *b = NULL;

		if (bundle_open_at(
			&b, buf_str(&sealed), "x", levels[i], NULL, &e) < 0)
			fail_msg("%s", e.text);
		assert_true(digest_eq(bundle_digest(b), &want));
		assert_true(str_eq(bundle_signatures(b), buf_str(&comment)));
		assert_int_equal(bundle_epoch(b), 315532800);
	}
}

static void
what_is_no_signature_is_no_comment(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} cases[] = {
		{ "the legacy algorithm", "\nRU", "\nRW" },
		{ "a line too many", "trusted comment: of", "\ntrusted" },
		{ "CRLF", "\tmore\n", "\tmor\r\n" },
		{ "an escape", "of a", "of \033" },
		{ "another prefix", "untrusted", "Untrusted" },
		{ "base64 of URLs", "++++", "--__" },
		{ "a space in base64", "AAAA", "AA A" },
		{ "a cut signature", "AAAA", "A\nAA" },
		{ "an end record", "of a", "PK\5\6" },
	};
	CLEANUP(buf_free) struct buf plain = BUF(MAX);

	(void)state;
	pack_good(&plain);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free)
		struct buf comment = BUF(MAX), sealed = BUF(MAX);
		struct err e = ERR;
		size_t at;

		add_signature(&comment, 'a');
		assert_true(
		    str_find(buf_str(&comment), str_of(cases[i].from), &at));
		memcpy(comment.p + at, cases[i].to, strlen(cases[i].to));
		if (bundle_sealed(
			&sealed, buf_str(&plain), buf_str(&comment), &e) == 0)
			fail_msg("%s is taken", cases[i].name);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_true(str_is(bundle_rule(&e), "comment"));
	}
}

static void
signatures_have_ceilings(void **state)
{
	CLEANUP(buf_free)
	struct buf plain = BUF(MAX), comment = BUF(MAX), sealed = BUF(MAX);
	struct err e = ERR;

	(void)state;
	pack_good(&plain);
	for (unsigned i = 0; i <= BUNDLE_MAX_SIGNATURES; i++)
		add_signature(&comment, 'a');
	assert_int_equal(
	    bundle_sealed(&sealed, buf_str(&plain), buf_str(&comment), &e), -1);
	assert_non_null(strstr(e.text, "more than 8 signatures"));
	buf_clear(&comment);
	for (unsigned i = 0; i <= BUNDLE_MAX_COMMENT; i++)
		buf_addc(&comment, 'x');
	assert_int_equal(
	    bundle_sealed(&sealed, buf_str(&plain), buf_str(&comment), &e), -1);
	assert_non_null(strstr(e.text, "longer than 16384"));
}

/* ---- modules ---- */

static void
the_directive_and_the_modules_must_name_each_other(void **state)
{
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"
	static const struct {
		const char *name, *directive, *modules[4];
		enum err_kind tolerant, strict;
		const char *rule;
	} cases[] = {
		{ "as it should be", HEAD F(DIGEST(WASM_HEX)), { "f.wasm" },
		    ERR_NONE, ERR_NONE, "" },
		{ "no digest", HEAD F(""), { "f.wasm" }, ERR_NONE, ERR_INPUT,
		    "digest" },
		{ "another digest", HEAD F(DIGEST(OTHER)), { "f.wasm" },
		    ERR_TRUST, ERR_TRUST, "digest" },
		{ "no SHA-256", HEAD F(DIGEST("abc")), { "f.wasm" }, ERR_INPUT,
		    ERR_INPUT, "digest" },
		{ "no module", HEAD F(DIGEST(WASM_HEX)), { NULL }, ERR_NONE,
		    ERR_INPUT, "module-missing" },
		{ "a module too many", HEAD F(DIGEST(WASM_HEX)),
		    { "f.wasm", "g.wasm" }, ERR_INPUT, ERR_INPUT,
		    "module-twice" },
		{ "a bare name", HEAD F("    namespace: db\n" DIGEST(WASM_HEX)),
		    { "f.wasm" }, ERR_NONE, ERR_INPUT, "module-name" },
		{ "its full name",
		    HEAD F("    namespace: db\n" DIGEST(WASM_HEX)),
		    { "db::f.wasm" }, ERR_NONE, ERR_NONE, "" },
		{ "a stray one", HEAD F(""), { "g.wasm" }, ERR_NONE, ERR_INPUT,
		    "module-not-listed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf bytes = BUF(MAX);
		CLEANUP(bundle_free) struct bundle *b = NULL;
		struct err t = ERR, s = ERR;

		pack(&bytes, cases[i].directive, cases[i].modules);
		(void)!bundle_open_bytes(&b, buf_str(&bytes), "x", &t);
		bundle_free(&b);
		(void)!bundle_open_at(
		    &b, buf_str(&bytes), "x", BUNDLE_STRICT, NULL, &s);
		if (t.kind != cases[i].tolerant || s.kind != cases[i].strict ||
		    !str_is(bundle_rule(&s), cases[i].rule))
			fail_msg("%s: %s, %s", cases[i].name, t.text, s.text);
	}
}

/* ---- rewriting ---- */

static void
count_drop(void *arg, struct str entry)
{
	unsigned *n = arg;

	assert_true(str_is(entry, "stray.wasm"));
	(*n)++;
}

static void
a_canonical_bundle_is_copied(void **state)
{
	CLEANUP(buf_free)
	struct buf plain = BUF(MAX), comment = BUF(MAX), sealed = BUF(MAX),
		   out = BUF(MAX);
	struct bundle_normalize how = { .epoch_s = 1700000000 };
	struct digest d, want;
	struct err e = ERR;
	char path[64];
	bool same = false;

	(void)state;
	pack_good(&plain);
	want = sign_digest(buf_str(&plain));
	add_signature(&comment, 'a');
	assert_int_equal(
	    bundle_sealed(&sealed, buf_str(&plain), buf_str(&comment), &e), 0);
	snprintf(path, sizeof(path), "%s/copy.zip", dir);
	assert_int_equal(
	    bundle_normalize(path, buf_str(&sealed), "x", &how, &same, &d, &e),
	    0);
	assert_true(same);
	assert_true(digest_eq(&d, &want));
	assert_int_equal(os_read(&out, path, &e), 0);
	assert_true(str_eq(buf_str(&out), buf_str(&sealed)));
}

static void
another_one_is_made_canonical(void **state)
{
	static const char *const modules[] = { "f.wasm", "stray.wasm", NULL };
	CLEANUP(buf_free) struct buf bytes = BUF(MAX), out = BUF(MAX);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct bundle_normalize how = { .epoch_s = 1700000000,
		.drop = count_drop };
	unsigned dropped = 0;
	struct digest d;
	struct err e = ERR;
	struct str wasm;
	char path[64];
	bool same = true;

	(void)state;
	how.arg = &dropped;
	pack(&bytes,
	    HEAD F("    namespace: db\n") "  - name: g\n    lang: wat\n",
	    modules);
	snprintf(path, sizeof(path), "%s/out.zip", dir);
	/* Function g has no module. */
	assert_int_equal(
	    bundle_normalize(path, buf_str(&bytes), "x", &how, &same, &d, &e),
	    -1);
	assert_true(str_is(bundle_rule(&e), "module-missing"));
	assert_false(os_exists(path));

	dropped = 0;
	buf_clear(&bytes);
	pack(&bytes, HEAD F("    namespace: db\n"), modules);
	if (bundle_normalize(path, buf_str(&bytes), "x", &how, &same, &d, &e) <
	    0)
		fail_msg("%s", e.text);
	assert_false(same);
	assert_int_equal(dropped, 1);
	assert_int_equal(os_read(&out, path, &e), 0);
	if (bundle_open_at(&b, buf_str(&out), path, BUNDLE_STRICT, NULL, &e) <
	    0)
		fail_msg("%s", e.text);
	assert_true(bundle_find(b, STR("db::f.wasm"), &wasm));
	assert_int_equal(bundle_count(b), 2);
	assert_int_equal(bundle_epoch(b), 1700000000);
	assert_true(digest_eq(&d, bundle_digest(b)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealing_and_cutting_give_the_same_bytes),
		cmocka_unit_test(a_signed_bundle_opens_and_keeps_its_digest),
		cmocka_unit_test(what_is_no_signature_is_no_comment),
		cmocka_unit_test(signatures_have_ceilings),
		cmocka_unit_test(
		    the_directive_and_the_modules_must_name_each_other),
		cmocka_unit_test(a_canonical_bundle_is_copied),
		cmocka_unit_test(another_one_is_made_canonical),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

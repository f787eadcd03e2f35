/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cosign/cosign.h"

#define TYPE "cosign container image signature"

struct world {
	struct arena *a;
	struct sign_secret *ours, *theirs;
	struct cosign_key keys[2]; /* only the first is trusted */
	struct cosign_want want;
	char hex[DIGEST_HEX];
	struct err e;
};

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));

	w->a = arena_new();
	w->ours = sign_secret_new();
	w->theirs = sign_secret_new();
	w->keys[0] = cosign_key_of(sign_secret_public(w->ours));
	w->keys[1] = cosign_key_of(sign_secret_public(w->theirs));
	w->want = (struct cosign_want){
		.manifest = sign_digest(STR("m")), .keys = w->keys, .nkeys = 1
	};
	digest_hex(&w->want.manifest, w->hex);
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

/* ---- keys ---- */

static void
a_key_pair_is_read_as_it_was_written(void **state)
{
	static const char *const passwords[] = { "", "a password" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(passwords); i++) {
		CLEANUP(buf_free) struct buf pub = BUF(4096);
		CLEANUP(buf_free) struct buf key = BUF(COSIGN_MAX_KEY);
		CLEANUP(sign_secret_free) struct sign_secret *s = NULL;
		struct cosign_key k;

		cosign_key_text(&pub, &w->keys[0]);
		assert_true(cosign_key_looks(buf_str(&pub)));
		assert_int_equal(cosign_key_parse(&k, buf_str(&pub), &w->e), 0);
		assert_true(cosign_key_eq(&k, &w->keys[0]));
		assert_false(cosign_key_eq(&k, &w->keys[1]));
		assert_int_equal(cosign_secret_text(&key, w->ours,
				     str_of(passwords[i]), &w->e),
		    0);
		assert_int_equal(cosign_secret_parse(&s, buf_str(&key),
				     str_of(passwords[i]), &w->e),
		    0);
		assert_memory_equal(
		    sign_secret_seed(s), sign_secret_seed(w->ours), 32);
		sign_secret_free(&s);
		assert_int_equal(cosign_secret_parse(
				     &s, buf_str(&key), STR("another"), &w->e),
		    -1);
		assert_int_equal(w->e.kind, ERR_TRUST);
		w->e = (struct err)ERR;
	}
}

/* The secret key with another N; and that no time went into it shows by what
 * the error is. */
static void
with_cost(struct world *w, struct buf *out, const char *n)
{
	static const char body[] =
	    "{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":%s,\"r\":8,\"p\":"
	    "1},"
	    "\"salt\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"},"
	    "\"cipher\":{\"name\":\"nacl/secretbox\","
	    "\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},"
	    "\"ciphertext\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}";
	CLEANUP(buf_free) struct buf b64 = BUF(4096);

	buf_add_base64(&b64, str_of(arena_printf(w->a, body, n)));
	buf_addf(out,
	    "-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\n%s\n"
	    "-----END ENCRYPTED COSIGN PRIVATE KEY-----\n",
	    buf_cstr(&b64));
}

/* D60 */
static void
a_password_of_another_cost_is_refused_before_it_is_spent(void **state)
{
	static const char *const costs[] = { "16384", "1073741824", "0", "-1",
		"65537", "\"65536\"", "1e5", "99999999999999999999" };
	struct world *w = *state;

	for (size_t i = 0; i <= COUNT(costs); i++) {
		CLEANUP(buf_free) struct buf key = BUF(COSIGN_MAX_KEY);
		struct sign_secret *s;

		w->e = (struct err)ERR;
		with_cost(w, &key, i < COUNT(costs) ? costs[i] : "32768");
		assert_int_equal(
		    cosign_secret_parse(&s, buf_str(&key), STR("x"), &w->e),
		    -1);
		assert_null(s);
		/* The last is tried, and holds nothing. */
		assert_int_equal(
		    w->e.kind, i < COUNT(costs) ? ERR_INPUT : ERR_TRUST);
	}
}

static void
what_is_no_key_is_refused(void **state)
{
	static const char *const texts[] = { "", "-----BEGIN PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
		/* Of 33 bytes. */
		"-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"-----END PUBLIC KEY-----\n",
		/* No point of the curve. */
		"-----BEGIN PUBLIC KEY-----\n"
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"A"
		"A\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"==\n-----END PUBLIC KEY-----\n",
		"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n"
		"-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
		"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct cosign_key k;
		struct sign_secret *s;

		w->e = (struct err)ERR;
		assert_int_equal(
		    cosign_key_parse(&k, str_of(texts[i]), &w->e), -1);
		assert_int_equal(w->e.kind, ERR_INPUT);
		w->e = (struct err)ERR;
		assert_int_equal(
		    cosign_secret_parse(&s, str_of(texts[i]), STR(""), &w->e),
		    -1);
		assert_int_equal(w->e.kind, ERR_INPUT);
	}
}

/* ---- payloads ---- */

static int
check(struct world *w, struct str payload, struct str sig, bool *held)
{
	const struct cosign_key *by;
	int rc;

	w->e = (struct err)ERR;
	rc = cosign_check_payload(&by, payload, sig, &w->want, &w->e);
	*held = by == &w->keys[0];
	return rc;
}

static void
a_payload_is_signed_by_who_is_trusted_or_by_a_stranger(void **state)
{
	struct world *w = *state;
	struct str p =
	    cosign_payload(w->a, STR("host/name"), &w->want.manifest);
	struct str ours = cosign_sign(w->a, w->ours, p);
	struct str theirs = cosign_sign(w->a, w->theirs, p);
	char *bad;
	bool held;

	assert_int_equal(check(w, p, ours, &held), 0);
	assert_true(held);
	assert_int_equal(check(w, p, theirs, &held), 0);
	assert_false(held);
	/* What is no signature is nobody's; so is one of other bytes. */
	bad = arena_printf(w->a, "%s", ours.p);
	bad[3] ^= 1;
	assert_int_equal(check(w, p, str_of(bad), &held), 0);
	assert_false(held);
	bad[ours.n - 2] = '\0';
	assert_int_equal(check(w, p, str_of(bad), &held), 0);
	assert_false(held);
	assert_int_equal(check(w, str_from(p, 1), ours, &held), 0);
	assert_false(held);
}

/* D56, and what others take. */
static void
what_a_trusted_key_signed_must_say_this_manifest_and_nothing_twice(void **state)
{
	static const char *const bodies[] = {
		/* %1$s: this manifest; %2$s: another. */
		"{\"critical\":{\"identity\":{},\"image\":{"
		"\"docker-manifest-digest\":\"sha256:%2$s\"},"
		"\"type\":\"" TYPE "\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":"
		"\"sha256:%2$s\",\"docker-manifest-digest\":\"sha256:%1$s\"},"
		"\"type\":\"" TYPE "\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":"
		"\"sha256:%1$s\"},\"type\":\"" TYPE "\",\"type\":\"" TYPE
		"\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":"
		"\"sha256:%1$s\"},\"type\":\"atomic container signature\"}}",
		"{\"critical\":{\"image\":{\"docker-manifest-digest\":"
		"\"%1$s\"},\"type\":\"" TYPE "\"}}",
		"{\"critical\":{\"image\":{\"Docker-manifest-digest\":"
		"\"sha256:%1$s\"},\"type\":\"" TYPE "\"}}",
		"[]",
		"sha256:%1$s",
		"",
	};
	struct digest other = sign_digest(STR("other"));
	struct world *w = *state;
	char hex[DIGEST_HEX];

	digest_hex(&other, hex);
	for (size_t i = 0; i < COUNT(bodies); i++) {
		CLEANUP(buf_free) struct buf b = BUF(4096);
		struct str p;
		bool held;

		for (const char *s = bodies[i]; *s != '\0'; s++) {
			if (s[0] != '%') {
				buf_addc(&b, *s);
				continue;
			}
			buf_add(&b, str_of(s[1] == '1' ? w->hex : hex));
			s += 3;
		}
		p = buf_str(&b);
		if (check(w, p, cosign_sign(w->a, w->ours, p), &held) != -1 ||
		    w->e.kind != ERR_TRUST)
			fail_msg("case %zu: %s", i, w->e.text);
		/* Of a stranger it is none of our business. */
		assert_int_equal(
		    check(w, p, cosign_sign(w->a, w->theirs, p), &held), 0);
		assert_false(held);
	}
}

/* ---- bundles ---- */

static int
check_bundle(struct world *w, struct str text, bool *held)
{
	const struct cosign_key *by;
	int rc;

	w->e = (struct err)ERR;
	rc = cosign_check_bundle(&by, text, &w->want, &w->e);
	*held = by == &w->keys[0];
	return rc;
}

/* D58 */
static void
a_bundle_is_signed_by_who_is_trusted_or_by_a_stranger(void **state)
{
	struct world *w = *state;
	struct str b = cosign_bundle(w->a, w->ours, &w->want.manifest);
	struct digest other = sign_digest(STR("other"));
	bool held;

	assert_int_equal(check_bundle(w, b, &held), 0);
	assert_true(held);
	b = cosign_bundle(w->a, w->theirs, &w->want.manifest);
	assert_int_equal(check_bundle(w, b, &held), 0);
	assert_false(held);
	b = cosign_bundle(w->a, w->ours, &other);
	assert_int_equal(check_bundle(w, b, &held), -1);
	assert_int_equal(w->e.kind, ERR_TRUST);
	b = cosign_bundle(w->a, w->theirs, &other);
	assert_int_equal(check_bundle(w, b, &held), 0);
	assert_false(held);
}

static struct str
envelope(
    struct world *w, const char *statement, const char *type, const char *more)
{
	CLEANUP(buf_free) struct buf pae = BUF(8192), b64 = BUF(8192);
	struct str sig;

	buf_addf(&pae, "DSSEv1 %zu %s %zu %s", strlen(type), type,
	    strlen(statement), statement);
	buf_add_base64(&b64, str_of(statement));
	sig = cosign_sign(w->a, w->ours, buf_str(&pae));
	return str_of(arena_printf(w->a,
	    "{\"mediaType\":\"" COSIGN_BUNDLE
	    "\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"x\"}},"
	    "\"dsseEnvelope\":{\"payload\":\"%s\",\"payloadType\":\"%s\","
	    "\"signatures\":[{\"sig\":\"" STR_F "\"}%s]}}",
	    buf_cstr(&b64), type, STR_A(sig), more));
}

static void
a_bundle_of_another_form_is_none(void **state)
{
	struct world *w = *state;
	const char *good = arena_printf(w->a,
	    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{"
	    "\"digest\":{\"sha256\":\"%s\"}}],\"predicateType\":"
	    "\"" COSIGN_PREDICATE "\",\"predicate\":{}}",
	    w->hex);
	const char *two = arena_printf(w->a,
	    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{"
	    "\"digest\":{\"sha256\":\"%s\"}},{}],\"predicateType\":"
	    "\"" COSIGN_PREDICATE "\"}",
	    w->hex);
	const char *slsa = arena_printf(w->a,
	    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{"
	    "\"digest\":{\"sha256\":\"%s\"}}],\"predicateType\":"
	    "\"https://slsa.dev/provenance/v1\"}",
	    w->hex);
	const char *type = "application/vnd.in-toto+json";
	const struct {
		struct str text;
		enum err_kind kind;
	} cases[] = {
		{ envelope(w, good, type, ""), ERR_NONE },
		{ envelope(w, good, type, ",{\"sig\":\"AAAA\"}"), ERR_INPUT },
		{ envelope(w, good, "application/json", ""), ERR_INPUT },
		{ envelope(w, two, type, ""), ERR_TRUST },
		{ envelope(w, slsa, type, ""), ERR_TRUST },
		{ envelope(w, "{}", type, ""), ERR_TRUST },
		{ STR("{}"), ERR_INPUT },
		{ STR("[1]"), ERR_INPUT },
		{ STR("\xef\xbb\xbf{}"), ERR_INPUT },
		{ STR(""), ERR_INPUT },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool held;
		int rc = check_bundle(w, cases[i].text, &held);

		if (w->e.kind != cases[i].kind ||
		    (rc == 0) != (cases[i].kind == ERR_NONE))
			fail_msg("case %zu: %s", i, w->e.text);
		if (rc == 0)
			assert_true(held);
	}
}

/* ---- a second opinion ---- */

static struct str
run(struct world *w, const char *dir, const char *what)
{
	char *line = arena_printf(w->a, "cd %s && %s", dir, what);
	CLEANUP(buf_free) struct buf out = BUF(1u << 16);
	char piece[4096];
	FILE *f = popen(line, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&out, (struct str){ piece, n });
	if (pclose(f) != 0)
		fail_msg("%s", line);
	return arena_copy(w->a, buf_str(&out));
}

static void
write_file(struct world *w, const char *dir, const char *name, struct str text)
{
	FILE *f = fopen(arena_printf(w->a, "%s/%s", dir, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
}

static void
openssl_reads_our_key_and_we_read_what_it_signs(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf pub = BUF(4096), b64 = BUF(4096);
	struct str p =
	    cosign_payload(w->a, STR("host/name"), &w->want.manifest);
	char dir[] = "/tmp/subo-cosign.XXXXXX";
	struct cosign_key k;
	struct digest ours;
	struct str der;
	bool held;

	assert_non_null(mkdtemp(dir));
	cosign_key_text(&pub, &w->keys[0]);
	write_file(w, dir, "pub", buf_str(&pub));
	der = run(w, dir,
	    "openssl pkey -pubin -in pub -outform DER | "
	    "openssl dgst -sha256 -binary");
	ours = cosign_key_digest(&w->keys[0]);
	assert_int_equal(der.n, sizeof(ours.b));
	assert_memory_equal(der.p, ours.b, sizeof(ours.b));
	/* P-256: it signs, we verify; high S and low S come as they like. */
	write_file(w, dir, "payload", p);
	(void)run(w, dir,
	    "openssl ecparam -name prime256v1 -genkey -noout -out k "
	    "&& "
	    "openssl ec -in k -pubout -out k.pub 2>/dev/null");
	assert_int_equal(
	    cosign_key_parse(&k, run(w, dir, "cat k.pub"), &w->e), 0);
	assert_true(k.p256);
	for (int i = 0; i < 8; i++) {
		const struct cosign_key *by;

		der = run(w, dir, "openssl dgst -sha256 -sign k payload");
		buf_clear(&b64);
		buf_add_base64(&b64, der);
		w->want.keys = &k;
		assert_int_equal(cosign_check_payload(
				     &by, p, buf_str(&b64), &w->want, &w->e),
		    0);
		assert_ptr_equal(by, &k);
		/* A byte behind it. */
		buf_clear(&b64);
		buf_add_base64(
		    &b64, str_of(arena_printf(w->a, STR_F "x", STR_A(der))));
		assert_int_equal(cosign_check_payload(
				     &by, p, buf_str(&b64), &w->want, &w->e),
		    0);
		assert_null(by);
	}
	w->want.keys = w->keys;
	assert_int_equal(check(w, p, buf_str(&b64), &held), 0);
	(void)run(w, dir, "rm -r ../${PWD##*/}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_key_pair_is_read_as_it_was_written),
		T(a_password_of_another_cost_is_refused_before_it_is_spent),
		T(what_is_no_key_is_refused),
		T(a_payload_is_signed_by_who_is_trusted_or_by_a_stranger),
		T(what_a_trusted_key_signed_must_say_this_manifest_and_nothing_twice),
		T(a_bundle_is_signed_by_who_is_trusted_or_by_a_stranger),
		T(a_bundle_of_another_form_is_none),
		T(openssl_reads_our_key_and_we_read_what_it_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

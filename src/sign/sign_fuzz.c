/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What minisign's files hold, and what trusted comments say.  The first byte
 * says which: signatures, a public key, a secret key, a claim, a rotation, or
 * changes to a signature that held before them.
 */
#include <assert.h>
#include <string.h>

#include "sign/sign.h"

#define RAW_SECRET 158u
#define WORK_AT 38u
#define MEMORY_AT 46u
#define SEALED_AT 54u
#define CHECK_AT 126u
#define TINY_WORK (UINT64_C(1) << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
refused(const struct err *e, enum err_kind kind)
{
	assert(e->kind == kind && e->text[0] != '\0');
}

static struct str
bytes(const void *p, size_t n)
{
	return (struct str){ p, n };
}

static struct sign_secret *
known_key(void)
{
	static const uint8_t id[8] = "fuzz-key", seed[32] = "a seed";
	struct sign_secret *s;
	struct err e = ERR;
	int r = sign_secret_from_seed(&s, id, seed, &e);

	assert(r == 0);
	return s;
}

/* ---- signatures ---- */

/* Its four lines again, of what was read. */
static void
print_signature(struct buf *out, const struct sign_signature *s)
{
	char raw[74] = { 'E', 'D' };

	memcpy(raw + 2, s->id, 8);
	memcpy(raw + 10, s->signature, 64);
	buf_addf(out, "untrusted comment: ");
	buf_add(out, s->untrusted);
	buf_addc(out, '\n');
	buf_add_base64(out, bytes(raw, sizeof(raw)));
	buf_addf(out, "\ntrusted comment: ");
	buf_add(out, s->comment);
	buf_addc(out, '\n');
	buf_add_base64(out, bytes(s->global, sizeof(s->global)));
	buf_addc(out, '\n');
}

static void
try_signatures(struct arena *a, struct str text)
{
	const struct sign_sums sums = sign_sums(&text, 1);
	struct sign_secret *key = known_key();
	struct sign_signature s;
	struct err e = ERR;

	(void)a;
	while (text.n > 0) {
		CLEANUP(buf_free) struct buf b = BUF(1u << 20);
		size_t before = text.n, at;

		if (sign_signature_parse(&s, &text, &e) < 0) {
			refused(&e, ERR_INPUT);
			assert(text.n == before);
			break;
		}
		print_signature(&b, &s);
		assert(str_eq(buf_str(&b), s.text));
		assert(s.text.n == before - text.n);
		assert(str_utf8(s.comment, &at));
		assert(!sign_holds(&s, sign_secret_public(key), &sums));
	}
	sign_secret_free(&key);
}

/* One good signature with bytes of it changed: it holds as long as nothing but
 * the comment that nobody trusts is another. */
static void
try_changes(struct arena *a, struct str edits)
{
	const struct str signed_text = STR("what is signed");
	const struct sign_sums sums = sign_sums(&signed_text, 1);
	CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_FILE);
	struct sign_secret *key = known_key();
	struct sign_signature s;
	struct str text, was, now;
	struct err e = ERR;
	int r = sign_make(&b, key, &sums, STR("a\tcomment"), &e);

	assert(r == 0);
	was = arena_copy(a, buf_str(&b));
	for (size_t i = 0; i + 1 < edits.n; i += 2)
		b.p[(size_t)(unsigned char)edits.p[i] * b.n / 256] ^=
		    edits.p[i + 1];
	text = now = buf_str(&b);
	if (sign_signature_parse(&s, &text, &e) < 0) {
		refused(&e, ERR_INPUT);
	} else {
		struct str line;
		bool same;

		(void)str_cut(&was, '\n', &line);
		(void)str_cut(&now, '\n', &line);
		same = str_eq(was, now);
		assert(sign_holds(&s, sign_secret_public(key), &sums) == same);
	}
	sign_secret_free(&key);
}

/* ---- keys ---- */

static void
try_public(struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_FILE);
	CLEANUP(buf_free) struct buf line = BUF(SIGN_MAX_FILE);
	struct sign_public p, again;
	struct err e = ERR;
	size_t at;

	(void)a;
	if (sign_public_parse(&p, text, &e) < 0) {
		refused(&e, ERR_INPUT);
		return;
	}
	sign_public_text(&b, &p);
	sign_public_line(&line, &p);
	/* No other line is this key. */
	assert(str_find(text, buf_str(&line), &at));
	assert(sign_public_parse(&again, buf_str(&b), &e) == 0);
	assert(memcmp(&p, &again, sizeof(p)) == 0);
	assert(sign_public_parse(&again, buf_str(&line), &e) == 0);
	assert(memcmp(&p, &again, sizeof(p)) == 0 && sign_public_eq(&p, &p));
}

static uint64_t
number(const char *p)
{
	uint64_t v = 0;

	for (size_t i = 8; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* What a key with a password may cost is in its file: only the cheap are
 * tried, and those that no one may try. */
static bool
dear(struct str text)
{
	CLEANUP(buf_free) struct buf raw = BUF(RAW_SECRET);
	uint64_t work, memory;
	struct str line;

	if (!sign_secret_locked(text))
		return false;
	(void)str_cut(&text, '\n', &line);
	(void)str_cut(&text, '\n', &line);
	assert(buf_add_unbase64(&raw, line) && raw.n == RAW_SECRET);
	work = number(raw.p + WORK_AT);
	memory = number(raw.p + MEMORY_AT);
	if (work > SIGN_MAX_WORK || memory > SIGN_MAX_MEMORY)
		return false;
	return work > TINY_WORK;
}

/* Its second line with all that is not the key itself zeroed, as minisign
 * writes a key without a password. */
static void
plain_line(struct buf *out, struct str text)
{
	CLEANUP(buf_free) struct buf raw = BUF(RAW_SECRET);
	struct str line;

	(void)str_cut(&text, '\n', &line);
	(void)str_cut(&text, '\n', &line);
	assert(buf_add_unbase64(&raw, line) && raw.n == RAW_SECRET);
	memset(raw.p + 6, 0, SEALED_AT - 6);
	memset(raw.p + CHECK_AT, 0, RAW_SECRET - CHECK_AT);
	buf_add_base64(out, buf_str(&raw));
}

static void
same_secret(struct sign_secret *s, struct str text)
{
	const struct sign_cost none = { 0, 0 };
	CLEANUP(buf_free) struct buf one = BUF(SIGN_MAX_FILE);
	CLEANUP(buf_free) struct buf two = BUF(SIGN_MAX_FILE);
	CLEANUP(buf_free) struct buf line = BUF(SIGN_MAX_FILE);
	struct sign_secret *again;
	struct err e = ERR;
	size_t at;

	assert(sign_secret_text(&one, s, STR(""), none, &e) == 0);
	if (!sign_secret_locked(text)) {
		plain_line(&line, text);
		assert(str_find(buf_str(&one), buf_str(&line), &at));
	}
	assert(sign_secret_parse(&again, buf_str(&one), STR(""), &e) == 0);
	assert(memcmp(sign_secret_seed(s), sign_secret_seed(again), 32) == 0);
	assert(sign_secret_text(&two, again, STR(""), none, &e) == 0);
	assert(str_eq(buf_str(&one), buf_str(&two)));
	sign_secret_free(&again);
}

static void
try_secret(struct arena *a, struct str text)
{
	struct sign_secret *s;
	struct err e = ERR;

	(void)a;
	if (dear(text))
		return;
	if (sign_secret_parse(&s, text, STR("password"), &e) < 0) {
		assert(!s);
		if (e.kind == ERR_TRUST || e.kind == ERR_LIMIT)
			assert(sign_secret_locked(text));
		else
			refused(&e, ERR_INPUT);
		return;
	}
	same_secret(s, text);
	sign_secret_free(&s);
}

/* ---- trusted comments ---- */

static void
try_claim(struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct sign_claim c;
	struct err e = ERR;

	if (sign_claim_parse(&c, a, text, &e) < 0) {
		refused(&e, ERR_INPUT);
		return;
	}
	assert(sign_is_claim(text) && !sign_is_rotation(text));
	sign_claim_text(&b, &c);
	assert(str_eq(buf_str(&b), text));
}

static void
try_rotation(struct arena *a, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct sign_rotation r;
	struct err e = ERR;

	if (sign_rotation_parse(&r, a, text, &e) < 0) {
		refused(&e, ERR_INPUT);
		return;
	}
	assert(sign_is_rotation(text) && !sign_is_claim(text));
	sign_rotation_text(&b, &r);
	assert(str_eq(buf_str(&b), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const tries[])(
	    struct arena *a, struct str s) = { try_signatures, try_changes,
		try_public, try_secret, try_claim, try_rotation };
	static const char letters[] = "smpkcr";
	CLEANUP(arena_free) struct arena *a = arena_new();
	const char *which;

	if (n == 0 || data[0] == 0)
		return 0;
	which = strchr(letters, data[0]);
	if (which)
		tries[which - letters](a, bytes(data + 1, n - 1));
	return 0;
}

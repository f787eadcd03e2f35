/* SPDX-License-Identifier: Apache-2.0 */
/* minisign's key files. */
#include <inttypes.h>
#include <string.h>

#include "sign/crypt.h"
#include "sign/lines.h"
#include "sign/sign.h"

#define PUBLIC_BYTES 42u  /* "Ed", number, key */
#define SECRET_BYTES 158u /* "Ed", KDF, "B2", salt, two limits, 104 bytes */
#define SEALED_BYTES 104u /* number, seed and public key, checksum */
#define SALT_AT 6u
#define WORK_AT 38u
#define MEMORY_AT 46u
#define SEALED_AT 54u
#define CHECK_AT 72u /* in what is sealed */
/* libsodium's SENSITIVE, which minisign takes. */
#define WORK_DEFAULT (UINT64_C(1) << 25)
#define MEMORY_DEFAULT (UINT64_C(1) << 30)

struct sign_secret {
	uint8_t seed[32];
	struct sign_public pub;
};

void
sign_id(const uint8_t id[8], char text[SIGN_ID])
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < 8; i++) {
		text[2 * i] = digits[id[7 - i] >> 4];
		text[2 * i + 1] = digits[id[7 - i] & 15];
	}
	text[SIGN_ID - 1] = '\0';
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v = 0;

	for (size_t i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static void
put64(uint8_t *p, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* ---- public keys ---- */

/* Whoever gives the wrong one of the files gets told which it is. */
static int
refuse_key(struct str line, struct err *e)
{
	if (line.n == 100 && str_starts(line, "RU"))
		return err_hint(
		    e, "this is a signature; the key is in NAME.pub");
	if (line.n == 212)
		return err_hint(
		    e, "this is a secret key; the other one is in NAME.pub");
	if (str_starts(line, "-----BEGIN"))
		return err_hint(e,
		    "keys are minisign's: 'subo keygen', or 'minisign -G'; "
		    "cosign's are for 'subo pull'");
	return -1;
}

int
sign_public_parse(struct sign_public *p, struct str text, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(PUBLIC_BYTES);
	struct str line = text, untrusted;
	uint8_t all = 0;

	if (str_starts(text, LINE_UNTRUSTED) &&
	    (!lines_untrusted(&untrusted, &text, e) ||
		!lines_next(&line, &text) || text.n > 0)) {
		err_set(e, ERR_INPUT, "a public key's file has two lines");
		return refuse_key(line, e);
	}
	line = str_trim(line);
	if (line.n != 56 || !buf_add_unbase64(&b, line) ||
	    b.n != PUBLIC_BYTES || memcmp(b.p, "Ed", 2) != 0) {
		err_set(e, ERR_INPUT, "it is no public key of minisign's");
		return refuse_key(line, e);
	}
	memcpy(p->id, b.p + 2, sizeof(p->id));
	memcpy(p->key, b.p + 10, sizeof(p->key));
	for (size_t i = 0; i < sizeof(p->key); i++)
		all |= p->key[i];
	if (all == 0)
		return err_set(e, ERR_INPUT, "the key is all zeros");
	return 0;
}

void
sign_public_line(struct buf *out, const struct sign_public *p)
{
	uint8_t raw[PUBLIC_BYTES] = { 'E', 'd' };

	memcpy(raw + 2, p->id, sizeof(p->id));
	memcpy(raw + 10, p->key, sizeof(p->key));
	buf_add_base64(out, (struct str){ (const char *)raw, sizeof(raw) });
}

void
sign_public_text(struct buf *out, const struct sign_public *p)
{
	char id[SIGN_ID];

	sign_id(p->id, id);
	buf_addf(out, LINE_UNTRUSTED "minisign public key %s\n", id);
	sign_public_line(out, p);
	buf_addc(out, '\n');
}

bool
sign_public_eq(const struct sign_public *a, const struct sign_public *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

/* ---- secret keys ---- */

struct sign_secret *
sign_secret_new(void)
{
	struct sign_secret *s = crypt_take(sizeof(*s));

	crypt_random(s->seed, sizeof(s->seed));
	crypt_random(s->pub.id, sizeof(s->pub.id));
	crypt_pair(s->pub.key, s->seed);
	return s;
}

int
sign_secret_from_seed(struct sign_secret **out, const uint8_t id[8],
    const uint8_t seed[32], struct err *e)
{
	struct sign_secret *s = crypt_take(sizeof(*s));

	(void)e;
	memcpy(s->seed, seed, sizeof(s->seed));
	memcpy(s->pub.id, id, sizeof(s->pub.id));
	crypt_pair(s->pub.key, s->seed);
	*out = s;
	return 0;
}

const struct sign_public *
sign_secret_public(const struct sign_secret *s)
{
	return &s->pub;
}

const uint8_t *
sign_secret_seed(const struct sign_secret *s)
{
	return s->seed;
}

void
sign_secret_free(struct sign_secret **s)
{
	crypt_free_taken(*s, sizeof(**s));
	*s = NULL;
}

/* The 158 bytes of a secret key's file. */
static int
read_raw(uint8_t raw[SECRET_BYTES], struct str text, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(SECRET_BYTES);
	struct str line = { 0 }, untrusted;
	bool good = lines_untrusted(&untrusted, &text, e) &&
	    lines_next(&line, &text) && text.n == 0 &&
	    buf_add_unbase64(&b, line) && b.n == SECRET_BYTES;

	if (good)
		memcpy(raw, b.p, SECRET_BYTES);
	sign_wipe(b.p, b.n);
	if (!good || memcmp(raw, "Ed", 2) != 0 ||
	    memcmp(raw + 4, "B2", 2) != 0) {
		err_set(e, ERR_INPUT, "it is no secret key of minisign's");
		return err_hint(e, "the secret key is in NAME.key");
	}
	if (memcmp(raw + 2, "Sc", 2) != 0 && memcmp(raw + 2, "\0\0", 2) != 0)
		return err_set(e, ERR_INPUT,
		    "its password is kept in a way that is not known");
	return 0;
}

bool
sign_secret_locked(struct str text)
{
	uint8_t raw[SECRET_BYTES];
	struct err ignored = ERR;
	bool locked = read_raw(raw, text, &ignored) == 0 && raw[2] == 'S';

	sign_wipe(raw, sizeof(raw));
	return locked;
}

static void
check_sum(uint8_t out[32], const uint8_t sealed[SEALED_BYTES])
{
	const struct str pieces[] = { STR("Ed"),
		{ (const char *)sealed, CHECK_AT } };

	crypt_blake2b(out, 32, pieces, COUNT(pieces));
}

/* Take off what the password put on. */
static int
unseal(uint8_t raw[SECRET_BYTES], struct str password, struct err *e)
{
	uint64_t work = get64(raw + WORK_AT), memory = get64(raw + MEMORY_AT);
	uint8_t stream[SEALED_BYTES];
	bool good;

	if (memory > SIGN_MAX_MEMORY || work > SIGN_MAX_WORK)
		return err_set(e, ERR_INPUT,
		    "its password costs more than any key may: %" PRIu64
		    " bytes of memory",
		    memory);
	good = crypt_scrypt(
	    stream, sizeof(stream), password, raw + SALT_AT, work, memory);
	for (size_t i = 0; i < sizeof(stream) && good; i++)
		raw[SEALED_AT + i] ^= stream[i];
	sign_wipe(stream, sizeof(stream));
	if (good)
		return 0;
	return err_set(e, ERR_LIMIT,
	    "there is no memory for its password, which needs %" PRIu64 " MiB",
	    memory >> 20);
}

static int
take_sealed(
    struct sign_secret *s, const uint8_t raw[SECRET_BYTES], struct err *e)
{
	static const uint8_t none[32];
	const uint8_t *sealed = raw + SEALED_AT;
	bool locked = raw[2] == 'S';
	uint8_t want[32];
	bool same;

	check_sum(want, sealed);
	same = crypt_same(want, sealed + CHECK_AT, sizeof(want));
	sign_wipe(want, sizeof(want));
	if (locked && !same)
		return err_set(e, ERR_TRUST, "the password is wrong");
	/* minisign writes none without a password. */
	if (!same && memcmp(sealed + CHECK_AT, none, sizeof(none)) != 0)
		return err_set(e, ERR_INPUT, "its checksum is wrong");
	memcpy(s->pub.id, sealed, sizeof(s->pub.id));
	memcpy(s->seed, sealed + 8, sizeof(s->seed));
	crypt_pair(s->pub.key, s->seed);
	if (memcmp(s->pub.key, sealed + 40, sizeof(s->pub.key)) != 0)
		return err_set(
		    e, ERR_INPUT, "its two halves are of different keys");
	return 0;
}

int
sign_secret_parse(struct sign_secret **out, struct str text,
    struct str password, struct err *e)
{
	uint8_t raw[SECRET_BYTES];
	struct sign_secret *s = crypt_take(sizeof(*s));
	int rc = read_raw(raw, text, e);

	if (rc == 0 && raw[2] == 'S')
		rc = unseal(raw, password, e);
	if (rc == 0)
		rc = take_sealed(s, raw, e);
	sign_wipe(raw, sizeof(raw));
	if (rc < 0)
		sign_secret_free(&s);
	*out = s;
	return rc;
}

static bool
seal(uint8_t raw[SECRET_BYTES], struct str password, struct sign_cost cost)
{
	uint8_t stream[SEALED_BYTES];
	bool good;

	if (cost.work == 0)
		cost.work = WORK_DEFAULT;
	if (cost.memory == 0)
		cost.memory = MEMORY_DEFAULT;
	memcpy(raw + 2, "Sc", 2);
	crypt_random(raw + SALT_AT, 32);
	put64(raw + WORK_AT, cost.work);
	put64(raw + MEMORY_AT, cost.memory);
	check_sum(raw + SEALED_AT + CHECK_AT, raw + SEALED_AT);
	good = crypt_scrypt(stream, sizeof(stream), password, raw + SALT_AT,
	    cost.work, cost.memory);
	for (size_t i = 0; i < sizeof(stream); i++)
		raw[SEALED_AT + i] ^= stream[i];
	sign_wipe(stream, sizeof(stream));
	return good;
}

int
sign_secret_text(struct buf *out, const struct sign_secret *s,
    struct str password, struct sign_cost cost, struct err *e)
{
	uint8_t raw[SECRET_BYTES] = { 'E', 'd', 0, 0, 'B', '2' };
	bool good = true;

	memcpy(raw + SEALED_AT, s->pub.id, sizeof(s->pub.id));
	memcpy(raw + SEALED_AT + 8, s->seed, sizeof(s->seed));
	memcpy(raw + SEALED_AT + 40, s->pub.key, sizeof(s->pub.key));
	if (password.n > 0)
		good = seal(raw, password, cost);
	if (good) {
		buf_addf(out, LINE_UNTRUSTED "minisign %s secret key\n",
		    password.n > 0 ? "encrypted" : "unencrypted");
		buf_add_base64(
		    out, (struct str){ (const char *)raw, sizeof(raw) });
		buf_addc(out, '\n');
	}
	sign_wipe(raw, sizeof(raw));
	if (good)
		return 0;
	return err_set(e, ERR_LIMIT,
	    "there is no memory to keep the key under a password");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Key files, in PEM (RFC 7468). */
#include <string.h>

#include "cosign/cosign.h"
#include "tree/tree.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define PUBLIC "PUBLIC KEY"
#define SECRET "ENCRYPTED SIGSTORE PRIVATE KEY"
#define OLD_SECRET "ENCRYPTED COSIGN PRIVATE KEY"
#define LINE_CHARS 64u
#define ED25519_SPKI 44u
#define P256_SPKI 91u
#define PKCS8 48u

/* What stands before the key, the same each time. */
static const uint8_t ed25519_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const uint8_t p256_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
static const uint8_t pkcs8_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05,
	0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };

/* ---- PEM ---- */

static void
pem_text(struct buf *out, const char *label, struct str bytes)
{
	CLEANUP(sign_wipe_buf) struct buf b = BUF(2 * COSIGN_MAX_KEY);
	struct str rest;

	buf_add_base64(&b, bytes);
	rest = buf_str(&b);
	buf_addf(out, BEGIN "%s" DASHES "\n", label);
	while (rest.n > 0) {
		size_t n = rest.n < LINE_CHARS ? rest.n : LINE_CHARS;

		buf_add(out, (struct str){ rest.p, n });
		buf_addc(out, '\n');
		rest = str_from(rest, n);
	}
	buf_addf(out, END "%s" DASHES "\n", label);
}

static bool
is_line(struct str line, const char *begins, const char *label)
{
	return str_starts(line, begins) && str_ends(line, DASHES) &&
	    line.n == strlen(begins) + strlen(label) + strlen(DASHES) &&
	    str_eq((struct str){ line.p + strlen(begins), strlen(label) },
		str_of(label));
}

/* The bytes between the lines of a label. */
static bool
pem_read(struct buf *out, const char *label, struct str text)
{
	CLEANUP(sign_wipe_buf) struct buf body = BUF(COSIGN_MAX_KEY);
	struct str line;

	if (text.n > COSIGN_MAX_KEY || !str_cut(&text, '\n', &line) ||
	    !is_line(str_trim(line), BEGIN, label))
		return false;
	while (str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (is_line(line, END, label))
			return str_trim(text).n == 0 &&
			    buf_add_unbase64(out, buf_str(&body));
		buf_add(&body, line);
	}
	/* The last line needs no newline. */
	return is_line(str_trim(text), END, label) &&
	    buf_add_unbase64(out, buf_str(&body));
}

/* ---- public keys ---- */

static void
spki(struct buf *out, const struct cosign_key *k)
{
	if (k->p256)
		buf_add(out,
		    (struct str){ (const char *)p256_head, sizeof(p256_head) });
	else
		buf_add(out,
		    (struct str){
			(const char *)ed25519_head, sizeof(ed25519_head) });
	buf_add(out,
	    (struct str){ (const char *)k->bytes, k->p256 ? SIGN_P256 : 32u });
}

bool
cosign_key_looks(struct str text)
{
	return str_starts(text, BEGIN);
}

int
cosign_key_parse(struct cosign_key *k, struct str text, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);
	const size_t ned = sizeof(ed25519_head), nec = sizeof(p256_head);

	*k = (struct cosign_key){ 0 };
	if (!pem_read(&b, PUBLIC, text)) {
		(void)err_set(e, ERR_INPUT, "it is no public key in PEM");
		return err_hint(e,
		    str_starts(text, BEGIN "ENCRYPTED")
			? "this is a secret key; the other file ends in .pub"
			: "'cosign public-key --key K' prints one");
	}
	if (b.n == ED25519_SPKI && memcmp(b.p, ed25519_head, ned) == 0) {
		memcpy(k->bytes, b.p + ned, 32);
		return 0;
	}
	k->p256 = b.n == P256_SPKI && memcmp(b.p, p256_head, nec) == 0;
	if (k->p256)
		memcpy(k->bytes, b.p + nec, SIGN_P256);
	if (k->p256 && sign_p256_ok(k->bytes))
		return 0;
	return err_set(e, ERR_INPUT,
	    k->p256 ? "the key is no point of P-256"
		    : "only keys of Ed25519 and ECDSA P-256 are read");
}

void
cosign_key_text(struct buf *out, const struct cosign_key *k)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);

	spki(&b, k);
	pem_text(out, PUBLIC, buf_str(&b));
}

struct cosign_key
cosign_key_of(const struct sign_public *p)
{
	struct cosign_key k = { 0 };

	memcpy(k.bytes, p->key, sizeof(p->key));
	return k;
}

bool
cosign_key_eq(const struct cosign_key *a, const struct cosign_key *b)
{
	return a->p256 == b->p256 &&
	    memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct digest
cosign_key_digest(const struct cosign_key *k)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);

	spki(&b, k);
	return sign_digest(buf_str(&b));
}

/* ---- secret keys ---- */

static void
put_bytes(
    struct arena *a, struct tree *t, const char *key, const void *p, size_t n)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);

	buf_add_base64(&b, (struct str){ p, n });
	tree_put_text(a, t, key, buf_str(&b));
}

static void
print_box(struct buf *out, const struct sign_box *box, struct str sealed)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);
	struct tree *t = tree_map(a), *m, *n;

	m = tree_put(a, t, "kdf", tree_map(a));
	tree_put_text(a, m, "name", STR("scrypt"));
	n = tree_put(a, m, "params", tree_map(a));
	tree_put_int(a, n, "N", (int64_t)box->n);
	tree_put_int(a, n, "r", box->r);
	tree_put_int(a, n, "p", box->p);
	put_bytes(a, m, "salt", box->salt, sizeof(box->salt));
	m = tree_put(a, t, "cipher", tree_map(a));
	tree_put_text(a, m, "name", STR("nacl/secretbox"));
	put_bytes(a, m, "nonce", box->nonce, sizeof(box->nonce));
	put_bytes(a, t, "ciphertext", sealed.p, sealed.n);
	tree_print_json(&b, t, 0);
	pem_text(out, SECRET, buf_str(&b));
}

int
cosign_secret_text(struct buf *out, const struct sign_secret *s,
    struct str password, struct err *e)
{
	CLEANUP(buf_free) struct buf sealed = BUF(1024);
	uint8_t raw[PKCS8];
	struct sign_box box;
	int rc;

	memcpy(raw, pkcs8_head, sizeof(pkcs8_head));
	memcpy(raw + sizeof(pkcs8_head), sign_secret_seed(s), 32);
	rc = sign_box_shut(&sealed, &box,
	    (struct str){ (const char *)raw, sizeof(raw) }, password, e);
	sign_wipe(raw, sizeof(raw));
	if (rc == 0)
		print_box(out, &box, buf_str(&sealed));
	return rc;
}

static bool
take_bytes(void *out, size_t n, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);

	if (!buf_add_unbase64(&b, text) || b.n != n)
		return false;
	memcpy(out, b.p, n);
	return true;
}

static bool
take_count(const struct tree *t, const char *key, uint64_t *out)
{
	const struct tree *v = tree_get(t, key);

	*out = v && v->kind == TREE_INT && v->num > 0 ? (uint64_t)v->num : 0;
	return *out > 0 && *out <= UINT32_MAX;
}

static bool
read_box(struct sign_box *box, struct buf *sealed, struct str json)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct tree *kdf, *cipher, *cost;
	struct err ignored = ERR;
	uint64_t r = 0, p = 0;
	struct tree *t;

	if (tree_parse_json_strict(&t, a, json, &ignored) < 0)
		return false;
	kdf = tree_get(t, "kdf");
	cipher = tree_get(t, "cipher");
	cost = tree_get(kdf, "params");
	if (!str_is(tree_text(kdf, "name"), "scrypt") ||
	    !str_is(tree_text(cipher, "name"), "nacl/secretbox") ||
	    !take_count(cost, "N", &box->n) || !take_count(cost, "r", &r) ||
	    !take_count(cost, "p", &p))
		return false;
	box->r = (uint32_t)r;
	box->p = (uint32_t)p;
	return take_bytes(
		   box->salt, sizeof(box->salt), tree_text(kdf, "salt")) &&
	    take_bytes(
		box->nonce, sizeof(box->nonce), tree_text(cipher, "nonce")) &&
	    buf_add_unbase64(sealed, tree_text(t, "ciphertext"));
}

static int
take_pkcs8(struct sign_secret **out, struct str raw, struct err *e)
{
	struct sign_secret *s = NULL;
	const uint8_t none[8] = { 0 };
	struct cosign_key k;
	struct digest d;
	int rc;

	if (raw.n != PKCS8 ||
	    memcmp(raw.p, pkcs8_head, sizeof(pkcs8_head)) != 0) {
		(void)err_set(e, ERR_INPUT, "it is no key of Ed25519");
		return err_hint(
		    e, "keys of ECDSA are for verifying: give the .pub file");
	}
	/* Once for the public key, of which its number is made. */
	if (sign_secret_from_seed(
		&s, none, (const uint8_t *)raw.p + sizeof(pkcs8_head), e) < 0)
		return -1;
	k = cosign_key_of(sign_secret_public(s));
	sign_secret_free(&s);
	d = cosign_key_digest(&k);
	rc = sign_secret_from_seed(
	    out, d.b, (const uint8_t *)raw.p + sizeof(pkcs8_head), e);
	return rc;
}

int
cosign_secret_parse(struct sign_secret **out, struct str text,
    struct str password, struct err *e)
{
	CLEANUP(sign_wipe_buf) struct buf json = BUF(COSIGN_MAX_KEY);
	CLEANUP(sign_wipe_buf) struct buf raw = BUF(SIGN_BOX_MAX);
	CLEANUP(buf_free) struct buf sealed = BUF(SIGN_BOX_MAX + SIGN_BOX_MORE);
	struct sign_box box = { .n = 0 };

	*out = NULL;
	if (!pem_read(&json, SECRET, text)) {
		buf_clear(&json);
		if (!pem_read(&json, OLD_SECRET, text))
			return err_set(
			    e, ERR_INPUT, "it is no secret key of cosign's");
	}
	if (!read_box(&box, &sealed, buf_str(&json)))
		return err_set(e, ERR_INPUT,
		    "it does not say how its password is kept, or in a way "
		    "that is not known");
	if (sign_box_open(&raw, &box, buf_str(&sealed), password, e) < 0)
		return -1;
	return take_pkcs8(out, buf_str(&raw), e);
}

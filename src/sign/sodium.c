/* SPDX-License-Identifier: Apache-2.0 */
/* The one file that knows of libsodium. */
#include <assert.h>
#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "sign/crypt.h"
#include "sign/sign.h"

static void
init(void)
{
	int rc = sodium_init();

	assert(rc >= 0);
}

/* It chooses what this processor does fastest, once. */
static void
ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, init);
}

static const unsigned char *
bytes(struct str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

void
crypt_blake2b(
    uint8_t *out, size_t nout, const struct str *pieces, size_t npieces)
{
	crypto_generichash_state g;

	ready();
	crypto_generichash_init(&g, NULL, 0, nout);
	for (size_t i = 0; i < npieces; i++)
		crypto_generichash_update(&g, bytes(pieces[i]), pieces[i].n);
	crypto_generichash_final(&g, out, nout);
}

void
crypt_pair(uint8_t public[32], const uint8_t seed[32])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	ready();
	crypto_sign_seed_keypair(public, secret, seed);
	sodium_memzero(secret, sizeof(secret));
}

void
crypt_sign(uint8_t out[64], struct str data, const uint8_t seed[32],
    const uint8_t public[32])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	ready();
	memcpy(secret, seed, 32);
	memcpy(secret + 32, public, 32);
	crypto_sign_detached(out, NULL, bytes(data), data.n, secret);
	sodium_memzero(secret, sizeof(secret));
}

bool
crypt_holds(const uint8_t sig[64], struct str data, const uint8_t public[32])
{
	ready();
	return crypto_sign_verify_detached(sig, bytes(data), data.n, public) ==
	    0;
}

bool
crypt_holds_ph(const uint8_t sig[64], struct str data, const uint8_t public[32])
{
	crypto_sign_ed25519ph_state st;

	ready();
	(void)crypto_sign_ed25519ph_init(&st);
	(void)crypto_sign_ed25519ph_update(&st, bytes(data), data.n);
	return crypto_sign_ed25519ph_final_verify(&st, sig, public) == 0;
}

void
crypt_random(void *out, size_t n)
{
	ready();
	randombytes_buf(out, n);
}

bool
crypt_same(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

bool
crypt_scrypt(uint8_t *out, size_t nout, struct str password,
    const uint8_t salt[32], uint64_t work, uint64_t memory)
{
	ready();
	return crypto_pwhash_scryptsalsa208sha256(out, nout,
		   password.p ? password.p : "", password.n, salt, work,
		   memory) == 0;
}

bool
crypt_scrypt_n(uint8_t *out, size_t nout, struct str password,
    const uint8_t salt[32], uint64_t n, uint32_t r, uint32_t p)
{
	ready();
	return crypto_pwhash_scryptsalsa208sha256_ll(bytes(password),
		   password.n, salt, 32, n, r, p, out, nout) == 0;
}

void
crypt_box(uint8_t *out, struct str text, const uint8_t nonce[BOX_NONCE],
    const uint8_t key[32])
{
	ready();
	crypto_secretbox_easy(out, bytes(text), text.n, nonce, key);
}

bool
crypt_unbox(uint8_t *out, struct str box, const uint8_t nonce[BOX_NONCE],
    const uint8_t key[32])
{
	ready();
	return box.n >= BOX_TAG &&
	    crypto_secretbox_open_easy(out, bytes(box), box.n, nonce, key) == 0;
}

void *
crypt_take(size_t n)
{
	void *p = mem_take(n);

	/* As much as the limit lets us; minisign does the same. */
	(void)sodium_mlock(p, n);
	return p;
}

void
crypt_free_taken(void *p, size_t n)
{
	if (!p)
		return;
	sodium_munlock(p, n); /* wipes it too */
	mem_free(p);
}

void
sign_wipe(void *p, size_t n)
{
	if (p)
		sodium_memzero(p, n);
}

void
sign_wipe_buf(struct buf *b)
{
	sign_wipe(b->p, b->cap);
	buf_free(b);
}

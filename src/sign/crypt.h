/* SPDX-License-Identifier: Apache-2.0 */
/* crypt.h - what we use of libsodium; private to sign/. */
#ifndef SIGN_CRYPT_H
#define SIGN_CRYPT_H

#include "base/base.h"

#define BOX_NONCE	24u	/* bytes: XSalsa20-Poly1305 */
#define BOX_TAG		16u

void	crypt_blake2b(uint8_t *out, size_t nout, const struct str *pieces,
	    size_t npieces);			/* RFC 7693, no key */
/* BLAKE2b-512 by libcrypto, which takes a millisecond to begin, and half the
 * time after that where a processor's vectors are no wider than its plain
 * units are many.  False: it has none. */
bool	crypt_blake2b_long(uint8_t out[64], const struct str *pieces,
	    size_t npieces);
void	crypt_pair(uint8_t public[32], const uint8_t seed[32]);
void	crypt_sign(uint8_t out[64], struct str data, const uint8_t seed[32],
	    const uint8_t public[32]);
bool	crypt_holds(const uint8_t sig[64], struct str data,
	    const uint8_t public[32]);
/* The same of Ed25519ph (RFC 8032, 5.1). */
bool	crypt_holds_ph(const uint8_t sig[64], struct str data,
	    const uint8_t public[32]);
void	crypt_random(void *out, size_t n);
bool	crypt_same(const void *a, const void *b, size_t n); /* constant time */
/* scrypt (RFC 7914) with libsodium's limits, and with its own numbers.  False:
 * there is not so much memory. */
bool	crypt_scrypt(uint8_t *out, size_t nout, struct str password,
	    const uint8_t salt[32], uint64_t work, uint64_t memory);
bool	crypt_scrypt_n(uint8_t *out, size_t nout, struct str password,
	    const uint8_t salt[32], uint64_t n, uint32_t r, uint32_t p);
/* XSalsa20-Poly1305: BOX_TAG bytes, then the text.  out has room for n more or
 * less of them. */
void	crypt_box(uint8_t *out, struct str text, const uint8_t nonce[BOX_NONCE],
	    const uint8_t key[32]);
bool	crypt_unbox(uint8_t *out, struct str box,
	    const uint8_t nonce[BOX_NONCE], const uint8_t key[32]);
/* Zeroed memory that is not swapped out, where that can be had. */
void	*crypt_take(size_t n);
void	crypt_free_taken(void *p, size_t n);	/* wiped */

#endif

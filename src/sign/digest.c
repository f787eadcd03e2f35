/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that knows of libcrypto.  Its functions for one algorithm are
 * out of fashion there, but the others first read a configuration and look
 * providers up, which takes a millisecond: half a start of subo.
 */
#include <string.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "sign/crypt.h"
#include "sign/sign.h"

struct digester {
	SHA256_CTX ctx;
};

struct digester *
digester_new(void)
{
	struct digester *g = mem_take(sizeof(*g));

	SHA256_Init(&g->ctx);
	return g;
}

void
digester_add(struct digester *g, struct str data)
{
	SHA256_Update(&g->ctx, data.p ? data.p : "", data.n);
}

void
digester_field(struct digester *g, struct str data)
{
	unsigned char n[8];

	for (size_t i = 0; i < sizeof(n); i++)
		n[i] = (unsigned char)((uint64_t)data.n >> (8 * i));
	digester_add(g, (struct str){ (const char *)n, sizeof(n) });
	digester_add(g, data);
}

struct digest
digester_done(struct digester *g)
{
	struct digest d;

	SHA256_Final(d.b, &g->ctx);
	SHA256_Init(&g->ctx);
	return d;
}

void
digester_free(struct digester **g)
{
	mem_free(*g);
	*g = NULL;
}

struct digest
sign_digest(struct str data)
{
	SHA256_CTX c;
	struct digest d;

	SHA256_Init(&c);
	SHA256_Update(&c, data.p ? data.p : "", data.n);
	SHA256_Final(d.b, &c);
	return d;
}

void
sign_sha1(struct str data, uint8_t out[20])
{
	SHA_CTX c;

	SHA1_Init(&c);
	SHA1_Update(&c, data.p ? data.p : "", data.n);
	SHA1_Final(out, &c);
}

bool
crypt_blake2b_long(uint8_t out[64], const struct str *pieces, size_t npieces)
{
	EVP_MD_CTX *c;
	bool good;

	/* What a configuration says of libcrypto is not for us. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return false;
	c = EVP_MD_CTX_new();
	good = c && EVP_DigestInit_ex(c, EVP_blake2b512(), NULL) == 1;
	for (size_t i = 0; good && i < npieces; i++)
		good = EVP_DigestUpdate(
			   c, pieces[i].p ? pieces[i].p : "", pieces[i].n) == 1;
	good = good && EVP_DigestFinal_ex(c, out, NULL) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void
digest_hex(const struct digest *d, char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(d->b); i++) {
		hex[2 * i] = digits[d->b[i] >> 4];
		hex[2 * i + 1] = digits[d->b[i] & 15];
	}
	hex[DIGEST_HEX - 1] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
digest_parse(struct str hex, struct digest *d)
{
	if (hex.n != DIGEST_HEX - 1)
		return false;
	for (size_t i = 0; i < sizeof(d->b); i++) {
		int high = nibble(hex.p[2 * i]);
		int low = nibble(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		d->b[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The one file that knows of libcrypto. */
#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

#include "sign/sign.h"

struct digester {
	EVP_MD_CTX *ctx;
};

static void
start(struct digester *g)
{
	int ok = EVP_DigestInit_ex(g->ctx, EVP_sha256(), NULL);

	assert(ok == 1);
}

struct digester *
digester_new(void)
{
	struct digester *g = mem_take(sizeof(*g));

	g->ctx = EVP_MD_CTX_new();
	assert(g->ctx);
	start(g);
	return g;
}

void
digester_add(struct digester *g, struct str data)
{
	int ok = EVP_DigestUpdate(g->ctx, data.p ? data.p : "", data.n);

	assert(ok == 1);
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
	unsigned n = 0;
	int ok = EVP_DigestFinal_ex(g->ctx, d.b, &n);

	assert(ok == 1 && n == sizeof(d.b));
	start(g);
	return d;
}

void
digester_free(struct digester **g)
{
	if (!*g)
		return;
	EVP_MD_CTX_free((*g)->ctx);
	mem_free(*g);
	*g = NULL;
}

struct digest
sign_digest(struct str data)
{
	struct digest d;
	unsigned n = 0;
	int ok = EVP_Digest(
	    data.p ? data.p : "", data.n, d.b, &n, EVP_sha256(), NULL);

	assert(ok == 1 && n == sizeof(d.b));
	return d;
}

void
sign_sha1(struct str data, uint8_t out[20])
{
	unsigned n = 0;
	int ok =
	    EVP_Digest(data.p ? data.p : "", data.n, out, &n, EVP_sha1(), NULL);

	assert(ok == 1 && n == 20);
	(void)ok;
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

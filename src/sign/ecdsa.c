/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 (FIPS 186-5), for signatures of others; we make none. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "sign/sign.h"

static EC_KEY *
key_of(const uint8_t point[SIGN_P256])
{
	EC_KEY *k = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);

	if (k && EC_KEY_oct2key(k, point, SIGN_P256, NULL) == 1 &&
	    EC_KEY_check_key(k) == 1)
		return k;
	EC_KEY_free(k);
	return NULL;
}

bool
sign_p256_ok(const uint8_t point[SIGN_P256])
{
	EC_KEY *k = point[0] == 4 ? key_of(point) : NULL;

	EC_KEY_free(k);
	return k != NULL;
}

bool
sign_p256_holds(
    struct str signature, struct str data, const uint8_t point[SIGN_P256])
{
	struct digest d = sign_digest(data);
	EC_KEY *k;
	bool good;

	if (signature.n == 0 || signature.n > SIGN_P256_DER)
		return false;
	k = key_of(point);
	/* Strictly DER, and nothing behind it. */
	good = k &&
	    ECDSA_verify(0, d.b, sizeof(d.b),
		(const unsigned char *)signature.p, (int)signature.n, k) == 1;
	EC_KEY_free(k);
	return good;
}

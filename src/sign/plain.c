/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/crypt.h"
#include "sign/sign.h"

void
sign_plain(uint8_t out[64], const struct sign_secret *s, struct str data)
{
	crypt_sign(out, data, sign_secret_seed(s), sign_secret_public(s)->key);
}

bool
sign_plain_holds(
    const uint8_t sig[64], struct str data, const uint8_t public[32])
{
	return crypt_holds(sig, data, public);
}

bool
sign_hashed_holds(
    const uint8_t sig[64], struct str data, const uint8_t public[32])
{
	return crypt_holds_ph(sig, data, public);
}

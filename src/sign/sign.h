/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.h - digests (keys and signatures come with a later issue).
 *
 * Needs: base.  Only sign/digest.c knows of libcrypto.
 */
#ifndef SIGN_H
#define SIGN_H

#include "base/base.h"

struct digest {
	uint8_t	b[32];		/* SHA-256, FIPS 180-4 */
};

#define DIGEST_HEX	65	/* bytes of the hex text with its NUL */

struct digest	sign_digest(struct str data);
/* SHA-1: only for the handshake of a websocket (RFC 6455, 4.2.2), which asks for
 * it and does not rest on it. */
void		sign_sha1(struct str data, uint8_t out[20]);
bool		digest_eq(const struct digest *a, const struct digest *b);
void		digest_hex(const struct digest *d, char hex[DIGEST_HEX]);
bool		digest_parse(struct str hex, struct digest *d);

/* In pieces. */
struct digester;
struct digester	*digester_new(void);
void		 digester_add(struct digester *g, struct str data);
/* Length-prefixed, so that ("ab","c") and ("a","bc") differ. */
void		 digester_field(struct digester *g, struct str data);
struct digest	 digester_done(struct digester *g);	/* and start afresh */
void		 digester_free(struct digester **g);

#endif

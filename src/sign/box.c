/* SPDX-License-Identifier: Apache-2.0 */
/* A few bytes under a password. */
#include <string.h>

#include "sign/crypt.h"
#include "sign/sign.h"

_Static_assert(SIGN_BOX_MORE == BOX_TAG, "what a box adds");

static bool
cost_ok(const struct sign_box *b)
{
	return (b->n == 1u << 15 || b->n == 1u << 16 || b->n == 1u << 17) &&
	    b->r == 8 && b->p == 1;
}

static int
no_memory(struct err *e)
{
	return err_set(
	    e, ERR_LIMIT, "there is no memory for its password: 128 MiB");
}

int
sign_box_shut(struct buf *out, struct sign_box *b, struct str text,
    struct str password, struct err *e)
{
	uint8_t key[32], sealed[SIGN_BOX_MAX + BOX_TAG];

	if (text.n > SIGN_BOX_MAX)
		return err_set(
		    e, ERR_LIMIT, "%zu bytes are too many to lock", text.n);
	*b = (struct sign_box){ .n = 1u << 17, .r = 8, .p = 1 };
	crypt_random(b->salt, sizeof(b->salt));
	crypt_random(b->nonce, sizeof(b->nonce));
	if (!crypt_scrypt_n(
		key, sizeof(key), password, b->salt, b->n, b->r, b->p))
		return no_memory(e);
	crypt_box(sealed, text, b->nonce, key);
	sign_wipe(key, sizeof(key));
	buf_add(out, (struct str){ (const char *)sealed, text.n + BOX_TAG });
	return 0;
}

int
sign_box_open(struct buf *out, const struct sign_box *b, struct str box,
    struct str password, struct err *e)
{
	uint8_t key[32], text[SIGN_BOX_MAX];
	bool good;

	if (!cost_ok(b))
		return err_set(e, ERR_INPUT,
		    "its password costs other than N=2^15 to 2^17, r=8, p=1");
	if (box.n < BOX_TAG || box.n > SIGN_BOX_MAX + BOX_TAG)
		return err_set(
		    e, ERR_INPUT, "what is locked in it has no such size");
	if (!crypt_scrypt_n(
		key, sizeof(key), password, b->salt, b->n, b->r, b->p))
		return no_memory(e);
	good = crypt_unbox(text, box, b->nonce, key);
	sign_wipe(key, sizeof(key));
	if (good)
		buf_add(
		    out, (struct str){ (const char *)text, box.n - BOX_TAG });
	sign_wipe(text, sizeof(text));
	return good ? 0 : err_set(e, ERR_TRUST, "the password is wrong");
}

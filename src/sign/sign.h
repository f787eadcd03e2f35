/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.h - digests, keys and signatures.
 *
 * Signatures are minisign's in their "ED" form: Ed25519 (RFC 8032) over the
 * BLAKE2b-512 (RFC 7693) of all bytes, and once more over that signature and a
 * comment, which is thereby trusted.  Keys lie in minisign's files.  One of
 * minisign's older form, "Ed", is neither made nor taken: it signs bytes that
 * can be had to mean something else.
 *
 * Needs: base.  Only sign/digest.c and sign/ecdsa.c know of libcrypto, only
 * sign/sodium.c of libsodium.
 */
#ifndef SIGN_H
#define SIGN_H

#include "base/base.h"

/* ---- digests ---- */

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

/* All that is signed of some bytes. */
struct sign_sums {
	uint8_t		blake2b[64];
	struct digest	sha256;
	uint64_t	nbytes;
};
/* Of n pieces, one after the other; both hashes at a time when they are large. */
struct sign_sums sign_sums(const struct str *pieces, size_t n);

/* ---- keys ---- */

#define SIGN_MAX_FILE	4096u	/* bytes of a key's file */
#define SIGN_ID		17	/* bytes of a key's number as text, with its NUL */
#define SIGN_MAX_PASSWORD 1024u

struct sign_public {
	uint8_t	id[8];		/* a hint: nothing follows from it */
	uint8_t	key[32];
};

/* As minisign prints it: 16 upper-case hex digits. */
void	sign_id(const uint8_t id[8], char text[SIGN_ID]);
/*
 * What NAME.pub holds, or its second line alone, as -P of minisign has it.
 *
 * ERR_INPUT  what is wrong with it; hint, when it is another kind of file
 */
int	sign_public_parse(struct sign_public *p, struct str text,
	    struct err *e) MUST_CHECK;
void	sign_public_text(struct buf *out, const struct sign_public *p);
/* Its second line alone, without a newline: all of the key. */
void	sign_public_line(struct buf *out, const struct sign_public *p);
bool	sign_public_eq(const struct sign_public *a,
	    const struct sign_public *b);	/* the keys; not the numbers */

/* Locked in memory where the system lets us, and wiped when it is freed. */
struct sign_secret;
struct sign_secret *sign_secret_new(void);	/* a new one, random */
const struct sign_public *sign_secret_public(const struct sign_secret *s);
/* Does NAME.key with this text need a password? */
bool	sign_secret_locked(struct str text);
/*
 * What NAME.key holds.  password is not looked at when none is needed.
 *
 * ERR_INPUT  not such a file, or one that wants more than SIGN_MAX_MEMORY or
 *            SIGN_MAX_WORK: told before any of it is spent
 * ERR_TRUST  the password is wrong
 * ERR_LIMIT  there is not so much memory
 */
#define SIGN_MAX_MEMORY	(UINT64_C(1) << 30)	/* bytes; minisign's own cost */
#define SIGN_MAX_WORK	(UINT64_C(1) << 25)
int	sign_secret_parse(struct sign_secret **out, struct str text,
	    struct str password, struct err *e) MUST_CHECK;
/* What a password is worth: scrypt's limits, as libsodium counts them. */
struct sign_cost {
	uint64_t	work, memory;	/* bytes; 0, 0: minisign's, a second and
					   1 GiB */
};
/* The text of NAME.key; an empty password: none is needed to read it. */
int	sign_secret_text(struct buf *out, const struct sign_secret *s,
	    struct str password, struct sign_cost cost, struct err *e)
	    MUST_CHECK;
/* The 32 bytes of which all else is made; for other forms of the key. */
const uint8_t *sign_secret_seed(const struct sign_secret *s);
int	sign_secret_from_seed(struct sign_secret **out, const uint8_t id[8],
	    const uint8_t seed[32], struct err *e) MUST_CHECK;
void	sign_secret_free(struct sign_secret **s);	/* NULL is fine */
/* Overwrite what was secret. */
void	sign_wipe(void *p, size_t n);
void	sign_wipe_buf(struct buf *b);	/* and free it; for CLEANUP */

/* ---- signatures ---- */

#define SIGN_MAX_COMMENT	1024u	/* bytes of a trusted comment, of ours
					   and of those we take */

/* One signature: four lines.  Texts borrow from what was parsed. */
struct sign_signature {
	uint8_t		id[8];		/* of the key; a hint */
	uint8_t		signature[64], global[64];
	struct str	untrusted;	/* never to be shown as a fact */
	struct str	comment;	/* trusted, once sign_holds said so */
	struct str	text;		/* all of it, its last newline too */
};

/*
 * Take one signature off the front of text: of a .minisig file, or of a
 * bundle's comment.
 *
 * ERR_INPUT  it does not begin with exactly four lines of that form
 */
int	sign_signature_parse(struct sign_signature *s, struct str *text,
	    struct err *e) MUST_CHECK;
/* Are both parts this key's, and is the first over these bytes? */
bool	sign_holds(const struct sign_signature *s, const struct sign_public *p,
	    const struct sign_sums *sums);
/*
 * Sign: adds four lines.  comment has printable UTF-8 and tabs.
 *
 * ERR_INPUT  comment is too long or has something else in it
 */
int	sign_make(struct buf *out, const struct sign_secret *s,
	    const struct sign_sums *sums, struct str comment, struct err *e)
	    MUST_CHECK;
/* ---- forms of others ---- */

/* Ed25519 over data itself (RFC 8032), which forms of others ask for.  data must
 * begin with what no minisign signature is over: those are over 64 bytes, and
 * over 64 bytes and a comment. */
void	sign_plain(uint8_t out[64], const struct sign_secret *s,
	    struct str data);
bool	sign_plain_holds(const uint8_t sig[64], struct str data,
	    const uint8_t public[32]);
/* Ed25519ph (RFC 8032, 5.1), which nothing of ours makes. */
bool	sign_hashed_holds(const uint8_t sig[64], struct str data,
	    const uint8_t public[32]);
/* ECDSA on P-256 over the SHA-256 of data: a key is a point, uncompressed, a
 * signature is in DER.  Either of its two S values is fine, so a signature's
 * bytes say nothing on what is signed. */
#define SIGN_P256	65u		/* bytes of a key */
#define SIGN_P256_DER	72u		/* of a signature, at most */
bool	sign_p256_ok(const uint8_t point[SIGN_P256]);
bool	sign_p256_holds(struct str signature, struct str data,
	    const uint8_t point[SIGN_P256]);

/* A few bytes under a password: scrypt (RFC 7914), XSalsa20-Poly1305. */
#define SIGN_BOX_MAX	256u		/* bytes */
#define SIGN_BOX_MORE	16u		/* those that shutting adds */
struct sign_box {
	uint8_t		salt[32], nonce[24];
	uint64_t	n;		/* scrypt's cost: 2^15, 2^16 or 2^17 */
	uint32_t	r, p;		/* 8, 1 */
};
/* Fills b.  ERR_LIMIT: too long, or no memory for it. */
int	sign_box_shut(struct buf *out, struct sign_box *b, struct str text,
	    struct str password, struct err *e) MUST_CHECK;
/* ERR_INPUT: another cost, told before any of it is spent; ERR_TRUST: the
 * password is wrong. */
int	sign_box_open(struct buf *out, const struct sign_box *b,
	    struct str box, struct str password, struct err *e) MUST_CHECK;

/* ---- what a trusted comment says of a bundle ---- */

enum sign_role { SIGN_PUBLISHER, SIGN_CI, SIGN_RELEASE, SIGN_ROLES };
const char *sign_role_name(enum sign_role r);	/* "publisher", "ci", "release" */
bool	sign_role_parse(enum sign_role *r, struct str name);

/* "subo-bundle/1", then key=value, in this order, a tab between; values are
 * percent-encoded. */
struct sign_claim {
	struct digest	sha256;		/* of the bundle without signatures */
	uint64_t	size;		/* and its bytes */
	struct str	name, version;	/* as its Directive has them */
	int64_t		created, expires;	/* seconds since 1970; 0: not
					   told, and never */
	enum sign_role	role;
};

void	sign_claim_text(struct buf *out, const struct sign_claim *c);
/* Is comment one of ours?  Then it must be parsed, and hold. */
bool	sign_is_claim(struct str comment);
/* ERR_INPUT: a key that is unknown, missing, twice or out of order, or a value
 * that is not the one way to write it.  Texts live in the arena. */
int	sign_claim_parse(struct sign_claim *c, struct arena *a,
	    struct str comment, struct err *e) MUST_CHECK;

/* ---- what a trusted comment says of a key that follows another ---- */

/* "subo-rotate/1", then old=, new=, scope= and not-before=, written alike.  The
 * old key signs the new one's file with it. */
struct sign_rotation {
	struct sign_public old, next;	/* all of them: a number alone is none */
	struct str	 scope;		/* the beginning of the names that it is
					   for; empty: all */
	int64_t		 not_before;	/* seconds since 1970; 0: at once */
};

void	sign_rotation_text(struct buf *out, const struct sign_rotation *r);
bool	sign_is_rotation(struct str comment);
/* ERR_INPUT: as sign_claim_parse.  The text lives in the arena. */
int	sign_rotation_parse(struct sign_rotation *r, struct arena *a,
	    struct str comment, struct err *e) MUST_CHECK;

#endif

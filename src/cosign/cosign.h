/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cosign.h - keys and signatures in cosign's forms.
 *
 * Sources: cosign's SIGNATURE_SPEC (payload), DSSE 1.0 and in-toto's Statement
 * v1 (bundle), Sigstore's bundle v0.3; RFC 8410 and RFC 5480 (public keys), RFC
 * 5958 (secret keys), and cosign's own file around these.
 *
 * What is signed is the digest of a manifest.  Verifiers of these forms are lax
 * (they take another type, another repository, the last of two equal keys);
 * ours is not: a signature that a trusted key made and that does not say exactly
 * this manifest is an error.  A signature's bytes identify nothing: others can
 * be made of them that hold as well.
 *
 * Needs: base, tree, sign.
 */
#ifndef COSIGN_H
#define COSIGN_H

#include "base/base.h"
#include "sign/sign.h"

#define COSIGN_MAX_KEY	8192u		/* bytes of a key's file */
#define COSIGN_MAX_TEXT	(64u << 10)	/* bytes of a payload, or a bundle */

#define COSIGN_PAYLOAD	"application/vnd.dev.cosign.simplesigning.v1+json"
/* The annotation that holds a payload's signature. */
#define COSIGN_NOTE	"dev.cosignproject.cosign/signature"
#define COSIGN_BUNDLE	"application/vnd.dev.sigstore.bundle.v0.3+json"
#define COSIGN_PREDICATE "https://sigstore.dev/cosign/sign/v1"

/* ---- keys ---- */

struct cosign_key {
	bool	p256;			/* else Ed25519 */
	uint8_t	bytes[SIGN_P256];	/* of Ed25519 the first 32 */
};

bool	cosign_key_looks(struct str text);	/* begins like one in PEM */
/* A public key, in PEM.  ERR_INPUT: none of Ed25519 or P-256. */
int	cosign_key_parse(struct cosign_key *k, struct str text, struct err *e)
	    MUST_CHECK;
void	cosign_key_text(struct buf *out, const struct cosign_key *k);
struct cosign_key cosign_key_of(const struct sign_public *p);
bool	cosign_key_eq(const struct cosign_key *a, const struct cosign_key *b);
/* The SHA-256 of the key in DER: what a bundle gives as a hint. */
struct digest cosign_key_digest(const struct cosign_key *k);

/*
 * The file of a secret key; an empty password is one too, as cosign has it.
 * ERR_LIMIT  there is no memory for the password
 */
int	cosign_secret_text(struct buf *out, const struct sign_secret *s,
	    struct str password, struct err *e) MUST_CHECK;
/*
 * The other way; its number is made of its digest.
 *
 * ERR_INPUT  no such file, a cost that no version of cosign takes (told before
 *            any of it is spent), or a key of ECDSA
 * ERR_TRUST  the password is wrong
 * ERR_LIMIT
 */
int	cosign_secret_parse(struct sign_secret **out, struct str text,
	    struct str password, struct err *e) MUST_CHECK;

/* ---- making; texts live in the arena ---- */

/* What cosign 2 has signed: reference is the repository, "host/name". */
struct str cosign_payload(struct arena *a, struct str reference,
	    const struct digest *manifest);
/* Its signature, in base64. */
struct str cosign_sign(struct arena *a, const struct sign_secret *s,
	    struct str payload);
/* What cosign 3 asks for, with its signature in it. */
struct str cosign_bundle(struct arena *a, const struct sign_secret *s,
	    const struct digest *manifest);

/* ---- checking ---- */

struct cosign_want {
	struct digest	 manifest;
	const struct cosign_key *keys;	/* that are trusted */
	size_t		 nkeys;
};
/*
 * Which of the keys signed this?  One of Ed25519 may have done so in either of
 * the standard's forms: cosign 3 makes Ed25519ph.  *by is NULL when none of them
 * did: then nothing in it was believed, and it may say what it likes.
 *
 * ERR_TRUST  one of them did, and it is about something else, or says so in a
 *            way that not all would read alike
 */
int	cosign_check_payload(const struct cosign_key **by, struct str payload,
	    struct str signature, const struct cosign_want *w, struct err *e)
	    MUST_CHECK;
/* The same.  ERR_INPUT: it is no bundle of this form. */
int	cosign_check_bundle(const struct cosign_key **by, struct str text,
	    const struct cosign_want *w, struct err *e) MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - for tests: keys, bundles that they sign, policies that name them. */
#ifndef TRUST_WORLD_H
#define TRUST_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "os/os.h"
#include "trust/trust.h"

#define NOW INT64_C(1800000000) /* 2027-01-15 */
#define MAX (1u << 20)
#define SUM0 "0000000000000000000000000000000000000000000000000000000000000000"

struct world {
	char dir[64], memory[96];
	struct sign_secret *alice, *ci, *mallory;
	struct sign_public keys[2]; /* alice's and ci's */
	struct trust_want want;
	struct trust_found found;
	struct arena *arena;
	struct sign_rotation rotations[16];
	struct err e;
};

static inline int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));

	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/subo-trust.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->memory, sizeof(w->memory), "%s/seen", w->dir);
	w->alice = sign_secret_new();
	w->ci = sign_secret_new();
	w->mallory = sign_secret_new();
	w->keys[0] = *sign_secret_public(w->alice);
	w->keys[1] = *sign_secret_public(w->ci);
	w->want =
	    (struct trust_want){ .keys = w->keys, .nkeys = 1, .now_s = NOW };
	w->arena = arena_new();
	w->want.rotations = w->rotations;
	*state = w;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct world *w = *state;
	struct err e = ERR;
	int rc = os_remove_tree(w->dir, &e);

	trust_found_free(&w->found);
	arena_free(&w->arena);
	sign_secret_free(&w->alice);
	sign_secret_free(&w->ci);
	sign_secret_free(&w->mallory);
	mem_free(w);
	return rc;
}

/* A bundle of one function, in the canonical form; with a statement of where it
 * came from, or an empty one: without. */
static inline void
pack_with(struct world *w, struct buf *out, const char *name,
    const char *version, struct str module, struct str provenance)
{
	CLEANUP(buf_free) struct buf d = BUF(MAX);
	struct digest digest = sign_digest(module), ignored;
	struct bundle_options opt = { 0 };
	struct bundle_part parts[3];
	char hex[DIGEST_HEX], path[100];

	digest_hex(&digest, hex);
	buf_addf(&d,
	    "identifier: %s\nappVersion: %s\natmoVersion: v0.4.8\n"
	    "headless: true\nrunnables:\n  - name: f\n    namespace: default\n"
	    "    digest: %s\n",
	    name, version, hex);
	parts[0] = (struct bundle_part){ STR("Directive.yaml"), buf_str(&d) };
	parts[1] = (struct bundle_part){ STR("f.wasm"), module };
	parts[2] = (struct bundle_part){ STR(BUNDLE_PROVENANCE), provenance };
	(void)snprintf(path, sizeof(path), "%s/b.zip", w->dir);
	if (bundle_pack(path, parts, provenance.n > 0 ? 3 : 2, &opt, &ignored,
		&w->e) < 0 ||
	    os_read(out, path, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

static inline void
pack(struct world *w, struct buf *out, const char *name, const char *version,
    struct str module)
{
	pack_with(w, out, name, version, module, STR(""));
}

static inline void
pack_plain(struct world *w, struct buf *out)
{
	pack(w, out, "com.example.app", "v1.0.0", STR("\0asm\1\0\0\0"));
}

static inline void
sign_text(struct buf *out, const struct sign_secret *key, struct str text,
    struct str comment)
{
	struct sign_sums sums = sign_sums(&text, 1);
	struct err e = ERR;

	assert_int_equal(sign_make(out, key, &sums, comment, &e), 0);
}

/* NEW.pub and NEW.pub.minisig, as `sign --rotate` writes them. */
static inline void
rotation_texts(struct buf *key, struct buf *statement,
    const struct sign_secret *old, const struct sign_rotation *r)
{
	CLEANUP(buf_free) struct buf comment = BUF(SIGN_MAX_COMMENT);
	struct sign_sums sums;
	struct str file;
	struct err e = ERR;

	sign_public_text(key, &r->next);
	file = buf_str(key);
	sums = sign_sums(&file, 1);
	sign_rotation_text(&comment, r);
	assert_int_equal(
	    sign_make(statement, old, &sums, buf_str(&comment), &e), 0);
}

static inline struct sign_rotation
rotation(const struct sign_secret *old, const struct sign_secret *next)
{
	return (struct sign_rotation){ .old = *sign_secret_public(old),
		.next = *sign_secret_public(next) };
}

static inline void
hand_over_as(struct world *w, const struct sign_secret *old,
    const struct sign_rotation *r)
{
	CLEANUP(buf_free) struct buf key = BUF(MAX), statement = BUF(MAX);

	rotation_texts(&key, &statement, old, r);
	assert_true(w->want.nrotations < COUNT(w->rotations));
	assert_true(trust_has_rotation(buf_str(&statement)));
	if (trust_rotation_parse(&w->rotations[w->want.nrotations++], w->arena,
		buf_str(&key), buf_str(&statement), &w->e) < 0)
		fail_msg("%s", w->e.text);
}

static inline void
hand_over(struct world *w, const struct sign_secret *old,
    const struct sign_secret *next)
{
	struct sign_rotation r = rotation(old, next);

	hand_over_as(w, old, &r);
}

/* What signs a bundle: claim says what is not as it is, or NULL. */
static inline void
sign_with(struct buf *out, const struct sign_secret *key, struct str bundle,
    void (*lie)(struct sign_claim *c))
{
	CLEANUP(buf_free) struct buf comment = BUF(SIGN_MAX_COMMENT);
	struct sign_sums sums = sign_sums(&bundle, 1);
	struct sign_claim c = { .sha256 = sums.sha256,
		.size = sums.nbytes,
		.name = STR("com.example.app"),
		.version = STR("v1.0.0"),
		.created = NOW - 100,
		.role = SIGN_CI };
	struct err e = ERR;

	if (lie)
		lie(&c);
	sign_claim_text(&comment, &c);
	assert_int_equal(sign_make(out, key, &sums, buf_str(&comment), &e), 0);
}

static inline void
embed(struct buf *out, struct str bundle, struct str signatures)
{
	struct err e = ERR;

	if (bundle_sealed(out, bundle, signatures, &e) < 0)
		fail_msg("%s", e.text);
}

static inline int
verify(struct world *w, struct str file, struct str detached)
{
	trust_found_free(&w->found);
	w->e = (struct err)ERR;
	return trust_verify(&w->found, file, "b.zip", &detached, detached.n > 0,
	    &w->want, &w->e);
}

static inline void
refused(
    struct world *w, struct str file, struct str detached, const char *because)
{
	if (verify(w, file, detached) == 0)
		fail_msg("taken, though: %s", because);
	if (w->e.kind != ERR_TRUST || !strstr(w->e.text, because))
		fail_msg("kind %d: %s", (int)w->e.kind, w->e.text);
	assert_null(w->found.bundle);
}

static inline void
set_policy(struct world *w, struct trust_policy **p, const char *rest)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX), key = BUF(400);
	struct str line, all;

	trust_policy_free(p);
	buf_addf(&text, "version: 1\nkeys:\n");
	for (size_t i = 0; i < COUNT(w->keys); i++) {
		key.n = 0;
		sign_public_text(&key, &w->keys[i]);
		all = buf_str(&key);
		str_cut(&all, '\n', &line);
		str_cut(&all, '\n', &line);
		buf_addf(&text, "  %s: " STR_F "\n", i == 0 ? "alice" : "ci",
		    STR_A(line));
	}
	buf_addf(&text, "%s", rest);
	if (trust_policy_parse(p, buf_str(&text), "trust.yaml", NOW, &w->e) < 0)
		fail_msg("%s", w->e.text);
	w->want.policy = *p;
	w->want.nkeys = 0;
}

static inline void
taken_from(struct world *w, struct str file, struct str detached,
    const struct sign_public *follows)
{
	char id[SIGN_ID] = "";

	if (verify(w, file, detached) < 0)
		fail_msg("%s", w->e.text);
	if (follows)
		sign_id(follows->id, id);
	assert_int_equal(w->found.nsigners, 1);
	assert_string_equal(w->found.signers[0].follows, id);
}

/* A policy that takes one key back: by its number, or all of it. */
static inline void
take_back(struct world *w, struct trust_policy **p, const char *scopes,
    const struct sign_secret *key, bool whole)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX);
	char id[SIGN_ID];

	sign_id(sign_secret_public(key)->id, id);
	buf_addf(&text, "%srevoked:\n  keys: ['", scopes);
	if (whole)
		sign_public_line(&text, sign_secret_public(key));
	else
		buf_addf(&text, "%s", id);
	buf_addf(&text, "']\n");
	set_policy(w, p, buf_cstr(&text));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif

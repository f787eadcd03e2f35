/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of a manifest in cosign's form: whose they are, and as they are
 * kept beside a bundle, to be checked again whenever it is looked at.
 */
#include "ship/evidence.h"

#include <string.h>

#define MAX_KEPT 64u /* signatures */

void
evidence_begin(struct evidence *v, struct arena *a, const struct ship_pull *p,
    const struct digest *manifest)
{
	struct cosign_key *keys;
	size_t n;

	*v = (struct evidence){ .a = a, .kept = tree_list(a) };
	v->publics = trust_keys(&v->npublics, p->trust, a);
	keys = arena_take(a, (v->npublics + p->ncosign + 1) * sizeof(*keys));
	for (n = 0; n < v->npublics; n++)
		keys[n] = cosign_key_of(&v->publics[n]);
	for (size_t i = 0; i < p->ncosign; i++)
		keys[n++] = p->cosign[i];
	v->keys = (struct cosign_want){
		.manifest = *manifest, .keys = keys, .nkeys = n
	};
}

/* ---- whose they are ---- */

static void
count(struct evidence *v, const struct cosign_key *by)
{
	size_t i = (size_t)(by - v->keys.keys);
	struct trust_vouched *one;
	char hex[DIGEST_HEX];
	struct digest d;

	v->vouched = arena_grow(
	    v->a, v->vouched, v->nvouched, &v->cap, sizeof(*v->vouched));
	one = &v->vouched[v->nvouched++];
	*one = (struct trust_vouched){ 0 };
	if (i < v->npublics) {
		one->key = &v->publics[i];
		return;
	}
	d = cosign_key_digest(by);
	digest_hex(&d, hex);
	one->other = arena_printf(v->a, "SHA256:%s", hex);
}

static void
put_base64(struct arena *a, struct tree *t, const char *key, struct str bytes)
{
	CLEANUP(buf_free) struct buf b = BUF(2 * COSIGN_MAX_TEXT);

	buf_add_base64(&b, bytes);
	tree_put_text(a, t, key, buf_str(&b));
}

static void
keep(struct evidence *v, struct str text, struct str sig)
{
	struct tree *t;

	if (v->kept->nitems == MAX_KEPT)
		return;
	t = tree_add(v->a, v->kept, tree_map(v->a));
	put_base64(v->a, t, "text", text);
	if (sig.n > 0)
		tree_put_text(v->a, t, "signature", sig);
}

int
evidence_add(struct evidence *v, struct str text, struct str sig, struct err *e)
{
	const struct cosign_key *by;
	int rc;

	rc = sig.n > 0 ? cosign_check_payload(&by, text, sig, &v->keys, e)
		       : cosign_check_bundle(&by, text, &v->keys, e);
	if (rc < 0)
		return -1;
	if (!by) {
		v->strangers++;
		return 0;
	}
	count(v, by);
	keep(v, text, sig);
	return 0;
}

/* ---- kept ---- */

struct str
evidence_text(const struct evidence *v)
{
	CLEANUP(buf_free) struct buf b = BUF(EVIDENCE_MAX);
	struct tree *t = tree_map(v->a);

	if (v->kept->nitems == 0)
		return STR("");
	tree_put_int(v->a, t, "v", 1);
	tree_put(v->a, t, "signatures", v->kept);
	tree_print_json(&b, t, 0);
	return buf_over(&b) ? STR("") : arena_copy(v->a, buf_str(&b));
}

void
evidence_read(struct evidence *v, struct str text)
{
	struct err ignored = ERR;
	const struct tree *list;
	struct tree *t;

	if (tree_parse_json(&t, v->a, text, &ignored) < 0)
		return;
	list = tree_get(t, "signatures");
	if (!list || list->kind != TREE_LIST)
		return;
	for (size_t i = 0; i < list->nitems && i < MAX_KEPT; i++) {
		CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_TEXT);
		const struct tree *one = list->items[i];

		if (buf_add_unbase64(&b, tree_text(one, "text")) &&
		    evidence_add(v, buf_str(&b), tree_text(one, "signature"),
			&ignored) < 0)
			err_clear(&ignored);
	}
}

void
evidence_give(struct evidence *v, struct trust_want *t, const struct digest *d)
{
	for (size_t i = 0; i < v->nvouched; i++)
		v->vouched[i].sha256 = *d;
	t->vouched = v->vouched;
	t->nvouched = v->nvouched;
	t->nstrangers = v->strangers;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte says what the rest is: a policy, a key's file with the
 * statement that it follows another, or a net of keys that follow one another,
 * which is walked here in another way too.
 */
#include <assert.h>
#include <string.h>

#include "trust/policy.h"

#define NOW INT64_C(1800000000)
#define NODES 14u
#define FAR 99u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* ---- a policy ---- */

static void
ask_policy(const struct trust_policy *p)
{
	static const char *const names[] = { "", "com", "com.example",
		"com.example.app", "space::name" };
	const struct trust_want w = { .policy = p, .now_s = NOW };
	struct trust_file f = { .data = STR("x") };
	struct trust_found found;
	struct err e = ERR;

	assert(trust_policy_version(p) >= 1);
	assert(trust_policy_expires(p) == 0 || trust_policy_expires(p) > NOW);
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct policy_scope *s =
		    policy_scope(p, str_of(names[i]));

		assert(!s || (s->threshold >= 1 && s->threshold <= s->nkeys));
		f.name = str_of(names[i]);
		/* Nobody signed it. */
		if (trust_verify_file(&found, &f, &w, &e) == 0)
			assert(false);
		assert(e.kind == ERR_TRUST && e.text[0] != '\0');
	}
}

static void
try_policy(struct str text)
{
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	struct err e = ERR;

	if (trust_policy_parse(&p, text, "t.yaml", NOW, &e) == 0) {
		ask_policy(p);
		return;
	}
	assert(
	    e.kind == ERR_INPUT || e.kind == ERR_LIMIT || e.kind == ERR_TRUST);
	assert(strncmp(e.text, "t.yaml", 6) == 0);
}

/* ---- a statement ---- */

static void
try_rotation(struct str text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str statement = text, line, key;
	struct sign_rotation r;
	struct err e = ERR;

	str_cut(&statement, '\n', &line);
	str_cut(&statement, '\n', &line);
	key = (struct str){ text.p, text.n - statement.n };
	if (trust_rotation_parse(&r, a, key, statement, &e) == 0) {
		assert(!sign_public_eq(&r.old, &r.next));
		assert(trust_has_rotation(statement));
		return;
	}
	assert(e.kind == ERR_INPUT || e.kind == ERR_TRUST);
	assert(e.text[0] != '\0');
}

/* ---- a net of keys ---- */

struct net {
	struct sign_rotation links[64];
	size_t nlinks, nroots;
	bool revoked[NODES];
	unsigned far[NODES]; /* links from a root */
	unsigned group[NODES];
};

/* Two numbers of some keys. */
static struct sign_public
node(uint8_t b)
{
	struct sign_public p;

	memset(&p, 0, sizeof(p));
	p.key[0] = (uint8_t)(1 + b % NODES);
	p.id[0] = p.key[0];
	p.id[1] = b >> 7;
	return p;
}

static unsigned
index_of(const struct sign_public *p)
{
	return p->key[0] - 1u;
}

static bool
counts(const struct net *n, const struct sign_rotation *r)
{
	unsigned old = index_of(&r->old);

	return r->not_before <= NOW && policy_in_scope(r->scope, STR("a.b")) &&
	    n->far[old] < TRUST_MAX_CHAIN && !n->revoked[old];
}

/* Until nothing changes. */
static void
walk_otherwise(struct net *n)
{
	bool more = true;

	for (unsigned i = 0; i < NODES; i++) {
		n->far[i] = i < n->nroots ? 0 : FAR;
		n->group[i] = i;
	}
	while (more) {
		more = false;
		for (size_t i = 0; i < n->nlinks; i++) {
			unsigned old = index_of(&n->links[i].old);
			unsigned next = index_of(&n->links[i].next);

			if (!counts(n, &n->links[i]) ||
			    n->far[next] <= n->far[old] + 1)
				continue;
			n->far[next] = n->far[old] + 1;
			more = true;
		}
	}
	for (size_t i = 0; i < n->nlinks; i++) {
		unsigned keep = n->group[index_of(&n->links[i].old)];
		unsigned drop = n->group[index_of(&n->links[i].next)];

		for (unsigned k = 0; counts(n, &n->links[i]) && k < NODES; k++)
			if (n->group[k] == drop)
				n->group[k] = keep;
	}
}

static void
read_net(struct net *n, struct policy_revoked *taken, size_t *ntaken,
    const uint8_t *data, size_t size)
{
	static const char *const scopes[] = { "", "a", "a.b", "a.b.c", "b" };

	n->nroots = data[0] % 4;
	for (size_t i = 1; i + 4 <= size && n->nlinks < COUNT(n->links);
	    i += 4) {
		struct sign_rotation *r = &n->links[n->nlinks];

		if (data[i + 2] == 255) {
			taken[*ntaken].whole = true;
			taken[(*ntaken)++].key = node(data[i]);
			n->revoked[data[i] % NODES] = true;
		}
		r->old = node(data[i]);
		r->next = node(data[i + 1]);
		r->scope = str_of(scopes[data[i + 2] % COUNT(scopes)]);
		r->not_before = NOW + data[i + 3] % 3 - 1;
		n->nlinks += !sign_public_eq(&r->old, &r->next);
	}
}

static void
try_net(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct policy_revoked taken[COUNT(((struct net *)0)->links) * 2];
	struct net n = { 0 };
	struct trust_policy p = { .revoked_keys = taken };
	struct trust_want w = { .rotations = n.links, .policy = &p };
	const struct asked q = {
		.want = &w, .named = true, .name = STR("a.b"), .now_s = NOW
	};
	struct lineage l;

	if (size > sizeof(n.links) / sizeof(n.links[0]) * 4)
		size = sizeof(n.links) / sizeof(n.links[0]) * 4;
	memset(taken, 0, sizeof(taken));
	read_net(&n, taken, &p.nrevoked_keys, data, size);
	w.nrotations = n.nlinks;
	walk_otherwise(&n);
	lineage_begin(&l, a, &q);
	for (unsigned i = 0; i < n.nroots; i++) {
		struct sign_public root = node((uint8_t)i);

		lineage_add(&l, &root);
	}
	lineage_walk(&l);
	for (unsigned i = 0; i < NODES; i++) {
		CLEANUP(buf_free) struct buf why = BUF(4096);
		struct sign_public key = node((uint8_t)i);
		const struct lineage_key *k = lineage_find(&l, &key);

		lineage_why(&why, &l, &key);
		assert((k != NULL) == (n.far[i] != FAR));
		assert(!k || k->depth == n.far[i]);
		assert(!k || lineage_revoked(&l, &key) == n.revoked[i]);
		for (unsigned j = 0; k && j < i; j++) {
			struct sign_public other = node((uint8_t)j);
			const struct lineage_key *o = lineage_find(&l, &other);

			assert(!o ||
			    (o->group == k->group) ==
				(n.group[i] == n.group[j]));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data + 1, n - 1 };

	if (n < 2)
		return 0;
	switch (data[0]) {
	case 'p':
		try_policy(text);
		break;
	case 'r':
		try_rotation(text);
		break;
	case 'n':
		try_net(data + 1, n - 1);
		break;
	default:
		break;
	}
	return 0;
}

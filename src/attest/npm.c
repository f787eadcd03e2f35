/* SPDX-License-Identifier: Apache-2.0 */
/* package-lock.json, lockfileVersion 1 to 3. */
#include <string.h>

#include "attest/library.h"
#include "tree/tree.h"

#define MODULES "node_modules/"
#define MAX_PATH 4096u
#define MAX_DEPTH 64u

struct npm {
	struct attest_libraries *l;
	const char *path;
	struct arena *arena;
	struct library_index places; /* "node_modules/a/node_modules/b" */
};

static int
bad(const struct npm *c, struct err *e, const char *what, struct str of)
{
	return err_set(
	    e, ERR_INPUT, "%s: %s of '" STR_F "'", c->path, what, STR_A(of));
}

/* Base64 to hex; false: it is not that many bytes. */
static bool
to_hex(struct buf *out, struct str text, size_t nbytes)
{
	CLEANUP(buf_free) struct buf b = BUF(256);

	if (!buf_add_unbase64(&b, text) || b.n != nbytes)
		return false;
	for (size_t i = 0; i < b.n; i++)
		buf_addf(out, "%02x", (unsigned)(unsigned char)b.p[i]);
	return true;
}

/* The strongest of "sha1-... sha512-...". */
static void
set_hash(struct npm *c, struct attest_library *v, struct str integrity)
{
	static const struct {
		const char *prefix, *algorithm;
		size_t nbytes;
	} kinds[] = { { "sha512-", "SHA-512", 64 },
		{ "sha384-", "SHA-384", 48 }, { "sha256-", "SHA-256", 32 },
		{ "sha1-", "SHA-1", 20 } };

	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct str rest = integrity, one;
		bool more = true;

		while (more) {
			CLEANUP(buf_free) struct buf hex = BUF(256);

			more = str_cut(&rest, ' ', &one);
			if (!str_starts(one, kinds[k].prefix) ||
			    !to_hex(&hex,
				str_from(one, strlen(kinds[k].prefix)),
				kinds[k].nbytes))
				continue;
			v->algorithm = kinds[k].algorithm;
			v->hash = arena_copy(c->l->arena, buf_str(&hex));
			return;
		}
	}
}

static int
add(struct npm *c, struct str path, struct str name, const struct tree *t,
    struct err *e)
{
	struct str version = tree_text(t, "version");
	struct attest_library *v;

	if (name.n == 0)
		return bad(c, e, "there is no name", path);
	if (version.n == 0)
		return 0; /* a link to a folder beside it */
	if (library_room(c->l, c->path, e) < 0)
		return -1;
	library_index_add(&c->places, c->arena, path, c->l->n);
	v = library_add(c->l, "npm", name, version);
	set_hash(c, v, tree_text(t, "integrity"));
	return 0;
}

/* ---- versions 2 and 3: a flat map of folders ---- */

/* What is behind the last "node_modules/". */
static struct str
name_of(struct str path)
{
	struct str at = path;
	size_t n;

	while (str_find(at, STR(MODULES), &n))
		at = str_from(at, n + sizeof(MODULES) - 1);
	return at.n == path.n ? STR("") : at;
}

static struct attest_library *
at_path(const struct npm *c, struct str path)
{
	size_t at = library_index_find(&c->places, path);

	return at == SIZE_MAX ? NULL : &c->l->v[at];
}

/* As node does: below the folder itself, then below each around it. */
static const struct attest_library *
resolve(const struct npm *c, struct str from, struct str name)
{
	for (unsigned depth = 0; depth < MAX_DEPTH; depth++) {
		CLEANUP(buf_free) struct buf b = BUF(MAX_PATH);
		const struct attest_library *v;
		size_t cut = from.n;

		buf_add(&b, from);
		if (from.n > 0)
			buf_addc(&b, '/');
		buf_add(&b, STR(MODULES));
		buf_add(&b, name);
		v = buf_over(&b) ? NULL : at_path(c, buf_str(&b));
		if (v || from.n == 0)
			return v;
		while (cut > 0 && !str_starts(str_from(from, cut), MODULES))
			cut--;
		from.n = cut > 0 ? cut - 1 : 0;
	}
	return NULL;
}

static void
add_needs(struct npm *c, struct str path, const struct tree *t)
{
	static const char *const keys[] = { "dependencies",
		"optionalDependencies", "devDependencies" };
	struct attest_library *of = at_path(c, path);

	if (path.n > 0 && !of)
		return;
	/* Those for development count for the function itself only. */
	for (size_t k = 0; k < (of ? 2 : COUNT(keys)); k++) {
		const struct tree *m = tree_get(t, keys[k]);

		for (size_t i = 0; m && m->kind == TREE_MAP && i < m->nitems;
		    i++) {
			const struct attest_library *v =
			    resolve(c, path, m->items[i]->key->text);

			if (v)
				library_need(c->l, of, v->purl);
		}
	}
}

static int
read_packages(struct npm *c, const struct tree *packages, struct err *e)
{
	for (size_t i = 0; i < packages->nitems; i++) {
		const struct tree *t = packages->items[i];
		struct str path = t->key->text, name = tree_text(t, "name");

		if (path.n == 0 || t->kind != TREE_MAP || name_of(path).n == 0)
			continue; /* the function itself, and what is its own */
		if (add(c, path, name.n > 0 ? name : name_of(path), t, e) < 0)
			return -1;
	}
	library_index_sort(&c->places);
	for (size_t i = 0; i < packages->nitems; i++)
		if (packages->items[i]->kind == TREE_MAP)
			add_needs(c, packages->items[i]->key->text,
			    packages->items[i]);
	return 0;
}

/* ---- version 1: a tree of them; who needs whom is left out ---- */

static int
read_old(struct npm *c, const struct tree *map, unsigned depth, struct err *e)
{
	for (size_t i = 0; map && map->kind == TREE_MAP && i < map->nitems;
	    i++) {
		const struct tree *t = map->items[i];

		if (t->kind != TREE_MAP)
			continue;
		if (add(c, t->key->text, t->key->text, t, e) < 0)
			return -1;
		if (depth == 0 && tree_text(t, "version").n > 0)
			library_need(c->l, NULL, c->l->v[c->l->n - 1].purl);
		if (depth < MAX_DEPTH &&
		    read_old(c, tree_get(t, "dependencies"), depth + 1, e) < 0)
			return -1;
	}
	return 0;
}

int
lock_npm(struct attest_libraries *l, const char *path, struct str text,
    struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct npm c = { .l = l, .path = path, .arena = a };
	struct tree *root, *packages;

	if (tree_parse_json(&root, a, text, e) < 0)
		return err_wrap(e, "%s", path);
	if (root->kind != TREE_MAP)
		return err_set(e, ERR_INPUT, "%s: an object is expected", path);
	packages = tree_get(root, "packages");
	if (packages && packages->kind == TREE_MAP)
		return read_packages(&c, packages, e);
	return read_old(&c, tree_get(root, "dependencies"), 0, e);
}

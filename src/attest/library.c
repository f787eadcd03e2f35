/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "attest/library.h"

#define MAX_PURL 4096u
#define MAX_NEEDS 5000u /* of one library */

struct kind {
	const char *file;
	int (*read)(struct attest_libraries *l, const char *path,
	    struct str text, struct err *e);
};

static const struct kind kinds[] = {
	{ "Cargo.lock", lock_cargo },
	{ "go.mod", lock_go_mod },
	{ "go.sum", lock_go_sum },
	{ "package-lock.json", lock_npm },
};

static const struct kind *
kind_of(struct str path)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t n = strlen(kinds[i].file);

		if (str_ends(path, kinds[i].file) &&
		    (path.n == n || path.p[path.n - n - 1] == '/'))
			return &kinds[i];
	}
	return NULL;
}

bool
attest_is_lock(struct str path)
{
	return kind_of(path) != NULL;
}

int
attest_read_lock(struct attest_libraries *out, const char *path,
    struct str text, struct err *e)
{
	const struct kind *k = kind_of(str_of(path));

	if (!k)
		return err_set(
		    e, ERR_INPUT, "%s: no lock file that is known", path);
	if (text.n > ATTEST_MAX_LOCK)
		return err_set(e, ERR_LIMIT, "%s: it is larger than %u bytes",
		    path, ATTEST_MAX_LOCK);
	if (!out->arena)
		out->arena = arena_new();
	return k->read(out, path, text, e);
}

/* ---- what readers call ---- */

void
library_encode(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (isalnum(c) || c == '.' || c == '-' || c == '_' || c == '~')
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static struct str
make_purl(
    struct arena *a, const char *type, struct str name, struct str version)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_PURL);
	struct str part;
	bool more = true;

	buf_addf(&b, "pkg:%s", type);
	while (more) {
		more = str_cut(&name, '/', &part);
		buf_addc(&b, '/');
		library_encode(&b, part);
	}
	if (version.n > 0) {
		buf_addc(&b, '@');
		library_encode(&b, version);
	}
	return arena_copy(a, buf_str(&b));
}

struct attest_library *
library_add(struct attest_libraries *l, const char *type, struct str name,
    struct str version)
{
	struct attest_library *v;

	l->v = arena_grow(l->arena, l->v, l->n, &l->cap, sizeof(*l->v));
	v = &l->v[l->n++];
	*v = (struct attest_library){ .purl = make_purl(
					  l->arena, type, name, version),
		.name = arena_copy(l->arena, name),
		.version = arena_copy(l->arena, version) };
	return v;
}

/* ---- finding ---- */

void
library_index_add(
    struct library_index *x, struct arena *a, struct str key, size_t at)
{
	x->v = arena_grow(a, x->v, x->n, &x->cap, sizeof(*x->v));
	x->v[x->n++] = (struct library_at){ key, at };
}

static int
by_key(const void *a, const void *b)
{
	const struct library_at *x = a, *y = b;
	int d = str_cmp(x->key, y->key);

	return d != 0 ? d : (x->at > y->at) - (x->at < y->at);
}

void
library_index_sort(struct library_index *x)
{
	if (x->n > 1)
		qsort(x->v, x->n, sizeof(*x->v), by_key);
}

size_t
library_index_find(const struct library_index *x, struct str key)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (str_cmp(x->v[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->n && str_eq(x->v[lo].key, key) ? x->v[lo].at : SIZE_MAX;
}

struct attest_library *
library_find(struct attest_libraries *l, struct str name, struct str version)
{
	for (size_t i = l->n; i > 0; i--)
		if (str_eq(l->v[i - 1].name, name) &&
		    (version.n == 0 || str_eq(l->v[i - 1].version, version)))
			return &l->v[i - 1];
	return NULL;
}

void
library_need(
    struct attest_libraries *l, struct attest_library *of, struct str purl)
{
	if (!of) {
		l->direct = arena_grow(l->arena, l->direct, l->ndirect,
		    &l->directcap, sizeof(*l->direct));
		l->direct[l->ndirect++] = purl;
		return;
	}
	if (of->nneeds == MAX_NEEDS)
		return;
	of->needs = arena_grow(
	    l->arena, of->needs, of->nneeds, &of->needscap, sizeof(*of->needs));
	of->needs[of->nneeds++] = purl;
}

/* ---- the rest ---- */

int
library_room(const struct attest_libraries *l, const char *path, struct err *e)
{
	if (l->n < ATTEST_MAX_LIBRARIES)
		return 0;
	return err_set(e, ERR_LIMIT, "%s: it lists more than %u libraries",
	    path, ATTEST_MAX_LIBRARIES);
}

/* ---- the end ---- */

static int
by_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_cmp(*x, *y);
}

static size_t
sort_texts(struct str *v, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_text);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !str_eq(v[kept - 1], v[i]))
			v[kept++] = v[i];
	return kept;
}

static int
by_purl(const void *a, const void *b)
{
	const struct attest_library *x = a, *y = b;
	int d = str_cmp(x->purl, y->purl);

	/* Of two with one purl the one that knows its hash is kept. */
	return d != 0 ? d : str_cmp(y->hash, x->hash);
}

void
attest_libraries_done(struct attest_libraries *l)
{
	size_t kept = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_purl);
	for (size_t i = 0; i < l->n; i++) {
		struct attest_library *v = &l->v[i];

		v->nneeds = sort_texts(v->needs, v->nneeds);
		if (kept == 0 || !str_eq(l->v[kept - 1].purl, v->purl))
			l->v[kept++] = *v;
	}
	l->n = kept;
	l->ndirect = sort_texts(l->direct, l->ndirect);
}

void
attest_libraries_free(struct attest_libraries *l)
{
	arena_free(&l->arena);
	*l = (struct attest_libraries){ 0 };
}

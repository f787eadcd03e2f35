/* SPDX-License-Identifier: Apache-2.0 */
/* go.mod (what is required, and what takes its place) and go.sum (digests). */
#include <ctype.h>

#include "attest/library.h"

#define MAX_WORDS 8u

struct gomod {
	struct attest_libraries *l;
	const char *path;
	unsigned line;
	struct str block; /* the word before "(", or empty */
};

static int
bad(const struct gomod *g, struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, "%s:%u: %s", g->path, g->line, what);
}

/* Words of a line up to a comment. */
static size_t
split(struct str line, struct str *words)
{
	struct str comment = STR("//");
	size_t n = 0, at;

	if (str_find(line, comment, &at))
		line.n = at;
	for (;;) {
		size_t i = 0;

		line = str_trim(line);
		if (line.n == 0 || n == MAX_WORDS)
			return n;
		while (i < line.n && !isspace((unsigned char)line.p[i]))
			i++;
		words[n++] = (struct str){ line.p, i };
		line = str_from(line, i);
	}
}

static struct str
unquote(struct str s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '`') &&
	    s.p[s.n - 1] == s.p[0])
		return (struct str){ s.p + 1, s.n - 2 };
	return s;
}

/* purl wants names of Go modules in small letters. */
static struct str
lower(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)tolower((unsigned char)p[i]);
	return (struct str){ p, s.n };
}

static struct attest_library *
add(struct gomod *g, struct str name, struct str version)
{
	struct attest_library *v =
	    library_add(g->l, "golang", lower(g->l->arena, name), version);

	v->name = arena_copy(g->l->arena, name);
	return v;
}

static bool
is_go(const struct attest_library *v)
{
	return str_starts(v->purl, "pkg:golang/");
}

static int
require(struct gomod *g, const struct str *w, size_t n, struct err *e)
{
	struct str name, version;

	if (n != 2)
		return bad(g, e, "'require' wants a path and a version");
	name = unquote(w[0]);
	version = unquote(w[1]);
	if (!str_utf8(name, &(size_t){ 0 }) ||
	    !str_utf8(version, &(size_t){ 0 }))
		return bad(g, e, "it is not UTF-8");
	if (library_room(g->l, g->path, e) < 0)
		return -1;
	library_need(g->l, NULL, add(g, name, version)->purl);
	return 0;
}

static void
drop(struct attest_libraries *l, struct attest_library *v)
{
	for (size_t i = 0; i < l->ndirect; i++)
		if (str_eq(l->direct[i], v->purl))
			l->direct[i--] = l->direct[--l->ndirect];
	*v = l->v[--l->n];
}

/* old [version] => new version, or => a folder beside it. */
static int
replace(struct gomod *g, const struct str *w, size_t n, struct err *e)
{
	size_t arrow = n > 1 && str_is(w[1], "=>") ? 1 : 2;
	struct attest_library *v;
	struct str version;

	if (n < arrow + 2 || n > arrow + 3 || !str_is(w[arrow], "=>"))
		return bad(g, e, "'replace' wants 'old => new'");
	version = arrow == 2 ? unquote(w[1]) : STR("");
	v = library_find(g->l, unquote(w[0]), version);
	if (!v || !is_go(v))
		return 0;
	drop(g->l, v);
	return n == arrow + 3 ? require(g, &w[arrow + 1], 2, e) : 0;
}

static int
statement(
    struct gomod *g, struct str verb, struct str *w, size_t n, struct err *e)
{
	if (str_is(verb, "require"))
		return require(g, w, n, e);
	if (str_is(verb, "replace"))
		return replace(g, w, n, e);
	return 0;
}

static int
read_line(struct gomod *g, struct str line, bool replaces, struct err *e)
{
	struct str w[MAX_WORDS];
	size_t n = split(line, w);
	struct str verb = g->block;

	if (n == 0)
		return 0;
	if (g->block.n > 0 && str_is(w[0], ")")) {
		g->block = STR("");
		return 0;
	}
	if (g->block.n == 0 && n == 2 && str_is(w[1], "(")) {
		g->block = w[0];
		return 0;
	}
	if (g->block.n == 0)
		verb = w[0];
	/* What is replaced must be known before. */
	if (str_is(verb, "replace") != replaces)
		return 0;
	return g->block.n > 0 ? statement(g, verb, w, n, e)
			      : statement(g, verb, w + 1, n - 1, e);
}

static int
read_lines(struct gomod *g, struct str text, bool replaces, struct err *e)
{
	struct str line;
	bool more = true;

	g->line = 0;
	g->block = STR("");
	while (more) {
		more = str_cut(&text, '\n', &line);
		g->line++;
		if (read_line(g, line, replaces, e) < 0)
			return -1;
	}
	if (g->block.n > 0)
		return bad(g, e, "it ends within a block");
	return 0;
}

int
lock_go_mod(struct attest_libraries *l, const char *path, struct str text,
    struct err *e)
{
	struct gomod g = { .l = l, .path = path };

	if (read_lines(&g, text, false, e) < 0)
		return -1;
	return read_lines(&g, text, true, e);
}

static struct str
key_of(struct arena *a, struct str name, struct str version)
{
	return str_of(
	    arena_printf(a, STR_F " " STR_F, STR_A(name), STR_A(version)));
}

/* "path version h1:..."; those of go.mod files themselves say "/go.mod" behind
 * the version. */
int
lock_go_sum(struct attest_libraries *l, const char *path, struct str text,
    struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct gomod g = { .l = l, .path = path };
	struct library_index known = { 0 };
	struct str line, w[MAX_WORDS];
	bool more = true;

	for (size_t i = 0; i < l->n; i++)
		if (is_go(&l->v[i]))
			library_index_add(&known, a,
			    key_of(a, l->v[i].name, l->v[i].version), i);
	library_index_sort(&known);
	while (more) {
		size_t n, at;

		more = str_cut(&text, '\n', &line);
		g.line++;
		n = split(line, w);
		if (n == 0)
			continue;
		if (n != 3 || !str_starts(w[2], "h1:"))
			return bad(&g, e, "'path version h1:...' is expected");
		at = library_index_find(&known, key_of(a, w[0], w[1]));
		if (at == SIZE_MAX || !str_utf8(w[2], &(size_t){ 0 }))
			continue;
		l->v[at].algorithm = "h1";
		l->v[at].hash = arena_copy(l->arena, w[2]);
	}
	return 0;
}

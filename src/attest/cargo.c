/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cargo.lock, versions 1 to 4.  It is TOML, but cargo writes one small form of
 * it: tables of packages, each value on a line of its own, texts in double
 * quotes without escapes.
 */
#include <string.h>

#include "attest/library.h"

#define CRATES_IO "registry+https://github.com/rust-lang/crates.io-index"
#define SPARSE "sparse+https://index.crates.io/"

struct package {
	struct str name, version, source, checksum;
	struct str *needs; /* "name", "name version", "name version (source)" */
	size_t nneeds, needscap;
	size_t library; /* its place in the list; SIZE_MAX: of the function */
};

struct cargo {
	struct attest_libraries *l;
	const char *path;
	unsigned line;
	struct arena *arena;
	struct package *v;
	size_t n, cap;
	struct library_index names; /* "name", and "name version" */
	bool in_package, in_needs;
};

static int
bad(const struct cargo *c, struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, "%s:%u: %s", c->path, c->line, what);
}

/* "text", with or without a comma behind it. */
static bool
quoted(struct str s, struct str *out)
{
	s = str_trim(s);
	if (s.n > 0 && s.p[s.n - 1] == ',')
		s = str_trim((struct str){ s.p, s.n - 1 });
	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	*out = (struct str){ s.p + 1, s.n - 2 };
	return !memchr(out->p, '"', out->n) && !memchr(out->p, '\\', out->n) &&
	    str_utf8(*out, &(size_t){ 0 });
}

static void
add_need(struct cargo *c, struct str need)
{
	struct package *p = &c->v[c->n - 1];

	p->needs = arena_grow(
	    c->arena, p->needs, p->nneeds, &p->needscap, sizeof(*p->needs));
	p->needs[p->nneeds++] = need;
}

/* ["a", "b"] on one line, or what begins it on several. */
static int
read_needs(struct cargo *c, struct str value, struct err *e)
{
	struct str part, text;
	bool more = true;

	if (value.n == 0 || value.p[0] != '[')
		return bad(c, e, "a list is expected");
	value = str_trim(str_from(value, 1));
	c->in_needs = value.n == 0 || value.p[value.n - 1] != ']';
	if (!c->in_needs)
		value.n--;
	value = str_trim(value);
	while (more && value.n > 0) {
		more = str_cut(&value, ',', &part);
		if (str_trim(part).n == 0)
			continue;
		if (!quoted(part, &text))
			return bad(c, e, "a text in quotes is expected");
		add_need(c, text);
	}
	return 0;
}

static int
read_value(struct cargo *c, struct str key, struct str value, struct err *e)
{
	struct package *p = &c->v[c->n - 1];
	struct str *into = NULL;

	if (str_is(key, "name"))
		into = &p->name;
	else if (str_is(key, "version"))
		into = &p->version;
	else if (str_is(key, "source"))
		into = &p->source;
	else if (str_is(key, "checksum"))
		into = &p->checksum;
	else if (str_is(key, "dependencies"))
		return read_needs(c, value, e);
	if (into && !quoted(value, into))
		return bad(c, e, "a text in quotes is expected");
	return 0;
}

static int
begin_table(struct cargo *c, struct str line, struct err *e)
{
	c->in_package = str_is(line, "[[package]]");
	if (!c->in_package)
		return 0;
	if (c->n > ATTEST_MAX_LIBRARIES)
		return err_set(e, ERR_LIMIT,
		    "%s: it lists more than %u libraries", c->path,
		    ATTEST_MAX_LIBRARIES);
	c->v = arena_grow(c->arena, c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n++] = (struct package){ .library = SIZE_MAX };
	return 0;
}

static int
read_line(struct cargo *c, struct str line, struct err *e)
{
	struct str key, text;

	line = str_trim(line);
	if (c->in_needs) {
		if (line.n == 0)
			return 0;
		c->in_needs = !str_is(line, "]");
		if (!c->in_needs)
			return 0;
		if (!quoted(line, &text))
			return bad(c, e, "a text in quotes is expected");
		add_need(c, text);
		return 0;
	}
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.p[0] == '[')
		return begin_table(c, line, e);
	if (!str_cut(&line, '=', &key))
		return bad(c, e, "this is neither a table nor 'key = value'");
	if (!c->in_package)
		return 0;
	return read_value(c, str_trim(key), str_trim(line), e);
}

/* ---- what the packages are ---- */

/* Where it comes from when that is not crates.io, as purls tell it. */
static void
add_origin(struct cargo *c, struct attest_library *v, struct str source)
{
	CLEANUP(buf_free) struct buf b = BUF(8192);

	if (str_is(source, CRATES_IO) || str_is(source, SPARSE))
		return;
	buf_add(&b, v->purl);
	buf_add(&b,
	    str_starts(source, "git+") ? STR("?vcs_url=")
				       : STR("?repository_url="));
	library_encode(&b, source);
	v->purl = arena_copy(c->l->arena, buf_str(&b));
}

static int
add_library(struct cargo *c, struct package *p, struct err *e)
{
	struct digest checksum;
	struct attest_library *v;

	if (p->name.n == 0 || p->version.n == 0)
		return err_set(e, ERR_INPUT,
		    "%s: a package has no name or no version", c->path);
	if (p->source.n == 0)
		return 0; /* of the function, or beside it */
	if (library_room(c->l, c->path, e) < 0)
		return -1;
	p->library = c->l->n;
	v = library_add(c->l, "cargo", p->name, p->version);
	add_origin(c, v, p->source);
	if (p->checksum.n == 0)
		return 0;
	if (!digest_parse(p->checksum, &checksum))
		return err_set(e, ERR_INPUT,
		    "%s: the checksum of '" STR_F "' is no SHA-256", c->path,
		    STR_A(p->name));
	v->algorithm = "SHA-256";
	v->hash = arena_copy(c->l->arena, p->checksum);
	return 0;
}

static const struct package *
find(const struct cargo *c, struct str need)
{
	struct str source = need, name, version;
	size_t at;

	/* "name version (source)" */
	str_cut(&source, ' ', &name);
	if (str_cut(&source, ' ', &version))
		need.n = (size_t)(version.p - need.p) + version.n;
	at = library_index_find(&c->names, need);
	return at == SIZE_MAX ? NULL : &c->v[at];
}

static void
add_needs(struct cargo *c, const struct package *p)
{
	struct attest_library *of =
	    p->library == SIZE_MAX ? NULL : &c->l->v[p->library];

	for (size_t i = 0; i < p->nneeds; i++) {
		const struct package *q = find(c, p->needs[i]);

		if (q && q->library != SIZE_MAX)
			library_need(c->l, of, c->l->v[q->library].purl);
	}
}

static int
read_all(struct cargo *c, struct str text, struct err *e)
{
	struct str line;
	bool more = true;

	while (more) {
		more = str_cut(&text, '\n', &line);
		c->line++;
		if (read_line(c, line, e) < 0)
			return -1;
	}
	if (c->in_needs)
		return bad(c, e, "it ends within a list");
	for (size_t i = 0; i < c->n; i++) {
		const struct package *p = &c->v[i];

		if (add_library(c, &c->v[i], e) < 0)
			return -1;
		library_index_add(&c->names, c->arena, p->name, i);
		library_index_add(&c->names, c->arena,
		    str_of(arena_printf(c->arena, STR_F " " STR_F,
			STR_A(p->name), STR_A(p->version))),
		    i);
	}
	library_index_sort(&c->names);
	for (size_t i = 0; i < c->n; i++)
		add_needs(c, &c->v[i]);
	return 0;
}

int
lock_cargo(struct attest_libraries *l, const char *path, struct str text,
    struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct cargo c = { .l = l, .path = path, .arena = a };

	return read_all(&c, text, e);
}

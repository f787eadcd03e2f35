/* SPDX-License-Identifier: Apache-2.0 */
/* Test files: found, read, their tables unrolled. */

#include "os/os.h"
#include "smoke/shape.h"

struct finder {
	struct arena *a;
	const char *root;
	size_t nroot; /* bytes of root and the '/' after it */
	struct smoke *s;
	const char **paths;
	size_t npaths, cap;
};

static bool
is_yaml(struct str name)
{
	return str_ends(name, ".yaml") || str_ends(name, ".yml");
}

static bool
is_test_file(struct str rel)
{
	struct str rest = rel, head, name = rel;

	while (str_cut(&rest, '/', &head))
		name = rest;
	if (str_ends(name, ".test.yaml") || str_ends(name, ".test.yml"))
		return true;
	return str_starts(rel, "tests/") && name.p == rel.p + 6 &&
	    is_yaml(name) && name.p[0] != '.';
}

static bool
is_skipped_dir(struct str name)
{
	static const char *const names[] = { "node_modules", "target", "vendor",
		"__pycache__" };

	if (str_starts(name, "."))
		return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

/* "tests/a.snap/b.txt", "greet/a.test.snap/b.txt" */
static bool
is_snapshot(struct str rel)
{
	struct str rest = rel, head, dir = { 0 };

	while (str_cut(&rest, '/', &head))
		dir = (struct str){ rel.p, (size_t)(head.p + head.n - rel.p) };
	return str_ends(rel, ".txt") &&
	    (str_ends(dir, ".test.snap") ||
		(str_starts(dir, "tests/") && str_ends(dir, ".snap")));
}

/* As the user would type it: "./" in front says nothing. */
static struct str
shown(const char *path)
{
	struct str s = str_of(path);

	return str_starts(s, "./") ? str_from(s, 2) : s;
}

static int
look_at(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct finder *f = arg;
	struct str rel = str_of(path + f->nroot), rest = rel, head;
	struct str name = rel;

	while (str_cut(&rest, '/', &head))
		name = rest;
	if (S_ISDIR(st->st_mode))
		return is_skipped_dir(name);
	if (!S_ISREG(st->st_mode))
		return 0;
	if (is_snapshot(rel)) {
		struct smoke *s = f->s;

		s->snaps = arena_grow(s->arena, s->snaps, s->nsnaps,
		    &s->snaps_cap, sizeof(*s->snaps));
		s->snaps[s->nsnaps++] = arena_copy(s->arena, shown(path));
	}
	if (!is_test_file(rel))
		return 0;
	if (f->npaths == SMOKE_MAX_FILES)
		return err_set(
		    e, ERR_LIMIT, "over %u test files", SMOKE_MAX_FILES);
	f->paths = arena_grow(
	    f->a, f->paths, f->npaths, &f->cap, sizeof(const char *));
	f->paths[f->npaths++] = arena_cstr(f->a, str_of(path));
	return 0;
}

/* The parser's "LINE:COL: text" as a problem with a place. */
static void
not_yaml(struct reader *rd, const struct err *e)
{
	struct str text = str_of(e->text), line, col;
	struct tree at = { .kind = TREE_MAP };
	uint64_t l, c;

	if (str_cut(&text, ':', &line) && str_cut(&text, ':', &col) &&
	    str_u64(line, UINT32_MAX, &l) && str_u64(col, UINT32_MAX, &c)) {
		at.at = (struct place){ (unsigned)l, (unsigned)c };
		text = str_trim(text);
	} else {
		text = str_of(e->text);
	}
	problem(rd, T_YAML, &at, STR_F, STR_A(text));
}

/* A case without its table, to be filled from each row of it. */
static struct tree *
without_each(struct arena *a, const struct tree *t)
{
	struct tree *c = arena_take(a, sizeof(*c));

	*c = *t;
	c->items = arena_take(a, (t->nitems + 1) * sizeof(struct tree *));
	c->nitems = 0;
	for (size_t i = 0; i < t->nitems; i++)
		if (!str_is(t->items[i]->key->text, "each"))
			c->items[c->nitems++] = t->items[i];
	return c;
}

static int
check_size(const struct smoke *s, struct err *e)
{
	if (s->ncases > SMOKE_MAX_CASES)
		return err_set(e, ERR_LIMIT, "over %u cases", SMOKE_MAX_CASES);
	if (s->bytes > SMOKE_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "the tables of the cases unroll to over %u MB",
		    SMOKE_MAX_BYTES >> 20);
	return 0;
}

static int
read_table(struct reader *rd, struct tree *t, const struct tree *each,
    const struct smoke_case *defaults, struct err *e)
{
	struct tree *bare = without_each(rd->s->arena, t);
	size_t before = diags_errors(rd->ds);

	if (!take_list(rd, each, "each"))
		return 0;
	if (each->nitems == 0)
		problem(rd, T_EMPTY, each, "the table has no rows");
	for (size_t i = 0; i < each->nitems; i++) {
		if (!take_map(rd, each->items[i], "a row", NULL))
			continue;
		/* What is wrong with the case is wrong in each row: once. */
		take_case(rd, bare, each->items[i], i + 1, defaults);
		if (diags_errors(rd->ds) > before)
			return 0;
		if (check_size(rd->s, e) < 0)
			return -1;
	}
	return 0;
}

static int
read_cases(struct reader *rd, struct tree *root, struct err *e)
{
	static const char *const keys[] = { "defaults", "cases", NULL };
	struct smoke_case defaults = { 0 };
	struct tree *cases = tree_get(root, "cases");
	size_t before = diags_errors(rd->ds);

	if (root->kind != TREE_MAP) {
		problem(rd, T_YAML, root,
		    "a test file is a map with 'cases', not %s",
		    tree_kind_name(root->kind));
		return 0;
	}
	take_map(rd, root, "a test file", keys);
	take_defaults(rd, tree_get(root, "defaults"), &defaults);
	if (!cases || cases->kind == TREE_NULL ||
	    (cases->kind == TREE_LIST && cases->nitems == 0)) {
		if (diags_errors(rd->ds) == before)
			problem(rd, T_EMPTY, cases, "the file has no cases");
		return 0;
	}
	if (!take_list(rd, cases, "cases"))
		return 0;
	for (size_t i = 0; i < cases->nitems; i++) {
		struct tree *t = cases->items[i];
		const struct tree *each = tree_get(t, "each");

		if (each && read_table(rd, t, each, &defaults, e) < 0)
			return -1;
		if (!each)
			take_case(rd, t, NULL, 0, &defaults);
		if (check_size(rd->s, e) < 0)
			return -1;
	}
	return 0;
}

static int
by_place(const struct smoke_case *x, const struct smoke_case *y)
{
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return x->at.col < y->at.col ? -1 : x->at.col > y->at.col;
}

static int
by_name(const void *a, const void *b)
{
	const struct smoke_case *const *x = a, *const *y = b;
	int c = str_cmp((*x)->name, (*y)->name);

	return c ? c : by_place(*x, *y);
}

static int
by_snapshot(const void *a, const void *b)
{
	const struct smoke_case *const *x = a, *const *y = b;
	int c = str_cmp(
	    (*x)->want.body.snapshot_path, (*y)->want.body.snapshot_path);

	return c ? c : by_place(*x, *y);
}

/* Names and snapshots of one file's cases must tell them apart. */
static void
check_twins(struct reader *rd, size_t first)
{
	size_t n = rd->s->ncases - first;
	CLEANUP(mem_free_at) struct smoke_case **v = NULL;

	v = mem_take((n + 1) * sizeof(struct smoke_case *));
	for (size_t i = 0; i < n; i++)
		v[i] = rd->s->cases[first + i];
	qsort(v, n, sizeof(struct smoke_case *), by_name);
	for (size_t i = 1; i < n; i++)
		if (str_eq(v[i - 1]->name, v[i]->name))
			diags_add(rd->ds, &smoke_rules[T_NAME], rd->file,
			    v[i]->at, 1,
			    "a case named '" STR_F "' stands at line %u "
			    "already",
			    STR_A(v[i]->name), v[i - 1]->at.line);
	qsort(v, n, sizeof(struct smoke_case *), by_snapshot);
	for (size_t i = 1; i < n; i++)
		if (v[i]->want.body.snapshot &&
		    str_eq(v[i - 1]->want.body.snapshot_path,
			v[i]->want.body.snapshot_path))
			diags_add(rd->ds, &smoke_rules[T_SNAPSHOT], rd->file,
			    v[i]->at, 1,
			    "the cases at lines %u and %u have the same "
			    "snapshot",
			    v[i - 1]->at.line, v[i]->at.line);
}

static int
read_file(struct smoke *s, const char *path, struct str rel, struct diags *ds,
    struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	struct reader rd = { .s = s, .ds = ds };
	struct err why = ERR;
	struct tree *root;
	size_t first = s->ncases;

	rd.file = arena_copy(s->arena, shown(path));
	rd.rel = arena_copy(s->arena, rel);
	rd.dir = rd.file;
	while (rd.dir.n > 0 && rd.dir.p[rd.dir.n - 1] != '/')
		rd.dir.n--;
	if (os_read(&text, path, e) < 0)
		return -1;
	if (tree_parse_yaml(&root, s->arena, buf_str(&text), &why) < 0) {
		not_yaml(&rd, &why);
		return 0;
	}
	if (!root || root->kind == TREE_NULL) {
		problem(&rd, T_EMPTY, NULL, "the file has no cases");
		return 0;
	}
	if (read_cases(&rd, root, e) < 0)
		return err_wrap(e, "%s", path);
	check_twins(&rd, first);
	return 0;
}

int
smoke_read(struct smoke **out, const char *root, const char *const *paths,
    size_t npaths, struct diags *ds, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(smoke_free) struct smoke *s = mem_take(sizeof(*s));
	struct finder f = { .a = a, .s = s };
	struct str dir = str_of(root);

	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	s->arena = arena_new();
	f.root = arena_cstr(s->arena, dir);
	f.nroot = dir.n + 1;
	if (!paths && os_walk(f.root, look_at, &f, e) < 0)
		return -1;
	if (!paths) {
		paths = f.paths;
		npaths = f.npaths;
	}
	for (size_t i = 0; i < npaths; i++) {
		struct str rel = shown(paths[i]);

		if (f.npaths > 0)
			rel = str_of(paths[i] + f.nroot);
		if (read_file(s, paths[i], rel, ds, e) < 0)
			return -1;
	}
	*out = s;
	s = NULL;
	return 0;
}

size_t
smoke_count(const struct smoke *s)
{
	return s->ncases;
}

bool
smoke_wants_fuel(const struct smoke *s)
{
	return s->fuel;
}

void
smoke_free(struct smoke **sp)
{
	struct smoke *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < s->nrun_arenas; i++)
		arena_free(&s->run_arenas[i]);
	mem_free(s->run_arenas);
	arena_free(&s->arena);
	mem_free(s);
}

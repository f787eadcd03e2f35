/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "project/find.h"
#include "project/pins.h"

#define MAX_MANIFEST (64u << 10)
#define LISTED_NS 1000000000u

/* ---- paths ---- */

const char *
project_shown(const struct project *p, const char *path)
{
	size_t n = strlen(p->cwd);

	if (n > 1 && strncmp(path, p->cwd, n) == 0 && path[n] == '/')
		return path + n + 1;
	return path;
}

char *
project_path(const struct project *p, ...)
{
	CLEANUP(buf_free) struct buf b = BUF(PROJECT_MAX_PATH);
	const char *part;
	va_list ap;

	buf_add(&b, str_of(p->root));
	va_start(ap, p);
	while ((part = va_arg(ap, const char *)) != NULL)
		buf_addf(&b, "/%s", part);
	va_end(ap);
	return arena_cstr(p->arena, buf_str(&b));
}

char *
project_label(struct arena *a, const struct function_info *f)
{
	if (f->ns.n == 0 || str_is(f->ns, "default"))
		return arena_cstr(a, f->name);
	return arena_printf(a, STR_F "::" STR_F, STR_A(f->ns), STR_A(f->name));
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool
project_skips(const char *folder)
{
	static const char *const names[] = { PROJECT_OURS, ".git", ".build",
		"node_modules", "target" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(folder, names[i]) == 0)
			return true;
	return false;
}

/* ---- functions ---- */

struct finding {
	struct project *p;
	struct diags *ds;
	struct str last; /* the folder of the last manifest met */
};

/* A name becomes a part of paths, so it may hold nothing that leads away. */
static bool
is_safe(struct str s)
{
	if (s.n == 0 || s.n > DIRECTIVE_NAME_MAX || s.p[0] == '.' ||
	    s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == 0x7f || strchr("/\\:", c))
			return false;
	}
	return true;
}

static const struct project_function *
same_name(const struct project *p, const struct function_info *f)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].info.name, f->name) &&
		    str_eq(p->v[i].info.ns, f->ns))
			return &p->v[i];
	return NULL;
}

static bool
is_fit(struct project *p, const struct project_function *f, struct diags *ds)
{
	struct str file = str_of(project_shown(p, f->manifest));
	const struct project_function *other;

	if (!is_safe(f->info.name) || !is_safe(f->info.ns)) {
		diags_add(ds, rule_name, file, f->info.at, 0,
		    "no module can be called '" STR_F "::" STR_F "'",
		    STR_A(f->info.ns), STR_A(f->info.name));
		return false;
	}
	other = same_name(p, &f->info);
	if (other) {
		diags_add(ds, rule_twice, file, f->info.at, 0,
		    "function '%s' is also in %s",
		    project_label(p->arena, &f->info),
		    project_shown(p, other->manifest));
		return false;
	}
	return true;
}

static const char *
module_path(const struct project *p, const struct project_function *f)
{
	const struct function_info *i = &f->info;

	/* A prebuilt module is the user's own file; what is packed is made
	 * from it. */
	if (f->lang && strcmp(toolchain_name(f->lang), "wasm") == 0)
		return arena_printf(p->arena,
		    "%s/" PROJECT_OURS "/build/" STR_F "." STR_F "/module.wasm",
		    p->root, STR_A(i->ns), STR_A(i->name));
	return arena_printf(
	    p->arena, "%s/" STR_F ".wasm", f->dir, STR_A(i->name));
}

static int
read_manifest(struct finding *f, struct project_function *fn, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_MANIFEST);
	const char *shown = project_shown(f->p, fn->manifest);

	if (os_read(&text, fn->manifest, e) < 0)
		return -1;
	if (manifest_parse(&fn->info, f->p->arena, buf_str(&text),
		str_of(shown), str_of(last_part(fn->dir)), f->ds, e) < 0)
		return -1;
	if (fn->info.ns.n == 0)
		fn->info.ns = STR("default");
	fn->lang = fn->info.lang.n > 0 ? toolchain_find(fn->info.lang) : NULL;
	fn->wasm = module_path(f->p, fn);
	return 0;
}

/* One that is not YAML is a problem like others: the rest of the project is
 * read too.  Without a Directive there is no rest. */
static int
tell_unread(struct finding *f, const struct project_function *fn, struct err *e)
{
	if (e->kind != ERR_INPUT || !f->p->has_directive)
		return -1;
	directive_tell(f->ds, manifest_rules,
	    str_of(project_shown(f->p, fn->manifest)), e);
	*e = (struct err)ERR;
	return 0;
}

/* The listed files below dir end with the last one: where do they begin? */
static size_t
first_below(const struct project *p, struct str dir)
{
	size_t i = p->nfiles;

	while (i > 0 && str_starts(str_of(p->files[i - 1].path), dir.p) &&
	    p->files[i - 1].path[dir.n] == '/')
		i--;
	return i;
}

/* path is a manifest: a file of its own, or a second one in its folder. */
static int
add_function(struct finding *f, const char *path, struct err *e)
{
	struct project *p = f->p;
	struct project_function fn = { 0 };
	struct str dir = { path, (size_t)(last_part(path) - path) - 1 };

	fn.manifest = arena_cstr(p->arena, str_of(path));
	if (str_eq(dir, f->last)) {
		diags_add(f->ds, rule_manifests,
		    str_of(project_shown(p, fn.manifest)), (struct place){ 0 },
		    0, "this manifest is not read, there is another one");
		return 0;
	}
	if (p->n == PROJECT_MAX_FUNCTIONS)
		return err_set(e, ERR_LIMIT,
		    "project '%s' has more than %u functions", p->root,
		    PROJECT_MAX_FUNCTIONS);
	f->last = arena_copy(p->arena, dir);
	fn.dir = f->last.p;
	fn.rel = dir.n == strlen(p->root) ? "." : fn.dir + strlen(p->root) + 1;
	if (read_manifest(f, &fn, e) < 0)
		return tell_unread(f, &fn, e);
	if (!is_fit(p, &fn, f->ds))
		return 0;
	p->first =
	    arena_grow(p->arena, p->first, p->n, &p->firstcap, sizeof(size_t));
	p->first[p->n] = first_below(p, f->last);
	p->v = arena_grow(p->arena, p->v, p->n, &p->cap, sizeof(fn));
	p->v[p->n++] = fn;
	return 0;
}

static void
list(struct project *p, const char *path, const struct stat *st)
{
	struct listed *l;

	p->files = mem_grow(p->files, p->nfiles, &p->filescap, sizeof(*l));
	l = &p->files[p->nfiles++];
	l->path = arena_cstr(p->arena, str_of(path));
	l->st = *st;
}

static int
visit(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct finding *f = arg;
	const char *name = last_part(path);

	list(f->p, path, st);

	if (!S_ISDIR(st->st_mode))
		return manifest_is(str_of(name)) ? add_function(f, path, e) : 0;
	return name[0] == '.' || project_skips(name) ? 1 : 0;
}

bool
project_is_listed(const struct project *p)
{
	return p->listed_ns > 0 && os_now_ns() - p->listed_ns < LISTED_NS;
}

/* ---- the project ---- */

static char *
root_of(struct arena *a, const char *dir)
{
	CLEANUP(buf_free) struct buf up = BUF(PROJECT_MAX_PATH);
	CLEANUP(buf_free) struct buf file = BUF(PROJECT_MAX_PATH);

	buf_add(&up, str_of(dir));
	for (;;) {
		buf_clear(&file);
		buf_addf(&file, "%s/" PROJECT_DIRECTIVE,
		    up.n > 1 ? buf_cstr(&up) : "");
		if (os_exists(buf_cstr(&file)))
			return arena_cstr(a, buf_str(&up));
		if (up.n <= 1)
			return arena_cstr(a, str_of(dir));
		while (up.n > 1 && up.p[up.n - 1] != '/')
			up.n--;
		if (up.n > 1)
			up.n--;
		up.p[up.n] = '\0';
	}
}

/* The function that dir is the folder of, or lies in. */
static const struct project_function *
function_at(const struct project *p, const char *dir)
{
	const struct project_function *best = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const char *at = p->v[i].dir;
		size_t n = strlen(at);

		if (strncmp(dir, at, n) != 0 ||
		    (dir[n] != '/' && dir[n] != '\0'))
			continue;
		if (strcmp(at, p->root) == 0 && p->has_directive)
			continue; /* the whole project is meant */
		if (!best || n > strlen(best->dir))
			best = &p->v[i];
	}
	return best;
}

static int
fill(struct project *p, const char *dir, struct diags *ds, struct err *e)
{
	struct finding f = { .p = p, .ds = ds };
	char real[PATH_MAX], cwd[PATH_MAX];

	if (!realpath(dir, real) || !os_is_dir(real))
		return err_set(e, ERR_MISSING, "no such folder: '%s'", dir);
	p->cwd =
	    arena_cstr(p->arena, str_of(getcwd(cwd, sizeof(cwd)) ? cwd : ""));
	p->root = root_of(p->arena, real);
	if (project_read_directive(p, ds, e) < 0)
		return -1;
	p->listed_ns = os_now_ns();
	/* A project in this one is built on its own. */
	if (os_walk_except(p->root, PROJECT_DIRECTIVE, visit, &f, e) < 0 ||
	    pins_fill(p, ds, e) < 0)
		return -1;
	if (p->n == 0 && !p->has_directive && diags_errors(ds) == 0) {
		err_set(e, ERR_MISSING,
		    "'%s' holds no " PROJECT_DIRECTIVE " and no function", dir);
		return err_hint(e,
		    "`subo create project NAME` makes a project, `subo create "
		    "function NAME --lang LANG` a function");
	}
	p->here = function_at(p, real);
	return 0;
}

int
project_open(
    struct project **out, const char *dir, struct diags *ds, struct err *e)
{
	CLEANUP(project_free) struct project *p = mem_take(sizeof(*p));

	p->arena = arena_new();
	if (fill(p, dir, ds, e) < 0)
		return -1;
	*out = p;
	p = NULL;
	return 0;
}

void
project_free(struct project **p)
{
	if (!*p)
		return;
	directive_free(&(*p)->directive);
	pins_free(&(*p)->pins);
	mem_free((*p)->files);
	arena_free(&(*p)->arena);
	mem_free(*p);
	*p = NULL;
}

/* ---- looking ---- */

const char *
project_root(const struct project *p)
{
	return p->root;
}

const struct directive *
project_directive(const struct project *p)
{
	return p->has_directive ? p->directive : NULL;
}

size_t
project_count(const struct project *p)
{
	return p->n;
}

const struct project_function *
project_at(const struct project *p, size_t i)
{
	return &p->v[i];
}

const struct project_function *
project_here(const struct project *p)
{
	return p->here;
}

const struct project_function *
project_find(const struct project *p, struct str name)
{
	struct fqfn ref = fqfn_parse(name);
	const struct project_function *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (fqfn_matches(&ref, &p->v[i].info, p->directive))
			return &p->v[i];
		if (str_eq(p->v[i].info.name, name) && n++ == 0)
			only = &p->v[i];
	}
	return n == 1 ? only : NULL;
}

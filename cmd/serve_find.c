/* SPDX-License-Identifier: Apache-2.0 */
/* What is there to serve: a bundle, a project's, a folder of them, a module. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "os/os.h"
#include "project/project.h"
#include "serve_parts.h"

#define LOOK_MS 250u	 /* how often, while it is waited for */
#define MAX_FILES 10000u /* of a folder */

static const char *const defaults[] = { PROJECT_BUNDLE, "modules.wasm.zip" };

static void
add(struct serve_files *s, const char *path)
{
	s->v = arena_grow(s->arena, s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] =
	    (struct serve_file){ .path = arena_cstr(s->arena, str_of(path)),
		    .bare = str_ends(str_of(path), ".wasm") };
}

/* A file of that name in dir (NULL: here). */
static bool
add_default(struct serve_files *s, const char *dir)
{
	for (size_t i = 0; i < COUNT(defaults); i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s%s%s", dir ? dir : "",
		    dir ? "/" : "", defaults[i]);
		if (!os_exists(path))
			continue;
		add(s, path);
		return true;
	}
	return false;
}

static bool
known(const struct serve_files *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].path, path) == 0)
			return true;
	return false;
}

static int
by_path(const void *a, const void *b)
{
	const struct serve_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Is it as it was?  A change in the second of the last look may have come after
 * it, with the same time. */
static bool
unchanged(struct serve_files *s)
{
	struct stat st;
	bool same;

	if (stat(s->folder, &st) < 0)
		return false;
	same = st.st_mtim.tv_sec == s->changed.tv_sec &&
	    st.st_mtim.tv_nsec == s->changed.tv_nsec &&
	    s->read_s > st.st_mtim.tv_sec + 1;
	s->changed = st.st_mtim;
	s->read_s = os_unix_ms() / 1000;
	return same;
}

int
serve_rescan(struct serve_files *s, struct err *e)
{
	size_t before = s->n;
	struct dirent *entry;
	DIR *d;

	if (unchanged(s))
		return 0;
	d = opendir(s->folder);
	if (!d)
		return err_sys(e, "cannot read the folder '%s'", s->folder);
	while ((entry = readdir(d)) != NULL && s->n < MAX_FILES) {
		struct str name = str_of(entry->d_name);
		char path[4096];

		/* Whoever writes one elsewhere and renames it begins so. */
		if (!str_ends(name, ".zip") || name.p[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", s->folder, name.p);
		if (!known(s, path))
			add(s, path);
	}
	closedir(d);
	if (s->n > before)
		qsort(s->v + before, s->n - before, sizeof(*s->v), by_path);
	return 0;
}

/* One that was built is there, or will be. */
static int
unbuilt(const char *dir, struct err *e)
{
	err_set(e, ERR_MISSING, "the project in '%s' has no bundle", dir);
	if (strcmp(dir, ".") == 0)
		return err_hint(e, "subo build");
	return err_hint(e, "subo build %s", dir);
}

/* The server runs what was built; it does not build. */
static void
warn_if_stale(const char *dir, const char *bundle)
{
	struct stat text, made;
	char path[4096];

	snprintf(path, sizeof(path), "%s/" PROJECT_DIRECTIVE, dir);
	if (stat(path, &text) == 0 && stat(bundle, &made) == 0 &&
	    text.st_mtim.tv_sec > made.st_mtim.tv_sec)
		ui_warn("%s was changed after the bundle was built; "
			"'subo build' brings it up to date",
		    ui_path(path));
}

static int
in_folder(struct serve_files *s, const char *dir, struct err *e)
{
	char path[4096];

	if (add_default(s, dir)) {
		warn_if_stale(dir, s->v[0].path);
		return 0;
	}
	snprintf(path, sizeof(path), "%s/" PROJECT_DIRECTIVE, dir);
	if (os_exists(path))
		return unbuilt(dir, e);
	s->folder = arena_cstr(s->arena, str_of(dir));
	if (serve_rescan(s, e) < 0)
		return -1;
	if (s->n > 0)
		return 0;
	err_set(e, ERR_MISSING, "no bundle in '%s'", dir);
	return err_hint(
	    e, "give a bundle, a built project, or a folder of bundles");
}

void
serve_files_one(struct serve_files *s, const char *path)
{
	s->folder = NULL;
	s->n = 0;
	add(s, path);
}

int
serve_find(struct serve_files *s, const char *what, struct err *e)
{
	s->folder = NULL;
	s->n = 0;
	if (!what) {
		if (add_default(s, NULL))
			return 0;
		if (os_exists(PROJECT_DIRECTIVE))
			return unbuilt(".", e);
		err_set(e, ERR_MISSING, "no " PROJECT_BUNDLE " here");
		return err_hint(e,
		    "give the bundle's name; 'subo create project hello' "
		    "begins one");
	}
	if (os_is_dir(what))
		return in_folder(s, what, e);
	if (os_exists(what)) {
		add(s, what);
		return 0;
	}
	err_set(e, ERR_MISSING, "no bundle '%s'", what);
	return err_hint(e,
	    "'subo build' makes one; --wait waits for it; one in "
	    "a registry is HOST/NAME:TAG");
}

/* Whole when its size and time were the same twice. */
static bool
settled(struct serve_files *s)
{
	bool same = true;

	for (size_t i = 0; i < s->n; i++) {
		struct serve_file *f = &s->v[i];
		struct stat st;

		if (stat(f->path, &st) < 0)
			return false;
		same = same && st.st_size == f->now.st_size &&
		    st.st_mtim.tv_nsec == f->now.st_mtim.tv_nsec;
		f->now = st;
	}
	return same;
}

int
serve_await(struct serve_files *s, const char *what, struct err *e)
{
	const struct timespec pause = { 0, LOOK_MS * 1000000l };
	bool told = false, found = false;

	while (!found || !settled(s)) {
		if (os_check_interrupt(e) < 0)
			return -1;
		if (!found) {
			found = serve_find(s, what, e) == 0;
			if (!found && e->kind != ERR_MISSING)
				return -1;
			if (found)
				continue;
			if (!told)
				ui_note("%s; waiting for it", e->text);
			told = true;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

void
serve_files_dispose(struct serve_files *s)
{
	for (size_t i = 0; i < s->n; i++)
		serve_facts_dispose(&s->v[i].facts);
	arena_free(&s->arena);
}

static char *
owned(struct str s)
{
	char *p = mem_take(s.n + 1);

	memcpy(p, s.p ? s.p : "", s.n);
	return p;
}

void
serve_facts_take(struct serve_facts *f, const struct bundle *b)
{
	const struct directive *d = bundle_directive(b);

	*f = (struct serve_facts){ .digest = *bundle_digest(b),
		.identifier = owned(d->identifier),
		.version = owned(d->app_version),
		.nhandlers = d->nhandlers,
		.nschedules = d->nschedules,
		.nfunctions = d->nfunctions };
}

void
serve_facts_dispose(struct serve_facts *f)
{
	mem_free(f->identifier);
	mem_free(f->version);
	*f = (struct serve_facts){ 0 };
}

/* A function without its module would fail at each call. */
static void
check_modules(const struct bundle *b, struct diags *ds)
{
	const struct directive *d = bundle_directive(b);
	struct digest ignored;

	for (size_t i = 0; i < d->nfunctions; i++) {
		const struct function_info *f = &d->functions[i];

		if (!bundle_module_digest(b, f, &ignored))
			diags_add(ds, diag_find(directive_rules, STR("D120")),
			    d->file, f->at, 0,
			    "the bundle has no module for '" STR_F "::" STR_F
			    "'",
			    STR_A(f->ns), STR_A(f->name));
	}
}

/* The engine reserves its pools while the file is looked into, and not while it
 * is read: the kernel does one or the other. */
static int
open_file(
    struct bundle **out, const char *path, struct serve_life *l, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(0);
	struct bundle_how how = { 0 };

	if (bundle_read(&bytes, path, e) < 0)
		return -1;
	serve_engine_begin(l);
	if (l->must_verify)
		return serve_verify(out, &bytes, path, l, e);
	how.dir = serve_engine_dir(l);
	return bundle_open_noted(out, &bytes, path, &how, e);
}

int
serve_open(struct bundle **out, const struct serve_file *f,
    struct serve_life *l, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	const struct directive *d;

	if ((f->bare ? serve_bare(out, f->path, e)
		     : open_file(out, f->path, l, e)) < 0)
		return -1;
	d = bundle_directive(*out);
	directive_check(d, NULL, 0, ds);
	check_modules(*out, ds);
	if (diags_errors(ds) == 0)
		return 0;
	ui_diags(ds);
	err_set(e, ERR_INPUT, "'%s' has %zu error%s", f->path, diags_errors(ds),
	    diags_errors(ds) == 1 ? "" : "s");
	return err_hint(e, "subo check %s", f->path);
}

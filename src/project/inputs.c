/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a module is made from: the files of its folder, the compilers, the
 * options, the variables compilers look at, and this program.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "project/inputs.h"
#include "project/pins.h"

#define MAX_VALUE 8192u

int
surroundings_fill(struct surroundings *w, const struct project *p,
    const struct build_options *opt, struct state *s, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PROJECT_MAX_PATH);

	*w = (struct surroundings){ .p = p, .opt = opt, .state = s };
	if (opt->self) {
		if (state_digest(s, opt->self, NULL, &w->self, e) < 0)
			return -1;
		w->has_self = true;
	}
	if (os_find_program(&path, "wasm-opt", opt->env->path))
		w->wasm_opt = arena_cstr(s->arena, buf_str(&path));
	return 0;
}

bool
inputs_shrinks(const struct build_options *opt)
{
	return opt->release && !opt->no_opt;
}

static void
add_hex(struct arena *a, struct inputs *in, enum input_kind kind,
    struct str name, const struct digest *d)
{
	char *hex = arena_take(a, DIGEST_HEX);

	digest_hex(d, hex);
	inputs_share(a, in, kind, arena_copy(a, name), str_of(hex));
}

/* ---- files ---- */

struct gathering {
	struct surroundings *w;
	const struct project_function *f;
	struct inputs *out;
};

static bool
is_function_dir(const struct project *p, const char *dir)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].dir, dir) == 0)
			return true;
	return false;
}

/* A link counts as where it leads, and as what is there. */
static int
add_link(struct gathering *g, const char *path, struct str rel, struct err *e)
{
	CLEANUP(buf_free) struct buf value = BUF(MAX_VALUE);
	char to[PROJECT_MAX_PATH], hex[DIGEST_HEX];
	ssize_t n = readlink(path, to, sizeof(to));
	struct stat st;
	struct digest d;

	if (n < 0)
		return 0; /* gone in the meantime */
	buf_addf(&value, "link %.*s", (int)n, to);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		if (state_digest(g->w->state, path, &st, &d, e) < 0)
			return -1;
		digest_hex(&d, hex);
		buf_addf(&value, " %s", hex);
	}
	inputs_add(
	    g->w->state->arena, g->out, INPUT_SOURCE, rel, buf_str(&value));
	return 0;
}

static int
add_source(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct gathering *g = arg;
	struct str rel = str_of(path + strlen(g->f->dir) + 1);
	const char *slash = strrchr(path, '/');
	struct digest d;

	if (S_ISDIR(st->st_mode))
		return project_skips(slash + 1) ||
		    is_function_dir(g->w->p, path);
	/* Our own output, which for a prebuilt module lies elsewhere. */
	if (strcmp(path, g->f->wasm) == 0) {
		g->w->met = S_ISREG(st->st_mode) ? g->f : NULL;
		g->w->met_st = *st;
		return 0;
	}
	/* A build that was killed left it. */
	if (os_is_new_file(path, g->f->wasm) ||
	    os_is_new_file(rel.p, PROJECT_BUNDLE))
		return 0;
	if (!toolchain_is_source(g->f->lang, rel))
		return 0;
	if (S_ISLNK(st->st_mode))
		return add_link(g, path, rel, e);
	if (!S_ISREG(st->st_mode))
		return 0;
	if (state_digest(g->w->state, path, st, &d, e) < 0)
		return e->kind == ERR_MISSING ? (*e = (struct err)ERR, 0) : -1;
	add_hex(g->w->state->arena, g->out, INPUT_SOURCE, rel, &d);
	return 0;
}

static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

/* The same from the list that project_open made, which leaves out what is in
 * folders with a dot. */
static int
add_listed(struct gathering *g, struct err *e)
{
	const struct project *p = g->w->p;
	size_t i = p->first[g->f - p->v];

	while (i < p->nfiles && is_below(p->files[i].path, g->f->dir)) {
		const struct listed *l = &p->files[i++];
		int r = add_source(g, l->path, &l->st, e);

		if (r < 0)
			return -1;
		if (!S_ISDIR(l->st.st_mode))
			continue;
		if (r == 0 && strrchr(l->path, '/')[1] == '.' &&
		    os_walk(l->path, add_source, g, e) < 0)
			return -1;
		while (r == 1 && i < p->nfiles &&
		    is_below(p->files[i].path, l->path))
			i++;
	}
	return 0;
}

/* ---- programs ---- */

static void
add_program(struct surroundings *w, struct inputs *out,
    const struct toolchain_program *p, const char *version)
{
	CLEANUP(buf_free) struct buf value = BUF(MAX_VALUE);
	struct stat st;

	if (!p->path || stat(p->path, &st) != 0) {
		inputs_add(w->state->arena, out, INPUT_PROGRAM, str_of(p->name),
		    STR("missing"));
		return;
	}
	buf_addf(&value, "%s\n%s\n%" PRIu64 "\n%" PRId64 ".%09ld", version,
	    p->path, (uint64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
	    (long)st.st_mtim.tv_nsec);
	inputs_add(w->state->arena, out, INPUT_PROGRAM, str_of(p->name),
	    buf_str(&value));
}

/* Versions of the programs, as they were told before. */
static bool
know_versions(struct surroundings *w, struct toolchain_program *v, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		struct str known = STR("");
		struct stat st;

		if (!v[i].path || stat(v[i].path, &st) != 0)
			continue;
		known = state_version(w->state, v[i].path, &st);
		if (known.n == 0)
			all = false;
		v[i].version = arena_cstr(w->state->arena, known);
	}
	return all;
}

/* Ask all of them, and keep the answers in the state.  A look that asks may
 * name more programs than one that does not; those do not count. */
static void
ask_versions(struct surroundings *w, const struct lang_tools *t,
    struct toolchain_program *looked, size_t nlooked)
{
	struct toolchain_program v[TOOLCHAIN_MAX_PROGRAMS] = { 0 };
	struct stat st;
	size_t n = 0;

	toolchain_programs(
	    t->lang, w->opt->env, t->tinygo, true, w->state->arena, v, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].path && v[i].version && v[i].version[0] != '\0' &&
		    stat(v[i].path, &st) == 0)
			state_put_version(
			    w->state, v[i].path, &st, v[i].version);
	for (size_t i = 0; i < nlooked; i++)
		if (looked[i].path && stat(looked[i].path, &st) == 0 &&
		    state_version(w->state, looked[i].path, &st).n == 0)
			state_put_version(
			    w->state, looked[i].path, &st, "unknown");
	know_versions(w, looked, nlooked);
}

static const struct inputs *
programs_of(struct surroundings *w, const struct project_function *f)
{
	struct toolchain_program v[TOOLCHAIN_MAX_PROGRAMS] = { 0 };
	struct lang_tools *t = w->langs;
	size_t n = 0;

	for (; t < w->langs + w->nlangs; t++)
		if (t->lang == f->lang && t->tinygo == f->info.tinygo)
			return &t->programs;
	if (w->nlangs == INPUTS_MAX_LANGS)
		t = &w->langs[0];
	else
		w->nlangs++;
	*t = (struct lang_tools){ .lang = f->lang, .tinygo = f->info.tinygo };
	toolchain_programs(
	    t->lang, w->opt->env, t->tinygo, false, w->state->arena, v, &n);
	if (!know_versions(w, v, n))
		ask_versions(w, t, v, n);
	for (size_t i = 0; i < n; i++)
		add_program(w, &t->programs, &v[i],
		    v[i].version ? v[i].version : "unknown");
	return &t->programs;
}

/* Asked once, as those of compilers. */
static const char *
wasm_opt_version(struct surroundings *w)
{
	struct toolchain_program p = { 0 };
	struct str known;
	struct stat st;

	if (!w->wasm_opt || stat(w->wasm_opt, &st) != 0)
		return "";
	known = state_version(w->state, w->wasm_opt, &st);
	if (known.n > 0)
		return arena_cstr(w->state->arena, known);
	if (!toolchain_tool(w->opt->env, "wasm-opt", w->state->arena, &p) ||
	    !p.version || p.version[0] == '\0')
		return "";
	state_put_version(w->state, w->wasm_opt, &st, p.version);
	return p.version;
}

static void
add_programs(struct surroundings *w, const struct project_function *f,
    struct inputs *out)
{
	const struct inputs *programs = programs_of(w, f);
	struct toolchain_program opt = { .path = w->wasm_opt };
	char name[] = "wasm-opt";

	for (size_t i = 0; i < programs->n; i++)
		inputs_share(w->state->arena, out, INPUT_PROGRAM,
		    programs->v[i].name, programs->v[i].value);
	if (w->has_self)
		add_hex(
		    w->state->arena, out, INPUT_PROGRAM, STR("subo"), &w->self);
	if (!inputs_shrinks(w->opt))
		return;
	opt.name = name;
	for (size_t i = 0; i < programs->n; i++)
		if (str_is(programs->v[i].name, name))
			return;
	add_program(w, out, &opt, wasm_opt_version(w));
}

/* ---- the rest ---- */

static void
add_flag(struct surroundings *w, struct inputs *out, const char *name, bool on)
{
	inputs_share(w->state->arena, out, INPUT_FLAG, str_of(name),
	    on ? STR("on") : STR("off"));
}

static void
add_variables(struct surroundings *w, const struct project_function *f,
    struct inputs *out)
{
	const char *const *names = toolchain_variables(f->lang);

	for (size_t i = 0; names[i]; i++) {
		size_t n = strlen(names[i]);

		for (size_t k = 0; w->opt->environ && w->opt->environ[k]; k++) {
			const char *pair = w->opt->environ[k];

			if (strncmp(pair, names[i], n) == 0 && pair[n] == '=')
				inputs_add(w->state->arena, out, INPUT_VARIABLE,
				    str_of(names[i]), str_of(pair + n + 1));
		}
	}
}

int
inputs_of(struct surroundings *w, const struct project_function *f, bool again,
    struct inputs *out, struct err *e)
{
	struct gathering g = { w, f, out };

	w->met = NULL;
	if (f->pin) {
		if (w->has_self)
			add_hex(w->state->arena, out, INPUT_PROGRAM,
			    STR("subo"), &w->self);
		if (pins_inputs(f, w->state->arena, out, e) < 0)
			return -1;
		inputs_sort(out);
		return 0;
	}
	if (!f->lang)
		return err_set(e, ERR_FAILED,
		    "no compiler for language '" STR_F "'",
		    STR_A(f->info.lang));
	if (again || !project_is_listed(w->p)) {
		if (os_walk(f->dir, add_source, &g, e) < 0)
			return -1;
	} else if (add_listed(&g, e) < 0) {
		return -1;
	}
	add_programs(w, f, out);
	add_flag(w, out, "--release", w->opt->release);
	add_flag(w, out, "--keep-debug", w->opt->keep_debug);
	if (w->opt->release)
		add_flag(w, out, "--no-opt", w->opt->no_opt);
	add_variables(w, f, out);
	inputs_sort(out);
	return 0;
}

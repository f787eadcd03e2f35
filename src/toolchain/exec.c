/* SPDX-License-Identifier: Apache-2.0 */
/* Running a compiler, and bringing home what it made. */
#include <string.h>

#include "os/os.h"
#include "toolchain/lang.h"

#define DEFAULT_MS 600000u
/* The rest of the log is for what is said of the output. */
#define OUTPUT_KEPT (TOOLCHAIN_MAX_OUTPUT - (64u << 10))

void
lang_arg(struct lang_run *r, struct lang_args *a, const char *arg)
{
	size_t full = a->v ? a->n + 1 : 0; /* with the NULL after them */

	a->v = arena_grow(r->arena, a->v, full, &a->cap, sizeof(*a->v));
	if (full == 0)
		a->v = arena_grow(r->arena, a->v, 1, &a->cap, sizeof(*a->v));
	a->v[a->n++] = arg;
	a->v[a->n] = NULL;
}

void
lang_arg_words(struct lang_run *r, struct lang_args *a, const char *variable)
{
	struct str rest = str_of(lang_env(r->env, variable));

	while (rest.n > 0) {
		struct str word;

		str_cut(&rest, ' ', &word);
		if (word.n > 0)
			lang_arg(r, a, arena_cstr(r->arena, word));
	}
}

char *
lang_in_dir(struct lang_run *r, const char *file)
{
	return arena_printf(r->arena, "%s/%s", r->job->dir, file);
}

char *
lang_in_work(struct lang_run *r, const char *file)
{
	return arena_printf(r->arena, "%s/%s", r->job->work, file);
}

static bool
has_name(const char *const *vars, const char *var)
{
	size_t n = strcspn(var, "=") + 1;

	for (size_t i = 0; vars && vars[i]; i++)
		if (strncmp(vars[i], var, n) == 0)
			return true;
	return false;
}

/* set, the PATH, and what the environment has besides. */
static const char *const *
child_env(struct lang_run *r, const char *const *set)
{
	struct lang_args v = { 0 };
	const char *const *rest = toolchain_child_env(r->arena, r->env);

	for (size_t i = 0; set && set[i]; i++)
		lang_arg(r, &v, set[i]);
	for (size_t i = 0; rest[i]; i++)
		if (!has_name(v.v, rest[i]))
			lang_arg(r, &v, rest[i]);
	return v.v;
}

static void
show_command(struct lang_run *r, const struct lang_args *a, const char *cwd)
{
	buf_addf(r->log, "(in %s)", cwd);
	for (size_t i = 0; i < a->n; i++) {
		bool plain = a->v[i][0] != '\0' &&
		    strpbrk(a->v[i], " '\"\\$`*?[]{}()<>|&;\n\037") == NULL;

		buf_addf(r->log, plain ? " %s" : " '%s'", a->v[i]);
	}
	buf_addc(r->log, '\n');
}

static int
verdict(struct lang_run *r, const struct os_exit *ex, uint32_t limit_ms,
    struct err *e)
{
	if (ex->timed_out) {
		err_set(e, ERR_LIMIT,
		    "'%s' ran longer than %u ms and was ended", r->last,
		    limit_ms);
		return err_hint(e,
		    "does it wait for something? a build of "
		    "one function has a limit of time");
	}
	if (ex->sig != 0)
		return err_set(e, ERR_FAILED, "'%s' was ended by signal %d",
		    r->last, ex->sig);
	if (ex->code != 0)
		return err_set(e, ERR_FAILED, "'%s' failed with exit code %d",
		    r->last, ex->code);
	return 0;
}

int
lang_exec(struct lang_run *r, struct lang_args *a, const char *cwd,
    const char *const *set, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(OUTPUT_KEPT);
	const char *slash = strrchr(a->v[0], '/');
	struct os_spawn s = {
		.argv = a->v, .cwd = cwd, .env = child_env(r, set), .out = &out
	};
	struct os_exit ex;

	s.timeout_ms = r->job->timeout_ms ? r->job->timeout_ms : DEFAULT_MS;
	r->last = slash ? slash + 1 : a->v[0];
	if (os_run(&s, &ex, e) < 0)
		return -1;
	buf_add(r->log, buf_str(&out));
	if (out.n > 0 && out.p[out.n - 1] != '\n')
		buf_addc(r->log, '\n');
	if (ex.over || buf_over(&out))
		buf_addf(r->log, "(the output of '%s' was cut at %u bytes)\n",
		    r->last, OUTPUT_KEPT);
	if (verdict(r, &ex, s.timeout_ms, e) == 0)
		return 0;
	show_command(r, a, cwd);
	return -1;
}

int
lang_deliver(struct lang_run *r, const char *file, struct err *e)
{
	static const char magic[] = { 0, 'a', 's', 'm' };
	CLEANUP(buf_free) struct buf module = BUF(LANG_MAX_MODULE);

	if (!os_exists(file))
		return err_set(
		    e, ERR_FAILED, "'%s' ended well but made no file", r->last);
	if (os_read(&module, file, e) < 0)
		return -1;
	if (module.n < sizeof(magic) ||
	    memcmp(module.p, magic, sizeof(magic)) != 0)
		return r->last
		    ? err_set(e, ERR_FAILED,
			  "what '%s' made is not a WebAssembly module", r->last)
		    : err_set(e, ERR_FAILED, "'%s' is not a WebAssembly module",
			  file);
	return os_remake(r->job->out, buf_str(&module), 0644, e);
}

bool
lang_mentions(struct lang_run *r, const char *file, const char *text)
{
	CLEANUP(buf_free) struct buf b = BUF(4u << 20);
	struct err e = ERR;
	size_t at;

	if (os_read(&b, lang_in_dir(r, file), &e) < 0)
		return false;
	return str_find(buf_str(&b), str_of(text), &at);
}

struct hunt {
	struct lang_run *r;
	const char *const *endings;
	struct lang_args *out;
};

static int
each_file(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct hunt *h = arg;
	const char *rel = path + strlen(h->r->job->dir) + 1;

	if (S_ISDIR(st->st_mode))
		return strcmp(rel, "src") != 0 && strncmp(rel, "src/", 4) != 0;
	if (!S_ISREG(st->st_mode) ||
	    !toolchain_is_source(h->r->lang, str_of(rel)))
		return 0;
	for (size_t i = 0; h->endings[i]; i++) {
		if (!str_ends(str_of(rel), h->endings[i]))
			continue;
		if (h->out->n >= LANG_MAX_FILES)
			return err_set(e, ERR_LIMIT,
			    "'%s' has more than %u source files",
			    h->r->job->dir, LANG_MAX_FILES);
		lang_arg(h->r, h->out, arena_cstr(h->r->arena, str_of(rel)));
		break;
	}
	return 0;
}

int
lang_sources(struct lang_run *r, const char *const *endings,
    struct lang_args *out, struct err *e)
{
	struct hunt h = { .r = r, .endings = endings, .out = out };

	return os_walk(r->job->dir, each_file, &h, e);
}

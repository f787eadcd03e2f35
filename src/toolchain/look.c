/* SPDX-License-Identifier: Apache-2.0 */
/* Finding programs and asking for their versions. */
#include <assert.h>
#include <ctype.h>
#include <glob.h>
#include <string.h>

#include "os/os.h"
#include "toolchain/lang.h"

#define ASK_MS 60000u

const char *
lang_env(const struct toolchain_env *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; env->env && env->env[i]; i++)
		if (strncmp(env->env[i], name, n) == 0 && env->env[i][n] == '=')
			return env->env[i] + n + 1;
	return NULL;
}

char *
lang_find(const struct toolchain_env *env, struct arena *a,
    const char *const *names, const char **found)
{
	CLEANUP(buf_free) struct buf path = BUF(LANG_MAX_PATH);

	for (size_t i = 0; names[i]; i++) {
		buf_clear(&path);
		if (!os_find_program(&path, names[i], env->path))
			continue;
		if (found)
			*found = names[i];
		return arena_cstr(a, buf_str(&path));
	}
	return NULL;
}

const char *const *
toolchain_child_env(struct arena *a, const struct toolchain_env *env)
{
	const char **v;
	size_t n = 0, kept = 0;

	while (env->env && env->env[n])
		n++;
	v = arena_take(a, (n + 2) * sizeof(*v));
	for (size_t i = 0; i < n; i++)
		if (strncmp(env->env[i], "PATH=", 5) != 0)
			v[kept++] = env->env[i];
	v[kept] = arena_printf(a, "PATH=%s", env->path);
	return v;
}

char *
lang_ask(const struct toolchain_env *env, struct arena *a,
    const char *const *argv, const char *cwd)
{
	CLEANUP(buf_free) struct buf out = BUF(65536);
	CLEANUP(buf_free) struct buf talk = BUF(65536);
	struct os_spawn s = { .argv = argv,
		.cwd = cwd,
		.env = toolchain_child_env(a, env),
		.out = &out,
		.err = &talk,
		.timeout_ms = ASK_MS };
	struct os_exit ex;
	struct err e = ERR;
	struct str text, line;

	if (os_run(&s, &ex, &e) < 0 || ex.code != 0 || ex.timed_out)
		return NULL;
	text = str_trim(buf_str(&out));
	str_cut(&text, '\n', &line);
	line = str_trim(line);
	return line.n > 0 ? arena_cstr(a, line) : NULL;
}

/* "19.1.7" of "Debian clang version 19.1.7 (3~deb12u1)", "108" of "wasm-opt
 * version 108". */
static char *
version_in(struct arena *a, const char *line)
{
	static const char digits[] = "0123456789.";
	const char *word = strstr(line, "version ");

	for (const char *p = line; *p; p++) {
		size_t n = strspn(p, digits);

		if (!isdigit((unsigned char)*p) || !memchr(p, '.', n)) {
			p += isdigit((unsigned char)*p) ? n - 1 : 0;
			continue;
		}
		while (n > 0 && p[n - 1] == '.')
			n--;
		return arena_cstr(a, (struct str){ p, n });
	}
	if (!word)
		return NULL;
	word += strlen("version ");
	return arena_cstr(a, (struct str){ word, strspn(word, digits) });
}

void
lang_need_at(
    struct lang_look *l, const char *name, const char *path, const char *flag)
{
	struct toolchain_program *p;
	const char *argv[] = { path, flag, NULL };
	char *line;

	assert(l->n < TOOLCHAIN_MAX_PROGRAMS);
	p = &l->progs[l->n++];
	*p = (struct toolchain_program){ 0 };
	p->name = arena_cstr(l->arena, str_of(name));
	if (!path)
		return;
	p->path = arena_cstr(l->arena, str_of(path));
	if (!l->ask || !flag)
		return;
	line = lang_ask(l->env, l->arena, argv, "/");
	if (line)
		p->version = version_in(l->arena, line);
}

void
lang_need(struct lang_look *l, const char *const *names, const char *flag)
{
	const char *found = names[0];
	const char *path = lang_find(l->env, l->arena, names, &found);

	lang_need_at(l, found, path, flag);
}

bool
toolchain_tool(const struct toolchain_env *env, const char *name,
    struct arena *a, struct toolchain_program *out)
{
	const char *names[] = { name, NULL };
	struct lang_look l = {
		.env = env, .arena = a, .ask = true, .progs = out
	};

	lang_need(&l, names, "--version");
	return out->path != NULL;
}

char *
lang_first_match(struct arena *a, const char *pattern)
{
	glob_t found = { 0 };
	char *path = NULL;

	if (glob(pattern, 0, NULL, &found) == 0)
		path = arena_cstr(a, str_of(found.gl_pathv[0]));
	globfree(&found);
	return path;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "project/find.h"

#define MAX_FILE (512u << 20)

struct copying {
	const struct project *p;
	const char *to;
};

static int
copy_link(const char *from, const char *to, struct err *e)
{
	char target[PROJECT_MAX_PATH];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return err_sys(e, "cannot read link '%s'", from);
	target[n] = '\0';
	if (symlink(target, to) != 0)
		return err_sys(e, "cannot make link '%s'", to);
	return 0;
}

static int
copy_file(
    const char *from, const struct stat *st, const char *to, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_FILE);

	if (os_check_interrupt(e) < 0 || os_read(&text, from, e) < 0)
		return -1;
	return os_remake(
	    to, buf_str(&text), st->st_mode & 0111 ? 0755 : 0644, e);
}

/* Is it what a build writes, and no source of its language? */
static bool
is_output(const struct copying *c, const char *path)
{
	for (size_t i = 0; i < c->p->n; i++) {
		const struct project_function *f = &c->p->v[i];

		if (strcmp(f->wasm, path) == 0)
			return f->pin ||
			    (f->lang &&
				!toolchain_is_source(
				    f->lang, str_of("module.wasm")));
	}
	return strcmp(path, project_path(c->p, PROJECT_BUNDLE, NULL)) == 0;
}

static int
visit(void *arg, const char *path, const struct stat *st, struct err *e)
{
	const struct copying *c = arg;
	CLEANUP(buf_free) struct buf to = BUF(PROJECT_MAX_PATH);

	buf_addf(&to, "%s%s", c->to, path + strlen(c->p->root));
	if (buf_over(&to))
		return err_set(e, ERR_LIMIT, "'%s' is too long a path", path);
	if (S_ISDIR(st->st_mode))
		return project_skips(strrchr(path, '/') + 1)
		    ? 1
		    : os_mkdirs(buf_cstr(&to), 0755, e);
	if (S_ISLNK(st->st_mode))
		return copy_link(path, buf_cstr(&to), e);
	if (!S_ISREG(st->st_mode) || is_output(c, path))
		return 0;
	return copy_file(path, st, buf_cstr(&to), e);
}

int
project_copy(const struct project *p, const char *to, struct err *e)
{
	struct copying c = { p, to };

	if (os_mkdirs(to, 0755, e) < 0)
		return -1;
	return os_walk(p->root, visit, &c, e);
}

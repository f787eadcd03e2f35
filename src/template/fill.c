/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "template/expand.h"
#include "template/stage.h"
#include "template/template.h"

/* One template on its way into one stage. */
struct filling {
	struct stage *stage;
	const struct template_part *part;
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Each part is filled by itself, so that a value with a slash makes no
 * folder: stage refuses it. */
static int
expand_path(
    struct buf *out, const struct filling *f, const char *path, struct err *e)
{
	struct str rest = str_of(path + strlen(f->part->src) + 1), part;
	bool more = true;

	if (f->part->into[0] != '\0')
		buf_addf(out, "%s/", f->part->into);
	while (more) {
		CLEANUP(buf_free) struct buf one = BUF(PATH_MAX - 1);

		more = str_cut(&rest, '/', &part);
		if (expand(&one, part, path, f->part->vars, f->part->nvars, e) <
		    0)
			return -1;
		if (one.n > 0 && memchr(one.p, '/', one.n))
			return err_set(e, ERR_INPUT,
			    "name '%s' in '%s' is not allowed: it has a slash",
			    buf_cstr(&one), path);
		buf_add(out, buf_str(&one));
		if (more)
			buf_addc(out, '/');
	}
	if (buf_over(out))
		return err_set(e, ERR_LIMIT, "'%s': path too long", path);
	return 0;
}

/* A symlink put in the file's place since it was looked at is not followed. */
static int
read_plain(struct buf *out, const char *path, struct err *e)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(e, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "'%s' is not a file", path);
	return os_read_fd(out, fd, path, e);
}

static int
fill_file(const struct filling *f, const char *path, const struct stat *st,
    struct err *e)
{
	CLEANUP(buf_free) struct buf name = BUF(PATH_MAX - 1);
	CLEANUP(buf_free) struct buf text = BUF(stage_room(f->stage));
	CLEANUP(buf_free) struct buf filled = BUF(stage_room(f->stage));
	bool executable = (st->st_mode & S_IXUSR) != 0;
	struct str target;

	if (expand_path(&name, f, path, e) < 0 ||
	    read_plain(&text, path, e) < 0)
		return -1;
	target = buf_str(&name);
	if (!str_ends(target, ".tmpl"))
		return stage_file(
		    f->stage, buf_cstr(&name), buf_str(&text), executable, e);
	name.p[name.n -= strlen(".tmpl")] = '\0';
	if (expand(&filled, buf_str(&text), path, f->part->vars, f->part->nvars,
		e) < 0)
		return -1;
	return stage_file(
	    f->stage, buf_cstr(&name), buf_str(&filled), executable, e);
}

static bool
is_git(const char *path)
{
	return str_ends(str_of(path), "/.git");
}

static int
fill_entry(void *arg, const char *path, const struct stat *st, struct err *e)
{
	const struct filling *f = arg;
	CLEANUP(buf_free) struct buf name = BUF(PATH_MAX - 1);

	if (is_git(path))
		return S_ISDIR(st->st_mode) ? 1 : 0;
	if (S_ISREG(st->st_mode))
		return fill_file(f, path, st, e);
	if (!S_ISDIR(st->st_mode))
		return err_set(e, ERR_INPUT,
		    "'%s' is %s; a template has only files and folders", path,
		    S_ISLNK(st->st_mode) ? "a symlink" : "a device or pipe");
	if (expand_path(&name, f, path, e) < 0)
		return -1;
	return stage_dir(f->stage, buf_cstr(&name), e);
}

/* Make the folders on the way to path, and path itself unless it is a file. */
static int
open_into(struct stage *s, const char *path, bool file, struct err *e)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		CLEANUP(buf_free) struct buf dir = BUF(PATH_MAX - 1);

		buf_add(&dir, (struct str){ path, (size_t)(p - path) });
		if (stage_dir(s, buf_cstr(&dir), e) < 0)
			return -1;
	}
	return file || path[0] == '\0' ? 0 : stage_dir(s, path, e);
}

static int
fill_part(struct stage *s, const struct template_part *part, struct err *e)
{
	struct filling f = { s, part };

	if (open_into(s, part->into, part->src == NULL, e) < 0)
		return -1;
	if (!part->src)
		return stage_file(s, part->into, part->data, false, e);
	if (!os_is_dir(part->src))
		return err_set(
		    e, ERR_MISSING, "no template in '%s'", part->src);
	return os_walk(part->src, fill_entry, &f, e);
}

int
template_fill_parts(const char *dest, const struct template_part *parts,
    size_t nparts, struct err *e)
{
	CLEANUP(stage_drop) struct stage s = { 0 };

	if (stage_open(&s, dest, e) < 0)
		return -1;
	for (size_t i = 0; i < nparts; i++)
		if (fill_part(&s, &parts[i], e) < 0)
			return -1;
	return stage_commit(&s, e);
}

int
template_fill(const char *src, const char *dest,
    const struct template_var *vars, size_t nvars, struct err *e)
{
	struct template_part part = {
		.into = "", .src = src, .vars = vars, .nvars = nvars
	};

	return template_fill_parts(dest, &part, 1, e);
}

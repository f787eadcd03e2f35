/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "template/name.h"
#include "template/stage.h"
#include "template/template.h"

static char *
copy_of(const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = mem_take(n);

	memcpy(copy, text, n);
	return copy;
}

static int
exists(const char *dest, struct err *e)
{
	err_set(e, ERR_USAGE, "'%s' exists already", dest);
	return err_hint(e, "choose another name, or remove it first");
}

/* The folder dest is in, for openat and for the temporary. */
static int
parent_of(struct buf *out, const char *dest, struct err *e)
{
	const char *slash = strrchr(dest, '/');

	if (slash)
		buf_add(out, (struct str){ dest, (size_t)(slash - dest) + 1 });
	else
		buf_add(out, STR("./"));
	if (os_is_dir(buf_cstr(out)))
		return 0;
	return err_set(
	    e, ERR_MISSING, "no folder '%s' to make it in", buf_cstr(out));
}

int
stage_open(struct stage *s, const char *dest, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX - 1);
	size_t base;

	*s = (struct stage){ 0 };
	if (os_exists(dest))
		return exists(dest, e);
	if (parent_of(&path, dest, e) < 0)
		return -1;
	base = path.n;
	for (unsigned i = 0; i < 100; i++) {
		path.n = base;
		buf_addf(&path, ".subo-new-%ld-%u", (long)getpid(), i);
		if (buf_over(&path))
			return err_set(
			    e, ERR_LIMIT, "'%s': path too long", dest);
		if (mkdir(buf_cstr(&path), 0755) == 0) {
			s->dest = copy_of(dest);
			s->tmp = copy_of(buf_cstr(&path));
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return err_sys(e, "cannot make folder '%s'", dest);
}

/* Give in out where path lies in the temporary, when all its parts are
 * allowed. */
static int
place_in(
    const struct stage *s, struct buf *out, const char *path, struct err *e)
{
	struct str rest = str_of(path), part;
	bool more = true;

	while (more) {
		const char *fault;

		more = str_cut(&rest, '/', &part);
		fault = name_fault(part);
		if (fault)
			return err_set(e, ERR_INPUT,
			    "name '" STR_F "' in '%s' is not allowed: %s",
			    STR_A(part), path, fault);
	}
	buf_addf(out, "%s/%s", s->tmp, path);
	if (buf_over(out))
		return err_set(e, ERR_LIMIT, "'%s': path too long", path);
	return os_check_interrupt(e);
}

static int
count_entry(struct stage *s, struct err *e)
{
	if (++s->nentries <= TEMPLATE_MAX_FILES)
		return 0;
	return err_set(e, ERR_LIMIT,
	    "the template has more than %u files and folders",
	    TEMPLATE_MAX_FILES);
}

int
stage_dir(struct stage *s, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf full = BUF(PATH_MAX - 1);
	struct stat st;

	if (place_in(s, &full, path, e) < 0 || count_entry(s, e) < 0)
		return -1;
	if (mkdir(buf_cstr(&full), 0755) == 0)
		return 0;
	if (errno == EEXIST && lstat(buf_cstr(&full), &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return 0;
	if (errno == EEXIST)
		return err_set(e, ERR_INPUT,
		    "'%s' is both a file and a folder of the template", path);
	return err_sys(e, "cannot make folder '%s'", buf_cstr(&full));
}

size_t
stage_room(const struct stage *s)
{
	return (size_t)(TEMPLATE_MAX_BYTES - s->nbytes);
}

int
stage_file(struct stage *s, const char *path, struct str data, bool executable,
    struct err *e)
{
	CLEANUP(buf_free) struct buf full = BUF(PATH_MAX - 1);

	if (place_in(s, &full, path, e) < 0 || count_entry(s, e) < 0)
		return -1;
	if (data.n > stage_room(s))
		return err_set(e, ERR_LIMIT,
		    "the template holds more than %u bytes",
		    TEMPLATE_MAX_BYTES);
	if (os_exists(buf_cstr(&full)))
		return err_set(e, ERR_INPUT,
		    "two files of the template are called '%s'", path);
	if (os_create(buf_cstr(&full), data, executable ? 0755 : 0644, e) < 0)
		return -1;
	s->nbytes += data.n;
	return 0;
}

/* A name is on disk only when its folder is. */
static int
sync_dir(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool bad = fd < 0 || (fsync(fd) != 0 && errno != EINVAL);

	if (bad)
		err_sys(e, "cannot write folder '%s'", path);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

static int
sync_entry(void *arg, const char *path, const struct stat *st, struct err *e)
{
	(void)arg;
	return S_ISDIR(st->st_mode) ? sync_dir(path, e) : 0;
}

/* Never in the place of something: an empty folder would give way to a plain
 * rename. */
static int
rename_new(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return -1;
#endif
	if (os_exists(to)) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

int
stage_commit(struct stage *s, struct err *e)
{
	CLEANUP(buf_free) struct buf parent = BUF(PATH_MAX);
	struct err ignored = ERR;

	if (os_walk(s->tmp, sync_entry, NULL, e) < 0 ||
	    sync_dir(s->tmp, e) < 0 || parent_of(&parent, s->dest, e) < 0 ||
	    os_check_interrupt(e) < 0)
		return -1;
	if (rename_new(s->tmp, s->dest) != 0) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return exists(s->dest, e);
		return err_sys(e, "cannot make folder '%s'", s->dest);
	}
	mem_free(s->tmp);
	s->tmp = NULL;
	/* It is there now, whatever the folder around it says. */
	if (sync_dir(buf_cstr(&parent), &ignored) < 0)
		ignored.kind = ERR_NONE;
	return 0;
}

void
stage_drop(struct stage *s)
{
	struct err ignored = ERR;

	/* What cannot be removed now stays under a name nobody looks at. */
	if (s->tmp && os_remove_tree(s->tmp, &ignored) < 0)
		ignored.kind = ERR_NONE;
	mem_free(s->tmp);
	mem_free(s->dest);
	*s = (struct stage){ 0 };
}

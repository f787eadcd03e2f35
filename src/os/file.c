/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "os/os.h"

#define TMP_LETTERS "XXXXXX"
#define TMP_TRIES 100

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#define CHUNK_BYTES 65536u
#define LARGE_BYTES (4u << 20)

/* Pages for a large file come two megabytes at a time, where the system gives
 * such: else to get them takes longer than to read. */
static void
large_pages(char *p, size_t n)
{
#ifdef MADV_HUGEPAGE
	uintptr_t from = ((uintptr_t)p + 4095) & ~(uintptr_t)4095;

	if (n >= LARGE_BYTES)
		(void)madvise((void *)from, n - 4096, MADV_HUGEPAGE);
#else
	(void)p, (void)n;
#endif
}

/* To the end, or where the end was said to be; files of /proc say 0.  Read
 * straight to where the bytes are to lie: a large file is not copied. */
static int
read_to(struct buf *out, int fd, uint64_t said, const char *name, struct err *e)
{
	uint64_t have = 0;

	while (said == 0 || have < said) {
		size_t want = said > have ? (size_t)(said - have) : CHUNK_BYTES;
		char spill, *room = &spill;
		ssize_t n;

		/* At the ceiling one more byte tells whether it ends here. */
		if (want > out->max - out->n)
			want = out->max - out->n;
		if (want > 0)
			room = buf_room(out, want);
		large_pages(room, want);
		n = read(fd, room, want > 0 ? want : 1);
		if (n < 0 && errno == EINTR) {
			if (os_check_interrupt(e) < 0)
				return -1;
			continue;
		}
		if (n < 0)
			return err_sys(e, "cannot read '%s'", name);
		if (n == 0)
			return 0;
		if (want == 0)
			return err_set(e, ERR_LIMIT,
			    "'%s' is longer than %zu bytes", name, out->max);
		have += (uint64_t)n;
		out->n += (size_t)n;
		out->p[out->n] = '\0';
	}
	return 0;
}

int
os_read_fd(struct buf *out, int fd, const char *name, struct err *e)
{
	return read_to(out, fd, 0, name, e);
}

int
os_read(struct buf *out, const char *path, struct err *e)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_MISSING, "no such file: '%s'", path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "'%s' is %s, not a file", path,
		    S_ISDIR(st.st_mode) ? "a folder" : "a device or pipe");
	if ((uint64_t)st.st_size > out->max)
		return err_set(e, ERR_LIMIT, "'%s' is longer than %zu bytes",
		    path, out->max);
	return read_to(out, fd, (uint64_t)st.st_size, path, e);
}

/* ---- writing ---- */

static char *printed(const char *fmt, ...) PRINTF(1, 2);

static char *
printed(const char *fmt, ...)
{
	struct buf b = BUF(PATH_MAX + 64);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	return b.p ? b.p : mem_take(1); /* too long for any path: "" */
}

/* Letters at the end of a temporary's name.  Should the system have no random
 * bytes to give, the clock's will do: an existing name is tried again. */
static void
random_letters(char *to, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint64_t bits = 0;

	if (getentropy(&bits, sizeof(bits)) != 0)
		bits = os_now_ns() * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < n; i++, bits >>= 5)
		to[i] = letters[bits & 31];
}

bool
os_is_new_file(const char *path, const char *of)
{
	struct str s = str_of(path), to = str_of(of);

	if (!str_starts(s, of))
		return false;
	s = str_from(s, to.n);
	if (s.n != sizeof(".tmp" TMP_LETTERS) - 1 || !str_starts(s, ".tmp"))
		return false;
	for (size_t i = strlen(".tmp"); i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '5'))
			return false;
	return true;
}

/* Not mkstemp, whose mode is 0600: the umask, which threads share and
 * children inherit, then could only be applied by changing it for a moment. */
int
os_new_file_open(
    struct os_new_file *f, const char *path, mode_t mode, struct err *e)
{
	size_t at = strlen(path) + sizeof(".tmp") - 1;
	char *tmp = printed("%s.tmp" TMP_LETTERS, path);

	*f = (struct os_new_file){ .fd = -1 };
	errno = ENAMETOOLONG;
	for (int i = 0; i < TMP_TRIES && f->fd < 0 && strlen(tmp) > at; i++) {
		random_letters(tmp + at, sizeof(TMP_LETTERS) - 1);
		f->fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (f->fd < 0 && errno != EEXIST)
			break;
	}
	if (f->fd < 0) {
		err_sys(e, "cannot write '%s'", path);
		mem_free(tmp);
		return -1;
	}
	f->path = printed("%s", path);
	f->tmp = tmp;
	return 0;
}

int
os_new_file_write(struct os_new_file *f, struct str data, struct err *e)
{
	while (data.n > 0) {
		size_t most = data.n < (1u << 30) ? data.n : 1u << 30;
		ssize_t n = write(f->fd, data.p, most);

		if (n < 0 && errno == EINTR) {
			if (os_check_interrupt(e) < 0)
				return -1;
			continue;
		}
		if (n < 0)
			return err_sys(e, "cannot write '%s'", f->path);
		data = str_from(data, (size_t)n);
	}
	return 0;
}

/* A rename is on disk only when its folder is. */
static void
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(mem_free_at)
	char *dir = printed(
	    "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	CLEANUP(close_fd) int fd = open(dir, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

/* Close and rename; sync first, and the folder after, when asked. */
static int
place(struct os_new_file *f, bool sync, struct err *e)
{
	bool bad = sync && fsync(f->fd) != 0 && errno != EINVAL;
	int why = errno, fd = f->fd;

	f->fd = -1;
	if (close(fd) != 0 && !bad) {
		bad = true;
		why = errno;
	}
	if (!bad && rename(f->tmp, f->path) != 0) {
		bad = true;
		why = errno;
	}
	if (bad) {
		errno = why;
		err_sys(e, "cannot write '%s'", f->path);
		os_new_file_drop(f);
		return -1;
	}
	if (sync)
		sync_parent(f->path);
	mem_free(f->tmp);
	f->tmp = NULL;
	os_new_file_drop(f);
	return 0;
}

int
os_new_file_commit(struct os_new_file *f, struct err *e)
{
	return place(f, true, e);
}

int
os_new_file_place(struct os_new_file *f, struct err *e)
{
	return place(f, false, e);
}

void
os_new_file_drop(struct os_new_file *f)
{
	close_fd(&f->fd);
	if (f->tmp)
		unlink(f->tmp);
	mem_free(f->tmp);
	mem_free(f->path);
	f->tmp = f->path = NULL;
}

static int
replace(
    const char *path, struct str data, mode_t mode, bool sync, struct err *e)
{
	CLEANUP(os_new_file_drop) struct os_new_file f = { .fd = -1 };

	if (os_new_file_open(&f, path, mode, e) < 0 ||
	    os_new_file_write(&f, data, e) < 0)
		return -1;
	return place(&f, sync, e);
}

int
os_replace(const char *path, struct str data, mode_t mode, struct err *e)
{
	return replace(path, data, mode, true, e);
}

int
os_remake(const char *path, struct str data, mode_t mode, struct err *e)
{
	return replace(path, data, mode, false, e);
}

int
os_create(const char *path, struct str data, mode_t mode, struct err *e)
{
	CLEANUP(os_new_file_drop) struct os_new_file f = { .fd = -1 };

	f.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (f.fd < 0 && errno == EEXIST)
		return err_set(e, ERR_INPUT, "'%s' exists already", path);
	if (f.fd < 0)
		return err_sys(e, "cannot write '%s'", path);
	f.path = printed("%s", path);
	f.tmp = printed("%s", path);
	if (os_new_file_write(&f, data, e) < 0)
		return -1;
	if (fsync(f.fd) != 0 && errno != EINVAL)
		return err_sys(e, "cannot write '%s'", path);
	mem_free(f.tmp);
	f.tmp = NULL; /* it stays */
	return 0;
}

/* ---- folders ---- */

bool
os_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool
os_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
os_mkdirs(const char *path, mode_t mode, struct err *e)
{
	CLEANUP(mem_free_at) char *copy = printed("%s", path);

	for (char *p = copy + 1; copy[0] != '\0'; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) != 0) {
			int why = errno;

			if (!os_is_dir(copy)) {
				errno = why;
				return err_sys(
				    e, "cannot make folder '%s'", copy);
			}
		}
		if (was == '\0')
			break;
		*p = was;
	}
	return 0;
}

int
os_remove(const char *path, struct err *e)
{
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_sys(e, "cannot remove '%s'", path);
}

int
os_private_dir(const char *path, struct err *e)
{
	struct stat st;

	if (os_mkdirs(path, 0700, e) < 0)
		return -1;
	if (lstat(path, &st) != 0)
		return err_sys(e, "cannot read '%s'", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(e, ERR_TRUST,
		    "'%s' is not a folder that only you can write", path);
		return err_hint(e, "chmod 700 '%s', or remove it", path);
	}
	return 0;
}

bool
os_find_program(struct buf *out, const char *name, const char *path_list)
{
	struct str list = str_of(path_list), dir;
	bool more = true;

	if (strchr(name, '/')) {
		buf_add(out, str_of(name));
		return access(name, X_OK) == 0 && !os_is_dir(name);
	}
	while (more && path_list) {
		more = str_cut(&list, ':', &dir);
		if (dir.n == 0 || dir.p[0] != '/')
			continue; /* never a program of the folder here */
		buf_clear(out);
		buf_addf(out, STR_F "/%s", STR_A(dir), name);
		if (access(buf_cstr(out), X_OK) == 0 &&
		    !os_is_dir(buf_cstr(out)))
			return true;
	}
	buf_clear(out);
	return false;
}

int
os_self(struct buf *out, struct err *e)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n < 0 || (size_t)n == sizeof(path))
		return err_sys(e, "cannot find the running program");
	buf_add(out, (struct str){ path, (size_t)n });
	return 0;
}

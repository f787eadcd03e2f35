/* SPDX-License-Identifier: Apache-2.0 */
/* What lies at a path, and is it what was there before? */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/files.h"
#include "os/os.h"

#define READ_BYTES (1u << 20) /* longer ones go by size and time */
#define MAX_NAMES 200000u     /* of one folder */
/* The kernel's clock for files goes in ticks of up to 10 ms. */
#define YOUNG_NS UINT64_C(50000000)

static uint64_t
mtime_ns(const struct stat *st)
{
#ifdef __APPLE__
	const struct timespec *t = &st->st_mtimespec;
#else
	const struct timespec *t = &st->st_mtim;
#endif

	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

static void
read_file(struct entry *x, const char *path)
{
	CLEANUP(buf_free) struct buf b = BUF(READ_BYTES);
	struct err ignored = ERR;

	if (os_read(&b, path, &ignored) < 0)
		return;
	x->nbytes = b.n;
	x->hash = str_hash(STR_HASH, buf_str(&b));
	x->hashed = true;
}

static void
read_link(struct entry *x, const char *path)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to));

	if (n < 0)
		return;
	x->hash = str_hash(STR_HASH, (struct str){ to, (size_t)n });
	x->hashed = true;
}

static bool
same_stat(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->ino == b->ino &&
	    a->nbytes == b->nbytes && a->mtime_ns == b->mtime_ns;
}

void
entry_look(struct entry *x, const char *path, const struct entry *was,
    uint64_t *read_bytes)
{
	uint64_t now_ns = (uint64_t)os_unix_ms() * 1000000u;
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	x->kind = st.st_mode & S_IFMT;
	x->ino = st.st_ino;
	x->nbytes = (uint64_t)st.st_size;
	x->mtime_ns = mtime_ns(&st);
	x->young = x->mtime_ns + YOUNG_NS > now_ns;
	if (was && !was->young && same_stat(x, was)) {
		x->hash = was->hash;
		x->hashed = was->hashed;
		return;
	}
	if (S_ISLNK(x->kind))
		read_link(x, path);
	if (!S_ISREG(x->kind) || x->nbytes > READ_BYTES ||
	    x->nbytes > *read_bytes)
		return;
	*read_bytes -= x->nbytes;
	read_file(x, path);
}

bool
entry_counts(const struct entry *x)
{
	return S_ISREG(x->kind) || S_ISLNK(x->kind);
}

bool
entry_same(const struct entry *a, const struct entry *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->hashed && b->hashed)
		return a->nbytes == b->nbytes && a->hash == b->hash;
	return same_stat(a, b);
}

/* ---- names ---- */

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static char *
owned(const char *name)
{
	size_t n = strlen(name) + 1;
	char *p = mem_take(n);

	memcpy(p, name, n);
	return p;
}

bool
entries_list(const char *path, struct entry **v, size_t *n)
{
	size_t cap = 0;
	struct dirent *x;
	DIR *d = opendir(path);

	*v = NULL;
	*n = 0;
	if (!d)
		return false;
	while (*n < MAX_NAMES && (x = readdir(d)) != NULL) {
		if (is_dots(x->d_name))
			continue;
		*v = mem_grow(*v, *n, &cap, sizeof(**v));
		(*v)[*n] = (struct entry){ .name = owned(x->d_name) };
		(*n)++;
	}
	closedir(d);
	if (*n > 1)
		qsort(*v, *n, sizeof(**v), by_name);
	return true;
}

void
entries_free(struct entry *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mem_free(v[i].name);
	mem_free(v);
}

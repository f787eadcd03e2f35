/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cache.h"
#include "os/os.h"

#define SUFFIX ".code"
#define CPU_MAX_BYTES 8192u
#define LANES 4u
#define SUM_BYTES (8 * LANES)
#define CHUNK_BYTES 65536u

/* The first processor's line of abilities.  Every one of them has the same,
 * and where there is no such file the engine's own check of the code is what
 * keeps us from running it on the wrong machine. */
static void
add_cpu(struct buf *out)
{
	char text[CPU_MAX_BYTES];
	struct str all = { text, 0 }, line;
	int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	while (all.n < sizeof(text)) {
		n = read(fd, text + all.n, sizeof(text) - all.n);
		if (n <= 0)
			break;
		all.n += (size_t)n;
	}
	close(fd);
	while (all.n > 0) {
		str_cut(&all, '\n', &line);
		if (str_starts(line, "flags") || str_starts(line, "Features")) {
			buf_add(out, line);
			return;
		}
	}
}

void
cache_machine(char hex[DIGEST_HEX])
{
	CLEANUP(buf_free) struct buf cpu = BUF(CPU_MAX_BYTES);
	struct digest d;

	add_cpu(&cpu);
	d = sign_digest(buf_str(&cpu));
	digest_hex(&d, hex);
}

void
cache_path(struct buf *path, const char *dir, const struct digest *module,
    const char *settings)
{
	CLEANUP(digester_free) struct digester *g = digester_new();
	struct digest key;
	char hex[DIGEST_HEX];

	digester_field(g, str_of("subo compiled code 3"));
	digester_field(g, str_of(settings));
	digester_field(
	    g, (struct str){ (const char *)module->b, sizeof(module->b) });
	key = digester_done(g);
	digest_hex(&key, hex);
	buf_addf(path, "%s/%s" SUFFIX, dir, hex);
}

/* Nobody but us may have written it. */
static bool
is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    (st->st_mode & 022) == 0;
}

/*
 * The checksum.  Each step is one-to-one in the lane's old value and in the
 * word, so a difference in a single word is never missed, and any other with
 * a chance of 2^-64.  Reads 32 bytes at a time; memory is what limits it.
 */
struct sum {
	uint64_t lanes[LANES];
};

#define SUM { { 1, 2, 3, 4 } }

static void
sum_block(struct sum *s, const uint8_t *p)
{
	for (size_t i = 0; i < LANES; i++) {
		uint64_t w;

		memcpy(&w, p + 8 * i, 8);
		w = (s->lanes[i] ^ w) * UINT64_C(0x9e3779b97f4a7c15);
		s->lanes[i] = w ^ w >> 32;
	}
}

/* n is a multiple of SUM_BYTES but in the last call. */
static void
sum_add(struct sum *s, const uint8_t *p, size_t n)
{
	uint8_t last[SUM_BYTES] = { 0 };

	for (; n >= SUM_BYTES; p += SUM_BYTES, n -= SUM_BYTES)
		sum_block(s, p);
	if (n == 0)
		return;
	memcpy(last, p, n);
	sum_block(s, last);
}

static void
sum_end(struct sum *s, uint64_t nbytes)
{
	uint8_t block[SUM_BYTES] = { 0 };

	memcpy(block, &nbytes, sizeof(nbytes));
	sum_block(s, block);
}

static bool
read_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
is_whole(int fd, uint64_t size)
{
	uint8_t chunk[CHUNK_BYTES];
	struct sum have = SUM, want;
	uint64_t left;

	if (size <= SUM_BYTES)
		return false;
	for (left = size - SUM_BYTES; left > 0;) {
		size_t n = left < sizeof(chunk) ? left : sizeof(chunk);

		if (!read_all(fd, chunk, n))
			return false;
		sum_add(&have, chunk, n);
		left -= n;
	}
	sum_end(&have, size - SUM_BYTES);
	return read_all(fd, (uint8_t *)want.lanes, SUM_BYTES) &&
	    memcmp(have.lanes, want.lanes, SUM_BYTES) == 0;
}

bool
cache_check(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool good;

	if (fd < 0)
		return false;
	good = fstat(fd, &st) == 0 && is_ours(&st) &&
	    is_whole(fd, (uint64_t)st.st_size);
	/* Used now: the file is among the last to go.  Where that cannot be
	 * noted, it goes earlier. */
	if (good && os_unix_ms() / 1000 - st.st_mtime > 3600)
		(void)!futimens(fd, NULL);
	close(fd);
	return good;
}

/* ---- keeping the folder within its bound ---- */

struct kept {
	char name[80];
	int64_t mtime, nbytes;
};

static int
by_age(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->mtime < y->mtime ? -1 : x->mtime > y->mtime;
}

static struct kept *
list(int dir_fd, size_t *n, int64_t *total)
{
	struct kept *v = NULL;
	size_t cap = 0;
	DIR *d = fdopendir(dup(dir_fd));
	struct dirent *de;
	struct stat st;

	while (d && (de = readdir(d)) != NULL) {
		struct str name = str_of(de->d_name);

		if (!str_ends(name, SUFFIX) || name.n >= sizeof(v->name) ||
		    fstatat(dir_fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		v = mem_grow(v, *n, &cap, sizeof(*v));
		memcpy(v[*n].name, name.p, name.n + 1);
		v[*n].mtime = st.st_mtime;
		v[*n].nbytes = st.st_size;
		*total += st.st_size;
		(*n)++;
	}
	if (d)
		closedir(d);
	return v;
}

/* Remove the files that were not used for longest, until a quarter of the
 * room is free. */
static void
prune(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t total = 0, most = (int64_t)CACHE_MAX_BYTES;
	struct kept *v;
	size_t n = 0;

	if (fd < 0)
		return;
	v = list(fd, &n, &total);
	if (total > most) {
		qsort(v, n, sizeof(*v), by_age);
		for (size_t i = 0; i < n && total > most / 4 * 3; i++) {
			if (unlinkat(fd, v[i].name, 0) == 0)
				total -= v[i].nbytes;
		}
	}
	mem_free(v);
	close(fd);
}

void
cache_keep(const char *dir, const char *path, struct str code)
{
	CLEANUP(os_new_file_drop) struct os_new_file f = { .fd = -1 };
	struct sum s = SUM;
	struct str sum = { (const char *)s.lanes, SUM_BYTES };
	struct err ignored = ERR;

	sum_add(&s, (const uint8_t *)code.p, code.n);
	sum_end(&s, code.n);
	if (os_new_file_open(&f, path, 0600, &ignored) < 0 ||
	    os_new_file_write(&f, code, &ignored) < 0 ||
	    os_new_file_write(&f, sum, &ignored) < 0 ||
	    os_new_file_place(&f, &ignored) < 0)
		return;
	prune(dir);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "project/find.h"
#include "project/state.h"

#define MAX_STATE (128u << 20)
#define MAX_VERSIONS 256u
#define SECOND_NS 1000000000u
/* A file written again within a tick of the clock keeps its time.  20 ms is
 * two ticks of the slowest kernel; times in whole seconds come from file
 * systems that know nothing finer (FAT: two seconds). */
#define TICK_NS 20000000u

static uint64_t
wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static uint64_t
ns_of(struct timespec t)
{
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static struct seen
look(struct str path, const struct stat *st)
{
	return (struct seen){ .path = path,
		.nbytes = (uint64_t)st->st_size,
		.ino = (uint64_t)st->st_ino,
		.mtime_ns = ns_of(st->st_mtim),
		.ctime_ns = ns_of(st->st_ctim),
		.checked_ns = wall_ns() };
}

static bool
looks_same(const struct seen *a, const struct seen *b)
{
	return a->nbytes == b->nbytes && a->ino == b->ino &&
	    a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* Could it have been written after it was read, and look the same? */
static bool
is_racy(const struct seen *f)
{
	uint64_t slack =
	    f->mtime_ns % SECOND_NS == 0 ? 2u * SECOND_NS : TICK_NS;

	return f->mtime_ns + slack >= f->checked_ns ||
	    f->ctime_ns + slack >= f->checked_ns;
}

struct str
state_relative(const struct state *s, const char *path)
{
	size_t n = strlen(s->root);

	if (strncmp(path, s->root, n) == 0 && path[n] == '/')
		return str_of(path + n + 1);
	return str_of(path);
}

/* ---- files ---- */

static int
by_path(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return str_cmp(x->path, y->path);
}

static struct seen *
find_old(struct state *s, struct str path)
{
	struct seen key = { .path = path }, *found;

	if (s->next_old < s->nold && str_eq(s->old[s->next_old].path, path))
		return &s->old[s->next_old++];
	if (s->nold == 0)
		return NULL;
	found = bsearch(&key, s->old, s->nold, sizeof(key), by_path);
	if (found)
		s->next_old = (size_t)(found - s->old) + 1;
	return found;
}

static void
keep(struct state *s, const struct seen *f)
{
	s->now = arena_grow(s->arena, s->now, s->nnow, &s->nowcap, sizeof(*f));
	s->now[s->nnow++] = *f;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int
digest_fd(int fd, const char *path, struct digest *d, struct err *e)
{
	CLEANUP(digester_free) struct digester *g = digester_new();
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(e, "cannot read '%s'", path);
		if (os_check_interrupt(e) < 0)
			return -1;
		if (n > 0)
			digester_add(g, (struct str){ chunk, (size_t)n });
	}
	*d = digester_done(g);
	return 0;
}

static int
digest_file(struct state *s, const char *path, struct seen *f, struct err *e)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_MISSING, "no such file: '%s'", path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "'%s' is no regular file", path);
	*f = look(f->path, &st);
	s->dirty = true;
	return digest_fd(fd, path, &f->digest, e);
}

int
state_digest(struct state *s, const char *path, const struct stat *st,
    struct digest *d, struct err *e)
{
	struct str rel = state_relative(s, path);
	struct seen *old = find_old(s, rel), f;
	struct stat own;

	if (!st && stat(path, &own) != 0)
		return err_set(e, ERR_MISSING, "no such file: '%s'", path);
	f = look(rel, st ? st : &own);
	if (old && looks_same(old, &f) && !is_racy(old)) {
		f = *old;
	} else {
		f.path = arena_copy(s->arena, rel);
		if (digest_file(s, path, &f, e) < 0)
			return -1;
	}
	keep(s, &f);
	*d = f.digest;
	return 0;
}

void
state_wrote(struct state *s, const char *path, const struct digest *d)
{
	struct str rel = arena_copy(s->arena, state_relative(s, path));
	struct stat st;
	struct seen f;

	if (stat(path, &st) != 0)
		return;
	f = look(rel, &st);
	f.digest = *d;
	/* We know what is in it.  Should someone write to it in this very
	 * tick, the size will tell. */
	f.checked_ns += 2u * TICK_NS;
	keep(s, &f);
	s->dirty = true;
}

/* ---- what was made ---- */

struct made *
state_made(struct state *s, struct str name)
{
	for (size_t i = 0; i < s->nmade; i++) {
		size_t k = (s->next_made + i) % s->nmade;

		if (!str_eq(s->made[k].name, name))
			continue;
		s->next_made = k + 1;
		return &s->made[k];
	}
	return NULL;
}

void
state_put_made(struct state *s, const struct made *m)
{
	struct made *to = state_made(s, m->name), copy = *m;

	copy.name = arena_copy(s->arena, m->name);
	copy.out = arena_copy(s->arena, m->out);
	copy.inputs = (struct inputs){ 0 };
	for (size_t i = 0; i < m->inputs.n; i++)
		inputs_add(s->arena, &copy.inputs, m->inputs.v[i].kind,
		    m->inputs.v[i].name, m->inputs.v[i].value);
	if (!to) {
		s->made = arena_grow(
		    s->arena, s->made, s->nmade, &s->madecap, sizeof(copy));
		to = &s->made[s->nmade++];
	}
	*to = copy;
	s->dirty = true;
}

struct str
state_version(const struct state *s, const char *path, const struct stat *st)
{
	for (size_t i = 0; i < s->nversions; i++) {
		const struct version *v = &s->versions[i];

		if (str_is(v->path, path) &&
		    v->nbytes == (uint64_t)st->st_size &&
		    v->mtime_ns == ns_of(st->st_mtim))
			return v->text;
	}
	return STR("");
}

void
state_put_version(struct state *s, const char *path, const struct stat *st,
    const char *version)
{
	struct version v = { .path = arena_copy(s->arena, str_of(path)),
		.text = arena_copy(s->arena, str_of(version)),
		.nbytes = (uint64_t)st->st_size,
		.mtime_ns = ns_of(st->st_mtim) };
	size_t i = 0;

	while (i < s->nversions && !str_eq(s->versions[i].path, v.path))
		i++;
	if (i == MAX_VERSIONS)
		i = s->nversions = 0; /* asked again, nothing lost */
	s->versions = arena_grow(
	    s->arena, s->versions, s->nversions, &s->versionscap, sizeof(v));
	s->versions[i] = v;
	if (i == s->nversions)
		s->nversions++;
	s->dirty = true;
}

/* ---- the file ---- */

void
state_load(struct state *s, const char *root)
{
	struct err ignored = ERR;

	*s = (struct state){ .arena = arena_new(), .root = root };
	s->text = (struct buf)BUF(MAX_STATE);
	s->path = arena_printf(s->arena, "%s/" PROJECT_OURS "/state", root);
	if (os_read(&s->text, s->path, &ignored) == 0 && state_parse(s))
		return;
	s->nold = s->nversions = s->nmade = 0;
	s->dirty = true;
}

/* By path, the last of equals first: later looks know more. */
static int
newest_first(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int d = str_cmp(x->path, y->path);

	if (d != 0)
		return d;
	return (x->checked_ns < y->checked_ns) -
	    (x->checked_ns > y->checked_ns);
}

static void
sort_now(struct state *s)
{
	size_t n = 0;

	for (size_t i = 0; s->partial && i < s->nold; i++)
		keep(s, &s->old[i]);
	if (s->nnow > 1)
		qsort(s->now, s->nnow, sizeof(*s->now), newest_first);
	for (size_t i = 0; i < s->nnow; i++)
		if (n == 0 || !str_eq(s->now[n - 1].path, s->now[i].path))
			s->now[n++] = s->now[i];
	s->nnow = n;
}

/* Not synced: after a power cut a build does more, and nothing is lost. */
int
state_save(struct state *s, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(MAX_STATE);

	if (!s->dirty)
		return 0;
	sort_now(s);
	state_print(s, &out);
	if (buf_over(&out))
		return 0;
	if (os_remake(s->path, buf_str(&out), 0644, e) < 0)
		return -1;
	s->dirty = false;
	return 0;
}

void
state_free(struct state *s)
{
	buf_free(&s->text);
	arena_free(&s->arena);
}

/* ---- inputs ---- */

void
inputs_add(struct arena *a, struct inputs *in, enum input_kind kind,
    struct str name, struct str value)
{
	inputs_share(a, in, kind, arena_copy(a, name), arena_copy(a, value));
}

void
inputs_share(struct arena *a, struct inputs *in, enum input_kind kind,
    struct str name, struct str value)
{
	in->v = arena_grow(a, in->v, in->n, &in->cap, sizeof(*in->v));
	in->v[in->n++] =
	    (struct input){ .kind = kind, .name = name, .value = value };
}

int
input_cmp(const struct input *a, const struct input *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return str_cmp(a->name, b->name);
}

static int
by_kind(const void *a, const void *b)
{
	return input_cmp(a, b);
}

void
inputs_sort(struct inputs *in)
{
	if (in->n > 1)
		qsort(in->v, in->n, sizeof(*in->v), by_kind);
}

bool
inputs_eq(const struct inputs *a, const struct inputs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (input_cmp(&a->v[i], &b->v[i]) != 0 ||
		    !str_eq(a->v[i].value, b->v[i].value))
			return false;
	return true;
}

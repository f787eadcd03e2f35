/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of each name: its highest version, and that it was signed; and
 * the highest version of each policy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "os/os.h"
#include "tree/tree.h"
#include "trust/policy.h"

/* What is remembered under names (or policies), for a change or a look. */
struct memory {
	struct arena *arena;
	struct tree *doc;
};

static void
memory_free(struct memory *m)
{
	arena_free(&m->arena);
}

static int
read_all(struct memory *m, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(TRUST_MAX_MEMORY);
	const struct tree *v, *t;

	m->arena = arena_new();
	m->doc = tree_map(m->arena);
	tree_put_int(m->arena, m->doc, "v", 1);
	tree_put(m->arena, m->doc, "names", tree_map(m->arena));
	if (!os_exists(path))
		return 0;
	if (os_read(&b, path, e) < 0)
		return -1;
	if (tree_parse_json(&m->doc, m->arena, buf_str(&b), e) < 0)
		return err_wrap(e, "%s", path);
	v = tree_get(m->doc, "v");
	t = tree_get(m->doc, "names");
	if (v && v->num == 1 && t && t->kind == TREE_MAP)
		return 0;
	(void)err_set(
	    e, ERR_INPUT, "'%s' is no record of bundles that were seen", path);
	return err_hint(e,
	    "move it away, if nothing is to be "
	    "remembered of what ran here before");
}

/* Others that verify at this time must not write between our reading and our
 * writing.  Where no lock can be had, writing will say why. */
static int
lock(const char *path)
{
	char name[4200];
	int fd;

	(void)snprintf(name, sizeof(name), "%.4096s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fd;
}

static void
unlock(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int
write_all(const struct memory *m, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(TRUST_MAX_MEMORY);

	tree_print_json(&b, m->doc, 1);
	buf_addc(&b, '\n');
	if (buf_over(&b))
		return err_set(e, ERR_LIMIT, "'%s' holds more than %u bytes",
		    path, TRUST_MAX_MEMORY);
	return os_replace(path, buf_str(&b), 0600, e);
}

/* ---- of names ---- */

int
memory_get(struct seen *s, const char *path, struct str name, struct err *e)
{
	CLEANUP(memory_free) struct memory m = { 0 };
	struct tree *t;
	struct str version;

	memset(s, 0, sizeof(*s));
	if (!path)
		return 0;
	if (read_all(&m, path, e) < 0)
		return -1;
	t = tree_get_str(tree_get(m.doc, "names"), name);
	if (!t)
		return 0;
	s->known = true;
	version = tree_text(t, "version");
	(void)snprintf(s->version, sizeof(s->version), STR_F, STR_A(version));
	t = tree_get(t, "signed");
	s->was_signed = t && t->num != 0;
	return 0;
}

int
memory_put(
    const char *path, struct str name, const struct seen *s, struct err *e)
{
	CLEANUP(memory_free) struct memory m = { 0 };
	CLEANUP(unlock) int fd = -1;
	struct tree *t;

	if (!path)
		return 0;
	fd = lock(path);
	if (read_all(&m, path, e) < 0)
		return -1;
	t = tree_put(m.arena, tree_get(m.doc, "names"),
	    arena_cstr(m.arena, name), tree_map(m.arena));
	tree_put_text(m.arena, t, "version", str_of(s->version));
	tree_put_bool(m.arena, t, "signed", s->was_signed);
	return write_all(&m, path, e);
}

/* ---- of policies ---- */

int
memory_get_policy(
    int64_t *version, const char *path, struct str id, struct err *e)
{
	CLEANUP(memory_free) struct memory m = { 0 };
	const struct tree *t;

	*version = 0;
	if (!path)
		return 0;
	if (read_all(&m, path, e) < 0)
		return -1;
	t = tree_get_str(tree_get(m.doc, "policies"), id);
	if (t && t->kind == TREE_INT)
		*version = t->num;
	return 0;
}

/* But for those that are known by a file that is gone: every temporary one
 * would stay for ever. */
static struct tree *
kept_policies(struct memory *m)
{
	const struct tree *old = tree_get(m->doc, "policies");
	struct tree *t = tree_map(m->arena);

	for (size_t i = 0; old && i < old->nitems; i++) {
		const char *id = arena_cstr(m->arena, old->items[i]->key->text);

		if (id[0] != '/' || os_exists(id))
			tree_put_int(m->arena, t, id, old->items[i]->num);
	}
	return tree_put(m->arena, m->doc, "policies", t);
}

int
memory_put_policy(
    const char *path, struct str id, int64_t version, struct err *e)
{
	CLEANUP(memory_free) struct memory m = { 0 };
	CLEANUP(unlock) int fd = -1;
	struct tree *t;

	if (!path)
		return 0;
	fd = lock(path);
	if (read_all(&m, path, e) < 0)
		return -1;
	t = kept_policies(&m);
	tree_put_int(m.arena, t, arena_cstr(m.arena, id), version);
	return write_all(&m, path, e);
}

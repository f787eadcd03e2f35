/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "project/find.h"
#include "project/lock.h"
#include "project/state.h"

struct cleaning {
	struct project *p;
	struct state *state;
	void (*tell)(void *arg, const char *path, bool kept);
	void *arg;
};

/* A path of the state file leads nowhere but into the project. */
static bool
is_inside(struct str path)
{
	struct str part;
	bool more = true;

	if (path.n == 0 || path.p[0] == '/' || memchr(path.p, 0, path.n))
		return false;
	while (more) {
		more = str_cut(&path, '/', &part);
		if (part.n == 0 || str_is(part, ".") || str_is(part, ".."))
			return false;
	}
	return true;
}

static bool
is_in_ours(struct str path)
{
	return str_starts(path, PROJECT_OURS "/");
}

static int
remove_made(struct cleaning *c, const struct made *m, struct err *e)
{
	char *rel = arena_cstr(c->state->arena, m->out);
	char *path = project_path(c->p, rel, NULL);
	struct err ignored = ERR;
	struct digest d;
	struct stat st;

	if (!is_inside(m->out) || is_in_ours(m->out) || lstat(path, &st) != 0)
		return 0;
	/* A failed build leaves what an earlier one made: not known here. */
	if (!m->ok || !S_ISREG(st.st_mode) ||
	    state_digest(c->state, path, &st, &d, &ignored) < 0 ||
	    !digest_eq(&d, &m->digest)) {
		c->tell(c->arg, rel, true);
		return 0;
	}
	if (os_remove(path, e) < 0)
		return -1;
	c->tell(c->arg, rel, false);
	return 0;
}

static void
tell_unknown_bundle(struct cleaning *c)
{
	const char *path = project_path(c->p, PROJECT_BUNDLE, NULL);

	if (!state_made(c->state, STR("")) && os_exists(path))
		c->tell(c->arg, PROJECT_BUNDLE, true);
}

static int
clean(struct cleaning *c, struct err *e)
{
	const char *ours = project_path(c->p, PROJECT_OURS, NULL);
	CLEANUP(lock_drop) int lock = -1;
	struct stat st;

	if (lstat(ours, &st) == 0 && S_ISDIR(st.st_mode) &&
	    lock_take(&lock, c->p, NULL, NULL, e) < 0)
		return -1;
	state_load(c->state, c->p->root);
	for (size_t i = 0; i < c->state->nmade; i++)
		if (remove_made(c, &c->state->made[i], e) < 0)
			return -1;
	tell_unknown_bundle(c);
	if (!os_exists(ours))
		return 0;
	if (os_remove_tree(ours, e) < 0)
		return -1;
	c->tell(c->arg, PROJECT_OURS, false);
	return 0;
}

int
project_clean(struct project *p,
    void (*tell)(void *arg, const char *path, bool kept), void *arg,
    struct err *e)
{
	CLEANUP(state_free) struct state s = { 0 };
	struct cleaning c = { .p = p, .state = &s, .tell = tell, .arg = arg };

	return clean(&c, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "template/tips.h"

void
tips_add(struct tips *t, const char *name, const uint8_t id[TIPS_ID_BYTES])
{
	struct tip *tip;

	if (!t->arena)
		t->arena = arena_new();
	t->v = arena_grow(t->arena, t->v, t->n, &t->cap, sizeof(*t->v));
	tip = &t->v[t->n++];
	tip->name = arena_cstr(t->arena, str_of(name));
	tip->wanted = false;
	memcpy(tip->id, id, TIPS_ID_BYTES);
}

void
tips_free(struct tips *t)
{
	arena_free(&t->arena);
}

bool
tips_is_hex(const char *ref)
{
	size_t n = strspn(ref, "0123456789abcdefABCDEF");

	return ref[n] == '\0' && n >= 4 && n <= 2 * TIPS_ID_BYTES;
}

int
tips_missing(const char *ref, struct err *e)
{
	if (ref[0] == '\0')
		return err_set(
		    e, ERR_MISSING, "the template's repository has no commit");
	return err_set(e, ERR_MISSING,
	    "the template's repository has no branch, tag or commit '%s'", ref);
}

static void
want_at(struct tips *t, size_t i)
{
	t->nwanted += !t->v[i].wanted;
	t->v[i].wanted = true;
}

static bool
want(struct tips *t, const char *place, const char *ref)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", place, ref);
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].name, name) == 0) {
			want_at(t, i);
			return true;
		}
	return false;
}

/* What a tip is called by people, or empty: not a branch or tag.  "^{}" is
 * what an annotated tag points at. */
static struct str
short_name(const struct tip *t)
{
	struct str name = str_of(t->name);

	if (str_ends(name, "^{}"))
		return STR("");
	if (str_starts(name, "refs/heads/"))
		return str_from(name, strlen("refs/heads/"));
	if (str_starts(name, "refs/tags/"))
		return str_from(name, strlen("refs/tags/"));
	return STR("");
}

static int
no_such_ref(const struct tips *t, const char *ref, struct err *e)
{
	struct str near = STR("");
	size_t best = strlen(ref) / 3 + 2;

	tips_missing(ref, e);
	for (size_t i = 0; i < t->n && ref[0] != '\0'; i++) {
		struct str name = short_name(&t->v[i]);
		size_t d = str_distance(str_of(ref), name, best);

		if (name.n > 0 && d < best) {
			best = d;
			near = name;
		}
	}
	if (near.n > 0)
		return err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	return -1;
}

int
tips_choose(struct tips *t, const char *ref, struct err *e)
{
	if (ref[0] == '\0')
		return want(t, "", "HEAD") ? 0 : no_such_ref(t, ref, e);
	if (strlen(ref) < 2 * TIPS_ID_BYTES || !tips_is_hex(ref))
		if (want(t, "refs/heads/", ref) || want(t, "refs/tags/", ref))
			return 0;
	if (!tips_is_hex(ref))
		return no_such_ref(t, ref, e);
	for (size_t i = 0; i < t->n; i++)
		if (short_name(&t->v[i]).n > 0)
			want_at(t, i);
	return t->nwanted > 0 ? 0 : no_such_ref(t, ref, e);
}

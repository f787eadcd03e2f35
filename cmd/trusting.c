/* SPDX-License-Identifier: Apache-2.0 */
/* Who is trusted, and whether that is who signed. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"

#define MAX_PATH 4096u
#define MAX_POLICY (1u << 20)
#define MAX_KEYS 256u

struct keys {
	struct sign_public *v;
	size_t n;
};

static int
add_key(struct keys *k, const char *text, struct err *e)
{
	if (k->n == MAX_KEYS)
		return err_set(
		    e, ERR_INPUT, "more than %u keys are too many", MAX_KEYS);
	return keys_public(&k->v[k->n++], text, e);
}

/* The user's own, and each they put beside it. */
static int
add_usual(struct keys *k, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf own = { 0 }, dir = { 0 };
	struct dirent *de;
	int rc = 0;
	DIR *d;

	if (!keys_config(&own, "subo.pub") || !keys_config(&dir, "trusted"))
		return 0;
	if (os_exists(buf_cstr(&own)) && add_key(k, buf_cstr(&own), e) < 0)
		return -1;
	d = opendir(buf_cstr(&dir));
	while (d && rc == 0 && (de = readdir(d)) != NULL)
		if (str_ends(str_of(de->d_name), ".pub"))
			rc = add_key(k,
			    arena_printf(
				a, "%s/%s", buf_cstr(&dir), de->d_name),
			    e);
	if (d)
		closedir(d);
	return rc;
}

static int
check_root(const struct trust_opts *o, const char *path, struct str text,
    struct err *e)
{
	CLEANUP(buf_free) struct buf sig = BUF(BUNDLE_MAX_COMMENT);
	char name[MAX_PATH];
	struct sign_public root;

	if (!o->root)
		return 0;
	(void)snprintf(name, sizeof(name), "%.4000s.minisig", path);
	if (keys_public(&root, o->root, e) < 0 || os_read(&sig, name, e) < 0)
		return -1;
	if (trust_policy_holds(text, buf_str(&sig), &root, e) < 0)
		return err_wrap(e, "the policy '%s'", path);
	return 0;
}

static int
open_policy(struct trusting *t, const struct trust_opts *o, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_POLICY), usual = { 0 };
	const char *path = o->policy;

	if (!path && o->keys.n == 0 && keys_config(&usual, "trust.yaml") &&
	    os_exists(buf_cstr(&usual)))
		path = buf_cstr(&usual);
	if (!path)
		return 0;
	if (os_read(&text, path, e) < 0 ||
	    check_root(o, path, buf_str(&text), e) < 0 ||
	    trust_policy_parse(
		&t->policy, buf_str(&text), path, os_unix_ms() / 1000, e) < 0)
		return -1;
	t->want.policy = t->policy;
	return 0;
}

static int
open_memory(struct trusting *t, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = { 0 }, file = { 0 };

	if (!keys_state(&dir, "") || !keys_state(&file, "seen.json"))
		return 0;
	if (os_mkdirs(buf_cstr(&dir), 0700, e) < 0) {
		/* A read-only home remembers nothing. */
		*e = (struct err)ERR;
		return 0;
	}
	t->want.memory = arena_cstr(t->arena, buf_str(&file));
	return 0;
}

int
trusting_open(struct trusting *t, const struct trust_opts *o, struct err *e)
{
	struct keys k = { 0 };

	memset(t, 0, sizeof(*t));
	t->arena = arena_new();
	k.v = arena_take(t->arena, MAX_KEYS * sizeof(*k.v));
	for (size_t i = 0; i < o->keys.n; i++)
		if (add_key(&k, o->keys.v[i], e) < 0)
			return -1;
	if (o->keys.n == 0 && !o->policy && add_usual(&k, t->arena, e) < 0)
		return -1;
	t->want.keys = k.v;
	t->want.nkeys = k.n;
	t->want.allow_unsigned = o->allow_unsigned;
	t->want.allow_downgrade = o->allow_downgrade;
	return open_policy(t, o, e) < 0 ? -1 : open_memory(t, e);
}

void
trusting_close(struct trusting *t)
{
	trust_policy_free(&t->policy);
	arena_free(&t->arena);
}

bool
trusting_somebody(const struct trusting *t)
{
	return t->want.nkeys > 0 || t->want.policy;
}

bool
trust_opts_given(const struct trust_opts *o)
{
	return o->keys.n > 0 || o->policy;
}

static void
tell(const struct trust_found *f)
{
	CLEANUP(buf_free) struct buf text = BUF(2000);

	trust_found_text(&text, f);
	if (f->nsigners == 0)
		ui_warn("it is %s, and taken as --allow-unsigned says",
		    buf_cstr(&text));
	else
		ui_note("%s", buf_cstr(&text));
}

int
trusting_verify(struct bundle **out, struct buf *file, const char *path,
    struct trusting *t, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str detached[KEYS_MAX_DETACHED];
	struct trust_found found;
	size_t n = 0;

	t->want.owned = file;
	if (keys_detached(detached, &n, a, path, e) < 0 ||
	    trust_verify(
		&found, buf_str(file), path, detached, n, &t->want, e) < 0)
		return -1;
	tell(&found);
	*out = found.bundle;
	found.bundle = NULL;
	trust_found_free(&found);
	return 0;
}

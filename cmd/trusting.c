/* SPDX-License-Identifier: Apache-2.0 */
/* Who is trusted, and whether that is who signed. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"

#define MAX_POLICY (1u << 20)
#define MAX_KEYS 256u
#define SOON_DAYS 14 /* a policy that expires until then is told of */
#define HOUR 3600
#define DAY (24 * HOUR)

struct keys {
	struct sign_public *v;
	size_t n;
	struct cosign_key *cosign;
	size_t ncosign;
	bool with_cosign;
};

static int
add_key(struct keys *k, const char *text, bool named, struct err *e)
{
	bool is_cosign;

	if (k->n == MAX_KEYS || k->ncosign == MAX_KEYS)
		return err_set(
		    e, ERR_INPUT, "more than %u keys are too many", MAX_KEYS);
	if (keys_cosign(&k->cosign[k->ncosign], &is_cosign, text, e) < 0)
		return -1;
	if (is_cosign && k->with_cosign) {
		k->ncosign++;
		return 0;
	}
	/* The folder is for all commands. */
	return is_cosign && !named ? 0 : keys_public(&k->v[k->n++], text, e);
}

/* Tell fn of each public key in a folder of the user's. */
static int
each_key(const char *folder, struct arena *a,
    int (*fn)(void *arg, const char *path, struct err *e), void *arg,
    struct err *e)
{
	CLEANUP(buf_free) struct buf dir = { 0 };
	struct dirent *de;
	int rc = 0;
	DIR *d;

	if (!keys_config(&dir, folder))
		return 0;
	d = opendir(buf_cstr(&dir));
	while (d && rc == 0 && (de = readdir(d)) != NULL)
		if (str_ends(str_of(de->d_name), ".pub"))
			rc = fn(arg,
			    arena_printf(
				a, "%s/%s", buf_cstr(&dir), de->d_name),
			    e);
	if (d)
		closedir(d);
	return rc;
}

static int
add_others(void *arg, const char *path, struct err *e)
{
	return add_key(arg, path, false, e);
}

/* The user's own, and each they put beside it. */
static int
add_usual(struct keys *k, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf own = { 0 };

	if (!keys_config(&own, "subo.pub"))
		return 0;
	if (os_exists(buf_cstr(&own)) &&
	    add_key(k, buf_cstr(&own), true, e) < 0)
		return -1;
	return each_key("trusted", a, add_others, k, e);
}

/* ---- keys that follow others ---- */

struct rotations {
	struct trusting *t;
	struct sign_rotation *v;
	size_t n;
};

static int
add_statement(struct rotations *r, struct str key, struct str text,
    const char *path, struct err *e)
{
	if (r->n == TRUST_MAX_ROTATIONS)
		return err_set(e, ERR_INPUT,
		    "more than %u keys that follow others are too many",
		    TRUST_MAX_ROTATIONS);
	if (trust_rotation_parse(&r->v[r->n++], r->t->arena, key, text, e) < 0)
		return err_wrap(e, "'%s'", path);
	return 0;
}

static int
add_rotation(struct rotations *r, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf key = BUF(SIGN_MAX_FILE);
	struct str texts[KEYS_MAX_DETACHED];
	size_t n = 0, had = r->n;

	if (keys_read(&key, path, e) < 0 ||
	    keys_detached(texts, &n, r->t->arena, path, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		/* The key may be signed for another reason too. */
		if ((n == 1 || trust_has_rotation(texts[i])) &&
		    add_statement(r, buf_str(&key), texts[i], path, e) < 0)
			return -1;
	if (r->n > had)
		return 0;
	(void)err_set(e, ERR_MISSING,
	    "nothing beside '%s' says which key it follows", path);
	return err_hint(
	    e, "subo sign %s --key OLD.key --rotate writes it", path);
}

static int
add_kept(void *arg, const char *path, struct err *e)
{
	if (add_rotation(arg, path, e) == 0)
		return 0;
	if (e->kind != ERR_MISSING)
		return -1;
	ui_warn("%s: it is passed over", e->text);
	err_clear(e);
	return 0;
}

/* Those that are named, and those that the user keeps. */
static int
open_rotations(struct trusting *t, const struct trust_opts *o, struct err *e)
{
	struct rotations r = { .t = t };

	r.v = arena_take(t->arena, TRUST_MAX_ROTATIONS * sizeof(*r.v));
	for (size_t i = 0; i < o->rotations.n; i++)
		if (add_rotation(&r, o->rotations.v[i], e) < 0)
			return -1;
	if (each_key("rotated", t->arena, add_kept, &r, e) < 0)
		return -1;
	t->want.rotations = r.v;
	t->want.nrotations = r.n;
	return 0;
}

/* ---- the policy ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the policy is remembered as: its roots, in any order, ... */
static struct str
id_of_roots(struct arena *a, const struct sign_public *keys, size_t n)
{
	CLEANUP(buf_free) struct buf all = BUF(OPT_LIST_MAX * 100);
	const char *lines[OPT_LIST_MAX];

	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf line = BUF(SIGN_MAX_FILE);

		sign_public_line(&line, &keys[i]);
		lines[i] = arena_cstr(a, buf_str(&line));
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++)
		buf_addf(&all, "%s%s", i > 0 ? " " : "", lines[i]);
	return arena_copy(a, buf_str(&all));
}

/* ... or else its file. */
static struct str
id_of_file(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	struct str id = arena_copy(a, str_of(real ? real : path));

	free(real);
	return id;
}

static int
check_threshold(const struct trust_opts *o, struct err *e)
{
	if (o->root_threshold <= o->roots.n)
		return 0;
	return err_set(e, ERR_USAGE,
	    "--root-threshold %" PRIu64 " is above the %zu that --root gives",
	    o->root_threshold, o->roots.n);
}

static int
check_root(struct str *id, struct trusting *t, const struct trust_opts *o,
    const char *path, struct str text, struct err *e)
{
	struct sign_public roots[OPT_LIST_MAX];
	struct str sigs[KEYS_MAX_DETACHED];
	struct trust_want w = { .keys = roots,
		.nkeys = o->roots.n,
		.rotations = t->want.rotations,
		.nrotations = t->want.nrotations };
	size_t n = 0;

	*id = id_of_file(t->arena, path);
	if (o->roots.n == 0)
		return 0;
	for (size_t i = 0; i < o->roots.n; i++)
		if (keys_public(&roots[i], o->roots.v[i], e) < 0)
			return -1;
	if (keys_detached(sigs, &n, t->arena, path, e) < 0)
		return -1;
	if (n == 0)
		return err_set(e, ERR_MISSING,
		    "the policy '%s' has no signature beside it, in "
		    "%s.minisig",
		    path, path);
	if (trust_policy_holds(text, sigs, n, &w,
		(unsigned)(o->root_threshold > 0 ? o->root_threshold
						 : o->roots.n),
		e) < 0)
		return err_wrap(e, "the policy '%s'", path);
	*id = id_of_roots(t->arena, roots, o->roots.n);
	return 0;
}

static void
warn_of_end(const struct trusting *t, const char *path)
{
	int64_t end = trust_policy_expires(t->policy);
	int64_t left = end - os_unix_ms() / 1000;
	int64_t unit = left < DAY ? HOUR : DAY;

	if (end != 0 && left < SOON_DAYS * DAY)
		ui_warn("the policy '%s' expires in %u %s%s: get the next one",
		    ui_path(path), (unsigned)(left / unit),
		    unit == DAY ? "day" : "hour", left / unit == 1 ? "" : "s");
}

static int
open_policy(struct trusting *t, const struct trust_opts *o, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_POLICY), usual = { 0 };
	const char *path = o->policy;
	struct str id;

	if (check_threshold(o, e) < 0)
		return -1;
	if (!path && o->keys.n == 0 && keys_config(&usual, "trust.yaml") &&
	    os_exists(buf_cstr(&usual)))
		path = buf_cstr(&usual);
	if (!path && o->roots.n > 0)
		return err_set(e, ERR_USAGE,
		    "--root is whose policy counts, and there is no --policy");
	if (!path)
		return 0;
	if (keys_read(&text, path, e) < 0 ||
	    check_root(&id, t, o, path, buf_str(&text), e) < 0 ||
	    trust_policy_parse(
		&t->policy, buf_str(&text), path, os_unix_ms() / 1000, e) < 0)
		return -1;
	if (trust_policy_seen(
		t->policy, t->want.memory, id, o->allow_downgrade, e) < 0)
		return err_wrap(e, "the policy '%s'", path);
	warn_of_end(t, path);
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
	struct keys k = { .with_cosign = o->cosign };

	memset(t, 0, sizeof(*t));
	t->arena = arena_new();
	k.v = arena_take(t->arena, MAX_KEYS * sizeof(*k.v));
	k.cosign = arena_take(t->arena, MAX_KEYS * sizeof(*k.cosign));
	for (size_t i = 0; i < o->keys.n; i++)
		if (add_key(&k, o->keys.v[i], true, e) < 0)
			return -1;
	if (o->keys.n == 0 && !o->policy && add_usual(&k, t->arena, e) < 0)
		return -1;
	t->want.keys = k.v;
	t->want.nkeys = k.n;
	t->cosign = k.cosign;
	t->ncosign = k.ncosign;
	t->want.allow_unsigned = o->allow_unsigned;
	t->want.allow_downgrade = o->allow_downgrade;
	if (open_rotations(t, o, e) < 0 || open_memory(t, e) < 0)
		return -1;
	return open_policy(t, o, e);
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
	return t->want.nkeys > 0 || t->ncosign > 0 || t->want.policy;
}

bool
trust_opts_given(const struct trust_opts *o)
{
	return o->keys.n > 0 || o->policy || o->rotations.n > 0;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping credentials, and forgetting them. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "oci/parts.h"
#include "os/os.h"

#define MAX_FILE (4u << 20)

static int
no_folder(struct err *e)
{
	(void)err_set(
	    e, ERR_SYSTEM, "no place for credentials: HOME is not set");
	return err_hint(e, "set HOME or DOCKER_CONFIG");
}

/* A link to the file (as in a tree of dot files) stays one. */
static int
write_config(
    struct oci *o, const struct tree *doc, const char *path, struct err *e)
{
	CLEANUP(sign_wipe_buf) struct buf text = BUF(MAX_FILE);
	char real[PATH_MAX];

	tree_print_json(&text, doc, 2);
	buf_addc(&text, '\n');
	if (buf_over(&text))
		return err_set(e, ERR_LIMIT, "'%s' would be too large", path);
	if (os_mkdirs(o->options.world.docker_config, 0700, e) < 0)
		return -1;
	if (!realpath(path, real))
		(void)snprintf(real, sizeof(real), "%s", path);
	return os_replace(real, buf_str(&text), 0600, e);
}

/* Take key out of map.  False: it was not there. */
static bool
take_out(struct tree *map, struct str key)
{
	size_t n = 0, before = map ? map->nitems : 0;

	for (size_t i = 0; i < before; i++)
		if (!str_eq(map->items[i]->key->text, key))
			map->items[n++] = map->items[i];
	if (map)
		map->nitems = n;
	return n < before;
}

/* tree_put takes a key that ends in NUL. */
static struct tree *
map_under(struct arena *a, struct tree *doc, const char *key)
{
	struct tree *t = tree_get(doc, key);

	return t && t->kind == TREE_MAP ? t
					: tree_put(a, doc, key, tree_map(a));
}

static void
put_entry(struct arena *a, struct tree *doc, struct str key, struct str user,
    struct str password)
{
	CLEANUP(sign_wipe_buf) struct buf both = BUF(64u << 10);
	CLEANUP(sign_wipe_buf) struct buf auth = BUF(128u << 10);
	struct tree *entry = tree_map(a);

	buf_add(&both, user);
	buf_addc(&both, ':');
	buf_add(&both, password);
	buf_add_base64(&auth, buf_str(&both));
	tree_put_text(a, entry, "auth", buf_str(&auth));
	tree_put(a, map_under(a, doc, "auths"), arena_cstr(a, key), entry);
}

static int
save_by_helper(struct oci *o, struct str helper, struct str key, struct cred *c,
    struct oci_saved *out, struct arena *a, struct err *e)
{
	out->where =
	    str_of(arena_printf(a, "the helper '" STR_F "'", STR_A(helper)));
	out->clear = false;
	return helper_run(o, helper, HELPER_STORE, key, c, a, e);
}

int
oci_save(struct oci *o, struct str host, struct str user, struct str password,
    struct oci_saved *out, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX);
	struct cred c = { .user = user, .password = password };
	struct str keys[HOST_KEYS], helper;
	struct tree *doc, *auths;
	size_t n;

	*out = (struct oci_saved){ 0 };
	if (!o->options.world.docker_config)
		return no_folder(e);
	if (host_parse(&host, a, host, e) < 0 ||
	    config_load(&doc, &path, o, a, e) < 0)
		return -1;
	n = config_keys(keys, a, host);
	helper = config_helper(doc, host);
	if (!doc)
		doc = tree_map(a);
	auths = map_under(a, doc, "auths");
	for (size_t i = 1; i < n; i++)
		(void)take_out(auths, keys[i]);
	if (helper.n > 0) {
		if (save_by_helper(o, helper, keys[0], &c, out, a, e) < 0)
			return -1;
		/* Docker lists the host, without a secret. */
		tree_put(a, auths, arena_cstr(a, keys[0]), tree_map(a));
		return write_config(o, doc, buf_cstr(&path), e);
	}
	put_entry(a, doc, keys[0], user, password);
	out->where = arena_copy(a, buf_str(&path));
	out->clear = true;
	return write_config(o, doc, buf_cstr(&path), e);
}

static int
forget_by_helper(struct oci *o, struct str helper, struct str key,
    struct oci_saved *out, struct arena *a, struct err *e)
{
	struct cred c = { 0 };

	if (helper_run(o, helper, HELPER_GET, key, &c, a, e) < 0)
		return -1;
	if (cred_is_empty(&c))
		return 0;
	out->found = true;
	out->where =
	    str_of(arena_printf(a, "the helper '" STR_F "'", STR_A(helper)));
	return helper_run(o, helper, HELPER_ERASE, key, &c, a, e);
}

int
oci_forget(struct oci *o, struct str host, struct oci_saved *out,
    struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX);
	struct str keys[HOST_KEYS], helper;
	struct tree *doc;
	bool listed = false;
	size_t n;

	*out = (struct oci_saved){ 0 };
	if (host_parse(&host, a, host, e) < 0 ||
	    config_load(&doc, &path, o, a, e) < 0)
		return -1;
	if (!doc)
		return 0;
	n = config_keys(keys, a, host);
	helper = config_helper(doc, host);
	if (helper.n > 0 && forget_by_helper(o, helper, keys[0], out, a, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		listed |= take_out(tree_get(doc, "auths"), keys[i]);
	if (!listed)
		return 0;
	if (!out->found)
		out->where = arena_copy(a, buf_str(&path));
	out->found = true;
	return write_config(o, doc, buf_cstr(&path), e);
}

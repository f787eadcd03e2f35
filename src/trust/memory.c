/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of each name: its highest version, and that it was signed. */
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "tree/tree.h"
#include "trust/policy.h"

static int
read_all(struct tree **out, struct arena *a, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(TRUST_MAX_MEMORY);
	struct tree *t, *v;

	*out = tree_map(a);
	if (!os_exists(path))
		return 0;
	if (os_read(&b, path, e) < 0)
		return -1;
	if (tree_parse_json(&t, a, buf_str(&b), e) < 0)
		return err_wrap(e, "%s", path);
	v = tree_get(t, "v");
	t = tree_get(t, "names");
	if (!v || v->num != 1 || !t || t->kind != TREE_MAP) {
		(void)err_set(e, ERR_INPUT,
		    "'%s' is no record of bundles that were seen", path);
		return err_hint(e,
		    "move it away, if nothing is to be "
		    "remembered of what ran here before");
	}
	*out = t;
	return 0;
}

int
memory_get(struct seen *s, const char *path, struct str name, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *all, *t;
	struct str version;

	memset(s, 0, sizeof(*s));
	if (!path)
		return 0;
	if (read_all(&all, a, path, e) < 0)
		return -1;
	t = tree_get_str(all, name);
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
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(TRUST_MAX_MEMORY);
	struct tree *all, *t, *doc = tree_map(a);

	if (!path)
		return 0;
	if (read_all(&all, a, path, e) < 0)
		return -1;
	t = tree_put(a, all, arena_cstr(a, name), tree_map(a));
	tree_put_text(a, t, "version", str_of(s->version));
	tree_put_bool(a, t, "signed", s->was_signed);
	tree_put_int(a, doc, "v", 1);
	tree_put(a, doc, "names", all);
	tree_print_json(&b, doc, 1);
	buf_addc(&b, '\n');
	if (buf_over(&b))
		return err_set(e, ERR_LIMIT, "'%s' holds more than %u bytes",
		    path, TRUST_MAX_MEMORY);
	return os_replace(path, buf_str(&b), 0600, e);
}

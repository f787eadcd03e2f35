/* SPDX-License-Identifier: Apache-2.0 */
/* The Directive of a project, with Queries.yaml and Connections.yaml in the
 * place of its keys. */
#include <string.h>

#include "os/os.h"
#include "project/find.h"
#include "project/pins.h"
#include "tree/tree.h"

#define MAX_MERGED (4u << 20)

/* What a project without a Directive is, as before. */
static const char bare[] = "identifier: com.suborbital.app\n"
			   "appVersion: v0.0.1\n"
			   "atmoVersion: v0.4.8\n";

/* Add source without its top-level key; line ends stay, so that places in
 * messages stay true. */
static int
add_without(struct buf *out, struct str source, const char *key, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t, *q;
	size_t from, to;

	if (tree_parse_yaml(&t, a, source, e) < 0)
		return -1;
	if (t->flow)
		return err_set(e, ERR_INPUT,
		    "a Directive in {braces} cannot take up '%s' of another "
		    "file",
		    key);
	q = tree_get(t, key);
	if (!q || !q->key) {
		buf_add(out, source);
		return 0;
	}
	from = q->key->from;
	to = q->to > q->key->to ? q->to : q->key->to;
	/* A block ends where the next key begins, anything else in a line. */
	while (to > from && to < source.n && source.p[to - 1] != '\n' &&
	    source.p[to] != '\n')
		to++;
	buf_add(out, (struct str){ source.p, from });
	for (size_t i = from; i < to; i++)
		if (source.p[i] == '\n')
			buf_addc(out, '\n');
	buf_add(out, str_from(source, to));
	return 0;
}

/* A file beside the Directive that takes the place of one of its keys. */
struct beside {
	const char *file, *key;
	bool map; /* the value may be one, besides a list */
};

/* The file's value as a tree, or NULL in *out when there is none, or it is
 * wrong and ds says how. */
static int
read_beside(struct project *p, const struct beside *b, struct tree **out,
    struct diags *ds, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	const char *path = project_path(p, b->file, NULL);
	const char *shown = project_shown(p, path);
	struct tree *t, *q;

	*out = NULL;
	if (!os_exists(path))
		return 0;
	if (os_read(&text, path, e) < 0)
		return -1;
	if (tree_parse_yaml(&t, p->arena, buf_str(&text), e) < 0)
		return err_wrap(e, "%s", shown);
	q = tree_get(t, b->key);
	if (!q || (q->kind != TREE_LIST && !(b->map && q->kind == TREE_MAP))) {
		diags_add(ds, b->map ? rule_links : rule_queries, str_of(shown),
		    q ? q->at : (struct place){ 1, 1 }, 0,
		    "`%s` is %s, not a %s", b->key,
		    q ? tree_kind_name(q->kind) : "missing",
		    b->map ? "map" : "list");
		return 0;
	}
	*out = q;
	return 0;
}

/* Put value in the place of what text has under key. */
static int
merge(
    struct buf *text, const char *key, const struct tree *value, struct err *e)
{
	CLEANUP(buf_free) struct buf json = BUF(MAX_MERGED);
	CLEANUP(buf_free) struct buf out = BUF(MAX_MERGED);

	if (!value)
		return 0;
	if (add_without(&out, buf_str(text), key, e) < 0)
		return -1;
	if (out.n > 0 && out.p[out.n - 1] != '\n')
		buf_addc(&out, '\n');
	/* JSON is YAML in flow form, and quotes all that needs it. */
	tree_print_json(&json, value, 0);
	buf_addf(&out, "%s: ", key);
	buf_add(&out, str_trim(buf_str(&json)));
	buf_addc(&out, '\n');
	buf_clear(text);
	buf_add(text, buf_str(&out));
	return 0;
}

int
project_read_directive(struct project *p, struct diags *ds, struct err *e)
{
	static const struct beside besides[] = {
		{ PROJECT_QUERIES, "queries", false },
		{ PROJECT_LINKS, "connections", true },
	};
	CLEANUP(buf_free) struct buf text = BUF(MAX_MERGED);
	const char *path = project_path(p, PROJECT_DIRECTIVE, NULL);
	const char *shown = project_shown(p, path);
	struct tree *value;

	p->has_directive = os_exists(path);
	if (!p->has_directive)
		buf_add(&text, str_of(bare));
	else if (os_read(&text, path, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(besides); i++) {
		if (read_beside(p, &besides[i], &value, ds, e) < 0)
			return -1;
		if (merge(&text, besides[i].key, value, e) < 0)
			return err_wrap(e, "%s", shown);
	}
	return directive_parse(
	    &p->directive, buf_str(&text), str_of(shown), ds, e);
}

void
project_check(const struct project *p, struct diags *ds)
{
	CLEANUP(mem_free_at)
	struct function_info *v = mem_take(p->n * sizeof(*v));

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->v[i].info;
	pins_check(p, ds);
	if (p->has_directive)
		directive_check(p->directive, v, p->n, ds);
}

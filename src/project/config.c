/* SPDX-License-Identifier: Apache-2.0 */
/* The Directive of a project, with Queries.yaml in the place of its list. */
#include <string.h>

#include "os/os.h"
#include "project/find.h"
#include "tree/tree.h"

#define MAX_MERGED (4u << 20)

/* What a project without a Directive is, as before. */
static const char bare[] = "identifier: com.suborbital.app\n"
			   "appVersion: v0.0.1\n"
			   "atmoVersion: v0.4.8\n";

/* Add source without its top-level `queries`; line ends stay, so that places
 * in messages stay true. */
static int
add_without_queries(struct buf *out, struct str source, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t, *q;
	size_t from, to;

	if (tree_parse_yaml(&t, a, source, e) < 0)
		return -1;
	if (t->flow)
		return err_set(e, ERR_INPUT,
		    "a Directive in {braces} cannot take up " PROJECT_QUERIES);
	q = tree_get(t, "queries");
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

/* Queries.yaml as a tree, or NULL in *out when there is none, or it is wrong
 * and ds says how. */
static int
read_queries(
    struct project *p, struct tree **out, struct diags *ds, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	const char *path = project_path(p, PROJECT_QUERIES, NULL);
	const char *shown = project_shown(p, path);
	struct tree *t, *q;

	*out = NULL;
	if (!os_exists(path))
		return 0;
	if (os_read(&text, path, e) < 0)
		return -1;
	if (tree_parse_yaml(&t, p->arena, buf_str(&text), e) < 0)
		return err_wrap(e, "%s", shown);
	q = tree_get(t, "queries");
	if (!q || q->kind != TREE_LIST) {
		diags_add(ds, rule_queries, str_of(shown),
		    q ? q->at : (struct place){ 1, 1 }, 0,
		    "`queries` is %s, not a list",
		    q ? tree_kind_name(q->kind) : "missing");
		return 0;
	}
	*out = q;
	return 0;
}

static int
merge(struct buf *out, struct str source, struct tree *queries, struct err *e)
{
	CLEANUP(buf_free) struct buf json = BUF(MAX_MERGED);

	if (!queries) {
		buf_add(out, source);
		return 0;
	}
	if (add_without_queries(out, source, e) < 0)
		return -1;
	if (out->n > 0 && out->p[out->n - 1] != '\n')
		buf_addc(out, '\n');
	/* JSON is YAML in flow form, and quotes all that needs it. */
	tree_print_json(&json, queries, 0);
	buf_add(out, STR("queries: "));
	buf_add(out, str_trim(buf_str(&json)));
	buf_addc(out, '\n');
	return 0;
}

int
project_read_directive(struct project *p, struct diags *ds, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	CLEANUP(buf_free) struct buf merged = BUF(MAX_MERGED);
	const char *path = project_path(p, PROJECT_DIRECTIVE, NULL);
	const char *shown = project_shown(p, path);
	struct tree *queries;

	p->has_directive = os_exists(path);
	if (!p->has_directive)
		buf_add(&text, str_of(bare));
	else if (os_read(&text, path, e) < 0)
		return -1;
	if (read_queries(p, &queries, ds, e) < 0)
		return -1;
	if (merge(&merged, buf_str(&text), queries, e) < 0)
		return err_wrap(e, "%s", shown);
	return directive_parse(
	    &p->directive, buf_str(&merged), str_of(shown), ds, e);
}

void
project_check(const struct project *p, struct diags *ds)
{
	CLEANUP(mem_free_at)
	struct function_info *v = mem_take(p->n * sizeof(*v));

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->v[i].info;
	if (p->has_directive)
		directive_check(p->directive, v, p->n, ds);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The graphql capability: a query goes out by POST, its data comes back. */
#include "host/json.h"
#include "host/wait.h"
#include "tree/tree.h"

#define QUERY_MAX (16u << 20)

/* A path is a list of names and numbers (GraphQL, 7.1.2); Reactr wanted text
 * and failed on it. */
static void
add_path(struct buf *out, const struct tree *path)
{
	if (!path || path->kind != TREE_LIST) {
		if (path)
			buf_add(out, path->text);
		return;
	}
	for (size_t i = 0; i < path->nitems; i++) {
		if (i > 0)
			buf_addc(out, '.');
		if (path->items[i]->kind == TREE_INT)
			buf_addf(out, "%lld", (long long)path->items[i]->num);
		else
			buf_add(out, path->items[i]->text);
	}
}

static int
first_error(const struct tree *t, struct buf *out)
{
	buf_addf(out, "graphQL error; path: ");
	add_path(out, tree_get(t, "path"));
	buf_addf(out, ", message: ");
	buf_add(out, tree_text(t, "message"));
	return ABI_REFUSED;
}

static int
read_reply(struct arena *a, struct str body, struct buf *out)
{
	struct tree *t, *errors, *data, *reply = tree_map(a);
	struct err e = ERR;

	if (tree_parse_json(&t, a, body, &e) < 0 || t->kind != TREE_MAP)
		return answer_refuse(out, "failed to Unmarshal response");
	errors = tree_get(t, "errors");
	if (errors && errors->kind == TREE_LIST && errors->nitems > 0)
		return first_error(errors->items[0], out);
	data = tree_get(t, "data");
	json_keys_sort(data);
	tree_put(a, reply, "data", data ? data : tree_new_null(a));
	tree_print_json(out, reply, 0);
	return ABI_ANSWERED;
}

static int
read_graphql(int status, struct str body, struct buf *out)
{
	CLEANUP(arena_free) struct arena *a = arena_new();

	buf_clear(out);
	if (status > 299) {
		buf_addf(out, "non-200 HTTP response code; ");
		buf_add(out, body);
		return ABI_REFUSED;
	}
	return read_reply(a, body, out);
}

ANSWER(answer_graphql)
{
	static const struct pair json[] = {
		{ .key = { "Content-Type", 12 },
		    .value = { "application/json", 16 } },
	};
	CLEANUP(buf_free) struct buf body = BUF(QUERY_MAX);
	struct waiting *w = wait_new(c, q, out);
	struct tree *t = tree_map(w->arena);
	struct outbound o = { .what = ABI_GRAPHQL,
		.method = STR("POST"),
		.url = q->a,
		.headers = json,
		.nheaders = COUNT(json) };

	tree_put_text(w->arena, t, "query", q->b);
	tree_print_json(&body, t, 0);
	if (buf_over(&body))
		return wait_end(w, answer_refuse(out, "the query is too long"));
	o.body = buf_str(&body);
	w->rules = &c->grant->caps->graphql;
	w->read = read_graphql;
	return outbound_http(w, &o);
}

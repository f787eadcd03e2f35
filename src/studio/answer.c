/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the data behind the page: JSON, never cached, never sniffed. */
#include "studio/room.h"

void
answer_tree(struct http_exchange *x, int status, const struct tree *t)
{
	CLEANUP(buf_free) struct buf text = BUF(STUDIO_MAX_ANSWER);
	const struct http_field fields[] = {
		{ STR("Content-Type"), STR("application/json") },
		{ STR("Cache-Control"), STR("no-store") },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
		{ STR("Cross-Origin-Resource-Policy"), STR("same-origin") },
	};
	struct http_answer a = {
		.status = status, .fields = fields, .nfields = COUNT(fields)
	};

	tree_print_json(&text, t, 0);
	buf_addc(&text, '\n');
	if (buf_over(&text)) {
		a.status = 500;
		buf_clear(&text);
	}
	a.body = buf_str(&text);
	http_answer(x, &a);
}

static int
status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_USAGE:
	case ERR_INPUT:
		return 400;
	case ERR_TRUST:
		return 403;
	case ERR_MISSING:
		return 404;
	case ERR_LIMIT:
		return 413;
	default:
		return 500;
	}
}

void
answer_error(struct http_exchange *x, const struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = tree_map(a);

	tree_put_text(a, t, "type", STR("error"));
	tree_put_int(a, t, "v", 1);
	tree_put_bool(a, t, "ok", false);
	tree_put_text(a, t, "code", str_of(err_code(e->kind)));
	tree_put_text(a, t, "message", str_of(e->text));
	if (e->hint[0])
		tree_put_text(a, t, "hint", str_of(e->hint));
	answer_tree(x, status_of(e->kind), t);
}

struct tree *
answer_new(struct arena *a, const char *type)
{
	struct tree *t = tree_map(a);

	tree_put_text(a, t, "type", str_of(type));
	tree_put_int(a, t, "v", 1);
	tree_put_bool(a, t, "ok", true);
	return t;
}

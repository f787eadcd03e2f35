/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in the JSON form that hosts sent each other. */
#include "host/json.h"
#include "host/request.h"

static bool
is_text(const struct tree *t)
{
	return t && t->kind == TREE_TEXT;
}

/* Go's decoder writes a list of bytes as base64; null is none. */
static bool
bytes_of(const struct tree *t, struct buf *out)
{
	buf_clear(out);
	if (!t || t->kind == TREE_NULL)
		return true;
	return is_text(t) && json_unbase64(out, t->text);
}

/* False: of another shape than a map of texts. */
static bool
each_text(struct request *r, const struct tree *map,
    void (*fn)(struct request *r, struct str key, struct str value))
{
	if (!map || map->kind == TREE_NULL)
		return true;
	if (map->kind != TREE_MAP || map->nitems > REQUEST_MAX_PAIRS)
		return false;
	for (size_t i = 0; i < map->nitems; i++) {
		if (!is_text(map->items[i]))
			return false;
		fn(r, map->items[i]->key->text, map->items[i]->text);
	}
	return true;
}

static void
add_response(struct request *r, struct str key, struct str value)
{
	if (r->response.n < HEADERS_MAX)
		pairs_set(&r->response, key, value, true);
}

static bool
each_state(struct request *r, const struct tree *map, struct buf *bytes)
{
	if (!map || map->kind == TREE_NULL)
		return true;
	if (map->kind != TREE_MAP || map->nitems > REQUEST_MAX_PAIRS)
		return false;
	for (size_t i = 0; i < map->nitems; i++) {
		if (!bytes_of(map->items[i], bytes))
			return false;
		request_set_state(r, map->items[i]->key->text, buf_str(bytes));
	}
	return true;
}

/* A map of texts; of one that is not, what can be had. */
static void
add_map(struct request *r, struct arena *a, struct str text,
    void (*fn)(struct request *r, struct str key, struct str value))
{
	struct err ignored = ERR;
	struct tree *map;

	if (text.n == 0 || tree_parse_json(&map, a, text, &ignored) < 0 ||
	    map->kind != TREE_MAP)
		return;
	for (size_t i = 0; i < map->nitems && i < REQUEST_MAX_PAIRS; i++)
		if (is_text(map->items[i]))
			fn(r, map->items[i]->key->text, map->items[i]->text);
}

void
request_add_maps(
    struct request *r, struct str state_json, struct str params_json)
{
	CLEANUP(arena_free) struct arena *a = arena_new();

	add_map(r, a, state_json, request_set_state);
	add_map(r, a, params_json, request_add_param);
}

struct request *
request_from_json(struct str text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf bytes = BUF(REQUEST_MAX_BYTES);
	struct str method, url, id;
	struct request *r;
	struct tree *t;
	struct err e = ERR;

	if (!str_starts(str_trim(text), "{") ||
	    tree_parse_json(&t, a, text, &e) < 0)
		return NULL;
	method = tree_text(t, "method");
	url = tree_text(t, "url");
	id = tree_text(t, "request_id");
	if (method.n == 0 || url.n == 0 || id.n == 0 ||
	    !is_text(tree_get(t, "method")) || !is_text(tree_get(t, "url")) ||
	    !is_text(tree_get(t, "request_id")) ||
	    !bytes_of(tree_get(t, "body"), &bytes))
		return NULL;
	r = request_new(method, url, id, buf_str(&bytes));
	if (!each_text(r, tree_get(t, "headers"), request_add_header) ||
	    !each_text(r, tree_get(t, "params"), request_add_param) ||
	    !each_text(r, tree_get(t, "resp_headers"), add_response) ||
	    !each_state(r, tree_get(t, "state"), &bytes))
		request_free(&r);
	return r;
}

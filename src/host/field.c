/* SPDX-License-Identifier: Apache-2.0 */
/* The requestHandler capability: fields of the request, response headers. */
#include <string.h>

#include "host/gate.h"
#include "host/json.h"
#include "host/request.h"

#define NO_REQUEST "req is not set"
#define BAD_TYPE "invalid field type"
#define TOO_MUCH "the request is full"

/* ---- state, as this call sees it ---- */

/*
 * With `with` there are first the aliases, then all keys that are no alias's
 * source; what the call sets stays with it.
 */
static bool
view_get(const struct host_call *c, struct str key, struct str *value)
{
	const struct pair_item *x;
	bool hidden = false;

	x = c->set ? pairs_find(c->set, key, false) : NULL;
	if (x) {
		*value = owned_str(&x->value);
		return true;
	}
	if (c->has_elem && str_is(key, "__elem")) {
		*value = c->elem;
		return true;
	}
	for (size_t i = 0; i < c->nwith; i++) {
		if (str_eq(c->with[i].key, key))
			return request_state(
			    c->request, c->with[i].value, value);
		hidden = hidden || str_eq(c->with[i].value, key);
	}
	return !hidden && request_state(c->request, key, value);
}

static struct pair_list *
view_list(struct host_call *c)
{
	if (c->nwith == 0)
		return &c->request->state;
	if (!c->set)
		c->set = mem_take(sizeof(*c->set));
	return c->set;
}

/* ---- the body as JSON ---- */

static int
body_get(const struct request *r, struct str key, struct buf *out)
{
	struct arena *a = arena_new();
	struct tree *t, *v = NULL;
	struct err why = ERR;
	int rc = 0;

	if (request_body(r).n == 0) {
		arena_free(&a);
		return 0;
	}
	if (tree_parse_json(&t, a, request_body(r), &why) < 0)
		rc = answer_refuse(out, "the body is not JSON");
	else
		v = tree_get_str(t, key);
	if (rc == 0 && (!v || v->kind != TREE_TEXT))
		rc = answer_refuse(out,
		    v ? "the body's field is not text"
		      : "the body has no such field");
	if (rc == 0)
		buf_add(out, v->text);
	arena_free(&a);
	return rc;
}

static int
body_set(struct request *r, const struct abi_ask *q, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = BUF(REQUEST_MAX_BYTES);
	struct arena *a = arena_new();
	struct tree *t = tree_map(a);
	struct err why = ERR;
	int rc = 0;

	if (request_body(r).n > 0 &&
	    (tree_parse_json(&t, a, request_body(r), &why) < 0 ||
		t->kind != TREE_MAP))
		rc = answer_refuse(out, "the body is not a JSON object");
	if (rc == 0) {
		tree_put_text(a, t, arena_cstr(a, q->a), q->b);
		json_keys_sort(t);
		tree_print_json(&text, t, 0);
		if (buf_over(&text))
			rc = answer_refuse(out, TOO_MUCH);
		else
			request_set_body(r, buf_str(&text));
	}
	arena_free(&a);
	return rc;
}

/* ---- the other fields ---- */

static int
meta_get(const struct request *r, struct str key, struct buf *out)
{
	if (str_is(key, "method"))
		buf_add(out, owned_str(&r->method));
	else if (str_is(key, "url"))
		buf_add(out, owned_str(&r->url));
	else if (str_is(key, "id"))
		buf_add(out, owned_str(&r->id));
	else if (str_is(key, "body"))
		buf_add(out, request_body(r));
	else
		return answer_refuse(out, "invalid key");
	return 0;
}

static int
meta_set(struct request *r, const struct abi_ask *q, struct buf *out)
{
	if (str_is(q->a, "method"))
		owned_set(&r->method, NULL, q->b);
	else if (str_is(q->a, "url"))
		owned_set(&r->url, NULL, q->b);
	else if (str_is(q->a, "body"))
		request_set_body(r, q->b);
	else if (!str_is(q->a, "id")) /* which nobody may change */
		return answer_refuse(out, "invalid key");
	return 0;
}

/* A key that is not there has an empty value. */
static int
pair_get(const struct pair_list *l, struct str key, bool fold, struct buf *out)
{
	const struct pair_item *x = pairs_find(l, key, fold);

	if (x)
		buf_add(out, owned_str(&x->value));
	return 0;
}

static int
pair_set(
    struct pair_list *l, const struct abi_ask *q, bool fold, struct buf *out)
{
	const struct pair_item *x = pairs_find(l, q->a, fold);
	size_t old = x ? x->key.n + x->value.n : 0;

	if (l->nbytes - old + q->a.n + q->b.n > REQUEST_MAX_BYTES ||
	    (!x && l->n >= REQUEST_MAX_PAIRS))
		return answer_refuse(out, TOO_MUCH);
	pairs_set(l, q->a, q->b, fold);
	return 0;
}

static int
state_get(const struct host_call *c, struct str key, struct buf *out)
{
	struct str value;

	if (view_get(c, key, &value))
		buf_add(out, value);
	return 0;
}

static int
get(struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	struct request *r = c->request;

	switch (q->n) {
	case FIELD_META:
		return meta_get(r, q->a, out);
	case FIELD_BODY:
		return body_get(r, q->a, out);
	case FIELD_HEADER:
		return pair_get(&r->headers, q->a, true, out);
	case FIELD_PARAM:
		return pair_get(&r->params, q->a, false, out);
	case FIELD_STATE:
		return state_get(c, q->a, out);
	case FIELD_QUERY:
		(void)query_get(owned_str(&r->url), q->a, out);
		return 0;
	default:
		return answer_refuse(out, BAD_TYPE);
	}
}

static int
set(struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	struct request *r = c->request;

	if (q->a.n > 0 && memchr(q->a.p, '\0', q->a.n))
		return answer_refuse(out, "invalid key");
	switch (q->n) {
	case FIELD_META:
		return meta_set(r, q, out);
	case FIELD_BODY:
		return body_set(r, q, out);
	case FIELD_HEADER:
		return pair_set(&r->headers, q, true, out);
	case FIELD_PARAM:
		return pair_set(&r->params, q, false, out);
	case FIELD_STATE:
		return pair_set(view_list(c), q, false, out);
	case FIELD_QUERY:
		return answer_refuse(out, "query parameters cannot be set");
	default:
		return answer_refuse(out, BAD_TYPE);
	}
}

ANSWER(answer_field_get)
{
	int rc;

	if (!c->request)
		return answer_refuse(out, NO_REQUEST);
	pthread_mutex_lock(&c->request->lock);
	rc = get(c, q, out);
	pthread_mutex_unlock(&c->request->lock);
	return rc;
}

ANSWER(answer_field_set)
{
	int rc;

	if (!c->request)
		return answer_refuse(out, NO_REQUEST);
	pthread_mutex_lock(&c->request->lock);
	rc = set(c, q, out);
	pthread_mutex_unlock(&c->request->lock);
	return rc;
}

/* ---- response headers: RFC 9110, "Field Names", "Field Values" ---- */

static bool
is_name(struct str s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9'))
			continue;
		if (c == '\0' || !strchr(marks, c))
			return false;
	}
	return s.n > 0 && s.n <= 256;
}

static bool
is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return s.n <= 16384;
}

ANSWER(answer_header_set)
{
	struct pair_list *l;
	bool full;

	if (!c->request)
		return answer_refuse(out, NO_REQUEST);
	l = &c->request->response;
	pthread_mutex_lock(&c->request->lock);
	if (!is_name(q->a) || !is_value(q->b)) {
		c->request->bad_header = true;
		pthread_mutex_unlock(&c->request->lock);
		return answer_refuse(out, "not a header");
	}
	full = l->n >= HEADERS_MAX && !pairs_find(l, q->a, true);
	if (!full)
		pairs_set(l, q->a, q->b, true);
	pthread_mutex_unlock(&c->request->lock);
	return full ? answer_refuse(out, "too many headers") : 0;
}

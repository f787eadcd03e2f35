/* SPDX-License-Identifier: Apache-2.0 */
/* One run through a handler: what the steps read and write. */
#include <assert.h>
#include <string.h>

#include "host/request.h"

/* ---- lists of pairs ---- */

struct str
owned_str(const struct owned *o)
{
	return (struct str){ o->p ? o->p : "", o->n };
}

void
owned_set(struct owned *o, struct str s)
{
	char *p = mem_take(s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	mem_free(o->p);
	o->p = p;
	o->n = s.n;
}

struct pair_item *
pairs_find(const struct pair_list *l, struct str key, bool fold)
{
	for (size_t i = 0; i < l->n; i++) {
		struct str have = owned_str(&l->items[i].key);

		if (fold ? str_ieq(have, key) : str_eq(have, key))
			return &l->items[i];
	}
	return NULL;
}

void
pairs_set(struct pair_list *l, struct str key, struct str value, bool fold)
{
	struct pair_item *x = pairs_find(l, key, fold);

	if (!x) {
		l->items = mem_grow(l->items, l->n, &l->cap, sizeof(*l->items));
		x = &l->items[l->n++];
		*x = (struct pair_item){ 0 };
	}
	l->nbytes -= x->key.n + x->value.n;
	owned_set(&x->key, key);
	owned_set(&x->value, value);
	l->nbytes += key.n + value.n;
}

void
pairs_clear(struct pair_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		mem_free(l->items[i].key.p);
		mem_free(l->items[i].value.p);
	}
	mem_free(l->items);
	*l = (struct pair_list){ 0 };
}

/* ---- requests ---- */

struct request *
request_new(struct str method, struct str url, struct str id, struct str body)
{
	struct request *r = mem_take(sizeof(*r));

	r->magic = REQUEST_MAGIC;
	pthread_mutex_init(&r->lock, NULL);
	owned_set(&r->method, method);
	owned_set(&r->url, url);
	owned_set(&r->id, id);
	owned_set(&r->body, body);
	return r;
}

void
request_free(struct request **pr)
{
	struct request *r = *pr;

	if (!r)
		return;
	assert(r->magic == REQUEST_MAGIC);
	mem_free(r->method.p);
	mem_free(r->url.p);
	mem_free(r->id.p);
	mem_free(r->body.p);
	pairs_clear(&r->headers);
	pairs_clear(&r->params);
	pairs_clear(&r->state);
	pairs_clear(&r->response);
	pthread_mutex_destroy(&r->lock);
	mem_free(r);
	*pr = NULL;
}

void
request_add_header(struct request *r, struct str name, struct str value)
{
	CLEANUP(buf_free) struct buf lower = BUF(1u << 16);

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		buf_addc(&lower, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
	if (!pairs_find(&r->headers, buf_str(&lower), false))
		pairs_set(&r->headers, buf_str(&lower), value, false);
}

void
request_add_param(struct request *r, struct str name, struct str value)
{
	pairs_set(&r->params, name, value, false);
}

struct str
request_body(const struct request *r)
{
	return owned_str(&r->body);
}

void
request_set_state(struct request *r, struct str key, struct str value)
{
	pthread_mutex_lock(&r->lock);
	pairs_set(&r->state, key, value, false);
	pthread_mutex_unlock(&r->lock);
}

bool
request_state(const struct request *r, struct str key, struct str *value)
{
	const struct pair_item *x = pairs_find(&r->state, key, false);

	if (x)
		*value = owned_str(&x->value);
	return x != NULL;
}

size_t
request_nstate(const struct request *r)
{
	return r->state.n;
}

static void
item_at(const struct pair_list *l, size_t i, struct str *key, struct str *value)
{
	assert(i < l->n);
	*key = owned_str(&l->items[i].key);
	*value = owned_str(&l->items[i].value);
}

void
request_state_at(
    const struct request *r, size_t i, struct str *key, struct str *value)
{
	item_at(&r->state, i, key, value);
}

size_t
request_nheaders(const struct request *r)
{
	return r->response.n;
}

void
request_header_at(
    const struct request *r, size_t i, struct str *name, struct str *value)
{
	item_at(&r->response, i, name, value);
}

/* ---- for conditions and calls ---- */

static bool
pair_value(
    const struct pair_list *l, struct str key, bool fold, struct buf *out)
{
	const struct pair_item *x = pairs_find(l, key, fold);

	if (x)
		buf_add(out, owned_str(&x->value));
	return x != NULL;
}

static bool
get(const struct request *r, enum expr_root root, struct str key,
    struct buf *out)
{
	switch (root) {
	case EXPR_STATE:
		return pair_value(&r->state, key, false, out);
	case EXPR_PARAMS:
		return pair_value(&r->params, key, false, out);
	case EXPR_HEADERS:
		return pair_value(&r->headers, key, true, out);
	case EXPR_QUERY:
		return query_get(owned_str(&r->url), key, out);
	case EXPR_BODY:
		buf_add(out, owned_str(&r->body));
		return true;
	case EXPR_METHOD:
		buf_add(out, owned_str(&r->method));
		return true;
	case EXPR_URL:
		buf_add(out, owned_str(&r->url));
		return true;
	}
	return false;
}

bool
request_get(
    struct request *r, enum expr_root root, struct str key, struct buf *out)
{
	bool found;

	pthread_mutex_lock(&r->lock);
	found = get(r, root, key, out);
	pthread_mutex_unlock(&r->lock);
	return found;
}

static void
pairs_copy(struct pair_list *to, const struct pair_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		pairs_set(to, owned_str(&from->items[i].key),
		    owned_str(&from->items[i].value), false);
}

struct request *
request_branch(struct request *r, struct str body)
{
	struct request *b;

	pthread_mutex_lock(&r->lock);
	b = request_new(
	    owned_str(&r->method), owned_str(&r->url), owned_str(&r->id), body);
	pairs_copy(&b->headers, &r->headers);
	pairs_copy(&b->params, &r->params);
	pthread_mutex_unlock(&r->lock);
	return b;
}

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

static char *
take_room(struct room *room, size_t n)
{
	char *p;

	if (!room || n > ROOM_BYTES - room->n)
		return NULL;
	p = room->bytes + room->n;
	room->n += n;
	return p;
}

void
owned_free(struct owned *o)
{
	if (!o->roomed)
		mem_free(o->p);
}

void
owned_set(struct owned *o, struct room *room, struct str s)
{
	char *p = take_room(room, s.n + 1);
	bool roomed = p != NULL;

	if (!p)
		p = mem_take_part(s.n + 1, 0);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	owned_free(o);
	o->p = p;
	o->n = s.n;
	o->roomed = roomed;
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

static void
grow(struct pair_list *l)
{
	struct pair_item *more;

	if (l->n < l->cap)
		return;
	if (!l->items) {
		l->items = l->few;
		l->cap = FEW_PAIRS;
		return;
	}
	more = mem_take(2 * l->cap * sizeof(*more));
	memcpy(more, l->items, l->n * sizeof(*more));
	if (l->items != l->few)
		mem_free(l->items);
	l->items = more;
	l->cap *= 2;
}

void
pairs_set(struct pair_list *l, struct str key, struct str value, bool fold)
{
	struct pair_item *x = pairs_find(l, key, fold);

	if (!x) {
		grow(l);
		x = &l->items[l->n++];
		*x = (struct pair_item){ 0 };
	}
	l->nbytes -= x->key.n + x->value.n;
	owned_set(&x->key, l->room, key);
	owned_set(&x->value, l->room, value);
	l->nbytes += key.n + value.n;
}

void
pairs_clear(struct pair_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		owned_free(&l->items[i].key);
		owned_free(&l->items[i].value);
	}
	if (l->items != l->few)
		mem_free(l->items);
	l->items = NULL;
	l->n = l->cap = l->nbytes = 0;
}

/* ---- requests ---- */

struct request *
request_new(struct str method, struct str url, struct str id, struct str body)
{
	struct request *r =
	    mem_take_part(sizeof(*r), offsetof(struct request, room));

	r->magic = REQUEST_MAGIC;
	pthread_mutex_init(&r->lock, NULL);
	r->room.n = 0;
	r->headers.room = r->params.room = &r->room;
	r->state.room = r->response.room = &r->room;
	owned_set(&r->method, &r->room, method);
	owned_set(&r->url, &r->room, url);
	owned_set(&r->id, &r->room, id);
	owned_set(&r->body, NULL, body);
	return r;
}

struct request *
request_new_borrowed(
    struct str method, struct str url, struct str id, struct str body)
{
	struct request *r = request_new(method, url, id, STR(""));

	r->lent = true;
	r->lent_body = body;
	return r;
}

struct str
request_id(const struct request *r)
{
	return owned_str(&r->id);
}

struct str
request_method(const struct request *r)
{
	return owned_str(&r->method);
}

struct str
request_url(const struct request *r)
{
	return owned_str(&r->url);
}

void
request_set_tag(struct request *r, void *tag)
{
	r->tag = tag;
}

void *
request_tag(const struct request *r)
{
	return r->tag;
}

void
request_free(struct request **pr)
{
	struct request *r = *pr;

	if (!r)
		return;
	assert(r->magic == REQUEST_MAGIC);
	owned_free(&r->method);
	owned_free(&r->url);
	owned_free(&r->id);
	owned_free(&r->body);
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
	struct pair_list *l = &r->headers;
	struct owned *key;

	if (pairs_find(l, name, true))
		return;
	pairs_set(l, name, value, true);
	key = &l->items[l->n - 1].key;
	for (size_t i = 0; i < key->n; i++)
		if (key->p[i] >= 'A' && key->p[i] <= 'Z')
			key->p[i] = (char)(key->p[i] + 32);
}

void
request_add_param(struct request *r, struct str name, struct str value)
{
	pairs_set(&r->params, name, value, false);
}

struct str
request_body(const struct request *r)
{
	return r->lent ? r->lent_body : owned_str(&r->body);
}

void
request_set_body(struct request *r, struct str body)
{
	owned_set(&r->body, NULL, body);
	r->lent = false;
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

bool
request_bad_header(const struct request *r)
{
	return r->bad_header;
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
		buf_add(out, request_body(r));
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
	b->tag = r->tag;
	pairs_copy(&b->headers, &r->headers);
	pairs_copy(&b->params, &r->params);
	pthread_mutex_unlock(&r->lock);
	return b;
}

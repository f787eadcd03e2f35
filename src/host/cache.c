/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache capability: keys and values in memory, or in a store.  Each
 * namespace has its own keys.  When the memory is full, what was not used for
 * longest goes.
 */
#include <string.h>

#include "host/wait.h"

#define SLOTS 4096u
#define ENTRY_BYTES 128u /* what an entry costs beside its bytes */
#define S_NS UINT64_C(1000000000)

struct entry {
	struct entry *next;	     /* in its slot */
	struct entry *newer, *older; /* in order of use */
	uint64_t hash, end_ns;
	size_t nns, nkey, nvalue;
	char bytes[];
};

struct cache {
	pthread_mutex_t lock;
	struct entry *slots[SLOTS];
	struct entry *newest, *oldest;
	size_t nbytes;
};

struct cache *
cache_new(void)
{
	struct cache *c = mem_take(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static uint64_t
hash(struct str ns, struct str key)
{
	return str_hash(str_hash(STR_HASH + ns.n, ns), key);
}

static bool
is(const struct entry *x, uint64_t h, struct str ns, struct str key)
{
	struct str xns = { x->bytes, x->nns },
		   xkey = { x->bytes + x->nns, x->nkey };

	return x->hash == h && str_eq(xns, ns) && str_eq(xkey, key);
}

static size_t
cost(const struct entry *x)
{
	return ENTRY_BYTES + x->nns + x->nkey + x->nvalue;
}

static void
unlink_use(struct cache *c, struct entry *x)
{
	*(x->newer ? &x->newer->older : &c->newest) = x->older;
	*(x->older ? &x->older->newer : &c->oldest) = x->newer;
}

static void
link_use(struct cache *c, struct entry *x)
{
	x->newer = NULL;
	x->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = x;
	c->newest = x;
}

static void
drop(struct cache *c, struct entry *x)
{
	struct entry **at = &c->slots[x->hash % SLOTS];

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	unlink_use(c, x);
	c->nbytes -= cost(x);
	mem_free(x);
}

static struct entry *
find(struct cache *c, uint64_t h, struct str ns, struct str key)
{
	struct entry *x = c->slots[h % SLOTS];

	while (x && !is(x, h, ns, key))
		x = x->next;
	return x;
}

static void
copy(char *to, struct str s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
}

static void
add(struct cache *c, struct entry *x)
{
	while (c->oldest && c->nbytes + cost(x) > CACHE_MAX_BYTES)
		drop(c, c->oldest);
	x->next = c->slots[x->hash % SLOTS];
	c->slots[x->hash % SLOTS] = x;
	link_use(c, x);
	c->nbytes += cost(x);
}

bool
cache_set(struct cache *c, struct str ns, struct str key, struct str value,
    uint64_t end_ns)
{
	size_t n = ns.n + key.n + value.n;
	struct entry *x, *old;

	if (n > CACHE_MAX_BYTES - ENTRY_BYTES)
		return false;
	x = mem_take(sizeof(*x) + n);
	x->hash = hash(ns, key);
	x->end_ns = end_ns;
	x->nns = ns.n;
	x->nkey = key.n;
	x->nvalue = value.n;
	copy(x->bytes, ns);
	copy(x->bytes + ns.n, key);
	copy(x->bytes + ns.n + key.n, value);
	pthread_mutex_lock(&c->lock);
	old = find(c, x->hash, ns, key);
	if (old)
		drop(c, old);
	add(c, x);
	pthread_mutex_unlock(&c->lock);
	return true;
}

bool
cache_get(struct cache *c, struct str ns, struct str key, uint64_t now_ns,
    struct buf *out)
{
	struct entry *x;

	pthread_mutex_lock(&c->lock);
	x = find(c, hash(ns, key), ns, key);
	if (x && x->end_ns != 0 && now_ns >= x->end_ns) {
		drop(c, x);
		x = NULL;
	}
	if (x) {
		unlink_use(c, x);
		link_use(c, x);
		buf_add(out,
		    (struct str){ x->bytes + x->nns + x->nkey, x->nvalue });
	}
	pthread_mutex_unlock(&c->lock);
	return x != NULL;
}

void
cache_free(struct cache **pc)
{
	struct cache *c = *pc;

	if (!c)
		return;
	while (c->oldest)
		drop(c, c->oldest);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
	*pc = NULL;
}

/* ---- as the functions and tests see it ---- */

static uint64_t
end_of(const struct host *h, uint32_t ttl_s)
{
	return ttl_s == 0 ? 0 : host_now_ns(h) + ttl_s * S_NS;
}

static struct str
space(struct str ns)
{
	return ns.n > 0 ? ns : STR("default");
}

static int
store_set(struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	struct waiting *w;

	if (!c->loop)
		return answer_refuse(out, NO_WAITING);
	w = wait_new(c, q, out);
	w->op = kv_set(c->grant->kv, c->loop, space(c->ns), q->a, q->b,
	    (uint32_t)q->n, wait_stored, w);
	return wait_begin(w);
}

static int
store_get(struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	struct waiting *w;

	if (!c->loop)
		return answer_refuse(out, NO_WAITING);
	w = wait_new(c, q, out);
	w->op = kv_get(
	    c->grant->kv, c->loop, space(c->ns), q->a, out, wait_stored, w);
	return wait_begin(w);
}

ANSWER(answer_cache_set)
{
	uint64_t end;

	if (q->n < 0)
		return answer_refuse(out, "the time to live is negative");
	if (c->grant->kv)
		return store_set(c, q, out);
	end = end_of(c->host, (uint32_t)q->n);
	if (!cache_set(c->host->cache, space(c->ns), q->a, q->b, end))
		return answer_refuse(out, "the value is too large");
	return ABI_ANSWERED;
}

ANSWER(answer_cache_get)
{
	if (c->grant->kv)
		return store_get(c, q, out);
	if (cache_get(
		c->host->cache, space(c->ns), q->a, host_now_ns(c->host), out))
		return ABI_ANSWERED;
	return answer_refuse(out, "key not found");
}

void
host_cache_set(struct host *h, struct str ns, struct str key, struct str value,
    uint32_t ttl_s)
{
	(void)cache_set(h->cache, space(ns), key, value, end_of(h, ttl_s));
}

bool
host_cache_get(struct host *h, struct str ns, struct str key, struct buf *out)
{
	return cache_get(h->cache, space(ns), key, host_now_ns(h), out);
}

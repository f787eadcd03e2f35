/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "store/kv.h"

#define KV_MAGIC 0x6b767376u
#define DEFAULT_MS 5000u
#define DEFAULT_BYTES (256u << 20)
#define SQLITE_LANES 4u
#define REDIS_LANES 8u

struct kv *
lane_kv(const struct lane *l)
{
	struct kv *kv = l->kind->store;

	assert(kv->magic == KV_MAGIC);
	return kv;
}

static int
choose(struct kv *kv, const struct kv_options *opt, struct err *e)
{
	if (!opt->sqlite) {
		kv->kind.driver = &redis_kv;
		kv->kind.max_lanes = REDIS_LANES;
		return redis_address(kv, opt, e);
	}
	kv->kind.driver = &sqlite_kv;
	kv->kind.max_lanes = SQLITE_LANES;
	kv->path = arena_cstr(kv->arena, str_of(opt->sqlite));
	kv->kind.where = arena_cstr(kv->arena, str_of(opt->sqlite));
	return sqlite_kv_check(kv, e);
}

int
kv_open(struct kv **out, const struct kv_options *opt, struct err *e)
{
	CLEANUP(kv_free) struct kv *kv = mem_take(sizeof(*kv));

	kv->magic = KV_MAGIC;
	kv->arena = arena_new();
	kv->bytes = opt->bytes ? opt->bytes : DEFAULT_BYTES;
	kv->kind.store = kv;
	kv->kind.timeout_ms = opt->timeout_ms ? opt->timeout_ms : DEFAULT_MS;
	if (choose(kv, opt, e) < 0)
		return -1;
	*out = kv;
	kv = NULL;
	return 0;
}

void
kv_leave(struct kv *kv, struct loop *l)
{
	assert(kv->magic == KV_MAGIC);
	loop_local_end(l, &kv->kind);
}

void
kv_free(struct kv **pkv)
{
	struct kv *kv = *pkv;

	if (!kv)
		return;
	assert(kv->magic == KV_MAGIC);
	arena_free(&kv->arena);
	kv->magic = 0;
	mem_free(kv);
	*pkv = NULL;
}

static struct task *
name(enum ask ask, struct str space, struct str key)
{
	struct task *t = task_new(ask, KV_MAX_BYTES);

	t->space = arena_copy(t->arena, space.n > 0 ? space : STR("default"));
	t->key = arena_copy(t->arena, key);
	return t;
}

static bool
fits(struct str space, struct str key, struct str value)
{
	return space.n <= KV_MAX_BYTES && key.n <= KV_MAX_BYTES - space.n &&
	    value.n <= KV_MAX_BYTES - space.n - key.n;
}

static struct store_op *
refuse(struct loop *l, store_done *done, void *arg)
{
	struct err e = ERR;

	err_set(&e, ERR_LIMIT, "the key and its value are larger than %u bytes",
	    KV_MAX_BYTES);
	return pool_refuse(l, &e, done, arg);
}

struct store_op *
kv_get(struct kv *kv, struct loop *l, struct str space, struct str key,
    struct buf *out, store_done *done, void *arg)
{
	if (!fits(space, key, STR("")))
		return refuse(l, done, arg);
	return pool_submit(
	    &kv->kind, l, name(ASK_GET, space, key), out, done, arg);
}

struct store_op *
kv_set(struct kv *kv, struct loop *l, struct str space, struct str key,
    struct str value, uint32_t ttl_s, store_done *done, void *arg)
{
	struct task *t;

	if (!fits(space, key, value))
		return refuse(l, done, arg);
	t = name(ASK_SET, space, key);
	t->value = arena_copy(t->arena, value);
	t->ttl_s = ttl_s;
	return pool_submit(&kv->kind, l, t, NULL, done, arg);
}

struct store_op *
kv_delete(struct kv *kv, struct loop *l, struct str space, struct str key,
    store_done *done, void *arg)
{
	if (!fits(space, key, STR("")))
		return refuse(l, done, arg);
	return pool_submit(
	    &kv->kind, l, name(ASK_DELETE, space, key), NULL, done, arg);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and values in Redis.  The only file that knows hiredis.
 *
 * A context of hiredis frees itself when its connection breaks, in the middle
 * of calling us; so it forgets the lane first, and the lane it.
 */
#include <hiredis/async.h>
#include <string.h>

#include "store/address.h"
#include "store/kv.h"

#define DEFAULT_PORT 6379
#define MAX_DATABASE 65535
#define REPLY_SLACK 4096u

enum step { CONNECT, AUTH, SELECT, READY };

struct redis {
	struct lane lane;
	struct dial dial;
	redisAsyncContext *ac;
	enum step step;
	int events;
	bool *gone;    /* set when the lane is closed */
	char why[200]; /* the last address failed */
};

/* ---- addresses ---- */

static int
bad_address(struct err *e)
{
	return err_set(e, ERR_INPUT,
	    "the address of Redis is not understood, expected host:port or "
	    "redis://[user:password@]host[:port][/database]");
}

static int
read_url(struct kv *kv, struct str text, struct err *e)
{
	struct url u;
	uint64_t db = 0;

	if (!address_url(text, &u) || u.query.n > 0)
		return bad_address(e);
	if (u.path.n > 0 && !str_u64(u.path, MAX_DATABASE, &db))
		return bad_address(e);
	if (u.user.n > 0)
		kv->user = address_decode(kv->arena, u.user);
	if (u.password.n > 0)
		kv->password = address_decode(kv->arena, u.password);
	if ((u.user.n > 0 && !kv->user) || (u.password.n > 0 && !kv->password))
		return bad_address(e);
	kv->host = arena_cstr(kv->arena, u.host);
	kv->port = u.port;
	kv->database = (unsigned)db;
	return 0;
}

int
redis_address(struct kv *kv, const struct kv_options *opt, struct err *e)
{
	struct str text = opt->redis, host;

	if (str_starts(text, "rediss://")) {
		err_set(e, ERR_INPUT,
		    "Redis over TLS (rediss://) is not supported");
		return err_hint(e, "use redis://, through a tunnel if need be");
	}
	if (str_find(text, (struct str){ "", 1 }, &(size_t){ 0 }))
		return bad_address(e);
	if (str_starts(text, "redis://")) {
		if (read_url(kv, str_from(text, 8), e) < 0)
			return -1;
	} else {
		if (!address_host(text, &host, &kv->port))
			return bad_address(e);
		kv->host = arena_cstr(kv->arena, host);
	}
	if (opt->user.n > 0)
		kv->user = arena_cstr(kv->arena, opt->user);
	if (opt->password.n > 0)
		kv->password = arena_cstr(kv->arena, opt->password);
	if (kv->user && !kv->password) {
		err_set(e, ERR_INPUT, "Redis has a user but no password");
		return err_hint(e, "leave the user away, or give both");
	}
	if (kv->port == 0)
		kv->port = DEFAULT_PORT;
	kv->kind.where =
	    arena_printf(kv->arena, "Redis at %s:%u", kv->host, kv->port);
	return 0;
}

/*
 * Redis has one space.  Keys of the space "default" stand there as they are,
 * as Atmo wrote them; "subo:<bytes of space>:<space>:<key>" is any other's,
 * and also of a default one that looks like that.
 */
static struct str
full_key(const struct task *t)
{
	struct buf b = BUF(2 * (size_t)KV_MAX_BYTES);
	struct str key;

	if (str_is(t->space, "default") && !str_starts(t->key, "subo:"))
		return t->key;
	buf_addf(&b, "subo:%zu:", t->space.n);
	buf_add(&b, t->space);
	buf_addc(&b, ':');
	buf_add(&b, t->key);
	key = arena_copy(t->arena, buf_str(&b));
	buf_free(&b);
	return key;
}

/* ---- hiredis on our loop ---- */

static void
ready(void *arg, int events)
{
	struct redis *r = arg;
	bool gone = false;
	struct err e = ERR;

	r->gone = &gone;
	/* Not both: the first may end the second's context. */
	if (events & LOOP_READ)
		redisAsyncHandleRead(r->ac);
	else
		redisAsyncHandleWrite(r->ac);
	if (gone)
		return;
	r->gone = NULL;
	if (r->lane.state != LANE_BUSY || !r->ac ||
	    r->ac->c.reader->len <= KV_MAX_BYTES + REPLY_SLACK)
		return;
	err_set(
	    &e, ERR_LIMIT, "the value is larger than %u bytes", KV_MAX_BYTES);
	lane_ended(&r->lane, -1, &e, true);
}

/* An idle connection is not watched: the loop may end. */
static void
set_events(struct redis *r, int events)
{
	struct lane *l = &r->lane;

	r->events = events;
	if (l->watch)
		loop_watch_set(l->watch, events);
	else if (l->state != LANE_IDLE && events)
		l->watch = loop_watch_start(
		    l->pool->loop, r->ac->c.fd, events, ready, r);
}

static void
add_read(void *arg)
{
	struct redis *r = arg;

	set_events(r, r->events | LOOP_READ);
}

static void
del_read(void *arg)
{
	struct redis *r = arg;

	set_events(r, r->events & ~LOOP_READ);
}

static void
add_write(void *arg)
{
	struct redis *r = arg;

	set_events(r, r->events | LOOP_WRITE);
}

static void
del_write(void *arg)
{
	struct redis *r = arg;

	set_events(r, r->events & ~LOOP_WRITE);
}

/* The context is gone or going; its descriptor is about to be closed. */
static void
forget(struct redis *r)
{
	redisAsyncContext *ac = r->ac;

	loop_watch_end(&r->lane.watch);
	if (!ac)
		return;
	r->ac = NULL;
	r->events = 0;
	ac->data = NULL;
	memset(&ac->ev, 0, sizeof(ac->ev));
}

static void
clean(void *arg)
{
	forget(arg);
}

/* ---- opening ---- */

static void try_next(struct redis *r);

static void
fail_open(struct redis *r, const char *why)
{
	struct err e = ERR;

	err_set(&e, ERR_REMOTE, "%s", why);
	lane_opened(&r->lane, -1, &e);
}

static void
opened_reply(redisAsyncContext *ac, void *reply, void *arg)
{
	struct redis *r = ac->data;
	const redisReply *said = reply;

	(void)arg;
	if (!r)
		return;
	if (!said)
		fail_open(r, ac->errstr[0] ? ac->errstr : "connection closed");
	else if (said->type == REDIS_REPLY_ERROR)
		fail_open(r, said->str);
	else if (r->step == SELECT)
		r->step = READY;
	else
		r->step = SELECT;
	if (!said || said->type == REDIS_REPLY_ERROR)
		return;
	if (r->step == SELECT && lane_kv(&r->lane)->database > 0) {
		redisAsyncCommand(ac, opened_reply, NULL, "SELECT %u",
		    lane_kv(&r->lane)->database);
		return;
	}
	r->step = READY;
	lane_opened(&r->lane, 0, NULL);
}

static void
greet(struct redis *r)
{
	const struct kv *kv = lane_kv(&r->lane);

	r->step = AUTH;
	if (kv->user)
		redisAsyncCommand(r->ac, opened_reply, NULL, "AUTH %s %s",
		    kv->user, kv->password);
	else if (kv->password)
		redisAsyncCommand(
		    r->ac, opened_reply, NULL, "AUTH %s", kv->password);
	else
		redisAsyncCommand(r->ac, opened_reply, NULL, "PING");
}

static void
connected(const redisAsyncContext *ac, int status)
{
	struct redis *r = ac->data;

	if (!r)
		return;
	if (status == REDIS_OK) {
		greet(r);
		return;
	}
	snprintf(r->why, sizeof r->why, "%s", ac->errstr);
	forget(r); /* it frees itself when we return */
	try_next(r);
}

static void
attach(struct redis *r)
{
	redisAsyncContext *ac = r->ac;

	ac->data = r;
	ac->ev.data = r;
	ac->ev.addRead = add_read;
	ac->ev.delRead = del_read;
	ac->ev.addWrite = add_write;
	ac->ev.delWrite = del_write;
	ac->ev.cleanup = clean;
	redisAsyncSetConnectCallback(ac, connected);
}

static void
try_next(struct redis *r)
{
	const struct kv *kv = lane_kv(&r->lane);
	const char *ip;

	while ((ip = dial_next(&r->dial)) != NULL) {
		r->ac = redisAsyncConnect(ip, (int)kv->port);
		if (!r->ac)
			continue;
		if (r->ac->err == 0) {
			attach(r);
			return;
		}
		snprintf(r->why, sizeof r->why, "%s", r->ac->errstr);
		redisAsyncFree(r->ac);
		r->ac = NULL;
	}
	fail_open(r, r->why[0] ? r->why : "no address");
}

static void
found(struct lane *l, const char *why)
{
	struct redis *r = (struct redis *)l;

	if (why)
		fail_open(r, why);
	else
		try_next(r);
}

static void
redis_open(struct lane *l)
{
	struct redis *r = (struct redis *)l;

	dial_start(&r->dial, l, lane_kv(l)->host, found);
}

/* ---- operations ---- */

static void
answered(struct redis *r, const redisReply *said)
{
	struct task *t = r->lane.task;
	struct err e = ERR;
	int rc = 0;

	if (said->type == REDIS_REPLY_ERROR)
		rc = err_set(&e, ERR_FAILED, "Redis: %s", said->str);
	else if (t->ask == ASK_GET && said->type == REDIS_REPLY_NIL)
		rc = err_set(&e, ERR_MISSING, "key not found");
	else if (t->ask == ASK_GET && said->type == REDIS_REPLY_STRING)
		buf_add(&t->out, (struct str){ said->str, said->len });
	else if (t->ask == ASK_GET)
		rc = err_set(
		    &e, ERR_FAILED, "Redis: an answer of type %d", said->type);
	if (buf_over(&t->out))
		rc = err_set(&e, ERR_LIMIT, "the value is larger than %u bytes",
		    KV_MAX_BYTES);
	lane_ended(&r->lane, rc, &e, false);
}

static void
replied(redisAsyncContext *ac, void *reply, void *arg)
{
	struct redis *r = ac->data;
	struct err e = ERR;

	(void)arg;
	if (!r)
		return;
	if (reply) {
		answered(r, reply);
		return;
	}
	err_set(&e, ERR_REMOTE, "the connection to %s was lost: %s",
	    r->lane.kind->where,
	    ac->errstr && ac->errstr[0] ? ac->errstr : "closed");
	lane_ended(&r->lane, -1, &e, true);
}

static void
redis_run(struct lane *l)
{
	struct redis *r = (struct redis *)l;
	struct task *t = l->task;
	struct str key = full_key(t), ttl = { 0 };
	const char *words[5] = { "GET", key.p, t->value.p, "EX", NULL };
	size_t sizes[5] = { 3, key.n, t->value.n, 2, 0 };
	int n = 2;

	if (t->ask == ASK_DELETE)
		words[0] = "DEL";
	if (t->ask == ASK_SET) {
		words[0] = "SET";
		n = t->ttl_s ? 5 : 3;
		ttl = str_of(arena_printf(t->arena, "%u", (unsigned)t->ttl_s));
		words[4] = ttl.p;
		sizes[4] = ttl.n;
	}
	redisAsyncCommandArgv(r->ac, replied, NULL, n, words, sizes);
	set_events(r, r->events | LOOP_READ);
}

static bool
redis_alive(struct lane *l)
{
	struct redis *r = (struct redis *)l;

	return r->ac && r->ac->err == 0 && lane_quiet(r->ac->c.fd);
}

static bool
redis_stop(struct lane *l)
{
	(void)l;
	return false;
}

static void
redis_close(struct lane *l)
{
	struct redis *r = (struct redis *)l;
	redisAsyncContext *ac = r->ac;

	if (r->gone)
		*r->gone = true;
	dial_end(&r->dial);
	forget(r);
	if (ac)
		redisAsyncFree(ac);
}

const struct driver redis_kv = {
	.name = "Redis",
	.lane_bytes = sizeof(struct redis),
	.open = redis_open,
	.alive = redis_alive,
	.run = redis_run,
	.stop = redis_stop,
	.close = redis_close,
};

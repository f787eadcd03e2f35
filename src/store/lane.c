/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits, who runs, and what ends when.
 *
 * A driver may answer at once, and whoever is told may ask again or end
 * anything; so nothing here is touched after a call that could do that, and
 * the queue is only served from pool_turn, one turn at a time.
 */
#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

#include "os/os.h"
#include "store/lane.h"

#define OP_MAGIC 0x73746f70u
#define LANE_MAGIC 0x6c616e65u
#define MS_NS UINT64_C(1000000)

struct store_op {
	uint32_t magic;
	struct pool *pool;
	struct task *task; /* waiting or running; NULL: it is over */
	struct lane *lane; /* that runs it */
	struct loop_timer *timer;
	struct buf *out;
	store_done *done;
	void *arg;
	struct err *refusal;
};

static void pool_turn(struct pool *p);

/* ---- tasks ---- */

struct task *
task_new(enum ask ask, size_t max_bytes)
{
	struct task *t = mem_take(sizeof(*t));

	t->ask = ask;
	t->arena = arena_new();
	t->out = (struct buf)BUF(max_bytes);
	return t;
}

void
task_free(struct task **t)
{
	if (!*t)
		return;
	arena_free(&(*t)->arena);
	buf_free(&(*t)->out);
	mem_free(*t);
	*t = NULL;
}

/* ---- operations ---- */

static int
hand_out(struct store_op *op, struct task *t, struct err *e)
{
	struct buf *out = op->out;

	if (!out)
		return 0;
	if (!out->p && t->out.n <= out->max) {
		out->p = t->out.p;
		out->n = t->out.n;
		out->cap = t->out.cap;
		t->out = (struct buf){ .max = t->out.max };
		return 0;
	}
	buf_add(out, buf_str(&t->out));
	if (!buf_over(out))
		return 0;
	return err_set(
	    e, ERR_LIMIT, "the answer is larger than %zu bytes", out->max);
}

/* The task is over, or given up: tell. */
static void
finish(struct store_op *op, int rc, const struct err *why)
{
	struct err e = ERR;

	loop_timer_end(&op->timer);
	if (rc == 0 && hand_out(op, op->task, &e) < 0) {
		rc = -1;
		why = &e;
	}
	op->task->op = NULL;
	op->task = NULL;
	op->lane = NULL;
	op->done(op->arg, rc, rc < 0 ? why : NULL);
}

static void
remove_waiting(struct pool *p, struct task *t)
{
	struct task **at = &p->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (p->last == &t->next)
		p->last = at;
	p->nwaiting--;
}

static struct task *
take_first(struct pool *p)
{
	struct task *t = p->first;

	remove_waiting(p, t);
	return t;
}

/* ---- lanes ---- */

static void
free_lane(struct lane *l)
{
	l->kind->driver->close(l);
	task_free(&l->task);
	mem_free(l);
}

/* Out of the pool now; freed when no worker has it. */
static void
close_lane(struct lane *l)
{
	struct pool *p = l->pool;
	struct lane **at = &p->lanes;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	p->nlanes--;
	if (l->state == LANE_OPENING)
		p->nopening--;
	loop_watch_end(&l->watch);
	loop_timer_end(&l->timer);
	l->gone = true;
	if (!l->working)
		free_lane(l);
	else
		__atomic_store_n(&l->stop, 1, __ATOMIC_RELAXED);
}

/* Nobody waits for what the lane does. */
static void
abandon(struct lane *l)
{
	if (!l->kind->driver->stop(l))
		close_lane(l);
}

static void
open_timed_out(void *arg)
{
	struct lane *l = arg;
	struct err e = ERR;

	err_set(&e, ERR_REMOTE, "no answer within %u ms",
	    l->pool->kind->timeout_ms);
	lane_opened(l, -1, &e);
}

static void
open_lane(struct pool *p)
{
	struct lane *l = mem_take(p->kind->driver->lane_bytes);

	l->magic = LANE_MAGIC;
	l->pool = p;
	l->kind = p->kind;
	l->state = LANE_OPENING;
	l->next = p->lanes;
	p->lanes = l;
	p->nlanes++;
	p->nopening++;
	l->timer = loop_timer_start(
	    p->loop, NULL, p->kind->timeout_ms * MS_NS, open_timed_out, l);
	p->kind->driver->open(l);
}

void
lane_opened(struct lane *l, int rc, const struct err *why)
{
	struct pool *p = l->pool;
	struct task *t;
	struct err e = ERR;

	if (rc == 0) {
		loop_timer_end(&l->timer);
		loop_watch_end(&l->watch);
		l->state = LANE_IDLE;
		p->nopening--;
		pool_turn(p);
		return;
	}
	e = *why;
	close_lane(l);
	if (e.kind == ERR_REMOTE)
		err_wrap(&e, "cannot connect to %s", p->kind->where);
	t = p->first ? take_first(p) : NULL;
	if (t) {
		struct store_op *op = t->op;

		finish(op, -1, &e);
		task_free(&t);
	}
	pool_turn(p);
}

void
lane_ended(struct lane *l, int rc, const struct err *why, bool broken)
{
	struct pool *p = l->pool;
	struct task *t = l->task;
	struct err e = ERR;

	if (rc < 0)
		e = *why;
	l->task = NULL;
	l->state = LANE_IDLE;
	loop_watch_end(&l->watch);
	__atomic_store_n(&l->stop, 0, __ATOMIC_RELAXED);
	if (broken)
		close_lane(l);
	if (t->op)
		finish(t->op, rc, &e);
	task_free(&t);
	pool_turn(p);
}

bool
lane_again(struct lane *l)
{
	struct pool *p = l->pool;
	struct task *t = l->task;

	if (!t->op || t->nagain++ >= p->kind->max_lanes)
		return false;
	l->task = NULL;
	close_lane(l);
	t->op->lane = NULL;
	buf_clear(&t->out);
	t->next = p->first;
	if (!p->first)
		p->last = &t->next;
	p->first = t;
	p->nwaiting++;
	pool_turn(p);
	return true;
}

static void
work_lane(void *arg)
{
	struct lane *l = arg;

	l->work(l);
}

static void
worked_lane(void *arg)
{
	struct lane *l = arg;

	assert(l->magic == LANE_MAGIC);
	l->working = false;
	if (l->gone)
		free_lane(l);
	else
		l->worked(l);
}

void
lane_work(struct lane *l, void (*work)(struct lane *l),
    void (*worked)(struct lane *l))
{
	l->work = work;
	l->worked = worked;
	l->working = true;
	loop_work(l->pool->loop, work_lane, worked_lane, l);
}

bool
lane_stopped(struct lane *l)
{
	return __atomic_load_n(&l->stop, __ATOMIC_RELAXED) != 0;
}

bool
lane_quiet(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* ---- pools ---- */

/* An idle lane whose connection stands; the others are closed. */
static struct lane *
idle_lane(struct pool *p)
{
	struct lane *l, *next;

	for (l = p->lanes; l; l = next) {
		next = l->next;
		if (l->state != LANE_IDLE)
			continue;
		if (p->kind->driver->alive(l))
			return l;
		close_lane(l);
	}
	return NULL;
}

static void
close_opening(struct pool *p)
{
	struct lane *l, *next;

	for (l = p->lanes; l; l = next) {
		next = l->next;
		if (l->state == LANE_OPENING)
			close_lane(l);
	}
}

static void
run_first(struct pool *p, struct lane *l)
{
	struct task *t = take_first(p);

	l->task = t;
	l->state = LANE_BUSY;
	t->op->lane = l;
	p->kind->driver->run(l);
}

static void
pool_turn(struct pool *p)
{
	struct lane *l;

	if (p->turning)
		return;
	p->turning = true;
	while (p->first) {
		l = idle_lane(p);
		if (l)
			run_first(p, l);
		else if (p->nlanes < p->kind->max_lanes &&
		    p->nopening < p->nwaiting)
			open_lane(p);
		else
			break;
	}
	/* What is being opened for nobody would keep the loop awake. */
	if (!p->first)
		close_opening(p);
	p->turning = false;
}

static void
turn_posted(void *arg)
{
	struct pool *p = arg;

	p->posted = false;
	pool_turn(p);
}

static void
turn_soon(struct pool *p)
{
	if (p->posted)
		return;
	p->posted = true;
	loop_post(p->loop, turn_posted, p);
}

static void *
make_pool(struct loop *loop, void *arg)
{
	struct pool *p = mem_take(sizeof(*p));

	p->kind = arg;
	p->loop = loop;
	p->last = &p->first;
	return p;
}

/* The loop ends before the operation: it is never told. */
static void
detach(struct task *t)
{
	if (!t || !t->op)
		return;
	loop_timer_end(&t->op->timer);
	t->op->task = NULL;
	t->op->lane = NULL;
	t->op = NULL;
}

static void
end_pool(void *made)
{
	struct pool *p = made;
	struct task *t;

	while (p->first) {
		t = take_first(p);
		detach(t);
		task_free(&t);
	}
	while (p->lanes) {
		detach(p->lanes->task);
		close_lane(p->lanes);
	}
	mem_free(p);
}

/* ---- what callers hold ---- */

static void
timed_out(void *arg)
{
	struct store_op *op = arg;
	struct pool *p = op->pool;
	struct task *t = op->task;
	struct lane *l = op->lane;
	unsigned ms = p->kind->timeout_ms;
	struct err e = ERR;

	if (l) {
		err_set(&e, ERR_LIMIT, "not done within %u ms", ms);
		t->op = NULL;
		op->lane = NULL;
		abandon(l);
		/* The lane may have freed the task with itself. */
		loop_timer_end(&op->timer);
		op->task = NULL;
		op->done(op->arg, -1, &e);
		turn_soon(p);
		return;
	}
	remove_waiting(p, t);
	if (p->nlanes == p->nopening)
		err_set(&e, ERR_REMOTE,
		    "cannot connect to %s: no answer within %u ms",
		    p->kind->where, ms);
	else
		err_set(
		    &e, ERR_LIMIT, "no connection was free within %u ms", ms);
	finish(op, -1, &e);
	task_free(&t);
	turn_soon(p);
}

struct store_op *
pool_submit(const struct pool_kind *kind, struct loop *l, struct task *task,
    struct buf *out, store_done *done, void *arg)
{
	struct store_op *op = mem_take(sizeof(*op));
	uint64_t ns = kind->timeout_ms * MS_NS;
	union {
		const struct pool_kind *in;
		void *out;
	} any = { .in = kind };

	op->magic = OP_MAGIC;
	op->pool = loop_local(l, kind, make_pool, end_pool, any.out);
	op->task = task;
	op->out = out;
	op->done = done;
	op->arg = arg;
	op->timer = loop_timer_start(l, NULL, ns, timed_out, op);
	task->op = op;
	task->deadline_ns = os_now_ns() + ns;
	*op->pool->last = task;
	op->pool->last = &task->next;
	op->pool->nwaiting++;
	turn_soon(op->pool);
	return op;
}

static void
refuse(void *arg)
{
	struct store_op *op = arg;

	loop_timer_end(&op->timer);
	op->done(op->arg, -1, op->refusal);
}

struct store_op *
pool_refuse(struct loop *l, const struct err *why, store_done *done, void *arg)
{
	struct store_op *op = mem_take(sizeof(*op));

	op->magic = OP_MAGIC;
	op->done = done;
	op->arg = arg;
	op->refusal = mem_take(sizeof(*op->refusal));
	*op->refusal = *why;
	op->timer = loop_timer_start(l, NULL, 0, refuse, op);
	return op;
}

void
store_end(struct store_op **pop)
{
	struct store_op *op = *pop;

	if (!op)
		return;
	assert(op->magic == OP_MAGIC);
	loop_timer_end(&op->timer);
	if (op->task) {
		op->task->op = NULL;
		if (op->lane) {
			abandon(op->lane);
		} else {
			remove_waiting(op->pool, op->task);
			task_free(&op->task);
		}
		turn_soon(op->pool);
	}
	op->magic = 0;
	mem_free(op->refusal);
	mem_free(op);
	*pop = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The loop, by libuv. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <uv.h>

#include "loop/parts.h"
#include "os/os.h"

#define NS_PER_MS UINT64_C(1000000)
#define LOOK_MS 20u
#define SPARE_TIMERS 1024u

struct post {
	void (*fn)(void *arg);
	void *arg;
	struct post *next;
};

struct with_clock {
	struct clock *clock;
	size_t ntimers;
	struct with_clock *next;
};

struct loop_timer {
	struct loop *loop;
	struct clock_timer *virtual; /* or uv is in use */
	uv_timer_t uv;
	void (*fn)(void *arg);
	void *arg;
	struct loop_timer *next; /* among the spare ones */
};

struct loop_ask {
	uv_getaddrinfo_t uv;
	struct loop *loop;
	void (*done)(
	    void *arg, const struct loop_address *a, size_t n, const char *why);
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_async_t async;
	uv_timer_t look;	 /* for an interruption */
	struct watches *watches; /* NULL before the first */
	pthread_mutex_t lock;
	struct post *posts, **last_post; /* under lock */
	size_t holds;
	size_t progress; /* goes up with all that is called */
	bool stop, stopped_by_signal;
	struct with_clock *clocks;
	struct local *locals;
	struct loop_timer *spare;
	size_t nspare;
};

/* ---- making and ending ---- */

static void
on_async(uv_async_t *h)
{
	struct loop *l = h->data;

	l->progress++;
}

static void
on_look(uv_timer_t *h)
{
	struct loop *l = h->data;

	if (os_interrupted() != 0)
		l->stopped_by_signal = true;
}

int
loop_new(struct loop **out, struct err *e)
{
	struct loop *l = mem_take(sizeof(*l));
	int rc = uv_loop_init(&l->uv);

	if (rc == 0) {
		rc = uv_async_init(&l->uv, &l->async, on_async);
		if (rc != 0)
			(void)uv_loop_close(&l->uv);
	}
	if (rc != 0) {
		mem_free(l);
		return err_set(e, ERR_SYSTEM, "cannot start an event loop: %s",
		    uv_strerror(rc));
	}
	l->async.data = l;
	uv_unref((uv_handle_t *)&l->async);
	(void)uv_timer_init(&l->uv, &l->look);
	l->look.data = l;
	pthread_mutex_init(&l->lock, NULL);
	l->last_post = &l->posts;
	*out = l;
	return 0;
}

static void
free_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

static bool drain(struct loop *l);

void
loop_free(struct loop **pl)
{
	struct loop *l = *pl;
	int rc;

	if (!l)
		return;
	(void)drain(l);
	locals_end(&l->locals);
	(void)drain(l);
	watches_end(&l->watches);
	while (l->spare) {
		struct loop_timer *t = l->spare;

		l->spare = t->next;
		uv_close((uv_handle_t *)&t->uv, free_closed);
	}
	uv_close((uv_handle_t *)&l->async, NULL);
	uv_close((uv_handle_t *)&l->look, NULL);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	rc = uv_loop_close(&l->uv);
	assert(rc == 0 && !l->clocks);
	(void)rc;
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
	*pl = NULL;
}

/* ---- running ---- */

void
loop_wake(struct loop *l)
{
	(void)uv_async_send(&l->async);
}

void
loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct post *p = mem_take(sizeof(*p));

	p->fn = fn;
	p->arg = arg;
	pthread_mutex_lock(&l->lock);
	*l->last_post = p;
	l->last_post = &p->next;
	/* Under the lock: the loop cannot have gone meanwhile. */
	loop_wake(l);
	pthread_mutex_unlock(&l->lock);
}

/* Those that are there now; what they post is for the next round. */
static bool
drain(struct loop *l)
{
	struct post *p, *next;

	pthread_mutex_lock(&l->lock);
	p = l->posts;
	l->posts = NULL;
	l->last_post = &l->posts;
	pthread_mutex_unlock(&l->lock);
	if (!p)
		return false;
	for (; p; p = next) {
		next = p->next;
		p->fn(p->arg);
		mem_free(p);
	}
	return true;
}

static bool
has_posts(struct loop *l)
{
	bool some;

	pthread_mutex_lock(&l->lock);
	some = l->posts != NULL;
	pthread_mutex_unlock(&l->lock);
	return some;
}

static bool
jump(struct loop *l)
{
	for (struct with_clock *x = l->clocks; x; x = x->next)
		if (clock_jump(x->clock, l))
			return true;
	return false;
}

/* Nothing but another thread can bring news: still to be waited for? */
static bool
expects(const struct loop *l)
{
	return l->holds > 0 || l->clocks;
}

static bool
alive(const struct loop *l)
{
	return uv_loop_alive(&l->uv) || watches_ask(l->watches);
}

/*
 * Once there are sockets, they and libuv's own descriptors are waited for
 * together; then libuv is asked only when it has something to do.
 */
static void
poll_all(struct loop *l, bool wait)
{
	bool due;

	if (!l->watches) {
		(void)uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
		return;
	}
	uv_update_time(&l->uv);
	due = watches_wait(
	    l->watches, wait ? uv_backend_timeout(&l->uv) : 0, &l->progress);
	uv_update_time(&l->uv);
	if (due || uv_backend_timeout(&l->uv) == 0)
		(void)uv_run(&l->uv, UV_RUN_NOWAIT);
}

/* One round.  False: nothing is left to wait for. */
static bool
turn(struct loop *l)
{
	size_t before = l->progress;
	bool some = drain(l);

	if (l->stop || l->stopped_by_signal)
		return false;
	if (some || l->clocks || has_posts(l)) {
		poll_all(l, false);
		if (some || l->progress != before || has_posts(l))
			return true;
		if (jump(l))
			return true;
	}
	if (l->stopped_by_signal)
		return false;
	if (!expects(l) && !alive(l))
		return has_posts(l);
	/* News by a post count as well; and libuv is not to think that it has
	 * nothing to wait for when there are sockets only. */
	uv_ref((uv_handle_t *)&l->async);
	poll_all(l, true);
	uv_unref((uv_handle_t *)&l->async);
	return true;
}

void
loop_run_on(struct loop *l)
{
	l->stop = false;
	while (turn(l))
		continue;
}

int
loop_run(struct loop *l, struct err *e)
{
	l->stopped_by_signal = os_interrupted() != 0;
	(void)uv_timer_start(&l->look, on_look, LOOK_MS, LOOK_MS);
	uv_unref((uv_handle_t *)&l->look);
	loop_run_on(l);
	(void)uv_timer_stop(&l->look);
	if (!l->stopped_by_signal)
		return 0;
	l->stopped_by_signal = false;
	if (os_check_interrupt(e) < 0)
		return -1;
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

void
loop_hold(struct loop *l)
{
	l->holds++;
}

void
loop_release(struct loop *l)
{
	assert(l->holds > 0);
	l->holds--;
}

struct local **
loop_locals(struct loop *l)
{
	return &l->locals;
}

/* ---- work ---- */

struct job {
	uv_work_t uv;
	struct loop *loop;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void
on_work(uv_work_t *w)
{
	struct job *j = w->data;

	j->work(j->arg);
}

static void
after_work(uv_work_t *w, int status)
{
	struct job *j = w->data;

	(void)status;
	j->loop->progress++;
	j->done(j->arg);
	mem_free(j);
}

void
loop_work(
    struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct job *j = mem_take(sizeof(*j));
	int rc;

	j->uv.data = j;
	j->loop = l;
	j->work = work;
	j->done = done;
	j->arg = arg;
	rc = uv_queue_work(&l->uv, &j->uv, on_work, after_work);
	assert(rc == 0);
	(void)rc;
}

/* ---- timers ---- */

void
loop_clock_add(struct loop *l, struct clock *c)
{
	struct with_clock *x = l->clocks;

	while (x && x->clock != c)
		x = x->next;
	if (!x) {
		x = mem_take(sizeof(*x));
		x->clock = c;
		x->next = l->clocks;
		l->clocks = x;
	}
	x->ntimers++;
}

void
loop_clock_drop(struct loop *l, struct clock *c)
{
	struct with_clock **at = &l->clocks, *x;

	while ((*at)->clock != c)
		at = &(*at)->next;
	x = *at;
	if (--x->ntimers > 0)
		return;
	*at = x->next;
	mem_free(x);
}

static void
on_timer(uv_timer_t *h)
{
	struct loop_timer *t = h->data;

	t->loop->progress++;
	t->fn(t->arg);
}

static void
on_virtual(void *arg)
{
	struct loop_timer *t = arg;

	t->fn(t->arg);
}

/*
 * From libuv's idea of now, which stands still between two looks at the clock
 * and has no more than milliseconds: never early, and at once for 0.
 */
static uint64_t
wait_ms(struct loop *l, uint64_t delay_ns)
{
	uint64_t now = uv_hrtime(), at, since = uv_now(&l->uv);

	if (delay_ns == 0)
		return 0;
	if (delay_ns > UINT64_MAX / 2)
		delay_ns = UINT64_MAX / 2;
	at = (now + delay_ns + NS_PER_MS - 1) / NS_PER_MS;
	return at > since ? at - since : 0;
}

static struct loop_timer *
take_timer(struct loop *l)
{
	struct loop_timer *t = l->spare;

	if (t) {
		l->spare = t->next;
		l->nspare--;
		return t;
	}
	t = mem_take(sizeof(*t));
	(void)uv_timer_init(&l->uv, &t->uv);
	t->uv.data = t;
	t->loop = l;
	return t;
}

struct loop_timer *
loop_timer_start(struct loop *l, struct clock *clock, uint64_t delay_ns,
    void (*fn)(void *arg), void *arg)
{
	struct loop_timer *t = take_timer(l);
	uint64_t ms;

	t->fn = fn;
	t->arg = arg;
	if (clock) {
		t->virtual = clock_timer_start(
		    clock, l, delay_ns, on_virtual, t);
		return t;
	}
	/* libuv runs one that is due at once in the round that made it: whoever
	 * began itself again would keep the loop for ever. */
	ms = wait_ms(l, delay_ns);
	(void)uv_timer_start(&t->uv, on_timer, ms > 0 ? ms : 1, 0);
	return t;
}

void
loop_timer_end(struct loop_timer **pt)
{
	struct loop_timer *t = *pt;
	struct loop *l;

	if (!t)
		return;
	*pt = NULL;
	l = t->loop;
	if (t->virtual)
		clock_timer_end(&t->virtual);
	else
		(void)uv_timer_stop(&t->uv);
	if (l->nspare == SPARE_TIMERS) {
		uv_close((uv_handle_t *)&t->uv, free_closed);
		return;
	}
	t->next = l->spare;
	l->spare = t;
	l->nspare++;
}

/* ---- sockets ---- */

struct watches **
loop_watches(struct loop *l)
{
	return &l->watches;
}

void *
loop_uv(struct loop *l)
{
	return &l->uv;
}

void
loop_called(struct loop *l)
{
	l->progress++;
}

int
loop_backend(const struct loop *l)
{
	return uv_backend_fd(&l->uv);
}

/* ---- names ---- */

static size_t
addresses(const struct addrinfo *ai, struct loop_address *out)
{
	size_t n = 0;

	for (; ai && n < LOOP_MAX_ADDRESSES; ai = ai->ai_next) {
		if (ai->ai_addrlen > sizeof(out[n].sa) ||
		    (ai->ai_family != AF_INET && ai->ai_family != AF_INET6))
			continue;
		memset(&out[n], 0, sizeof(out[n]));
		memcpy(&out[n].sa, ai->ai_addr, ai->ai_addrlen);
		out[n++].n = ai->ai_addrlen;
	}
	return n;
}

static void
on_resolved(uv_getaddrinfo_t *h, int status, struct addrinfo *ai)
{
	struct loop_address found[LOOP_MAX_ADDRESSES];
	struct loop_ask *q = h->data;
	size_t n = status == 0 ? addresses(ai, found) : 0;

	uv_freeaddrinfo(ai);
	q->loop->progress++;
	q->done(q->arg, found, n,
	    n > 0	      ? NULL
		: status == 0 ? "it has no address"
			      : uv_strerror(status));
	mem_free(q);
}

struct loop_ask *
loop_ask_start(struct loop *l, const char *host,
    void (*done)(
	void *arg, const struct loop_address *a, size_t n, const char *why),
    void *arg)
{
	static const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct loop_ask *q = mem_take(sizeof(*q));

	q->uv.data = q;
	q->loop = l;
	q->done = done;
	q->arg = arg;
	if (uv_getaddrinfo(&l->uv, &q->uv, on_resolved, host, NULL, &hints) ==
	    0)
		return q;
	mem_free(q);
	return NULL;
}

bool
loop_ask_cancel(struct loop_ask *q)
{
	return uv_cancel((uv_req_t *)&q->uv) == 0;
}

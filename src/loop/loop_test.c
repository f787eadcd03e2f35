/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/loop.h"
#include "os/os.h"

#define S_NS UINT64_C(1000000000)
#define MS_NS UINT64_C(1000000)

struct world {
	struct loop *l;
	struct clock *c;
	struct loop_timer *timers[8];
	struct buf told;
	struct err e;
};

static struct world *
world(void)
{
	struct world *w = mem_take(sizeof(*w));

	w->told = (struct buf)BUF(10000);
	assert_int_equal(loop_new(&w->l, &w->e), 0);
	w->c = clock_new(1000 * S_NS);
	return w;
}

static void
end(struct world *w)
{
	for (size_t i = 0; i < COUNT(w->timers); i++)
		loop_timer_end(&w->timers[i]);
	loop_free(&w->l);
	clock_free(&w->c);
	buf_free(&w->told);
	mem_free(w);
}

static void
run(struct world *w)
{
	if (loop_run(w->l, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

static void
told(struct world *w, const char *text)
{
	assert_string_equal(buf_cstr(&w->told), text);
}

#define TELL(letter) \
	static void tell_##letter(void *arg) \
	{ \
		struct world *w = arg; \
\
		buf_addf(&w->told, #letter); \
	}
TELL(a)
TELL(b)
TELL(c)

static void
an_empty_loop_ends_at_once(void **state)
{
	struct world *w = world();

	(void)state;
	run(w);
	run(w);
	end(w);
}

static void
posts_are_called_in_order_and_keep_it_running(void **state)
{
	struct world *w = world();

	(void)state;
	loop_post(w->l, tell_a, w);
	loop_post(w->l, tell_b, w);
	loop_post(w->l, tell_c, w);
	told(w, "");
	run(w);
	told(w, "abc");
	end(w);
}

static void
real_timers_fire_in_the_order_of_their_time(void **state)
{
	struct world *w = world();
	uint64_t start = os_now_ns();

	(void)state;
	w->timers[0] = loop_timer_start(w->l, NULL, 20 * MS_NS, tell_b, w);
	w->timers[1] = loop_timer_start(w->l, NULL, 1 * MS_NS, tell_a, w);
	w->timers[2] = loop_timer_start(w->l, NULL, 10 * MS_NS, tell_c, w);
	loop_timer_end(&w->timers[2]);
	run(w);
	told(w, "ab");
	assert_true(os_now_ns() - start >= 19 * MS_NS);
	end(w);
}

/* ---- virtual time ---- */

static void
virtual_hours_take_no_time(void **state)
{
	struct world *w = world();
	uint64_t start = os_now_ns();

	(void)state;
	w->timers[0] = loop_timer_start(w->l, w->c, 7200 * S_NS, tell_c, w);
	w->timers[1] = loop_timer_start(w->l, w->c, 3600 * S_NS, tell_a, w);
	w->timers[2] = loop_timer_start(w->l, w->c, 3600 * S_NS, tell_b, w);
	run(w);
	told(w, "abc");
	assert_int_equal(clock_unix_ns(w->c), 8200 * S_NS);
	assert_int_equal(clock_ns(w->c), 8200 * S_NS);
	assert_true(os_now_ns() - start < 60 * S_NS);
	end(w);
}

static void
not_busy(void *arg)
{
	struct world *w = arg;

	buf_addf(&w->told, "[%d]",
	    (int)((clock_unix_ns(w->c) - 1000 * S_NS) / S_NS));
	clock_idle(w->c);
}

static void
time_stands_while_anything_runs(void **state)
{
	struct world *w = world();

	(void)state;
	clock_busy(w->c);
	w->timers[0] = loop_timer_start(w->l, w->c, S_NS, tell_a, w);
	w->timers[1] = loop_timer_start(w->l, NULL, 5 * MS_NS, not_busy, w);
	run(w);
	told(w, "[0]a");
	end(w);
}

static void
posts_go_before_a_jump(void **state)
{
	struct world *w = world();

	(void)state;
	w->timers[0] = loop_timer_start(w->l, w->c, S_NS, tell_a, w);
	loop_post(w->l, tell_b, w);
	loop_post(w->l, tell_c, w);
	run(w);
	told(w, "bca");
	end(w);
}

struct relay {
	struct world *w;
	struct loop *other;
	struct loop_timer *timer;
};

static void
come_home(void *arg)
{
	struct relay *r = arg;

	buf_addf(&r->w->told, "h");
	clock_idle(r->w->c);
	loop_release(r->w->l);
}

static void
fired_there(void *arg)
{
	struct relay *r = arg;

	clock_busy(r->w->c);
	loop_timer_end(&r->timer);
	loop_post(r->w->l, come_home, r);
}

static void
begin_there(void *arg)
{
	struct relay *r = arg;

	r->timer =
	    loop_timer_start(r->other, r->w->c, 5 * S_NS, fired_there, r);
	clock_idle(r->w->c);
}

static void
timers_of_one_clock_on_two_loops_fire_in_order(void **state)
{
	struct world *w = world();
	struct crew *crew;

	(void)state;
	assert_int_equal(crew_new(&crew, 2, &w->e), 0);
	for (int i = 0; i < 50; i++) {
		struct relay r = { w, crew_next(crew), NULL };

		assert_non_null(r.other);
		buf_clear(&w->told);
		/* Once for it, and once until our timers stand too. */
		clock_busy(w->c);
		clock_busy(w->c);
		loop_hold(w->l);
		loop_post(r.other, begin_there, &r);
		w->timers[0] =
		    loop_timer_start(w->l, w->c, 6 * S_NS, tell_b, w);
		w->timers[1] =
		    loop_timer_start(w->l, w->c, 4 * S_NS, tell_a, w);
		clock_idle(w->c);
		run(w);
		told(w, "ahb");
		loop_timer_end(&w->timers[0]);
		loop_timer_end(&w->timers[1]);
	}
	crew_free(&crew);
	end(w);
}

struct one_of_many {
	struct many *all;
	struct loop_timer *timer;
	uint64_t at_s;
};

struct many {
	struct world *w;
	uint64_t last_s;
	size_t nlast, nfired;
	bool ordered;
	struct one_of_many of[5000];
};

static void
one_fired(void *arg)
{
	struct one_of_many *o = arg;
	struct many *m = o->all;
	size_t i = (size_t)(o - m->of);

	if (o->at_s < m->last_s || (o->at_s == m->last_s && i < m->nlast) ||
	    clock_unix_ns(m->w->c) != (1000 + o->at_s) * S_NS)
		m->ordered = false;
	m->last_s = o->at_s;
	m->nlast = i;
	m->nfired++;
	loop_timer_end(&o->timer);
}

static void
virtual_timers_of_one_time_fire_in_order_of_start(void **state)
{
	struct world *w = world();
	struct many *m = mem_take(sizeof(*m));
	uint32_t random = 7;
	size_t ended = 0;

	(void)state;
	m->w = w;
	m->ordered = true;
	for (size_t i = 0; i < COUNT(m->of); i++) {
		struct one_of_many *o = &m->of[i];

		random = random * 1664525u + 1013904223u;
		o->all = m;
		o->at_s = 1 + (random >> 16) % 100;
		o->timer =
		    loop_timer_start(w->l, w->c, o->at_s * S_NS, one_fired, o);
	}
	for (size_t i = 0; i < COUNT(m->of); i += 3, ended++)
		loop_timer_end(&m->of[i].timer);
	run(w);
	assert_int_equal(m->nfired, COUNT(m->of) - ended);
	assert_true(m->ordered);
	mem_free(m);
	end(w);
}

static void
on_time(void *arg)
{
	uint64_t *due = arg;

	assert_true(os_now_ns() >= *due);
	*due = 0;
}

static void
a_real_timer_is_never_early(void **state)
{
	struct world *w = world();
	uint64_t due[8];

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < COUNT(due); i++) {
			uint64_t delay = (i + 1) * 300000;

			due[i] = os_now_ns() + delay;
			w->timers[i] = loop_timer_start(
			    w->l, NULL, delay, on_time, &due[i]);
		}
		run(w);
		for (size_t i = 0; i < COUNT(due); i++) {
			assert_int_equal(due[i], 0);
			loop_timer_end(&w->timers[i]);
		}
	}
	end(w);
}

/* ---- threads ---- */

static void
add_one(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void
a_crew_does_all_it_was_given(void **state)
{
	atomic_int n = 0;
	struct err e = ERR;
	struct crew *crew;

	(void)state;
	assert_int_equal(crew_new(&crew, 3, &e), 0);
	assert_int_equal(crew_size(crew), 3);
	for (int i = 0; i < 1000; i++)
		loop_post(crew_next(crew), add_one, &n);
	crew_free(&crew);
	assert_int_equal(atomic_load(&n), 1000);
	assert_int_equal(crew_new(&crew, 0, &e), 0);
	assert_int_equal(crew_size(crew), os_cores());
	crew_free(&crew);
}

static void
each_loop_of_a_crew_has_its_place(void **state)
{
	struct err e = ERR;
	struct crew *crew;
	struct loop *l[3];

	(void)state;
	assert_int_equal(crew_new(&crew, COUNT(l), &e), 0);
	for (unsigned i = 0; i < COUNT(l); i++) {
		l[i] = crew_at(crew, i);
		assert_non_null(l[i]);
		for (unsigned k = 0; k < i; k++)
			assert_ptr_not_equal(l[i], l[k]);
	}
	for (unsigned i = 0; i < COUNT(l); i++) {
		assert_ptr_equal(crew_at(crew, i), l[i]);
		assert_ptr_equal(crew_next(crew), l[i]);
	}
	crew_free(&crew);
}

static void
how_nice(void *arg)
{
	atomic_store((atomic_int *)arg,
	    getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid)));
}

static void
an_idle_crew_leaves_the_processor_to_others(void **state)
{
	atomic_int nice[2] = { -1, -1 };
	struct err e = ERR;
	int before = getpriority(PRIO_PROCESS, 0);
	struct crew *crew;

	(void)state;
	assert_int_equal(crew_new(&crew, 2, &e), 0);
	/* One that runs already, and one to come. */
	assert_non_null(crew_at(crew, 0));
	crew_set_idle(crew);
	for (unsigned i = 0; i < 2; i++)
		loop_post(crew_at(crew, i), how_nice, &nice[i]);
	crew_free(&crew);
	assert_int_equal(atomic_load(&nice[0]), 19);
	assert_int_equal(atomic_load(&nice[1]), 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

struct blocking {
	struct world *w;
	pthread_t here;
	bool elsewhere, back;
};

static void
block(void *arg)
{
	struct blocking *b = arg;

	b->elsewhere = !pthread_equal(b->here, pthread_self());
}

static void
blocked(void *arg)
{
	struct blocking *b = arg;

	b->back = pthread_equal(b->here, pthread_self());
}

static void
work_is_done_elsewhere_and_told_here(void **state)
{
	struct world *w = world();
	struct blocking b = { w, pthread_self(), false, false };

	(void)state;
	loop_work(w->l, block, blocked, &b);
	run(w);
	assert_true(b.elsewhere);
	assert_true(b.back);
	end(w);
}

static void
reach_own_traps(void *arg)
{
	static const int raised[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGTRAP };
	static const int sent[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t blocked_here;
	bool fine = true;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked_here);
	for (size_t i = 0; i < COUNT(raised); i++)
		if (sigismember(&blocked_here, raised[i]))
			fine = false;
	for (size_t i = 0; i < COUNT(sent); i++)
		if (!sigismember(&blocked_here, sent[i]))
			fine = false;
	atomic_store((atomic_int *)arg, fine ? 1 : 2);
}

static void
signals_of_a_trap_reach_a_crew_and_those_of_others_do_not(void **state)
{
	atomic_int fine = 0;
	struct err e = ERR;
	struct crew *crew;

	(void)state;
	assert_int_equal(crew_new(&crew, 1, &e), 0);
	loop_post(crew_next(crew), reach_own_traps, &fine);
	crew_free(&crew);
	assert_int_equal(atomic_load(&fine), 1);
}

static void
interrupt_us(void *arg)
{
	(void)arg;
	raise(SIGTERM);
}

static void
never(void *arg)
{
	(void)arg;
	fail_msg("called");
}

/* In a child: what was interrupted stays so. */
static void
a_signal_ends_a_run(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct world *w = world();
		uint64_t start = os_now_ns();

		alarm(30);
		os_catch_signals();
		w->timers[0] =
		    loop_timer_start(w->l, NULL, 1000 * S_NS, never, w);
		w->timers[1] =
		    loop_timer_start(w->l, NULL, MS_NS, interrupt_us, w);
		_exit(loop_run(w->l, &w->e) == -1 && w->e.kind == ERR_SIGNAL &&
			    w->e.sig == SIGTERM &&
			    os_now_ns() - start < 500 * S_NS
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

struct stopping {
	struct world *w;
	int left;
};

static void
again_until_stopped(void *arg)
{
	struct stopping *s = arg;

	if (--s->left == 0)
		loop_stop(s->w->l);
	if (s->left >= 0)
		loop_post(s->w->l, again_until_stopped, s);
}

static void
a_stop_ends_a_run_and_the_next_goes_on(void **state)
{
	struct world *w = world();
	struct stopping s = { w, 5 };

	(void)state;
	loop_post(w->l, again_until_stopped, &s);
	run(w);
	assert_int_equal(s.left, 0);
	s.left = 3;
	run(w);
	assert_int_equal(s.left, 0);
	s.left = 0;
	end(w);
}

static void
not_held(void *arg)
{
	struct stopping *s = arg;

	tell_a(s->w);
	loop_release(s->w->l);
}

static void *
answer_late(void *arg)
{
	struct stopping *s = arg;
	struct timespec ts = { .tv_nsec = 20000000 };

	nanosleep(&ts, NULL);
	loop_post(s->w->l, not_held, s);
	return NULL;
}

static void
a_held_loop_waits_for_another_thread(void **state)
{
	struct world *w = world();
	struct stopping s = { w, 0 };
	pthread_t other;

	(void)state;
	loop_hold(w->l);
	assert_int_equal(pthread_create(&other, NULL, answer_late, &s), 0);
	run(w);
	pthread_join(other, NULL);
	told(w, "a");
	end(w);
}

/* ---- sockets ---- */

struct pipe_end {
	struct world *w;
	int fd;
	struct loop_watch *watch;
};

static void
on_ready(void *arg, int events)
{
	struct pipe_end *p = arg;
	char c;

	if (events & LOOP_WRITE) {
		buf_addf(&p->w->told, "w");
		assert_int_equal(write(p->fd, "x", 1), 1);
		loop_watch_end(&p->watch);
		return;
	}
	assert_int_equal(read(p->fd, &c, 1), 1);
	buf_addf(&p->w->told, "%c", c);
	loop_watch_end(&p->watch);
}

static void
a_watch_tells_what_a_socket_is_ready_for(void **state)
{
	struct world *w = world();
	struct pipe_end in = { .w = w }, out = { .w = w };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	in.fd = fds[0];
	out.fd = fds[1];
	in.watch = loop_watch_start(w->l, fds[0], LOOP_READ, on_ready, &in);
	out.watch = loop_watch_start(w->l, fds[1], 0, on_ready, &out);
	loop_watch_set(out.watch, LOOP_WRITE);
	run(w);
	told(w, "wx");
	close(fds[0]);
	close(fds[1]);
	end(w);
}

#define PAIRS 200

static void
write_all(void *arg)
{
	int(*fds)[2] = arg;

	for (int i = 0; i < PAIRS; i++)
		assert_int_equal(write(fds[i][1], "x", 1), 1);
}

static void
no_work(void *arg)
{
	(void)arg;
}

static void
after_no_work(void *arg)
{
	struct world *w = arg;

	buf_addf(&w->told, "d");
}

/* Both have become ready by then; whoever is told first ends the other. */
static void
on_ready_alone(void *arg, int events)
{
	struct pipe_end *p = arg;

	(void)events;
	buf_addf(&p->w->told, "r");
	loop_watch_end(&p->watch);
	loop_watch_end(&p[p->fd].watch);
}

static void
a_watch_that_another_ended_is_not_told(void **state)
{
	struct world *w = world();
	/* fd: where the other one is, seen from here. */
	struct pipe_end ends[2] = { { .w = w, .fd = 1 }, { .w = w, .fd = -1 } };
	int a[2], b[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	ends[0].watch =
	    loop_watch_start(w->l, a[0], LOOP_READ, on_ready_alone, &ends[0]);
	ends[1].watch =
	    loop_watch_start(w->l, b[0], LOOP_READ, on_ready_alone, &ends[1]);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	run(w);
	told(w, "r");
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	end(w);
}

static void
on_hangup_time(void *arg)
{
	struct pipe_end *p = arg;

	buf_addf(&p->w->told, "t");
	loop_watch_set(p->watch, LOOP_READ);
}

static void
on_hangup(void *arg, int events)
{
	struct pipe_end *p = arg;

	assert_int_equal(events, LOOP_READ);
	buf_addf(&p->w->told, "h");
	loop_watch_end(&p->watch);
}

/* And it does not keep the loop running. */
static void
a_watch_that_asks_for_nothing_is_not_told_of_a_hangup(void **state)
{
	struct world *w = world();
	struct pipe_end in = { .w = w };
	struct loop_timer *t;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	in.watch = loop_watch_start(w->l, fds[0], LOOP_READ, on_hangup, &in);
	loop_watch_set(in.watch, 0);
	close(fds[1]);
	run(w);
	told(w, "");
	t = loop_timer_start(w->l, NULL, 1000000, on_hangup_time, &in);
	run(w);
	told(w, "th");
	loop_timer_end(&t);
	close(fds[0]);
	end(w);
}

static void
on_gone(void *arg, int events)
{
	struct pipe_end *p = arg;

	buf_addf(&p->w->told, "%s%s", events & LOOP_GONE ? "g" : "",
	    events & LOOP_READ ? "r" : "");
	if (events & LOOP_GONE)
		loop_watch_end(&p->watch);
	else
		loop_watch_set(p->watch, LOOP_GONE);
}

static void
shut(void *arg)
{
	const int *fd = arg;

	shutdown(*fd, SHUT_WR);
}

/* What has been sent before it is still there to be read. */
static void
the_other_sides_last_word_is_told_to_who_asks(void **state)
{
	struct world *w = world();
	struct pipe_end in = { .w = w };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	in.watch =
	    loop_watch_start(w->l, fds[0], LOOP_READ | LOOP_GONE, on_gone, &in);
	assert_int_equal(write(fds[1], "x", 1), 1);
	w->timers[0] = loop_timer_start(w->l, NULL, MS_NS, shut, &fds[1]);
	run(w);
	told(w, "rg");
	close(fds[0]);
	close(fds[1]);
	end(w);
}

static void
a_closed_socket_is_gone_too(void **state)
{
	struct world *w = world();
	struct pipe_end in = { .w = w };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	in.watch = loop_watch_start(w->l, fds[0], LOOP_GONE, on_gone, &in);
	close(fds[1]);
	run(w);
	told(w, "g");
	close(fds[0]);
	end(w);
}

/* More than are told of in one round, and the loop's other business too. */
static void
hundreds_of_sockets_are_watched_beside_timers_and_work(void **state)
{
	static int fds[PAIRS][2];
	static struct pipe_end ends[PAIRS];
	struct world *w = world();
	struct loop_timer *t;

	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]), 0);
		ends[i] = (struct pipe_end){ .w = w, .fd = fds[i][0] };
		ends[i].watch = loop_watch_start(
		    w->l, fds[i][0], LOOP_READ, on_ready, &ends[i]);
	}
	t = loop_timer_start(w->l, NULL, 1000000, write_all, fds);
	loop_work(w->l, no_work, after_no_work, w);
	run(w);
	assert_int_equal(w->told.n, PAIRS + 1);
	loop_timer_end(&t);
	for (int i = 0; i < PAIRS; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
	end(w);
}

static void
what_cannot_be_watched_is_told(void **state)
{
	struct world *w = world();

	(void)state;
	assert_null(loop_watch_start(w->l, -1, LOOP_READ, on_ready, NULL));
	end(w);
}

/* ---- names ---- */

struct found {
	struct world *w;
	struct loop_resolve *r;
	size_t n;
	char why[100];
	bool loopback;
};

static void
on_found(void *arg, const struct loop_address *a, size_t n, const char *why)
{
	struct found *f = arg;

	f->n = n;
	snprintf(f->why, sizeof(f->why), "%s", why ? why : "");
	for (size_t i = 0; i < n; i++) {
		const struct sockaddr_in *in = (const void *)&a[i].sa;

		if (a[i].sa.ss_family == AF_INET &&
		    in->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
			f->loopback = true;
	}
	buf_addf(&f->w->told, "f");
}

static void
names_are_looked_up_and_not_after_the_end(void **state)
{
	struct world *w = world();
	struct found a = { .w = w }, b = { .w = w }, gone = { .w = w },
		     bad = { .w = w };

	(void)state;
	a.r = loop_resolve_start(w->l, STR("localhost"), on_found, &a);
	gone.r = loop_resolve_start(w->l, STR("localhost"), on_found, &gone);
	b.r = loop_resolve_start(w->l, STR("localhost"), on_found, &b);
	bad.r = loop_resolve_start(w->l, STR(""), on_found, &bad);
	loop_resolve_end(&gone.r);
	told(w, "");
	run(w);
	told(w, "fff");
	assert_true(a.loopback && b.loopback);
	assert_int_equal(bad.n, 0);
	assert_true(bad.why[0] != '\0');
	loop_resolve_end(&a.r);
	loop_resolve_end(&b.r);
	loop_resolve_end(&bad.r);
	end(w);
}

static void
lookups_that_nobody_waits_for_are_not_made(void **state)
{
	struct world *w = world();
	struct found f = { .w = w };
	struct loop_resolve *gone[200];
	char host[32];

	(void)state;
	for (size_t i = 0; i < COUNT(gone); i++) {
		snprintf(host, sizeof(host), "h%zu.invalid", i);
		gone[i] = loop_resolve_start(w->l, str_of(host), on_found, &f);
	}
	for (size_t i = 0; i < COUNT(gone); i++)
		loop_resolve_end(&gone[i]);
	f.r = loop_resolve_start(w->l, STR("localhost"), on_found, &f);
	run(w);
	told(w, "f");
	assert_true(f.loopback);
	loop_resolve_end(&f.r);
	end(w);
}

static void
a_loop_may_go_while_names_are_looked_up(void **state)
{
	struct world *w = world();
	struct found f = { .w = w };

	(void)state;
	f.r = loop_resolve_start(w->l, STR("localhost"), on_found, &f);
	loop_resolve_end(&f.r);
	f.r = loop_resolve_start(w->l, STR("bad..\001"), on_found, &f);
	loop_resolve_end(&f.r);
	end(w);
}

/* ---- what a loop keeps ---- */

static void *
make(struct loop *l, void *arg)
{
	struct world *w = arg;

	(void)l;
	buf_addf(&w->told, "m");
	return w;
}

static void
unmake(void *made)
{
	struct world *w = made;

	buf_addf(&w->told, "e");
}

static void
a_local_thing_is_made_once_and_ended_with_the_loop(void **state)
{
	static const char key[1], other[1];
	struct world *w = world();

	(void)state;
	assert_ptr_equal(loop_local(w->l, key, make, unmake, w), w);
	assert_ptr_equal(loop_local(w->l, key, make, unmake, w), w);
	assert_ptr_equal(loop_local(w->l, other, make, unmake, w), w);
	told(w, "mm");
	loop_free(&w->l);
	told(w, "mmee");
	end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: it forks, and there are no threads yet. */
		cmocka_unit_test(a_signal_ends_a_run),
		cmocka_unit_test(an_empty_loop_ends_at_once),
		cmocka_unit_test(posts_are_called_in_order_and_keep_it_running),
		cmocka_unit_test(real_timers_fire_in_the_order_of_their_time),
		cmocka_unit_test(virtual_hours_take_no_time),
		cmocka_unit_test(a_real_timer_is_never_early),
		cmocka_unit_test(
		    virtual_timers_of_one_time_fire_in_order_of_start),
		cmocka_unit_test(time_stands_while_anything_runs),
		cmocka_unit_test(posts_go_before_a_jump),
		cmocka_unit_test(
		    timers_of_one_clock_on_two_loops_fire_in_order),
		cmocka_unit_test(a_crew_does_all_it_was_given),
		cmocka_unit_test(each_loop_of_a_crew_has_its_place),
		cmocka_unit_test(an_idle_crew_leaves_the_processor_to_others),
		cmocka_unit_test(work_is_done_elsewhere_and_told_here),
		cmocka_unit_test(
		    signals_of_a_trap_reach_a_crew_and_those_of_others_do_not),
		cmocka_unit_test(a_stop_ends_a_run_and_the_next_goes_on),
		cmocka_unit_test(a_held_loop_waits_for_another_thread),
		cmocka_unit_test(a_watch_tells_what_a_socket_is_ready_for),
		cmocka_unit_test(a_watch_that_another_ended_is_not_told),
		cmocka_unit_test(
		    a_watch_that_asks_for_nothing_is_not_told_of_a_hangup),
		cmocka_unit_test(the_other_sides_last_word_is_told_to_who_asks),
		cmocka_unit_test(a_closed_socket_is_gone_too),
		cmocka_unit_test(
		    hundreds_of_sockets_are_watched_beside_timers_and_work),
		cmocka_unit_test(what_cannot_be_watched_is_told),
		cmocka_unit_test(names_are_looked_up_and_not_after_the_end),
		cmocka_unit_test(lookups_that_nobody_waits_for_are_not_made),
		cmocka_unit_test(a_loop_may_go_while_names_are_looked_up),
		cmocka_unit_test(
		    a_local_thing_is_made_once_and_ended_with_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time limits.  The library knows one for a connection; we have one for each of
 * its phases.  Instead of a timer for each request, all connections of a lane
 * are looked at four times a second; and instead of the clock being read for
 * each phase, one that has just begun (since is 0) begins when it is first
 * seen.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "http/parts.h"
#include "os/os.h"

#define TICK_NS UINT64_C(250000000)
#define MS UINT64_C(1000000)
#define CLOSE_WAIT 8	 /* netinet/tcp.h does not go with linux/tcp.h */
#define IDLE_BYTES 4096u /* of memory that an idle connection keeps */
#define LINGER_NS (UINT64_C(2000) * MS)

static bool
tcp_info(const struct http_exchange *x, struct tcp_info *t)
{
	socklen_t len = sizeof(*t);

	memset(t, 0, sizeof(*t));
	return !x->is_unix &&
	    getsockopt(x->fd, IPPROTO_TCP, TCP_INFO, t, &len) == 0;
}

static bool
is_over(const struct http_exchange *x, uint64_t now, uint32_t ms)
{
	return now > x->since + ms * MS;
}

/* Time is up for a request that is not all there. */
static void
too_late(struct http_exchange *x)
{
	if (!x->is_tls)
		conn_say(x->fd, 408);
	conn_refused(x, 408);
	x->linger = true;
	conn_cut(x);
}

/*
 * The other side has shut its end, all it sent was read, and it is not for us
 * to say anything.  The library misses an end that comes together with bytes.
 */
static bool
is_left(const struct http_exchange *x, const struct tcp_info *t)
{
	int rest = 0;
	char c;

	if (x->is_unix)
		return recv(x->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
	return t->tcpi_state == CLOSE_WAIT &&
	    ioctl(x->fd, FIONREAD, &rest) == 0 && rest == 0;
}

/*
 * Between requests.  That the first bytes of a header came shows only in what
 * the kernel knows of the socket: something was received after the last request
 * was answered.
 */
static void
look_idle(struct http_exchange *x, uint64_t now, const struct http_limits *m)
{
	uint64_t ago = (now - x->since) / MS;
	struct tcp_info t;

	if (x->fresh && is_over(x, now, m->header_ms)) {
		if (tcp_info(x, &t) && t.tcpi_bytes_received == 0)
			conn_cut(x);
		else
			too_late(x);
		return;
	}
	if (x->fresh)
		return;
	if (x->body.cap > IDLE_BYTES && ago > 1000)
		buf_free(&x->body);
	if (x->mark == 0 && ago > 100 &&
	    (ago < 2000 || x->lane->nticks % 4 == 0) && tcp_info(x, &t) &&
	    t.tcpi_last_data_recv + 50 < ago)
		x->mark = now - t.tcpi_last_data_recv * MS;
	if (x->mark != 0 && now > x->mark + m->header_ms * MS)
		too_late(x);
	else if (x->mark == 0 && is_over(x, now, m->idle_ms))
		conn_cut(x);
}

/* Does the client take what is sent? */
static void
look_write(struct http_exchange *x, uint64_t now, const struct http_limits *m)
{
	struct tcp_info t;
	uint64_t mark;
	int waiting = 0;

	if (tcp_info(x, &t))
		mark = t.tcpi_bytes_acked;
	else
		mark = ioctl(x->fd, SIOCOUTQ, &waiting) == 0 ? (uint64_t)waiting
							     : 0;
	if (mark != x->mark) {
		x->mark = mark;
		x->since = now;
	} else if (is_over(x, now, m->write_ms)) {
		conn_cut(x);
	}
}

static void
on_gone(void *arg, int events)
{
	struct http_exchange *x = arg;

	(void)events;
	if (!x->answered)
		exchange_gone(x);
}

/* Only now: most are answered before the first look. */
static void
look_wait(struct http_exchange *x)
{
	if (!x->answered && !x->watch)
		x->watch = loop_watch_start(
		    x->lane->loop, x->fd, LOOP_GONE, on_gone, x);
}

/* The server ends: is it of use any more? */
static bool
is_spent(const struct http_exchange *x, uint64_t now)
{
	int rest = 0;

	return x->phase == PHASE_IDLE && x->mark == 0 &&
	    (!x->fresh || is_over(x, now, 1000)) &&
	    ioctl(x->fd, FIONREAD, &rest) == 0 && rest == 0;
}

/* It sends, or should.  Looked at often while something may be under way, and
 * not so often when it is just kept. */
static bool
end_left(struct http_exchange *x, uint64_t now)
{
	uint64_t ago = (now - x->since) / MS;
	struct tcp_info t;

	if (x->doomed || x->phase > PHASE_BODY || ago < 100 ||
	    (ago > 2000 && x->lane->nticks % 4 != 0))
		return false;
	(void)tcp_info(x, &t);
	if (!is_left(x, &t))
		return false;
	conn_cut(x);
	return true;
}

static void
visit(struct http_exchange *x, uint64_t now)
{
	const struct http_limits *m = &x->lane->http->opt.limits;

	if (x->since == 0)
		x->since = now;
	if (end_left(x, now))
		return;
	switch (x->phase) {
	case PHASE_IDLE:
		if (x->doomed)
			break;
		if (atomic_load(&x->lane->http->closing) && is_spent(x, now))
			conn_cut(x);
		else
			look_idle(x, now, m);
		break;
	case PHASE_HEADER:
		if (!x->doomed && is_over(x, now, m->header_ms))
			too_late(x);
		break;
	case PHASE_BODY:
		if (!x->doomed && is_over(x, now, m->body_ms))
			too_late(x);
		break;
	case PHASE_WAIT:
		look_wait(x);
		break;
	case PHASE_WRITE:
		if (!x->doomed)
			look_write(x, now, m);
		break;
	case PHASE_SOCKET:
		if (x->socket)
			socket_sweep(x->socket, now);
		break;
	case PHASE_LINGER:
		if (now > x->since + LINGER_NS)
			conn_linger_end(x);
		break;
	}
}

static void
on_tick(void *arg)
{
	struct lane *l = arg;
	struct http_exchange *x, *next;
	uint64_t now = os_now_ns();

	loop_timer_end(&l->sweep);
	l->nticks++;
	for (x = l->list; x; x = next) {
		next = x->next;
		visit(x, now);
	}
	sweep_start(l);
}

void
sweep_start(struct lane *l)
{
	if (!l->sweep && l->list && !l->ended)
		l->sweep = loop_timer_start(l->loop, NULL, TICK_NS, on_tick, l);
}

void
sweep_end(struct lane *l)
{
	loop_timer_end(&l->sweep);
}

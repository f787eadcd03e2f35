/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: their making and ending. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "http/parts.h"
#include "os/os.h"

#define SPARE_MAX 256u
#define KEEP_BYTES (256u << 10) /* of a body's memory, for the next one */
#define LINGER_MAX 256u		/* on a lane */
#define LINGER_BYTES (4u << 20)

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 400, "Bad Request" },
	{ 408, "Request Timeout" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 417, "Expectation Failed" },
	{ 426, "Upgrade Required" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
conn_reason(int status)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Refused";
}

/* ---- who it is ---- */

static void
set_peer(struct http_exchange *x, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in6 *v6 = (const void *)sa;
	const struct sockaddr_in *v4 = (const void *)sa;
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	x->peer[0] = '\0';
	if (len >= sizeof(*v6) && sa->sa_family == AF_INET6) {
		x->address = v6->sin6_addr;
	} else if (len >= sizeof(*v4) && sa->sa_family == AF_INET) {
		memcpy(x->address.s6_addr, mapped, 12);
		memcpy(x->address.s6_addr + 12, &v4->sin_addr, 4);
	} else {
		x->is_unix = x->local = true;
		memcpy(x->peer, "unix", 5);
		return;
	}
	if (IN6_IS_ADDR_V4MAPPED(&x->address)) {
		x->local = x->address.s6_addr[12] == 127;
		(void)inet_ntop(
		    AF_INET, x->address.s6_addr + 12, x->peer, sizeof(x->peer));
		return;
	}
	x->local = IN6_IS_ADDR_LOOPBACK(&x->address);
	(void)inet_ntop(AF_INET6, &x->address, x->peer, sizeof(x->peer));
}

struct http_exchange *
conn_new(struct lane *l, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct http_exchange *x = l->spare;

	if (x) {
		l->spare = x->next;
		l->nspare--;
	} else {
		x = mem_take(sizeof(*x));
		x->body.max = l->http->opt.limits.body_bytes;
		x->target.max = SIZE_MAX / 2;
	}
	x->lane = l;
	x->fd = fd;
	x->phase = PHASE_IDLE;
	x->since = os_now_ns();
	x->fresh = true;
	set_peer(x, sa, len);
	x->next = l->list;
	x->at = &l->list;
	if (l->list)
		l->list->at = &x->next;
	l->list = x;
	sweep_start(l);
	return x;
}

void
conn_reset(struct http_exchange *x)
{
	if (x->body.cap > KEEP_BYTES)
		buf_free(&x->body);
	buf_clear(&x->body);
	buf_clear(&x->target);
	x->nfields = 0;
	x->method = x->host = (struct str){ NULL, 0 };
	x->length = 0;
	x->room = 0;
	x->expects = x->counted = x->told = x->over = false;
	x->answered = x->queued = false;
	x->data = NULL;
	x->status = 0;
	assert(!x->answer);
}

void
conn_free(struct http_exchange *x)
{
	struct lane *l = x->lane;
	struct http_exchange kept = { 0 };

	if (l->parsing == x)
		l->parsing = NULL;
	conn_reset(x);
	loop_watch_end(&x->watch);
	if (x->weight)
		address_leave(l->http, &x->address);
	atomic_fetch_sub(&l->open, 1);
	atomic_fetch_sub(&l->http->open, 1);
	*x->at = x->next;
	if (x->next)
		x->next->at = x->at;
	if (l->nspare >= SPARE_MAX) {
		buf_free(&x->body);
		buf_free(&x->target);
		mem_free(x->fields);
		mem_free(x);
		return;
	}
	kept.body = x->body;
	kept.target = x->target;
	kept.fields = x->fields;
	kept.cap = x->cap;
	kept.next = l->spare;
	*x = kept;
	l->spare = x;
	l->nspare++;
}

/* ---- ending ---- */

void
conn_cut(struct http_exchange *x)
{
	x->doomed = true;
	(void)shutdown(x->fd, SHUT_RDWR);
}

void
conn_refused(const struct http_exchange *x, int status)
{
	const struct http_options *o = &x->lane->http->opt;

	atomic_fetch_add(&x->lane->refused, 1);
	if (o->refused)
		o->refused(o->arg, http_peer(x), x->method, buf_str(&x->target),
		    status);
}

void
conn_say(int fd, int status)
{
	CLEANUP(buf_free) struct buf b = BUF(1024);
	const char *reason = conn_reason(status);

	buf_addf(&b,
	    "HTTP/1.1 %d %s\r\nConnection: close\r\n%s"
	    "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n",
	    status, reason, status == 503 ? "Retry-After: 1\r\n" : "",
	    strlen(reason) + 1, reason);
	/* A socket that takes nothing at once is not worth waiting for. */
	(void)!send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
conn_linger_end(struct http_exchange *x)
{
	int fd = x->fd;

	x->lane->nlinger--;
	loop_watch_end(&x->watch);
	conn_free(x);
	(void)close(fd);
}

static void
on_late(void *arg, int events)
{
	struct http_exchange *x = arg;
	char waste[16384];
	ssize_t n = recv(x->fd, waste, sizeof(waste), MSG_DONTWAIT);

	(void)events;
	if (n > 0)
		x->mark += (uint64_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    x->mark > LINGER_BYTES)
		conn_linger_end(x);
}

/* RFC 9112, 9.6. */
void
conn_linger(struct http_exchange *x, int fd)
{
	struct lane *l = x->lane;

	x->fd = fd;
	x->mc = NULL;
	x->phase = PHASE_LINGER;
	x->since = os_now_ns();
	x->mark = 0;
	l->nlinger++;
	(void)shutdown(fd, SHUT_WR);
	if (!l->ended && l->nlinger <= LINGER_MAX)
		x->watch = loop_watch_start(l->loop, fd, LOOP_READ, on_late, x);
	if (!x->watch)
		conn_linger_end(x);
}

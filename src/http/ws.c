/* SPDX-License-Identifier: Apache-2.0 */
/* Websockets: RFC 6455, by wslay. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "http/parts.h"
#include "http/ws_api.h"
#include "os/os.h"
#include "sign/sign.h"

#define WAITING_MAX (4u << 20)	/* bytes that the other side did not take */
#define TURN_BYTES (256u << 10) /* read, before others have their turn */
#define CLOSE_NS UINT64_C(5000000000)
#define MAGIC 0x77736f63u

struct http_socket {
	unsigned magic;
	const struct wslay *api;
	struct http_exchange *x;
	struct http_socket_calls calls;
	wslay_event_context_ptr ws;
	void *upgrade; /* the library's; NULL before the handshake */
	int fd;
	struct loop_watch *watch;
	struct loop_timer *later; /* to end it, when its caller has returned */
	struct buf extra;	  /* came with the handshake */
	size_t taken;		  /* of it */
	size_t budget;		  /* for this turn */
	uint64_t heard, sent;	  /* when, last */
	uint64_t closing;	  /* since; 0: not */
	bool busy;		  /* in a turn: its end looks at all */
	bool pinged, broken;
	bool lost; /* the connection itself */
};

/* ---- the handshake ---- */

static bool
is_key(struct str s)
{
	if (s.n != 24 || !str_ends(s, "=="))
		return false;
	for (size_t i = 0; i < 22; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '+' || c == '/'))
			return false;
	}
	return true;
}

static bool
asks(const struct http_exchange *x)
{
	return str_is(x->method, "GET") && x->length == 0 &&
	    strict_has_word(http_header(x, "Upgrade"), STR("websocket")) &&
	    strict_has_word(http_header(x, "Connection"), STR("upgrade"));
}

/* Given once, and one that could be. */
static bool
has_key(const struct http_exchange *x)
{
	struct http_field f;
	size_t n = 0;

	for (size_t i = 0; i < http_nheaders(x); i++) {
		http_header_at(x, i, &f);
		n += str_ieq(f.name, STR("Sec-WebSocket-Key"));
	}
	return n == 1 && is_key(http_header(x, "Sec-WebSocket-Key"));
}

bool
http_is_upgrade(const struct http_exchange *x)
{
	return asks(x) && strcmp(x->version, "HTTP/1.1") == 0 && has_key(x) &&
	    str_is(http_header(x, "Sec-WebSocket-Version"), "13");
}

static int
refuse(struct http_exchange *x)
{
	static const struct http_field version = {
		{ "Sec-WebSocket-Version", 21 }, { "13", 2 }
	};
	bool other =
	    !asks(x) || !str_is(http_header(x, "Sec-WebSocket-Version"), "13");
	struct http_answer a = { .status = other ? 426 : 400,
		.fields = &version,
		.nfields = 1,
		.body = STR("this is a websocket, of version 13\n") };

	http_answer(x, &a);
	return -1;
}

/* RFC 6455, 4.2.2. */
static void
accept_text(struct str key, struct buf *out)
{
	CLEANUP(buf_free) struct buf b = BUF(100);
	uint8_t sha[20];

	buf_add(&b, key);
	buf_add(&b, STR("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
	sign_sha1(buf_str(&b), sha);
	buf_add_base64(out, (struct str){ (const char *)sha, sizeof(sha) });
}

/* ---- wslay's calls ---- */

static ssize_t
failed(struct http_socket *s, bool again)
{
	s->api->set_error(
	    s->ws, again ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t
on_read(wslay_event_context_ptr ws, uint8_t *to, size_t n, int flags, void *arg)
{
	struct http_socket *s = arg;
	struct str left = str_from(buf_str(&s->extra), s->taken);
	ssize_t got;

	(void)ws;
	(void)flags;
	if (left.n > 0) {
		n = n < left.n ? n : left.n;
		memcpy(to, left.p, n);
		s->taken += n;
		return (ssize_t)n;
	}
	if (s->budget == 0)
		return failed(s, true);
	do
		got = recv(s->fd, to, n, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got <= 0) {
		s->lost = got == 0 || errno != EAGAIN;
		return failed(s, !s->lost);
	}
	s->budget -= (size_t)got < s->budget ? (size_t)got : s->budget;
	s->heard = os_now_ns();
	s->pinged = false;
	return got;
}

static ssize_t
on_write(wslay_event_context_ptr ws, const uint8_t *from, size_t n, int flags,
    void *arg)
{
	struct http_socket *s = arg;
	ssize_t put;

	(void)ws;
	do
		put = send(s->fd, from, n,
		    MSG_DONTWAIT | MSG_NOSIGNAL |
			(flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
	while (put < 0 && errno == EINTR);
	if (put <= 0)
		return failed(s, put < 0 && errno == EAGAIN);
	s->sent = os_now_ns();
	return put;
}

static void
on_message(wslay_event_context_ptr ws,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct http_socket *s = arg;
	struct str data = { (const char *)m->msg, m->msg_length };

	(void)ws;
	/* What comes after a close is nobody's. */
	if (wslay_is_ctrl_frame(m->opcode) || s->closing || s->broken)
		return;
	s->calls.message(s->calls.arg, s, m->opcode == WSLAY_TEXT_FRAME, data);
}

static struct http_socket *
make(struct http_exchange *x, const struct wslay *api,
    const struct http_socket_calls *calls)
{
	static const struct wslay_event_callbacks ours = {
		.recv_callback = on_read,
		.send_callback = on_write,
		.on_msg_recv_callback = on_message,
	};
	struct http_socket *s = mem_take(sizeof(*s));
	int rc = api->context_server_init(&s->ws, &ours, s);

	assert(rc == 0); /* only memory can be lacking */
	(void)rc;
	s->magic = MAGIC;
	s->api = api;
	s->x = x;
	s->calls = *calls;
	s->extra.max = x->lane->http->opt.limits.header_bytes * 4;
	s->fd = -1;
	api->config_set_max_recv_msg_length(
	    s->ws, x->lane->http->opt.limits.message_bytes);
	return s;
}

int
http_upgrade(struct http_exchange *x, const struct http_socket_calls *calls)
{
	CLEANUP(buf_free) struct buf accept = BUF(64);
	const struct wslay *api;
	struct err e = ERR;

	if (!http_is_upgrade(x))
		return refuse(x);
	if (wslay_open(&api, &e) < 0) {
		exchange_refuse(x, 501);
		return -1;
	}
	accept_text(http_header(x, "Sec-WebSocket-Key"), &accept);
	exchange_upgrade(x, make(x, api, calls), buf_cstr(&accept));
	return 0;
}

/* ---- turns ---- */

void
socket_end(struct http_socket *s)
{
	struct http_exchange *x = s->x;
	void *upgrade = s->upgrade;

	assert(s->magic == MAGIC);
	s->busy = true; /* what closed sends is for nobody */
	s->broken = true;
	s->calls.closed(s->calls.arg, s);
	loop_watch_end(&s->watch);
	loop_timer_end(&s->later);
	s->api->context_free(s->ws);
	buf_free(&s->extra);
	s->magic = 0;
	mem_free(s);
	x->socket = NULL;
	x->linger = true;
	if (upgrade)
		upgrade_end(x, upgrade);
}

static void
on_later(void *arg)
{
	socket_end(arg);
}

/* Over?  Its caller may still hold it. */
static void
end_later(struct http_socket *s)
{
	s->broken = true;
	if (!s->later && s->upgrade)
		s->later =
		    loop_timer_start(s->x->lane->loop, NULL, 0, on_later, s);
}

/* Send what waits, and say what to wait for.  False: it is over. */
static bool
settle(struct http_socket *s)
{
	bool in, out;

	if (s->broken || s->api->send(s->ws) != 0)
		return false;
	in = s->api->want_read(s->ws) != 0;
	out = s->api->want_write(s->ws) != 0;
	if (s->api->get_close_sent(s->ws) && !s->closing)
		s->closing = os_now_ns();
	if (!in && !out)
		return false;
	loop_watch_set(s->watch, (in ? LOOP_READ : 0) | (out ? LOOP_WRITE : 0));
	return true;
}

/* Frames that are none: wslay would close without a code. */
static void
blame(struct http_socket *s)
{
	static const char close_1002[] = "\x88\x02\x03\xea";

	(void)!send(s->fd, close_1002, sizeof(close_1002) - 1,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
turn(struct http_socket *s)
{
	bool quiet = !s->api->want_write(s->ws);

	s->busy = true;
	s->budget = TURN_BYTES;
	if (s->api->want_read(s->ws) && s->api->recv(s->ws) != 0) {
		if (quiet && !s->lost && !s->broken)
			blame(s);
		s->broken = true;
	}
	s->busy = false;
	if (!settle(s))
		socket_end(s);
}

static void
on_ready(void *arg, int events)
{
	(void)events;
	turn(arg);
}

void
socket_begin(struct http_socket *s, int fd, struct str extra, void *upgrade)
{
	int on = 1;

	assert(s->magic == MAGIC);
	s->fd = fd;
	s->upgrade = upgrade;
	s->heard = s->sent = os_now_ns();
	(void)setsockopt(s->x->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	buf_add(&s->extra, extra);
	s->watch =
	    loop_watch_start(s->x->lane->loop, fd, LOOP_READ, on_ready, s);
	if (!s->watch) {
		end_later(s);
		return;
	}
	s->busy = true;
	if (s->calls.opened)
		s->calls.opened(s->calls.arg, s);
	s->busy = false;
	/* We are called from within the library: what came along is read when
	 * the loop has its next turn, and the socket can be written by then. */
	if (!s->broken)
		loop_watch_set(s->watch, LOOP_READ | LOOP_WRITE);
}

bool
http_send(struct http_socket *s, bool text, struct str data)
{
	struct wslay_event_msg m = {
		.opcode = text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
		.msg = (const uint8_t *)(data.p ? data.p : ""),
		.msg_length = data.n,
	};

	assert(s->magic == MAGIC);
	if (s->broken || s->closing)
		return false;
	if (s->api->get_queued_msg_length(s->ws) + data.n > WAITING_MAX) {
		end_later(s);
		return false;
	}
	if (s->api->queue_msg(s->ws, &m) != 0)
		return false;
	if (!s->busy && !settle(s)) {
		end_later(s);
		return false;
	}
	return true;
}

void
http_socket_close(struct http_socket *s, uint16_t code)
{
	assert(s->magic == MAGIC);
	if (s->broken || s->closing)
		return;
	s->closing = os_now_ns();
	(void)s->api->queue_close(s->ws, code, NULL, 0);
	if (!s->busy && !settle(s))
		end_later(s);
}

struct loop *
http_socket_loop(const struct http_socket *s)
{
	return s->x->lane->loop;
}

/* ---- those that are stuck ---- */

void
socket_sweep(struct http_socket *s, uint64_t now)
{
	const struct http_limits *m = &s->x->lane->http->opt.limits;
	uint64_t idle = (uint64_t)m->idle_ms * 1000000;
	uint64_t write = (uint64_t)m->write_ms * 1000000;
	static const struct wslay_event_msg ping = { .opcode = WSLAY_PING };

	if (s->later)
		return;
	if ((s->closing && now > s->closing + CLOSE_NS) ||
	    (s->api->want_write(s->ws) && now > s->sent + write) ||
	    (s->pinged && now > s->heard + 2 * idle)) {
		socket_end(s);
		return;
	}
	if (s->pinged || s->closing || now < s->heard + idle)
		return;
	s->pinged = true;
	(void)s->api->queue_msg(s->ws, &ping);
	if (!settle(s))
		socket_end(s);
}

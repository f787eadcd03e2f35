/* SPDX-License-Identifier: Apache-2.0 */
/* Websockets: by frames as they are, and by a client of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "http/fixture.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define UPGRADE \
	"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" \
	"Connection: Upgrade\r\n"
#define HANDSHAKE \
	UPGRADE "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13" \
		"\r\n\r\n"

/* ---- a server that echoes ---- */

struct hall {
	struct crew *crew;
	struct http *h;
	uint16_t port;
	_Atomic unsigned opened, closed, messages, full, refused;
	char dir[40];
};

static void
on_opened(void *arg, struct http_socket *s)
{
	struct hall *h = arg;

	(void)s;
	atomic_fetch_add(&h->opened, 1);
}

/* "flood": more than a client that reads nothing can take. */
static void
flood(struct hall *h, struct http_socket *s)
{
	static char much[65536];

	for (int i = 0; i < 4096; i++) {
		if (http_send(s, false, (struct str){ much, sizeof(much) }))
			continue;
		atomic_fetch_add(&h->full, 1);
		return;
	}
}

static void
on_message(void *arg, struct http_socket *s, bool text, struct str data)
{
	struct hall *h = arg;

	atomic_fetch_add(&h->messages, 1);
	assert_non_null(http_socket_loop(s));
	if (str_is(data, "bye"))
		http_socket_close(s, 1000);
	else if (str_is(data, "flood"))
		flood(h, s);
	else
		(void)http_send(s, text, data);
}

static void
on_closed(void *arg, struct http_socket *s)
{
	struct hall *h = arg;

	/* As nothing: it is closed. */
	(void)http_send(s, true, STR("too late"));
	atomic_fetch_add(&h->closed, 1);
}

struct late {
	struct hall *hall;
	struct http_exchange *x;
	struct loop_timer *timer;
};

static void
accept_now(struct hall *h, struct http_exchange *x)
{
	const struct http_socket_calls calls = { .arg = h,
		.message = on_message,
		.closed = on_closed,
		.opened = on_opened };

	if (http_upgrade(x, &calls) < 0)
		atomic_fetch_add(&h->refused, 1);
}

static void
on_late(void *arg)
{
	struct late *l = arg;

	loop_timer_end(&l->timer);
	accept_now(l->hall, l->x);
	mem_free(l);
}

static void
on_request(void *arg, struct http_exchange *x)
{
	const struct http_answer a = { .status = 200, .body = STR("hello") };
	struct late *l;

	if (str_is(http_target(x), "/late")) {
		l = mem_take(sizeof(*l));
		*l = (struct late){ arg, x, NULL };
		l->timer =
		    loop_timer_start(http_loop(x), NULL, 5000000, on_late, l);
	} else if (str_starts(http_target(x), "/ws")) {
		accept_now(arg, x);
	} else {
		http_answer(x, &a);
	}
}

static void
on_gone(void *arg, struct http_exchange *x)
{
	(void)arg;
	(void)x;
}

/* ---- frames ---- */

/* One from a client, masked. */
static void
add_frame(struct buf *b, unsigned first, struct str data)
{
	static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };

	buf_addc(b, (char)first);
	if (data.n < 126) {
		buf_addc(b, (char)(0x80 | data.n));
	} else if (data.n < 65536) {
		buf_addc(b, (char)(0x80 | 126));
		buf_addc(b, (char)(data.n >> 8));
		buf_addc(b, (char)data.n);
	} else {
		buf_addc(b, (char)(0x80 | 127));
		for (int i = 7; i >= 0; i--)
			buf_addc(b, (char)((uint64_t)data.n >> (8 * i)));
	}
	buf_add(b, (struct str){ (const char *)mask, 4 });
	for (size_t i = 0; i < data.n; i++)
		buf_addc(b, (char)((uint8_t)data.p[i] ^ mask[i % 4]));
}

static void
send_frame(int fd, unsigned first, struct str data)
{
	CLEANUP(buf_free) struct buf b = BUF(16u << 20);

	add_frame(&b, first, data);
	assert_true(say(fd, buf_str(&b)));
}

static bool
hear_bytes(int fd, char *to, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (n > 0) {
		ssize_t k;

		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return false;
		k = recv(fd, to, n, 0);
		if (k <= 0)
			return false;
		to += k;
		n -= (size_t)k;
	}
	return true;
}

/* The next frame of the server; its first byte, or -1. */
static int
hear_frame(int fd, struct buf *data)
{
	char head[10];
	uint64_t n;

	buf_clear(data);
	if (!hear_bytes(fd, head, 2))
		return -1;
	assert_false(head[1] & 0x80); /* a server does not mask */
	n = (uint8_t)head[1];
	if (n >= 126) {
		int more = n == 126 ? 2 : 8;

		assert_true(hear_bytes(fd, head + 2, (size_t)more));
		n = 0;
		for (int i = 0; i < more; i++)
			n = n << 8 | (uint8_t)head[2 + i];
	}
	for (; n > 0; n--) {
		char c;

		assert_true(hear_bytes(fd, &c, 1));
		buf_addc(data, c);
	}
	return (uint8_t)head[0];
}

static int
join(struct hall *h)
{
	char answer[129] = "", want[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
	size_t n = 0;
	int fd = dial(h->port);

	assert_true(say(fd, STR(HANDSHAKE)));
	while (n < 4 || memcmp(answer + n - 4, "\r\n\r\n", 4) != 0) {
		if (n == sizeof(answer) - 1) {
			memmove(answer, answer + 1, --n);
			assert_true(n > 0);
		}
		assert_true(hear_bytes(fd, answer + n, 1));
		n++;
	}
	/* The key and its answer of RFC 6455, 1.3. */
	assert_non_null(memmem(answer, n, want, sizeof(want) - 1));
	return fd;
}

/* A close frame with that code (0: or none) comes, then the end. */
static void
assert_ends(int fd, unsigned code)
{
	CLEANUP(buf_free) struct buf b = BUF(16u << 20);
	int first;

	do
		first = hear_frame(fd, &b);
	while (
	    first == 0x81 || first == 0x82 || first == 0x89 || first == 0x8a);
	assert_int_equal(first, 0x88);
	assert_true(b.n >= 2 || code == 0);
	if (code > 0)
		assert_int_equal((uint8_t)b.p[0] << 8 | (uint8_t)b.p[1], code);
	send_frame(fd, 0x88, buf_str(&b));
	buf_clear(&b);
	assert_true(hear_all(fd, &b));
	(void)close(fd);
}

/* ---- the handshake ---- */

static void
test_only_a_well_formed_handshake_is_taken(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "GET /ws HTTP/1.1\r\nHost: a\r\n", 426 },
		{ UPGRADE "Sec-WebSocket-Key: " KEY "\r\n", 426 },
		{ UPGRADE "Sec-WebSocket-Key: " KEY
			  "\r\nSec-WebSocket-Version: 8\r\n",
		    426 },
		{ UPGRADE "Sec-WebSocket-Version: 13\r\n", 400 },
		{ UPGRADE "Sec-WebSocket-Key: short\r\n"
			  "Sec-WebSocket-Version: 13\r\n",
		    400 },
		{ UPGRADE "Sec-WebSocket-Key: ??hlIHNhbXBsZSBub25jZQ==\r\n"
			  "Sec-WebSocket-Version: 13\r\n",
		    400 },
		{ "POST /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY
		  "\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n",
		    426 },
		{ "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: nonsense\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY
		  "\r\nSec-WebSocket-Version: 13\r\n",
		    426 },
		{ "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
		  "Connection: close\r\nSec-WebSocket-Key: " KEY
		  "\r\nSec-WebSocket-Version: 13\r\n",
		    426 },
	};
	struct hall *h = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(65536);
		int fd = dial(h->port);

		buf_addf(&b, "%s\r\n", cases[i].text);
		assert_true(say(fd, buf_str(&b)));
		buf_clear(&b);
		assert_true(hear_for(fd, &b, "\r\n\r\n"));
		if (status_of(&b) != cases[i].status)
			fail_msg("%s: %s", cases[i].text, buf_cstr(&b));
		assert_true(holds(&b, "Sec-WebSocket-Version: 13\r\n"));
		(void)close(fd);
	}
	assert_healthy(h->port);
}

static void
test_it_may_be_accepted_later(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);
	struct hall *h = *state;
	unsigned before = atomic_load(&h->opened);
	int fd = dial(h->port);

	assert_true(say(fd,
	    STR("GET /late HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n"
		"Connection: keep-alive, upgrade\r\n"
		"Sec-WebSocket-Key: " KEY "\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n")));
	assert_true(hear_for(fd, &b, "\r\n\r\n"));
	assert_true(holds(&b, "HTTP/1.1 101 "));
	send_frame(fd, 0x81, STR("x"));
	assert_int_equal(hear_frame(fd, &b), 0x81);
	assert_int_equal(atomic_load(&h->opened), before + 1);
	(void)close(fd);
}

static void
test_frames_that_come_with_the_handshake_are_read(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);
	struct hall *h = *state;
	int fd = dial(h->port);

	buf_add(&b, STR(HANDSHAKE));
	add_frame(&b, 0x81, STR("one"));
	add_frame(&b, 0x82, STR("two"));
	assert_true(say(fd, buf_str(&b)));
	buf_clear(&b);
	assert_true(hear_for(fd, &b, "two"));
	assert_true(holds(&b, "\x81\x03one\x82\x03two"));
	(void)close(fd);
}

/* ---- messages ---- */

static void
test_messages_of_any_size_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 127, 65535, 65536,
		200000 };
	CLEANUP(buf_free) struct buf b = BUF(16u << 20), got = BUF(16u << 20);
	struct hall *h = *state;
	int fd = join(h);

	for (size_t i = 0; i < COUNT(sizes); i++) {
		buf_clear(&b);
		for (size_t k = 0; k < sizes[i]; k++)
			buf_addc(&b, (char)('a' + k % 26));
		send_frame(fd, i % 2 ? 0x81 : 0x82, buf_str(&b));
		assert_int_equal(hear_frame(fd, &got), i % 2 ? 0x81 : 0x82);
		assert_true(str_eq(buf_str(&got), buf_str(&b)));
	}
	(void)close(fd);
}

static void
test_a_fragmented_message_is_one_and_pings_may_come_between(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);
	struct hall *h = *state;
	int fd = join(h);

	send_frame(fd, 0x01, STR("h\xc3"));
	send_frame(fd, 0x89, STR("ping"));
	send_frame(fd, 0x00, STR("\xa4l"));
	send_frame(fd, 0x80, STR("lo"));
	assert_int_equal(hear_frame(fd, &b), 0x8a);
	assert_true(str_is(buf_str(&b), "ping"));
	assert_int_equal(hear_frame(fd, &b), 0x81);
	assert_true(str_is(buf_str(&b), "h\xc3\xa4llo"));
	(void)close(fd);
}

static void
test_bytes_that_come_one_by_one_are_the_same(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);
	struct hall *h = *state;
	int fd = join(h), on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
	add_frame(&b, 0x01, STR("hel"));
	add_frame(&b, 0x80, STR("lo"));
	for (size_t i = 0; i < b.n; i++)
		assert_true(say(fd, (struct str){ b.p + i, 1 }));
	assert_int_equal(hear_frame(fd, &b), 0x81);
	assert_true(str_is(buf_str(&b), "hello"));
	(void)close(fd);
}

static void
test_the_server_can_close(void **state)
{
	struct hall *h = *state;
	unsigned before = atomic_load(&h->closed);
	int fd = join(h);

	send_frame(fd, 0x81, STR("bye"));
	assert_ends(fd, 1000);
	await(&h->closed, before + 1);
}

static void
test_the_client_can_close(void **state)
{
	struct hall *h = *state;
	unsigned before = atomic_load(&h->closed);
	int fd = join(h);

	send_frame(fd, 0x88, STR("\x03\xe9"));
	assert_ends(fd, 1001);
	await(&h->closed, before + 1);
}

/* ---- what is wrong ---- */

static void
test_frames_that_are_wrong_end_it(void **state)
{
	static const struct {
		const char *name;
		struct {
			const char *p;
			size_t n;
		} bytes;
		unsigned code;
	} cases[] = {
#define B(text) { text, sizeof(text) - 1 }
		{ "not masked", B("\x81\x02hi"), 1002 },
		{ "continues nothing", B("\x80\x81\0\0\0\0x"), 1002 },
		{ "begins within another",
		    B("\x01\x81\0\0\0\0x\x81\x81\0\0\0\0y"), 1002 },
		{ "reserved bit", B("\xc1\x81\0\0\0\0x"), 1002 },
		{ "unknown opcode", B("\x83\x81\0\0\0\0x"), 1002 },
		{ "unknown control", B("\x8b\x81\0\0\0\0x"), 1002 },
		{ "ping in pieces", B("\x09\x81\0\0\0\0x"), 1002 },
		{ "ping too long", B("\x89\xfe\0\x7e\0\0\0\0"), 1002 },
		{ "length not the shortest", B("\x81\xfe\0\x01\0\0\0\0x"),
		    1002 },
		{ "close of one byte", B("\x88\x81\0\0\0\0x"), 0 },
		{ "close with no code of a close",
		    B("\x88\x82\0\0\0\0\x03\xed"), 1002 },
		{ "bad utf-8", B("\x81\x82\0\0\0\0\xc3\x28"), 1007 },
		{ "half a character", B("\x81\x81\0\0\0\0\xc3"), 1007 },
		{ "surrogate", B("\x81\x83\0\0\0\0\xed\xa0\x80"), 1007 },
		{ "too long", B("\x82\xff\0\0\0\0\0\x10\0\x01\0\0\0\0x"),
		    1009 },
		{ "longer than can be",
		    B("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0x"),
		    1009 },
#undef B
	};
	struct hall *h = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned before = atomic_load(&h->closed);
		int fd = join(h);

		print_message("	%s\n", cases[i].name);
		assert_true(say(
		    fd, (struct str){ cases[i].bytes.p, cases[i].bytes.n }));
		assert_ends(fd, cases[i].code);
		await(&h->closed, before + 1);
	}
	assert_healthy(h->port);
}

static void
test_fragments_over_the_limit_end_it(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct hall *h = *state;
	int fd = join(h);

	for (int i = 0; i < 300000; i++)
		buf_addc(&b, 'x');
	send_frame(fd, 0x01, buf_str(&b));
	for (int i = 0; i < 3; i++)
		send_frame(fd, 0x00, buf_str(&b));
	assert_ends(fd, 1009);
	assert_healthy(h->port);
}

static void
test_who_reads_nothing_is_closed(void **state)
{
	struct hall *h = *state;
	unsigned before = atomic_load(&h->closed), full = atomic_load(&h->full);
	int fd = join(h);

	send_frame(fd, 0x81, STR("flood"));
	await(&h->full, full + 1);
	await(&h->closed, before + 1);
	(void)close(fd);
	assert_healthy(h->port);
}

static void
test_who_vanishes_is_told(void **state)
{
	struct hall *h = *state;

	for (int how = 0; how < 3; how++) {
		unsigned before = atomic_load(&h->closed);
		struct linger hard = { 1, 0 };
		int fd = join(h);

		if (how == 0)
			(void)setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		if (how == 1) /* within a frame */
			assert_true(say(fd, STR("\x81\x85")));
		(void)close(fd);
		await(&h->closed, before + 1);
	}
	assert_healthy(h->port);
}

/* ---- others' client ---- */

static const char client[] =
    "import asyncio, ssl, sys, websockets\n"
    "async def main(url):\n"
    "    tls = None\n"
    "    if url.startswith('wss'):\n"
    "        tls = ssl.create_default_context(cafile='cert.pem')\n"
    "    async with websockets.connect(url, ssl=tls, max_size=2**24) as ws:\n"
    "        for m in ('hi', 'h\\u00e4llo', b'\\0\\1', 'x' * 70000, ''):\n"
    "            await ws.send(m)\n"
    "            assert await ws.recv() == m\n"
    "        await ws.send(['fr', 'ag', 'ments'])\n"
    "        assert await ws.recv() == 'fragments'\n"
    "        await (await ws.ping())\n"
    "        for i in range(300):\n"
    "            await ws.send(str(i))\n"
    "        for i in range(300):\n"
    "            assert await ws.recv() == str(i)\n"
    "        await ws.send('bye')\n"
    "        await ws.wait_closed()\n"
    "        assert ws.close_code == 1000, ws.close_code\n"
    "    try:\n"
    "        async with websockets.connect(url, ssl=tls) as ws:\n"
    "            await ws.send('x' * (2**20 + 1))\n"
    "            await ws.recv()\n"
    "    except websockets.ConnectionClosed as e:\n"
    "        assert e.rcvd.code == 1009, e\n"
    "asyncio.run(main(sys.argv[1]))\n"
    "print('fine')\n";

static int
run(struct hall *h, const char *text, struct buf *out)
{
	const char *argv[] = { "/bin/sh", "-c", text, NULL };
	struct os_spawn how = {
		.argv = argv, .cwd = h->dir, .out = out, .timeout_ms = 60000
	};
	struct os_exit ex = { 0 };
	struct err e = ERR;

	buf_clear(out);
	assert_int_equal(os_run(&how, &ex, &e), 0);
	return ex.code;
}

static void
converse(struct hall *h, const char *scheme, uint16_t port)
{
	CLEANUP(buf_free) struct buf out = BUF(65536), cmd = BUF(8192);
	struct err e = ERR;
	char path[80];

	if (run(h, "/usr/bin/python3 -c 'import websockets'", &out) != 0)
		skip();
	(void)snprintf(path, sizeof(path), "%s/client.py", h->dir);
	assert_int_equal(os_remake(path, str_of(client), 0600, &e), 0);
	buf_addf(&cmd, "/usr/bin/python3 client.py %s://localhost:%u/ws",
	    scheme, port);
	if (run(h, buf_cstr(&cmd), &out) != 0 || !holds(&out, "fine"))
		fail_msg("%s", buf_cstr(&out));
}

static void
test_a_client_of_others_works(void **state)
{
	struct hall *h = *state;

	converse(h, "ws", h->port);
}

static void
test_a_client_of_others_works_within_tls(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(65536);
	struct hall *h = *state;
	char cert[80], key[80];
	struct http_tls tls = { cert, key };
	struct err e = ERR;
	uint16_t port;

	assert_int_equal(run(h,
			     "openssl req -x509 -newkey ec -pkeyopt "
			     "ec_paramgen_curve:P-256 -nodes -keyout key.pem "
			     "-out cert.pem -days 2 -subj /CN=localhost "
			     "-addext subjectAltName=DNS:localhost",
			     &out),
	    0);
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", h->dir);
	(void)snprintf(key, sizeof(key), "%s/key.pem", h->dir);
	assert_int_equal(http_listen(h->h, "127.0.0.1", 0, &tls, &port, &e), 0);
	converse(h, "wss", port);
}

/* ---- the end ---- */

static int tear_down(void **state);
static int set_up(void **state);

static void
test_the_end_of_the_server_closes_all(void **state)
{
	struct hall *other;
	void *mine;
	int fds[5];

	(void)state;
	assert_int_equal(set_up(&mine), 0);
	other = mine;
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = join(other);
	assert_int_equal(http_busy(other->h), COUNT(fds));
	http_free(&other->h);
	assert_int_equal(atomic_load(&other->closed), COUNT(fds));
	for (size_t i = 0; i < COUNT(fds); i++)
		(void)close(fds[i]);
	assert_int_equal(tear_down(&mine), 0);
}

static int
set_up(void **state)
{
	struct http_options o = { .request = on_request, .gone = on_gone };
	struct hall *h = mem_take(sizeof(*h));
	struct err e = ERR;

	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/http-ws-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	assert_int_equal(crew_new(&h->crew, 2, &e), 0);
	o.crew = h->crew;
	o.arg = h;
	assert_int_equal(http_new(&h->h, &o, &e), 0);
	assert_int_equal(
	    http_listen(h->h, "127.0.0.1", 0, NULL, &h->port, &e), 0);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct hall *h = *state;
	struct err e = ERR;
	int rc;

	http_free(&h->h);
	crew_free(&h->crew);
	rc = os_remove_tree(h->dir, &e);
	if (atomic_load(&h->opened) != atomic_load(&h->closed))
		rc = -1;
	mem_free(h);
	return rc;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_a_well_formed_handshake_is_taken),
		cmocka_unit_test(test_it_may_be_accepted_later),
		cmocka_unit_test(
		    test_frames_that_come_with_the_handshake_are_read),
		cmocka_unit_test(test_messages_of_any_size_come_back),
		cmocka_unit_test(
		    test_a_fragmented_message_is_one_and_pings_may_come_between),
		cmocka_unit_test(test_bytes_that_come_one_by_one_are_the_same),
		cmocka_unit_test(test_the_server_can_close),
		cmocka_unit_test(test_the_client_can_close),
		cmocka_unit_test(test_frames_that_are_wrong_end_it),
		cmocka_unit_test(test_fragments_over_the_limit_end_it),
		cmocka_unit_test(test_who_reads_nothing_is_closed),
		cmocka_unit_test(test_who_vanishes_is_told),
		cmocka_unit_test(test_a_client_of_others_works),
		cmocka_unit_test(test_a_client_of_others_works_within_tls),
		cmocka_unit_test(test_the_end_of_the_server_closes_all),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Time limits, counts, addresses, and the end of a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "http/fixture.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"

static const struct http_limits hasty = { .header_ms = 400,
	.body_ms = 400,
	.idle_ms = 600,
	.write_ms = 700,
	.body_bytes = 1u << 20 };

/* ---- time ---- */

/* Say text, one byte each 20 ms, until the server has had enough. */
static int
drip(int fd, const char *text, struct buf *out)
{
	for (size_t i = 0; i < strlen(text); i++) {
		if (!say(fd, (struct str){ text + i, 1 }))
			break;
		(void)hear(fd, out, 20);
		if (out->n > 0)
			break;
	}
	assert_true(hear_all(fd, out));
	return status_of(out);
}

static const char long_header[] = GET
    "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static void
test_who_says_nothing_is_closed(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site *s = *state;
	int fd = dial(s->port);

	assert_true(hear_all(fd, &b));
	(void)close(fd);
	assert_int_equal(b.n, 0);
}

static void
test_f46_slow_header(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site *s = *state;
	int fd = dial(s->port);

	assert_int_equal(drip(fd, long_header, &b), 408);
	(void)close(fd);
	assert_int_equal(atomic_load(&s->refused), 408);
	assert_healthy(s->port);
}

static void
test_a_slow_header_on_a_kept_connection_is_no_better(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site *s = *state;
	int fd = dial(s->port);

	assert_true(say(fd, STR(GET "\r\n")));
	assert_true(hear_for(fd, &b, "hello"));
	buf_clear(&b);
	(void)usleep(200000);
	assert_int_equal(drip(fd, long_header, &b), 408);
	(void)close(fd);
}

static void
test_a_slow_body_is_408(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site *s = *state;
	int fd = dial(s->port);

	assert_true(say(fd,
	    STR("POST /echo HTTP/1.1\r\nHost: a\r\n"
		"Content-Length: 1000\r\n\r\n")));
	assert_int_equal(drip(fd, long_header, &b), 408);
	(void)close(fd);
	assert_healthy(s->port);
}

static void
test_an_idle_connection_is_closed_without_a_word(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site *s = *state;
	int fd = dial(s->port);

	assert_true(say(fd, STR(GET "\r\n")));
	assert_true(hear_for(fd, &b, "hello"));
	buf_clear(&b);
	assert_true(hear_all(fd, &b));
	assert_int_equal(b.n, 0);
	(void)close(fd);
}

static void
test_f48_slow_read(void **state)
{
	struct site *s = *state;
	unsigned before = atomic_load(&s->ended);
	int fd = dial(s->port);

	assert_true(say(fd,
	    STR("GET /bytes/8388608 HTTP/1.1\r\nHost: a\r\n"
		"\r\n")));
	await(&s->ended, before + 1);
	(void)close(fd);
	assert_healthy(s->port);
}

static void
test_who_waits_for_us_is_not_hurried(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site *s = *state;

	assert_int_equal(one_shot(s->port,
			     STR("GET /slow HTTP/1.1\r\nHost: a\r\n"
				 "Connection: close\r\n\r\n"),
			     &b),
	    200);
	assert_true(holds(&b, "late"));
}

static int
set_up_hasty(void **state)
{
	static struct site s;

	site_open(&s, 1, &hasty);
	site_listen(&s);
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	site_close(*state);
	return 0;
}

/* ---- counts ---- */

static void
fill(const struct http_limits *limits, unsigned n)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site s;
	int fds[8];

	site_open(&s, 2, limits);
	site_listen(&s);
	for (unsigned i = 0; i < n; i++) {
		buf_clear(&b);
		fds[i] = dial(s.port);
		assert_true(say(fds[i], STR(GET "\r\n")));
		assert_true(hear_for(fds[i], &b, "hello"));
	}
	assert_int_equal(one_shot(s.port, STR(GET "\r\n"), &b), 503);
	assert_true(holds(&b, "Retry-After: "));
	assert_int_equal(atomic_load(&s.refused), 503);
	/* Those that are in are served. */
	buf_clear(&b);
	assert_true(say(fds[0], STR(GET "Connection: close\r\n\r\n")));
	assert_true(hear_all(fds[0], &b));
	assert_int_equal(status_of(&b), 200);
	/* And one that left makes room, once the one that was refused has
	 * gone, too. */
	for (int i = 0; i < 100; i++) {
		if (one_shot(s.port, STR(GET "Connection: close\r\n\r\n"),
			&b) == 200)
			break;
		(void)usleep(20000);
	}
	assert_int_equal(status_of(&b), 200);
	for (unsigned i = 0; i < n; i++)
		(void)close(fds[i]);
	site_close(&s);
}

static void
test_a_connection_too_many_gets_503_and_when_to_come_again(void **state)
{
	static const struct http_limits few = { .connections = 4 };

	(void)state;
	fill(&few, 4);
}

static void
test_an_address_has_its_share(void **state)
{
	static const struct http_limits few = { .per_address = 3 };

	(void)state;
	fill(&few, 3);
}

static void
test_connections_are_spread_evenly(void **state)
{
	struct site s;
	struct http_counts c;
	int fds[40];

	(void)state;
	site_open(&s, 4, NULL);
	site_listen(&s);
	for (size_t i = 0; i < COUNT(fds); i++) {
		CLEANUP(buf_free) struct buf b = BUF(4096);

		fds[i] = dial(s.port);
		assert_true(say(fds[i], STR(GET "\r\n")));
		assert_true(hear_for(fds[i], &b, "hello"));
	}
	http_count(s.h, &c);
	assert_int_equal(c.open, COUNT(fds));
	assert_int_equal(c.accepted, COUNT(fds));
	assert_int_equal(c.requests, COUNT(fds));
	for (size_t i = 0; i < COUNT(fds); i++)
		(void)close(fds[i]);
	site_close(&s);
}

/* The kernel takes connections for us; those that found no descriptor are
 * served when there is one. */
static void
test_without_descriptors_others_go_on(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct rlimit old, none;
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct site s;
	int in, waits;

	(void)state;
	site_open(&s, 1, NULL);
	site_listen(&s);
	in = dial(s.port);
	assert_true(say(in, STR(GET "\r\n")));
	assert_true(hear_for(in, &b, "hello"));
	waits = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_port = htons(s.port);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 3; /* what is open stays so */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(connect(waits, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(say(waits, STR(GET "\r\n")));
	for (int i = 0; i < 3; i++) {
		buf_clear(&b);
		assert_true(say(in, STR(GET "\r\n")));
		assert_true(hear_for(in, &b, "hello"));
	}
	buf_clear(&b);
	assert_false(hear(waits, &b, 300));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(hear_for(waits, &b, "hello"));
	(void)close(in);
	(void)close(waits);
	site_close(&s);
}

#define SLOW 10000

/* From several addresses: each has 28,000 ports for all tests together. */
static int
dial_slow(uint16_t port, unsigned i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i % 16) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	return fd;
}

/* All of them, in a process of their own: each end has its descriptors.  Ready
 * is a byte to fd, and the exit code says whether the server ended them all. */
static void
be_slow(uint16_t port, int ready)
{
	static int fds[SLOW];
	struct pollfd p = { .events = POLLIN };
	char c[512];

	for (unsigned i = 0; i < SLOW; i++) {
		fds[i] = dial_slow(port, i);
		if (fds[i] < 0 || !say(fds[i], STR("GET / HTTP/1.1\r\nHo")))
			_exit(1);
	}
	if (write(ready, "r", 1) != 1)
		_exit(2);
	for (unsigned i = 0; i < SLOW; i++) {
		ssize_t n = 1;

		p.fd = fds[i];
		while (n > 0 && poll(&p, 1, 30000) > 0)
			n = recv(fds[i], c, sizeof(c), 0);
		if (n > 0)
			_exit(3);
	}
	_exit(0);
}

static void
test_ten_thousand_slow_clients_keep_nobody_out(void **state)
{
	static const struct http_limits limits = { .connections = SLOW + 100,
		.header_ms = 4000 };
	struct rlimit old, many;
	struct http_counts c;
	struct site s;
	int ends[2], status;
	char ready;
	pid_t pid;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	many = old;
	many.rlim_cur = SLOW + 500;
	if (old.rlim_max < many.rlim_cur || setrlimit(RLIMIT_NOFILE, &many) < 0)
		skip();
	site_open(&s, 2, &limits);
	site_listen(&s);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		be_slow(s.port, ends[1]);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &ready, 1), 1);
	for (int i = 0; i < 10; i++)
		assert_healthy(s.port);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_healthy(s.port);
	http_count(s.h, &c);
	assert_true(c.accepted >= SLOW);
	(void)close(ends[0]);
	site_close(&s);
	(void)setrlimit(RLIMIT_NOFILE, &old);
}

/* ---- addresses ---- */

static void
test_all_addresses_are_ipv6_and_ipv4(void **state)
{
	struct site s;
	struct err e = ERR;

	(void)state;
	site_open(&s, 1, NULL);
	assert_int_equal(http_listen(s.h, NULL, 0, NULL, &s.port, &e), 0);
	assert_true(s.port > 0);
	assert_healthy(s.port);
	site_close(&s);
}

static void
test_a_port_that_is_taken_names_who_has_it(void **state)
{
	struct site s;
	struct err e = ERR;
	uint16_t port;
	char pid[32];

	(void)state;
	site_open(&s, 1, NULL);
	site_listen(&s);
	assert_int_equal(
	    http_listen(s.h, "127.0.0.1", s.port, NULL, &port, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "cannot listen on port"));
	assert_non_null(strstr(e.text, "Address already in use"));
	(void)snprintf(pid, sizeof(pid), "(process %d)", (int)getpid());
	assert_non_null(strstr(e.hint, pid));
	assert_non_null(strstr(e.hint, "'limits_test'"));
	assert_healthy(s.port);
	site_close(&s);
}

static void
test_an_address_that_is_not_ours_is_an_error(void **state)
{
	static const char *const hosts[] = { "192.0.2.1", "no.such.invalid",
		"300.1.1.1", "unix:", "unix:/no/such/folder/x" };
	struct site s;
	uint16_t port;

	(void)state;
	site_open(&s, 1, NULL);
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct err e = ERR;

		assert_int_equal(
		    http_listen(s.h, hosts[i], 0, NULL, &port, &e), -1);
		assert_true(strstr(e.text, "cannot listen") ||
		    strstr(e.text, "path of a socket"));
	}
	site_close(&s);
}

static void
test_a_port_that_is_not_permitted_says_what_would_be(void **state)
{
	struct site s;
	struct err e = ERR;
	uint16_t port;
	int rc;

	(void)state;
	site_open(&s, 1, NULL);
	if (geteuid() == 0 && seteuid(65534) < 0)
		skip();
	rc = http_listen(s.h, "127.0.0.1", 81, NULL, &port, &e);
	if (geteuid() == 65534)
		assert_int_equal(seteuid(0), 0);
	if (rc < 0) {
		assert_int_equal(e.kind, ERR_SYSTEM);
		assert_non_null(strstr(e.hint, "8080"));
	}
	site_close(&s);
	if (rc == 0) /* the machine lets anyone */
		skip();
}

static void
test_a_socket_in_the_file_system(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/http-XXXXXX", host[120];
	struct site s, other;
	struct stat st;
	struct err e = ERR;
	uint16_t port;
	int fd, dead;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", dir);
	(void)snprintf(host, sizeof(host), "unix:%s/s", dir);
	/* One that is left over. */
	dead = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(dead, (struct sockaddr *)&a, sizeof(a)), 0);
	(void)close(dead);
	site_open(&s, 2, NULL);
	assert_int_equal(http_listen(s.h, host, 0, NULL, &port, &e), 0);
	assert_int_equal(lstat(a.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	for (int i = 0; i < 3; i++) {
		buf_clear(&b);
		assert_true(say(fd,
		    STR("GET /later HTTP/1.1\r\n"
			"Host: a\r\n\r\n")));
		assert_true(hear_for(fd, &b, "late"));
	}
	(void)close(fd);
	/* Another server does not take it away. */
	site_open(&other, 1, NULL);
	assert_int_equal(http_listen(other.h, host, 0, NULL, &port, &e), -1);
	assert_non_null(strstr(e.text, "Address already in use"));
	site_close(&other);
	assert_int_equal(lstat(a.sun_path, &st), 0);
	site_close(&s);
	assert_int_equal(lstat(a.sun_path, &st), -1);
	assert_int_equal(rmdir(dir), 0);
}

/* ---- the end ---- */

static void
test_closing_lets_finish_what_runs(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct site s;
	int idle, busy;

	(void)state;
	site_open(&s, 2, NULL);
	site_listen(&s);
	idle = dial(s.port);
	assert_true(say(idle, STR(GET "\r\n")));
	assert_true(hear_for(idle, &b, "hello"));
	busy = dial(s.port);
	assert_true(say(busy, STR("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")));
	await(&s.requests, 2);
	assert_int_equal(http_busy(s.h), 1);
	http_close(s.h);
	buf_clear(&b);
	assert_true(hear_all(idle, &b));
	assert_int_equal(b.n, 0);
	assert_true(hear_all(busy, &b));
	assert_true(holds(&b, "Connection: close\r\n"));
	assert_true(holds(&b, "late"));
	assert_int_equal(dial(s.port), -1);
	(void)close(idle);
	(void)close(busy);
	for (int i = 0; i < 1000 && http_busy(s.h) > 0; i++)
		(void)usleep(1000);
	assert_int_equal(http_busy(s.h), 0);
	site_close(&s);
}

static void
test_freeing_tells_who_waits(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(16u << 20);
	struct site s;
	int fds[3];

	(void)state;
	site_open(&s, 2, NULL);
	site_listen(&s);
	fds[0] = dial(s.port);
	assert_true(say(fds[0], STR("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")));
	fds[1] = dial(s.port);
	assert_true(say(fds[1],
	    STR("GET /bytes/8388608 HTTP/1.1\r\n"
		"Host: a\r\n\r\n")));
	fds[2] = dial(s.port);
	assert_true(say(fds[2],
	    STR("POST /echo HTTP/1.1\r\nHost: a\r\n"
		"Content-Length: 5\r\n\r\nhe")));
	await(&s.requests, 2);
	http_free(&s.h);
	assert_true(atomic_load(&s.gone) >= 1);
	assert_int_equal(atomic_load(&s.ended), 1);
	for (size_t i = 0; i < COUNT(fds); i++) {
		assert_true(hear_all(fds[i], &b));
		(void)close(fds[i]);
	}
	site_close(&s);
}

static void
test_a_server_that_never_listened_ends(void **state)
{
	struct site s;

	(void)state;
	site_open(&s, 3, NULL);
	site_close(&s);
}

int
main(void)
{
#define HASTY(test) \
	cmocka_unit_test_setup_teardown(test, set_up_hasty, tear_down)
	static const struct CMUnitTest tests[] = {
		HASTY(test_who_says_nothing_is_closed),
		HASTY(test_f46_slow_header),
		HASTY(test_a_slow_header_on_a_kept_connection_is_no_better),
		HASTY(test_a_slow_body_is_408),
		HASTY(test_an_idle_connection_is_closed_without_a_word),
		HASTY(test_f48_slow_read),
		HASTY(test_who_waits_for_us_is_not_hurried),
		cmocka_unit_test(
		    test_a_connection_too_many_gets_503_and_when_to_come_again),
		cmocka_unit_test(test_an_address_has_its_share),
		cmocka_unit_test(test_connections_are_spread_evenly),
		cmocka_unit_test(test_without_descriptors_others_go_on),
		cmocka_unit_test(
		    test_ten_thousand_slow_clients_keep_nobody_out),
		cmocka_unit_test(test_all_addresses_are_ipv6_and_ipv4),
		cmocka_unit_test(test_a_port_that_is_taken_names_who_has_it),
		cmocka_unit_test(test_an_address_that_is_not_ours_is_an_error),
		cmocka_unit_test(
		    test_a_port_that_is_not_permitted_says_what_would_be),
		cmocka_unit_test(test_a_socket_in_the_file_system),
		cmocka_unit_test(test_closing_lets_finish_what_runs),
		cmocka_unit_test(test_freeing_tells_who_waits),
		cmocka_unit_test(test_a_server_that_never_listened_ends),
	};
#undef HASTY

	return cmocka_run_group_tests(tests, NULL, NULL);
}

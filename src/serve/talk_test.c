/* SPDX-License-Identifier: Apache-2.0 */
/* Websockets, and what is kept in the trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/fixture.h"

#define STREAM(resource, rest) \
	"  - {type: stream, source: server, resource: \"" resource \
	"\", steps: [" rest "]}\n"
static const char streams[] = MAY_FETCH
    "handlers:\n" STREAM("/echo", "{fn: echo}") STREAM("/fail", "{fn: fail}")
	STREAM("/trap", "{fn: trap}") STREAM("/get",
	    "{fn: get}") "  - {type: request, method: GET, resource: /both, "
			 "steps: [{fn: echo}]}\n" STREAM("/both", "{fn: echo}");

/* ---- a client: RFC 6455 ---- */

enum { TEXT = 1, BINARY = 2, CLOSE = 8 };

static int
ws_open(uint16_t port, const char *path)
{
	CLEANUP(buf_free) struct buf b = BUF(10000);
	int fd = dial(port);
	size_t at;

	buf_addf(&b,
	    "GET %s HTTP/1.1\r\nHost: localhost\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Version: 13\r\n\r\n",
	    path);
	say(fd, buf_str(&b));
	buf_clear(&b);
	while (!str_find(buf_str(&b), STR("\r\n\r\n"), &at))
		assert_true(hear(fd, &b, PATIENCE_MS));
	assert_true(str_starts(buf_str(&b), "HTTP/1.1 101 "));
	assert_true(
	    str_find(buf_str(&b), STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), &at));
	return fd;
}

static void
ws_say(int fd, int kind, struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);

	assert_true(s.n < 126);
	buf_addc(&b, (char)(0x80 | kind));
	buf_addc(&b, (char)(0x80 | s.n));
	buf_add(&b, STR("\0\0\0\0")); /* the mask */
	buf_add(&b, s);
	say(fd, buf_str(&b));
}

static void
read_exactly(int fd, char *p, size_t n)
{
	while (n > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t got;

		assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
		got = recv(fd, p, n, 0);
		assert_true(got > 0);
		p += got;
		n -= (size_t)got;
	}
}

/* The kind of the frame. */
static int
ws_hear(int fd, struct buf *out)
{
	unsigned char head[2];
	char body[126];

	read_exactly(fd, (char *)head, 2);
	assert_true(head[1] < 126);
	read_exactly(fd, body, head[1]);
	out->max = 1000;
	buf_clear(out);
	buf_add(out, (struct str){ body, head[1] });
	return head[0] & 15;
}

#define assert_frame(fd, kind, want) \
	do { \
		CLEANUP(buf_free) struct buf b_ = BUF(1000); \
		assert_int_equal(ws_hear(fd, &b_), kind); \
		assert_string_equal(buf_cstr(&b_), want); \
	} while (0)

static void
test_messages_are_answered_in_order(void **state)
{
	struct stage st = { .port = 0 };
	char text[20];
	int fd;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, streams);
	fd = ws_open(st.port, "/echo?x=1");
	for (int i = 0; i < 40; i++) {
		(void)snprintf(text, sizeof(text), "message %d", i);
		ws_say(fd, TEXT, str_of(text));
	}
	for (int i = 0; i < 40; i++) {
		(void)snprintf(text, sizeof(text), "message %d", i);
		assert_frame(fd, TEXT, text);
	}
	ws_say(fd, BINARY, STR("\xff\xfe"));
	assert_frame(fd, BINARY, "\xff\xfe");
	(void)close(fd);
	stage_end(&st);
}

/* upstream.md 3.5: there a second frame followed, and the connection was of no
 * use after it. */
static void
test_bug_an_error_is_one_frame(void **state)
{
	struct stage st = { .port = 0 };
	int fd;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, streams);
	fd = ws_open(st.port, "/fail");
	ws_say(fd, TEXT, STR("409 taken"));
	assert_frame(fd, TEXT, "{\"code\":409,\"message\":\"taken\"}");
	ws_say(fd, TEXT, STR("fine"));
	assert_frame(fd, TEXT, "fine");
	(void)close(fd);
	fd = ws_open(st.port, "/trap");
	ws_say(fd, TEXT, STR("x"));
	assert_frame(
	    fd, TEXT, "{\"code\":500,\"message\":\"a function failed\"}");
	(void)close(fd);
	stage_end(&st);
}

static void
test_an_address_may_have_both(void **state)
{
	struct stage st = { .port = 0 };
	int fd;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, streams);
	assert_int_equal(get(&r, st.port, "/both"), 200);
	fd = ws_open(st.port, "/both");
	ws_say(fd, TEXT, STR("x"));
	assert_frame(fd, TEXT, "x");
	(void)close(fd);
	assert_int_equal(get(&r, st.port, "/echo"), 426);
	assert_int_equal(get(&r, st.port, "/none"), 404);
	stage_end(&st);
}

static void
test_messages_after_a_swap_are_the_new_apps(void **state)
{
	struct stage st = { .port = 0 };
	CLEANUP(buf_free) struct buf b = BUF(1000);
	int fd;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, streams);
	fd = ws_open(st.port, "/echo");
	ws_say(fd, TEXT, STR("a"));
	assert_frame(fd, TEXT, "a");
	stage_put(&st, "handlers:\n" STREAM("/echo", "{fn: fail}"));
	ws_say(fd, TEXT, STR("410 gone"));
	assert_frame(fd, TEXT, "{\"code\":410,\"message\":\"gone\"}");
	stage_put(&st, "handlers:\n" STREAM("/other", "{fn: fail}"));
	ws_say(fd, TEXT, STR("a"));
	assert_int_equal(ws_hear(fd, &b), CLOSE);
	assert_int_equal(
	    (unsigned char)b.p[0] << 8 | (unsigned char)b.p[1], 1001);
	(void)close(fd);
	stage_end(&st);
}

static void
test_a_message_under_way_ends_with_its_connection(void **state)
{
	struct stage st = { .port = 0 };
	CLEANUP(buf_free) struct buf none = BUF(100);
	struct mute m;
	int fd, asked;
	char c;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, streams);
	mute_open(&m);
	fd = ws_open(st.port, "/get");
	ws_say(fd, TEXT, str_of(m.url));
	ws_say(fd, TEXT, str_of(m.url));
	asked = mute_take(&m);
	(void)close(fd);
	AWAIT(recv(asked, &c, 1, MSG_DONTWAIT) == 0);
	(void)close(asked);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_a_stop_says_goodbye(void **state)
{
	struct stage st = { .port = 0 };
	CLEANUP(buf_free) struct buf b = BUF(1000);
	int fd;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, streams);
	fd = ws_open(st.port, "/echo");
	ws_say(fd, TEXT, STR("a"));
	assert_frame(fd, TEXT, "a");
	serve_stop(st.s, 50);
	assert_int_equal(ws_hear(fd, &b), CLOSE);
	assert_int_equal(
	    (unsigned char)b.p[0] << 8 | (unsigned char)b.p[1], 1001);
	(void)close(fd);
	stage_end(&st);
}

/* ---- the trace ---- */

static const char traced[] =
    "handlers:\n  - {type: request, method: POST, resource: \"/t/:p\", steps: "
    "[{fn: put}, {fn: note, when: state.none}, {fn: typed}]}\n";

static void
test_runs_are_recorded_and_run_again(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct trace_options to = { .runs = 100 };
	struct trace_filter all = { .most = 0 };
	struct stage st = { .port = 0 };
	struct tree *list, *one, *steps;
	struct trace *t = NULL;
	REPLY;

	(void)state;
	assert_int_equal(trace_new(&t, &to, &st.e), 0);
	st.opt.trace = t;
	stage_begin(&st, 1);
	stage_put(&st, traced);
	fetch(&r, st.port, "POST", "/t/v?q=1", "X-Request-ID: first\r\n",
	    STR("hello"));
	assert_int_equal(r.status, 200);
	list = trace_list(t, a, &all);
	assert_int_equal(list->nitems, 1);
	assert_str(tree_text(list->items[0], "id"), "first");
	assert_str(tree_text(list->items[0], "name"), "POST /t/:p");
	one = trace_show(t, a, 0, STR("first"));
	assert_non_null(one);
	steps = tree_get(one, "steps");
	assert_non_null(steps);
	assert_int_equal(steps->nitems, 3);
	assert_str(tree_text(steps->items[0], "fn"), "put");
	assert_str(tree_text(steps->items[1], "fn"), "note");
	stage_end(&st);
	trace_free(&t);
}

struct again {
	atomic_bool over;
	uint64_t number;
	int status;
	struct serve *s;
	struct loop *l;
	struct serve_rerun r;
	struct err e;
	int rc;
};

static void
on_again(void *arg, uint64_t number, int status)
{
	struct again *g = arg;

	g->number = number;
	g->status = status;
	atomic_store(&g->over, true);
}

static void
start_again(void *arg)
{
	struct again *g = arg;

	g->rc = serve_rerun(g->s, &g->r, g->l, on_again, g, &g->e);
	if (g->rc < 0)
		atomic_store(&g->over, true);
}

static void
test_a_rerun_begins_at_its_step_with_its_state(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct pair given = { .key = STR("in"), .value = STR("quiet") };
	struct trace_options to = { .runs = 100 };
	struct stage st = { .port = 0 };
	struct again g = { .r = { .flow = STR("h0"),
			       .method = STR("POST"),
			       .url = STR("/x"),
			       .body = STR("body"),
			       .rerun_of = STR("first"),
			       .state = &given,
			       .nstate = 1,
			       .first = 1 } };
	struct trace *t = NULL;
	struct tree *one;

	(void)state;
	assert_int_equal(trace_new(&t, &to, &st.e), 0);
	st.opt.trace = t;
	stage_begin(&st, 1);
	stage_put(&st,
	    "handlers:\n  - {type: request, method: POST, resource: "
	    "/x, steps: [{fn: trap}, {fn: shout}]}\n");
	g.s = st.s;
	g.l = crew_at(st.crew, 0);
	loop_post(g.l, start_again, &g);
	AWAIT(atomic_load(&g.over));
	assert_int_equal(g.rc, 0);
	assert_int_equal(g.status, 200);
	assert_true(g.number > 0);
	one = trace_show(t, a, g.number, STR(""));
	assert_non_null(one);
	assert_int_equal(tree_get(one, "steps")->nitems, 1);
	g.r.first = 2;
	atomic_store(&g.over, false);
	loop_post(g.l, start_again, &g);
	AWAIT(atomic_load(&g.over));
	assert_int_equal(g.rc, -1);
	assert_int_equal(g.e.kind, ERR_MISSING);
	stage_end(&st);
	trace_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_are_answered_in_order),
		cmocka_unit_test(test_bug_an_error_is_one_frame),
		cmocka_unit_test(test_an_address_may_have_both),
		cmocka_unit_test(test_messages_after_a_swap_are_the_new_apps),
		cmocka_unit_test(
		    test_a_message_under_way_ends_with_its_connection),
		cmocka_unit_test(test_a_stop_says_goodbye),
		cmocka_unit_test(test_runs_are_recorded_and_run_again),
		cmocka_unit_test(
		    test_a_rerun_begins_at_its_step_with_its_state),
	};

	return stage_tests_end(cmocka_run_group_tests(tests, NULL, NULL));
}

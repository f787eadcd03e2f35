/* SPDX-License-Identifier: Apache-2.0 */
/* The studio of a real server on a free port, asked over real sockets. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"
#include "studio/studio.h"

static const char directive[] =
    "identifier: com.example.app\nappVersion: v0.1.0\natmoVersion: v0.4.8\n"
    "runnables:\n"
    "  - {name: echo, namespace: default, lang: c}\n"
    "  - {name: shout, namespace: default, lang: c}\n"
    "  - {name: trap, namespace: default, lang: c}\n"
    "handlers:\n"
    "  - {type: request, resource: /x/:id, method: POST, response: last,\n"
    "     steps: [{fn: echo}, {fn: shout, as: last, with: {in: echo}}]}\n"
    "  - {type: request, resource: /trap, method: GET,\n"
    "     steps: [{fn: trap}]}\n";

static const char *const words[] = { "echo", "shout", "trap" };

/* ---- a server ---- */

struct room {
	char root[40];
	struct engine *en;
	struct crew *crew;
	struct trace *trace;
	struct studio *st;
	struct serve *s;
	uint16_t port;
	struct err e;
};

static struct bundle *
pack(struct room *r)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct bundle_part parts[COUNT(words) + 1];
	struct bundle_options opt = { .store = true };
	const char *path = arena_printf(a, "%s/bundle", r->root);
	struct bundle *b = NULL;
	struct digest digest;

	parts[COUNT(words)] =
	    (struct bundle_part){ STR("Directive.yaml"), str_of(directive) };
	for (size_t i = 0; i < COUNT(words); i++) {
		struct buf wasm = BUF(1u << 20);
		const char *from =
		    arena_printf(a, "testdata/flow/%s.wasm", words[i]);

		assert_int_equal(os_read(&wasm, from, &r->e), 0);
		parts[i].name = str_of(arena_printf(a, "%s.wasm", words[i]));
		parts[i].data = arena_copy(a, buf_str(&wasm));
		buf_free(&wasm);
	}
	if (bundle_pack(path, parts, COUNT(parts), &opt, &digest, &r->e) < 0 ||
	    bundle_open(&b, path, &r->e) < 0)
		fail_msg("%s", r->e.text);
	return b;
}

static void
open_studio(struct room *r, bool page, bool saves)
{
	struct trace_options to = { 0 };
	struct studio_options so = { .page = page,
		.root = saves ? r->root : NULL };

	assert_int_equal(trace_new(&r->trace, &to, &r->e), 0);
	so.trace = r->trace;
	assert_int_equal(studio_new(&r->st, &so, &r->e), 0);
}

static struct room *
room_new(bool page, bool saves)
{
	struct room *r = mem_take(sizeof(*r));
	struct serve_options o = { 0 };
	struct engine_options eo = { .pooling = true };
	struct bundle *b;

	(void)snprintf(
	    r->root, sizeof(r->root), "/tmp/subo-studio-test.XXXXXX");
	assert_non_null(mkdtemp(r->root));
	open_studio(r, page, saves);
	eo.instances = serve_instances(&o.limits);
	assert_int_equal(engine_new(&r->en, &eo, &r->e), 0);
	assert_int_equal(crew_new(&r->crew, 2, &r->e), 0);
	o.engine = r->en;
	o.crew = r->crew;
	o.trace = r->trace;
	o.hook = studio_hook;
	o.hook_gone = studio_gone;
	o.arg = r->st;
	if (serve_new(&r->s, &o, &r->e) < 0)
		fail_msg("%s", r->e.text);
	studio_attach(r->st, r->s);
	b = pack(r);
	if (serve_put(r->s, &b, bundle_digest(b), true, &r->e) < 0 ||
	    serve_listen(r->s, "127.0.0.1", 0, NULL, &r->port, &r->e) < 0)
		fail_msg("%s", r->e.text);
	return r;
}

static void
room_free(struct room **pr)
{
	struct room *r = *pr;

	serve_free(&r->s);
	studio_free(&r->st);
	crew_free(&r->crew);
	trace_free(&r->trace);
	engine_free(&r->en);
	(void)!os_remove_tree(r->root, &r->e);
	mem_free(r);
	*pr = NULL;
}

/* ---- a client ---- */

static int
dial(const struct room *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(r->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static int
dial_unix(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
say(int fd, const char *method, const char *target, const char *fields,
    const char *body)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);

	buf_addf(
	    &text, "%s %s HTTP/1.1\r\nConnection: close\r\n", method, target);
	if (!fields || !strstr(fields, "Host:"))
		buf_addf(&text, "Host: localhost\r\n");
	if (fields)
		buf_addf(&text, "%s\r\n", fields);
	if (body)
		buf_addf(&text, "Content-Length: %zu\r\n", strlen(body));
	buf_addf(&text, "\r\n%s", body ? body : "");
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
}

/* All of the answer, in one buffer that the next call overwrites. */
static const char *
hear(int fd, struct buf *out)
{
	struct err e = ERR;

	buf_clear(out);
	out->max = 8u << 20;
	assert_int_equal(os_read_fd(out, fd, "an answer", &e), 0);
	close(fd);
	return buf_cstr(out);
}

static const char *
ask(const struct room *r, struct buf *out, const char *method,
    const char *target, const char *fields, const char *body)
{
	int fd = dial(r);

	say(fd, method, target, fields, body);
	return hear(fd, out);
}

#define JSON "Content-Type: application/json"

static void
holds(const char *answer, const char *text)
{
	if (!strstr(answer, text))
		fail_msg("%.3000s\nlacks %s", answer, text);
}

static void
is(const char *answer, int status)
{
	char line[20];

	(void)snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	if (strncmp(answer, line, strlen(line)) != 0)
		fail_msg("%.3000s\nis not %d", answer, status);
}

/* Until it is in the trace, which is after the answer went. */
static void
recorded(const struct room *r, uint64_t number)
{
	for (int i = 0; i < 1000 && trace_newest(r->trace) < number; i++)
		usleep(10000);
	assert_true(trace_newest(r->trace) >= number);
}

/* ---- what is asked ---- */

static const struct {
	const char *method, *target, *fields, *body;
	int status;
	const char *holds;
} asked[] = {
	{ "GET", "/_subo/", NULL, NULL, 200, "<!doctype html>" },
	{ "GET", "/_subo/", NULL, NULL, 200, "frame-ancestors 'none'" },
	{ "GET", "/_subo/", NULL, NULL, 200, "nosniff" },
	{ "HEAD", "/_subo/", NULL, NULL, 200, "" },
	{ "GET", "/_subo", NULL, NULL, 308, "/_subo/" },
	{ "GET", "/_subo/api/app", NULL, NULL, 200,
	    "\"identifier\":\"com.example.app\"" },
	{ "GET", "/_subo/api/app", NULL, NULL, 200, "\"resource\":\"/x/:id\"" },
	{ "GET", "/_subo/api/graph", NULL, NULL, 200, "data-flow=\"h0\"" },
	{ "GET", "/_subo/api/runs?most=x", NULL, NULL, 400, "'most'" },
	{ "GET", "/_subo/api/runs?wait=30001", NULL, NULL, 400, "'wait'" },
	{ "GET", "/_subo/api/runs/99", NULL, NULL, 404, "99" },
	{ "GET", "/_subo/api/runs/0", NULL, NULL, 404, "0" },
	{ "GET", "/_subo/api/runs/x", NULL, NULL, 404, "" },
	{ "GET", "/_subo/api/../api/app", NULL, NULL, 404, "" },
	{ "GET", "/_subo/nothing", NULL, NULL, 404, "\"code\":\"missing\"" },
	{ "GET", "/_subo/api/runs/1/rerun", NULL, NULL, 405, "Allow: POST" },
	{ "GET", "/_subo/api/app", "Host: evil.test", NULL, 403, "trust" },
	{ "GET", "/_subo/", "Host: evil.test", NULL, 403, "trust" },
	{ "GET", "/_subo/api/app", "X-Forwarded-For: 127.0.0.1", NULL, 403,
	    "proxy" },
	{ "GET", "/_subo/api/app", "forwarded: for=1.2.3.4", NULL, 403,
	    "proxy" },
	{ "GET", "/_subo/api/app", "Via: 1.1 x", NULL, 403, "proxy" },
	{ "GET", "/_subo/api/app", "X-Real-IP: ", NULL, 403, "proxy" },
	{ "POST", "/_subo/api/app", JSON, "{}", 405, "Allow: GET" },
	{ "POST", "/_subo/api/runs/1", JSON, "{}", 405, "Allow: GET" },
	{ "POST", "/_subo/api/runs/99/rerun", JSON, "{}", 404, "99" },
	{ "POST", "/_subo/api/runs/99/rerun", NULL, "{}", 403, "json" },
	{ "POST", "/_subo/api/runs/99/rerun",
	    JSON "\r\nOrigin: http://evil.test", "{}", 403, "origin" },
	{ "POST", "/_subo/api/runs/99/rerun",
	    JSON "\r\nOrigin: http://localhost\r\nOrigin: http://localhost",
	    "{}", 403, "origin" },
	{ "POST", "/_subo/api/runs/99/rerun",
	    JSON "\r\nOrigin: http://localhost", "{}", 404, "99" },
};

static void
each_question_has_its_answer(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		const char *answer = ask(r, &out, asked[i].method,
		    asked[i].target, asked[i].fields, asked[i].body);

		is(answer, asked[i].status);
		holds(answer, asked[i].holds);
	}
	buf_free(&out);
	room_free(&r);
}

static void
the_page_is_sent_once(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };
	const char *answer = ask(r, &out, "GET", "/_subo/", NULL, NULL), *tag;
	char field[120];

	(void)state;
	tag = strcasestr(answer, "\r\nETag: ");
	assert_non_null(tag);
	(void)snprintf(field, sizeof(field), "If-None-Match: %.34s", tag + 8);
	answer = ask(r, &out, "GET", "/_subo/", field, NULL);
	is(answer, 304);
	buf_free(&out);
	room_free(&r);
}

static void
without_a_page_only_the_socket_may_read(void **state)
{
	struct room *r = room_new(false, false);
	struct buf out = { 0 };
	char path[60];
	int fd;

	(void)state;
	is(ask(r, &out, "GET", "/_subo/", NULL, NULL), 404);
	is(ask(r, &out, "GET", "/_subo/api/app", NULL, NULL), 404);
	(void)snprintf(path, sizeof(path), "unix:%s/s", r->root);
	assert_int_equal(
	    serve_listen(r->s, path, 0, NULL, &(uint16_t){ 0 }, &r->e), 0);
	fd = dial_unix(path + 5);
	say(fd, "GET", "/_subo/api/app", NULL, NULL);
	is(hear(fd, &out), 200);
	fd = dial_unix(path + 5);
	say(fd, "GET", "/_subo/api/runs", NULL, NULL);
	holds(hear(fd, &out), "\"runs\":[]");
	fd = dial_unix(path + 5);
	say(fd, "POST", "/_subo/api/runs/1/rerun", JSON, "{}");
	is(hear(fd, &out), 403);
	buf_free(&out);
	room_free(&r);
}

static void
what_is_told_is_shown(void **state)
{
	struct room *r = room_new(true, false);
	struct buf out = { 0 };
	const char *answer;

	(void)state;
	studio_note(r->st, "lib.rs:1: no </script> here");
	studio_tests(r->st, 3, 1, STR("x: expected y"));
	answer = ask(r, &out, "GET", "/_subo/api/app", NULL, NULL);
	holds(answer, "\"note\":\"lib.rs:1: no </script> here\"");
	holds(answer, "\"failed\":1");
	holds(answer, "\"firstFailure\":\"x: expected y\"");
	holds(answer, "\"saves\":false");
	studio_note(r->st, NULL);
	answer = ask(r, &out, "GET", "/_subo/api/app", NULL, NULL);
	assert_null(strstr(answer, "\"note\""));
	buf_free(&out);
	room_free(&r);
}

/* ---- runs ---- */

static void
who_waits_is_told_of_the_next_run(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };
	const char *answer;
	int fd = dial(r), left = dial(r);

	(void)state;
	say(fd, "GET", "/_subo/api/runs?after=0&wait=30000", NULL, NULL);
	/* One that does not stay for it. */
	say(left, "GET", "/_subo/api/runs?after=0&wait=30000", NULL, NULL);
	usleep(20000);
	close(left);
	is(ask(r, &out, "POST", "/x/1?a=%20", NULL, "hi"), 200);
	answer = hear(fd, &out);
	is(answer, 200);
	holds(answer, "\"newest\":1");
	holds(answer, "\"number\":1");
	holds(answer, "/x/1?a=%20");
	answer = ask(r, &out, "GET", "/_subo/api/runs?after=1", NULL, NULL);
	holds(answer, "\"runs\":[]");
	answer =
	    ask(r, &out, "GET", "/_subo/api/runs?path=%2Fx%2F1", NULL, NULL);
	holds(answer, "\"number\":1");
	answer =
	    ask(r, &out, "GET", "/_subo/api/runs?path=nowhere", NULL, NULL);
	holds(answer, "\"runs\":[]");
	buf_free(&out);
	room_free(&r);
}

static void
who_waits_when_the_server_ends_is_let_go(void **state)
{
	struct room *r = room_new(true, true);
	int fd = dial(r);

	(void)state;
	say(fd, "GET", "/_subo/api/runs?wait=30000", NULL, NULL);
	usleep(20000);
	room_free(&r);
	close(fd);
}

static void
a_step_runs_again_with_what_is_given(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };
	const char *answer;

	(void)state;
	is(ask(r, &out, "POST", "/x/1", NULL, "hi"), 200);
	recorded(r, 1);
	answer = ask(r, &out, "GET", "/_subo/api/runs/1", NULL, NULL);
	holds(answer, "\"before\":{\"echo\":1}");
	/* From the second step, as it was; then with another state. */
	answer = ask(
	    r, &out, "POST", "/_subo/api/runs/1/rerun", JSON, "{\"step\":1}");
	is(answer, 200);
	holds(answer, "\"number\":2");
	recorded(r, 2);
	holds(ask(r, &out, "GET", "/_subo/api/runs/2", NULL, NULL), "HI");
	answer = ask(r, &out, "POST", "/_subo/api/runs/1/rerun", JSON,
	    "{\"step\":1,\"state\":{\"echo\":\"other\"}}");
	is(answer, 200);
	recorded(r, 3);
	holds(ask(r, &out, "GET", "/_subo/api/runs/3", NULL, NULL), "OTHER");
	/* All of it, with another body. */
	answer = ask(r, &out, "POST", "/_subo/api/runs/1/rerun", JSON,
	    "{\"body\":\"new\"}");
	holds(answer, "\"status\":200");
	recorded(r, 4);
	answer = ask(r, &out, "GET", "/_subo/api/runs/4", NULL, NULL);
	holds(answer, "NEW");
	buf_free(&out);
	room_free(&r);
}

static void
a_rerun_goes_on_when_who_asked_has_left(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };

	(void)state;
	is(ask(r, &out, "POST", "/x/1", NULL, "hi"), 200);
	recorded(r, 1);
	for (int i = 0; i < 20; i++) {
		int fd = dial(r);

		say(fd, "POST", "/_subo/api/runs/1/rerun", JSON, "{}");
		close(fd);
	}
	is(ask(r, &out, "POST", "/_subo/api/runs/1/rerun", JSON, "{}"), 200);
	is(ask(r, &out, "GET", "/_subo/api/runs", NULL, NULL), 200);
	buf_free(&out);
	room_free(&r);
}

static const struct {
	const char *body;
	int status;
} wrong[] = {
	{ "", 400 },
	{ "[]", 400 },
	{ "{", 400 },
	{ "{\"step\":-1}", 400 },
	{ "{\"step\":1.5}", 400 },
	{ "{\"step\":\"1\"}", 400 },
	{ "{\"step\":1000000}", 400 },
	{ "{\"step\":7,\"state\":{}}", 404 },
	{ "{\"body\":7}", 400 },
	{ "{\"state\":[]}", 400 },
	{ "{\"state\":{\"a\":1}}", 400 },
};

static void
a_wrong_question_for_a_rerun_is_refused(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };

	(void)state;
	is(ask(r, &out, "POST", "/x/1", NULL, "hi"), 200);
	recorded(r, 1);
	for (size_t i = 0; i < COUNT(wrong); i++)
		is(ask(r, &out, "POST", "/_subo/api/runs/1/rerun", JSON,
		       wrong[i].body),
		    wrong[i].status);
	assert_int_equal(trace_newest(r->trace), 1);
	buf_free(&out);
	room_free(&r);
}

/* ---- saving ---- */

static bool
file_is_there(const struct room *r, const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", r->root, name);
	return os_exists(path);
}

static void
a_run_is_saved_beside_what_is_there(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };
	const char *answer;

	(void)state;
	is(ask(r, &out, "POST", "/x/1", NULL, "hi"), 200);
	is(ask(r, &out, "GET", "/trap", NULL, NULL), 500);
	recorded(r, 2);
	answer = ask(r, &out, "POST", "/_subo/api/runs/1/save", JSON,
	    "{\"name\":\"../../Up And/Away\"}");
	is(answer, 200);
	holds(answer, "\"file\":\"tests/up-and-away.test.yaml\"");
	assert_true(file_is_there(r, "tests/up-and-away.test.yaml"));
	answer = ask(r, &out, "POST", "/_subo/api/runs/2/save", JSON,
	    "{\"name\":\"up-and-away\"}");
	holds(answer, "\"file\":\"tests/up-and-away-2.test.yaml\"");
	is(ask(r, &out, "POST", "/_subo/api/runs/1/save", JSON, "{}"), 400);
	is(ask(r, &out, "POST", "/_subo/api/runs/9/save", JSON,
	       "{\"name\":\"x\"}"),
	    404);
	buf_free(&out);
	room_free(&r);
}

static void
nothing_is_saved_through_a_link(void **state)
{
	struct room *r = room_new(true, true);
	struct buf out = { 0 };
	char path[100];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests", r->root);
	assert_int_equal(symlink("/tmp", path), 0);
	is(ask(r, &out, "POST", "/x/1", NULL, "hi"), 200);
	recorded(r, 1);
	is(ask(r, &out, "POST", "/_subo/api/runs/1/save", JSON,
	       "{\"name\":\"subo-studio-test\"}"),
	    400);
	assert_int_not_equal(
	    access("/tmp/subo-studio-test.test.yaml", F_OK), 0);
	buf_free(&out);
	room_free(&r);
}

static void
without_a_project_nothing_is_saved(void **state)
{
	struct room *r = room_new(true, false);
	struct buf out = { 0 };

	(void)state;
	is(ask(r, &out, "POST", "/x/1", NULL, "hi"), 200);
	recorded(r, 1);
	is(ask(r, &out, "POST", "/_subo/api/runs/1/save", JSON,
	       "{\"name\":\"x\"}"),
	    400);
	buf_free(&out);
	room_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_has_its_answer),
		cmocka_unit_test(the_page_is_sent_once),
		cmocka_unit_test(without_a_page_only_the_socket_may_read),
		cmocka_unit_test(what_is_told_is_shown),
		cmocka_unit_test(who_waits_is_told_of_the_next_run),
		cmocka_unit_test(who_waits_when_the_server_ends_is_let_go),
		cmocka_unit_test(a_step_runs_again_with_what_is_given),
		cmocka_unit_test(a_rerun_goes_on_when_who_asked_has_left),
		cmocka_unit_test(a_wrong_question_for_a_rerun_is_refused),
		cmocka_unit_test(a_run_is_saved_beside_what_is_there),
		cmocka_unit_test(nothing_is_saved_through_a_link),
		cmocka_unit_test(without_a_project_nothing_is_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

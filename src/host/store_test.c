/* SPDX-License-Identifier: Apache-2.0 */
/* Databases, caches that are not in memory, and secrets in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/world.h"
#include "os/os.h"

/* A folder that goes away, and a Directive with a database in it. */
struct folder {
	char dir[64];
	char yaml[4096];
	char env[128];
	const char *envs[2];
};

#define QUERIES \
	"queries:\n" \
	"- {name: make, type: update, query: \"create table t (a text, " \
	"b integer)\"}\n" \
	"- {name: add, query: \"insert into t values (?, ?)\"}\n" \
	"- {name: get, query: \"select b from t where a = ?\"}\n" \
	"- {name: all, type: select, query: \"select a, b from t order by " \
	"b\"}\n" \
	"- {name: set, query: \"update t set b = ? where a = ?\"}\n" \
	"- {name: drop, query: \"delete from t where a = ?\"}\n" \
	"- {name: bad, query: \"select nothing from nowhere\"}\n" \
	"- {name: slow, query: \"with recursive c(x) as (select 1 union all " \
	"select x + 1 from c) select count(*) from c\"}\n"

static void
make_place(struct folder *p)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(p->dir, sizeof(p->dir), "%s/subo-host-test.XXXXXX",
	    tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->env, sizeof(p->env), "DB=%s/app.db", p->dir);
	p->envs[0] = p->env;
	p->envs[1] = NULL;
	(void)snprintf(p->yaml, sizeof(p->yaml),
	    "identifier: com.test.app\n" QUERIES
	    "capabilities: {db: {enabled: true, dbType: sqlite, "
	    "connectionString: env(DB)}}\n");
}

static void
drop_place(struct folder *p)
{
	struct err e = ERR;

	assert_int_equal(os_remove_tree(p->dir, &e), 0);
}

static void
open_db(struct world *w, struct folder *p)
{
	make_place(p);
	w->hook = 9;
	w->env = p->envs;
	world_loop(w);
	world_open(w, p->yaml);
}

static void
close_db(struct world *w, struct folder *p)
{
	world_close(w);
	drop_place(p);
}

/* At most two values; NULL: none. */
static int
run(struct world *w, int type, const char *name, const char *a, const char *b)
{
	struct abi_var vars[2] = { { STR("a"), str_of(a) },
		{ STR("b"), str_of(b) } };
	struct abi_ask q = { .what = ABI_DB,
		.n = type,
		.a = str_of(name),
		.vars = vars,
		.nvars = (size_t)((a != NULL) + (b != NULL)) };

	return world_put(w, &q);
}

#define RUN(w, want_rc, want, ...) \
	do { \
		int rc_ = run(w, __VA_ARGS__); \
		assert_string_equal(buf_cstr(&(w)->out), want); \
		assert_int_equal(rc_, want_rc); \
	} while (0)

enum { INSERT, SELECT, UPDATE, DELETE };

/* upstream.md 7 */
static void
queries_run_by_name_and_answer_in_json(void **state)
{
	struct world w = { 0 };
	struct folder p;

	(void)state;
	open_db(&w, &p);
	RUN(&w, 0, "{\"lastInsertID\":0,\"rowsAffected\":0}", UPDATE, "make",
	    NULL, NULL);
	RUN(&w, 0, "{\"lastInsertID\":1,\"rowsAffected\":0}", INSERT, "add",
	    "x", "7");
	RUN(&w, 0, "{\"lastInsertID\":2,\"rowsAffected\":0}", INSERT, "add",
	    "y", "8");
	RUN(&w, 0, "[{\"a\":\"x\",\"b\":7},{\"a\":\"y\",\"b\":8}]", SELECT,
	    "all", NULL, NULL);
	RUN(&w, 0, "{\"lastInsertID\":0,\"rowsAffected\":1}", UPDATE, "set",
	    "9", "y");
	RUN(&w, 0, "{\"lastInsertID\":0,\"rowsAffected\":1}", DELETE, "drop",
	    "x", NULL);
	RUN(&w, 0, "[{\"a\":\"y\",\"b\":9}]", SELECT, "all", NULL, NULL);
	RUN(&w, 0, "[]", SELECT, "get", "none", NULL);
	close_db(&w, &p);
}

/* trust.md H26 */
static void
values_are_bound_as_text(void **state)
{
	struct world w = { 0 };
	struct folder p;

	(void)state;
	open_db(&w, &p);
	assert_int_equal(run(&w, UPDATE, "make", NULL, NULL), 0);
	assert_int_equal(run(&w, INSERT, "add", "'); drop table t;--", "1"), 0);
	RUN(&w, 0, "[{\"b\":1}]", SELECT, "get", "'); drop table t;--", NULL);
	close_db(&w, &p);
}

/* upstream.md 7: the texts of what does not fit. */
static void
a_query_that_does_not_fit_is_told(void **state)
{
	static const struct {
		int type;
		const char *name, *a, *b, *want;
	} cases[] = {
		{ SELECT, "none", NULL, NULL, "query not found" },
		{ SELECT, "", NULL, NULL, "query not found" },
		{ 4, "all", NULL, NULL, "query type invalid" },
		{ -1, "all", NULL, NULL, "query type invalid" },
		{ INT32_MAX, "none", NULL, NULL, "query type invalid" },
		{ INSERT, "all", NULL, NULL, "query type incorrect" },
		{ UPDATE, "drop", "x", NULL, "query type incorrect" },
		{ DELETE, "set", "x", "y", "query type incorrect" },
		{ INSERT, "add", "x", NULL,
		    "expected 2 variables, got 1: number of variables "
		    "incorrect" },
		{ SELECT, "all", "x", NULL,
		    "expected 0 variables, got 1: number of variables "
		    "incorrect" },
	};
	struct world w = { 0 };
	struct folder p;

	(void)state;
	open_db(&w, &p);
	for (size_t i = 0; i < COUNT(cases); i++)
		RUN(&w, 1, cases[i].want, cases[i].type, cases[i].name,
		    cases[i].a, cases[i].b);
	assert_int_equal(run(&w, SELECT, "bad", NULL, NULL), 1);
	assert_true(w.out.n > 1);
	close_db(&w, &p);
}

/* upstream.md 5.2: the JS and TS SDK number select 0 and insert 1. */
static void
bug_javascript_numbers_query_types_the_other_way(void **state)
{
	static const struct {
		const char *lang;
		int type;
		const char *query;
		int rc;
	} cases[] = {
		{ "javascript", 0, "all", 0 },
		{ "typescript", 0, "all", 0 },
		{ "javascript", 1, "add", 0 },
		{ "javascript", 1, "all", 0 },
		{ "javascript", 0, "add", 0 },
		{ "javascript", 2, "all", 1 },
		{ "javascript", 3, "add", 1 },
		{ "rust", 0, "all", 1 },
		{ "", 1, "add", 1 },
	};
	struct function_info f = { .name = STR("f"), .ns = STR("default") };
	struct world w = { 0 };
	struct folder p;

	(void)state;
	open_db(&w, &p);
	assert_int_equal(run(&w, UPDATE, "make", NULL, NULL), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool add = strcmp(cases[i].query, "add") == 0;

		f.lang = str_of(cases[i].lang);
		w.call.info = &f;
		if (run(&w, cases[i].type, cases[i].query, add ? "x" : NULL,
			add ? "1" : NULL) != cases[i].rc)
			fail_msg("%s %d %s: %s", cases[i].lang, cases[i].type,
			    cases[i].query, buf_cstr(&w.out));
	}
	close_db(&w, &p);
}

/* upstream.md 7: "$10" was one value and "$1" twice was two. */
static void
bug_values_are_counted_as_the_query_numbers_them(void **state)
{
	static const struct {
		const char *query;
		size_t count;
	} cases[] = {
		{ "select $1, $1", 1 },
		{ "select $2, $1, $10", 10 },
		{ "select '$1', ?, \\\"?\\\"", 1 },
		{ "Select 1", 0 },
		{ "seLect ?", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct abi_var vars[10] = { 0 };
		struct abi_ask q = {
			.what = ABI_DB, .n = SELECT, .a = STR("q"), .vars = vars
		};
		struct world w = { .hook = 1,
			.opt = { .no_outside = true },
			.answer = { .status = 200 } };
		char yaml[300];

		(void)snprintf(yaml, sizeof(yaml),
		    "queries: [{name: q, query: \"%s\"}]\n"
		    "capabilities: {db: {enabled: true}}\n",
		    cases[i].query);
		world_open(&w, yaml);
		for (q.nvars = 0; q.nvars <= 10; q.nvars++)
			if ((world_put(&w, &q) == 0) !=
			    (q.nvars == cases[i].count))
				fail_msg("%s: %zu: %s", cases[i].query, q.nvars,
				    buf_cstr(&w.out));
		world_close(&w);
	}
}

static void
a_canned_answer_stands_for_the_database(void **state)
{
	static const struct {
		int status, rc;
	} cases[] = { { 200, 0 }, { 0, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1,
			.opt = { .no_outside = true },
			.answer = { .status = cases[i].status,
			    .body = STR("canned") } };
		struct folder p;

		make_place(&p);
		world_open(&w, p.yaml);
		RUN(&w, cases[i].rc, "canned", SELECT, "get", "x", NULL);
		assert_string_equal(buf_cstr(&w.told), " get (x)|");
		RUN(&w, 1, "query not found", SELECT, "none", NULL, NULL);
		assert_int_equal(w.nouts, 1);
		w.hook = 0;
		RUN(&w, 1, "no database is connected", SELECT, "all", NULL,
		    NULL);
		close_db(&w, &p);
	}
}

/* trust.md H32 */
static void
a_query_may_be_cancelled(void **state)
{
	struct abi_ask q = { .what = ABI_DB, .n = SELECT, .a = STR("slow") };
	struct world w = { 0 };
	struct folder p;

	(void)state;
	open_db(&w, &p);
	q.done = world_done;
	q.done_arg = &w;
	assert_int_equal(host_ask(&w.call, &q, &w.out), ABI_LATER);
	host_cancel(&w.call);
	assert_false(w.done);
	assert_int_equal(run(&w, UPDATE, "make", NULL, NULL), 0);
	close_db(&w, &p);
}

static void
what_the_directive_cannot_use_is_told_with_its_place(void **state)
{
	static const struct {
		const char *yaml, *want;
	} cases[] = {
		{ "queries: []\n"
		  "connections: {redis: {serverAddress: env(NONE)}}\n",
		    "Directive.yaml:2:22: no environment variable 'NONE'" },
		{ "connections:\n"
		  "  database: {type: oracle, connectionString: x}\n",
		    "Directive.yaml:2:13: " },
		{ "connections:\n"
		  "  redis: {serverAddress: \"rediss://x\"}\n",
		    "Directive.yaml:2:10: " },
		{ "connections:\n"
		  "  redis: {serverAddress: \"127.0.0.1:1\"}\n"
		  "capabilities:\n"
		  "  functions:\n"
		  "    f:\n"
		  "      connections:\n"
		  "        redis: {serverAddress: \"rediss://x\"}\n",
		    "Directive.yaml:7:16: " },
		{ "queries:\n"
		  "- {name: two, query: \"select 1; drop table x\"}\n"
		  "capabilities: {db: {enabled: true}}\n",
		    "Directive.yaml:2:" },
		{ "queries:\n"
		  "- {name: two, query: \"drop table x\"}\n"
		  "capabilities: {functions: {f: {db: {enabled: true}}}}\n",
		    "Directive.yaml:2:" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { 0 };
		struct err e = ERR;

		if (world_try(&w, cases[i].yaml, &e) != -1)
			fail_msg("%s", cases[i].yaml);
		assert_null(w.host);
		assert_int_equal(e.kind, ERR_INPUT);
		if (!str_starts(str_of(e.text), cases[i].want))
			fail_msg("%s", e.text);
		world_close(&w);
	}
}

/* Functions that ask for no query need none. */
static void
a_connection_that_is_not_set_is_told_to_who_queries(void **state)
{
	struct world w = { 0 };

	(void)state;
	world_open(&w,
	    "queries: [{name: one, query: \"select 1\"}]\n"
	    "capabilities: {db: {enabled: true, dbType: sqlite, "
	    "connectionString: env(NONE)}}\n");
	RUN(&w, 1, "no environment variable 'NONE'", SELECT, "one", NULL, NULL);
	assert_int_equal(world_ask(&w, ABI_CACHE_SET, 0, "k", "v"), 0);
	world_close(&w);
}

/* What is not used is not missed: a part that is off, a test without any
 * outside. */
static void
what_is_not_used_is_not_missed(void **state)
{
	static const char *const yamls[] = {
		"capabilities: {db: {enabled: false, dbType: sqlite, "
		"connectionString: env(NONE)}}\n",
		"capabilities: {auth: {enabled: false, headers: {a.test: "
		"{value: env(NONE)}}}}\n",
		"queries: [{name: two, query: \"select 1; drop table x\"}]\n",
	};
	static const char on[] =
	    "capabilities: {db: {enabled: true, dbType: sqlite, "
	    "connectionString: env(NONE)}, auth: {enabled: true, headers: "
	    "{a.test: {value: env(NONE)}}}}\n"
	    "connections: {redis: {serverAddress: \"127.0.0.1:1\"}}\n";

	(void)state;
	for (size_t i = 0; i <= COUNT(yamls); i++) {
		bool last = i == COUNT(yamls);
		struct world w = { .opt = { .no_outside = last } };

		world_open(&w, last ? on : yamls[i]);
		assert_int_equal(world_ask(&w, ABI_CACHE_SET, 0, "k", "v"), 0);
		EXPECT(&w, 0, "v", ABI_CACHE_GET, 0, "k", "");
		world_close(&w);
	}
}

/* ---- caches ---- */

static void
use_cache(struct world *w)
{
	EXPECT(w, 1, "key not found", ABI_CACHE_GET, 0, "k", "");
	EXPECT(w, 0, "", ABI_CACHE_SET, 0, "k", "v");
	EXPECT(w, 0, "v", ABI_CACHE_GET, 0, "k", "");
	EXPECT(w, 0, "", ABI_CACHE_SET, 100, "k", "");
	EXPECT(w, 0, "", ABI_CACHE_GET, 0, "k", "");
	EXPECT(w, 0, "", ABI_CACHE_SET, INT32_MAX, "", "empty key");
	EXPECT(w, 0, "empty key", ABI_CACHE_GET, 0, "", "");
	EXPECT(
	    w, 1, "the time to live is negative", ABI_CACHE_SET, -1, "k", "v");
	/* trust.md H36 */
	w->call.ns = STR("a");
	EXPECT(w, 0, "", ABI_CACHE_SET, 0, "b:c", "one");
	w->call.ns = STR("a:b");
	EXPECT(w, 1, "key not found", ABI_CACHE_GET, 0, "c", "");
	w->call.ns = STR("a");
	EXPECT(w, 0, "one", ABI_CACHE_GET, 0, "b:c", "");
}

static void
a_cache_in_a_file_is_kept(void **state)
{
	struct folder p;
	char file[128];

	(void)state;
	make_place(&p);
	(void)snprintf(file, sizeof(file), "%s/cache.db", p.dir);
	for (int i = 0; i < 2; i++) {
		struct world w = { .opt = { .cache_file = file } };

		world_loop(&w);
		world_open_caps(&w, NULL);
		if (i == 0)
			use_cache(&w);
		w.call.ns = STR("a");
		EXPECT(&w, 0, "one", ABI_CACHE_GET, 0, "b:c", "");
		w.call.loop = NULL;
		EXPECT(&w, 1, "nothing outside can be reached from here",
		    ABI_CACHE_GET, 0, "b:c", "");
		world_close(&w);
	}
	drop_place(&p);
}

static void
cancel_some(struct world *w)
{
	struct abi_ask q = { .a = STR("cancelled"),
		.b = STR("v"),
		.done = world_done,
		.done_arg = w };

	for (int i = 0; i < 10; i++) {
		q.what = i % 2 ? ABI_CACHE_GET : ABI_CACHE_SET;
		w->done = false;
		assert_int_equal(host_ask(&w->call, &q, &w->out), ABI_LATER);
		host_cancel(&w->call);
	}
	assert_false(w->done);
}

static void
a_question_to_a_cache_may_be_cancelled(void **state)
{
	struct folder p;
	char file[128];
	struct world w = { .opt = { .cache_file = file } };

	(void)state;
	make_place(&p);
	(void)snprintf(file, sizeof(file), "%s/cache.db", p.dir);
	world_loop(&w);
	world_open_caps(&w, NULL);
	cancel_some(&w);
	EXPECT(&w, 0, "", ABI_CACHE_SET, 0, "other", "x");
	EXPECT(&w, 0, "x", ABI_CACHE_GET, 0, "other", "");
	world_close(&w);
	drop_place(&p);
}

static unsigned
free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	close(fd);
	return ntohs(sa.sin_port);
}

static pid_t
start_redis(const char *dir, unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	char text[16];
	pid_t pid;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons((uint16_t)port);
	(void)snprintf(text, sizeof(text), "%u", port);
	pid = fork();
	if (pid == 0) {
		execlp("redis-server", "redis-server", "--port", text, "--bind",
		    "127.0.0.1", "--dir", dir, "--save", "", "--requirepass",
		    "hunter2", "--logfile", "redis.log", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));

		close(fd);
		if (rc == 0)
			return pid;
		usleep(20000);
	}
	fail_msg("redis-server does not start");
	return -1;
}

static void
a_cache_in_redis_answers_later(void **state)
{
	static const char *const env[] = { "PASS=hunter2", NULL };
	struct world w = { .env = env };
	unsigned port = free_port();
	struct folder p;
	char yaml[400];
	pid_t pid;

	(void)state;
	make_place(&p);
	pid = start_redis(p.dir, port);
	(void)snprintf(yaml, sizeof(yaml),
	    "connections: {redis: {serverAddress: \"127.0.0.1:%u\", "
	    "password: env(PASS)}}\n",
	    port);
	world_loop(&w);
	world_open(&w, yaml);
	cancel_some(&w);
	use_cache(&w);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(world_ask(&w, ABI_CACHE_GET, 0, "k", ""), 1);
	assert_true(w.out.n > 1);
	assert_null(strstr(buf_cstr(&w.out), "hunter2"));
	/* A set tells its caller nothing, so the log is told. */
	assert_int_equal(world_ask(&w, ABI_CACHE_SET, 0, "k", "v"), 1);
	assert_non_null(strstr(buf_cstr(&w.log), "cache_set: "));
	assert_null(strstr(buf_cstr(&w.log), "hunter2"));
	world_close(&w);
	drop_place(&p);
}

/* ---- secrets ---- */

static void
put_file(const char *dir, const char *name, const char *text)
{
	struct err e = ERR;
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(os_replace(path, str_of(text), 0600, &e), 0);
}

/* trust.md H40 */
static void
secrets_are_those_that_the_directive_names(void **state)
{
	static const struct pair given[] = {
		{ .key = { "GIVEN", 5 }, .value = { "g", 1 } },
		{ .key = { "A", 1 }, .value = { "given A", 7 } },
		{ .key = { "hidden", 6 }, .value = { "h", 1 } },
	};
	static const char *const env[] = { "A=env A", "B=env B", "C=env C",
		"EMPTY=", NULL };
	static const struct {
		const char *name, *want; /* NULL: none */
	} cases[] = {
		{ "A", "given A" },
		{ "B", "env B" },
		{ "EMPTY", "" },
		{ "GIVEN", "g" },
		{ "file", "from a file" },
		{ "lines", "two\nlines\n" },
		{ "none", NULL },
		{ "gone", NULL },
		{ "C", NULL },
		{ "hidden", NULL },
		{ "other", NULL },
		{ "../file", NULL },
		{ ".secret", NULL },
		{ "sub/file", NULL },
		{ "folder", NULL },
		{ "", NULL },
	};
	struct world w = { .env = env,
		.opt = { .secrets = given, .nsecrets = COUNT(given) } };
	struct folder p;
	char caps[600], path[100];
	struct err e = ERR;

	(void)state;
	make_place(&p);
	put_file(p.dir, "file", "from a file\n");
	put_file(p.dir, "lines", "two\nlines\n\n");
	put_file(p.dir, "other", "x");
	put_file(p.dir, ".secret", "x");
	(void)snprintf(path, sizeof(path), "%s/folder", p.dir);
	assert_int_equal(os_mkdirs(path, 0700, &e), 0);
	(void)snprintf(caps, sizeof(caps),
	    "secrets: {enabled: true, env: {allowedKeys: [A, B, EMPTY, GIVEN, "
	    "none]}, files: {directory: \"%s\", allowedKeys: [file, lines, "
	    "gone, .secret, ../file, sub/file, folder]}}",
	    p.dir);
	world_open_caps(&w, caps);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rc = world_ask(&w, ABI_SECRET, 0, cases[i].name, "");
		const char *want =
		    cases[i].want ? cases[i].want : "key not found";

		if (rc != (cases[i].want ? 0 : 1) ||
		    strcmp(buf_cstr(&w.out), want) != 0)
			fail_msg("%s: '%s'", cases[i].name, buf_cstr(&w.out));
	}
	/* Read each time. */
	put_file(p.dir, "file", "changed");
	EXPECT(&w, 0, "changed", ABI_SECRET, 0, "file", "");
	assert_null(strstr(buf_cstr(&w.log), "env A"));
	assert_non_null(strstr(buf_cstr(&w.log), "'C' was refused"));
	world_close(&w);
	drop_place(&p);
}

/* upstream.md 7: without an env block E2Core crashed. */
static void
bug_secrets_without_an_env_block_are_those_given(void **state)
{
	static const struct pair given[] = {
		{ .key = { "A", 1 }, .value = { "given", 5 } },
	};
	static const char *const env[] = { "B=env", NULL };
	static const char *const caps[] = { NULL, "secrets: {enabled: true}",
		"secrets: {enabled: true, env: {}}" };

	(void)state;
	for (size_t i = 0; i < COUNT(caps); i++) {
		struct world w = { .env = env,
			.opt = { .secrets = given, .nsecrets = 1 } };

		world_open_caps(&w, caps[i]);
		EXPECT(&w, 0, "given", ABI_SECRET, 0, "A", "");
		EXPECT(&w, 1, "key not found", ABI_SECRET, 0, "B", "");
		world_close(&w);
	}
}

static void
a_name_that_is_no_name_has_no_value(void **state)
{
	struct world w = { 0 };
	char big[1001];

	(void)state;
	memset(big, 'x', 1000);
	big[1000] = '\0';
	world_open_caps(&w, "secrets: {enabled: false}");
	EXPECT(&w, 1, "capability is not enabled", ABI_SECRET, 0, big, "");
	assert_true(w.log.n < 400);
	world_close(&w);
	w = (struct world){ 0 };
	world_open_caps(&w, NULL);
	EXPECT(&w, 1, "key not found", ABI_SECRET, 0, big, "");
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_run_by_name_and_answer_in_json),
		cmocka_unit_test(values_are_bound_as_text),
		cmocka_unit_test(a_query_that_does_not_fit_is_told),
		cmocka_unit_test(
		    bug_javascript_numbers_query_types_the_other_way),
		cmocka_unit_test(
		    bug_values_are_counted_as_the_query_numbers_them),
		cmocka_unit_test(a_canned_answer_stands_for_the_database),
		cmocka_unit_test(a_query_may_be_cancelled),
		cmocka_unit_test(
		    what_the_directive_cannot_use_is_told_with_its_place),
		cmocka_unit_test(
		    a_connection_that_is_not_set_is_told_to_who_queries),
		cmocka_unit_test(what_is_not_used_is_not_missed),
		cmocka_unit_test(a_cache_in_a_file_is_kept),
		cmocka_unit_test(a_question_to_a_cache_may_be_cancelled),
		cmocka_unit_test(a_cache_in_redis_answers_later),
		cmocka_unit_test(secrets_are_those_that_the_directive_names),
		cmocka_unit_test(
		    bug_secrets_without_an_env_block_are_those_given),
		cmocka_unit_test(a_name_that_is_no_name_has_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

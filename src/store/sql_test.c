/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL on real databases: SQLite, and PostgreSQL and MariaDB on loopback.
 * What all of them must do is one case, run with each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "os/os.h"
#include "store/fixture.h"

enum kind { LITE, POSTGRES, MARIA, NKINDS };

static const char *const types[NKINDS] = { "sqlite", "postgresql", "mysql" };

/* A statement of the tests; ? become $1, $2... for PostgreSQL.  A text for
 * one kind stands beside that for the others. */
struct query {
	const char *name;
	enum sql_kind kind;
	const char *text;
	const char *own[NKINDS];
};

/* Rows without end, and a long time. */
#define ENDLESS \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "

static const struct query queries[] = {
	{ "drop", SQL_UPDATE, "DROP TABLE IF EXISTS t", { NULL } },
	{ "create", SQL_UPDATE,
	    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, n INTEGER)",
	    { [POSTGRES] = "CREATE TABLE t(id SERIAL PRIMARY KEY, name TEXT, "
			   "n INTEGER)",
		[MARIA] = "CREATE TABLE t(id INTEGER AUTO_INCREMENT PRIMARY "
			  "KEY, name TEXT, n INTEGER)" } },
	{ "add", SQL_INSERT, "INSERT INTO t(name, n) VALUES(?, ?)",
	    { [POSTGRES] =
		    "INSERT INTO t(name, n) VALUES(?, ?) RETURNING id" } },
	{ "add_returning", SQL_INSERT,
	    "INSERT INTO t(name, n) VALUES('r', 1) RETURNING name", { NULL } },
	{ "add_plain", SQL_INSERT, "INSERT INTO t(name, n) VALUES('p', 2)",
	    { NULL } },
	{ "all", SQL_SELECT, "SELECT id, name, n FROM t ORDER BY id",
	    { NULL } },
	{ "named", SQL_SELECT, "SELECT n FROM t WHERE name = ?", { NULL } },
	{ "count", SQL_SELECT, "SELECT count(*) AS n FROM t", { NULL } },
	{ "twice", SQL_SELECT, "SELECT 1 AS a, 2 AS b, 3 AS a", { NULL } },
	{ "raise", SQL_UPDATE, "UPDATE t SET n = n + 1 WHERE n >= ?",
	    { NULL } },
	{ "remove", SQL_DELETE, "DELETE FROM t WHERE name = ?", { NULL } },
	{ "wrong", SQL_SELECT, "SELECT x FROM nowhere", { NULL } },
	{ "two", SQL_SELECT, "SELECT 1; DROP TABLE t", { NULL } },
	{ "miscounted", SQL_SELECT, "SELECT name FROM t WHERE n = ? AND n > ?",
	    { NULL } },
	{ "unique", SQL_INSERT, "INSERT INTO t(id, name) VALUES(1, 'x')",
	    { NULL } },
	{ "slow", SQL_SELECT, ENDLESS "SELECT count(*) FROM n",
	    { [POSTGRES] = "SELECT pg_sleep(60)",
		[MARIA] =
		    "SELECT sleep(60) FROM (SELECT 1 UNION SELECT 2) x" } },
	{ "endless", SQL_SELECT, ENDLESS "SELECT i FROM n",
	    { [MARIA] = "SELECT seq AS i FROM seq_1_to_1000000" } },
	{ "wide", SQL_SELECT, "SELECT hex(zeroblob(3000000)) AS x",
	    { [POSTGRES] = "SELECT repeat('0', 6000000) AS x",
		[MARIA] = "SELECT repeat('0', 6000000) AS x" } },
	{ "echo", SQL_SELECT, "SELECT ? AS x",
	    { [POSTGRES] = "SELECT ?::text AS x" } },
	{ "star", SQL_SELECT, "SELECT * FROM t", { NULL } },
	{ "alter", SQL_UPDATE, "ALTER TABLE t ADD COLUMN more INTEGER",
	    { NULL } },
	{ "none", SQL_SELECT, "SELECT id FROM t WHERE 1 = 0", { NULL } },
};

/* ---- the rig ---- */

struct rig {
	enum kind kind;
	struct sql *sql;
	struct loop *loop;
	struct arena *arena;
};

struct all {
	struct server postgres, maria;
	bool have[NKINDS];
	char connection[NKINDS][300];
	char dir[100];
};

static int
set_up(void **state)
{
	struct all *all = mem_take(sizeof(*all));
	const char *tmp = getenv("TMPDIR");

	*state = all;
	snprintf(all->dir, sizeof all->dir, "%s/subo-sql.XXXXXX",
	    tmp ? tmp : "/tmp");
	if (!mkdtemp(all->dir))
		return -1;
	all->have[LITE] = true;
	snprintf(all->connection[LITE], 300, "%s/test.db", all->dir);
	if (server_try(&all->postgres, "postgresql", &all->have[POSTGRES]) <
		0 ||
	    server_try(&all->maria, "mysql", &all->have[MARIA]) < 0)
		return -1;
	snprintf(all->connection[POSTGRES], 300,
	    "postgresql://subo:secret@127.0.0.1:%d/subo", all->postgres.port);
	snprintf(all->connection[MARIA], 300,
	    "subo:secret@tcp(127.0.0.1:%d)/subo", all->maria.port);
	return 0;
}

static int
tear_down(void **state)
{
	struct all *all = *state;
	struct err e = ERR;
	char dir[100];

	snprintf(dir, sizeof dir, "%s", all->dir);
	server_end(&all->postgres);
	server_end(&all->maria);
	mem_free(all);
	return os_remove_tree(dir, &e);
}

static struct str
adapt(struct arena *a, const char *text, enum kind kind)
{
	struct buf b = BUF(1u << 16);
	int n = 0;

	for (; *text; text++) {
		if (*text == '?' && kind == POSTGRES)
			buf_addf(&b, "$%d", ++n);
		else
			buf_addc(&b, *text);
	}
	struct str out = arena_copy(a, buf_str(&b));

	buf_free(&b);
	return out;
}

static struct sql *
open_sql(struct arena *a, enum kind kind, const char *connection,
    const struct sql_options *more)
{
	struct sql_statement st[COUNT(queries)];
	struct sql_options opt = *more;
	struct sql *sql = NULL;
	struct err e = ERR;

	for (size_t i = 0; i < COUNT(queries); i++) {
		const char *own = queries[i].own[kind];

		st[i].name = str_of(queries[i].name);
		st[i].kind = queries[i].kind;
		st[i].text = adapt(a, own ? own : queries[i].text, kind);
		st[i].nvars = sql_count_vars(st[i].text);
		if (strcmp(queries[i].name, "miscounted") == 0)
			st[i].nvars = 1;
	}
	opt.type = str_of(types[kind]);
	opt.connection = str_of(connection);
	opt.statements = st;
	opt.nstatements = COUNT(st);
	if (sql_open(&sql, &opt, &e) < 0)
		fail_msg("%s", e.text);
	return sql;
}

static struct rig
rig_new(struct all *all, enum kind kind, const struct sql_options *opt)
{
	struct rig r = { .kind = kind, .arena = arena_new() };
	struct err e = ERR;

	assert_int_equal(loop_new(&r.loop, &e), 0);
	r.sql = open_sql(r.arena, kind, all->connection[kind], opt);
	return r;
}

static void
rig_free(struct rig *r)
{
	loop_free(&r->loop);
	sql_free(&r->sql);
	arena_free(&r->arena);
}

static void
start(struct rig *r, struct answer *a, const char *name,
    const struct str *values, size_t n)
{
	const struct sql_statement *st = sql_find(r->sql, str_of(name));

	assert_non_null(st);
	a->op = sql_run(r->sql, r->loop, st, values, n, &a->out, told, a);
	assert_false(a->done);
}

/* Run one statement to its end; texts of values end with NULL. */
static void
run(struct rig *r, struct answer *a, const char *name, ...)
{
	struct str values[4];
	const char *text;
	size_t n = 0;
	va_list ap;

	va_start(ap, name);
	while ((text = va_arg(ap, const char *)) != NULL)
		values[n++] = str_of(text);
	va_end(ap);
	answer_clear(a);
	start(r, a, name, values, n);
	await(r->loop, a);
}

/* It must work, and give json. */
#define gives(r, a, json, ...) \
	do { \
		run(r, a, __VA_ARGS__, NULL); \
		if ((a)->rc < 0) \
			fail_msg("%s", (a)->e.text); \
		assert_string_equal(buf_cstr(&(a)->out), json); \
	} while (0)

/* It must fail with kind, and its text must have part in it. */
#define refuses(r, a, want, part, ...) \
	do { \
		run(r, a, __VA_ARGS__, NULL); \
		assert_int_equal((a)->rc, -1); \
		if ((a)->e.kind != (want) || !strstr((a)->e.text, part)) \
			fail_msg("%d: %s", (a)->e.kind, (a)->e.text); \
	} while (0)

static void
make_table(struct rig *r, struct answer *a)
{
	run(r, a, "drop", NULL);
	assert_int_equal(a->rc, 0);
	run(r, a, "create", NULL);
	if (a->rc < 0)
		fail_msg("%s", a->e.text);
}

typedef void rig_case(struct rig *r, struct answer *a);

/* Run a case with each database that there is. */
static void
with_each(void **state, const struct sql_options *opt, rig_case *fn)
{
	struct all *all = *state;
	bool missing = false;

	for (int k = 0; k < NKINDS; k++) {
		struct answer a = ANSWER;

		if (!all->have[k]) {
			missing = true;
			continue;
		}
		struct rig r = rig_new(all, (enum kind)k, opt);

		print_message("  %s\n", types[k]);
		make_table(&r, &a);
		fn(&r, &a);
		rig_free(&r);
		buf_free(&a.out);
	}
	if (missing)
		skip();
}

#define CASE(name, ...) \
	static void name##_case(struct rig *r, struct answer *a); \
	static void name(void **state) \
	{ \
		const struct sql_options opt = { __VA_ARGS__ }; \
		with_each(state, &opt, name##_case); \
	} \
	static void name##_case(struct rig *r, struct answer *a)

/* ---- what all do ---- */

/* upstream.md 7: insert has the first, update and delete the second. */
CASE(results_have_the_texts_of_reactr, 0)
{
	gives(
	    r, a, "{\"lastInsertID\":1,\"rowsAffected\":0}", "add", "ann", "1");
	gives(
	    r, a, "{\"lastInsertID\":2,\"rowsAffected\":0}", "add", "bob", "2");
	gives(r, a,
	    "[{\"id\":1,\"name\":\"ann\",\"n\":1},"
	    "{\"id\":2,\"name\":\"bob\",\"n\":2}]",
	    "all");
	gives(r, a, "{\"lastInsertID\":0,\"rowsAffected\":2}", "raise", "1");
	gives(r, a, "{\"lastInsertID\":0,\"rowsAffected\":0}", "raise", "9");
	gives(r, a, "{\"lastInsertID\":0,\"rowsAffected\":1}", "remove", "bob");
	gives(r, a, "[{\"n\":1}]", "count");
}

CASE(an_empty_select_is_an_empty_array, 0)
{
	gives(r, a, "[]", "none");
}

CASE(an_insert_with_returning_gives_its_first_column, 0)
{
	gives(r, a, "{\"lastInsertID\":\"r\",\"rowsAffected\":0}",
	    "add_returning");
	gives(r, a,
	    r->kind == POSTGRES ? "{\"lastInsertID\":0,\"rowsAffected\":0}"
				: "{\"lastInsertID\":2,\"rowsAffected\":0}",
	    "add_plain");
}

CASE(of_columns_with_one_name_the_last_is_kept, 0)
{
	gives(r, a, "[{\"b\":2,\"a\":3}]", "twice");
}

/* trust.md H26 */
CASE(values_are_bound_as_text, 0)
{
	static const char *const hostile[] = { "'; DROP TABLE t;--",
		"\\'; DROP TABLE t;#", "\"x\"", "$1 ? :x @y", "%s%n", "",
		"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "line\nbreak\ttab" };

	for (size_t i = 0; i < COUNT(hostile); i++) {
		run(r, a, "add", hostile[i], "7", NULL);
		assert_int_equal(a->rc, 0);
		gives(r, a, "[{\"n\":7}]", "named", hostile[i]);
	}
	gives(r, a, "[{\"n\":8}]", "count");
}

/* upstream.md 7: "a count mismatch naming expected and given numbers" */
CASE(a_wrong_number_of_values_is_told_as_reactr_did, 0)
{
	refuses(r, a, ERR_FAILED,
	    "expected 2 variables, got 1: number of variables incorrect", "add",
	    "x");
	refuses(r, a, ERR_FAILED,
	    "expected 0 variables, got 1: number of variables incorrect", "all",
	    "x");
	/* A declared count that the database does not agree with. */
	refuses(r, a, ERR_FAILED, "", "miscounted", "1");
	gives(r, a, "[]", "all");
}

CASE(an_error_of_the_database_has_its_own_text, 0)
{
	refuses(r, a, ERR_FAILED, "nowhere", "wrong");
	gives(r, a, "{\"lastInsertID\":1,\"rowsAffected\":0}", "add", "x", "1");
	refuses(r, a, ERR_FAILED, "", "unique");
	gives(r, a, "[{\"n\":1}]", "count");
}

CASE(a_table_that_changed_is_noticed, .connections = 1)
{
	run(r, a, "add", "ann", "1", NULL);
	gives(r, a, "[{\"id\":1,\"name\":\"ann\",\"n\":1}]", "star");
	run(r, a, "alter", NULL);
	assert_int_equal(a->rc, 0);
	gives(r, a, "[{\"id\":1,\"name\":\"ann\",\"n\":1,\"more\":null}]",
	    "star");
	gives(r, a, "[{\"n\":1}]", "count");
}

/* trust.md H30 */
CASE(two_statements_are_refused, 0)
{
	refuses(r, a, ERR_FAILED, "second statement", "two");
	gives(r, a, "[{\"n\":0}]", "count");
}

/* trust.md H32 */
CASE(a_slow_statement_ends_and_the_next_works, .timeout_ms = 2000,
    .connections = 1)
{
	uint64_t begin = os_now_ns();

	refuses(r, a, ERR_LIMIT, "", "slow");
	assert_true(os_now_ns() - begin < UINT64_C(20000000000));
	gives(r, a, "[{\"n\":0}]", "count");
}

CASE(a_million_rows_stop_at_the_limit, .rows = 100)
{
	refuses(r, a, ERR_LIMIT, "more than 100 rows", "endless");
	assert_int_equal(a->out.n, 0);
	gives(r, a, "[{\"n\":0}]", "count");
}

CASE(an_answer_stops_at_its_bytes, .bytes = 100000, .rows = UINT32_MAX)
{
	refuses(r, a, ERR_LIMIT, "larger than 100000 bytes", "wide");
	refuses(r, a, ERR_LIMIT, "larger than 100000 bytes", "endless");
	gives(r, a, "[{\"n\":0}]", "count");
}

/* trust.md H28, as far as memory goes. */
CASE(large_values_go_through_and_larger_ones_are_refused, .bytes = 32u << 20,
    .timeout_ms = 60000)
{
	size_t n = 4u << 20;
	char *big = mem_take((20u << 20) + 1);

	memset(big, 'x', n);
	run(r, a, "echo", big, NULL);
	if (a->rc < 0)
		fail_msg("%s", a->e.text);
	assert_int_equal(a->out.n, n + strlen("[{\"x\":\"\"}]"));
	memset(big, 'x', 20u << 20);
	refuses(r, a, ERR_LIMIT, "larger than 16777216 bytes", "echo", big);
	gives(r, a, "[{\"x\":\"y\"}]", "echo", "y");
	mem_free(big);
}

/* ---- many at once ---- */

#define NMANY 1000u

CASE(a_thousand_wait_their_turn_for_eight_connections, .timeout_ms = 60000)
{
	struct answer *many = mem_take(NMANY * sizeof(*many));
	struct err e = ERR;
	int order = 0, late = 0;
	char text[20];

	(void)a;
	for (unsigned i = 0; i < NMANY; i++) {
		many[i].out.max = 1000;
		many[i].order = &order;
		snprintf(text, sizeof text, "v%u", i);
		start(r, &many[i], "echo", &(struct str){ text, strlen(text) },
		    1);
	}
	assert_int_equal(loop_run(r->loop, &e), 0);
	for (unsigned i = 0; i < NMANY; i++) {
		snprintf(text, sizeof text, "[{\"x\":\"v%u\"}]", i);
		assert_true(many[i].done);
		if (many[i].rc < 0)
			fail_msg("%s", many[i].e.text);
		assert_string_equal(buf_cstr(&many[i].out), text);
		/* They start in order; eight run at a time. */
		if (abs(many[i].turn - (int)i) > 8 * 8)
			late++;
		store_end(&many[i].op);
		buf_free(&many[i].out);
	}
	assert_true(late < 200);
	mem_free(many);
}

CASE(with_one_connection_answers_come_in_order, .connections = 1)
{
	struct answer many[20];
	struct err e = ERR;
	int order = 0;

	(void)a;
	for (int i = 0; i < 20; i++) {
		many[i] = (struct answer)ANSWER;
		many[i].order = &order;
		start(r, &many[i], "count", NULL, 0);
	}
	assert_int_equal(loop_run(r->loop, &e), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(many[i].rc, 0);
		assert_int_equal(many[i].turn, i);
		store_end(&many[i].op);
		buf_free(&many[i].out);
	}
}

/* ---- cancelling ---- */

struct cutter {
	struct loop_timer *timer;
	struct answer *answer;
	struct loop *loop;
};

static void
cut(void *arg)
{
	struct cutter *c = arg;

	loop_timer_end(&c->timer);
	store_end(&c->answer->op);
}

/* 0: before anything ran; then at ever later moments: while the name is looked
 * up, the connection made, the statement prepared, run. */
CASE(an_operation_can_be_ended_at_every_stage, .connections = 2)
{
	static const unsigned delays_us[] = { 0, 50, 100, 200, 400, 800, 1500,
		3000, 6000, 12000, 30000, 60000 };

	for (size_t i = 0; i < COUNT(delays_us); i++) {
		struct answer ended = ANSWER, other = ANSWER;
		struct cutter c = { .answer = &ended };
		struct err e = ERR;

		start(r, &ended, i % 2 ? "slow" : "all", NULL, 0);
		start(r, &other, "count", NULL, 0);
		if (i == 0)
			store_end(&ended.op);
		else
			c.timer = loop_timer_start(
			    r->loop, NULL, delays_us[i] * 1000, cut, &c);
		assert_int_equal(loop_run(r->loop, &e), 0);
		assert_true(i % 2 == 0 || !ended.done);
		assert_null(ended.op);
		assert_true(other.done);
		if (other.rc < 0)
			fail_msg("%s", other.e.text);
		store_end(&other.op);
		buf_free(&ended.out);
		buf_free(&other.out);
	}
	gives(r, a, "[{\"n\":0}]", "count");
}

static void
end_in_done(void *arg, int rc, const struct err *why)
{
	struct answer *a = arg;

	told(arg, rc, why);
	store_end(&a->op);
}

CASE(an_operation_can_end_itself_when_it_is_done, 0)
{
	struct err e = ERR;

	answer_clear(a);
	a->op = sql_run(r->sql, r->loop, sql_find(r->sql, STR("count")), NULL,
	    0, &a->out, end_in_done, a);
	assert_int_equal(loop_run(r->loop, &e), 0);
	assert_true(a->done && !a->op);
	assert_string_equal(buf_cstr(&a->out), "[{\"n\":0}]");
}

static void
stop_loop(void *arg)
{
	struct cutter *c = arg;

	loop_timer_end(&c->timer);
	loop_stop(c->loop);
}

CASE(a_loop_can_end_with_operations_under_way, .connections = 1)
{
	static const unsigned delays_ms[] = { 0, 1, 5, 50 };
	struct err e = ERR;

	(void)a;
	for (size_t i = 0; i < COUNT(delays_ms); i++) {
		struct answer slow = ANSWER, waiting = ANSWER;
		struct cutter c = { .loop = r->loop };

		start(r, &slow, "slow", NULL, 0);
		start(r, &waiting, "count", NULL, 0);
		c.timer = loop_timer_start(r->loop, NULL,
		    delays_ms[i] * UINT64_C(1000000), stop_loop, &c);
		assert_int_equal(loop_run(r->loop, &e), 0);
		loop_free(&r->loop);
		store_end(&slow.op);
		store_end(&waiting.op);
		assert_false(slow.done || waiting.done);
		assert_int_equal(loop_new(&r->loop, &e), 0);
	}
}

/* ---- threads ---- */

struct thread {
	struct sql *sql;
	int nbad;
};

static void
count_bad(void *arg, int rc, const struct err *why)
{
	struct answer *a = arg;

	(void)why;
	a->done = true;
	a->rc = rc;
}

static void *
run_thread(void *arg)
{
	struct thread *t = arg;
	struct loop *l = NULL;
	struct err e = ERR;
	struct answer many[50];

	if (loop_new(&l, &e) < 0)
		return NULL;
	for (int i = 0; i < 50; i++) {
		many[i] = (struct answer)ANSWER;
		many[i].op = sql_run(t->sql, l,
		    sql_find(t->sql, i % 2 ? STR("add") : STR("count")),
		    (struct str[]){ STR("thread"), STR("1") }, i % 2 ? 2 : 0,
		    &many[i].out, count_bad, &many[i]);
	}
	if (loop_run(l, &e) < 0)
		t->nbad++;
	for (int i = 0; i < 50; i++) {
		t->nbad += !many[i].done || many[i].rc < 0;
		store_end(&many[i].op);
		buf_free(&many[i].out);
	}
	loop_free(&l);
	return NULL;
}

CASE(two_loops_on_two_threads_share_it, .timeout_ms = 60000)
{
	struct thread t[2] = { { r->sql, 0 }, { r->sql, 0 } };
	pthread_t id[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    pthread_create(&id[i], NULL, run_thread, &t[i]), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(id[i], NULL);
		assert_int_equal(t[i].nbad, 0);
	}
	gives(r, a, "[{\"n\":50}]", "count");
}

/* ---- servers that go ---- */

static struct server *
server_of(struct all *all, enum kind kind)
{
	return kind == POSTGRES ? &all->postgres : &all->maria;
}

static void
needs(struct all *all, enum kind kind)
{
	if (!all->have[kind])
		skip();
}

/* Killed in the middle, gone, and back. */
static void
server_goes(struct all *all, enum kind kind)
{
	const struct sql_options opt = { .timeout_ms = 20000,
		.connections = 2 };
	struct killer k = { .server = server_of(all, kind) };
	struct answer a = ANSWER;
	struct rig r;

	needs(all, kind);
	r = rig_new(all, kind, &opt);
	make_table(&r, &a);
	answer_clear(&a);
	start(&r, &a, "slow", NULL, 0);
	k.timer = loop_timer_start(
	    r.loop, NULL, 300 * UINT64_C(1000000), kill_server, &k);
	await(r.loop, &a);
	assert_int_equal(a.rc, -1);
	if (a.e.kind != ERR_REMOTE)
		fail_msg("%d: %s", a.e.kind, a.e.text);
	refuses(&r, &a, ERR_REMOTE, "cannot connect to", "count");
	assert_null(strstr(a.e.text, "secret"));
	assert_true(server_tell(k.server, "start"));
	gives(&r, &a, "[{\"n\":0}]", "count");
	/* An idle connection breaks: the next statement does not see it. */
	assert_true(server_tell(k.server, "stop"));
	assert_true(server_tell(k.server, "start"));
	gives(&r, &a, "[{\"n\":0}]", "count");
	rig_free(&r);
	buf_free(&a.out);
}

static void
postgresql_that_goes_is_told_and_comes_back(void **state)
{
	server_goes(*state, POSTGRES);
}

static void
mysql_that_goes_is_told_and_comes_back(void **state)
{
	server_goes(*state, MARIA);
}

/* Errors that come before a statement runs, for each connection text. */
static void
connecting_fails_in_time_and_without_the_password(void **state)
{
	static const struct {
		enum kind kind;
		const char *connection; /* %d is the port */
	} rows[] = {
		{ POSTGRES, "postgresql://subo:hunter2@127.0.0.1:%d/subo" },
		{ POSTGRES,
		    "host=127.0.0.1 port=%d user=subo "
		    "password='hunter2' dbname=subo" },
		{ POSTGRES, "postgres://nobody:hunter2@127.0.0.1:%d/subo" },
		{ POSTGRES, "postgresql://subo:hunter2@127.0.0.1:1/subo" },
		{ POSTGRES, "postgresql://subo:hunter2@no.invalid/subo" },
		{ POSTGRES,
		    "postgresql://subo:hunter2@127.0.0.1:%d/subo"
		    "?hunter2=hunter2" },
		{ MARIA, "subo:hunter2@tcp(127.0.0.1:%d)/subo" },
		{ MARIA, "mysql://subo:hunter2@127.0.0.1:%d/subo" },
		{ MARIA, "mysql://subo:hunter2@127.0.0.1:1/subo" },
		{ MARIA, "subo:hunter2@unix(/nonexistent/hunter)/subo" },
		{ MARIA, "mysql://subo:hunter2@no.invalid/subo" },
	};
	const struct sql_options opt = { .timeout_ms = 8000 };
	struct all *all = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig r = { .kind = rows[i].kind, .arena = arena_new() };
		struct answer a = ANSWER;
		struct err e = ERR;
		char text[300];

		needs(all, r.kind);
		snprintf(text, sizeof text, "%s", rows[i].connection);
		char *at = strstr(text, "%d");

		if (at)
			snprintf(at, sizeof text - (size_t)(at - text), "%d%s",
			    server_of(all, r.kind)->port,
			    strstr(rows[i].connection, "%d") + 2);
		assert_int_equal(loop_new(&r.loop, &e), 0);
		r.sql = open_sql(r.arena, r.kind, text, &opt);
		run(&r, &a, "count", NULL);
		assert_int_equal(a.rc, -1);
		if (a.e.kind != ERR_REMOTE && a.e.kind != ERR_INPUT)
			fail_msg("%s: %d: %s", text, a.e.kind, a.e.text);
		assert_null(strstr(a.e.text, "hunter2"));
		rig_free(&r);
		buf_free(&a.out);
	}
}

/* trust.md H34: nothing answers at all. */
static void
a_database_that_is_silent_fails_within_the_limit(void **state)
{
	const struct sql_options opt = { .timeout_ms = 300 };
	struct all *all = *state;
	char text[200];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage sa = { .ss_family = AF_INET };
	socklen_t n = sizeof(sa);

	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	for (int k = POSTGRES; k < NKINDS; k++) {
		struct rig r = { .kind = (enum kind)k, .arena = arena_new() };
		struct answer a = ANSWER;
		struct err e = ERR;
		unsigned port = (unsigned)(uint8_t)((char *)&sa)[2] << 8 |
		    (uint8_t)((char *)&sa)[3];

		needs(all, r.kind);
		snprintf(text, sizeof text, "%s://u:hunter2@127.0.0.1:%u/d",
		    types[k], port);
		assert_int_equal(loop_new(&r.loop, &e), 0);
		r.sql = open_sql(r.arena, r.kind, text, &opt);
		refuses(&r, &a, ERR_REMOTE, "within 300 ms", "count");
		rig_free(&r);
		buf_free(&a.out);
	}
	close(fd);
}

/* ---- types ---- */

struct typed {
	enum kind kind;
	const char *text, *json;
};

static const struct typed typed[] = {
	{ POSTGRES, "SELECT 9007199254740993::bigint AS x",
	    "[{\"x\":9007199254740993}]" },
	{ POSTGRES, "SELECT 1.50::numeric AS x, 'NaN'::numeric AS y",
	    "[{\"x\":1.50,\"y\":\"NaN\"}]" },
	{ POSTGRES, "SELECT 0.1::float8 AS x, 'Infinity'::float8 AS y",
	    "[{\"x\":0.1,\"y\":\"Infinity\"}]" },
	{ POSTGRES, "SELECT true AS x, false AS y, NULL::bool AS z",
	    "[{\"x\":true,\"y\":false,\"z\":null}]" },
	{ POSTGRES, "SELECT '2022-01-02 03:04:05.678'::timestamp AS x",
	    "[{\"x\":\"2022-01-02T03:04:05.678Z\"}]" },
	{ POSTGRES,
	    "SELECT '2022-01-02 03:04:05+00'::timestamptz AT TIME ZONE 'UTC' "
	    "AS x",
	    "[{\"x\":\"2022-01-02T03:04:05Z\"}]" },
	{ POSTGRES, "SELECT '2022-01-02'::date AS x, 'infinity'::timestamp y",
	    "[{\"x\":\"2022-01-02\",\"y\":\"infinity\"}]" },
	{ POSTGRES, "SELECT '\\x00ff10'::bytea AS x, ''::bytea AS y",
	    "[{\"x\":\"AP8Q\",\"y\":\"\"}]" },
	{ POSTGRES, "SELECT '{\"a\": 1}'::json AS x",
	    "[{\"x\":\"{\\\"a\\\": 1}\"}]" },
	{ POSTGRES, "SELECT ARRAY[1,2] AS \"a\"\"b\"",
	    "[{\"a\\\"b\":\"{1,2}\"}]" },
	{ LITE, "SELECT 9007199254740993 AS x, -1 AS y, NULL AS z",
	    "[{\"x\":9007199254740993,\"y\":-1,\"z\":null}]" },
	{ LITE, "SELECT 0.1 AS x, 1e999 AS y, 2.0 AS z",
	    "[{\"x\":0.1,\"y\":\"Infinity\",\"z\":2.0}]" },
	{ LITE, "SELECT x'00ff10' AS x, 'a\"b' AS y",
	    "[{\"x\":\"AP8Q\",\"y\":\"a\\\"b\"}]" },
	{ MARIA,
	    "SELECT CAST(9007199254740993 AS SIGNED) AS x, "
	    "18446744073709551615 AS y",
	    "[{\"x\":9007199254740993,\"y\":18446744073709551615}]" },
	{ MARIA, "SELECT 1.50 AS x, 1e0/3 AS y, NULL AS z",
	    "[{\"x\":1.50,\"y\":0.3333333333333333,\"z\":null}]" },
	{ MARIA,
	    "SELECT TIMESTAMP'2022-01-02 03:04:05' AS x, DATE'2022-01-02' AS "
	    "y, TIME'30:01:02' AS z",
	    "[{\"x\":\"2022-01-02T03:04:05Z\",\"y\":\"2022-01-02\","
	    "\"z\":\"30:01:02\"}]" },
	{ MARIA, "SELECT TIMESTAMP'2022-01-02 03:04:05.678' AS x",
	    "[{\"x\":\"2022-01-02T03:04:05.678000Z\"}]" },
	{ MARIA, "SELECT x'00ff10' AS x, '' AS y, 'a\\'b' AS z",
	    "[{\"x\":\"AP8Q\",\"y\":\"\",\"z\":\"a'b\"}]" },
	{ MARIA, "SELECT CAST(0.1 AS FLOAT) AS x", "[{\"x\":0.1}]" },
};

static void
one_typed(struct all *all, const struct typed *t)
{
	struct sql_statement st = { STR("q"), str_of(t->text), SQL_SELECT, 0 };
	struct sql_options opt = { .type = str_of(types[t->kind]),
		.connection = str_of(all->connection[t->kind]),
		.statements = &st,
		.nstatements = 1 };
	struct rig r = { .kind = t->kind };
	struct answer a = ANSWER;
	struct err e = ERR;

	assert_int_equal(sql_open(&r.sql, &opt, &e), 0);
	assert_int_equal(loop_new(&r.loop, &e), 0);
	gives(&r, &a, t->json, "q");
	rig_free(&r);
	buf_free(&a.out);
}

static void
types_become_json(void **state)
{
	struct all *all = *state;

	for (size_t i = 0; i < COUNT(typed); i++) {
		if (!all->have[typed[i].kind])
			skip();
		one_typed(all, &typed[i]);
	}
}

/* ---- SQLite's own ---- */

static void
lite_runs(struct all *all, const struct typed *rows, size_t n, const char *file)
{
	struct sql_statement st[20];
	struct sql_options opt = { .type = STR("sqlite"),
		.connection = str_of(file),
		.statements = st,
		.nstatements = n };
	struct rig r = { .kind = LITE };
	struct answer a = ANSWER;
	struct err e = ERR;
	char name[20][4];

	(void)all;
	for (size_t i = 0; i < n; i++) {
		snprintf(name[i], sizeof name[i], "%zu", i);
		st[i] = (struct sql_statement){ str_of(name[i]),
			str_of(rows[i].text), SQL_UPDATE, 0 };
		(void)sql_kind_of(st[i].text, &st[i].kind);
	}
	assert_int_equal(sql_open(&r.sql, &opt, &e), 0);
	assert_int_equal(loop_new(&r.loop, &e), 0);
	for (size_t i = 0; i < n; i++) {
		run(&r, &a, name[i], NULL);
		if (rows[i].json && a.rc < 0)
			fail_msg("%s: %s", rows[i].text, a.e.text);
		if (rows[i].json)
			assert_string_equal(buf_cstr(&a.out), rows[i].json);
		else if (a.rc == 0)
			fail_msg("%s: is not refused", rows[i].text);
	}
	rig_free(&r);
	buf_free(&a.out);
}

#define CHANGED(n) "{\"lastInsertID\":0,\"rowsAffected\":" #n "}"

static void
sqlite_reaches_no_other_file_and_no_setting(void **state)
{
	static const struct typed rows[] = {
		{ LITE, "SELECT 1 AS x", "[{\"x\":1}]" },
		{ LITE, "ATTACH DATABASE '/tmp/other' AS other", NULL },
		{ LITE, "PRAGMA writable_schema=ON", NULL },
		{ LITE, "PRAGMA journal_mode=OFF", NULL },
		{ LITE, "SELECT * FROM pragma_database_list", NULL },
		{ LITE, "SELECT load_extension('x')", NULL },
		{ LITE, "SELECT readfile('/etc/passwd')", NULL },
		{ LITE, "VACUUM INTO '/tmp/other'", NULL },
		{ LITE, "UPDATE sqlite_schema SET sql='x'", NULL },
		{ LITE, "SELECT length(zeroblob(1000000000)) AS x", NULL },
		{ LITE, "SELECT 2 AS x", "[{\"x\":2}]" },
	};
	struct all *all = *state;

	lite_runs(all, rows, COUNT(rows), all->connection[LITE]);
	assert_false(os_exists("/tmp/other"));
}

static void
sqlite_columns_have_the_types_they_are_declared_with(void **state)
{
	static const struct typed rows[] = {
		{ LITE,
		    "CREATE TABLE kinds(b BOOLEAN, at TIMESTAMP, d DATETIME, "
		    "s TEXT)",
		    CHANGED(0) },
		{ LITE,
		    "INSERT INTO kinds VALUES(1, '2022-01-02 03:04:05', "
		    "'yesterday', '2022-01-02 03:04:05')",
		    "{\"lastInsertID\":1,\"rowsAffected\":0}" },
		{ LITE,
		    "INSERT INTO kinds VALUES(0, NULL, "
		    "'2022-01-02 03:04:05.5+02:00', '')",
		    "{\"lastInsertID\":2,\"rowsAffected\":0}" },
		{ LITE, "SELECT * FROM kinds",
		    "[{\"b\":true,\"at\":\"2022-01-02T03:04:05Z\","
		    "\"d\":\"yesterday\",\"s\":\"2022-01-02 03:04:05\"},"
		    "{\"b\":false,\"at\":null,"
		    "\"d\":\"2022-01-02T03:04:05.5+02:00\",\"s\":\"\"}]" },
	};

	lite_runs(*state, rows, COUNT(rows), ":memory:");
}

static void
a_select_that_writes_is_refused(void **state)
{
	const struct sql_options opt = { 0 };
	struct sql_statement st = { STR("q"),
		STR("INSERT INTO t(name) VALUES('x') RETURNING id"), SQL_SELECT,
		0 };
	struct all *all = *state;
	struct sql_options own = { .type = STR("sqlite"),
		.connection = str_of(all->connection[LITE]),
		.statements = &st,
		.nstatements = 1 };
	struct rig r = rig_new(all, LITE, &opt);
	struct answer a = ANSWER;
	struct err e = ERR;

	make_table(&r, &a);
	rig_free(&r);
	r = (struct rig){ 0 };
	assert_int_equal(sql_open(&r.sql, &own, &e), 0);
	assert_int_equal(loop_new(&r.loop, &e), 0);
	refuses(&r, &a, ERR_FAILED, "it writes", "q");
	rig_free(&r);
	buf_free(&a.out);
}

static void
files_that_are_no_database_are_told(void **state)
{
	const struct sql_options opt = { 0 };
	struct all *all = *state;
	struct rig r = { .arena = arena_new() };
	struct answer a = ANSWER;
	struct err e = ERR;
	char path[200];

	snprintf(path, sizeof path, "%s/none.db", all->dir);
	assert_int_equal(os_create(path,
			     STR("this is no database at all, it is text that "
				 "is long enough to be read as a header, which "
				 "has one hundred bytes in it......."),
			     0600, &e),
	    0);
	assert_int_equal(loop_new(&r.loop, &e), 0);
	r.sql = open_sql(r.arena, LITE, path, &opt);
	refuses(&r, &a, ERR_INPUT, "not an SQLite database", "count");
	loop_free(&r.loop);
	sql_free(&r.sql);
	assert_int_equal(loop_new(&r.loop, &e), 0);
	r.sql = open_sql(r.arena, LITE, "/nonexistent/folder/x.db", &opt);
	refuses(&r, &a, ERR_REMOTE, "/nonexistent/folder/x.db", "count");
	rig_free(&r);
	buf_free(&a.out);
}

#define T(name) cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(results_have_the_texts_of_reactr),
		T(an_empty_select_is_an_empty_array),
		T(an_insert_with_returning_gives_its_first_column),
		T(of_columns_with_one_name_the_last_is_kept),
		T(values_are_bound_as_text),
		T(a_wrong_number_of_values_is_told_as_reactr_did),
		T(an_error_of_the_database_has_its_own_text),
		T(a_table_that_changed_is_noticed),
		T(two_statements_are_refused),
		T(a_slow_statement_ends_and_the_next_works),
		T(a_million_rows_stop_at_the_limit),
		T(an_answer_stops_at_its_bytes),
		T(large_values_go_through_and_larger_ones_are_refused),
		T(a_thousand_wait_their_turn_for_eight_connections),
		T(with_one_connection_answers_come_in_order),
		T(an_operation_can_be_ended_at_every_stage),
		T(an_operation_can_end_itself_when_it_is_done),
		T(a_loop_can_end_with_operations_under_way),
		T(two_loops_on_two_threads_share_it),
		T(postgresql_that_goes_is_told_and_comes_back),
		T(mysql_that_goes_is_told_and_comes_back),
		T(connecting_fails_in_time_and_without_the_password),
		T(a_database_that_is_silent_fails_within_the_limit),
		T(types_become_json),
		T(sqlite_reaches_no_other_file_and_no_setting),
		T(sqlite_columns_have_the_types_they_are_declared_with),
		T(a_select_that_writes_is_refused),
		T(files_that_are_no_database_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

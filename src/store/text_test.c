/* SPDX-License-Identifier: Apache-2.0 */
/* What statements say about themselves, and where databases are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/store.h"

struct counted {
	const char *text;
	unsigned nvars;
};

static void
check_counts(const struct counted *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned got = sql_count_vars(str_of(rows[i].text));

		if (got != rows[i].nvars)
			fail_msg(
			    "%s: %u, not %u", rows[i].text, got, rows[i].nvars);
	}
}

/* [bug] upstream.md 7: "$10 counts once" for its first digit. */
static void
bug_a_placeholder_with_two_digits_is_one(void **state)
{
	static const struct counted rows[] = {
		{ "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9,$10", 10 },
		{ "SELECT $10", 10 },
		{ "INSERT INTO t VALUES($1, $12)", 12 },
	};

	(void)state;
	check_counts(rows, COUNT(rows));
}

/* [bug] upstream.md 7: "a repeated $1 twice". */
static void
bug_a_repeated_placeholder_is_one(void **state)
{
	static const struct counted rows[] = {
		{ "SELECT * FROM t WHERE a = $1 OR b = $1", 1 },
		{ "SELECT $2, $1, $2, $1", 2 },
		{ "SELECT ?1, ?1, ?2", 2 },
	};

	(void)state;
	check_counts(rows, COUNT(rows));
}

/* [bug] upstream.md 7: "? with certain neighbours for MySQL". */
static void
bug_a_question_mark_counts_whatever_stands_beside_it(void **state)
{
	static const struct counted rows[] = {
		{ "SELECT ?", 1 },
		{ "SELECT ?+?,?", 3 },
		{ "SELECT a FROM t WHERE a=?AND b=?", 2 },
		{ "SELECT a FROM t WHERE a IN(?,?,\n?\t)", 3 },
		{ "SELECT ?;", 1 },
	};

	(void)state;
	check_counts(rows, COUNT(rows));
}

static void
placeholders_in_quotes_and_comments_are_none(void **state)
{
	static const struct counted rows[] = {
		{ "SELECT '?', \"?\", `?`", 0 },
		{ "SELECT 'it''s ? $1', ?", 1 },
		{ "SELECT 1 -- ? $5\n, ?", 1 },
		{ "SELECT 1 /* ? $5 */, $1", 1 },
		{ "SELECT 1 /* a /* nested ? */ $7 */, $1", 1 },
		{ "SELECT 1 /* not /* nested */, ?", 1 },
		{ "SELECT 1 # a comment ?\n, ?", 1 },
		{ "SELECT 'it\\'s ?', ?", 1 },
		{ "SELECT \"say \\\"?\\\"\", ?", 1 },
		{ "SELECT E'it\\'s $2', $1", 1 },
		{ "SELECT $$ $5 ? ' $$, $1", 1 },
		{ "SELECT $tag$ $5 $$ $6 $tag$, $1", 1 },
		{ "SELECT a$1 FROM t", 0 },
		{ "SELECT a::jsonb ? 'k' FROM t WHERE b = $1", 1 },
		{ "SELECT a #> '{x}' FROM t WHERE b = $1 AND c = $2", 2 },
		{ "SELECT '\\' || $1", 1 },
		{ "", 0 },
		{ "SELECT '", 0 },
		{ "SELECT $99999999999999999999", 0 },
	};

	(void)state;
	check_counts(rows, COUNT(rows));
}

static void
the_first_word_is_the_kind(void **state)
{
	static const struct {
		const char *text;
		int kind;
	} rows[] = {
		{ "SELECT 1", SQL_SELECT },
		{ "select 1", SQL_SELECT },
		/* [bug] upstream.md 7: all lower or all upper case only */
		{ "Select 1", SQL_SELECT },
		{ "iNsErT INTO t VALUES(1)", SQL_INSERT },
		{ "\n\t update t SET a=1", SQL_UPDATE },
		{ "-- x\n/* y */DELETE FROM t", SQL_DELETE },
		{ "(SELECT 1) UNION (SELECT 2)", SQL_SELECT },
		{ "WITH a AS (SELECT 1) SELECT * FROM a", SQL_SELECT },
		{ "with a as (select 1), b(x) AS (DELETE FROM t) "
		  "INSERT INTO t SELECT * FROM a",
		    SQL_INSERT },
		{ "WITH RECURSIVE a AS NOT MATERIALIZED (SELECT ')') "
		  "DELETE FROM t",
		    SQL_DELETE },
		{ "DROP TABLE t", -1 },
		{ "selection", -1 },
		{ "PRAGMA x", -1 },
		{ "", -1 },
		{ "'select'", -1 },
		{ "WITH a AS (SELECT 1)", -1 },
		{ "-- select", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum sql_kind kind = SQL_INSERT;
		bool found = sql_kind_of(str_of(rows[i].text), &kind);

		if (found != (rows[i].kind >= 0) ||
		    (found && (int)kind != rows[i].kind))
			fail_msg("%s: %d %d", rows[i].text, found, (int)kind);
	}
}

/* trust.md H30 */
static void
one_statement_is_enough(void **state)
{
	static const struct {
		const char *text, *why; /* NULL: it is fine */
	} rows[] = {
		{ "SELECT 1", NULL },
		{ "SELECT 1;", NULL },
		{ "SELECT 1; -- done\n ; /* really */", NULL },
		{ "SELECT ';'", NULL },
		{ "SELECT $$;$$, $1", NULL },
		{ "SELECT 'it\\'s; fine'", NULL },
		{ "SELECT 1 # a; b", NULL },
		{ "SELECT 1; DROP TABLE t", "second statement" },
		{ "SELECT 1;--x\nDROP TABLE t", "second statement" },
		{ "SELECT 1;''", "second statement" },
		{ "SELECT a #> ';' ; SELECT $1", "second statement" },
		{ "", "no statement" },
		{ " ;; /* x */", "no statement" },
		{ "SELECT 'open", "inside of quotes" },
		{ "SELECT 1 /* open", "inside of quotes" },
		{ "SELECT \xFF", "UTF-8" },
	};
	struct err e = ERR;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int rc = sql_check_text(str_of(rows[i].text), &e);

		if (rc != (rows[i].why ? -1 : 0))
			fail_msg("%s: %d %s", rows[i].text, rc, e.text);
		if (rows[i].why && !strstr(e.text, rows[i].why))
			fail_msg("%s: %s", rows[i].text, e.text);
		if (rows[i].why)
			assert_int_equal(e.kind, ERR_INPUT);
	}
	assert_int_equal(sql_check_text(STR("SELECT '\0'"), &e), -1);
}

static void
connections_that_are_understood(void **state)
{
	static const struct {
		const char *type, *text;
		bool fine;
	} rows[] = {
		{ "mysql", "user:hunter2@tcp(host:1)/db", true },
		{ "mysql", "user:hunter2@tcp([::1]:1)/db?tls=true", true },
		{ "mysql", "user:hunter2@tcp(host)/db?parseTime=true", true },
		{ "mysql", "user:p@ss/w0rd@tcp(host:1)/db", true },
		{ "mysql", "user@unix(/run/x.sock)/db", true },
		{ "mysql", "user:hunter2@/db", true },
		{ "mysql", "/", true },
		{ "mysql", "mysql://u:hunter2@host:1/db", true },
		{ "mysql", "mysql://u:hunter2@host", true },
		{ "mysql", "mysql://u:hunter2@[::1]:1/db?tls=skip-verify",
		    true },
		{ "mysql", "user:hunter2@tcp(host:1)", false },
		{ "mysql", "user:hunter2@udp(host:1)/db", false },
		{ "mysql", "user:hunter2@tcp(host:1/db", false },
		{ "mysql", "user:hunter2@tcp(host:x)/db", false },
		{ "mysql", "u:hunter2@tcp(h:1)/db?tls=hunter2", false },
		{ "mysql", "mysql://u:hunter2%0@host/db", false },
		{ "mysql", "mysql://", false },
		{ "mysql", "http://u:hunter2@host/db", false },
		{ "mysql", "hunter2", false },
		{ "postgresql", "postgres://u:hunter2@host/db", true },
		{ "postgresql", "postgresql://u:hunter2@a:1,b:2/db?x=y", true },
		{ "postgresql", "postgresql:///db?host=/run/x", true },
		{ "pgx", "host=a port=1 password='hun\\'ter2' user = x", true },
		{ "pgx", "dbname=x", true },
		{ "pgx", "hunter2", false },
		{ "pgx", "host=a password='hunter2", false },
		{ "pgx", "host=a hunter2", false },
		{ "pgx", "Host=a", false },
		{ "pgx", "mysql://u:hunter2@host/db", false },
		{ "pgx", "postgres://u:hunter2@ho st/db", false },
		{ "sqlite", "folder/file.db", true },
		{ "sqlite", "file:x.db?mode=ro", true },
		{ "sqlite", ":memory:", true },
		{ "sqlite", "file::memory:?cache=shared", true },
		{ "sqlite", "sqlite://u:hunter2@x", false },
		{ "sqlite", "", false },
		{ "oracle", "u:hunter2@x", false },
		{ "", "x", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sql_options opt = { .type = str_of(rows[i].type),
			.connection = str_of(rows[i].text) };
		struct sql *s = NULL;
		struct err e = ERR;
		int rc = sql_open(&s, &opt, &e);

		if (rc != (rows[i].fine ? 0 : -1))
			fail_msg("%s: %s", rows[i].text, e.text);
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_INPUT);
			assert_null(strstr(e.text, "hunter2"));
			assert_non_null(strstr(e.text, "xpected")
				? e.text
				: strstr(e.text, "empty"));
		}
		sql_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bug_a_placeholder_with_two_digits_is_one),
		cmocka_unit_test(bug_a_repeated_placeholder_is_one),
		cmocka_unit_test(
		    bug_a_question_mark_counts_whatever_stands_beside_it),
		cmocka_unit_test(placeholders_in_quotes_and_comments_are_none),
		cmocka_unit_test(the_first_word_is_the_kind),
		cmocka_unit_test(one_statement_is_enough),
		cmocka_unit_test(connections_that_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

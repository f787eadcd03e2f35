/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "store/sql.h"

#define SQL_MAGIC 0x73716c73u
#define DEFAULT_MS 10000u
#define DEFAULT_ROWS 10000u
#define DEFAULT_BYTES (8u << 20)
#define DEFAULT_LANES 8u

struct sql *
lane_sql(const struct lane *l)
{
	struct sql *s = l->kind->store;

	assert(s->magic == SQL_MAGIC);
	return s;
}

size_t
sql_index(const struct sql *s, const struct sql_statement *st)
{
	assert(st >= s->statements && st < s->statements + s->nstatements);
	return (size_t)(st - s->statements);
}

static int
choose_driver(struct sql *s, const struct sql_options *opt, struct err *e)
{
	static const struct {
		const char *type;
		const struct driver *driver;
		int (*address)(struct sql *, struct str, struct err *);
	} kinds[] = {
		{ "sqlite", &sqlite_sql, sqlite_address },
		{ "postgresql", &postgres_sql, postgres_address },
		{ "pgx", &postgres_sql, postgres_address },
		{ "mysql", &mysql_sql, mysql_address },
	};

	if (opt->connection.n == 0)
		return err_set(e, ERR_INPUT, "the connection is empty");
	if (!str_utf8(opt->connection, &(size_t){ 0 }) ||
	    str_find(opt->connection, (struct str){ "", 1 }, &(size_t){ 0 }))
		return err_set(e, ERR_INPUT, "the connection is not text");
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!str_is(opt->type, kinds[i].type))
			continue;
		s->kind.driver = kinds[i].driver;
		return kinds[i].address(s, opt->connection, e);
	}
	return err_set(e, ERR_INPUT,
	    "'" STR_F "' is no type of database, expected sqlite, postgresql "
	    "or mysql",
	    STR_A(opt->type));
}

static void
copy_statements(struct sql *s, const struct sql_options *opt)
{
	s->nstatements = opt->nstatements;
	s->statements = arena_take(
	    s->arena, (opt->nstatements + 1) * sizeof(*s->statements));
	for (size_t i = 0; i < opt->nstatements; i++) {
		s->statements[i] = opt->statements[i];
		s->statements[i].name =
		    arena_copy(s->arena, opt->statements[i].name);
		s->statements[i].text =
		    arena_copy(s->arena, opt->statements[i].text);
	}
}

int
sql_open(struct sql **out, const struct sql_options *opt, struct err *e)
{
	CLEANUP(sql_free) struct sql *s = mem_take(sizeof(*s));

	s->magic = SQL_MAGIC;
	s->arena = arena_new();
	s->kind.store = s;
	s->kind.timeout_ms = opt->timeout_ms ? opt->timeout_ms : DEFAULT_MS;
	s->kind.max_lanes = opt->connections ? opt->connections : DEFAULT_LANES;
	s->rows = opt->rows ? opt->rows : DEFAULT_ROWS;
	s->bytes = opt->bytes ? opt->bytes : DEFAULT_BYTES;
	if (choose_driver(s, opt, e) < 0)
		return -1;
	copy_statements(s, opt);
	*out = s;
	s = NULL;
	return 0;
}

void
sql_leave(struct sql *s, struct loop *l)
{
	assert(s->magic == SQL_MAGIC);
	loop_local_end(l, &s->kind);
}

void
sql_free(struct sql **ps)
{
	struct sql *s = *ps;

	if (!s)
		return;
	assert(s->magic == SQL_MAGIC);
	if (s->anchor)
		s->drop_anchor(s->anchor);
	arena_free(&s->arena);
	s->magic = 0;
	mem_free(s);
	*ps = NULL;
}

const struct sql_statement *
sql_find(const struct sql *s, struct str name)
{
	for (size_t i = 0; i < s->nstatements; i++)
		if (str_eq(s->statements[i].name, name))
			return &s->statements[i];
	return NULL;
}

static int
check_values(const struct sql_statement *st, const struct str *values,
    size_t nvalues, struct err *e)
{
	size_t n = 0;

	/* The words of Reactr 0.15.1. */
	if (nvalues != st->nvars)
		return err_set(e, ERR_FAILED,
		    "expected %u variables, got %zu: number of variables "
		    "incorrect",
		    st->nvars, nvalues);
	for (size_t i = 0; i < nvalues; i++) {
		if (values[i].n > SQL_MAX_VALUES - n)
			return err_set(e, ERR_LIMIT,
			    "the variables are larger than %u bytes",
			    SQL_MAX_VALUES);
		n += values[i].n;
	}
	return 0;
}

struct store_op *
sql_run(struct sql *s, struct loop *l, const struct sql_statement *statement,
    const struct str *values, size_t nvalues, struct buf *out, store_done *done,
    void *arg)
{
	struct task *t;
	struct err e = ERR;

	(void)sql_index(s, statement);
	if (check_values(statement, values, nvalues, &e) < 0)
		return pool_refuse(l, &e, done, arg);
	t = task_new(ASK_SQL, s->bytes);
	t->statement = statement;
	t->nvalues = nvalues;
	t->values = arena_take(t->arena, (nvalues + 1) * sizeof(*t->values));
	for (size_t i = 0; i < nvalues; i++)
		t->values[i] = arena_copy(t->arena, values[i]);
	return pool_submit(&s->kind, l, t, out, done, arg);
}

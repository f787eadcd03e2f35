/* SPDX-License-Identifier: Apache-2.0 */
/* The db capability: the Directive's queries by name, and no other SQL. */
#include "host/wait.h"

/* Query types as functions number them. */
static const enum sql_kind kinds[] = { SQL_INSERT, SQL_SELECT, SQL_UPDATE,
	SQL_DELETE };

static const struct sql_statement *
find(const struct host *h, struct str name)
{
	for (size_t i = 0; i < h->nstatements; i++)
		if (str_eq(h->statements[i].name, name))
			return &h->statements[i];
	return NULL;
}

/*
 * The JavaScript SDK numbers select 0 and insert 1, so that no function of it
 * ever got an answer.  The number only repeats what the query is, so from
 * those languages both are taken.
 */
static bool
is_kind(const struct host_call *c, int32_t n, enum sql_kind kind)
{
	struct str lang = c->info ? c->info->lang : STR("");

	if (kinds[n] == kind)
		return true;
	return (str_is(lang, "javascript") || str_is(lang, "typescript")) &&
	    n <= 1 && kinds[1 - n] == kind;
}

/* False: out says what is wrong. */
static bool
check(const struct host_call *c, const struct abi_ask *q,
    const struct sql_statement **found, struct buf *out)
{
	const struct sql_statement *s;
	const char *why = NULL;

	*found = NULL;
	if (!c->host->directive && q->n >= 0 && q->n < (int32_t)COUNT(kinds))
		return true; /* there is no list of queries: the hook knows */
	*found = s = find(c->host, q->a);
	if (q->n < 0 || q->n >= (int32_t)COUNT(kinds))
		why = "query type invalid";
	else if (!s)
		why = "query not found";
	else if (!is_kind(c, q->n, s->kind))
		why = "query type incorrect";
	if (why) {
		(void)answer_refuse(out, why);
		return false;
	}
	if (s->nvars == q->nvars)
		return true;
	buf_clear(out);
	buf_addf(out,
	    "expected %u variables, got %zu: number of variables incorrect",
	    s->nvars, q->nvars);
	return false;
}

static int
read_db(int status, struct str body, struct buf *out)
{
	buf_clear(out);
	buf_add(out, body);
	return status == 0 ? ABI_REFUSED : ABI_ANSWERED;
}

static int
run(struct waiting *w, const struct abi_ask *q)
{
	struct host_call *c = w->call;
	const struct sql_statement *s;
	struct str *values;

	if (!c->grant->sql)
		return wait_end(w,
		    answer_refuse(w->out,
			c->grant->no_sql ? c->grant->no_sql
					 : "no database is connected"));
	if (!c->loop)
		return wait_end(w, answer_refuse(w->out, NO_WAITING));
	s = sql_find(c->grant->sql, q->a);
	if (!s)
		return wait_end(w, answer_refuse(w->out, "query not found"));
	values = arena_take(w->arena, (q->nvars + 1) * sizeof(*values));
	for (size_t i = 0; i < q->nvars; i++)
		values[i] = q->vars[i].value;
	buf_clear(w->out);
	w->op = sql_run(c->grant->sql, c->loop, s, values, q->nvars, w->out,
	    wait_stored, w);
	return wait_begin(w);
}

ANSWER(answer_db)
{
	const struct sql_statement *s;
	struct outbound o = { .what = ABI_DB,
		.query = q->a,
		.vars = q->vars,
		.nvars = q->nvars };
	struct waiting *w;
	int rc;

	if (!check(c, q, &s, out) || !outbound_count(c, out))
		return ABI_REFUSED;
	w = wait_new(c, q, out);
	w->read = read_db;
	if (outbound_hook(w, &o, &rc) != 0)
		return rc;
	return run(w, q);
}

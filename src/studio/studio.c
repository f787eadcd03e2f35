/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked below /_subo/, and who answers it. */
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "graph/graph.h"
#include "os/os.h"
#include "studio/guard.h"
#include "studio/room.h"

#define MAGIC 0x57ad1030u
#define TOLD_MAX 8192u

/* ---- life ---- */

int
studio_new(struct studio **out, const struct studio_options *opt, struct err *e)
{
	struct studio *st = mem_take(sizeof(*st));

	st->magic = MAGIC;
	pthread_mutex_init(&st->mutex, NULL);
	if (page_make(&st->page, graph_css(), e) < 0) {
		studio_free(&st);
		return -1;
	}
	st->trace = opt->trace;
	st->on_page = opt->page;
	st->note.max = st->first_failure.max = TOLD_MAX + 1;
	st->root.max = PATH_BYTES;
	buf_add(&st->root, str_of(opt->root));
	(void)snprintf(st->session, sizeof(st->session), "%llx%05x",
	    (unsigned long long)(os_unix_ms() & 0xffffffffff),
	    (unsigned)getpid() & 0xfffff);
	*out = st;
	return 0;
}

void
studio_attach(struct studio *st, struct serve *s)
{
	st->serve = s;
}

void
studio_free(struct studio **pst)
{
	struct studio *st = *pst;

	*pst = NULL;
	if (!st)
		return;
	pthread_mutex_destroy(&st->mutex);
	page_free(&st->page);
	buf_free(&st->note);
	buf_free(&st->first_failure);
	buf_free(&st->root);
	mem_free(st);
}

/* ---- what it is told ---- */

static void
keep(struct buf *b, struct str text)
{
	buf_clear(b);
	buf_add(
	    b, (struct str){ text.p, text.n < TOLD_MAX ? text.n : TOLD_MAX });
}

void
studio_note(struct studio *st, const char *text)
{
	pthread_mutex_lock(&st->mutex);
	keep(&st->note, str_of(text));
	pthread_mutex_unlock(&st->mutex);
}

void
studio_tests(
    struct studio *st, size_t passed, size_t failed, struct str first_failure)
{
	pthread_mutex_lock(&st->mutex);
	st->tested = true;
	st->passed = passed;
	st->failed = failed;
	keep(&st->first_failure, first_failure);
	pthread_mutex_unlock(&st->mutex);
}

/* ---- what it is asked ---- */

static void
refuse_method(struct http_exchange *x, const char *allow)
{
	const struct http_field field = { STR("Allow"), str_of(allow) };

	http_answer(x,
	    &(struct http_answer){
		.status = 405, .fields = &field, .nfields = 1 });
}

static void
nothing_there(struct http_exchange *x, struct str path)
{
	struct err e = ERR;

	err_set(&e, ERR_MISSING, "there is no '" STR_F "' here", STR_A(path));
	answer_error(x, &e);
}

/* "7", "7/rerun" below api/runs/ */
static void
one_run(struct studio *st, struct http_exchange *x, struct str path)
{
	struct str rest = path, digits;
	bool posts = str_is(http_method(x), "POST");
	uint64_t number;

	str_cut(&rest, '/', &digits);
	if (!str_u64(digits, INT64_MAX, &number) || number == 0)
		nothing_there(x, path);
	else if (digits.n == path.n && posts)
		refuse_method(x, "GET, HEAD");
	else if (digits.n == path.n)
		show_run(st, x, number);
	else if (!str_is(rest, "rerun") && !str_is(rest, "save"))
		nothing_there(x, path);
	else if (!posts)
		refuse_method(x, "POST");
	else if (str_is(rest, "rerun"))
		rerun(st, x, number);
	else
		save(st, x, number);
}

static void
route(struct studio *st, struct http_exchange *x, struct str path,
    struct str query)
{
	struct str head = { path.p, path.n < 9 ? path.n : 9 };

	if (str_is(head, "api/runs/"))
		one_run(st, x, str_from(path, 9));
	else if (str_is(http_method(x), "POST"))
		refuse_method(x, "GET, HEAD");
	else if (str_is(path, "api/runs"))
		list_runs(st, x, query);
	else if (str_is(path, "api/app"))
		show_app(st, x);
	else if (str_is(path, "api/graph"))
		show_graph(st, x);
	else if (path.n == 0)
		show_page(st, x);
	else
		nothing_there(x, path);
}

static void
send_to_page(struct http_exchange *x)
{
	const struct http_field field = { STR("Location"), STR("/_subo/") };

	http_answer(x,
	    &(struct http_answer){
		.status = 308, .fields = &field, .nfields = 1 });
}

bool
studio_hook(void *arg, struct http_exchange *x)
{
	struct studio *st = arg;
	struct str query = http_target(x), path;
	struct err e = ERR;
	struct guard g;

	assert(st->magic == MAGIC);
	str_cut(&query, '?', &path);
	if (!str_is(path, "/_subo") && !str_starts(path, "/_subo/"))
		return false;
	if (!st->on_page && !http_is_unix(x))
		return false;
	guard_of(&g, x);
	if (guard_check(&g, &e) < 0)
		answer_error(x, &e);
	else if (!g.posts && !g.reads)
		refuse_method(x, "GET, HEAD, POST");
	else if (path.n == 6)
		send_to_page(x);
	else
		route(st, x, str_from(path, 7), query);
	return true;
}

struct pending *
pending_of(void *arg)
{
	struct pending *p = arg;

	assert(p->magic == PENDING_MAGIC);
	return p;
}

void
studio_gone(void *arg, struct http_exchange *x)
{
	struct studio *st = arg;
	struct pending *p = http_data(x);

	assert(st->magic == MAGIC);
	if (p)
		pending_of(p)->gone(p);
}

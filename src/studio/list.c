/* SPDX-License-Identifier: Apache-2.0 */
/* The last runs, at once or as soon as there is a new one. */
#include "studio/room.h"

#define LIST_MOST 1000u
#define TEXT_MOST 4096u

struct list {
	struct pending p; /* first */
	struct studio *st;
	struct trace_wait *wait;
	struct trace_filter filter;
	struct buf path, id; /* what filter's texts are in */
};

static void
list_free(struct list **pl)
{
	struct list *l = *pl;

	*pl = NULL;
	if (!l)
		return;
	trace_wait_end(&l->wait);
	buf_free(&l->path);
	buf_free(&l->id);
	mem_free(l);
}

static void
on_gone(struct pending *p)
{
	struct list *l = (struct list *)p;

	list_free(&l);
}

/* The newest so many are those with the highest numbers; the trace need not
 * look at others, which under load are a thousand more. */
static void
narrow(struct trace_filter *f, uint64_t newest)
{
	if (f->path.n == 0 && f->id.n == 0 && f->min_status == 0 &&
	    newest > f->most && newest - f->most > f->after)
		f->after = newest - f->most;
}

static void
tell(struct list *l)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct http_exchange *x = l->p.x;
	struct tree *t = answer_new(a, "trace");
	uint64_t newest = trace_newest(l->st->trace);

	narrow(&l->filter, newest);
	tree_put_text(a, t, "session", str_of(l->st->session));
	tree_put_int(a, t, "newest", (int64_t)newest);
	tree_put(a, t, "runs", trace_list(l->st->trace, a, &l->filter));
	http_set_data(x, NULL);
	list_free(&l);
	answer_tree(x, 200, t);
}

static void
on_run(void *arg)
{
	tell((struct list *)pending_of(arg));
}

static int
read_filter(struct list *l, struct str query, uint64_t *wait_ms, struct err *e)
{
	uint64_t status, most;

	l->path.max = l->id.max = TEXT_MOST;
	if (ask_number(query, "after", INT64_MAX, 0, &l->filter.after, e) < 0 ||
	    ask_number(query, "status", 599, 0, &status, e) < 0 ||
	    ask_number(query, "most", LIST_MOST, LIST_MOST, &most, e) < 0 ||
	    ask_number(query, "wait", STUDIO_MAX_WAIT_MS, 0, wait_ms, e) < 0)
		return -1;
	(void)ask_text(query, "path", &l->path);
	(void)ask_text(query, "id", &l->id);
	if (buf_over(&l->path) || buf_over(&l->id))
		return err_set(e, ERR_USAGE,
		    "'path' and 'id' have at most %u bytes", TEXT_MOST);
	l->filter.min_status = (int)status;
	l->filter.most = most;
	l->filter.path = buf_str(&l->path);
	l->filter.id = buf_str(&l->id);
	return 0;
}

void
list_runs(struct studio *st, struct http_exchange *x, struct str query)
{
	struct list *l = mem_take(sizeof(*l));
	struct err e = ERR;
	uint64_t wait_ms;

	l->p = (struct pending){ PENDING_MAGIC, x, on_gone };
	l->st = st;
	if (read_filter(l, query, &wait_ms, &e) < 0) {
		list_free(&l);
		answer_error(x, &e);
		return;
	}
	if (wait_ms == 0 || trace_newest(st->trace) > l->filter.after) {
		tell(l);
		return;
	}
	http_set_data(x, l);
	l->wait = trace_wait(st->trace, http_loop(x), l->filter.after,
	    (uint32_t)wait_ms, on_run, l);
}

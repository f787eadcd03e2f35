/* SPDX-License-Identifier: Apache-2.0 */
/* One run as the trace kept it: see record.h. */
#include <string.h>

#include "studio/record.h"

static int
digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648, 4, as we wrote it: what is not of it ends it. */
static struct str
from_base64(struct arena *a, struct str s)
{
	char *out = arena_take(a, s.n + 1);
	unsigned bits = 0, have = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.n && digit(s.p[i]) >= 0; i++) {
		bits = bits << 6 | (unsigned)digit(s.p[i]);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (char)(bits >> have & 0xff);
	}
	return (struct str){ out, n };
}

/* A text, or {"text" or "base64", "cut"}. */
struct kept
record_text(struct arena *a, const struct tree *t)
{
	struct kept k = { .there = t && t->kind != TREE_NULL };
	const struct tree *cut = tree_get(t, "cut"), *code;

	if (!k.there)
		return k;
	k.cut = cut && cut->num != 0;
	code = tree_get(t, "base64");
	if (t->kind != TREE_MAP)
		k.text = t->text;
	else if (code)
		k.text = from_base64(a, code->text);
	else
		k.text = tree_text(t, "text");
	return k;
}

static struct pair *
read_pairs(struct arena *a, const struct tree *map, size_t *n, bool *cut)
{
	size_t nitems = map && map->kind == TREE_MAP ? map->nitems : 0;
	struct pair *v = arena_take(a, (nitems + 1) * sizeof(*v));

	for (size_t i = 0; i < nitems; i++) {
		struct kept k = record_text(a, map->items[i]);

		v[i].key = map->items[i]->key->text;
		v[i].value = k.text;
		*cut = *cut || k.cut;
	}
	*n = nitems;
	return v;
}

void
record_read(struct record *r, struct arena *a, struct tree *run)
{
	const struct tree *came = tree_get(run, "request");
	const struct tree *answer = tree_get(run, "response");
	const struct tree *status = tree_get(run, "status");
	bool ignored = false;

	*r = (struct record){ .arena = a,
		.run = run,
		.kind = tree_text(run, "kind"),
		.flow = tree_text(run, "flow"),
		.name = tree_text(run, "name"),
		.method = tree_text(run, "method"),
		.url = tree_text(run, "url"),
		.id = tree_text(run, "id"),
		.digest = tree_text(run, "digest"),
		.body = record_text(a, tree_get(came, "body")),
		.answer = record_text(a, tree_get(answer, "body")),
		.status = status ? (int)status->num : 0,
		.steps = tree_get(run, "steps") };
	if (!r->steps || r->steps->kind != TREE_LIST)
		r->steps = tree_list(a);
	r->headers = read_pairs(
	    a, tree_get(came, "headers"), &r->nheaders, &r->headers_cut);
	r->params =
	    read_pairs(a, tree_get(came, "params"), &r->nparams, &ignored);
	r->state =
	    read_pairs(a, tree_get(came, "state"), &r->nstate, &r->state_cut);
}

const struct step *
record_steps(const struct record *r, const struct directive *d, size_t *n)
{
	uint64_t i;

	*n = 0;
	if (r->flow.n < 2 || !str_u64(str_from(r->flow, 1), UINT32_MAX, &i))
		return NULL;
	if (r->flow.p[0] == 'h' && i < d->nhandlers) {
		*n = d->handlers[i].nsteps;
		return d->handlers[i].steps;
	}
	if (r->flow.p[0] != 's' || i >= d->nschedules)
		return NULL;
	*n = d->schedules[i].nsteps;
	return d->schedules[i].steps;
}

/* ---- where the state came from ---- */

static int64_t
number_of(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? v->num : 0;
}

static bool
is_true(const struct tree *t, const char *key)
{
	return number_of(t, key) != 0;
}

/* Steps of another handler, which `call` runs, have a state of their own. */
static bool
counts(const struct tree *s)
{
	return number_of(s, "depth") == 0;
}

static bool
is_each(const struct tree *s, const struct step *steps, size_t nsteps)
{
	size_t i = (size_t)number_of(s, "step");
	size_t c = (size_t)number_of(s, "call");

	return i < nsteps && c < steps[i].ncalls &&
	    steps[i].calls[c].each.n > 0;
}

static void
put_key(struct arena *a, struct tree *map, struct str key, struct tree *v)
{
	tree_put(a, map, arena_cstr(a, key), v);
}

/* What one visit of a step leaves: its tries from `from` to before `to`. */
static void
settle(const struct record *r, struct tree *state, size_t from, size_t to,
    const struct step *steps, size_t nsteps)
{
	struct tree *each = NULL;

	for (size_t i = from; i < to; i++) {
		const struct tree *s = r->steps->items[i];
		struct tree *id;

		if (!counts(s) || is_true(s, "skipped"))
			continue;
		id = tree_new_int(r->arena, number_of(s, "id"));
		if (!is_each(s, steps, nsteps)) {
			put_key(r->arena, state, tree_text(s, "key"), id);
			continue;
		}
		if (!each)
			each = tree_list(r->arena);
		tree_add(r->arena, each, id);
		put_key(r->arena, state, tree_text(s, "key"), each);
	}
}

/* Does a new visit of a step begin here?  Another step, or the same call again
 * that is neither a second try nor an element: a turn of a loop. */
static bool
begins_visit(const struct record *r, size_t from, size_t at,
    const struct step *steps, size_t nsteps)
{
	const struct tree *s = r->steps->items[at];
	int64_t step = number_of(s, "step"), call = number_of(s, "call");

	if (!counts(s) || at == from)
		return false;
	for (size_t i = from; i < at; i++) {
		const struct tree *o = r->steps->items[i];

		if (!counts(o))
			continue;
		if (number_of(o, "step") != step)
			return true;
		if (number_of(o, "call") == call &&
		    number_of(s, "attempt") == 0 && !is_each(s, steps, nsteps))
			return true;
	}
	return false;
}

struct tree *
record_before(
    const struct record *r, size_t at, const struct step *steps, size_t nsteps)
{
	struct tree *state = tree_map(r->arena);
	size_t from = 0;

	for (size_t i = 0; i < r->nstate; i++)
		put_key(r->arena, state, r->state[i].key,
		    tree_new_int(r->arena, 0));
	for (size_t i = 0; i < r->steps->nitems && i <= at; i++) {
		if (!begins_visit(r, from, i, steps, nsteps))
			continue;
		settle(r, state, from, i, steps, nsteps);
		from = i;
	}
	if (at >= r->steps->nitems)
		settle(r, state, from, r->steps->nitems, steps, nsteps);
	return state;
}

/* ---- the values ---- */

static const struct tree *
step_of(const struct record *r, int64_t id)
{
	for (size_t i = 0; i < r->steps->nitems; i++)
		if (number_of(r->steps->items[i], "id") == id)
			return r->steps->items[i];
	return NULL;
}

/* What goes on with an error sees it as {"code", "message"}. */
static struct str
failure(const struct record *r, const struct tree *s)
{
	struct buf out = BUF(64u << 10);
	struct tree *t = tree_map(r->arena);
	struct str text = tree_text(s, "error"), kept;
	char *head = arena_printf(
	    r->arena, "returned error %lld: ", (long long)number_of(s, "code"));
	size_t at;

	if (str_find(text, str_of(head), &at))
		text = str_from(text, at + str_of(head).n);
	tree_put_int(r->arena, t, "code", number_of(s, "code"));
	tree_put_text(r->arena, t, "message", text);
	tree_print_json(&out, t, 0);
	kept = arena_copy(r->arena, buf_str(&out));
	buf_free(&out);
	return kept;
}

static struct kept
value_of(const struct record *r, struct str key, int64_t id)
{
	const struct tree *s = step_of(r, id);

	for (size_t i = 0; id == 0 && i < r->nstate; i++)
		if (str_eq(r->state[i].key, key))
			return (struct kept){ r->state[i].value, true,
				r->state_cut };
	if (id == 0 || !s)
		return (struct kept){ 0 };
	if (is_true(s, "failed"))
		return (struct kept){ failure(r, s), true, false };
	return record_text(r->arena, tree_get(s, "output"));
}

/* The elements' results as one list: JSON as that, any other as text. */
static struct kept
values_of(const struct record *r, const struct tree *ids)
{
	struct tree *list = tree_list(r->arena);
	struct kept all = { .there = true };
	struct buf out = BUF(64u << 20);
	struct err ignored = ERR;
	struct tree *t;

	for (size_t i = 0; i < ids->nitems; i++) {
		struct kept k = value_of(r, STR(""), ids->items[i]->num);

		if (tree_parse_json(&t, r->arena, k.text, &ignored) < 0)
			t = tree_new_text(r->arena, k.text);
		tree_add(r->arena, list, t);
		all.cut = all.cut || k.cut || !k.there;
	}
	tree_print_json(&out, list, 0);
	all.text = arena_copy(r->arena, buf_str(&out));
	buf_free(&out);
	return all;
}

int
record_state(const struct record *r, const struct tree *before,
    struct pair **out, size_t *n, struct err *e)
{
	struct pair *v =
	    arena_take(r->arena, (before->nitems + 1) * sizeof(*v));

	for (size_t i = 0; i < before->nitems; i++) {
		const struct tree *from = before->items[i];
		struct kept k = from->kind == TREE_LIST
		    ? values_of(r, from)
		    : value_of(r, from->key->text, from->num);

		if (k.cut || !k.there) {
			err_set(e, ERR_LIMIT,
			    "not all of the state '" STR_F "' was kept",
			    STR_A(from->key->text));
			return err_hint(e,
			    "give the state to go on with, or rerun from the "
			    "first step");
		}
		v[i].key = from->key->text;
		v[i].value = k.text;
	}
	*out = v;
	*n = before->nitems;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/parse.h"

#include "directive/rules.h"
#include "directive/shape.h"

size_t
parse_list(const struct tree *map, const char *key, struct tree ***items)
{
	const struct tree *t = tree_get(map, key);

	if (!t || t->kind != TREE_LIST)
		return 0;
	*items = t->items;
	return t->nitems;
}

/* A list that is cut at max, and a problem when it was. */
static size_t
list_up_to(struct reader *r, const struct tree *map, const char *key,
    struct tree ***items, size_t max)
{
	size_t n = parse_list(map, key, items);

	if (n <= max)
		return n;
	tell(&r->tell, RULE(R_TOO_MANY), (*items)[max],
	    "'%s' has %zu entries, and at most %zu are allowed", key, n, max);
	return max;
}

static struct str
upper(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 'a' + 'A');
	return (struct str){ p, s.n };
}

static void
parse_handler(struct reader *r, const struct tree *t, struct handler *h)
{
	h->at = t->at;
	if (str_is(tree_text(t, "type"), "stream"))
		h->type = HANDLER_STREAM;
	h->source = tree_text(t, "source");
	if (h->type == HANDLER_STREAM && h->source.n == 0)
		h->source = STR("server");
	h->method = upper(r->arena, tree_text(t, "method"));
	h->resource = tree_text(t, "resource");
	h->response = tree_text(t, "response");
	h->respond_to = tree_text(t, "respondTo");
	h->steps = parse_steps(r, t, &h->nsteps);
}

static void
parse_handlers(struct reader *r, struct directive *d)
{
	struct tree **v = NULL;
	size_t i;

	d->nhandlers =
	    list_up_to(r, d->tree, "handlers", &v, DIRECTIVE_MAX_HANDLERS);
	d->handlers =
	    arena_take(r->arena, (d->nhandlers + 1) * sizeof *d->handlers);
	for (i = 0; i < d->nhandlers; i++)
		parse_handler(r, v[i], &d->handlers[i]);
}

/* What is out of range counts as nothing here, and is told by the check. */
static uint64_t
seconds(const struct tree *every, const char *unit, uint64_t each)
{
	const struct tree *t = tree_get(every, unit);

	if (!t || t->kind != TREE_INT || t->num < 0 || t->num > 1000000000)
		return 0;
	return (uint64_t)t->num * each;
}

static void
parse_schedule(struct reader *r, const struct tree *t, struct schedule *s)
{
	const struct tree *every = tree_get(t, "every");

	s->at = t->at;
	s->name = tree_text(t, "name");
	s->every_s = seconds(every, "seconds", 1) +
	    seconds(every, "minutes", 60) + seconds(every, "hours", 3600) +
	    seconds(every, "days", 86400);
	s->state =
	    parse_pairs(r, tree_get(t, "state"), PARSE_MAX_STATE, &s->nstate);
	s->steps = parse_steps(r, t, &s->nsteps);
}

static void
parse_schedules(struct reader *r, struct directive *d)
{
	struct tree **v = NULL;
	size_t i;

	d->nschedules =
	    list_up_to(r, d->tree, "schedules", &v, DIRECTIVE_MAX_HANDLERS);
	d->schedules =
	    arena_take(r->arena, (d->nschedules + 1) * sizeof *d->schedules);
	for (i = 0; i < d->nschedules; i++)
		parse_schedule(r, v[i], &d->schedules[i]);
}

static void
parse_queries(struct reader *r, struct directive *d)
{
	const struct tree *count;
	struct tree **v = NULL;
	size_t i;

	d->nqueries = parse_list(d->tree, "queries", &v);
	d->queries =
	    arena_take(r->arena, (d->nqueries + 1) * sizeof *d->queries);
	for (i = 0; i < d->nqueries; i++) {
		d->queries[i].at = v[i]->at;
		d->queries[i].name = tree_text(v[i], "name");
		d->queries[i].type = tree_text(v[i], "type");
		d->queries[i].text = tree_text(v[i], "query");
		count = tree_get(v[i], "varCount");
		if (count && count->kind == TREE_INT)
			d->queries[i].var_count = count->num;
	}
}

void
parse_function(const struct tree *t, struct function_info *f)
{
	const struct tree *flag = tree_get(t, "tinygo");

	f->at = t->at;
	f->name = tree_text(t, "name");
	f->ns = tree_text(t, "namespace");
	f->lang = tree_text(t, "lang");
	f->version = tree_text(t, "version");
	f->api_version = tree_text(t, "apiVersion");
	f->draft_version = tree_text(t, "draftVersion");
	f->fqfn = tree_text(t, "fqfn");
	f->fqfn_uri = tree_text(t, "fqfnUri");
	f->digest = tree_text(t, "digest");
	f->tinygo = flag && flag->kind == TREE_BOOL && flag->num;
	if (str_is(f->lang, "tinygo")) {
		f->lang = STR("go");
		f->tinygo = true;
	}
}

static void
parse_runnables(struct reader *r, struct directive *d)
{
	struct tree **v = NULL;
	size_t i;

	d->nfunctions =
	    list_up_to(r, d->tree, "runnables", &v, PARSE_MAX_FUNCTIONS);
	d->functions =
	    arena_take(r->arena, (d->nfunctions + 1) * sizeof *d->functions);
	for (i = 0; i < d->nfunctions; i++)
		parse_function(v[i], &d->functions[i]);
}

static void
parse_all(struct reader *r, struct directive *d)
{
	const struct shape_rules rules = { RULE(R_TYPE), RULE(R_UNKNOWN_KEY),
		RULE(R_LATER_KEY) };
	const struct tree *headless;

	if (d->tree->kind != TREE_MAP) {
		tell(&r->tell, RULE(R_EMPTY), d->tree,
		    d->tree->kind == TREE_NULL
			? "the Directive is empty"
			: "a Directive is a map of keys, and this is %s",
		    tree_kind_name(d->tree->kind));
		return;
	}
	shape_check(&r->tell, &rules, &shape_directive, d->tree);
	d->identifier = tree_text(d->tree, "identifier");
	d->app_version = tree_text(d->tree, "appVersion");
	d->atmo_version = tree_text(d->tree, "atmoVersion");
	headless = tree_get(d->tree, "headless");
	d->headless = headless && headless->kind == TREE_BOOL && headless->num;
	parse_handlers(r, d);
	parse_schedules(r, d);
	parse_queries(r, d);
	parse_runnables(r, d);
}

int
parse_name_file(struct err *e, struct str file)
{
	char old[sizeof e->text];

	memcpy(old, e->text, sizeof old);
	snprintf(e->text, sizeof e->text, "%.*s:%.*s",
	    (int)(file.n < 256 ? file.n : 256), file.p ? file.p : "",
	    (int)sizeof old - 300, old);
	return -1;
}

int
directive_parse(struct directive **out, struct str yaml, struct str file,
    struct diags *ds, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct directive *d = arena_take(a, sizeof *d);
	struct reader r = { .arena = a };

	d->file = arena_copy(a, file);
	if (tree_parse_yaml(&d->tree, a, yaml, e) < 0)
		return parse_name_file(e, file);
	d->source = arena_copy(a, yaml);
	r.tell = (struct teller){ .ds = ds,
		.file = d->file,
		.source = d->source,
		.more = RULE(R_MORE) };
	parse_all(&r, d);
	d->arena = a;
	a = NULL;
	*out = d;
	return 0;
}

void
directive_free(struct directive **d)
{
	struct arena *a;

	if (!*d)
		return;
	a = (*d)->arena;
	*d = NULL;
	arena_free(&a);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/parse.h"

#include "directive/rules.h"
#include "directive/shape.h"
#include "directive/tenant.h"

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
size_t
parse_list_up_to(struct reader *r, const struct tree *map, const char *key,
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
	parse_limits(r, t, true, &h->limits);
}

static void
parse_handlers(struct reader *r, struct directive *d)
{
	struct tree **v = NULL;
	size_t i;

	d->nhandlers = parse_list_up_to(
	    r, d->tree, "handlers", &v, DIRECTIVE_MAX_HANDLERS);
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

	d->nschedules = parse_list_up_to(
	    r, d->tree, "schedules", &v, DIRECTIVE_MAX_HANDLERS);
	d->schedules =
	    arena_take(r->arena, (d->nschedules + 1) * sizeof *d->schedules);
	for (i = 0; i < d->nschedules; i++)
		parse_schedule(r, v[i], &d->schedules[i]);
}

static void
parse_query(const struct tree *t, struct query *q)
{
	const struct tree *count = tree_get(t, "varCount");

	q->at = t->at;
	q->name = tree_text(t, "name");
	q->type = tree_text(t, "type");
	q->text = tree_text(t, "query");
	if (count && count->kind == TREE_INT)
		q->var_count = count->num;
}

/* Those of capabilities.db come behind. */
static void
parse_queries(struct reader *r, struct directive *d)
{
	struct tree **v = NULL, **more = NULL;
	size_t i, n = parse_list(d->tree, "queries", &v);

	d->nqueries = n +
	    parse_list(tree_get(tree_get(d->tree, "capabilities"), "db"),
		"queries", &more);
	d->queries =
	    arena_take(r->arena, (d->nqueries + 1) * sizeof *d->queries);
	for (i = 0; i < d->nqueries; i++)
		parse_query(i < n ? v[i] : more[i - n], &d->queries[i]);
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

const char *
parse_functions_key(const struct tree *top)
{
	const struct tree *old = tree_get(top, "functions");

	if (tree_get(top, "runnables") || !old || old->kind != TREE_LIST ||
	    old->nitems == 0 || !tree_get(old->items[0], "name"))
		return "runnables";
	return "functions";
}

static void
parse_runnables(struct reader *r, struct directive *d)
{
	struct tree **v = NULL;
	size_t i;

	const char *key = parse_functions_key(d->tree);

	d->nfunctions =
	    parse_list_up_to(r, d->tree, key, &v, PARSE_MAX_FUNCTIONS);
	d->functions =
	    arena_take(r->arena, (d->nfunctions + 1) * sizeof *d->functions);
	for (i = 0; i < d->nfunctions; i++)
		parse_function(v[i], &d->functions[i]);
}

/* A list is the form of subo 0.6.  The map stands where the list stood, for
 * edits of the text. */
static void
take_connections(struct reader *r, struct tree *top)
{
	struct tree *old = tree_get(top, "connections");
	struct tree *map = tenant_connections(r->arena, top);

	map->at = old->at;
	map->from = old->from;
	map->to = old->to;
	tree_put(r->arena, top, "connections", map);
	map->key = old->key;
}

static void
parse_all(struct reader *r, struct directive *d)
{
	const struct shape_rules rules = { RULE(R_TYPE), RULE(R_UNKNOWN_KEY),
		RULE(R_LATER_KEY), d->tenant ? NULL : RULE(R_UNKNOWN_CAP) };
	const struct tree *headless, *later;
	struct tree **v = NULL;

	if (d->tree->kind != TREE_MAP) {
		tell(&r->tell, RULE(R_EMPTY), d->tree,
		    d->tree->kind == TREE_NULL
			? "the Directive is empty"
			: "a Directive is a map of keys, and this is %s",
		    tree_kind_name(d->tree->kind));
		return;
	}
	if (parse_list(d->tree, "connections", &v) > 0)
		take_connections(r, d->tree);
	shape_check(&r->tell, &rules, &shape_directive, d->tree);
	d->identifier = tree_text(d->tree, "identifier");
	d->app_version = tree_text(d->tree,
	    tree_get(d->tree, "appVersion") ? "appVersion" : "version");
	d->atmo_version = tree_text(d->tree, "atmoVersion");
	headless = tree_get(d->tree, "headless");
	d->headless = headless && headless->kind == TREE_BOOL && headless->num;
	later = tree_get(d->tree, "functions");
	if (later && later->kind != TREE_MAP && later->kind != TREE_NULL &&
	    str_is(str_of(parse_functions_key(d->tree)), "runnables"))
		tell(&r->tell, RULE(R_LATER_KEY), later->key,
		    "'functions' of the Directive is known, but not in this "
		    "version");
	parse_handlers(r, d);
	parse_schedules(r, d);
	parse_queries(r, d);
	parse_runnables(r, d);
	parse_added(r, d);
	parse_capabilities(r, d);
	parse_limits(r, d->tree, false, &d->limits);
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

/* Take what was parsed out of its arena's scope. */
static void
hand_over(struct directive **out, struct directive *d, struct arena **a)
{
	d->arena = *a;
	*a = NULL;
	*out = d;
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
	hand_over(out, d, &a);
	return 0;
}

int
tenant_parse(struct directive **out, struct str json, struct str file,
    struct diags *ds, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct directive *d = arena_take(a, sizeof *d);
	struct reader r = { .arena = a };
	struct tree *t;

	d->file = arena_copy(a, file);
	d->tenant = true;
	if (tree_parse_json(&t, a, json, e) < 0)
		return parse_name_file(e, file);
	d->source = arena_copy(a, json);
	d->tree = t->kind == TREE_MAP ? tenant_tree(a, t) : t;
	if (!d->tree)
		return err_set(e, ERR_LIMIT,
		    "%.*s: the steps of its workflows are too many",
		    STR_A(file));
	r.tell = (struct teller){ .ds = ds,
		.file = d->file,
		.source = d->source,
		.more = RULE(R_MORE) };
	parse_all(&r, d);
	hand_over(out, d, &a);
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

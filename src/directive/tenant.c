/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenant.json of subo 0.6 and E2Core (systemspec 0.0.4): bundle(5), THE TENANT
 * FORM.  It is rewritten as the tree of a Directive, so all that reads and
 * checks one has a single form to know.
 */
#include "directive/tenant.h"

#include "directive/parse.h"
#include "directive/rules.h"

#define MAX_NODES 500000u /* of all that is made */

struct tenant {
	struct arena *arena;
	const struct tree *in;
	struct str identifier;
	struct tree *handlers, *schedules, *queries, *functions, *overrides;
	size_t nodes; /* in copies of steps */
};

/* Every node of the tree t. */
static size_t
count_nodes(const struct tree *t)
{
	size_t i, n = 1;

	if (t->kind == TREE_LIST || t->kind == TREE_MAP)
		for (i = 0; i < t->nitems; i++)
			n += count_nodes(t->items[i]);
	return n;
}

static struct tree *
steps_of(struct tenant *t, const struct tree *owner)
{
	const struct tree *steps = tree_get(owner, "steps");

	if (steps)
		t->nodes += count_nodes(steps);
	if (t->nodes > MAX_NODES)
		return tree_list(t->arena);
	return tenant_steps(t->arena, steps);
}

/* ---- workflows ---- */

static struct tree *
add_handler(struct tenant *t, const char *type, const struct tree *workflow)
{
	struct tree *h = tree_add(t->arena, t->handlers, tree_map(t->arena));
	struct str response = tree_text(workflow, "response");

	tree_put_text(t->arena, h, "type", str_of(type));
	tree_put(t->arena, h, "steps", steps_of(t, workflow));
	if (response.n > 0)
		tree_put_text(t->arena, h, "response", response);
	return h;
}

static void
add_request(struct tenant *t, const struct tree *workflow, struct str space)
{
	struct tree *h = add_handler(t, "request", workflow);

	tree_put_text(t->arena, h, "method", STR("POST"));
	tree_put_text(t->arena, h, "resource",
	    str_of(arena_printf(t->arena, "/workflow/%.*s/%.*s/%.*s",
		STR_A(t->identifier), STR_A(space),
		STR_A(tree_text(workflow, "name")))));
}

static void
put_if(struct tenant *t, struct tree *map, const char *key, struct str s)
{
	if (s.n > 0)
		tree_put_text(t->arena, map, key, s);
}

static void
add_trigger(
    struct tenant *t, const struct tree *workflow, const struct tree *trigger)
{
	struct tree *h = add_handler(t, "stream", workflow);

	put_if(t, h, "source", tree_text(trigger, "source"));
	put_if(t, h, "resource", tree_text(trigger, "topic"));
	put_if(t, h, "respondTo", tree_text(trigger, "sinkTopic"));
}

static void
add_schedule(struct tenant *t, const struct tree *workflow, struct str space)
{
	const struct tree *from = tree_get(workflow, "schedule");
	const struct tree *every = tree_get(from, "every");
	const struct tree *state = tree_get(from, "state");
	const struct tree *steps = tree_get(from, "steps");
	struct tree *s = tree_add(t->arena, t->schedules, tree_map(t->arena));
	bool own = steps && steps->kind == TREE_LIST && steps->nitems > 0;

	tree_put_text(t->arena, s, "name",
	    str_is(space, "default")
		? tree_text(workflow, "name")
		: str_of(arena_printf(t->arena, STR_F "/" STR_F, STR_A(space),
		      STR_A(tree_text(workflow, "name")))));
	if (every && every->kind == TREE_MAP)
		tree_put(t->arena, s, "every", (struct tree *)(uintptr_t)every);
	if (state && state->kind == TREE_MAP)
		tree_put(t->arena, s, "state", (struct tree *)(uintptr_t)state);
	tree_put(t->arena, s, "steps", steps_of(t, own ? from : workflow));
}

static void
add_workflow(struct tenant *t, const struct tree *workflow, struct str space)
{
	const struct tree *schedule = tree_get(workflow, "schedule");
	struct tree **v = NULL;
	size_t i, n = parse_list(workflow, "triggers", &v);

	if (workflow->kind != TREE_MAP)
		return;
	add_request(t, workflow, space);
	if (schedule && schedule->kind == TREE_MAP)
		add_schedule(t, workflow, space);
	for (i = 0; i < n && t->nodes <= MAX_NODES; i++)
		if (v[i]->kind == TREE_MAP)
			add_trigger(t, workflow, v[i]);
}

/* ---- connections ---- */

static bool
is_broker(struct str type)
{
	return str_is(type, "nats") || str_is(type, "kafka") ||
	    str_is(type, "redis");
}

struct tree *
tenant_connections(struct arena *a, const struct tree *space)
{
	struct tree *map = tree_map(a), *db;
	struct tree **v = NULL, *config;
	size_t i, n = parse_list(space, "connections", &v);
	struct str type;

	for (i = 0; i < n; i++) {
		type = tree_text(v[i], "type");
		config = tree_get(v[i], "config");
		if (!config || config->kind != TREE_MAP)
			continue;
		if (str_is(type, "mysql") || str_is(type, "postgres") ||
		    str_is(type, "postgresql")) {
			if (tree_get(map, "database"))
				continue;
			db = tree_put(a, map, "database", tree_map(a));
			tree_put_text(a, db, "type",
			    str_is(type, "mysql") ? type : STR("postgresql"));
			tree_put_text(a, db, "connectionString",
			    tree_text(config, "connectionString"));
		} else if (is_broker(type) && !tree_get_str(map, type)) {
			tree_put(a, map, arena_cstr(a, type), config);
		}
	}
	return map;
}

/* ---- namespaces and modules ---- */

static struct tree *
borrow(const struct tree *map, const char *key)
{
	struct tree *t = tree_get(map, key);

	return t && t->kind == TREE_MAP ? t : NULL;
}

/* What only this namespace has.  The parts it does not name are the defaults,
 * not those of the default namespace. */
static void
add_override(struct tenant *t, const struct tree *space, struct str name)
{
	struct tree *caps = borrow(space, "capabilities");
	struct tree *links = tenant_connections(t->arena, space);
	struct tree *auth = borrow(space, "authentication");

	if (!caps)
		caps = tree_map(t->arena);
	if (links->nitems > 0)
		tree_put(t->arena, caps, "connections", links);
	if (auth)
		tree_put(t->arena, caps, "authentication", auth);
	caps->key = tree_new_text(
	    t->arena, str_of(arena_printf(t->arena, STR_F "::*", STR_A(name))));
	tree_add(t->arena, t->overrides, caps);
}

/* Of the module's bytes, in lower-case hexadecimal. */
static bool
is_digest(struct str ref)
{
	size_t i;

	for (i = 0; i < ref.n; i++)
		if (!memchr("0123456789abcdef", ref.p[i], 16))
			return false;
	return ref.n == 64;
}

static void
add_module(struct tenant *t, const struct tree *m, struct str space)
{
	struct tree *f = tree_map(t->arena);
	struct str ns = tree_text(m, "namespace"), ref = tree_text(m, "ref");

	if (m->kind != TREE_MAP)
		return;
	tree_add(t->arena, t->functions, f);
	put_if(t, f, "name", tree_text(m, "name"));
	put_if(t, f, "namespace", ns.n > 0 ? ns : space);
	put_if(t, f, "lang", tree_text(m, "lang"));
	put_if(t, f, "apiVersion", tree_text(m, "apiVersion"));
	put_if(t, f, "fqfn", tree_text(m, "fqmn"));
	put_if(t, f, "draftVersion", tree_text(m, "draftRef"));
	put_if(t, f, is_digest(ref) ? "digest" : "version", ref);
}

static void
add_modules(struct tenant *t, const struct tree *owner, struct str space)
{
	struct tree **v = NULL;
	size_t i, n = parse_list(owner, "modules", &v);

	for (i = 0; i < n; i++)
		add_module(t, v[i], space);
}

static void
add_space(struct tenant *t, const struct tree *space, bool first)
{
	struct str name = tree_text(space, "name");
	struct tree **v = NULL;
	size_t i, n;

	if (!space || space->kind != TREE_MAP)
		return;
	if (name.n == 0)
		name = STR("default");
	n = parse_list(space, "workflows", &v);
	for (i = 0; i < n; i++)
		add_workflow(t, v[i], name);
	n = parse_list(space, "queries", &v);
	for (i = 0; i < n; i++)
		tree_add(t->arena, t->queries, v[i]);
	/* A namespace's own list repeats what the tenant's has. */
	if (parse_list(t->in, "modules", &v) == 0)
		add_modules(t, space, name);
	if (!first)
		add_override(t, space, name);
}

static void
put_world(struct tenant *t, struct tree *out)
{
	const struct tree *space = tree_get(t->in, "defaultNamespace");
	struct tree *caps = borrow(space, "capabilities");
	struct tree *auth = borrow(space, "authentication");
	struct tree *links = tenant_connections(t->arena, space);

	if (links->nitems > 0)
		tree_put(t->arena, out, "connections", links);
	if (auth)
		tree_put(t->arena, out, "authentication", auth);
	if (!caps)
		caps = tree_map(t->arena);
	tree_put(t->arena, out, "capabilities", caps);
	if (t->overrides->nitems > 0)
		tree_put(t->arena, caps, "functions", t->overrides);
}

struct tree *
tenant_tree(struct arena *a, const struct tree *tenant)
{
	struct tenant t = { .arena = a, .in = tenant };
	const struct tree *version = tree_get(tenant, "tenantVersion");
	struct tree *out = tree_map(a), **v = NULL;
	size_t i, n;

	t.identifier = tree_text(tenant, "identifier");
	tree_put_text(a, out, "identifier", t.identifier);
	tree_put_text(a, out, "appVersion",
	    version && version->kind == TREE_INT && version->num > 0
		? str_of(arena_printf(a, "v" STR_F, STR_A(version->text)))
		: STR("v1"));
	t.handlers = tree_put(a, out, "handlers", tree_list(a));
	t.schedules = tree_put(a, out, "schedules", tree_list(a));
	t.queries = tree_put(a, out, "queries", tree_list(a));
	t.functions = tree_put(a, out, "runnables", tree_list(a));
	t.overrides = tree_map(a);
	add_modules(&t, tenant, STR("default"));
	add_space(&t, tree_get(tenant, "defaultNamespace"), true);
	n = parse_list(tenant, "namespaces", &v);
	for (i = 0; i < n; i++)
		add_space(&t, v[i], false);
	put_world(&t, out);
	return t.nodes > MAX_NODES ? NULL : out;
}

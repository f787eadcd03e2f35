/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/check.h"

#include "directive/names.h"
#include "directive/parse.h"
#include "directive/rules.h"

const struct tree *
check_item(const struct check *c, const char *key, size_t n)
{
	return tree_get(c->d->tree, key)->items[n];
}

const struct tree *
check_spot(const struct tree *map, const char *key)
{
	const struct tree *t = tree_get(map, key);

	if (t)
		return t->kind == TREE_NULL ? t->key : t;
	return map->kind == TREE_MAP && map->nitems > 0 ? map->items[0]->key
							: map;
}

bool
check_told(const struct tree *map, const char *key, enum tree_kind want)
{
	const struct tree *t = tree_get(map, key);
	bool scalar;

	if (!t || t->kind == TREE_NULL)
		return false;
	scalar = t->kind != TREE_LIST && t->kind != TREE_MAP;
	return want == TREE_TEXT ? !scalar : t->kind != want;
}

/* ---- the top ---- */

static void
check_identifier(struct check *c)
{
	const struct tree *top = c->d->tree;
	struct str s = c->d->identifier;

	if (check_told(top, "identifier", TREE_TEXT))
		return;
	if (s.n == 0)
		tell(&c->tell, RULE(R_IDENTIFIER),
		    check_spot(top, "identifier"),
		    "the Directive has no identifier");
	else if (!identifier_usable(s))
		tell(&c->tell, RULE(R_IDENTIFIER), tree_get(top, "identifier"),
		    "'%.*s' cannot be an identifier", SHOW_A(s));
}

static void
check_version(struct check *c, const char *key, const struct diag_rule *rule)
{
	CLEANUP(buf_free) struct buf better = BUF(200);
	const struct tree *top = c->d->tree;
	struct str s = tree_text(top, key);
	struct diag *d;

	if (check_told(top, key, TREE_TEXT) || version_usable(s))
		return;
	if (s.n == 0) {
		tell(&c->tell, rule, check_spot(top, key),
		    "the Directive has no %s", key);
		return;
	}
	d = tell(&c->tell, rule, tree_get(top, key),
	    "'%.*s' is not a semantic version with a leading 'v'", SHOW_A(s));
	buf_addf(&better, "v%.*s", SHOW_A(s));
	if (version_usable(buf_str(&better)))
		tell_repair(
		    &c->tell, d, "write '%s: %s'", key, buf_cstr(&better));
}

/* An application of 2020 lacks what came later; a tenant has it otherwise. */
static void
check_versions(struct check *c)
{
	const struct tree *top = c->d->tree;
	const struct tree *version = tree_get(top, "version");
	const char *list = parse_functions_key(top);
	bool old = version || strcmp(list, "functions") == 0;

	if (c->d->tenant)
		return;
	if (old)
		tell(&c->tell, RULE(R_OLD_FORM),
		    version ? version->key : tree_get(top, list)->key,
		    "the Directive has the form of 2020");
	check_version(c,
	    version && !tree_get(top, "appVersion") ? "version" : "appVersion",
	    RULE(R_APP_VERSION));
	if (!old || tree_get(top, "atmoVersion"))
		check_version(c, "atmoVersion", RULE(R_ATMO_VERSION));
}

/* ---- functions ---- */

/* Where a function is told: its entry in `runnables`, or nowhere here when it
 * comes from a manifest of its own. */
static const struct tree *
function_spot(const struct check *c, size_t i, const char *key)
{
	if (c->functions != c->d->functions)
		return NULL;
	return check_spot(
	    check_item(c, parse_functions_key(c->d->tree), i), key);
}

static void
check_function(struct check *c, size_t i)
{
	const struct function_info *f = &c->functions[i];
	bool listed = c->functions == c->d->functions;

	if (listed &&
	    check_item(c, parse_functions_key(c->d->tree), i)->kind != TREE_MAP)
		return;
	if (!name_usable(f->name))
		tell(&c->tell, RULE(R_FUNCTION_NAME),
		    function_spot(c, i, "name"),
		    f->name.n > 0 ? "'%.*s' cannot be a function's name"
				  : "a function has no name%.*s",
		    SHOW_A(f->name));
	if (!(c->d->tenant ? spaces_usable(f->ns) : name_usable(f->ns)))
		tell(&c->tell, RULE(R_NAMESPACE),
		    function_spot(c, i, "namespace"),
		    f->ns.n > 0 ? "'%.*s' cannot be a namespace"
				: "a function has no namespace%.*s",
		    SHOW_A(f->ns));
}

/* By name, then namespace, then as they were given. */
static int
by_name(const void *a, const void *b)
{
	const struct function_info *x = *(const struct function_info *const *)a;
	const struct function_info *y = *(const struct function_info *const *)b;
	int d = str_cmp(x->name, y->name);

	if (d == 0)
		d = str_cmp(x->ns, y->ns);
	return d != 0 ? d : x < y ? -1 : 1;
}

static void
index_functions(struct check *c)
{
	size_t i;

	c->by_name =
	    arena_take(c->arena, (c->nfunctions + 1) * sizeof *c->by_name);
	for (i = 0; i < c->nfunctions; i++)
		c->by_name[i] = &c->functions[i];
	qsort(c->by_name, c->nfunctions, sizeof *c->by_name, by_name);
}

const struct function_info *
check_find(const struct check *c, struct str fn)
{
	struct fqfn ref = fqfn_of(c->d, fn);
	size_t low = 0, high = c->nfunctions, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (str_cmp(c->by_name[mid]->name, ref.name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (ref.name.n == 0)
		return directive_find(c->d, c->functions, c->nfunctions, fn);
	for (; low < c->nfunctions && str_eq(c->by_name[low]->name, ref.name);
	    low++)
		if (fqfn_matches(&ref, c->by_name[low], c->d))
			return c->by_name[low];
	return NULL;
}

/* Compared by namespace and name together, so default::x and other::x are
 * two functions (Atmo took them for one). */
static void
check_twice(struct check *c)
{
	const struct function_info *f, *last;
	size_t i;

	for (i = 1; i < c->nfunctions; i++) {
		f = c->by_name[i];
		last = c->by_name[i - 1];
		if (f->name.n == 0 || !str_eq(f->name, last->name) ||
		    !str_eq(f->ns, last->ns))
			continue;
		tell(&c->tell, RULE(R_TWICE),
		    function_spot(c, (size_t)(f - c->functions), "name"),
		    "the function '%.*s::%.*s' is there twice", SHOW_A(f->ns),
		    SHOW_A(f->name));
	}
}

static void
check_functions(struct check *c)
{
	size_t i;

	if (c->nfunctions == 0 &&
	    !check_told(c->d->tree, "runnables", TREE_LIST))
		tell(&c->tell, RULE(R_NO_FUNCTIONS), NULL,
		    "the application has no functions");
	for (i = 0; i < c->nfunctions; i++)
		check_function(c, i);
	check_twice(c);
}

static int
by_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = str_cmp(x->name, y->name);

	return d != 0 ? d : x->index < y->index ? -1 : 1;
}

void
check_names_twice(struct check *c, struct entry *v, size_t n,
    const struct diag_rule *rule, const char *list)
{
	size_t i;

	qsort(v, n, sizeof *v, by_entry);
	for (i = 1; i < n; i++) {
		if (v[i].name.n == 0 || !str_eq(v[i].name, v[i - 1].name))
			continue;
		tell(&c->tell, rule, check_spot(v[i].t, "name"),
		    "the name '%.*s' is there twice in '%s'", SHOW_A(v[i].name),
		    list);
	}
}

/* ---- schedules ---- */

static void
check_every(struct check *c, const struct schedule *s, const struct tree *t)
{
	const struct tree *every = tree_get(t, "every"), *part;
	bool bad = false;
	size_t i;

	if (check_told(t, "every", TREE_MAP))
		return;
	for (i = 0; every && i < every->nitems; i++) {
		part = every->items[i];
		if (part->kind != TREE_INT) {
			bad = bad || part->kind != TREE_NULL;
		} else if (part->num < 0 || part->num > 1000000000) {
			bad = true;
			tell(&c->tell, RULE(R_EVERY_RANGE), part,
			    "'%.*s' is out of range", SHOW_A(part->key->text));
		}
	}
	if (s->every_s == 0 && !bad)
		tell(&c->tell, RULE(R_EVERY_ZERO), check_spot(t, "every"),
		    "nothing says how often the schedule '%.*s' runs",
		    SHOW_A(s->name));
}

void
check_schedules(struct check *c)
{
	size_t i, n = c->d->nschedules;
	struct entry *v = arena_take(c->arena, (n + 1) * sizeof *v);
	const struct schedule *s;
	const struct tree *t;

	for (i = 0; i < n; i++) {
		s = &c->d->schedules[i];
		t = check_item(c, "schedules", i);
		v[i] = (struct entry){ s->name, i, t };
		if (t->kind != TREE_MAP)
			continue;
		if (s->name.n == 0 && !check_told(t, "name", TREE_TEXT))
			tell(&c->tell, RULE(R_SCHEDULE_NAME),
			    check_spot(t, "name"), "a schedule has no name");
		check_every(c, s, t);
		check_steps(
		    c, t, s->steps, s->nsteps, s->state, s->nstate, STR(""));
	}
	check_names_twice(c, v, n, RULE(R_SCHEDULE_TWICE), "schedules");
}

/* ---- all of it ---- */

static void
check_use(struct check *c)
{
	bool nothing = c->d->nhandlers + c->d->nschedules == 0;
	size_t i;

	if (c->nfunctions == 0 || c->d->headless || c->d->tenant ||
	    check_told(c->d->tree, "handlers", TREE_LIST))
		return;
	if (nothing) {
		tell(&c->tell, RULE(R_NO_HANDLERS), NULL,
		    "the Directive has no handlers or schedules");
		return;
	}
	/* A name that is misspelt leaves its function unused, too. */
	for (i = 0; i < c->nfunctions && !c->lost; i++)
		if (!c->used[i] && c->functions[i].name.n > 0)
			tell(&c->tell, RULE(R_UNUSED), NULL,
			    "no handler or schedule runs '%.*s'",
			    SHOW_A(c->names[i]));
}

/* As a step would write it: the namespace only where it is needed. */
static struct str
step_name(struct arena *a, const struct function_info *f)
{
	if (f->ns.n == 0 || str_is(f->ns, "default"))
		return f->name;
	return str_of(
	    arena_printf(a, STR_F "::" STR_F, STR_A(f->ns), STR_A(f->name)));
}

static void
check_all(struct check *c)
{
	size_t i;

	c->used = arena_take(c->arena, c->nfunctions + 1);
	c->names = arena_take(c->arena, (c->nfunctions + 1) * sizeof *c->names);
	for (i = 0; i < c->nfunctions; i++)
		c->names[i] = step_name(c->arena, &c->functions[i]);
	index_functions(c);
	check_identifier(c);
	check_versions(c);
	check_world(c);
	check_functions(c);
	check_called(c);
	check_handlers(c);
	check_routes(c);
	check_schedules(c);
	check_queries(c);
	check_use(c);
}

void
directive_check(const struct directive *d,
    const struct function_info *functions, size_t nfunctions, struct diags *ds)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct check c = { .d = d, .arena = a };

	if (!d->tree || d->tree->kind != TREE_MAP)
		return;
	c.functions = functions ? functions : d->functions;
	c.nfunctions = functions ? nfunctions : d->nfunctions;
	c.tell = (struct teller){ .ds = ds,
		.file = d->file,
		.source = d->source,
		.more = RULE(R_MORE) };
	check_all(&c);
}

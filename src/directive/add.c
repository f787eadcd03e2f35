/* SPDX-License-Identifier: Apache-2.0 */
/* Add a handler to the text of a Directive. */
#include "directive/directive.h"
#include "directive/edit.h"
#include "directive/names.h"
#include "directive/route.h"

#define KEY "handlers"

/* The file's own habits. */
struct form {
	size_t dash;  /* columns before a handler's '-' */
	size_t gap;   /* from the dash to the keys */
	size_t steps; /* from the key `steps` to its dashes */
};

struct addition {
	struct edit edit;
	const struct tree *root, *list;
	struct field fields[3];
	const struct str *steps;
	size_t nsteps;
};

static void
close_addition(struct addition *ad)
{
	edit_close(&ad->edit);
}

/* ---- how the file is written ---- */

static bool
is_block_list(const struct tree *t)
{
	return t && t->kind == TREE_LIST && !t->flow && t->nitems > 0;
}

/* Columns from a key to the dashes of its list. */
static size_t
list_offset(const struct tree *t)
{
	return t->at.col >= t->key->at.col ? t->at.col - t->key->at.col : 2;
}

static size_t
find_steps_offset(const struct addition *ad, size_t otherwise)
{
	const struct tree *steps;
	size_t i;

	for (i = 0; is_block_list(ad->list) && i < ad->list->nitems; i++) {
		steps = tree_get(ad->list->items[i], "steps");
		if (is_block_list(steps))
			return list_offset(steps);
	}
	return otherwise;
}

static struct form
find_form(const struct addition *ad)
{
	const struct tree *root = ad->root, *first;
	size_t i, margin = root->kind == TREE_MAP ? root->at.col - 1 : 0;
	size_t offset = 2;
	struct form f = { .gap = 2 };

	for (i = 0; i < root->nitems; i++)
		if (is_block_list(root->items[i])) {
			offset = list_offset(root->items[i]);
			break;
		}
	f.dash = margin + offset;
	f.steps = find_steps_offset(ad, offset);
	if (!is_block_list(ad->list))
		return f;
	f.dash = ad->list->at.col - 1;
	first = ad->list->items[0];
	if (first->at.line == ad->list->at.line &&
	    first->at.col > ad->list->at.col && !first->flow)
		f.gap = first->at.col - ad->list->at.col;
	return f;
}

/* Is there an empty line between the last two handlers? */
static bool
is_spaced(const struct addition *ad)
{
	const struct tree *list = ad->list;
	struct str between, line;
	bool more = true;

	if (list->nitems < 2)
		return false;
	between =
	    (struct str){ ad->edit.source.p + list->items[list->nitems - 2]->to,
		    list->items[list->nitems - 1]->from -
			list->items[list->nitems - 2]->to };
	str_cut(&between, '\n', &line);
	while (more) {
		more = str_cut(&between, '\n', &line);
		if (more && str_trim(line).n == 0)
			return true;
	}
	return false;
}

/* ---- writing ---- */

static void
add_block(struct addition *ad, const struct form *f)
{
	struct edit *ed = &ad->edit;
	struct field step = { "fn", { NULL, 0 } };
	size_t i;

	edit_pad(ed, f->dash);
	buf_addc(&ed->text, '-');
	edit_pad(ed, f->gap - 1);
	for (i = 0; i < COUNT(ad->fields); i++) {
		if (i > 0) {
			edit_eol(ed);
			edit_pad(ed, f->dash + f->gap);
		}
		edit_field(ed, &ad->fields[i]);
	}
	if (ad->nsteps == 0)
		return;
	edit_eol(ed);
	edit_pad(ed, f->dash + f->gap);
	buf_add(&ed->text, STR("steps:"));
	for (i = 0; i < ad->nsteps; i++) {
		edit_eol(ed);
		edit_pad(ed, f->dash + f->gap + f->steps);
		buf_add(&ed->text, STR("- "));
		step.value = ad->steps[i];
		edit_field(ed, &step);
	}
}

static void
add_flow(struct addition *ad)
{
	struct edit *ed = &ad->edit;
	struct field step = { "fn", { NULL, 0 } };
	size_t i;

	edit_flow(ed, ad->fields, COUNT(ad->fields));
	for (i = 0; i < ad->nsteps; i++) {
		buf_add(&ed->text, i > 0 ? STR(", ") : STR(", steps: ["));
		step.value = ad->steps[i];
		edit_flow(ed, &step, 1);
		buf_addc(&ed->text, '}');
	}
	buf_add(&ed->text, ad->nsteps > 0 ? STR("]}") : STR("}"));
}

/* ---- where ---- */

/* Comments below the last handler that are indented further than its dash are
 * its own. */
static size_t
skip_comments(struct str source, size_t at, size_t dash)
{
	struct str rest, line;
	size_t end;

	for (;;) {
		rest = str_from(source, at);
		if (!str_cut(&rest, '\n', &line) || rest.n == 0)
			return at;
		end = edit_line_end(source, (size_t)(rest.p - source.p));
		line =
		    (struct str){ rest.p, end - (size_t)(rest.p - source.p) };
		rest = str_trim(line);
		if (!str_starts(rest, "#") ||
		    (size_t)(rest.p - line.p) < dash + (dash == 0))
			return at;
		at = end;
	}
}

static void
add_to_block(struct addition *ad, const struct form *f)
{
	struct edit *ed = &ad->edit;
	size_t at = ad->list->items[ad->list->nitems - 1]->to;

	/* A block of text as the last value ends behind its line. */
	if (at > 0 && ed->source.p[at - 1] == '\n')
		at--;
	at = edit_line_end(ed->source, at);
	ed->from = ed->to = skip_comments(ed->source, at, f->dash);
	if (is_spaced(ad))
		edit_eol(ed);
	edit_eol(ed);
	add_block(ad, f);
}

static void
add_to_flow(struct addition *ad)
{
	const struct tree *last = ad->list->items[ad->list->nitems - 1];

	ad->edit.from = ad->edit.to = last->to;
	buf_add(&ad->edit.text, STR(", "));
	add_flow(ad);
}

static void
fill_empty(struct addition *ad, const struct form *f)
{
	struct buf *text = &ad->edit.text;

	edit_fill(&ad->edit, ad->list, ad->root->flow);
	if (!ad->root->flow) {
		add_block(ad, f);
		return;
	}
	buf_addc(text, '[');
	add_flow(ad);
	buf_addc(text, ']');
}

static void
make_list(struct addition *ad, const struct form *f)
{
	const struct tree *root = ad->root;
	struct edit *ed = &ad->edit;
	bool lead, tail;

	if (root->flow) {
		ed->from = ed->to = root->nitems > 0
		    ? root->items[root->nitems - 1]->to
		    : root->from + 1;
		buf_add(&ed->text, root->nitems > 0 ? STR(", ") : STR(""));
		buf_add(&ed->text, STR(KEY ": ["));
		add_flow(ad);
		buf_addc(&ed->text, ']');
		return;
	}
	ed->from = ed->to = edit_end(ed, root, &lead, &tail);
	if (lead)
		edit_eol(ed);
	edit_pad(ed, root->kind == TREE_MAP ? root->at.col - 1 : 0);
	buf_add(&ed->text, STR(KEY ":"));
	edit_eol(ed);
	add_block(ad, f);
	if (tail)
		edit_eol(ed);
}

static void
write_it(struct addition *ad)
{
	struct form f = find_form(ad);

	if (!ad->list)
		make_list(ad, &f);
	else if (ad->list->nitems == 0)
		fill_empty(ad, &f);
	else if (ad->list->flow)
		add_to_flow(ad);
	else
		add_to_block(ad, &f);
}

/* ---- what may be added ---- */

static int
check_asked(struct str method, struct str resource, struct err *e)
{
	const char *fault;

	if (!token_usable(method)) {
		err_set(e, ERR_USAGE, "'%.*s' is not an HTTP method",
		    (int)(method.n < 80 ? method.n : 80), method.p);
		return err_hint(e, "use GET, POST, PUT, PATCH, DELETE...");
	}
	if (!str_starts(resource, "/")) {
		err_set(e, ERR_USAGE, "the path '%.*s' does not begin with '/'",
		    (int)(resource.n < 200 ? resource.n : 200), resource.p);
		return err_hint(e, "write '/%.*s'",
		    (int)(resource.n < 200 ? resource.n : 200), resource.p);
	}
	fault = route_fault(resource);
	if (!fault)
		return 0;
	err_set(e, ERR_USAGE, "the path '%.*s' %s",
	    (int)(resource.n < 200 ? resource.n : 200), resource.p, fault);
	return err_hint(e, "a path is such as '/user/:id' or '/files/*path'");
}

static int
check_steps(const struct str *steps, size_t nsteps, struct err *e)
{
	size_t i, j, at;

	if (nsteps > DIRECTIVE_MAX_STEPS)
		return err_set(
		    e, ERR_LIMIT, "more than %u steps", DIRECTIVE_MAX_STEPS);
	for (i = 0; i < nsteps; i++) {
		for (j = 0; j < steps[i].n; j++)
			if ((unsigned char)steps[i].p[j] <= ' ' ||
			    steps[i].p[j] == 0x7F)
				break;
		if (steps[i].n == 0 || j < steps[i].n ||
		    !str_utf8(steps[i], &at))
			return err_set(e, ERR_USAGE,
			    "step %zu does not name a function", i + 1);
	}
	return 0;
}

/* Refuse a file that has no room for a handler, or has this one. */
static int
check_file(const struct directive *d, struct str method, struct str resource,
    struct err *e)
{
	const struct tree *list = tree_get(d->tree, KEY);
	const struct handler *h;
	size_t i;

	if (d->tree->kind != TREE_MAP && d->tree->kind != TREE_NULL)
		return err_set(e, ERR_INPUT, "%.*s:%u:%u: not a Directive",
		    STR_A(d->file), d->tree->at.line, d->tree->at.col);
	if (list && list->kind != TREE_LIST && list->kind != TREE_NULL)
		return err_set(e, ERR_INPUT,
		    "%.*s:%u:%u: 'handlers' should be a list, and is %s",
		    STR_A(d->file), list->at.line, list->at.col,
		    tree_kind_name(list->kind));
	for (i = 0; i < d->nhandlers; i++) {
		h = &d->handlers[i];
		if (h->type != HANDLER_REQUEST || !str_eq(h->method, method) ||
		    !str_eq(h->resource, resource))
			continue;
		err_set(e, ERR_INPUT,
		    "%.*s:%u:%u: there is a handler for %.*s %.*s already",
		    STR_A(d->file), h->at.line, h->at.col, STR_A(method),
		    STR_A(resource));
		return err_hint(e,
		    "choose another path or method, or add the "
		    "step to that handler");
	}
	return 0;
}

/* ---- is it right? ---- */

static bool
is_last_handler(const struct addition *ad, const struct tree *h)
{
	const struct tree *steps = tree_get(h, "steps");
	size_t i, n = steps ? steps->nitems : 0;

	for (i = 0; i < COUNT(ad->fields); i++)
		if (!str_eq(
			tree_text(h, ad->fields[i].key), ad->fields[i].value))
			return false;
	if (n != ad->nsteps)
		return false;
	for (i = 0; i < n; i++)
		if (!str_eq(tree_text(steps->items[i], "fn"), ad->steps[i]))
			return false;
	return true;
}

/* One handler more than before, at the end, and nothing else is different. */
static bool
is_right(const struct addition *ad, const struct tree *now)
{
	const struct tree *list = tree_get(now, KEY);
	size_t i, n = ad->list ? ad->list->nitems : 0;

	if (!list || list->kind != TREE_LIST || list->nitems != n + 1 ||
	    !edit_same(ad->root, now, KEY))
		return false;
	for (i = 0; i < n; i++)
		if (!tree_eq(ad->list->items[i], list->items[i]))
			return false;
	return is_last_handler(ad, list->items[n]);
}

static int
finish(struct addition *ad, struct str file, struct buf *out, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	const struct tree *now;

	edit_apply(&ad->edit, &text);
	if (buf_over(&ad->edit.text) || buf_over(&text))
		return err_set(e, ERR_LIMIT,
		    "%.*s: with one more handler longer than %u bytes",
		    STR_A(file), TREE_MAX_BYTES);
	now = edit_reread(a, buf_str(&text));
	if (now && is_right(ad, now)) {
		buf_add(out, buf_str(&text));
		return 0;
	}
	err_set(e, ERR_INPUT,
	    "%.*s: the way the file is written has no room for a handler",
	    STR_A(file));
	return err_hint(e,
	    "add it by hand: '- type: request', 'resource: "
	    "%.*s', 'method: %.*s'",
	    (int)(ad->fields[1].value.n < 200 ? ad->fields[1].value.n : 200),
	    ad->fields[1].value.p, STR_A(ad->fields[2].value));
}

int
directive_add_handler(struct buf *out, struct str source, struct str file,
    struct str method, struct str resource, const struct str *steps,
    size_t nsteps, struct err *e)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(close_addition)
	struct addition ad = { .steps = steps, .nsteps = nsteps };
	char *upper;
	size_t i;

	if (check_asked(method, resource, e) < 0 ||
	    check_steps(steps, nsteps, e) < 0 ||
	    directive_parse(&d, source, file, ds, e) < 0)
		return -1;
	upper = arena_cstr(d->arena, method);
	for (i = 0; i < method.n; i++)
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	if (check_file(d, str_of(upper), resource, e) < 0)
		return -1;
	edit_open(&ad.edit, d->source);
	ad.root = d->tree;
	ad.list = tree_get(d->tree, KEY);
	ad.fields[0] = (struct field){ "type", STR("request") };
	ad.fields[1] = (struct field){ "resource", resource };
	ad.fields[2] = (struct field){ "method", str_of(upper) };
	write_it(&ad);
	return finish(&ad, file, out, e);
}

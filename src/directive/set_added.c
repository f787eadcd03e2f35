/* SPDX-License-Identifier: Apache-2.0 */
/* Put a published function into a Directive, and leave the rest as it is. */
#include "directive/directive.h"
#include "directive/edit.h"

#define KEY "functions"

struct setting {
	struct edit edit;
	const struct tree *root, *map; /* map may be NULL */
	char *label;
	struct str reference;
};

static void
close_setting(struct setting *s)
{
	edit_close(&s->edit);
}

static void
add_entry(struct setting *s)
{
	struct field f = { s->label, s->reference };

	edit_field(&s->edit, &f);
}

/* "label: "reference"", with the quotes that a flow form always has. */
static void
add_flow_entry(struct setting *s)
{
	buf_addf(&s->edit.text, "%s: ", s->label);
	edit_quoted(&s->edit, s->reference);
}

static size_t
indent_of_root(const struct setting *s)
{
	return s->root->kind == TREE_MAP ? s->root->at.col - 1 : 0;
}

/* There is no such key yet. */
static void
make_map(struct setting *s)
{
	struct edit *ed = &s->edit;
	bool lead, tail;

	if (s->root->flow) {
		ed->from = ed->to = s->root->nitems > 0
		    ? s->root->items[s->root->nitems - 1]->to
		    : s->root->from + 1;
		buf_add(&ed->text, s->root->nitems > 0 ? STR(", ") : STR(""));
		buf_add(&ed->text, STR(KEY ": {"));
		add_flow_entry(s);
		buf_addc(&ed->text, '}');
		return;
	}
	ed->from = ed->to = edit_end(ed, s->root, &lead, &tail);
	if (lead)
		edit_eol(ed);
	edit_pad(ed, indent_of_root(s));
	buf_add(&ed->text, STR(KEY ":"));
	edit_eol(ed);
	edit_pad(ed, indent_of_root(s) + 2);
	add_entry(s);
	if (tail)
		edit_eol(ed);
}

static void
fill_empty(struct setting *s)
{
	struct edit *ed = &s->edit;

	edit_fill(ed, s->map, s->root->flow);
	if (!s->root->flow) {
		edit_pad(ed, indent_of_root(s) + 2);
		add_entry(s);
		return;
	}
	buf_addc(&ed->text, '{');
	add_flow_entry(s);
	buf_addc(&ed->text, '}');
}

static void
add_to_map(struct setting *s)
{
	const struct tree *last = s->map->items[s->map->nitems - 1];
	struct edit *ed = &s->edit;
	size_t at = last->to;

	if (s->map->flow) {
		ed->from = ed->to = at;
		buf_add(&ed->text, STR(", "));
		add_flow_entry(s);
		return;
	}
	/* A block of text as the last value ends behind its line. */
	if (at > 0 && ed->source.p[at - 1] == '\n')
		at--;
	ed->from = ed->to = edit_line_end(ed->source, at);
	edit_eol(ed);
	edit_pad(ed, s->map->items[0]->key->at.col - 1);
	add_entry(s);
}

static void
replace(struct setting *s, const struct tree *old)
{
	s->edit.from = old->from;
	s->edit.to = old->to;
	if (str_eq(old->text, s->reference))
		buf_add(&s->edit.text,
		    (struct str){
			s->edit.source.p + old->from, old->to - old->from });
	else if (s->map->flow)
		edit_quoted(&s->edit, s->reference);
	else
		edit_value(&s->edit, s->reference);
}

static void
write_it(struct setting *s)
{
	const struct tree *old = tree_get(s->map, s->label);

	if (!s->map)
		make_map(s);
	else if (s->map->nitems == 0)
		fill_empty(s);
	else if (old)
		replace(s, old);
	else
		add_to_map(s);
}

/* The entry is there, and all else is what it was. */
static bool
is_right(const struct setting *s, const struct tree *now)
{
	const struct tree *map = tree_get(now, KEY), *t;
	size_t n = s->map ? s->map->nitems : 0;

	if (!map || map->kind != TREE_MAP || !edit_same(s->root, now, KEY))
		return false;
	if (map->nitems != n + (tree_get(s->map, s->label) == NULL))
		return false;
	for (size_t i = 0; i < n; i++) {
		t = s->map->items[i];
		if (!str_is(t->key->text, s->label) &&
		    !tree_eq(t, tree_get_str(map, t->key->text)))
			return false;
	}
	return str_eq(tree_text(map, s->label), s->reference);
}

static int
finish(struct setting *s, struct str file, struct buf *out, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	const struct tree *now;

	edit_apply(&s->edit, &text);
	if (buf_over(&s->edit.text) || buf_over(&text))
		return err_set(e, ERR_LIMIT,
		    STR_F ": with one more function longer than %u bytes",
		    STR_A(file), TREE_MAX_BYTES);
	now = edit_reread(a, buf_str(&text));
	if (now && is_right(s, now)) {
		buf_add(out, buf_str(&text));
		return 0;
	}
	err_set(e, ERR_INPUT,
	    STR_F ": the way the file is written has no room for a function",
	    STR_A(file));
	return err_hint(e, "add it by hand, below '" KEY ":': '%s: " STR_F "'",
	    s->label, STR_A(s->reference));
}

static int
check_file(const struct directive *d, const struct tree *map, struct err *e)
{
	if (d->tree->kind != TREE_MAP && d->tree->kind != TREE_NULL)
		return err_set(e, ERR_INPUT, STR_F ":%u:%u: not a Directive",
		    STR_A(d->file), d->tree->at.line, d->tree->at.col);
	if (!map || map->kind == TREE_MAP || map->kind == TREE_NULL)
		return 0;
	return err_set(e, ERR_INPUT,
	    STR_F ":%u:%u: '" KEY "' should be a map, and is %s",
	    STR_A(d->file), map->at.line, map->at.col,
	    tree_kind_name(map->kind));
}

int
directive_set_function(struct buf *out, struct str source, struct str file,
    struct str label, struct str reference, struct err *e)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(close_setting) struct setting s = { .reference = reference };
	struct str ns, name;

	if (!added_label(label, &ns, &name)) {
		err_set(e, ERR_USAGE, "'%.*s' cannot be a function's name",
		    (int)(label.n < 200 ? label.n : 200), label.p);
		return err_hint(e,
		    "use letters, digits, '-', '_' and '.', for example "
		    "'resize' or 'images::resize'");
	}
	if (directive_parse(&d, source, file, ds, e) < 0)
		return -1;
	s.root = d->tree;
	s.map = tree_get(d->tree, KEY);
	if (check_file(d, s.map, e) < 0)
		return -1;
	s.label = arena_cstr(d->arena, label);
	edit_open(&s.edit, d->source);
	write_it(&s);
	return finish(&s, file, out, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The Directive as it goes into a bundle: with the list of its functions. */
#include "directive/directive.h"
#include "directive/edit.h"

#define FIELDS 10u
#define KEY "runnables"

static int
by_name(const void *a, const void *b)
{
	const struct function_info *x = *(const struct function_info *const *)a;
	const struct function_info *y = *(const struct function_info *const *)b;
	int d = str_cmp(x->ns, y->ns);

	return d != 0 ? d : str_cmp(x->name, y->name);
}

static const struct function_info **
sorted(struct arena *a, const struct function_info *functions, size_t n)
{
	const struct function_info **v = arena_take(a, (n + 1) * sizeof *v);
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = &functions[i];
	qsort(v, n, sizeof *v, by_name);
	return v;
}

static size_t
put(struct field *f, size_t n, const char *key, struct str value)
{
	if (value.n > 0)
		f[n++] = (struct field){ key, value };
	return n;
}

/* Readers of the old kind know TinyGo as a language of its own. */
static size_t
fields_of(const struct function_info *fn, struct str fqfn, struct field *f)
{
	size_t n = 0;

	n = put(f, n, "name", fn->name);
	n = put(f, n, "namespace", fn->ns);
	n = put(f, n, "lang", fn->tinygo ? STR("tinygo") : fn->lang);
	n = put(f, n, "version", fn->version);
	n = put(f, n, "draftVersion", fn->draft_version);
	n = put(f, n, "apiVersion", fn->api_version);
	n = put(f, n, "fqfn", fqfn);
	n = put(f, n, "fqfnUri", fn->fqfn_uri);
	return put(f, n, "digest", fn->digest);
}

static struct str
full_name(
    struct arena *a, const struct directive *d, const struct function_info *f)
{
	return str_of(arena_printf(a, STR_F "#" STR_F "::" STR_F "@" STR_F,
	    STR_A(d->identifier), STR_A(f->ns), STR_A(f->name),
	    STR_A(d->app_version)));
}

struct listing {
	const struct directive *d;
	const struct function_info **v;
	size_t n;
	struct arena *arena;
};

static void
add_flow(struct edit *ed, const struct listing *l)
{
	struct field f[FIELDS];
	size_t i, n;

	buf_add(&ed->text, STR(KEY ": ["));
	for (i = 0; i < l->n; i++) {
		n = fields_of(l->v[i], full_name(l->arena, l->d, l->v[i]), f);
		buf_add(&ed->text, i > 0 ? STR(", ") : STR(""));
		edit_flow(ed, f, n);
		buf_addc(&ed->text, '}');
	}
	buf_addc(&ed->text, ']');
}

static void
add_block(struct edit *ed, const struct listing *l, size_t indent)
{
	struct field f[FIELDS];
	size_t i, j, n;

	buf_add(&ed->text, l->n > 0 ? STR(KEY ":") : STR(KEY ": []"));
	for (i = 0; i < l->n; i++) {
		n = fields_of(l->v[i], full_name(l->arena, l->d, l->v[i]), f);
		for (j = 0; j < n; j++) {
			edit_eol(ed);
			edit_pad(ed, indent + 2);
			buf_add(&ed->text, j == 0 ? STR("- ") : STR("  "));
			edit_field(ed, &f[j]);
		}
	}
}

static void
replace(struct edit *ed, const struct listing *l, const struct tree *old)
{
	ed->from = old->key->from;
	ed->to = old->to;
	if (l->d->tree->flow) {
		add_flow(ed, l);
		return;
	}
	add_block(ed, l, l->d->tree->at.col - 1);
	/* A block of text as the last value ends behind its line. */
	if (ed->to > 0 && ed->source.p[ed->to - 1] == '\n')
		edit_eol(ed);
}

static void
append(struct edit *ed, const struct listing *l)
{
	const struct tree *root = l->d->tree;
	bool lead, tail;

	if (root->flow) {
		ed->from = ed->to = root->nitems > 0
		    ? root->items[root->nitems - 1]->to
		    : root->from + 1;
		buf_add(&ed->text, root->nitems > 0 ? STR(", ") : STR(""));
		add_flow(ed, l);
		return;
	}
	ed->from = ed->to = edit_end(ed, root, &lead, &tail);
	if (lead)
		edit_eol(ed);
	edit_pad(ed, root->kind == TREE_MAP ? root->at.col - 1 : 0);
	add_block(ed, l, root->kind == TREE_MAP ? root->at.col - 1 : 0);
	if (tail)
		edit_eol(ed);
}

/* The tree to compare with: a block of text that ends the file gains its line
 * end when something comes behind it. */
static struct tree *
baseline(struct arena *a, const struct edit *ed)
{
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES + 2);

	buf_add(&text, ed->source);
	if (ed->source.n > 0 && ed->source.p[ed->source.n - 1] != '\n')
		buf_add(&text, str_of(ed->eol));
	return edit_reread(a, buf_str(&text));
}

static bool
is_right(struct arena *a, const struct edit *ed, const struct listing *l,
    struct str text)
{
	const struct tree *old = baseline(a, ed), *now = edit_reread(a, text);
	const struct tree *list = tree_get(now, KEY);

	/* The full names in the list must still be those of the app. */
	return old && list && list->kind == TREE_LIST && list->nitems == l->n &&
	    edit_same(old, now, KEY) &&
	    str_eq(tree_text(now, "identifier"), l->d->identifier) &&
	    str_eq(tree_text(now,
		       tree_get(now, "appVersion") ? "appVersion" : "version"),
		l->d->app_version);
}

int
directive_with_functions(struct buf *out, const struct directive *d,
    const struct function_info *functions, size_t nfunctions, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(edit_close) struct edit ed;
	CLEANUP(buf_free) struct buf text = BUF(EDIT_MAX_BYTES);
	const struct tree *old = tree_get(d->tree, KEY);
	struct listing l = { d, sorted(a, functions, nfunctions), nfunctions,
		a };

	edit_open(&ed, d->source);
	if (d->tenant)
		return err_set(e, ERR_INPUT,
		    "%.*s: a tenant's list of modules is not rewritten",
		    STR_A(d->file));
	if (old)
		replace(&ed, &l, old);
	else
		append(&ed, &l);
	edit_apply(&ed, &text);
	if (buf_over(&ed.text) || text.n > TREE_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "%.*s: with its list of functions the Directive is longer "
		    "than %u bytes",
		    STR_A(d->file), TREE_MAX_BYTES);
	if (!is_right(a, &ed, &l, buf_str(&text))) {
		err_set(e, ERR_INPUT,
		    "%.*s: the list of functions cannot be written into it",
		    STR_A(d->file));
		return err_hint(e,
		    "write the Directive in block form, one key "
		    "in a line, and leave 'runnables' away");
	}
	buf_add(out, buf_str(&text));
	return 0;
}

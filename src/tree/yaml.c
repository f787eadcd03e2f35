/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML events to a tree.  The only file that knows libyaml.
 *
 * libyaml 0.2.5 takes no end with deep nesting when it is drained; here it is
 * stopped at the first event past a ceiling, and it never looks further than
 * 1024 characters ahead of the event it gives.
 */
#include <yaml.h>

#include "tree/schema.h"
#include "tree/source.h"
#include "tree/tree.h"

struct level {
	struct tree *node;
	struct tree *key; /* of a map: waits for its value */
};

struct loader {
	yaml_parser_t parser;
	struct source source;
	struct arena *arena;
	struct tree *root;
	struct level levels[TREE_MAX_DEPTH];
	size_t depth, nnodes;
	bool had_document, done;
	struct err *e;
};

static void
close_loader(struct loader *l)
{
	yaml_parser_delete(&l->parser);
	source_close(&l->source);
}

static int refuse(struct loader *l, enum err_kind kind, struct place at,
    const char *fmt, ...) PRINTF(4, 5);

static int
refuse(
    struct loader *l, enum err_kind kind, struct place at, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(400);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	return err_set(
	    l->e, kind, "%u:%u: %s", at.line, at.col, buf_cstr(&text));
}

/* ---- what libyaml says, in words a user can act on ---- */

struct phrase {
	const char *theirs;
	const char *ours;
	const char *hint;
};

static const struct phrase phrases[] = {
	{ "mapping values are not allowed in this context",
	    "a ': ' where no key can stand",
	    "put the value in quotes if the colon belongs to it; else look at "
	    "the indentation" },
	{ "did not find expected key", "a key was expected here",
	    "look at the indentation of this line, and for an unclosed quote "
	    "or bracket above it" },
	{ "could not find expected ':'", "a key without its ':'",
	    "write 'key: value'; a value that goes on in a second line must "
	    "be indented" },
	{ "did not find expected '-' indicator",
	    "this is not a '- ' entry of the list above it",
	    "indent it as the other entries are" },
	{ "did not find expected ',' or ']'", "a ',' or ']' was expected here",
	    "close the list with ']'" },
	{ "did not find expected ',' or '}'", "a ',' or '}' was expected here",
	    "close the map with '}'" },
	{ "found unexpected end of stream", "the text ends inside quotes",
	    "close the quote" },
	{ "found unexpected document indicator",
	    "a document mark inside quotes", "close the quote above it" },
	{ "found incompatible YAML document",
	    "a version of YAML that is not known",
	    "leave the %YAML line away, or write %YAML 1.2" },
	{ "found character that cannot start any token",
	    "a character that no value may begin with",
	    "put the value in quotes" },
	{ "block sequence entries are not allowed in this context",
	    "a '- ' where no list can begin",
	    "begin the list in the line below its key" },
	{ "did not find expected node content", "a value was expected here",
	    "look for a ',', bracket or mark too many" },
	{ "did not find expected <document start>",
	    "text after the end of the document",
	    "a file holds one value; look at the quotes and the indentation" },
	{ "found unknown escape character",
	    "an escape that YAML does not know in double quotes",
	    "write the backslash twice, or use single quotes" },
	{ NULL, NULL, NULL },
};

static const struct phrase *
find_phrase(const char *theirs)
{
	const struct phrase *p;

	for (p = phrases; p->theirs; p++)
		if (strcmp(p->theirs, theirs) == 0)
			return p;
	return NULL;
}

/* The first tab in the indentation of the line that holds byte, if any. */
static bool
tab_indent(struct str text, size_t byte, size_t *at)
{
	size_t i = byte < text.n ? byte : text.n;

	while (i > 0 && text.p[i - 1] != '\n')
		i--;
	while (i < text.n && (text.p[i] == ' ' || text.p[i] == '-'))
		i++;
	*at = i;
	return i < text.n && text.p[i] == '\t';
}

static int
syntax_error(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	struct mark m = source_mark(&l->source, p->problem_mark.index);
	const char *theirs = p->problem ? p->problem : "not YAML";
	const struct phrase *known = find_phrase(theirs);
	size_t tab;

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(l->e, ERR_SYSTEM, "out of memory");
	if (tab_indent(l->source.text, m.byte, &tab)) {
		refuse(l, ERR_INPUT, source_place(l->source.text, tab),
		    "a tab in the indentation");
		return err_hint(l->e,
		    "indent with spaces; YAML has no tabs "
		    "there");
	}
	/* The end of the file says less than where the quote was opened. */
	if (strncmp(theirs, "found unexpected", 16) == 0)
		m = source_mark(&l->source, p->context_mark.index);
	refuse(l, ERR_INPUT, m.at, "%s", known ? known->ours : theirs);
	if (known)
		err_hint(l->e, "%s", known->hint);
	return -1;
}

/* ---- building ---- */

static struct mark
mark_of(const struct loader *l, yaml_mark_t m)
{
	return source_mark(&l->source, m.index);
}

static int
new_node(struct loader *l, const yaml_event_t *ev, enum tree_kind kind,
    struct tree **out)
{
	struct mark from = mark_of(l, ev->start_mark);
	struct tree *t;

	if (++l->nnodes > TREE_MAX_NODES)
		return refuse(l, ERR_LIMIT, from.at,
		    "more than %u values in one file", TREE_MAX_NODES);
	t = arena_take(l->arena, sizeof *t);
	t->kind = kind;
	t->at = from.at;
	t->from = from.byte;
	t->to = mark_of(l, ev->end_mark).byte;
	*out = t;
	return 0;
}

static int
refuse_key(
    struct loader *l, const struct tree *t, const char *what, const char *hint)
{
	refuse(l, ERR_INPUT, t->at, "%s", what);
	return err_hint(l->e, "%s", hint);
}

static int
check_key(struct loader *l, const struct tree *t)
{
	if (t->kind == TREE_LIST || t->kind == TREE_MAP)
		return refuse_key(
		    l, t, "a list or map as a key", "keys are plain words");
	if (!t->quoted && t->text.n == 0)
		return refuse_key(
		    l, t, "a key is missing here", "write 'key: value'");
	if (t->text.n > 0 && memchr(t->text.p, '\0', t->text.n))
		return refuse_key(
		    l, t, "a NUL in a key", "keys are plain words");
	if (!t->quoted && str_is(t->text, "<<"))
		return refuse_key(l, t, "merge keys ('<<') are not allowed",
		    "write the values out");
	return 0;
}

static void
add_item(struct loader *l, struct tree *to, struct tree *t)
{
	to->items = arena_grow(
	    l->arena, to->items, to->nitems, &to->cap, sizeof(struct tree *));
	to->items[to->nitems++] = t;
}

/* Put a value where the document stands: the root, a list, a key, its value. */
static int
place_node(struct loader *l, struct tree *t)
{
	struct level *top = l->depth > 0 ? &l->levels[l->depth - 1] : NULL;

	if (!top) {
		l->root = t;
	} else if (top->node->kind == TREE_LIST) {
		add_item(l, top->node, t);
	} else if (top->key) {
		t->key = top->key;
		top->key = NULL;
		add_item(l, top->node, t);
	} else {
		if (check_key(l, t) < 0)
			return -1;
		top->key = t;
	}
	return 0;
}

static int
refuse_node(struct loader *l, const yaml_event_t *ev, const char *what,
    const char *hint)
{
	refuse(l, ERR_INPUT, mark_of(l, ev->start_mark).at, "%s", what);
	return err_hint(l->e, "%s", hint);
}

static int
check_properties(struct loader *l, const yaml_event_t *ev,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return refuse_node(l, ev, "anchors ('&') are not allowed",
		    "write the value out where it is used; a value that "
		    "begins with '&' needs quotes");
	if (tag)
		return refuse_node(l, ev, "tags ('!') are not allowed",
		    "leave the tag away; a value that begins with '!' needs "
		    "quotes");
	return 0;
}

static int
on_scalar(struct loader *l, const yaml_event_t *ev)
{
	struct str text = { (const char *)ev->data.scalar.value,
		ev->data.scalar.length };
	struct tree *t;

	if (check_properties(
		l, ev, ev->data.scalar.anchor, ev->data.scalar.tag) < 0 ||
	    new_node(l, ev, TREE_TEXT, &t) < 0)
		return -1;
	t->text = arena_copy(l->arena, text);
	t->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (!t->quoted)
		schema_resolve(t);
	return place_node(l, t);
}

static int
begin(struct loader *l, const yaml_event_t *ev, enum tree_kind kind, bool flow)
{
	struct tree *t;

	if (l->depth == TREE_MAX_DEPTH)
		return refuse(l, ERR_LIMIT, mark_of(l, ev->start_mark).at,
		    "nested more than %u deep", TREE_MAX_DEPTH);
	if (new_node(l, ev, kind, &t) < 0 || place_node(l, t) < 0)
		return -1;
	t->flow = flow;
	l->levels[l->depth++] = (struct level){ .node = t };
	return 0;
}

static int
on_list(struct loader *l, const yaml_event_t *ev)
{
	if (check_properties(l, ev, ev->data.sequence_start.anchor,
		ev->data.sequence_start.tag) < 0)
		return -1;
	return begin(l, ev, TREE_LIST,
	    ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
}

static int
on_map(struct loader *l, const yaml_event_t *ev)
{
	if (check_properties(l, ev, ev->data.mapping_start.anchor,
		ev->data.mapping_start.tag) < 0)
		return -1;
	return begin(l, ev, TREE_MAP,
	    ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
}

static int
by_key(const void *a, const void *b)
{
	const struct tree *x = *(struct tree *const *)a;
	const struct tree *y = *(struct tree *const *)b;
	int d = str_cmp(x->key->text, y->key->text);

	return d != 0 ? d : x->key->from < y->key->from ? -1 : 1;
}

/* The texts are compared as read, so "a" and a are one key. */
static int
check_keys(struct loader *l, const struct tree *map)
{
	CLEANUP(mem_free_at) struct tree **v = NULL;
	CLEANUP(buf_free) struct buf name = BUF(200);
	const struct tree *a, *b;
	size_t i;

	if (map->nitems < 2)
		return 0;
	v = mem_take(map->nitems * sizeof *v);
	memcpy(v, map->items, map->nitems * sizeof *v);
	qsort(v, map->nitems, sizeof *v, by_key);
	for (i = 1; i < map->nitems; i++) {
		a = v[i - 1]->key;
		b = v[i]->key;
		if (!str_eq(a->text, b->text))
			continue;
		buf_show(&name, b->text, false);
		refuse(l, ERR_INPUT, b->at,
		    "the key '%s' is here twice, first in line %u",
		    buf_cstr(&name), a->at.line);
		return err_hint(l->e, "remove one of the two");
	}
	return 0;
}

static int
on_end(struct loader *l, const yaml_event_t *ev)
{
	struct tree *t = l->levels[--l->depth].node;
	const struct tree *last = t->nitems ? t->items[t->nitems - 1] : NULL;

	/* The end of a block is told where the next thing begins, behind
	 * comments that do not belong to it. */
	if (t->flow)
		t->to = mark_of(l, ev->end_mark).byte;
	else if (last)
		t->to = last->to;
	return t->kind == TREE_MAP ? check_keys(l, t) : 0;
}

static int
on_document(struct loader *l, const yaml_event_t *ev)
{
	if (l->had_document)
		return refuse_node(l, ev, "a second document in one file",
		    "keep one document; '---' begins the next");
	if (ev->data.document_start.tag_directives.start !=
	    ev->data.document_start.tag_directives.end)
		return refuse_node(
		    l, ev, "%TAG is not allowed", "leave the line away");
	l->had_document = true;
	return 0;
}

static int
on_event(struct loader *l, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(l, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_list(l, ev);
	case YAML_MAPPING_START_EVENT:
		return on_map(l, ev);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(l, ev);
	case YAML_ALIAS_EVENT:
		return refuse_node(l, ev, "aliases ('*') are not allowed",
		    "write the value out; a value that begins with '*' needs "
		    "quotes");
	case YAML_DOCUMENT_START_EVENT:
		return on_document(l, ev);
	case YAML_STREAM_END_EVENT:
		l->done = true;
		return 0;
	default:
		return 0;
	}
}

static int
load(struct loader *l)
{
	yaml_event_t ev;
	int rc = 0;

	while (rc == 0 && !l->done) {
		if (!yaml_parser_parse(&l->parser, &ev))
			return syntax_error(l);
		rc = on_event(l, &ev);
		yaml_event_delete(&ev);
	}
	return rc;
}

int
tree_parse_yaml(
    struct tree **out, struct arena *a, struct str text, struct err *e)
{
	CLEANUP(close_loader) struct loader l = { .arena = a, .e = e };
	struct str body;

	if (!yaml_parser_initialize(&l.parser))
		return err_set(e, ERR_SYSTEM, "out of memory");
	if (text.n > TREE_MAX_BYTES)
		return refuse(&l, ERR_LIMIT, (struct place){ 1, 1 },
		    "longer than %u bytes", TREE_MAX_BYTES);
	if (source_check(text, e) < 0)
		return -1;
	source_open(&l.source, text);
	body = str_from(text, l.source.bom);
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &l.parser, (const unsigned char *)(body.p ? body.p : ""), body.n);
	if (load(&l) < 0)
		return -1;
	if (!l.root)
		l.root = tree_new_null(a);
	*out = l.root;
	return 0;
}

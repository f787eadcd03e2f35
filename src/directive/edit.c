/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/edit.h"

void
edit_open(struct edit *ed, struct str source)
{
	struct str line = source, head;

	*ed = (struct edit){
		.source = source, .eol = "\n", .text = BUF(EDIT_MAX_BYTES)
	};
	if (str_cut(&line, '\n', &head) && str_ends(head, "\r"))
		ed->eol = "\r\n";
}

void
edit_close(struct edit *ed)
{
	buf_free(&ed->text);
}

void
edit_eol(struct edit *ed)
{
	buf_add(&ed->text, str_of(ed->eol));
}

void
edit_pad(struct edit *ed, size_t columns)
{
	while (columns-- > 0)
		buf_addc(&ed->text, ' ');
}

/* Words that YAML readers, old or new, take for something else. */
static bool
is_word(struct str s)
{
	static const char *const words[] = { "true", "false", "null", "yes",
		"no", "on", "off", "y", "n" };
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (str_ieq(s, str_of(words[i])))
			return true;
	return false;
}

static bool
is_plain(struct str s)
{
	size_t i;
	char c;

	if (s.n == 0 || is_word(s) || s.p[s.n - 1] == ':')
		return false;
	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c == '_' || c == '/')
			continue;
		/* Digits and marks can begin numbers and YAML's own. */
		if (i == 0 || !strchr("0123456789.-+:#@*~", c) || c == '\0')
			return false;
	}
	return true;
}

void
edit_quoted(struct edit *ed, struct str s)
{
	size_t i;

	buf_addc(&ed->text, '"');
	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(&ed->text, "\\%c", c);
		else if (c < 0x20 || c == 0x7F)
			buf_addf(&ed->text, "\\x%02X", c);
		else
			buf_addc(&ed->text, (char)c);
	}
	buf_addc(&ed->text, '"');
}

void
edit_value(struct edit *ed, struct str s)
{
	if (is_plain(s))
		buf_add(&ed->text, s);
	else
		edit_quoted(ed, s);
}

void
edit_field(struct edit *ed, const struct field *f)
{
	buf_addf(&ed->text, "%s: ", f->key);
	edit_value(ed, f->value);
}

void
edit_flow(struct edit *ed, const struct field *f, size_t nfields)
{
	size_t i;

	for (i = 0; i < nfields; i++) {
		buf_add(&ed->text, i > 0 ? STR(", ") : STR("{"));
		buf_addf(&ed->text, "%s: ", f[i].key);
		edit_quoted(ed, f[i].value);
	}
}

size_t
edit_line_end(struct str source, size_t at)
{
	while (at < source.n && source.p[at] != '\n')
		at++;
	if (at < source.n && at > 0 && source.p[at - 1] == '\r')
		at--;
	return at;
}

/* The first line from a byte on that begins with "...". */
static bool
has_document_end(struct str source, size_t at)
{
	struct str rest = str_from(source, at), line;
	bool more = str_cut(&rest, '\n', &line);

	while (more) {
		more = str_cut(&rest, '\n', &line);
		if (str_starts(line, "..."))
			return true;
	}
	return false;
}

size_t
edit_end(const struct edit *ed, const struct tree *root, bool *lead, bool *tail)
{
	struct str s = ed->source;

	if (root->kind == TREE_MAP && has_document_end(s, root->to)) {
		*lead = true;
		*tail = false;
		return edit_line_end(s, root->to);
	}
	*lead = s.n > 0 && s.p[s.n - 1] != '\n';
	*tail = !*lead;
	return s.n;
}

void
edit_apply(const struct edit *ed, struct buf *out)
{
	buf_add(out, (struct str){ ed->source.p, ed->from });
	buf_add(out, buf_str(&ed->text));
	buf_add(out, str_from(ed->source, ed->to));
}

static size_t
count_others(const struct tree *t, const char *key)
{
	return t->kind == TREE_MAP ? t->nitems - (tree_get(t, key) != NULL) : 0;
}

bool
edit_same(const struct tree *a, const struct tree *b, const char *key)
{
	const struct tree *other;
	size_t i;

	if (count_others(a, key) != count_others(b, key))
		return false;
	for (i = 0; a->kind == TREE_MAP && i < a->nitems; i++) {
		if (str_is(a->items[i]->key->text, key))
			continue;
		other = tree_get_str(b, a->items[i]->key->text);
		if (!other || !tree_eq(a->items[i], other))
			return false;
	}
	return true;
}

struct tree *
edit_reread(struct arena *a, struct str text)
{
	struct err e = ERR;
	struct tree *t;

	return tree_parse_yaml(&t, a, text, &e) < 0 ? NULL : t;
}

void
edit_fill(struct edit *ed, const struct tree *empty, bool flow)
{
	size_t end = edit_line_end(ed->source, empty->to);

	ed->from = empty->from;
	ed->to = empty->to;
	if (flow) {
		if (ed->from > 0 && ed->source.p[ed->from - 1] == ':')
			buf_addc(&ed->text, ' ');
		return;
	}
	while (ed->from > 0 && ed->source.p[ed->from - 1] == ' ')
		ed->from--;
	buf_add(&ed->text, (struct str){ ed->source.p + ed->to, end - ed->to });
	ed->to = end;
	edit_eol(ed);
}

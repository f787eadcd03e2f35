/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subset of Go's text/template, which templates have always been written
 * in: variables and nothing else, so filling ends and cannot surprise.
 */
#include <string.h>

#include "template/expand.h"

static bool
is_name(struct str s)
{
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return true;
}

static const struct template_var *
find(struct str name, const struct template_var *vars, size_t nvars)
{
	for (size_t i = 0; i < nvars; i++)
		if (str_is(name, vars[i].name))
			return &vars[i];
	return NULL;
}

static struct place
place_of(struct str text, size_t at)
{
	struct place p = { 1, 1 };

	for (size_t i = 0; i < at; i++) {
		p.col++;
		if (text.p[i] == '\n')
			p = (struct place){ p.line + 1, 1 };
	}
	return p;
}

static void
hint_names(const struct template_var *vars, size_t nvars, struct err *e)
{
	CLEANUP(buf_free) struct buf names = BUF(sizeof(e->hint) - 64);

	for (size_t i = 0; i < nvars; i++)
		buf_addf(&names, "%s.%s", i > 0 ? ", " : "", vars[i].name);
	err_hint(e, "only variables go into {{ }}: %s", buf_cstr(&names));
}

/* inside is what stands between the braces. */
static const char *
value_of(struct str inside, const struct template_var *vars, size_t nvars)
{
	const struct template_var *v;
	struct str word = str_trim(inside);

	if (word.n < 2 || word.p[0] != '.' || !is_name(str_from(word, 1)))
		return NULL;
	v = find(str_from(word, 1), vars, nvars);
	return v ? v->value : NULL;
}

int
expand(struct buf *out, struct str text, const char *where,
    const struct template_var *vars, size_t nvars, struct err *e)
{
	struct str rest = text;
	size_t open, close;

	while (str_find(rest, STR("{{"), &open)) {
		struct str inside = str_from(rest, open + 2);
		struct place at =
		    place_of(text, (size_t)(rest.p - text.p) + open);
		const char *value = NULL;

		buf_add(out, (struct str){ rest.p, open });
		if (!str_find(inside, STR("}}"), &close))
			return err_set(e, ERR_INPUT,
			    "%s:%u:%u: '{{' has no '}}'", where, at.line,
			    at.col);
		rest = str_from(inside, close + 2);
		inside.n = close;
		value = value_of(inside, vars, nvars);
		if (!value) {
			err_set(e, ERR_INPUT,
			    "%s:%u:%u: '{{%.*s}}' is no variable", where,
			    at.line, at.col, inside.n < 60 ? (int)inside.n : 60,
			    inside.p);
			hint_names(vars, nvars, e);
			return -1;
		}
		buf_add(out, str_of(value));
		if (buf_over(out))
			break;
	}
	buf_add(out, rest);
	if (buf_over(out))
		return err_set(e, ERR_LIMIT,
		    "'%s' is over %zu bytes when filled in", where, out->max);
	return 0;
}

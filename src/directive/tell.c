/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/tell.h"

#include "directive/directive.h"

/* The columns of t in its first line. */
static unsigned
width_of(struct str source, const struct tree *t)
{
	unsigned width = 0;
	size_t i;

	for (i = t->from; i < t->to && i < source.n; i++) {
		if (source.p[i] == '\n' || source.p[i] == '\r')
			break;
		width += ((unsigned char)source.p[i] & 0xC0) != 0x80;
	}
	return width;
}

struct diag *
tell(struct teller *w, const struct diag_rule *rule, const struct tree *t,
    const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(1000);
	struct place at = { 0, 0 };
	va_list ap;

	if (w->ntold++ == TELL_MAX)
		diags_add(w->ds, w->more, w->file, at, 0,
		    "more than %u problems; the rest are not told", TELL_MAX);
	if (w->ntold > TELL_MAX)
		return NULL;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	return diags_add(w->ds, rule, w->file, t ? t->at : at,
	    t ? width_of(w->source, t) : 0, "%s", buf_cstr(&text));
}

void
tell_repair(struct teller *w, struct diag *d, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(1000);
	va_list ap;

	if (!d)
		return;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	diags_repair(w->ds, d, "%s", buf_cstr(&text));
}

void
tell_near(struct teller *w, struct diag *d, struct str written,
    const struct str *names, size_t nnames)
{
	struct str near;

	/* Long names are compared by nobody's eye, and slowly. */
	if (!d || written.n > 200)
		return;
	near = diag_nearest(written, names, nnames);
	if (near.n > 0)
		tell_repair(w, d, "did you mean '" STR_F "'?", SHOW_A(near));
}

void
directive_tell(struct diags *ds, const struct diag_rule *table, struct str file,
    const struct err *e)
{
	struct str text = str_of(e->text), line, col, rest = text;
	struct place at = { 0, 0 };
	uint64_t n, m;
	struct diag *d;

	/* directive_parse put "FILE:" in front. */
	if (file.n > 0 && rest.n > file.n + 1 &&
	    str_eq((struct str){ rest.p, file.n }, file) &&
	    rest.p[file.n] == ':')
		rest = str_trim(str_from(rest, file.n + 1));
	text = rest;
	if (str_cut(&rest, ':', &line) && str_cut(&rest, ':', &col) &&
	    str_u64(line, UINT32_MAX, &n) && str_u64(col, UINT32_MAX, &m)) {
		at = (struct place){ (unsigned)n, (unsigned)m };
		text = str_trim(rest);
	}
	d = diags_add(ds, table, file, at, 0, STR_F, STR_A(text));
	if (e->hint[0] != '\0')
		diags_repair(ds, d, "%s", e->hint);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state file: a line for each thing, fields apart by tabs, a checksum at
 * the end.  The checksum is against accidents; whoever may write .subo/ may
 * also write the sources.
 */
#include <inttypes.h>
#include <string.h>

#include "project/state.h"

#define HEAD "subo-state 1\n"
#define SUM "sum\t"

/* ---- reading ---- */

struct cut {
	struct state *s;
	struct str rest; /* of the line */
	bool bad;
};

/* A field, with \t, \n and \\ put back. */
static struct str
field(struct cut *c)
{
	struct str f;
	char *out;
	size_t n = 0;

	str_cut(&c->rest, '\t', &f);
	if (f.n == 0 || !memchr(f.p, '\\', f.n))
		return f;
	out = arena_take(c->s->arena, f.n);
	for (size_t i = 0; i < f.n; i++) {
		char ch = f.p[i];

		if (ch == '\\' && i + 1 < f.n) {
			ch = f.p[++i];
			ch = ch == 't' ? '\t' : ch == 'n' ? '\n' : ch;
		}
		out[n++] = ch;
	}
	return (struct str){ out, n };
}

static uint64_t
number(struct cut *c)
{
	uint64_t v = 0;

	if (!str_u64(field(c), UINT64_MAX, &v))
		c->bad = true;
	return v;
}

static struct digest
hex(struct cut *c)
{
	struct digest d = { { 0 } };

	if (!digest_parse(field(c), &d))
		c->bad = true;
	return d;
}

static void
read_seen(struct cut *c)
{
	struct state *s = c->s;
	struct seen f = { .path = field(c) };

	f.nbytes = number(c);
	f.ino = number(c);
	f.mtime_ns = number(c);
	f.ctime_ns = number(c);
	f.checked_ns = number(c);
	f.digest = hex(c);
	if (s->nold > 0 && str_cmp(s->old[s->nold - 1].path, f.path) >= 0)
		c->bad = true; /* they are looked up by halving */
	s->old = arena_grow(s->arena, s->old, s->nold, &s->oldcap, sizeof(f));
	s->old[s->nold++] = f;
}

static void
read_version(struct cut *c)
{
	struct state *s = c->s;
	struct version v = { .path = field(c) };

	v.nbytes = number(c);
	v.mtime_ns = number(c);
	v.text = field(c);
	s->versions = arena_grow(
	    s->arena, s->versions, s->nversions, &s->versionscap, sizeof(v));
	s->versions[s->nversions++] = v;
}

static void
read_made(struct cut *c)
{
	struct state *s = c->s;
	struct made m = { .name = field(c) };

	m.ok = str_is(field(c), "ok");
	m.out = field(c);
	m.digest = hex(c);
	s->made =
	    arena_grow(s->arena, s->made, s->nmade, &s->madecap, sizeof(m));
	s->made[s->nmade++] = m;
}

static void
read_input(struct cut *c)
{
	struct state *s = c->s;
	struct inputs *in;
	struct input i;
	uint64_t kind = number(c);

	if (kind > INPUT_VARIABLE || s->nmade == 0) {
		c->bad = true;
		return;
	}
	i.kind = (enum input_kind)kind;
	i.name = field(c);
	i.value = field(c);
	in = &s->made[s->nmade - 1].inputs;
	in->v = arena_grow(s->arena, in->v, in->n, &in->cap, sizeof(i));
	in->v[in->n++] = i;
}

static bool
read_line(struct state *s, struct str line)
{
	static const struct {
		const char *word;
		void (*read)(struct cut *c);
	} lines[] = {
		{ "file", read_seen },
		{ "in", read_input },
		{ "made", read_made },
		{ "version", read_version },
	};
	struct cut c = { .s = s, .rest = line };
	struct str word = field(&c);

	for (size_t i = 0; i < COUNT(lines); i++) {
		if (!str_is(word, lines[i].word))
			continue;
		lines[i].read(&c);
		return !c.bad;
	}
	return false;
}

bool
state_parse(struct state *s)
{
	struct str all = buf_str(&s->text), line, body;
	struct digest want, have;
	size_t tail = sizeof(SUM) - 1 + DIGEST_HEX - 1 + 1;

	if (all.n < tail || !str_starts(all, HEAD) || all.p[all.n - 1] != '\n')
		return false;
	body = (struct str){ all.p, all.n - tail };
	line = str_from(all, body.n);
	line.n--;
	if (!str_starts(line, SUM) ||
	    !digest_parse(str_from(line, sizeof(SUM) - 1), &want))
		return false;
	have = sign_digest(body);
	if (!digest_eq(&want, &have))
		return false;
	body = str_from(body, sizeof(HEAD) - 1);
	while (str_cut(&body, '\n', &line))
		if (!read_line(s, line))
			return false;
	return body.n == 0;
}

/* ---- writing ---- */

static void
put(struct buf *out, struct str s)
{
	size_t from = 0;

	buf_addc(out, '\t');
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];

		if (ch != '\t' && ch != '\n' && ch != '\\')
			continue;
		buf_add(out, (struct str){ s.p + from, i - from });
		buf_addc(out, '\\');
		buf_addc(out, ch == '\t' ? 't' : ch == '\n' ? 'n' : ch);
		from = i + 1;
	}
	buf_add(out, str_from(s, from));
}

static void
put_hex(struct buf *out, const struct digest *d)
{
	char text[DIGEST_HEX];

	digest_hex(d, text);
	put(out, str_of(text));
}

static void
put_made(struct buf *out, const struct made *m)
{
	buf_add(out, STR("made"));
	put(out, m->name);
	put(out, m->ok ? STR("ok") : STR("failed"));
	put(out, m->out);
	put_hex(out, &m->digest);
	buf_addc(out, '\n');
	for (size_t i = 0; i < m->inputs.n; i++) {
		const struct input *in = &m->inputs.v[i];

		buf_addf(out, "in\t%u", (unsigned)in->kind);
		put(out, in->name);
		put(out, in->value);
		buf_addc(out, '\n');
	}
}

void
state_print(const struct state *s, struct buf *out)
{
	struct digest sum;

	buf_add(out, STR(HEAD));
	for (size_t i = 0; i < s->nnow; i++) {
		const struct seen *f = &s->now[i];

		buf_add(out, STR("file"));
		put(out, f->path);
		buf_addf(out,
		    "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
		    "\t%" PRIu64,
		    f->nbytes, f->ino, f->mtime_ns, f->ctime_ns, f->checked_ns);
		put_hex(out, &f->digest);
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < s->nversions; i++) {
		const struct version *v = &s->versions[i];

		buf_add(out, STR("version"));
		put(out, v->path);
		buf_addf(
		    out, "\t%" PRIu64 "\t%" PRIu64, v->nbytes, v->mtime_ns);
		put(out, v->text);
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < s->nmade; i++)
		put_made(out, &s->made[i]);
	sum = sign_digest(buf_str(out));
	buf_add(out, STR("sum"));
	put_hex(out, &sum);
	buf_addc(out, '\n');
}

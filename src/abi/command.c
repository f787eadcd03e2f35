/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WASI command as a function: the request's body is its standard input,
 * what it writes to standard output the answer, its exit code an error.
 */
#include <string.h>

#include "abi/ways.h"

#define START "() -> ()"
#define PIECE_MIN 1024u
#define PIECE_MAX 65536u

static bool
fits(const struct code *code)
{
	return code_has(code, "_start", START);
}

struct command *
command_of(struct abi_call *c)
{
	if (c->way != &way_command)
		return NULL;
	if (!c->own)
		c->own = mem_take(sizeof(struct command));
	return c->own;
}

/*
 * What is written is kept apart until the command has ended well: a result
 * that it did not live to finish is none.
 */
struct piece {
	struct piece *next;
	size_t n, cap;
	char bytes[];
};

static struct piece *
new_piece(struct abi_call *c, struct command *m)
{
	size_t cap = m->written < PIECE_MIN ? PIECE_MIN : m->written;
	struct piece *p;

	if (cap > PIECE_MAX)
		cap = PIECE_MAX;
	if (!c->arena)
		c->arena = arena_new();
	p = arena_take(c->arena, sizeof(*p) + cap);
	p->cap = cap;
	if (m->last)
		m->last->next = p;
	else
		m->first = p;
	m->last = p;
	return p;
}

int
command_output(struct abi_call *c, struct str text, struct err *e)
{
	struct command *m = command_of(c);

	if (text.n > c->output_max - m->written)
		return err_set(e, ERR_LIMIT,
		    "wrote more than the %llu bytes it may to standard output",
		    (unsigned long long)c->output_max);
	while (text.n > 0) {
		struct piece *p = m->last;
		size_t n;

		if (!p || p->n == p->cap)
			p = new_piece(c, m);
		n = text.n < p->cap - p->n ? text.n : p->cap - p->n;
		memcpy(p->bytes + p->n, text.p, n);
		p->n += n;
		m->written += n;
		text = str_from(text, n);
	}
	return 0;
}

static void
give_output(struct abi_call *c, const struct command *m)
{
	c->res->has_output = true;
	for (const struct piece *p = m->first; p; p = p->next)
		buf_add(&c->res->output, (struct str){ p->bytes, p->n });
}

void
command_complains(struct command *m, struct str text)
{
	if (text.n > TAIL_BYTES)
		text = str_from(text, text.n - TAIL_BYTES);
	if (text.n > sizeof(m->tail) - m->ntail) {
		memmove(m->tail, m->tail + m->ntail - TAIL_BYTES, TAIL_BYTES);
		m->ntail = TAIL_BYTES;
	}
	if (text.n > 0)
		memcpy(m->tail + m->ntail, text.p, text.n);
	m->ntail += text.n;
}

/* The last line with something in it. */
static struct str
last_line(const struct command *m)
{
	struct str s = str_trim((struct str){ m->tail, m->ntail });

	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '\n')
			return str_trim(str_from(s, i));
	return s;
}

static int
after_start(struct abi_call *c, int64_t *args, struct err *e)
{
	struct command *m = command_of(c);
	CLEANUP(buf_free) struct buf text = BUF(TAIL_BYTES);

	(void)args, (void)e;
	if (!c->exited || c->exit_code == 0) {
		give_output(c, m);
		return 0;
	}
	buf_add(&text, last_line(m));
	if (text.n == 0)
		buf_addf(&text, "exit code %d", c->exit_code);
	call_error(c, c->exit_code, buf_str(&text));
	return 0;
}

static const struct step steps[] = {
	{ "_start", START, 0, EXIT_TOLD, NULL, after_start }, { 0 }
};

const struct way way_command = {
	.needs = "_start " START,
	.fits = fits,
	.steps = steps,
};

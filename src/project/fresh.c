/* SPDX-License-Identifier: Apache-2.0 */
/* What is no longer as the last build left it, in words. */
#include <string.h>

#include "os/os.h"
#include "project/inputs.h"

static void say(struct buf *why, const char *fmt, ...) PRINTF(2, 3);

static void
say(struct buf *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return;
	va_start(ap, fmt);
	buf_vaddf(why, fmt, ap);
	va_end(ap);
	buf_addc(why, '\n');
}

/* The version is the first line of a program's value. */
static struct str
version(const struct input *in)
{
	struct str rest = in->value, first;

	str_cut(&rest, '\n', &first);
	return first;
}

static void
say_program(struct buf *why, const struct input *was, const struct input *now)
{
	struct str v = version(was), w = version(now);

	if (str_is(now->name, "subo"))
		say(why, "program: subo itself changed");
	else if (!str_eq(v, w))
		say(why, "program: " STR_F " was " STR_F ", now " STR_F,
		    STR_A(now->name), STR_A(v), STR_A(w));
	else
		say(why, "program: " STR_F " " STR_F " was installed again",
		    STR_A(now->name), STR_A(w));
}

static void
say_changed(struct buf *why, const struct input *was, const struct input *now)
{
	switch (now->kind) {
	case INPUT_SOURCE:
		say(why, "source: " STR_F " changed", STR_A(now->name));
		break;
	case INPUT_PROGRAM:
		say_program(why, was, now);
		break;
	case INPUT_FLAG:
		say(why, "option: " STR_F " was " STR_F ", now " STR_F,
		    STR_A(now->name), STR_A(was->value), STR_A(now->value));
		break;
	case INPUT_VARIABLE:
		say(why, "variable: " STR_F " was '" STR_F "', now '" STR_F "'",
		    STR_A(now->name), STR_A(was->value), STR_A(now->value));
		break;
	}
}

static void
say_one_sided(struct buf *why, const struct input *in, bool added)
{
	static const char *const kinds[] = { "source", "program", "option",
		"variable" };
	static const char *const added_words[] = { "was added", "is new",
		"is new", "is set now" };
	static const char *const gone_words[] = { "was removed",
		"is not used any more", "does not count any more",
		"is not set any more" };

	say(why, "%s: " STR_F " %s", kinds[in->kind], STR_A(in->name),
	    added ? added_words[in->kind] : gone_words[in->kind]);
}

static void
say_differences(
    struct buf *why, const struct inputs *was, const struct inputs *now)
{
	size_t i = 0, k = 0;

	while (i < was->n || k < now->n) {
		int d = i == was->n ? 1
		    : k == now->n   ? -1
				    : input_cmp(&was->v[i], &now->v[k]);

		if (d < 0) {
			say_one_sided(why, &was->v[i++], false);
		} else if (d > 0) {
			say_one_sided(why, &now->v[k++], true);
		} else {
			if (!str_eq(was->v[i].value, now->v[k].value))
				say_changed(why, &was->v[i], &now->v[k]);
			i++;
			k++;
		}
	}
}

static bool
output_stands(struct surroundings *w, const struct project_function *f,
    const struct made *m, struct buf *why)
{
	struct str rel = state_relative(w->state, f->wasm);
	struct err e = ERR;
	struct digest d;

	if (!str_eq(m->out, rel)) {
		say(why, "output: " STR_F " was made elsewhere, as " STR_F,
		    STR_A(rel), STR_A(m->out));
		return false;
	}
	if (state_digest(w->state, f->wasm, w->met == f ? &w->met_st : NULL, &d,
		&e) < 0) {
		say(why, "output: " STR_F " is missing", STR_A(rel));
		return false;
	}
	if (!digest_eq(&d, &m->digest)) {
		say(why, "output: " STR_F " is not what was built", STR_A(rel));
		return false;
	}
	return true;
}

bool
inputs_fresh(struct surroundings *w, const struct project_function *f,
    const struct inputs *now, struct buf *why)
{
	const char *name = project_label(w->state->arena, &f->info);
	const struct made *m = state_made(w->state, str_of(name));
	bool fresh;

	if (!m) {
		say(why, "it was never built here");
		return false;
	}
	fresh = inputs_eq(&m->inputs, now);
	if (!fresh && why)
		say_differences(why, &m->inputs, now);
	if (!m->ok) {
		say(why, "the last build of it failed");
		return false;
	}
	return output_stands(w, f, m, why) && fresh;
}

bool
project_why(struct project *p, const struct build_options *opt,
    const struct project_function *f, struct buf *out, struct err *e)
{
	CLEANUP(state_free) struct state s;
	struct surroundings w;
	struct inputs now = { 0 };
	bool fresh;

	state_load(&s, p->root);
	if (surroundings_fill(&w, p, opt, &s, e) < 0 ||
	    inputs_of(&w, f, false, &now, e) < 0)
		return false;
	fresh = inputs_fresh(&w, f, &now, out);
	if (opt->force)
		say(out, "option: --force");
	return !fresh || opt->force;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is written in each box, cut to what fits, and in full beside it. */
#include "graph/label.h"
#include "graph/layout.h"

#define TEXT_MAX 16384u

struct card {
	struct arena *arena;
	const struct metrics *m;
	struct box *box;
	int max_w;
	struct buf full;
};

static void
card_free(struct card *c)
{
	buf_free(&c->full);
}

static void
begin(struct card *c, struct arena *a, const struct metrics *m, struct box *b)
{
	*c = (struct card){ .arena = a, .m = m, .box = b, .max_w = m->max_w };
	c->full.max = TEXT_MAX;
}

static int
row_width(const struct metrics *m, const struct row *r)
{
	int w = (int)label_cols(r->text) * m->char_w100[r->tone];

	return (w + 99) / 100 + (r->icon != ICON_NONE ? m->icon_w : 0);
}

/* A row of the box, and a line of its title. */
static void
add(struct card *c, enum icon icon, enum tone tone, struct str text)
{
	const struct metrics *m = c->m;
	int room = c->max_w - 2 * m->pad_x;
	struct row *r;

	if (c->full.n > 0)
		buf_addc(&c->full, '\n');
	buf_add(&c->full, text);
	if (c->box->nrows == LAYOUT_MAX_ROWS)
		return;
	if (icon != ICON_NONE)
		room -= m->icon_w;
	room = room * 100 / m->char_w100[tone];
	r = &c->box->rows[c->box->nrows++];
	r->icon = icon;
	r->tone = tone;
	r->full = arena_copy(c->arena, text);
	r->text = label_fit(c->arena, text, room > 1 ? (unsigned)room : 1);
}

static void PRINTF(4, 5)
addf(struct card *c, enum icon icon, enum tone tone, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(TEXT_MAX);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	add(c, icon, tone, buf_str(&text));
}

/* Nothing is added any more: how large is it? */
static void
finish(struct card *c)
{
	const struct metrics *m = c->m;
	struct box *b = c->box;
	size_t i;
	int w;

	b->w = m->min_w;
	b->h = 2 * m->pad_y;
	for (i = 0; i < b->nrows; i++) {
		w = row_width(m, &b->rows[i]) + 2 * m->pad_x;
		b->w = w > b->w ? w : b->w;
		b->h += m->row_h[b->rows[i].tone];
	}
	b->full = arena_copy(c->arena, buf_str(&c->full));
}

/* ---- what sets a flow off ---- */

static const char *
method_look(struct str method)
{
	static const char *const known[][2] = { { "GET", "get" },
		{ "POST", "post" }, { "PUT", "put" }, { "PATCH", "patch" },
		{ "DELETE", "delete" }, { "HEAD", "head" },
		{ "OPTIONS", "options" } };
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (str_is(method, known[i][0]))
			return known[i][1];
	return "other";
}

static void
trigger_handler(struct card *c, const struct handler *h)
{
	struct box *b = c->box;

	b->look = "other";
	if (h->type == HANDLER_REQUEST) {
		b->look = method_look(h->method);
		add(c, ICON_NONE, TONE_KIND, h->method);
	} else if (str_is(h->source, "nats") || str_is(h->source, "kafka")) {
		b->look = str_is(h->source, "nats") ? "nats" : "kafka";
		add(c, ICON_NONE, TONE_KIND, h->source);
	} else if (str_is(h->source, "server")) {
		b->look = "websocket";
		add(c, ICON_NONE, TONE_KIND, STR("websocket"));
	} else {
		add(c, ICON_NONE, TONE_KIND, h->source);
	}
	add(c, ICON_NONE, TONE_TITLE, h->resource);
}

static void
trigger_schedule(struct card *c, const struct schedule *s)
{
	CLEANUP(buf_free) struct buf text = BUF(200);

	c->box->look = "schedule";
	buf_add(&text, STR("every "));
	label_add_time(&text,
	    s->every_s < UINT64_MAX / 1000000000 ? s->every_s * 1000000000 : 0);
	add(c, ICON_NONE, TONE_KIND, buf_str(&text));
	add(c, ICON_NONE, TONE_TITLE, s->name);
}

void
card_trigger(struct arena *a, const struct course *f, const struct metrics *m,
    struct box *b)
{
	CLEANUP(card_free) struct card c;

	begin(&c, a, m, b);
	c.max_w = m->max_trigger_w;
	b->kind = BOX_TRIGGER;
	b->call = SIZE_MAX;
	if (f->h)
		trigger_handler(&c, f->h);
	else
		trigger_schedule(&c, f->s);
	finish(&c);
}

/* ---- calls ---- */

static void
add_when(struct card *c, const struct expr *x, struct str text)
{
	if (!x && text.n == 0)
		return;
	c->box->when = true;
	addf(c, ICON_WHEN, TONE_DIM, "when " STR_F, STR_A(text));
}

static void
add_repeat(struct card *c, const struct course *f, const struct step *s)
{
	struct str until = source_until(f, (size_t)(s - f->steps));

	if (!s->until)
		return;
	c->box->repeats = true;
	addf(c, ICON_REPEAT, TONE_DIM, "until " STR_F, STR_A(until));
}

static void
add_timeout(struct card *c, uint64_t ns)
{
	CLEANUP(buf_free) struct buf text = BUF(200);

	if (ns == 0)
		return;
	buf_add(&text, STR("at most "));
	label_add_time(&text, ns);
	add(c, ICON_TIME, TONE_DIM, buf_str(&text));
}

static void
add_on_err(struct card *c, const struct on_err_rule *r)
{
	struct str after = source_goes_on(c->arena, r);

	if (after.n > 0)
		addf(c, ICON_GO_ON, TONE_DIM, "goes on after " STR_F,
		    STR_A(after));
}

static void
add_retry(struct card *c, const struct retry *r)
{
	CLEANUP(buf_free) struct buf text = BUF(TEXT_MAX);
	size_t i;

	if (r->times == 0)
		return;
	c->box->tries = true;
	buf_addf(&text, "retry \xc3\x97%u", (unsigned)r->times);
	if (!r->any) {
		buf_addf(&text, " on%s%s%s", r->on_error ? " error" : "",
		    r->on_trap ? " trap" : "", r->on_timeout ? " timeout" : "");
		for (i = 0; i < r->non_codes; i++)
			buf_addf(&text, " %d", (int)r->on_codes[i]);
	}
	add(c, ICON_RETRY, TONE_DIM, buf_str(&text));
}

static void
add_each(struct card *c, const struct call *call)
{
	if (call->each.n == 0)
		return;
	c->box->each = true;
	c->box->deck = c->m->deck;
	if (call->concurrency > 1)
		addf(c, ICON_EACH, TONE_DIM, "each of " STR_F ", %u at a time",
		    STR_A(call->each), (unsigned)call->concurrency);
	else
		addf(c, ICON_EACH, TONE_DIM, "each of " STR_F,
		    STR_A(call->each));
}

/* What it is fed is told in its title only. */
static void
tell_inputs(struct card *c, const struct call *call)
{
	size_t i;

	if (call->input.n > 0)
		buf_addf(&c->full, "\nfed " STR_F, STR_A(call->input));
	for (i = 0; i < call->nwith; i++)
		buf_addf(&c->full, "%s" STR_F " = " STR_F,
		    i > 0 ? ", " : "\nwith ", STR_A(call->with[i].key),
		    STR_A(call->with[i].value));
}

void
card_call(struct arena *a, const struct course *f, size_t step, size_t call,
    const struct metrics *m, struct box *b)
{
	const struct step *s = &f->steps[step];
	const struct call *k = &s->calls[call];
	struct str name = k->fn.n > 0 ? k->fn : k->handler;
	CLEANUP(card_free) struct card c;

	begin(&c, a, m, b);
	b->kind = BOX_STEP;
	b->step = step;
	b->call = call;
	b->member = s->group;
	b->calls = course_called(a, f->d, k->handler);
	add(&c, ICON_NONE, TONE_TITLE, name);
	if (!str_eq(k->key, name))
		addf(&c, ICON_KEY, TONE_DIM, "as " STR_F, STR_A(k->key));
	add_when(&c, k->when, source_when(f, step, s->group ? call : SIZE_MAX));
	add_each(&c, k);
	if (!s->group)
		add_repeat(&c, f, s);
	add_retry(&c, &k->retry);
	add_timeout(&c, k->timeout_ns);
	add_on_err(&c, &k->on_err);
	tell_inputs(&c, k);
	finish(&c);
}

/* ---- what is around calls ---- */

void
card_group(struct arena *a, const struct course *f, size_t step,
    const struct metrics *m, struct box *b)
{
	const struct step *s = &f->steps[step];
	CLEANUP(card_free) struct card c;

	begin(&c, a, m, b);
	b->kind = BOX_GROUP;
	b->step = step;
	b->call = SIZE_MAX;
	if (s->group)
		add(&c, ICON_NONE, TONE_KIND,
		    s->name.n > 0 ? s->name : STR("side by side"));
	else
		add(&c, ICON_NONE, TONE_KIND, STR("nothing to run"));
	add_when(&c, s->when, source_when(f, step, SIZE_MAX));
	add_repeat(&c, f, s);
	add_timeout(&c, s->timeout_ns);
	finish(&c);
}

void
card_goto(struct arena *a, const struct course *f, size_t step,
    const struct metrics *m, struct box *b)
{
	const struct step *s = &f->steps[step];
	CLEANUP(buf_free) struct buf text = BUF(200);
	CLEANUP(card_free) struct card c;

	begin(&c, a, m, b);
	b->kind = BOX_GOTO;
	b->step = step;
	b->call = SIZE_MAX;
	addf(&c, ICON_BACK, TONE_KIND, "back to " STR_F, STR_A(s->target));
	add_when(&c, s->when, source_when(f, step, SIZE_MAX));
	if (s->every_ns > 0) {
		buf_add(&text, STR("after "));
		label_add_time(&text, s->every_ns);
		add(&c, ICON_TIME, TONE_DIM, buf_str(&text));
	}
	add_on_err(&c, &s->on_err);
	finish(&c);
}

void
card_answer(struct arena *a, const struct course *f, const struct metrics *m,
    struct box *b)
{
	struct str key = course_answer(f);
	CLEANUP(card_free) struct card c;

	begin(&c, a, m, b);
	b->kind = BOX_ANSWER;
	b->call = SIZE_MAX;
	add(&c, ICON_NONE, TONE_KIND, f->h ? STR("answer") : STR("done"));
	if (f->h && key.n > 0)
		add(&c, ICON_NONE, TONE_TITLE, key);
	if (f->h && f->h->respond_to.n > 0)
		addf(&c, ICON_NONE, TONE_DIM, "to " STR_F,
		    STR_A(f->h->respond_to));
	finish(&c);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* subo update - see subo-update(1). */
#include <stdio.h>
#include <string.h>

#include "added.h"

#define MAX_LINES (256u << 10)

static struct {
	const char *fail_on;
	bool yes, dry_run;
	struct added_opts added;
} opt;

static const struct cmd_opt opts[] = {
	{ "yes", 'y', OPT_FLAG, &opt.yes, NULL,
	    "agree without a question when a function may do more", 0 },
	{ "dry-run", 'n', OPT_FLAG, &opt.dry_run, NULL,
	    "show what would change, and change nothing", 0 },
	{ "fail-on", 0, OPT_TEXT, &opt.fail_on, "permissions",
	    "exit 1, with nothing changed, when a function may do more", 0 },
	{ "allow-downgrade", 0, OPT_FLAG, &opt.added.trust.allow_downgrade,
	    NULL, "take a version below the one that is pinned", 0 },
	ADDED_OPTS(opt.added),
	{ 0 },
};

struct update {
	struct added added;
	struct arena *arena;
	struct tree *json; /* the list of functions */
	struct buf moved;  /* labels, a line each */
	size_t nchanged, ngained, nsame;
};

/* ---- what came of each ---- */

static struct tree *
note_json(struct update *u, const struct pin *p, const char *outcome)
{
	struct tree *t = offer_json(u->arena, p);

	tree_put_text(u->arena, t, "outcome", str_of(outcome));
	return tree_add(u->arena, u->json, t);
}

static void
note_change(
    struct update *u, const struct pin *p, const char *outcome, bool gained)
{
	struct tree *t = note_json(u, p, outcome);

	tree_put_bool(u->arena, t, "may_do_more", gained);
	u->nchanged++;
	u->ngained += gained;
	pin_label(p, &u->moved);
	buf_addc(&u->moved, '\n');
}

static void
pinned(struct update *u, const struct offer *o, struct str label)
{
	offer_show(o, label);
	note_change(u, &o->pin, "pinned", true);
}

static void
moved(struct update *u, const struct pin *old, const struct offer *o,
    struct str label)
{
	CLEANUP(buf_free) struct buf lines = BUF(MAX_LINES);
	bool more = offer_changes(old, &o->pin, &lines);

	ui_note(STR_F ":\n" STR_F, STR_A(label),
	    STR_A(str_trim(buf_str(&lines)).n > 0
		    ? ((struct str){ lines.p, lines.n - 1 })
		    : STR("    nothing that a module may do")));
	note_change(u, &o->pin, "moved", more);
}

/* ---- one function ---- */

/* Whoever has the registry, or the way to it, can hand out what was signed once
 * and had to be mended since. */
static int
check_newer(const struct pin *old, const struct pin *now, struct err *e)
{
	struct str was = old->info.version, is = now->info.version;

	if (opt.added.trust.allow_downgrade || was.n == 0 ||
	    !str_eq(old->reference, now->reference) ||
	    trust_version_cmp(is, was) >= 0)
		return 0;
	err_set(e, ERR_TRUST,
	    "'" STR_F "' is version '" STR_F "' now, below the '" STR_F
	    "' that is pinned",
	    STR_A(now->reference), STR_A(is), STR_A(was));
	return err_hint(e, "when that is meant: --allow-downgrade");
}

static int
update_one(struct update *u, const struct added_function *f, struct err *e)
{
	CLEANUP(offer_free) struct offer o = { 0 };
	CLEANUP(buf_free) struct buf label = BUF(256);
	const struct pin *old = pins_find(&u->added.pins, f->ns, f->name);
	struct digest now;

	if (added_resolve(&u->added, &now, f->reference, e) < 0)
		return -1;
	if (old && digest_eq(&old->manifest, &now) &&
	    str_eq(old->reference, f->reference)) {
		u->nsame++;
		note_json(u, old, "same");
		return 0;
	}
	if (added_fetch(&u->added, &o, f->reference, &now, old, e) < 0)
		return -1;
	if (old && check_newer(old, &o.pin, e) < 0)
		return -1;
	o.pin.info.ns = f->ns;
	o.pin.info.name = f->name;
	pin_label(&o.pin, &label);
	if (old)
		moved(u, old, &o, buf_str(&label));
	else
		pinned(u, &o, buf_str(&label));
	pins_put(&u->added.pins, &o.pin);
	return 0;
}

static const struct added_function *
find(const struct directive *d, struct str ns, struct str name)
{
	for (size_t i = 0; i < d->nadded; i++)
		if (str_eq(d->added[i].ns, ns) &&
		    str_eq(d->added[i].name, name))
			return &d->added[i];
	return NULL;
}

/* Those that the Directive no longer has. */
static void
drop_strays(struct update *u, const struct directive *d)
{
	struct pins *s = &u->added.pins;

	for (size_t i = s->n; i-- > 0;) {
		const struct pin *p = &s->v[i];

		if (find(d, p->info.ns, p->info.name))
			continue;
		ui_note("'" STR_F "' is no longer in the Directive",
		    STR_A(p->info.name));
		note_change(u, p, "removed", false);
		pins_drop(s, p->info.ns, p->info.name);
	}
}

/* ---- which ---- */

static int
unknown(const struct directive *d, const char *name, struct err *e)
{
	CLEANUP(buf_free) struct buf list = BUF(400);

	for (size_t i = 0; i < d->nadded; i++)
		buf_addf(&list, "%s" STR_F, i > 0 ? ", " : "",
		    STR_A(d->added[i].name));
	err_set(e, ERR_MISSING,
	    "'%.200s' is not below `functions` of the Directive", name);
	return err_hint(e, list.n > 0 ? "there are: %s" : "'subo add' adds one",
	    buf_cstr(&list));
}

static int
update_named(struct update *u, const struct directive *d, int argc, char **argv,
    struct err *e)
{
	for (int i = 0; i < argc; i++) {
		const struct added_function *f = NULL;
		struct str ns, name;

		if (added_label(str_of(argv[i]), &ns, &name))
			f = find(d, ns, name);
		if (!f)
			return unknown(d, argv[i], e);
		if (update_one(u, f, e) < 0)
			return -1;
	}
	return 0;
}

static int
update_all(struct update *u, const struct directive *d, struct err *e)
{
	for (size_t i = 0; i < d->nadded; i++)
		if (update_one(u, &d->added[i], e) < 0)
			return -1;
	drop_strays(u, d);
	return 0;
}

/* ---- the end ---- */

static int
settle(struct update *u, struct err *e)
{
	if (u->ngained > 0 && opt.fail_on)
		return err_set(e, ERR_FAILED,
		    "%zu function%s may do more than before; nothing is "
		    "changed",
		    u->ngained, u->ngained == 1 ? "" : "s");
	if (opt.dry_run || u->nchanged == 0)
		return 0;
	if (u->ngained > 0 &&
	    offer_agree(opt.yes, "let them do more (y/n)?", e) < 0)
		return -1;
	return added_save(&u->added, STR(""), STR(""), e);
}

static void
tell(struct update *u, struct tree *t, const struct err *e)
{
	if (!cmd_common()->json) {
		if (e->kind != ERR_NONE)
			return;
		ui_note("%zu %s, %zu up to date", u->nchanged,
		    opt.dry_run ? "would change" : "changed", u->nsame);
		fputs(buf_cstr(&u->moved), stdout);
		return;
	}
	tree_put_bool(u->arena, t, "ok", e->kind == ERR_NONE);
	if (e->kind != ERR_NONE) {
		tree_put_text(u->arena, t, "code", str_of(err_code(e->kind)));
		tree_put_text(u->arena, t, "message", str_of(e->text));
		tree_put_text(u->arena, t, "hint", str_of(e->hint));
	}
	tree_put_bool(u->arena, t, "changed",
	    e->kind == ERR_NONE && !opt.dry_run && u->nchanged > 0);
	ui_json_print(t);
}

static int
work(struct update *u, int argc, char **argv, struct err *e)
{
	const struct directive *d;

	if (added_open(&u->added, &opt.added, e) < 0)
		return -1;
	d = project_directive(u->added.project);
	if (argc > 0 ? update_named(u, d, argc, argv, e) < 0
		     : update_all(u, d, e) < 0)
		return -1;
	return settle(u, e);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = ui_json(a, "update", true);
	struct update u = { .arena = a,
		.json = tree_put(a, t, "functions", tree_list(a)),
		.moved = BUF(1u << 20) };
	int r;

	if (opt.fail_on && strcmp(opt.fail_on, "permissions") != 0)
		return err_set(e, ERR_USAGE,
		    "--fail-on wants 'permissions', not '%.80s'", opt.fail_on);
	r = work(&u, argc, argv, e);
	tell(&u, t, e);
	if (r < 0 && cmd_common()->json)
		e->told = true;
	buf_free(&u.moved);
	added_close(&u.added);
	return r;
}

const struct cmd cmd_update = {
	.name = "update",
	.args = "[NAME]...",
	.max_args = 1000,
	.value = VALUE_FUNCTION,
	.about = "move the pins of published functions, and show what changes",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};

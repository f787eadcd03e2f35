/* SPDX-License-Identifier: Apache-2.0 */
/* subo add - see subo-add(1). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "added.h"

static struct {
	const char *as;
	bool yes;
	struct added_opts added;
} opt;

static const struct cmd_opt opts[] = {
	{ "as", 'a', OPT_TEXT, &opt.as, "NAME",
	    "what steps call it (default: its own name)", 0 },
	{ "yes", 'y', OPT_FLAG, &opt.yes, NULL,
	    "agree to what it may do without a question", 0 },
	ADDED_OPTS(opt.added),
	{ 0 },
};

/* ---- names ---- */

static int
name_it(struct offer *o, struct err *e)
{
	struct function_info *f = &o->pin.info;

	if (opt.as && !added_label(str_of(opt.as), &f->ns, &f->name)) {
		err_set(e, ERR_USAGE, "'%.200s' cannot be a function's name",
		    opt.as);
		return err_hint(e,
		    "a name such as 'resize' or "
		    "'images::resize'");
	}
	if (f->name.n > 0)
		return 0;
	err_set(e, ERR_USAGE, "'" STR_F "' does not say what it is called",
	    STR_A(o->pin.reference));
	return err_hint(e, "give it a name: --as NAME");
}

/* What is built here is not replaced by what others published. */
static int
check_free(const struct added *a, const struct offer *o, struct err *e)
{
	const struct function_info *f = &o->pin.info;

	for (size_t i = 0; i < project_count(a->project); i++) {
		const struct project_function *have = project_at(a->project, i);

		if (have->pin || !str_eq(have->info.name, f->name) ||
		    !str_eq(have->info.ns, f->ns))
			continue;
		err_set(e, ERR_INPUT,
		    "the project has a function '" STR_F "' of its own, in %s",
		    STR_A(f->name), ui_path(have->dir));
		return err_hint(e, "give this one another name: --as NAME");
	}
	return 0;
}

/* A layout's folder, from where the Directive lies: "." is not always there. */
static int
from_root(
    struct str *reference, struct added *a, const char *text, struct err *e)
{
	char cwd[PATH_MAX];
	struct oci_ref r;

	*reference = str_of(text);
	if (oci_ref_parse(&r, a->arena, *reference, e) < 0)
		return -1;
	if (!r.layout || str_starts(r.dir, "/") || !realpath(".", cwd) ||
	    strcmp(cwd, a->root) == 0)
		return 0;
	*reference = str_of(
	    arena_printf(a->arena, "oci:%s/%s", cwd, text + strlen("oci:")));
	return 0;
}

/* ---- what is said ---- */

static int
agree(const struct pin *old, const struct offer *o, struct str label,
    struct err *e)
{
	CLEANUP(buf_free) struct buf lines = BUF(64u << 10);
	CLEANUP(buf_free) struct buf question = BUF(1000);

	offer_show(o, label);
	if (old) {
		(void)offer_changes(old, &o->pin, &lines);
		ui_note("it takes the place of another '" STR_F "':\n%s",
		    STR_A(label), buf_cstr(&lines));
	}
	buf_addf(&question, "add it as '" STR_F "' (y/n)?", STR_A(label));
	return offer_agree(opt.yes, buf_cstr(&question), e);
}

static void
tell(const struct offer *o, struct str label, bool same)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	struct tree *t;

	if (cmd_common()->json) {
		a = arena_new();
		t = ui_json(a, "add", true);
		tree_put_bool(a, t, "changed", !same);
		tree_put(a, t, "function", offer_json(a, &o->pin));
		ui_json_print(t);
		return;
	}
	if (same)
		ui_note("'" STR_F "' is there already", STR_A(label));
	else
		ui_note("a step runs it with 'fn: " STR_F "'", STR_A(label));
	printf(STR_F "\n", STR_A(label));
}

/* ---- the two ways ---- */

static int
add(struct added *a, const char *text, struct err *e)
{
	CLEANUP(offer_free) struct offer o = { 0 };
	CLEANUP(buf_free) struct buf label = BUF(256);
	const struct pin *old;
	struct str reference;
	bool same;

	if (from_root(&reference, a, text, e) < 0 ||
	    added_fetch(a, &o, reference, NULL, NULL, e) < 0 ||
	    name_it(&o, e) < 0 || check_free(a, &o, e) < 0)
		return -1;
	pin_label(&o.pin, &label);
	old = pins_find(&a->pins, o.pin.info.ns, o.pin.info.name);
	same = old && digest_eq(&old->manifest, &o.pin.manifest) &&
	    str_eq(old->reference, reference);
	if (!same && agree(old, &o, buf_str(&label), e) < 0)
		return -1;
	if (!same)
		pins_put(&a->pins, &o.pin);
	if (added_save(a, buf_str(&label), reference, e) < 0)
		return -1;
	offer_warn(&o.pin, project_directive(a->project));
	tell(&o, buf_str(&label), same);
	return 0;
}

static int
fetch_all(struct added *a, struct err *e)
{
	CLEANUP(arena_free) struct arena *room = arena_new();
	struct tree *t;
	size_t n;

	if (project_pins(a->project)->n == 0) {
		err_set(e, ERR_USAGE, "which function is to be added?");
		return err_hint(e,
		    "subo add REFERENCE; without one, all that "
		    "is pinned is fetched, and nothing is");
	}
	if (added_fetch_missing(a->project, &opt.added, &n, e) < 0)
		return -1;
	if (cmd_common()->json) {
		t = ui_json(room, "add", true);
		tree_put_int(room, t, "fetched", (int64_t)n);
		ui_json_print(t);
	} else {
		ui_note("%zu of %zu pinned functions fetched", n,
		    project_pins(a->project)->n);
	}
	return 0;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(added_close) struct added a = { 0 };

	if (argc == 0 && opt.as)
		return err_set(e, ERR_USAGE, "--as wants a REFERENCE too");
	if (added_open(&a, &opt.added, e) < 0)
		return -1;
	return argc == 0 ? fetch_all(&a, e) : add(&a, argv[0], e);
}

const struct cmd cmd_add = {
	.name = "add",
	.args = "[REFERENCE]",
	.max_args = 1,
	.about = "make a published function part of this project",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};

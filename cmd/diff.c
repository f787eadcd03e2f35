/* SPDX-License-Identifier: Apache-2.0 */
/* subo diff - see subo-diff(1). */
#include "diff_show.h"

#include <stdio.h>
#include <string.h>

#include "bundle/bundle.h"
#include "module/module.h"
#include "os/os.h"
#include "table.h"

#define MAX_FILE (BUNDLE_MAX_BYTES + (32u << 20))

static struct {
	const char *fail_on;
	bool all;
} opt;

/* ---- what fails ---- */

struct limits_of {
	bool permissions, imports, functions, handlers, any, size;
	uint64_t percent; /* of growth that is fine */
};

static int
read_size(struct limits_of *l, struct str value, struct err *e)
{
	l->size = true;
	if (value.n > 0 && value.p[value.n - 1] == '%')
		value.n--;
	if (value.n == 0 || str_u64(value, 100000, &l->percent))
		return 0;
	return err_set(e, ERR_USAGE,
	    "--fail-on size=" STR_F " is not a number of percent",
	    STR_A(value));
}

static int
read_one(struct limits_of *l, struct str word, struct err *e)
{
	struct {
		const char *name;
		bool *into;
	} words[] = { { "permissions", &l->permissions },
		{ "imports", &l->imports }, { "functions", &l->functions },
		{ "handlers", &l->handlers }, { "any", &l->any } };
	struct str name, value = word;

	str_cut(&value, '=', &name);
	if (str_is(name, "size"))
		return read_size(l, value, e);
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!str_is(word, words[i].name))
			continue;
		*words[i].into = true;
		return 0;
	}
	err_set(
	    e, ERR_USAGE, "--fail-on does not know '" STR_F "'", STR_A(word));
	return err_hint(e,
	    "permissions, imports, functions, handlers, size, size=PERCENT, "
	    "any; with commas between them");
}

static int
read_limits(struct limits_of *l, struct err *e)
{
	struct str rest = str_of(opt.fail_on), word;
	bool more = opt.fail_on != NULL;

	*l = (struct limits_of){ 0 };
	while (more) {
		more = str_cut(&rest, ',', &word);
		if (read_one(l, str_trim(word), e) < 0)
			return -1;
	}
	return 0;
}

static bool
functions_differ(const struct comparison *c)
{
	for (size_t i = 0; i < c->nmodules; i++)
		if (c->modules[i].change != CHANGE_CHANGED)
			return true;
	return false;
}

static bool
imports_differ(const struct comparison *c)
{
	for (size_t i = 0; i < c->nmodules; i++)
		if (c->modules[i].imports.added.n > 0)
			return true;
	return false;
}

static bool
permissions_widen(const struct comparison *c)
{
	for (size_t i = 0; i < c->nmodules; i++)
		if (project_widens(&c->modules[i].permissions))
			return true;
	return project_widens(&c->capabilities);
}

static int
judge(const struct limits_of *l, const struct comparison *c, struct err *e)
{
	if (l->permissions && permissions_widen(c))
		return err_set(e, ERR_FAILED, "permissions were added");
	if (l->imports && imports_differ(c))
		return err_set(e, ERR_FAILED, "imports were added");
	if (l->functions && functions_differ(c))
		return err_set(
		    e, ERR_FAILED, "functions were added or removed");
	if (l->handlers &&
	    (c->handlers.added.n > 0 || c->handlers.removed.n > 0))
		return err_set(e, ERR_FAILED, "handlers were added or removed");
	if (l->size && c->now > c->was &&
	    (c->now - c->was) * 100 > (uint64_t)c->was * l->percent)
		return err_set(e, ERR_FAILED,
		    "the modules grew from %zu to %zu bytes", c->was, c->now);
	if (l->any && !c->same)
		return err_set(e, ERR_FAILED, "they differ");
	return 0;
}

/* ---- what is compared ---- */

struct side {
	struct buf bytes;
	struct bundle *bundle;
	struct module *module;
};

static void
side_free(struct side *s)
{
	bundle_free(&s->bundle);
	module_free(&s->module);
	buf_free(&s->bytes);
}

static int
read_side(struct side *s, const char *path, struct err *e)
{
	s->bytes = (struct buf)BUF(MAX_FILE);
	if (os_read(&s->bytes, path, e) < 0)
		return -1;
	if (str_starts(buf_str(&s->bytes), "PK"))
		return bundle_open_bytes(
		    &s->bundle, buf_str(&s->bytes), path, e);
	if (module_read(&s->module, buf_str(&s->bytes), e) < 0) {
		err_wrap(e, "'%s' is no bundle, and as a module", path);
		return -1;
	}
	return 0;
}

static int
compare(struct comparison *c, const struct side *was, const struct side *now,
    struct err *e)
{
	if (was->bundle && now->bundle)
		return project_compare_bundles(c, was->bundle, now->bundle, e);
	if (was->module && now->module) {
		project_compare_modules(c, was->module, now->module);
		return 0;
	}
	err_set(e, ERR_USAGE, "one is a bundle, the other a module");
	return err_hint(e, "compare two of a kind");
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(project_comparison_free) struct comparison c = { 0 };
	CLEANUP(side_free) struct side was = { 0 };
	CLEANUP(side_free) struct side now = { 0 };
	struct limits_of limits;
	int r;

	if (argc != 2) {
		err_set(e, ERR_USAGE, "which two?");
		return err_hint(e, "subo diff OLD NEW");
	}
	if (read_limits(&limits, e) < 0 || read_side(&was, argv[0], e) < 0 ||
	    read_side(&now, argv[1], e) < 0 || compare(&c, &was, &now, e) < 0)
		return -1;
	r = judge(&limits, &c, e);
	if (cmd_common()->json) {
		diff_json(&c, r == 0 ? NULL : e);
		e->told = r < 0;
		return r;
	}
	diff_show(&c, opt.all);
	return r;
}

static const struct cmd_opt opts[] = {
	{ "fail-on", 0, OPT_TEXT, &opt.fail_on, "WHAT",
	    "exit with 1 when it changed: permissions, imports, functions, "
	    "handlers, size=PERCENT, any",
	    VALUE_ANY },
	{ "all", 'a', OPT_FLAG, &opt.all, NULL,
	    "all functions within modules, not only the ten that grew most",
	    0 },
	{ 0 },
};

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "<old> <new>",
	.max_args = 2,
	.value = VALUE_FILE,
	.about = "what changed between two bundles or modules: code, size, "
		 "imports, permissions",
	.group = "Look into it",
	.opts = opts,
	.run = run,
};

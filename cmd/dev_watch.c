/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a project that change, and what each is for. */
#include <string.h>

#include "dev_parts.h"

#define QUIET_MS 5u

enum use { NOTHING, CASES, BUILD };

static struct str
last_part(struct str path)
{
	struct str name = path, head;

	while (str_cut(&path, '/', &head))
		name = path;
	return name;
}

/* As where a build and the tests look for nothing. */
static bool
skip(void *arg, struct str path)
{
	static const char *const names[] = { "node_modules", "target",
		"__pycache__" };
	struct str name = last_part(path);

	(void)arg;
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(name, names[i]))
			return true;
	return str_starts(name, ".");
}

/* What a build writes, and what it does so by. */
static bool
is_output(const struct dev *d, struct str path)
{
	if (str_starts(path, PROJECT_BUNDLE))
		return true;
	for (size_t i = 0; i < d->noutputs; i++) {
		struct str rest = path;

		if (!str_starts(path, d->outputs[i]))
			continue;
		rest = str_from(path, strlen(d->outputs[i]));
		if (rest.n == 0 || str_starts(rest, ".tmp"))
			return true;
	}
	return false;
}

static bool
is_case(struct str path)
{
	struct str name = last_part(path), dir = path;
	size_t at;

	if (str_ends(name, ".test.yaml") || str_ends(name, ".test.yml"))
		return true;
	/* Snapshots. */
	dir.n -= name.n;
	if (str_ends(dir, ".snap/"))
		return true;
	return str_starts(path, "tests/") && !manifest_is(name) &&
	    !str_find(str_from(path, 6), STR("/"), &at) &&
	    (str_ends(name, ".yaml") || str_ends(name, ".yml"));
}

/* Where our own lines go, when that is a file of the project. */
static bool
is_log(const struct dev *d, struct str path)
{
	CLEANUP(buf_free) struct buf file = BUF(4096);
	struct stat st, log;

	buf_addf(&file, "%s/" STR_F, d->root, STR_A(path));
	if (lstat(buf_cstr(&file), &st) < 0)
		return false;
	for (int fd = 1; fd <= 2; fd++)
		if (fstat(fd, &log) == 0 && log.st_ino == st.st_ino &&
		    log.st_dev == st.st_dev)
			return true;
	return false;
}

/* Whether it truly is an input of anything the build finds out, in no time. */
static enum use
use_of(const struct dev *d, struct str path)
{
	if (is_output(d, path) || is_log(d, path))
		return NOTHING;
	if (is_case(path))
		return CASES;
	return toolchain_is_source(toolchain_find(STR("wasm")), path) ? BUILD
								      : NOTHING;
}

static void
on_change(void *arg, struct str changed)
{
	CLEANUP(buf_free) struct buf paths = BUF(64u << 10);
	struct dev *d = arg;
	bool all = changed.n == 0, cases = all;
	struct str path;

	while (str_cut(&changed, '\n', &path)) {
		enum use use = use_of(d, path);

		cases = cases || use == CASES;
		if (use == BUILD)
			buf_addf(&paths, STR_F "\n", STR_A(path));
	}
	d->cases_changed = d->cases_changed || cases;
	if (all || paths.n > 0)
		dev_build(d, buf_str(&paths), false);
	else if (cases)
		dev_test(d, false);
}

int
dev_watch(struct dev *d, struct err *e)
{
	return loop_files_start(
	    &d->files, d->loop, d->root, QUIET_MS, skip, on_change, d, e);
}

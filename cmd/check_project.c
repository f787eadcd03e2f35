/* SPDX-License-Identifier: Apache-2.0 */
/* The projects and text files that `subo check` looks at. */
#include "check.h"
#include "module/module.h"
#include "os/os.h"
#include "smoke/smoke.h"

const char *
check_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "FILE:LINE:COL: text": the length of FILE, or 0 when e names no place. */
static size_t
named_file(const struct err *e)
{
	struct str rest, line, col;
	uint64_t n;
	size_t i;

	for (i = 1; e->text[i] != '\0'; i++) {
		if (e->text[i] != ':')
			continue;
		rest = str_trim(str_of(e->text + i + 1));
		if (str_cut(&rest, ':', &line) && str_cut(&rest, ':', &col) &&
		    str_u64(line, UINT32_MAX, &n) &&
		    str_u64(col, UINT32_MAX, &n))
			return i;
	}
	return 0;
}

/* A file of the user's that cannot be read as YAML is a problem like others;
 * any other error stays one. */
static int
tell_syntax(struct checked *c, const struct err *e)
{
	struct str file = { e->text, named_file(e) };
	char path[256];

	if ((e->kind != ERR_INPUT && e->kind != ERR_LIMIT) || file.n == 0 ||
	    file.n >= sizeof(path))
		return -1;
	snprintf(path, sizeof(path), STR_F, STR_A(file));
	directive_tell(c->ds,
	    manifest_is(str_of(check_base(path))) ? manifest_rules
						  : directive_rules,
	    file, e);
	return 0;
}

/* ---- a project ---- */

static int
check_built(struct checked *c, const struct project_function *f, struct err *e)
{
	CLEANUP(buf_free) struct buf wasm = BUF(MODULE_MAX_BYTES);

	if (!os_exists(f->wasm)) {
		c->unbuilt++;
		return 0;
	}
	if (os_check_interrupt(e) < 0 || os_read(&wasm, f->wasm, e) < 0)
		return -1;
	return check_module(
	    c->ds, buf_str(&wasm), f->wasm, ui_path(f->wasm), e);
}

int
check_project(struct checked *c, const char *dir, struct err *e)
{
	CLEANUP(project_free) struct project *p = NULL;
	const struct directive *d;

	if (project_open(&p, dir, c->ds, e) < 0)
		return tell_syntax(c, e);
	project_check(p, c->ds);
	d = project_directive(p);
	if (d) {
		c->handlers += d->nhandlers;
		c->schedules += d->nschedules;
	}
	c->functions += project_count(p);
	for (size_t i = 0; i < project_count(p); i++)
		if (check_built(c, project_at(p, i), e) < 0)
			return -1;
	return 0;
}

/* ---- one file of text ---- */

int
check_directive(
    struct checked *c, const char *path, struct str text, struct err *e)
{
	CLEANUP(directive_free) struct directive *d = NULL;

	if (directive_parse(&d, text, str_of(path), c->ds, e) < 0)
		return tell_syntax(c, e);
	directive_check(d, NULL, 0, c->ds);
	c->handlers += d->nhandlers;
	c->schedules += d->nschedules;
	c->functions += d->nfunctions;
	return 0;
}

int
check_tests(struct checked *c, const char *path, struct err *e)
{
	CLEANUP(smoke_free) struct smoke *s = NULL;

	if (smoke_read(&s, ".", &path, 1, c->ds, e) < 0)
		return -1;
	c->cases += smoke_count(s);
	return 0;
}

/* The name of the folder that a manifest lies in, else "function". */
static struct str
folder_name(const char *path)
{
	size_t end = (size_t)(check_base(path) - path), from;

	if (end < 2)
		return STR("function");
	for (from = end - 1; from > 0 && path[from - 1] != '/'; from--)
		;
	if (path[from] == '.')
		return STR("function");
	return (struct str){ path + from, end - 1 - from };
}

int
check_manifest(
    struct checked *c, const char *path, struct str text, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct function_info info;

	c->functions++;
	if (manifest_parse(
		&info, a, text, str_of(path), folder_name(path), c->ds, e) < 0)
		return tell_syntax(c, e);
	return 0;
}

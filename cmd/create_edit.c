/* SPDX-License-Identifier: Apache-2.0 */
/* A handler more in Directive.yaml. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "os/os.h"

int
create_method(char out[16], const char *method, struct err *e)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT",
		"PATCH", "DELETE", "OPTIONS" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (str_ieq(str_of(known[i]), str_of(method))) {
			snprintf(out, 16, "%s", known[i]);
			return 0;
		}
	err_set(e, ERR_USAGE, "no method '%.40s'", method);
	return err_hint(e, "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
}

/* As directive.h reads a path: segments, :params, a last *wildcard. */
static int
check_resource(const char *path, struct err *e)
{
	bool bad = path[0] != '/' || strlen(path) > 1000;

	for (const char *p = path; *p != '\0' && !bad; p++)
		bad = (unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr("\"'`\\{}[]?#,", *p) != NULL;
	if (!bad)
		return 0;
	err_set(e, ERR_USAGE, "'%.200s' is no path for a handler", path);
	return err_hint(e, "a path such as /users/:id or /files/*path");
}

static struct function_info *
functions_of(const struct project *p, const struct function_info *added,
    struct arena *a, size_t *n)
{
	struct function_info *v =
	    arena_take(a, (project_count(p) + 1) * sizeof(*v));

	for (*n = 0; *n < project_count(p); ++*n)
		v[*n] = project_at(p, *n)->info;
	if (added)
		v[(*n)++] = *added;
	return v;
}

/* The handler is to blame for what is wrong with it and not without. */
static int
check_text(const struct buf *text, const struct project *p,
    const struct create_handler *h, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(directive_free) struct directive *after = NULL;
	CLEANUP(diags_free) struct diags *was = diags_new();
	CLEANUP(diags_free) struct diags *is = diags_new();
	struct function_info *v;
	size_t n;

	v = functions_of(p, h->added, a, &n);
	directive_check(project_directive(p), v, n, was);
	if (directive_parse(
		&after, buf_str(text), STR(PROJECT_DIRECTIVE), is, e) < 0)
		return err_wrap(e, "with this handler");
	directive_check(after, v, n, is);
	if (diags_errors(is) <= diags_errors(was))
		return 0;
	for (size_t i = 0; i < diags_count(is); i++) {
		const struct diag *d = diags_at(is, i);

		if (d->rule->level == DIAG_ERROR && after->nhandlers > 0 &&
		    d->at.line >= after->handlers[after->nhandlers - 1].at.line)
			return err_set(e, ERR_INPUT,
			    "with this handler %s would be wrong: " STR_F,
			    PROJECT_DIRECTIVE, STR_A(d->text));
	}
	return err_set(e, ERR_INPUT, "with this handler %s would be wrong",
	    PROJECT_DIRECTIVE);
}

static int
check_is_new(
    const struct directive *d, const struct create_handler *h, struct err *e)
{
	for (size_t i = 0; i < d->nhandlers; i++) {
		const struct handler *have = &d->handlers[i];

		if (have->type != HANDLER_REQUEST ||
		    !str_is(have->method, h->method) ||
		    !str_is(have->resource, h->resource))
			continue;
		(void)err_set(e, ERR_USAGE,
		    "%s:%u: there is a handler for %s %s already",
		    PROJECT_DIRECTIVE, have->at.line, h->method, h->resource);
		return err_hint(
		    e, "take another path or --method, or add the step there");
	}
	return 0;
}

int
create_handler_text(struct buf *text, struct buf *file, const struct project *p,
    const struct create_handler *h, struct err *e)
{
	CLEANUP(buf_free) struct buf source = BUF(TREE_MAX_BYTES);
	const struct directive *d = p ? project_directive(p) : NULL;
	char real[PATH_MAX];

	if (check_resource(h->resource, e) < 0)
		return -1;
	if (!d) {
		err_set(e, ERR_MISSING,
		    "no " PROJECT_DIRECTIVE " here to add "
		    "a handler to");
		return err_hint(e,
		    "go into a project, or make one: "
		    "subo create project NAME");
	}
	if (check_is_new(d, h, e) < 0)
		return -1;
	buf_addf(file, "%s/%s", project_root(p), PROJECT_DIRECTIVE);
	/* The file a symlink points to is changed, not the symlink. */
	if (!realpath(buf_cstr(file), real))
		return err_sys(e, "cannot read '%s'", buf_cstr(file));
	buf_clear(file);
	buf_add(file, str_of(real));
	if (os_read(&source, real, e) < 0)
		return -1;
	if (directive_add_handler(text, buf_str(&source),
		STR(PROJECT_DIRECTIVE), str_of(h->method), str_of(h->resource),
		h->steps, h->nsteps, e) < 0)
		return -1;
	return check_text(text, p, h, e);
}

int
create_handler_write(
    const struct buf *text, const struct buf *file, struct err *e)
{
	struct stat st;

	if (stat(buf_cstr(file), &st) != 0)
		return err_sys(e, "cannot read '%s'", buf_cstr(file));
	if (os_check_interrupt(e) < 0)
		return -1;
	return os_replace(buf_cstr(file), buf_str(text), st.st_mode & 0777, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded run, saved as a test case in the project's tests/. */
#include <sys/stat.h>

#include "os/os.h"
#include "studio/case.h"
#include "studio/room.h"

#define CASE_BYTES (TREE_MAX_BYTES - 1024)
#define TRIES 999u

struct saving {
	struct arena *arena;
	const char *dir; /* ROOT/tests */
	struct str name, text, side;
	bool has_side;
	struct buf hint;
	const char *file; /* tests/NAME.test.yaml, when written */
};

/* Never through a link to somewhere else. */
static int
open_folder(const char *dir, struct err *e)
{
	struct stat st;

	if (!os_exists(dir))
		return os_mkdirs(dir, 0777, e);
	if (lstat(dir, &st) < 0)
		return err_sys(e, "cannot look at '%s'", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, "'%s' is no folder", dir);
	return 0;
}

static const char *
numbered(struct arena *a, struct str name, unsigned i)
{
	return i < 2 ? arena_cstr(a, name)
		     : arena_printf(a, STR_F "-%u", STR_A(name), i);
}

static int
write_text(struct saving *s, const struct record *r, const char *name,
    struct str source, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(CASE_BYTES);
	const char *side = arena_printf(s->arena, "%s.body", name);

	buf_clear(&s->hint);
	if (case_write(&text, r, str_of(name), side, source, &s->has_side,
		&s->hint, e) < 0)
		return -1;
	if (buf_over(&text))
		return err_set(e, ERR_LIMIT,
		    "as a test case it would be longer than a file may be");
	s->text = arena_copy(s->arena, buf_str(&text));
	s->side = r->body.text;
	return 0;
}

/* 0: written; 1: something has that name. */
static int
try_name(struct saving *s, const struct record *r, const char *name,
    struct str source, struct err *e)
{
	const char *path =
	    arena_printf(s->arena, "%s/%s.test.yaml", s->dir, name);
	const char *side = arena_printf(s->arena, "%s/%s.body", s->dir, name);

	if (os_exists(path) || os_exists(side))
		return 1;
	if (write_text(s, r, name, source, e) < 0)
		return -1;
	if (s->has_side && os_create(side, s->side, 0666, e) < 0)
		return -1;
	if (os_create(path, s->text, 0666, e) < 0)
		return e->kind == ERR_INPUT ? 1 : -1;
	s->file = arena_printf(s->arena, "tests/%s.test.yaml", name);
	return 0;
}

static int
write_case(
    struct saving *s, const struct record *r, struct str source, struct err *e)
{
	int rc = 1;

	if (open_folder(s->dir, e) < 0)
		return -1;
	for (unsigned i = 1; rc > 0 && i <= TRIES; i++)
		rc = try_name(s, r, numbered(s->arena, s->name, i), source, e);
	if (rc > 0)
		return err_set(e, ERR_LIMIT,
		    "there are %u tests of that name already", TRIES);
	return rc;
}

/* ---- what is asked for ---- */

static struct str
source_of(const struct record *r, struct studio *st, struct arena *a)
{
	CLEANUP(serve_release) struct serve_app *app = serve_hold(st->serve);
	const struct directive *d =
	    app ? bundle_directive(serve_app_bundle(app)) : NULL;
	uint64_t i;

	if (d && r->flow.n > 1 && r->flow.p[0] == 'h' &&
	    str_u64(str_from(r->flow, 1), UINT32_MAX, &i) && i < d->nhandlers &&
	    d->handlers[i].source.n > 0)
		return arena_copy(a, d->handlers[i].source);
	return STR("server");
}

static int
ask_name(struct saving *s, struct http_exchange *x, struct err *e)
{
	CLEANUP(buf_free) struct buf name = BUF(CASE_NAME_MAX + 1);
	struct tree *asked;

	if (tree_parse_json(&asked, s->arena, http_body(x), e) < 0)
		return err_wrap(e, "what was sent");
	if (tree_text(asked, "name").n == 0)
		return err_set(e, ERR_USAGE, "it needs a 'name'");
	case_name(&name, tree_text(asked, "name"));
	s->name = arena_copy(s->arena, buf_str(&name));
	return 0;
}

static int
save_run(struct studio *st, struct saving *s, struct http_exchange *x,
    uint64_t number, struct err *e)
{
	struct tree *run = trace_show(st->trace, s->arena, number, STR(""));
	struct record r;

	if (st->root.n == 0)
		return err_set(
		    e, ERR_USAGE, "there is no project folder to save it in");
	if (!run)
		return err_set(e, ERR_MISSING,
		    "request %llu is not kept any more",
		    (unsigned long long)number);
	if (ask_name(s, x, e) < 0)
		return -1;
	record_read(&r, s->arena, run);
	s->dir = arena_printf(s->arena, "%s/tests", buf_cstr(&st->root));
	return write_case(s, &r, source_of(&r, st, s->arena), e);
}

void
save(struct studio *st, struct http_exchange *x, uint64_t number)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct saving s = { .arena = a, .hint = BUF(1000) };
	struct err e = ERR;
	struct tree *t;

	if (save_run(st, &s, x, number, &e) < 0) {
		answer_error(x, &e);
	} else {
		t = answer_new(a, "save");
		tree_put_text(a, t, "file", str_of(s.file));
		if (s.hint.n > 0)
			tree_put_text(a, t, "hint", buf_str(&s.hint));
		answer_tree(x, 200, t);
	}
	buf_free(&s.hint);
}

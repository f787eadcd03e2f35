/* SPDX-License-Identifier: Apache-2.0 */
/* subo signature - see subo-signature(1). */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"

#define MAX_FILE (640u << 20)

/* A bundle, and where its signatures are. */
struct signatures {
	const char *path;
	struct buf file;
	struct bundle_cut cut;
};

static void
dispose(struct signatures *s)
{
	buf_free(&s->file);
}

static int
open_file(struct signatures *s, int argc, char **argv, struct err *e)
{
	if (argc < 1)
		return err_set(e, ERR_USAGE, "which bundle?");
	s->path = argv[0];
	s->file = (struct buf)BUF(MAX_FILE);
	if (os_read(&s->file, s->path, e) < 0)
		return -1;
	if (bundle_cut(&s->cut, buf_str(&s->file), e) < 0)
		return err_wrap(e, "'%s'", s->path);
	return 0;
}

/* ---- show ---- */

static void
show_text(const struct sign_signature *s)
{
	CLEANUP(buf_free) struct buf b = BUF(8 * SIGN_MAX_COMMENT);
	char id[SIGN_ID];

	sign_id(s->id, id);
	buf_show(&b, s->comment, true);
	printf("%s\t%s\n", id, buf_cstr(&b));
}

static int
show(int argc, char **argv, struct err *e)
{
	CLEANUP(dispose) struct signatures s = { 0 };
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *doc = ui_json(a, "signature", true), *list, *t;
	struct sign_signature sig;
	struct str rest;
	char id[SIGN_ID];

	if (open_file(&s, argc, argv, e) < 0)
		return -1;
	list = tree_put(a, doc, "signatures", tree_list(a));
	for (rest = s.cut.comment; rest.n > 0;) {
		if (sign_signature_parse(&sig, &rest, e) < 0)
			return err_wrap(e, "'%s'", s.path);
		sign_id(sig.id, id);
		t = tree_add(a, list, tree_map(a));
		tree_put_text(a, t, "key", str_of(id));
		tree_put_text(a, t, "comment", sig.comment);
		if (!cmd_common()->json)
			show_text(&sig);
	}
	if (cmd_common()->json)
		ui_json_print(doc);
	else
		ui_note("%zu signature%s, of which none is verified here",
		    list->nitems, list->nitems == 1 ? "" : "s");
	return 0;
}

/* ---- detach ---- */

static int
detach(int argc, char **argv, struct err *e)
{
	CLEANUP(dispose) struct signatures s = { 0 };
	CLEANUP(buf_free) struct buf plain = BUF(MAX_FILE), name = BUF(4096);

	if (open_file(&s, argc, argv, e) < 0)
		return -1;
	if (s.cut.comment.n == 0)
		return err_set(
		    e, ERR_MISSING, "'%s' holds no signature", s.path);
	buf_addf(&name, "%s.minisig", s.path);
	if (os_exists(buf_cstr(&name))) {
		(void)err_set(
		    e, ERR_INPUT, "'%s' exists already", buf_cstr(&name));
		return err_hint(e, "move it away");
	}
	/* First the signatures: in no moment they are nowhere. */
	bundle_unsigned(&plain, &s.cut);
	if (os_replace(buf_cstr(&name), s.cut.comment, 0644, e) < 0 ||
	    os_replace(s.path, buf_str(&plain), 0644, e) < 0)
		return -1;
	ui_note("the signatures of %s are in %s", s.path, buf_cstr(&name));
	return 0;
}

/* ---- attach ---- */

static int
add_all(struct buf *to, struct str text, const char *name, struct err *e)
{
	struct sign_signature sig;
	size_t at;

	while (text.n > 0) {
		if (sign_signature_parse(&sig, &text, e) < 0)
			return err_wrap(e, "'%s'", name);
		if (!str_find(buf_str(to), sig.text, &at))
			buf_add(to, sig.text);
	}
	return 0;
}

static int
attach(int argc, char **argv, struct err *e)
{
	CLEANUP(dispose) struct signatures s = { 0 };
	CLEANUP(buf_free) struct buf all = BUF(BUNDLE_MAX_COMMENT);
	CLEANUP(buf_free) struct buf sealed = BUF(MAX_FILE);

	if (open_file(&s, argc, argv, e) < 0)
		return -1;
	if (argc < 2) {
		(void)err_set(e, ERR_USAGE, "which signatures?");
		return err_hint(
		    e, "subo signature attach %s %s.minisig", s.path, s.path);
	}
	buf_add(&all, s.cut.comment);
	for (int i = 1; i < argc; i++) {
		CLEANUP(buf_free) struct buf text = BUF(BUNDLE_MAX_COMMENT);

		if (os_read(&text, argv[i], e) < 0 ||
		    add_all(&all, buf_str(&text), argv[i], e) < 0)
			return -1;
	}
	if (buf_over(&all))
		return err_set(e, ERR_LIMIT,
		    "a bundle holds at most %u bytes of signatures",
		    BUNDLE_MAX_COMMENT);
	if (bundle_sealed(&sealed, buf_str(&s.file), buf_str(&all), e) < 0)
		return err_wrap(e, "'%s'", s.path);
	return os_replace(s.path, buf_str(&sealed), 0644, e);
}

static const struct cmd cmd_show = { .name = "show",
	.args = "BUNDLE",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "tell what signatures a bundle holds",
	.run = show };
static const struct cmd cmd_detach = { .name = "detach",
	.args = "BUNDLE",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "move them to BUNDLE.minisig",
	.run = detach };
static const struct cmd cmd_attach = { .name = "attach",
	.args = "BUNDLE FILE...",
	.max_args = 9,
	.value = VALUE_FILE,
	.about = "put the signatures of files into a bundle",
	.run = attach };
static const struct cmd *const subs[] = { &cmd_show, &cmd_detach, &cmd_attach,
	NULL };

const struct cmd cmd_signature = {
	.name = "signature",
	.args = "show|detach|attach",
	.about = "attach, detach and show signatures",
	.group = "Ship it",
	.subs = subs,
};

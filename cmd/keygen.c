/* SPDX-License-Identifier: Apache-2.0 */
/* subo keygen - see subo-keygen(1). */
#include <stdio.h>

#include "cosign/cosign.h"
#include "keys.h"
#include "os/os.h"

#define NFILES 4

static struct {
	const char *output;
	bool no_password, force;
} opt;

static const struct cmd_opt opts[] = {
	{ "output", 'o', OPT_TEXT, &opt.output, "NAME",
	    "write NAME.key, NAME.pub, and both for cosign", VALUE_FILE },
	{ "no-password", 0, OPT_FLAG, &opt.no_password, NULL,
	    "keep the key without a password", VALUE_ANY },
	{ "force", 'f', OPT_FLAG, &opt.force, NULL,
	    "replace keys that are there", VALUE_ANY },
	{ 0 },
};

/* Where nobody says where: where `build` and `verify` look. */
static int
output_name(struct buf *out, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = { 0 };

	out->max = 4000;
	if (opt.output) {
		buf_addf(out, "%s", opt.output);
		return 0;
	}
	if (!keys_config(&dir, "") || !keys_config(out, "subo")) {
		(void)err_set(e, ERR_USAGE, "there is no home to put it in");
		return err_hint(e, "subo keygen --output NAME");
	}
	return os_mkdirs(buf_cstr(&dir), 0700, e);
}

static int
new_password(struct buf *out, struct err *e)
{
	const char *given = world_env("SUBO_KEY_PASSWORD");

	if (opt.no_password)
		return 0;
	if (given && given[0] != '\0') {
		buf_add(out, str_of(given));
		return 0;
	}
	return keys_password(out, "Password for the new key: ", true, e);
}

/* The same key in four files: minisign's two and cosign's.  One's own is not
 * made for cosign: whoever got hold of that file could try passwords sooner. */
struct files {
	size_t n;
	const char *path[NFILES];
	struct buf text[NFILES];
};
enum { KEY, PUB, COSIGN_KEY, COSIGN_PUB };

static void
files_free(struct files *p)
{
	for (size_t i = 0; i < NFILES; i++)
		sign_wipe_buf(&p->text[i]);
}

static void
name_files(struct files *p, struct arena *a, const char *name)
{
	static const char *const endings[] = { ".key", ".pub", ".cosign.key",
		".cosign.pub" };

	p->n = opt.output ? NFILES : COSIGN_KEY;
	for (size_t i = 0; i < NFILES; i++) {
		p->path[i] = arena_printf(a, "%s%s", name, endings[i]);
		p->text[i] = (struct buf)BUF(COSIGN_MAX_KEY);
	}
}

static int
make(struct files *p, const struct sign_secret *s, struct str password,
    struct err *e)
{
	struct cosign_key public = cosign_key_of(sign_secret_public(s));

	sign_public_text(&p->text[PUB], sign_secret_public(s));
	cosign_key_text(&p->text[COSIGN_PUB], &public);
	if (sign_secret_text(
		&p->text[KEY], s, password, (struct sign_cost){ 0 }, e) < 0)
		return -1;
	if (p->n == COSIGN_KEY)
		return 0;
	return cosign_secret_text(&p->text[COSIGN_KEY], s, password, e);
}

static int
exists(const char *path, struct err *e)
{
	(void)err_set(e, ERR_INPUT, "'%s' exists already", path);
	return err_hint(e,
	    "another name, or --force: what only the old key can sign is lost "
	    "with it");
}

/* All of them, or none that was not there before. */
static int
keep(const struct files *p, struct err *e)
{
	struct err ignored = ERR;
	size_t i = 0;

	for (; i < p->n; i++) {
		mode_t mode = i == PUB || i == COSIGN_PUB ? 0644 : 0600;
		struct str text = buf_str(&p->text[i]);

		if ((opt.force ? os_replace(p->path[i], text, mode, e)
			       : os_create(p->path[i], text, mode, e)) < 0)
			break;
	}
	if (i == p->n)
		return 0;
	while (i-- > 0 && !opt.force)
		(void)!os_remove(p->path[i], &ignored);
	return -1;
}

static void
tell(const struct files *f, const struct sign_public *p)
{
	static const char *const names[] = { "key", "pub", "cosignKey",
		"cosignPub" };
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf line = BUF(SIGN_MAX_FILE);
	struct tree *t;
	char id[SIGN_ID];

	sign_public_line(&line, p);
	sign_id(p->id, id);
	if (!cmd_common()->json) {
		bool both = f->n == NFILES;

		ui_note("the key %s is in %s%s%s: keep it to yourself", id,
		    f->path[KEY], both ? ", and for cosign in " : "",
		    both ? f->path[COSIGN_KEY] : "");
		ui_note("who is to trust you needs %s, or this%s%s:",
		    f->path[PUB], both ? ", or with cosign " : "",
		    both ? f->path[COSIGN_PUB] : "");
		printf("%s\n", buf_cstr(&line));
		return;
	}
	t = ui_json(a, "keygen", true);
	tree_put_text(a, t, "id", str_of(id));
	for (size_t i = 0; i < f->n; i++)
		tree_put_text(a, t, names[i], str_of(f->path[i]));
	tree_put_text(a, t, "public", buf_str(&line));
	ui_json_print(t);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(sign_secret_free) struct sign_secret *s = NULL;
	CLEANUP(sign_wipe_buf) struct buf password = BUF(SIGN_MAX_PASSWORD);
	CLEANUP(buf_free) struct buf name = { 0 };
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(files_free) struct files p;

	(void)argc;
	(void)argv;
	name_files(&p, a, "");
	if (output_name(&name, e) < 0)
		return -1;
	name_files(&p, a, buf_cstr(&name));
	for (size_t i = 0; i < p.n && !opt.force; i++)
		if (os_exists(p.path[i]))
			return exists(p.path[i], e);
	if (new_password(&password, e) < 0)
		return -1;
	s = sign_secret_new();
	if (make(&p, s, buf_str(&password), e) < 0 || keep(&p, e) < 0)
		return -1;
	tell(&p, sign_secret_public(s));
	return 0;
}

const struct cmd cmd_keygen = {
	.name = "keygen",
	.args = "",
	.about = "make a key pair to sign with",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};

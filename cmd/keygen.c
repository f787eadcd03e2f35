/* SPDX-License-Identifier: Apache-2.0 */
/* subo keygen - see subo-keygen(1). */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"

static struct {
	const char *output;
	bool no_password, force;
} opt;

static const struct cmd_opt opts[] = {
	{ "output", 'o', OPT_TEXT, &opt.output, "NAME",
	    "write NAME.key and NAME.pub", VALUE_FILE },
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

static int
keep(const char *path, struct str text, mode_t mode, struct err *e)
{
	if (opt.force)
		return os_replace(path, text, mode, e);
	if (os_create(path, text, mode, e) == 0)
		return 0;
	return e->kind == ERR_INPUT
	    ? err_hint(e,
		  "another name, or --force: what only the old key "
		  "can sign is lost with it")
	    : -1;
}

static void
tell(const char *key, const char *pub, const struct sign_public *p)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(SIGN_MAX_FILE);
	struct str all, line;
	struct tree *t;
	char id[SIGN_ID];

	sign_public_text(&text, p);
	all = buf_str(&text);
	str_cut(&all, '\n', &line);
	str_cut(&all, '\n', &line);
	sign_id(p->id, id);
	if (!cmd_common()->json) {
		ui_note("the key %s is in %s: keep it to yourself", id, key);
		ui_note("who is to trust you needs %s, or this:", pub);
		printf(STR_F "\n", STR_A(line));
		return;
	}
	t = ui_json(a, "keygen", true);
	tree_put_text(a, t, "id", str_of(id));
	tree_put_text(a, t, "key", str_of(key));
	tree_put_text(a, t, "pub", str_of(pub));
	tree_put_text(a, t, "public", line);
	ui_json_print(t);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(sign_secret_free) struct sign_secret *s = NULL;
	CLEANUP(keys_wipe) struct buf password = BUF(SIGN_MAX_PASSWORD);
	CLEANUP(keys_wipe) struct buf secret = BUF(SIGN_MAX_FILE);
	CLEANUP(buf_free) struct buf name = { 0 }, public = BUF(SIGN_MAX_FILE);
	CLEANUP(arena_free) struct arena *a = arena_new();
	const char *key, *pub;

	(void)argc;
	(void)argv;
	if (output_name(&name, e) < 0)
		return -1;
	key = arena_printf(a, "%s.key", buf_cstr(&name));
	pub = arena_printf(a, "%s.pub", buf_cstr(&name));
	if (!opt.force && os_exists(pub)) {
		(void)err_set(e, ERR_INPUT, "'%s' exists already", pub);
		return err_hint(e, "another name, or --force");
	}
	if (!opt.force && os_exists(key))
		return keep(key, STR(""), 0600, e);
	if (new_password(&password, e) < 0)
		return -1;
	s = sign_secret_new();
	sign_public_text(&public, sign_secret_public(s));
	if (sign_secret_text(&secret, s, buf_str(&password),
		(struct sign_cost){ 0 }, e) < 0 ||
	    keep(key, buf_str(&secret), 0600, e) < 0 ||
	    keep(pub, buf_str(&public), 0644, e) < 0)
		return -1;
	tell(key, pub, sign_secret_public(s));
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

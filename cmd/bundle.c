/* SPDX-License-Identifier: Apache-2.0 */
/* subo bundle - see subo-bundle(1). */
#include <stdio.h>

#include "build_show.h"
#include "bundle/bundle.h"
#include "os/os.h"
#include "table.h"

#define MAX_FILE (BUNDLE_MAX_BYTES + (32u << 20))

static struct {
	const char *output;
	bool store, force;
} opt;

/* Signatures, by their lines: four each. */
static unsigned
count_signatures(struct str comment)
{
	unsigned lines = 0;

	for (size_t i = 0; i < comment.n; i++)
		lines += comment.p[i] == '\n';
	return lines / 4;
}

static void
put_digest(struct arena *a, struct tree *j, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	tree_put_text(a, j, "sha256", str_of(hex));
}

/* ---- verify ---- */

static int
tell_refusal(struct arena *a, const char *path, struct err *e)
{
	struct str rule = bundle_rule(e);
	struct tree *j;

	if (!cmd_common()->json)
		return -1;
	j = ui_json(a, "bundle", false);
	tree_put_text(a, j, "path", str_of(path));
	tree_put_text(a, j, "code", str_of(err_code(e->kind)));
	tree_put_text(a, j, "message", str_of(e->text));
	if (rule.n > 0)
		tree_put_text(a, j, "rule", rule);
	if (e->hint[0] != '\0')
		tree_put_text(a, j, "hint", str_of(e->hint));
	ui_json_print(j);
	e->told = true;
	return -1;
}

/* Could the foreign bundle be rewritten?  Then say so. */
static void
hint(struct str bytes, const char *path, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct err ignored = ERR;

	if (bundle_open_bytes(&b, bytes, path, &ignored) == 0 &&
	    !bundle_directive(b)->tenant)
		err_hint(e,
		    "it can be run as it is; `subo bundle normalize` writes "
		    "the canonical form");
	else if (bundle_rule(e).n > 0)
		err_hint(e, "bundle(5) explains the rule");
}

static void
tell_good(struct arena *a, const char *path, const struct bundle *b)
{
	unsigned n = count_signatures(bundle_signatures(b));
	char hex[DIGEST_HEX];
	struct tree *j;

	if (!cmd_common()->json) {
		digest_hex(bundle_digest(b), hex);
		printf(
		    "%s: canonical, %zu entries, %u signature%s, sha256:%s\n",
		    path, bundle_count(b), n, n == 1 ? "" : "s", hex);
		return;
	}
	j = ui_json(a, "bundle", true);
	tree_put_text(a, j, "path", str_of(path));
	tree_put_int(a, j, "entries", (int64_t)bundle_count(b));
	tree_put_int(a, j, "signatures", n);
	put_digest(a, j, bundle_digest(b));
	ui_json_print(j);
}

static int
run_verify(int argc, char **argv, struct err *e)
{
	const char *path = argc > 0 ? argv[0] : "runnables.wasm.zip";
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf bytes = BUF(MAX_FILE);

	if (os_read(&bytes, path, e) < 0)
		return tell_refusal(a, path, e);
	if (bundle_open_at(&b, buf_str(&bytes), path, BUNDLE_STRICT, NULL, e) <
	    0) {
		hint(buf_str(&bytes), path, e);
		return tell_refusal(a, path, e);
	}
	tell_good(a, path, b);
	return 0;
}

static const struct cmd cmd_bundle_verify = {
	.name = "verify",
	.args = "[bundle]",
	.max_args = 1,
	.value = VALUE_FILE,
	.about =
	    "is it in the canonical form? If not, which rule does it break",
	.run = run_verify,
};

/* ---- normalize ---- */

struct dropped {
	struct arena *arena;
	struct tree *list;
};

static void
drop(void *arg, struct str entry)
{
	struct dropped *d = arg;

	tree_add(d->arena, d->list, tree_new_text(d->arena, entry));
	ui_warn("left out '" STR_F "', the module of no function that the "
		"Directive lists",
	    STR_A(entry));
}

static int
check_output(struct err *e)
{
	struct stat st;

	if (!opt.output || opt.output[0] == '\0') {
		err_set(e, ERR_USAGE, "where to? --output is not given");
		return err_hint(e, "subo bundle normalize IN -o OUT");
	}
	if (stat(opt.output, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, ERR_SYSTEM, "'%s' is no file", opt.output);
	if (os_exists(opt.output) && !opt.force) {
		err_set(e, ERR_SYSTEM, "'%s' exists", opt.output);
		return err_hint(e, "with --force it is replaced");
	}
	return 0;
}

static void
tell_written(struct arena *a, const char *in, bool same, bool signatures,
    const struct digest *d, struct tree *dropped)
{
	char hex[DIGEST_HEX];
	struct tree *j;

	if (cmd_common()->json) {
		j = ui_json(a, "bundle", true);
		tree_put_text(a, j, "path", str_of(opt.output));
		tree_put_bool(a, j, "unchanged", same);
		put_digest(a, j, d);
		tree_put(a, j, "dropped", dropped);
		ui_json_print(j);
		return;
	}
	digest_hex(d, hex);
	if (same)
		ui_note("'%s' is canonical already; copied as it is", in);
	else if (signatures)
		ui_warn("its signatures were made of the other form and are "
			"gone: sign it again");
	ui_note("sha256:%s", hex);
	printf("%s\n", opt.output);
}

static int
run_normalize(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf bytes = BUF(MAX_FILE);
	struct dropped dropped = { a, tree_list(a) };
	struct bundle_normalize how = {
		.store = opt.store, .drop = drop, .arg = &dropped
	};
	struct bundle_cut cut = { 0 };
	struct err ignored = ERR;
	struct digest d;
	bool same;

	if (argc != 1) {
		err_set(e, ERR_USAGE, "which bundle?");
		return err_hint(e, "subo bundle normalize IN -o OUT");
	}
	if (check_output(e) < 0 || build_epoch(&how.epoch_s, e) < 0 ||
	    os_read(&bytes, argv[0], e) < 0)
		return -1;
	if (bundle_normalize(
		opt.output, buf_str(&bytes), argv[0], &how, &same, &d, e) < 0)
		return -1;
	if (bundle_cut(&cut, buf_str(&bytes), &ignored) < 0)
		cut.comment = STR("");
	tell_written(a, argv[0], same, cut.comment.n > 0, &d, dropped.list);
	return 0;
}

static const struct cmd_opt normalize_opts[] = {
	{ "output", 'o', OPT_TEXT, &opt.output, "FILE",
	    "where the canonical bundle goes", VALUE_FILE },
	{ "force", 'f', OPT_FLAG, &opt.force, NULL,
	    "replace the output if it exists", 0 },
	{ "store", 0, OPT_FLAG, &opt.store, NULL, "do not compress it", 0 },
	{ 0 },
};

static const struct cmd cmd_bundle_normalize = {
	.name = "normalize",
	.args = "<bundle>",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "rewrite a bundle of another tool in the canonical form",
	.opts = normalize_opts,
	.run = run_normalize,
};

/* ---- both ---- */

static const struct cmd *const subs[] = { &cmd_bundle_verify,
	&cmd_bundle_normalize, NULL };

const struct cmd cmd_bundle = {
	.name = "bundle",
	.args = "verify|normalize",
	.about = "check a bundle's form by its rules, or rewrite it",
	.group = "Ship it",
	.subs = subs,
};

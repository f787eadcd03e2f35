/* SPDX-License-Identifier: Apache-2.0 */
/* subo tag - see subo-tag(1). */
#include <stdio.h>

#include "cmd.h"
#include "registry.h"
#include "ship/ship.h"

static struct {
	struct registry_opts registry;
} opt;

static const struct cmd_opt opts[] = {
	REGISTRY_OPTS(opt.registry),
	{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, VALUE_ANY },
};

static void
tell(struct arena *a, const struct oci_ref *ref, const struct digest *d,
    const struct str *tags, size_t n)
{
	CLEANUP(buf_free) struct buf names = BUF(16384);
	char text[OCI_DIGEST_TEXT];
	struct tree *t, *list;

	if (!cmd_common()->json) {
		for (size_t i = 0; i < n; i++)
			buf_addf(&names, "%s" STR_F, i > 0 ? ", " : "",
			    STR_A(tags[i]));
		ui_note("'" STR_F "' is also %s", STR_A(ref->text),
		    buf_cstr(&names));
		printf(STR_F "\n", STR_A(oci_ref_pinned(ref, a, d)));
		return;
	}
	t = ui_json(a, "tag", true);
	tree_put_text(a, t, "reference", ref->text);
	tree_put_text(a, t, "pinned", oci_ref_pinned(ref, a, d));
	oci_digest_text(d, text);
	tree_put_text(a, t, "digest", str_of(text));
	list = tree_put(a, t, "tags", tree_list(a));
	for (size_t i = 0; i < n; i++)
		tree_add(a, list, tree_new_text(a, tags[i]));
	ui_json_print(t);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(oci_free) struct oci *o = NULL;
	struct str tags[SHIP_MAX_TAGS];
	struct digest digest;
	struct oci_ref ref;
	size_t n = 0;

	if (argc < 2) {
		(void)err_set(e, ERR_USAGE, "tag what, and how?");
		return err_hint(e, "subo tag HOST/NAME:TAG TAG...");
	}
	for (int i = 1; i < argc; i++)
		tags[n++] = str_of(argv[i]);
	if (oci_ref_parse(&ref, a, str_of(argv[0]), e) < 0 ||
	    registry_open(&o, &opt.registry, a, e) < 0 ||
	    ship_tag(&digest, o, &ref, tags, n, a, e) < 0)
		return -1;
	tell(a, &ref, &digest, tags, n);
	return 0;
}

const struct cmd cmd_tag = { .name = "tag",
	.about = "give a pushed bundle more names",
	.args = "REFERENCE TAG...",
	.max_args = SHIP_MAX_TAGS + 1,
	.group = "Ship it",
	.opts = opts,
	.run = run };

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "registry.h"

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(oci_free) struct oci *o = NULL;
	const struct registry_opts none = { 0 };
	struct oci_saved was;
	struct tree *t;

	if (argc < 1) {
		(void)err_set(e, ERR_USAGE, "no registry was given");
		return err_hint(e, "subo logout HOST");
	}
	if (registry_open(&o, &none, a, e) < 0 ||
	    oci_forget(o, str_of(argv[0]), &was, a, e) < 0)
		return -1;
	if (cmd_common()->json) {
		t = ui_json(a, "logout", true);
		tree_put_text(a, t, "registry", str_of(argv[0]));
		tree_put_bool(a, t, "found", was.found);
		ui_json_print(t);
	} else if (was.found) {
		ui_note(
		    "logged out of %s: its credentials are gone from " STR_F,
		    argv[0], STR_A(was.where));
	} else {
		ui_note("there were no credentials for %s", argv[0]);
	}
	return 0;
}

const struct cmd cmd_logout = { .name = "logout",
	.about = "forget the credentials of a registry",
	.args = "HOST",
	.max_args = 1,
	.group = "Ship it",
	.run = run };

/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

static int
old_run(int argc, char **argv, struct err *e)
{
	(void)argc;
	(void)argv;
	return err_set(e, ERR_BUG, "an old command was run");
}

#define OLD(command, text) \
	static const struct cmd old_##command = { .name = #command, \
		.old = text, \
		.about = "", \
		.hidden = true, \
		.max_args = 99, \
		.run = old_run }

OLD(deploy,
    "deploying to Kubernetes is not part of subo: run 'subo build' "
    "and start the bundle in a container of your own");
OLD(docs, "subo does not build documentation; mdbook or hugo do");
OLD(compute, "the hosted service it spoke to has ended");
OLD(se2, "the hosted service it spoke to has ended");

const struct cmd *const cmd_table[] = { &cmd_create, &cmd_build, &cmd_check,
	&cmd_test, &cmd_run, &cmd_dev, &cmd_serve, &cmd_trace, &cmd_graph,
	&cmd_inspect, &cmd_diff, &cmd_why, &cmd_explain, &cmd_keygen, &cmd_sign,
	&cmd_verify, &cmd_signature, &cmd_bundle, &cmd_reproduce, &cmd_push,
	&cmd_pull, &cmd_tag, &cmd_login, &cmd_logout, &cmd_add, &cmd_update,
	&cmd_publish, &cmd_ci, &cmd_doctor, &cmd_clean, &cmd_completion,
	&cmd_version, &cmd_help, &cmd_internal_validate, &cmd_internal_wat2wasm,
	&cmd_internal_complete, &old_deploy, &old_docs, &old_compute, &old_se2,
	NULL };

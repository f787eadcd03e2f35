/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - the commands, one symbol a file. */
#ifndef TABLE_H
#define TABLE_H

#include "cmd.h"

extern const struct cmd cmd_add, cmd_build, cmd_bundle, cmd_check, cmd_ci,
    cmd_clean, cmd_completion, cmd_create, cmd_dev, cmd_diff, cmd_doctor,
    cmd_explain, cmd_graph, cmd_help, cmd_inspect, cmd_keygen, cmd_login,
    cmd_logout, cmd_publish, cmd_pull, cmd_push, cmd_reproduce, cmd_run,
    cmd_serve, cmd_sign, cmd_signature, cmd_tag, cmd_test, cmd_trace,
    cmd_update, cmd_verify, cmd_version, cmd_why;
/* Started by subo itself. */
extern const struct cmd cmd_internal_validate, cmd_internal_wat2wasm,
    cmd_internal_complete;

#endif

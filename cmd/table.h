/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - the commands, one symbol a file. */
#ifndef TABLE_H
#define TABLE_H

#include "cmd.h"

extern const struct cmd cmd_build, cmd_check, cmd_clean, cmd_completion,
    cmd_create, cmd_dev, cmd_doctor, cmd_explain, cmd_graph, cmd_help,
    cmd_inspect, cmd_run, cmd_serve, cmd_test, cmd_trace, cmd_version, cmd_why;
/* Started by subo itself. */
extern const struct cmd cmd_internal_validate, cmd_internal_wat2wasm,
    cmd_internal_complete;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What subo starts itself as, to keep wabt in a process of its own. */
#include "cmd.h"
#include "module/module.h"

/* The child has said what is wrong, and its code is the kind. */
static int
ended(int code, struct err *e)
{
	return code == 0 ? 0 : ui_told(e, (enum err_kind)code);
}

static int
validate(int argc, char **argv, struct err *e)
{
	if (argc != 1)
		return err_set(e, ERR_USAGE, "give one file");
	return ended(module_validate_child(argv[0]), e);
}

const struct cmd cmd_internal_validate = {
	.name = "internal-validate",
	.args = "FILE",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "validate a module with wabt",
	.hidden = true,
	.run = validate,
};

static int
wat2wasm(int argc, char **argv, struct err *e)
{
	if (argc != 2)
		return err_set(e, ERR_USAGE, "give a text and a module file");
	return ended(module_wat2wasm_child(argv[0], argv[1]), e);
}

const struct cmd cmd_internal_wat2wasm = {
	.name = "internal-wat2wasm",
	.args = "IN OUT",
	.max_args = 2,
	.value = VALUE_FILE,
	.about = "translate WebAssembly text with wabt",
	.hidden = true,
	.run = wat2wasm,
};

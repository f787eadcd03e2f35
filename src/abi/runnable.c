/* SPDX-License-Identifier: Apache-2.0 */
/* The Runnable ABI of today: allocate, the input, run_e. */
#include "abi/call.h"

#define RUN_TYPE "(i32, i32, i32) -> ()"
#define ALLOCATE_TYPE "(i32) -> i32"

static bool
fits(const struct code *code)
{
	return code_has(code, "run_e", RUN_TYPE) &&
	    code_has(code, "allocate", ALLOCATE_TYPE);
}

static int
want_room(struct abi_call *c, int64_t *args, struct err *e)
{
	size_t n = c->input.body.n;

	if (n > INT32_MAX)
		return err_set(e, ERR_LIMIT,
		    "the input has %zu bytes, more than a function can take",
		    n);
	/* Swift's SDK up to 0.8 reads its input as text up to a NUL, whatever
	 * size it is told; so it gets one, in room of its own. */
	c->input_nul = code_imports(c->code, "fetch_url_swift");
	args[0] = (int64_t)n + c->input_nul;
	return STEP_GO;
}

static int
fill_room(struct abi_call *c, int64_t *args, struct err *e)
{
	char *p;

	c->input_ptr = args[0];
	if (call_hand_over(c, c->input.body, "allocate", e) < 0)
		return -1;
	p = c->input_nul
	    ? instance_memory(
		  c->in, (uint32_t)(c->input_ptr + (int64_t)c->input.body.n), 1)
	    : NULL;
	if (p)
		*p = '\0';
	return 0;
}

static int
before_run(struct abi_call *c, int64_t *args, struct err *e)
{
	(void)e;
	args[0] = c->input_ptr;
	args[1] = (int64_t)c->input.body.n;
	args[2] = c->ident;
	return STEP_GO;
}

/*
 * deallocate is not called: the instance ends here, memory and all, and SDKs
 * whose run_e frees its input would free it twice.
 */
static const struct step steps[] = {
	INITIALISERS,
	{ "allocate", ALLOCATE_TYPE, 1, EXIT_FAILS, want_room, fill_room },
	{ "run_e", RUN_TYPE, 3, EXIT_CLEAN, before_run, NULL },
	{ 0 },
};

const struct way way_runnable = {
	"run_e " RUN_TYPE " and allocate " ALLOCATE_TYPE,
	fits,
	steps,
};

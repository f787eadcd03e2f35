/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that run_e had in 2020: runnable(7), EARLIER FORMS.
 *
 * Their SDKs read the input as text up to a NUL, also those that were told
 * its size, and hosts wrote that NUL one byte past what they had asked for.
 * Here there is room for it.
 */
#include <string.h>

#include "abi/ways.h"

#define RUN_TEXT "(i32) -> i32"
#define RUN_NUMBERS "(i32, i32, i32, i32) -> ()"
#define RUN_IDENT "(i32, i32, i32) -> ()"
#define ALLOCATE "(i32) -> i32"

static bool
has_room(const struct code *code)
{
	return code_has(code, "allocate", ALLOCATE) ||
	    code_has(code, "allocate_input", ALLOCATE);
}

static bool
fits_text(const struct code *code)
{
	return code_has(code, "run_e", RUN_TEXT) && has_room(code);
}

static bool
fits_numbers(const struct code *code)
{
	return code_has(code, "run_e", RUN_NUMBERS) && has_room(code);
}

static bool
fits_input(const struct code *code)
{
	return code_has(code, "run_e", RUN_IDENT) &&
	    code_has(code, "allocate_input", ALLOCATE);
}

/* ---- the input ---- */

static int
before_allocate(struct abi_call *c, int64_t *args, struct err *e)
{
	size_t n = c->input.body.n;

	if (n >= INT32_MAX)
		return err_set(e, ERR_LIMIT,
		    "the input has %zu bytes, more than a function can take",
		    n);
	args[0] = (int64_t)n + 1;
	return STEP_GO;
}

/* Of the two names the later one counts. */
static int
before_allocate_input(struct abi_call *c, int64_t *args, struct err *e)
{
	if (code_has(c->code, "allocate", ALLOCATE))
		return STEP_SKIP;
	return before_allocate(c, args, e);
}

static int
hand_over(struct abi_call *c, int64_t *args, const char *who, struct err *e)
{
	struct str body;

	c->input_ptr = args[0];
	if (!c->arena)
		c->arena = arena_new();
	body = arena_copy(c->arena, c->input.body);
	body.n++; /* with its NUL */
	return call_hand_over(c, body, who, e);
}

static int
after_allocate(struct abi_call *c, int64_t *args, struct err *e)
{
	return hand_over(c, args, "allocate", e);
}

static int
after_allocate_input(struct abi_call *c, int64_t *args, struct err *e)
{
	return hand_over(c, args, "allocate_input", e);
}

#define ROOM \
	{ "allocate", ALLOCATE, 1, EXIT_FAILS, before_allocate, \
		after_allocate }, \
	{ \
		"allocate_input", ALLOCATE, 1, EXIT_FAILS, \
		    before_allocate_input, after_allocate_input \
	}

/* ---- run_e ---- */

static int
before_run_ident(struct abi_call *c, int64_t *args, struct err *e)
{
	(void)e;
	args[0] = c->input_ptr;
	args[1] = (int64_t)c->input.body.n;
	args[2] = c->ident;
	return STEP_GO;
}

/* Environment and instance were small numbers, counted from 0. */
static int
before_run_numbers(struct abi_call *c, int64_t *args, struct err *e)
{
	args[3] = c->number;
	return before_run_ident(c, args, e);
}

static int
before_run_text(struct abi_call *c, int64_t *args, struct err *e)
{
	(void)e;
	args[0] = c->input_ptr;
	return STEP_GO;
}

/* The answer is text that ends with a NUL. */
static int
after_run_text(struct abi_call *c, int64_t *args, struct err *e)
{
	uint32_t at = (uint32_t)args[0];
	uint64_t size = instance_memory_bytes(c->in);
	uint64_t rest = at < size ? size - at : 0;
	const char *text, *end;

	if (c->exited && c->exit_code == 0)
		return 0;
	if (c->exited)
		return err_set(
		    e, ERR_GUEST, "exited with code %d", c->exit_code);
	if (rest > UINT32_MAX)
		rest = UINT32_MAX;
	if (rest > c->output_max + 1)
		rest = c->output_max + 1;
	text = rest > 0 ? instance_memory(c->in, at, (uint32_t)rest) : NULL;
	if (!text)
		return err_set(e, ERR_GUEST,
		    "run_e: handed back memory outside of its own: "
		    "text at 0x%08x",
		    at);
	end = memchr(text, '\0', rest);
	if (!end && rest <= c->output_max)
		return err_set(
		    e, ERR_GUEST, "run_e: its text at 0x%08x does not end", at);
	if (end)
		rest = (uint64_t)(end - text);
	return call_result(c, (struct str){ text, rest }, e);
}

/* ---- the ways ---- */

static const struct step steps_text[] = { INITIALISERS, ROOM,
	{ "run_e", RUN_TEXT, 1, EXIT_TOLD, before_run_text, after_run_text },
	{ 0 } };

static const struct step steps_numbers[] = { INITIALISERS, ROOM,
	{ "run_e", RUN_NUMBERS, 4, EXIT_CLEAN, before_run_numbers, NULL },
	{ 0 } };

static const struct step steps_input[] = { INITIALISERS, ROOM,
	{ "run_e", RUN_IDENT, 3, EXIT_CLEAN, before_run_ident, NULL }, { 0 } };

const struct way way_text = {
	.needs = "run_e " RUN_TEXT " and allocate_input " ALLOCATE,
	.fits = fits_text,
	.steps = steps_text,
};

const struct way way_numbers = {
	.needs = "run_e " RUN_NUMBERS " and allocate_input " ALLOCATE,
	.fits = fits_numbers,
	.steps = steps_numbers,
};

const struct way way_input = {
	.needs = "run_e " RUN_IDENT " and allocate_input " ALLOCATE,
	.fits = fits_input,
	.steps = steps_input,
};

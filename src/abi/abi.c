/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call from its start to its end: a fresh instance, then step by step the
 * exports of its way.  Wherever the guest stands still we return, and go on
 * from there.
 */
#include <assert.h>
#include <string.h>

#include "abi/call.h"
#include "os/os.h"

/* Unlike any other call's, so that what one learned is no use in the next. */
static void
new_idents(struct abi_call *c)
{
	uint64_t v = code_unique(c->code);

	c->ident = (int32_t)(v >> 32 & INT32_MAX);
	c->number = (int32_t)(v & INT32_MAX);
}

/* ---- the end ---- */

static void
keep_frames(const struct instance *in, struct abi_result *res)
{
	struct engine_frame f[COUNT(res->frames)];
	size_t n = instance_trace(in, f, COUNT(f));

	res->nframes = n;
	for (size_t i = 0; i < n; i++) {
		struct abi_frame *to = &res->frames[i];
		size_t len = f[i].func.n;

		if (len >= sizeof(to->func))
			len = sizeof(to->func) - 1;
		if (len > 0)
			memcpy(to->func, f[i].func.p, len);
		to->func[len] = '\0';
		to->func_index = f[i].func_index;
		to->offset = f[i].offset;
	}
}

/* Whatever it waits for is forgotten, and its place is free for another. */
static void
finish(struct abi_call *c, int rc)
{
	if (c->q.waiting)
		c->host.cancel(c->host.arg);
	c->q.waiting = false;
	if (c->in) {
		c->res->fuel = instance_fuel_used(c->in);
		c->res->memory_bytes = instance_memory_bytes(c->in);
		if (rc < 0)
			keep_frames(c->in, c->res);
	}
	instance_free(&c->in);
	call_flush(c);
	c->res->wall_ns = os_now_ns() - c->start_ns;
	c->res->nothing = !c->res->has_output && !c->res->has_error;
	c->over = true;
}

/* An error the function returned says more than how it ended after that;
 * a passed limit is our own finding, and stands. */
static bool
says_enough(const struct abi_result *res, const struct err *e)
{
	return res->has_error && e->kind == ERR_GUEST;
}

static int
end(struct abi_call *c, int rc, struct err *e)
{
	finish(c, rc);
	if (rc == 0 || !says_enough(c->res, e))
		return rc;
	*e = (struct err)ERR;
	return 0;
}

/* ---- steps ---- */

int
call_before_start(struct abi_call *c, int64_t *args, struct err *e)
{
	(void)args, (void)e;
	/* _initialize makes a library ready and _start a program; a module has
	 * one of them. */
	if (instance_has(c->in, "_initialize", "() -> ()"))
		return STEP_SKIP;
	return STEP_GO;
}

static bool
exited_well(const struct abi_call *c)
{
	enum on_exit on = c->step->on_exit;

	if (!c->exited)
		return false;
	return on == EXIT_TOLD || (on == EXIT_CLEAN && c->exit_code == 0);
}

/* The step under way returned rc. */
static int
step_end(struct abi_call *c, int rc, struct err *e)
{
	const struct step *s = c->step;

	c->stepping = false;
	if (rc < 0 && !exited_well(c))
		return s[1].name ? err_wrap(e, "%s", s->name) : -1;
	if (rc < 0)
		*e = (struct err)ERR;
	rc = s->after ? s->after(c, c->args, e) : 0;
	c->exited = false;
	c->step++;
	return rc;
}

static int
step_begin(struct abi_call *c, struct err *e)
{
	const struct step *s = c->step;
	int rc = STEP_SKIP;

	memset(c->args, 0, sizeof(c->args));
	if (instance_has(c->in, s->name, s->type))
		rc = s->before ? s->before(c, c->args, e) : STEP_GO;
	if (rc == STEP_SKIP)
		c->step++;
	if (rc != STEP_GO)
		return rc < 0 ? -1 : 0;
	c->stepping = true;
	return instance_call(c->in, s->name, c->args, s->nargs, e);
}

/* Go on after something returned rc. */
static int
drive(struct abi_call *c, int rc, struct err *e)
{
	while (rc != ENGINE_LATER && rc != ENGINE_TURN) {
		if (c->stepping)
			rc = step_end(c, rc, e);
		if (rc < 0 || !c->step->name)
			return end(c, rc, e);
		rc = step_begin(c, e);
	}
	return rc;
}

/* ---- the beginning ---- */

static int
not_a_function(struct err *e)
{
	CLEANUP(buf_free) struct buf needs = BUF(2000);

	way_needs(&needs);
	(void)err_set(e, ERR_INPUT, "is not a function: it does not export %s",
	    buf_cstr(&needs));
	return err_hint(e, "`subo inspect`, which tells what it exports");
}

static struct abi_call *
new_call(const struct code *code, const struct engine_limits *lim,
    const struct abi_host *host, const struct abi_input *in,
    struct abi_result *res)
{
	struct abi_call *c = mem_take(sizeof(*c));
	uint64_t output_max =
	    host->output_bytes ? host->output_bytes : OUTPUT_DEFAULT;

	c->magic = CALL_MAGIC;
	c->code = code;
	c->host = *host;
	c->input = *in;
	c->res = res;
	c->output_max = output_max;
	c->start_ns = os_now_ns();
	c->deadline_ms = lim->deadline_ms;
	if (lim->deadline_ms != 0)
		c->deadline_ns =
		    c->start_ns + lim->deadline_ms * UINT64_C(1000000);
	c->q.a.max = NAME_MAX_BYTES;
	c->q.b.max = c->pending.max = c->aside.max = SLOT_MAX_BYTES;
	c->kept_key.max = NAME_MAX_BYTES + SLOT_MAX_BYTES + 64;
	c->text.max = LOG_MAX_BYTES;
	c->ignored.max = NAME_MAX_BYTES;
	c->lines[0].max = c->lines[1].max = LINE_MAX_BYTES;
	new_idents(c);
	memset(res, 0, offsetof(struct abi_result, frames));
	res->output.max = output_max;
	res->message.max = MESSAGE_MAX;
	return c;
}

int
abi_start(struct abi_call **out, const struct code *code,
    const struct engine_limits *lim, const struct abi_host *host,
    const struct abi_input *in, struct abi_result *res, struct err *e)
{
	struct abi_call *c = new_call(code, lim, host, in, res);

	*out = c;
	c->way = way_find(code);
	if (!c->way)
		return end(c, not_a_function(e), e);
	c->step = c->way->steps;
	return drive(c, instance_start(&c->in, code, lim, c, e), e);
}

int
abi_resume(struct abi_call *c, struct err *e)
{
	assert(c->magic == CALL_MAGIC && !c->over);
	if (c->q.waiting)
		return ENGINE_LATER;
	return drive(c, instance_resume(c->in, c->args, e), e);
}

void
abi_end(struct abi_call **pc)
{
	struct abi_call *c = *pc;

	if (!c)
		return;
	if (!c->over)
		finish(c, 0);
	buf_free(&c->q.a);
	buf_free(&c->q.b);
	buf_free(&c->pending);
	buf_free(&c->aside);
	buf_free(&c->kept_key);
	buf_free(&c->ignored);
	buf_free(&c->text);
	buf_free(&c->lines[0]);
	buf_free(&c->lines[1]);
	arena_free(&c->var_arena);
	arena_free(&c->arena);
	mem_free(c->own);
	c->magic = 0;
	mem_free(c);
	*pc = NULL;
}

int
abi_call(const struct code *code, const struct engine_limits *lim,
    const struct abi_host *host, struct str input, struct abi_result *res,
    struct err *e)
{
	CLEANUP(abi_end) struct abi_call *c = NULL;
	struct abi_input in = { .body = input };
	int rc = abi_start(&c, code, lim, host, &in, res, e);

	while (rc == ENGINE_TURN)
		rc = abi_resume(c, e);
	assert(rc != ENGINE_LATER);
	return rc;
}

void
abi_result_dispose(struct abi_result *res)
{
	buf_free(&res->output);
	buf_free(&res->message);
}

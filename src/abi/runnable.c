/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call: a fresh instance, its initialisers, the input, run_e, the result.
 */
#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "abi/call.h"
#include "os/os.h"

#define OUTPUT_DEFAULT (8u << 20)
#define RUN_TYPE "(i32, i32, i32) -> ()"

/* Unlike any other call's, so that what one learned is no use in the next. */
static int32_t
new_ident(void)
{
	uint32_t v;

	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != sizeof(v))
		v = (uint32_t)(os_now_ns() * UINT64_C(0x9e3779b97f4a7c15) >>
		    32);
	return (int32_t)(v & INT32_MAX);
}

/* ---- initialisers ---- */

/* A clean proc_exit in an initialiser is its way of returning. */
static int
initialise(struct instance *in, struct call *c, const char *name, struct err *e)
{
	int64_t args[1] = { 0 };
	struct err why = ERR;

	if (!instance_has(in, name, "() -> ()"))
		return 0;
	if (instance_call(in, name, args, 0, &why) == 0)
		return 0;
	if (c->exited && c->exit_code == 0) {
		c->exited = false;
		return 0;
	}
	*e = why;
	return err_wrap(e, "%s", name);
}

/* _initialize makes a library ready and _start a program; a module has one of
 * them.  init is where the Rust SDK registers the function. */
static int
initialise_all(struct instance *in, struct call *c, struct err *e)
{
	const char *first = "_start";

	if (instance_has(in, "_initialize", "() -> ()"))
		first = "_initialize";
	if (initialise(in, c, first, e) < 0)
		return -1;
	return initialise(in, c, "init", e);
}

/* ---- the call itself ---- */

static int
check_exports(struct instance *in, struct err *e)
{
	if (instance_has(in, "run_e", RUN_TYPE) &&
	    instance_has(in, "allocate", "(i32) -> i32"))
		return 0;
	(void)err_set(e, ERR_INPUT,
	    "is not a function: it does not export run_e " RUN_TYPE
	    " and allocate (i32) -> i32");
	return err_hint(e, "`subo inspect`, which tells what it exports");
}

static int
hand_over(struct instance *in, struct str input, int64_t *ptr, struct err *e)
{
	int64_t args[1] = { (int64_t)input.n };
	char *p;

	if (input.n > INT32_MAX)
		return err_set(e, ERR_LIMIT,
		    "the input has %zu bytes, more than a function can take",
		    input.n);
	if (instance_call(in, "allocate", args, 1, e) < 0)
		return err_wrap(e, "allocate");
	*ptr = args[0];
	if (input.n == 0)
		return 0;
	p = instance_memory(in, (uint32_t)args[0], (uint32_t)input.n);
	if (!p)
		return err_set(e, ERR_GUEST,
		    "allocate: handed back memory outside of its own: "
		    "%zu bytes at 0x%08x",
		    input.n, (unsigned)args[0]);
	memcpy(p, input.p, input.n);
	return 0;
}

static int
run(struct instance *in, struct call *c, struct str input, struct err *e)
{
	int64_t ptr = 0, args[3];
	struct err why = ERR;

	if (check_exports(in, e) < 0 || initialise_all(in, c, e) < 0 ||
	    hand_over(in, input, &ptr, e) < 0)
		return -1;
	args[0] = ptr;
	args[1] = (int64_t)input.n;
	args[2] = c->ident;
	/*
	 * deallocate is not called: the instance ends here, memory and all,
	 * and SDKs whose run_e frees its input would free it twice.
	 */
	if (instance_call(in, "run_e", args, 3, &why) == 0)
		return 0;
	if (c->exited && c->exit_code == 0)
		return 0;
	*e = why;
	return -1;
}

/* ---- before and after ---- */

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

static void
settle(struct instance *in, int rc, struct abi_result *res)
{
	res->fuel = instance_fuel_used(in);
	res->memory_bytes = instance_memory_bytes(in);
	if (rc < 0)
		keep_frames(in, res);
}

static void
call_dispose(struct call *c)
{
	buf_free(&c->pending);
	buf_free(&c->lines[0]);
	buf_free(&c->lines[1]);
	arena_free(&c->var_arena);
}

static void
begin(struct call *c, const struct engine_limits *lim, uint64_t now_ns)
{
	*c->res = (struct abi_result){ .output = BUF(c->output_max),
		.message = BUF(MESSAGE_MAX) };
	c->deadline_ms = lim->deadline_ms;
	if (lim->deadline_ms != 0)
		c->deadline_ns = now_ns + lim->deadline_ms * UINT64_C(1000000);
}

/* An error the function returned says more than how it ended after that;
 * a passed limit is our own finding, and stands. */
static bool
says_enough(const struct abi_result *res, const struct err *e)
{
	return res->has_error && e->kind == ERR_GUEST;
}

int
abi_call(const struct code *code, const struct engine_limits *lim,
    const struct abi_host *host, struct str input, struct abi_result *res,
    struct err *e)
{
	CLEANUP(instance_free) struct instance *in = NULL;
	CLEANUP(call_dispose)
	struct call c = {
		.magic = CALL_MAGIC,
		.host = host,
		.res = res,
		.output_max =
		    host->output_bytes ? host->output_bytes : OUTPUT_DEFAULT,
		.ident = new_ident(),
		.pending = BUF(SLOT_MAX_BYTES),
		.lines = { BUF(LINE_MAX_BYTES), BUF(LINE_MAX_BYTES) },
	};
	uint64_t start_ns = os_now_ns();
	int rc;

	begin(&c, lim, start_ns);
	rc = instance_start(&in, code, lim, &c, e);
	if (rc == 0)
		rc = run(in, &c, input, e);
	if (in)
		settle(in, rc, res);
	call_flush(&c);
	res->wall_ns = os_now_ns() - start_ns;
	if (rc < 0 && says_enough(res, e)) {
		e->kind = ERR_NONE;
		return 0;
	}
	return rc;
}

void
abi_result_dispose(struct abi_result *res)
{
	buf_free(&res->output);
	buf_free(&res->message);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a call's end means for the sequence: a value, an error, a stop. */

#include "flow/outcome.h"
#include "module/module.h"
#include "tree/tree.h"

/*
 * Did the function return an error?  One that traps after it did (a panic on
 * the way out) still said what it had to say.  Code 0 without a text is how
 * some SDKs say "no error".
 */
static bool
returned(const struct flow_done *d)
{
	if (!d->res.has_error || (d->rc < 0 && d->err.kind != ERR_GUEST))
		return false;
	return d->res.code != 0 || d->res.message.n > 0;
}

static enum on_err
action(const struct on_err_rule *rule, int32_t code)
{
	for (size_t i = 0; i < rule->ncodes; i++)
		if (rule->codes[i].code == code)
			return rule->codes[i].action;
	if (rule->has_other)
		return rule->other;
	if (rule->has_any)
		return rule->any;
	return ON_ERR_RETURN;
}

static void
error_json(struct buf *out, const char *key, int32_t code, struct str message)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = tree_map(a);

	tree_put_int(a, t, key, code);
	tree_put_text(a, t, "message", message);
	tree_print_json(out, t, 0);
}

static void
fail(struct flow_result *res, const struct flow_done *d, int status,
    struct str message)
{
	res->failed = true;
	res->failed_fn = arena_copy(res->arena, d->call->fn);
	res->status = status;
	res->content_type = STR("application/json");
	buf_clear(&res->body);
	error_json(&res->body, "status", status, message);
}

static void
fail_returned(struct flow_result *res, const struct flow_done *d)
{
	int32_t code = d->res.code;

	res->returned = true;
	res->code = code;
	res->message = arena_copy(res->arena, buf_str(&d->res.message));
	err_set(&res->error, ERR_GUEST,
	    "function '" STR_F "' returned error %d: " STR_F,
	    STR_A(d->call->fn), (int)code, STR_A(res->message));
	fail(res, d, code >= 200 && code <= 599 ? code : 500, res->message);
}

/* "inner (src/lib.rs:12)", "function 12 at 0x34" */
static void
add_frame(struct buf *out, const struct abi_frame *f, const struct module *m)
{
	CLEANUP(buf_free) struct buf file = BUF(4096);
	unsigned line;

	if (f->func[0])
		buf_show(out, str_of(f->func), false);
	else
		buf_addf(out, "function %u", (unsigned)f->func_index);
	if (m && module_source_line(m, f->offset, &file, &line)) {
		buf_addf(out, " (");
		buf_show(out, buf_str(&file), false);
		buf_addf(out, ":%u)", line);
	} else if (!f->func[0]) {
		buf_addf(out, " at 0x%zx", f->offset);
	}
}

static void
add_trace(struct flow_result *res, const struct flow_done *d, struct str wasm)
{
	CLEANUP(buf_free) struct buf trace = BUF(16384);
	CLEANUP(module_free) struct module *m = NULL;
	struct err ignored = ERR;
	struct str first, rest;

	if (d->res.nframes == 0)
		return;
	if (module_read(&m, wasm, &ignored) < 0)
		m = NULL;
	for (size_t i = 0; i < d->res.nframes; i++) {
		if (i > 0)
			buf_addc(&trace, '\n');
		add_frame(&trace, &d->res.frames[i], m);
	}
	res->trace = rest = arena_copy(res->arena, buf_str(&trace));
	str_cut(&rest, '\n', &first);
	err_set(&res->error, res->error.kind, "%s, in " STR_F,
	    arena_cstr(res->arena, str_of(res->error.text)), STR_A(first));
}

/* The client gets no internals: they are in res->error for who may see. */
static void
fail_broken(struct flow_result *res, const struct flow_done *d, struct str wasm)
{
	bool limit = d->err.kind == ERR_LIMIT;

	res->error = d->err;
	if (d->err.kind == ERR_GUEST || limit) {
		err_wrap(&res->error, "function '" STR_F "' %s",
		    STR_A(d->call->fn), limit ? "passed a limit" : "trapped");
		add_trace(res, d, wasm);
	}
	fail(res, d, 500,
	    limit ? STR("a function passed a limit")
		  : STR("a function failed"));
}

void
flow_note_step(struct flow_result *res, const struct flow_done *d, size_t index)
{
	bool erred = returned(d);

	res->steps[res->nsteps++] = (struct flow_step){
		.fn = arena_copy(res->arena, d->call->fn),
		.key = arena_copy(res->arena, d->call->key),
		.index = index,
		.failed = erred || d->rc < 0,
		.code = erred ? d->res.code : 0,
		.fuel = d->res.fuel,
		.wall_ns = d->res.wall_ns,
		.memory_bytes = d->res.memory_bytes,
	};
	res->fuel += d->res.fuel;
}

bool
flow_settle(struct flow_result *res, struct request *r,
    const struct flow_done *d, struct str wasm)
{
	CLEANUP(buf_free) struct buf json = BUF(FLOW_MAX_BODY);

	if (returned(d)) {
		if (action(&d->call->on_err, d->res.code) == ON_ERR_RETURN) {
			if (!res->failed)
				fail_returned(res, d);
			return false;
		}
		error_json(
		    &json, "code", d->res.code, buf_str(&d->res.message));
		request_set_state(r, d->call->key, buf_str(&json));
		return true;
	}
	if (d->rc < 0) {
		if (!res->failed)
			fail_broken(res, d, wasm);
		return false;
	}
	request_set_state(r, d->call->key, buf_str(&d->res.output));
	return true;
}

struct str
flow_content_type(struct flow_result *res, const struct request *r)
{
	struct str name, value;

	for (size_t i = request_nheaders(r); i > 0; i--) {
		request_header_at(r, i - 1, &name, &value);
		if (str_ieq(name, STR("content-type")))
			return arena_copy(res->arena, value);
	}
	return STR("application/octet-stream");
}

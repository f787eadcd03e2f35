/* SPDX-License-Identifier: Apache-2.0 */
/* What a call's end means for the sequence: a value, an error, a stop. */

#include "flow/outcome.h"
#include "module/module.h"
#include "tree/tree.h"

#define MESSAGE_MAX (64u << 10)

/* ---- failures ---- */

struct failure *
failure_new(struct str fn)
{
	struct failure *why = mem_take(sizeof(*why));

	why->fn.max = why->message.max = MESSAGE_MAX;
	why->trace.max = 16384;
	buf_add(&why->fn, fn);
	return why;
}

void
failure_free(struct failure **pwhy)
{
	struct failure *why = *pwhy;

	*pwhy = NULL;
	if (!why)
		return;
	buf_free(&why->fn);
	buf_free(&why->message);
	buf_free(&why->trace);
	mem_free(why);
}

struct failure *
failure_returned(struct str fn, int32_t code, const char *message)
{
	struct failure *why = failure_new(fn);

	why->returned = true;
	why->code = code;
	buf_add(&why->message, str_of(message));
	err_set(&why->err, ERR_LIMIT, "%s" STR_F "%s%s",
	    fn.n > 0 ? "step '" : "", STR_A(fn), fn.n > 0 ? "' " : "", message);
	return why;
}

struct failure *
failure_late(struct str fn, uint64_t hit_ns, const char *text)
{
	struct failure *why = failure_new(fn);

	why->late = true;
	why->hit_ns = hit_ns;
	err_set(&why->err, ERR_LIMIT, "function '" STR_F "' passed a limit: %s",
	    STR_A(fn), text);
	return why;
}

static void
add_unit(struct buf *out, uint64_t *ns, uint64_t unit_ns, const char *name)
{
	if (*ns >= unit_ns)
		buf_addf(
		    out, "%llu%s", (unsigned long long)(*ns / unit_ns), name);
	*ns %= unit_ns;
}

struct failure *
failure_timeout(struct str fn, uint64_t timeout_ns)
{
	CLEANUP(buf_free) struct buf text = BUF(100);

	buf_addf(&text, "timed out after ");
	add_unit(&text, &timeout_ns, UINT64_C(3600000000000), "h");
	add_unit(&text, &timeout_ns, UINT64_C(60000000000), "m");
	add_unit(&text, &timeout_ns, UINT64_C(1000000000), "s");
	add_unit(&text, &timeout_ns, UINT64_C(1000000), "ms");
	return failure_returned(fn, CODE_TIMEOUT, buf_cstr(&text));
}

/* ---- outcomes ---- */

/*
 * Did the function return an error?  One that traps after it did (a panic on
 * the way out) still said what it had to say.  Code 0 without a text is how
 * some SDKs say "no error".
 */
static bool
returned(int rc, const struct err *e, const struct abi_result *res)
{
	if (!res->has_error || (rc < 0 && e->kind != ERR_GUEST))
		return false;
	return res->code != 0 || res->message.n > 0;
}

static struct failure *
said_so(struct str fn, const struct abi_result *res)
{
	struct failure *why = failure_new(fn);
	struct str message = buf_str(&res->message);

	why->returned = true;
	why->code = res->code;
	buf_add(&why->message, message);
	err_set(&why->err, ERR_GUEST,
	    "function '" STR_F "' returned error %d: " STR_F, STR_A(fn),
	    (int)res->code, STR_A(message));
	return why;
}

void
outcome_of(struct outcome *o, struct str fn, int rc, const struct err *e,
    struct abi_result *res)
{
	o->fuel = res->fuel;
	o->memory_bytes = res->memory_bytes;
	if (returned(rc, e, res)) {
		o->why = said_so(fn, res);
	} else if (rc < 0) {
		o->why = failure_new(fn);
		o->why->err = *e;
		if (e->kind == ERR_GUEST || e->kind == ERR_LIMIT)
			err_wrap(&o->why->err, "function '" STR_F "' %s",
			    STR_A(fn),
			    e->kind == ERR_LIMIT ? "passed a limit"
						 : "trapped");
	} else {
		o->output = res->output;
		res->output = (struct buf){ 0 };
	}
}

void
outcome_clear(struct outcome *o)
{
	failure_free(&o->why);
	buf_free(&o->output);
	*o = (struct outcome){ 0 };
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

void
failure_trace(
    struct failure *why, const struct abi_result *res, struct str wasm)
{
	CLEANUP(module_free) struct module *m = NULL;
	struct err ignored = ERR;
	char text[sizeof(why->err.text)];
	struct str first, rest;

	if (res->nframes == 0 ||
	    (why->err.kind != ERR_GUEST && why->err.kind != ERR_LIMIT))
		return;
	if (module_read(&m, wasm, &ignored) < 0)
		m = NULL;
	for (size_t i = 0; i < res->nframes; i++) {
		if (i > 0)
			buf_addc(&why->trace, '\n');
		add_frame(&why->trace, &res->frames[i], m);
	}
	rest = buf_str(&why->trace);
	str_cut(&rest, '\n', &first);
	memcpy(text, why->err.text, sizeof(text));
	err_set(&why->err, why->err.kind, "%s, in " STR_F, text, STR_A(first));
}

/* ---- what follows ---- */

enum on_err
failure_action(const struct on_err_rule *rule, const struct failure *why)
{
	if (!why->returned)
		return ON_ERR_RETURN;
	for (size_t i = 0; i < rule->ncodes; i++)
		if (rule->codes[i].code == why->code)
			return rule->codes[i].action;
	if (rule->has_other)
		return rule->other;
	if (rule->has_any)
		return rule->any;
	return ON_ERR_RETURN;
}

/* What was late has no time for more; and what could not even begin will not
 * be able to the next time. */
bool
failure_retries(const struct retry *r, const struct failure *why)
{
	if (why->late)
		return false;
	if (!why->returned) {
		if (why->err.kind != ERR_GUEST && why->err.kind != ERR_LIMIT)
			return false;
		return r->any || r->on_trap;
	}
	if (r->any || (why->code == CODE_TIMEOUT && r->on_timeout) ||
	    (r->on_error && why->err.kind == ERR_GUEST))
		return true;
	for (size_t i = 0; i < r->non_codes; i++)
		if (r->on_codes[i] == why->code)
			return true;
	return false;
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

void
failure_json(struct buf *out, const struct failure *why)
{
	error_json(out, "code", why->code, buf_str(&why->message));
}

/* The client gets no internals: they are in res->error for who may see. */
void
result_fail(struct flow_result *res, const struct failure *why)
{
	struct str message;

	size_t at;

	res->failed = true;
	res->error = why->err;
	res->timed_out = why->late ||
	    (why->returned && why->code == CODE_TIMEOUT &&
		why->err.kind == ERR_LIMIT) ||
	    str_find(str_of(why->err.text), STR("ran longer than "), &at);
	res->no_room = why->err.kind == ERR_LIMIT &&
	    str_find(str_of(why->err.text), STR(" functions run already"), &at);
	res->failed_fn = arena_copy(res->arena, buf_str(&why->fn));
	res->trace = arena_copy(res->arena, buf_str(&why->trace));
	res->returned = why->returned;
	res->status = 500;
	if (why->returned) {
		res->code = why->code;
		message = arena_copy(res->arena, buf_str(&why->message));
		res->message = message;
		if (why->code >= 200 && why->code <= 599)
			res->status = why->code;
	} else if (why->err.kind == ERR_LIMIT) {
		message = STR("a function passed a limit");
	} else {
		message = STR("a function failed");
	}
	res->content_type = STR("application/json");
	buf_clear(&res->body);
	error_json(&res->body, "status", res->status, message);
}

struct str
result_content_type(struct flow_result *res, const struct request *r)
{
	struct str name, value;

	for (size_t i = request_nheaders(r); i > 0; i--) {
		request_header_at(r, i - 1, &name, &value);
		if (str_ieq(name, STR("content-type")))
			return arena_copy(res->arena, value);
	}
	return STR("application/octet-stream");
}

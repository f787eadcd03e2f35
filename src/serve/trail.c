/* SPDX-License-Identifier: Apache-2.0 */
/* Runs on their way into the trace. */
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "serve/parts.h"

/* A step that was skipped has no number of flow's. */
#define SKIPPED (1u << 31)

struct str
trail_place(char out[16], char kind, size_t index)
{
	int n = snprintf(out, 16, "%c%zu", kind, index);

	return (struct str){ out, (size_t)n };
}

/* ---- hooks ---- */

static void
step_begin(struct trace_run *run, const struct flow_step *s, unsigned id,
    struct str input)
{
	const struct trace_step t = { .id = id,
		.fn = s->fn,
		.key = s->key,
		.index = s->index,
		.call = s->call,
		.depth = s->depth,
		.attempt = s->attempt,
		.start_ns = s->start_ns ? s->start_ns : os_now_ns(),
		.input = input };

	trace_step_begin(run, &t);
}

static void
on_begin(void *arg, const struct flow_step *s, struct str input)
{
	const struct course *c = arg;

	step_begin(c->run, s, s->id, input);
}

static void
on_end(void *arg, const struct flow_step *s, struct str output,
    const struct err *why, struct str trace)
{
	struct course *c = arg;
	struct trace_step_end t = { .id = s->id,
		.end_ns = s->start_ns ? s->start_ns + s->wall_ns : os_now_ns(),
		.fuel = s->fuel,
		.memory_bytes = s->memory_bytes,
		.skipped = s->skipped,
		.failed = s->failed,
		.code = s->code,
		.error = why ? str_of(why->text) : STR(""),
		.trace = trace,
		.output = output };

	if (s->id == 0) {
		t.id = SKIPPED | ++c->nskipped;
		step_begin(c->run, s, t.id, STR(""));
	}
	trace_step_end(c->run, &t);
}

static struct str
kind_of(enum abi_what what)
{
	if (what == ABI_DB)
		return STR("db");
	return what == ABI_GRAPHQL ? STR("graphql") : STR("http");
}

void
trail_outbound(void *serve, const struct host_call *c, const struct outbound *o,
    uint64_t start_ns, int status, struct str answer, struct str error)
{
	const struct trace_call t = { .step = c->step,
		.what = kind_of(o->what),
		.method = o->method,
		.url = o->what == ABI_DB ? o->query : o->url,
		.body = o->body,
		.start_ns = start_ns,
		.end_ns = os_now_ns(),
		.status = status,
		.error = error,
		.answer_bytes = answer.n };

	(void)serve;
	if (c->request)
		trace_call(request_tag(c->request), &t);
}

/* ---- beginning ---- */

struct texts {
	struct pair_text *v;
	size_t n;
};

static void
from_pairs(struct texts *t, const struct pair *v, size_t n)
{
	t->v = mem_take((n + 1) * sizeof(*t->v));
	for (t->n = 0; t->n < n; t->n++)
		t->v[t->n] = (struct pair_text){ v[t->n].key, v[t->n].value };
}

static void
from_exchange(struct texts *t, const struct http_exchange *x)
{
	size_t n = http_nheaders(x);
	struct http_field f;

	t->v = mem_take((n + 1) * sizeof(*t->v));
	for (t->n = 0; t->n < n; t->n++) {
		http_header_at(x, t->n, &f);
		t->v[t->n] = (struct pair_text){ f.name, f.value };
	}
}

void
trail_begin(struct course *c, const struct trail_of *t)
{
	struct texts headers, params, state;
	char text[56];
	struct trace_begin b = { .kind = t->kind,
		.id = t->id,
		.app = t->app->d->identifier,
		.digest = str_from(str_of(t->app->digest), strlen("sha256:")),
		.flow = t->flow,
		.name = t->name,
		.method = t->method,
		.url = t->url,
		.peer = t->peer,
		.body = request_body(c->r),
		.context = &c->context,
		.rerun_of = t->rerun_of };

	trace_context_take(&c->context, t->traceparent);
	from_pairs(&params, t->params, t->nparams);
	from_pairs(&state, t->state, t->nstate);
	if (t->x)
		from_exchange(&headers, t->x);
	else
		from_pairs(&headers, t->headers, t->nheaders);
	b.headers = headers.v;
	b.nheaders = headers.n;
	b.params = params.v;
	b.nparams = params.n;
	b.state = state.v;
	b.nstate = state.n;
	c->run = trace_begin(t->app->s->opt.trace, t->loop, &b);
	mem_free(headers.v);
	mem_free(params.v);
	mem_free(state.v);
	c->nskipped = 0;
	c->hooks = (struct flow_hooks){ c, on_begin, on_end };
	c->opt.hooks = &c->hooks;
	request_set_tag(c->r, c->run);
	/* A function that asks others can tell them whose child they are. */
	if (t->traceparent.n == 0) {
		trace_context_text(&c->context, text);
		request_add_header(c->r, STR("traceparent"), str_of(text));
	}
}

/* ---- end ---- */

static void
from_request(struct texts *t, const struct request *r, size_t n,
    void (*at)(
	const struct request *r, size_t i, struct str *key, struct str *value))
{
	t->v = mem_take((n + 1) * sizeof(*t->v));
	for (t->n = 0; t->n < n; t->n++)
		at(r, t->n, &t->v[t->n].key, &t->v[t->n].value);
}

void
trail_end(struct course *c, int status)
{
	const struct flow_result *res = &c->res;
	struct trace_end t = { .status = status };
	struct texts headers, state;

	if (!c->run)
		return;
	from_request(&headers, c->r, request_nheaders(c->r), request_header_at);
	from_request(&state, c->r, request_nstate(c->r), request_state_at);
	t.headers = headers.v;
	t.nheaders = headers.n;
	t.state = state.v;
	t.nstate = state.n;
	if (c->flow) {
		t.content_type = res->content_type;
		t.body = c->body;
		t.fuel = res->fuel;
	}
	if (c->flow && res->failed) {
		t.error = str_of(res->error.text);
		t.failed_fn = res->failed_fn;
	}
	request_set_tag(c->r, NULL);
	trace_end(&c->run, &t);
	mem_free(headers.v);
	mem_free(state.v);
}

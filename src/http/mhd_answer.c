/* SPDX-License-Identifier: Apache-2.0 */
/* Answers, as the library wants them. */
#include <assert.h>
#include <string.h>

#include "http/mhd_parts.h"

/* The library wants texts that end in NUL. */
static void
add_field(const struct mhd *m, struct MHD_Response *r, struct http_field f)
{
	char small[512], *p = small;
	size_t n = f.name.n + f.value.n + 2;
	CLEANUP(mem_free_at) char *large = NULL;

	/* It takes no empty value; a blank is the same to who reads it. */
	if (f.value.n == 0)
		f.value = STR(" "), n++;
	if (n > sizeof(small))
		p = large = mem_take(n);
	memcpy(p, f.name.p, f.name.n);
	p[f.name.n] = '\0';
	memcpy(p + f.name.n + 1, f.value.p, f.value.n);
	p[f.name.n + 1 + f.value.n] = '\0';
	(void)m->add_response_header(r, p, p + f.name.n + 1);
}

static struct MHD_Response *
body_of(const struct mhd *m, const struct http_answer *a)
{
	/* It never writes there. */
	void *p = (void *)(uintptr_t)(a->body.n > 0 ? a->body.p : "");

	if (a->end)
		return m->create_response_from_buffer_with_free_callback_cls(
		    a->body.n, p, a->end, a->end_arg);
	return m->create_response_from_buffer(a->body.n, p,
	    a->body.n > 0 ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
}

/* Those fields that may be set, if there is room for them. */
static bool
add_fields(struct http_exchange *x, struct MHD_Response *r,
    const struct http_answer *a)
{
	size_t room = x->room, n;

	for (size_t i = 0; i < a->nfields; i++) {
		const struct http_field *f = &a->fields[i];

		if (!http_field_ok(f->name, f->value))
			continue;
		n = f->name.n + f->value.n + 5;
		if (n > room)
			return false;
		room -= n;
		add_field(x->lane->mhd, r, *f);
	}
	return true;
}

/* The library would close without a word. */
static struct MHD_Response *
too_long(struct http_exchange *x, struct MHD_Response *r)
{
	static const struct http_answer sorry = {
		.body = { "the header of the answer is too long\n", 37 }
	};

	x->lane->mhd->destroy_response(r);
	x->status = 500;
	return body_of(x->lane->mhd, &sorry);
}

void
http_answer(struct http_exchange *x, const struct http_answer *a)
{
	const struct mhd *m = x->lane->mhd;
	struct MHD_Response *r;

	assert(!x->answered);
	x->answered = true;
	x->status = a->status >= 200 && a->status <= 599 ? a->status : 500;
	x->last = x->last || a->close ||
	    atomic_load_explicit(&x->lane->http->closing, memory_order_relaxed);
	r = body_of(m, a);
	assert(r); /* only memory can be lacking */
	if (!add_fields(x, r, a))
		r = too_long(x, r);
	if (x->status == 426) /* RFC 9110, 15.5.22 */
		(void)m->add_response_header(r, "Upgrade", "websocket");
	if (x->last)
		(void)m->add_response_header(r, "Connection", "close");
	x->answer = r;
	if (x->phase == PHASE_WAIT)
		exchange_resume(x);
}

void
exchange_resume(struct http_exchange *x)
{
	loop_watch_end(&x->watch);
	x->lane->mhd->resume_connection(x->mc);
	/* It has no means to wake itself; within a turn it looks once more. */
	if (x->tap->running)
		tap_soon(x->tap);
	else
		tap_run(x->tap);
}

void
exchange_gone(struct http_exchange *x)
{
	const struct http_options *o = &x->lane->http->opt;

	assert(x->phase == PHASE_WAIT && !x->answered);
	x->answered = true;
	o->gone(o->arg, x);
	conn_cut(x);
	exchange_resume(x);
}

void
exchange_refuse(struct http_exchange *x, int status)
{
	struct http_field fields[] = {
		{ STR("Content-Type"), STR("text/plain") },
		{ STR("Retry-After"), STR("1") },
	};
	CLEANUP(buf_free) struct buf text = BUF(100);
	struct http_answer a = { .status = status,
		.fields = fields,
		.nfields = status == 503 ? 2 : 1,
		.close = true };

	buf_addf(&text, "%s\n", conn_reason(status));
	a.body = buf_str(&text);
	x->linger = true;
	if (x->room < 100)
		x->room = 100; /* it is ours, and short */
	conn_refused(x, status);
	http_answer(x, &a);
}

/* ---- websockets ---- */

static void
on_upgraded(void *arg, struct MHD_Connection *mc, void *own, const char *extra,
    size_t nextra, MHD_socket fd, struct MHD_UpgradeResponseHandle *upgrade)
{
	struct http_exchange *x = own;

	(void)arg;
	(void)mc;
	x->phase = PHASE_SOCKET;
	x->doomed = true;
	socket_begin(x->socket, fd, (struct str){ extra, nextra }, upgrade);
}

void
exchange_upgrade(
    struct http_exchange *x, struct http_socket *s, const char *accept)
{
	const struct mhd *m = x->lane->mhd;
	struct MHD_Response *r =
	    m->create_response_for_upgrade(on_upgraded, NULL);

	assert(r && !x->answered);
	(void)m->add_response_header(r, "Connection", "Upgrade");
	(void)m->add_response_header(r, "Upgrade", "websocket");
	(void)m->add_response_header(r, "Sec-WebSocket-Accept", accept);
	x->socket = s;
	x->answered = true;
	x->status = 101;
	x->answer = r;
	if (x->phase == PHASE_WAIT)
		exchange_resume(x);
}

void
upgrade_end(struct http_exchange *x, void *upgrade)
{
	(void)x->lane->mhd->upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
	tap_soon(x->tap);
}

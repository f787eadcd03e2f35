/* SPDX-License-Identifier: Apache-2.0 */
/* A session: the loop, the pool of connections, what was said already. */
#include <assert.h>

#include "oci/parts.h"

int
oci_new(struct oci **out, const struct oci_options *options, struct err *e)
{
	const struct oci_world *w = &options->world;
	struct fetch_setup setup = { .ca_file = w->ca_file,
		.ca_dir = w->ca_dir,
		.http_proxy = w->http_proxy,
		.https_proxy = w->https_proxy,
		.all_proxy = w->all_proxy,
		.no_proxy = w->no_proxy,
		.agent = w->agent,
		.parallel = OCI_PARALLEL };
	struct oci *o = mem_take(sizeof(*o));

	o->options = *options;
	o->arena = arena_new();
	*out = o;
	if (loop_new(&o->loop, e) == 0 &&
	    fetch_client_new(&o->client, o->loop, &setup, e) == 0)
		return 0;
	oci_free(out);
	return -1;
}

void
oci_free(struct oci **op)
{
	struct oci *o = *op;

	if (!o)
		return;
	*op = NULL;
	fetch_client_free(&o->client);
	loop_free(&o->loop);
	arena_free(&o->arena);
	mem_free(o->said);
	mem_free(o);
}

uint64_t
oci_requests(const struct oci *o)
{
	return o->nrequests;
}

void
say(struct oci *o, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(2000);
	uint64_t hash;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	hash = str_hash(STR_HASH, buf_str(&text));
	for (size_t i = 0; i < o->nsaid; i++)
		if (o->said[i] == hash)
			return;
	o->said = mem_grow(o->said, o->nsaid, &o->cap_said, sizeof(*o->said));
	o->said[o->nsaid++] = hash;
	if (o->options.note)
		o->options.note(o->options.arg, buf_cstr(&text));
}

int
wait_for(struct oci *o, const bool *over, struct err *e)
{
	/* A loop ends when there is nothing left that could come. */
	for (unsigned idle = 0; !*over; idle++) {
		assert(idle < 1000);
		if (loop_run(o->loop, e) < 0)
			return -1;
	}
	return 0;
}

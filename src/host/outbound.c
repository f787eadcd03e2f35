/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The http, graphql and db capabilities: all that leaves this machine.
 * Whoever runs a function may answer in the outside's place.
 */
#include "host/gate.h"

static const char *
name_of(enum abi_what what)
{
	switch (what) {
	case ABI_FETCH:
		return "fetch_url";
	case ABI_GRAPHQL:
		return "graphql_query";
	default:
		return "db_exec";
	}
}

static int
unavailable(const struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	CLEANUP(buf_free) struct buf line = BUF(200);
	const struct host_hooks *k = &c->host->hooks;

	/* Not where to: an address may hold a secret. */
	buf_addf(&line, "%s: outbound calls are not available in this version",
	    name_of(q->what));
	if (k->log)
		k->log(k->arg, c->fn, 2, buf_str(&line));
	return answer_refuse(
	    out, "outbound calls are not available in this version");
}

ANSWER(answer_outbound)
{
	const struct host_hooks *k = &c->host->hooks;
	int rc = k->outbound ? k->outbound(k->arg, c->fn, q, out) : 0;

	switch (rc) {
	case 1:
		return 0;
	case 2:
		return 1;
	case 0:
		return unavailable(c, q, out);
	default:
		return answer_refuse(out, "outbound call refused");
	}
}

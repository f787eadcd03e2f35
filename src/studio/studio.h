/* SPDX-License-Identifier: Apache-2.0 */
/*
 * studio.h - the page at /_subo/ and the data behind it.
 *
 * One page without outside assets: the graph of flows, the last requests and
 * their paths through it, a waterfall, rerun, save as a test case.  The same
 * data as JSON is what `subo trace` reads, over a unix socket.
 *
 *	GET  /_subo/                      the page
 *	GET  /_subo/api/app               identifier, version, digest, note, tests
 *	GET  /_subo/api/graph             SVG, for inside the page
 *	GET  /_subo/api/runs?after=N&wait=MS&path=&status=&most=  list
 *	GET  /_subo/api/runs/N            one whole
 *	POST /_subo/api/runs/N/rerun      {"step":I,"body":...,"state":{...}}
 *	POST /_subo/api/runs/N/save       {"name":...}: a test case
 *
 * Needs: base, os, diag, tree, directive, bundle, loop, http, trace, graph,
 * flow, serve.
 *
 * Only from this machine: the peer is loopback and Host names it (else a page
 * elsewhere could ask by DNS rebinding), no proxy's header is there, and what
 * changes something needs Content-Type: application/json and no foreign Origin.
 */
#ifndef STUDIO_H
#define STUDIO_H

#include "base/base.h"
#include "serve/serve.h"

struct studio;

struct studio_options {
	struct trace	*trace;
	bool		 page;		/* over TCP too; else only over unix sockets,
					   and only reading */
	const char	*root;		/* project folder, for saved tests; or NULL */
};

int	studio_new(struct studio **out, const struct studio_options *opt,
	    struct err *e) MUST_CHECK;
/* Before it is asked anything: what it shows. */
void	studio_attach(struct studio *st, struct serve *s);
/* Results of the project's tests, shown beside the flows; any thread. */
void	studio_tests(struct studio *st, size_t passed, size_t failed,
	    struct str first_failure);
/* What is wrong right now (a build that failed), shown on top of the page; NULL:
 * nothing any more.  Any thread; copied.  Beside serve_set_note, which tells
 * those who do not look at the page. */
void	studio_note(struct studio *st, const char *text);
/* For serve_options.hook and hook_gone; arg is the studio. */
bool	studio_hook(void *st, struct http_exchange *x);
void	studio_gone(void *st, struct http_exchange *x);
void	studio_free(struct studio **st);	/* after serve_free */

#endif

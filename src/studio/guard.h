/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - who may ask.
 *
 * A browser on this machine would carry to the page what any page elsewhere
 * makes it send: by a name that points here (Host), from another origin, or
 * through a proxy that makes strangers look local.
 */
#ifndef STUDIO_GUARD_H
#define STUDIO_GUARD_H

#include "base/base.h"
#include "http/http.h"

struct guard {
	bool		local, is_unix, tls;
	bool		reads, posts;	/* GET or HEAD; POST */
	bool		proxied;	/* a header that proxies add is there */
	struct str	host, origin, site, content_type;
	bool		has_origin;
};

void	guard_of(struct guard *g, const struct http_exchange *x);
/* ERR_TRUST: not from this machine, not from this page, or not sent as what only
 * a page of the same origin can send without being asked first. */
int	guard_check(const struct guard *g, struct err *e) MUST_CHECK;

#endif

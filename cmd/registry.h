/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - what the commands that speak to a registry have in common.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "cmd.h"
#include "oci/oci.h"

/* Rows for a command's table of options. */
struct registry_opts {
	bool		 insecure_http;
	const char	*ca;
};
#define REGISTRY_OPTS(o) \
	{ "insecure-http", 0, OPT_FLAG, &(o).insecure_http, NULL, \
	    "speak plain http to a registry that is not on this machine", \
	    VALUE_ANY }, \
	{ "ca", 0, OPT_TEXT, &(o).ca, "FILE", \
	    "trust the authorities in FILE too, besides the system's", \
	    VALUE_FILE }

/* A session with what the options and the environment say: proxies, private
 * CAs, docker's configuration.  Notes go to standard error, with --verbose each
 * request too, progress to a terminal.  Texts live in the arena. */
int	registry_open(struct oci **out, const struct registry_opts *o,
	    struct arena *a, struct err *e) MUST_CHECK;
/* The same before it becomes a session, for who wants other options. */
void	registry_options(struct oci_options *out,
	    const struct registry_opts *o, struct arena *a);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - URL[@ref][#folder] taken apart. */
#ifndef TEMPLATE_ADDRESS_H
#define TEMPLATE_ADDRESS_H

#include "base/base.h"

enum address_kind {
	ADDRESS_FOLDER,		/* a path: read where it is */
	ADDRESS_FILE,		/* file://: fetched from this machine */
	ADDRESS_HTTPS,
	ADDRESS_SSH,		/* ssh:// or user@host:path */
};

struct address {
	enum address_kind kind;
	char	url[2048];	/* or path; never with a password */
	char	user[256];	/* for https: from the URL, decoded; or "" */
	char	secret[1024];	/* never printed or stored; or "" */
	char	ref[256];	/* "": the default branch */
	char	folder[1024];	/* "": all of it */
};

/*
 * The ref begins at the first '@' of the path that does not begin a part of
 * it, as in "/@scope/x@v1"; of a path on this machine, where a folder ends.
 *
 * ERR_USAGE  not understood or not allowed; the text never has a password
 */
int	address_parse(struct address *a, const char *text, struct err *e)
	    MUST_CHECK;

#endif

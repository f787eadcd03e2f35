/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_easy.h - a transfer as libcurl makes it; private to curl*.c.
 */
#ifndef FETCH_CURL_EASY_H
#define FETCH_CURL_EASY_H

#include "fetch/call.h"
#include "fetch/curl_multi.h"

#define SPARE_HANDLES 64u

/* One for each loop. */
struct client {
	struct multi	 multi;
	const struct libcurl *api;
	CURL		*spare[SPARE_HANDLES];
	size_t		 nspare;
	size_t		 nopen;		/* connections */
	size_t		 nrunning;	/* transfers */
};

struct easy {
	struct client	*client;
	struct transfer	*transfer;
	CURL		*curl;
	struct curl_slist *headers, *connect_to;
	bool		 too_large, bad_framing, has_encoding;
	bool		 unpacks;	/* curl does */
	struct str	 length;	/* of the body, as the answer says; or
					   empty */
	char		 error[CURL_ERROR_SIZE];
};

/* curl's CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION; arg is the easy.
 * They break off what is too large, or says in two ways where it ends. */
size_t	come_body(char *data, size_t one, size_t n, void *arg);
size_t	come_header(char *data, size_t one, size_t n, void *arg);
/* Drop the headers that are no longer true of a body that was unpacked on the
 * way. */
void	come_unpacked(struct transfer *t);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_multi.h - libcurl's multi interface on a loop; private to curl*.c.
 */
#ifndef FETCH_CURL_MULTI_H
#define FETCH_CURL_MULTI_H

#include "fetch/curl_api.h"
#include "loop/loop.h"

/* Its sockets and its timer are attached to the loop. */
struct multi {
	struct loop	*loop;
	const struct libcurl *api;
	CURLM		*curl;
	struct loop_timer *timer;
	bool		 looking;	/* at what has ended */
	/* A transfer is over; of is its CURLOPT_PRIVATE. */
	void		(*finish)(void *of, CURLcode code);
};

/* m stays where it is until multi_end; its easy handles are removed first. */
void	multi_begin(struct multi *m, struct loop *l, const struct libcurl *api,
	    void (*finish)(void *of, CURLcode code));
void	multi_end(struct multi *m);

#endif

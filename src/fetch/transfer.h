/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.h - what a transfer decides without libcurl; private to fetch.
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include "fetch/fetch.h"

/* The proxy for u, or NULL: none is set, u is this machine, or no_proxy names
 * it ("*", "example.com" and all below, ".example.com", "10.0.0.0/8"). */
const char *transfer_proxy(const struct fetch_setup *s,
	    const struct fetch_url *u);
/* Up to n bytes of the body from *at on, which advances.  -1: the file cannot be
 * read, or has become shorter. */
ssize_t	transfer_read(const struct fetch_body *b, uint64_t *at, char *p,
	    size_t n);
uint64_t transfer_body_bytes(const struct fetch_body *b);
/* Does the answer come packed, though nobody asked for that? */
bool	transfer_packed(const struct fetch_header *h, size_t n);

#endif

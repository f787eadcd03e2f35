/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mhd_api.h - libmicrohttpd (0.9.75 or newer), for the mhd*.c files only.
 *
 * It is opened when it is first used: linked to, it and the TLS library that it
 * needs would cost each start of subo several times what all else does.
 */
#ifndef HTTP_MHD_API_H
#define HTTP_MHD_API_H

#include <microhttpd.h>

#include "base/base.h"

/* What we call, without "MHD_" in front. */
#define MHD_CALLS(X) X(start_daemon) X(stop_daemon) X(add_connection) \
	    X(run) X(get_timeout) X(get_daemon_info) \
	    X(get_connection_info) X(get_connection_values_n) \
	    X(queue_response) X(suspend_connection) X(resume_connection) \
	    X(create_response_from_buffer) \
	    X(create_response_from_buffer_with_free_callback_cls) \
	    X(create_response_for_upgrade) X(upgrade_action) \
	    X(add_response_header) X(destroy_response)

struct mhd {
#define MHD_MEMBER(name) __typeof__(MHD_##name) *name;
	MHD_CALLS(MHD_MEMBER)
#undef MHD_MEMBER
};

/* ERR_SYSTEM: it is not installed.  Any thread. */
int	mhd_open(const struct mhd **out, struct err *e) MUST_CHECK;

#endif

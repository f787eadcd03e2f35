/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws_api.h - wslay (1.1 or newer), for the ws*.c files only; opened when it is
 * first used.
 */
#ifndef HTTP_WS_API_H
#define HTTP_WS_API_H

#include <wslay/wslay.h>

#include "base/base.h"

/* What we call, without "wslay_event_" in front. */
#define WSLAY_CALLS(X) X(context_server_init) X(context_free) \
	    X(config_set_max_recv_msg_length) X(recv) X(send) X(queue_msg) \
	    X(queue_close) X(set_error) X(want_read) X(want_write) \
	    X(shutdown_read) X(get_close_sent) X(get_queued_msg_length)

struct wslay {
#define WSLAY_MEMBER(name) __typeof__(wslay_event_##name) *name;
	WSLAY_CALLS(WSLAY_MEMBER)
#undef WSLAY_MEMBER
};

/* ERR_SYSTEM: it is not installed.  Any thread. */
int	wslay_open(const struct wslay **out, struct err *e) MUST_CHECK;

#endif

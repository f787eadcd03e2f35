/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_api.h - libpq, for the postgres*.c files only. */
#ifndef STORE_POSTGRES_API_H
#define STORE_POSTGRES_API_H

#include <libpq-fe.h>

#include "base/base.h"

/* What we call, without "PQ" in front. */
#define LIBPQ_CALLS(X) X(cancel) X(clear) X(cmdTuples) \
	    X(connectPoll) X(connectStartParams) X(conninfoFree) \
	    X(conninfoParse) X(consumeInput) X(errorMessage) X(finish) \
	    X(flush) X(fname) X(freeCancel) X(freemem) X(ftype) X(getCancel) \
	    X(getResult) X(getisnull) X(getlength) X(getvalue) X(isBusy) \
	    X(nfields) X(resultErrorField) X(resultStatus) \
	    X(sendPrepare) X(sendQuery) X(sendQueryPrepared) \
	    X(setNoticeProcessor) X(setSingleRowMode) X(setnonblocking) \
	    X(socket) X(status)

struct libpq {
#define LIBPQ_MEMBER(name) __typeof__(PQ##name) *name;
	LIBPQ_CALLS(LIBPQ_MEMBER)
#undef LIBPQ_MEMBER
};

/* Any thread; ERR_SYSTEM: it is not installed. */
int	libpq_open(struct err *e) MUST_CHECK;
const struct libpq *libpq(void);	/* after libpq_open */

#endif

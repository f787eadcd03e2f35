/* SPDX-License-Identifier: Apache-2.0 */
/* mhd_parts.h - what the library calls; private to mhd*.c. */
#ifndef HTTP_MHD_PARTS_H
#define HTTP_MHD_PARTS_H

#include "http/mhd_api.h"
#include "http/parts.h"

/* The request line is there; what it returns comes back as *own. */
void	*mhd_on_target(void *tap, const char *uri, struct MHD_Connection *mc);
/* The header is there, then each part of the body, then all of it; and once
 * more when a connection was resumed. */
enum MHD_Result mhd_on_call(void *tap, struct MHD_Connection *mc,
	    const char *url, const char *method, const char *version,
	    const char *data, size_t *n, void **own);
void	mhd_on_completed(void *tap, struct MHD_Connection *mc, void **own,
	    enum MHD_RequestTerminationCode why);
void	mhd_on_connection(void *tap, struct MHD_Connection *mc, void **own,
	    enum MHD_ConnectionNotificationCode what);

/* It is about to answer one of its connections by itself. */
void	mhd_on_fault(struct tap *t, int status);

#endif

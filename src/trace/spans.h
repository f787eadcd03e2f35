/* SPDX-License-Identifier: Apache-2.0 */
/* spans.h - runs in OpenTelemetry's form; private to trace. */
#ifndef TRACE_SPANS_H
#define TRACE_SPANS_H

#include "trace/parts.h"

/* Add the spans of a run to a list, for scopeSpans. */
void	spans_add(struct tree *list, struct arena *a,
	    const struct trace_run *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* expand.h - {{ .Name }} and its like. */
#ifndef TEMPLATE_EXPAND_H
#define TEMPLATE_EXPAND_H

#include "template/template.h"

/*
 * Add text to out with its variables filled in.  Values are not looked at
 * again.  where names the text in messages ("FILE:LINE:COL: ...").
 *
 * ERR_INPUT  {{ }} names nothing we know, or does not end
 * ERR_LIMIT  over out->max
 */
int	expand(struct buf *out, struct str text, const char *where,
	    const struct template_var *vars, size_t nvars, struct err *e)
	    MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case.h - a recorded run as a test case, subo-test(5).
 *
 * What it was answered is what it must be answered.
 */
#ifndef STUDIO_CASE_H
#define STUDIO_CASE_H

#include "studio/record.h"

#define CASE_NAME_MAX 64u

/* A name for a file: small letters, digits, dashes; never empty. */
void	case_name(struct buf *out, struct str name);
/*
 * Write the file's text.  side is the name of a file beside it for a body that
 * is no text; *has_side: it is to be written.  hint: what a person should know.
 * source: of a message, "server", "nats", "kafka".
 *
 * ERR_LIMIT  not all that came in was kept
 * ERR_INPUT  it is no whole run: one that began in the middle
 */
int	case_write(struct buf *out, const struct record *r, struct str name,
	    const char *side, struct str source, bool *has_side,
	    struct buf *hint, struct err *e) MUST_CHECK;
/* A YAML text in double quotes, whatever it holds; s is UTF-8. */
void	case_text(struct buf *out, struct str s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h - lines of minisign's files; private to sign/. */
#ifndef SIGN_LINES_H
#define SIGN_LINES_H

#include "base/base.h"

#define LINE_UNTRUSTED	"untrusted comment: "
#define LINE_TRUSTED	"trusted comment: "
#define LINE_MAX_UNTRUSTED 1024u	/* bytes, all of it */

/* The next line, which must end in a newline; no CR and no NUL in it. */
bool	lines_next(struct str *line, struct str *text);
/* A first line, without its beginning.  False, with e filled: it is none. */
bool	lines_untrusted(struct str *comment, struct str *text, struct err *e);
/* Printable UTF-8 and tabs? */
bool	lines_printable(struct str s);

#endif

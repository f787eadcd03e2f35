/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what may be a name or a version. */
#ifndef DIRECTIVE_NAMES_H
#define DIRECTIVE_NAMES_H

#include "base/base.h"

/* A function's or namespace's name that existing projects may have: letters
 * of both cases, digits, '-', '_' and '.', not '-' or '.' first. */
bool	name_usable(struct str name);
/* Such names with '/' between them, as E2Core's namespaces. */
bool	spaces_usable(struct str s);
/* Dot-separated parts of letters, digits, '-' and '_'. */
bool	identifier_usable(struct str s);
/* vMAJOR[.MINOR[.PATCH[-PRE][+BUILD]]], as Semantic Versioning 2.0.0 with a
 * 'v' in front; short ones count as the first of their kind. */
bool	version_usable(struct str s);
/* A token of RFC 9110, 5.6.2. */
bool	token_usable(struct str s);

struct fqfn;
struct directive;
/* fqfn_parse for a step of d: up to Atmo 0.2.0 'db#name' was a namespace and
 * name. */
struct fqfn	fqfn_of(const struct directive *d, struct str text);

#endif

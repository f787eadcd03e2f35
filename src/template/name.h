/* SPDX-License-Identifier: Apache-2.0 */
/* name.h - what a file of a template may be called. */
#ifndef TEMPLATE_NAME_H
#define TEMPLATE_NAME_H

#include "base/base.h"

/* What is wrong with one part of a path, or NULL.  Refused are names that
 * leave the folder, that some file system takes for .git, or that a terminal
 * would not show as they are. */
const char *name_fault(struct str name);

/* name_fault for all names of one folder, and that no two of them are one name
 * on machines that fold case.  Orders names.  ERR_INPUT. */
int	names_check(const char **names, size_t n, struct err *e) MUST_CHECK;

#endif

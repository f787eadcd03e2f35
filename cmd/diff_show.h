/* SPDX-License-Identifier: Apache-2.0 */
/* diff_show.h - a comparison, for people and for programs. */
#ifndef DIFF_SHOW_H
#define DIFF_SHOW_H

#include "cmd.h"
#include "project/project.h"

void	diff_show(const struct comparison *c, bool all);
/* failed: what --fail-on found, or NULL. */
void	diff_json(const struct comparison *c, const struct err *failed);

#endif

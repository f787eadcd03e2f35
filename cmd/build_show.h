/* SPDX-License-Identifier: Apache-2.0 */
/* build_show.h - what a build says while it runs, and at its end. */
#ifndef BUILD_SHOW_H
#define BUILD_SHOW_H

#include "cmd.h"
#include "project/project.h"
#include "sign/sign.h"

/* What is known of one function. */
struct build_line {
	const struct project_function *f;
	const char	*outcome;
	uint64_t	 wall_ns;
	const char	*error, *log;
};

/* What the callbacks share; the build calls them one at a time. */
struct build_show {
	struct arena	*arena;
	const struct project *p;
	const struct build_result *res;
	struct build_line *lines;	/* one for each function of p */
	size_t		 done;
	char		 signer[SIGN_ID];	/* the key's number, or "" */
};

/* For build_options: arg is a struct build_show. */
void	build_show_tell(void *arg, enum build_what what,
	    const struct project_function *f, uint64_t wall_ns,
	    struct str log, const struct err *why);
void	build_show_note(void *arg, const char *text);

void	build_show_json(const struct build_show *s, const struct diags *ds,
	    const struct err *e);
void	build_show_summary(const struct build_show *s);

/* SOURCE_DATE_EPOCH, or 0: `subo test` packs the same as `subo build`, or each
 * would undo the other. */
int	build_epoch(int64_t *out, struct err *e) MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* find.h - what a struct project is made of. */
#ifndef FIND_H
#define FIND_H

#include <sys/stat.h>

#include "project/project.h"

#define PROJECT_OURS	".subo"		/* our folder in the root */
#define PROJECT_QUERIES	"Queries.yaml"
#define PROJECT_LINKS	"Connections.yaml"
#define PROJECT_STATIC	"static"
#define PROJECT_MAX_PATH 4096u

/* A file or folder, as project_open saw it. */
struct listed {
	const char	*path;
	struct stat	 st;
};

struct project {
	struct arena *arena;
	char *root;		/* absolute, no link in it */
	char *cwd;		/* to shorten paths in messages */
	struct directive *directive;	/* the file's, or one for those without */
	bool has_directive;
	struct project_function *v;
	size_t n, cap;
	const struct project_function *here;
	/* All that lies in functions' folders and around them, a folder before
	 * what is in it.  Builds begin with it when it is fresh: 0 is not. */
	struct listed *files;
	size_t nfiles, filescap;
	size_t *first;		/* for each function: where its files begin */
	size_t firstcap;
	uint64_t listed_ns;
	struct pins pins;	/* subo.lock */
};

/* True until a second after project_open. */
bool		 project_is_listed(const struct project *p);

extern const struct diag_rule *const rule_twice, *const rule_manifests,
    *const rule_name, *const rule_static_kind, *const rule_static_twice,
    *const rule_queries, *const rule_links, *const rule_not_pinned,
    *const rule_other_pin, *const rule_stray_pin;

/* A path as a user would type it here. */
const char	*project_shown(const struct project *p, const char *path);
/* root/a/b...; the list ends with NULL. */
char		*project_path(const struct project *p, ...)
		    __attribute__((sentinel));
/* "name", or "space::name". */
char		*project_label(struct arena *a, const struct function_info *f);

/* Folders that hold no functions and no sources: outputs and caches. */
bool		 project_skips(const char *folder);
/* Reads Directive.yaml, with Queries.yaml in it, or makes one. */
int		 project_read_directive(struct project *p, struct diags *ds,
		    struct err *e) MUST_CHECK;

#endif

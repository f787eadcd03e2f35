/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - what the files of `subo run` share. */
#ifndef RUN_H
#define RUN_H

#include "abi/abi.h"
#include "bundle/bundle.h"
#include "keys.h"
#include "project/project.h"

#define RUN_MAX_MODULE	(64u << 20)

/* The function to run, and what is around it. */
struct run_target {
	struct arena	*arena;		/* of the texts below */
	struct buf	 file;		/* its module, when that is a file */
	struct bundle	*bundle;	/* or it is in here */
	struct project	*project;	/* where it was found, or NULL */
	struct str	 wasm, name, ns;
	const struct function_info *info;	/* of its app, or NULL */
	const struct directive *directive;	/* of its app, or NULL */
	const char	*static_dir;	/* or NULL: those of the bundle */
	const char	*raw;		/* the module with debug sections, or NULL */
};

/*
 * what is a file ending in .wasm, a folder, or a function's name; NULL is the
 * folder we are in.  With bundle, the name of a function in that file, which has
 * to be signed by whom trust names.
 */
int	run_find(struct run_target *t, const char *what, const char *bundle,
	    const struct trust_opts *trust, struct err *e) MUST_CHECK;
void	run_target_dispose(struct run_target *t);
/* A static file, for host_options.file with the target as arg. */
bool	run_file(void *target, struct str name, struct str *data);

/* A frame's function, and where it is in the source: "src/lib.rs" and the
 * line. */
struct run_place {
	char		 func[200];	/* "" when it has no name */
	char		 file[512];
	unsigned	 line;		/* 0: not known */
};
void	run_places(const struct run_target *t, const struct abi_result *res,
	    struct run_place places[COUNT(((struct abi_result *)0)->frames)]);

/* One run, and all it leaves behind. */
struct run {
	struct run_target target;
	struct arena	*arena;
	struct tree	*logs;		/* with --json */
	struct buf	 input;
	struct abi_result res;
	bool		 ran;		/* res is filled */
	bool		 fuel;		/* and its fuel was counted */
};

/* Call it, and wait for what it waits for; call has no loop yet. */
struct host_call;
int	run_call(struct run *r, const struct code *code,
	    const struct engine_limits *lim, struct host_call *call,
	    struct err *e) MUST_CHECK;

/* A line of log, for host_hooks.log with the run as arg. */
void	run_log(void *arg, const struct host_call *c, int level,
	    struct str text);
/* Say how it ended: print the result, or fill e. */
int	run_tell(struct run *r, int rc, struct err *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - what `subo check` does with each kind of thing. */
#ifndef CHECK_H
#define CHECK_H

#include "bundle/bundle.h"
#include "cmd.h"
#include "project/project.h"

/* What was looked at, for the line that says all is well. */
struct checked {
	struct diags	*ds;
	const char	*what;		/* "Directive.yaml", a file */
	size_t		 handlers, schedules, functions;
	size_t		 unbuilt;	/* functions without a module yet */
	bool		 module;	/* one module and nothing else */
	size_t		 cases;		/* of test files */
};

/*
 * Problems go to c->ds.
 *
 * ERR_INPUT  the file is not at all what it should be
 * others     as they come
 */
int	check_project(struct checked *c, const char *dir, struct err *e)
	    MUST_CHECK;
int	check_directive(struct checked *c, const char *path, struct str text,
	    struct err *e) MUST_CHECK;
int	check_tests(struct checked *c, const char *path, struct err *e)
	    MUST_CHECK;
int	check_manifest(struct checked *c, const char *path, struct str text,
	    struct err *e) MUST_CHECK;
int	check_bundle(struct checked *c, const char *path, struct str bytes,
	    struct err *e) MUST_CHECK;

/* A module that lies at path, called shown in messages. */
int	check_module(struct diags *ds, struct str wasm, const char *path,
	    const char *shown, struct err *e) MUST_CHECK;

/* The last part of a path. */
const char *check_base(const char *path);

#endif

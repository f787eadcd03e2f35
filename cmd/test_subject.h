/* SPDX-License-Identifier: Apache-2.0 */
/* test_subject.h - what `subo test` runs its cases on. */
#ifndef TEST_SUBJECT_H
#define TEST_SUBJECT_H

#include "base/base.h"

struct smoke_module;

struct subject {
	char		 bundle[4096];	/* "": none; then modules */
	const char	*root;		/* test files lie below */
	bool		 release;	/* given: how to build */
	struct smoke_module *modules;
	size_t		 nmodules;
};

/*
 * target: a project's folder, which is built first, or a bundle.  bundle, or
 * NULL, takes the place of what the project builds; no_build takes what is
 * there.  Texts live in the arena.
 */
int	subject_find(struct subject *s, const char *target, const char *bundle,
	    bool no_build, struct arena *a, struct err *e) MUST_CHECK;

#endif

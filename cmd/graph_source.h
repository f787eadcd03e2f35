/* SPDX-License-Identifier: Apache-2.0 */
/* graph_source.h - the Directive that is drawn, wherever it lies. */
#ifndef GRAPH_SOURCE_H
#define GRAPH_SOURCE_H

#include "bundle/bundle.h"
#include "project/project.h"

/* One of the others holds it. */
struct graph_source {
	const struct directive *directive;
	struct project	*project;
	struct bundle	*bundle;
	struct directive *parsed;
};

/*
 * what is a folder, a bundle or a file.  What is wrong with the Directive goes
 * to ds.
 *
 * ERR_FAILED   it is not sound; told already
 * ERR_MISSING  no such file, or a project without a Directive
 */
int	graph_source_open(struct graph_source *s, const char *what,
	    struct diags *ds, struct err *e) MUST_CHECK;
void	graph_source_close(struct graph_source *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - an open bundle, as the files that read it share it. */
#ifndef BUNDLE_INSIDE_H
#define BUNDLE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "bundle/bundle.h"
#include "bundle/unpack.h"
#include "bundle/zip.h"

#define DIRECTIVE_NAME "Directive.yaml"
#define TENANT_NAME "tenant.json"
#define STATIC "static/"
#define WASM ".wasm"

struct entry {
	struct str name, data;
	struct digest digest; /* of a module */
	size_t npacked;
	int64_t epoch_s;	       /* its date */
	bool stray;		       /* a module of no function */
	const struct zip_entry *later; /* data is to be unpacked from it */
	atomic_bool ready;	       /* it was: data can be read */
};

struct bundle {
	struct arena *arena;
	struct digest digest;
	enum bundle_level level;
	struct str signatures;
	struct directive *directive;
	struct unpacked *rooms;
	struct entry *entries;
	size_t n;
	struct entry **sorted;	/* by name */
	struct entry **modules; /* for each function of the Directive */
	/* What is unpacked when it is asked for. */
	struct buf file;
	struct zip_entry *scanned;
	pthread_mutex_t *lock;
};

/* By its name; NULL: there is none. */
struct entry	*inside_find(const struct bundle *b, struct str name);
bool		 inside_is_module(struct str name);
/* The name of a module's entry without ".wasm": a reference to a function. */
struct str	 inside_reference(const struct entry *en);
/* Find the function of each module, and hold it to the digest it should have. */
int		 inside_add_modules(struct bundle *b, struct err *e) MUST_CHECK;
/* The digest that the Directive tells of the function with exactly this
 * module's name.  False: none. */
bool		 inside_said_digest(const struct directive *d,
		    const struct entry *en, struct digest *out);
/* The other direction, and the names: what the canonical form asks of modules
 * beside that. */
int		 inside_demand_modules(const struct bundle *b,
		    struct err *e) MUST_CHECK;

#endif

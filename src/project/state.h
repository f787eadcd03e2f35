/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what earlier builds knew: contents of files, inputs of functions.
 *
 * One text file, .subo/state.  It only ever saves work: a file that is
 * missing, cut or changed is as good as none, and all is built again.
 */
#ifndef STATE_H
#define STATE_H

#include <sys/stat.h>

#include "base/base.h"
#include "sign/sign.h"

/* A file, and what was in it when it looked so. */
struct seen {
	struct str	path;		/* from the root, or absolute */
	uint64_t	nbytes, ino, mtime_ns, ctime_ns;
	uint64_t	checked_ns;	/* when that was read, wall clock */
	struct digest	digest;
};

/* A program and what it said its version is. */
struct version {
	struct str	path, text;
	uint64_t	nbytes, mtime_ns;
};

enum input_kind { INPUT_SOURCE, INPUT_PROGRAM, INPUT_FLAG, INPUT_VARIABLE };

struct input {
	enum input_kind	kind;
	struct str	name, value;
};

/* Sorted by kind and name. */
struct inputs {
	struct input	*v;
	size_t		 n, cap;
};

/* What a build made of which inputs. */
struct made {
	struct str	name;		/* "space::name"; "" is the bundle */
	bool		ok;		/* false: it failed */
	struct str	out;		/* from the root */
	struct digest	digest;		/* of out */
	struct inputs	inputs;
};

struct state {
	struct arena	*arena;
	struct buf	 text;		/* of the file; old things point here */
	const char	*root, *path;
	struct seen	*old, *now;	/* old by path */
	size_t		 nold, oldcap, nnow, nowcap;
	struct version	*versions;
	size_t		 nversions, versionscap;
	struct made	*made;
	size_t		 nmade, madecap;
	size_t		 next_old, next_made; /* asked for in order, mostly */
	bool		 dirty;		/* the file no longer says it all */
	bool		 partial;	/* keep what was not looked at */
};

/* root is borrowed. */
void	state_load(struct state *s, const char *root);
int	state_save(struct state *s, struct err *e) MUST_CHECK;
void	state_free(struct state *s);		/* what is in it */

/*
 * The digest of the file at path, read only when it may have changed.  st is
 * its lstat, or NULL.
 *
 * ERR_MISSING  no such file
 */
int	state_digest(struct state *s, const char *path, const struct stat *st,
	    struct digest *d, struct err *e) MUST_CHECK;
/* We have just written d there. */
void	state_wrote(struct state *s, const char *path,
	    const struct digest *d);
struct str state_relative(const struct state *s, const char *path);

/* NULL: never built. */
struct made *state_made(struct state *s, struct str name);
/* Replaces what was there; the texts are copied. */
void	state_put_made(struct state *s, const struct made *m);

/* Empty when it is not known. */
struct str state_version(const struct state *s, const char *path,
	    const struct stat *st);
void	state_put_version(struct state *s, const char *path,
	    const struct stat *st, const char *version);

/* ---- inputs ---- */

void	inputs_add(struct arena *a, struct inputs *in, enum input_kind kind,
	    struct str name, struct str value);
/* The texts are borrowed: they are in a already, or constant. */
void	inputs_share(struct arena *a, struct inputs *in, enum input_kind kind,
	    struct str name, struct str value);
void	inputs_sort(struct inputs *in);
int	input_cmp(const struct input *a, const struct input *b); /* kind, name */
bool	inputs_eq(const struct inputs *a, const struct inputs *b);

/* state_text.c: the form of the file. */
bool	state_parse(struct state *s);		/* s->text; false: nothing */
void	state_print(const struct state *s, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os.h - files below a directory, atomic replace, processes, clock.
 *
 * Needs: base.  Linux and macOS; no library beyond libc.
 * Threads: everything here may be called from any thread.
 */
#ifndef OS_H
#define OS_H

#include <sys/stat.h>

#include "base/base.h"

/* ---- files ---- */

/*
 * Add all of the file to out.  A directory, device or pipe is refused.
 *
 * ERR_MISSING  no such file
 * ERR_INPUT    not a regular file
 * ERR_LIMIT    longer than out->max
 * ERR_SYSTEM   cannot be read
 */
int	os_read(struct buf *out, const char *path, struct err *e) MUST_CHECK;
/* The same for an open descriptor of any kind, to its end. */
int	os_read_fd(struct buf *out, int fd, const char *name, struct err *e)
	    MUST_CHECK;

/*
 * Make path hold exactly data: written to a temporary beside it, synced,
 * renamed.  After a failure what stood at path still stands.
 */
int	os_replace(const char *path, struct str data, mode_t mode,
	    struct err *e) MUST_CHECK;
/* The same for what can be made again: it is not synced, so that after a
 * power cut what stands at path may be the old file or an empty one. */
int	os_remake(const char *path, struct str data, mode_t mode,
	    struct err *e) MUST_CHECK;
/* os_replace in two halves, for long writes: write to fd, then commit or drop.
 * A struct that was neither is dropped by os_new_file_drop. */
struct os_new_file {
	int	fd;		/* -1 when closed */
	char	*path, *tmp;	/* owned */
};
int	os_new_file_open(struct os_new_file *f, const char *path, mode_t mode,
	    struct err *e) MUST_CHECK;
int	os_new_file_write(struct os_new_file *f, struct str data,
	    struct err *e) MUST_CHECK;
int	os_new_file_commit(struct os_new_file *f, struct err *e) MUST_CHECK;
/* As os_remake: not synced. */
int	os_new_file_place(struct os_new_file *f, struct err *e) MUST_CHECK;
void	os_new_file_drop(struct os_new_file *f);	/* for CLEANUP */

/* Is path the temporary of a file that is written at `of`, or one that was left
 * when its writer was killed? */
bool	os_is_new_file(const char *path, const char *of);

/* Write a file that must not exist yet.  ERR_INPUT: something is there. */
int	os_create(const char *path, struct str data, mode_t mode,
	    struct err *e) MUST_CHECK;

bool	os_exists(const char *path);		/* not following a last symlink */
bool	os_is_dir(const char *path);
int	os_mkdirs(const char *path, mode_t mode, struct err *e) MUST_CHECK;
int	os_remove(const char *path, struct err *e) MUST_CHECK;	/* gone is fine */
/* Remove a directory and all below it; never follows a symlink. */
int	os_remove_tree(const char *path, struct err *e) MUST_CHECK;

/*
 * Call fn for each entry below dir, in byte order of names, directories
 * before what is in them.  path is dir's text, '/', and the rest.  fn returns
 * 0 to go on, 1 not to enter this directory, -1 with e filled to stop.
 * Symlinks are reported (S_ISLNK) and never followed.
 */
#define OS_WALK_DEPTH	32
int	os_walk(const char *dir, int (*fn)(void *arg, const char *path,
	    const struct stat *st, struct err *e), void *arg, struct err *e)
	    MUST_CHECK;
/* The same for large trees.  A folder below dir that holds an entry called
 * except is told but not entered, and of folders st says only what they are
 * (S_ISDIR). */
int	os_walk_except(const char *dir, const char *except,
	    int (*fn)(void *arg, const char *path, const struct stat *st,
	    struct err *e), void *arg, struct err *e) MUST_CHECK;

/* The file name that running `name` would start, found on path_list (a PATH
 * text).  False: none. */
bool	os_find_program(struct buf *out, const char *name,
	    const char *path_list);

/* A folder of ours, made with mode 0700 if missing.  ERR_TRUST: another
 * user owns it or may write to it. */
int	os_private_dir(const char *path, struct err *e) MUST_CHECK;

/* ---- time ---- */

uint64_t os_now_ns(void);		/* monotonic */
int64_t	 os_unix_ms(void);		/* since 1970, UTC */
unsigned os_cores(void);		/* at least 1; cores we may run on */

/* May as many files be open as the machine allows us: the soft limit becomes the
 * hard one.  For servers. */
void	os_most_files(void);

/* ---- interruption ---- */

/* Catch SIGINT, SIGTERM and SIGHUP: os_interrupted then gives the signal,
 * else 0.  A second signal ends the process at once. */
void	os_catch_signals(void);
int	os_interrupted(void);
/* As if sig had come; any thread.  0: as if none had, for what is to be done on
 * the way out. */
void	os_interrupt(int sig);
/* For a server, which ends when it has finished: from now on what comes does
 * not interrupt, each signal (SIGCHLD not among them) is a byte to be read from
 * *fd, which does not block and is the caller's to close.  The second SIGINT or
 * SIGTERM still ends the process at once. */
int	os_signal_fd(int *fd, struct err *e) MUST_CHECK;
/* ERR_SIGNAL with e filled when interrupted, else 0. */
int	os_check_interrupt(struct err *e) MUST_CHECK;

/* ---- processes ---- */

struct os_spawn {
	const char *const *argv;	/* ends with NULL; argv[0] is looked up
					   on the PATH of env, or else ours */
	const char	*cwd;		/* or NULL */
	const char *const *env;		/* "NAME=value", ends with NULL; NULL is
					   our own environment */
	struct str	 input;		/* its standard input */
	struct buf	*out;		/* its standard output */
	struct buf	*err;		/* its standard error; NULL: into out */
	uint32_t	 timeout_ms;	/* 0: none */
	uint64_t	 memory_bytes;	/* address space; 0: no limit */
};

struct os_exit {
	int	code;			/* -1 when a signal ended it */
	int	sig;			/* the signal, or 0 */
	bool	timed_out;
	bool	over;			/* output was cut at out->max */
	uint64_t wall_ns;
};

/*
 * Run a program to its end, in a process group of its own.  No shell.  Output
 * past the buffers' max is read and thrown away.  On a time-out, or when we
 * are interrupted, the group gets SIGTERM and, a second later, SIGKILL; its
 * descendants that left the group are then killed too.
 * A program that ran and failed is not an error: see ex.
 *
 * ERR_MISSING  no such program
 * ERR_SIGNAL   we were interrupted
 * ERR_SYSTEM   cannot be started
 */
int	os_run(const struct os_spawn *s, struct os_exit *ex, struct err *e)
	    MUST_CHECK;

/* ---- libraries ---- */

/* One that is opened when it is first used: linked to, it and what it needs
 * would cost each start several times what all else does. */
struct os_library {
	const char	*file;		/* a soname */
	const char	*package;	/* of Debian, for the hint */
	const char	*purpose;	/* "use git": what cannot be done without */
	const struct os_library_call {
		const char	*name;
		size_t		 at;	/* of its pointer in calls */
	}		*calls;
	size_t		 n;
};

/* Open it, for good, and fill calls, a struct of pointers to functions.
 * ERR_SYSTEM: it is not installed, or lacks one of them. */
int	os_library(const struct os_library *l, void *calls, struct err *e)
	    MUST_CHECK;

/* The file of the running program, for a hidden sub-command of our own. */
int	os_self(struct buf *out, struct err *e) MUST_CHECK;

#endif

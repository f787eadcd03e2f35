/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - a task of a registry on its way; private to oci. */
#ifndef OCI_JOB_H
#define OCI_JOB_H

#include "oci/parts.h"

struct job {
	struct oci_repo	*repo;
	struct oci_task	*task;
	struct ask	*ask;
	struct loop_timer *timer;
	struct arena	*arena;
	char		 digest[OCI_DIGEST_TEXT];
	void		(*moved)(void *arg, int64_t bytes);
	void		(*done)(void *arg, struct job *j, const struct err *why);
	void		*arg;
	/* OCI_FETCH. */
	struct digester	*digester;
	struct hashing	*hashing;	/* on a worker, or NULL */
	uint64_t	 came, hashed;
	bool		 first;		/* piece of this try */
	bool		 whole;		/* nothing more will come */
	bool		 behind;	/* hashed by workers */
	bool		 broken;	/* the file does not give back what it took */
	/* OCI_SEND. */
	struct fetch_body body;
	struct str	 location;
	uint64_t	 went;		/* told as moved, of this try */
	uint64_t	 deadline_ns;
	unsigned	 tries;
	bool		 unmounted;	/* it cannot be had from elsewhere */
	bool		 opening;	/* a session was asked for */
	bool		 leaving;	/* it is wanted no more */
	uint64_t	 chunk_bytes;	/* by PATCH; 0: all in one */
	uint64_t	 kept;		/* what the registry has of it */
};

/* Ask what r says for this job; only one at a time. */
void	job_ask(struct job *j, struct ask_request *r);
/* e ERR_NONE: done.  The job may be gone when this returns. */
void	job_over(struct job *j, const struct err *e);
void	job_fail(struct job *j, const struct fetch_reply *r, const char *what);
void	job_moved(struct job *j, int64_t bytes);
/* What we send has to match what is said to have come.  False: e filled. */
bool	job_same_digest(struct job *j, const struct fetch_reply *r,
	    struct err *e);
/* Of an answer to HEAD, from url. */
bool	job_has_blob(struct job *j, const struct fetch_reply *r,
	    struct str url);

/* hash.c: what has come is hashed beside its coming. */
void	hash_begin(struct job *j);
void	hash_more(struct job *j);
/* All came: check it, and job_over. */
void	hash_end(struct job *j);
/* What was hashed is thrown away, and what a worker is at. */
void	hash_drop(struct job *j);
/* Until no worker looks at anything of the caller's. */
void	hash_wait(struct oci *o);

/* send.c */
void	send_start(struct job *j);
/* It is to be broken off.  True: it waits for the session that it asked for, and
 * is over when it has it. */
bool	send_leaves(struct job *j);

/* abandon.c: what a session holds at the registry is given back. */
/* The session of j, if it has one, is gone on with by nobody. */
void	abandon_later(struct job *j);
/* Close those, now; wait before while more says so.  When we are interrupted too,
 * and not for long. */
void	abandon(struct oci_repo *r, bool (*more)(const void *arg),
	    const void *arg);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* room.h - what the parts of the studio share. */
#ifndef STUDIO_ROOM_H
#define STUDIO_ROOM_H

#include <pthread.h>

#include "studio/page.h"
#include "studio/studio.h"
#include "trace/trace.h"
#include "tree/tree.h"

#define STUDIO_MAX_WAIT_MS	30000u
#define PATH_BYTES		4096u
#define STUDIO_MAX_ANSWER	(256u << 20)	/* bytes of JSON */

struct studio {
	uint32_t	 magic;
	struct trace	*trace;
	struct serve	*serve;
	bool		 on_page;
	struct buf	 root;		/* empty: none */
	char		 session[17];	/* numbers of runs are of this one only */
	struct page	 page;
	pthread_mutex_t	 mutex;		/* of what follows */
	struct buf	 note, first_failure;	/* empty: none */
	bool		 tested;
	size_t		 passed, failed;
};

/* ---- a request ---- */

/* The text of a parameter of the query, decoded; false: it is not there. */
bool	ask_text(struct str query, const char *name, struct buf *out);
/* A number in it, def without one.  ERR_USAGE: it is none, or above max. */
int	ask_number(struct str query, const char *name, uint64_t max,
	    uint64_t def, uint64_t *out, struct err *e) MUST_CHECK;

/* ---- an answer; x is gone then ---- */

void	answer_tree(struct http_exchange *x, int status, const struct tree *t);
/* {"ok": false, "code", "message", "hint"}, with the status that fits. */
void	answer_error(struct http_exchange *x, const struct err *e);
/* {"type": type, "v": 1, "ok": true} to be filled. */
struct tree *answer_new(struct arena *a, const char *type);

/* ---- each of them answers x, now or later ---- */

void	show_page(struct studio *st, struct http_exchange *x);
void	show_app(struct studio *st, struct http_exchange *x);
void	show_graph(struct studio *st, struct http_exchange *x);
void	show_run(struct studio *st, struct http_exchange *x, uint64_t number);
void	list_runs(struct studio *st, struct http_exchange *x, struct str query);
void	rerun(struct studio *st, struct http_exchange *x, uint64_t number);
void	save(struct studio *st, struct http_exchange *x, uint64_t number);

/* One that is answered later; what http_data holds. */
struct pending {
	uint32_t	 magic;
	struct http_exchange *x;	/* NULL: it has gone */
	void		(*gone)(struct pending *p);
};
struct pending *pending_of(void *p);	/* checks it */
#define PENDING_MAGIC	0x50e4d199u

#endif

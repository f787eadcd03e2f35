/* SPDX-License-Identifier: Apache-2.0 */
/* dev_parts.h - what the files of `subo dev` share. */
#ifndef DEV_PARTS_H
#define DEV_PARTS_H

#include <pthread.h>

#include "loop/loop.h"
#include "project/project.h"
#include "serve_parts.h"
#include "studio/studio.h"

struct dev_flags {
	struct serve_flags serve;	/* those that both have */
	bool		 open, no_test, release;
	uint64_t	 jobs;
};

/* What one change led to, on its way through build, swap and tests. */
struct dev_round {
	struct dev	*d;
	struct arena	*arena;
	struct str	 changed;	/* paths, a line each; "": all of it */
	bool		 asked;		/* by a key, or it is the first */
	uint64_t	 begin_ns;
	/* What came out. */
	bool		 failed, swapped, same;
	bool		 mended;	/* the one before had failed */
	uint64_t	 build_ns, swap_ns;
	size_t		 nbuilt;
	struct buf	 built;		/* names of functions, "a, b" */
	char		 digest[DIGEST_HEX];
	const char	*problem;	/* when failed: all of it in one line */
	const char	**outputs;	/* what the build writes, from the root */
	size_t		 noutputs;
	struct tree	*functions, *problems;	/* for --json */
};

/* What the tests said. */
struct dev_cases {
	struct dev	*d;
	size_t		 passed, failed, skipped;
	size_t		 untouched;	/* left out: no function of theirs changed */
	uint64_t	 wall_ns;
	char		 why[300];	/* they could not run; or "" */
	struct buf	 first;		/* the first failure */
};

struct dev {
	const struct dev_flags *flags;
	struct arena	*arena;
	const char	*root;		/* of the project, absolute */
	struct serve_where where;
	struct serve_options options;
	struct serve_options given;	/* without what the Directive said, */
	struct serve_options taken;	/* and with it */
	bool		 told_limits;	/* that they count later; the builder's */
	struct pair	 secrets[OPT_LIST_MAX];
	struct buf	 cache_dir, socket;
	struct engine	*engine;
	struct crew	*crew, *heavy;
	struct trace	*trace;
	struct studio	*studio;
	struct serve	*serve;

	struct loop	*loop;		/* of the main thread: */
	struct loop_files *files;
	struct loop_watch *on_signal, *on_key;
	struct loop_timer *hold;	/* a line that waits for its tests */
	struct fetch_call *asking;
	int		 signals;	/* a descriptor; -1: none */
	int		 ended_by;	/* the signal; 0: a key */
	bool		 ending;

	pthread_t	 builder, tester;
	bool		 building, testing;	/* their threads stand */
	bool		 test_again, again_asked;
	bool		 cases_changed;	/* since they ran last */
	struct dev_tested *tested;	/* what ran last; the tester's */
	struct buf	 pending;	/* paths for the next round */
	bool		 pending_any, pending_asked;
	const char	**outputs;	/* of the last round; in its arena */
	size_t		 noutputs;
	struct arena	*outputs_arena;
	struct buf	 line;		/* of a round whose tests run */

	pthread_mutex_t	 print;		/* who talks has it */
	pthread_mutex_t	 lock;		/* of what follows */
	char		*problem;	/* of the last build; NULL: none */
	char		 digest[DIGEST_HEX];	/* what is served; "": nothing */
	char		 bundle[4096];	/* and where it lies; "" */
	char		 module[200];	/* of a function alone, bundle being its
					   module; else "" */
	bool		 fuel;		/* the tests' engine counts it */
	struct engine	*test_engine;	/* the tester's */
	uint64_t	 second;	/* of the lines that follow; under print */
	unsigned	 nlines, nleft;	/* told and not told in it */
};

/* ---- server (dev_server.c, dev_port.c) ---- */

/* What the command line says of it.  ERR_USAGE. */
int	dev_server_options(struct dev *d, struct err *e) MUST_CHECK;
int	dev_server_begin(struct dev *d, struct err *e) MUST_CHECK;
/* On the port that was asked for, or another if the user agrees. */
int	dev_listen(struct dev *d, struct err *e) MUST_CHECK;
void	dev_server_end(struct dev *d);
/* "http://127.0.0.1:8080" */
void	dev_url(const struct dev *d, struct buf *out);

/* ---- rounds (dev_build.c); the main thread ---- */

/* Build what these paths ("": all) may have changed, now or after the round
 * that runs. */
void	dev_build(struct dev *d, struct str changed, bool asked);
/* Wait for what still runs.  What runs compilers was interrupted before. */
void	dev_build_end(struct dev *d);
/* Put what was built in place of what is served; on the builder's thread. */
int	dev_swap(struct dev_round *r, struct project *p,
	    const struct build_result *res, struct err *e) MUST_CHECK;

/* ---- tests (dev_cases.c); the main thread ---- */

/* Those that run a function which changed since they ran last; asked: all, also
 * when they are not to run by themselves. */
void	dev_test(struct dev *d, bool asked);
void	dev_test_end(struct dev *d);

/* What tests ran on (dev_touch.c). */
struct dev_tested *dev_tested_new(const struct dev *d, const struct bundle *b);
void	dev_tested_free(struct dev_tested **t);
/* Is all but their functions the same? */
bool	dev_tested_alike(const struct dev_tested *a,
	    const struct dev_tested *b);
/* Is f another than before? */
bool	dev_tested_touched(const struct dev_tested *before,
	    const struct dev_tested *now, const struct function_info *f);

/* ---- files (dev_watch.c) ---- */

int	dev_watch(struct dev *d, struct err *e) MUST_CHECK;

/* ---- talking (dev_tell.c, dev_log.c) ---- */

void	dev_talk(struct dev *d);	/* nobody else prints from here */
void	dev_talked(struct dev *d);
void	dev_banner(struct dev *d);
void	dev_tell_round(struct dev *d, const struct dev_round *r);
void	dev_tell_cases(struct dev *d, const struct dev_cases *c);
/* The line that waits for its tests goes out without them. */
void	dev_tell_now(struct dev *d);
void	dev_tell_json(struct dev *d, struct tree *t);	/* a line on stdout */
struct tree *dev_event(struct arena *a, const char *event, bool ok);
void	dev_line(void *dev, struct str line);	/* serve_options.line */

/* ---- keys (dev_terminal.c, dev_keys.c) ---- */

/* Before the engine, whose handlers of signals go before these. */
void	dev_keys_prepare(void);
/* Read keys, when there is a terminal. */
void	dev_keys_begin(struct dev *d);
/* The terminal is as it was. */
void	dev_keys_end(struct dev *d);
/* False: there was no answer. */
bool	dev_ask(const char *question, bool *yes);
void	dev_key(struct dev *d, char c);
void	dev_open_page(struct dev *d);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* serve_parts.h - what the files of `subo serve` share. */
#ifndef SERVE_PARTS_H
#define SERVE_PARTS_H

#include <sys/stat.h>

#include "cmd.h"
#include "keys.h"
#include "registry.h"
#include "serve/serve.h"
#include "ship/ship.h"

/* ---- the command line (serve_options.c) ---- */

#define UNSET_SIZE	UINT64_MAX	/* of a limit that was not given */
#define UNSET_MS	UINT32_MAX

struct serve_flags {
	const char	*what;		/* a bundle, folder or module; NULL: the
					   names bundles have by default */
	const char	*host, *port, *tls_port, *cert, *key;
	const char	*domain, *name;	/* of Atmo */
	uint32_t	 grace_ms;
	const char	*log, *log_level, *log_file;
	bool		 no_schedules, no_watch, wait, trace;
	const char	*socket, *otlp;
	const char	*workers;
	struct opt_list	 secrets;
	const char	*cache;
	struct trust_opts trust;
	struct registry_opts registry;
	struct {
		uint64_t header, fields, body, connections, address, requests,
			 memory, output, log, message;
		uint32_t header_ms, body_ms, idle_ms, write_ms, function_ms,
			 request_ms;
	}		 limit;
};

extern const struct cmd_opt serve_opts[];	/* into serve_given() */
struct serve_flags *serve_given(void);

/*
 * Put into f what variables of Atmo, E2Core and Sat say and no flag did.
 *
 * ERR_USAGE  a value that none could be meant by
 */
int	serve_variables(struct serve_flags *f, struct err *e) MUST_CHECK;

/* Where and how, as numbers. */
struct serve_where {
	uint16_t	 plain, secure;	/* ports; 0: any */
	bool		 has_plain, has_secure;
	struct http_tls	 tls;
	unsigned	 workers;	/* 0: cores */
	enum serve_log	 log;
	int		 log_level;
};
int	serve_where(struct serve_where *w, const struct serve_flags *f,
	    struct err *e) MUST_CHECK;

/* ---- limits (serve_limits.c) ---- */

/* Limits of the command line go into o. */
int	serve_limits_given(struct serve_options *o, const struct serve_flags *f,
	    struct err *e) MUST_CHECK;
/* What is not set becomes so small that `memory` bytes (0: any) hold it; says
 * so. */
void	serve_limits_fit(struct serve_options *o, uint64_t memory);
/* One line for each, for --verbose. */
void	serve_limits_tell(const struct serve_options *o);
/* The memory that our control group may have; 0: no limit. */
uint64_t serve_memory(void);

/* ---- spans (serve_otlp.c) ---- */

/* Where spans go, by --otlp and the variables OTEL_...; texts live in a. */
int	serve_otlp(struct trace_options *to, const struct serve_flags *f,
	    struct arena *a, struct err *e) MUST_CHECK;

/* ---- what is served (serve_find.c, serve_bare.c) ---- */

struct serve_file {
	const char	*path;
	bool		 bare;		/* one module, which answers everything */
	struct stat	 seen;		/* as it was when last read */
	struct stat	 now;		/* as it was when last looked at */
	bool		 gone;		/* told that it is */
	bool		 loaded;
	struct serve_facts {		/* of what is served, when loaded */
		struct digest	digest;
		char		*identifier, *version;	/* owned */
		size_t		nhandlers, nschedules, nfunctions;
	}		 facts;
};
void	serve_facts_take(struct serve_facts *f, const struct bundle *b);
void	serve_facts_dispose(struct serve_facts *f);

struct serve_files {
	struct arena	*arena;
	const char	*folder;	/* of bundles; NULL: there is one file */
	bool		 fetched;	/* and it is what a reference stood for */
	struct timespec	 changed;	/* it was, when it was last read; */
	int64_t		 read_s;	/* and that was then, since 1970 */
	struct serve_file *v;
	size_t		 n, cap;
};

/*
 * What there is to serve: see subo-serve(1).
 *
 * ERR_MISSING  nothing; hint says what to do
 */
/* That one file and no other. */
void	serve_files_one(struct serve_files *s, const char *path);
int	serve_find(struct serve_files *s, const char *what, struct err *e)
	    MUST_CHECK;
/* The same, and wait until it is there and whole. */
int	serve_await(struct serve_files *s, const char *what, struct err *e)
	    MUST_CHECK;
/* Look into the folder again, if it changed; new ones are at the end. */
int	serve_rescan(struct serve_files *s, struct err *e) MUST_CHECK;
void	serve_files_dispose(struct serve_files *s);

/* A bundle that is checked and has a module for each function. */
struct serve_life;
int	serve_open(struct bundle **out, const struct serve_file *f,
	    struct serve_life *l, struct err *e) MUST_CHECK;
/* One module as a bundle: as Sat did, any method and path calls it. */
int	serve_bare(struct bundle **out, const char *path, struct err *e)
	    MUST_CHECK;

/* ---- talking (serve_tell.c) ---- */

struct serve_sink;

/* Where log lines go: a file, or NULL for standard error. */
int	serve_sink_open(struct serve_sink **out, const char *path,
	    struct err *e) MUST_CHECK;
/* The file may have been moved away: begin a new one. */
int	serve_sink_again(struct serve_sink *k, struct err *e) MUST_CHECK;
void	serve_sink_close(struct serve_sink **k);
void	serve_sink_lines(void *sink, struct str text);	/* options.lines */

struct serve_life;
void	serve_banner(const struct serve_life *l);
/* It is served, from now on. */
void	serve_tell_app(const struct serve_file *f, uint64_t wall_ns);
/* It did not, for reason e; what was served still is. */
void	serve_tell_refused(const struct serve_file *f, const struct err *e);
void	serve_tell_stop(int sig, uint32_t grace_ms);

/* ---- the socket of `subo trace` (serve_socket.c) ---- */

/* Where a server with this port has it when nobody said. */
int	serve_socket_path(struct buf *out, uint16_t port, struct err *e)
	    MUST_CHECK;

/* ---- living (serve_life.c) ---- */

struct serve_life {
	const struct serve_flags *flags;
	struct trusting	 trusting;	/* who may have signed what is served */
	bool		 must_verify;
	struct serve_again *again;	/* a reference is asked for once more */
	struct serve_where where;
	struct serve_files files;
	struct bundle	*first;		/* opened, and not yet put in */
	struct serve_options options;
	struct pair	 secrets[OPT_LIST_MAX];
	struct buf	 socket;	/* of trace */
	struct engine	*engine;
	struct serve_engine *making;	/* it is being made */
	struct crew	*crew, *heavy;
	struct trace	*trace;
	struct studio	*studio;
	struct serve	*serve;
	struct serve_sink *sink;
	struct loop	*loop;
	struct loop_timer *timer;
	struct loop_watch *watch;
	int		 signals;	/* a descriptor; -1: none */
	int		 ended_by;	/* the signal */
};

/* Make all that serves, and load what is served. */
int	serve_begin(struct serve_life *l, struct err *e) MUST_CHECK;
/* Listen, and go on until a signal ends it. */
int	serve_live(struct serve_life *l, struct err *e) MUST_CHECK;
void	serve_life_dispose(struct serve_life *l);

/* ---- its engine (serve_engine.c) ---- */

/* Begin to make it, on a thread of its own. */
void	serve_engine_begin(struct serve_life *l);	/* once */
/* It is in l->engine when this returns, with room for l->options.limits. */
int	serve_engine_take(struct serve_life *l, struct err *e) MUST_CHECK;
void	serve_engine_end(struct serve_life *l);
/* The folder of compiled code; NULL: there is none. */
const char *serve_engine_dir(const struct serve_life *l);

/* ---- who made it (serve_trust.c) ---- */

/* Read whom the flags trust.  l->must_verify: bundles have to be signed. */
int	serve_trust(struct serve_life *l, struct err *e) MUST_CHECK;
/* Is what is to be served a reference?  Then fetch it, verified, and make
 * l->files its file in the cache. */
#define SERVE_KEPT "bundles"	/* in the cache: what came from registries */
struct ship_pull serve_pull(const struct serve_life *l);	/* whom it trusts */
int	serve_fetch(struct serve_life *l, bool *done, struct err *e)
	    MUST_CHECK;
/* Ask once more what the reference stands for, beside the serving, and serve that.
 * What goes wrong is told, and the old goes on. */
void	serve_again(struct serve_life *l);
void	serve_again_end(struct serve_life *l);	/* break it off */
/* Verify what file holds, of the file at path, and open it. */
int	serve_verify(struct bundle **out, struct buf *file, const char *path,
	    struct serve_life *l, struct err *e) MUST_CHECK;

/* ---- bundles of a server (serve_load.c) ---- */

/* Serve all files: of many those that can be. */
int	serve_load_all(struct serve_life *l, struct err *e) MUST_CHECK;
/* Serve what the file holds now; asked: say also that it is the same. */
void	serve_reload(struct serve_life *l, struct serve_file *f, bool asked);
/* Look whether files changed, now and then, on l->loop. */
#define SERVE_LOOK_NS	500000000u
void	serve_look(void *life);

#endif

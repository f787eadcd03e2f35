/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.h - what every command file gives, and what it may use.
 *
 * One file for each command; it defines one symbol, a struct cmd.  table.c
 * lists them in the order that `subo help` prints.  Options are data: help,
 * completion and the check of the man pages come from the same table.
 */
#ifndef CMD_H
#define CMD_H

#include "base/base.h"
#include "diag/diag.h"
#include "toolchain/toolchain.h"
#include "tree/tree.h"

enum opt_kind {
	OPT_FLAG,		/* bool */
	OPT_TEXT,		/* const char * */
	OPT_LIST,		/* struct opt_list: may be given again */
	OPT_NUMBER,		/* uint64_t */
	OPT_BYTES,		/* uint64_t: 64M */
	OPT_MS,			/* uint32_t: 500ms, 2s */
	OPT_OLD,		/* an old spelling: help is what to use now */
	OPT_ALIAS,		/* one that works: help is the option's name */
};

#define OPT_LIST_MAX	64
struct opt_list {
	const char	*v[OPT_LIST_MAX];
	size_t		 n;
};

/* What an option's or argument's value is, for completion. */
enum opt_value { VALUE_ANY, VALUE_FILE, VALUE_DIR, VALUE_FUNCTION, VALUE_LANG,
	VALUE_METHOD, VALUE_COMMAND, VALUE_CODE, VALUE_LOG, VALUE_LEVEL };

struct cmd_opt {
	const char	*name;		/* long name, without the dashes */
	char		 letter;	/* or 0 */
	enum opt_kind	 kind;
	void		*into;
	const char	*arg;		/* name of its value, "DIR"; NULL: a flag */
	const char	*help;		/* one line, no full stop; NULL: not shown */
	enum opt_value	 value;
};
/* Is it one for help and completion? */
bool	opt_shown(const struct cmd_opt *o);

struct cmd {
	const char		*name;
	const char		*args;		/* "[dir]" */
	int			 max_args;
	enum opt_value		 value;		/* of its arguments */
	const char		*about;		/* one line, no full stop */
	const char		*group;		/* heading in `subo help` */
	const struct cmd_opt	*opts;		/* ends with a NULL name */
	const struct cmd	*const *subs;	/* of `create`: ends with NULL */
	const char		*old;		/* of an old command: what to use */
	bool			 hidden;
	/* argv is what the options left.  0, or -1 with e filled. */
	int	(*run)(int argc, char **argv, struct err *e);
};

extern const struct cmd *const cmd_table[];	/* ends with NULL */

/* Given to every command, and set before it runs. */
struct cmd_common {
	bool	json, json_lines;	/* --json, --json=lines */
	bool	quiet, verbose;
	bool	colour_out, colour_err;	/* a terminal, and NO_COLOR is not set */
	bool	tty_err;		/* progress may be drawn */
	bool	github;			/* annotations: --github, or a run of
					   GitHub's without --json */
};
const struct cmd_common *cmd_common(void);

/* ---- talking (cmd/ui.c) ---- */

/* A line on standard error, "subo: " in front; nothing with --quiet. */
void	ui_note(const char *fmt, ...) PRINTF(1, 2);
void	ui_warn(const char *fmt, ...) PRINTF(1, 2);
/* Problems to standard error, each with its source line, and a count. */
void	ui_diags(struct diags *ds);
/* A JSON list of problems. */
struct tree *ui_diags_json(struct arena *a, const struct diags *ds);
/* Begin a --json answer: {"type":type,"v":1,"ok":ok}. */
struct tree *ui_json(struct arena *a, const char *type, bool ok);
/* Print it to standard output; the caller then returns 0, or -1 after
 * ui_told(e, kind) when ok was false. */
void	ui_json_print(const struct tree *t);
/* Fail without a further message: all was said already. */
int	ui_told(struct err *e, enum err_kind kind);
/* One line that is redrawn, on a terminal only; NULL or "" clears it. */
void	ui_progress(const char *fmt, ...) PRINTF(1, 2);
/* "1.2 s", "340 ms", "12.3 KB": texts in a static ring, for printing. */
const char *ui_ms(uint64_t ns);
const char *ui_bytes(uint64_t n);
/* path, from the working directory where it lies below that. */
const char *ui_path(const char *path);
/* Colour codes, "" when off: 'r'ed 'g'reen 'y'ellow 'b'lue 'd'im 'B'old '0'. */
const char *ui_err_colour(char c);
const char *ui_out_colour(char c);

/* ---- annotations (cmd/ui_github.c): nothing unless cmd_common()->github ---- */

/* One beside a line of a file (0: beside none; file may be empty). */
void	ui_annotate(enum diag_level level, struct str file, struct place at,
	    struct str title, struct str text);
/* Its text may begin with "FILE:LINE:COL: ". */
void	ui_annotate_error(const struct err *e);
void	ui_annotate_diag(const struct diag *d);
/* What a compiler printed that ran in dir: each error with a place.  How many
 * there were. */
size_t	ui_annotate_log(const char *dir, struct str log);

/* ---- the world (cmd/world.c): the only reader of the environment ---- */

const char *world_env(const char *name);		/* or NULL */
const char *const *world_environ(void);
/* Our folder for caches (XDG_CACHE_HOME/subo), made; or a sub-folder. */
int	world_cache(struct buf *out, const char *sub, struct err *e) MUST_CHECK;
/* Where templates/ and other data lie: beside the binary's prefix, or the
 * source tree it was built in. */
int	world_data(struct buf *out, const char *sub, struct err *e) MUST_CHECK;
/* What compilers may see. */
int	world_toolchain(struct toolchain_env *env, struct arena *a,
	    struct err *e) MUST_CHECK;
const char *world_self(void);

#endif

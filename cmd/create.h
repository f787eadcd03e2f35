/* SPDX-License-Identifier: Apache-2.0 */
/* create.h - what the sub-commands of `subo create` share. */
#ifndef CREATE_H
#define CREATE_H

#include "cmd.h"
#include "project/project.h"
#include "template/template.h"

#define CREATE_API_VERSION	"0.15.1"
#define CREATE_MAX_VARS		24u

/* `function` first, then its old names; ends with a NULL name. */
extern const struct cmd cmd_create_functions[];
extern const struct cmd cmd_create_project, cmd_create_handler;

/* Old options, put at the end of each table of options. */
#define CREATE_OLD_OPTIONS						\
	{ "branch", 0, OPT_OLD, NULL, "BRANCH",				\
	    "name it in the template: --template URL@BRANCH", 0 },	\
	{ "repo", 0, OPT_OLD, NULL, "REPO",				\
	    "give the whole address: --template URL", 0 },		\
	{ "update-templates", 0, OPT_OLD, NULL, NULL,			\
	    "leave it out: a template from a repository is fetched "	\
	    "anew each time", 0 },					\
	{ "headless", 0, OPT_OLD, NULL, NULL,				\
	    "write 'headless: true' into Directive.yaml", 0 }

/* The template given by address, or the built-in folder of that name. */
int	create_find_template(struct template_source *out, const char *address,
	    const char *builtin, struct err *e) MUST_CHECK;

/* The language of that name or alias.  ERR_USAGE: none; the hint lists them. */
int	create_find_lang(const struct toolchain **out, const char *name,
	    struct err *e) MUST_CHECK;
/* Warn when its compiler is missing. */
void	create_look_for(const struct toolchain *lang);

/* Variables of a function's template; texts live in the arena. */
struct create_vars {
	struct template_var v[CREATE_MAX_VARS];
	size_t		 n;
};
void	create_add_var(struct create_vars *vars, const char *name,
	    const char *value);
void	create_function_vars(struct create_vars *vars, struct arena *a,
	    const struct function_info *f, const struct directive *d);

/* Is there a terminal, and talk is wanted? */
bool	create_can_ask(void);
/* Ask on the terminal.  False: there is none, or the answer was empty. */
bool	create_ask(struct buf *answer, const char *question);
/* argv[0], or what the user answers, or ERR_USAGE. */
int	create_name(struct str *out, struct buf *room, int argc, char **argv,
	    const char *what, struct err *e) MUST_CHECK;

/* dir/name as a user would type it. */
void	create_path(struct buf *out, const char *dir, struct str name);

/* Say what was made: its path, or with --json all files below it. */
struct create_made {
	const char	*path;
	const struct template_source *source;	/* or NULL */
	const char	*changed;	/* a file that was changed, or NULL */
};
int	create_told(const struct create_made *made, struct err *e) MUST_CHECK;

/* A handler to be added to a project's Directive. */
struct create_handler {
	const char	*method, *resource;
	const struct str *steps;
	size_t		 nsteps;
	const struct function_info *added;	/* to the project, or NULL */
};
/* Check it and give in text the whole new Directive.yaml, in file where it
 * lies.  ERR_INPUT: the Directive would be wrong. */
int	create_handler_text(struct buf *text, struct buf *file,
	    const struct project *p, const struct create_handler *h,
	    struct err *e) MUST_CHECK;
/* Put it there. */
int	create_handler_write(const struct buf *text, const struct buf *file,
	    struct err *e) MUST_CHECK;
/* Upper case; ERR_USAGE: no method of HTTP. */
int	create_method(char out[16], const char *method, struct err *e)
	    MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h - fetch and fill templates.
 *
 * A template is a folder of files.  Names and the contents of files ending in
 * .tmpl (which lose that ending) have {{ .Name }} and its like filled in; all
 * other files are copied as they are.  Format: template(5).
 * Needs: base, os.  Only template/git*.c know of libgit2.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "base/base.h"

#define TEMPLATE_MAX_FILES	10000u
#define TEMPLATE_MAX_BYTES	(64u << 20)
#define TEMPLATE_MAX_PACK	(512u << 20)	/* fetched, compressed */

struct template_var {
	const char	*name;		/* "Name" */
	const char	*value;
};

/*
 * Make folder dest, which must not exist, from folder src: all of it or
 * nothing (it is filled under another name beside dest, then renamed).
 *
 * ERR_MISSING  no such template
 * ERR_INPUT    a name in it is not allowed, or {{ }} names nothing we know
 * ERR_USAGE    dest is there already
 * ERR_LIMIT    over a ceiling above
 */
int	template_fill(const char *src, const char *dest,
	    const struct template_var *vars, size_t nvars, struct err *e)
	    MUST_CHECK;

/* One of several sources for one new folder. */
struct template_part {
	const char	*into;		/* folder in dest, "" for dest itself;
					   for data: the file's path in it */
	const char	*src;		/* a template, or NULL: data is a file */
	const struct template_var *vars;
	size_t		 nvars;
	struct str	 data;
};

/* As template_fill, from several templates and files: all or nothing. */
int	template_fill_parts(const char *dest,
	    const struct template_part *parts, size_t nparts, struct err *e)
	    MUST_CHECK;

/* Where a template given as URL[@ref][#folder] lies on this machine. */
struct template_source {
	char	path[4096];		/* the folder */
	char	url[2048];		/* the address, without a password */
	char	commit[65];		/* what the ref means now; "" for a plain
					   folder that is no repository */
	bool	cached;			/* not fetched in this run */
	bool	offline;		/* fetching failed, an old copy serves */
	char	why[400];		/* offline: how fetching failed */
};

/*
 * Fetch into cache_dir (or find there) and check out.  https, ssh and paths
 * on this machine; no hooks, no submodules, no symlinks out of the folder.
 * A full commit id, once cached, never touches the network.
 *
 * ERR_USAGE   the address is not understood or not allowed, or a short commit
 *             id fits several
 * ERR_MISSING no such repository, ref or folder
 * ERR_INPUT   what it holds is not allowed in a template
 * ERR_TRUST   a repository on this machine belongs to somebody else; a
 *             certificate is not trusted; user or password are not accepted
 * ERR_LIMIT   over a ceiling above, or a pack over TEMPLATE_MAX_PACK
 * ERR_REMOTE  cannot be fetched and no copy is cached
 */
int	template_fetch(struct template_source *out, const char *cache_dir,
	    const char *address, struct err *e) MUST_CHECK;

/* The same, trusting for https the certificates in this PEM file and not the
 * machine's; NULL: the machine's. */
int	template_fetch_trusting(struct template_source *out,
	    const char *cache_dir, const char *address, const char *ca_file,
	    struct err *e) MUST_CHECK;

/* Make dir, which exists, a git repository without commits. */
int	template_git_init(const char *dir, struct err *e) MUST_CHECK;

#endif

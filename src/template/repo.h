/* SPDX-License-Identifier: Apache-2.0 */
/* repo.h - what we want of git; git.c and git_fetch.c say how libgit2 does
 * it. */
#ifndef TEMPLATE_REPO_H
#define TEMPLATE_REPO_H

#include "base/base.h"
#include "template/address.h"

#define REPO_HEX	41	/* a SHA-1 as text, with its NUL */

struct repo;

/* Before all else here.  ERR_SYSTEM: libgit2 is not installed. */
int	repo_start(struct err *e) MUST_CHECK;

/* A name of forty hex digits for a text of any length. */
void	repo_key(const char *text, char hex[REPO_HEX]);

/*
 * Open a repository as it is, or (ours) a bare one that repo_fetch keeps, made
 * when missing.
 *
 * ERR_MISSING  path is no repository
 * ERR_TRUST    it belongs to another user
 */
int	repo_open(struct repo **out, const char *path, bool ours,
	    struct err *e) MUST_CHECK;
void	repo_free(struct repo **r);

/* Trust the certificates of this PEM file, for all of the process. */
int	repo_trust(const char *ca_file, struct err *e) MUST_CHECK;

/* Is it forty hex digits of a commit that is here? */
bool	repo_has_commit(struct repo *r, const char *ref);

/*
 * Fetch what a->ref needs and note what it means now.
 *
 * ERR_MISSING  the repository has no such ref
 * ERR_REMOTE   cannot be fetched
 * ERR_TRUST    its certificate is not trusted, or we are not let in
 * ERR_LIMIT    a pack over TEMPLATE_MAX_PACK
 */
int	repo_fetch(struct repo *r, const struct address *a, struct err *e)
	    MUST_CHECK;

/* The commit that a branch, tag or the beginning of a commit id means; "" is
 * the default branch.  ERR_MISSING: none.  ERR_USAGE: several. */
int	repo_resolve(struct repo *r, const char *ref, char commit[REPO_HEX],
	    struct err *e) MUST_CHECK;

/*
 * Make dest, which must not exist, from a folder ("": all) of a commit: plain
 * files and folders only.
 *
 * ERR_MISSING  no such folder
 * ERR_INPUT    it holds what is not allowed
 * ERR_LIMIT    over a ceiling of template.h
 */
int	repo_export(struct repo *r, const char *commit, const char *folder,
	    const char *dest, struct err *e) MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_api.h - libgit2 (1.5), for the git*.c files only.
 *
 * It is opened when it is first used: linked to, it and what it needs would
 * cost each start of subo several times what all else does.
 */
#ifndef TEMPLATE_GIT_API_H
#define TEMPLATE_GIT_API_H

/* Not <git2.h>: its index has a field with a banned name. */
#include <git2/blob.h>
#include <git2/common.h>
#include <git2/credential.h>
#include <git2/errors.h>
#include <git2/global.h>
#include <git2/odb.h>
#include <git2/refs.h>
#include <git2/remote.h>
#include <git2/repository.h>
#include <git2/tree.h>
#include <git2/version.h>

#include "base/base.h"

#define GIT_MAX_OBJECTS	1000000u	/* in a pack */

/* What we call, without "git_" in front. */
#define LIBGIT_CALLS(X) X(blob_free) X(blob_lookup) X(blob_rawcontent) \
	    X(blob_rawsize) X(credential_ssh_key_from_agent) \
	    X(credential_username_new) X(credential_userpass_plaintext_new) \
	    X(error_last) X(error_set_str) X(fetch_options_init) \
	    X(libgit2_init) X(libgit2_opts) X(object_free) X(object_id) \
	    X(object_lookup) X(object_lookup_prefix) X(object_peel) \
	    X(odb_exists) X(odb_free) X(odb_hash) X(odb_read_header) \
	    X(oid_cpy) X(oid_fromraw) X(oid_fromstr) X(oid_fromstrp) \
	    X(oid_tostr) X(reference_create) X(reference_free) \
	    X(reference_name_to_id) X(remote_connect_ext) \
	    X(remote_connect_options_init) X(remote_create_options_init) \
	    X(remote_create_with_opts) X(remote_download) X(remote_free) \
	    X(remote_init_callbacks) X(remote_ls) X(repository_free) \
	    X(repository_init) X(repository_odb) X(repository_open_bare) \
	    X(repository_open_ext) X(tree_entry_byindex) \
	    X(tree_entry_bypath) X(tree_entry_filemode) X(tree_entry_free) \
	    X(tree_entry_id) X(tree_entry_name) X(tree_entry_type) \
	    X(tree_entrycount) X(tree_free) X(tree_lookup)

struct libgit {
#define LIBGIT_MEMBER(name) __typeof__(git_##name) *name;
	LIBGIT_CALLS(LIBGIT_MEMBER)
#undef LIBGIT_MEMBER
};

/* ERR_SYSTEM: it is not installed.  Not from two threads at a time. */
int	libgit_open(struct err *e) MUST_CHECK;
const struct libgit *libgit(void);	/* after libgit_open */
/* What its last error was. */
const char *libgit_why(void);

/* For CLEANUP: what git_x_free takes, by its address. */
#define FREER(what)							\
	static void free_##what(git_##what **p)				\
	{								\
		libgit()->what##_free(*p);				\
	}

struct repo {
	git_repository	*git;
	bool		 ours;
};

/* What our repositories call the ref of that name. */
void	git_ref_name(const struct repo *r, char *out, size_t size,
	    const char *name);

#endif

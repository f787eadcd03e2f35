/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repositories: opening them, refs, and checking a commit out.
 *
 * libgit2 is asked for objects and refs only.  Its checkout is not used: it
 * writes symlinks, names with slashes and names that are .git elsewhere.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "template/git_api.h"
#include "template/name.h"
#include "template/repo.h"
#include "template/stage.h"
#include "template/template.h"
#include "template/tips.h"

FREER(object)
FREER(odb)
FREER(tree)
FREER(blob)

int
repo_start(struct err *e)
{
	if (libgit_open(e) < 0)
		return -1;
	libgit()->libgit2_init();
	libgit()->libgit2_opts(
	    GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)GIT_MAX_OBJECTS);
	return 0;
}

void
repo_key(const char *text, char hex[REPO_HEX])
{
	git_oid id;

	if (libgit()->odb_hash(&id, text, strlen(text), GIT_OBJECT_BLOB) != 0)
		abort(); /* it cannot fail on memory */
	libgit()->oid_tostr(hex, REPO_HEX, &id);
}

static int
open_plain(git_repository **out, const char *path, struct err *e)
{
	int r = libgit()->repository_open_ext(
	    out, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);

	if (r == 0)
		return 0;
	if (r == GIT_EOWNER) {
		err_set(e, ERR_TRUST, "'%s' belongs to another user", path);
		return err_hint(
		    e, "git config --global --add safe.directory '%s'", path);
	}
	if (r == GIT_ENOTFOUND)
		return err_set(e, ERR_MISSING, "'%s' is no repository", path);
	return err_set(e, ERR_INPUT, "cannot open repository '%s': %s", path,
	    libgit_why());
}

/* What a crash has spoilt is fetched again. */
static int
open_ours(git_repository **out, const char *path, struct err *e)
{
	if (libgit()->repository_open_bare(out, path) == 0)
		return 0;
	if (os_remove_tree(path, e) < 0)
		return -1;
	if (libgit()->repository_init(out, path, true) == 0)
		return 0;
	return err_set(e, ERR_SYSTEM, "cannot make repository '%s': %s", path,
	    libgit_why());
}

int
repo_open(struct repo **out, const char *path, bool ours, struct err *e)
{
	struct repo *r = mem_take(sizeof(*r));
	int failed;

	r->ours = ours;
	failed =
	    ours ? open_ours(&r->git, path, e) : open_plain(&r->git, path, e);
	if (failed < 0) {
		repo_free(&r);
		return -1;
	}
	*out = r;
	return 0;
}

void
repo_free(struct repo **r)
{
	if (!*r)
		return;
	libgit()->repository_free((*r)->git);
	mem_free(*r);
	*r = NULL;
}

int
template_git_init(const char *dir, struct err *e)
{
	git_repository *git = NULL;

	if (repo_start(e) < 0)
		return -1;
	if (libgit()->repository_init(&git, dir, false) != 0)
		err_set(e, ERR_SYSTEM, "cannot make '%s' a git repository: %s",
		    dir, libgit_why());
	libgit()->repository_free(git);
	return git ? 0 : -1;
}

int
repo_trust(const char *ca_file, struct err *e)
{
	if (libgit()->libgit2_opts(
		GIT_OPT_SET_SSL_CERT_LOCATIONS, ca_file, NULL) == 0)
		return 0;
	return err_set(
	    e, ERR_INPUT, "no certificates in '%s': %s", ca_file, libgit_why());
}

/* ---- refs ---- */

/* In our own repositories a ref is kept under the digest of its name, so that
 * an old branch "a" does not bar a new one "a/b". */
void
git_ref_name(const struct repo *r, char *out, size_t size, const char *name)
{
	char hex[REPO_HEX];

	repo_key(name, hex);
	snprintf(out, size, "%s%s", r->ours ? "refs/subo/" : "",
	    r->ours ? hex : name);
}

static bool
find_ref(struct repo *r, const char *name, git_oid *id)
{
	char full[600];

	git_ref_name(r, full, sizeof(full), name);
	return libgit()->reference_name_to_id(id, r->git, full) == 0;
}

bool
repo_has_commit(struct repo *r, const char *ref)
{
	CLEANUP(free_object) git_object *o = NULL;
	git_oid id;

	return strlen(ref) == GIT_OID_HEXSZ && tips_is_hex(ref) &&
	    libgit()->oid_fromstr(&id, ref) == 0 &&
	    libgit()->object_lookup(&o, r->git, &id, GIT_OBJECT_COMMIT) == 0;
}

/* As git clone --branch: branches before tags. */
static int
find_id(struct repo *r, const char *ref, git_oid *id, struct err *e)
{
	CLEANUP(free_object) git_object *o = NULL;
	static const char *const places[] = { "refs/heads/", "refs/tags/",
		"refs/remotes/origin/" };
	char name[512];
	int found;

	if (ref[0] == '\0')
		return find_ref(r, "HEAD", id) ? 0 : tips_missing(ref, e);
	for (size_t i = 0; i < COUNT(places) && !repo_has_commit(r, ref); i++) {
		snprintf(name, sizeof(name), "%s%s", places[i], ref);
		if (find_ref(r, name, id))
			return 0;
	}
	if (!tips_is_hex(ref) || libgit()->oid_fromstrp(id, ref) != 0)
		return tips_missing(ref, e);
	found = libgit()->object_lookup_prefix(
	    &o, r->git, id, strlen(ref), GIT_OBJECT_COMMIT);
	if (found == GIT_EAMBIGUOUS) {
		err_set(e, ERR_USAGE, "several commits begin with '%s'", ref);
		return err_hint(e, "give more of its digits");
	}
	if (found != 0)
		return tips_missing(ref, e);
	libgit()->oid_cpy(id, libgit()->object_id(o));
	return 0;
}

int
repo_resolve(
    struct repo *r, const char *ref, char commit[REPO_HEX], struct err *e)
{
	CLEANUP(free_object) git_object *any = NULL;
	CLEANUP(free_object) git_object *peeled = NULL;
	git_oid id;

	if (find_id(r, ref, &id, e) < 0)
		return -1;
	if (libgit()->object_lookup(&any, r->git, &id, GIT_OBJECT_ANY) != 0)
		return err_set(e, ERR_INPUT,
		    "the template's repository is damaged: %s", libgit_why());
	if (libgit()->object_peel(&peeled, any, GIT_OBJECT_COMMIT) != 0)
		return err_set(e, ERR_MISSING,
		    "'%s' of the template's repository is no commit", ref);
	libgit()->oid_tostr(commit, REPO_HEX, libgit()->object_id(peeled));
	return 0;
}

/* ---- checking out ---- */

struct export
{
	git_repository *git;
	git_odb *odb;
	struct stage *stage;
};

static int
damaged(struct err *e)
{
	return err_set(
	    e, ERR_INPUT, "the repository is damaged: %s", libgit_why());
}

static int
check_names(const git_tree *tree, struct err *e)
{
	size_t n = libgit()->tree_entrycount(tree);
	CLEANUP(mem_free_at) const char **names = NULL;

	names = mem_take((n + 1) * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = libgit()->tree_entry_name(
		    libgit()->tree_entry_byindex(tree, i));
	return names_check(names, n, e);
}

static int
export_file(struct export *x, const char *path, const git_tree_entry *entry,
    struct err *e)
{
	CLEANUP(free_blob) git_blob *blob = NULL;
	git_object_t type;
	struct str data;
	size_t n;

	if (libgit()->odb_read_header(
		&n, &type, x->odb, libgit()->tree_entry_id(entry)) != 0 ||
	    type != GIT_OBJECT_BLOB)
		return damaged(e);
	if (n > stage_room(x->stage))
		return err_set(e, ERR_LIMIT,
		    "the template holds more than %u bytes",
		    TEMPLATE_MAX_BYTES);
	if (libgit()->blob_lookup(
		&blob, x->git, libgit()->tree_entry_id(entry)) != 0)
		return damaged(e);
	data.p = libgit()->blob_rawcontent(blob);
	data.n = (size_t)libgit()->blob_rawsize(blob);
	return stage_file(x->stage, path, data,
	    libgit()->tree_entry_filemode(entry) ==
		GIT_FILEMODE_BLOB_EXECUTABLE,
	    e);
}

static int export_tree(struct export *x, const git_oid *id, struct buf *path,
    unsigned depth, struct err *e);

static int
export_entry(struct export *x, const git_tree_entry *entry, struct buf *path,
    unsigned depth, struct err *e)
{
	switch (libgit()->tree_entry_filemode(entry)) {
	case GIT_FILEMODE_TREE:
		if (stage_dir(x->stage, buf_cstr(path), e) < 0)
			return -1;
		return export_tree(
		    x, libgit()->tree_entry_id(entry), path, depth, e);
	case GIT_FILEMODE_BLOB:
	case GIT_FILEMODE_BLOB_EXECUTABLE:
		return export_file(x, buf_cstr(path), entry, e);
	case GIT_FILEMODE_COMMIT:
		return 0; /* another repository's, never fetched */
	default:
		return err_set(e, ERR_INPUT,
		    "'%s' is a symlink; a template has only files and folders",
		    buf_cstr(path));
	}
}

static int
export_tree(struct export *x, const git_oid *id, struct buf *path,
    unsigned depth, struct err *e)
{
	CLEANUP(free_tree) git_tree *tree = NULL;
	size_t base = path->n;

	if (depth == 0)
		return err_set(
		    e, ERR_LIMIT, "'%s' is nested too deeply", buf_cstr(path));
	if (libgit()->tree_lookup(&tree, x->git, id) != 0)
		return damaged(e);
	if (check_names(tree, e) < 0)
		return -1;
	for (size_t i = 0; i < libgit()->tree_entrycount(tree); i++) {
		const git_tree_entry *entry =
		    libgit()->tree_entry_byindex(tree, i);

		path->n = base;
		buf_addf(path, "%s%s", base > 0 ? "/" : "",
		    libgit()->tree_entry_name(entry));
		if (buf_over(path))
			return err_set(e, ERR_LIMIT, "a path is too long");
		if (export_entry(x, entry, path, depth - 1, e) < 0)
			return -1;
	}
	return 0;
}

/* The tree of a commit, or of a folder in it. */
static int
find_tree(struct repo *r, const char *commit, const char *folder, git_oid *id,
    struct err *e)
{
	CLEANUP(free_object) git_object *o = NULL;
	CLEANUP(free_object) git_object *tree = NULL;
	git_tree_entry *entry = NULL;
	bool is_tree;

	if (libgit()->oid_fromstr(id, commit) != 0 ||
	    libgit()->object_lookup(&o, r->git, id, GIT_OBJECT_COMMIT) != 0 ||
	    libgit()->object_peel(&tree, o, GIT_OBJECT_TREE) != 0)
		return damaged(e);
	libgit()->oid_cpy(id, libgit()->object_id(tree));
	if (folder[0] == '\0')
		return 0;
	if (libgit()->tree_entry_bypath(&entry, (git_tree *)tree, folder) != 0)
		return err_set(e, ERR_MISSING, "no folder '%s'", folder);
	is_tree = libgit()->tree_entry_type(entry) == GIT_OBJECT_TREE;
	libgit()->oid_cpy(id, libgit()->tree_entry_id(entry));
	libgit()->tree_entry_free(entry);
	if (!is_tree)
		return err_set(e, ERR_MISSING, "'%s' is no folder", folder);
	return 0;
}

int
repo_export(struct repo *r, const char *commit, const char *folder,
    const char *dest, struct err *e)
{
	CLEANUP(stage_drop) struct stage s = { 0 };
	CLEANUP(free_odb) git_odb *odb = NULL;
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX / 2);
	struct export x = { .git = r->git, .stage = &s };
	git_oid id;

	if (find_tree(r, commit, folder, &id, e) < 0)
		return -1;
	if (libgit()->repository_odb(&odb, r->git) != 0)
		return damaged(e);
	x.odb = odb;
	if (stage_open(&s, dest, e) < 0 ||
	    export_tree(&x, &id, &path, OS_WALK_DEPTH, e) < 0)
		return -1;
	return stage_commit(&s, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: for each address KEY.git, a bare repository with what was ever
 * fetched, and KEY/, a folder for each commit (and folder of it) that was
 * used.  KEY is a digest of the address, which is not stored itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "os/os.h"
#include "template/address.h"
#include "template/child.h"
#include "template/repo.h"
#include "template/template.h"

#define FETCH_MS (10u * 60u * 1000u)
#define FETCH_MEMORY ((uint64_t)3 << 30)

struct fetching {
	struct address a;
	const char *cache_dir;
	const char *ca_file; /* or NULL */
	struct template_source *out;
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Two runs must not fetch into one repository at a time. */
static int
lock(int *fd, const char *path, struct err *e)
{
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return err_sys(e, "cannot write '%s'", path);
	while (flock(*fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return err_sys(e, "cannot lock '%s'", path);
		if (os_check_interrupt(e) < 0)
			return -1;
	}
	return 0;
}

/* Where the folder of a commit is, or shall be, checked out. */
static int
export_path(const struct fetching *f, const char *key, struct err *e)
{
	char folder[REPO_HEX] = "all";
	CLEANUP(buf_free) struct buf dir = BUF(PATH_MAX - 1);
	int n;

	buf_addf(&dir, "%s/%s", f->cache_dir, key);
	if (os_private_dir(buf_cstr(&dir), e) < 0)
		return -1;
	if (f->a.folder[0] != '\0')
		repo_key(f->a.folder, folder);
	n = snprintf(f->out->path, sizeof(f->out->path), "%s/%s-%.12s",
	    buf_cstr(&dir), f->out->commit, folder);
	if (n < 0 || (size_t)n >= sizeof(f->out->path))
		return err_set(e, ERR_LIMIT, "'%s': path too long", dir.p);
	return 0;
}

static int
check_out(struct fetching *f, struct repo *r, const char *key, struct err *e)
{
	struct err mine = ERR;

	if (repo_resolve(r, f->a.ref, f->out->commit, e) < 0 ||
	    export_path(f, key, e) < 0)
		return -1;
	if (os_is_dir(f->out->path))
		return 0;
	if (repo_export(r, f->out->commit, f->a.folder, f->out->path, &mine) ==
	    0)
		return 0;
	/* Another run was faster. */
	if (mine.kind == ERR_USAGE && os_is_dir(f->out->path))
		return 0;
	*e = mine;
	return err_wrap(e, "template '%s' at %.12s", f->a.url, f->out->commit);
}

/* Fetch, or make do with what an earlier run has noted. */
static int
bring(struct fetching *f, struct repo *r, struct err *e)
{
	char old[REPO_HEX];
	struct err failed = ERR, none = ERR;

	if (repo_has_commit(r, f->a.ref)) {
		f->out->cached = true;
		return 0;
	}
	if (repo_fetch(r, &f->a, &failed) == 0)
		return 0;
	if (failed.kind == ERR_REMOTE &&
	    repo_resolve(r, f->a.ref, old, &none) == 0) {
		f->out->cached = f->out->offline = true;
		snprintf(
		    f->out->why, sizeof(f->out->why), "%.399s", failed.text);
		return 0;
	}
	*e = failed;
	if (f->a.kind == ADDRESS_FILE && !os_is_dir(f->a.url)) {
		err_set(e, ERR_MISSING, "no folder '%s'", f->a.url);
		return err_hint(e, "see template(5) for how to name one");
	}
	return -1;
}

static int
from_remote(struct fetching *f, struct err *e)
{
	CLEANUP(repo_free) struct repo *r = NULL;
	CLEANUP(close_fd) int locked = -1;
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX - 1);
	char key[REPO_HEX];

	if (repo_start(e) < 0)
		return -1;
	repo_key(f->a.url, key);
	buf_addf(&path, "%s/%s.lock", f->cache_dir, key);
	if (lock(&locked, buf_cstr(&path), e) < 0)
		return -1;
	buf_clear(&path);
	buf_addf(&path, "%s/%s.git", f->cache_dir, key);
	if (repo_open(&r, buf_cstr(&path), true, e) < 0)
		return -1;
	if (f->ca_file && repo_trust(f->ca_file, e) < 0)
		return -1;
	if (bring(f, r, e) < 0)
		return -1;
	return check_out(f, r, key, e);
}

/* A folder of a plain folder, and not one outside of it. */
static int
from_plain(struct fetching *f, const char *root, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX - 1);
	char real[PATH_MAX];
	size_t n = strlen(root);

	if (f->a.ref[0] != '\0') {
		err_set(e, ERR_MISSING,
		    "'%s' is no git repository, so it has no '%s'", f->a.url,
		    f->a.ref);
		return err_hint(e, "leave '@%s' off", f->a.ref);
	}
	buf_addf(&path, "%s/%s", root, f->a.folder);
	if (!realpath(buf_cstr(&path), real) || !os_is_dir(real))
		return err_set(e, ERR_MISSING, "no folder '%s' in '%s'",
		    f->a.folder, f->a.url);
	if (n > 1 &&
	    (strncmp(real, root, n) != 0 ||
		(real[n] != '/' && real[n] != '\0')))
		return err_set(e, ERR_INPUT, "'%s' in '%s' leads out of it",
		    f->a.folder, f->a.url);
	f->out->cached = true;
	snprintf(f->out->path, sizeof(f->out->path), "%s", real);
	return 0;
}

static int
from_folder(struct fetching *f, struct err *e)
{
	CLEANUP(repo_free) struct repo *r = NULL;
	char root[PATH_MAX], key[REPO_HEX];
	struct err mine = ERR;

	if (!realpath(f->a.url, root) || !os_is_dir(root)) {
		err_set(e, ERR_MISSING, "no folder '%s'", f->a.url);
		return err_hint(e, "see template(5) for how to name one");
	}
	if (repo_start(e) < 0)
		return -1;
	if (repo_open(&r, root, false, &mine) < 0) {
		if (mine.kind == ERR_MISSING)
			return from_plain(f, root, e);
		*e = mine;
		return -1;
	}
	f->out->cached = true;
	repo_key(root, key);
	return check_out(f, r, key, e);
}

static int
fetch(void *arg, struct err *e)
{
	struct fetching *f = arg;

	if (f->a.kind == ADDRESS_FOLDER)
		return from_folder(f, e);
	return from_remote(f, e);
}

int
template_fetch_trusting(struct template_source *out, const char *cache_dir,
    const char *address, const char *ca_file, struct err *e)
{
	static const struct child_limits limits = {
		.timeout_ms = FETCH_MS,
		.memory_bytes = FETCH_MEMORY,
		.file_bytes = TEMPLATE_MAX_PACK,
	};
	struct fetching f = {
		.cache_dir = cache_dir, .ca_file = ca_file, .out = out
	};

	memset(out, 0, sizeof(*out));
	if (address_parse(&f.a, address, e) < 0)
		return -1;
	snprintf(out->url, sizeof(out->url), "%s", f.a.url);
	return child_call(fetch, &f, out, sizeof(*out), &limits, e);
}

int
template_fetch(struct template_source *out, const char *cache_dir,
    const char *address, struct err *e)
{
	return template_fetch_trusting(out, cache_dir, address, NULL, e);
}

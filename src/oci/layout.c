/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts on disk (OCI image 1.1, "Image Layout"): blobs under their digests,
 * and index.json, which names what they are.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "oci/index.h"
#include "oci/layout.h"
#include "os/os.h"

#define MAX_INDEX (16u << 20)
#define PIECE (256u << 10)
#define VERSION "{\"imageLayoutVersion\":\"1.0.0\"}"

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static const char *
path_in(const struct oci_repo *r, struct arena *a, const char *name)
{
	return arena_printf(a, STR_F "/%s", STR_A(r->dir), name);
}

static const char *
blob_path(const struct oci_repo *r, struct arena *a, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	return arena_printf(a, STR_F "/blobs/sha256/%s", STR_A(r->dir), hex);
}

/* What a registry would be wrong in, is a wrong file here. */
static int
of_file(struct err *e, const char *path)
{
	if (e->kind == ERR_REMOTE)
		e->kind = ERR_INPUT;
	return err_wrap(e, "%s", path);
}

/* ---- the folder ---- */

static bool
is_empty_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *x;
	bool empty = d != NULL;

	while (d && (x = readdir(d)))
		if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
			empty = false;
	if (d)
		(void)closedir(d);
	return empty;
}

static int
make(struct oci_repo *r, const char *marker, struct err *e)
{
	const char *dir = arena_cstr(r->arena, r->dir);

	if (os_exists(dir) && !is_empty_dir(dir)) {
		(void)err_set(e, ERR_INPUT,
		    "'%s' is there and is no OCI layout: it has no "
		    "'oci-layout'",
		    dir);
		return err_hint(e, "name a folder that is new or empty");
	}
	if (os_mkdirs(path_in(r, r->arena, "blobs/sha256"), 0755, e) < 0)
		return -1;
	return os_replace(marker, STR(VERSION), 0644, e);
}

int
layout_open(struct oci_repo *r, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	const char *marker = path_in(r, r->arena, "oci-layout");
	struct tree *t;

	if (!os_exists(marker) && r->access == OCI_PUSH)
		return make(r, marker, e);
	if (!os_exists(marker))
		return err_set(e, ERR_MISSING,
		    "'" STR_F "' is no OCI layout: there is no '%s'",
		    STR_A(r->dir), marker);
	if (os_read(&b, marker, e) < 0)
		return -1;
	if (json_strict(&t, r->arena, buf_str(&b), e) < 0)
		return of_file(e, marker);
	if (!str_starts(json_text(t, "imageLayoutVersion"), "1."))
		return err_set(e, ERR_INPUT,
		    "%s: its imageLayoutVersion is not 1.0.0", marker);
	if (r->access == OCI_PUSH)
		return os_mkdirs(path_in(r, r->arena, "blobs/sha256"), 0755, e);
	return 0;
}

/* Held while index.json is read, changed and written. */
static int
lock(int *fd, struct oci_repo *r, struct err *e)
{
	const char *path = path_in(r, r->arena, "oci-layout");
	int rc;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	do
		rc = flock(*fd, LOCK_EX);
	while (rc < 0 && errno == EINTR && os_interrupted() == 0);
	if (os_check_interrupt(e) < 0)
		return -1;
	return rc < 0 ? err_sys(e, "cannot lock '%s'", path) : 0;
}

int
layout_index(
    struct tree **doc, struct arena *a, struct oci_repo *r, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_INDEX);
	const char *path = path_in(r, a, "index.json");
	struct err why = ERR;

	if (os_read(&b, path, &why) < 0 && why.kind != ERR_MISSING) {
		*e = why;
		return -1;
	}
	return index_read(doc, a, buf_str(&b), e) < 0 ? of_file(e, path) : 0;
}

static int
store_index(
    const struct tree *doc, struct arena *a, struct oci_repo *r, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_INDEX);
	const char *path = path_in(r, a, "index.json");

	tree_print_json(&b, doc, 0);
	if (buf_over(&b))
		return err_set(e, ERR_LIMIT,
		    "'%s' would be larger than %u bytes", path, MAX_INDEX);
	return os_replace(path, buf_str(&b), 0644, e);
}

/* ---- blobs ---- */

static int
missing(
    struct err *e, const struct oci_repo *r, const char *what, struct str which)
{
	return err_set(e, ERR_MISSING, "oci:" STR_F ": no %s " STR_F,
	    STR_A(r->dir), what, STR_A(which));
}

bool
layout_has(const struct oci_repo *r, struct arena *a, const struct oci_desc *d)
{
	struct stat st;

	return stat(blob_path(r, a, &d->digest), &st) == 0 &&
	    S_ISREG(st.st_mode) && (uint64_t)st.st_size == d->size;
}

struct flow {
	const struct oci_task *task;
	struct digester *digester;
	struct os_new_file *file; /* of OCI_SEND */
	uint64_t at;
};

static int
pass(struct flow *f, struct str piece, struct err *e)
{
	const struct oci_task *t = f->task;
	size_t done = 0;

	digester_add(f->digester, piece);
	f->at += piece.n;
	if (f->file)
		return os_new_file_write(f->file, piece, e);
	if (t->into) {
		buf_add(t->into, piece);
		return buf_over(t->into)
		    ? err_set(e, ERR_LIMIT, "a blob is larger than %zu bytes",
			  t->into->max)
		    : 0;
	}
	while (done < piece.n) {
		ssize_t n = pwrite(t->fd, piece.p + done, piece.n - done,
		    (off_t)(t->offset + f->at - piece.n + done));

		if (n < 0 && errno != EINTR)
			return err_sys(e, "cannot write what is fetched");
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* bytes of fd, from offset on. */
static int
pass_file(
    struct flow *f, int fd, uint64_t offset, uint64_t bytes, struct err *e)
{
	CLEANUP(mem_free_at) char *p = mem_take_part(PIECE, 0);

	while (f->at < bytes) {
		size_t most =
		    bytes - f->at < PIECE ? (size_t)(bytes - f->at) : PIECE;
		ssize_t n = pread(fd, p, most, (off_t)(offset + f->at));

		if (os_check_interrupt(e) < 0)
			return -1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read a blob");
		if (n == 0)
			return 0;
		if (pass(f, (struct str){ p, (size_t)n }, e) < 0)
			return -1;
	}
	return 0;
}

static int
check(struct flow *f, const char *name, struct err *e)
{
	const struct oci_desc *want = &f->task->desc;
	struct digest have = digester_done(f->digester);

	if (f->at != want->size)
		return err_set(e, ERR_INPUT,
		    "%s: it has not the %llu bytes "
		    "that it should have",
		    name, (unsigned long long)want->size);
	return digest_eq(&have, &want->digest)
	    ? 0
	    : err_set(e, ERR_INPUT, "%s: its digest is not the one in its name",
		  name);
}

static int
keep(struct oci_repo *r, struct oci_task *t, struct arena *a, struct err *e)
{
	CLEANUP(os_new_file_drop) struct os_new_file file = { .fd = -1 };
	CLEANUP(digester_free) struct digester *g = digester_new();
	struct flow f = { .task = t, .digester = g, .file = &file };
	const char *path = blob_path(r, a, &t->desc.digest);
	int rc;

	t->found = layout_has(r, a, &t->desc);
	if (t->found)
		return 0;
	if (os_new_file_open(&file, path, 0644, e) < 0)
		return -1;
	rc = t->from_file ? pass_file(&f, t->fd, t->offset, t->desc.size, e)
			  : pass(&f, t->data, e);
	if (rc < 0 || check(&f, path, e) < 0)
		return -1;
	t->moved = f.at;
	return os_new_file_commit(&file, e);
}

static int
open_blob(int *fd, struct oci_repo *r, const struct oci_desc *d,
    struct arena *a, struct err *e)
{
	const char *path = blob_path(r, a, &d->digest);
	char digest[OCI_DIGEST_TEXT];
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	oci_digest_text(&d->digest, digest);
	if (*fd < 0 && errno == ENOENT)
		return missing(e, r, "blob", str_of(digest));
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: this is no file", path);
	if ((uint64_t)st.st_size != d->size)
		return err_set(e, ERR_INPUT,
		    "%s: it has %llu bytes where %llu were meant", path,
		    (unsigned long long)st.st_size,
		    (unsigned long long)d->size);
	return 0;
}

static int
fetch(struct oci_repo *r, struct oci_task *t, struct arena *a, struct err *e)
{
	CLEANUP(digester_free) struct digester *g = digester_new();
	CLEANUP(close_fd) int fd = -1;
	struct flow f = { .task = t, .digester = g };

	if (t->desc.foreign)
		return err_set(e, ERR_TRUST,
		    "a blob is to be fetched from a URL elsewhere, which is "
		    "not done");
	if (t->into)
		buf_clear(t->into);
	if (open_blob(&fd, r, &t->desc, a, e) < 0 ||
	    pass_file(&f, fd, 0, t->desc.size, e) < 0 ||
	    check(&f, blob_path(r, a, &t->desc.digest), e) < 0)
		return -1;
	t->moved = f.at;
	return 0;
}

/* ---- manifests ---- */

int
layout_read(struct oci_task *t, struct oci_repo *r, const struct oci_desc *d,
    struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	struct oci_task blob = {
		.act = OCI_FETCH, .desc = *d, .fd = -1, .into = &b
	};

	blob.desc.foreign = false;
	if (fetch(r, &blob, a, e) < 0)
		return -1;
	t->found = true;
	if (oci_manifest_parse(
		&t->manifest, t->arena, buf_str(&b), d->media_type, e) < 0) {
		if (!t->optional || !t->has_digest)
			return of_file(e, blob_path(r, a, &d->digest));
		t->found = false;
		err_clear(e);
		return 0;
	}
	t->desc = *d;
	t->desc.media_type = t->manifest.media_type;
	t->desc.annotations = NULL;
	t->desc.nannotations = 0;
	t->desc.artifact_type = STR("");
	return 0;
}

/* By digest, what no index names is there too. */
static int
blob_desc(struct oci_desc *d, struct oci_repo *r, const struct oci_task *t,
    struct arena *a)
{
	struct stat st;

	if (!t->has_digest || stat(blob_path(r, a, &t->desc.digest), &st) < 0)
		return -1;
	*d = (struct oci_desc){ .digest = t->desc.digest,
		.size = (uint64_t)st.st_size };
	return 0;
}

static int
not_found(
    struct oci_task *t, struct oci_repo *r, struct arena *a, struct err *e)
{
	char digest[OCI_DIGEST_TEXT];

	(void)a;
	t->found = false;
	if (t->optional)
		return 0;
	oci_digest_text(&t->desc.digest, digest);
	if (!t->has_digest && t->tag.n == 0) {
		(void)err_set(e, ERR_MISSING,
		    "oci:" STR_F " has not just one manifest", STR_A(r->dir));
		return err_hint(
		    e, "say which: oci:" STR_F ":TAG", STR_A(r->dir));
	}
	return missing(
	    e, r, "manifest", t->has_digest ? str_of(digest) : t->tag);
}

static int
get(struct oci_repo *r, struct oci_task *t, struct arena *a, struct err *e)
{
	struct tree *doc, *entry;
	struct oci_desc d;

	if (layout_index(&doc, a, r, e) < 0 ||
	    layout_pick(&entry, r, doc, t, a, e) < 0)
		return -1;
	if (!entry && blob_desc(&d, r, t, a) < 0)
		return not_found(t, r, a, e);
	if (entry && desc_parse(&d, a, entry, "an entry", e) < 0)
		return of_file(e, path_in(r, a, "index.json"));
	return layout_read(t, r, &d, a, e);
}

int
layout_task(struct oci_repo *r, struct oci_task *t, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();

	switch (t->act) {
	case OCI_HAS:
		t->found = layout_has(r, a, &t->desc);
		return 0;
	case OCI_SEND:
		return keep(r, t, a, e);
	case OCI_FETCH:
		return fetch(r, t, a, e);
	default:
		return get(r, t, a, e);
	}
}

/* A tag stands for one manifest: whatever had it, has it no longer. */
static void
untag(struct tree *doc, struct str tag)
{
	struct tree *list = index_list(doc);
	size_t n = 0;

	for (size_t i = 0; i < list->nitems; i++)
		if (!str_eq(layout_tag(list->items[i]), tag))
			list->items[n++] = list->items[i];
	list->nitems = n;
}

int
layout_put(struct oci_repo *r, const struct oci_manifest *m,
    const struct str *tags, size_t ntags, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct oci_desc d = desc_of_manifest(m);
	struct oci_task blob = { .act = OCI_SEND, .desc = d, .data = m->bytes };
	CLEANUP(close_fd) int fd = -1;
	struct tree *doc;

	if (keep(r, &blob, a, e) < 0 || lock(&fd, r, e) < 0 ||
	    layout_index(&doc, a, r, e) < 0)
		return -1;
	/* Its own annotations are in it; an entry is a name for it. */
	if (!m->has_subject)
		d.nannotations = 0;
	for (size_t i = 0; i < ntags; i++) {
		untag(doc, tags[i]);
		index_add(doc, a, &d, tags[i]);
	}
	if (ntags == 0 && !index_lists(doc, &m->digest))
		index_add(doc, a, &d, STR(""));
	return store_index(doc, a, r, e);
}

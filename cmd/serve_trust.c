/* SPDX-License-Identifier: Apache-2.0 */
/* Who made what is served: verified before it runs, and each time it changes.
 */
#include <string.h>

#include "os/os.h"
#include "serve_parts.h"
#include "ship/ship.h"

int
serve_trust(struct serve_life *l, struct err *e)
{
	struct trust_opts o = l->flags->trust;
	const char *what = l->flags->what;

	/* A file of one's own is served as it is, when nobody is named. */
	o.cosign = what && !os_exists(what) && oci_ref_looks(str_of(what));
	l->must_verify = trust_opts_given(&o) || o.cosign;
	if (!l->must_verify)
		return 0;
	return trusting_open(&l->trusting, &o, e);
}

struct ship_pull
serve_pull(const struct serve_life *l)
{
	const struct trusting *t = &l->trusting;

	return (struct ship_pull){
		.trust = &t->want, .cosign = t->cosign, .ncosign = t->ncosign
	};
}

static int
fetch(struct serve_life *l, struct oci *o, struct ship_pull *p, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(4096), path = BUF(4096);
	struct ship_pulled got = { 0 };
	int rc;

	if (world_cache(&dir, SERVE_KEPT, e) < 0)
		return -1;
	rc =
	    ship_fetch(&got, &path, o, p, buf_cstr(&dir), l->trusting.arena, e);
	if (rc == 0)
		serve_files_one(&l->files, buf_cstr(&path));
	ship_pulled_free(&got);
	return rc;
}

int
serve_fetch(struct serve_life *l, bool *done, struct err *e)
{
	struct trust_want look = l->trusting.want;
	struct ship_pull p = serve_pull(l);
	const char *what = l->flags->what;
	struct oci *o = NULL;
	int rc;

	*done = what && !os_exists(what) && oci_ref_looks(str_of(what));
	if (!*done)
		return 0;
	/* Loading it opens it, and verifies it again. */
	look.look = true;
	p.trust = &look;
	if (oci_ref_parse(&p.ref, l->trusting.arena, str_of(what), e) < 0 ||
	    registry_open(&o, &l->flags->registry, l->trusting.arena, e) < 0)
		return -1;
	rc = fetch(l, o, &p, e);
	l->files.fetched = rc == 0;
	oci_free(&o);
	return rc;
}

int
serve_verify(struct bundle **out, struct buf *file, const char *path,
    struct serve_life *l, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct ship_pull p = serve_pull(l);
	struct trust_want *w = &l->trusting.want;
	int rc;

	w->notes = serve_engine_dir(l);
	if (l->files.fetched)
		ship_kept(w, path, &p, a);
	rc = trusting_verify(out, file, path, &l->trusting, e);
	w->vouched = NULL;
	w->nvouched = 0;
	return rc;
}

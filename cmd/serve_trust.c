/* SPDX-License-Identifier: Apache-2.0 */
/* Who made what is served: verified before it runs, and each time it changes.
 */
#include <string.h>

#include "os/os.h"
#include "serve_parts.h"
#include "ship/ship.h"

#define KEPT "bundles" /* in the cache: what came from registries */

int
serve_trust(struct serve_life *l, struct err *e)
{
	const struct trust_opts *o = &l->flags->trust;
	const char *what = l->flags->what;

	/* A file of one's own is served as it is, when nobody is named. */
	l->must_verify = trust_opts_given(o) ||
	    (what && !os_exists(what) && oci_ref_looks(str_of(what)));
	if (!l->must_verify)
		return 0;
	return trusting_open(&l->trusting, o, e);
}

static int
fetch(struct serve_life *l, struct oci *o, struct ship_pull *p, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(4096), path = BUF(4096);
	struct ship_pulled got = { 0 };
	int rc;

	if (world_cache(&dir, KEPT, e) < 0)
		return -1;
	rc =
	    ship_fetch(&got, &path, o, p, buf_cstr(&dir), l->trusting.arena, e);
	if (rc == 0 && got.module)
		rc = err_set(e, ERR_INPUT, "'%s' is a module, and no bundle",
		    l->flags->what);
	if (rc == 0)
		serve_files_one(&l->files, buf_cstr(&path));
	ship_pulled_free(&got);
	return rc;
}

int
serve_fetch(struct serve_life *l, bool *done, struct err *e)
{
	struct ship_pull p = { .trust = &l->trusting.want };
	const char *what = l->flags->what;
	struct oci *o = NULL;
	int rc;

	*done = what && !os_exists(what) && oci_ref_looks(str_of(what));
	if (!*done)
		return 0;
	if (oci_ref_parse(&p.ref, l->trusting.arena, str_of(what), e) < 0 ||
	    registry_open(&o, &l->flags->registry, l->trusting.arena, e) < 0)
		return -1;
	rc = fetch(l, o, &p, e);
	oci_free(&o);
	return rc;
}

int
serve_verify(struct bundle **out, struct buf *file, const char *path,
    struct serve_life *l, struct err *e)
{
	l->trusting.want.notes = serve_engine_dir(l);
	return trusting_verify(out, file, path, &l->trusting, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* subo pull - see subo-pull(1). */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "os/os.h"
#include "project/project.h"
#include "registry.h"
#include "ship/ship.h"

static struct {
	struct registry_opts registry;
	struct trust_opts trust;
	const char *output;
} opt;

static const struct cmd_opt opts[] = {
	{ "output", 'o', OPT_TEXT, &opt.output, "FILE",
	    "write it to FILE (default: " PROJECT_BUNDLE ")", VALUE_FILE },
	TRUST_OPTS(opt.trust),
	REGISTRY_OPTS(opt.registry),
	{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, VALUE_ANY },
};

struct pulling {
	struct arena *a;
	struct ship_pull how;
	struct trusting trust;
	struct ship_pulled done;
	const char *path;
};

static void
pulling_free(struct pulling *p)
{
	ship_pulled_free(&p->done);
	trusting_close(&p->trust);
	arena_free(&p->a);
}

/* ---- writing ---- */

static const char *
where(void *arg, const struct ship_pulled *so_far)
{
	struct pulling *p = arg;

	p->path = opt.output ? opt.output : PROJECT_BUNDLE;
	if (!so_far->module || opt.output)
		return p->path;
	p->path =
	    arena_printf(p->a, STR_F ".wasm", STR_A(oci_ref_last(&p->how.ref)));
	return p->path;
}

/* ---- telling ---- */

static void
tell_json(const struct pulling *p)
{
	const struct ship_pulled *d = &p->done;
	struct tree *t = ui_json(p->a, "pull", true), *list;
	char text[OCI_DIGEST_TEXT];

	tree_put_text(p->a, t, "reference", p->how.ref.text);
	tree_put_text(
	    p->a, t, "pinned", oci_ref_pinned(&p->how.ref, p->a, &d->manifest));
	oci_digest_text(&d->manifest, text);
	tree_put_text(p->a, t, "digest", str_of(text));
	oci_digest_text(&d->bundle, text);
	tree_put_text(p->a, t, d->module ? "module" : "bundle", str_of(text));
	tree_put_text(p->a, t, "file", str_of(p->path));
	tree_put_int(p->a, t, "bytes", (int64_t)d->file.n);
	tree_put_int(p->a, t, "fetched", (int64_t)d->fetched);
	tree_put_int(p->a, t, "layers", (int64_t)d->layers);
	tree_put_bool(p->a, t, "unchanged", d->unchanged);
	tree_put_int(p->a, t, "skipped", (int64_t)d->skipped);
	list = tree_put(p->a, t, "signers", tree_list(p->a));
	for (size_t i = 0; i < d->found.nsigners; i++)
		tree_add(p->a, list,
		    tree_new_text(p->a, str_of(d->found.signers[i].id)));
	list = tree_put(p->a, t, "cosign", tree_list(p->a));
	for (size_t i = 0; i < d->found.nsigners; i++)
		if (d->found.signers[i].cosign)
			tree_add(p->a, list,
			    tree_new_text(
				p->a, str_of(d->found.signers[i].id)));
	tree_put_int(p->a, t, "strangers", (int64_t)d->strangers);
	ui_json_print(t);
}

static void
tell(const struct pulling *p)
{
	const struct ship_pulled *d = &p->done;
	CLEANUP(buf_free) struct buf who = BUF(4096);

	if (d->skipped > 0)
		ui_note("%zu referrer%s passed over: not what they are listed "
			"as",
		    d->skipped, d->skipped == 1 ? "" : "s");
	if (cmd_common()->json) {
		tell_json(p);
		return;
	}
	if (d->strangers > 0)
		ui_note("%zu signature%s in cosign's form by keys that are "
			"not known",
		    d->strangers, d->strangers == 1 ? "" : "s");
	trust_found_text(&who, &d->found);
	ui_note(STR_F "; %s, %s fetched; %s",
	    STR_A(oci_ref_pinned(&p->how.ref, p->a, &d->manifest)),
	    ui_bytes(d->file.n), ui_bytes(d->fetched), buf_cstr(&who));
	printf("%s\n", p->path);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(pulling_free) struct pulling p = { .a = arena_new() };
	CLEANUP(oci_free) struct oci *o = NULL;

	if (argc < 1) {
		(void)err_set(e, ERR_USAGE, "pull what?");
		return err_hint(e, "subo pull HOST/NAME:TAG");
	}
	opt.trust.cosign = true;
	p.how.trust = &p.trust.want;
	p.how.into = where;
	p.how.arg = &p;
	p.how.have = opt.output ? opt.output : PROJECT_BUNDLE;
	if (oci_ref_parse(&p.how.ref, p.a, str_of(argv[0]), e) < 0 ||
	    trusting_open(&p.trust, &opt.trust, e) < 0 ||
	    registry_open(&o, &opt.registry, p.a, e) < 0)
		return -1;
	p.trust.want.look = true;
	p.how.cosign = p.trust.cosign;
	p.how.ncosign = p.trust.ncosign;
	ui_progress("fetching " STR_F, STR_A(p.how.ref.text));
	if (ship_pull(&p.done, o, &p.how, p.a, e) < 0)
		return -1;
	ui_progress(NULL);
	tell(&p);
	return 0;
}

const struct cmd cmd_pull = { .name = "pull",
	.about = "fetch a bundle from a registry, and verify it",
	.args = "REFERENCE",
	.max_args = 1,
	.group = "Ship it",
	.opts = opts,
	.run = run };

/* SPDX-License-Identifier: Apache-2.0 */
/* subo push - see subo-push(1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build_show.h"
#include "keys.h"
#include "os/os.h"
#include "project/project.h"
#include "registry.h"
#include "ship/ship.h"

#define NOTE "org.opencontainers.image."

static struct {
	struct registry_opts registry;
	struct opt_list tags, annotations;
	const char *module, *key, *role;
	bool sign, no_attest;
} opt;

static const struct cmd_opt opts[] = {
	{ "tag", 't', OPT_LIST, &opt.tags, "TAG",
	    "also under TAG; may be given again", VALUE_ANY },
	{ "annotation", 'a', OPT_LIST, &opt.annotations, "KEY=VALUE",
	    "say KEY of it; an empty VALUE leaves it out", VALUE_ANY },
	{ "module", 'm', OPT_TEXT, &opt.module, "FILE",
	    "send the module FILE alone, in the CNCF Wasm layout", VALUE_FILE },
	{ "sign", 's', OPT_FLAG, &opt.sign, NULL,
	    "sign it there: as minisign does, and as cosign does", VALUE_ANY },
	{ "key", 'k', OPT_TEXT, &opt.key, "FILE", "with the secret key in FILE",
	    VALUE_FILE },
	{ "role", 0, OPT_TEXT, &opt.role, "ROLE",
	    "in which role: publisher, ci or release", VALUE_ANY },
	{ "no-attest", 0, OPT_FLAG, &opt.no_attest, NULL,
	    "send no SBOM, provenance and test result beside it", VALUE_ANY },
	REGISTRY_OPTS(opt.registry),
	{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, VALUE_ANY },
};

struct pushing {
	struct arena *a;
	struct buf file, notes_dir;
	const char *path, *root; /* root: a folder of the project, or NULL */
	struct sign_secret *key;
	struct str detached[KEYS_MAX_DETACHED];
	struct ship_push how;
	struct ship_pushed done;
	struct str tags[OPT_LIST_MAX];
	struct oci_pair notes[OPT_LIST_MAX + 4];
};

static void
pushing_free(struct pushing *p)
{
	buf_free(&p->file);
	buf_free(&p->notes_dir);
	sign_secret_free(&p->key);
	arena_free(&p->a);
}

/* ---- what is sent ---- */

static int
project_bundle(struct pushing *p, const char *dir, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *project = NULL;

	if (project_open(&project, dir, ds, e) < 0)
		return -1;
	p->root = arena_printf(p->a, "%s", project_root(project));
	p->path = arena_printf(p->a, "%s",
	    ui_path(arena_printf(p->a, "%s/" PROJECT_BUNDLE, p->root)));
	if (os_exists(p->path))
		return 0;
	(void)err_set(e, ERR_MISSING, "no bundle '%s'", p->path);
	return err_hint(e, "make it with 'subo build'");
}

static int
find(struct pushing *p, int argc, char **argv, struct err *e)
{
	const char *what = argc > 1 ? argv[1] : ".";

	if (opt.module && argc > 1)
		return err_set(e, ERR_USAGE,
		    "a bundle and --module at once: send one after the other");
	if (opt.module)
		p->path = opt.module;
	else if (!os_is_dir(what))
		p->path = what;
	else if (project_bundle(p, what, e) < 0)
		return -1;
	if (!p->root) {
		const char *slash = strrchr(p->path, '/');
		char *dir =
		    realpath(slash ? arena_cstr(p->a,
					 (struct str){ p->path,
					     (size_t)(slash - p->path) + 1 })
				   : ".",
			NULL);

		p->root = dir ? arena_printf(p->a, "%s", dir) : NULL;
		free(dir);
	}
	p->file.max = SHIP_MAX_BYTES;
	return os_read(&p->file, p->path, e);
}

/* ---- what is said of it ---- */

static int
user_notes(struct pushing *p, size_t *n, struct err *e)
{
	for (size_t i = 0; i < opt.annotations.n; i++) {
		struct str value = str_of(opt.annotations.v[i]), key;

		if (!str_cut(&value, '=', &key) || key.n == 0) {
			(void)err_set(e, ERR_USAGE,
			    "'--annotation %.200s' has no KEY=",
			    opt.annotations.v[i]);
			return err_hint(
			    e, "subo push --annotation " NOTE "source=ADDRESS");
		}
		p->notes[(*n)++] = (struct oci_pair){ key, value };
	}
	return 0;
}

static void
add_note(struct pushing *p, size_t *n, const char *key, struct str value)
{
	for (size_t i = 0; i < *n; i++)
		if (str_is(p->notes[i].key, key))
			return;
	if (value.n > 0)
		p->notes[(*n)++] = (struct oci_pair){ str_of(key), value };
}

/* No clock: the same bundle of the same commit is the same artifact. */
static int
own_notes(struct pushing *p, size_t *n, struct err *e)
{
	int64_t epoch;
	char text[32];
	struct tm tm;
	time_t t;

	if (p->root)
		add_note(p, n, NOTE "revision", ship_revision(p->a, p->root));
	if (build_epoch(&epoch, e) < 0)
		return -1;
	t = (time_t)epoch;
	if (epoch > 0 && gmtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		add_note(p, n, NOTE "created", arena_copy(p->a, str_of(text)));
	return 0;
}

static int
describe(struct pushing *p, struct err *e)
{
	struct err ignored = ERR;
	size_t n = 0;

	if (user_notes(p, &n, e) < 0 || own_notes(p, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < opt.tags.n; i++)
		p->tags[i] = str_of(opt.tags.v[i]);
	p->how.file = buf_str(&p->file);
	p->how.name = p->path;
	p->how.tags = p->tags;
	p->how.ntags = opt.tags.n;
	p->how.annotations = p->notes;
	p->how.nannotations = n;
	p->how.no_attest = opt.no_attest;
	p->how.detached = p->detached;
	if (world_cache(&p->notes_dir, "code", &ignored) == 0)
		p->how.notes = buf_cstr(&p->notes_dir);
	if (opt.module)
		return 0;
	return keys_detached(p->detached, &p->how.ndetached, p->a, p->path, e);
}

/* ---- who signs it ---- */

static int
open_key(struct pushing *p, struct err *e)
{
	CLEANUP(buf_free) struct buf usual = { 0 };
	const char *path = opt.key;

	if (!opt.sign)
		return opt.key
		    ? err_set(e, ERR_USAGE, "--key is what --sign signs with")
		    : 0;
	if (opt.module) {
		(void)err_set(e, ERR_USAGE, "--sign is for bundles");
		return err_hint(e, "subo publish signs a function");
	}
	if (opt.role && !sign_role_parse(&p->how.role, str_of(opt.role)))
		return err_set(e, ERR_USAGE,
		    "'%.80s' is no role: publisher, ci and release are",
		    opt.role);
	if (!path && keys_config(&usual, "subo.key") &&
	    os_exists(buf_cstr(&usual)))
		path = buf_cstr(&usual);
	if (!path) {
		(void)err_set(e, ERR_USAGE, "there is no key to sign with");
		return err_hint(e,
		    "--key NAME.key; `subo keygen` makes one that is always "
		    "used");
	}
	if (keys_secret(&p->key, path, e) < 0)
		return -1;
	p->how.key = p->key;
	return build_epoch(&p->how.created_s, e);
}

/* ---- what came of it ---- */

static void
tell_json(const struct pushing *p)
{
	const struct ship_pushed *d = &p->done;
	struct tree *t = ui_json(p->a, "push", true), *list;
	char text[OCI_DIGEST_TEXT];

	tree_put_text(p->a, t, "reference", p->how.ref.text);
	tree_put_text(
	    p->a, t, "pinned", oci_ref_pinned(&p->how.ref, p->a, &d->manifest));
	oci_digest_text(&d->manifest, text);
	tree_put_text(p->a, t, "digest", str_of(text));
	oci_digest_text(&d->bundle, text);
	tree_put_text(p->a, t, opt.module ? "module" : "bundle", str_of(text));
	list = tree_put(p->a, t, "tags", tree_list(p->a));
	for (size_t i = 0; i < d->ntags; i++)
		tree_add(p->a, list, tree_new_text(p->a, d->tags[i]));
	tree_put_int(p->a, t, "bytes", (int64_t)d->size);
	tree_put_int(p->a, t, "sent", (int64_t)d->sent);
	tree_put_int(p->a, t, "layers", (int64_t)d->layers);
	tree_put_int(p->a, t, "layersSent", (int64_t)d->layers_sent);
	tree_put_bool(p->a, t, "unchanged", d->unchanged);
	tree_put_int(p->a, t, "signatures", (int64_t)d->signatures);
	tree_put_int(p->a, t, "attestations", (int64_t)d->attestations);
	tree_put_bool(p->a, t, "cosign", d->cosign);
	ui_json_print(t);
}

static void
tell(const struct pushing *p)
{
	const struct ship_pushed *d = &p->done;
	CLEANUP(buf_free) struct buf names = BUF(16384);

	if (cmd_common()->json) {
		tell_json(p);
		return;
	}
	for (size_t i = 0; i < d->ntags; i++)
		buf_addf(
		    &names, "%s" STR_F, i > 0 ? ", " : "", STR_A(d->tags[i]));
	if (d->unchanged)
		ui_note("'%s' was there already as %s: nothing to send",
		    p->path, buf_cstr(&names));
	else
		ui_note("'%s' is there as %s: %zu of %zu layer%s, %s sent",
		    p->path, buf_cstr(&names), d->layers_sent, d->layers,
		    d->layers == 1 ? "" : "s", ui_bytes(d->sent));
	if (!opt.module && d->signatures == 0)
		ui_warn("nobody signed it: 'subo pull' will not take it; sign "
			"it with 'subo sign' or --sign, and push again");
	printf(
	    STR_F "\n", STR_A(oci_ref_pinned(&p->how.ref, p->a, &d->manifest)));
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(pushing_free)
	struct pushing p = { .a = arena_new(), .notes_dir = BUF(4096) };
	CLEANUP(oci_free) struct oci *o = NULL;

	if (argc < 1) {
		(void)err_set(e, ERR_USAGE, "push it where?");
		return err_hint(e, "subo push HOST/NAME:TAG");
	}
	if (oci_ref_parse(&p.how.ref, p.a, str_of(argv[0]), e) < 0 ||
	    find(&p, argc, argv, e) < 0 || describe(&p, e) < 0 ||
	    open_key(&p, e) < 0 || registry_open(&o, &opt.registry, p.a, e) < 0)
		return -1;
	ui_progress("sending %s", p.path);
	if ((opt.module ? ship_push_module : ship_push)(
		&p.done, o, &p.how, p.a, e) < 0)
		return -1;
	ui_progress(NULL);
	tell(&p);
	return 0;
}

const struct cmd cmd_push = { .name = "push",
	.about = "send a bundle to a registry",
	.args = "REFERENCE [BUNDLE|DIR]",
	.max_args = 2,
	.value = VALUE_FILE,
	.group = "Ship it",
	.opts = opts,
	.run = run };

/* SPDX-License-Identifier: Apache-2.0 */
/* subo publish - see subo-publish(1). */
#include <stdio.h>
#include <string.h>

#include "added.h"
#include "build_show.h"
#include "os/os.h"

#define MAX_DOCUMENT (64u << 10)
#define MAX_NOTES 8u

static struct {
	const char *as_version, *key;
	bool no_build, no_sign;
	struct registry_opts registry;
} opt;

static const struct cmd_opt opts[] = {
	{ "version", 0, OPT_TEXT, &opt.as_version, "VERSION",
	    "its version (default: its manifest's, or the app's)", 0 },
	{ "key", 'k', OPT_TEXT, &opt.key, "FILE",
	    "sign it with the secret key in FILE (default: your own)",
	    VALUE_FILE },
	{ "no-sign", 0, OPT_FLAG, &opt.no_sign, NULL, "do not sign it", 0 },
	{ "no-build", 0, OPT_FLAG, &opt.no_build, NULL,
	    "take the module as it is", 0 },
	REGISTRY_OPTS(opt.registry),
	{ 0 },
};

/* What is sent. */
struct parcel {
	struct arena *arena;
	struct project *project;
	const struct project_function *f;
	struct oci_ref ref;
	struct buf wasm, config, manifest;
	struct digest module, digest; /* of the manifest */
	struct pin pin;		      /* what it asks for */
	struct sign_secret *key;      /* or NULL */
};

static void
parcel_free(struct parcel *p)
{
	sign_secret_free(&p->key);
	buf_free(&p->wasm);
	buf_free(&p->config);
	buf_free(&p->manifest);
	project_free(&p->project);
	arena_free(&p->arena);
}

/* ---- the module ---- */

static int
build(struct parcel *p, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *only = NULL;
	struct toolchain_env env = { 0 };
	struct build_result res = { 0 };
	struct build_show show = { .arena = p->arena, .res = &res };
	struct build_options how = { .env = &env,
		.self = world_self(),
		.release = true,
		.no_bundle = true,
		.tell = build_show_tell,
		.note = build_show_note,
		.arg = &show };
	int r;

	/* Opened in the function's folder, a project is that function. */
	if (world_toolchain(&env, p->arena, e) < 0 ||
	    project_open(&only, p->f->dir, ds, e) < 0)
		return -1;
	how.environ = env.env;
	show.p = only;
	show.lines =
	    arena_take(p->arena, project_count(only) * sizeof(*show.lines));
	r = project_build(only, &how, ds, &res, e);
	ui_diags(ds);
	return r;
}

static int
find(struct parcel *p, const char *name, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();

	if (project_open(&p->project, ".", ds, e) < 0) {
		ui_diags(ds);
		return -1;
	}
	p->f = project_find(p->project, str_of(name));
	if (!p->f) {
		err_set(e, ERR_MISSING, "the project has no function '%.200s'",
		    name);
		return err_hint(e, "'subo graph' shows those it has");
	}
	if (p->f->pin)
		return err_set(e, ERR_INPUT,
		    "'%.200s' was published by others: " STR_F, name,
		    STR_A(p->f->pin->reference));
	return 0;
}

static int
load(struct parcel *p, struct err *e)
{
	CLEANUP(module_free) struct module *m = NULL;

	if (!opt.no_build && build(p, e) < 0)
		return -1;
	if (os_read(&p->wasm, p->f->wasm, e) < 0)
		return opt.no_build ? err_hint(e, "leave --no-build away") : -1;
	if (module_read(&m, buf_str(&p->wasm), e) < 0)
		return err_wrap(e, "'%s'", ui_path(p->f->wasm));
	p->module = m->digest;
	p->pin.info = p->f->info;
	p->pin.module = m->digest;
	p->pin.nbytes = p->wasm.n;
	p->pin.reference = p->ref.text;
	pin_permissions(&p->pin, p->arena, m);
	return 0;
}

/* ---- the documents ---- */

/* No date: the same module is the same artifact. */
static void
make_config(struct parcel *p)
{
	struct tree *t = tree_map(p->arena), *list;
	char text[OCI_DIGEST_TEXT];

	oci_digest_text(&p->module, text);
	tree_put_text(p->arena, t, "architecture", STR("wasm"));
	tree_put_text(p->arena, t, "os", STR("wasip1"));
	list = tree_put(p->arena, t, "layerDigests", tree_list(p->arena));
	tree_add(p->arena, list, tree_new_text(p->arena, str_of(text)));
	tree_print_json(&p->config, t, 0);
}

static size_t
add_note(struct oci_pair *v, size_t n, const char *key, struct str value)
{
	if (value.n > 0)
		v[n++] = (struct oci_pair){ str_of(key), value };
	return n;
}

static struct str
version(const struct parcel *p)
{
	const struct directive *d = project_directive(p->project);

	return opt.as_version	       ? str_of(opt.as_version)
	    : p->f->info.version.n > 0 ? p->f->info.version
	    : d			       ? d->app_version
				       : STR("");
}

static void
make_manifest(struct parcel *p)
{
	const struct function_info *f = &p->f->info;
	CLEANUP(buf_free) struct buf label = BUF(256);
	struct oci_desc layer = oci_desc_of(OFFER_WASM, buf_str(&p->wasm));
	struct oci_pair title = { STR(OCI_TITLE),
		str_of(arena_printf(p->arena, STR_F ".wasm", STR_A(f->name))) };
	struct oci_pair v[MAX_NOTES];
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.config = oci_desc_of(OFFER_CONFIG, buf_str(&p->config)),
		.layers = &layer,
		.nlayers = 1,
		.annotations = v };

	layer.annotations = &title;
	layer.nannotations = 1;
	pin_label(&p->pin, &label);
	m.nannotations = add_note(v, 0, OCI_TITLE, f->name);
	m.nannotations = add_note(v, m.nannotations, OFFER_VERSION, version(p));
	m.nannotations = add_note(v, m.nannotations, OFFER_API, f->api_version);
	m.nannotations = add_note(
	    v, m.nannotations, OFFER_LANG, f->tinygo ? STR("tinygo") : f->lang);
	m.nannotations =
	    add_note(v, m.nannotations, OFFER_NAME, buf_str(&label));
	oci_manifest_print(&p->manifest, &m);
	p->digest = sign_digest(buf_str(&p->manifest));
	p->pin.manifest = p->digest;
}

/* ---- the key ---- */

/* The one that is given, or else the user's own when there is one. */
static int
read_key(struct parcel *p, struct err *e)
{
	CLEANUP(buf_free) struct buf own = { 0 };

	if (opt.no_sign && opt.key)
		return err_set(
		    e, ERR_USAGE, "--no-sign and --key exclude each other");
	if (opt.key)
		return keys_secret(&p->key, opt.key, e);
	if (opt.no_sign || !keys_config(&own, "subo.key") ||
	    !os_exists(buf_cstr(&own)))
		return 0;
	return keys_secret(&p->key, buf_cstr(&own), e);
}

/* ---- sending ---- */

static int
sign(struct parcel *p, struct oci_repo *repo, struct err *e)
{
	struct oci_desc subject =
	    oci_desc_of(OCI_TYPE_MANIFEST, buf_str(&p->manifest));

	if (!p->key)
		return 0;
	p->pin.signers.v = arena_take(p->arena, sizeof(struct str));
	p->pin.signers.v[p->pin.signers.n++] =
	    offer_key_text(p->arena, sign_secret_public(p->key));
	return offer_sign(
	    repo, &p->pin, buf_str(&p->wasm), &subject, p->key, e);
}

static int
push(struct parcel *p, struct err *e)
{
	CLEANUP(oci_free) struct oci *oci = NULL;
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct oci_task tasks[] = {
		{ .act = OCI_SEND,
		    .desc = oci_desc_of(OFFER_CONFIG, buf_str(&p->config)),
		    .data = buf_str(&p->config) },
		{ .act = OCI_SEND,
		    .desc = oci_desc_of(OFFER_WASM, buf_str(&p->wasm)),
		    .data = buf_str(&p->wasm) },
	};
	struct str tag = p->ref.tag.n > 0 ? p->ref.tag : STR("latest");

	if (registry_open(&oci, &opt.registry, p->arena, e) < 0 ||
	    oci_open(&repo, oci, &p->ref, OCI_PUSH, e) < 0)
		return -1;
	ui_progress("sending " STR_F, STR_A(p->f->info.name));
	/* The tag last: who follows it finds the signature too. */
	if (oci_do(repo, tasks, COUNT(tasks), e) < 0 ||
	    oci_put(repo, buf_str(&p->manifest), OCI_TYPE_MANIFEST, NULL, 0,
		e) < 0 ||
	    sign(p, repo, e) < 0 ||
	    oci_put(
		repo, buf_str(&p->manifest), OCI_TYPE_MANIFEST, &tag, 1, e) < 0)
		return -1;
	ui_progress(NULL);
	return 0;
}

static void
tell(const struct parcel *p)
{
	struct str pinned = oci_ref_pinned(&p->ref, p->arena, &p->digest);
	struct tree *t;

	if (cmd_common()->json) {
		t = ui_json(p->arena, "publish", true);
		tree_put_text(p->arena, t, "pinned", pinned);
		tree_put(
		    p->arena, t, "function", offer_json(p->arena, &p->pin));
		ui_json_print(t);
		return;
	}
	ui_note("'" STR_F "' (%s) is published; others use it with "
		"'subo add " STR_F "'",
	    STR_A(p->f->info.name), ui_bytes(p->wasm.n), STR_A(p->ref.text));
	if (!p->key && !opt.no_sign)
		ui_warn("it is not signed: who adds it must say so with "
			"--allow-unsigned ('subo keygen' makes a key)");
	printf(STR_F "\n", STR_A(pinned));
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(parcel_free)
	struct parcel p = { .arena = arena_new(),
		.wasm = BUF(MODULE_MAX_BYTES),
		.config = BUF(MAX_DOCUMENT),
		.manifest = BUF(MAX_DOCUMENT) };

	if (argc < 2) {
		err_set(e, ERR_USAGE, "publish which function, and where?");
		return err_hint(e, "subo publish FUNCTION REFERENCE");
	}
	if (oci_ref_parse(&p.ref, p.arena, str_of(argv[1]), e) < 0)
		return -1;
	if (p.ref.has_digest) {
		err_set(e, ERR_USAGE, "a digest cannot be chosen");
		return err_hint(e, "leave '@sha256:...' away");
	}
	if (find(&p, argv[0], e) < 0 || read_key(&p, e) < 0 || load(&p, e) < 0)
		return -1;
	p.pin.info.version = version(&p);
	if (!offer_is_word(p.pin.info.version)) {
		err_set(e, ERR_USAGE, "'" STR_F "' is no version",
		    STR_A(p.pin.info.version));
		return err_hint(e, "a word such as v1.2.0: --version v1.2.0");
	}
	make_config(&p);
	make_manifest(&p);
	if (push(&p, e) < 0)
		return -1;
	tell(&p);
	return 0;
}

const struct cmd cmd_publish = {
	.name = "publish",
	.args = "FUNCTION REFERENCE",
	.max_args = 2,
	.value = VALUE_FUNCTION,
	.about = "put one function where others can add it from",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};

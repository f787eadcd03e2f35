/* SPDX-License-Identifier: Apache-2.0 */
/* What a published function is, what it may do, and what changed. */
#include <stdio.h>

#include "create.h"
#include "offer.h"
#include "os/os.h"

#define MAX_SHOWN (64u << 10)

static void
add_strs(struct buf *out, const struct strs *s, const char *none)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_add(out, i > 0 ? STR(", ") : STR(""));
		buf_show(out, s->v[i], false);
	}
	if (s->n == 0)
		buf_add(out, str_of(none));
}

/* By their numbers, which are shorter to read. */
static void
add_signers(struct buf *out, const struct strs *s)
{
	struct sign_public key;
	struct err ignored = ERR;
	char id[SIGN_ID];

	for (size_t i = 0; i < s->n; i++) {
		if (sign_public_parse(&key, s->v[i], &ignored) < 0)
			continue;
		sign_id(key.id, id);
		buf_addf(out, "%s%s", i > 0 ? ", " : "", id);
	}
	if (s->n == 0)
		buf_add(out, STR("nobody who is trusted here"));
}

static void
add_hex(struct buf *out, const struct digest *d)
{
	char text[OCI_DIGEST_TEXT];

	oci_digest_text(d, text);
	buf_add(out, str_of(text));
}

void
offer_show(const struct offer *o, struct str label)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_SHOWN);
	const struct pin *p = &o->pin;

	buf_show(&b, label, false);
	buf_add(&b, STR(": "));
	buf_show(&b, p->reference, false);
	buf_add(&b, STR("\n  manifest      "));
	add_hex(&b, &p->manifest);
	buf_add(&b, STR("\n  module        "));
	add_hex(&b, &p->module);
	buf_addf(&b, "\n                %s", ui_bytes(p->nbytes));
	if (p->info.lang.n > 0)
		buf_addf(&b, ", " STR_F, STR_A(p->info.lang));
	if (p->info.version.n > 0)
		buf_addf(&b, ", " STR_F, STR_A(p->info.version));
	buf_addf(&b, ", called as %s", module_abi_name(o->module->abi));
	buf_add(&b, STR("\n  signed by     "));
	add_signers(&b, &p->signers);
	buf_add(&b, STR("\n  capabilities  "));
	add_strs(&b, &p->capabilities, "none");
	buf_add(&b, STR("\n  can call      "));
	add_strs(&b, &p->imports, "nothing");
	ui_note("%s", buf_cstr(&b));
}

/* ---- changes ---- */

static bool
has(const struct strs *s, struct str what)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->v[i], what))
			return true;
	return false;
}

static bool
add_gone_and_new(struct buf *out, const char *what, const struct strs *was,
    const struct strs *now)
{
	bool more = false;

	for (size_t i = 0; i < was->n; i++)
		if (!has(now, was->v[i]))
			buf_addf(
			    out, "  - %s " STR_F "\n", what, STR_A(was->v[i]));
	for (size_t i = 0; i < now->n; i++)
		if (!has(was, now->v[i])) {
			buf_addf(
			    out, "  + %s " STR_F "\n", what, STR_A(now->v[i]));
			more = true;
		}
	return more;
}

static void
add_text(struct buf *out, const char *what, struct str was, struct str now)
{
	if (!str_eq(was, now))
		buf_addf(out, "    %s " STR_F " -> " STR_F "\n", what,
		    STR_A(was.n > 0 ? was : STR("none")),
		    STR_A(now.n > 0 ? now : STR("none")));
}

bool
offer_changes(const struct pin *was, const struct pin *now, struct buf *lines)
{
	bool more;

	add_text(lines, "reference", was->reference, now->reference);
	add_text(lines, "version", was->info.version, now->info.version);
	if (!digest_eq(&was->module, &now->module)) {
		buf_add(lines, STR("    module "));
		add_hex(lines, &was->module);
		buf_add(lines, STR("\n        -> "));
		add_hex(lines, &now->module);
		buf_addf(lines, "\n    size %s -> %s\n", ui_bytes(was->nbytes),
		    ui_bytes(now->nbytes));
	}
	(void)add_gone_and_new(lines, "signer", &was->signers, &now->signers);
	more = add_gone_and_new(
	    lines, "capability", &was->capabilities, &now->capabilities);
	if (add_gone_and_new(lines, "call of", &was->imports, &now->imports))
		more = true;
	return more;
}

/* ---- what the project gives ---- */

static bool
gives(const struct capabilities *c, struct str name)
{
	const struct {
		const char *name;
		bool on;
	} all[] = { { "logger", c->logger }, { "http", c->http.enabled },
		{ "graphql", c->graphql.enabled }, { "cache", c->cache },
		{ "requestHandler", c->request }, { "file", c->file },
		{ "db", c->db }, { "secrets", c->secrets } };

	for (size_t i = 0; i < COUNT(all); i++)
		if (str_is(name, all[i].name))
			return all[i].on;
	return true;
}

void
offer_warn(const struct pin *p, const struct directive *d)
{
	const struct capabilities *c = directive_capabilities(d, &p->info);

	for (size_t i = 0; i < p->capabilities.n; i++)
		if (!gives(c, p->capabilities.v[i]))
			ui_warn("the Directive does not allow '" STR_F
				"' the capability '" STR_F
				"': it will be refused when it asks",
			    STR_A(p->info.name), STR_A(p->capabilities.v[i]));
}

/* ---- JSON ---- */

static void
put_strs(struct arena *a, struct tree *t, const char *key, const struct strs *s)
{
	struct tree *list = tree_put(a, t, key, tree_list(a));

	for (size_t i = 0; i < s->n; i++)
		tree_add(a, list, tree_new_text(a, s->v[i]));
}

struct tree *
offer_json(struct arena *a, const struct pin *p)
{
	CLEANUP(buf_free) struct buf label = BUF(256);
	char text[OCI_DIGEST_TEXT];
	struct tree *t = tree_map(a);

	pin_label(p, &label);
	tree_put_text(a, t, "name", buf_str(&label));
	tree_put_text(a, t, "reference", p->reference);
	oci_digest_text(&p->manifest, text);
	tree_put_text(a, t, "manifest", str_of(text));
	oci_digest_text(&p->module, text);
	tree_put_text(a, t, "module", str_of(text));
	tree_put_int(a, t, "bytes", (int64_t)p->nbytes);
	put_strs(a, t, "capabilities", &p->capabilities);
	put_strs(a, t, "imports", &p->imports);
	put_strs(a, t, "signers", &p->signers);
	return t;
}

/* ---- asking ---- */

int
offer_agree(bool yes, const char *question, struct err *e)
{
	CLEANUP(buf_free) struct buf answer = BUF(100);

	if (yes)
		return 0;
	if (!create_can_ask()) {
		err_set(e, ERR_USAGE,
		    "there is no terminal to ask whether this is wanted");
		return err_hint(e, "--yes agrees to what is shown above");
	}
	(void)create_ask(&answer, question);
	if (os_check_interrupt(e) < 0)
		return -1;
	if (str_ieq(buf_str(&answer), STR("y")) ||
	    str_ieq(buf_str(&answer), STR("yes")))
		return 0;
	return err_set(e, ERR_FAILED, "nothing is changed");
}

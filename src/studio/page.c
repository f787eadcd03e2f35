/* SPDX-License-Identifier: Apache-2.0 */
/* The one page: see page.h. */
#include <stdio.h>

#include "sign/sign.h"
#include "studio/page.h"

#ifdef __APPLE__
#define SECTION ".const_data\n"
#define SYMBOL(name) "_" name
#else
#define SECTION ".section .rodata.studio_page,\"a\",%progbits\n"
#define SYMBOL(name) name
#endif
#define PART(file) ".incbin \"src/studio/page/" file "\"\n"

__asm__(SECTION SYMBOL("studio_page") ":\n" PART("head.html") PART("base.css")
	PART("list.css") PART("detail.css") PART("body.html") PART("base.js")
	    PART("value.js") PART("graph.js") PART("list.js") PART("detail.js")
		PART("steps.js") PART("ask.js") PART("keys.js") PART("main.js")
		    PART("end.html")
			SYMBOL("studio_page_end") ":\n.byte 0\n.text\n");

extern const char studio_page[], studio_page_end[];

#define PAGE_BYTES (1u << 20)

/* What stands between the only `from` and the next `to`. */
static int
between(struct str text, struct str from, struct str to, struct str *in,
    struct err *e)
{
	size_t at, end, again;

	if (!str_find(text, from, &at))
		return err_set(e, ERR_BUG, "the page has no %s", from.p);
	text = str_from(text, at + from.n);
	if (!str_find(text, to, &end))
		return err_set(e, ERR_BUG, "the page has no %s", to.p);
	*in = (struct str){ text.p, end };
	if (str_find(str_from(text, end), from, &again))
		return err_set(e, ERR_BUG, "the page has two %s", from.p);
	return 0;
}

/* Content Security Policy 3, 2.3.1: hash-source */
static void
add_hash(struct buf *out, struct str text)
{
	struct digest d = sign_digest(text);

	buf_addf(out, "'sha256-");
	buf_add_base64(out, (struct str){ (const char *)d.b, sizeof(d.b) });
	buf_addc(out, '\'');
}

/* With the style sheet of the flows' picture at its end of the page's own. */
static void
lay(struct buf *out, const char *css)
{
	struct str rest = { studio_page,
		(size_t)(studio_page_end - studio_page) };
	size_t at = 0;

	(void)str_find(rest, STR("</style>"), &at);
	buf_add(out, (struct str){ rest.p, at });
	buf_add(out, str_of(css));
	buf_add(out, str_from(rest, at));
}

int
page_make(struct page *p, const char *css, struct err *e)
{
	struct str text, style, script;
	struct digest d;
	char hex[DIGEST_HEX];

	*p = (struct page){ .text = BUF(PAGE_BYTES), .policy = BUF(2048) };
	lay(&p->text, css);
	text = buf_str(&p->text);
	if (between(text, STR("<style>"), STR("</style>"), &style, e) < 0 ||
	    between(text, STR("<script>"), STR("</script>"), &script, e) < 0)
		return -1;
	buf_addf(&p->policy, "default-src 'none'; script-src ");
	add_hash(&p->policy, script);
	buf_addf(&p->policy, "; style-src ");
	add_hash(&p->policy, style);
	buf_addf(&p->policy,
	    "; connect-src 'self'; img-src data:; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'; "
	    "require-trusted-types-for 'script'; trusted-types 'none'");
	d = sign_digest(text);
	digest_hex(&d, hex);
	hex[32] = '\0';
	(void)snprintf(p->etag, sizeof(p->etag), "\"%s\"", hex);
	return 0;
}

void
page_free(struct page *p)
{
	buf_free(&p->text);
	buf_free(&p->policy);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from outside as text: an address, names, a text to fill in. */
#include <assert.h>
#include <string.h>

#include "template/address.h"
#include "template/expand.h"
#include "template/name.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
address(const char *text)
{
	struct address a;
	struct err e = ERR;

	if (address_parse(&a, text, &e) < 0) {
		assert(e.kind == ERR_USAGE && e.text[0] != '\0');
		return;
	}
	assert(a.url[0] != '\0' && a.url[0] != '-' && a.ref[0] != '-');
	assert(a.kind == ADDRESS_HTTPS || a.secret[0] == '\0');
	assert(a.kind != ADDRESS_HTTPS ||
	    strncmp(a.url, "https://", strlen("https://")) == 0);
	/* No part of the folder leads out. */
	for (const char *p = a.folder; *p != '\0'; p++)
		assert(*p != '\\' && (unsigned char)*p >= 0x20 &&
		    strncmp(p, "/../", 4) != 0);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static const struct template_var vars[] = { { "Name", "hello" },
		{ "Again", "{{ .Name }}" } };
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);
	CLEANUP(buf_free) struct buf out = BUF(1u << 16);
	struct str bytes = { (const char *)data, n };
	struct err e = ERR;

	buf_add(&text, bytes);
	address(buf_cstr(&text));
	if (!name_fault(bytes))
		assert(n > 0 && n <= 255 && !memchr(data, '/', n) &&
		    !memchr(data, 0, n));
	if (expand(&out, bytes, "f", vars, COUNT(vars), &e) < 0)
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
	return 0;
}

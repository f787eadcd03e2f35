/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a bundle; what opens is packed again and must come out same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "bundle/deflate.h"
#include "bundle/zip.h"
#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
again(const struct bundle *b)
{
	char path[] = "/tmp/subo-fuzz.XXXXXX";
	size_t n = bundle_count(b);
	CLEANUP(mem_free_at)
	struct bundle_part *parts = mem_take(n * sizeof(*parts));
	CLEANUP(bundle_free) struct bundle *c = NULL;
	struct bundle_options opt = { .jobs = 1 };
	struct err e = ERR;
	struct digest d;
	int fd = mkstemp(path), r;

	assert(fd >= 0);
	for (size_t i = 0; i < n; i++)
		parts[i] = bundle_at(b, i);
	r = bundle_pack(path, parts, n, &opt, &d, &e);
	assert(r == 0);
	r = bundle_open(&c, path, &e);
	close(fd);
	unlink(path);
	assert(r == 0 && bundle_count(c) == n);
	assert(digest_eq(&d, bundle_digest(c)));
	for (size_t i = 0; i < n; i++) {
		struct str data;

		assert(bundle_find(c, parts[i].name, &data));
		assert(str_eq(data, parts[i].data));
	}
}

/* With its comment taken off and put on again it is the same file. */
static void
cut(struct str bytes)
{
	CLEANUP(buf_free) struct buf plain = BUF(1u << 30);
	CLEANUP(buf_free) struct buf sealed = BUF(1u << 30);
	struct bundle_cut c;
	struct err e = ERR;

	if (bundle_cut(&c, bytes, &e) < 0) {
		assert(e.kind == ERR_INPUT && bundle_rule(&e).n > 0);
		return;
	}
	bundle_unsigned(&plain, &c);
	if (bundle_sealed(&sealed, buf_str(&plain), c.comment, &e) == 0)
		assert(str_eq(buf_str(&sealed), bytes));
	else /* the rest alone may look as if it ended elsewhere */
		assert(e.kind == ERR_INPUT);
}

/* What the strict level takes the other one takes too, and sees the same. */
static bool
is_canonical(struct str bytes, const struct bundle *b)
{
	CLEANUP(bundle_free) struct bundle *c = NULL;
	struct err e = ERR;

	if (bundle_open_at(&c, bytes, "x", BUNDLE_STRICT, NULL, &e) < 0) {
		assert(bundle_rule(&e).n > 0);
		return false;
	}
	assert(b && digest_eq(bundle_digest(b), bundle_digest(c)));
	assert(bundle_count(b) == bundle_count(c));
	return true;
}

/* What normalizing makes is canonical. */
static void
normalize(struct str bytes)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 30);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct bundle_normalize how = { .jobs = 1 };
	char path[] = "/tmp/subo-fuzz.XXXXXX";
	int fd = mkstemp(path), r;
	struct err e = ERR;
	struct digest d;
	bool same;

	assert(fd >= 0);
	r = bundle_normalize(path, bytes, "x", &how, &same, &d, &e);
	if (r == 0)
		assert(os_read(&out, path, &e) == 0);
	close(fd);
	unlink(path);
	if (r == 0 && bundle_open_bytes(&b, buf_str(&out), "x", &e) == 0)
		assert(is_canonical(buf_str(&out), b));
	assert(r < 0 || b);
}

static void
try(struct str bytes)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct err e = ERR;

	cut(bytes);
	if (bundle_open_bytes(&b, bytes, "x.wasm.zip", &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT ||
		    e.kind == ERR_TRUST);
		assert(strlen(e.text) > 0 && bundle_rule(&e).n > 0);
		assert(!is_canonical(bytes, NULL));
		return;
	}
	if (!is_canonical(bytes, b))
		normalize(bytes);
	for (size_t i = 0; i < bundle_directive(b)->nfunctions; i++) {
		struct str wasm;

		(void)bundle_module(
		    b, &bundle_directive(b)->functions[i], &wasm);
	}
	/* The other forms are read, not written. */
	if (bundle_find(b, STR("Directive.yaml"), &bytes))
		again(b);
}

/* What the entry unpacks to has this checksum; false when it does not. */
static bool
true_crc(const struct zip_entry *z, uint32_t *crc)
{
	CLEANUP(mem_free_at) char *room = NULL;

	if (z->method == ZIP_STORED) {
		*crc = deflate_crc(z->packed);
		return true;
	}
	if (z->nbytes > 1u << 20)
		return false;
	room = mem_take((size_t)z->nbytes + 1);
	if (deflate_unpack(z->packed, room, z->nbytes))
		return false;
	*crc = deflate_crc((struct str){ room, z->nbytes });
	return true;
}

static void
put_everywhere(char *p, size_t n, uint32_t from, uint32_t to)
{
	for (char *at = p; n >= 4 && at && from != to;) {
		at = memmem(at, (size_t)(p + n - at), &from, sizeof(from));
		if (at)
			memcpy(at, &to, sizeof(to));
	}
}

/* Chance does not find a checksum: put in those that are true. */
static void
mend(char *p, size_t n)
{
	CLEANUP(mem_free_at) struct zip_entry *v = NULL;
	struct err e = ERR;
	size_t nv = 0;

	if (zip_scan(&v, &nv, (struct str){ p, n }, &e) < 0)
		return;
	for (size_t i = 0; i < nv; i++) {
		uint32_t crc;

		if (true_crc(&v[i], &crc))
			put_everywhere(p, n, v[i].crc, crc);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(mem_free_at) char *mended = mem_take(n + 1);

	try((struct str){ (const char *)data, n });
	if (n > 0)
		memcpy(mended, data, n);
	mend(mended, n);
	if (n > 0 && memcmp(mended, data, n) != 0)
		try((struct str){ mended, n });
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a bundle; what opens is packed again and must come out same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/bundle.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct err e = ERR;
	struct str bytes = { (const char *)data, n };

	if (bundle_open_bytes(&b, bytes, "x.wasm.zip", &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT ||
		    e.kind == ERR_TRUST);
		assert(strlen(e.text) > 0);
		return 0;
	}
	again(b);
	return 0;
}

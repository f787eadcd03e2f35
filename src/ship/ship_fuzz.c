/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle taken apart comes back; and layers that a registry made up. */
#include <assert.h>
#include <string.h>

#include "ship/ship.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
there_and_back(struct str whole)
{
	CLEANUP(ship_layers_free) struct ship_layers l = { 0 };
	CLEANUP(buf_free) struct buf again = BUF(SHIP_MAX_BYTES);
	struct err e = ERR;

	ship_explode(&l, whole);
	assert(l.n > 0 && l.n <= SHIP_MAX_LAYERS);
	if (l.whole)
		return;
	assert(ship_rebuild(&again, l.v, l.n, l.date, &e) == 0);
	assert(str_eq(buf_str(&again), whole));
}

/* TITLE NUL TYPE NUL BYTES: one layer; bytes go on to the next at 0xfe 0xed. */
static void
made_up(struct str rest)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 22);
	struct ship_layer v[8];
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err e = ERR;
	size_t n = 0, at;

	while (n < COUNT(v) && rest.n > 0) {
		struct str title, type, bytes;

		if (!str_cut(&rest, '\0', &title) ||
		    !str_cut(&rest, '\0', &type))
			break;
		bytes = rest;
		if (str_find(rest, STR("\xfe\xed"), &at)) {
			bytes.n = at;
			rest = str_from(rest, at + 2);
		} else {
			rest.n = 0;
		}
		v[n++] = (struct ship_layer){ .title = title,
			.media_type = arena_cstr(a, type),
			.data = bytes,
			.crc = (uint32_t)n };
	}
	if (ship_rebuild(&out, v, n, 33u << 16, &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
		assert(e.text[0] != '\0');
		return;
	}
	assert(out.n > 22 && memcmp(out.p, "PK\3\4", 4) == 0);
	there_and_back(buf_str(&out));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct str bytes = { (const char *)data, n };

	there_and_back(bytes);
	made_up(bytes);
	return 0;
}

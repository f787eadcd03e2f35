/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a lock: what is read is written in a form that is read alike,
 * and written alike again. */
#include <assert.h>
#include <string.h>

#include "project/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_TEXT (16u << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(pins_free) struct pins s = { 0 }, again = { 0 };
	CLEANUP(buf_free) struct buf once = BUF(MAX_TEXT);
	CLEANUP(buf_free) struct buf twice = BUF(MAX_TEXT);
	struct str text = { (const char *)data, n };
	struct err e = ERR;

	if (pins_parse(&s, text, STR("subo.lock"), &e) < 0) {
		assert(e.text[0] != '\0');
		return 0;
	}
	pins_print(&s, &once);
	/* Quotes can make it longer than a reader takes. */
	if (once.n > (1u << 20))
		return 0;
	if (pins_parse(&again, buf_str(&once), STR("subo.lock"), &e) < 0)
		abort();
	assert(again.n == s.n);
	pins_print(&again, &twice);
	assert(str_eq(buf_str(&once), buf_str(&twice)));
	for (size_t i = 0; i < s.n; i++)
		assert(
		    pins_find(&s, s.v[i].info.ns, s.v[i].info.name) == &s.v[i]);
	return 0;
}

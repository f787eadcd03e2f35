/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a statement, and as the address of a database or a cache.
 * What is asked without a server never hangs, never reads beyond the text and
 * never tells a password; a statement that is accepted stays one with a
 * comment, a semicolon and spaces around it, and has as many placeholders.
 */
#include <assert.h>
#include <string.h>

#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_statement(struct str text)
{
	CLEANUP(buf_free) struct buf longer = BUF(1u << 20);
	unsigned nvars = sql_count_vars(text);
	enum sql_kind kind, again;
	struct err e = ERR;
	bool known = sql_kind_of(text, &kind);

	assert(nvars <= 65535 || nvars <= text.n);
	if (sql_check_text(text, &e) < 0) {
		assert(e.kind == ERR_INPUT && e.text[0]);
		return;
	}
	buf_add(&longer, STR("  /* x */ "));
	buf_add(&longer, text);
	buf_add(&longer, STR("\n"));
	if (buf_over(&longer) || sql_check_text(buf_str(&longer), &e) < 0)
		return;
	assert(sql_count_vars(buf_str(&longer)) == nvars);
	assert(sql_kind_of(buf_str(&longer), &again) == known);
	assert(!known || again == kind);
}

static void
check_addresses(struct str text)
{
	static const char *const types[] = { "sqlite", "pgx", "mysql" };
	struct err e = ERR;

	/* A database in memory is made at once: slow, and not of the text. */
	for (size_t i = text.n > 4 && !memcmp(text.p, "file:", 5); i < 3; i++) {
		struct sql_options opt = { .type = str_of(types[i]),
			.connection = text };
		struct sql *s = NULL;

		if (str_is(text, ":memory:"))
			break;
		if (sql_open(&s, &opt, &e) < 0)
			assert(e.kind == ERR_INPUT && e.text[0]);
		sql_free(&s);
	}
	struct kv_options opt = { .redis = text };
	struct kv *kv = NULL;

	if (kv_open(&kv, &opt, &e) < 0)
		assert(e.kind == ERR_INPUT && e.text[0]);
	kv_free(&kv);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data, n };

	check_statement(text);
	check_addresses(text);
	return 0;
}

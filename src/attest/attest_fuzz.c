/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte says what the rest is: a lock file, a producers section or a
 * statement.  Whatever libraries come of it, the SBOM of them is JSON, and the
 * same each time.
 */
#include <assert.h>
#include <string.h>

#include "attest/attest.h"
#include "tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
make(const struct attest_libraries *l, struct str producers)
{
	CLEANUP(buf_free) struct buf one = BUF(1u << 30);
	CLEANUP(buf_free) struct buf two = BUF(1u << 30);
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct attest_function f = { .name = STR("f"),
		.entry = STR("f.wasm"),
		.libraries = l,
		.producers = producers };
	struct attest_app app = { .identifier = STR("com.example.app"),
		.version = STR("v0.1.0"),
		.functions = &f,
		.nfunctions = 1 };
	struct err e = ERR;
	struct tree *t;
	int r;

	if (attest_sbom(&one, &app, &e) < 0) {
		assert(e.kind == ERR_LIMIT);
		return;
	}
	r = attest_sbom(&two, &app, &e);
	assert(r == 0 && str_eq(buf_str(&one), buf_str(&two)));
	r = tree_parse_json(&t, a, buf_str(&one), &e);
	assert(r == 0 || e.kind == ERR_LIMIT);
}

static void
lock(const char *first, const char *second, struct str text)
{
	CLEANUP(attest_libraries_free) struct attest_libraries l = { 0 };
	struct err e = ERR;

	if (second &&
	    attest_read_lock(&l, first,
		STR("require a.example/b v1.0.0\nrequire c.example/d v0.1.0\n"),
		&e) < 0)
		assert(false);
	if (attest_read_lock(&l, second ? second : first, text, &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
		assert(strlen(e.text) > 0);
		return;
	}
	attest_libraries_done(&l);
	for (size_t i = 1; i < l.n; i++)
		assert(str_cmp(l.v[i - 1].purl, l.v[i].purl) < 0);
	make(&l, STR(""));
}

static void
statement(struct str text)
{
	CLEANUP(attest_statement_free) struct attest_statement s = { 0 };
	struct attest_build b;
	struct err e = ERR;

	if (attest_read(&s, text, &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
		return;
	}
	assert(s.nsubjects > 0 && s.predicate && s.predicate_type.n > 0);
	if (attest_read_build(&b, &s, &e) < 0)
		assert(e.kind == ERR_INPUT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data + 1, n - 1 };

	if (n == 0)
		return 0;
	switch (data[0] % 6) {
	case 0:
		lock("Cargo.lock", NULL, text);
		break;
	case 1:
		lock("go.mod", NULL, text);
		break;
	case 2:
		lock("go.mod", "go.sum", text);
		break;
	case 3:
		lock("package-lock.json", NULL, text);
		break;
	case 4:
		statement(text);
		break;
	default:
		make(NULL, text);
	}
	return 0;
}

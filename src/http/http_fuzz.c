/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is ours of reading a request: the target, a host, fields.  The input is
 * a method, a target, and fields, each ended by a newline, as a request without
 * its carriage returns.  (The parser itself is fuzzed by its makers.)
 */
#include <assert.h>
#include <string.h>

#include "http/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whoever comes after us takes these texts apart: none may bring what would
 * start a line, or end a text. */
static void
assert_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		assert(s.p[i] != '\0' && s.p[i] != '\r' && s.p[i] != '\n');
}

static void
try_target(struct str method, struct str target)
{
	struct str authority, path;

	if (strict_target(method, target) != 0)
		return;
	path = strict_path(target, &authority);
	assert_clean(path);
	assert_clean(authority);
	assert(path.n > 0 && (path.p[0] == '/' || str_is(path, "*")));
	assert(authority.n == 0 || strict_host(authority));
	/* Once cut, it stays as it is. */
	assert(strict_target(method, path) == 0);
}

static void
try_fields(struct str rest)
{
	struct http_exchange x = { 0 };
	struct http_field fields[64];
	struct str line, name;

	x.fields = fields;
	while (x.nfields < COUNT(fields) && str_cut(&rest, '\n', &line)) {
		if (!str_cut(&line, ':', &name) || !strict_name(name) ||
		    !strict_value(line))
			continue;
		line = str_trim(line);
		assert_clean(line);
		if (http_field_ok(name, line))
			assert(!str_ieq(name, STR("Content-Length")));
		fields[x.nfields].name = name;
		fields[x.nfields++].value = line;
	}
	if (strict_fields(&x, true) != 0)
		return;
	/* One of the two says where it ends, and one host whose it is. */
	assert(http_header(&x, "Host").p);
	if (x.length == UINT64_MAX)
		assert(!http_header(&x, "Content-Length").p);
	else
		assert(!http_header(&x, "Transfer-Encoding").p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n }, method, target;

	if (!str_cut(&rest, '\n', &method) || !str_cut(&rest, '\n', &target))
		return 0;
	if (strict_method(method) == 0)
		try_target(method, target);
	try_fields(rest);
	return 0;
}

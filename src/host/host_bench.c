/* SPDX-License-Identifier: Apache-2.0 */
/* host_bench [COUNT] - what the gate and a capability cost, in ns each; a
 * function's whole host call may cost 1000 above the engine's own. */
#include <stdio.h>

#include "host/host.h"
#include "os/os.h"

#define VALUE_BYTES 100
#define MOST_NS 500.0

static const struct {
	const char *name;
	enum abi_what what;
	int32_t n;
	const char *a;
} asks[] = {
	{ "log", ABI_LOG, 3, "a line of log" },
	{ "cache_get", ABI_CACHE_GET, 0, "key" },
	{ "cache_set", ABI_CACHE_SET, 0, "key" },
	{ "request_get_field", ABI_FIELD_GET, FIELD_HEADER, "x-first" },
	{ "get_static_file", ABI_FILE, 0, "index.html" },
};

static void
on_log(void *arg, const struct host_call *c, int level, struct str text)
{
	size_t *sum = arg;

	*sum += c->fn.n + (size_t)level + text.n;
}

static bool
file(void *arg, struct str name, struct str *data)
{
	(void)arg;
	*data = STR("<p>");
	return name.n > 0;
}

/* False: it took too long. */
static bool
measure(struct host_call *c, size_t i, uint64_t count)
{
	CLEANUP(buf_free) struct buf out = BUF(1 << 20);
	char value[VALUE_BYTES] = { 0 };
	struct abi_ask q = { .what = asks[i].what,
		.n = asks[i].n,
		.a = str_of(asks[i].a),
		.b = { value, sizeof(value) } };
	uint64_t start = os_now_ns();
	double each;

	for (uint64_t k = 0; k < count; k++) {
		buf_clear(&out);
		if (host_ask(c, &q, &out) != ABI_ANSWERED)
			(void)fprintf(
			    stderr, "%s: %s\n", asks[i].name, buf_cstr(&out));
	}
	each = (double)(os_now_ns() - start) / (double)count;
	printf("host: %s %.0f ns, at most %.0f: %s\n", asks[i].name, each,
	    MOST_NS, each <= MOST_NS ? "ok" : "OVER");
	return each <= MOST_NS;
}

int
main(int argc, char **argv)
{
	size_t sum = 0;
	struct host_options opt = { .file = file,
		.hooks = { .arg = &sum, .log = on_log } };
	struct host_call c = { .magic = HOST_CALL_MAGIC, .fn = STR("f") };
	uint64_t count = 2000000;
	bool ok = true;
	struct err e = ERR;

	if (argc > 1 && !str_u64(str_of(argv[1]), UINT32_MAX, &count))
		return 2;
	if (host_new(&c.host, &opt, &e) < 0) {
		(void)fprintf(stderr, "host_bench: %s\n", e.text);
		return 2;
	}
	c.request = request_new(STR("GET"), STR("/"), STR("id"), STR("body"));
	request_add_header(c.request, STR("X-First"), STR("one"));
	host_cache_set(c.host, STR(""), STR("key"), STR("a value"), 0);
	for (size_t i = 0; i < COUNT(asks); i++)
		ok = measure(&c, i, count) && ok;
	host_call_dispose(&c);
	request_free(&c.request);
	host_free(&c.host);
	return ok ? 0 : 1;
}

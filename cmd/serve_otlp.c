/* SPDX-License-Identifier: Apache-2.0 */
/* Where spans go: OpenTelemetry's own variables, and --otlp before them. */
#include <string.h>

#include "serve_parts.h"

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Values are percent-encoded, as those of W3C baggage. */
static char *
decoded(struct arena *a, struct str s)
{
	char *out = arena_take(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == '%' && i + 2 < s.n) {
			hi = nibble(s.p[i + 1]);
			lo = nibble(s.p[i + 2]);
		}
		if (hi >= 0 && lo >= 0)
			i += 2;
		out[n++] = hi >= 0 && lo >= 0 ? (char)(hi * 16 + lo) : s.p[i];
	}
	return out;
}

static int
headers(
    struct trace_options *to, struct arena *a, const char *text, struct err *e)
{
	struct trace_header *list = NULL;
	struct str rest = str_of(text), one, name;
	size_t cap = 0, n = 0;

	while (rest.n > 0) {
		str_cut(&rest, ',', &one);
		one = str_trim(one);
		if (one.n == 0)
			continue;
		if (!str_cut(&one, '=', &name) || str_trim(name).n == 0)
			return err_set(e, ERR_USAGE,
			    "OTEL_EXPORTER_OTLP_HEADERS wants NAME=VALUE,...");
		list = arena_grow(a, list, n, &cap, sizeof(*list));
		list[n].name = arena_cstr(a, str_trim(name));
		list[n++].value = decoded(a, str_trim(one));
	}
	to->otlp_headers = list;
	to->notlp_headers = n;
	return 0;
}

/* "http://host:4318" stands for the path of traces below it. */
static const char *
endpoint(struct arena *a)
{
	const char *whole = world_env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
	const char *base = world_env("OTEL_EXPORTER_OTLP_ENDPOINT");
	const char *off = world_env("OTEL_SDK_DISABLED");

	if (off && strcmp(off, "true") == 0)
		return NULL;
	if (whole || !base)
		return whole;
	return arena_printf(
	    a, "%s%sv1/traces", base, str_ends(str_of(base), "/") ? "" : "/");
}

int
serve_otlp(struct trace_options *to, const struct serve_flags *f,
    struct arena *a, struct err *e)
{
	const char *fields = world_env("OTEL_EXPORTER_OTLP_TRACES_HEADERS");

	if (!fields)
		fields = world_env("OTEL_EXPORTER_OTLP_HEADERS");
	to->otlp_url = f->otlp ? f->otlp : endpoint(a);
	to->service = world_env("OTEL_SERVICE_NAME");
	if (!to->service)
		to->service = f->name;
	if (!to->otlp_url)
		return 0;
	if (!str_starts(str_of(to->otlp_url), "http://") &&
	    !str_starts(str_of(to->otlp_url), "https://")) {
		err_set(e, ERR_USAGE, "'%.200s' is no address for spans",
		    to->otlp_url);
		return err_hint(e, "http://localhost:4318/v1/traces");
	}
	return fields ? headers(to, a, fields, e) : 0;
}

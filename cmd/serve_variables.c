/* SPDX-License-Identifier: Apache-2.0 */
/* Variables that Atmo, E2Core and Sat read: subo-serve(1), ENVIRONMENT. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serve_parts.h"

enum kind { TEXT, YES, NO };

/* `into` is a const char * or a bool of the flags; a NO is turned over. */
struct known {
	const char *name;
	size_t into;
	enum kind kind;
};

#define AT(member) offsetof(struct serve_flags, member)

static const struct known known[] = {
	{ "BUNDLE_PATH", AT(what), TEXT },
	{ "HTTP_PORT", AT(port), TEXT },
	{ "TLS_PORT", AT(tls_port), TEXT },
	{ "DOMAIN", AT(domain), TEXT },
	{ "APP_NAME", AT(name), TEXT },
	{ "WAIT", AT(wait), YES },
	{ "RUN_SCHEDULES", AT(no_schedules), NO },
	{ "LOG_LEVEL", AT(log_level), TEXT },
	{ "LOG_FILE", AT(log_file), TEXT },
};

/* What these asked for is not here; whoever sets them should know. */
static const struct {
	const char *name, *why;
} without[] = {
	{ "CONTROL_PLANE",
	    "there is no control plane: bundles come from files" },
	{ "PEERS", "there is no mesh of servers" },
	{ "HEADLESS", "write 'headless: true' into the Directive" },
	{ "TRACER_TYPE", "spans go out by --otlp URL" },
	{ "UPSTREAM_ADDRESS", "there is no mesh of servers" },
	{ "API_FEATURES", "there is no administration by HTTP" },
};

static const char *const hosts[] = { "ATMO", "E2CORE", "SAT" };

static int
truth(bool *out, const char *name, const char *v, struct err *e)
{
	static const char *const words[] = { "false", "true", "no", "yes", "0",
		"1", "off", "on", "f", "t" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasecmp(v, words[i]) == 0) {
			*out = i % 2 == 1;
			return 0;
		}
	return err_set(
	    e, ERR_USAGE, "%s wants true or false, not '%.80s'", name, v);
}

static int
take(struct serve_flags *f, const struct known *k, const char *name,
    const char *v, struct err *e)
{
	char *into = (char *)f + k->into;
	bool yes = false;

	if (k->kind == TEXT) {
		if (*(const char **)(void *)into == NULL)
			*(const char **)(void *)into = v;
		return 0;
	}
	if (truth(&yes, name, v, e) < 0)
		return -1;
	if (yes == (k->kind == YES))
		*(bool *)(void *)into = true;
	return 0;
}

/* Atmo and E2Core had one set all the time, for when there is a domain. */
static bool
idle_port(const struct serve_flags *f, const struct known *k)
{
	return k->into == AT(tls_port) && !f->cert;
}

static int
of_host(struct serve_flags *f, const char *host, struct err *e)
{
	char name[64];

	for (size_t i = 0; i < COUNT(known); i++) {
		const char *v;

		snprintf(name, sizeof(name), "%s_%s", host, known[i].name);
		v = world_env(name);
		if (v && !idle_port(f, &known[i]) &&
		    take(f, &known[i], name, v, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < COUNT(without); i++) {
		snprintf(name, sizeof(name), "%s_%s", host, without[i].name);
		if (world_env(name))
			ui_warn("%s has no effect: %s", name, without[i].why);
	}
	return 0;
}

int
serve_variables(struct serve_flags *f, struct err *e)
{
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (of_host(f, hosts[i], e) < 0)
			return -1;
	if (f->grace_ms == UNSET_MS)
		f->grace_ms = 10000;
	return 0;
}

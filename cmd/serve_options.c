/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo serve` is told: flags, and variables of the servers of old. */
#include <string.h>
#include <strings.h>

#include "serve_parts.h"

static struct serve_flags given = {
	.grace_ms = UNSET_MS,
	.limit = { UNSET_SIZE, UNSET_SIZE, UNSET_SIZE, UNSET_SIZE, UNSET_SIZE,
	    UNSET_SIZE, UNSET_SIZE, UNSET_SIZE, UNSET_SIZE, UNSET_SIZE,
	    UNSET_MS, UNSET_MS, UNSET_MS, UNSET_MS, UNSET_MS, UNSET_MS },
};

const struct cmd_opt serve_opts[] = {
	{ "port", 'p', OPT_TEXT, &given.port, "PORT",
	    "listen on this port (default: 8080; 0: any that is free)", 0 },
	{ "host", 0, OPT_TEXT, &given.host, "ADDRESS",
	    "listen on this address only (default: all of this machine)", 0 },
	{ "tls-cert", 0, OPT_TEXT, &given.cert, "FILE",
	    "speak TLS with this certificate chain (PEM)", VALUE_FILE },
	{ "tls-key", 0, OPT_TEXT, &given.key, "FILE", "and this key",
	    VALUE_FILE },
	{ "tls-port", 0, OPT_TEXT, &given.tls_port, "PORT",
	    "TLS on this port, and plain HTTP on the other", 0 },
	{ "grace", 0, OPT_MS, &given.grace_ms, "TIME",
	    "time that requests have to finish in at the end (default: 10s)",
	    0 },
	TRUST_OPTS(given.trust),
	REGISTRY_OPTS(given.registry),
	{ "wait", 0, OPT_FLAG, &given.wait, NULL,
	    "wait for the bundle to appear", 0 },
	{ "no-watch", 0, OPT_FLAG, &given.no_watch, NULL,
	    "do not swap a bundle that changed before SIGHUP", 0 },
	{ "no-schedules", 0, OPT_FLAG, &given.no_schedules, NULL,
	    "run no schedules", 0 },
	{ "workers", 'j', OPT_TEXT, &given.workers, "N",
	    "threads that serve (default: one a core)", 0 },
	{ "secret", 0, OPT_LIST, &given.secrets, "NAME=VALUE",
	    "give functions a secret", 0 },
	{ "cache", 0, OPT_TEXT, &given.cache, "FILE",
	    "keep their cache in this file (default: in memory)", VALUE_FILE },
	{ "log", 0, OPT_TEXT, &given.log, "FORM",
	    "log as plain lines, json, or none (default: plain)", VALUE_LOG },
	{ "log-level", 0, OPT_TEXT, &given.log_level, "LEVEL",
	    "of functions' lines: error, warn, info, debug (default: info)",
	    VALUE_LEVEL },
	{ "log-file", 0, OPT_TEXT, &given.log_file, "FILE",
	    "append the log to this file (default: standard error)",
	    VALUE_FILE },
	{ "trace", 0, OPT_FLAG, &given.trace, NULL,
	    "keep the last requests with their steps, for 'subo trace'", 0 },
	{ "trace-socket", 0, OPT_TEXT, &given.socket, "PATH",
	    "where 'subo trace' asks for them", VALUE_FILE },
	{ "otlp", 0, OPT_TEXT, &given.otlp, "URL",
	    "send spans there, by OTLP over HTTP", 0 },
	{ "timeout", 't', OPT_MS, &given.limit.function_ms, "TIME",
	    "of one call of a function (default: 10s)", 0 },
	{ "request-timeout", 0, OPT_MS, &given.limit.request_ms, "TIME",
	    "of all of a request's steps (default: 60s)", 0 },
	{ "memory", 'm', OPT_BYTES, &given.limit.memory, "BYTES",
	    "of one instance (default: 64M)", 0 },
	{ "max-output", 0, OPT_BYTES, &given.limit.output, "BYTES",
	    "of a function's output (default: 8M)", 0 },
	{ "max-log", 0, OPT_BYTES, &given.limit.log, "BYTES",
	    "of functions' log lines in a second (default: 1M)", 0 },
	{ "max-requests", 0, OPT_NUMBER, &given.limit.requests, "N",
	    "under way at once (default: 1024)", 0 },
	{ "max-connections", 0, OPT_NUMBER, &given.limit.connections, "N",
	    "open at once (default: 10000)", 0 },
	{ "max-per-address", 0, OPT_NUMBER, &given.limit.address, "N",
	    "of them from one address (default: any number)", 0 },
	{ "max-header", 0, OPT_BYTES, &given.limit.header, "BYTES",
	    "of a request's header (default: 16K)", 0 },
	{ "max-fields", 0, OPT_NUMBER, &given.limit.fields, "N",
	    "in it (default: 100)", 0 },
	{ "max-body", 0, OPT_BYTES, &given.limit.body, "BYTES",
	    "of a request's body (default: 16M)", 0 },
	{ "max-message", 0, OPT_BYTES, &given.limit.message, "BYTES",
	    "of a websocket's message (default: 1M)", 0 },
	{ "header-timeout", 0, OPT_MS, &given.limit.header_ms, "TIME",
	    "for a header to come (default: 10s)", 0 },
	{ "body-timeout", 0, OPT_MS, &given.limit.body_ms, "TIME",
	    "for a body to come (default: 60s)", 0 },
	{ "idle-timeout", 0, OPT_MS, &given.limit.idle_ms, "TIME",
	    "between two requests (default: 60s)", 0 },
	{ "write-timeout", 0, OPT_MS, &given.limit.write_ms, "TIME",
	    "for a client to take its answer (default: 30s)", 0 },
	/* Of Atmo and E2Core. */
	{ "httpPort", 0, OPT_ALIAS, NULL, "PORT", "port", 0 },
	{ "http-port", 0, OPT_ALIAS, NULL, "PORT", "port", 0 },
	{ "tlsPort", 0, OPT_ALIAS, NULL, "PORT", "tls-port", 0 },
	{ "domain", 0, OPT_TEXT, &given.domain, "NAME", NULL, 0 },
	{ "appName", 0, OPT_TEXT, &given.name, "NAME", NULL, 0 },
	{ "headless", 0, OPT_OLD, NULL, NULL,
	    "write 'headless: true' into the Directive", 0 },
	{ "stdin", 0, OPT_OLD, NULL, NULL,
	    "use 'subo run module.wasm', which reads standard input", 0 },
	{ 0 },
};

struct serve_flags *
serve_given(void)
{
	return &given;
}

static int
bad(const char *what, const char *v, const char *want, struct err *e)
{
	return err_set(e, ERR_USAGE, "%s wants %s, not '%.80s'", what, want, v);
}

static int
port(uint16_t *out, const char *what, const char *v, struct err *e)
{
	uint64_t n;

	if (!str_u64(str_of(v), UINT16_MAX, &n))
		return bad(what, v, "a port, 0 to 65535", e);
	*out = (uint16_t)n;
	return 0;
}

static int
ports(struct serve_where *w, const struct serve_flags *f, struct err *e)
{
	bool tls = f->cert != NULL;
	uint16_t *first = tls && !f->tls_port ? &w->secure : &w->plain;

	w->has_secure = tls;
	w->has_plain = !tls || f->tls_port != NULL;
	*first = first == &w->secure ? 8443 : 8080;
	if (f->port && port(first, "--port", f->port, e) < 0)
		return -1;
	if (tls && f->tls_port &&
	    port(&w->secure, "--tls-port", f->tls_port, e) < 0)
		return -1;
	if (w->has_plain && w->has_secure && w->plain == w->secure &&
	    w->plain != 0)
		return err_set(e, ERR_USAGE,
		    "port %u cannot be both for plain HTTP and TLS", w->plain);
	return 0;
}

static int
tls(struct serve_where *w, const struct serve_flags *f, struct err *e)
{
	w->tls = (struct http_tls){ f->cert, f->key };
	if ((f->cert == NULL) != (f->key == NULL))
		return err_set(
		    e, ERR_USAGE, "TLS wants both --tls-cert and --tls-key");
	if (f->cert || (!f->tls_port && !f->domain))
		return 0;
	err_set(e, ERR_USAGE, "%s wants a certificate",
	    f->tls_port ? "a port for TLS" : "a domain");
	return err_hint(e,
	    "give --tls-cert and --tls-key; none is fetched (certbot, lego or "
	    "a proxy before this server do)");
}

static int
word(int *out, const char *what, const char *v, const char *const *words,
    struct err *e)
{
	CLEANUP(buf_free) struct buf all = BUF(200);

	for (int i = 0; words[i]; i++) {
		if (strcasecmp(v, words[i]) == 0) {
			*out = i;
			return 0;
		}
		buf_addf(&all, "%s%s", i > 0 ? ", " : "one of ", words[i]);
	}
	return bad(what, v, buf_cstr(&all), e);
}

static int
log_of(struct serve_where *w, const struct serve_flags *f, struct err *e)
{
	static const char *const forms[] = { "none", "plain", "json", NULL };
	static const char *const levels[] = { "null", "error", "warn", "info",
		"debug", "trace", NULL };
	int form = SERVE_LOG_PLAIN;

	w->log_level = 3;
	if (f->log && word(&form, "--log", f->log, forms, e) < 0)
		return -1;
	if (f->log_level &&
	    word(&w->log_level, "--log-level", f->log_level, levels, e) < 0)
		return -1;
	if (w->log_level > 4)
		w->log_level = 4;
	w->log = (enum serve_log)form;
	return 0;
}

int
serve_where(struct serve_where *w, const struct serve_flags *f, struct err *e)
{
	uint64_t n = 0;

	if (tls(w, f, e) < 0 || ports(w, f, e) < 0 || log_of(w, f, e) < 0)
		return -1;
	if (f->workers && (!str_u64(str_of(f->workers), 256, &n) || n == 0))
		return bad("--workers", f->workers, "1 to 256", e);
	w->workers = (unsigned)n;
	return 0;
}

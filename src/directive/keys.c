/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of Directive.yaml(5) and runnable.yml(5), as data. */
#include "directive/shape.h"

static const struct shape_key texts[] = {
	{ "*", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_texts = { "a map of texts", texts, NULL,
	SHAPE_OPEN };

static const struct shape_key on_err_keys[] = {
	{ "code", WANT_MAP, WANT_ANY, &shape_texts },
	{ "any", WANT_TEXT, WANT_ANY, NULL },
	{ "other", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_on_err = { "onErr", on_err_keys, NULL,
	SHAPE_CLOSED };

static const char *const step_later[] = { "limits", "cache", "idempotencyKey",
	"durable", NULL };

static const struct shape_key backoff_keys[] = {
	{ "initial", WANT_TEXT, WANT_ANY, NULL },
	{ "max", WANT_TEXT, WANT_ANY, NULL },
	{ "factor", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_backoff = { "backoff", backoff_keys, NULL,
	SHAPE_CLOSED };
static const struct shape_key retry_keys[] = {
	{ "times", WANT_INT, WANT_ANY, NULL },
	{ "backoff", WANT_ANY, WANT_ANY, &shape_backoff },
	{ "on", WANT_ANY, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_retry = { "retry", retry_keys, NULL,
	SHAPE_CLOSED };

static const struct shape_key repeat_keys[] = {
	{ "until", WANT_TEXT, WANT_ANY, NULL },
	{ "max", WANT_INT, WANT_ANY, NULL },
	{ "every", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_repeat = { "repeat", repeat_keys, NULL,
	SHAPE_CLOSED };

/* As it was in Atmo 0.2 and 0.3. */
static const struct shape_key each_keys[] = {
	{ "in", WANT_TEXT, WANT_ANY, NULL },
	{ "fn", WANT_TEXT, WANT_ANY, NULL },
	{ "as", WANT_TEXT, WANT_ANY, NULL },
	{ "onErr", WANT_MAP, WANT_ANY, &shape_on_err },
	{ 0 },
};
static const struct shape shape_each = { "forEach", each_keys, NULL,
	SHAPE_CLOSED };

/* `with` may also be a list, as before Atmo 0.2.0; parse_call.c tells. */
#define CALL_KEYS \
	{ "fn", WANT_TEXT, WANT_ANY, NULL }, \
	    { "call", WANT_TEXT, WANT_ANY, NULL }, \
	    { "as", WANT_TEXT, WANT_ANY, NULL }, \
	    { "with", WANT_ANY, WANT_ANY, NULL }, \
	    { "input", WANT_TEXT, WANT_ANY, NULL }, \
	    { "forEach", WANT_ANY, WANT_ANY, &shape_each }, \
	    { "concurrency", WANT_INT, WANT_ANY, NULL }, \
	    { "when", WANT_TEXT, WANT_ANY, NULL }, \
	    { "timeout", WANT_TEXT, WANT_ANY, NULL }, \
	    { "retry", WANT_ANY, WANT_ANY, &shape_retry }, \
	{ \
		"onErr", WANT_MAP, WANT_ANY, &shape_on_err \
	}

static const struct shape_key call_keys[] = {
	CALL_KEYS,
	{ 0 },
};
static const struct shape shape_call = { "a member of a group", call_keys,
	step_later, SHAPE_CLOSED };

static const struct shape_key step_keys[] = {
	CALL_KEYS,
	{ "name", WANT_TEXT, WANT_ANY, NULL },
	{ "group", WANT_LIST, WANT_MAP, &shape_call },
	{ "repeat", WANT_MAP, WANT_ANY, &shape_repeat },
	{ "goto", WANT_TEXT, WANT_ANY, NULL },
	{ "max", WANT_INT, WANT_ANY, NULL },
	{ "every", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_step = { "a step", step_keys, step_later,
	SHAPE_CLOSED };

/* Which ones, and what they may be, parse_limits.c tells. */
static const struct shape shape_limits = { "limits", texts, NULL, SHAPE_OPEN };

static const char *const handler_later[] = { "name", "durable", "cache", "auth",
	"idempotencyKey", "timeout", "retry", "when", "every", "cron", "queue",
	"event", "tests", NULL };
static const struct shape_key handler_keys[] = {
	{ "type", WANT_TEXT, WANT_ANY, NULL },
	{ "source", WANT_TEXT, WANT_ANY, NULL },
	{ "method", WANT_TEXT, WANT_ANY, NULL },
	{ "resource", WANT_TEXT, WANT_ANY, NULL },
	{ "steps", WANT_LIST, WANT_MAP, &shape_step },
	{ "response", WANT_TEXT, WANT_ANY, NULL },
	{ "respondTo", WANT_TEXT, WANT_ANY, NULL },
	{ "limits", WANT_MAP, WANT_ANY, &shape_limits },
	{ 0 },
};
static const struct shape shape_handler = { "a handler", handler_keys,
	handler_later, SHAPE_CLOSED };

static const struct shape_key every_keys[] = {
	{ "seconds", WANT_INT, WANT_ANY, NULL },
	{ "minutes", WANT_INT, WANT_ANY, NULL },
	{ "hours", WANT_INT, WANT_ANY, NULL },
	{ "days", WANT_INT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_every = { "every", every_keys, NULL,
	SHAPE_CLOSED };

static const char *const schedule_later[] = { "cron", "timeZone", "durable",
	"limits", "idempotencyKey", "timeout", "retry", "when", "tests", NULL };
static const struct shape_key schedule_keys[] = {
	{ "name", WANT_TEXT, WANT_ANY, NULL },
	{ "every", WANT_MAP, WANT_ANY, &shape_every },
	{ "state", WANT_MAP, WANT_ANY, &shape_texts },
	{ "steps", WANT_LIST, WANT_MAP, &shape_step },
	{ 0 },
};
static const struct shape shape_schedule = { "a schedule", schedule_keys,
	schedule_later, SHAPE_CLOSED };

static const struct shape_key query_keys[] = {
	{ "type", WANT_TEXT, WANT_ANY, NULL },
	{ "name", WANT_TEXT, WANT_ANY, NULL },
	{ "varCount", WANT_INT, WANT_ANY, NULL },
	{ "query", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_query = { "a query", query_keys, NULL,
	SHAPE_CLOSED };

static const char *const function_later[] = { "capabilities", "limits",
	"timeout", NULL };
static const struct shape_key runnable_keys[] = {
	{ "name", WANT_TEXT, WANT_ANY, NULL },
	{ "namespace", WANT_TEXT, WANT_ANY, NULL },
	{ "lang", WANT_TEXT, WANT_ANY, NULL },
	{ "version", WANT_TEXT, WANT_ANY, NULL },
	{ "draftVersion", WANT_TEXT, WANT_ANY, NULL },
	{ "apiVersion", WANT_TEXT, WANT_ANY, NULL },
	{ "fqfn", WANT_TEXT, WANT_ANY, NULL },
	{ "fqfnUri", WANT_TEXT, WANT_ANY, NULL },
	{ "digest", WANT_TEXT, WANT_ANY, NULL },
	{ "tinygo", WANT_FLAG, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_runnable = { "a function", runnable_keys,
	function_later, SHAPE_CLOSED };

/* ---- connections, authentication, capabilities ---- */

static const struct shape_key nats_keys[] = {
	{ "serverAddress", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_nats = { "nats", nats_keys, NULL,
	SHAPE_CLOSED };
static const struct shape_key kafka_keys[] = {
	{ "brokerAddress", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_kafka = { "kafka", kafka_keys, NULL,
	SHAPE_CLOSED };
static const struct shape_key redis_keys[] = {
	{ "serverAddress", WANT_TEXT, WANT_ANY, NULL },
	{ "username", WANT_TEXT, WANT_ANY, NULL },
	{ "password", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_redis = { "redis", redis_keys, NULL,
	SHAPE_CLOSED };
static const struct shape_key database_keys[] = {
	{ "type", WANT_TEXT, WANT_ANY, NULL },
	{ "connectionString", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_database = { "database", database_keys, NULL,
	SHAPE_CLOSED };
static const struct shape_key connection_keys[] = {
	{ "nats", WANT_MAP, WANT_ANY, &shape_nats },
	{ "kafka", WANT_MAP, WANT_ANY, &shape_kafka },
	{ "redis", WANT_MAP, WANT_ANY, &shape_redis },
	{ "database", WANT_MAP, WANT_ANY, &shape_database },
	{ 0 },
};
static const struct shape shape_connections = { "connections", connection_keys,
	NULL, SHAPE_CLOSED };

static const struct shape_key header_keys[] = {
	{ "headerType", WANT_TEXT, WANT_ANY, NULL },
	{ "value", WANT_TEXT, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_header = { "a domain", header_keys, NULL,
	SHAPE_CLOSED };
static const struct shape_key domains_keys[] = {
	{ "*", WANT_MAP, WANT_ANY, &shape_header },
	{ 0 },
};
static const struct shape shape_domains = { "domains", domains_keys, NULL,
	SHAPE_OPEN };
static const struct shape_key authentication_keys[] = {
	{ "domains", WANT_MAP, WANT_ANY, &shape_domains },
	{ 0 },
};
static const struct shape shape_authentication = { "authentication",
	authentication_keys, NULL, SHAPE_CLOSED };

static const struct shape_key enabled_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_enabled = { "a capability", enabled_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key http_rules_keys[] = {
	{ "allowedDomains", WANT_LIST, WANT_TEXT, NULL },
	{ "blockedDomains", WANT_LIST, WANT_TEXT, NULL },
	{ "allowedCIDRs", WANT_LIST, WANT_TEXT, NULL },
	{ "blockedCIDRs", WANT_LIST, WANT_TEXT, NULL },
	{ "allowedPorts", WANT_LIST, WANT_TEXT, NULL },
	{ "blockedPorts", WANT_LIST, WANT_TEXT, NULL },
	{ "allowIPs", WANT_FLAG, WANT_ANY, NULL },
	{ "allowPrivate", WANT_FLAG, WANT_ANY, NULL },
	{ "allowHTTP", WANT_FLAG, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_http_rules = { "rules", http_rules_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key http_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ "rules", WANT_MAP, WANT_ANY, &shape_http_rules },
	{ 0 },
};
static const struct shape shape_http = { "http", http_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key auth_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ "headers", WANT_MAP, WANT_ANY, &shape_domains },
	{ 0 },
};
static const struct shape shape_auth = { "auth", auth_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key cache_rules_keys[] = {
	{ "allowSet", WANT_FLAG, WANT_ANY, NULL },
	{ "allowGet", WANT_FLAG, WANT_ANY, NULL },
	{ "allowDelete", WANT_FLAG, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_cache_rules = { "rules", cache_rules_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key cache_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ "rules", WANT_MAP, WANT_ANY, &shape_cache_rules },
	{ "redis", WANT_MAP, WANT_ANY, &shape_redis },
	{ 0 },
};
static const struct shape shape_cache = { "cache", cache_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key db_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ "dbType", WANT_TEXT, WANT_ANY, NULL },
	{ "connectionString", WANT_TEXT, WANT_ANY, NULL },
	{ "queries", WANT_LIST, WANT_MAP, &shape_query },
	{ 0 },
};
static const struct shape shape_db = { "db", db_keys, NULL, SHAPE_STRICT };
static const struct shape_key request_handler_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ "allowGetField", WANT_FLAG, WANT_ANY, NULL },
	{ "allowSetField", WANT_FLAG, WANT_ANY, NULL },
	{ 0 },
};
static const struct shape shape_request_handler = { "requestHandler",
	request_handler_keys, NULL, SHAPE_STRICT };
static const struct shape_key env_keys[] = {
	{ "allowedKeys", WANT_LIST, WANT_TEXT, NULL },
	{ 0 },
};
static const struct shape shape_env = { "env", env_keys, NULL, SHAPE_STRICT };
static const struct shape_key files_keys[] = {
	{ "directory", WANT_TEXT, WANT_ANY, NULL },
	{ "allowedKeys", WANT_LIST, WANT_TEXT, NULL },
	{ 0 },
};
static const struct shape shape_files = { "files", files_keys, NULL,
	SHAPE_STRICT };
static const struct shape_key secrets_keys[] = {
	{ "enabled", WANT_FLAG, WANT_ANY, NULL },
	{ "env", WANT_MAP, WANT_ANY, &shape_env },
	{ "files", WANT_MAP, WANT_ANY, &shape_files },
	{ 0 },
};
static const struct shape shape_secrets = { "secrets", secrets_keys, NULL,
	SHAPE_STRICT };
#define CAPABILITY_KEYS \
	{ "logger", WANT_MAP, WANT_ANY, &shape_enabled }, \
	    { "http", WANT_MAP, WANT_ANY, &shape_http }, \
	    { "graphql", WANT_MAP, WANT_ANY, &shape_http }, \
	    { "auth", WANT_MAP, WANT_ANY, &shape_auth }, \
	    { "cache", WANT_MAP, WANT_ANY, &shape_cache }, \
	    { "file", WANT_MAP, WANT_ANY, &shape_enabled }, \
	    { "db", WANT_MAP, WANT_ANY, &shape_db }, \
	    { "requestHandler", WANT_MAP, WANT_ANY, &shape_request_handler }, \
	{ \
		"secrets", WANT_MAP, WANT_ANY, &shape_secrets \
	}

static const struct shape_key own_keys[] = {
	CAPABILITY_KEYS,
	{ "connections", WANT_MAP, WANT_ANY, &shape_connections },
	{ "authentication", WANT_MAP, WANT_ANY, &shape_authentication },
	{ 0 },
};
static const struct shape shape_own = { "a function's capabilities", own_keys,
	NULL, SHAPE_STRICT };
static const struct shape_key owners_keys[] = {
	{ "*", WANT_MAP, WANT_ANY, &shape_own },
	{ 0 },
};
static const struct shape shape_owners = { "functions", owners_keys, NULL,
	SHAPE_OPEN };
static const struct shape_key capability_keys[] = {
	CAPABILITY_KEYS,
	{ "functions", WANT_MAP, WANT_ANY, &shape_owners },
	{ 0 },
};
static const struct shape shape_capabilities = { "capabilities",
	capability_keys, NULL, SHAPE_STRICT };

/* ---- the two files ---- */

static const char *const directive_later[] = { "tests", "durable", "cache",
	"auth", "idempotencyKey", "timeout", "retry", "jobs", "queues",
	"events", NULL };
static const struct shape_key directive_keys[] = {
	{ "identifier", WANT_TEXT, WANT_ANY, NULL },
	{ "appVersion", WANT_TEXT, WANT_ANY, NULL },
	{ "atmoVersion", WANT_TEXT, WANT_ANY, NULL },
	{ "headless", WANT_FLAG, WANT_ANY, NULL },
	/* Of 2020, and a map of others' ones; parse.c tells of other lists. */
	{ "version", WANT_TEXT, WANT_ANY, NULL },
	{ "functions", WANT_ANY, WANT_ANY, NULL },
	{ "connections", WANT_MAP, WANT_ANY, &shape_connections },
	{ "authentication", WANT_MAP, WANT_ANY, &shape_authentication },
	{ "capabilities", WANT_MAP, WANT_ANY, &shape_capabilities },
	{ "limits", WANT_MAP, WANT_ANY, &shape_limits },
	{ "handlers", WANT_LIST, WANT_MAP, &shape_handler },
	{ "schedules", WANT_LIST, WANT_MAP, &shape_schedule },
	{ "queries", WANT_LIST, WANT_MAP, &shape_query },
	{ "runnables", WANT_LIST, WANT_MAP, &shape_runnable },
	{ 0 },
};
const struct shape shape_directive = { "the Directive", directive_keys,
	directive_later, SHAPE_CLOSED };

static const struct shape_key manifest_keys[] = {
	{ "name", WANT_TEXT, WANT_ANY, NULL },
	{ "namespace", WANT_TEXT, WANT_ANY, NULL },
	{ "lang", WANT_TEXT, WANT_ANY, NULL },
	{ "version", WANT_TEXT, WANT_ANY, NULL },
	{ "draftVersion", WANT_TEXT, WANT_ANY, NULL },
	{ "apiVersion", WANT_TEXT, WANT_ANY, NULL },
	{ "fqfn", WANT_TEXT, WANT_ANY, NULL },
	{ "fqfnUri", WANT_TEXT, WANT_ANY, NULL },
	{ "tinygo", WANT_FLAG, WANT_ANY, NULL },
	{ 0 },
};
const struct shape shape_manifest = { "the manifest", manifest_keys,
	function_later, SHAPE_CLOSED };

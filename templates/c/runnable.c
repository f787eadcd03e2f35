/*
 * runnable.c - between the function and its host: runnable(7).
 *
 * Not for editing: the function is in lib.c.
 */
#include "runnable.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT(name) \
	__attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) \
	__attribute__((export_name(#name), visibility("default"), used))

IMPORT(return_result)
void env_return_result(const void *p, int32_t n, int32_t ident);
IMPORT(return_error)
void env_return_error(int32_t code, const void *p, int32_t n, int32_t ident);
IMPORT(return_abort)
void env_return_abort(const void *p, int32_t n, const void *file,
    int32_t nfile, int32_t line, int32_t column, int32_t ident);
IMPORT(log_msg)
void env_log_msg(const void *p, int32_t n, int32_t level, int32_t ident);
IMPORT(get_ffi_result) int32_t env_get_ffi_result(void *p, int32_t ident);
IMPORT(request_get_field)
int32_t env_request_get_field(int32_t type, const void *key, int32_t n,
    int32_t ident);
IMPORT(request_set_field)
int32_t env_request_set_field(int32_t type, const void *key, int32_t nkey,
    const void *value, int32_t nvalue, int32_t ident);
IMPORT(resp_set_header)
void env_resp_set_header(const void *key, int32_t nkey, const void *value,
    int32_t nvalue, int32_t ident);
IMPORT(cache_get)
int32_t env_cache_get(const void *key, int32_t n, int32_t ident);
IMPORT(cache_set)
int32_t env_cache_set(const void *key, int32_t nkey, const void *value,
    int32_t nvalue, int32_t ttl_s, int32_t ident);
IMPORT(get_static_file)
int32_t env_get_static_file(const void *name, int32_t n, int32_t ident);
IMPORT(get_secret_value)
int32_t env_get_secret_value(const void *key, int32_t n, int32_t ident);
IMPORT(fetch_url)
int32_t env_fetch_url(int32_t method, const void *url, int32_t nurl,
    const void *body, int32_t nbody, int32_t ident);
IMPORT(graphql_query)
int32_t env_graphql_query(const void *endpoint, int32_t nendpoint,
    const void *query, int32_t nquery, int32_t ident);
IMPORT(add_ffi_var)
int32_t env_add_ffi_var(const void *name, int32_t nname, const void *value,
    int32_t nvalue, int32_t ident);
IMPORT(db_exec)
int32_t env_db_exec(int32_t type, const void *name, int32_t n, int32_t ident);

enum field { META, BODY, HEADER, PARAM, STATE, QUERY };
enum query { INSERT, SELECT, UPDATE, DELETE };

/* ---- memory that lives until run() returns ---- */

struct block {
	struct block *next;
	char data[];
};

static struct block *blocks;
static int32_t ident;
static bool answered;
static const char *error = "";

static char *
take(size_t n)
{
	struct block *b = malloc(sizeof(*b) + n + 1);

	if (b == NULL)
		__builtin_trap();
	b->next = blocks;
	blocks = b;
	b->data[n] = '\0';
	return b->data;
}

static void
give_back(void)
{
	while (blocks != NULL) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
	error = "";
}

struct bytes
text(const char *cstr)
{
	return (struct bytes){ cstr, strlen(cstr) };
}

struct bytes
join(struct bytes a, struct bytes b)
{
	char *p = take(a.size + b.size);

	if (a.size > 0)
		memcpy(p, a.data, a.size);
	if (b.size > 0)
		memcpy(p + a.size, b.data, b.size);
	return (struct bytes){ p, a.size + b.size };
}

/* ---- what the host holds ready for us ---- */

static const struct bytes none;

/* size: bytes of the answer, or minus those of an error's text; -1 alone
 * means that there is nothing to fetch. */
static struct bytes
answer(int32_t size)
{
	size_t n = size < 0 ? 0u - (uint32_t)size : (uint32_t)size;
	char *p;

	error = "the host gave no reason";
	if (size == -1)
		return none;
	p = take(n);
	if (env_get_ffi_result(p, ident) != 0)
		return none;
	if (size < 0) {
		error = p;
		return none;
	}
	error = "";
	return (struct bytes){ p, n };
}

static struct bytes
field(enum field type, const char *key)
{
	struct bytes k = text(key);
	struct bytes v = answer(
	    env_request_get_field(type, k.data, (int32_t)k.size, ident));

	return v.data != NULL ? v : text("");
}

const char *
host_error(void)
{
	return error;
}

/* ---- the answer ---- */

void
respond(struct bytes r)
{
	if (!answered)
		env_return_result(r.data, (int32_t)r.size, ident);
	answered = true;
}

void
fail(int code, const char *message)
{
	if (!answered)
		env_return_error(
		    code, message, (int32_t)strlen(message), ident);
	answered = true;
}

void
give_up_at(const char *message, const char *file, int line)
{
	env_return_abort(message, (int32_t)strlen(message), file,
	    (int32_t)strlen(file), line, 0, ident);
	__builtin_trap();
}

void
content_type(const char *value)
{
	set_header("Content-Type", value);
}

void
set_header(const char *name, const char *value)
{
	env_resp_set_header(name, (int32_t)strlen(name), value,
	    (int32_t)strlen(value), ident);
}

/* ---- the log ---- */

static void
say(int32_t level, const char *message)
{
	env_log_msg(message, (int32_t)strlen(message), level, ident);
}

void
log_error(const char *message)
{
	say(1, message);
}

void
log_warn(const char *message)
{
	say(2, message);
}

void
log_info(const char *message)
{
	say(3, message);
}

void
log_debug(const char *message)
{
	say(4, message);
}

/* ---- the request ---- */

struct bytes
request_method(void)
{
	return field(META, "method");
}

struct bytes
request_url(void)
{
	return field(META, "url");
}

struct bytes
request_id(void)
{
	return field(META, "id");
}

struct bytes
request_body(void)
{
	return field(META, "body");
}

struct bytes
request_body_field(const char *key)
{
	return field(BODY, key);
}

struct bytes
request_header(const char *name)
{
	return field(HEADER, name);
}

struct bytes
request_param(const char *name)
{
	return field(PARAM, name);
}

struct bytes
request_state(const char *key)
{
	return field(STATE, key);
}

struct bytes
request_query(const char *name)
{
	return field(QUERY, name);
}

static bool
set_field(enum field type, const char *key, struct bytes value)
{
	int32_t size = env_request_set_field(type, key, (int32_t)strlen(key),
	    value.data, (int32_t)value.size, ident);

	return answer(size).data != NULL;
}

bool
request_set_method(const char *method)
{
	return set_field(META, "method", text(method));
}

bool
request_set_url(const char *url)
{
	return set_field(META, "url", text(url));
}

bool
request_set_body(struct bytes body)
{
	return set_field(META, "body", body);
}

bool
request_set_body_field(const char *key, struct bytes value)
{
	return set_field(BODY, key, value);
}

bool
request_set_header(const char *name, struct bytes value)
{
	return set_field(HEADER, name, value);
}

bool
request_set_param(const char *name, struct bytes value)
{
	return set_field(PARAM, name, value);
}

bool
request_set_state(const char *key, struct bytes value)
{
	return set_field(STATE, key, value);
}

/* ---- the host ---- */

struct bytes
cache_get(const char *key)
{
	return answer(env_cache_get(key, (int32_t)strlen(key), ident));
}

bool
cache_set(const char *key, struct bytes value, int ttl_s)
{
	bool done = env_cache_set(key, (int32_t)strlen(key), value.data,
			(int32_t)value.size, ttl_s, ident) == 0;

	error = done ? "" : "the host refused";
	return done;
}

struct bytes
static_file(const char *name)
{
	return answer(
	    env_get_static_file(name, (int32_t)strlen(name), ident));
}

struct bytes
secret(const char *name)
{
	return answer(
	    env_get_secret_value(name, (int32_t)strlen(name), ident));
}

struct bytes
http_fetch(enum http_method method, const char *url,
    const struct http_header *headers, size_t nheaders, struct bytes body)
{
	struct bytes u = text(url);

	for (size_t i = 0; i < nheaders; i++) {
		u = join(u, join(text("::"), text(headers[i].name)));
		u = join(u, join(text(":"), text(headers[i].value)));
	}
	return answer(env_fetch_url(method, u.data, (int32_t)u.size,
	    body.data, (int32_t)body.size, ident));
}

struct bytes
graphql_query(const char *endpoint, const char *query)
{
	return answer(env_graphql_query(endpoint, (int32_t)strlen(endpoint),
	    query, (int32_t)strlen(query), ident));
}

static struct bytes
db(enum query type, const char *query, const struct db_var *vars, size_t nvars)
{
	for (size_t i = 0; i < nvars; i++)
		env_add_ffi_var(vars[i].name, (int32_t)strlen(vars[i].name),
		    vars[i].value.data, (int32_t)vars[i].value.size, ident);
	return answer(
	    env_db_exec(type, query, (int32_t)strlen(query), ident));
}

struct bytes
db_insert(const char *query, const struct db_var *vars, size_t nvars)
{
	return db(INSERT, query, vars, nvars);
}

struct bytes
db_select(const char *query, const struct db_var *vars, size_t nvars)
{
	return db(SELECT, query, vars, nvars);
}

struct bytes
db_update(const char *query, const struct db_var *vars, size_t nvars)
{
	return db(UPDATE, query, vars, nvars);
}

struct bytes
db_delete(const char *query, const struct db_var *vars, size_t nvars)
{
	return db(DELETE, query, vars, nvars);
}

/* ---- what the host calls ---- */

EXPORT(allocate) void *
allocate(int32_t n)
{
	return malloc(n > 0 ? (size_t)n : 1);
}

EXPORT(deallocate) void
deallocate(void *p, int32_t n)
{
	(void)n;
	free(p);
}

EXPORT(run_e) void
run_e(const char *in, int32_t n, int32_t id)
{
	ident = id;
	answered = false;
	/* A copy, so that there is a NUL after it. */
	run(join((struct bytes){ in, (size_t)n }, none));
	give_back();
}

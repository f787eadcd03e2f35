// runnable.cpp - between the function and its host: runnable(7).
//
// Not for editing: the function is in lib.cpp.
#include "runnable.hpp"

#include <cstdlib>

#define IMPORT(name) \
	__attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) \
	__attribute__((export_name(#name), visibility("default"), used))

namespace env {
extern "C" {
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
}
} // namespace env

namespace runnable {

enum Field { META, BODY, HEADER, PARAM, STATE, QUERY };
enum Query { INSERT, SELECT, UPDATE, DELETE };
enum Method { GET, HEAD, OPTIONS, POST, PUT, PATCH, DEL };

static int32_t ident;

static int32_t
len(std::string_view s)
{
	return static_cast<int32_t>(s.size());
}

// What the host holds ready for us.  size: bytes of the answer, or minus
// those of an error's text; -1 alone means that there is nothing to fetch.
static Result
answer(int32_t size)
{
	const Error unknown{500, "the host gave no reason"};
	std::string s;

	if (size == -1)
		return unknown;
	s.resize(size < 0 ? 0u - static_cast<uint32_t>(size)
			  : static_cast<uint32_t>(size));
	if (env::env_get_ffi_result(s.data(), ident) != 0)
		return unknown;
	if (size < 0)
		return Error{500, s};
	return s;
}

static std::string
field(Field type, std::string_view key)
{
	return answer(env::env_request_get_field(
			  type, key.data(), len(key), ident))
	    .value_or("");
}

namespace log {
static void
say(int32_t level, std::string_view m)
{
	env::env_log_msg(m.data(), len(m), level, ident);
}
void error(std::string_view m) { say(1, m); }
void warn(std::string_view m) { say(2, m); }
void info(std::string_view m) { say(3, m); }
void debug(std::string_view m) { say(4, m); }
} // namespace log

namespace request {
std::string method() { return field(META, "method"); }
std::string url() { return field(META, "url"); }
std::string id() { return field(META, "id"); }
std::string body() { return field(META, "body"); }
std::string body_field(std::string_view key) { return field(BODY, key); }
std::string header(std::string_view name) { return field(HEADER, name); }
std::string param(std::string_view name) { return field(PARAM, name); }
std::string state(std::string_view key) { return field(STATE, key); }
std::string query(std::string_view name) { return field(QUERY, name); }
static Result
set(Field type, std::string_view key, std::string_view value)
{
	return answer(env::env_request_set_field(type, key.data(), len(key),
	    value.data(), len(value), ident));
}
Result set_method(std::string_view m) { return set(META, "method", m); }
Result set_url(std::string_view url) { return set(META, "url", url); }
Result set_body(std::string_view body) { return set(META, "body", body); }
Result
set_body_field(std::string_view key, std::string_view value)
{
	return set(BODY, key, value);
}
Result
set_header(std::string_view name, std::string_view value)
{
	return set(HEADER, name, value);
}
Result
set_param(std::string_view name, std::string_view value)
{
	return set(PARAM, name, value);
}
bool
set_state(std::string_view key, std::string_view value)
{
	return bool(set(STATE, key, value));
}
} // namespace request

namespace response {
void
set_header(std::string_view name, std::string_view value)
{
	env::env_resp_set_header(
	    name.data(), len(name), value.data(), len(value), ident);
}
void
content_type(std::string_view value)
{
	set_header("Content-Type", value);
}
} // namespace response

void
give_up(std::string_view message, const char *file, int line)
{
	const std::string_view f(file);

	env::env_return_abort(message.data(), len(message), f.data(), len(f),
	    line, 0, ident);
	__builtin_trap();
}

namespace cache {
Result
get(std::string_view key)
{
	return answer(env::env_cache_get(key.data(), len(key), ident));
}
bool
set(std::string_view key, std::string_view value, int ttl_s)
{
	return env::env_cache_set(key.data(), len(key), value.data(),
		   len(value), ttl_s, ident) == 0;
}
} // namespace cache

namespace http {
static Result
fetch(Method method, std::string_view url, std::string_view body,
    const Pairs &headers)
{
	std::string u(url);

	for (const auto &[name, value] : headers)
		u += "::" + name + ":" + value;
	return answer(env::env_fetch_url(
	    method, u.data(), len(u), body.data(), len(body), ident));
}
Result
get(std::string_view url, const Pairs &headers)
{
	return fetch(GET, url, "", headers);
}
Result
head(std::string_view url, const Pairs &headers)
{
	return fetch(HEAD, url, "", headers);
}
Result
options(std::string_view url, const Pairs &headers)
{
	return fetch(OPTIONS, url, "", headers);
}
Result
post(std::string_view url, std::string_view body, const Pairs &headers)
{
	return fetch(POST, url, body, headers);
}
Result
put(std::string_view url, std::string_view body, const Pairs &headers)
{
	return fetch(PUT, url, body, headers);
}
Result
patch(std::string_view url, std::string_view body, const Pairs &headers)
{
	return fetch(PATCH, url, body, headers);
}
Result
del(std::string_view url, const Pairs &headers)
{
	return fetch(DEL, url, "", headers);
}
} // namespace http

namespace db {
static Result
exec(Query type, std::string_view query, const Pairs &vars)
{
	for (const auto &[name, value] : vars)
		env::env_add_ffi_var(name.data(), len(name), value.data(),
		    len(value), ident);
	return answer(
	    env::env_db_exec(type, query.data(), len(query), ident));
}
Result
insert(std::string_view query, const Pairs &vars)
{
	return exec(INSERT, query, vars);
}
Result
select(std::string_view query, const Pairs &vars)
{
	return exec(SELECT, query, vars);
}
Result
update(std::string_view query, const Pairs &vars)
{
	return exec(UPDATE, query, vars);
}
Result
del(std::string_view query, const Pairs &vars)
{
	return exec(DELETE, query, vars);
}
} // namespace db

Result
graphql(std::string_view endpoint, std::string_view query)
{
	return answer(env::env_graphql_query(endpoint.data(), len(endpoint),
	    query.data(), len(query), ident));
}

Result
static_file(std::string_view name)
{
	return answer(env::env_get_static_file(name.data(), len(name), ident));
}

Result
secret(std::string_view name)
{
	return answer(
	    env::env_get_secret_value(name.data(), len(name), ident));
}

// ---- what the host calls ----

extern "C" EXPORT(allocate) void *
allocate(int32_t n)
{
	return std::malloc(n > 0 ? static_cast<size_t>(n) : 1);
}

extern "C" EXPORT(deallocate) void
deallocate(void *p, int32_t)
{
	std::free(p);
}

extern "C" EXPORT(run_e) void
run_e(const char *in, int32_t n, int32_t id)
{
	ident = id;
	Result r = run(std::string_view(in, static_cast<size_t>(n)));

	if (const std::string *v = r.value())
		env::env_return_result(v->data(), len(*v), ident);
	else
		env::env_return_error(r.error()->code,
		    r.error()->message.data(), len(r.error()->message), ident);
}

} // namespace runnable

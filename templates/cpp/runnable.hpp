// runnable.hpp - what a function gives and what it may ask for.
//
// Not for editing: the function is in lib.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace runnable {

// What a function, or a call to the host, can fail with.
struct Error {
	int code = 500;
	std::string message;
};

// A value or an error: `if (auto *v = r.value()) use(*v); else r.error()`.
class Result {
public:
	Result(std::string v) : held(std::move(v)) {}
	Result(std::string_view v) : held(std::string(v)) {}
	Result(const char *v) : held(std::string(v)) {}
	Result(Error e) : held(std::move(e)) {}

	const std::string *value() const { return std::get_if<0>(&held); }
	const Error *error() const { return std::get_if<1>(&held); }
	explicit operator bool() const { return value() != nullptr; }
	std::string value_or(std::string other) const
	{
		return value() ? *value() : std::move(other);
	}

private:
	std::variant<std::string, Error> held;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

namespace log {
void error(std::string_view message);
void warn(std::string_view message);
void info(std::string_view message);
void debug(std::string_view message);
} // namespace log

// The request: empty when there is no such field.
namespace request {
std::string method();
std::string url();
std::string id();
std::string body();
std::string body_field(std::string_view key); // of a JSON body
std::string header(std::string_view name);
std::string param(std::string_view name); // /hello/:name
std::string state(std::string_view key);
std::string query(std::string_view name); // ?name=value
// What later steps of the request see.
Result set_method(std::string_view method);
Result set_url(std::string_view url);
Result set_body(std::string_view body);
Result set_body_field(std::string_view key, std::string_view value);
Result set_header(std::string_view name, std::string_view value);
Result set_param(std::string_view name, std::string_view value);
bool set_state(std::string_view key, std::string_view value);
} // namespace request

namespace response {
void set_header(std::string_view name, std::string_view value);
void content_type(std::string_view value);
} // namespace response

// Stop here and now: an error with code -1 that names the place.
[[noreturn]] void give_up(std::string_view message,
    const char *file = __builtin_FILE(), int line = __builtin_LINE());

namespace cache {
Result get(std::string_view key);
bool set(std::string_view key, std::string_view value, int ttl_s);
} // namespace cache

namespace http {
Result get(std::string_view url, const Pairs &headers = {});
Result head(std::string_view url, const Pairs &headers = {});
Result options(std::string_view url, const Pairs &headers = {});
Result post(std::string_view url, std::string_view body,
    const Pairs &headers = {});
Result put(std::string_view url, std::string_view body,
    const Pairs &headers = {});
Result patch(std::string_view url, std::string_view body,
    const Pairs &headers = {});
Result del(std::string_view url, const Pairs &headers = {});
} // namespace http

// Queries of the Directive by their names; variables in order.
namespace db {
Result insert(std::string_view query, const Pairs &vars = {});
Result select(std::string_view query, const Pairs &vars = {});
Result update(std::string_view query, const Pairs &vars = {});
Result del(std::string_view query, const Pairs &vars = {});
} // namespace db

Result graphql(std::string_view endpoint, std::string_view query);
Result static_file(std::string_view name);
Result secret(std::string_view name);

} // namespace runnable

// You write this, in lib.cpp.
runnable::Result run(std::string_view input);

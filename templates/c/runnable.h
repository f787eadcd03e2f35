/*
 * runnable.h - what a function gives and what it may ask for.
 *
 * Not for editing: the function is in lib.c.  Everything a call hands out
 * lives until run() returns, and has a NUL byte after its end.
 */
#ifndef RUNNABLE_H
#define RUNNABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bytes {
	const char	*data;		/* NULL: there is none, see host_error */
	size_t		 size;
};

/* ---- you write this, in lib.c ---- */

void		 run(struct bytes input);

/* ---- the answer: the first one counts ---- */

void		 respond(struct bytes result);
void		 fail(int code, const char *message);
/* Stop here and now: an error with code -1 that names the place. */
#define give_up(message)	give_up_at(message, __FILE__, __LINE__)
__attribute__((noreturn))
void		 give_up_at(const char *message, const char *file, int line);
/* A header of the HTTP response. */
void		 set_header(const char *name, const char *value);
void		 content_type(const char *value);

/* ---- texts ---- */

struct bytes	 text(const char *cstr);
struct bytes	 join(struct bytes a, struct bytes b);

/* ---- the log ---- */

void		 log_error(const char *message);
void		 log_warn(const char *message);
void		 log_info(const char *message);
void		 log_debug(const char *message);

/* ---- the request: empty when there is no such field ---- */

struct bytes	 request_method(void);
struct bytes	 request_url(void);
struct bytes	 request_id(void);
struct bytes	 request_body(void);
struct bytes	 request_body_field(const char *key);	/* of a JSON body */
struct bytes	 request_header(const char *name);
struct bytes	 request_param(const char *name);	/* /hello/:name */
struct bytes	 request_state(const char *key);
struct bytes	 request_query(const char *name);	/* ?name=value */

/* What later steps of the request see; false: host_error() says why. */
bool		 request_set_method(const char *method);
bool		 request_set_url(const char *url);
bool		 request_set_body(struct bytes body);
bool		 request_set_body_field(const char *key, struct bytes value);
bool		 request_set_header(const char *name, struct bytes value);
bool		 request_set_param(const char *name, struct bytes value);
bool		 request_set_state(const char *key, struct bytes value);

/* ---- the host: data is NULL when it fails, host_error() says why ---- */

const char	*host_error(void);
struct bytes	 cache_get(const char *key);
bool		 cache_set(const char *key, struct bytes value, int ttl_s);
struct bytes	 static_file(const char *name);
struct bytes	 secret(const char *name);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OPTIONS, HTTP_POST, HTTP_PUT,
	HTTP_PATCH, HTTP_DELETE };
struct http_header {
	const char	*name, *value;
};
struct bytes	 http_fetch(enum http_method method, const char *url,
		    const struct http_header *headers, size_t nheaders,
		    struct bytes body);
struct bytes	 graphql_query(const char *endpoint, const char *query);

/* A query of the Directive by its name; its variables in order. */
struct db_var {
	const char	*name;
	struct bytes	 value;
};
struct bytes	 db_insert(const char *query, const struct db_var *vars,
		    size_t nvars);
struct bytes	 db_select(const char *query, const struct db_var *vars,
		    size_t nvars);
struct bytes	 db_update(const char *query, const struct db_var *vars,
		    size_t nvars);
struct bytes	 db_delete(const char *query, const struct db_var *vars,
		    size_t nvars);

#ifdef __cplusplus
}
#endif

#endif

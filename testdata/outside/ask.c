/*
 * A function that asks what its input says: each line is a call, its fields
 * parted by '|'; each line of the answer is what that call gave.
 *
 *	get URL | post URL|BODY|NAME: VALUE...	| graphql ENDPOINT|QUERY
 *	insert QUERY|VALUE...	(select, update, delete)
 *	put KEY|VALUE|SECONDS	| cached KEY | secret NAME | file NAME
 */
#include "runnable.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS 10

static struct bytes out;

static void
told(struct bytes b)
{
	if (b.data == NULL)
		b = join(text("error: "), text(host_error()));
	out = join(join(out, b), text("\n"));
}

static void
post(char **f, size_t n)
{
	struct http_header h[FIELDS];
	size_t nheaders = 0;

	for (size_t i = 2; i < n; i++) {
		char *colon = strchr(f[i], ':');

		if (colon == NULL)
			continue;
		*colon = '\0';
		h[nheaders].name = f[i];
		h[nheaders++].value = colon + 1;
	}
	told(http_fetch(
	    HTTP_POST, f[0], h, nheaders, text(n > 1 ? f[1] : "")));
}

static void
query(const char *what, char **f, size_t n)
{
	struct db_var v[FIELDS];

	for (size_t i = 1; i < n; i++) {
		v[i - 1].name = "value";
		v[i - 1].value = text(f[i]);
	}
	if (strcmp(what, "insert") == 0)
		told(db_insert(f[0], v, n - 1));
	else if (strcmp(what, "select") == 0)
		told(db_select(f[0], v, n - 1));
	else if (strcmp(what, "update") == 0)
		told(db_update(f[0], v, n - 1));
	else
		told(db_delete(f[0], v, n - 1));
}

static void
ask(const char *what, char **f, size_t n)
{
	if (strcmp(what, "get") == 0)
		told(http_fetch(HTTP_GET, f[0], NULL, 0, text("")));
	else if (strcmp(what, "post") == 0)
		post(f, n);
	else if (strcmp(what, "graphql") == 0)
		told(graphql_query(f[0], n > 1 ? f[1] : ""));
	else if (strcmp(what, "put") == 0)
		told(cache_set(f[0], text(f[1]), atoi(f[2])) ?
			text("ok") : (struct bytes){ 0 });
	else if (strcmp(what, "cached") == 0)
		told(cache_get(f[0]));
	else if (strcmp(what, "secret") == 0)
		told(secret(f[0]));
	else if (strcmp(what, "file") == 0)
		told(static_file(f[0]));
	else
		query(what, f, n);
}

static void
line(char *l)
{
	char *f[FIELDS], *end;
	size_t n = 0;

	end = strchr(l, ' ');
	if (end == NULL)
		return;
	*end = '\0';
	f[n++] = end + 1;
	while (n < FIELDS && (end = strchr(f[n - 1], '|')) != NULL) {
		*end = '\0';
		f[n++] = end + 1;
	}
	ask(l, f, n);
}

void
run(struct bytes input)
{
	char *l = (char *)join(input, text("\n")).data, *end;

	for (; (end = strchr(l, '\n')) != NULL; l = end + 1) {
		*end = '\0';
		line(l);
	}
	respond(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer means: for the person who reads of it, and for the next try.
 */
#include <string.h>
#include <time.h>

#include "oci/parts.h"
#include "os/os.h"

#define FIRST_WAIT_MS 250u
#define LEAST_WAIT_MS 200u
#define MOST_WAIT_MS 3000u

/* ---- words ---- */

static struct str
first_line(struct str s)
{
	struct str line;

	s = str_trim(s);
	(void)str_cut(&s, '\n', &line);
	return line.n > 300 ? (struct str){ line.p, 300 } : str_trim(line);
}

/* {"errors":[{"code","message"}]}, or a token server's {"details"}, or whatever
 * a proxy in between has to say; but no page of HTML. */
static void
said(struct buf *out, struct str body)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err ignored = ERR;
	struct tree *t = NULL;
	const struct tree *list;

	if (tree_parse_json(&t, a, body, &ignored) < 0) {
		if (!str_starts(str_trim(body), "<"))
			buf_show(out, first_line(body), false);
		return;
	}
	list = tree_get(t, "errors");
	if (list && list->kind == TREE_LIST && list->nitems > 0) {
		struct str code = json_text(list->items[0], "code"),
			   text = json_text(list->items[0], "message");

		buf_addf(&b, STR_F "%s" STR_F, STR_A(code),
		    code.n > 0 && text.n > 0 ? ": " : "", STR_A(text));
	} else {
		struct str text = json_text(t, "details");

		buf_add(
		    &b, text.n > 0 ? text : json_text(t, "error_description"));
	}
	buf_show(out, first_line(buf_str(&b)), false);
}

static enum err_kind
kind_of(int status)
{
	switch (status) {
	case 401:
	case 403:
		return ERR_TRUST;
	case 404:
		return ERR_MISSING;
	case 413:
		return ERR_LIMIT;
	default:
		return ERR_REMOTE;
	}
}

static const char *
reason(int status)
{
	switch (status) {
	case 401:
		return "credentials are wanted";
	case 403:
		return "not allowed";
	case 404:
		return "not found";
	case 405:
		return "the registry does not allow it";
	case 413:
		return "too large for the registry";
	case 429:
		return "too many requests";
	default:
		return status >= 500 ? "the registry failed" : "refused";
	}
}

int
reply_error(struct err *e, const struct site *s, const struct fetch_reply *r,
    const char *what)
{
	CLEANUP(buf_free) struct buf b = BUF(1500);

	said(&b, r->body);
	(void)err_set(e, kind_of(r->status), STR_F ": %s: %s (status %d%s%s)",
	    STR_A(s->host), what, reason(r->status), r->status,
	    b.n > 0 ? ", " : "", buf_cstr(&b));
	if (r->status == 401 || r->status == 403)
		return err_hint(e,
		    "log in with an account that may do this: subo login " STR_F
		    " -u USER",
		    STR_A(s->host));
	if (r->status == 429)
		return err_hint(e, "try again later, or log in");
	return -1;
}

/* ---- trying again ---- */

bool
ask_may_mend(const struct fetch_reply *r, const struct err *why)
{
	if (!r)
		return why->kind == ERR_REMOTE;
	return r->status == 408 || r->status == 429 ||
	    (r->status >= 500 && r->status != 501 && r->status != 505);
}

/* "120", or a date of RFC 9110, 5.6.7. */
static bool
retry_after_ms(struct str value, uint64_t *ms)
{
	char text[64];
	struct tm tm = { 0 };
	int64_t then;

	if (str_u64(value, UINT32_MAX, ms)) {
		*ms *= 1000;
		return true;
	}
	if (value.n == 0 || value.n >= sizeof(text))
		return false;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
		return false;
	then = (int64_t)timegm(&tm) * 1000;
	*ms = then > os_unix_ms() ? (uint64_t)(then - os_unix_ms()) : 0;
	return true;
}

/* Ten percent either way, so that many who failed at once do not come back at
 * once. */
static uint64_t
jitter(uint64_t ms)
{
	uint64_t now = os_now_ns();
	uint64_t h =
	    str_hash(STR_HASH, (struct str){ (const char *)&now, sizeof(now) });

	return ms * 9 / 10 + h % (ms / 5 + 1);
}

uint64_t
ask_wait_ms(const struct fetch_reply *r, unsigned tries)
{
	uint64_t ms = (uint64_t)FIRST_WAIT_MS << (tries > 8 ? 8 : tries - 1);

	if (r && retry_after_ms(fetch_reply_header(r, "retry-after"), &ms))
		return ms;
	ms = jitter(ms);
	if (ms < LEAST_WAIT_MS)
		return LEAST_WAIT_MS;
	return ms > MOST_WAIT_MS ? MOST_WAIT_MS : ms;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of log.  Those of a loop are gathered and go out together, soon: when
 * there is much, or a moment after the first.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "os/os.h"
#include "serve/parts.h"

#define FLUSH_BYTES (32u << 10)
#define FLUSH_NS UINT64_C(20000000)
#define LINE_MAX_BYTES (16u << 10)

/* ---- out of the server ---- */

static bool
has_sink(const struct serve *s)
{
	return s->opt.line || s->opt.lines;
}

static void
give(struct serve *s, struct str lines)
{
	struct str line;

	pthread_mutex_lock(&s->line_lock);
	if (s->opt.lines) {
		s->opt.lines(s->opt.arg, lines);
		lines.n = 0;
	}
	while (lines.n > 0) {
		str_cut(&lines, '\n', &line);
		s->opt.line(s->opt.arg, line);
	}
	pthread_mutex_unlock(&s->line_lock);
}

void
log_flush(struct seat *seat)
{
	struct log_text *log = &seat->log;

	loop_timer_end(&log->timer);
	if (log->text.n > 0)
		give(seat->s, buf_str(&log->text));
	buf_clear(&log->text);
}

static void
on_timer(void *arg)
{
	log_flush(arg);
}

/* A whole line was added to the seat's text. */
static void
added(struct seat *seat)
{
	struct log_text *log = &seat->log;

	if (log->text.n >= FLUSH_BYTES)
		log_flush(seat);
	else if (!log->timer)
		log->timer = loop_timer_start(
		    seat->loop, NULL, FLUSH_NS, on_timer, seat);
}

/* ---- parts of lines ---- */

static void
add_number(struct buf *b, uint64_t n, unsigned width)
{
	char digits[24];
	unsigned i = sizeof(digits);

	while (n > 0 || width > 0 || i == sizeof(digits)) {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
		width -= width > 0;
	}
	buf_add(b, (struct str){ digits + i, sizeof(digits) - i });
}

/* "2026-01-31T12:00:00." */
static void
add_second(struct buf *b, int64_t second)
{
	time_t s = (time_t)second;
	struct tm tm;

	gmtime_r(&s, &tm);
	add_number(b, (uint64_t)tm.tm_year + 1900, 4);
	buf_addc(b, '-');
	add_number(b, (uint64_t)tm.tm_mon + 1, 2);
	buf_addc(b, '-');
	add_number(b, (uint64_t)tm.tm_mday, 2);
	buf_addc(b, 'T');
	add_number(b, (uint64_t)tm.tm_hour, 2);
	buf_addc(b, ':');
	add_number(b, (uint64_t)tm.tm_min, 2);
	buf_addc(b, ':');
	add_number(b, (uint64_t)tm.tm_sec, 2);
	buf_addc(b, '.');
}

/* RFC 3339, UTC, with milliseconds.  memo (may be NULL) has the text of the
 * second that was last. */
static void
add_time(struct buf *b, struct log_text *memo)
{
	int64_t ms = os_unix_ms();
	size_t from = b->n;

	if (memo && memo->nstamp > 0 && memo->second == ms / 1000) {
		buf_add(b, (struct str){ memo->stamp, memo->nstamp });
	} else {
		add_second(b, ms / 1000);
		if (memo && b->n - from <= sizeof(memo->stamp)) {
			memo->second = ms / 1000;
			memo->nstamp = b->n - from;
			memcpy(memo->stamp, b->p + from, memo->nstamp);
		}
	}
	add_number(b, (uint64_t)(ms % 1000), 3);
	buf_addc(b, 'Z');
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"' ||
		    s.p[i] == '\\')
			return false;
	return true;
}

/* A JSON text; what is not UTF-8 is shown as \xNN first. */
static void
add_text(struct buf *b, const char *key, struct str s)
{
	CLEANUP(buf_free) struct buf shown = BUF(LINE_MAX_BYTES);

	buf_add(b, STR(",\""));
	buf_add(b, str_of(key));
	buf_add(b, STR("\":\""));
	if (!is_plain(s)) {
		buf_show(&shown, s, true);
		s = buf_str(&shown);
	} else {
		buf_add(b, s);
	}
	for (size_t i = 0; shown.n > 0 && i < s.n; i++) {
		char c = s.p[i];

		if (c == '\n' || c == '\t') {
			buf_add(b, c == '\n' ? STR("\\n") : STR("\\t"));
			continue;
		}
		if (c == '"' || c == '\\')
			buf_addc(b, '\\');
		buf_addc(b, c);
	}
	buf_addc(b, '"');
}

static void
add_plain(struct buf *b, struct str s)
{
	buf_addc(b, ' ');
	if (is_plain(s))
		buf_add(b, s);
	else
		buf_show(b, s, false);
}

static void
begin_json(struct buf *b, struct log_text *memo)
{
	buf_add(b, STR("{\"time\":\""));
	add_time(b, memo);
	buf_addc(b, '"');
}

/* ---- the access log ---- */

struct access {
	struct str id, peer, method, target, name, app;
	int status;
	size_t bytes;
	uint64_t ns;
	struct log_text *memo;
};

static void
add_ms(struct buf *b, uint64_t ns)
{
	add_number(b, ns / 1000000, 0);
	buf_addc(b, '.');
	add_number(b, ns / 1000 % 1000, 3);
}

static void
access_json(struct buf *b, const struct access *a)
{
	begin_json(b, a->memo);
	add_text(b, "type", STR("request"));
	add_text(b, "id", a->id);
	add_text(b, "peer", a->peer);
	add_text(b, "method", a->method);
	add_text(b, "target", a->target);
	buf_add(b, STR(",\"status\":"));
	add_number(b, (uint64_t)a->status, 0);
	buf_add(b, STR(",\"bytes\":"));
	add_number(b, a->bytes, 0);
	buf_add(b, STR(",\"ms\":"));
	add_ms(b, a->ns);
	add_text(b, "handler", a->name);
	add_text(b, "app", a->app);
	buf_add(b, STR("}\n"));
}

static void
access_plain(struct buf *b, const struct access *a)
{
	add_time(b, a->memo);
	add_plain(b, a->id.n > 0 ? a->id : STR("-"));
	add_plain(b, a->peer);
	buf_add(b, STR(" \""));
	buf_add(b, a->method);
	add_plain(b, a->target);
	buf_add(b, STR("\" "));
	add_number(b, (uint64_t)a->status, 0);
	buf_addc(b, ' ');
	add_number(b, a->bytes, 0);
	buf_addc(b, ' ');
	add_ms(b, a->ns);
	buf_add(b, STR("ms"));
	add_plain(b, a->name.n > 0 ? a->name : STR("-"));
	buf_addc(b, '\n');
}

static void
add_access(struct buf *b, const struct serve *s, struct access *a)
{
	if (a->target.n > 2000)
		a->target.n = 2000;
	if (s->opt.log == SERVE_LOG_JSON)
		access_json(b, a);
	else
		access_plain(b, a);
}

void
log_access(const struct ask *a, int status, size_t bytes, uint64_t ns)
{
	struct access x = { .id = { a->id, a->nid },
		.peer = http_peer(a->x),
		.method = http_method(a->x),
		.target = http_target(a->x),
		.name = a->fn,
		.app = a->app ? a->app->d->identifier : STR(""),
		.status = status,
		.bytes = bytes,
		.ns = ns,
		.memo = &a->seat->log };

	if (!has_sink(a->seat->s))
		return;
	if (a->h)
		x.name = a->h->resource;
	add_access(&a->seat->log.text, a->seat->s, &x);
	added(a->seat);
}

void
log_refused(struct serve *s, struct str peer, struct str method,
    struct str target, int status)
{
	CLEANUP(buf_free) struct buf b = BUF(LINE_MAX_BYTES);
	struct access x = { .peer = peer,
		.method = method,
		.target = target,
		.status = status };

	if (s->opt.log == SERVE_LOG_NONE || !has_sink(s))
		return;
	add_access(&b, s, &x);
	give(s, buf_str(&b));
}

/* ---- what functions and the server say ---- */

static const char *
level_name(int level)
{
	static const char *const names[] = { "error", "error", "warn", "info",
		"debug" };

	return names[level >= 1 && level <= 4 ? level : 3];
}

static void
add_message(struct buf *b, const struct serve *s, int level, struct str fn,
    struct str id, struct str text)
{
	if (s->opt.log == SERVE_LOG_JSON) {
		begin_json(b, NULL);
		add_text(b, "type", STR("log"));
		add_text(b, "level", str_of(level_name(level)));
		if (id.n > 0)
			add_text(b, "id", id);
		if (fn.n > 0)
			add_text(b, "function", fn);
		add_text(b, "message", text);
		buf_add(b, STR("}\n"));
		return;
	}
	add_time(b, NULL);
	buf_addf(b, " %s", level_name(level));
	if (id.n > 0)
		add_plain(b, id);
	if (fn.n > 0) {
		add_plain(b, fn);
		buf_addc(b, ':');
	}
	add_plain(b, text);
	buf_addc(b, '\n');
}

/* Does it fit into what this second may have?  Tells once what was dropped in
 * the one before. */
static bool
take_room(struct serve *s, size_t bytes)
{
	uint64_t second = os_now_ns() / 1000000000, lost = 0;
	bool fits;

	pthread_mutex_lock(&s->line_lock);
	if (s->log_second != second) {
		lost = s->log_lost;
		s->log_second = second;
		s->log_used = s->log_lost = 0;
	}
	s->log_used += bytes;
	fits = s->log_used <= s->opt.limits.log_bytes;
	s->log_lost += !fits;
	pthread_mutex_unlock(&s->line_lock);
	if (!fits)
		atomic_fetch_add(&s->log_dropped, 1);
	if (lost > 0)
		log_tell(s, 2, STR(""),
		    "%llu lines of functions' logs were dropped: more than "
		    "%llu bytes in a second",
		    (unsigned long long)lost,
		    (unsigned long long)s->opt.limits.log_bytes);
	return fits;
}

void
log_function(void *serve, const struct host_call *c, int level, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(LINE_MAX_BYTES);
	struct serve *s = serve;
	struct seat *seat = c->loop ? seat_of(s, c->loop) : NULL;
	struct str id = c->request ? request_id(c->request) : STR("");

	if (s->opt.trace && c->request)
		trace_log(request_tag(c->request), c->step, level, text);
	if (!has_sink(s) || s->opt.log == SERVE_LOG_NONE ||
	    level > s->opt.log_level || !take_room(s, text.n + 64))
		return;
	if (text.n > LINE_MAX_BYTES / 2)
		text.n = LINE_MAX_BYTES / 2;
	add_message(&b, s, level, c->fn, id, text);
	/* What is cut still ends. */
	if (buf_over(&b))
		b.p[b.n - 1] = '\n';
	if (!seat) {
		give(s, buf_str(&b));
		return;
	}
	buf_add(&seat->log.text, buf_str(&b));
	added(seat);
}

void
log_tell(struct serve *s, int level, struct str id, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(LINE_MAX_BYTES / 8);
	CLEANUP(buf_free) struct buf b = BUF(LINE_MAX_BYTES);
	va_list ap;

	if (!has_sink(s) || level > s->opt.log_level)
		return;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	add_message(&b, s, level, STR(""), id, buf_str(&text));
	give(s, buf_str(&b));
}

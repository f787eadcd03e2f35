/* SPDX-License-Identifier: Apache-2.0 */
/* What a case expects against what came. */

#include "smoke/show.h"
#include "smoke/trial.h"

static bool
regex_fits(struct str pattern, struct str got)
{
	regmatch_t all = { .rm_so = 0, .rm_eo = (regoff_t)got.n };
	struct err e = ERR;
	regex_t re;
	bool fits;

	if (got.n > INT32_MAX || text_regex(&re, pattern, &e) < 0)
		return false;
	fits = regexec(&re, got.p ? got.p : "", 1, &all, REG_STARTEND) == 0;
	regfree(&re);
	return fits;
}

static bool
lacks(struct buf *why, const char *what, const char *how, struct str part,
    struct str got)
{
	if (!why)
		return false;
	buf_addf(why, "%s %s ", what, how);
	show_quoted(why, part);
	buf_addf(why, ":\n");
	show_bytes(why, got);
	return false;
}

static bool
json_fits(
    struct buf *why, const char *what, const struct tree *want, struct str got)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf where = BUF(4096), how = BUF(4096);
	struct err e = ERR;
	struct tree *have;

	if (tree_parse_json(&have, a, got, &e) < 0) {
		if (!why)
			return false;
		buf_addf(why, "%s is not JSON, %s:\n", what, e.text);
		show_bytes(why, got);
		return false;
	}
	buf_addc(&where, '$');
	if (json_has(want, have, &where, &how))
		return true;
	if (why)
		buf_addf(why, "%s at " STR_F ": " STR_F "\n", what,
		    STR_A(buf_str(&where)), STR_A(buf_str(&how)));
	return false;
}

bool
check_text(struct trial *t, struct buf *why, const char *what,
    const struct want_text *w, struct str got)
{
	bool fits = true;
	size_t at;

	if (w->has_exact && !str_eq(w->exact, got)) {
		if (why)
			show_difference(
			    why, what, w->exact, got, t->opt->width);
		fits = false;
	}
	for (size_t i = 0; i < w->ncontains; i++)
		if (!str_find(got, w->contains[i], &at))
			fits = lacks(
			    why, what, "does not contain", w->contains[i], got);
	if (w->has_regex && !regex_fits(w->regex, got))
		fits = lacks(why, what, "does not match", w->regex, got);
	if (w->json && !json_fits(why, what, w->json, got))
		fits = false;
	return fits;
}

/* Why it failed, and where inside: what a person needs first. */
static void
tell_failure(struct trial *t, const struct flow_result *res)
{
	struct buf *out = &t->details;
	struct str trace = res->trace, line;
	bool more = str_cut(&trace, '\n', &line);

	/* The first frame stands in the text itself. */
	buf_show(out, str_of(res->error.text), true);
	buf_addc(out, '\n');
	while (more) {
		more = str_cut(&trace, '\n', &line);
		buf_addf(out, "    from " STR_F "\n", STR_A(line));
	}
	if (t->c->kind == CASE_FUNCTION || res->nsteps < 2)
		return;
	buf_addf(out, "    after the steps");
	for (size_t i = 0; i < res->nsteps; i++)
		if (!res->steps[i].failed && !res->steps[i].skipped) {
			buf_addc(out, ' ');
			show_quoted(out, res->steps[i].key);
		}
	buf_addc(out, '\n');
}

/* False: the run went otherwise than expected, and its answer says nothing. */
static bool
check_error(struct trial *t, const struct flow_result *res)
{
	const struct want *w = &t->c->want;
	const struct want_error *we = &w->error;
	struct buf *out = &t->details;

	if (!we->given) {
		/* A handler's failure is an answer with a status as any. */
		if (!res->failed ||
		    (t->c->kind == CASE_REQUEST && w->status == res->status))
			return true;
		tell_failure(t, res);
		return false;
	}
	if (!res->failed) {
		buf_addf(out, "expected an error, got a result:\n");
		show_bytes(out, buf_str(&res->body));
		return false;
	}
	if (we->trap.given && !res->returned)
		return check_text(
		    t, out, "the failure", &we->trap, str_of(res->error.text));
	if (we->trap.given || !res->returned) {
		buf_addf(out,
		    we->trap.given ? "expected a trap, but:\n"
				   : "expected an error that the function "
				     "returns, but:\n");
		tell_failure(t, res);
		return false;
	}
	if (we->has_code && we->code != res->code)
		buf_addf(out, "expected error code %lld, got %d\n",
		    (long long)we->code, (int)res->code);
	check_text(t, out, "the error's message", &we->message, res->message);
	return true;
}

static bool
check_status(struct trial *t, const struct flow_result *res)
{
	int64_t want = t->c->want.status;

	if (want == res->status ||
	    (want == 0 &&
		(t->c->kind != CASE_REQUEST || t->c->want.error.given ||
		    (res->status >= 200 && res->status <= 299))))
		return true;
	if (want == 0)
		buf_addf(&t->details,
		    "expected a status of 200 to 299, got %d\n", res->status);
	else
		buf_addf(&t->details, "expected status %d, got %d\n", (int)want,
		    res->status);
	return false;
}

static bool
find_header(const struct flow_result *res, const struct request *r,
    struct str want, struct str *value)
{
	struct str name;

	if (str_ieq(want, STR("content-type"))) {
		*value = res->content_type;
		return true;
	}
	for (size_t i = res->failed ? 0 : request_nheaders(r); i > 0; i--) {
		request_header_at(r, i - 1, &name, value);
		if (str_ieq(name, want))
			return true;
	}
	return false;
}

static void
check_headers(
    struct trial *t, const struct flow_result *res, const struct request *r)
{
	const struct want *w = &t->c->want;
	struct buf *out = &t->details;
	char what[80];

	for (size_t i = 0; i < w->nheaders; i++) {
		struct str name = w->headers[i].name, value = { 0 };
		bool there = find_header(res, r, name, &value);

		snprintf(what, sizeof(what), "header '%.*s'",
		    (int)(name.n < 60 ? name.n : 60), name.p);
		if (w->headers[i].want.unset && there)
			buf_addf(out, "%s is set, and should not be\n", what);
		else if (!w->headers[i].want.unset && !there)
			buf_addf(out, "%s is not set\n", what);
		else
			check_text(t, out, what, &w->headers[i].want, value);
	}
}

static void
check_state(struct trial *t, const struct request *r)
{
	const struct want *w = &t->c->want;
	struct buf *out = &t->details;
	char what[100];

	for (size_t i = 0; i < w->nstate; i++) {
		struct str key = w->state[i].name, value = { 0 };
		bool there = request_state(r, key, &value);

		snprintf(what, sizeof(what), "state '%.*s'",
		    (int)(key.n < 80 ? key.n : 80), key.p);
		if (w->state[i].want.unset && there)
			buf_addf(out, "%s is set, and should not be\n", what);
		else if (!w->state[i].want.unset && !there)
			buf_addf(out, "%s is not set\n", what);
		else
			check_text(t, out, what, &w->state[i].want, value);
	}
}

static bool
names_step(struct str name, const struct flow_step *s)
{
	return str_eq(name, s->fn) || str_eq(name, s->key);
}

/* Members of a group, i to end, each once in w->steps of the same places. */
static bool
group_ran(
    const struct want *w, const struct flow_step *steps, size_t i, size_t end)
{
	for (size_t k = i; k < end; k++) {
		size_t wanted = 0, ran = 0;

		for (size_t m = i; m < end; m++) {
			wanted += names_step(w->steps[m], &steps[k]);
			ran += str_eq(steps[m].fn, steps[k].fn) ||
			    str_eq(steps[m].key, steps[k].key);
		}
		if (wanted == 0 || wanted > ran)
			return false;
	}
	return true;
}

/* Those that ran: a step that was skipped did not. */
static size_t
steps_ran(const struct flow_result *res, struct flow_step *ran)
{
	size_t n = 0;

	for (size_t i = 0; i < res->nsteps; i++)
		if (!res->steps[i].skipped)
			ran[n++] = res->steps[i];
	return n;
}

static bool
side_by_side(const struct flow_step *a, const struct flow_step *b)
{
	return a->index == b->index && a->depth == b->depth;
}

static void
check_steps(struct trial *t, const struct flow_result *res)
{
	CLEANUP(buf_free) struct buf want = BUF(1u << 20), got = BUF(1u << 20);
	CLEANUP(mem_free_at) struct flow_step *ran = NULL;
	const struct want *w = &t->c->want;
	size_t end, n;
	bool same;

	if (!w->has_steps)
		return;
	ran = mem_take((res->nsteps + 1) * sizeof(*ran));
	n = steps_ran(res, ran);
	same = w->nsteps == n;
	for (size_t i = 0; same && i < n; i = end) {
		end = i;
		while (end < n && side_by_side(&ran[end], &ran[i]))
			end++;
		same = group_ran(w, ran, i, end);
	}
	if (same)
		return;
	for (size_t i = 0; i < w->nsteps; i++)
		buf_addf(
		    &want, "%s" STR_F, i > 0 ? "\n" : "", STR_A(w->steps[i]));
	/* By the name that was expected, where it is that step. */
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%s" STR_F, i > 0 ? "\n" : "",
		    STR_A(i < w->nsteps && names_step(w->steps[i], &ran[i])
			    ? w->steps[i]
			    : ran[i].key));
	show_difference(&t->details, "the list of steps", buf_str(&want),
	    buf_str(&got), t->opt->width);
}

static bool
log_fits(struct trial *t, const struct want_log *w, const struct log_line *l)
{
	return (w->level == 0 || w->level == l->level) &&
	    (w->fn.n == 0 || str_eq(w->fn, l->fn)) &&
	    check_text(t, NULL, "", &w->text, l->text);
}

static void
check_logs(struct trial *t)
{
	static const char *const levels[] = { "?", "error", "warn", "info",
		"debug" };
	const struct want *w = &t->c->want;
	struct buf *out = &t->details;
	size_t at = 0, i = 0;

	while (i < w->nlogs && at < t->nlogs)
		i += log_fits(t, &w->logs[i], &t->logs[at++]);
	if (i == w->nlogs)
		return;
	buf_addf(out, "the log lacks line %zu of what was expected", i + 1);
	if (w->logs[i].text.ncontains > 0) {
		buf_addf(out, ", with ");
		show_quoted(out, w->logs[i].text.contains[0]);
	}
	buf_addf(out, "; it has:\n");
	if (t->nlogs == 0)
		buf_addf(out, "      (nothing)\n");
	for (size_t k = 0; k < t->nlogs && k < 20; k++) {
		buf_addf(out, "      %s ", levels[t->logs[k].level]);
		show_quoted(out, t->logs[k].text);
		buf_addc(out, '\n');
	}
	if (t->nlogs + t->logs_lost > 20)
		buf_addf(out, "      (and %zu more lines)\n",
		    t->nlogs + t->logs_lost - 20);
}

static void
check_ceilings(struct trial *t, const struct flow_result *res)
{
	const struct want *w = &t->c->want;

	if (w->fuel_max && res->fuel > w->fuel_max)
		buf_addf(&t->details,
		    "it took %llu instructions, and may take %llu\n",
		    (unsigned long long)res->fuel,
		    (unsigned long long)w->fuel_max);
	if (w->time_max_ms && res->wall_ns > w->time_max_ms * UINT64_C(1000000))
		buf_addf(&t->details, "it took %.1f ms, and may take %u\n",
		    (double)res->wall_ns / 1e6, w->time_max_ms);
}

void
check_all(
    struct trial *t, const struct flow_result *res, const struct request *r)
{
	const struct want *w = &t->c->want;

	check_calls(t);
	if (check_error(t, res)) {
		check_status(t, res);
		check_headers(t, res, r);
		check_text(
		    t, &t->details, "the body", &w->body, buf_str(&res->body));
		if (w->body.snapshot)
			check_snapshot(t, buf_str(&res->body));
	}
	if (w->reply.n > 0 && !str_eq(w->reply, t->reply)) {
		buf_addf(&t->details, "expected the answer to go to ");
		show_quoted(&t->details, w->reply);
		buf_addf(&t->details, ", it goes to ");
		show_quoted(&t->details, t->reply);
		buf_addc(&t->details, '\n');
	}
	check_steps(t, res);
	check_state(t, r);
	check_logs(t);
	check_ceilings(t, res);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Counters as text: Prometheus' exposition format 0.0.4, and Atmo's JSON. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/os.h"
#include "serve/parts.h"
#include "tree/tree.h"

struct sum {
	uint64_t n[CLASSES], ns, bucket[BUCKETS];
};

static uint64_t
get(_Atomic uint64_t *v)
{
	return atomic_load_explicit(v, memory_order_relaxed);
}

static void
sum_add(struct sum *to, struct tally *t)
{
	for (size_t i = 0; i < CLASSES; i++)
		to->n[i] += get(&t->n[i]);
	for (size_t i = 0; i < BUCKETS; i++)
		to->bucket[i] += get(&t->bucket[i]);
	to->ns += get(&t->ns);
}

/* Of handler `at` of an app, of all loops. */
static struct sum
sum_of(const struct serve_app *a, size_t at)
{
	struct sum sum = { .ns = 0 };

	for (unsigned i = 0; i < a->s->nloops; i++)
		sum_add(&sum, &a->tallies[i * a->ntallies + at]);
	return sum;
}

static uint64_t
total(const struct sum *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < CLASSES; i++)
		n += s->n[i];
	return n;
}

/* ---- Prometheus ---- */

static void
head(struct buf *out, const char *name, const char *kind, const char *help)
{
	buf_addf(out, "# HELP subo_%s %s\n# TYPE subo_%s %s\n", name, help,
	    name, kind);
}

static void
one(struct buf *out, const char *name, const char *kind, const char *help,
    uint64_t v)
{
	head(out, name, kind, help);
	buf_addf(out, "subo_%s %llu\n", name, (unsigned long long)v);
}

/* A label's value: its own escapes, and no others. */
static void
add_value(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n') {
			buf_add(out, STR("\\n"));
			continue;
		}
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, s.p[i]);
	}
}

/* app="...",handler="..." */
static void
add_labels(struct buf *out, const struct serve_app *a, size_t at)
{
	const struct directive *d = a->d;

	buf_add(out, STR("app=\""));
	add_value(out, d->identifier);
	buf_add(out, STR("\",handler=\""));
	if (at < d->nhandlers) {
		add_value(out, d->handlers[at].method);
		buf_addc(out, ' ');
		add_value(out, d->handlers[at].resource);
	} else {
		buf_add(
		    out, at == d->nhandlers ? STR("function") : STR("other"));
	}
	buf_addc(out, '"');
}

static void
requests(struct buf *out, const struct serve_app *a)
{
	static const char *const classes[CLASSES] = { "left", "1xx", "2xx",
		"3xx", "4xx", "5xx" };

	for (size_t at = 0; at < a->ntallies; at++) {
		struct sum sum = sum_of(a, at);

		for (size_t i = 0; i < CLASSES; i++) {
			if (sum.n[i] == 0)
				continue;
			buf_add(out, STR("subo_requests_total{"));
			add_labels(out, a, at);
			buf_addf(out, ",status=\"%s\"} %llu\n", classes[i],
			    (unsigned long long)sum.n[i]);
		}
	}
}

static void
durations(struct buf *out, const struct serve_app *a)
{
	const char *name = "subo_request_duration_seconds";

	for (size_t at = 0; at < a->ntallies; at++) {
		struct sum sum = sum_of(a, at);
		uint64_t below = 0;

		if (total(&sum) == 0)
			continue;
		for (size_t i = 0; i < BUCKETS; i++) {
			below += sum.bucket[i];
			buf_addf(out, "%s_bucket{", name);
			add_labels(out, a, at);
			if (i < BUCKETS - 1)
				buf_addf(out, ",le=\"%g\"} %llu\n",
				    (double)bucket_us[i] / 1e6,
				    (unsigned long long)below);
			else
				buf_addf(out, ",le=\"+Inf\"} %llu\n",
				    (unsigned long long)below);
		}
		buf_addf(out, "%s_sum{", name);
		add_labels(out, a, at);
		buf_addf(out, "} %.9f\n%s_count{", (double)sum.ns / 1e9, name);
		add_labels(out, a, at);
		buf_addf(out, "} %llu\n", (unsigned long long)below);
	}
}

struct fn_sum {
	uint64_t calls, failed, ns;
};

static struct fn_sum
fn_sum(const struct serve_app *a, size_t fn)
{
	struct fn_sum sum = { 0, 0, 0 };

	for (unsigned i = 0; i < a->s->nloops; i++) {
		struct fn_tally *t = &a->fns[i * a->d->nfunctions + fn];

		sum.calls += get(&t->calls);
		sum.failed += get(&t->failed);
		sum.ns += get(&t->ns);
	}
	return sum;
}

static void
fn_line(struct buf *out, const struct serve_app *a, size_t fn, const char *name)
{
	const struct function_info *f = &a->d->functions[fn];

	buf_addf(out, "subo_%s{app=\"", name);
	add_value(out, a->d->identifier);
	buf_add(out, STR("\",function=\""));
	add_value(out, f->ns);
	buf_add(out, STR("::"));
	add_value(out, f->name);
	buf_add(out, STR("\"} "));
}

static void
functions(struct buf *out, const struct serve_app *a, int which)
{
	static const char *const names[] = { "function_calls_total",
		"function_failures_total", "function_seconds_total" };

	for (size_t i = 0; i < a->d->nfunctions; i++) {
		struct fn_sum sum = fn_sum(a, i);

		fn_line(out, a, i, names[which]);
		if (which == 2)
			buf_addf(out, "%.9f\n", (double)sum.ns / 1e9);
		else
			buf_addf(out, "%llu\n",
			    (unsigned long long)(which ? sum.failed
						       : sum.calls));
	}
}

static void
of_process(struct buf *out)
{
	CLEANUP(buf_free) struct buf text = BUF(4096);
	struct err ignored = ERR;
	struct rusage use;
	struct str rest, size, resident;
	uint64_t pages = 0;

	if (getrusage(RUSAGE_SELF, &use) == 0) {
		double s = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;

		buf_addf(out,
		    "# HELP process_cpu_seconds_total User and system time.\n"
		    "# TYPE process_cpu_seconds_total counter\n"
		    "process_cpu_seconds_total %.6f\n",
		    s);
	}
	if (os_read(&text, "/proc/self/statm", &ignored) < 0)
		return;
	rest = buf_str(&text);
	str_cut(&rest, ' ', &size);
	str_cut(&rest, ' ', &resident);
	if (str_u64(resident, UINT64_MAX, &pages))
		buf_addf(out,
		    "# HELP process_resident_memory_bytes Memory in use.\n"
		    "# TYPE process_resident_memory_bytes gauge\n"
		    "process_resident_memory_bytes %llu\n",
		    (unsigned long long)pages *
			(unsigned long long)sysconf(_SC_PAGESIZE));
}

static void
of_server(struct buf *out, struct serve *s, size_t napps)
{
	struct http_counts c;

	http_count(s->http, &c);
	one(out, "apps", "gauge", "Apps that are served.", napps);
	one(out, "requests_in_flight", "gauge",
	    "Requests and messages that wait for their functions.",
	    atomic_load(&s->load.now));
	one(out, "connections", "gauge", "Open connections.", c.open);
	one(out, "connections_total", "counter", "Connections accepted.",
	    c.accepted);
	one(out, "connections_refused_total", "counter",
	    "Connections over a limit.", c.refused);
	one(out, "clients_gone_total", "counter",
	    "Clients that left before their answer.", get(&s->lost));
	one(out, "overloads_total", "counter",
	    "Requests and messages that found no room.", get(&s->overloads));
	one(out, "swaps_total", "counter", "Bundles put in.", get(&s->swaps));
	one(out, "schedule_runs_total", "counter", "Runs of schedules.",
	    get(&s->fired));
	one(out, "schedule_failures_total", "counter",
	    "Runs of schedules that failed.", get(&s->failed_fires));
	one(out, "log_lines_dropped_total", "counter",
	    "Lines of functions' logs over the limit.", get(&s->log_dropped));
	one(out, "uptime_seconds", "gauge", "Since the start.",
	    (os_now_ns() - s->start_ns) / 1000000000);
}

static struct site *
site_now(struct serve *s)
{
	struct site *x;

	pthread_mutex_lock(&s->lock);
	x = s->site ? site_hold(s->site) : NULL;
	pthread_mutex_unlock(&s->lock);
	return x;
}

void
metrics_text(struct buf *out, struct serve *s)
{
	static const struct {
		const char *name, *kind, *help;
	} fns[] = {
		{ "function_calls_total", "counter", "Calls of functions." },
		{ "function_failures_total", "counter",
		    "Calls that failed or returned an error." },
		{ "function_seconds_total", "counter", "Time of calls." },
	};
	struct site *x = site_now(s);
	size_t n = x ? x->n : 0;

	of_server(out, s, n);
	head(out, "requests_total", "counter",
	    "Requests, by handler and class of status.");
	for (size_t i = 0; i < n; i++)
		requests(out, x->apps[i]);
	head(out, "request_duration_seconds", "histogram",
	    "From the header's end to the answer.");
	for (size_t i = 0; i < n; i++)
		durations(out, x->apps[i]);
	for (int k = 0; k < (int)COUNT(fns); k++) {
		head(out, fns[k].name, fns[k].kind, fns[k].help);
		for (size_t i = 0; i < n; i++)
			functions(out, x->apps[i], k);
	}
	of_process(out);
	site_drop(x);
}

/* ---- Atmo's ---- */

/* {"scheduler":{"totalThreadCount","totalJobCount","workers":{FQFN:{...}}}}: a
 * loop is what was a thread there, and no job stands in line for a function. */
void
metrics_json(struct buf *out, struct serve *s)
{
	CLEANUP(arena_free) struct arena *arena = arena_new();
	struct tree *t = tree_map(arena), *workers = tree_map(arena);
	double seconds = (double)(os_now_ns() - s->start_ns) / 1e9;
	struct site *x = site_now(s);
	struct tree *all = tree_put(arena, t, "scheduler", tree_map(arena));

	tree_put_int(arena, all, "totalThreadCount", s->nloops);
	tree_put_int(
	    arena, all, "totalJobCount", (int64_t)atomic_load(&s->load.now));
	tree_put(arena, all, "workers", workers);
	for (size_t i = 0; x && i < x->n; i++) {
		const struct serve_app *a = x->apps[i];

		for (size_t k = 0; k < a->d->nfunctions; k++) {
			CLEANUP(buf_free) struct buf name = BUF(1000);
			struct fn_sum sum = fn_sum(a, k);
			struct tree *w;

			fn_full_name(&name, a, k);
			w = tree_put(
			    arena, workers, buf_cstr(&name), tree_map(arena));
			tree_put_int(arena, w, "targetThreadCount", s->nloops);
			tree_put_int(arena, w, "threadCount", s->nloops);
			tree_put_int(arena, w, "jobCount", 0);
			tree_put(arena, w, "jobRate",
			    tree_new_real(arena, (double)sum.calls / seconds));
		}
	}
	tree_print_json(out, t, 0);
	site_drop(x);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs cost, as ratios:
 *
 *	flow_bench [RUNS]
 *
 * ten steps in sequence beside one; a group of eight beside one of its members;
 * RUNS (10000) runs at once, each of which waits a second for an HTTP server.
 * Reads testdata/flow.
 */
#include <pthread.h>

#include "flow/flow.h"
#include "flow/slow_server.h"
#include "module/module.h"

#define SECOND_NS UINT64_C(1000000000)
#define MEMBERS 8u
#define MEMBER_NS 5e6
#define STEPS 10u
#define ROUNDS 2000u
#define SPARE_FDS 200u
#define WAITING_ROUNDS 3 /* the best counts */
#define ADDRESSES 16u

struct world {
	struct engine *en;
	struct app *app;
	struct host *host;
	struct buf burn, get;
};

static const char *
verdict(double have, double most)
{
	return have <= most ? "ok" : "OVER";
}

/* ---- an app of two functions ---- */

static int
assemble(struct buf *wasm, const char *from, struct err *e)
{
	char path[] = "/tmp/flow-bench-XXXXXX";
	int fd = mkstemp(path), rc = -1;

	*wasm = (struct buf)BUF(1u << 20);
	if (fd < 0)
		return err_sys(e, "cannot make '%s'", path);
	close(fd);
	if (module_wat2wasm_child(from, path) == 0)
		rc = os_read(wasm, path, e);
	else
		err_set(e, ERR_INPUT, "cannot assemble '%s'", from);
	unlink(path);
	return rc;
}

static int
world_new(struct world *w, unsigned instances, struct err *e)
{
	struct engine_options opt = { .pooling = true, .instances = instances };
	struct host_options hopt = { 0 };

	*w = (struct world){ 0 };
	if (assemble(&w->burn, "testdata/flow/burn.wat", e) < 0 ||
	    assemble(&w->get, "testdata/flow/get.wat", e) < 0 ||
	    engine_new(&w->en, &opt, e) < 0 ||
	    app_new(&w->app, w->en, NULL, e) < 0 ||
	    host_new(&w->host, &hopt, e) < 0)
		return -1;
	app_add(w->app, STR("burn"), buf_str(&w->burn));
	app_add(w->app, STR("get"), buf_str(&w->get));
	return app_load(w->app, STR(""), e);
}

static void
world_end(struct world *w)
{
	host_free(&w->host);
	app_free(&w->app);
	engine_free(&w->en);
	buf_free(&w->burn);
	buf_free(&w->get);
}

/* ---- one run ---- */

static int
run(const struct world *w, const struct step *steps, size_t nsteps,
    struct str body, struct crew *crew, struct err *e)
{
	CLEANUP(flow_result_dispose) struct flow_result res = { 0 };
	CLEANUP(request_free)
	struct request *r = request_new(STR("GET"), STR("/"), STR("id"), body);
	struct flow_options opt = { .limits = ENGINE_LIMITS, .crew = crew };

	if (flow_run(
		w->app, w->host, r, steps, nsteps, STR("k"), &opt, &res, e) < 0)
		return -1;
	if (res.failed)
		*e = res.error;
	return res.failed ? -1 : 0;
}

/* ---- a sequence ---- */

static int
sequence(const struct world *w, struct err *e)
{
	struct call call = { .fn = STR("burn"), .key = STR("k") };
	struct step steps[STEPS];
	double us[2] = { 1e9, 1e9 };

	for (size_t i = 0; i < STEPS; i++)
		steps[i] = (struct step){ .calls = &call, .ncalls = 1 };
	for (int part = 0; part < 10; part++) {
		for (int ten = 0; ten < 2; ten++) {
			uint64_t start = os_now_ns();
			double took;

			for (unsigned i = 0; i < ROUNDS / 10; i++)
				if (run(w, steps, ten ? STEPS : 1, STR("1"),
					NULL, e) < 0)
					return -1;
			took =
			    (double)(os_now_ns() - start) / 1e3 / (ROUNDS / 10);
			us[ten] = took < us[ten] ? took : us[ten];
		}
	}
	printf("flow: ten steps %.1f us, one %.1f us, ratio %.2f, limit 10: "
	       "%s\n",
	    us[1], us[0], us[1] / us[0], verdict(us[1] / us[0], 10));
	return 0;
}

/* ---- a group ---- */

static int
best_of(const struct world *w, const struct step *s, struct str body,
    struct crew *crew, double *ns, struct err *e)
{
	*ns = 1e18;
	for (int i = 0; i < 15; i++) {
		uint64_t start = os_now_ns();
		double took;

		if (run(w, s, 1, body, crew, e) < 0)
			return -1;
		took = (double)(os_now_ns() - start);
		*ns = took < *ns ? took : *ns;
	}
	return 0;
}

static int
group(const struct world *w, struct err *e)
{
	CLEANUP(crew_free) struct crew *crew = NULL;
	struct call calls[MEMBERS];
	struct step one = { .calls = calls, .ncalls = 1 };
	struct step all = { .group = true, .calls = calls, .ncalls = MEMBERS };
	double alone, together, rounds = 1e6;
	char body[32];

	if (crew_new(&crew, 0, e) < 0)
		return -1;
	for (size_t i = 0; i < MEMBERS; i++)
		calls[i] = (struct call){ .fn = STR("burn"), .key = STR("k") };
	for (int i = 0; i < 2; i++) {
		(void)snprintf(body, sizeof(body), "%.0f", rounds);
		if (best_of(w, &one, str_of(body), NULL, &alone, e) < 0)
			return -1;
		if (i == 0)
			rounds *= MEMBER_NS / alone;
	}
	if (best_of(w, &all, str_of(body), crew, &together, e) < 0)
		return -1;
	printf("flow: a group of %u on %u cores %.1f ms, one member alone %.1f "
	       "ms, ratio %.2f, limit 3: %s\n",
	    MEMBERS, crew_size(crew), together / 1e6, alone / 1e6,
	    together / alone, verdict(together / alone, 3));
	return 0;
}

/* ---- many that wait ---- */

struct waiters {
	const struct world *w;
	struct step step;
	struct call call;
	uint16_t port;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t left, nfailed;
	struct err why; /* of the first that failed */
};

struct waiter {
	struct waiters *all;
	struct waiter *first; /* of all */
	struct loop *loop;
	struct request *r;
	struct flow *flow;
	struct flow_result res;
};

static void
end_waiter(void *arg)
{
	struct waiter *x = arg;
	struct waiters *all = x->all;

	flow_end(&x->flow);
	flow_result_dispose(&x->res);
	request_free(&x->r);
	pthread_mutex_lock(&all->lock);
	if (--all->left == 0)
		pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

static void
on_done(void *arg, int rc, const struct err *why)
{
	struct waiter *x = arg;
	struct waiters *all = x->all;

	if (rc < 0 || x->res.failed) {
		pthread_mutex_lock(&all->lock);
		if (all->nfailed++ == 0)
			all->why = rc < 0 ? *why : x->res.error;
		pthread_mutex_unlock(&all->lock);
	}
	loop_post(x->loop, end_waiter, x);
}

static void
start_waiter(void *arg)
{
	struct waiter *x = arg;
	struct waiters *all = x->all;
	struct flow_options opt = { .limits = ENGINE_LIMITS };
	char url[100];

	/* One address has ports for fewer than three rounds. */
	(void)snprintf(url, sizeof(url), "http://127.0.0.%u:%u/",
	    (unsigned)(x - x->first) % ADDRESSES + 1, all->port);
	opt.limits.deadline_ms = 30000;
	x->r = request_new(STR("GET"), STR("/"), STR("id"), str_of(url));
	x->flow = flow_start(all->w->app, all->w->host, x->r, &all->step, 1,
	    STR("k"), &opt, x->loop, &x->res, on_done, x);
}

static void
run_waiters(struct waiters *all, struct waiter *v, size_t n, struct crew *crew)
{
	all->call = (struct call){ .fn = STR("get"), .key = STR("k") };
	all->step = (struct step){ .calls = &all->call, .ncalls = 1 };
	all->left = n;
	for (size_t i = 0; i < n; i++) {
		v[i].all = all;
		v[i].first = v;
		v[i].loop = crew_next(crew);
		loop_post(v[i].loop, start_waiter, &v[i]);
	}
	pthread_mutex_lock(&all->lock);
	while (all->left > 0)
		pthread_cond_wait(&all->changed, &all->lock);
	pthread_mutex_unlock(&all->lock);
}

static int
waiting(const struct world *w, uint16_t port, size_t n, struct err *e)
{
	CLEANUP(mem_free_at) struct waiter *v = mem_take(n * sizeof(*v));
	CLEANUP(mem_free_at) struct waiters *all = mem_take(sizeof(*all));
	CLEANUP(crew_free) struct crew *crew = NULL;
	struct rusage used;
	double best = 1e9, mb;

	if (crew_new(&crew, 0, e) < 0)
		return -1;
	all->w = w;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	all->port = port;
	for (int round = 0; round < WAITING_ROUNDS; round++) {
		uint64_t start = os_now_ns();
		double s;

		memset(v, 0, n * sizeof(*v));
		run_waiters(all, v, n, crew);
		s = (double)(os_now_ns() - start) / 1e9;
		best = s < best ? s : best;
	}
	getrusage(RUSAGE_SELF, &used);
	mb = (double)used.ru_maxrss / 1024;
	if (all->nfailed > 0) {
		*e = all->why;
		return err_wrap(e, "%zu of %zu runs failed", all->nfailed, n);
	}
	printf("flow: %zu runs that each wait 1 s for HTTP: %.2f s, limit 1.5 "
	       "s: %s\n",
	    n, best, verdict(best, 1.5));
	printf("flow: memory at most %.0f MiB, limit 1024 MiB: %s\n", mb,
	    verdict(mb, 1024));
	return 0;
}

static int
bench(size_t n, struct err *e)
{
	CLEANUP(slow_end) struct slow_server server = { 0 };
	CLEANUP(world_end) struct world w = { 0 };

	if (slow_descriptors() < n + SPARE_FDS)
		return err_set(e, ERR_LIMIT,
		    "this machine allows too few open files for %zu "
		    "connections",
		    n);
	if (slow_start(&server, SECOND_NS, e) < 0 ||
	    world_new(&w, (unsigned)n + SPARE_FDS, e) < 0)
		return -1;
	if (sequence(&w, e) < 0 || group(&w, e) < 0)
		return -1;
	return waiting(&w, server.port, n, e);
}

int
main(int argc, char **argv)
{
	struct err e = ERR;
	uint64_t n = 10000;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !str_u64(str_of(argv[1]), 19000, &n))
		err_set(&e, ERR_USAGE, "'%s' is no count", argv[1]);
	else if (bench(n, &e) == 0)
		return 0;
	fprintf(stderr, "flow_bench: %s\n", e.text);
	return (int)e.kind;
}

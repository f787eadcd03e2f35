
/* ---- the flows, and the way of a request through them ---- */

let graphOf = null;		/* digest of what is drawn */
let litRun = null;

async function drawGraph(digest) {
	if (graphOf === digest)
		return;
	graphOf = digest;
	try {
		const svg = document.importNode(await fetchSvg('graph'), true);
		svg.addEventListener('click', onGraph);
		$('flows').replaceChildren(svg);
		if (litRun)
			light(litRun, false);
	} catch (why) {
		graphOf = null;
		if (why.status !== 404)
			throw why;
		$('flows').replaceChildren(el('p', { class: 'dim' }, 'Nothing is served yet.'));
	}
}

/* A click on a flow shows its requests; one on what sets it off sends one. */
function onGraph(event) {
	const flow = event.target.closest('[data-flow]')?.dataset.flow;
	if (!flow || event.target.closest('a'))
		return;
	if (event.target.closest('.trigger'))
		openSend(flow);
}

function inFlow(flow, rest) {
	return [...$('flows').querySelectorAll(
		'[data-flow="' + CSS.escape(flow) + '"]' + rest)];
}

function unlight() {
	for (const node of $('flows').querySelectorAll('.lit'))
		node.classList.remove('lit', 'ran', 'failed', 'skipped', 'fresh');
	$('flows').querySelector('svg')?.classList.remove('shows');
}

const mark = (nodes, ...how) => nodes.forEach((n) => n.classList.add('lit', ...how));

/* How a call ended, all its tries and turns together: the last one counts. */
function outcomes(run) {
	const calls = new Map();
	for (const s of run.steps.filter((s) => s.depth === 0))
		calls.set(s.step + '.' + s.call, { step: s.step, call: s.call,
			how: s.skipped ? 'skipped' : s.failed ? 'failed' : 'ran' });
	return [...calls.values()];
}

/* A goto calls nothing, so the run does not tell of it: it was come to when a
 * step before it ran, and one after it, or one it leads back to, or all of it. */
function lightWaysBack(run, steps) {
	const reached = [];
	const all = steps.map((s) => s.step);
	for (const node of inFlow(run.flow, '.goto')) {
		const at = Number(node.dataset.step);
		const twice = run.steps.some((s, i) => s.depth === 0 && s.step < at &&
			run.steps.slice(0, i).some((t) => t.depth === 0 &&
				t.step === s.step && t.call === s.call &&
				s.attempt === 0));
		if (all.some((n) => n < at) &&
		    (!run.failed || twice || all.some((n) => n > at))) {
			mark([node], 'ran');
			reached.push(at);
		}
	}
	return reached;
}

function lightEdges(run, steps) {
	const ran = [...new Set(steps.filter((s) => s.how !== 'skipped')
		.map((s) => s.step))].sort((a, b) => a - b);
	const seen = [...new Set(steps.map((s) => s.step)),
		...lightWaysBack(run, steps)];
	for (const edge of inFlow(run.flow, '.edge')) {
		const { from, to, call } = edge.dataset;
		const comes = from === 'trigger' || seen.includes(Number(from));
		const goes = to === 'answer' ? !run.failed : seen.includes(Number(to));
		const way = edge.classList;
		if (way.contains('back') || way.contains('repeat'))
			continue;
		if (call !== undefined) {
			const own = steps.find((s) => s.step === Number(from) &&
				s.call === Number(call));
			if (own)
				mark([edge], own.how);
		} else if (comes && goes) {
			mark([edge], 'ran');
		}
	}
	lightBack(run, ran);
}

/* A step that ran again after a later one was gone back to. */
function lightBack(run, ran) {
	const order = run.steps.filter((s) => s.depth === 0 && s.attempt === 0)
		.map((s) => s.step);
	for (const edge of inFlow(run.flow, '.edge.back, .edge.repeat')) {
		const from = Number(edge.dataset.from), to = Number(edge.dataset.to);
		const again = order.some((step, i) => i > 0 && step === to &&
			order.slice(0, i).includes(to) &&
			(from === to || order[i - 1] >= to));
		if (again && ran.includes(to))
			mark([edge], 'ran');
	}
}

/* One after the other, as they ran. */
function placeOf(node) {
	if (node.dataset.step !== undefined)
		return 2 * Number(node.dataset.step) + 2;
	const from = node.dataset.from;
	return from === undefined ? (node.matches('.answer') ? 9 : 0) :
		from === 'trigger' ? 1 : 2 * Number(from) + 3;
}

function light(run, fresh) {
	litRun = run;
	unlight();
	if (!run.flow)
		return;
	const steps = outcomes(run);
	$('flows').querySelector('svg')?.classList.add('shows');
	mark(inFlow(run.flow, '.trigger'), 'ran');
	for (const s of steps)
		mark(inFlow(run.flow, '.step[data-step="' + s.step +
			'"][data-call="' + s.call + '"]'), s.how);
	mark(inFlow(run.flow, '.answer'), run.failed ? 'failed' : 'ran');
	lightEdges(run, steps);
	const lit = $('flows').querySelectorAll('.lit');
	if (fresh)
		lit.forEach((n) => {
			n.classList.add('fresh');
			n.style.animationDelay = placeOf(n) * 80 + 'ms';
		});
	if (lit.length > 0)
		bring(lit[0].closest('.flow') || lit[0]);
}

/* Only the part that scrolls, never the page. */
function bring(node) {
	const box = $('flows'), a = box.getBoundingClientRect();
	const b = node.getBoundingClientRect();
	if (b.top < a.top || b.bottom > a.bottom)
		box.scrollTop += b.top - a.top - 12;
}

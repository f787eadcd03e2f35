
/* ---- one request ---- */

const cache = new Map();
let current = null;		/* the run that is shown */

/* What the parts below read, whatever is left out on the wire. */
function normal(run) {
	const answer = run.response || {};
	const steps = (run.steps || []).map((s) => ({ ...s, depth: s.depth || 0,
		attempt: s.attempt || 0, logs: s.logs || [], calls: s.calls || [] }));
	const pairs = (v) => Array.isArray(v) ? v.map((p) => Array.isArray(p) ? p :
		[p.name ?? p.key, p.value]) : Object.entries(v || {});
	return { ...run, steps, failed: failedRun(run),
		headers: pairs(run.request?.headers), params: pairs(run.request?.params),
		state: Object.fromEntries(pairs(run.request?.state)), body: run.request?.body,
		answer: { ...answer, headers: pairs(answer.headers),
			state: Object.fromEntries(pairs(answer.state)) } };
}

async function fetchRun(number) {
	if (cache.has(number))
		return cache.get(number);
	try {
		const run = normal((await ask('runs/' + number)).run);
		cache.set(number, run);
		if (cache.size > 60)
			cache.delete(cache.keys().next().value);
		return run;
	} catch (why) {
		if (why.status === 404 && number === selected)
			goneDetail(why.message);
		return null;
	}
}

function clearDetail() {
	current = null;
	$('detail').replaceChildren(el('p', { class: 'empty' },
		'What a request went through is shown here: its steps in time, what went into each, ' +
		'what came out, and the state between them. Press ', el('kbd', null, '?'), ' for the keys.'));
}

/* What had the focus is made anew: its like gets it. */
function keepFocus(fn) {
	const had = $('detail').contains(document.activeElement);
	const step = stepHere(), id = document.activeElement.id;
	fn();
	if (!had)
		return;
	const to = step !== null ? stepButtons()[step] : id && $(id);
	if (to?.matches?.('.row-step'))
		focusStep(to);
	else
		(to || $('detail')).focus({ preventScroll: true });
}

function goneDetail(text) {
	current = null;
	$('detail').replaceChildren(el('p', { class: 'dim' }, text + '.'));
}

const fact = (name, value) => value === undefined || value === null || value === '' ? null :
	el('span', null, name + ' ', el('b', null, shown(value)));

function factsOf(run) {
	return el('div', { class: 'facts' },
		fact('took', time(run.ms)),
		fact('at', clock(run.start)),
		fact('steps', number(run.steps.length)),
		run.lost > 0 && fact('more, not kept', number(run.lost)),
		run.fuel > 0 && fact('fuel', number(run.fuel)),
		fact('from', run.peer),
		fact('no.', run.number),
		fact('id', run.id),
		run.rerunOf && fact('rerun of', run.rerunOf),
		run.digest && fact('build', run.digest.replace(/^sha256:/, '').slice(0, 12)));
}

function troubleOf(run) {
	if (!run.error)
		return null;
	const last = run.steps.findLast((s) => s.failed && s.trace);
	return el('div', { class: 'trouble' },
		el('b', null, run.failedFn ? shown(run.failedFn) + ' failed' : 'It failed'),
		el('pre', null, shown(run.error)),
		last && el('pre', { class: 'dim' }, shown(last.trace)));
}

function actionsOf(run) {
	return [
		el('button', { type: 'button', id: 'rerun', onclick: () => openRerun(null) },
			'Rerun ', el('kbd', null, 'r')),
		el('button', { type: 'button', id: 'save', onclick: openSave,
			hidden: !app.saves }, 'Save as test ', el('kbd', null, 's'))];
}

function part(title, ...kids) {
	return el('details', { class: 'part' }, el('summary', null, title), el('div', null, kids));
}

function cameOf(run) {
	if (run.kind === 'schedule')
		return null;
	return part('Request',
		run.params.length > 0 && [el('h3', null, 'Parameters'), pairsView(run.params)],
		run.headers.length > 0 && [el('h3', null, 'Headers'), pairsView(run.headers)],
		valueView('Body', run.body));
}

function answerOf(run) {
	if (run.kind === 'schedule')
		return null;
	return el('section', { class: 'part' },
		valueView('Answer' + (run.answer.contentType ?
			' · ' + shown(run.answer.contentType) : ''), run.answer.body));
}

function showDetail(run) {
	if (current === run)
		return;
	current = run;
	keepFocus(() => drawDetail(run));
}

function drawDetail(run) {
	const title = run.kind === 'request' ? run.method + ' ' + nameOf(run) : nameOf(run);
	$('detail').replaceChildren();
	put($('detail'), [
		el('div', { class: 'head' },
			el('button', { type: 'button', class: 'back', onclick: backToList,
				'aria-label': 'Back to the list' }, '←'),
			el('h2', null, shown(title)),
			run.status && el('span', { class: 'chip ' + statusClass(run) }, run.status),
			el('span', { class: 'grow' }), actionsOf(run)),
		factsOf(run),
		el('div', { id: 'told' }),
		el('div', { id: 'form' }),
		troubleOf(run),
		waterfallOf(run),
		answerOf(run), cameOf(run),
		run.answer.headers.length > 0 &&
			part('Response headers', pairsView(run.answer.headers)),
		Object.keys(run.answer.state).length > 0 &&
			part('State at the end', stateView('State', run.answer.state))]);
	$('detail').scrollTop = 0;
}

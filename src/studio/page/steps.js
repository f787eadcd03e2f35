
/* ---- the waterfall: steps by time, each with what went in and came out ---- */

function spanOf(run) {
	let end = run.ms || 0;
	for (const s of run.steps)
		end = Math.max(end, (s.startMs || 0) + (s.ms || 0));
	return end || 1;
}

function bar(kind, from, ms, all) {
	const node = el('i', { class: kind });
	node.style.left = Math.min(99.5, 100 * from / all) + '%';
	node.style.width = Math.max(0, Math.min(100, 100 * ms / all)) + '%';
	return node;
}

function axisOf(all) {
	return el('div', { class: 'axis', 'aria-hidden': 'true' }, el('span'),
		el('span', { class: 'ticks' }, [0, .25, .5, .75, 1].map((at) =>
			el('span', null, at === 0 ? '0' : time(all * at)))), el('span'));
}

function nameOfStep(s) {
	const name = el('span', { class: 'name' });
	name.style.paddingLeft = Math.min(s.depth, 8) * 14 + 'px';
	name.append(el('span', { class: 'fn', title: shown(s.fn) }, shown(s.fn)));
	if (s.key && s.key !== s.fn)
		name.append(el('span', { class: 'badge' }, 'as ' + shown(s.key)));
	if (s.attempt > 0)
		name.append(el('span', { class: 'badge' }, 'try ' + (s.attempt + 1)));
	return name;
}

function tookOf(s) {
	if (s.skipped)
		return 'skipped';
	return time(s.ms);
}

/* Members of a group stand side by side: told by a line beside them. */
function sideOf(steps, i) {
	const same = (j) => steps[j] && steps[j].depth === 0 && steps[i].depth === 0 &&
		steps[j].step === steps[i].step;
	if (!steps.some((s, j) => same(j) && s.call !== steps[i].call))
		return '';
	return ' side' + (same(i - 1) ? '' : ' first') + (same(i + 1) ? '' : ' last');
}

function stepRow(run, i, all) {
	const s = run.steps[i];
	const track = el('span', { class: 'track' });
	if (!s.skipped) {
		track.append(bar('bar-own', s.startMs || 0, s.ms || 0, all));
		for (const c of s.calls)
			track.append(bar('bar-call', c.startMs || 0, c.ms || 0, all));
	}
	const inside = el('div', { class: 'inside', id: 'inside-' + i, hidden: true });
	const button = el('button', { type: 'button', class: 'row-step', 'aria-expanded': 'false',
		'aria-controls': 'inside-' + i, 'data-at': i, tabindex: i === 0 ? 0 : -1 },
	nameOfStep(s), track, el('span', { class: 'took' }, tookOf(s)));
	button.addEventListener('click', () => turnStep(button));
	return el('li', { class: (s.failed ? 'failed' : s.skipped ? 'skipped' : 'ran') +
		sideOf(run.steps, i) }, button, inside);
}

function waterfallOf(run) {
	if (run.steps.length === 0)
		return el('p', { class: 'dim' }, 'No step ran.');
	const all = spanOf(run);
	return el('div', null, axisOf(all), el('ol', { class: 'steps', 'aria-label': 'Steps' },
		run.steps.map((s, i) => stepRow(run, i, all))));
}

/* ---- a step that is opened ---- */

function turnStep(button, open) {
	const inside = $(button.getAttribute('aria-controls'));
	const now = open ?? inside.hidden;
	if (now && !inside.firstChild)
		fillStep(inside, current, Number(button.dataset.at));
	inside.hidden = !now;
	button.setAttribute('aria-expanded', String(now));
}

/* What goes on with an error sees it as {"code", "message"}. */
function leftBy(s) {
	if (!s?.failed)
		return s?.output;
	const head = 'returned error ' + s.code + ': ', text = s.error || '';
	const at = text.indexOf(head);
	return JSON.stringify({ code: s.code || 0,
		message: at < 0 ? text : text.slice(at + head.length) });
}

/* JSON as that, any other as text. */
function element(text) {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

/* Where each value of the state came from is told with the run: 0 is what the
 * request began with, else the step that put it there, or those of a list. */
function stateAt(run, keys) {
	const made = new Map(run.steps.map((s) => [s.id, s]));
	const value = (key, from) => from === 0 ? run.state[key] : !Array.isArray(from) ?
		leftBy(made.get(from)) : JSON.stringify(from.map((id) =>
			element(recorded(leftBy(made.get(id))).text)));
	return Object.fromEntries(Object.entries(keys || {}).map(([key, from]) =>
		[key, value(key, from)]));
}

function figuresOf(s) {
	return el('div', { class: 'facts' },
		fact('began at', time(s.startMs)),
		fact('took', time(s.ms)),
		s.fuel > 0 && fact('fuel', number(s.fuel)),
		s.memoryBytes > 0 && fact('memory', bytes(s.memoryBytes)),
		s.failed && s.code !== undefined && s.code !== 0 && fact('code', s.code),
		s.attempt > 0 && fact('try', s.attempt + 1));
}

function errorOf(s) {
	if (!s.error)
		return null;
	return el('div', { class: 'trouble' }, el('pre', null, shown(s.error)),
		s.trace && el('pre', { class: 'dim' }, shown(s.trace)));
}

function logsOf(s) {
	if (s.logs.length === 0)
		return null;
	return el('div', null, el('h3', null, 'Logs'), el('div', { class: 'log' },
		s.logs.map((line) => [el('span', { class: line.level }, line.level),
			el('span', null, shown(recorded(line.text).text))])));
}

function callsOf(s) {
	if (s.calls.length === 0)
		return null;
	const head = ['Call', 'Status', 'Took', 'Answer'];
	return el('div', null, el('h3', null, 'Outbound calls'), el('table', null,
		el('thead', null, el('tr', null, head.map((h) => el('th', { scope: 'col' }, h)))),
		el('tbody', null, s.calls.map((c) => el('tr', null,
			el('td', { class: 'val' }, [c.what, c.method, c.url].filter(Boolean).map(shown).join(' ')),
			el('td', null, c.error ? el('span', { class: 'wrong' }, shown(c.error)) : c.status),
			el('td', null, time(c.ms)),
			el('td', null, bytes(c.answerBytes || 0)))))));
}

function fillStep(inside, run, i) {
	const s = run.steps[i];
	const before = stateAt(run, s.before);
	const after = s.failed || s.skipped ? before : { ...before, [s.key]: s.output };
	const can = s.depth === 0 && run.flow;
	put(inside, [
		errorOf(s), figuresOf(s),
		el('div', { class: 'pair' }, valueView('Input', s.input),
			!s.failed && valueView('Output', s.output)),
		s.depth === 0 && el('div', { class: 'pair' }, stateView('State before', before),
			stateView('State after', after, new Set(s.failed || s.skipped ? [] : [s.key]))),
		logsOf(s), callsOf(s),
		can && el('div', null, el('button', { type: 'button', class: 'from',
			onclick: () => openRerun(i) }, 'Rerun from here ', el('kbd', null, 'r')))]);
}

/* ---- keys in it ---- */

const stepButtons = () => [...$('detail').querySelectorAll('.row-step')];

function focusStep(to) {
	for (const b of stepButtons())
		b.tabIndex = b === to ? 0 : -1;
	to.focus();
}

function moveStep(by) {
	const all = stepButtons();
	const at = all.indexOf(document.activeElement);
	if (all.length > 0)
		focusStep(all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]);
}

/* The step that has the focus, or whose inside has. */
function stepHere() {
	const item = document.activeElement?.closest?.('.steps > li');
	return item ? Number(item.querySelector('.row-step').dataset.at) : null;
}

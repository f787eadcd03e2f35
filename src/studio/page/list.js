
/* ---- the last requests ---- */

const MOST_RUNS = 300;
const runs = [];		/* summaries, newest first */
let selected = null;		/* number */
let wanted = null;		/* number or id to be selected when it comes */

const failedRun = (run) => !!run.error || run.status >= 500;
const statusClass = (run) => failedRun(run) ? 'fail' : run.status >= 400 ? 'warn' : 'ok';

function nameOf(run) {
	return run.kind === 'request' || run.url ? run.url || run.name : run.name;
}

function howOf(run) {
	return run.kind === 'schedule' ? 'every' : run.kind === 'message' ? 'msg' : run.method;
}

function rowOf(run) {
	return el('li', { class: 'run', role: 'option', id: 'run-' + run.number, tabindex: -1,
		'aria-selected': String(run.number === selected), 'data-number': run.number },
	el('span', { class: 'how' }, shown(howOf(run))),
	el('span', { class: 'what', title: shown(nameOf(run)) }, shown(nameOf(run))),
	run.status ? el('span', { class: 'chip ' + statusClass(run) }, run.status) : el('span'),
	el('span', { class: 'took' }, time(run.ms)),
	run.error && el('span', { class: 'why' }, shown(run.error)));
}

const rowFor = (number) => $('run-' + number);
const rows = () => [...$('list').querySelectorAll('.run:not([hidden])')];

function matches(run, words) {
	const text = [run.number, run.id, run.method, run.url, run.name, run.status, run.error]
		.join(' ').toLowerCase();
	return words.every((w) => text.includes(w));
}

function filterRows() {
	const words = $('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
	for (const run of runs)
		rowFor(run.number).hidden = !matches(run, words);
	count();
}

function count() {
	const n = rows().length;
	$('count').textContent = n === runs.length ? number(n) : number(n) + ' of ' + number(runs.length);
	$('list-empty').hidden = runs.length > 0;
	$('list').hidden = runs.length === 0;
}

/* One row can be reached by Tab: the selected one, or else the first. */
function rove(to) {
	for (const row of $('list').querySelectorAll('[tabindex="0"]'))
		row.tabIndex = -1;
	if (to)
		to.tabIndex = 0;
}

/* New ones push the selection along only when nobody reads it. */
function follows() {
	return selected === null || (runs.length > 0 && runs[0].number === selected &&
		!$('detail').contains(document.activeElement) && !document.querySelector('.form'));
}

function addRuns(list) {
	const follow = follows(), inList = $('list').contains(document.activeElement);
	const fresh = list.filter((run) => !rowFor(run.number));
	for (const run of fresh) {
		runs.unshift(run);
		$('list').prepend(rowOf(run));
		rowFor(run.number).classList.add('new');
	}
	while (runs.length > MOST_RUNS)
		rowFor(runs.pop().number)?.remove();
	filterRows();
	if (fresh.length === 0)
		return;
	const last = fresh[fresh.length - 1];
	say((fresh.length > 1 ? plural(fresh.length, 'new request') + ', the last: ' : '') +
		howOf(last) + ' ' + nameOf(last) + ', ' + (last.status || 'done') + ', ' + time(last.ms));
	const mine = fresh.find((run) => run.number === wanted || run.id === wanted);
	if (mine)
		select(mine.number, true);
	else if (follow && !rowFor(last.number).hidden)
		select(last.number, true);
	else
		flash(last.number);
	if (mine)
		wanted = null;
	if ((mine || follow) && inList)
		rowFor(selected)?.focus({ preventScroll: false });
}

function forgetRuns() {
	runs.length = 0;
	selected = wanted = null;
	$('list').replaceChildren();
	unlight();
	litRun = null;
	clearDetail();
	count();
}

/* ---- choosing ---- */

async function select(number, fresh) {
	if (number !== selected || fresh) {
		if (selected !== null)
			rowFor(selected)?.setAttribute('aria-selected', 'false');
		selected = number;
		const row = rowFor(number);
		row?.setAttribute('aria-selected', 'true');
		rove(row);
		row?.scrollIntoView({ block: 'nearest' });
	}
	const run = await fetchRun(number);
	if (run && selected === number) {
		light(run, fresh);
		showDetail(run);
	}
}

/* One that nobody selected shines for a moment; then the selected one does. */
let flashing = false;

async function flash(number) {
	const before = selected;
	if (flashing || before === null)
		return;
	flashing = true;
	const run = await fetchRun(number), own = current;
	if (run && own && selected === before) {
		light(run, true);
		await pause(1600);
		if (litRun === run && current === own)
			light(own, false);
	}
	flashing = false;
}

function moveTo(row) {
	if (!row)
		return;
	row.focus();
	select(Number(row.dataset.number), false);
}

function move(by) {
	const all = rows();
	const at = all.findIndex((row) => Number(row.dataset.number) === selected);
	const on = document.activeElement?.closest?.('.run');
	moveTo(on ? all[Math.max(0, Math.min(all.length - 1, at + by))] : all[Math.max(at, 0)]);
}

function openSelected() {
	if (selected === null)
		return;
	document.body.classList.add('open');
	$('detail').focus({ preventScroll: true });
	$('detail').querySelector('.row-step')?.focus();
}

function backToList() {
	document.body.classList.remove('open');
	const row = rowFor(selected) || rows()[0];
	if (row && !row.hidden)
		row.focus();
	else
		$('filter').focus();
}

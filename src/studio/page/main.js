
/* ---- the app, and what keeps the page up to date ---- */

let app = { handlers: [], schedules: [], saves: false };
let session = null;
let newest = 0;

function showNote(title, text) {
	$('note').hidden = !text;
	$('note-title').textContent = title;
	$('note-text').textContent = shown(text || '');
}

function showTestsChip(t) {
	const none = !t || t.passed + t.failed === 0;
	$('tests-chip').textContent = !t ? 'no tests yet' : none ? 'no tests' :
		t.failed > 0 ? number(t.failed) + ' failed, ' + number(t.passed) + ' passed' :
		plural(t.passed, 'test') + ' passed';
	$('tests-chip').className = 'chip ' + (none ? '' : t.failed > 0 ? 'fail' : 'ok');
}

function showEmpty() {
	const h = app.handlers.find((h) => !h.stream);
	const where = location.origin + (h ? example(h.resource) : '/');
	const curl = 'curl ' + (h && h.method !== 'GET' ? '-X ' + h.method + ' ' +
		(h.method === 'POST' ? '-d world ' : '') : '') + where;
	$('list-empty').replaceChildren(el('h2', null, 'No requests yet'),
		el('p', null, 'Press ', el('kbd', null, 'n'), ' to send one from here, or:'),
		el('pre', null, shown(curl)));
}

function showApp(now) {
	const swapped = app.digest && now.digest !== app.digest;
	app = { handlers: [], schedules: [], ...now };
	const digest = (app.digest || '').replace(/^sha256:/, '');
	$('app').textContent = shown(app.identifier || 'subo');
	$('version').textContent = shown(app.version || '');
	$('digest').textContent = digest.slice(0, 12);
	$('digest').title = app.digest || '';
	document.title = (app.note ? '✗ ' : '') + (app.identifier || 'subo') + ' · subo';
	showNote('The build failed; ' + (app.digest ? 'what was built before is still served.' :
		'nothing is served yet.'), app.note);
	showTestsChip(app.tests);
	fillLists();
	showEmpty();
	if (swapped)
		say('a new build is served');
}

async function refreshApp() {
	const now = await ask('app');
	if (session !== null && now.session !== session) {
		newest = 0;
		cache.clear();
		forgetRuns();
	}
	session = now.session;
	showApp(now);
	await drawGraph(now.digest || '');
}

async function refreshRuns() {
	const most = newest === 0 ? MOST_RUNS : 50;
	const said = await ask('runs?after=' + newest + '&most=' + most + '&wait=20000');
	if (said.session !== session)
		return pause(300);
	newest = Math.max(newest, said.newest);
	addRuns(said.runs);
	/* Under load it is enough to see some of them at a time. */
	if (said.runs.length > 20)
		await pause(500);
}

function away(is) {
	$('away').hidden = !is;
}

/* Ask again and again; what fails is asked more slowly. */
async function again(fn, every) {
	for (;;) {
		try {
			await fn();
			away(false);
			await pause(every());
		} catch (why) {
			away(!(why instanceof Refused));
			await pause(1500);
		}
	}
}

function begin() {
	document.addEventListener('keydown', onKey);
	$('filter').addEventListener('input', filterRows);
	$('list').addEventListener('click', (event) => {
		const row = event.target.closest('.run');
		if (row) {
			moveTo(row);
			document.body.classList.add('open');
		}
	});
	$('new').addEventListener('click', () => openSend());
	$('tests-chip').addEventListener('click', showTests);
	$('help-button').addEventListener('click', () => $('help').showModal());
	$('send-path').addEventListener('change', fitMethod);
	$('send-form').addEventListener('submit', sendRequest);
	$('send-cancel').addEventListener('click', () => $('send').close());
	count();
	clearDetail();
	refreshApp().catch(() => away(true)).finally(() => {
		again(refreshApp, () => document.hidden ? 5000 : 1000);
		again(refreshRuns, () => 0);
	});
}

begin();

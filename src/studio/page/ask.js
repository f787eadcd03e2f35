
/* ---- rerun ---- */

function textOfState(state) {
	const v = {};
	for (const [key, value] of Object.entries(state)) {
		const text = recorded(value).text, json = parsed(text);
		v[key] = json !== null && typeof json === 'object' ? json : text;
	}
	return JSON.stringify(v, null, 2);
}

/* The state as the server takes it: a map of texts. */
function readState(text) {
	let v;
	try {
		v = JSON.parse(text || '{}');
	} catch (why) {
		throw new Error('the state is not JSON: ' + why.message);
	}
	if (v === null || typeof v !== 'object' || Array.isArray(v))
		throw new Error('the state is a map: {"key": "text"}');
	return Object.fromEntries(Object.entries(v).map(([key, value]) =>
		[key, typeof value === 'string' ? value : JSON.stringify(value)]));
}

function rerunFrom(run, i) {
	const s = i === null ? null : run.steps[i];
	if (!s || s.depth > 0)
		return { step: 0, state: run.state, name: null };
	return { step: s.step, state: stateAt(run, s.before), name: s.fn };
}

/* Only what was changed is sent: what is shown may be a part of it, or not be
 * text at all. */
async function sendRerun(run, from, body, state) {
	const said = await tell('runs/' + run.number + '/rerun',
		{ step: from.step, body, state });
	wanted = said.number;
	say('rerun as no. ' + said.number + ', ' + said.status);
	if (rowFor(said.number)) {
		wanted = null;
		await select(said.number, true);
	}
	return said;
}

function closeForm() {
	$('form')?.replaceChildren();
}

/* Goes back to where it was opened from. */
function formFor(back, submit, ...kids) {
	const wrong = el('div', { class: 'wrong', role: 'alert' });
	const leave = () => {
		closeForm();
		(back?.isConnected ? back : $('detail')).focus();
	};
	kids.splice(-1, 0, wrong);
	const form = el('form', { class: 'form card' }, kids);
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		wrong.textContent = '';
		try {
			await submit(form);
			leave();
		} catch (why) {
			wrong.textContent = shown(why.message + (why.hint ? ': ' + why.hint : ''));
		}
	});
	form.addEventListener('leave', leave);
	$('form').replaceChildren(form);
	form.scrollIntoView({ block: 'nearest' });
	return form;
}

function formEnd(what) {
	return el('div', { class: 'row end' }, el('kbd', null, 'Ctrl Enter'),
		el('button', { type: 'button', onclick: (event) =>
			event.target.form.dispatchEvent(new Event('leave')) }, 'Cancel'),
		el('button', { class: 'main' }, what));
}

function openRerun(i) {
	const run = current, from = rerunFrom(run, i), back = document.activeElement;
	const body = recorded(run.body), stateText = textOfState(from.state);
	const lost = body.binary ? 'binary, ' + bytes(body.size) +
		': sent as it was, unless text is put here' : null;
	const bodyBox = el('textarea',
		{ rows: 7, id: 'rerun-body', spellcheck: 'false', placeholder: lost });
	const stateBox = el('textarea', { rows: 7, id: 'rerun-state', spellcheck: 'false' });
	bodyBox.value = body.binary ? '' : body.text;
	stateBox.value = stateText;
	const before = bodyBox.value;
	formFor(back, () => sendRerun(run, from,
		bodyBox.value === before && !body.cut ? undefined : bodyBox.value,
		stateBox.value === stateText ? undefined : readState(stateBox.value)),
	el('h2', null, from.name === null ? 'Rerun' :
		'Rerun from step ' + (from.step + 1) + ', ' + shown(from.name)),
	el('div', { class: 'pair' },
		el('label', null, body.cut ? 'Body: only this beginning of it was kept' :
			'Body, the input of steps', bodyBox),
		el('label', null, 'State before ' + (from.name === null ? 'the first step' : 'it') +
			', as JSON', stateBox)),
	formEnd('Rerun'));
	bodyBox.focus();
	bodyBox.setSelectionRange(0, 0);
}

async function rerunAtOnce() {
	try {
		await sendRerun(current, rerunFrom(current, stepHere()));
	} catch (why) {
		told(why.message, true);
	}
}

function told(text, bad) {
	$('told')?.replaceChildren(el('div',
		{ class: bad ? 'trouble' : 'told', role: 'status' }, shown(text)));
}

/* ---- save as a test case ---- */

function nameFor(run) {
	return (run.name || nameOf(run)).toLowerCase().replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+|-+$/g, '').slice(0, 60) || 'request';
}

function openSave() {
	if (!current || !app.saves)
		return;
	const run = current, back = document.activeElement;
	const name = el('input',
		{ id: 'save-name', autocomplete: 'off', spellcheck: 'false', maxlength: 64 });
	name.value = nameFor(run);
	formFor(back, async () => {
		const said = await tell('runs/' + run.number + '/save', { name: name.value });
		told('Written: ' + said.file + (said.hint ? ' (' + said.hint + ')' : '') +
			'. Run it with: subo test ' + said.file);
	},
	el('h2', null, 'Save as a test case'),
	el('div', { class: 'row' }, el('label', { class: 'grow' }, 'Name, of a file in tests/', name)),
	formEnd('Save'));
	name.focus();
	name.select();
}

/* ---- send a request ---- */

/* "/users/:id/*rest" as an address that can be asked for. */
const example = (resource) => resource.replace(/[:*]([^/]+)/g, '$1');

function fillLists() {
	const options = (values) => [...new Set(values)].map((v) => el('option', { value: v }));
	const list = app.handlers.filter((h) => !h.stream);
	$('methods').replaceChildren(...options(list.map((h) => h.method)));
	$('paths').replaceChildren(...options(list.map((h) => example(h.resource))));
}

function answers(resource, path) {
	const parts = path.split('?')[0].split('/');
	return resource.split('/').every((want, i, all) => want.startsWith('*') ||
		(i < parts.length && (want.startsWith(':') ? parts[i] !== '' : want === parts[i]) &&
			(i < all.length - 1 || parts.length === all.length)));
}

/* A path has the methods of its handlers, and no other. */
function fitMethod() {
	const fit = app.handlers.filter((h) => !h.stream &&
		answers(h.resource, $('send-path').value.trim()));
	if (fit.length > 0 && !fit.some((h) => h.method === $('send-method').value))
		$('send-method').value = fit[0].method;
}

function openSend(flow) {
	const h = app.handlers.find((h) => !h.stream && (!flow || h.flow === flow));
	if (flow && !h)
		return;
	const last = current && current.kind === 'request' && !flow ? current : null;
	if (flow || !$('send-path').value) {
		$('send-method').value = last?.method || h?.method || 'GET';
		$('send-path').value = last?.url || example(h?.resource || '/');
		$('send-body').value = last && !recorded(last.body).binary ? recorded(last.body).text : '';
	}
	$('send-wrong').textContent = '';
	$('send').showModal();
	$('send-path').focus();
	$('send-path').select();
}

function readHeaders(text) {
	const headers = new Headers();
	for (const line of text.split('\n').filter((l) => l.trim())) {
		const at = line.indexOf(':');
		if (at < 1)
			throw new Error('a header is "Name: value", not "' + shown(line) + '"');
		headers.append(line.slice(0, at).trim(), line.slice(at + 1).trim());
	}
	return headers;
}

/* As any client would, from the page's own origin. */
async function sendRequest(event) {
	event.preventDefault();
	const method = $('send-method').value.trim().toUpperCase() || 'GET';
	const path = $('send-path').value.trim(), body = $('send-body').value;
	try {
		if (!path.startsWith('/'))
			throw new Error('a path begins with /');
		const bare = method === 'GET' || method === 'HEAD';
		if (bare && body)
			throw new Error('a browser sends no body with ' + method);
		const answer = await fetch(path, { method, headers: readHeaders($('send-headers').value),
			body: bare || !body ? undefined : body, cache: 'no-store', redirect: 'manual' });
		await answer.arrayBuffer();
		wanted = answer.headers.get('x-request-id');
		const run = runs.find((run) => run.id === wanted);
		if (run) {
			wanted = null;
			select(run.number, true);
		}
		$('send').close();
		say('answered ' + answer.status);
	} catch (why) {
		$('send-wrong').textContent = shown(why.message);
	}
}

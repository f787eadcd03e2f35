
/* ---- values: as a tree when they are JSON, else as text ---- */

const MOST_KIDS = 500;

/* A recorded text: {text, bytes, cut} whatever form it has on the wire. */
function recorded(v) {
	if (v === undefined || v === null)
		return { text: '', size: 0, none: true };
	if (typeof v === 'string')
		return { text: v, size: new Blob([v]).size };
	const binary = v.base64 !== undefined;
	const text = binary ? atob(v.base64) : v.text || '';
	return { text, binary, cut: !!v.cut, size: v.bytes ?? text.length };
}

function parsed(text) {
	if (!/^\s*[[{"]/.test(text))
		return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function scalar(v) {
	if (typeof v === 'string')
		return el('span', { class: 'text' }, '"' + shown(v) + '"');
	return el('span', { class: 'num' }, String(v));
}

function fill(box, v, depth, marks) {
	const list = Array.isArray(v);
	const entries = Object.entries(v);
	for (const [key, kid] of entries.slice(0, MOST_KIDS))
		box.append(branch(list ? key : shown(key), kid, depth + 1,
			marks && marks.has(key)));
	if (entries.length > MOST_KIDS)
		box.append(el('div', { class: 'dim' },
			'… ' + number(entries.length - MOST_KIDS) + ' more'));
}

function branch(key, v, depth, marked) {
	const name = key === null ? null :
		[el('span', { class: 'key' }, key), ': '];
	const set = marked ? 'set' : null;
	if (v === null || typeof v !== 'object')
		return el('div', { class: set }, name, scalar(v));
	const n = Object.keys(v).length;
	const what = Array.isArray(v) ? '[' + n + ']' : '{' + n + '}';
	if (n === 0)
		return el('div', { class: set }, name, what);
	const kids = el('div', { class: 'kids' });
	const open = el('details', { class: set },
		el('summary', null, name, el('span', { class: 'dim' }, what)), kids);
	const show = () => {
		if (open.open && !kids.firstChild)
			fill(kids, v, depth);
	};
	open.addEventListener('toggle', show);
	open.open = depth < 2;
	show();
	return open;
}

function treeOf(v, marks) {
	const box = el('div', { class: 'tree' });
	if (v !== null && typeof v === 'object')
		fill(box, v, 0, marks);
	else
		box.append(scalar(v));
	return box;
}

function hexdump(text) {
	const lines = [];
	for (let at = 0; at < Math.min(text.length, 4096); at += 16) {
		const row = [...text.slice(at, at + 16)].map((c) => c.charCodeAt(0));
		lines.push(at.toString(16).padStart(4, '0') + '  ' +
			row.map((b) => b.toString(16).padStart(2, '0')).join(' ').padEnd(48) +
			row.map((b) => b > 31 && b < 127 ? String.fromCharCode(b) : '.').join(''));
	}
	return lines.join('\n') + (text.length > 4096 ? '\n…' : '');
}

/* A title, its size, and the value; JSON can be looked at as text too. */
function valueView(title, raw) {
	const r = recorded(raw);
	const json = r.binary ? undefined : parsed(r.text);
	const box = el('div', { class: 'value' });
	const asText = () => box.replaceChildren(...r.text === '' ? [] : [
		el('pre', null, r.binary ? hexdump(r.text) : shown(r.text))]);
	const head = el('div', { class: 'value-head' }, el('h3', null, title));
	const size = r.none ? '' : bytes(r.size);
	head.append(el('span', { class: 'dim' }, size + (r.cut ? ', only its beginning is kept' : '')));
	if (json !== undefined && json !== null) {
		const turn = el('button', { type: 'button', 'aria-pressed': 'false' }, 'as text');
		turn.addEventListener('click', () => {
			const text = turn.getAttribute('aria-pressed') !== 'true';
			turn.setAttribute('aria-pressed', String(text));
			if (text)
				asText();
			else
				box.replaceChildren(treeOf(json));
		});
		head.append(turn);
		box.append(treeOf(json));
	} else {
		asText();
	}
	return el('div', null, head, box);
}

/* State: keys with texts, of which some are JSON. */
function stateView(title, state, marks) {
	const v = {};
	for (const [key, text] of Object.entries(state)) {
		const r = recorded(text);
		const json = r.binary ? undefined : parsed(r.text);
		v[key] = json ?? (r.binary ? bytes(r.size) + ' of data' : r.text);
	}
	const box = el('div', { class: 'value' });
	if (Object.keys(v).length > 0)
		box.append(treeOf(v, marks));
	return el('div', null,
		el('div', { class: 'value-head' }, el('h3', null, title)), box);
}

function pairsView(pairs) {
	return el('table', null, el('tbody', null, pairs.map(([key, value]) =>
		el('tr', null, el('td', { class: 'key' }, shown(key)),
			el('td', { class: 'val' }, shown(recorded(value).text))))));
}

'use strict';
/* What comes from requests is hostile: it enters the page as text nodes only. */

const $ = (id) => document.getElementById(id);

function el(tag, props, ...kids) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(props || {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (name.startsWith('on'))
			node.addEventListener(name.slice(2), value);
		else if (name === 'class')
			node.className = value;
		else
			node.setAttribute(name, value === true ? '' : String(value));
	}
	put(node, kids);
	return node;
}

/* What is not there (null, false) leaves no trace. */
function put(node, kids) {
	for (const kid of kids.flat(2))
		if (kid !== null && kid !== undefined && kid !== false && kid !== '')
			node.append(kid);
}

/* Controls, and marks that turn the direction of writing round, are shown as
 * what they are. */
const HIDDEN =
	/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function shown(text) {
	return String(text).replace(HIDDEN, (c) =>
		'\\u{' + c.codePointAt(0).toString(16) + '}');
}

function say(text) {
	$('live').textContent = shown(text);
}

/* ---- figures ---- */

function time(ms) {
	if (ms === undefined || ms === null)
		return '';
	if (ms < 1)
		return Math.round(ms * 1000) + ' µs';
	if (ms < 10)
		return ms.toFixed(2) + ' ms';
	if (ms < 1000)
		return ms.toFixed(ms < 100 ? 1 : 0) + ' ms';
	return (ms / 1000).toFixed(2) + ' s';
}

function bytes(n) {
	if (n < 1024)
		return n + ' B';
	if (n < 1024 * 1024)
		return (n / 1024).toFixed(n < 10240 ? 1 : 0) + ' KiB';
	return (n / 1048576).toFixed(1) + ' MiB';
}

const number = (n) => Number(n || 0).toLocaleString('en').replaceAll(',', '\u202f');
const clock = (at) => new Date(at).toLocaleTimeString([], { hour12: false });
const plural = (n, word) => number(n) + ' ' + word + (n === 1 ? '' : 's');

/* ---- the server ---- */

class Refused extends Error {
	constructor(status, said) {
		super(said.message || 'the server answered ' + status);
		this.status = status;
		this.hint = said.hint;
	}
}

async function ask(path, options) {
	const answer = await fetch('/_subo/api/' + path,
		{ cache: 'no-store', credentials: 'omit', ...options });
	const said = await answer.json().catch(() => ({}));
	if (!answer.ok)
		throw new Refused(answer.status, said);
	return said;
}

function tell(path, body) {
	return ask(path, { method: 'POST', body: JSON.stringify(body),
		headers: { 'Content-Type': 'application/json' } });
}

/* Not by the parser for HTML: it makes a document that runs nothing. */
function fetchSvg(path) {
	return new Promise((resolve, reject) => {
		const x = new XMLHttpRequest();
		x.open('GET', '/_subo/api/' + path);
		x.responseType = 'document';
		x.overrideMimeType('image/svg+xml');
		x.onload = () => x.status === 200 && x.responseXML ?
			resolve(x.responseXML.documentElement) :
			reject(new Refused(x.status, {}));
		x.onerror = () => reject(new TypeError('no answer'));
		x.send();
	});
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));


/* ---- the keyboard ---- */

function typing(node) {
	return node.matches('input, textarea, select');
}

function showTests() {
	const t = app.tests;
	$('tests-text').replaceChildren(...!t ? [el('p', { class: 'dim' },
		'Tests run when something is saved; or run them with: subo test')] : [
		el('p', null, plural(t.passed, 'case') + ' passed, ' + number(t.failed) + ' failed.'),
		t.firstFailure ? el('pre', { class: 'card' }, shown(t.firstFailure)) : '']);
	$('tests').showModal();
}

const inDetail = () => $('detail').contains(document.activeElement);

function escape() {
	const form = $('form')?.querySelector('form');
	if (form)
		form.dispatchEvent(new Event('leave'));
	else if (document.activeElement === $('filter') && $('filter').value) {
		$('filter').value = '';
		filterRows();
	} else
		backToList();
}

function onStep(open) {
	const button = document.activeElement.closest('.row-step');
	if (button)
		turnStep(button, open);
	return !!button;
}

const keys = {
	j: () => inDetail() ? moveStep(1) : move(1),
	k: () => inDetail() ? moveStep(-1) : move(-1),
	'/': () => {
		document.body.classList.remove('open');
		$('filter').focus();
		$('filter').select();
	},
	n: () => openSend(),
	r: () => current && openRerun(inDetail() ? stepHere() : null),
	R: () => current && rerunAtOnce(),
	s: () => openSave(),
	t: () => showTests(),
	g: () => $('flows').focus(),
	'?': () => $('help').showModal(),
};

/* In the list or the steps; else they are for scrolling. */
function arrows(event) {
	const down = event.key === 'ArrowDown', up = event.key === 'ArrowUp';
	const inList = $('list').contains(document.activeElement);
	const onButton = document.activeElement.matches('.row-step');
	if ((down || up) && (inList || onButton || document.activeElement === document.body)) {
		if (onButton)
			moveStep(down ? 1 : -1);
		else
			move(down ? 1 : -1);
		return true;
	}
	if (event.key === 'ArrowRight' || event.key === 'ArrowLeft')
		return onStep(event.key === 'ArrowRight');
	if (inList && (event.key === 'Home' || event.key === 'End')) {
		moveTo(rows().at(event.key === 'Home' ? 0 : -1));
		return true;
	}
	if (inList && event.key === 'Enter') {
		openSelected();
		return true;
	}
	return false;
}

function inField(event) {
	if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
		event.target.form?.requestSubmit();
		return true;
	}
	if (event.target === $('filter') && (event.key === 'Enter' || event.key === 'ArrowDown')) {
		moveTo(rows()[0]);
		return true;
	}
	return false;
}

function onKey(event) {
	let done = false;
	if (document.querySelector('dialog[open]')) {
		done = typing(event.target) && inField(event);
	} else if (event.key === 'Escape') {
		escape();
		done = true;
	} else if (typing(event.target)) {
		done = inField(event);
	} else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
		done = arrows(event);
		if (!done && Object.hasOwn(keys, event.key)) {
			keys[event.key]();
			done = true;
		}
	}
	if (done)
		event.preventDefault();
}

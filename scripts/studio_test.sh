#!/bin/sh
# The page of `subo dev` in a real Chromium, by the keyboard alone.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

KEPT=$BASE/browser.json PROJECT=$BASE/shop/shop dev='' bad=0
export PYTHONDONTWRITEBYTECODE=1 TMPDIR="$BASE"
stop() {
	[ -f "$KEPT" ] && python3 "$ROOT/testdata/studio/browser.py" "$KEPT" end
	[ -n "$dev" ] && kill "$dev" 2>/dev/null && wait "$dev"
	rm -rf "$BASE"
} >/dev/null 2>&1
trap stop EXIT

for need in chromium chromedriver python3 curl; do
	command -v $need >/dev/null || missing=$need
done
if [ -n "${missing:-}" ]; then
	t "the page works in a browser"
	skip "no $missing here"
	done_
	exit
fi

# After the first thing that is wrong the rest of a case says nothing.
b() { [ "$bad" != 0 ] || ok python3 "$ROOT/testdata/studio/browser.py" "$KEPT" "$@"; }
until_has() {
	n=0
	until grep -qF -- "$2" "$1" || [ $n = 300 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	has "$1" "$2"
}
lit() { b wait "document.querySelectorAll('#flows .step.lit.$1').length === $2"; }
focus() { b wait "document.activeElement.matches('$1')"; }

# A project of five functions in four flows; boom traps.
shop() {
	mkdir -p "$BASE/shop"
	cd "$BASE/shop" || exit 1
	run 0 create project shop --lang wat
	cd shop || exit 1
	run 0 create function price --lang wat
	run 0 create function stock --lang wat
	run 0 create function boom --lang wat
	rm -f tests/* ./*/*.test.yaml
	sed 's/(func (export "run_e").*/&\n    (unreachable))\n  (func (param $in i32) (param $n i32) (param $ident i32)/' \
		boom/lib.wat >lib.new && mv lib.new boom/lib.wat
	sed '/^handlers:/,$d' Directive.yaml >dir.new
	cat >>dir.new <<-'END'
	handlers:
	  - type: request
	    resource: /hello/:name
	    method: POST
	    steps:
	      - fn: hello
	  - type: request
	    resource: /order
	    method: POST
	    steps:
	      - fn: hello
	        as: greeting
	      - group:
	          - fn: price
	          - fn: stock
	      - fn: hello
	        as: never
	        when: body.never
	      - fn: hello
	        as: last
	        input: price
	    response: last
	  - type: request
	    resource: /boom
	    method: GET
	    steps:
	      - fn: hello
	        when: body.never
	      - fn: boom
	  - type: request
	    resource: /again
	    method: POST
	    steps:
	      - {fn: hello, as: one, name: top}
	      - {fn: hello, as: two}
	      - {goto: top, max: 2, when: body.again}
	      - {fn: hello, as: three}
	    response: three
	END
	mv dir.new Directive.yaml
}

t "the page opens, and says what is served"
shop
: >"$BASE/events"
"$SUBO" dev --port 0 --json=lines --no-test >"$BASE/events" 2>"$BASE/dev.err" &
dev=$!
until_has "$BASE/events" '"url":'
URL=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$BASE/events" | head -1)
[ -n "$URL" ] || { cat "$BASE/dev.err"; done_; exit 1; }
URL=http://localhost:${URL##*:}
b start
b look 1280 900 light
b open "$URL/_subo/"
b wait "document.getElementById('app').textContent === 'com.example.shop'"
b wait "document.querySelectorAll('#flows .flow').length === 4"
b wait "document.querySelectorAll('#flows .step').length === 12"
b wait "document.body.innerText.includes('No requests yet')"

t "a request lights its path as it comes"
ok curl -sSf --data ann "$URL/order"
has ok.out "hello hello ann"
b wait "document.querySelectorAll('.run').length === 1"
b wait "document.querySelector('.run .what').textContent === '/order'"
lit ran 4
lit skipped 1
lit failed 0
b wait "document.querySelector('#flows .answer.lit.ran')"
b wait "document.getElementById('live').textContent.includes('/order')"

t "what failed is red, and says where"
curl -sS "$URL/boom" >/dev/null
b wait "document.querySelectorAll('.run').length === 2"
lit failed 1
lit skipped 1
b wait "document.querySelector('.trouble').innerText.includes('unreachable')"

t "the list is walked with arrows and j and k, and a request lit again"
b keys j
focus '.run[aria-selected=true]'
b keys Down
b wait "document.querySelector('#detail h2').textContent === 'POST /order'"
lit ran 4
b keys k
b wait "document.querySelector('#detail h2').textContent === 'GET /boom'"
b keys End
b wait "document.querySelector('#detail h2').textContent === 'POST /order'"

t "a step of the waterfall opens: what went in, what came out, its state"
b keys Enter
focus '.row-step[data-at="0"]'
b wait "document.querySelectorAll('.row-step').length === 5"
b keys Enter
b wait "document.querySelector('.inside:not([hidden])').innerText.includes('hello ann')"
b keys Left Down Right
b wait "document.querySelectorAll('.inside:not([hidden])').length === 1"
b wait "document.querySelector('.inside:not([hidden])').innerText.includes('greeting')"
b wait "document.querySelectorAll('.steps > li.side').length === 2"

t "a step runs again with another body and another state"
b keys k r
focus '#rerun-body'
b keys Control+a
b type eve
b keys Tab
focus '#rerun-state'
b keys Control+a
b type '{"price":'
b keys Control+Enter
b wait "document.querySelector('form .wrong').textContent.includes('not JSON')"
b keys Control+a
b type '{"kept": "yes"}'
b keys Control+Enter
b wait "document.querySelectorAll('.run').length === 3"
b wait "document.querySelector('.run[aria-selected=true]').id === 'run-3'"
b wait "document.querySelector('#detail').innerText.includes('hello hello eve')"
b wait "document.querySelector('#detail').innerText.includes('rerun of')"

t "a step that is not the first runs again, with the state before it"
b keys Escape
focus '.run[aria-selected=true]'
b keys End Enter
focus '.row-step[data-at="0"]'
b keys j j j j r
focus '#rerun-body'
b keys Tab
b wait "JSON.parse(document.activeElement.value).price === 'hello ann'"
b keys Control+a
b type '{"price": "nine"}'
b keys Control+Enter
b wait "document.querySelectorAll('.run').length === 4"
b wait "document.querySelectorAll('.row-step').length === 1"
b wait "document.querySelector('#detail').innerText.includes('hello nine')"

t "a request is saved as a test case, which passes"
b keys Escape End Enter
b wait "document.querySelectorAll('.row-step').length === 5"
b keys s
focus '#save-name'
b keys Control+a
b type 'Ann Orders'
b keys Enter
b wait "document.getElementById('told').textContent.includes('tests/ann-orders.test.yaml')"
cd "$PROJECT" || exit 1
has tests/ann-orders.test.yaml "hello hello ann"
run 0 test
has out "1 passed, 0 failed"
b keys s
b wait "document.activeElement.id === 'save-name'"
b keys Control+a
b type 'ann orders'
b keys Enter
b wait "document.getElementById('told').textContent.includes('tests/ann-orders-2.test.yaml')"
run 0 test
has out "2 passed, 0 failed"

t "what failed is saved too, and passes as long as it fails"
b keys Escape Home k
cd "$PROJECT" || exit 1
b keys /
b type boom
b keys Enter
b wait "document.querySelector('#detail h2').textContent === 'GET /boom'"
b keys s
focus '#save-name'
b keys Enter
b wait "document.getElementById('told').textContent.includes('Written')"
run 0 test
has out "3 passed, 0 failed"

t "the filter leaves what fits, and Escape brings all back"
b keys /
focus '#filter'
b keys Control+a
b type 500
b wait "document.querySelectorAll('.run:not([hidden])').length === 1"
b keys Escape
b wait "document.querySelectorAll('.run:not([hidden])').length === 4"

t "a person without curl sends a request"
b keys Escape n
focus '#send-path'
b keys Control+a
b type '/hello/zoe'
b keys Tab
focus '#send-body'
b keys Control+a
b type zoe
b keys Control+Enter
b wait "document.querySelectorAll('.run').length === 5"
b wait "document.querySelector('#detail h2').textContent === 'POST /hello/zoe'"
b wait "document.querySelector('#detail').innerText.includes('hello zoe')"

t "hostile texts are shown, not run"
ok curl -sSf --data '<img src=x onerror=document.title="owned">' \
	"$URL/hello/%3Cscript%3E?<b>x</b>"
b wait "document.querySelectorAll('.run').length === 6"
b wait "document.querySelector('#detail').innerText.includes('onerror')"
b wait "!document.querySelector('#detail img, #detail b > b, .run script')"
b wait "!document.title.includes('owned')"

t "help and tests are on keys, and close"
b keys '?'
b wait "document.querySelector('#help[open]')"
b keys Escape
b wait "!document.querySelector('dialog[open]')"
b keys t
b wait "document.querySelector('#tests[open]')"
b keys Escape
b wait "!document.querySelector('dialog[open]')"

t "a build that fails shows, and goes when it is mended"
cd "$PROJECT" || exit 1
cp hello/lib.wat "$BASE/lib.wat"
echo '(' >>hello/lib.wat
b wait "!document.getElementById('note').hidden"
b wait "document.getElementById('note').innerText.includes('lib.wat')"
cp "$BASE/lib.wat" hello/lib.wat
b wait "document.getElementById('note').hidden"

t "a new build draws its flows"
before=$(python3 "$ROOT/testdata/studio/browser.py" "$KEPT" say \
	"document.getElementById('digest').textContent")
cat >>"$PROJECT/Directive.yaml" <<'END'
  - type: request
    resource: /more
    method: POST
    steps:
      - fn: stock
END
b wait "document.querySelectorAll('#flows .flow').length === 5"
b wait "document.getElementById('digest').textContent !== '$before'"

t "it is dark for who likes it dark, and fits a narrow window"
b look 1280 900 dark
b shot wide-dark.png dark
b look 1280 900 light
b shot wide-light.png light
b look 420 800 dark
b keys Escape
b wait "document.documentElement.scrollWidth <= 420"
b keys j Enter
b wait "document.body.classList.contains('open')"
b wait "document.documentElement.scrollWidth <= 420"
b shot narrow-dark.png dark

t "the console has no complaint: no error, nothing that the policy stopped"
b errors

t "only this machine, by its name, may ask"
at="$URL/_subo/api/app"
code() { curl -sS -o body -w '%{http_code}' "$@" >code; }
code "$at"
has code 200
for header in 'Host: evil.test' 'X-Forwarded-For: 10.0.0.1' 'Forwarded: for=x' \
	'Via: 1.1 x' 'X-Real-IP: 1.2.3.4'; do
	code -H "$header" "$at"
	has code 403
	has body '"code":'
done
code -X POST -H 'Content-Type: application/json' -H 'Origin: http://evil.test' \
	-d '{}' "$URL/_subo/api/runs/1/rerun"
has code 403
code -X POST -H 'Content-Type: text/plain' -d '{}' "$URL/_subo/api/runs/1/rerun"
has code 403
code -X POST -H 'Content-Type: application/json' -d '{"name":"../../x"}' \
	"$URL/_subo/api/runs/1/save"
has code 200
has body 'tests/x.test.yaml'
code -X DELETE "$at"
has code 403

t "a way back is to be seen, and lit when it was come to"
ok curl -sSf --data ann "$URL/again"
# Read, so that it is what is lit for longer than a moment.
b wait "document.querySelector('.run').innerText.includes('/again')"
b say "document.querySelector('.run').click()" >/dev/null
b wait "document.querySelectorAll('#flows .goto.lit.ran').length === 1"
b wait "getComputedStyle(document.querySelector('#flows .edge.back')).display !== 'none'"
b wait "!document.querySelector('#flows .edge.back').matches('.lit')"
lit ran 4

t "the page is sent with a strict policy, and only once"
ok curl -sS -D head -o page "$URL/_subo/"
has head "default-src 'none'"
has head "frame-ancestors 'none'"
has head "X-Content-Type-Options: nosniff"
hasnt head unsafe
etag=$(sed -n 's/^[Ee][Tt]ag: *\("[^"]*"\).*/\1/p' head)
ok curl -sS -o again -w '%{http_code}' -H "If-None-Match: $etag" "$URL/_subo/"
has ok.out 304
[ "$(wc -c <page)" -lt 150000 ] || wrong "the page has $(wc -c <page) bytes"

done_

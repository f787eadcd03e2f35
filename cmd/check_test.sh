#!/bin/sh
# subo check and subo explain.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

head='identifier: com.example.app
appVersion: v0.1.0
atmoVersion: v0.4.8'

# project: a Directive on standard input, and the functions greet and db::user.
project() {
	mkdir -p greet user
	printf 'name: greet\nlang: wat\n' >greet/.runnable.yml
	printf 'name: user\nnamespace: db\nlang: wat\n' >user/.runnable.yml
	{ echo "$head"; cat; echo "$closed"; } >Directive.yaml
}
closed='capabilities: {http: {enabled: false}}'
handler='handlers:
  - type: request
    resource: /hello
    method: GET
    steps:'
runnable='(module (memory (export "memory") 1)
 (func (export "allocate") (param i32) (result i32) i32.const 8)
 (func (export "deallocate") (param i32 i32))
 (func (export "run_e") (param i32 i32 i32)))'
wat() {
	printf '%s\n' "$1" >m.wat
	ok "$SUBO" internal-wat2wasm m.wat "$2"
	rm m.wat
}

t "a clean project says so in one line"
project <<EOD
$handler
      - fn: greet
      - fn: db::user
        with: {name: greet}
EOD
wat "$runnable" greet/greet.wasm
wat "$runnable" user/user.wasm
run 0 check
has err 'Directive.yaml: 1 handler, 2 functions, no problems'
ok test ! -s out
ok test "$(wc -l <err)" = 1
run 0 check --quiet
ok test ! -s err

t "functions in namespaces are found by both names only"
project <<EOD
$handler
      - fn: user
      - fn: com.example.app#db::user@v0.1.0
EOD
run 1 check
has err "Directive.yaml:9:13: error[D017]: no function 'user'"
has err "did you mean 'db::user'?"
hasnt err "Directive.yaml:10"

t "all problems come in one run, each with place, cause and repair"
project <<EOD
$handler
      - fn: greeet
      - fn: db::user
        with: {x: later}
        onErr: {any: ignore}
    respons: greet
schedules:
  - name: s
    steps: []
EOD
run 1 check
has err "Directive.yaml:9:13: error[D017]: no function 'greeet'"
has err '    9 |       - fn: greeet'
has err '      |             ^^^^^^'
has err "cause: No function of this name"
has err "repair: did you mean 'greet'?"
has err 'error[D034]'
has err "error[D038]: unknown action 'ignore'"
has err "warning[D002]: unknown key 'respons'"
has err "did you mean 'response'?"
has err 'error[D052]'
has err 'error[D028]'
has err '5 errors, 1 warning'

t "warnings fail only when asked to"
project <<EOD
$handler
      - fn: greet
      - fn: db::user
    timeout: 5s
EOD
run 0 check
has err "warning[D003]: 'timeout' of a handler is known, but not in this"
run 1 check --strict

t "with --json the problems are data"
project <<EOD
$handler
      - fn: nobody
EOD
run 1 check --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "check" and d["v"] == 1 and d["ok"] is False, d
p = d["problems"][0]
assert p["code"] == "D017" and p["level"] == "error", p
assert (p["file"], p["line"], p["col"]) == ("Directive.yaml", 9, 13), p
assert p["text"] and p["cause"] and p["repair"], p'

t "a Directive that is no YAML is one problem"
project <<EOD
$handler
	- fn: greet
EOD
run 1 check
has err 'Directive.yaml:9:1: error[D000]: a tab in the indentation'
has err '1 error'
run 1 check Directive.yaml
has err 'error[D000]'
run 1 check --json
has out '"code": "D000"'

t "a manifest that is no YAML is one problem"
project <<EOD
$handler
      - fn: greet
EOD
echo 'name: [' >user/.runnable.yml
run 1 check
has err 'user/.runnable.yml:'
has err 'error[F000]'
run 1 check user/.runnable.yml
has err 'error[F000]'

t "each bad Directive gives one clear message"
while IFS='|' read -r text want; do
	# shellcheck disable=SC2059
	printf -- "$text" >bad.yaml
	run 1 check bad.yaml
	has err "$want"
	[ "$(grep -c 'error\[' err)" = 1 ] || wrong "not one message: $text"
done <<'EOD'
|bad.yaml: error[D004]: the Directive is empty
---\n...\n|error[D004]: the Directive is empty
- a\n|bad.yaml:1:1: error[D004]: a Directive is a map of keys, and this is a list
text\n|bad.yaml:1:1: error[D004]
a: 1\n"a": 2\n|bad.yaml:2:1: error[D000]: the key 'a' is here twice, first in line 1
a: &x [1]\nb: *x\n|bad.yaml:1:4: error[D000]: anchors
a: !env X\n|bad.yaml:1:4: error[D000]: tags
<<: {a: 1}\n|bad.yaml:1:1: error[D000]: merge keys
a: 1\n---\nb: 1\n|bad.yaml:2:1: error[D000]: a second document
\377\376a\000|bad.yaml:1:1: error[D000]: this is UTF-16
a: \303(\n|bad.yaml:1:4: error[D000]: this is not valid UTF-8
a: b\000c\n|bad.yaml:1:5: error[D000]: a NUL byte
a: [\n|error[D000]: a value was expected here
EOD

t "a Directive of brackets, depth or bombs is refused at once"
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' >bad.yaml
run 1 check bad.yaml
has err 'bad.yaml:1:33: error[D000]: nested more than 32 deep'
awk 'BEGIN { for (i = 0; i < 700; i++) printf "%*sa:\n", i, "" }' >bad.yaml
run 1 check bad.yaml
has err 'nested more than 32 deep'
{
	echo 'a: &a [x,x,x,x,x,x,x,x,x]'
	for p in 'b a' 'c b' 'd c' 'e d' 'f e' 'g f' 'h g' 'i h'; do
		l=${p% *} o=${p#* }
		echo "$l: &$l [*$o,*$o,*$o,*$o,*$o,*$o,*$o,*$o,*$o]"
	done
} >bad.yaml
run 1 check bad.yaml
has err 'bad.yaml:1:4: error[D000]: anchors'
awk 'BEGIN { printf "#"; for (i = 0; i < 1100000; i++) printf "x" }' >bad.yaml
run 1 check bad.yaml
has err 'longer than 1048576 bytes'
ok rm bad.yaml

t "a byte-order mark and CRLF are fine"
project </dev/null
printf '\357\273\277identifier: a.b\r\nappVersion: v1\r\natmoVersion: v1\r\n' \
	>Directive.yaml
run 0 check
hasnt err error
printf 'nope: 1\r\n' >>Directive.yaml
run 0 check
has err "Directive.yaml:4:1: warning[D002]: unknown key 'nope'"

t "routes conflict only when a request could mean both"
project <<EOD
handlers:
  - {type: request, method: GET, resource: /a/b, steps: [{fn: greet}]}
  - {type: request, method: GET, resource: '/a/:x', steps: [{fn: greet}]}
  - {type: request, method: GET, resource: '/a/:y', steps: [{fn: db::user}]}
EOD
run 1 check
has err 'Directive.yaml:7:44: error[D027]: GET /a/:y conflicts with /a/:x in line 6'
has err '1 error'

t "a module is checked by its file"
wat "$runnable" m.wasm
run 0 check m.wasm
has err 'm.wasm: no problems'
wat '(module (import "env" "nope" (func)) (memory (export "memory") 1))' n.wasm
run 1 check n.wasm
has err 'n.wasm: error[M009]'
has err 'n.wasm: error[M004]'
printf '\000asm\001\000\000\000\001' >cut.wasm
run 1 check cut.wasm
has err 'error[M002]'
# A body that leaves nothing where an i32 is promised.
printf '\000asm\001\000\000\000\001\014\002\140\001\177\001\177\140\003\177\177\177\000' >bad.wasm
printf '\003\003\002\000\001\005\003\001\000\001\007\035\003\006memory\002\000\010allocate\000\000\005run_e\000\001' >>bad.wasm
printf '\012\007\002\002\000\013\002\000\013' >>bad.wasm
run 1 check bad.wasm
has err 'error[M003]'

t "a module of the project is checked with it"
project <<EOD
$handler
      - fn: greet
      - fn: db::user
EOD
printf '\000asm\001\000\000\000\001' >greet/greet.wasm
run 1 check
has err 'greet/greet.wasm: error[M002]'
has err '1 function without a module'

t "a file that is none of these is wrong input"
for f in x.wasm x.zip x.bin; do
	echo hello >"$f"
	run 3 check "$f"
	has err "$f"
	: >"$f"
	run 3 check "$f"
	has err "$f"
done
run 4 check nothing-here
has err "'nothing-here'"
mkdir empty
run 4 check empty

t "a bundle is checked with its Directive and modules"
wat "$runnable" hello.wasm
{
	echo "$head"
	echo 'handlers:'
	echo '- {type: request, method: GET, resource: /, steps: [{fn: hallo}]}'
	echo 'runnables:'
	echo '- {name: hello, namespace: default, lang: wat}'
} >Directive.yaml
ok python3 -c '
import zipfile
z = zipfile.ZipFile("app.zip", "w")
z.write("Directive.yaml"); z.write("hello.wasm")
z.close()'
rm Directive.yaml
run 1 check app.zip
has err "app.zip/Directive.yaml:5:58: error[D017]: no function 'hallo'"
has err "did you mean 'hello'?"
hasnt err 'M0'
ok test -z "$(find "${XDG_CACHE_HOME:-$HOME/.cache}/subo/check" -name '*.wasm' 2>/dev/null)"

t "an old file without capabilities is fine, and a note says what new ones have"
project <<EOD
$handler
      - fn: greet
      - fn: db::user
EOD
sed -i '$d' Directive.yaml
run 0 check
has err 'Directive.yaml: note[D087]: nothing says which hosts functions may call'
has err 'allowedDomains: [api.example.com]'
run 0 check --strict
printf '%s\n' 'capabilities:' '  http: {enabled: true}' >>Directive.yaml
run 0 check
has err "Directive.yaml:12:3: note[D086]: 'allowIPs', 'allowPrivate', 'allowHTTP'"

t "steps that read too early, never run or never end are told"
project <<EOD
$handler
      - {fn: greet, when: method = 'x'}
      - {name: again, fn: db::user, when: url, as: u, timeout: 2s, retry: 3}
      - {fn: greet, input: u, as: g}
      - {goto: again}
      - {fn: greet, input: never}
    response: g
EOD
run 1 check
has err "Directive.yaml:9:34: error[D100]: '=' alone compares nothing"
has err "Directive.yaml:11:28: warning[D104]: the state key 'u'"
has err "Directive.yaml:12:16: error[D106]: the goto has no 'max'"
has err "Directive.yaml:13:9: error[D105]: the step is never reached"

t "a bundle that lists what it lacks, or holds what it does not list, is told"
wat "$runnable" hello.wasm
cp hello.wasm other.wasm
{
	echo "$head"
	echo 'handlers:'
	echo '- {type: request, method: GET, resource: /, steps: [{fn: hello}]}'
	echo 'runnables:'
	echo '- {name: hello, namespace: default, lang: wat}'
	echo '- {name: gone, namespace: db, lang: wat}'
} >Directive.yaml
ok python3 -c '
import zipfile
z = zipfile.ZipFile("app.zip", "w")
z.write("Directive.yaml"); z.write("other.wasm"); z.write("hello.wasm")
z.close()'
run 1 check app.zip
has err "app.zip/Directive.yaml:8:3: error[D120]: the bundle has no module for 'db::gone'"
has err "app.zip: error[D121]: 'other.wasm' is the module of no function"

t "a tenant bundle and one of only modules are checked too"
wat "$runnable" hello.wasm
ok python3 -c '
import hashlib, json, zipfile
ref = hashlib.sha256(open("hello.wasm", "rb").read()).hexdigest()
fqmn = "fqmn://com.suborbital.app/default/hello@" + ref
tenant = {"identifier": "com.suborbital.app", "specVersion": 1,
    "tenantVersion": 3, "namespaces": [],
    "defaultNamespace": {"name": "default", "queries": None, "workflows": [
        {"name": "w", "steps": [{"executableMod": {"fqmn": fqmn},
            "group": None, "ForEach": None}]}],
        "capabilities": {"http": {"enabled": False}}},
    "modules": [{"name": "hello", "namespace": "default", "lang": "rust",
        "ref": ref, "fqmn": fqmn}]}
z = zipfile.ZipFile("modules.wasm.zip", "w", zipfile.ZIP_DEFLATED)
z.write("hello.wasm"); z.writestr("tenant.json", json.dumps(tenant))
z.close()
tenant["defaultNamespace"]["workflows"][0]["steps"][0]["executableMod"][
    "fqmn"] = "fqmn://com.suborbital.app/default/hallo"
z = zipfile.ZipFile("bad.zip", "w")
z.write("hello.wasm"); z.writestr("tenant.json", json.dumps(tenant))
z.close()
z = zipfile.ZipFile("bare.zip", "w")
z.write("hello.wasm"); z.close()'
run 0 check modules.wasm.zip
has err 'modules.wasm.zip: 1 handler, 1 function, no problems'
run 1 check bad.zip
has err "bad.zip/tenant.json: error[D017]: no function 'fqmn://"
run 0 check bare.zip
has err 'bare.zip: 0 handlers, 1 function, no problems'

t "a test file is read as one, not as a Directive"
mkdir tests
cat >tests/app.yaml <<'END'
cases:
  - {name: a, function: hello, expect: {body: x}}
END
run 0 check tests/app.yaml
has err "tests/app.yaml: 1 case, no problems"
sed 's/function/functon/' tests/app.yaml >app.test.yaml
run 1 check app.test.yaml
has err "app.test.yaml:2:15: error[T002]"
has err "did you mean 'function'?"
hasnt err "Directive"

t "every code is explained, and unknown ones get near ones"
run 0 explain
has out 'D017'
has out 'F007'
has out 'M004'
cut -c1-4 out | grep '^[A-Z]' >codes
ok test "$(sort codes | uniq -d | wc -l)" = 0
for code in $(cat codes); do
	run 0 explain "$code"
	has out cause
	has out repair
done
run 0 explain --json
ok python3 -c '
import json
for r in json.load(open("out"))["rules"]:
    assert chr(10) not in r["cause"] + r["repair"], r'
run 0 explain d017
has out 'unknown function'
run 4 explain D999
has err "there is no code 'D999'"
has err 'try:'
run 0 explain D017 --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "explain" and d["rule"]["code"] == "D017", d'

done_

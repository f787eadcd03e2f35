#!/bin/sh
# What was a trap or a bug in the hosts of 2020 to 2023, as a user meets it:
# each case is named for the chapter of the notes on them.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# function NAME WAT [NAMESPACE]: one of the project in this folder
function_of() {
	mkdir "$1"
	printf '%s\n' "name: $1" "namespace: ${3:-default}" 'lang: wat' \
		'version: v1.0.0' 'apiVersion: 0.15.1' >"$1/.runnable.yml"
	cp "$2" "$1/lib.wat"
}

directive() {
	printf '%s\n' 'identifier: com.example.old' 'appVersion: v1.0.0' \
		'atmoVersion: v0.4.8' "$@" >Directive.yaml
}

cat >"$BASE/file.wat" <<'EOT'
;; Returns the static file that the input names; an error is told by its size.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "get_static_file"
    (func $file (param i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $ident i32)
    (local $size i32)
    (local.set $size
      (call $file (local.get $p) (local.get $n) (local.get $ident)))
    (if (i32.lt_s (local.get $size) (i32.const 0))
      (then (local.set $size (i32.sub (i32.const 0) (local.get $size)))))
    (drop (call $take (i32.const 65536) (local.get $ident)))
    (call $result (i32.const 65536) (local.get $size) (local.get $ident))))
EOT
abi=$ROOT/testdata/abi

t "2.1 trap: static/static/css/a.css answers to static/css/a.css"
directive 'headless: true'
function_of file "$BASE/file.wat"
mkdir -p static/static/css tests
printf twice >static/static/css/a.css
printf once >static/b.css
printf '%s\n' cases: \
	'  - {name: twice, function: file, input: static/css/a.css,' \
	'     expect: {body: twice}}' \
	'  - {name: once, function: file, input: static/b.css,' \
	'     expect: {body: once}}' >tests/a.yaml
run 0 test
has out '2 passed, 0 failed'
for asked in static/css/a.css css/a.css /css/a.css ./css/a.css; do
	run 0 run file --input "$asked"
	[ "$(cat out)" = twice ] || wrong "$asked in the project: $(cat out)"
	run 0 run --bundle runnables.wasm.zip file --input "$asked"
	[ "$(cat out)" = twice ] || wrong "$asked in the bundle: $(cat out)"
done

t "2.1 bug: functions in namespaces work from end to end"
directive 'handlers:' '  - type: request' '    method: POST' \
	'    resource: /a' '    steps: [{fn: "db::echo"}]'
function_of echo "$abi/echo.wat" db
mkdir tests
printf '%s\n' cases: '  - name: answers' '    request: {method: POST,' \
	'      path: /a, body: hi}' '    expect: {body: hi}' >tests/a.yaml
run 0 build
run 0 check runnables.wasm.zip
run 0 test . --bundle runnables.wasm.zip
has out '1 passed, 0 failed'

t "2.2 bug: the response that a workflow names is the answer"
"$SUBO" internal-wat2wasm "$abi/echo.wat" one.wasm
"$SUBO" internal-wat2wasm "$abi/nothing.wat" two.wasm
ok python3 -c '
import hashlib, json, zipfile
names = ["one", "two"]
data = {n: open(n + ".wasm", "rb").read() for n in names}
refs = {n: hashlib.sha256(data[n]).hexdigest() for n in names}
mods = [{"name": n, "namespace": "default", "lang": "wat", "ref": refs[n],
         "apiVersion": "0.15.1", "revisions": [{"ref": refs[n]}],
         "fqmn": f"fqmn://com.example/default/{n}@{refs[n]}"}
        for n in names]
steps = [{"executableMod": {"fqmn": "/name/default/" + n}} for n in names]
flow = {"name": "w", "steps": steps, "response": "/name/default/one"}
for step, name in zip(steps, names):
    step["executableMod"]["as"] = name
flow["response"] = "one"
tenant = {"identifier": "com.example", "specVersion": 1, "tenantVersion": 1,
          "defaultNamespace": {"name": "default", "workflows": [flow]},
          "modules": mods}
with zipfile.ZipFile("modules.wasm.zip", "w") as z:
    z.writestr("tenant.json", json.dumps(tenant))
    for n in names:
        z.writestr(n + ".wasm", data[n])'
mkdir tests
printf '%s\n' cases: '  - name: the first answers' '    request: {method: POST,' \
	'      path: /workflow/com.example/default/w, body: hi}' \
	'    expect: {body: hi, steps: [one, two]}' >tests/a.yaml
run 0 test . --bundle modules.wasm.zip
has out '1 passed, 0 failed'

t "3.2, 6 trap: a websocket at a path that is taken is told by check"
directive 'handlers:' \
	'  - {type: request, method: GET, resource: /a, steps: [{fn: echo}]}' \
	'  - {type: stream, resource: /a, steps: [{fn: echo}]}'
function_of echo "$abi/echo.wat"
run 1 check
cat out err >all
has all D027

t "3.5 bug: an error of a websocket's steps is answered once"
directive 'handlers:' '  - {type: stream, resource: /ws, steps: [{fn: fail}]}'
function_of fail "$abi/error.wat"
mkdir tests
printf '%s\n' cases: '  - name: one answer' '    message: {topic: /ws, body: x}' \
	"    expect: {error: {code: 400, message: no name}," \
	"      body: '{\"status\":400,\"message\":\"no name\"}'}" >tests/a.yaml
run 0 test
has out '1 passed, 0 failed'

t "3.5 bug: a message whose fields are empty is not dropped"
directive 'connections: {nats: {serverAddress: "nats://127.0.0.1:4222"}}' \
	'handlers:' \
	'  - {type: stream, source: nats, resource: a, steps: [{fn: echo}]}'
function_of echo "$abi/echo.wat"
mkdir tests
# shellcheck disable=SC2016  # subo's variables, not the shell's
printf '%s\n' cases: '  - name: ${body}' '    each:' "      - {body: '{}'}" \
	"      - {body: '{\"meta\":{},\"payload\":{}}'}" \
	"      - {body: '{\"meta\":null}'}" "      - {body: 'null'}" \
	'    message: {source: nats, topic: a, body: "${body}"}' \
	'    expect: {body: "${body}", reply: a, steps: [echo]}' >tests/a.yaml
run 0 test
has out '4 passed, 0 failed'
done_

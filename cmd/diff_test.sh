#!/bin/sh
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# One function, of which $1 is the text and $2 what it may import.
function_of() {
	mkdir -p f static
	cat >f/.runnable.yml <<Y
name: f
namespace: default
lang: wat
version: v0.1.0
apiVersion: 0.15.1
Y
	cat >f/lib.wat <<W
(module
  (import "env" "return_result" (func \$result (param i32 i32 i32)))
  ${2:-}
  (memory (export "memory") 1)
  (func \$grow (param i32) (result i32) (local.get 0) $1)
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param i32 i32 i32)
    (call \$result (call \$grow (local.get 0)) (local.get 1)
      (local.get 2))))
W
	cat >Directive.yaml <<Y
identifier: com.example.app
appVersion: v0.1.0
atmoVersion: v0.4.8
${3:-}
handlers:
  - type: request
    resource: /f
    method: POST
    steps:
      - fn: f
Y
}
FETCH='(import "env" "fetch_url" (func (param i32 i32 i32 i32 i32 i32) (result i32)))'
CAPS='capabilities: {http: {enabled: true, rules: {allowedDomains: [a.example.com]}}}'

mkdir "$BASE/x"
cd "$BASE/x" || exit 1
function_of '' '' "$CAPS"
"$SUBO" build >/dev/null 2>&1 && cp runnables.wasm.zip ../old.zip &&
	cp f/f.wasm ../old.wasm
function_of '(i32.const 0) (i32.add)' "$FETCH" "$CAPS"
sed -i 's/v0.1.0/v0.2.0/' Directive.yaml
cat >>Directive.yaml <<'Y'
  - type: request
    resource: /g
    method: GET
    steps:
      - fn: f
schedules:
  - name: nightly
    every: {hours: 1}
    steps:
      - fn: f
Y
echo a >static/a
"$SUBO" build >/dev/null 2>&1 && cp runnables.wasm.zip ../new.zip &&
	cp f/f.wasm ../new.wasm

t "what is the same is told to be"
run 0 diff "$BASE/old.zip" "$BASE/old.zip" --fail-on any
has out "they are the same"
run 0 diff --json "$BASE/old.zip" "$BASE/old.zip"
has out '"same": true'

t "code, imports, permissions, handlers and files of two bundles"
run 0 diff "$BASE/old.zip" "$BASE/new.zip"
has out "version: v0.1.0 -> v0.2.0"
has out "~ function f: "
has out "+ permission: host call fetch_url (http)"
has out "+ permission: http to a.example.com"
has out "+ import: env.fetch_url (i32, i32, i32, i32, i32, i32) -> i32"
has out "code: 0 functions added, 0 removed, "
has out "~ grow: "
has out "+ handler: GET /g"
has out "+ handler: schedule nightly"
has out "+ file static/a: 2 bytes"
hasnt out "- "
run 0 diff "$BASE/new.zip" "$BASE/old.zip"
has out "- permission: host call fetch_url (http)"
has out "- handler: GET /g"
has out "- file static/a"

t "--fail-on fails for what it names, and only then"
for what in permissions imports handlers size size=1% any \
	functions,permissions; do
	run 1 diff "$BASE/old.zip" "$BASE/new.zip" --fail-on "$what"
done
for what in functions size=5000; do
	run 0 diff "$BASE/old.zip" "$BASE/new.zip" --fail-on "$what"
done
for what in permissions imports size functions; do
	run 0 diff "$BASE/new.zip" "$BASE/old.zip" --fail-on "$what"
done
run 1 diff --json "$BASE/old.zip" "$BASE/new.zip" --fail-on permissions
has out '"ok": false'
has out '"permissionsWiden": true'
has out "permissions were added"
for what in permission "" size=x size=-1 size=1e3; do
	run 2 diff "$BASE/old.zip" "$BASE/new.zip" --fail-on "$what"
done

t "two modules"
run 0 diff "$BASE/old.wasm" "$BASE/new.wasm"
has out "module: "
has out "+ import: env.fetch_url"
run 1 diff "$BASE/old.wasm" "$BASE/new.wasm" --fail-on permissions
run 2 diff "$BASE/old.wasm" "$BASE/new.zip"
has err "one is a bundle"

t "a capability of the app counts, also when no function uses it"
mkdir p && cd p || exit 1
function_of ''
run 0 build
cp runnables.wasm.zip old.zip
function_of '' '' 'capabilities: {http: {enabled: true, rules: {allowedDomains: [b.example.com], blockedDomains: [x.b.example.com]}}}'
run 0 build
cp runnables.wasm.zip new.zip
function_of '' '' 'capabilities: {http: {enabled: true, rules: {allowedDomains: [b.example.com]}}}'
run 0 build
run 0 diff old.zip new.zip
has out "+ capability: http to b.example.com"
# Less is blocked: that is more.
run 0 diff new.zip runnables.wasm.zip
has out "- capability: http not to x.b.example.com"
run 1 diff new.zip runnables.wasm.zip --fail-on permissions
run 0 diff runnables.wasm.zip new.zip --fail-on permissions

t "functions that come and go"
mkdir q && cd q || exit 1
function_of ''
run 0 build
cp runnables.wasm.zip "$BASE/one.zip"
cp -R f g
sed -i 's/name: f/name: g/' g/.runnable.yml
rm -f g/f.wasm
run 0 build
run 1 diff "$BASE/one.zip" runnables.wasm.zip --fail-on functions
has out "+ function g: "
run 0 diff runnables.wasm.zip "$BASE/one.zip"
has out "- function g: "

t "what cannot be read is told"
echo x >x
run 3 diff x "$BASE/old.zip"
run 4 diff none "$BASE/old.zip"
run 2 diff "$BASE/old.zip"
head -c 100 "$BASE/old.zip" >cut.zip
run 3 diff cut.zip "$BASE/old.zip"
has err "[end-record]"

done_

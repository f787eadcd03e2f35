#!/bin/sh
# subo inspect, and the two commands that subo starts itself as.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

FIXTURES=$ROOT/testdata/module

# make_bundle FILE - two functions, one in a namespace, and a static file.
make_bundle() {
	cat >Directive.yaml <<'EOF'
identifier: com.example.app
appVersion: v0.1.0
atmoVersion: v0.4.7
runnables:
  - name: hello
    namespace: default
    lang: wat
    version: v0.1.0
    apiVersion: 0.13.0
    fqfn: com.example.app#default::hello@v0.1.0
  - name: trap
    namespace: deep
    lang: c
    version: v0.1.0
    apiVersion: 0.13.0
    fqfn: com.example.app#deep::trap@v0.1.0
handlers:
  - type: request
    resource: /hello/:name
    method: GET
    steps:
      - fn: hello
        as: greeting
      - group:
          - fn: hello
          - fn: deep::trap
    response: greeting
schedules:
  - name: hourly
    every:
      hours: 1
    steps:
      - fn: hello
EOF
	"$SUBO" internal-wat2wasm "$FIXTURES/runnable.wat" hello.wasm || exit 1
	ok python3 -c '
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED)
z.write("Directive.yaml")
z.write("hello.wasm")
z.write(sys.argv[2] + "/dwarf4.wasm", "deep::trap.wasm")
z.writestr("static/index.html", "<p>hello</p>")
z.close()' "$1" "$FIXTURES"
}

t "a module is shown with all that is in it"
ok "$SUBO" internal-wat2wasm "$FIXTURES/runnable.wat" hello.wasm
run 0 inspect hello.wasm
has out "hello.wasm"
has out "$(sha256sum <hello.wasm | cut -c1-64)"
has out "runnable: exports run_e(i32, i32, i32), allocate and memory"
has out "1 page (64 KiB) at the start, 4 pages (256 KiB) at most"
has out "a start section runs"
has out "Imports (3)"
has out "env.cache_get"
has out "offered, with capability cache"
has out "wasi_snapshot_preview1.fd_seek"
has out "(i32, i64, i32, i32) -> i32"
has out "Exports (5)"
has out "Sections"
has out "run_e"
hasnt out "Problems"

t "the biggest functions come first, as many as were asked for"
run 0 inspect --top 1 "$FIXTURES/dwarf4.wasm"
has out "The biggest 1 functions (3)"
has out "run_e"
hasnt out "#1 "
has out "Debian clang 19.1.7"
run 0 inspect -n 0 "$FIXTURES/dwarf4.wasm"
has out "#1 "

t "what keeps a module from running is shown, and is no failure"
cat >m.wat <<'EOF'
(module
  (import "env" "cache_get" (func (param i32 i32 i32 i32) (result i32)))
  (import "env" "printf" (func (param i32 i32) (result i32)))
  (func (export "run") (param i32)))
EOF
ok "$SUBO" internal-wat2wasm m.wat m.wasm
run 0 inspect m.wasm
has out "NOT OFFERED: the host's are (i32, i32, i32) -> i32 or (i32, i32,"
has out "M004  no run_e: it exports run"
has out "M009  nobody offers the import 'env.printf'"
has out "M010  nobody offers the import 'env.cache_get' as (i32, i32, i32, i32)"

t "with --json it is one document"
run 0 inspect --json "$FIXTURES/dwarf4.wasm"
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "inspect" and d["v"] == 1 and d["ok"] is True, d
m = d["module"]
assert m["bytes"] == 1763 and len(m["sha256"]) == 64 and m["abi"] == "runnable"
assert m["language"] == "C" and m["memory"] == {"min_pages": 1}, m
assert m["imports"] == [{"module": "env", "name": "return_result",
    "kind": "function", "signature": "(i32, i32, i32) -> ()", "offered": True}]
assert m["functions"][0]["name"] == "run_e" and m["function_count"] == 3
assert sum(s["bytes"] for s in m["sections"]) < 1763
assert m["problems"] == [] and m["debug"] is True
assert m["generation"] == "any Runnable generation since 2020-10", m
assert m["generation_why"] == "imports nothing that tells", m'

t "the generation of a Runnable is told with what tells it"
generation() {
	ok "$SUBO" internal-wat2wasm "$ROOT/testdata/abi/gen-$1.wat" "$1.wasm"
	run 0 inspect "$1.wasm"
	has out "called as     $2"
	has out "generation    $3"
	hasnt out "NOT OFFERED"
	hasnt out "Problems"
}
generation 2020-03 "old runnable: exports run_e(i32) -> i32, allocate_input" \
	"Hive (2020-03 to 2020-06): run_e gives back a pointer"
generation 2020-09 "old runnable: exports run_e(i32, i32, i32, i32), allocate" \
	"hive-wasm (2020-09 to early 2020-10): run_e has 4 parameters"
generation 2020-10 "runnable: exports run_e(i32, i32, i32), allocate" \
	"hive-wasm 0.0.5 to 0.1 (2020-10 to 2020-12): imports print with 3"
generation 0.3 runnable \
	"Reactr 0.3 to 0.8: imports fetch_url with 8 parameters"
generation 0.9 runnable \
	"Reactr 0.9 to E2Core 0.5: imports get_ffi_result and cache_set"
generation 0.13 runnable "Reactr 0.13 to E2Core 0.5: imports"
generation e2core runnable "E2Core 0.5: imports get_secret_value"
generation 0.16 runnable "Reactr 0.13 to SDK 0.16: imports"

t "commands and waPC modules have no generation, and no problem"
ok "$SUBO" internal-wat2wasm "$ROOT/testdata/abi/command-echo.wat" c.wasm
run 0 inspect c.wasm
has out "called as     command: exports _start and no run_e: a WASI command"
hasnt out "generation"
hasnt out "Problems"
has out "at the start  nothing runs by itself"
ok "$SUBO" internal-wat2wasm "$ROOT/testdata/abi/wapc-call.wat" w.wasm
run 0 inspect w.wasm
has out "called as     wapc: exports __guest_call, waPC's entry"
hasnt out "generation"
hasnt out "Problems"
has out "wapc.__host_call"
run 0 inspect --json w.wasm
ok python3 -c '
import json
m = json.load(open("out"))["module"]
assert m["abi"] == "wapc" and "generation" not in m and m["problems"] == []'

t "names from a module cannot steer the terminal"
printf '(module (func (export "a\\1b[31mb")))' >m.wat
ok "$SUBO" internal-wat2wasm m.wat m.wasm
run 0 inspect m.wasm
has out 'a\x1B[31mb'
ok sh -c '! grep -q "$(printf "\033")" out'

t "what is no module is named, with exit code 3"
: >empty.wasm
run 3 inspect empty.wasm
has err "'empty.wasm': not a WebAssembly module: it is empty"
printf '\0asm\15\0\1\0' >component.wasm
run 3 inspect component.wasm
has err "it is a component, not a core module"
printf '\0asm\2\0\0\0' >later.wasm
run 3 inspect later.wasm
has err "version 0x2 of the WebAssembly format"
run 3 inspect "$FIXTURES/runnable.wat"
has err "it is WebAssembly text"
head -c 100 "$FIXTURES/dwarf4.wasm" >cut.wasm
run 3 inspect cut.wasm
has err "at byte 0x"
printf 'PK\3\4 but no zip' >cut.zip
run 3 inspect cut.zip

t "what is not there is told, with exit code 4"
run 4 inspect absent.wasm
has err "no file 'absent.wasm'"
run 4 inspect some-function
has err "no file 'some-function'"

t "a bundle is shown with its application"
make_bundle runnables.wasm.zip
run 0 inspect
has out "runnables.wasm.zip"
has out "com.example.app"
has out "v0.1.0"
has out "$(sha256sum <runnables.wasm.zip | cut -c1-64)"
has out "default::hello"
has out "deep::trap"
has out "$(sha256sum <"$FIXTURES/dwarf4.wasm" | cut -c1-12)"
has out "/hello/:name"
has out "hello as greeting -> [hello, deep::trap]"
has out "answers with greeting"
has out "every 3600 s"
has out "static/index.html"
mv out first
run 0 inspect runnables.wasm.zip
tail -n +2 first >a
tail -n +2 out >b
same a b
run 0 inspect .
tail -n +2 out >b
same a b

t "a bundle with --json is one document"
make_bundle runnables.wasm.zip
run 0 inspect --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "inspect" and d["ok"] is True
b = d["bundle"]
assert b["identifier"] == "com.example.app" and b["app_version"] == "v0.1.0"
f = {x["ns"] + "::" + x["name"]: x for x in b["functions"]}
assert f["deep::trap"]["bytes"] == 1763 and f["deep::trap"]["abi"] == "runnable"
assert f["deep::trap"]["packed_bytes"] < 1763
assert f["default::hello"]["import_count"] == 3
assert f["default::hello"]["generation"] == "Reactr 0.9 to E2Core 0.5", f
h = b["handlers"][0]
assert h["method"] == "GET" and len(h["steps"][1]) == 2, h
assert h["steps"][0] == [{"fn": "hello", "as": "greeting"}], h
assert b["static"][0]["name"] == "static/index.html"
assert b["schedules"][0]["every_s"] == 3600'

t "a full name that a bundle does not write down is put together"
make_bundle runnables.wasm.zip
python3 - <<'EOF'
import re, zipfile
old = zipfile.ZipFile("runnables.wasm.zip")
with zipfile.ZipFile("bare.wasm.zip", "w") as new:
    for name in old.namelist():
        data = old.read(name)
        if name == "Directive.yaml":
            data = re.sub(rb"    (fqfn|version): .*\n", b"", data)
        new.writestr(name, data)
with zipfile.ZipFile("none.wasm.zip", "w"):
    pass
EOF
run 0 inspect bare.wasm.zip --json
has out '"com.example.app#deep::trap@v0.1.0"'
run 3 inspect none.wasm.zip
has err 'no Directive.yaml'

t "a function of the project is shown by its name"
make_bundle runnables.wasm.zip
run 0 inspect trap
has out "runnables.wasm.zip: deep::trap.wasm"
has out "run_e"
run 0 inspect deep::trap
has out "runnables.wasm.zip: deep::trap.wasm"
run 4 inspect helo
has err "did you mean 'hello'?"

t "without a bundle the way to one is told"
echo 'identifier: com.example.app' >Directive.yaml
run 4 inspect
has err "runnables.wasm.zip"
has err "subo build"

t "a function's folder stands for its module, its project for the bundle"
run 0 create project app --lang wat -q
cd app || exit 1
run 4 inspect hello
has err "function 'hello' is not built yet"
has err "try: subo build"
run 0 build
run 0 inspect hello
has out "module        hello/hello.wasm"
has out "at the start  nothing runs by itself"
run 0 inspect
has out "bundle        runnables.wasm.zip"
cd hello || exit 1
run 0 inspect
has out "module        hello.wasm"
run 0 inspect default::hello
has out "runnables.wasm.zip: hello.wasm"

t "what makes a module ready is told in the order it runs"
cat >ready.wat <<'EOF'
(module (memory (export "memory") 1) (start $f) (func $f)
  (func (export "_initialize")) (func (export "init"))
  (func (export "allocate") (param i32) (result i32) (i32.const 0))
  (func (export "run_e") (param i32 i32 i32)))
EOF
run 0 internal-wat2wasm ready.wat ready.wasm
run 0 inspect ready.wasm
has out "at the start  a start section runs, then _initialize(), then init()"
cat >ready.wat <<'EOF'
(module (memory (export "memory") 1) (func (export "init"))
  (func (export "_start")) (func (export "wapc_init"))
  (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))
EOF
run 0 internal-wat2wasm ready.wat ready.wasm
run 0 inspect ready.wasm
has out "at the start  _start(), then init(), then wapc_init()"

t "internal-validate gives its verdict in a line and its code"
run 0 internal-validate "$FIXTURES/dwarf4.wasm"
[ -s out ] && wrong "it said something of a valid module"
printf '\0asm\1\0\0\0\1\5\1\140\0\1\177\3\2\1\0\12\4\1\2\0\13' >bad.wasm
run 3 internal-validate bad.wasm
has out "at byte 0x"
has out "type mismatch"
[ -s err ] && wrong "it said something on stderr"
run 4 internal-validate absent.wasm
run 2 internal-validate

t "internal-wat2wasm tells file, line and column, and writes nothing"
printf '(module\n  (func $f (result i32)\n    i64.const 1))\n' >bad.wat
run 3 internal-wat2wasm bad.wat bad.wasm
has err "bad.wat:3:5: error: type mismatch"
has err "    i64.const 1))"
ok test ! -e bad.wasm
run 4 internal-wat2wasm absent.wat x.wasm

done_

#!/bin/sh
. "$ROOT/cmd/test.sh"

wat() { "$SUBO" internal-wat2wasm "$ROOT/testdata/abi/$1.wat" "$1.wasm"; }

# A module with DWARF would need a compiler; frames by name need none.
t 'the result goes to standard output untouched'
wat echo
printf 'a\0b\377\n' >in
run_in in 0 run echo.wasm
same in out
run 0 run echo.wasm --input 'text, no newline'
printf 'text, no newline' >want
same want out
run 0 run echo.wasm --input @in
same in out
ok test ! -s err

t 'no input is empty input'
wat echo
run 0 run echo.wasm
ok test ! -s out

t 'state, log and printed lines'
wat log
run 0 run log.wasm --input hello --state who=Ada --state x=y
printf Ada >want
same want out
has err 'log: warn: hello'
has err 'log: info: printed'
has err 'log: info: half'

t 'a log line cannot move the cursor, and each has its own prefix'
wat log
printf 'one\033[2Jtwo\nthree' >in
run 0 run log.wasm --input @in
has err 'log: warn: one\x1B[2Jtwo'
has err 'log: warn: three'

t 'a returned error'
wat error
run 9 run error.wasm
has err 'error: error: returned error 400: no name'
ok test ! -s out
run 9 run error.wasm --json
has out '"ok": false'
has out '"code": 400'
has out '"message": "no name"'

t 'a trap names its cause and its functions'
wat trap
run 9 run trap.wasm
has err 'trap: unreachable executed'
has err 'at inner'
has err 'at outer'
has err 'at run_e'
run 9 run trap.wasm --json
has out '"function": "inner"'
has out '"code": "guest"'

t 'a returned error counts more than the trap after it'
wat error-trap
run 9 run error-trap.wasm
has err 'returned error 7: why'

t 'an endless loop ends at its time'
wat loop
run 8 run loop.wasm --timeout 100ms
has err 'loop: ran longer than 100 ms'
has err 'at spin'

t 'an interrupted run ends at once'
wat loop
"$SUBO" run loop.wasm --timeout 0 </dev/null >out 2>err &
pid=$!
sleep 0.2
kill -TERM $pid
wait $pid
ok test $? = 143

t 'memory without end ends at its limit'
wat grow
run 8 run grow.wasm --memory 8M
has err 'reached its memory limit of 8 MiB'
has err 'try: '

t 'more memory to start than the limit'
wat echo
run 8 run echo.wasm --memory 64K
has err 'needs 128 KiB of memory to start, and its limit is 64 KiB'

t 'endless recursion is told once'
wat recurse
run 8 run recurse.wasm
has err 'recursed too deeply'
ok test "$(grep -c 'at down' err)" -le 2

t 'fuel is counted'
wat loop
run 8 run loop.wasm --fuel 100000
has err 'used up its fuel of 100000 instructions'
wat echo
run 0 run echo.wasm --fuel 100000 --json
has out '"fuel": '

t 'returning twice keeps the first and warns'
wat twice
run 0 run twice.wasm
printf first >want
same want out
has err 'returned more than once'

t 'returning nothing is success'
wat nothing
run 0 run nothing.wasm
ok test ! -s out

t 'memory that is not its own'
wat outside
run 9 run outside.wasm
has err 'return_result: handed back memory outside of its own: 4 bytes at 0xfffffff0'

t 'a wrong ident counts for nothing'
wat ident
run 0 run ident.wasm
ok test ! -s out

t 'a log without end is cut'
for file in flood stdout-flood; do
	wat $file
	run 0 run $file.wasm --timeout 60s
	tail -1 err >end
	has end 'its log passed 1 MiB or 10000 lines: the rest is dropped'
	ok test "$(wc -c <err)" -lt 1500000
done

t 'what is not a function'
: >empty.wasm
run 3 run empty.wasm
has err "'empty': not a WebAssembly module: it is empty"
printf 'hello' >text.wasm
run 3 run text.wasm
has err "'text': not a WebAssembly module"
wat echo
head -c 60 echo.wasm >cut.wasm
run 3 run cut.wasm
printf '\0asm\15\0\1\0' >component.wasm
run 3 run component.wasm
printf '(module (memory (export "memory") 1))' >none.wat
ok "$SUBO" internal-wat2wasm none.wat none.wasm
run 3 run none.wasm
has err 'does not export run_e'
printf '(module (import "env" "steal" (func)))' >import.wat
ok "$SUBO" internal-wat2wasm import.wat import.wasm
run 3 run import.wasm
has err "imports 'env.steal' () -> (), which nobody offers"

t 'what is not there'
run 4 run none.wasm
has err 'none.wasm'
run 4 run echo.wasm --static none
run 4 run some-name

printf 'int x;\n' >lib.c
run 2 run ./lib.c
has err "'./lib.c' is no function, module (.wasm) or bundle (.zip)"

t 'wrong options'
wat echo
run 2 run echo.wasm --state novalue
has err "'novalue' is not KEY=VALUE"
run 2 run echo.wasm --header novalue
run 2 run echo.wasm --secret =x
run 2 run echo.wasm --timeout soon

t 'a full disk is told'
wat echo
if [ -w /dev/full ]; then
	"$SUBO" run echo.wasm --input text >/dev/full 2>err
	ok test $? = 7
	has err 'cannot write to standard output'
else
	skip 'no /dev/full'
fi

t 'compiled code is kept, privately, and a spoiled file does no harm'
wat echo
XDG_CACHE_HOME=$WORK/cache
export XDG_CACHE_HOME
run 0 run echo.wasm --input a
file=$(ls cache/subo/code/*.code)
ok test "$(stat -c %a "$file")" = 600
ok test "$(stat -c %a cache/subo/code)" = 700
printf 'X' | dd of="$file" bs=1 seek=3000 conv=notrunc 2>/dev/null
cp "$file" spoiled
run 0 run echo.wasm --input b
printf b >want
same want out
fails cmp -s "$file" spoiled
unset XDG_CACHE_HOME

t 'without a folder for the cache it still runs'
wat echo
XDG_CACHE_HOME=/dev/null/none HOME=/dev/null/none \
	"$SUBO" run echo.wasm --input c >out 2>err
ok test $? = 0
printf c >want
same want out

t 'static files, and nothing outside of their folder'
mkdir site
printf page >site/index.html
printf secret >secret
cat >file.wat <<'WAT'
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "get_static_file" (func $file (param i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "run_e") (param $p i32) (param $n i32) (param $id i32)
    (local $len i32)
    (local.set $len (call $file (local.get $p) (local.get $n) (local.get $id)))
    (if (i32.lt_s (local.get $len) (i32.const 0))
      (then (local.set $len (i32.sub (i32.const 0) (local.get $len)))))
    (drop (call $take (i32.const 4096) (local.get $id)))
    (call $result (i32.const 4096) (local.get $len) (local.get $id))))
WAT
ok "$SUBO" internal-wat2wasm file.wat file.wasm
printf page >want
printf 'file does not exist' >no
for asked in index.html /index.html static/index.html ./index.html; do
	run 0 run file.wasm --static site --input "$asked"
	same want out
done
for asked in ../secret /../secret x/../../secret "$WORK/secret" '' none; do
	run 0 run file.wasm --static site --input "$asked"
	same no out
done
run 0 run file.wasm --input index.html
same no out

# Two functions in text form, which need no compiler.
make_project() {
	mkdir -p fns/echo fns/trap static
	cat >Directive.yaml <<'YAML'
identifier: com.example.app
appVersion: v0.1.0
atmoVersion: v0.4.7
handlers:
  - {type: request, resource: /a, method: POST, steps: [{fn: echo}]}
  - {type: request, resource: /b, method: POST, steps: [{fn: trap}]}
YAML
	for fn in echo trap; do
		printf 'name: %s\nlang: wat\n' $fn >fns/$fn/.runnable.yml
		cp "$ROOT/testdata/abi/$fn.wat" fns/$fn/lib.wat
	done
}

t 'a function of the project by its name, its folder, from within'
make_project
run 4 run echo --input x
has err "'echo' is not built yet"
has err 'subo build'
run 0 build
printf hi >want
run 0 run echo --input hi
same want out
run 0 run default::echo --input hi
same want out
run 0 run fns/echo --input hi
same want out
cd fns/echo || exit 1
run 0 run --input hi
same ../../want out
cd ../..
run 9 run trap
has err 'at inner'
run 2 run
has err 'the project has 2 functions'
has err 'echo, trap'
run 4 run ecoh
has err "no function 'ecoh'"
has err 'subo run echo'
run 4 run something-else
has err 'there are: echo, trap'
printf 'name: echo\nnamespace: other\nlang: wat\n' >fns/trap/.runnable.yml
run 4 run default::trap
has err 'there are: echo, other::echo'
printf 'name: trap\nlang: wat\n' >fns/trap/.runnable.yml
run 4 why something-else
has err 'there are: echo, trap'

t 'a project that cannot be read is told, and no old bundle runs for it'
make_project
run 0 build
printf ' : [\n' >>Directive.yaml
for fn in echo fns/echo none; do
	run 3 run $fn --input x
	has err 'Directive.yaml:'
	ok test ! -s out
done

t 'a function of a bundle'
make_project
run 0 build
mkdir away
cp runnables.wasm.zip away/app.zip
cd away || exit 1
printf zip >want
run 0 run echo --bundle app.zip --input zip
same want out
run 2 run --bundle app.zip
run 4 run none --bundle app.zip
run 4 run echo --bundle none.zip
mv app.zip runnables.wasm.zip
run 0 run echo --input zip
same want out

t 'a command that sleeps is ended by its time, and by the user'
cat >sleep.wat <<'END'
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 200) "done")
  (data (i32.const 300) "\c8\00\00\00\04\00\00\00")
  (func (export "_start")
    (local $ns i64)
    (local.set $ns (i64.const 3600000000000))
    (i64.store offset=24 (i32.const 0) (local.get $ns))
    (i32.store offset=16 (i32.const 0) (i32.const 1))
    (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1)
      (i32.const 404)))
    (drop (call $write (i32.const 1) (i32.const 300) (i32.const 1)
      (i32.const 400)))))
END
ok "$SUBO" internal-wat2wasm sleep.wat sleep.wasm
run 8 run sleep.wasm --timeout 50ms
has err 'passed its time of 50 ms while it waited'
"$SUBO" run sleep.wasm --timeout 0 >out 2>err </dev/null &
pid=$!
sleep 0.3
kill -INT $pid
wait $pid
[ $? = 130 ] || wrong 'no exit 130'
sed 's/3600000000000/1000000/' sleep.wat >short.wat
ok "$SUBO" internal-wat2wasm short.wat short.wasm
run 0 run short.wasm
printf 'done' >want
same want out

t 'a cache in a file outlives the run, and the run before it'
cat >set.wat <<'END'
(module
  (import "env" "cache_set"
    (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "cache_get" (func $get (param i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result" (func $take (param i32 i32) (result i32)))
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "key")
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "run_e") (param $p i32) (param $n i32) (param $id i32)
    (local $len i32)
    (if (local.get $n)
      (then (drop (call $set (i32.const 0) (i32.const 3) (local.get $p)
        (local.get $n) (i32.const 0) (local.get $id)))))
    (local.set $len (call $get (i32.const 0) (i32.const 3) (local.get $id)))
    (drop (call $take (i32.const 2048) (local.get $id)))
    (if (i32.gt_s (local.get $len) (i32.const 0))
      (then (call $result (i32.const 2048) (local.get $len)
        (local.get $id))))))
END
ok "$SUBO" internal-wat2wasm set.wat set.wasm
printf kept >want
run 0 run set.wasm --input kept --cache cache.db
same want out
run 0 run set.wasm --input '' --cache cache.db
same want out
run 0 run set.wasm --input ''
ok test ! -s out
echo text >cache.txt
run 3 run set.wasm --input '' --cache cache.txt
has err 'cache.txt'

t 'capabilities of the Directive hold'
make_project
mkdir fns/log
printf 'name: log\nlang: wat\n' >fns/log/.runnable.yml
cp "$ROOT/testdata/abi/log.wat" fns/log/lib.wat
run 0 build
run 0 run log --state who=Ada --input text
printf Ada >want
same want out
printf 'capabilities: {logger: {enabled: false}}\n' >>Directive.yaml
run 0 run log --state who=Ada --input text
same want out
hasnt err 'log: warn'

t 'a command sees of the request what its capabilities allow'
make_project
mkdir fns/cgi
printf 'name: cgi\nlang: wat\n' >fns/cgi/.runnable.yml
cp "$ROOT/testdata/flow/cgi.wat" fns/cgi/lib.wat
run 0 build
run 0 run cgi --input '' --url '/x?y=1' --state who=Ada
tr '\0' '\n' <out >lines
has lines 'PATH_INFO=/x'
has lines 'STATE_WHO=Ada'
printf 'capabilities: {requestHandler: {enabled: false}}\n' >>Directive.yaml
run 0 run cgi --input '' --url '/x?y=1' --state who=Ada
tr '\0' '\n' <out >lines
has lines 'GATEWAY_INTERFACE=CGI/1.1'
hasnt lines 'PATH_INFO'
hasnt lines 'Ada'

done_

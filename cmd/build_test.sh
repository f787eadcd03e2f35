#!/bin/sh
# subo build, why and clean, with compilers that work and compilers that don't.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
unset SOURCE_DATE_EPOCH SUBO_CFLAGS

have_c() { [ -f /usr/lib/wasm32-wasi/libc.a ] && command -v clang-19 >/dev/null; }

wat_function() { # wat_function NAME [TEXT-IN-IT]
	mkdir -p "$1"
	echo "lang: wat" >"$1/.runnable.yml"
	cat >"$1/lib.wat" <<-W
	(module (import "env" "return_result" (func \$r (param i32 i32 i32)))
	  (memory (export "memory") 1)
	  (data (i32.const 16) "${2:-hello}")
	  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
	  (func (export "deallocate") (param i32 i32))
	  (func (export "run_e") (param i32 i32 i32)
	    (call \$r (i32.const 16) (i32.const 5) (local.get 2))))
	W
}
c_function() { # c_function NAME
	mkdir -p "$1"
	cp "$ROOT"/templates/c/*.[ch] "$1"
	echo "lang: c" >"$1/.runnable.yml"
}
directive() { # directive FUNCTION...
	printf '%s\n' "identifier: com.example.app" "appVersion: v0.1.0" \
		"atmoVersion: v0.4.8" "handlers:" "  - type: request" \
		"    resource: /hello" "    method: POST" "    steps:" \
		>Directive.yaml
	for f; do echo "      - fn: $f" >>Directive.yaml; done
}
wasm_function() { # wasm_function NAME BYTES-FOR-PRINTF
	mkdir -p "$1"
	echo "lang: wasm" >"$1/.runnable.yml"
	# shellcheck disable=SC2059
	printf "$2" >"$1/$1.wasm"
}
fake_clang() { # its script comes on standard input
	mkdir -p bin
	{
		echo '#!/bin/sh'
		echo 'case $1 in --version) echo "clang version 19.9.9"; exit;; esac'
		cat
	} >bin/clang-19
	chmod +x bin/clang-19
}
lines() { wc -l <"$1"; }

t "a project is built into a bundle that other tools can read"
wat_function greet
mkdir -p deep/er
(cd deep/er && wat_function other)
echo "namespace: db" >>deep/er/other/.runnable.yml
directive greet db::other
mkdir -p static/css && echo "a{}" >static/css/a.css
run 0 build
has out "runnables.wasm.zip"
[ "$(lines out)" = 1 ] || wrong "more than the path on stdout"
has err "built greet (wat) in"
has err "2 built, 0 up to date; runnables.wasm.zip"
ok unzip -tq runnables.wasm.zip
ok python3 -c '
import zipfile
z = zipfile.ZipFile("runnables.wasm.zip")
assert z.testzip() is None
assert z.namelist() == ["Directive.yaml",
    "attest/provenance.json", "attest/sbom.cdx.json",
    "db::other.wasm", "greet.wasm",
    "static/css/a.css"], z.namelist()
for i in z.infolist():
    assert i.date_time == (1980, 1, 1, 0, 0, 0) and not i.extra
    assert i.external_attr == 0o100644 << 16 and i.flag_bits == 0
    assert i.create_system == 3'
[ -f greet/greet.wasm ] || wrong "no module beside its source"
[ -f .subo/CACHEDIR.TAG ] || wrong "no CACHEDIR.TAG"

t "a build of what has not changed says so in a line"
wat_function greet
directive greet
run 0 build
cp runnables.wasm.zip before
run 0 build
[ "$(lines err)" = 1 ] || wrong "more than a line"
has err "1 up to date; runnables.wasm.zip"
has out "runnables.wasm.zip"
same before runnables.wasm.zip
run 0 build --quiet
[ -s err ] && wrong "--quiet speaks"
touch greet/lib.wat
run 0 build
has err "1 up to date"

t "two folders at two times make the same bytes"
for d in one "two '3\$ and a longer name"; do
	mkdir "$d"
	(cd "$d" && wat_function greet && wat_function hi && directive greet hi &&
		mkdir static && echo x >static/x)
done
find "two '3\$ and a longer name" -exec touch -d 2001-02-03 {} +
run 0 build one
has out "one/runnables.wasm.zip"
LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo run 0 build "two '3\$ and a longer name" --jobs 1
same one/runnables.wasm.zip "two '3\$ and a longer name/runnables.wasm.zip"
run 0 build one --force --jobs 3
has err "2 built, 0 up to date"
same one/runnables.wasm.zip "two '3\$ and a longer name/runnables.wasm.zip"

t "C comes out with the same bytes in two folders, too"
if have_c; then
	for d in one two/deeper; do
		mkdir -p "$d"
		(cd "$d" && c_function hello && directive hello)
	done
	run 0 build one
	run 0 build two/deeper
	same one/runnables.wasm.zip two/deeper/runnables.wasm.zip
	run 0 build one --release
	has err "1 built"
	run 0 build one --release
	has err "1 up to date"
	run 0 build one --keep-debug --force
	ok unzip -tq one/runnables.wasm.zip
else
	skip "no C compiler for Wasm"
fi

t "what compilers write into the folder is no reason to build again"
if command -v cargo >/dev/null; then
	run 0 create project app --lang rust
	rm -f app/*/Cargo.lock
	run 0 build app
	run 0 build app
	has err "1 up to date"
	[ "$(lines err)" = 1 ] || wrong "more than a line"
else
	skip "no Rust compiler"
fi

t "only the function that changed is built"
for f in a b c; do wat_function $f; done
directive a b c
run 0 build
wat_function b other
run 0 why b
has out "source: lib.wat changed"
run 0 why a
has out "a is up to date"
run 0 build
has err "built b (wat)"
has err "1 built, 2 up to date"
hasnt err "built a"
wat_function b
run 0 build
has err "1 built, 2 up to date"

t "a module that was removed or changed by hand is made again"
wat_function a
directive a
run 0 build
cp runnables.wasm.zip before
rm a/a.wasm
run 0 why a
has out "output: a/a.wasm is missing"
run 0 build
has err "1 built"
echo junk >a/a.wasm
run 0 why a
has out "output: a/a.wasm is not what was built"
run 0 build
has err "1 built"
same before runnables.wasm.zip
echo junk >.subo/state
run 0 build
has err "1 built"
same before runnables.wasm.zip

t "a prebuilt module that is none is called by its path"
wasm_function pre text
run 1 build
has err "pre/pre.wasm' is not a WebAssembly module"

t "a failure is shown whole, the others go on, and the old bundle stays"
wat_function good
wat_function bad
wat_function worse
directive good
run 0 build
cp runnables.wasm.zip before
echo "(module (func (i32.bogus)))" >bad/lib.wat
echo "(module" >worse/lib.wat
wat_function good again
run 1 build
has err "==== bad (wat):"
has err "subo: Entering directory 'bad'"
has err "i32.bogus"
has err "==== worse (wat):"
has err "built good"
has err "2 of 3 functions were not built"
[ -s out ] && wrong "a path although there is no new bundle"
same before runnables.wasm.zip
run 1 build
has err "==== bad (wat):"
hasnt err "built good"
run 0 why bad
has out "the last build of it failed"

t "in a function's folder only that one is built"
wat_function a
wat_function b
directive a b
mkdir a/sub
(cd a/sub && "$SUBO" build >../../out 2>../../err) || wrong "failed"
has err "1 built, 0 up to date"
[ -s out ] && wrong "a bundle was made"
[ -f runnables.wasm.zip ] && wrong "a bundle was made"
[ -f b/b.wasm ] && wrong "b was built"
run 0 build
has err "1 built, 1 up to date"

t "--langs and --no-bundle make no bundle"
wat_function a
mkdir b && echo "lang: rust" >b/.runnable.yml
run 0 build --langs wat
has err "1 built, 0 up to date"
[ -f runnables.wasm.zip ] && wrong "a bundle was made"
rm -r b
run 0 build --no-bundle
[ -f runnables.wasm.zip ] && wrong "a bundle was made"
run 2 build --langs klingon
has err "unknown language 'klingon'"
run 4 build --langs c

t "a project without a Directive gets a bundle with one"
wat_function a
run 0 build
unzip -p runnables.wasm.zip Directive.yaml >d
has d "identifier: com.suborbital.app"
has d "appVersion: v0.0.1"
has d "name: a"

t "problems of the Directive are told, and no bundle is made"
wat_function a
directive a nobody
run 1 build
has err "Directive.yaml:10:"
has err "nobody"
has err "no bundle was made"
[ -f runnables.wasm.zip ] && wrong "a bundle was made"

t "headless does not change the project's version"
wat_function a
printf 'identifier: com.example.app\nappVersion: v3.1.2\natmoVersion: v0.4.8\nheadless: true\n' >Directive.yaml
cp Directive.yaml before
run 0 build
same before Directive.yaml
unzip -p runnables.wasm.zip Directive.yaml >d
has d "appVersion: v3.1.2"

t "make runs first, and its failure is shown"
wat_function a
directive a
printf 'gen:\n\techo made >static/made\nbad:\n\techo what went wrong; false\n' >Makefile
mkdir static
run 0 build --make gen
ok unzip -p runnables.wasm.zip static/made
run 1 build --make bad
has err "what went wrong"
has err "make target 'bad' failed"
run 1 build --make --version
has err "make target '--version' failed"

t "old options say what to use now"
run 2 build --docker
has err "no builder images"
run 2 build --mountpath x
has err "nothing is mounted"
run 2 build --relpath x
run 2 build --builder-tag x
wat_function a
run 0 build --native

t "there is one JSON document, also of a failure"
wat_function a
wat_function b
directive a b
run 0 build --json
ok python3 -c '
import hashlib, json
d = json.load(open("out"))
assert d["type"] == "build" and d["v"] == 1 and d["ok"] is True, d
assert [f["outcome"] for f in d["functions"]] == ["built", "built"], d
data = open("runnables.wasm.zip", "rb").read()
assert d["bundle"]["bytes"] == len(data), d
assert d["bundle"]["sha256"] == hashlib.sha256(data).hexdigest(), d
assert d["problems"] == [], d'
[ -s err ] && wrong "said something on stderr"
echo "(module" >b/lib.wat
run 1 build --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["ok"] is False and d["code"] == "failed" and "bundle" not in d, d
f = {f["name"]: f for f in d["functions"]}
assert f["a"]["outcome"] == "fresh" and f["b"]["outcome"] == "failed", d
assert f["b"]["error"] and f["b"]["log"], d'
run 0 why b --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "why" and d["rebuild"] is True and d["reasons"], d'

t "the date in the bundle is SOURCE_DATE_EPOCH"
wat_function a
SOURCE_DATE_EPOCH=1000000001 run 0 build
ok python3 -c '
import zipfile
for i in zipfile.ZipFile("runnables.wasm.zip").infolist():
    assert i.date_time == (2001, 9, 9, 1, 46, 40), i.date_time'
for epoch in abc -1 99999999999999 1.5 '1 2'; do
	SOURCE_DATE_EPOCH=$epoch run 3 build
	has err "SOURCE_DATE_EPOCH"
done

t "no compiler: the one command that installs it is told"
c_function hello
mkdir empty
PATH=$WORK/empty run 1 build
has err "==== hello (c):"
has err "not installed"
has err "apt-get install"

if have_c; then
	t "a compiler that makes no file is a failure"
	c_function hello
	echo 'exit 0' | fake_clang
	PATH=$WORK/bin:$PATH run 1 build
	has err "==== hello (c):"
	[ -e hello/hello.wasm ] && wrong "a module appeared"

	t "a compiler that prints 100 MB is cut"
	c_function hello
	echo 'yes compiling | head -c 100000000; exit 1' | fake_clang
	PATH=$WORK/bin:$PATH run 1 build
	[ "$(wc -c <err)" -lt 6000000 ] || wrong "$(wc -c <err) bytes were shown"
	has err "(the output of 'clang-19' was cut at"
	has err "-c lib.c"

	t "another version or another variable is a reason to build"
	c_function hello
	fake_clang <<-'F'
	exec /usr/bin/clang-19 "$@"
	F
	PATH=$WORK/bin:$PATH run 0 build
	PATH=$WORK/bin:$PATH run 0 why hello
	has out "is up to date"
	SUBO_CFLAGS=-DX PATH=$WORK/bin:$PATH run 0 why hello
	has out "variable: SUBO_CFLAGS is set now"
	sed 's/19.9.9/19.9.10/' bin/clang-19 >new
	cp new bin/clang-19
	PATH=$WORK/bin:$PATH run 0 why hello
	has out "program: clang-19 was 19.9.9, now 19.9.10"
	PATH=$WORK/bin:$PATH run 0 build
	has err "1 built"

	t "Ctrl-C ends four compilers and all their children"
	for f in a b c d; do c_function $f; done
	fake_clang <<-F
	sleep 987 & echo \$! >>$WORK/pids
	echo \$\$ >>$WORK/pids
	setsid sleep 986 & echo \$! >>$WORK/pids
	wait
	F
	PATH=$WORK/bin:$PATH "$SUBO" build --jobs 4 >out 2>err &
	pid=$!
	n=0
	while [ "$(grep -c . pids 2>/dev/null)" != 12 ] && [ $n -lt 300 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	kill -INT $pid
	wait $pid
	[ $? = 130 ] || wrong "exit $?, not 130"
	sleep 0.2
	while read -r p; do
		# A dead one that nobody has waited for is dead.
		case $(sed 's/.*) //' "/proc/$p/stat" 2>/dev/null) in
		'' | Z*) ;;
		*)
			wrong "process $p is still there"
			kill -9 "$p"
			;;
		esac
	done <pids
	[ -e runnables.wasm.zip ] && wrong "a bundle was made"
	find . -name '*.wasm' | grep -q . && wrong "a module was made"
	find . -name '*tmp*' | grep -q . && wrong "a temporary was left"
fi

t "modules that are none are refused, each with what it is"
wasm_function a ''
wasm_function b '\0asm\1\0\0'
wasm_function c '\0asm\2\0\0\0'
wasm_function d '\0asm\15\0\1\0'
wasm_function e '\0asm\1\0\0\0'
wasm_function f '\177ELF\2\1\1'
wasm_function g '(module)'
run 1 build
has err "7 of 7 functions were not built"
has err "==== a (wasm):"
has err "component"
has err "run_e"
[ -e runnables.wasm.zip ] && wrong "a bundle was made"

t "a module that is not valid is refused by the validator"
wasm_function a '\0asm\1\0\0\0\1\5\1\140\0\1\177\3\2\1\0\12\4\1\2\0\13'
run 1 build
has err "not valid"

t "a prebuilt module is packed and left as it is"
wat_function a
run 0 build
mkdir -p q/p && cp a/a.wasm q/p/p.wasm && echo "lang: wasm" >q/p/.runnable.yml
cp q/p/p.wasm before
(cd q && "$SUBO" build >../out 2>../err) || wrong "failed"
same before q/p/p.wasm
rm q/p/p.wasm
run 1 build q
has err "no module"

t "nothing to build is said"
run 4 build
has err "subo create"
run 4 build nowhere
has err "no such folder"
directive a
run 4 build
has err "no function to build"

t "two builds at once wait for each other"
for f in a b c d; do wat_function $f; done
directive a b c d
"$SUBO" build >out1 2>err1 &
one=$!
"$SUBO" build >out2 2>err2 || wrong "the second failed"
wait $one || wrong "the first failed"
cat err1 err2 >errs
built=$(grep -c 'built .* (wat)' errs)
[ "$built" = 4 ] || wrong "$built functions were built, not 4"

t "a full disk leaves the old bundle whole"
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=300k tmpfs small 2>/dev/null; then
	(cd small && wat_function a && directive a)
	run 0 build small
	cp small/runnables.wasm.zip before
	mkdir small/static
	head -c 120000 /dev/urandom >small/static/big
	head -c 120000 /dev/urandom >static-more
	cat static-more >small/static/more 2>/dev/null
	run 7 build small
	has err "No space left"
	same before small/runnables.wasm.zip
	find small -name '*.tmp*' | grep -q . && wrong "a temporary was left"
	umount small
else
	skip "a small file system cannot be mounted"
fi

t "a function that the disk has no room for is the machine's failure"
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=400k tmpfs small 2>/dev/null; then
	(cd small && wat_function a && directive a)
	run 0 build small
	cp small/a/a.wasm before
	# Room for what the compiler makes, none for what is made of it.
	head -c 150000 /dev/zero | tr '\0' x >text
	(cd small && wat_function a "$(cat ../text)")
	run 7 build small
	has err "No space left"
	same before small/a/a.wasm
	find small -name '*.tmp*' | grep -q . && wrong "a temporary was left"
	umount small
else
	skip "a small file system cannot be mounted"
fi

t "a read-only folder is said to be one"
wat_function a
directive a
if [ "$(id -u)" = 0 ]; then
	if mkdir ro && mount -t tmpfs tmpfs ro 2>/dev/null; then
		cp -r a Directive.yaml ro/
		mount -o remount,ro ro
		run 7 build ro
		has err "Read-only"
		umount ro
	else
		skip "a file system cannot be mounted"
	fi
else
	chmod a-w .
	"$SUBO" build . >/dev/null 2>/dev/null
	code=$?
	[ $code = 7 ] || wrong "exit $code, not 7"
	chmod u+w .
fi

t "clean removes what builds made, and only that"
wat_function a
wat_function b
directive a b
run 0 build
echo mine >b/b.wasm
echo mine >a/other.wasm
run 0 clean
has err "removed a/a.wasm"
has err "kept b/b.wasm"
has err "removed runnables.wasm.zip"
has err "removed .subo"
[ -e .subo ] || [ -e a/a.wasm ] || [ -e runnables.wasm.zip ] && wrong "not removed"
has b/b.wasm mine
has a/other.wasm mine
[ -f a/lib.wat ] || wrong "a source was removed"
run 0 clean --json
ok python3 -c 'import json; assert json.load(open("out"))["type"] == "clean"'

t "why needs a function that is there"
wat_function greet
run 4 why greeet
has err "did you mean 'greet'?"
run 2 why nothing more
run 0 why greet
has out "it was never built here"

t "a bundle is signed with the user's key when there is one"
run 0 create project app --lang wat
cd app || exit 1
run 0 build
hasnt err signed
cp runnables.wasm.zip plain.zip
export XDG_CONFIG_HOME="$WORK/config"
run 0 keygen --no-password
run 0 build
has err "signed by key"
run 0 bundle verify
has out "1 signature,"
run 0 verify runnables.wasm.zip --key "$XDG_CONFIG_HOME/subo/subo.pub"
cp runnables.wasm.zip signed.zip
run 0 build
same runnables.wasm.zip signed.zip
run 0 test
same runnables.wasm.zip signed.zip
run 0 build --no-sign --force
same runnables.wasm.zip plain.zip
run 0 build --json
has out '"signer": "'
# The same date, the same bytes.
SOURCE_DATE_EPOCH=1700000000 "$SUBO" build >out 2>err || wrong "$(cat err)"
cp runnables.wasm.zip signed.zip
SOURCE_DATE_EPOCH=1700000000 "$SUBO" build --force >out 2>err ||
	wrong "$(cat err)"
same runnables.wasm.zip signed.zip
chmod 644 "$XDG_CONFIG_HOME/subo/subo.key"
run 5 build --force
has err "others may read"
rm -rf "$XDG_CONFIG_HOME/subo"
SUBO_KEY_PASSWORD=secret "$SUBO" keygen >out 2>err || wrong "$(cat err)"
run 0 build --force
has err "not signed: the key wants a password"
same runnables.wasm.zip plain.zip
SUBO_KEY_PASSWORD=secret "$SUBO" build >out 2>err || wrong "$(cat err)"
has err "signed by key"
SUBO_KEY_PASSWORD=other "$SUBO" build --force >out 2>err
[ $? = 5 ] || wrong "a wrong password is taken"
unset XDG_CONFIG_HOME

done_

#!/bin/sh
# The whole way, with the real compilers: create, build, check, test, run.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# A project with one function of each language, here or in folder $1.
everything() {
	run 0 create project hello --lang rust
	cd hello || exit 1
	run 0 create function shout --lang c --handler /shout
	run 0 create function tally --lang cpp --handler /tally
	run 0 create function count --lang go --handler /count
	run 0 create function clean --lang assemblyscript --handler /clean
	run 0 create function tiny --lang wat --handler /tiny --method GET
	run 0 create function small --lang go --tinygo --handler /small
	ok wat2wasm tiny/lib.wat -o ../mine.wasm
	run 0 create function mine --lang wasm --from ../mine.wasm \
		--namespace db --handler /mine
}

t "a project in every language is created, built, checked and tested"
everything
run 0 build
has err "built"
run 0 check
run 0 test
has out " passed, 0 failed"
hasnt out "0 passed"
ok unzip -tq runnables.wasm.zip
ok python3 -c '
import zipfile
z = zipfile.ZipFile("runnables.wasm.zip")
assert z.testzip() is None
names = z.namelist()
assert names[0] == "Directive.yaml", names
for n in ("shout", "tally", "count", "clean", "tiny", "small", "db::mine"):
    assert n + ".wasm" in names, (n, names)'
for fn in hello shout tally count clean tiny small db::mine; do
	run 0 run "$fn" --input world
	[ "$(cat out)" = "hello world" ] || wrong "$fn said: $(cat out)"
done
run 0 build
has err "up to date"
cp runnables.wasm.zip "$BASE/first.zip"
PROJECT=$PWD

t "the same project elsewhere, at another time, gives the same bytes"
mkdir -p deeper/down
cd deeper/down || exit 1
cp -R "$PROJECT" again
cd again || exit 1
find . -name target -prune -o -type f -exec touch {} +
rm -rf .subo runnables.wasm.zip
find . -name '*.wasm' ! -path './mine/*' -exec rm {} +
(umask 077; TZ=Asia/Tokyo LC_ALL=C "$SUBO" build --jobs 2 >out 2>err) ||
	wrong "build failed: $(cat err)"
same runnables.wasm.zip "$BASE/first.zip"

t "clean leaves what a user wrote, and nothing else"
cp -R "$PROJECT" c
cd c || exit 1
find . -type f | sort >../before
run 0 clean
rm -f out err ok.out
find . -type f | sort >../after
grep -v -e '^./.subo/' -e '\.wasm$' -e '\.wasm\.zip$' -e '^./out$' -e '^./err$' \
	-e '^./ok.out$' ../before >../want
echo ./mine/mine.wasm >>../want
LC_ALL=C sort -o ../want ../want
LC_ALL=C sort -o ../after ../after
same ../want ../after

t "functions written for the old SDKs build as their registries have them"
for guest in rust-0.16 rust-0.12 tinygo-reactr; do
	cp -R "$ROOT/testdata/guests/$guest" "$guest"
	cd "$guest" || exit 1
	run 0 build
	run 0 run --input world
	[ "$(cat out)" = "hello world" ] || wrong "$guest said: $(cat out)"
	cd ..
done

t "a trap names the function and the source line"
run 0 create project p --lang c
cd p || exit 1
cat >hello/lib.c <<'END'
#include "runnable.h"

__attribute__((noinline)) static int
deep(volatile int n)
{
	if (n == 0)
		__builtin_trap();
	return deep(n - 1) + 1;
}

void
run(struct bytes input)
{
	deep((int)input.size);
}
END
run 0 build
run 9 run hello --input x
has err "unreachable"
has err "at deep (lib.c:7)"
run 1 test
has out "deep"

done_

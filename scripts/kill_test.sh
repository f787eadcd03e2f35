#!/bin/sh
# Killed at any moment, a build, a signature and a rewriting leave nothing half
# made under its final name, and the next run succeeds.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# killed N COMMAND...: N times, each at a random moment of its first 80 ms.
killed() {
	n=$1
	shift
	python3 - "$n" "$@" <<'P'
import random, signal, subprocess, sys, time
for _ in range(int(sys.argv[1])):
    p = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    time.sleep(random.random() * 0.08)
    p.send_signal(signal.SIGKILL)
    p.wait()
P
}

# What stands under its final name is whole.
whole() {
	[ ! -e "$1" ] || run 0 bundle verify "$1"
}


t "a build that is killed"
run 0 create project app --lang wat
cd app || exit 1
for f in a b c d e; do run 0 create function $f --lang wat; done
head -c 3000000 /dev/urandom >static-data
mkdir -p static && mv static-data static/data
run 0 build
cp runnables.wasm.zip "$BASE/want.zip"
for round in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf .subo
	[ $((round % 2)) = 0 ] || rm -f runnables.wasm.zip
	killed 10 "$SUBO" build --force
	whole runnables.wasm.zip
	run 0 build
	same runnables.wasm.zip "$BASE/want.zip"
done

t "a signature that is killed"
export XDG_CONFIG_HOME="$WORK/config"
run 0 keygen --no-password
cp "$BASE/want.zip" x.zip
for round in 1 2 3 4 5 6 7 8 9 10; do
	killed 10 "$SUBO" sign x.zip
	whole x.zip
	[ -s x.zip ] || wrong "round $round: it is gone"
done
run 0 sign x.zip
run 0 verify x.zip --key "$XDG_CONFIG_HOME/subo/subo.pub"

t "a rewriting that is killed"
python3 - "$BASE/want.zip" <<'P'
import sys, zipfile
a = zipfile.ZipFile(sys.argv[1])
with zipfile.ZipFile("other.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for i in reversed(a.infolist()):
        z.writestr(i.filename, a.read(i))
P
for round in 1 2 3; do
	killed 5 "$SUBO" bundle normalize other.zip -o out.zip --force
	whole out.zip
done
run 0 bundle normalize other.zip -o out.zip --force
same out.zip "$BASE/want.zip"

done_

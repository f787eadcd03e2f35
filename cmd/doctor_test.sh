#!/bin/sh
# subo doctor: what is there, what is missing, and how to get it.
. "${0%/*}/test.sh"

# Programs that answer like the real ones, and nothing else on the PATH.
fake() {
	mkdir -p bin
	printf '#!/bin/sh\necho "%s"\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}
doctor() { # CODE ARGS...
	code=$1
	shift
	PATH=$WORK/bin run "$code" doctor "$@"
}

t 'a compiler that is there is told with version and path'
fake wat2wasm 1.0.32
doctor 0 wat
has out "wat2wasm 1.0.32 $WORK/bin/wat2wasm"
hasnt out missing

t 'a missing compiler that was asked for fails, with the command to install it'
mkdir bin
doctor 1 wat
has out 'wat2wasm is missing'
has out 'install: apt-get install --no-install-recommends wabt'

t 'alone it lists all languages and succeeds whatever is missing'
mkdir bin
doctor 0
for lang in Rust C C++ AssemblyScript Go TinyGo WAT Wasm engine cache; do
	has out "$lang"
done
has out missing

t 'one missing language of several asked for fails'
fake wat2wasm 1.0.32
doctor 1 wat as
has out 'node is missing'

t 'a Go that is too old counts as missing'
fake go 'go version go1.19.8 linux/amd64'
doctor 1 go
has out 'go 1.24 or newer'
fake go 'go version go1.24.0 linux/amd64'
doctor 0 go
fake go 'go version go2.0 linux/amd64'
doctor 0 go

t 'aliases name the same language'
mkdir bin
doctor 1 rs
has out Rust

t 'a compiler that answers nothing is there without a version'
fake wat2wasm ''
doctor 0 wat
has out "wat2wasm $WORK/bin/wat2wasm"

t 'an unknown language is wrong usage'
run 2 doctor fortran
has err "no language 'fortran'"

t 'the cache and its size are told'
mkdir -p bin home/subo
chmod 700 home/subo
dd if=/dev/zero of=home/subo/x bs=1024 count=64 2>/dev/null
XDG_CACHE_HOME=$WORK/home
export XDG_CACHE_HOME
doctor 0
unset XDG_CACHE_HOME
has out "$WORK/home/subo, "
hasnt out "$WORK/home/subo, 0"

t '--json has languages, tools, engine and cache'
fake wat2wasm 1.0.32
doctor 1 --json wat as
ok python3 - <<'PY'
import json
d = json.load(open("out"))
assert d["type"] == "doctor" and d["v"] == 1 and d["ok"] is False, d
wat, asc = d["languages"]
assert wat["ok"] and wat["name"] == "wat", wat
assert wat["programs"][0]["version"] == "1.0.32", wat
assert "install" not in wat
assert not asc["ok"] and asc["install"].startswith("apt-get"), asc
assert [p["found"] for p in asc["programs"]] == [False, False], asc
assert {t["name"] for t in d["tools"]} == {"wasm-opt", "git"}
assert d["engine"] and d["cache"]["path"]
PY

done_

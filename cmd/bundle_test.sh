#!/bin/sh
# bundle verify, bundle normalize, and what others read in what we write.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

# A project whose modules are there already.
project() {
	run 0 create project app --lang wat
	cd app || exit 1
	mkdir -p static/deep
	printf 'hello\n' >static/deep/a.txt
	: >static/empty
	printf 'x' >"static/café"
	head -c 700000 /dev/zero | tr '\0' a >static/zeros
	python3 -c 'import random; random.seed(1)
open("static/large", "wb").write(bytes(random.getrandbits(8) & 31 for _ in range(1500000)))'
	run 0 build
}

t "archives that two readers could see differently, each with its rule"
python3 "$ROOT/testdata/bundle/evil.py" .
while read -r file rule level; do
	"$SUBO" bundle verify --json "$file" >out 2>err
	code=$?
	case $rule:$code in
	ok:0 | entries:8 | size:8 | ratio:8 | digest:5) ;;
	ok:* | entries:* | size:* | ratio:* | *:0) wrong "$file: exit $code" ;;
	*:3) ;;
	*) wrong "$file: exit $code" ;;
	esac
	[ "$rule" = ok ] || has out "\"rule\": \"$rule\""
	"$SUBO" inspect "$file" >out 2>err
	code=$?
	case $rule:$level:$code in
	ok::0 | *:tolerant:0) ;;
	ok:* | *:tolerant:* | *:0) wrong "$file: inspect exits with $code" ;;
	esac
	[ "$code" -lt 9 ] || wrong "$file: exit $code"
done <list
[ "$(wc -l <list)" -gt 70 ] || wrong "there are few of them"

# readers FILE: five of them list the same names, sizes and contents.
readers() {
	rm -rf r && mkdir r r/u r/b r/s
	python3 - "$1" >r/python <<'P'
import hashlib, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
for i in sorted(z.infolist(), key=lambda i: i.filename.encode()):
    d = z.read(i)
    print(hashlib.sha256(d).hexdigest(), len(d), i.filename)
P
	(cd r/u && LC_ALL=C.UTF-8 unzip -q "$1") || wrong "unzip fails"
	(cd r/b && LC_ALL=C.UTF-8 bsdtar -xf "$1") || wrong "bsdtar fails"
	(cd r/s && LC_ALL=C.UTF-8 bsdtar -xf - <"$1") ||
		wrong "bsdtar fails on a stream"
	for d in u b s; do
		(cd r/$d && find . -type f -printf '%P\n' | LC_ALL=C sort |
			while read -r f; do
				echo "$(sha256sum <"$f" | cut -c1-64)" \
					"$(wc -c <"$f") $f"
			done) >r/$d.list
		same r/python r/$d.list
	done
	if [ -x "$BASE/goread" ]; then
		"$BASE/goread" "$1" >r/go || wrong "Go fails"
		same r/python r/go
	fi
	"$SUBO" inspect --json "$1" >r/ours || wrong "inspect fails"
}

t "five readers agree on every bundle we write"
if ! command -v bsdtar >/dev/null || ! command -v unzip >/dev/null; then
	skip "bsdtar or unzip is not installed"
else
	if command -v go >/dev/null; then
		cp "$ROOT/testdata/bundle/read.go" .
		GO111MODULE=off go build -o "$BASE/goread" read.go 2>err ||
			wrong "read.go: $(cat err)"
	else
		echo "  Go is not installed: four readers are asked"
	fi
	project
	cp runnables.wasm.zip "$BASE/plain.zip"
	readers "$BASE/plain.zip"
	# With what stands in the comment when it is signed.
	python3 - <<'P'
import struct
d = open("runnables.wasm.zip", "rb").read()
s = ("untrusted comment: signature\nRUQ" + "A" * 96 + "=" +
     "\ntrusted comment: of it\n" + "B" * 85 + "A" + "==\n").encode() * 2
assert d[-2:] == b"\0\0"
open("signed.zip", "wb").write(d[:-2] + struct.pack("<H", len(s)) + s)
P
	readers "$PWD/signed.zip"
	run 0 bundle verify signed.zip
	has out "2 signatures"
	run 0 build --store
	cp runnables.wasm.zip "$BASE/stored.zip"
	readers "$BASE/stored.zip"
	run 0 build --no-attest
	cp runnables.wasm.zip "$BASE/bare.zip"
	readers "$BASE/bare.zip"
	for f in plain stored bare; do
		run 0 bundle verify "$BASE/$f.zip"
	done
fi

t "what we write is canonical, and a signature does not change its digest"
project
run 0 bundle verify
sum=$(sha256sum <runnables.wasm.zip | cut -c1-64)
has out "runnables.wasm.zip: canonical, 9 entries, 0 signatures, sha256:$sum"
run 0 bundle verify --json
has out "\"sha256\": \"$sum\""

t "bundles of other tools run, and are not canonical until normalized"
for f in go infozip python-stream; do
	cp "$ROOT/testdata/bundle/$f.wasm.zip" .
	run 0 inspect $f.wasm.zip
	run 3 bundle verify $f.wasm.zip
	has err "subo bundle normalize"
	run 0 bundle normalize $f.wasm.zip -o $f.zip
	[ "$(cat out)" = $f.zip ] || wrong "it prints $(cat out)"
	run 0 bundle verify $f.zip
	run 0 inspect $f.zip
done

t "normalize: the same for all packers, and again the same"
cat >mix.py <<'P'
import random, sys, zipfile
parts = {n: zipfile.ZipFile(sys.argv[1]).read(n)
         for n in zipfile.ZipFile(sys.argv[1]).namelist()}
names = sorted(parts)
random.seed(int(sys.argv[3]))
random.shuffle(names)
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED,
                     compresslevel=int(sys.argv[3])) as z:
    z.mkdir("static") if hasattr(z, "mkdir") else None
    for n in names:
        z.writestr(n, parts[n])
P
(project) && cp app/runnables.wasm.zip first.zip
for i in 1 2 3; do
	ok python3 mix.py first.zip mixed$i.zip $i
	run 3 bundle verify mixed$i.zip
	run 0 bundle normalize mixed$i.zip -o same$i.zip
	same same$i.zip first.zip
done
run 0 bundle normalize first.zip -o copy.zip
has err "canonical already"
same copy.zip first.zip
SOURCE_DATE_EPOCH=1700000000 "$SUBO" bundle normalize mixed1.zip -o dated.zip \
	>out 2>err || wrong "$(cat err)"
ok python3 -c 'import zipfile
z = zipfile.ZipFile("dated.zip")
assert z.infolist()[0].date_time == (2023, 11, 14, 22, 13, 20)'

t "normalize: refuses what it must, and leaves nothing behind"
python3 "$ROOT/testdata/bundle/evil.py" .
run 2 bundle normalize control.zip
run 2 bundle normalize
run 0 bundle normalize mode-755.zip -o out.zip
run 7 bundle normalize mode-755.zip -o out.zip
has err "--force"
run 0 bundle normalize mode-755.zip -o out.zip --force
run 7 bundle normalize mode-755.zip -o /dev/full --force
run 7 bundle normalize mode-755.zip -o . --force
[ -c /dev/full ] || wrong "a device was replaced"
run 3 bundle normalize slip.zip -o none.zip
run 5 bundle normalize module-other.zip -o none.zip
run 3 bundle normalize module-missing.zip -o none.zip
has err "[module-missing]"
run 8 bundle normalize bomb-ratio.zip -o none.zip
run 4 bundle normalize there-is-none.zip -o none.zip
run 7 bundle normalize mode-755.zip -o no/such/folder.zip
SOURCE_DATE_EPOCH=abc "$SUBO" bundle normalize mode-755.zip -o none.zip \
	>out 2>err
[ $? = 3 ] || wrong "SOURCE_DATE_EPOCH=abc is taken"
[ ! -e none.zip ] || wrong "something was left"
run 0 bundle normalize module-not-listed.zip -o listed.zip
has err "left out 'g.wasm'"
run 0 bundle normalize --json module-not-listed.zip -o listed.zip --force
has out '"g.wasm"'
python3 -c 'import zipfile
with zipfile.ZipFile("tenant.zip", "w") as z:
    z.writestr("tenant.json", "{\"identifier\":\"com.example.a\",\"tenantVersion\":1,\"modules\":[]}")'
run 3 bundle normalize tenant.zip -o none.zip
has err "tenant.json"

t "the SBOM and the provenance are packed, unless they are not wanted"
project
ok python3 - <<'P'
import hashlib, json, zipfile
z = zipfile.ZipFile("runnables.wasm.zip")
sbom = json.loads(z.read("attest/sbom.cdx.json"))
assert sbom["bomFormat"] == "CycloneDX" and sbom["specVersion"] == "1.5"
have = {c["name"]: c["hashes"][0]["content"] for c in sbom["components"]}
assert have == {"hello": hashlib.sha256(z.read("hello.wasm")).hexdigest()}
refs = {c["bom-ref"] for c in sbom["components"]} | {"app"}
assert {d["ref"] for d in sbom["dependencies"]} == refs
p = json.loads(z.read("attest/provenance.json"))
assert p["predicateType"] == "https://slsa.dev/provenance/v1"
subjects = {s["name"]: s["digest"]["sha256"] for s in p["subject"]}
assert subjects == {n: hashlib.sha256(z.read(n)).hexdigest()
                    for n in z.namelist() if not n.startswith("attest/")}
P
unzip -p runnables.wasm.zip 'attest/*' >papers
for word in "$PWD" "$(hostname)" "$(id -un)" /usr /tmp; do
	hasnt papers "$word"
done
run 0 build --no-attest
run 0 bundle verify
unzip -l runnables.wasm.zip >list
hasnt list attest
run 0 build
has err "1 up to date"
unzip -l runnables.wasm.zip >list
has list attest/sbom.cdx.json

t "a bundle that was signed since is left alone while it is up to date"
project
python3 - <<'P'
import struct
d = open("runnables.wasm.zip", "rb").read()
s = ("untrusted comment: signature\nRUQ" + "A" * 96 + "=" +
     "\ntrusted comment: of it\n" + "B" * 85 + "A" + "==\n").encode()
open("runnables.wasm.zip", "wb").write(d[:-2] + struct.pack("<H", len(s)) + s)
P
cp runnables.wasm.zip "$BASE/signed.zip"
run 0 build
same runnables.wasm.zip "$BASE/signed.zip"
echo more >static/more
run 0 build
run 0 bundle verify
has out "0 signatures"

t "the result of tests is packed when it is of these modules"
project
digest=$(unzip -p runnables.wasm.zip hello.wasm | sha256sum | cut -c1-64)
printf '%s' '{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"hello.wasm","digest":{"sha256":"'"$digest"'"}}],"predicateType":"https://in-toto.io/attestation/test-result/v0.1","predicate":{"result":"PASSED","configuration":[]}}' >t.json
run 0 build --test-result t.json
ok unzip -p runnables.wasm.zip attest/test-result.json
cp runnables.wasm.zip "$BASE/tested.zip"
run 0 build --test-result t.json
run 0 reproduce "$BASE/tested.zip"
sed "s/$digest/$(echo "$digest" | tr 0-9a-f 1-9a-f0)/" t.json >other.json
run 5 build --test-result other.json
has err "hello.wasm"
sed 's/test-result/other/' t.json >kind.json
run 3 build --test-result kind.json
echo '{}' >none.json
run 3 build --test-result none.json
run 4 build --test-result missing.json

done_

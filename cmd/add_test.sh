#!/bin/sh
# subo publish, add and update: a function of one project becomes a step of
# another.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
export HOME="$BASE" XDG_CACHE_HOME="$BASE/cache" DOCKER_CONFIG="$BASE/docker"
unset GITHUB_ACTIONS
DIST=oci:$BASE/dist

# The publisher's project, once: functions shout (v1), and one with a cache.
"$SUBO" create project pub --lang wat --function shout --dir "$BASE" -q \
	>"$BASE/log" 2>&1
for k in ann bob; do
	"$SUBO" keygen --output "$BASE/$k" --no-password >>"$BASE/log" 2>&1 ||
		cat "$BASE/log"
done
ANN="--key $BASE/ann.pub" # in one word: TMPDIR has no spaces
publish() { # ARGS: of the function shout, signed by ann
	(cd "$BASE/pub" && "$SUBO" publish shout "$@" --key "$BASE/ann.key")
}
publish "$DIST:v1" >>"$BASE/log" 2>&1 || cat "$BASE/log"

# layout.py DIR TAG JSON FILE: an artifact as another tool makes it; JSON says
# what is different about it.
cat >"$BASE/layout.py" <<'END'
import hashlib, json, os, sys
out, tag, how, files = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4:]
os.makedirs(out + "/blobs/sha256", exist_ok=True)
open(out + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
def put(data, kind, **more):
    h = hashlib.sha256(data).hexdigest()
    open(out + "/blobs/sha256/" + h, "wb").write(data)
    return {"mediaType": kind, "digest": "sha256:" + h, "size": len(data), **more}
wasm = "application/wasm"
layers = [put(open(f, "rb").read(), how.get("layer", wasm)) for f in files]
config = put(b'{"architecture":"wasm","os":"wasip1"}',
             how.get("config", "application/vnd.wasm.config.v0+json"))
m = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
     "config": config, "layers": layers}
if "annotations" in how:
    m["annotations"] = how["annotations"]
d = put(json.dumps(m).encode(), m["mediaType"],
        annotations={"org.opencontainers.image.ref.name": tag})
json.dump({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
           "manifests": [d]}, open(out + "/index.json", "w"))
if "spoil" in how:
    path = out + "/blobs/sha256/" + layers[0]["digest"][7:]
    data = bytearray(open(path, "rb").read())
    data[-1] ^= 1
    open(path, "wb").write(data)
END
foreign() { ok python3 "$BASE/layout.py" "$@"; }
MODULE=$BASE/pub/shout/shout.wasm

project() {
	"$SUBO" create project p --lang wat --function greet -q >log 2>&1 ||
		wrong "create"
	cd p || exit 1
}
step() { # NAME: a handler that runs it
	ok "$SUBO" create handler "/$1" --method POST --steps "$1"
}

t "a published function becomes a step"
project
run 0 add $ANN "$DIST:v1" --yes
has out shout
has err "capabilities"
has err "manifest      sha256:"
has subo.lock 'name: "shout"'
has Directive.yaml "shout: $DIST:v1"
step shout
run 0 build
run 0 check
run 0 run shout --input ann
has out ann
run 0 build
has err "2 up to date"
run 0 why shout
has out "up to date"
run 2 create function shout --lang wat
has err "subo.lock"
run 0 inspect runnables.wasm.zip
has out default::shout

t "the module that is packed is the one that was published, to the bit"
project
run 0 add $ANN "$DIST:v1" --yes
run 0 build
python3 -c '
import zipfile
open("got.wasm", "wb").write(zipfile.ZipFile("runnables.wasm.zip").read("shout.wasm"))'
same got.wasm "$MODULE"
python3 -c '
import zipfile
print(zipfile.ZipFile("runnables.wasm.zip").read("Directive.yaml").decode())' >d
has d "com.example.p#default::shout@v0.1.0"
has d "$(sed -n 's/.*module: sha256://p' subo.lock)"

t "a step may call it by its full name"
project
run 0 add $ANN "$DIST:v1" --yes
cat >>Directive.yaml <<-END
	schedules:
	  - name: hourly
	    every: {hours: 1}
	    steps:
	      - fn: com.example.p#default::shout@v0.1.0
END
run 0 build
run 0 check
hasnt err "runs 'shout'"

t "it is called otherwise when that is wanted"
project
run 0 add $ANN "$DIST:v1" --yes --as loud::say
has out loud::say
has Directive.yaml "loud::say: "
run 0 build
run 0 run loud::say --input ann
run 2 add $ANN "$DIST:v1" --yes --as ../x
has err "cannot be a function's name"

t "without a terminal and without --yes nothing is added"
project
cp Directive.yaml before
run 2 add $ANN "$DIST:v1"
has err "--yes"
has err "capabilities"
same Directive.yaml before
fails test -e subo.lock

t "on a terminal there is a question, and only yes is yes"
project
if script --version >/dev/null 2>&1; then
	echo n | script -qec "'$SUBO' add $ANN '$DIST:v1'" /dev/null >seen 2>&1
	code=$?
	[ $code = 1 ] || wrong "exit $code: $(cat seen)"
	has seen "add it as 'shout' (y/n)?"
	has seen "nothing is changed"
	fails test -e subo.lock
	echo y | script -qec "'$SUBO' add $ANN '$DIST:v1'" /dev/null >seen 2>&1
	code=$?
	[ $code = 0 ] || wrong "exit $code: $(cat seen)"
	ok test -s subo.lock
else
	skip "there is no script(1)"
fi

t "the rest of the Directive keeps its bytes, and twice is once"
project
printf '# the end\n' >>Directive.yaml
cp Directive.yaml before
run 0 add $ANN "$DIST:v1" --yes
grep -v -e '^functions:$' -e "shout: $DIST" Directive.yaml >after
same after before
cp Directive.yaml once
cp subo.lock lock
run 0 add $ANN "$DIST:v1" --yes
has err "is there already"
same Directive.yaml once
same subo.lock lock

t "a function of the project is not replaced"
project
run 3 add $ANN "$DIST:v1" --yes --as greet
has err "of its own"
has err "--as NAME"

t "from a folder of the project, the reference is found again"
project
cp -R "$BASE/dist" dist
mkdir -p deep/down && cd deep/down || exit 1
run 0 add $ANN oci:../../dist:v1 --yes
cd ../.. || exit 1
run 0 update
has err "1 up to date"

t "a build asks nobody: what was published may be gone"
project
cp -R "$BASE/dist" gone
run 0 add $ANN oci:gone:v1 --yes
rm -rf gone
run 0 build
run 0 test

t "on another machine the pinned modules are fetched by their digest"
project
cp -R "$BASE/dist" dist
run 0 add --allow-unsigned oci:dist:v1 --yes
rm -rf "$BASE/cache/subo/functions"
run 0 add
has err "1 of 1"
run 0 build
run 0 add
has err "0 of 1"

t "a module that was changed on this machine is not packed"
project
run 0 add $ANN "$DIST:v1" --yes
for f in "$BASE"/cache/subo/functions/*.wasm; do
	printf x >>"$f"
done
run 5 build
has err "$(ls "$BASE"/cache/subo/functions/*.wasm | head -1)"
has err "is not the one that is pinned"
has err "'subo add' fetches it again"
run 5 build --json
has out '"trust"'
run 5 test
run 0 add
run 0 build

t "the lock and the Directive must agree"
project
run 0 add $ANN "$DIST:v1" --yes
step shout
sed "s|shout: $DIST:v1|shout: $DIST:v2|" Directive.yaml >x && mv x Directive.yaml
run 1 build
has err "error[P009]"
run 1 check
has err "error[P009]"
sed "/shout: /d; s/^functions:$/functions: {}/" Directive.yaml >x && mv x Directive.yaml
run 1 check
has err "error[P010]"
project
printf 'functions:\n  shout: %s\n' "$DIST:v1" >>Directive.yaml
run 1 check
has err "error[P008]"
has err "Directive.yaml:"
run 1 build
run 5 update --yes
has err "not one that is trusted"
run 0 update $ANN --yes
run 0 build

t "a lock that tells less than the module may do is refused"
project
run 0 add $ANN "$DIST:v1" --yes
sed 's/imports: .*/imports: []/; s/capabilities: .*/capabilities: []/' \
	subo.lock >x && mv x subo.lock
run 5 build
has err "the permissions in subo.lock are not those of the module"

t "a lock that was changed leads to no other module"
project
run 0 add $ANN "$DIST:v1" --yes
cp subo.lock lock
zeros=$(printf '0%.0s' $(seq 64))
sed "s/module: sha256:.*/module: sha256:$zeros/" lock >subo.lock
run 1 build
has err "is not on this machine"
run 5 add
has err "another module under the manifest that is pinned"
sed "s/manifest: sha256:.*/manifest: sha256:$zeros/" lock >subo.lock
rm -rf "$BASE/cache/subo/functions"
run 4 add
sed 's/signers: .*/signers: ["RWnonsense"]/' lock >subo.lock
publish "$DIST:v1" --version v0.2.0 >log 2>&1
run 3 update
has err "subo.lock"
publish "$DIST:v1" >log 2>&1

t "a damaged lock is told with its place"
project
run 0 add $ANN "$DIST:v1" --yes
sed 's/^    bytes: .*/    bytes: lots/' subo.lock >x && mv x subo.lock
run 3 build
has err "subo.lock:"
has err "'bytes' wants a size"

t "update: what did not move is up to date"
project
run 0 add $ANN "$DIST:v1" --yes
cp subo.lock before
run 0 update
has err "0 changed, 1 up to date"
same subo.lock before
run 4 update nobody
has err "there are: shout"

# A module with more imports under the same tag, and back.
cat >"$BASE/more.wat" <<'END'
(module
 (import "env" "return_result" (func (param i32 i32 i32)))
 (import "env" "cache_get" (func (param i32 i32 i32) (result i32)))
 (memory (export "memory") 1)
 (func (export "allocate") (param i32) (result i32) i32.const 1024)
 (func (export "deallocate") (param i32 i32))
 (func (export "run_e") (param i32 i32 i32)))
END
sed '/cache_get/d' "$BASE/more.wat" >"$BASE/less.wat"
for f in more less; do
	"$SUBO" internal-wat2wasm "$BASE/$f.wat" "$BASE/$f.wasm" ||
		cat "$BASE/log"
done

t "update shows what may be done more, asks, and can fail a pipeline"
project
foreign dist v1 '{}' "$BASE/less.wasm"
run 0 add --allow-unsigned oci:dist:v1 --yes --as it
cp subo.lock before
foreign dist v1 '{}' "$BASE/more.wasm"
run 1 update --allow-unsigned --fail-on permissions
has err "+ capability cache"
has err "+ call of env.cache_get"
same subo.lock before
run 0 update --allow-unsigned --dry-run
has err "1 would change"
same subo.lock before
run 2 update --allow-unsigned
has err "--yes"
same subo.lock before
run 0 update --allow-unsigned --yes
has out it
has subo.lock '"cache"'
foreign dist v1 '{}' "$BASE/less.wasm"
run 0 update --allow-unsigned --fail-on permissions
has err "- capability cache"
run 0 build
run 2 update --fail-on size
has err "permissions"

t "a capability that the Directive does not give is told"
project
sed 's/cache_get/db_exec/; s/(param i32 i32 i32) (result i32)))/(param i32 i32 i32 i32) (result i32)))/' \
	"$BASE/more.wat" >x.wat
"$SUBO" internal-wat2wasm x.wat x.wasm
foreign dist v1 '{}' x.wasm
run 0 add --allow-unsigned oci:dist:v1 --yes --as it
has err "does not allow 'it' the capability 'db'"
foreign dist v1 '{}' "$BASE/more.wasm"
run 0 add --allow-unsigned oci:dist:v1 --yes --as it
hasnt err "does not allow"
has err "takes the place of another 'it'"

t "update removes from the lock what the Directive no longer has"
project
run 0 add $ANN "$DIST:v1" --yes
sed "/shout: /d; s/^functions:$/functions: {}/" Directive.yaml >x && mv x Directive.yaml
run 0 update
has err "no longer in the Directive"
fails test -e subo.lock
run 0 build

t "others' artifacts of the CNCF layout are functions too"
project
foreign dist v1 '{}' "$MODULE"
run 0 add --allow-unsigned oci:dist:v1 --yes
has out dist
foreign dist2 v1 '{"config": "application/vnd.oci.empty.v1+json"}' "$MODULE"
run 0 add --allow-unsigned oci:dist2:v1 --yes --as second
run 0 build

t "a bundle with one function is one, a larger one is none"
project
(cd "$BASE/pub" && cp runnables.wasm.zip old.zip 2>/dev/null
"$SUBO" build -q && "$SUBO" sign runnables.wasm.zip --key "$BASE/ann.key" &&
	"$SUBO" push "oci:$WORK/one:v1") >log 2>&1 || wrong "push: $(cat log)"
run 5 add --key "$BASE/bob.pub" "oci:$WORK/one:v1" --yes
run 0 add $ANN "oci:$WORK/one:v1" --yes
has out shout
has subo.lock "$(sed -n 2p "$BASE/ann.pub")"
run 0 build
run 0 run shout --input ann
run 0 update
rm -rf "$BASE/cache/subo/functions"
run 0 add
has err "1 of 1"
run 0 build
"$SUBO" create function more --lang wat -q >log 2>&1
run 0 build
run 0 push "oci:$WORK/many:v1"
run 3 add --allow-unsigned "oci:$WORK/many:v1" --yes
has err "an application of 3 functions"

t "what is no function is refused, and says what it is"
project
foreign a v1 '{"layer": "application/vnd.oci.image.layer.v1.tar+gzip"}' "$MODULE"
run 3 add --allow-unsigned oci:a:v1 --yes
has err "is no function"
foreign b v1 '{}' "$MODULE" "$BASE/more.wasm"
run 3 add --allow-unsigned oci:b:v1 --yes
has err "more than one module"
echo "no module" >text
foreign c v1 '{}' text
run 3 add --allow-unsigned oci:c:v1 --yes
printf '\0asm\15\0\1\0' >component
foreign d v1 '{}' component
run 3 add --allow-unsigned oci:d:v1 --yes
has err "component"
fails test -e subo.lock

t "a module that cannot run here is refused before anything is written"
project
sed 's/cache_get/format_disk/' "$BASE/more.wat" >x.wat
"$SUBO" internal-wat2wasm x.wat x.wasm
foreign dist v1 '{}' x.wasm
run 3 add --allow-unsigned oci:dist:v1 --yes
has err format_disk
has err "cannot run here"
fails test -e subo.lock

t "bytes that are not those of the digest are refused"
project
foreign dist v1 '{"spoil": 1}' "$MODULE"
run 3 add --allow-unsigned oci:dist:v1 --yes
has err "its digest is not"
fails test -e subo.lock

t "what a publisher says of a function is taken for text only"
project
foreign dist v1 '{"annotations": {"vnd.subo.function.name": "../../x",
 "vnd.subo.function.lang": "rust\n  evil: 1", "org.opencontainers.image.version":
 "v1\u001b[31m"}}' "$MODULE"
run 0 add --allow-unsigned oci:dist:v1 --yes
has out dist
hasnt subo.lock evil
hasnt subo.lock "lang: \"rust"
hasnt subo.lock version:\ \"v1

t "an unknown reference is not found"
project
run 4 add $ANN "$DIST:nope" --yes
run 4 add --allow-unsigned oci:nowhere:v1 --yes
run 3 add 'Not A Reference' --yes
run 2 add
has err REFERENCE
cd "$WORK" && mkdir empty && cd empty || exit 1
run 4 add $ANN "$DIST:v1" --yes

t "JSON of each"
project
foreign dist v1 '{}' "$BASE/less.wasm"
run 0 add --allow-unsigned oci:dist:v1 --yes --as it --json
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "add" and d["ok"] and d["changed"], d
f = d["function"]
assert f["name"] == "it" and f["capabilities"] == [], f
assert f["imports"] == ["env.return_result"], f'
foreign dist v1 '{}' "$BASE/more.wasm"
run 1 update --allow-unsigned --json --fail-on permissions
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "update" and not d["ok"] and not d["changed"], d
assert d["code"] == "failed", d
f = d["functions"][0]
assert f["outcome"] == "moved" and f["may_do_more"] is True, f
assert f["capabilities"] == ["cache"], f'
publish "$DIST:v1" --json >out 2>err
ok python3 -c '
import json
d = json.load(open("out"))
assert d["type"] == "publish" and d["ok"], d
assert "@sha256:" in d["pinned"], d'

t "publishing twice gives the same digests"
publish "$DIST:v1" >one 2>err
publish "oci:$WORK/again:v1" >two 2>err
sed 's/.*@//' one >one.digest
sed 's/.*@//' two >two.digest
same one.digest two.digest
publish "oci:$WORK/again:v2" --version v9.9.9 >two 2>err
sed 's/.*@//' two >two.digest
cmp -s one.digest two.digest && wrong "the version is not in it"

t "publish says what it lacks"
project
run 2 publish greet oci:x:v1 --version "v1 beta"
has err "is no version"
run 2 publish
run 2 publish greet
run 4 publish nobody "oci:x:v1"
has err "no function"
run 3 publish greet "Not A Reference"
echo broken >greet/lib.wat
for f in greet/*.wat; do echo broken >"$f"; done
run 1 publish greet oci:x:v1
fails test -e x

t "a name that was published with its namespace keeps it"
project
"$SUBO" create function crop --lang wat --namespace img -q >log 2>&1
run 0 publish img::crop "oci:$WORK/crop:v1"
project
run 0 add --allow-unsigned "oci:$WORK/crop:v1" --yes
has out img::crop

# ---- who made it ----

t "what is signed by a trusted key is added, and the key is pinned with it"
project
run 0 add $ANN "$DIST:v1" --yes
id=$(sed -n '1s/.* //p' "$BASE/ann.pub")
has err "signed by     $id"
hasnt err nobody
key=$(sed -n 2p "$BASE/ann.pub")
has subo.lock "signers: [\"$key\"]"

t "keys in the user's folder are trusted, and the user's own signs"
project
mkdir -p cfg/subo/trusted
cp "$BASE/ann.pub" cfg/subo/trusted/
XDG_CONFIG_HOME=$PWD/cfg "$SUBO" add "$DIST:v1" --yes >out 2>err ||
	wrong "$(cat err)"
has subo.lock "$(sed -n 2p "$BASE/ann.pub")"
cp "$BASE/bob.key" cfg/subo/subo.key
XDG_CONFIG_HOME=$PWD/cfg "$SUBO" publish greet oci:dist:v1 >out 2>err ||
	wrong "$(cat err)"
run 0 add --key "$BASE/bob.pub" oci:dist:v1 --as two --yes
XDG_CONFIG_HOME=$PWD/cfg "$SUBO" publish greet oci:bare:v1 --no-sign \
	>out 2>err || wrong "$(cat err)"
run 5 add --key "$BASE/bob.pub" oci:bare:v1 --as three --yes
run 2 publish greet oci:x:v1 --no-sign --key "$BASE/bob.key"

t "a key that others may read does not sign"
project
cp "$BASE/ann.key" loose.key
chmod 644 loose.key
run 5 publish greet oci:x:v1 --key loose.key
fails test -e x

t "what nobody who is trusted signed is refused, but for --allow-unsigned"
project
run 5 add "$DIST:v1" --yes
has err "not one that is trusted"
has err "--allow-unsigned"
run 5 add --key "$BASE/bob.pub" "$DIST:v1" --yes
foreign dist v1 '{}' "$MODULE"
run 5 add $ANN oci:dist:v1 --yes
has err "nobody signed it"
fails test -e subo.lock
run 0 add "$DIST:v1" --yes --allow-unsigned
has err "nobody who is trusted here"
has subo.lock "signers: []"

t "an update is signed by who signed what it follows"
project
cp -R "$BASE/dist" dist
run 0 add $ANN oci:dist:v1 --yes
publish "oci:$PWD/dist:v1" --version v2.0.0 >log 2>&1
run 0 update
has err "version v0.1.0 -> v2.0.0"
(cd "$BASE/pub" && "$SUBO" publish shout "oci:$WORK/p/dist:v1" \
	--version v3.0.0 --key "$BASE/bob.key") >log 2>&1
run 5 update
has err "not one that is trusted"
(cd "$BASE/pub" && "$SUBO" publish shout "oci:$WORK/p/dist:v1" \
	--version v4.0.0) >log 2>&1
run 5 update
has err "nobody signed it"
run 0 update --key "$BASE/ann.pub" --allow-unsigned

t "a publisher's new key follows the old one"
project
cp -R "$BASE/dist" dist
run 0 add $ANN oci:dist:v1 --yes
has subo.lock "$(sed -n 2p "$BASE/ann.pub")"
run 0 keygen --no-password -o new
(cd "$BASE/pub" && "$SUBO" publish shout "oci:$WORK/p/dist:v1" \
	--version v2.0.0 --key "$WORK/p/new.key") >log 2>&1
run 5 update
run 0 sign new.pub --key "$BASE/ann.key" --rotate
run 0 update --dry-run --rotation new.pub
run 5 update
mkdir -p "$HOME/.config/subo/rotated"
mv new.pub new.pub.minisig "$HOME/.config/subo/rotated/"
run 0 update
has subo.lock "$(sed -n 2p "$HOME/.config/subo/rotated/new.pub")"
hasnt subo.lock "$(sed -n 2p "$BASE/ann.pub")"
rm subo.lock
run 0 add $ANN oci:dist:v1 --yes --as again
rm -r "$HOME/.config/subo/rotated"
run 5 add $ANN oci:dist:v1 --yes --as third

t "functions are under the user's policy"
project
mkdir -p "$HOME/.config/subo"
policy() { # SCOPES [REVOKED]
	{
		echo "version: 1"
		echo "keys:"
		for k in ann bob; do
			echo "  $k: $(sed -n 2p "$BASE/$k.pub")"
		done
		echo "scopes: $1"
		[ -z "${2:-}" ] || echo "revoked: $2"
	} >"$HOME/.config/subo/trust.yaml"
}
policy '{shout: {keys: [ann]}}'
run 0 add "$DIST:v1" --yes --as one
policy '{shouts: {keys: [ann]}}'
run 5 add "$DIST:v1" --yes --as two
has err "no scope of the policy has the name shout"
policy '{shout: {keys: [bob]}}'
run 5 add "$DIST:v1" --yes --as two
has err "0 of 1 keys"
policy "{'*': {keys: [ann, bob], threshold: 2}}"
run 5 add "$DIST:v1" --yes --as two
has err "1 of 2 keys"
policy "{'*': {keys: [ann], minVersion: v0.2.0}}"
run 5 add "$DIST:v1" --yes --as two
has err "below the policy's v0.2.0"
policy "{'*': {keys: [ann]}}" \
	"{keys: ['$(sed -n 's/.*key //p;q' "$BASE/ann.pub")']}"
run 5 add "$DIST:v1" --yes --as two
has err "is revoked"
run 5 add "$DIST:v1" --yes --as two --allow-unsigned
policy "{'*': {keys: [ann]}}" \
	"{bundles: ['sha256:$(sha256sum "$MODULE" | cut -c1-64)']}"
run 5 add "$DIST:v1" --yes --as two
has err "it is revoked"
# What is pulled as a file has the name that the file gets.
policy '{dist: {keys: [ann]}}'
run 0 pull "$DIST:v1"
has err "signed by"
policy '{dist: {keys: [bob]}}'
run 5 pull "$DIST:v1"
has err "0 of 1 keys"
rm "$HOME/.config/subo/trust.yaml"

t "an older version that was signed once is not taken for an update"
project
cp -R "$BASE/dist" dist
publish "oci:$PWD/dist:v1" --version v1.10.0 >log 2>&1
run 0 add $ANN oci:dist:v1 --yes
cp subo.lock before
publish "oci:$PWD/dist:v1" --version v1.9.0 >log 2>&1
run 5 update
has err "below the 'v1.10.0' that is pinned"
same subo.lock before
run 0 update --allow-downgrade
has err "version v1.10.0 -> v1.9.0"

t "a signature is of one module under one name and version"
project
cp -R "$BASE/dist" dist
# Another version in the annotations, and the old signature moved to it.
python3 - <<'END'
import hashlib, json
blobs = "dist/blobs/sha256/"
def read(d): return json.load(open(blobs + d["digest"][7:]))
def put(doc, like):
    data = json.dumps(doc).encode()
    h = hashlib.sha256(data).hexdigest()
    open(blobs + h, "wb").write(data)
    return {**like, "digest": "sha256:" + h, "size": len(data)}
index = json.load(open("dist/index.json"))
tag = "org.opencontainers.image.ref.name"
main = next(d for d in index["manifests"]
            if d.get("annotations", {}).get(tag) == "v1")
m = read(main)
m["annotations"]["org.opencontainers.image.version"] = "v9.9.9"
forged = put(m, main)
sigs = [d for d in index["manifests"] if "subject" in read(d)]
assert sigs, index
out = [forged]
for d in sigs:
    s = read(d)
    s["subject"].update(digest=forged["digest"], size=forged["size"])
    out.append(put(s, d))
index["manifests"] = out
json.dump(index, open("dist/index.json", "w"))
END
run 5 add $ANN oci:dist:v1 --yes
has err "as something else"
fails test -e subo.lock

t "a signature that does not hold is an error, also with --allow-unsigned"
project
cp -R "$BASE/dist" dist
python3 - <<'END'
import hashlib, json, os
blobs = "dist/blobs/sha256/"
index = json.load(open("dist/index.json"))
def put(data):
    h = hashlib.sha256(data).hexdigest()
    open(blobs + h, "wb").write(data)
    return "sha256:" + h, len(data)
done = 0
for d in index["manifests"]:
    m = json.load(open(blobs + d["digest"][7:]))
    if "subject" not in m:
        continue
    layer = m["layers"][0]
    text = open(blobs + layer["digest"][7:]).read().split("\n")
    sig = list(text[1])
    sig[40] = "A" if sig[40] != "A" else "B"
    text[1] = "".join(sig)
    layer["digest"], layer["size"] = put("\n".join(text).encode())
    d["digest"], d["size"] = put(json.dumps(m).encode())
    done += 1
assert done
json.dump(index, open("dist/index.json", "w"))
END
run 5 add $ANN oci:dist:v1 --yes
run 5 add $ANN oci:dist:v1 --yes --allow-unsigned

# ---- with a registry ----

# registry: Debian's docker-registry on a free port; PORT, or a skipped case.
registry() {
	command -v docker-registry >/dev/null || {
		skip "there is no docker-registry"
		return 1
	}
	PORT=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >registry.yml <<-END
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $PWD/store}}
		http: {addr: "127.0.0.1:$PORT"}
	END
	docker-registry serve registry.yml >registry.log 2>&1 &
	REGISTRY=$!
	for _ in $(seq 200); do
		curl -fsS "http://127.0.0.1:$PORT/v2/" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	wrong "the registry does not answer: $(cat registry.log)"
	kill $REGISTRY
	return 1
}

t "published to a registry, added from it, moved with its tag"
if registry; then
	project
	AT=localhost:$PORT/fns/shout
	publish "$AT:v1" >out 2>err ||
		wrong "publish: $(cat err)"
	has out "$AT@sha256:"
	run 0 add $ANN "$AT:v1" --yes
	has out shout
	has Directive.yaml "shout: $AT:v1"
	step shout
	run 0 build
	run 0 run shout --input ann
	has out ann
	run 0 update
	has err "0 changed, 1 up to date"
	publish "$AT:v1" --version v2.0.0 \
		>out 2>err || wrong "publish: $(cat err)"
	run 0 update
	has err "version v0.1.0 -> v2.0.0"
	# The build that the first pin allowed needs no registry, and another
	# machine fetches the pin even when the tag stands for something else.
	rm -rf "$BASE/cache/subo/functions"
	publish "$AT:v1" --version v3.0.0 \
		>out 2>err || wrong "publish: $(cat err)"
	cp subo.lock before
	run 0 add
	has err "1 of 1"
	same subo.lock before
	if command -v skopeo >/dev/null; then
		ok skopeo inspect --raw --tls-verify=false "docker://$AT:v1"
		has ok.out "application/vnd.wasm.config.v0+json"
		ok skopeo copy --src-tls-verify=false "docker://$AT:v1" \
			"oci:$WORK/copied:v1"
		run 0 add "oci:$WORK/copied:v1" --yes --as copied --allow-unsigned
	fi
	{ kill $REGISTRY; wait $REGISTRY; } 2>/dev/null
	run 0 build
	run 6 update
	run 6 add $ANN "$AT:v1" --yes
fi

# ---- with one that misbehaves ----

# fake [OPTIONS]: a registry of faults: FAKE is its folder, PORT its port.
fake() {
	FAKE=$WORK/fake
	mkdir -p "$FAKE"
	mkfifo "$FAKE/pipe"
	python3 "$ROOT/testdata/registry/fake.py" "$FAKE" "$@" \
		<"$FAKE/pipe" >"$FAKE/out" 2>&1 &
	REGISTRY=$!
	exec 9>"$FAKE/pipe" # it ends when nobody holds that any more
	for _ in $(seq 200); do
		[ -s "$FAKE/port" ] && break
		sleep 0.05
	done
	PORT=$(cat "$FAKE/port")
	AT=localhost:$PORT/fns/shout
}
end_fake() {
	exec 9>&-
	wait $REGISTRY
}
# fault JSON: what the registry does from now on.
fault() { echo "[$1]" >"$FAKE/faults.new" && mv "$FAKE/faults.new" "$FAKE/faults"; }

t "what a registry changes, hides or breaks off is not added"
fake --referrers
project
publish "$AT:v1" >log 2>&1 || wrong "$(cat log)"
fault '{"match": "GET .*/blobs/", "do": "flip"}'
run 6 add $ANN "$AT:v1" --yes
fault "{\"match\": \"GET .*/manifests/v1\", \"do\": \"flip\"}"
run 6 add $ANN "$AT:v1" --yes
fault '{"match": "GET .*/referrers/", "do": "status", "code": 400,
	"body": "{}"}'
run 5 add $ANN "$AT:v1" --yes
fault '{"match": "GET .*/referrers/", "do": "status", "code": 200,
	"headers": {"Content-Type": "application/vnd.oci.image.index.v1+json"},
	"body": "{\"schemaVersion\": 2, \"manifests\": []}"}'
run 5 add $ANN "$AT:v1" --yes
has err "nobody signed it"
fault '{"match": ".*", "do": "status", "code": 401,
	"headers": {"WWW-Authenticate": "Basic realm=\"x\""}}'
run 5 add $ANN "$AT:v1" --yes
fails test -e subo.lock
for f in "$BASE/cache/subo/functions"/*tmp*; do
	[ -e "$f" ] && wrong "left $f"
done
fault ''
run 0 add $ANN "$AT:v1" --yes
end_fake

t "a pinned module is fetched by digests: the tag is not asked for"
fake --referrers
project
publish "$AT:v1" >log 2>&1 || wrong "$(cat log)"
run 0 add $ANN "$AT:v1" --yes
rm -rf "$BASE/cache/subo/functions"
: >"$FAKE/log"
run 0 add
hasnt "$FAKE/log" "/manifests/v1"
has "$FAKE/log" "/manifests/sha256:"
: >"$FAKE/log"
run 0 add
run 0 build
run 0 test
[ -s "$FAKE/log" ] && wrong "it asked: $(cat "$FAKE/log")"
end_fake

t "publishing is whole or not at all"
fake --referrers
project
fault '{"match": "PUT .*/manifests/", "do": "status", "code": 400}'
run 6 publish greet "$AT:v1" --key "$BASE/ann.key"
# The signature could not be sent: there is no tag that leads to less.
fault '{"match": "PUT .*/manifests/", "skip": 1, "do": "status", "code": 400}'
run 6 publish greet "$AT:v1" --key "$BASE/ann.key"
fault ''
run 4 add $ANN "$AT:v1" --as it --yes
run 0 publish greet "$AT:v1" --key "$BASE/ann.key"
run 0 add $ANN "$AT:v1" --as it --yes
end_fake

done_

#!/bin/sh
# subo keygen, sign, verify: what holds, what does not, and what minisign says.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
export HOME="$BASE/home" XDG_CONFIG_HOME="$BASE/config" XDG_STATE_HOME="$BASE/state"
unset SUBO_KEY_PASSWORD
mkdir -p "$HOME"

bundle() { # a project's bundle, and keys me and other
	cat >Directive.yaml <<-T
	identifier: com.example.app
	appVersion: ${1:-v1.0.0}
	atmoVersion: v0.4.8
	handlers:
	  - type: request
	    resource: /say
	    method: GET
	    steps:
	      - fn: say
	T
	mkdir -p say
	echo "lang: wat" >say/.runnable.yml
	cat >say/lib.wat <<-T
	(module (import "env" "return_result" (func \$r (param i32 i32 i32)))
	  (memory (export "memory") 1) (data (i32.const 16) "hello")
	  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
	  (func (export "deallocate") (param i32 i32))
	  (func (export "run_e") (param i32 i32 i32)
	    (call \$r (i32.const 16) (i32.const 5) (local.get 2))))
	T
	run 0 build --no-attest
	[ -f me.key ] || run 0 keygen --no-password -o me
	[ -f other.key ] || run 0 keygen --no-password -o other
}

t "a key pair is for its owner, and is not written over"
run 0 keygen --no-password -o me
[ "$(stat -c %a me.key)" = 600 ] || wrong "mode of me.key"
has me.pub "untrusted comment: minisign public key"
[ "$(sed -n 2p me.pub)" = "$(cat out)" ] || wrong "the key is not told"
cp me.key old.key
run 3 keygen --no-password -o me
same me.key old.key
rm me.pub
run 3 keygen --no-password -o me
same me.key old.key
run 0 keygen --no-password --force -o me
cmp -s me.key old.key && wrong "--force replaced nothing"
run 2 keygen -o pw
has err "no terminal"
hasnt err "pw.key is"
[ ! -e pw.key ] || wrong "a key without a password"

t "a key is kept under a password"
SUBO_KEY_PASSWORD=secret
export SUBO_KEY_PASSWORD
run 0 keygen -o pw
has pw.key "encrypted"
echo hello >f
run 0 sign f --key pw.key
run 0 verify f --key pw.pub
SUBO_KEY_PASSWORD=wrong
run 5 sign f --key pw.key
has err "password is wrong"
unset SUBO_KEY_PASSWORD
run 2 sign f --key pw.key

t "a bundle is signed in itself, and every reader still reads it"
bundle
cp runnables.wasm.zip plain.zip
run 0 sign runnables.wasm.zip --key me.key
run 0 verify runnables.wasm.zip --key me.pub
has out "signed by"
has out "(publisher)"
run 0 verify runnables.wasm.zip --key "$(sed -n 2p me.pub)"
ok unzip -tq runnables.wasm.zip
ok python3 -c 'import zipfile; assert zipfile.ZipFile("runnables.wasm.zip").testzip() is None'
run 0 inspect runnables.wasm.zip
# Once more by the same key: it is the same, but for the time.
run 0 sign runnables.wasm.zip --key me.key --role release --expires 30d
run 0 verify runnables.wasm.zip --key me.pub
has out "(release)"
# By two.
run 0 sign runnables.wasm.zip --key other.key --role ci
run 0 verify runnables.wasm.zip --key me.pub --key other.pub
has out "(release)"
has out "(ci)"
run 0 verify --json runnables.wasm.zip --key other.pub
has out '"unknown": 1'

t "minisign takes what we sign, and we what minisign signs"
command -v minisign >/dev/null || skip "minisign is not installed"
bundle
run 0 sign -d runnables.wasm.zip --key me.key
ok minisign -V -H -p me.pub -m runnables.wasm.zip
run 0 verify runnables.wasm.zip --key me.pub
minisign -G -W -f -p m.pub -s m.key >/dev/null 2>&1 </dev/null || wrong "minisign -G"
rm runnables.wasm.zip.minisig
minisign -S -s m.key -m runnables.wasm.zip -t "by hand" >/dev/null 2>&1 </dev/null
run 0 verify runnables.wasm.zip --key m.pub
echo hello >f
run 0 sign f --key m.key -c "of ours"
minisign -V -p m.pub -m f >mout 2>&1 || wrong "minisign refuses"
has mout "of ours"
# Its older form says nothing.
minisign -S -l -s m.key -m f >/dev/null 2>&1 </dev/null
run 3 verify f --key m.pub
has err "older form"

t "signatures are detached and attached without loss"
bundle
cp runnables.wasm.zip plain.zip
run 0 sign runnables.wasm.zip --key me.key
run 0 sign runnables.wasm.zip --key other.key
cp runnables.wasm.zip signed.zip
run 0 signature show runnables.wasm.zip
[ "$(wc -l <out)" = 2 ] || wrong "not two signatures"
run 0 signature detach runnables.wasm.zip
same runnables.wasm.zip plain.zip
run 0 verify runnables.wasm.zip --key me.pub --key other.pub
run 4 signature detach runnables.wasm.zip
run 0 signature attach runnables.wasm.zip runnables.wasm.zip.minisig
same runnables.wasm.zip signed.zip
run 0 signature attach runnables.wasm.zip runnables.wasm.zip.minisig
same runnables.wasm.zip signed.zip
run 3 signature detach runnables.wasm.zip
same runnables.wasm.zip signed.zip
run 3 signature attach runnables.wasm.zip me.pub
run 2 signature attach runnables.wasm.zip
run 3 signature show me.pub

t "forgeries do not hold"
bundle
run 0 sign runnables.wasm.zip --key me.key
cp runnables.wasm.zip good.zip
run 5 verify good.zip --key other.pub
has err "not one that is trusted"
# A changed byte.
printf X | dd of=runnables.wasm.zip bs=1 seek=300 conv=notrunc 2>/dev/null
run 5 verify runnables.wasm.zip --key me.pub
has err "does not hold"
# An entry more.
cp good.zip more.zip
python3 - <<-'P'
import zipfile
z = zipfile.ZipFile("more.zip", "a"); z.writestr("static/x", "evil"); z.close()
P
if "$SUBO" verify more.zip --key me.pub >out 2>err; then wrong "an entry was added"; fi
# One that stands beside it and is of another bundle.
bundle v2.0.0
run 0 sign -d runnables.wasm.zip --key me.key
cp runnables.wasm.zip.minisig good.zip.minisig
run 5 verify good.zip --key me.pub
has err "does not hold"
rm good.zip.minisig
run 0 verify good.zip --key me.pub
# Taken off.
cp runnables.wasm.zip none.zip
run 5 verify none.zip --key me.pub
has err "nobody signed it"
run 0 verify none.zip --allow-unsigned
has out "not signed"

t "bad inputs are told for what they are"
bundle
run 2 sign
run 2 verify runnables.wasm.zip
has err "--key"
run 4 verify nothing.zip --key me.pub
run 4 sign runnables.wasm.zip --key nothing.key
run 3 sign runnables.wasm.zip --key me.pub
run 3 verify runnables.wasm.zip --key me.key
has err "NAME.pub"
chmod 644 me.key
run 5 sign runnables.wasm.zip --key me.key
has err "chmod 600 me.key"
chmod 600 me.key
run 2 sign runnables.wasm.zip --key me.key --role admin
run 2 sign runnables.wasm.zip --key me.key --expires yesterday
run 2 sign runnables.wasm.zip --key me.key -c hello
printf 'PK\003\004xxxx' >bad.zip
run 3 sign bad.zip --key me.key
for n in five crlf; do cp runnables.wasm.zip $n.zip; done
run 0 sign -d runnables.wasm.zip --key me.key
cp runnables.wasm.zip.minisig five.zip.minisig
echo junk >>five.zip.minisig
sed 's/$/\r/' runnables.wasm.zip.minisig >crlf.zip.minisig
run 3 verify five.zip --key me.pub
run 3 verify crlf.zip --key me.pub

t "the user's own key is used where none is named"
bundle
run 0 keygen --no-password
[ -f "$XDG_CONFIG_HOME/subo/subo.key" ] || wrong "no key in the user's folder"
run 0 sign runnables.wasm.zip
run 0 verify runnables.wasm.zip
mkdir -p "$XDG_CONFIG_HOME/subo/trusted"
cp other.pub "$XDG_CONFIG_HOME/subo/trusted/"
cp runnables.wasm.zip two.zip
run 0 sign two.zip --key other.key
run 0 verify two.zip
has out ", "

t "a policy says who may sign what"
bundle
run 0 sign runnables.wasm.zip --key me.key --role ci
{
	echo "version: 1"
	echo "expires: 2100-01-01"
	echo "keys:"
	echo "  me: $(sed -n 2p me.pub)"
	echo "  other: $(sed -n 2p other.pub)"
	echo "scopes:"
	echo "  com.example: {keys: [me, other], threshold: 2, roles: [ci, release]}"
} >trust.yaml
run 5 verify runnables.wasm.zip --policy trust.yaml
has err "1 of 2 keys"
run 0 sign runnables.wasm.zip --key other.key --role release
run 0 verify runnables.wasm.zip --policy trust.yaml
run 4 verify runnables.wasm.zip --policy trust.yaml --root me.pub
run 0 sign trust.yaml --key me.key
run 0 verify runnables.wasm.zip --policy trust.yaml --root me.pub
run 5 verify runnables.wasm.zip --policy trust.yaml --root other.pub
echo "revoked: {keys: ['$("$SUBO" verify --json runnables.wasm.zip --key other.pub | sed -n 's/.*"key": "\(.*\)",/\1/p')']}" >>trust.yaml
run 5 verify runnables.wasm.zip --policy trust.yaml
has err "revoked"
echo "nonsense: 1" >>trust.yaml
run 3 verify runnables.wasm.zip --policy trust.yaml
has err "trust.yaml:"

done_

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

key_id() { # of a public key's file: the number in its comment
	sed -n 's/^untrusted comment: minisign public key \([0-9A-F]*\)$/\1/p' "$1"
}

t "a key follows another, which says so itself"
run 0 keygen --no-password -o old
run 0 keygen --no-password -o new
run 0 sign new.pub --key old.key --rotate
has err "key $(key_id new.pub) follows $(key_id old.pub)"
has new.pub.minisig "subo-rotate/1	old=$(sed -n 2p old.pub)	new=$(sed -n 2p new.pub)	scope=	not-before=0"
if command -v minisign >/dev/null; then
	minisign -V -H -p old.pub -m new.pub >mout 2>&1 || wrong "minisign refuses"
	has mout "subo-rotate/1"
fi
bundle
run 0 sign runnables.wasm.zip --key new.key --role release
run 5 verify runnables.wasm.zip --key old.pub
hasnt err "follows $(key_id old.pub)"
run 0 verify runnables.wasm.zip --key old.pub --rotation new.pub
has out "signed by $(key_id new.pub) (release), which follows $(key_id old.pub)"
run 0 verify --json runnables.wasm.zip --key old.pub --rotation new.pub
has out "\"follows\": \"$(key_id old.pub)\""
echo hello >f
run 0 sign f --key new.key
run 0 verify f --key old.pub --rotation new.pub
has out "which follows $(key_id old.pub)"
run 0 sign new.pub --key old.key --rotate --json
has out "\"next\": \"$(key_id new.pub)\""
# All that verify take it.
run 0 run say --bundle runnables.wasm.zip --key old.pub --rotation new.pub
has out "hello"
run 5 run say --bundle runnables.wasm.zip --key old.pub
# Not the other way round, and not from a stranger.
run 5 verify f --key other.pub --rotation new.pub
has err "key $(key_id new.pub) follows $(key_id old.pub), which is not trusted"
echo old >g
run 0 sign g --key old.key
run 5 verify g --key new.pub --rotation new.pub

t "where rotations are kept, they count for every command"
run 0 keygen --no-password -o old
run 0 keygen --no-password -o new
run 0 sign new.pub --key old.key --rotate
bundle
run 0 signature detach runnables.wasm.zip # the user's own
rm runnables.wasm.zip.minisig
run 0 sign runnables.wasm.zip --key new.key
mkdir -p "$XDG_CONFIG_HOME/subo/rotated" "$XDG_CONFIG_HOME/subo/trusted"
cp new.pub "$XDG_CONFIG_HOME/subo/rotated/"
run 5 verify runnables.wasm.zip --key old.pub
has err "passed over"
cp new.pub.minisig "$XDG_CONFIG_HOME/subo/rotated/"
run 0 verify runnables.wasm.zip --key old.pub
has out "which follows $(key_id old.pub)"
run 5 verify runnables.wasm.zip
cp old.pub "$XDG_CONFIG_HOME/subo/trusted/before.pub"
run 0 verify runnables.wasm.zip
has out "which follows $(key_id old.pub)"
rm -r "$XDG_CONFIG_HOME/subo/rotated" "$XDG_CONFIG_HOME/subo/trusted/before.pub"

t "a rotation is for names, and from a day on"
run 0 keygen --no-password -o old
run 0 keygen --no-password -o new
bundle
run 0 sign runnables.wasm.zip --key new.key
run 0 sign new.pub --key old.key --rotate --scope com.example
run 0 verify runnables.wasm.zip --key old.pub --rotation new.pub
run 0 sign new.pub --key old.key --rotate --scope com.example.other
run 5 verify runnables.wasm.zip --key old.pub --rotation new.pub
has err "only for names in com.example.other"
run 0 sign new.pub --key old.key --rotate --not-before 2d
run 5 verify runnables.wasm.zip --key old.pub --rotation new.pub
has err "but only from 2"
run 0 sign new.pub --key old.key --rotate --not-before 2100-01-01
run 5 verify runnables.wasm.zip --key old.pub --rotation new.pub
has err "but only from 2100-01-01 on"

t "a row of keys is walked from the first, and has eight links"
run 0 keygen --no-password -o k0
for i in 1 2 3 4 5 6 7 8 9; do
	run 0 keygen --no-password -o k$i
	run 0 sign k$i.pub --key k$((i - 1)).key --rotate
done
all='--rotation k9.pub --rotation k1.pub --rotation k2.pub --rotation k3.pub --rotation k4.pub --rotation k5.pub --rotation k6.pub --rotation k7.pub'
bundle
run 0 sign runnables.wasm.zip --key k8.key
# shellcheck disable=SC2086
run 0 verify runnables.wasm.zip --key k0.pub $all --rotation k8.pub
has out "which follows $(key_id k0.pub)"
cp runnables.wasm.zip nine.zip
run 0 signature detach nine.zip
rm nine.zip.minisig
run 0 sign nine.zip --key k9.key
# shellcheck disable=SC2086
run 5 verify nine.zip --key k0.pub $all --rotation k8.pub
has err "at most 8 in a row"
# shellcheck disable=SC2086
run 0 verify nine.zip --key k1.pub $all --rotation k8.pub
# shellcheck disable=SC2086
run 5 verify nine.zip --key k1.pub $all
has err "which is not trusted"

t "revocation beats what follows"
run 0 keygen --no-password -o old
run 0 keygen --no-password -o new
run 0 sign new.pub --key old.key --rotate
bundle
run 0 sign runnables.wasm.zip --key new.key
{
	echo "version: 1"
	echo "keys: {old: $(sed -n 2p old.pub)}"
	echo "scopes: {com.example: {keys: [old]}}"
	echo "rotations:"
	echo "  - |"
	sed 's/^/    /' new.pub new.pub.minisig
} >trust.yaml
run 0 verify runnables.wasm.zip --policy trust.yaml
has out "which follows $(key_id old.pub)"
cp trust.yaml all.yaml
echo "revoked: {keys: ['$(key_id old.pub)']}" >>trust.yaml
run 5 verify runnables.wasm.zip --policy trust.yaml
has err "follows $(key_id old.pub), which is revoked"
cp all.yaml trust.yaml
echo "revoked: {keys: [$(sed -n 2p new.pub)]}" >>trust.yaml
run 5 verify runnables.wasm.zip --policy trust.yaml
has err "key $(key_id new.pub) is revoked"

t "what is no rotation is told for what it is"
run 0 keygen --no-password -o old
run 0 keygen --no-password -o new
echo hello >f
run 0 sign f --key new.key
run 4 verify f --key old.pub --rotation nothing.pub
run 4 verify f --key old.pub --rotation new.pub
has err "which key it follows"
has err "--rotate"
run 0 sign new.pub --key old.key
run 3 verify f --key old.pub --rotation new.pub
has err "signed by subo"
run 0 sign new.pub --key old.key --rotate
run 3 verify f --key old.pub --rotation f
cp old.pub bad.pub
cp new.pub.minisig bad.pub.minisig
run 5 verify f --key old.pub --rotation bad.pub
has err "does not hold"
sed 's/not-before=0/not-before=1/' new.pub.minisig >x
cat x >new.pub.minisig
run 5 verify f --key old.pub --rotation new.pub
run 3 sign f --key old.key --rotate
run 3 sign old.pub --key old.key --rotate
has err "no key follows itself"
run 3 sign old.key --key old.key --rotate
sed -n 2p new.pub >line.pub
run 3 sign line.pub --key old.key --rotate
run 2 sign new.pub --key old.key --rotate --role ci
run 2 sign new.pub --key old.key --rotate -c text
run 2 sign new.pub --key old.key --rotate --not-before yesterday
run 2 sign new.pub --key old.key --rotate --scope ''
run 2 sign new.pub --key old.key --rotate --scope '*'
run 2 sign new.pub --key old.key --scope com.example
run 2 sign new.pub --key old.key --not-before 2d
# Another's signature beside the key changes nothing.
run 0 sign new.pub --key old.key --rotate
run 0 keygen --no-password -o third
run 0 sign new.pub --key third.key
[ -f "new.pub.$(key_id third.pub).minisig" ] || wrong "the third signs elsewhere"
run 0 verify f --key old.pub --rotation new.pub

t "a policy that is older than one that was seen is not taken"
run 0 keygen --no-password -o root
bundle
run 0 sign runnables.wasm.zip --key me.key
policy() { # VERSION [MORE]
	{
		echo "version: $1"
		echo "${2:-expires: 2100-01-01}"
		echo "keys: {me: $(sed -n 2p me.pub)}"
		echo "scopes: {com.example: {keys: [me]}}"
	} >trust.yaml
}
policy 9
run 0 verify runnables.wasm.zip --policy trust.yaml
policy 10
run 0 verify runnables.wasm.zip --policy trust.yaml
policy 9
run 5 verify runnables.wasm.zip --policy trust.yaml
has err "9 is below 10"
has err "--allow-downgrade"
run 0 verify runnables.wasm.zip --policy trust.yaml --allow-downgrade
run 0 verify runnables.wasm.zip --policy trust.yaml
# One that a root signs is known by the root, wherever it lies.
policy 5
run 0 sign trust.yaml --key root.key
run 0 verify runnables.wasm.zip --policy trust.yaml --root root.pub
mkdir elsewhere
policy 4
mv trust.yaml elsewhere/
(cd elsewhere && run 0 sign trust.yaml --key ../root.key)
run 5 verify runnables.wasm.zip --policy elsewhere/trust.yaml --root root.pub
has err "4 is below 5"
# A root is followed too.
run 0 keygen --no-password -o root2
run 0 sign root2.pub --key root.key --rotate
policy 6
rm trust.yaml.minisig
run 0 sign trust.yaml --key root2.key
run 5 verify runnables.wasm.zip --policy trust.yaml --root root.pub
run 0 verify runnables.wasm.zip --policy trust.yaml --root root.pub --rotation root2.pub

t "some of the roots of a policy are enough"
bundle
run 0 sign runnables.wasm.zip --key me.key
policy 1
for i in a b c; do run 0 keygen --no-password -o $i; done
run 0 sign trust.yaml --key a.key
run 0 sign trust.yaml --key c.key
abc='--root a.pub --root b.pub --root c.pub'
# shellcheck disable=SC2086
run 5 verify runnables.wasm.zip --policy trust.yaml $abc
has err "2 of 3 keys that are its roots signed it"
# shellcheck disable=SC2086
run 0 verify runnables.wasm.zip --policy trust.yaml $abc --root-threshold 2
# shellcheck disable=SC2086
run 2 verify runnables.wasm.zip --policy trust.yaml $abc --root-threshold 4
run 0 verify runnables.wasm.zip --policy trust.yaml --root c.pub --root a.pub
run 5 verify runnables.wasm.zip --policy trust.yaml --root b.pub
run 2 verify runnables.wasm.zip --key me.pub --root a.pub
has err "no --policy"

t "a policy that ends soon is told of, and one that ended is refused"
bundle
run 0 sign runnables.wasm.zip --key me.key
policy 1 "expires: $(date -u -d '+20 days' +%F)"
run 0 verify runnables.wasm.zip --policy trust.yaml
hasnt err "expires"
policy 1 "expires: $(date -u -d '+9 days 12 hours' +%FT%TZ)"
run 0 verify runnables.wasm.zip --policy trust.yaml
has err "expires in 9 days"
policy 1 "expires: $(date -u -d '+5 hours 30 minutes' +%FT%TZ)"
run 0 verify runnables.wasm.zip --policy trust.yaml
has err "expires in 5 hours"
policy 1 "expires: $(date -u -d '-1 day' +%F)"
run 5 verify runnables.wasm.zip --policy trust.yaml
has err "expired"

t "a policy can ask for provenance"
bundle
run 0 sign runnables.wasm.zip --key me.key
policy 1
sed 's/keys: \[me\]/keys: [me], require: [minisign, provenance]/' trust.yaml >p.yaml
run 0 verify runnables.wasm.zip --policy trust.yaml
run 5 verify runnables.wasm.zip --policy p.yaml
has err "there is none in it"
run 0 build
run 0 sign runnables.wasm.zip --key me.key
run 0 verify runnables.wasm.zip --policy p.yaml

t "of more signatures than a bundle has room for, strangers' are left behind"
bundle
run 0 signature detach runnables.wasm.zip
rm runnables.wasm.zip.minisig
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	run 0 keygen --no-password -o k$i
	run 0 push oci:dist:v1 --sign --key k$i.key
done
policy 1
sed -i "s/^keys: .*/keys: {me: $(sed -n 2p k12.pub | sed 's:/:\\/:g')}/" trust.yaml
run 0 pull oci:dist:v1 -o got.zip --policy trust.yaml
has err "signed by $(key_id k12.pub)"
run 0 keygen --no-password -o first
run 0 sign k11.pub --key first.key --rotate
run 0 pull oci:dist:v1 -o two.zip --key first.pub --rotation k11.pub
has err "signed by $(key_id k11.pub)"
has err "which follows $(key_id first.pub)"
run 0 signature show two.zip
[ "$(wc -l <out)" = 8 ] || wrong "not eight signatures"

t "d46: a link to a key of somebody else's is not followed"
bundle
run 0 sign runnables.wasm.zip --key me.key
policy 1
mkdir links
for i in me.key me.pub trust.yaml; do ln -s "../$i" "links/$i"; done
run 0 sign runnables.wasm.zip --key links/me.key
run 0 verify runnables.wasm.zip --key links/me.pub
run 0 verify runnables.wasm.zip --policy links/trust.yaml
if [ "$(id -u)" = 0 ]; then
	cp me.key theirs.key
	cp me.pub theirs.pub
	cp trust.yaml theirs.yaml
	chmod 600 theirs.key
	chown 65534 theirs.*
	for i in key pub yaml; do ln -sf "../theirs.$i" "links/theirs.$i"; done
	run 5 sign runnables.wasm.zip --key links/theirs.key
	has err "somebody else"
	run 5 push oci:dist:v1 --sign --key links/theirs.key
	run 5 verify runnables.wasm.zip --key links/theirs.pub
	has err "is a link to a file that belongs to somebody else"
	run 5 verify runnables.wasm.zip --policy links/theirs.yaml
	run 5 verify runnables.wasm.zip --policy trust.yaml --root links/theirs.pub
	# It is the link that is not trusted.
	run 0 verify runnables.wasm.zip --key theirs.pub
	run 0 verify runnables.wasm.zip --policy theirs.yaml
else
	skip "only root can give a file away"
fi

done_

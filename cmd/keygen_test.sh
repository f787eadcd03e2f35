#!/bin/sh
# subo keygen: the same key in minisign's files and in cosign's, and what openssl
# and cosign say of them.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
export HOME="$BASE/home" XDG_CONFIG_HOME="$BASE/config" XDG_STATE_HOME="$BASE/state"
unset SUBO_KEY_PASSWORD
mkdir -p "$HOME"
# raw FILE N: the last N bytes of what a text in base64 says, in hex
raw() { base64 -d <"$1" | tail -c "$2" | od -An -v -tx1 | tr -d ' \n'; }

t "a pair is written for minisign and for cosign, of the same key"
run 0 keygen --no-password -o me
for f in me.key me.cosign.key; do
	[ "$(stat -c %a $f)" = 600 ] || wrong "mode of $f"
done
sed -n 2p me.pub >a
openssl pkey -pubin -in me.cosign.pub -outform DER | base64 >b ||
	wrong "openssl does not read me.cosign.pub"
[ "$(raw a 32)" = "$(raw b 32)" ] || wrong "they are of different keys"
has err "me.cosign.key"

t "none of four files is written over, and none is left when one cannot be"
run 0 keygen --no-password -o me
run 3 keygen --no-password -o me
for f in key pub cosign.key cosign.pub; do
	mkdir -p "$f"
	: >"$f/new.$f"
	run 3 keygen --no-password -o "$f/new"
	has err "'$f/new.$f' exists already"
	[ "$(ls "$f")" = "new.$f" ] || wrong "left beside $f: $(ls "$f")"
done
cp me.cosign.key old
run 0 keygen --no-password --force -o me
same_not() { ! cmp -s "$1" "$2" || wrong "$1 is as before"; }
same_not me.cosign.key old

t "--json names all of them"
run 0 keygen --no-password --json -o j
for f in '"key": "j.key"' '"pub": "j.pub"' '"cosignKey": "j.cosign.key"' \
	'"cosignPub": "j.cosign.pub"'; do
	has out "$f"
done

t "one's own pair is for minisign alone"
run 0 keygen --no-password
[ "$(ls "$XDG_CONFIG_HOME/subo")" = "subo.key
subo.pub" ] || wrong "$(ls "$XDG_CONFIG_HOME/subo")"

t "cosign reads the pair, with a password and without, and signs with it"
if ! command -v cosign >/dev/null; then
	skip "cosign is not installed"
else
	SUBO_KEY_PASSWORD=secret "$SUBO" keygen -o pw >out 2>err || wrong "$(cat err)"
	COSIGN_PASSWORD=secret cosign public-key --key pw.cosign.key >p 2>err ||
		wrong "$(cat err)"
	same p pw.cosign.pub
	COSIGN_PASSWORD=other cosign public-key --key pw.cosign.key >p 2>err &&
		wrong "any password will do"
	run 0 keygen --no-password -o me
	echo hello >f
	set --
	case $(cosign version 2>&1) in
	*"GitVersion:"*v3.*) set -- --new-bundle-format=false --use-signing-config=false ;;
	esac
	COSIGN_PASSWORD='' cosign sign-blob --yes --tlog-upload=false "$@" \
		--key me.cosign.key --output-signature f.sig f >out 2>err ||
		wrong "$(cat err)"
	cosign verify-blob --insecure-ignore-tlog --key me.cosign.pub \
		--signature f.sig f >out 2>err || wrong "$(cat err)"
fi

done_

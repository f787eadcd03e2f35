#!/bin/sh
# subo completion: the scripts are sound, and complete what they should.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"
mkdir -p "$BASE/bin"
ln -s "$SUBO" "$BASE/bin/subo"
export PATH="$BASE/bin:$PATH" HOME="$BASE" XDG_CACHE_HOME="$BASE/cache"

"$SUBO" create project demo --lang wat --dir "$BASE" >"$BASE/log" 2>&1
for f in greet get-user; do
	"$SUBO" create function $f --lang wat --dir "$BASE/demo"
done >>"$BASE/log" 2>&1
"$SUBO" create function upper --lang wat --namespace text \
	--dir "$BASE/demo" >>"$BASE/log" 2>&1

# LINE: replies of the bash function, one a line, into ./got.
# shellcheck disable=SC2016
complete_bash() {
	(cd "$BASE/demo" && bash --norc -c '
		. "$2"
		COMP_LINE=$1 COMP_POINT=${#1}
		COMP_WORDBREAKS=$(printf " \t\n\"'\''><=;|&(:")
		_subo
		[ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$1" "$BASE/subo.bash") >got 2>&1
}
# shellcheck disable=SC2016
complete_fish() {
	(cd "$BASE/demo" && fish --no-config -c '
		source $argv[2]
		complete -C $argv[1]
	' "$1" "$BASE/subo.fish" | cut -f1) >got 2>&1
}
gives() { # SHELL LINE WORD...: exactly these words
	shell=$1 line=$2
	shift 2
	"complete_$shell" "$line"
	printf '%s\n' "$@" | grep . | LC_ALL=C sort >want
	LC_ALL=C sort -o got got
	cmp -s want got || wrong "'$line' gives: $(tr '\n' ' ' <got | cut -c1-300)"
}
offers() { # SHELL LINE WORD: this word among others
	"complete_$1" "$2"
	grep -qxF -- "$3" got || wrong "'$2' lacks '$3': $(tr '\n' ' ' <got | cut -c1-300)"
}
witholds() {
	"complete_$1" "$2"
	grep -qxF -- "$3" got && wrong "'$2' offers '$3'"
}

values_in() {
	gives "$1" "subo bui" build
	gives "$1" "subo create " project function handler
	gives "$1" "subo create fu" function
	gives "$1" "subo create handler /x --method P" POST PUT PATCH
	gives "$1" "subo create handler /x --steps g" get-user greet
	gives "$1" "subo serve --log " json none plain
	gives "$1" "subo serve --log-level " debug error info warn
	offers "$1" "subo serve --tls-" --tls-cert
	witholds "$1" "subo serve --http" --httpPort
	offers "$1" "subo create function x --lang " rust
	offers "$1" "subo create function x --lang c" cpp
	offers "$1" "subo create function x --" --namespace
	offers "$1" "subo create function x --" --json
	offers "$1" "subo help " create
	witholds "$1" "subo " internal-complete
	witholds "$1" "subo " deploy
	witholds "$1" "subo create " runnable
	witholds "$1" "subo create project x --" --branch
	offers "$1" "subo run " greet
	offers "$1" "subo why g" get-user
	offers "$1" "subo explain D0" D001
}

t "each shell has its script, and others are told"
for s in bash zsh fish; do
	run 0 completion $s
	has out subo
	cp out "$BASE/subo.$s"
	run 0 completion $s --json
	has out '"script":'
done
run 2 completion
has err "bash, zsh or fish"
run 2 completion tcsh
has err "bash, zsh or fish"

t "words are printed one a line, and only those that are harmless"
cd "$BASE/demo" || exit 1
run 0 internal-complete functions
has out greet
has out text::upper
# shellcheck disable=SC2016
printf 'name: "$(touch hacked)"\nlang: wat\n' >greet/.runnable.yml
run 0 internal-complete functions
hasnt out hacked
printf 'name: greet\nlang: wat\n' >greet/.runnable.yml
cd "$WORK" || exit 1
run 0 internal-complete functions
[ -s out ] && wrong "functions of nowhere"
run 0 internal-complete langs
has out assemblyscript
run 2 internal-complete anything
run 0 internal-complete codes
has out F001

t "the script is bash, and completes commands, options and values"
if command -v bash >/dev/null; then
	ok bash -n "$BASE/subo.bash"
	values_in bash
	gives bash "subo create handler /x --method=PO" POST
	gives bash "subo create handler /x --steps greet,ge" greet,get-user
	gives bash "subo run text::u" upper
	gives bash "subo create handler /x --steps text:" :upper
	gives bash "subo create function x --from Dir" Directive.yaml
	gives bash "subo run --timeout "
	offers bash "subo build " greet
else
	skip "bash is not installed"
fi

t "the script is zsh"
if command -v zsh >/dev/null; then
	ok zsh -n "$BASE/subo.zsh"
	# shellcheck disable=SC2016
	ok zsh -fc 'autoload -U compinit && compinit -D && . "$1" &&
		[ "$_comps[subo]" = _subo ]' zsh "$BASE/subo.zsh"
else
	skip "zsh is not installed"
fi

t "the script is fish, and completes commands, options and values"
if command -v fish >/dev/null; then
	ok fish -n "$BASE/subo.fish"
	values_in fish
	offers fish "subo create handler /x --steps greet,ge" greet,get-user
	gives fish "subo run text::u" text::upper
else
	skip "fish is not installed"
fi

done_

# Sourced by cmd/*_test.sh.  Each case runs in a new empty folder.
#
#	t NAME			begin a case
#	run CODE ARGS...	run subo; CODE is the exit code it must have;
#				stdout goes to ./out, stderr to ./err
#	run_in FILE CODE ARGS	the same with standard input from FILE
#	ok COMMAND...		must succeed
#	fails COMMAND...	must not
#	has FILE TEXT		the file holds the text
#	hasnt FILE TEXT		it does not
#	same FILE FILE		equal bytes
#	skip REASON		this case cannot run here; counted apart
#	done_			the end: prints "N passed, N failed, N skipped"
#
# SUBO is the program, ROOT the source tree; WORK is the folder of the case.
set -u
passed=0 failed=0 skipped=0 name='' bad=0
BASE=$(mktemp -d "${TMPDIR:-/tmp}/subo-test.XXXXXX")
trap 'rm -rf "$BASE"' EXIT
trap 'exit 130' INT TERM
: "${SUBO:?}" "${ROOT:?}"
export NO_COLOR=1
unset GITHUB_ACTIONS GITHUB_WORKSPACE # annotations only where they are meant

close_case() {
	[ -z "$name" ] && return
	if [ "$bad" = skip ]; then
		skipped=$((skipped + 1))
	elif [ "$bad" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: ${0##*/}: $name"
	fi
	name=''
}
t() {
	close_case
	name=$1 bad=0
	WORK=$(mktemp -d "$BASE/case.XXXXXX")
	cd "$WORK" || exit 1
}
wrong() {
	[ "$bad" = 0 ] && bad=1
	echo "  $name: $*"
}
run_in() {
	from=$1 want=$2
	shift 2
	"$SUBO" "$@" <"$from" >out 2>err
	got=$?
	if [ "$got" != "$want" ]; then
		wrong "subo $*: exit $got, not $want"
		sed 's/^/    out: /' out | cut -c1-300 | head -20
		sed 's/^/    err: /' err | cut -c1-300 | head -40
	fi
}
run() { run_in /dev/null "$@"; }
ok() { "$@" >ok.out 2>&1 || { wrong "failed: $*"; cut -c1-300 ok.out | sed 's/^/    /' | head -20; }; }
fails() { "$@" >ok.out 2>&1 && wrong "succeeded: $*"; :; }
has() {
	grep -qF -- "$2" "$1" || {
		wrong "$1 lacks: $2"
		cut -c1-300 "$1" | head -30 |
			awk -v f="$1" '{ print "    " f ": " $0 }'
	}
}
hasnt() { grep -qF -- "$2" "$1" && wrong "$1 has: $2"; :; }
same() { cmp -s "$1" "$2" || wrong "$1 and $2 differ"; }
skip() { bad=skip; echo "  skipped: $name: $*"; }
done_() {
	close_case
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}

#!/bin/sh
# The same sources give the same bundle: elsewhere, as somebody else, on another
# day, in another locale, with another umask and number of jobs, and in caches
# that were empty.
# shellcheck source=cmd/test.sh
. "$ROOT/cmd/test.sh"

LANGS="c rust go tinygo assemblyscript wat cpp"

# A project with one function in each language that is installed here.
t "a project in each language is built"
run 0 create project app --lang wat
cd app || exit 1
for l in $LANGS; do
	run 0 create function "in-$l" --lang "$l"
done
# What a compiler could take from its surroundings.
cat >>in-c/lib.c <<'C'
const char *subo_built_where = __FILE__ " " __DATE__ " " __TIME__;
C
mkdir -p static/deep
echo text >static/deep/a.txt
chmod 600 static/deep/a.txt
run 0 build --jobs 4
cp runnables.wasm.zip "$BASE/first.zip"
ok unzip -tq "$BASE/first.zip"
PROJECT=$PWD

# elsewhere NAME: a copy of the sources, newer, made in another order.
elsewhere() {
	mkdir -p "$BASE/$1"
	(cd "$PROJECT" && find . -name .subo -prune -o -name target -prune -o \
		-type f ! -name '*.wasm' ! -name '*.zip' \
		! -path './out' ! -path './err' -print | sort -r |
		while read -r f; do
			mkdir -p "$BASE/$1/$(dirname "$f")"
			cat "$f" >"$BASE/$1/$f"
		done)
	cd "$BASE/$1" || exit 1
	find . -exec touch -d '2031-05-06 07:08:09' {} +
}

differs() {
	"$SUBO" diff "$BASE/first.zip" runnables.wasm.zip | head -40
	wrong "the bundle is another"
}

t "another folder, with a space in its name, and one job"
elsewhere "an other/deeper one"
run 0 build --jobs 1
cmp -s runnables.wasm.zip "$BASE/first.zip" || differs

t "another locale, time zone, umask and terminal"
elsewhere locale
(umask 077 && TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 \
	TERM=vt100 COLUMNS=40 "$SUBO" build --jobs 3 >out 2>err) ||
	wrong "build failed: $(cat err)"
cmp -s runnables.wasm.zip "$BASE/first.zip" || differs

t "another user, on another machine by name"
if unshare -U --map-user=1234 --map-group=1234 --uts true 2>/dev/null; then
	elsewhere user
	unshare -U --map-user=1234 --map-group=1234 --uts sh -c '
		hostname elsewhere.example 2>/dev/null
		USER=grace LOGNAME=grace "$0" build' "$SUBO" >out 2>err ||
		wrong "build failed: $(cat err)"
	cmp -s runnables.wasm.zip "$BASE/first.zip" || differs
else
	skip "user namespaces are not allowed here"
fi

t "another day"
cat >"$BASE/later.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
#define LATER (400L * 86400 + 12345)
int
clock_gettime(clockid_t c, struct timespec *t)
{
	int (*real)(clockid_t, struct timespec *) =
	    (int (*)(clockid_t, struct timespec *))dlsym(
		RTLD_NEXT, "clock_gettime");
	int r = real(c, t);
	if (c == CLOCK_REALTIME)
		t->tv_sec += LATER;
	return r;
}
time_t
time(time_t *t)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return t ? (*t = ts.tv_sec) : ts.tv_sec;
}
int
gettimeofday(struct timeval *restrict t, void *restrict z)
{
	struct timespec ts;
	(void)z;
	clock_gettime(CLOCK_REALTIME, &ts);
	t->tv_sec = ts.tv_sec;
	t->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
C
if cc -shared -fPIC -o "$BASE/later.so" "$BASE/later.c" -ldl 2>/dev/null &&
	[ "$(LD_PRELOAD="$BASE/later.so" date +%Y)" != "$(date +%Y)" ] &&
	LD_PRELOAD="$BASE/later.so" "$SUBO" --version >out 2>&1; then
	elsewhere day
	mkdir bin
	# Compilers get no LD_PRELOAD from us: a wrapper gives it to them.
	for cc in clang clang++ clang-19 clang++-19; do
		real=$(command -v "$cc") || continue
		printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' \
			"$BASE/later.so" "$real" >"bin/$cc"
		chmod 755 "bin/$cc"
	done
	mv bin "$BASE/bin"
	LD_PRELOAD=$BASE/later.so PATH=$BASE/bin:$PATH "$SUBO" build \
		>out 2>err || wrong "build failed: $(cat err)"
	cmp -s runnables.wasm.zip "$BASE/first.zip" || differs
else
	skip "the clock cannot be set forward for one program here"
fi

t "caches of compilers that are empty"
elsewhere caches
mkdir -p "$BASE/home"
CARGO_HOME=$BASE/home/cargo GOCACHE=$BASE/home/gocache \
	GOPATH=$BASE/home/go "$SUBO" build >out 2>err ||
	wrong "build failed: $(cat err)"
cmp -s runnables.wasm.zip "$BASE/first.zip" || differs
chmod -R u+w "$BASE/home"

t "what was built here before does not matter"
cd "$PROJECT" || exit 1
echo "/* more */" >>in-c/lib.c
run 0 build
sed -i '$d' in-c/lib.c
run 0 build
cmp -s runnables.wasm.zip "$BASE/first.zip" || differs
run 0 build --force
cmp -s runnables.wasm.zip "$BASE/first.zip" || differs

t "SOURCE_DATE_EPOCH is the date of all entries, in UTC"
elsewhere epoch
TZ=Asia/Tokyo SOURCE_DATE_EPOCH=1700000001 "$SUBO" build >out 2>err ||
	wrong "build failed: $(cat err)"
python3 - <<'P' || wrong "another date"
import zipfile
z = zipfile.ZipFile("runnables.wasm.zip")
dates = {i.date_time for i in z.infolist()}
assert dates == {(2023, 11, 14, 22, 13, 20)}, dates
import json
j = json.loads(z.read("attest/sbom.cdx.json"))
assert j["metadata"]["timestamp"] == "2023-11-14T22:13:21Z", j["metadata"]
P
cp runnables.wasm.zip "$BASE/dated.zip"
cd "$PROJECT" || exit 1
run 0 reproduce "$BASE/dated.zip" .
has out "reproduced"

t "SOURCE_DATE_EPOCH that is no date is refused"
cd "$PROJECT" || exit 1
for date in abc -1 99999999999999 1e9 4354819200 " 5" 0x10; do
	SOURCE_DATE_EPOCH=$date "$SUBO" build >out 2>err
	[ $? = 3 ] || wrong "'$date' is taken"
	has err "SOURCE_DATE_EPOCH"
done

t "reproduce builds it again, and leaves all as it was"
cd "$PROJECT" || exit 1
run 0 build
before=$(find . -path ./.subo -prune -o -type f ! -name out ! -name err \
	-exec sha256sum {} + | sort | sha256sum)
run 0 reproduce "$BASE/first.zip" "$PROJECT"
has out "reproduced, sha256:"
run 0 reproduce runnables.wasm.zip
after=$(find . -path ./.subo -prune -o -type f ! -name out ! -name err \
	-exec sha256sum {} + | sort | sha256sum)
[ "$before" = "$after" ] || wrong "reproduce changed the project"
ls "${TMPDIR:-/tmp}"/subo-reproduce.* >/dev/null 2>&1 &&
	[ "${TMPDIR:-/tmp}" != /tmp ] && wrong "it left its folder"

t "reproduce tells the first difference, and the source that is another"
elsewhere changed
cp "$BASE/first.zip" first.zip
sed -i 's/"hello /"HELLO /' in-c/lib.c
run 1 reproduce first.zip
has err "the first difference is in 'in-c.wasm', section data"
has err "cause: source lib.c of in-c.wasm is another"
run 1 reproduce first.zip --json
has out '"entry": "in-c.wasm"'
has out '"section": "data"'

t "reproduce of what others packed tells that it is packed otherwise"
cd "$BASE/changed" || exit 1
python3 - <<'P'
import zipfile
a = zipfile.ZipFile("first.zip")
with zipfile.ZipFile("repacked.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
    for i in a.infolist():
        z.writestr(i.filename, a.read(i))
P
cd "$PROJECT" || exit 1
run 1 reproduce "$BASE/changed/repacked.zip"
has err "all entries are the same"

t "what is no bundle, or no project, is told"
run 4 reproduce none.zip
echo x >x.zip
run 3 reproduce x.zip
run 2 reproduce
mkdir "$BASE/empty"
run 4 reproduce "$BASE/first.zip" "$BASE/empty"

done_

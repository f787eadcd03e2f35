#!/bin/sh
# Modules and bundles that were built between 2020 and 2023, as their authors
# published them: each runs, and answers as its own tests of those days say.
#
# They lie in the Go modules of those projects and come by `go mod download`,
# pinned by the digest of the archive.  One of 250 MB is left out unless
# UPSTREAM=all.  Without a network the cases are skipped.  Data in
# testdata/upstream.
. "${ROOT:?}/cmd/test.sh"

export GOFLAGS=-mod=mod GONOSUMDB='*' GONOSUMCHECK=1 GOTOOLCHAIN=local
mods=$(go env GOMODCACHE 2>/dev/null) || mods=

# fetch NAME@VERSION SHA256: its folder in $dir, or why not in $why.
fetch() {
	dir=$mods/github.com/suborbital/$1 why=
	zip=$mods/cache/download/github.com/suborbital/${1%@*}/@v/${1#*@}.zip
	if [ -z "$mods" ]; then
		why='no Go'
		return 1
	fi
	if ! (cd "$BASE" && go mod download "github.com/suborbital/$1") \
		>/dev/null 2>&1; then
		why="$1 cannot be fetched"
		return 1
	fi
	echo "$2  $zip" | sha256sum -c >/dev/null 2>&1 || {
		wrong "$1 is not what was pinned"
		why=changed
		return 1
	}
}

# What every module must pass: it is known, and its imports are all there.
looks() {
	find -L "$dir" -name '*.wasm' ! -name '*.gr.wasm' ! -path '*/_lib/*' |
		sort >list
	[ -s list ] || wrong "no module in $1"
	while read -r f; do
		"$SUBO" inspect "$f" >one 2>&1 || {
			wrong "inspect $f"
			sed 's/^/    /' one | head -5
		}
		"$SUBO" check "$f" >one 2>&1 || {
			wrong "check $f"
			sed 's/^/    /' one | head -5
		}
	done <list
	find -L "$dir" -name '*.wasm.zip' | sort >list
	while read -r f; do
		# One of them holds a name twice, which no reader should guess at.
		"$SUBO" inspect "$f" >one 2>&1 ||
			grep -q 'is there twice' one || {
			wrong "inspect $f"
			sed 's/^/    /' one | head -5
		}
	done <list
}

# The cases of testdata/upstream/cases.yaml whose module is there.
there() {
	awk '
	function flush(    path) {
		if (block != "" && match(block, /function: \.\.\/[^\n]*/)) {
			path = substr(block, RSTART + 13, RLENGTH - 13)
			if (system("test -f " path) == 0)
				printf "%s", block
		}
		block = ""
	}
	/^cases:/ { print; on = 1; next }
	/^  - name:/ { flush() }
	on { block = block $0 "\n" }
	END { flush() }' "$ROOT/testdata/upstream/cases.yaml"
}

# modules VERSION SHA256 FOLDER: looks, and the cases.
modules() {
	t "$1: every module is known, and its tests pass"
	fetch "$1" "$2" || {
		[ "$why" = changed ] || skip "$why"
		return
	}
	looks "$1"
	run 0 create project old --lang wat
	cd old || exit 1
	rm -r tests/* hello/*.test.yaml
	# As in those days: everything is allowed.
	printf '%s\n' 'identifier: com.example.old' 'appVersion: v0.1.0' \
		'atmoVersion: v0.4.8' 'headless: true' >Directive.yaml
	ln -s "$dir/$3" modules
	there >tests/cases.yaml
	run 0 test
	has out ' 0 failed'
}

bundle() { # VERSION SHA256 PATH CASES
	t "$1: its bundle opens, passes its checks and answers"
	fetch "$1" "$2" || {
		[ "$why" = changed ] || skip "$why"
		return
	}
	cp "$dir/$3" bundle.zip
	run 0 inspect bundle.zip
	run 0 check bundle.zip
	mkdir tests
	cp "$ROOT/testdata/upstream/$4" tests/
	run 0 test . --bundle bundle.zip
	has out ' 0 failed'
}

modules reactr@v0.6.0 \
	c69a3a133f981549775e4553898102b491f15fc8679621786fae29517879846f \
	rwasm/testdata
modules reactr@v0.10.0 \
	c64423cd03e6596f7fdf7ff8f553dc1935a966f2fd1973ec8f749c9b784688b4 \
	rwasm/testdata
modules reactr@v0.13.0 \
	110966a4c41e60055a271dca54ed16e374116dd529de7435952727f95717cd4a \
	rwasm/testdata
modules reactr@v0.15.1 \
	27ff49926167a70d6c65b01c16f7e85c20aca498593bb42501894dacdc3f1773 \
	rwasm/testdata
bundle atmo@v0.2.0 \
	0a6821ca2ae85cbf9ab2c7b06096e26f508bf57f8d37112943e4f85ff4a6030e \
	example-project/runnables.wasm.zip atmo-0.2.yaml
bundle atmo@v0.3.0 \
	f13c74588fc3b41ac1a2141fa5894b41c863e01ed491f2be2a604646610752b6 \
	example-project/runnables.wasm.zip atmo-0.2.yaml
bundle atmo@v0.4.0 \
	f333f5aac3d6af19427716707346da4a805ba3705328bf62c552e23df06ba3bd \
	example-project/runnables.wasm.zip atmo-0.4.yaml
bundle atmo@v0.4.8 \
	b3f758f5c725f7fda25f2a84fd7ddd3fce311cf44129921ce38458065582cd9e \
	example-project/runnables.wasm.zip atmo-0.4.yaml
bundle sat@v0.1.4 \
	c591a8096b8714814bebd4708ee1b5408b5f95f9c03ba837fe3f0cfd539eab3a \
	constd/example-project/runnables.wasm.zip sat.yaml
if [ "${UPSTREAM:-}" = all ]; then
	modules e2core@v0.5.1 \
		8ac23c93d0d118c4ad4f0b7ebbd1606f74f5d05aa441a891f4625a8a5e176169 \
		sat/engine/testdata
	bundle e2core@v0.5.1 \
		8ac23c93d0d118c4ad4f0b7ebbd1606f74f5d05aa441a891f4625a8a5e176169 \
		example-project/modules.wasm.zip e2core.yaml
fi
done_

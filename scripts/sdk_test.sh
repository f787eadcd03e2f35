#!/bin/sh
# The templates' SDKs: in each language a function that makes every host call
# gets the same answers.  Data in testdata/guests/sdk.
. "${ROOT:?}/cmd/test.sh"

sdk() { # LANG FILE INTO
	t "$1: every call of the SDK"
	if ! "$SUBO" doctor "$1" >/dev/null 2>&1; then
		skip "no compiler of $1"
		return
	fi
	run 0 create function sdk --lang "$1"
	cp "$ROOT/testdata/guests/sdk/$2" "sdk/$3"
	cp "$ROOT/testdata/guests/sdk/sdk.test.yaml" sdk/
	cd sdk || exit 1
	run 0 test
	has out '1 passed, 0 failed'
}

sdk c lib.c lib.c
sdk cpp lib.cpp lib.cpp
sdk rust lib.rs src/lib.rs
sdk assemblyscript lib.ts src/lib.ts
sdk go lib.go lib.go
sdk tinygo lib.go lib.go
done_

#!/bin/sh
# make.sh - make the .wasm files beside this one from guest.c.  Compiled and
# linked apart, for the driver would run wasm-opt, which drops the names.
set -eu
cd "$(dirname "$0")"
object=$(mktemp)
trap 'rm -f "$object"' EXIT
for word in $(sed -n 's/^#\(el\)*if defined(\([a-z]*\)).*/\2/p' guest.c); do
	"${CC:-clang-19}" --target=wasm32-unknown-unknown -ffreestanding -O2 \
		-D"$word" -c -o "$object" guest.c
	"${LD:-wasm-ld-19}" --no-entry -z stack-size=8192 -o "$word.wasm" \
		"$object"
	chmod 644 "$word.wasm"
done

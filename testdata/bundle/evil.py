#!/usr/bin/env python3
"""evil.py DIR: write archives that break one rule each, and DIR/list.

Each line of the list: FILE RULE, where RULE is what a strict reader names;
"ok" for those that it must take, and "tolerant" behind it for those that are
opened all the same when they are not to be signed or pushed.
"""
import hashlib
import struct
import sys
import zlib

WASM = b"\0asm\1\0\0\0"
DIRECTIVE = (
    "identifier: com.example.app\nappVersion: v0.1.0\n"
    "atmoVersion: v0.4.8\nrunnables:\n  - name: f\n    namespace: default\n"
    "    lang: wat\n    digest: \"%s\"\n" % hashlib.sha256(WASM).hexdigest()
).encode()


class Entry:
    """A file: what its two headers say, and its bytes."""

    def __init__(self, name, data=b"", method=0, packed=None, **both):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data
        self.packed = data if packed is None else packed
        head = dict(version=20, flags=0, method=method, time=0, date=33,
                    crc=zlib.crc32(data), npacked=len(self.packed),
                    nbytes=len(data), extra=b"", name=self.name)
        if any(b >= 0x80 for b in self.name):
            head["flags"] = 0x800
        head.update(both)
        self.local = dict(head)
        self.central = dict(head, made=3 << 8 | 20, mode=0o100644, comment=b"")
        self.at = None
        self.after = b""
        self.before = b""

    def fields(self, h):
        return struct.pack(
            "<HHHHHLLLHH", h["version"], h["flags"], h["method"], h["time"],
            h["date"], h["crc"], h["npacked"], h["nbytes"], len(h["name"]),
            len(h["extra"]))


class Zip:
    def __init__(self, *more):
        self.v = [Entry("Directive.yaml", DIRECTIVE), Entry("f.wasm", WASM)]
        self.v += more
        self.prefix = self.before_dir = self.tail = self.comment = b""
        self.before_end = b""
        self.count = self.dir_at = 0
        self.shift = 0

    def bytes(self):
        out, places = self.prefix, []
        for e in self.v:
            out += e.before
            places.append(len(out))
            if not getattr(e, "no_local", False):
                out += b"PK\3\4" + e.fields(e.local) + e.local["name"]
                out += e.local["extra"] + e.packed + e.after
        out += self.before_dir
        start = len(out)
        n = 0
        for e, at in zip(self.v, places):
            if getattr(e, "no_central", False):
                continue
            n += 1
            c = e.central
            out += b"PK\1\2" + struct.pack("<H", c["made"]) + e.fields(c)
            out += struct.pack("<HHHLL", len(c["comment"]), 0, 0,
                               c["mode"] << 16 & 0xffffffff,
                               (at if e.at is None else e.at(places)) +
                               self.shift)
            out += c["name"] + c["extra"] + c["comment"]
        size = len(out) - start
        out += self.before_end
        n += self.count
        out += b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, n, n, size,
                                       start + self.dir_at + self.shift,
                                       len(self.comment))
        return out + self.comment + self.tail


def set_both(e, **fields):
    e.local.update(fields)
    e.central.update({k: v for k, v in fields.items()})
    return e


def central(e, **fields):
    e.central.update(fields)
    return e


def local(e, **fields):
    e.local.update(fields)
    return e


def deflate(data, end=b""):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush() + end


def changed(z, **fields):
    for k, v in fields.items():
        setattr(z, k, v)
    return z


def descriptor():
    e = Entry("static/a", b"hello")
    e.after = b"PK\7\x08" + struct.pack("<LLL", zlib.crc32(b"hello"), 5, 5)
    return set_both(e, flags=8)


def no_central():
    e = Entry("evil.wasm", WASM)
    e.no_central = True
    return e


def ghost(e):
    e.no_local = True
    e.at = lambda places: places[1]
    return e


def overlapping(n):
    v = [ghost(Entry("static/%d" % i, WASM)) for i in range(n)]
    for e in v:
        set_both(e, name=e.name)
    return v


def two_ends():
    inner = Zip().bytes()
    return changed(Zip(), comment=inner[inner.rindex(b"PK\5\6"):])


def zip64():
    z = Zip()
    z.before_end = b"PK\6\7" + bytes(16)
    return z


S = "static/a"
TEXT = b"hello"
BOMB = bytes(64 << 20)
CASES = {
    "control": ("ok", lambda: Zip(Entry(S, TEXT))),
    "control-deflated": ("ok", lambda: Zip(
        Entry(S, TEXT * 99, 8, deflate(TEXT * 99)))),
    "control-utf8": ("ok", lambda: Zip(Entry("static/café", TEXT))),
    "slip": ("name", lambda: Zip(Entry("../x", TEXT))),
    "slip-mid": ("name", lambda: Zip(Entry("a/../f.txt", TEXT))),
    "dot-part": ("name", lambda: Zip(Entry("static/./a", TEXT))),
    "abs-path": ("name", lambda: Zip(Entry("/etc/cron.d/x", TEXT))),
    "backslash": ("name", lambda: Zip(Entry("..\\..\\x", TEXT))),
    "drive-letter": ("name", lambda: Zip(Entry("C:x", TEXT))),
    "drive-letter-slash": ("name", lambda: Zip(Entry("C:\\x", TEXT))),
    "double-slash": ("name", lambda: Zip(Entry("static//a", TEXT))),
    "empty-name": ("name", lambda: Zip(Entry("", TEXT))),
    "long-name": ("name", lambda: Zip(Entry("a" * 65535, TEXT))),
    "long-part": ("name", lambda: Zip(Entry("static/" + "a" * 256, TEXT))),
    "dup-directive": ("name-twice", lambda: Zip(
        Entry("Directive.yaml", DIRECTIVE))),
    "dup-module": ("name-twice", lambda: Zip(Entry("f.wasm", WASM))),
    "dup-case": ("name-twice", lambda: Zip(Entry("F.WASM", WASM))),
    "dup-nfd": ("name", lambda: Zip(Entry("static/café", TEXT),
                                    Entry("static/cafe\u0301", TEXT))),
    "file-and-folder": ("folder", lambda: Zip(Entry("f.wasm/a", TEXT))),
    "name-mismatch": ("header-mismatch", lambda: Zip(
        local(Entry(S, TEXT), name=b"static/b"))),
    "ghost-local": ("gap", lambda: Zip(no_central())),
    "ghost-central": ("overlap", lambda: Zip(ghost(Entry("f2.wasm", WASM)))),
    "glued": ("directory", lambda: Zip().bytes() + Zip().bytes()),
    "eocd-in-comment": ("end-record", two_ends),
    "comment": ("comment", lambda: changed(Zip(), comment=b"hello")),
    "comment-like": ("comment", lambda: changed(
        Zip(), comment=b"untrusted comment: signature\nRUQ=\n")),
    "trailing-byte": ("trailing-data", lambda: changed(Zip(), tail=b"x")),
    "janus-dex": ("prefix", lambda: changed(Zip(), prefix=b"dex\n035\0")),
    "janus-wasm": ("directory", lambda: changed(
        Zip(), prefix=WASM, shift=-len(WASM))),
    "gap-before-cd": ("gap", lambda: changed(
        Zip(), before_dir=b"APK Sig Block 42")),
    "gap-between": ("gap", lambda: Zip(changed(Entry(S, TEXT), before=b"x"))),
    "gap-after-cd": ("directory", lambda: changed(Zip(), before_end=b"x")),
    "count-high": ("count", lambda: changed(Zip(), count=1)),
    "count-low": ("gap", lambda: changed(Zip(), count=-1)),
    "cd-offset-wrong": ("directory", lambda: changed(Zip(), dir_at=4)),
    "crc-local-wrong": ("header-mismatch", lambda: Zip(
        local(Entry(S, TEXT), crc=1))),
    "crc-both-wrong": ("data", lambda: Zip(Entry(S, TEXT, crc=1))),
    "method-mismatch": ("header-mismatch", lambda: Zip(
        central(Entry(S, TEXT), method=8))),
    "size-mismatch": ("header-mismatch", lambda: Zip(
        local(Entry(S, TEXT), nbytes=6))),
    "data-descriptor": ("data-descriptor tolerant", lambda: Zip(
        descriptor())),
    "unicode-path-extra": ("extra-field", lambda: Zip(Entry(
        S, TEXT, extra=b"\x75\x70" + struct.pack("<HBL", 14, 1, zlib.crc32(
            S.encode())) + b"evil.wasm"))),
    "time-extra": ("extra-field tolerant", lambda: Zip(Entry(
        S, TEXT, extra=b"UT\5\0\1abcd"))),
    "entry-comment": ("entry-comment", lambda: Zip(
        central(Entry(S, TEXT), comment=b"hello"))),
    "bomb-overlap": ("overlap", lambda: Zip(*overlapping(1000))),
    "bomb-ratio": ("ratio", lambda: Zip(Entry(S, BOMB, 8, deflate(BOMB)))),
    "declared-4g": ("overlap", lambda: Zip(
        Entry(S, TEXT, npacked=60 << 20, nbytes=60 << 20))),
    "declared-4g-much": ("size", lambda: Zip(
        Entry(S, TEXT, npacked=4294967294, nbytes=4294967294))),
    "zip64-locator": ("zip64", zip64),
    "zip64-extra": ("extra-field", lambda: Zip(
        Entry(S, TEXT, extra=b"\1\0\0\0"))),
    "many": ("entries", lambda: Zip(*[
        Entry("static/%d" % i) for i in range(4095)])),
    "deflate-short": ("data", lambda: Zip(
        Entry(S, TEXT, 8, deflate(TEXT, b"zz")))),
    "deflate-cut": ("data", lambda: Zip(
        Entry(S, TEXT * 9, 8, deflate(TEXT * 9)[:-2]))),
    "deflate-bad-block": ("data", lambda: Zip(Entry(S, TEXT, 8, b"\x07\0"))),
    "method-lzma": ("method", lambda: Zip(Entry(S, TEXT, 14))),
    "encrypted": ("encryption", lambda: Zip(Entry(S, TEXT, flags=1))),
    "masked": ("flags", lambda: Zip(Entry(S, TEXT, flags=0x2001 - 1))),
    "bidi-name": ("name", lambda: Zip(Entry("static/a\u202eb", TEXT))),
    "nul-name": ("name", lambda: Zip(Entry("f.wasm\0.txt", TEXT))),
    "control-name": ("name", lambda: Zip(Entry("static/a\x1b[2J", TEXT))),
    "latin1-name": ("name", lambda: Zip(Entry(b"static/caf\xe9", TEXT))),
    "unmarked-name": ("utf8-flag", lambda: Zip(
        Entry("static/café", TEXT, flags=0))),
    "symlink": ("mode", lambda: Zip(central(Entry(S, TEXT), mode=0o120777))),
    "device": ("mode", lambda: Zip(central(Entry(S, TEXT), mode=0o020666))),
    "fifo": ("mode", lambda: Zip(central(Entry(S, TEXT), mode=0o010666))),
    "setuid-entry": ("mode", lambda: Zip(
        central(Entry(S, TEXT), mode=0o104755))),
    "mode-755": ("mode tolerant", lambda: Zip(
        central(Entry(S, TEXT), mode=0o100755))),
    "order": ("order tolerant", lambda: Zip(Entry("attest/x", TEXT))),
    "date": ("date tolerant", lambda: Zip(Entry(S, TEXT, date=34))),
    "made-by-dos": ("version tolerant", lambda: Zip(
        central(Entry(S, TEXT), made=20, mode=0))),
    "folder-entry": ("folder tolerant", lambda: Zip(
        central(Entry("static/"), mode=0o040755))),
    "module-missing": ("module-missing tolerant", lambda: changed(
        Zip(), v=Zip().v[:1])),
    "module-not-listed": ("module-not-listed tolerant", lambda: Zip(
        Entry("g.wasm", WASM + b"\0\2\1x"))),
    "module-other": ("digest", lambda: changed(Zip(), v=[
        Zip().v[0], Entry("f.wasm", WASM + b"\0\2\1x")])),
    "zero-file": ("end-record", lambda: b""),
    "empty-zip": ("directive", lambda: b"PK\5\6" + bytes(18)),
    "no-zip": ("end-record", lambda: b"x" * 4096),
    "not-yaml": ("directive", lambda: changed(Zip(), v=[
        Entry("Directive.yaml", b"a: [")])),
}


def main():
    where = sys.argv[1]
    with open(where + "/list", "w", encoding="ascii") as listing:
        for name, (rule, make) in CASES.items():
            z = make()
            with open("%s/%s.zip" % (where, name), "wb") as f:
                f.write(z if isinstance(z, bytes) else z.bytes())
            listing.write("%s.zip %s\n" % (name, rule))


main()

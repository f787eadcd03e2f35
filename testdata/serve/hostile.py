#!/usr/bin/env python3
"""hostile.py PORT GROUP: what nobody should send, to a server on loopback.

The server has POST /echo, POST /slow (waits 600 ms), GET /pages/*rest, a
websocket that echoes at /ws, and static/a.css.  After each case a healthy
request on a new connection must be answered.
"""
import base64
import os
import re
import socket
import struct
import sys
import threading
import time

PORT = int(sys.argv[1])
bad = []


class Wrong(Exception):
    pass


def need(ok, text):
    if not ok:
        raise Wrong(text)


def connect(timeout=10):
    s = socket.create_connection(("127.0.0.1", PORT), timeout=timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def read_all(s, limit=1 << 22):
    """What comes until the other side closes; and whether it did."""
    got = b""
    try:
        while len(got) < limit:
            part = s.recv(65536)
            if not part:
                return got, True
            got += part
    except socket.timeout:
        return got, False
    except ConnectionError:
        return got, True
    return got, False


def split(got):
    """Answers, as (status, fields, body); framing must be without doubt."""
    out = []
    while got:
        m = re.match(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n", got)
        need(m, "not an answer: %r" % got[:80])
        end = got.find(b"\r\n\r\n")
        need(end > 0, "a header without end: %r" % got[:80])
        fields = {}
        for line in got[m.end():end].split(b"\r\n"):
            if line:
                name, _, value = line.partition(b":")
                fields[name.strip().lower()] = value.strip()
        status = int(m.group(1))
        got = got[end + 4:]
        if status == 100:
            continue
        if b"content-length" in fields:
            n = int(fields[b"content-length"])
        else:
            n = 0 if status in (204, 304, 101) else len(got)
        need(len(got) >= n, "an answer cut short")
        out.append((status, fields, got[:n]))
        got = got[n:]
    return out


def talk(raw, timeout=10, shut=False):
    s = connect(timeout)
    try:
        s.sendall(raw)
        if shut:
            s.shutdown(socket.SHUT_WR)
    except ConnectionError:
        pass
    got, closed = read_all(s)
    s.close()
    return split(got), closed


def healthy():
    s = connect(10)
    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
              b"Connection: close\r\n\r\nok")
    got, _ = read_all(s)
    s.close()
    answers = split(got)
    need(len(answers) == 1 and answers[0][0] == 200 and
         answers[0][2] == b"ok", "a healthy request got %r" % got[:200])


def case(name, fn, *args):
    try:
        fn(*args)
        healthy()
    except (Wrong, OSError) as e:
        bad.append(name)
        print(f"{name}: {e}")


def statuses(raw, want, closes=True, timeout=10, shut=False, count=1):
    answers, closed = talk(raw, timeout, shut)
    got = [a[0] for a in answers]
    need(got and got[0] in want, f"answered {got}, not one of {want}")
    need(len(got) <= count, f"answered {len(got)} times: {got}")
    if closes:
        need(closed, f"answered {got} and left the connection open")


def request(line="POST /echo HTTP/1.1", fields=(), body=b"", host="a"):
    out = line.encode() + b"\r\n"
    if host is not None:
        out += b"Host: " + host.encode() + b"\r\n"
    for f in fields:
        out += (f if isinstance(f, bytes) else f.encode()) + b"\r\n"
    return out + b"\r\n" + body


SECOND = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def smuggling():
    """A length in doubt: 400 (or 501), the connection closed, nothing after
    it taken for a request."""
    chunk = b"5\r\nhello\r\n0\r\n\r\n"
    for name, fields, body in [
        ("length, then chunks",
         ["Content-Length: 5", "Transfer-Encoding: chunked"], chunk),
        ("chunks, then length",
         ["Transfer-Encoding: chunked", "Content-Length: 5"], chunk),
        ("two lengths", ["Content-Length: 5", "Content-Length: 6"], b"hello"),
        ("one length twice", ["Content-Length: 5", "Content-Length: 5"],
         b"hello"),
        ("a list of lengths", ["Content-Length: 5, 5"], b"hello"),
        ("length +5", ["Content-Length: +5"], b"hello"),
        ("length -5", ["Content-Length: -5"], b"hello"),
        ("length 0x5", ["Content-Length: 0x5"], b"hello"),
        ("length '5 5'", ["Content-Length: 5 5"], b"hello"),
        ("length 5.0", ["Content-Length: 5.0"], b"hello"),
        ("length empty", ["Content-Length:"], b"hello"),
        ("length 2^64+5", ["Content-Length: 18446744073709551621"], b"hello"),
        ("length 2^63", ["Content-Length: 9223372036854775808"], b"hello"),
        ("length with a letter", ["Content-Length: 5a"], b"hello"),
        ("xchunked", ["Transfer-Encoding: xchunked"], chunk),
        ("identity", ["Transfer-Encoding: identity"], chunk),
        ("chunked, identity", ["Transfer-Encoding: chunked, identity"], chunk),
        ("chunked, gzip", ["Transfer-Encoding: chunked, gzip"], chunk),
        ("gzip, chunked", ["Transfer-Encoding: gzip, chunked"], chunk),
        ("chunked, chunked", ["Transfer-Encoding: chunked, chunked"], chunk),
        ("'chunked' in quotes", ['Transfer-Encoding: "chunked"'], chunk),
        ("a tab and chunked", [b"Transfer-Encoding: \x0bchunked"], chunk),
        ("chunked and a tab", [b"Transfer-Encoding: chunked\x0b"], chunk),
        ("coding twice", ["Transfer-Encoding: chunked",
                          "Transfer-Encoding: chunked"], chunk),
        ("coding and identity", ["Transfer-Encoding: chunked",
                                 "Transfer-Encoding: identity"], chunk),
        ("a space before the colon", ["Transfer-Encoding : chunked"], chunk),
        ("the same of the length", ["Content-Length : 5"], b"hello"),
        ("a folded coding", ["Transfer-Encoding:\r\n chunked"], chunk),
        ("a folded field", ["X-A: b\r\n c", "Content-Length: 5"], b"hello"),
        ("a field that begins with a tab", ["\tX-A: b", "Content-Length: 5"],
         b"hello"),
        ("a bare line feed ends a field",
         ["X-A: b\nContent-Length: 5"], b"hello"),
        ("a bare carriage return", ["X-A: b\rContent-Length: 5"], b"hello"),
        ("NUL in a value", [b"X-A: a\0b", "Content-Length: 5"], b"hello"),
        ("NUL in a name", [b"X-\0A: b", "Content-Length: 5"], b"hello"),
        ("a field without a colon", ["nonsense", "Content-Length: 5"],
         b"hello"),
        ("a field without a name", [": x", "Content-Length: 5"], b"hello"),
        ("a name with brackets", ["X(A): x", "Content-Length: 5"], b"hello"),
        ("an empty chunk size", ["Transfer-Encoding: chunked"],
         b"\r\nhello\r\n0\r\n\r\n"),
        ("chunk size +5", ["Transfer-Encoding: chunked"],
         b"+5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size -5", ["Transfer-Encoding: chunked"],
         b"-5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size 0x5", ["Transfer-Encoding: chunked"],
         b"0x5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size ' 5'", ["Transfer-Encoding: chunked"],
         b" 5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size 2^64", ["Transfer-Encoding: chunked"],
         b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("chunk size g", ["Transfer-Encoding: chunked"],
         b"g\r\nhello\r\n0\r\n\r\n"),
        ("a chunk longer than told", ["Transfer-Encoding: chunked"],
         b"5\r\nhelloXX\r\n0\r\n\r\n"),
        ("a chunk size ends in two returns", ["Transfer-Encoding: chunked"],
         b"5\r\r\nhello\r\n0\r\n\r\n"),
    ]:
        case(name, statuses, request(fields=fields, body=body + SECOND),
             (400, 411, 413, 501))
    # The parser takes these; whoever reads them differently gets no second
    # answer, for chunks end their connection.
    for name, body in [
        ("a chunk ends in a line feed", b"5\r\nhello\n0\r\n\r\n"),
        ("a chunk size ends in a line feed", b"5\nhello\r\n0\r\n\r\n"),
        ("chunks as they should be", chunk),
    ]:
        case(name, statuses, request(fields=["Transfer-Encoding: chunked"],
                                     body=body + SECOND), (200, 400))
    case("bare line feeds everywhere", statuses,
         b"POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello" + SECOND,
         (400,))


def chunks():
    """What is allowed, and what is allowed and dropped."""
    te = ["Transfer-Encoding: chunked", "Connection: close"]

    def echoed(body, want):
        answers, _ = talk(request(fields=te, body=body))
        need(len(answers) == 1, f"{len(answers)} answers")
        need(answers[0][0] == 200 and answers[0][2] == want,
             f"answered {answers[0]}")

    case("chunks", echoed, b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", b"hello!")
    case("upper-case size", echoed, b"A\r\n0123456789\r\n0\r\n\r\n",
         b"0123456789")
    case("zeros before the size", echoed, b"005\r\nhello\r\n0\r\n\r\n",
         b"hello")
    case("an extension", echoed, b"5;a=b\r\nhello\r\n0\r\n\r\n", b"hello")
    case("one byte at a time", echoed, b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n",
         b"x" * 3000)

    def trailer():
        answers, _ = talk(request(fields=te, body=b"5\r\nhello\r\n0\r\nHost: "
                                  b"b\r\nContent-Length: 3\r\n\r\n"))
        need(len(answers) == 1 and
             (answers[0][0] == 400 or answers[0][2] == b"hello"),
             f"answered {answers}")
    case("a trailer is dropped", trailer)
    case("a long extension is bounded", statuses,
         request(fields=te, body=b"5;" + b"a" * 200000 + b"\r\nhello\r\n0\r\n"
                 b"\r\n"), (200, 400, 408, 413, 431))
    case("endless trailers are bounded", statuses,
         request(fields=te, body=b"0\r\n" + b"X-A: b\r\n" * 30000 + b"\r\n"),
         (200, 400, 413, 431))


def lines():
    """Request lines, hosts and versions."""
    for name, raw, want in [
        ("nothing but a line", b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n", (400,)),
        ("two words", b"GET /\r\n\r\n", (400, 505)),
        ("four words", b"GET / x HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
        ("a tab between", b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
        ("lower-case method", b"get /health HTTP/1.1\r\nHost: a\r\n\r\n",
         (400, 404, 405, 501)),
        ("unknown method", b"BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n",
         (400, 404, 405, 501)),
        ("a method of 10 kB", b"A" * 10000 + b" / HTTP/1.1\r\nHost: a\r\n\r\n",
         (400, 414, 431, 501)),
        ("version 0.9", b"GET /health HTTP/0.9\r\nHost: a\r\n\r\n",
         (400, 505)),
        ("version 2.0", b"GET /health HTTP/2.0\r\nHost: a\r\n\r\n",
         (400, 505)),
        ("version 1.x", b"GET /health HTTP/1.x\r\nHost: a\r\n\r\n",
         (400, 505)),
        ("version 11.1", b"GET /health HTTP/11.1\r\nHost: a\r\n\r\n",
         (400, 505)),
        ("lower-case version", b"GET /health http/1.1\r\nHost: a\r\n\r\n",
         (400, 505)),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
         b"\0\0\0\4\0\0\0\0\0", (400, 505)),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" +
         b"\0" * 200 + b"\r\n\r\n", (400,)),
        ("no Host", b"GET /health HTTP/1.1\r\n\r\n", (400,)),
        ("two Hosts", b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
         (400,)),
        ("a Host with a path", b"GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n",
         (400,)),
        ("a Host with a user", b"GET /health HTTP/1.1\r\nHost: u@a\r\n\r\n",
         (400,)),
        ("another absolute target than Host",
         b"GET http://b/health HTTP/1.1\r\nHost: a\r\n"
         b"Connection: close\r\n\r\n", (200, 400)),
        ("an absolute target", b"GET http://a/health HTTP/1.1\r\nHost: a\r\n"
         b"Connection: close\r\n\r\n", (200,)),
        ("an absolute target without a path",
         b"GET http://a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
         (200, 400, 404)),
        ("another scheme", b"GET ftp://a/health HTTP/1.1\r\nHost: a\r\n"
         b"Connection: close\r\n\r\n", (200, 400, 404)),
        ("CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
         (400, 404, 405, 501)),
        ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n"
         b"Connection: close\r\n\r\n", (200, 204, 400, 404)),
        ("no slash", b"GET health HTTP/1.1\r\nHost: a\r\n"
         b"Connection: close\r\n\r\n", (400, 404)),
        ("a fragment", b"GET /health#x HTTP/1.1\r\nHost: a\r\n"
         b"Connection: close\r\n\r\n", (200, 400, 404)),
        ("a space in the path", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
         (400,)),
        ("NUL in the path", b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
        ("bytes above 127 in the path",
         b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
         (400, 404)),
        ("Expect: nonsense", b"POST /echo HTTP/1.1\r\nHost: a\r\n"
         b"Expect: nonsense\r\nContent-Length: 2\r\n\r\nok", (417,)),
    ]:
        case(name, statuses, raw, want, want != (200,))


def sizes():
    def close(n):
        return ["Connection: close"] + n
    case("a field of 64 kB", statuses, request(
        "GET /health HTTP/1.1", ["X-A: " + "a" * 65536]), (431,))
    case("a field's name of 64 kB", statuses, request(
        "GET /health HTTP/1.1", ["X" * 65536 + ": a"]), (431,))
    case("a target of 64 kB", statuses, request(
        "GET /" + "a" * 65536 + " HTTP/1.1"), (414,))
    case("a query of 64 kB", statuses, request(
        "GET /health?" + "a" * 65536 + " HTTP/1.1"), (414,))
    case("5000 fields", statuses, request(
        "GET /health HTTP/1.1", [f"A{i}: b" for i in range(5000)]), (431,))
    case("101 fields", statuses, request(
        "GET /health HTTP/1.1", [f"A{i}: b" for i in range(101)]), (431,))
    case("90 fields are fine", statuses, request(
        "GET /health HTTP/1.1", close([f"A{i}: b" for i in range(90)])),
        (200,))
    case("a header that never ends", statuses, request(
        "GET /health HTTP/1.1", ["X: y"] * 100000)[:-2], (431,))
    case("a body over the limit, told", statuses, request(
        fields=["Content-Length: 99999999999"]), (413,))
    case("a body over the limit, in chunks", statuses, request(
        fields=["Transfer-Encoding: chunked"],
        body=(b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 20), (413,))
    case("20,000 parameters", statuses, request(
        "GET /health?" + "a&" * 5000 + " HTTP/1.1", close([])), (200, 414))


def paths():
    def get(path, want, hidden=b"root:"):
        answers, _ = talk(request(f"GET {path} HTTP/1.1",
                                  ["Connection: close"]))
        need(len(answers) == 1, f"{len(answers)} answers")
        need(answers[0][0] in want, f"answered {answers[0][0]}, not {want}")
        need(hidden not in answers[0][2], "it shows a file")

    for path, want in [
        ("/%zz", (400,)), ("/%", (400,)), ("/%0", (400,)), ("/%00", (400,)),
        ("/a%00b", (400,)), ("/static/a.css%00.png", (400, 404)),
        ("/static/%2e%2e/Directive.yaml", (400, 404)),
        ("/static/..%2fDirective.yaml", (400, 404)),
        ("/static/../Directive.yaml", (400, 404)),
        ("/static/../../../../etc/passwd", (400, 404)),
        ("/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd", (400, 404)),
        ("/static/..%5c..%5cetc%5cpasswd", (400, 404)),
        ("/static//etc/passwd", (400, 404)),
        ("/static/%2fetc%2fpasswd", (400, 404)),
        ("/static/", (400, 403, 404)), ("/static", (301, 308, 400, 404)),
        ("/static/link", (400, 404)), ("/static/.hidden", (200, 404)),
        ("/static/a.css/", (400, 404)), ("/static/./a.css", (200, 400, 404)),
        ("/Directive.yaml", (404,)), ("/echo.wasm", (404,)),
        ("/static/echo.wasm", (404,)), ("/..", (400, 404)),
        ("/../health", (400, 404)), ("//health", (400, 404)),
        ("/health/", (200, 404)), ("/%68ealth", (200, 404)),
        ("/_subo/", (404,)), ("/_subo/api/runs", (404,)),
        ("/pages/a%2fb", (200,)), ("/pages/%2e%2e", (200, 400)),
        ("/pages/" + "a/" * 2000, (200, 404, 414)),
        ("/?" + "%" * 100, (400, 404)),
    ]:
        case(path[:60], get, path, want)
    case("a range beyond the end", statuses, request(
        "GET /static/a.css HTTP/1.1",
        ["Range: bytes=99-", "Connection: close"]), (416, 200))
    for spec in ("bytes=-0", "bytes=5-2", "bytes=a-b", "bytes=0-0,1-1,2-2",
                 "lines=1-2", "bytes=" + "0-," * 3000,
                 "bytes=18446744073709551616-"):
        case("range " + spec[:30], statuses, request(
            "GET /static/a.css HTTP/1.1",
            ["Range: " + spec, "Connection: close"]), (200, 206, 400, 416))


def bodies():
    def cut():
        s = connect()
        s.sendall(request(fields=["Content-Length: 100"], body=b"abc"))
        s.close()
    case("a body that is cut", cut)
    case("half-closed after a whole request", statuses, request(
        fields=["Content-Length: 2"], body=b"ok"), (200,), True, 10, True)

    def half():
        s = connect()
        s.sendall(request(fields=["Content-Length: 100"], body=b"abc"))
        s.shutdown(socket.SHUT_WR)
        got, closed = read_all(s)
        s.close()
        need(closed, "it waits for a body that cannot come")
        need(not got or split(got)[0][0] in (400, 408),
             f"answered {got[:80]}")
    case("half-closed in the body", half)
    case("more than was told", statuses, request(
        fields=["Content-Length: 2"], body=b"okNONSENSE\r\n\r\n"), (200, 400),
        True, 10, False, 2)

    def expect():
        s = connect()
        s.sendall(request(fields=["Content-Length: 5", "Expect: 100-continue",
                                  "Connection: close"]))
        first = s.recv(100)
        need(first.startswith(b"HTTP/1.1 100"), f"not 100: {first}")
        s.sendall(b"hello")
        got, _ = read_all(s)
        s.close()
        need(split(first + got)[0][2] == b"hello", f"answered {got}")
    case("Expect: 100-continue", expect)
    case("Expect, and too much", statuses, request(
        fields=["Content-Length: 99999999999", "Expect: 100-continue"]),
        (413, 417))


def resets():
    """Cut after each byte: by an orderly close, and by a reset."""
    raw = request(fields=["Content-Length: 5", "X-A: b"], body=b"hello")
    hard = struct.pack("ii", 1, 0)

    def at(n, how):
        s = connect()
        if how == "reset":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
        s.sendall(raw[:n])
        if n % 7 == 0:
            time.sleep(0.002)
        s.close()
    for how in ("close", "reset"):
        try:
            for n in range(len(raw) + 1):
                at(n, how)
            healthy()
        except (Wrong, OSError) as e:
            bad.append(how)
            print(f"{how} at each byte: {e}")

    def gone_while_it_runs():
        for _ in range(30):
            s = connect()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
            s.sendall(request("POST /slow HTTP/1.1",
                              ["Content-Length: 1"], b"x"))
            s.close()
        time.sleep(0.3)
    case("gone while it runs", gone_while_it_runs)

    def bytewise():
        s = connect()
        for i in range(len(raw)):
            s.sendall(raw[i:i + 1])
        got = s.recv(4096)
        s.close()
        need(got.startswith(b"HTTP/1.1 200"), f"answered {got[:60]}")
    case("a byte at a time", bytewise)


def pipelines():
    def many(n):
        one = request(fields=["Content-Length: 4"])
        raw = b"".join(one + b"%04d" % i for i in range(n))
        s = connect()

        def send():
            try:
                s.sendall(raw)
            except OSError:
                pass
        t = threading.Thread(target=send)
        t.start()
        s.settimeout(3)
        got, _ = read_all(s)
        t.join()
        s.close()
        answers = split(got)
        need(all(a[2] == b"%04d" % i for i, a in enumerate(answers)),
             "answers out of order")
        need(len(answers) == n, f"{len(answers)} of {n} answered")
    case("100 at once", many, 100)
    case("2000 at once", many, 2000)

    def behind_a_slow_one():
        s = connect()
        s.sendall(request("POST /slow HTTP/1.1", ["Content-Length: 1"], b"1")
                  + request(fields=["Content-Length: 1",
                                    "Connection: close"], body=b"2"))
        got, _ = read_all(s)
        s.close()
        need([a[2] for a in split(got)] == [b"1", b"2"], f"answered {got}")
    case("a fast one behind a slow one", behind_a_slow_one)


def slow():
    """More clients that send a byte now and then than there are threads."""
    n = int(os.environ.get("SLOW", "400"))
    held = []
    for i in range(n):
        try:
            s = connect(5)
            s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nX-%d: " % i)
            held.append(s)
        except OSError:
            break
    t = time.monotonic()
    case("while %d are slow" % len(held), lambda: None)
    need_fast = time.monotonic() - t
    if need_fast > 2:
        bad.append("slow")
        print(f"a healthy request took {need_fast:.1f} s beside slow ones")
    # The server was started with --header-timeout 2s.
    end = time.monotonic() + 12
    left = list(held)
    while left and time.monotonic() < end:
        for s in list(left):
            try:
                s.send(b"x")
            except OSError:
                left.remove(s)
        time.sleep(0.25)
    if left:
        bad.append("slow header")
        print(f"{len(left)} of {len(held)} slow headers were let go on")
    for s in held:
        s.close()
    case("after them", lambda: None)

    def reader():
        s = connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = b"x" * 4000000
        threading.Thread(target=lambda: s.sendall(request(
            fields=["Content-Length: %d" % len(body)], body=body)),
            daemon=True).start()
        time.sleep(1)
        healthy()
        s.close()
    case("one that reads nothing", reader)


def frame(op, data=b"", fin=True, mask=True, rsv=0, length=None):
    n = len(data) if length is None else length
    out = bytes([(0x80 if fin else 0) | rsv << 4 | op])
    m = 0x80 if mask else 0
    if n < 126:
        out += bytes([m | n])
    elif n < 65536:
        out += bytes([m | 126]) + struct.pack(">H", n)
    else:
        out += bytes([m | 127]) + struct.pack(">Q", n)
    if mask:
        key = b"\x01\x02\x03\x04"
        out += key
        data = bytes(b ^ key[i % 4] for i, b in enumerate(data))
    return out + data


def upgrade(fields=None, path="/ws"):
    key = base64.b64encode(b"0123456789abcdef").decode()
    return request(f"GET {path} HTTP/1.1", fields if fields is not None else [
        "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: " + key, "Sec-WebSocket-Version: 13"])


def sockets():
    ok = ["Upgrade: websocket", "Connection: Upgrade",
          "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
          "Sec-WebSocket-Version: 13"]

    def opened():
        s = connect(5)
        s.sendall(upgrade())
        head = b""
        while b"\r\n\r\n" not in head:
            part = s.recv(1000)
            need(part, f"closed after {head}")
            head += part
        need(head.startswith(b"HTTP/1.1 101"), f"answered {head[:80]}")
        return s

    def works():
        s = opened()
        s.sendall(frame(1, b"hi"))
        got = s.recv(100)
        s.close()
        need(got.endswith(b"hi"), f"answered {got}")
    case("an echo", works)

    def closed_after(*frames):
        s = opened()
        try:
            for f in frames:
                s.sendall(f)
        except OSError:
            pass
        got, closed = read_all(s, 1 << 16)
        s.close()
        need(closed, f"still open after it, with {got[:40]}")
    for name, frames in [
        ("a frame without a mask", [frame(1, b"hi", mask=False)]),
        ("a continuation of nothing", [frame(0, b"hi")]),
        ("a text within a text", [frame(1, b"a", fin=False), frame(1, b"b")]),
        ("reserved bits", [frame(1, b"a", rsv=4)]),
        ("an unknown opcode", [frame(3, b"a")]),
        ("an unknown control", [frame(11, b"a")]),
        ("a ping in pieces", [frame(9, b"a", fin=False)]),
        ("a ping of 126 bytes", [frame(9, b"a" * 126)]),
        ("text that is not UTF-8", [frame(1, b"\xff\xfe")]),
        ("a length of 2^63", [frame(2, b"", length=1 << 63)]),
        ("a message over the limit", [frame(2, b"", length=1 << 30)]),
        ("many pieces over the limit",
         [frame(2, b"x" * 60000, fin=False)] +
         [frame(0, b"x" * 60000, fin=False)] * 30),
        ("a close with one byte", [frame(8, b"x")]),
        ("a close with code 1005", [frame(8, struct.pack(">H", 1005))]),
        ("a close with a bad reason", [frame(8, b"\x03\xe8\xff")]),
        ("a close", [frame(8, struct.pack(">H", 1000))]),
        ("nonsense", [os.urandom(1000)]),
    ]:
        case(name, closed_after, *frames)

    def pieces():
        s = opened()
        s.sendall(frame(1, b"a", fin=False) + frame(9, b"p") +
                  frame(0, b"b", fin=False) + frame(0, b"c"))
        got = b""
        while not got.endswith(b"abc"):
            part = s.recv(100)
            need(part, f"closed with {got}")
            got += part
        s.close()
        need(got.startswith(b"\x8a\x01p"), f"no pong first: {got}")
    case("pieces with a ping between", pieces)

    def gone():
        for _ in range(50):
            s = opened()
            s.sendall(frame(1, b"x" * 1000)[:500])
            s.close()
    case("gone in the middle of a frame", gone)
    for name, fields, want in [
        ("Upgrade to nonsense", ["Upgrade: nonsense", "Connection: Upgrade"],
         (400, 404, 426)),
        ("Upgrade to h2c", ["Upgrade: h2c", "Connection: Upgrade, "
                            "HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQ"],
         (400, 404, 426)),
        ("no key", ok[:2] + ok[3:], (400, 426)),
        ("a key of 3 bytes", ok[:2] + ["Sec-WebSocket-Key: QUJD", ok[3]],
         (400, 426)),
        ("two keys", ok + [ok[2]], (400, 426)),
        ("version 12", ok[:3] + ["Sec-WebSocket-Version: 12"], (400, 426)),
        ("no Connection", [ok[0]] + ok[2:], (400, 404, 426)),
        ("no Upgrade at all", ["Connection: close"], (400, 404, 426)),
    ]:
        case(name, statuses, upgrade(fields), want, False, 3)
    case("a websocket of a path that has none", statuses,
         upgrade(ok, "/health"), (200, 400, 404, 426), False, 3)
    case("h2c beside a request", statuses, request(
        fields=["Upgrade: h2c", "Connection: Upgrade, close",
                "Content-Length: 2"], body=b"ok"), (200, 426), False, 5)
    case("a POST that upgrades", statuses, request(
        "POST /ws HTTP/1.1", ok + ["Content-Length: 0"]), (400, 404, 405, 426),
        False, 3)


def random_bytes():
    import random
    r = random.Random(int(os.environ.get("SEED", "1")))
    seeds = [request(fields=["Content-Length: 5", "X-A: b"], body=b"hello"),
             request("GET /static/a.css HTTP/1.1", ["Range: bytes=0-1"]),
             request(fields=["Transfer-Encoding: chunked"],
                     body=b"5\r\nhello\r\n0\r\n\r\n"),
             upgrade() + frame(1, b"hello") + frame(8, b"\x03\xe8")]
    for _ in range(int(os.environ.get("ROUNDS", "1500"))):
        raw = bytearray(r.choice(seeds))
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(raw))
            how = r.randrange(4)
            if how == 0:
                raw[at] = r.randrange(256)
            elif how == 1:
                del raw[at:at + r.randrange(1, 6)]
            elif how == 2:
                raw[at:at] = bytes(r.randrange(256)
                                   for _ in range(r.randrange(1, 6)))
            else:
                raw[at:at] = r.choice(seeds)[:r.randrange(1, 40)]
            if not raw:
                raw = bytearray(b"x")
        s = connect()
        try:
            s.sendall(raw)
            s.shutdown(socket.SHUT_WR)
            s.settimeout(5)
            read_all(s, 1 << 16)
        except OSError:
            pass
        s.close()
    case("afterwards", lambda: None)


GROUPS = {"smuggling": smuggling, "chunks": chunks, "lines": lines,
          "sizes": sizes, "paths": paths, "bodies": bodies, "resets": resets,
          "pipelines": pipelines, "slow": slow, "sockets": sockets,
          "random": random_bytes}
GROUPS[sys.argv[2]]()
sys.exit(1 if bad else 0)
